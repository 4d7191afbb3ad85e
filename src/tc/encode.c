// SPDX-License-Identifier: BSD-2-Clause
/* encode.c - specs to rtnetlink messages and back, over wire/attr.def.
 *
 *   | nlmsghdr | tcmsg | TCA_CHAIN | TCA_KIND | TCA_OPTIONS ( TCA_BPF_CLASSID FD NAME FLAGS_GEN FLAGS ) |
 *                 '-- tcm_info: pref << 16 | protocol in network order
 *
 * The order of the attributes is tc's, so that both send the same bytes.
 */
#include "tc/encode.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>

/* ---- requests ---- */

static u16 qdisc_type(enum tc_verb verb, u16 *flags)
{
	switch (verb) {
	case TC_ADD:
		*flags = NLM_F_REQUEST | NLM_F_EXCL | NLM_F_CREATE;
		return RTM_NEWQDISC;
	case TC_CHANGE:
		*flags = NLM_F_REQUEST;
		return RTM_NEWQDISC;
	case TC_REPLACE:
		*flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
		return RTM_NEWQDISC;
	case TC_DEL:
		*flags = NLM_F_REQUEST;
		return RTM_DELQDISC;
	case TC_GET:
	case TC_SHOW:
		break;
	}
	*flags = NLM_F_REQUEST | NLM_F_DUMP;
	return RTM_GETQDISC;
}

static u16 filter_type(enum tc_verb verb, u16 *flags)
{
	switch (verb) {
	case TC_ADD:
		*flags = NLM_F_REQUEST | NLM_F_EXCL | NLM_F_CREATE;
		return RTM_NEWTFILTER;
	case TC_CHANGE:
		*flags = NLM_F_REQUEST;
		return RTM_NEWTFILTER;
	case TC_REPLACE:
		*flags = NLM_F_REQUEST | NLM_F_CREATE;
		return RTM_NEWTFILTER;
	case TC_DEL:
		*flags = NLM_F_REQUEST;
		return RTM_DELTFILTER;
	case TC_GET:
		*flags = NLM_F_REQUEST | NLM_F_ECHO;
		return RTM_GETTFILTER;
	case TC_SHOW:
		break;
	}
	*flags = NLM_F_REQUEST | NLM_F_DUMP;
	return RTM_GETTFILTER;
}

static int begin(struct msg *msg, u16 type, u16 flags, u32 ifindex, struct tcmsg **out)
{
	int err = msg_begin(msg, type, flags, 0, sizeof(struct tcmsg));

	if (err)
		return err;
	*out = msg_payload(msg);
	(*out)->tcm_family = AF_UNSPEC;
	(*out)->tcm_ifindex = (int)ifindex;
	return 0;
}

int encode_qdisc(const struct tc_qdisc_spec *spec, u32 ifindex, struct msg *msg)
{
	u16 flags, type = qdisc_type(spec->verb, &flags);
	struct tcmsg *head;
	int err = begin(msg, type, flags, ifindex, &head);

	if (err)
		return err;
	if (spec->verb != TC_SHOW) {
		head->tcm_handle = spec->handle;
		head->tcm_parent = spec->parent;
	} else if (spec->invisible) {
		msg_put(msg, TCA_DUMP_INVISIBLE, NULL, 0);
	}
	if (spec->kind[0])
		msg_put_str(msg, TCA_KIND, spec->kind);
	return msg_end(msg);
}

static void put_bpf(struct msg *msg, const struct tc_bpf_spec *bpf, int prog, const char *name)
{
	u32 nest;

	if (prog < 0 && !bpf->classid && !bpf->gen_flags && !bpf->direct_action)
		return;
	nest = msg_nest(msg, TCA_OPTIONS);
	if (bpf->classid)
		msg_put_u32(msg, TCA_BPF_CLASSID, bpf->classid);
	if (prog >= 0) {
		msg_put_u32(msg, TCA_BPF_FD, (u32)prog);
		msg_put_str(msg, TCA_BPF_NAME, name);
	}
	if (bpf->gen_flags)
		msg_put_u32(msg, TCA_BPF_FLAGS_GEN, bpf->gen_flags);
	if (bpf->direct_action)
		msg_put_u32(msg, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	msg_nest_end(msg, nest);
}

int encode_filter(const struct tc_filter_spec *spec, u32 ifindex, int prog, const char *name,
		  struct msg *msg)
{
	u16 flags, type = filter_type(spec->verb, &flags), protocol = spec->protocol;
	struct tcmsg *head;
	int err = begin(msg, type, flags, ifindex, &head);

	if (err)
		return err;
	head->tcm_handle = spec->handle;
	head->tcm_parent = spec->parent;
	if (!protocol && (spec->verb == TC_ADD || spec->verb == TC_REPLACE))
		protocol = ETH_P_ALL;
	head->tcm_info = TC_H_MAKE((u32)spec->pref << 16, be16(protocol));
	if (spec->has_chain)
		msg_put_u32(msg, TCA_CHAIN, spec->chain);
	if (spec->kind[0])
		msg_put_str(msg, TCA_KIND, spec->kind);
	if (!strcmp(spec->kind, "bpf"))
		put_bpf(msg, &spec->bpf, prog, name);
	return msg_end(msg);
}

/* ---- replies ---- */

int decode_tc(const void *bytes, size_t len, struct reply_tc *out)
{
	const struct nlmsghdr *header = bytes;
	const size_t head = NLMSG_HDRLEN + sizeof(struct tcmsg);
	size_t kind_len;

	if (len < head || header->nlmsg_len < head || header->nlmsg_len > len)
		return -EBADMSG;
	if (header->nlmsg_type != RTM_NEWQDISC && header->nlmsg_type != RTM_NEWTFILTER)
		return -EBADMSG;
	memcpy(&out->head, (const u8 *)bytes + NLMSG_HDRLEN, sizeof(out->head));
	if (attr_parse(ATTR_TC, (const u8 *)bytes + head, header->nlmsg_len - (u32)head,
		       ATTR_TRAILING, out->tb, NULL) || !out->tb[TCA_KIND])
		return -EBADMSG;
	kind_len = strnlen(attr_data(out->tb[TCA_KIND]), attr_len(out->tb[TCA_KIND]));
	if (kind_len >= sizeof(out->kind))
		return -EBADMSG;
	memcpy(out->kind, attr_data(out->tb[TCA_KIND]), kind_len);
	out->kind[kind_len] = '\0';
	return 0;
}

int decode_bpf(const struct reply_tc *reply, const struct nlattr *tb[ATTR_BPF_ROOM])
{
	const struct nlattr *options = reply->tb[TCA_OPTIONS];

	if (!options || attr_parse(ATTR_BPF, attr_data(options), attr_len(options), ATTR_TRAILING, tb,
				   NULL))
		return -EBADMSG;
	if (tb[TCA_BPF_ID] && attr_len(tb[TCA_BPF_ID]) < sizeof(u32))
		return -EBADMSG;
	/* Whole instructions, and as many as it says. */
	if (tb[TCA_BPF_OPS] && tb[TCA_BPF_OPS_LEN] &&
	    attr_len(tb[TCA_BPF_OPS]) / sizeof(struct sock_filter) < attr_u16(tb[TCA_BPF_OPS_LEN]))
		return -EBADMSG;
	return 0;
}

int decode_stats(const struct reply_tc *reply, struct reply_stats *out)
{
	const struct nlattr *stats = reply->tb[TCA_STATS2], *tb[ATTR_STATS2_ROOM];
	const size_t basic_len = offsetof(struct gnet_stats_basic, packets) + sizeof(u32);
	const u8 *basic;

	memset(out, 0, sizeof(*out));
	if (!stats)
		return 0;
	if (attr_parse(ATTR_STATS2, attr_data(stats), attr_len(stats), ATTR_TRAILING, tb, NULL))
		return -EBADMSG;
	if (tb[TCA_STATS_BASIC]) {
		if (attr_len(tb[TCA_STATS_BASIC]) < basic_len)
			return -EBADMSG;
		basic = attr_data(tb[TCA_STATS_BASIC]);
		out->basic = true;
		out->bytes = get_u64(basic + offsetof(struct gnet_stats_basic, bytes));
		out->packets = get_u32(basic + offsetof(struct gnet_stats_basic, packets));
	}
	/* The count that does not wrap, where there is one. */
	if (tb[TCA_STATS_PKT64] && attr_len(tb[TCA_STATS_PKT64]) >= sizeof(u64))
		out->packets = get_u64(attr_data(tb[TCA_STATS_PKT64]));
	if (tb[TCA_STATS_QUEUE]) {
		if (attr_len(tb[TCA_STATS_QUEUE]) < sizeof(out->q))
			return -EBADMSG;
		memcpy(&out->q, attr_data(tb[TCA_STATS_QUEUE]), sizeof(out->q));
		out->queue = true;
	}
	return 0;
}
