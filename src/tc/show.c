// SPDX-License-Identifier: BSD-2-Clause
/* show.c - ask a kernel, then print.
 *
 * The whole reply is kept before the first message is printed: to print one takes further calls
 * (names of devices, programs), and a backend may be in the middle of its answer to the first one.
 * An answer that ends in an error or is damaged prints nothing.
 */
#include "tc/show.h"

#include <errno.h>
#include <stdlib.h>

#include "tc/apply.h"
#include "tc/link.h"
#include "tc/print.h"

/* The messages of an answer, one behind the other at multiples of 4. Invariant: they are whole. */
struct answer {
	u8 *bytes;
	size_t len, room;
};

static int answer_add(void *ctx, const void *bytes, size_t len)
{
	const struct nlmsghdr *header = bytes;
	struct answer *answer = ctx;
	size_t need = answer->len + NLMSG_ALIGN(len);

	if (len < sizeof(*header) || header->nlmsg_len < sizeof(*header) ||
	    header->nlmsg_len > len || NLMSG_ALIGN(header->nlmsg_len) != NLMSG_ALIGN(len))
		return -EBADMSG;
	if (need > answer->room) {
		size_t room = need * 2;
		u8 *more = realloc(answer->bytes, room);

		if (!more)
			return -ENOMEM;
		answer->bytes = more;
		answer->room = room;
	}
	memset(answer->bytes + answer->len, 0, need - answer->len);
	memcpy(answer->bytes + answer->len, bytes, len);
	answer->len = need;
	return 0;
}

/* The next message, or NULL; @at starts at 0. */
static const struct nlmsghdr *answer_next(const struct answer *answer, size_t *at)
{
	const struct nlmsghdr *message;

	if (*at == answer->len)
		return NULL;
	message = (const void *)(answer->bytes + *at);
	*at += NLMSG_ALIGN(message->nlmsg_len);
	return message;
}

struct show {
	struct backend *backend;
	const struct tc_output *out;
	struct log *log;
	const struct tc_qdisc_spec *qdisc;    /* one of the two */
	const struct tc_filter_spec *filter;
	u32 ifindex;
	struct msg msg;
	struct answer answer;
	struct print print;
};

/* Linux answers with the qdiscs of all devices; tc leaves out what was not asked for. */
static bool wanted(const struct show *s, const struct reply_tc *reply)
{
	const struct tc_qdisc_spec *spec = s->qdisc;

	if (!spec)
		return true;
	return (!s->ifindex || s->ifindex == (u32)reply->head.tcm_ifindex) &&
	       (!spec->handle || spec->handle == reply->head.tcm_handle) &&
	       (!spec->parent || spec->parent == reply->head.tcm_parent);
}

static int show_messages(struct show *s)
{
	const struct nlmsghdr *message;
	struct reply_tc reply;
	size_t at = 0;
	int err = 0;

	while (!err && (message = answer_next(&s->answer, &at))) {
		err = decode_tc(message, message->nlmsg_len, &reply);
		if (err || !wanted(s, &reply))
			continue;
		err = s->qdisc ? print_qdisc(&s->print, &reply) : print_filter(&s->print, &reply);
	}
	return err;
}

/* What was said on the command line is left out of the lines; `get` says everything but the device. */
static void show_context(struct show *s)
{
	const struct tc_filter_spec *spec = s->filter;

	s->print.backend = s->backend;
	s->print.ifindex = s->ifindex;
	if (!spec || spec->verb == TC_GET)
		return;
	s->print.parent = spec->parent;
	s->print.pref = spec->pref;
	s->print.protocol = spec->protocol;
	s->print.has_chain = spec->has_chain;
	s->print.chain = spec->chain;
}

static int show_try(struct show *s)
{
	const char *dev = s->qdisc ? s->qdisc->dev : s->filter->dev;
	int err = link_index(s->backend, dev, &s->ifindex, s->log);

	if (err)
		return err;
	err = s->qdisc ? encode_qdisc(s->qdisc, s->ifindex, &s->msg)
		       : encode_filter(s->filter, s->ifindex, -1, NULL, &s->msg);
	if (!err)
		err = apply_send(s->backend, &s->msg, answer_add, &s->answer, s->log);
	/* tc tells a dump that failed from a filter that was refused. */
	if (err && s->filter && s->filter->verb == TC_GET && s->out->refused)
		*s->out->refused = true;
	if (err)
		return err;
	show_context(s);
	emit_begin(&s->print.emit, s->out);
	err = show_messages(s);
	if (!err)
		err = emit_end(&s->print.emit);
	if (err == -EBADMSG)
		log_line(s->log, "The kernel's answer is damaged.");
	if (s->print.actions)
		log_line(s->log, "Actions of filters are not shown: they are not supported yet.");
	return err;
}

static int show_run(struct show *s)
{
	int err = show_try(s);

	msg_free(&s->msg);
	emit_free(&s->print.emit);
	free(s->answer.bytes);
	return err;
}

int show_qdiscs(struct backend *backend, const struct tc_qdisc_spec *spec,
		const struct tc_output *out, struct log *log)
{
	struct show s = { .backend = backend, .out = out, .log = log, .qdisc = spec };

	return show_run(&s);
}

int show_filters(struct backend *backend, const struct tc_filter_spec *spec,
		 const struct tc_output *out, struct log *log)
{
	struct show s = { .backend = backend, .out = out, .log = log, .filter = spec };

	return show_run(&s);
}
