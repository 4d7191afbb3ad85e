// SPDX-License-Identifier: BSD-2-Clause
/* command.h - bpf(2) of the engine: one entry, one table (command.def), one handler a command. */
#ifndef CLSBPF_COMMAND_COMMAND_H
#define CLSBPF_COMMAND_COMMAND_H

#include <linux/bpf.h>

#include "object/fd.h"

/** command_bpf() - do for @client what the system call bpf(@cmd, @attr, @size) does on Linux 6.18.
 *  @caller: whose addresses, descriptors and paths @attr and what is in it are; NULL: addresses in
 *  this process, of which NULL ones answer -EFAULT. Output fields of @attr are written back.
 *  One call at a time per client->slot: who calls this serialises.
 *  Returns a handle or 0, or a negative errno: the one Linux gives. A command or flag that 6.18 has
 *  and the engine has not: -EOPNOTSUPP, with a sentence in client->message. */
must_check int command_bpf(struct client *client, struct caller *caller, int cmd, u64 attr, u32 size);

#endif
