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

#define PAGE 4096u
#define ATTR_MAX PAGE  /* bytes of an attribute, or behind a structure in one */

enum command_who { ANYBODY, LATER, ADMIN, NET_FIRST };

struct command {
	int (*handler)(struct call *call);  /* NULL: not known */
	u16 end;
	u8 who;
};

static int command_absent(struct call *call)
{
	return log_error(&call->log, -EOPNOTSUPP, "bpf: this command is not supported");
}

static const struct command commands[] = {
#define COMMAND(command, handler, end, who, gives) [command] = { handler, end, who },
#define COMMAND_ABSENT(command, end, who) [command] = { command_absent, end, who },
#include "command/command.def"
};

static bool all_zero(const u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static const char *right_name(u32 right)
{
	return right == RIGHT_BPF ? "CAP_BPF" : right == RIGHT_NET_ADMIN ? "CAP_NET_ADMIN" :
	       right == RIGHT_PERFMON ? "CAP_PERFMON" : "CAP_SYS_ADMIN";
}

int call_require(struct call *call, u32 right)
{
	if (call_may(call, right))
		return 0;
	return log_error(&call->log, -EPERM, "bpf: this needs %s", right_name(right));
}

int call_require_bpf(struct call *call)
{
	u32 disabled = engine_unprivileged_bpf(call->engine);

	if (!disabled || call_may(call, RIGHT_BPF))
		return 0;
	return log_error(&call->log, -EPERM,
			 "bpf: this needs CAP_BPF where kernel.unprivileged_bpf_disabled is %u", disabled);
}

int user_read(struct call *call, void *to, u64 from, u64 len)
{
	struct caller *caller = call->client->caller;

	if (!len)
		return 0;
	if (!from)
		return -EFAULT;
	if (caller)
		return caller->ops->read(caller, to, from, len);
	memcpy(to, u64_ptr(from), len);
	return 0;
}

int user_write(struct call *call, u64 to, const void *from, u64 len)
{
	struct caller *caller = call->client->caller;

	if (!len)
		return 0;
	if (!to)
		return -EFAULT;
	if (caller)
		return caller->ops->write(caller, to, from, len);
	memcpy(u64_ptr(to), from, len);
	return 0;
}

/* A text may end just before memory that is not there: no read goes over the end of a page that
 * it did not have to reach. */
int user_string(struct call *call, char *to, u64 from, u32 room)
{
	u32 len = 0, found = 0;

	to[0] = '\0';
	if (!call->client->caller) {
		if (!from)
			return -EFAULT;
		len = (u32)strnlen(u64_ptr(from), room - 1);
		memcpy(to, u64_ptr(from), len);
	} else {
		for (u32 piece = 0; found == piece && len < room - 1; len += found) {
			u64 at = from + len;
			int err;

			piece = (u32)min_u64(room - 1 - len, PAGE - at % PAGE);
			err = user_read(call, to + len, at, piece);
			if (err)
				return err;
			found = (u32)strnlen(to + len, piece);
		}
	}
	to[len] = '\0';
	return (int)len;
}

int user_zeros(struct call *call, u64 from, u64 len)
{
	u8 bytes[ATTR_MAX];
	int err;

	if (len && !from)
		return -EFAULT;
	if (len > ATTR_MAX)
		return -E2BIG;
	err = user_read(call, bytes, from, len);
	return err ? err : all_zero(bytes, len) ? 0 : -E2BIG;
}

int user_record(struct call *call, void *to, u64 at, u32 from_size, u32 to_size)
{
	int err = from_size > to_size ? user_zeros(call, at + to_size, from_size - to_size) : 0;

	return err ? err : user_read(call, to, at, min_u32(from_size, to_size));
}

void *user_view_room(struct user_view *view, u64 len)
{
	view->owned = len > sizeof(view->small) ? malloc(len) : NULL;
	view->bytes = len > sizeof(view->small) ? view->owned : view->small;
	return len > sizeof(view->small) ? view->owned : view->small;
}

int user_view(struct call *call, struct user_view *view, u64 from, u64 len)
{
	void *room;

	view->owned = NULL;
	view->bytes = u64_ptr(from);
	if (!call->client->caller || !from)
		return 0;
	room = user_view_room(view, len);
	return room ? user_read(call, room, from, len) : -ENOMEM;
}

int call_reply(struct call *call, u32 off, u32 value)
{
	if (off + sizeof(value) > call->size)
		return 0;
	return user_write(call, call->reply + off, &value, sizeof(value));
}

static int call_dispatch(struct call *call, int cmd, u64 attr, u32 size)
{
	union call_attr copy = { 0 };
	const struct command *command;
	int err;

	if (size > ATTR_MAX)
		return log_error(&call->log, -E2BIG, "bpf: an attribute of %u bytes", size);
	if (size && !attr)
		return -EFAULT;
	err = size > ATTR_KNOWN ? user_zeros(call, attr + ATTR_KNOWN, size - ATTR_KNOWN) : 0;
	if (err == -E2BIG)
		return log_error(&call->log, err, "bpf: the attribute has fields of the future");
	if (!err)
		err = user_read(call, copy.bytes, attr, min_u32(size, ATTR_KNOWN));
	if (err)
		return err;
	call->attr = &copy;
	if (cmd < 0 || cmd >= (int)ARRAY_SIZE(commands) || !commands[cmd].handler)
		return log_error(&call->log, -EINVAL, "bpf: command %d is not known", cmd);
	command = &commands[cmd];
	err = command->who == NET_FIRST ? call_require(call, RIGHT_NET_ADMIN) : 0;
	if (err)
		return err;
	if (!all_zero(copy.bytes + command->end, ATTR_KNOWN - command->end))
		return log_error(&call->log, -EINVAL, "bpf: command %d has no field behind byte %u",
				 cmd, command->end);
	err = command->who == ADMIN ? call_require(call, RIGHT_SYS_ADMIN) : 0;
	return err ? err : command->handler(call);
}

int command_bpf(struct client *client, struct caller *caller, int cmd, u64 attr, u32 size)
{
	struct call call = { .client = client, .engine = client->engine, .reply = attr, .size = size };
	int ret;

	client->caller = caller;
	log_init(&call.log, client->message, sizeof(client->message));
	ret = call_dispatch(&call, cmd, attr, size);
	client->message[strcspn(client->message, "\n")] = '\0';
	client->caller = NULL;
	return ret;
}
