// SPDX-License-Identifier: BSD-2-Clause
/* command.c - the way in: size and zero-tail rules, then one handler a command.
 *
 *   attribute:  | known to the command | must be 0: -EINVAL | beyond 6.18, must be 0: -E2BIG |
 *               0                     end                  168                          size
 *
 * Not here: anything about a command that its row does not say.
 */
#include <errno.h>
#include <limits.h>

#include "command/call.h"

#define ATTR_MAX 4096  /* bytes of an attribute, or behind a structure in one; Linux: a page */

enum command_who { ANYBODY, PRIVILEGED };

struct command {
	int (*handler)(struct call *call);
	u16 end;
	u8 who;
};

static const struct command commands[] = {
#define COMMAND(command, handler, end, who) [command] = { handler, end, who },
#include "command/command.def"
#undef COMMAND
};

static bool all_zero(const u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

int user_read(void *to, u64 from, u64 len)
{
	if (!len)
		return 0;
	if (!from)
		return -EFAULT;
	memcpy(to, u64_ptr(from), len);
	return 0;
}

int user_write(u64 to, const void *from, u64 len)
{
	if (!len)
		return 0;
	if (!to)
		return -EFAULT;
	memcpy(u64_ptr(to), from, len);
	return 0;
}

int user_string(char *to, u64 from, u32 room)
{
	size_t len;

	to[0] = '\0';
	if (!from)
		return -EFAULT;
	len = strnlen(u64_ptr(from), room - 1);
	memcpy(to, u64_ptr(from), len);
	to[len] = '\0';
	return (int)len;
}

int user_zeros(u64 from, u64 len)
{
	if (len && !from)
		return -EFAULT;
	if (len > ATTR_MAX)
		return -E2BIG;
	return all_zero(u64_ptr(from), len) ? 0 : -E2BIG;
}

void call_reply(struct call *call, u32 off, u32 value)
{
	if (off + sizeof(value) <= call->size)
		put_u32(call->reply + off, value);
}

static int call_dispatch(struct call *call, int cmd, const union bpf_attr *attr, u32 size)
{
	union call_attr copy = { 0 };
	const struct command *command;

	if (size > ATTR_MAX)
		return log_error(&call->log, -E2BIG, "bpf: an attribute of %u bytes", size);
	if (size && !attr)
		return -EFAULT;
	if (size > ATTR_KNOWN && !all_zero(call->reply + ATTR_KNOWN, size - ATTR_KNOWN))
		return log_error(&call->log, -E2BIG, "bpf: the attribute has fields of the future");
	if (size)
		memcpy(copy.bytes, attr, min_u32(size, ATTR_KNOWN));
	call->attr = &copy;
	if (cmd < 0 || cmd >= (int)ARRAY_SIZE(commands) || !commands[cmd].handler)
		return log_error(&call->log, -EINVAL, "bpf: command %d is not known", cmd);
	command = &commands[cmd];
	if (!all_zero(copy.bytes + command->end, ATTR_KNOWN - command->end))
		return log_error(&call->log, -EINVAL, "bpf: command %d has no field behind byte %u",
				 cmd, command->end);
	if (command->who == PRIVILEGED && !call->client->privileged)
		return log_error(&call->log, -EPERM, "bpf: command %d needs CAP_BPF", cmd);
	return command->handler(call);
}

int command_bpf(struct client *client, int cmd, union bpf_attr *attr, u32 size)
{
	struct call call = { .client = client, .engine = client->engine, .reply = (u8 *)attr,
			     .size = size };
	int ret;

	log_init(&call.log, client->message, sizeof(client->message));
	ret = call_dispatch(&call, cmd, attr, size);
	client->message[strcspn(client->message, "\n")] = '\0';
	return ret;
}
