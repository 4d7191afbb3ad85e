// SPDX-License-Identifier: BSD-2-Clause
/* map_call.h - what the commands on single elements (on_map.c) and on many (on_batch.c) share. */
#ifndef CLSBPF_COMMAND_MAP_CALL_H
#define CLSBPF_COMMAND_MAP_CALL_H

#include "command/call.h"
#include "map/map.h"

/** map_open() - the map behind the caller's descriptor @fd, for a call that wants to @read and @write:
 *  a frozen map is not written by bpf(2) any more. map_close() it with the same @write.
 *  Returns 0, -EBADF, -EINVAL or -EPERM. */
must_check int map_open(struct call *call, int fd, bool read, bool write, struct map **out);
void map_close(struct map *map, bool write);

/** map_enter() / map_exit() - a read section. Nothing of the client is touched in it. */
static inline void map_enter(struct call *call)
{
	reclaim_enter(call->engine->reclaim, call->client->slot);
}

static inline void map_exit(struct call *call)
{
	reclaim_exit(call->engine->reclaim, call->client->slot);
}

/** map_write() - one element into a map that has ops->write. @key and @value are memory of ours or the
 *  view of the client's; a value that is a descriptor is still the client's number. */
must_check int map_write(struct call *call, struct map *map, const void *key, const void *value,
			 u64 flags);

/** map_lock_check() - BPF_F_LOCK in the flags of a call is for values with a spin lock. */
must_check int map_lock_check(struct call *call, const struct map *map, u64 flags);

#endif
