// SPDX-License-Identifier: BSD-2-Clause
/* request.h - one request of rtnetlink on its way through its handler.
 *
 *   rtnl.c --struct request--> on_link.c, on_qdisc.c, on_filter.c --messages--> struct answer --> sink
 *
 * Handlers run under sched's lock; what they answer is kept until it is dropped, so that a sink may
 * do what it likes. A handler returns 0 or the errno that the client gets.
 */
#ifndef CLSBPF_RTNL_REQUEST_H
#define CLSBPF_RTNL_REQUEST_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "object/fd.h"
#include "rtnl/rtnl.h"
#include "wire/attr.h"
#include "wire/msg.h"

/* Whole messages, one behind the other. */
struct answer {
	u8 *bytes;
	size_t len, room;
	struct msg msg;            /* the one under construction */
};

struct request {
	struct client *client;
	struct engine *engine;
	const struct nlmsghdr *header;
	const u8 *body;            /* what follows the nlmsghdr: */
	u32 len;                   /* this many bytes */
	bool dump;                 /* messages of the answer are parts of a list */
	struct answer *answer;
	/* The extended acknowledgement. The sentence may go with a success: then it is a warning. */
	const char *sentence;
	const struct nlattr *at;
	const struct attr_row *policy;
};

typedef int (*request_handler)(struct request *request);

/* The rows of rtnl.c's table. */
int on_link_get(struct request *request);
int on_link_dump(struct request *request);
int on_qdisc_new(struct request *request);
int on_qdisc_del(struct request *request);
int on_qdisc_get(struct request *request);
int on_qdisc_dump(struct request *request);
int on_filter_new(struct request *request);
int on_filter_del(struct request *request);
int on_filter_get(struct request *request);
int on_filter_dump(struct request *request);

/** request_refuse() - remember @sentence for the acknowledgement and return @err, so that a refusal
 *  is one statement. */
int request_refuse(struct request *request, int err, const char *sentence);

/** request_parse() - the fixed header of @size bytes into @fixed, and the attributes behind it
 *  checked and indexed as attr_parse() does. Returns 0 or what the client gets. */
must_check int request_parse(struct request *request, enum attr_nest nest, void *fixed, u32 size,
			     u32 strictness, const struct nlattr **tb);

/** request_reply() - begin a message of the answer with @payload zeroed bytes behind its header;
 *  flags beside NLM_F_MULTI, which a dump adds. Returns 0 or -ENOMEM. */
must_check int request_reply(struct request *request, u16 type, u16 flags, u32 payload);

/** request_reply_end() - append the message to the answer. Returns 0, -EMSGSIZE or -ENOMEM. */
must_check int request_reply_end(struct request *request);

/** request_put_warning() - what notifications of tc carry of a warning: TCA_EXT_WARN_MSG. */
void request_put_warning(struct request *request);

/** answer_ack() - the NLMSG_ERROR that ends @request: @err or, 0, the acknowledgement.
 *  answer_done() - the NLMSG_DONE that ends a dump. Both return 0 or -ENOMEM. */
must_check int answer_ack(struct request *request, int err);
must_check int answer_done(struct request *request, int err);

#endif
