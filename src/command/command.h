// SPDX-License-Identifier: BSD-2-Clause
/* command.h - bpf(2) of the engine: one entry, one table (command.def), one handler a command. */
#ifndef CLSBPF_COMMAND_COMMAND_H
#define CLSBPF_COMMAND_COMMAND_H

#include <linux/bpf.h>

#include "object/fd.h"

/** command_bpf() - do for @client what the system call bpf(@cmd, @attr, @size) does on Linux 6.18.
 *  Pointers in @attr are addresses in this process; NULL ones answer -EFAULT. Output fields of @attr
 *  are written back. One call at a time per client->slot: the caller serialises.
 *  Returns a handle or 0, or a negative errno: the one Linux gives. A command or flag that 6.18 has
 *  and the engine has not: -EOPNOTSUPP (-EINVAL for a whole command). */
must_check int command_bpf(struct client *client, int cmd, union bpf_attr *attr, u32 size);

#endif
