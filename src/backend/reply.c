// SPDX-License-Identifier: BSD-2-Clause
/* reply.c - netlink answers: data goes to the sink, the end to errno and log.
 *
 *   data: | nlmsghdr | payload |
 *   end:  | nlmsghdr NLMSG_ERROR | error | the request's header (and payload, if not capped) | TLVs |
 *         | nlmsghdr NLMSG_DONE  | error | TLVs |
 *
 * The bytes come from a kernel, ours or Linux: lengths are checked all the same.
 */
#include "backend/reply.h"

#include <errno.h>
#include <stdlib.h>

int reply_request(const struct nlmsghdr *request, u32 seq, struct nlmsghdr **out)
{
	struct nlmsghdr *copy;

	if (request->nlmsg_len < sizeof(*request))
		return -EINVAL;
	copy = malloc(request->nlmsg_len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, request, request->nlmsg_len);
	copy->nlmsg_flags |= NLM_F_REQUEST;
	if ((copy->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		copy->nlmsg_flags |= NLM_F_ACK;
	copy->nlmsg_seq = seq;
	copy->nlmsg_pid = 0;
	*out = copy;
	return 0;
}

/* The sentence among the TLVs of an extended acknowledgement. */
static void reply_sentence(struct reply *reply, const u8 *at, size_t len)
{
	while (len >= NLA_HDRLEN) {
		u16 size = get_u16(at), type = get_u16(at + 2) & NLA_TYPE_MASK;
		size_t step;

		if (size < NLA_HDRLEN || size > len)
			return;
		if (type == NLMSGERR_ATTR_MSG)
			log_line(reply->log, "%.*s", (int)strnlen((const char *)at + NLA_HDRLEN,
								  size - NLA_HDRLEN),
				 (const char *)at + NLA_HDRLEN);
		step = (size_t)NLA_ALIGN(size);
		if (step > len)
			return;
		at += step;
		len -= step;
	}
}

/* The last message. */
static void reply_end(struct reply *reply, const struct nlmsghdr *message)
{
	const u8 *payload = (const u8 *)message + NLMSG_HDRLEN;
	size_t len = message->nlmsg_len - NLMSG_HDRLEN, skip = sizeof(int);

	reply->done = true;
	reply->err = len >= sizeof(int) ? (int)get_u32(payload) : 0;
	if (reply->err > 0)
		reply->err = 0;
	if (message->nlmsg_type == NLMSG_ERROR) {
		skip = sizeof(struct nlmsgerr);
		if (len >= skip && !(message->nlmsg_flags & NLM_F_CAPPED)) {
			u32 inner = get_u32(payload + offsetof(struct nlmsgerr, msg));

			if (inner >= NLMSG_HDRLEN)
				skip += NLMSG_ALIGN(inner - NLMSG_HDRLEN);
		}
	}
	if (message->nlmsg_flags & NLM_F_ACK_TLVS && skip < len)
		reply_sentence(reply, payload + skip, len - skip);
	if (!reply->err && reply->torn) {
		reply->err = -EINTR;
		log_line(reply->log, "The dump was interrupted by a change and may be inconsistent.");
	}
}

static void reply_message(struct reply *reply, const struct nlmsghdr *message)
{
	int err;

	if (message->nlmsg_seq != reply->seq)
		return;
	reply->torn |= !!(message->nlmsg_flags & NLM_F_DUMP_INTR);
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		reply_end(reply, message);
		return;
	}
	if (message->nlmsg_type < NLMSG_MIN_TYPE || !reply->sink)
		return;
	err = reply->sink(reply->ctx, message, message->nlmsg_len);
	if (err < 0) {
		reply->done = true;
		reply->err = err;
	}
}

int reply_take(struct reply *reply, const void *bytes, size_t len)
{
	const u8 *at = bytes;

	while (len && !reply->done) {
		const struct nlmsghdr *message = (const void *)at;
		size_t step;

		if (len < sizeof(*message) || message->nlmsg_len < sizeof(*message) ||
		    message->nlmsg_len > len)
			return -EBADMSG;
		reply_message(reply, message);
		step = NLMSG_ALIGN((size_t)message->nlmsg_len);
		if (step > len)
			break;
		at += step;
		len -= step;
	}
	return 0;
}
