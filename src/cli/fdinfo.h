// SPDX-License-Identifier: BSD-2-Clause
/* fdinfo.h - what Linux says about an object in /proc/self/fdinfo and nowhere else: memory, frozen, the
 * owner of a program array.
 *
 * A handle that is no descriptor of this process has no such file, or one that is about something
 * else. So a file counts only when the id in it is the object's.
 */
#ifndef CLSBPF_CLI_FDINFO_H
#define CLSBPF_CLI_FDINFO_H

#include "base/types.h"

struct fdinfo {
	bool has_memlock, has_frozen, has_owner_type, has_owner_jited;
	u64 memlock;
	u32 frozen, owner_type, owner_jited;
};

/** fdinfo_read() - into @out what there is about @handle, nothing when there is none.
 *  @id_name: "map_id" or "prog_id"; @id: the object's. */
void fdinfo_read(int handle, const char *id_name, u32 id, struct fdinfo *out);

#endif
