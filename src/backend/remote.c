// SPDX-License-Identifier: BSD-2-Clause
/* remote.c - the engine in a daemon, behind the seam: the client's end of a connection.
 *
 *   bpf() --CALL, with the memory that the command will surely read--> daemon
 *         <--READ, WRITE, HANDLE, NAME, GONE-- what else it needs; each is answered from the caller's
 *         <--RESULT--                          memory, descriptors and paths
 *
 * What comes along is an optimisation: command.def's rows say what, and what they miss is asked for.
 * The caller is this process, or whoever bpf_for() was given. The daemon has the run of its memory, as
 * a kernel has; so it must belong to root or to this user.
 *
 * A backend is one client, who may call from several threads: its calls take turns. When the daemon
 * has gone every call is -ENOTCONN.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/backend.h"
#include "command/uapi.h"
#include "wire/channel.h"

#define GUESS 64u            /* bytes that are sent where only the daemon knows how many it wants */
#define PAGE 4096u
#define ALONG_MAX (48u << 20)    /* bytes that are sent along; a READ gets the others */
#define GROUPS 3u            /* of enum backend_group */

enum direction { IN = 1, OUT = 2, BOTH = 3 };
enum rule { BYTES, TIMES, RECORDS, TEXT, MAPPED };

static const struct pointer {
	u8 cmd, direction, rule;
	u16 field, length, unit;
} pointers[] = {
#define POINTER(command, field, direction, rule, length, unit)                                     \
	{ command, direction, rule, field, length, unit },
#include "command/command.def"
};

struct remote {
	struct backend backend;
	pthread_mutex_t lock;
	int fd;                  /* -1: the daemon has gone */
	struct message in;
	u8 *out;                 /* payload under construction, */
	u64 out_room;            /* its room */
	char text[256];          /* why the last call was refused */
	struct { backend_sink sink; void *ctx; } group[GROUPS];
};

/* One call on its way, and who answers the daemon's questions. */
struct turn {
	struct caller *caller;   /* of bpf(); NULL: nothing may be asked */
	backend_sink piece;      /* of rtnl(); may be NULL */
	void *ctx;
	int stopped;             /* what the sink returned below 0 */
	int file[REMOTE_FILES];  /* what came of them; -1: did not. They are whose the turn is. */
};

#define TURN(...) (struct turn){ .file = { -1, -1 }, __VA_ARGS__ }

static struct remote *remote_of(struct backend *backend)
{
	return container_of(backend, struct remote, backend);
}

/* ---- this process as a caller ---- */

/* Its memory by system call, so that a wrong address is -EFAULT and no signal. */
static int own_copy(void *here, u64 there, u64 len, bool write)
{
	struct iovec local = { here, len }, distant = { u64_ptr(there), len };
	ssize_t n = write ? process_vm_writev(getpid(), &local, 1, &distant, 1, 0) :
			    process_vm_readv(getpid(), &local, 1, &distant, 1, 0);

	if (n == (ssize_t)len)
		return 0;
	if (n >= 0 || (errno != EPERM && errno != ENOSYS))
		return -EFAULT;
	/* Sandboxes forbid the call: then the address is used as it is. */
	if (write)
		memcpy(u64_ptr(there), here, len);
	else
		memcpy(here, u64_ptr(there), len);
	return 0;
}

static int own_read(struct caller *caller, void *to, u64 from, u64 len)
{
	return own_copy(to, from, len, false);
}

static int own_write(struct caller *caller, u64 to, const void *from, u64 len)
{
	return own_copy((void *)(uintptr_t)from, to, len, true);
}

/* The daemon does not ask for what is the same on its side. */
static const struct caller_ops own_ops = { .read = own_read, .write = own_write };

/* ---- what the daemon asks ---- */

static int out_room(struct remote *remote, u64 len)
{
	u8 *grown;

	if (len <= remote->out_room)
		return 0;
	grown = realloc(remote->out, len);
	if (!grown)
		return -ENOMEM;
	remote->out = grown;
	remote->out_room = len;
	return 0;
}

static int answer_read(struct remote *remote, struct caller *caller, struct remote_frame *answer)
{
	const struct remote_frame *asked = &remote->in.frame;
	int err;

	if (asked->size > REMOTE_PAYLOAD)
		return -EPROTO;
	err = out_room(remote, asked->size);
	if (!err)
		err = caller->ops->read(caller, remote->out, asked->address, asked->size);
	answer->value = err;
	answer->payload = err ? 0 : asked->size;
	return 0;
}

static int answer_write(struct remote *remote, struct caller *caller, struct remote_frame *answer)
{
	const void *bytes;
	void *owned;
	int err = message_take(&remote->in, &bytes, &owned);

	if (!err)
		answer->value = caller->ops->write(caller, remote->in.frame.address, bytes,
						   remote->in.frame.payload);
	free(owned);
	return err;
}

static int answer_name(struct remote *remote, struct caller *caller, struct remote_frame *answer)
{
	const struct remote_frame *asked = &remote->in.frame;
	char text[4096 + 1];
	int err = message_read(&remote->in, text, 0, asked->payload);

	if (err)
		return err;
	text[asked->payload] = '\0';
	err = out_room(remote, 4096);
	if (err)
		return err;
	answer->value = caller->ops->path(caller, asked->value, text, asked->size, (char *)remote->out);
	answer->payload = answer->value ? 0 : strlen((char *)remote->out);
	return 0;
}

/* Descriptors and paths are asked for only where they are not the daemon's own. */
static bool may_ask(u32 type, const struct caller *caller)
{
	return caller && (type == REMOTE_READ || type == REMOTE_WRITE || caller->ops != &own_ops);
}

static int answer_question(struct remote *remote, struct caller *caller)
{
	struct remote_frame answer = { .type = REMOTE_ANSWER };
	int err = 0;

	if (!may_ask(remote->in.frame.type, caller))
		return -EPROTO;
	switch (remote->in.frame.type) {
	case REMOTE_READ:
		err = answer_read(remote, caller, &answer);
		break;
	case REMOTE_WRITE:
		err = answer_write(remote, caller, &answer);
		break;
	case REMOTE_HANDLE:
		answer.value = caller->ops->handle(caller, remote->in.frame.value);
		break;
	case REMOTE_NAME:
		err = answer_name(remote, caller, &answer);
		break;
	case REMOTE_GONE:
		answer.value = caller->ops->gone(caller);
		break;
	default:
		return -EPROTO;
	}
	return err ? err : channel_send(remote->fd, &answer, remote->out, 0);
}

/* ---- a turn ---- */

static int event(struct remote *remote)
{
	u32 group = (u32)remote->in.frame.value;

	if (group >= GROUPS)
		return -EPROTO;
	if (remote->group[group].sink)
		(void)remote->group[group].sink(remote->group[group].ctx, remote->in.bytes,
						remote->in.frame.payload);
	return 0;
}

/* What comes for rtnl() after its sink said stop is left. */
static int piece(struct remote *remote, struct turn *turn)
{
	const void *bytes;
	void *owned;
	int err = 0;

	if (!turn->piece || turn->stopped)
		return 0;
	err = message_take(&remote->in, &bytes, &owned);
	if (!err)
		turn->stopped = turn->piece(turn->ctx, bytes, remote->in.frame.payload);
	turn->stopped = turn->stopped < 0 ? turn->stopped : 0;
	free(owned);
	return err;
}

static int file(struct remote *remote, struct turn *turn)
{
	u32 which = (u32)remote->in.frame.value;

	if (which >= REMOTE_FILES || turn->file[which] >= 0)
		return -EPROTO;
	turn->file[which] = remote->in.memfd;
	remote->in.memfd = -1;
	return 0;
}

static void turn_close(struct turn *turn)
{
	for (u32 i = 0; i < REMOTE_FILES; i++)
		if (turn->file[i] >= 0)
			close(turn->file[i]);
}

static int gone(struct remote *remote)
{
	if (remote->fd >= 0)
		close(remote->fd);
	remote->fd = -1;
	snprintf(remote->text, sizeof(remote->text), "the daemon with the engine has gone");
	return -ENOTCONN;
}

static int turn_receive(struct remote *remote, struct turn *turn)
{
	for (;;) {
		int err = channel_receive(remote->fd, DAEMON, &remote->in);

		if (err != 1)
			return err ? err : -ENOTCONN;
		switch (remote->in.frame.type) {
		case REMOTE_RESULT:
			return 0;
		case REMOTE_EVENT:
			err = event(remote);
			break;
		case REMOTE_PIECE:
			err = piece(remote, turn);
			break;
		case REMOTE_FILE:
			err = file(remote, turn);
			break;
		default:
			err = answer_question(remote, turn->caller);
			break;
		}
		if (err)
			return err;
	}
}

/* Send a request and see it through. Returns what the daemon's RESULT says, which is in remote->in. */
static int turn_take(struct remote *remote, const struct remote_frame *frame, const void *payload,
		     struct turn *turn)
{
	int err;

	if (remote->fd < 0)
		return gone(remote);
	remote->text[0] = '\0';
	err = channel_send(remote->fd, frame, payload, 0);
	if (!err || err == -EPIPE)   /* a daemon that hung up may have said why */
		err = turn_receive(remote, turn);
	/* Without memory for an answer the talk cannot go on either. */
	return err ? gone(remote) : remote->in.frame.value;
}

static void keep_text(struct remote *remote)
{
	u64 len = min_u64(remote->in.frame.payload, sizeof(remote->text) - 1);

	if (remote->fd < 0)
		return;
	memcpy(remote->text, remote->in.bytes, len);
	remote->text[len] = '\0';
}

/* A call whose answer is a number. */
static int simple(struct remote *remote, const struct remote_frame *frame, const void *payload)
{
	struct turn turn = TURN(.caller = NULL);
	int ret;

	pthread_mutex_lock(&remote->lock);
	ret = turn_take(remote, frame, payload, &turn);
	pthread_mutex_unlock(&remote->lock);
	turn_close(&turn);
	return ret;
}

/* ---- bpf(2) ---- */

/* What is being put together for a CALL. */
struct along {
	struct remote *remote;
	struct caller *caller;
	struct remote_region region[REMOTE_REGIONS];
	u32 count;
	u64 total;
};

#define ALONG_TABLE (sizeof(struct remote_region) * REMOTE_REGIONS)

/* Memory that cannot be read is left out: the command will say what it thinks of it. */
static void along_add(struct along *along, u64 from, u64 len)
{
	u8 *to;

	if (!from || !len || len > ALONG_MAX - along->total || from + len < from ||
	    along->count == REMOTE_REGIONS || out_room(along->remote, ALONG_TABLE + along->total + len))
		return;
	to = along->remote->out + ALONG_TABLE + along->total;
	if (along->caller->ops->read(along->caller, to, from, len))
		return;
	along->region[along->count++] = (struct remote_region){ from, len };
	along->total += len;
}

/* How many bytes a row means, as far as one can know. */
static u64 pointer_length(const struct pointer *p, const u8 *attr, u64 from)
{
	u64 page = PAGE - from % PAGE;

	switch ((enum rule)p->rule) {
	case BYTES:
	case TIMES:
		return (u64)get_u32(attr + p->length) * p->unit;
	case RECORDS:
		return (u64)get_u32(attr + p->length) * get_u32(attr + p->unit);
	case TEXT:
		return min_u64(p->unit - 1, page);
	case MAPPED:
		return min_u64(GUESS, page);
	}
	return 0;
}

static void along_pointers(struct along *along, int cmd, u64 attr, u32 size)
{
	u8 copy[ATTR_KNOWN] = { 0 };

	if (!along->count)
		return;
	memcpy(copy, along->remote->out + ALONG_TABLE, min_u32(size, ATTR_KNOWN));
	for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
		const struct pointer *p = &pointers[i];
		u64 from = get_u64(copy + p->field);

		if (p->cmd == cmd && p->direction & IN)
			along_add(along, from, pointer_length(p, copy, from));
	}
}

/* The regions stand right before their bytes. Returns where the payload begins. */
static const u8 *along_close(struct along *along, struct remote_frame *frame)
{
	u64 table = sizeof(struct remote_region) * along->count;
	u8 *start = along->remote->out + ALONG_TABLE - table;

	if (!along->count)
		return NULL;
	memcpy(start, along->region, table);
	frame->regions = along->count;
	frame->payload = table + along->total;
	return start;
}

static int call(struct remote *remote, struct caller *caller, int cmd, u64 attr, u32 size)
{
	struct remote_frame frame = {
		.type = REMOTE_CALL, .value = cmd, .address = attr, .size = size,
		.flags = caller->rights | (caller->ops == &own_ops ? 0 : REMOTE_FOREIGN),
		.uid = caller->uid, .gid = caller->gid,
	};
	struct along along = { .remote = remote, .caller = caller };
	struct turn turn = TURN(.caller = caller);
	int ret;

	if (size <= PAGE)
		along_add(&along, attr, size);
	along_pointers(&along, cmd, attr, size);
	ret = turn_take(remote, &frame, along_close(&along, &frame), &turn);
	keep_text(remote);
	return ret;
}

static int remote_bpf_for(struct backend *backend, struct caller *caller, int cmd, u64 attr,
			  u32 size)
{
	struct remote *remote = remote_of(backend);
	int ret;

	pthread_mutex_lock(&remote->lock);
	ret = call(remote, caller, cmd, attr, size);
	pthread_mutex_unlock(&remote->lock);
	return ret;
}

static int remote_bpf(struct backend *backend, int cmd, union bpf_attr *attr, u32 size)
{
	struct caller own = { .ops = &own_ops, .rights = RIGHTS_ALL, .uid = geteuid(), .gid = getegid() };

	return remote_bpf_for(backend, &own, cmd, ptr_u64(attr), size);
}

/* ---- the other calls ---- */

static int remote_rtnl(struct backend *backend, const struct nlmsghdr *request, backend_sink sink,
		       void *ctx, struct log *log)
{
	struct remote *remote = remote_of(backend);
	struct remote_frame frame = { .type = REMOTE_RTNL, .payload = request->nlmsg_len };
	struct turn turn = TURN(.piece = sink, .ctx = ctx);
	int ret;

	if (request->nlmsg_len < sizeof(*request))
		return -EINVAL;
	pthread_mutex_lock(&remote->lock);
	ret = turn_take(remote, &frame, request, &turn);
	if (remote->fd < 0)
		log_line(log, "%s", remote->text);
	else if (remote->in.frame.payload)
		log_add(log, "%.*s", (int)remote->in.frame.payload, (const char *)remote->in.bytes);
	pthread_mutex_unlock(&remote->lock);
	return turn.stopped ? turn.stopped : ret;
}

static int remote_close(struct backend *backend, int handle)
{
	return simple(remote_of(backend),
		      &(struct remote_frame){ .type = REMOTE_CLOSE, .value = handle }, NULL);
}

/* The daemon tries the mapping itself, so that what it answers is what Linux does. */
static int remote_map_memory(struct backend *backend, int handle, u64 offset, u64 length, int prot,
			     void **out)
{
	struct remote *remote = remote_of(backend);
	struct remote_frame frame = { .type = REMOTE_MEMORY, .value = handle, .address = offset,
				      .size = length, .flags = (u32)prot };
	struct turn turn = TURN(.caller = NULL);
	int err;

	pthread_mutex_lock(&remote->lock);
	err = turn_take(remote, &frame, NULL, &turn);
	pthread_mutex_unlock(&remote->lock);
	if (!err) {
		void *at = mmap(NULL, length, prot, MAP_SHARED, turn.file[REMOTE_FILE_MEMORY],
				(off_t)offset);

		err = at == MAP_FAILED ? -errno : 0;
		*out = err ? NULL : at;
	}
	turn_close(&turn);
	return err;
}

static int remote_share(struct backend *backend, int handle, struct backend_share *out)
{
	struct remote *remote = remote_of(backend);
	struct remote_frame frame = { .type = REMOTE_SHARE, .value = handle };
	struct turn turn = TURN(.caller = NULL);
	u64 kind;
	int err;

	pthread_mutex_lock(&remote->lock);
	err = turn_take(remote, &frame, NULL, &turn);
	kind = remote->in.frame.size;
	pthread_mutex_unlock(&remote->lock);
	if (!err && kind > BACKEND_OBJ_LINK)
		err = -EPROTO;
	if (err) {
		turn_close(&turn);
		return err;
	}
	*out = (struct backend_share){ .kind = kind, .memory = turn.file[REMOTE_FILE_MEMORY],
				       .wait = turn.file[REMOTE_FILE_EVENTS] };
	return 0;
}

/* Until an event has come. */
static int wait_event(struct remote *remote, int timeout_ms)
{
	struct pollfd waiting = { .fd = remote->fd, .events = POLLIN };
	int ret = remote->fd < 0 ? -ENOTCONN : poll(&waiting, 1, timeout_ms);

	if (ret < 0)
		return remote->fd < 0 ? ret : -errno;
	if (!ret)
		return 0;
	ret = channel_receive(remote->fd, DAEMON, &remote->in);
	if (ret == 1 && remote->in.frame.type == REMOTE_EVENT && !event(remote))
		return 1;
	return gone(remote);
}

static int remote_wait(struct backend *backend, int handle, int timeout_ms)
{
	struct remote *remote = remote_of(backend);
	int ret;

	if (handle >= 0)
		return simple(remote, &(struct remote_frame){ .type = REMOTE_WAIT, .value = handle,
							      .size = (u64)(s64)timeout_ms }, NULL);
	pthread_mutex_lock(&remote->lock);
	ret = wait_event(remote, timeout_ms);
	pthread_mutex_unlock(&remote->lock);
	return ret;
}

static int remote_subscribe(struct backend *backend, enum backend_group group, backend_sink sink,
			    void *ctx)
{
	struct remote *remote = remote_of(backend);
	struct remote_frame frame = { .type = REMOTE_SUBSCRIBE, .value = (s32)group, .size = !!sink };
	struct turn turn = TURN(.caller = NULL);
	int err;

	pthread_mutex_lock(&remote->lock);
	remote->group[group].sink = sink;
	remote->group[group].ctx = ctx;
	err = turn_take(remote, &frame, NULL, &turn);
	if (err)
		remote->group[group].sink = NULL;
	pthread_mutex_unlock(&remote->lock);
	return err;
}

static int remote_path(struct backend *backend, enum backend_path what, char *buf, size_t room)
{
	struct remote *remote = remote_of(backend);
	struct remote_frame frame = { .type = REMOTE_PATH, .value = (s32)what };
	struct turn turn = TURN(.caller = NULL);
	u64 len;
	int err;

	pthread_mutex_lock(&remote->lock);
	err = turn_take(remote, &frame, NULL, &turn);
	len = err ? 0 : remote->in.frame.payload;
	if (!err && len >= room)
		err = -ENAMETOOLONG;
	if (!err) {
		memcpy(buf, remote->in.bytes, len);
		buf[len] = '\0';
	}
	pthread_mutex_unlock(&remote->lock);
	return err;
}

static int remote_unpin(struct backend *backend, const struct caller *caller, const char *path)
{
	struct remote_frame frame = { .type = REMOTE_UNPIN, .payload = strlen(path),
				      .uid = caller ? caller->uid : geteuid(),
				      .gid = caller ? caller->gid : getegid() };

	if (frame.payload >= 4096)
		return -ENAMETOOLONG;
	return simple(remote_of(backend), &frame, path);
}

static const char *remote_message(struct backend *backend)
{
	return remote_of(backend)->text;
}

static void remote_destroy(struct backend *backend)
{
	struct remote *remote = remote_of(backend);

	if (remote->fd >= 0)
		close(remote->fd);
	message_clear(&remote->in);
	pthread_mutex_destroy(&remote->lock);
	free(remote->out);
	free(remote);
}

static const struct backend_ops remote_ops = {
	.bpf = remote_bpf,
	.bpf_for = remote_bpf_for,
	.rtnl = remote_rtnl,
	.close = remote_close,
	.map_memory = remote_map_memory,
	.wait = remote_wait,
	.share = remote_share,
	.subscribe = remote_subscribe,
	.path = remote_path,
	.unpin = remote_unpin,
	.message = remote_message,
	.destroy = remote_destroy,
};

/* ---- coming together ---- */

/* The daemon reads and writes our memory: whose is it? */
static int check_peer(int fd, struct log *log)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return log_error(log, -errno, "who is behind the engine's socket is not known");
	if (peer.uid && peer.uid != geteuid())
		return log_error(log, -EPERM, "the engine belongs to user %u: only those of root and of "
				 "user %u may see this process' memory", peer.uid, geteuid());
	return 0;
}

static int hello(struct remote *remote, struct log *log)
{
	struct remote_frame frame = { .type = REMOTE_HELLO, .value = REMOTE_VERSION };
	struct turn turn = TURN(.caller = NULL);
	int err = turn_take(remote, &frame, NULL, &turn);

	keep_text(remote);
	return err ? log_error(log, err, "%s", remote->text) : 0;
}

int backend_remote_attach(int fd, struct log *log, struct backend **out)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	int err;

	if (!remote) {
		close(fd);
		return -ENOMEM;
	}
	remote->backend.ops = &remote_ops;
	remote->fd = fd;
	message_init(&remote->in);
	pthread_mutex_init(&remote->lock, NULL);
	err = check_peer(fd, log);
	if (!err)
		err = hello(remote, log);
	if (err) {
		remote_destroy(&remote->backend);
		return err;
	}
	*out = &remote->backend;
	return 0;
}

int backend_remote_create(const char *path, struct log *log, struct backend **out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(address.sun_path))
		return log_error(log, -ENAMETOOLONG, "%s: a socket's path has %zu bytes at most", path,
				 sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return log_error(log, -errno, "no socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		err = -errno;
		close(fd);
		return log_error(log, err, "no engine answers at %s: %s", path, strerror(-err));
	}
	return backend_remote_attach(fd, log, out);
}
