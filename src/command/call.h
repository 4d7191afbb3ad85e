// SPDX-License-Identifier: BSD-2-Clause
/* call.h - one bpf(2) call on its way through this folder.
 *
 * Invariant: a handler reads the attribute from `attr`, a copy that nobody can change under it, and
 * writes results through call_reply(), which never writes beyond the `size` that the client gave.
 */
#ifndef CLSBPF_COMMAND_CALL_H
#define CLSBPF_COMMAND_CALL_H

#include <stdlib.h>

#include "base/log.h"
#include "command/command.h"
#include "command/uapi.h"
#include "object/fd.h"

union call_attr {
	union bpf_attr bpf;
	u8 bytes[ATTR_KNOWN];
};

struct call {
	struct client *client;
	struct engine *engine;
	const union call_attr *attr;   /* zeros behind what the client gave */
	u64 reply;                     /* address of the client's own attribute */
	u32 size;                      /* bytes that the client gave */
	struct log log;                /* why it was refused: client->message */
};

/* Handlers, one a row of command.def. Each returns a handle or 0, or a negative errno. */
#define COMMAND(command, handler, end, who, gives) must_check int handler(struct call *call);
#include "command/command.def"

/** call_u32() / call_u64() - a field that linux/bpf.h may not have, by its offset (uapi.h). */
static inline u32 call_u32(const struct call *call, u32 off)
{
	return get_u32(call->attr->bytes + off);
}

static inline u64 call_u64(const struct call *call, u32 off)
{
	return get_u64(call->attr->bytes + off);
}

/** call_reply() - write a 4-byte output field back, if the client's attribute reaches that far.
 *  Returns 0, -EFAULT or -EINTR, as user_write(). */
must_check int call_reply(struct call *call, u32 off, u32 value);
#define CALL_REPLY(call, field, value)                                                             \
	call_reply(call, (u32)offsetof(union bpf_attr, field), value)

/** user_read() / user_write() - copy from and to the client's memory. Returns 0, -EFAULT, or -EINTR
 *  when there is no client any more. Not inside a read section. */
must_check int user_read(struct call *call, void *to, u64 from, u64 len);
must_check int user_write(struct call *call, u64 to, const void *from, u64 len);

/** user_string() - a text with at most @room - 1 bytes, always ended. Returns its length, or -EFAULT;
 *  a longer one gives @room - 1 with the text cut. */
must_check int user_string(struct call *call, char *to, u64 from, u32 room);

/** user_zeros() - are the @len bytes at @from all 0? Returns 0, -E2BIG or -EFAULT. */
must_check int user_zeros(struct call *call, u64 from, u64 len);

/* Bytes of the client that are read where they are if they can be. */
struct user_view {
	const void *bytes;
	void *owned;          /* malloc()ed, or NULL */
	u8 small[128];
};

/** user_view() - @len bytes at @from, as they are or as a copy. NULL @from is the caller's to check.
 *  Give it back with user_view_end(), also after an error. Returns 0, -EFAULT or -ENOMEM. */
must_check int user_view(struct call *call, struct user_view *view, u64 from, u64 len);

/** user_view_room() - the same for @len bytes of our own to be written, which go out by
 *  user_write(). Returns the room, or NULL. */
void *user_view_room(struct user_view *view, u64 len);

static inline void user_view_end(struct user_view *view) { free(view->owned); }

/** call_may() - has whoever calls that right (enum rights)? */
static inline bool call_may(const struct call *call, u32 right)
{
	const struct caller *caller = call->client->caller;

	return (caller ? caller->rights : call->client->rights) & right;
}

/** call_gone() - does nobody wait for the end of the call any more? */
static inline bool call_gone(const struct call *call)
{
	struct caller *caller = call->client->caller;

	return caller && caller->ops->gone(caller);
}

/** call_require() - the same: 0, or -EPERM with a sentence. */
must_check int call_require(struct call *call, u32 right);

/** call_require_bpf() - CAP_BPF, unless kernel.unprivileged_bpf_disabled of the engine is 0. */
must_check int call_require_bpf(struct call *call);

/* The client's buffer for what the verifier or the BTF reader has to say (log_buf.c). */
struct log_buf {
	u64 buf;
	u32 size, level;
	u32 true_size_off;     /* where the attribute has log_true_size */
	struct log log;        /* what there is to say, the sentence first */
	struct log states;     /* the verifier's state log */
};

/** log_buf_open() - check the three fields as Linux does and make room for the text.
 *  Returns 0, -EINVAL or -ENOMEM. Give it back with log_buf_close(). */
must_check int log_buf_open(struct call *call, struct log_buf *lb);

/** log_buf_close() - hand the text to the client, its first line to client->message as well.
 *  @err: the outcome so far. Returns @err, or -ENOSPC (text cut) or -EFAULT, which win. */
must_check int log_buf_close(struct call *call, struct log_buf *lb, int err);

struct prog;
struct map;

/** map_btf_check() - make @map hold the BTF that the client names, if the types are right for its keys
 *  and values. Returns 0; -EBADF, -EINVAL, -EACCES, -EOPNOTSUPP, ... as Linux, with a sentence. */
must_check int map_btf_check(struct call *call, struct map *map);

/** prog_fd_array_hold() - make @prog hold every map of the client's fd_array, if the client said how
 *  long it is; BTF in it is left alone. Returns 0; -EINVAL, -EFAULT, -EBADF, -E2BIG as Linux. */
must_check int prog_fd_array_hold(struct call *call, struct prog *prog, struct log *log);

/** prog_maps_resolve() - prog.h's invariant: make every LD_IMM64 of @prog that names a map by handle
 *  or by its place in the client's fd_array name it by its place in prog->maps.
 *  Returns 0; -EBADF, -EINVAL, -EPROTO, -E2BIG, -EFAULT as Linux. */
must_check int prog_maps_resolve(struct call *call, struct prog *prog, struct log *log);

/** prog_funcs_load() - the BTF handle and func_info of PROG_LOAD, checked for what their readers rely
 *  on: offsets that grow and start functions, types that exist and are functions.
 *  Returns 0; -EINVAL, -EFAULT, -E2BIG, -ENOMEM, -EBADF as Linux. */
must_check int prog_funcs_load(struct call *call, struct prog *prog, struct log *log);

/** prog_lines_load() - the same for line_info, after the form of the code was checked: offsets that
 *  grow and are instructions, texts that exist. */
must_check int prog_lines_load(struct call *call, struct prog *prog, struct log *log);

/** prog_relos_check() - the CO-RE records of PROG_LOAD, which count only with func_info or line_info:
 *  well-formed ones that change nothing are fine. Returns 0; -EINVAL, -EFAULT, -E2BIG as Linux;
 *  -EOPNOTSUPP for what would have to be relocated. */
must_check int prog_relos_check(struct call *call, struct prog *prog, struct log *log);

/** user_record() - one record of @from_size bytes at @at, of which we know @to_size: what is behind
 *  them must be 0. Returns 0, -E2BIG, -EFAULT. */
must_check int user_record(struct call *call, void *to, u64 at, u32 from_size, u32 to_size);

#endif
