// SPDX-License-Identifier: BSD-2-Clause
/* rtnl.c - requests of rtnetlink: taking a buffer apart, and who answers which message.
 *
 *   buffer | message | message | ...      each gets its data, then, if it asked or failed, an ending
 *
 * The bytes are copied first: a client that changes them meanwhile changes nothing. Every request is
 * answered as a whole before the next one is looked at.
 * Source of the order of checks: net/netlink/af_netlink.c and net/core/rtnetlink.c of Linux 6.18.
 */
#include "rtnl/rtnl.h"

#include <errno.h>
#include <stdlib.h>

#include "rtnl/request.h"
#include "sched/sched.h"

/* Linux's sockets take no more at once by default (wmem_default, of which overhead is a part). */
#define REQUEST_MAX 212992

static const struct {
	u16 type;
	request_handler one, dump;
} handlers[] = {
	{ RTM_GETLINK, on_link_get, on_link_dump },
	{ RTM_NEWQDISC, on_qdisc_new, NULL },
	{ RTM_DELQDISC, on_qdisc_del, NULL },
	{ RTM_GETQDISC, on_qdisc_get, on_qdisc_dump },
	{ RTM_NEWTFILTER, on_filter_new, NULL },
	{ RTM_DELTFILTER, on_filter_del, NULL },
	{ RTM_GETTFILTER, on_filter_get, on_filter_dump },
};

/* What the last two bits of a message type say. */
enum request_kind { KIND_NEW, KIND_DEL, KIND_GET, KIND_SET };

static request_handler find_handler(struct request *request)
{
	u16 type = request->header->nlmsg_type;

	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (handlers[i].type == type)
			return request->dump ? handlers[i].dump : handlers[i].one;
	return NULL;
}

static int request_run(struct request *request)
{
	u16 type = request->header->nlmsg_type, flags = request->header->nlmsg_flags;
	enum request_kind kind = type & 3;
	request_handler handler;
	int err;

	if (type > RTM_MAX)
		return -EOPNOTSUPP;
	if (!request->len)
		return 0;
	if (kind != KIND_GET && !(request->client->rights & RIGHT_NET_ADMIN))
		return -EPERM;
	request->dump = kind == KIND_GET && flags & NLM_F_DUMP;
	handler = find_handler(request);
	if (!handler) {
		request->dump = false;
		return request_refuse(request, -EOPNOTSUPP,
				      "The engine has no answer to this kind of request");
	}
	if (kind == KIND_DEL && flags & NLM_F_BULK)
		return request_refuse(request, -EOPNOTSUPP, "Bulk delete is not supported");
	sched_lock(request->engine);
	err = handler(request);
	sched_unlock(request->engine);
	return err;
}

static int answer_deliver(const struct answer *answer, rtnl_sink sink, void *ctx)
{
	size_t at = 0;

	while (at < answer->len) {
		u32 len = get_u32(answer->bytes + at);
		int err = sink(ctx, answer->bytes + at, len);

		if (err < 0)
			return err;
		at += NLMSG_ALIGN(len);
	}
	return 0;
}

/* One message; what is not a request, or is a netlink control message, is only acknowledged. */
static int request_answer(struct request *request)
{
	const struct nlmsghdr *header = request->header;
	int err = 0;

	if (header->nlmsg_flags & NLM_F_REQUEST && header->nlmsg_type >= NLMSG_MIN_TYPE)
		err = request_run(request);
	if (request->dump)
		return answer_done(request, err);
	return err || header->nlmsg_flags & NLM_F_ACK ? answer_ack(request, err) : 0;
}

static int answer_all(struct client *client, const u8 *at, size_t len, struct answer *answer,
		      rtnl_sink sink, void *ctx)
{
	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)at;
		struct request request = {
			.client = client, .engine = client->engine, .header = header,
			.body = at + NLMSG_HDRLEN, .len = header->nlmsg_len - NLMSG_HDRLEN,
			.answer = answer,
		};
		size_t step;
		int err;

		if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > len)
			break;
		answer->len = 0;
		err = request_answer(&request);
		if (!err)
			err = answer_deliver(answer, sink, ctx);
		if (err)
			return err;
		step = NLMSG_ALIGN((size_t)header->nlmsg_len);
		if (step > len)
			break;
		at += step;
		len -= step;
	}
	return 0;
}

int rtnl_request(struct client *client, const void *request, size_t len, rtnl_sink sink, void *ctx)
{
	struct answer answer = { .bytes = NULL };
	u8 *copy;
	int err;

	if (len > REQUEST_MAX)
		return -EMSGSIZE;
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, request, len);
	err = answer_all(client, copy, len, &answer, sink, ctx);
	msg_free(&answer.msg);
	free(answer.bytes);
	free(copy);
	return err;
}
