// SPDX-License-Identifier: BSD-2-Clause
/* channel.c - frames and payloads on a socket. The rules are in channel.h. */
#include "wire/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static const struct {
	enum remote_sender sender;
	u32 room;
} messages[] = {
#define MESSAGE(name, sender, room) [REMOTE_##name] = { sender, room },
#include "wire/remote.def"
#undef MESSAGE
};

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

void message_clear(struct message *message)
{
	if (message->memfd >= 0)
		close(message->memfd);
	message->memfd = -1;
}

int message_read(const struct message *message, void *to, u64 offset, u64 len)
{
	u8 *at = to;

	if (offset > message->frame.payload || len > message->frame.payload - offset)
		return -EPROTO;
	if (message->memfd < 0) {
		memcpy(to, message->bytes + offset, len);
		return 0;
	}
	while (len) {
		ssize_t n = pread(message->memfd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EPROTO;
		at += n;
		offset += (u64)n;
		len -= (u64)n;
	}
	return 0;
}

int message_take(const struct message *message, const void **bytes, void **owned)
{
	*owned = NULL;
	*bytes = message->bytes;
	if (message->memfd < 0)
		return 0;
	*bytes = *owned = malloc(message->frame.payload);
	return *owned ? message_read(message, *owned, 0, message->frame.payload) : -ENOMEM;
}

static int write_all(int fd, const u8 *from, u64 len)
{
	while (len) {
		ssize_t n = write(fd, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		from += n;
		len -= (u64)n;
	}
	return 0;
}

/* A memfd that holds @len bytes and will never hold anything else. Returns it or -errno. */
static int seal(const void *bytes, u64 len)
{
	int fd = memfd_create("clsbpf", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, len);
	if (!err && fcntl(fd, F_ADD_SEALS, SEALS))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int send_one(int fd, const struct msghdr *header, int flags)
{
	ssize_t n;

	do {
		n = sendmsg(fd, header, flags | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int channel_send_file(int fd, const struct remote_frame *frame, int file)
{
	struct iovec part = { (void *)(uintptr_t)frame, sizeof(*frame) };
	union control control = { .room = { 0 } };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
				 .msg_controllen = sizeof(control.room) };

	control.header.cmsg_len = CMSG_LEN(sizeof(file));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
	return send_one(fd, &header, 0);
}

int channel_send(int fd, const struct remote_frame *frame, const void *payload, int flags)
{
	struct iovec part[2] = {
		{ (void *)(uintptr_t)frame, sizeof(*frame) },
		{ (void *)(uintptr_t)payload, frame->payload },
	};
	struct msghdr header = { .msg_iov = part, .msg_iovlen = 2 };
	int memfd, err;

	if (frame->payload <= REMOTE_INLINE)
		return send_one(fd, &header, flags);
	memfd = seal(payload, frame->payload);
	if (memfd < 0)
		return memfd;
	err = channel_send_file(fd, frame, memfd);
	close(memfd);
	return err;
}

/* There is room for one descriptor, padding not counted: a sender of more has them cut off by Linux
 * (MSG_CTRUNC). */
static void take_descriptor(struct msghdr *header, struct message *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&message->memfd, CMSG_DATA(c), sizeof(int));
}

/* Is the message what its row says it is, with all of its payload? */
static bool message_holds(const struct message *message, enum remote_sender sender, size_t len)
{
	const struct remote_frame *frame = &message->frame;
	bool inside = frame->payload <= REMOTE_INLINE;
	int seals;

	if (len < sizeof(*frame) || frame->type == REMOTE_NOTHING ||
	    frame->type >= ARRAY_SIZE(messages) || messages[frame->type].sender != sender ||
	    frame->payload > messages[frame->type].room ||
	    len - sizeof(*frame) != (inside ? frame->payload : 0))
		return false;
	if (inside)
		return (message->memfd >= 0) == (frame->type == REMOTE_FILE);
	if (message->memfd < 0)
		return false;
	seals = fcntl(message->memfd, F_GET_SEALS);
	return seals >= 0 && (seals & SEALS) == SEALS &&
	       lseek(message->memfd, 0, SEEK_END) == (off_t)frame->payload;
}

int channel_receive(int fd, enum remote_sender sender, struct message *message)
{
	struct iovec part[2] = {
		{ &message->frame, sizeof(message->frame) },
		{ message->bytes, sizeof(message->bytes) },
	};
	union control control;
	struct msghdr header = { .msg_iov = part, .msg_iovlen = 2, .msg_control = control.room,
				 .msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t n;

	message_clear(message);
	/* ECONNRESET comes once, before what the other end said last. */
	do {
		n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return -errno;
	take_descriptor(&header, message);
	if (!n && message->memfd < 0)
		return 0;
	if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
	    !message_holds(message, sender, (size_t)n)) {
		message_clear(message);
		message->frame.payload = 0;
		return -EPROTO;
	}
	return 1;
}
