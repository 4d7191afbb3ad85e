// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_remote.c - what a client may send to a daemon: hello, then datagrams of any bytes.
 *
 *   input:     datagram, datagram, ...
 *   datagram:  how (1), length (2), that many bytes: a frame and what is behind it
 *   how:       RIGHT: its payload is said to be as long as it is; MEMFD: it comes in a sealed memfd
 *
 * The daemon's questions are answered by whatever comes next. All of it is sent before the connection
 * is served, in this thread, so that a run can be repeated. When the client has gone nothing is left.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/connection.h"

#define DATAGRAMS_MAX 32
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

enum { RIGHT = 1, MEMFD = 2 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void send_bytes(int fd, const void *bytes, size_t len, int attached)
{
	union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control = { .room = { 0 } };
	struct iovec part = { (void *)(uintptr_t)bytes, len };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (attached >= 0) {
		header.msg_control = control.room;
		header.msg_controllen = sizeof(control.room);
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.header), &attached, sizeof(int));
	}
	(void)!sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A payload that is long enough for a memfd: the bytes, and zeros behind them. */
static void send_memfd(int fd, struct remote_frame *frame, const u8 *bytes, size_t len)
{
	int memfd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	frame->payload = REMOTE_INLINE + 1 + len;
	if (!ftruncate(memfd, (off_t)frame->payload) && pwrite(memfd, bytes, len, 0) == (ssize_t)len &&
	    !fcntl(memfd, F_ADD_SEALS, SEALS))
		send_bytes(fd, frame, sizeof(*frame), memfd);
	close(memfd);
}

static void send_one(int fd, u8 how, const u8 *bytes, size_t len)
{
	u8 *copy = malloc(len + 1);
	struct remote_frame frame;

	memcpy(copy, bytes, len);
	if (len >= sizeof(frame)) {
		memcpy(&frame, copy, sizeof(frame));
		if (how & RIGHT)
			frame.payload = len - sizeof(frame);
		memcpy(copy, &frame, sizeof(frame));
	}
	if (how & MEMFD && len >= sizeof(frame))
		send_memfd(fd, &frame, copy + sizeof(frame), len - sizeof(frame));
	else
		send_bytes(fd, copy, len, -1);
	free(copy);
}

static void send_all(int fd, const u8 *data, size_t size)
{
	struct remote_frame hello = { .type = REMOTE_HELLO, .value = REMOTE_VERSION };

	send_bytes(fd, &hello, sizeof(hello), -1);
	for (int i = 0; i < DATAGRAMS_MAX && size >= 3; i++) {
		size_t len = get_u16(data + 1);

		len = len < size - 3 ? len : size - 3;
		send_one(fd, data[0], data + 3, len);
		data += 3 + len;
		size -= 3 + len;
	}
	shutdown(fd, SHUT_WR);
}

/* Nobody reads what the daemon says: it must not wait for that. */
static void serve(struct server *server, struct backend *engine, const u8 *data, size_t size)
{
	const struct timeval patience = { .tv_usec = 10000 };
	struct connection *connection = calloc(1, sizeof(*connection));
	int end[2];

	if (!connection || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end))
		abort();
	setsockopt(end[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	connection->server = server;
	connection->fd = end[0];
	message_init(&connection->request);
	message_init(&connection->answer);
	if (!backend_engine_client(engine, &connection->backend)) {
		send_all(end[1], data, size);
		connection_run(connection);
		backend_destroy(connection->backend);
	}
	close(end[0]);
	close(end[1]);
	free(connection);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct backend *engine;
	struct server *server;

	if (backend_engine_create(NULL, &engine))
		return 0;
	if (!server_create(engine, &server)) {
		serve(server, engine, data, size);
		server_destroy(server);
	}
	backend_destroy(engine);
	return 0;
}
