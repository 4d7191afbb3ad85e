// SPDX-License-Identifier: BSD-2-Clause
/* channel.h - one message at a time between a client and a daemon, over a SOCK_SEQPACKET socket.
 *
 *   datagram:  | struct remote_frame | payload, up to REMOTE_INLINE bytes |
 *              | struct remote_frame |   + a sealed memfd with a longer payload (SCM_RIGHTS)
 *              | struct remote_frame |   + the descriptor that a FILE is about
 *
 * Both ends are on one machine, so numbers are in its byte order. What is said is remote.def. Neither
 * end trusts the other: a datagram that is not as its row says is -EPROTO, and that ends the talk.
 *
 * A memfd is read with pread(2) and never mapped: who sent it cannot make the reader fault.
 */
#ifndef CLSBPF_WIRE_CHANNEL_H
#define CLSBPF_WIRE_CHANNEL_H

#include "base/types.h"

#define REMOTE_VERSION 2
#define REMOTE_INLINE 65536u
#define REMOTE_PAYLOAD (64u << 20)
#define REMOTE_REGIONS 16u

enum remote_sender { CLIENT, DAEMON };

enum remote_type {
	REMOTE_NOTHING,
#define MESSAGE(name, sender, room) REMOTE_##name,
#include "wire/remote.def"
#undef MESSAGE
};

/* Flags of CALL. */
#define REMOTE_RIGHTS 15u     /* the caller's (enum rights) */
#define REMOTE_FOREIGN 16u    /* the caller is not the client: its descriptors and paths are asked for */

/* What the descriptor of a FILE is: backend_share's. */
enum remote_file { REMOTE_FILE_MEMORY, REMOTE_FILE_EVENTS, REMOTE_FILES };

struct remote_frame {
	u32 type;             /* enum remote_type */
	s32 value;
	u64 address, size;
	u32 flags, uid, gid;
	u32 regions;          /* of CALL: how many */
	u64 payload;          /* bytes of it */
};

/* Memory of the caller that came along with a CALL. */
struct remote_region {
	u64 address, length;
};

/* A message as received. */
struct message {
	struct remote_frame frame;
	int memfd;            /* with the payload, or what a FILE is about; -1: all is in `bytes` */
	_Alignas(8) u8 bytes[REMOTE_INLINE];
};

/** message_init() / message_clear() - a message without content; let go of the memfd of one. */
static inline void message_init(struct message *message) { message->memfd = -1; }
void message_clear(struct message *message);

/** message_read() - @len bytes of the payload from @offset on. Returns 0, or -EPROTO when it has no
 *  such bytes. */
must_check int message_read(const struct message *message, void *to, u64 offset, u64 len);

/** message_take() - the whole payload, where it is or as a copy; *owned is to be freed.
 *  Returns 0, -EPROTO or -ENOMEM. */
must_check int message_take(const struct message *message, const void **bytes, void **owned);

/** channel_send() - @frame with frame->payload bytes at @payload. @flags: 0, or MSG_DONTWAIT for a message
 *  that may be lost. Returns 0 or -errno: -EPIPE, -ECONNRESET (nobody is there), -EAGAIN, -ENOMEM. */
must_check int channel_send(int fd, const struct remote_frame *frame, const void *payload, int flags);

/** channel_send_file() - @frame, a FILE, with @file, which stays the caller's. Returns as channel_send(). */
must_check int channel_send_file(int fd, const struct remote_frame *frame, int file);

/** channel_receive() - the next message, which only @sender sends. What was in @message before is let
 *  go. Returns 1; 0 at the end of the connection; -EPROTO or -errno. */
must_check int channel_receive(int fd, enum remote_sender sender, struct message *message);

#endif
