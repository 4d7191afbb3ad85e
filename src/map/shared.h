// SPDX-License-Identifier: BSD-2-Clause
/* shared.h - maps as mmap(2) and poll(2) see them: their memory, and what it is to wait for them. */
#ifndef CLSBPF_MAP_SHARED_H
#define CLSBPF_MAP_SHARED_H

#include "map/map.h"

/** shared_page() - the size of a page. */
u64 shared_page(void);

/** shared_create() - @size bytes of zeroes, rounded up to pages, in a file of their own. @constant: no
 *  client may ever map it to write. Returns 0, -ENOMEM, or what memfd_create(2) and mmap(2) say. */
must_check int shared_create(u64 size, bool constant, struct shared_memory *out);
void shared_free(struct shared_memory *shared);

/** map_mmap() - mmap(2), MAP_SHARED, of a handle whose access flags are @access. What is mapped stays
 *  when the map goes; munmap() it.
 *  Returns 0; -EINVAL, -EACCES, -EPERM, -ENOMEM, -MAP_ENOTSUPP as Linux 6.18. */
must_check int map_mmap(struct map *map, u32 access, u64 offset, u64 length, int prot, void **out);

/** map_share() - a new file for the map's memory, which a client may mmap(2); -1 when a handle with
 *  @access has none that can be mapped. The caller's to close. Returns 0 or -errno. */
must_check int map_share(const struct map *map, u32 access, int *fd);

/** map_mapped() - has this process mapped the map to write, besides the engine itself? */
bool map_mapped(const struct map *map);

/** map_seal() - from now on nobody maps it to write. Returns 0 or -errno. */
must_check int map_seal(const struct map *map);

/** map_wait() - until poll(2) finds the map readable. Returns 1; 0 after @timeout_ms (-1: never);
 *  -EOPNOTSUPP for a map that is never readable; -EINTR; -EMFILE. */
must_check int map_wait(struct map *map, int timeout_ms);

#endif
