// SPDX-License-Identifier: BSD-2-Clause
/* reply.h - what comes back for an rtnetlink request, taken apart the same way for every backend. */
#ifndef CLSBPF_BACKEND_REPLY_H
#define CLSBPF_BACKEND_REPLY_H

#include "backend/backend.h"

/* One request that waits for its answer. */
struct reply {
	u32 seq;             /* of the request: messages of others are left out */
	backend_sink sink;   /* may be NULL */
	void *ctx;
	struct log *log;     /* may be NULL */
	bool done;           /* the answer is complete, and */
	int err;             /* this is it */
	bool torn;           /* the dump was interrupted by a change */
};

/** reply_request() - a copy of @request that asks for an answer, with number @seq; free() it.
 *  Returns 0, -EINVAL (shorter than its header) or -ENOMEM. */
must_check int reply_request(const struct nlmsghdr *request, u32 seq, struct nlmsghdr **out);

/** reply_take() - @len bytes with whole messages. After the last one reply->done is set, and
 *  reply->err is 0, the negative errno of the answer, or what the sink returned below 0.
 *  Returns 0, or -EBADMSG for bytes that are no messages. */
must_check int reply_take(struct reply *reply, const void *bytes, size_t len);

#endif
