// SPDX-License-Identifier: BSD-2-Clause
/* connection.c - one client of the daemon: its requests, and what its calls need from it.
 *
 * Everything that comes is hostile. A client that does not keep to remote.def is hung up on: `broken`
 * is set, the call in progress gets -EINTR from the caller's side and ends by itself. While a client is
 * asked nothing of the engine is held (command/ sees to it), so one that does not answer has only its
 * own thread waiting.
 */
#include "serve/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK (16u << 20)    /* bytes of one READ or WRITE */
#define WAIT_SLICE_MS 50     /* of a long wait: then the client may have gone */
#define ERRNO_MAX 4095

static struct connection *connection_of(struct caller *caller)
{
	return container_of(caller, struct connection, caller);
}

/* ---- the caller's side of a call ---- */

/* Returns 0 with the answer in connection->answer, or -EINTR: nobody will answer any more. */
static int ask(struct connection *connection, const struct remote_frame *frame, const void *payload)
{
	int err;

	if (connection->broken)
		return -EINTR;
	err = channel_send(connection->fd, frame, payload, 0);
	if (!err && channel_receive(connection->fd, CLIENT, &connection->answer) == 1 &&
	    connection->answer.frame.type == REMOTE_ANSWER)
		return 0;
	connection->broken = true;
	return -EINTR;
}

static int broken(struct connection *connection)
{
	connection->broken = true;
	return -EINTR;
}

/* What the caller's memory answers, in words that Linux has for it. */
static int memory_error(s32 value)
{
	return !value ? 0 : value == -EINTR ? -EINTR : -EFAULT;
}

static int ask_read(struct connection *connection, void *to, u64 from, u64 len)
{
	struct remote_frame frame = { .type = REMOTE_READ, .address = from, .size = len };
	int err = ask(connection, &frame, NULL);

	if (!err)
		err = memory_error(connection->answer.frame.value);
	if (err)
		return err;
	if (connection->answer.frame.payload != len ||
	    message_read(&connection->answer, to, 0, len))
		return broken(connection);
	return 0;
}

static int caller_read(struct caller *caller, void *to, u64 from, u64 len)
{
	struct connection *connection = connection_of(caller);
	u8 *at = to;
	int err = 0;

	for (u32 i = 0; i < connection->regions; i++) {
		const struct remote_region *region = &connection->region[i];
		u64 skip = from - region->address;

		if (from < region->address || skip > region->length || len > region->length - skip)
			continue;
		if (message_read(&connection->request, to, connection->region_at[i] + skip, len))
			return broken(connection);
		return 0;
	}
	for (u64 n; !err && len; at += n, from += n, len -= n) {
		n = min_u64(len, CHUNK);
		err = ask_read(connection, at, from, n);
	}
	return err;
}

/* Memory that came along is what it was when the call began; from here on it is asked for. */
static void regions_forget(struct connection *connection, u64 at, u64 len)
{
	for (u32 i = 0; i < connection->regions; i++) {
		struct remote_region *region = &connection->region[i];

		if (at - region->address < region->length || region->address - at < len)
			region->length = 0;
	}
}

static int caller_write(struct caller *caller, u64 to, const void *from, u64 len)
{
	struct connection *connection = connection_of(caller);
	const u8 *at = from;
	int err = 0;

	regions_forget(connection, to, len);
	for (u64 n; !err && len; at += n, to += n, len -= n) {
		struct remote_frame frame = { .type = REMOTE_WRITE, .address = to };

		n = frame.payload = min_u64(len, CHUNK);
		err = ask(connection, &frame, at);
		if (!err)
			err = memory_error(connection->answer.frame.value);
	}
	return err;
}

static int caller_handle(struct caller *caller, int fd)
{
	struct connection *connection = connection_of(caller);
	struct remote_frame frame = { .type = REMOTE_HANDLE, .value = fd };
	int err;

	if (!connection->foreign)
		return fd;
	err = ask(connection, &frame, NULL);
	if (!err && (connection->answer.frame.value >= 0 || connection->answer.frame.value == -EINVAL))
		return connection->answer.frame.value;
	return -EBADF;
}

static int ask_path(struct connection *connection, int dirfd, const char *text, bool create,
		    char *out)
{
	struct remote_frame frame = { .type = REMOTE_NAME, .value = dirfd, .size = create,
				      .payload = strlen(text) };
	const struct message *answer = &connection->answer;
	int err = ask(connection, &frame, text);

	if (err)
		return err;
	if (answer->frame.value)
		return answer->frame.value < 0 && answer->frame.value >= -ERRNO_MAX ?
		       answer->frame.value : broken(connection);
	if (answer->frame.payload >= PATH_MAX || message_read(answer, out, 0, answer->frame.payload) ||
	    memchr(out, '\0', answer->frame.payload))
		return broken(connection);
	out[answer->frame.payload] = '\0';
	return 0;
}

/* A client's own paths begin at the pin root, as those of this process do. */
static int caller_path(struct caller *caller, int dirfd, const char *text, bool create, char *out)
{
	struct connection *connection = connection_of(caller);

	if (connection->foreign)
		return ask_path(connection, dirfd, text, create, out);
	if (dirfd != AT_FDCWD && text[0] != '/')
		return -EOPNOTSUPP;
	strcpy(out, text);
	return 0;
}

static bool hung_up(const struct connection *connection)
{
	struct pollfd end = { .fd = connection->fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) == 1 && end.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

static bool caller_gone(struct caller *caller)
{
	struct connection *connection = connection_of(caller);
	struct remote_frame frame = { .type = REMOTE_GONE };

	if (connection->broken || hung_up(connection))
		return true;
	return connection->foreign &&
	       (ask(connection, &frame, NULL) || connection->answer.frame.value);
}

static const struct caller_ops caller_ops = {
	.read = caller_read,
	.write = caller_write,
	.handle = caller_handle,
	.path = caller_path,
	.gone = caller_gone,
};

/* ---- requests ---- */

static void result(struct connection *connection, int value, const char *text)
{
	struct remote_frame frame = { .type = REMOTE_RESULT, .value = value,
				      .payload = min_u64(strlen(text), REMOTE_INLINE) };

	if (!connection->broken && channel_send(connection->fd, &frame, text, 0))
		connection->broken = true;
}

static int on_hello(struct connection *connection)
{
	if (connection->request.frame.value != REMOTE_VERSION) {
		result(connection, -EPROTONOSUPPORT, "the daemon has another version of the protocol");
		return -EPROTO;
	}
	connection->greeted = true;
	result(connection, 0, "");
	return 0;
}

/* The regions stand for exactly the bytes behind them. */
static int regions_take(struct connection *connection)
{
	const struct message *request = &connection->request;
	u64 at = sizeof(struct remote_region) * request->frame.regions;

	connection->regions = 0;
	if (request->frame.regions > REMOTE_REGIONS ||
	    message_read(request, connection->region, 0, at))
		return -EPROTO;
	for (u32 i = 0; i < request->frame.regions; i++) {
		const struct remote_region *region = &connection->region[i];

		if (region->length > request->frame.payload - at ||
		    region->address + region->length < region->address)
			return -EPROTO;
		connection->region_at[i] = at;
		at += region->length;
	}
	if (at != request->frame.payload)
		return -EPROTO;
	connection->regions = request->frame.regions;
	return 0;
}

/* Who may connect has all rights, but may say of itself that it has not. Root speaks for others. */
static void caller_take(struct connection *connection, const struct remote_frame *frame)
{
	connection->caller = (struct caller){
		.ops = &caller_ops,
		.rights = frame->flags & REMOTE_RIGHTS,
		.uid = connection->uid ? connection->uid : frame->uid,
		.gid = connection->uid ? connection->gid : frame->gid,
	};
}

static int on_call(struct connection *connection)
{
	const struct remote_frame *frame = &connection->request.frame;
	int ret;

	if (frame->size > UINT32_MAX || regions_take(connection))
		return -EPROTO;
	connection->foreign = frame->flags & REMOTE_FOREIGN;
	caller_take(connection, frame);
	ret = backend_bpf_for(connection->backend, &connection->caller, frame->value, frame->address,
			      (u32)frame->size);
	result(connection, ret, backend_message(connection->backend));
	return 0;
}

static int rtnl_piece(void *ctx, const void *bytes, size_t len)
{
	struct connection *connection = ctx;
	struct remote_frame frame = { .type = REMOTE_PIECE, .payload = len };

	if (len > REMOTE_PAYLOAD)
		return -EMSGSIZE;
	if (!channel_send(connection->fd, &frame, bytes, 0))
		return 0;
	return broken(connection);
}

static int on_rtnl(struct connection *connection)
{
	u64 len = connection->request.frame.payload;
	const struct nlmsghdr *header;
	const void *bytes;
	void *owned;
	LOG_ON_STACK(log);
	int err = message_take(&connection->request, &bytes, &owned);

	header = bytes;
	if (!err && (len < sizeof(*header) || header->nlmsg_len != len))
		err = -EPROTO;
	if (!err)
		result(connection, backend_rtnl(connection->backend, header, rtnl_piece, connection, &log),
		       log.text);
	free(owned);
	return err;
}

/* Hand out what came of backend_share(); the descriptors are closed here. */
static void files(struct connection *connection, const struct backend_share *share, bool events)
{
	const int file[REMOTE_FILES] = { share->memory, events ? share->wait : -1 };

	for (u32 i = 0; i < REMOTE_FILES; i++) {
		struct remote_frame frame = { .type = REMOTE_FILE, .value = (s32)i };

		if (file[i] >= 0 && channel_send_file(connection->fd, &frame, file[i]))
			connection->broken = true;
	}
	if (share->memory >= 0)
		close(share->memory);
	if (share->wait >= 0)
		close(share->wait);
}

static int on_share(struct connection *connection)
{
	struct remote_frame frame = { .type = REMOTE_RESULT };
	struct backend_share share = { .memory = -1, .wait = -1 };

	frame.value = backend_share(connection->backend, connection->request.frame.value, &share);
	frame.size = share.kind;
	files(connection, &share, true);
	if (!connection->broken && channel_send(connection->fd, &frame, NULL, 0))
		connection->broken = true;
	return 0;
}

/* What cannot be mapped here cannot be mapped there. */
static int on_memory(struct connection *connection)
{
	const struct remote_frame *frame = &connection->request.frame;
	struct backend_share share = { .memory = -1, .wait = -1 };
	void *at;
	int err = backend_map_memory(connection->backend, frame->value, frame->address, frame->size,
				     (int)(frame->flags & (PROT_READ | PROT_WRITE)), &at);

	if (!err) {
		munmap(at, frame->size);
		err = backend_share(connection->backend, frame->value, &share);
	}
	if (!err && share.memory < 0)
		err = -EPERM;
	files(connection, &share, false);
	result(connection, err, "");
	return 0;
}

static int on_unpin(struct connection *connection)
{
	char path[PATH_MAX];
	u64 len = connection->request.frame.payload;

	if (len >= sizeof(path) || message_read(&connection->request, path, 0, len))
		return -EPROTO;
	path[len] = '\0';
	caller_take(connection, &connection->request.frame);
	result(connection, backend_unpin_for(connection->backend, &connection->caller, path), "");
	return 0;
}

static int on_path(struct connection *connection)
{
	u32 what = (u32)connection->request.frame.value;
	char path[PATH_MAX] = "";

	if (what > BACKEND_UNPRIVILEGED_BPF)
		return -EPROTO;
	result(connection, backend_path(connection->backend, what, path, sizeof(path)), path);
	return 0;
}

/* In slices, so that a client that hangs up is not waited for. */
static int on_wait(struct connection *connection)
{
	s64 left = (s64)connection->request.frame.size;
	bool for_ever = left < 0;
	int ret = 0;

	while (!ret) {
		int slice = (int)(for_ever ? WAIT_SLICE_MS : (s64)min_u64((u64)left, WAIT_SLICE_MS));

		ret = backend_wait(connection->backend, connection->request.frame.value, slice);
		left -= slice;
		if (!ret && hung_up(connection))
			ret = -EINTR;
		if (!for_ever && left <= 0)
			break;
	}
	result(connection, ret, "");
	return 0;
}

static int on_subscribe(struct connection *connection)
{
	const struct remote_frame *frame = &connection->request.frame;

	result(connection, server_subscribe(connection->server, connection, (u32)frame->value,
					    frame->size), "");
	return 0;
}

/* One request. Returns 0, or -EPROTO: it was none. */
static int serve_request(struct connection *connection)
{
	u32 type = connection->request.frame.type;

	if (connection->greeted == (type == REMOTE_HELLO))
		return -EPROTO;
	switch (type) {
	case REMOTE_HELLO:
		return on_hello(connection);
	case REMOTE_CALL:
		return on_call(connection);
	case REMOTE_RTNL:
		return on_rtnl(connection);
	case REMOTE_CLOSE:
		result(connection, backend_close(connection->backend, connection->request.frame.value), "");
		return 0;
	case REMOTE_WAIT:
		return on_wait(connection);
	case REMOTE_SHARE:
		return on_share(connection);
	case REMOTE_MEMORY:
		return on_memory(connection);
	case REMOTE_PATH:
		return on_path(connection);
	case REMOTE_UNPIN:
		return on_unpin(connection);
	case REMOTE_SUBSCRIBE:
		return on_subscribe(connection);
	}
	return -EPROTO;
}

void connection_run(struct connection *connection)
{
	while (!connection->broken &&
	       channel_receive(connection->fd, CLIENT, &connection->request) == 1)
		if (serve_request(connection))
			break;
	message_clear(&connection->request);
	message_clear(&connection->answer);
}
