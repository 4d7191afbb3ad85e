// SPDX-License-Identifier: BSD-2-Clause
/* on_filter.c - RTM_NEWTFILTER, RTM_DELTFILTER, RTM_GETTFILTER: cls_bpf on the hooks of clsact.
 *
 *   tcm_ifindex, tcm_parent -> device, hook -> chain      place_find()
 *   tcm_info: pref, protocol                -> tp         chain_find()
 *   tcm_handle                              -> filter     cls_bpf_find()
 *   TCA_OPTIONS                             -> what the filter is to be: spec_read()
 *
 * Chain 0 is the only one. Source of the checks, their order and sentences: net/sched/cls_api.c and
 * cls_bpf.c of Linux 6.18; semantics.md B.4 and B.5.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/bpf.h>

#include "object/prog.h"
#include "rtnl/request.h"
#include "sched/chain.h"
#include "sched/cls_bpf.h"
#include "sched/clsact.h"
#include "sched/device.h"


static const char no_prog[] = "The engine takes programs, not classic bytecode";
static const char no_actions[] = "The engine runs no actions behind a filter: use direct-action";
static const char no_offload[] = "No device of the engine runs programs: no skip_sw";

/* Where a request is about. */
struct place {
	struct request *request;
	struct tcmsg tcm;
	const struct nlattr *tb[ATTR_TC_ROOM];
	u32 chain_index;
	struct device *device;
	struct chain *chain;
	u16 pref, protocol;
};

static int place_begin(struct place *place, struct request *request)
{
	int err = request_parse(request, ATTR_TC, &place->tcm, sizeof(place->tcm), ATTR_LIBERAL,
				place->tb);

	place->request = request;
	place->pref = TC_H_MAJ(place->tcm.tcm_info) >> 16;
	place->protocol = TC_H_MIN(place->tcm.tcm_info);
	return err;
}

/* The qdisc that holds the filters. The root of every device is noqueue, which holds none. */
static int find_qdisc(struct place *place)
{
	const struct tcmsg *tcm = &place->tcm;

	place->device = device_find(place->request->engine, (u32)tcm->tcm_ifindex);
	if (!place->device)
		return -ENODEV;
	if (!tcm->tcm_parent)
		return request_refuse(place->request, -EINVAL, "Qdisc not classful");
	if (TC_H_MAJ(tcm->tcm_parent) != CLSACT_HANDLE || !clsact_of(place->device))
		return request_refuse(place->request, -EINVAL, "Parent Qdisc doesn't exists");
	return 0;
}

/* One NUL at its end does not count; others do. */
static bool kind_fits(const struct nlattr *kind)
{
	const u8 *name = attr_data(kind);
	u32 len = attr_len(kind);

	return len - !name[len - 1] < IFNAMSIZ;
}

/* device, chain and chain_index of the request. */
static int place_find(struct place *place)
{
	struct request *request = place->request;
	const struct nlattr *kind = place->tb[TCA_KIND];
	bool shared = (u32)place->tcm.tcm_ifindex == TCM_IFINDEX_MAGIC_BLOCK;
	int err;

	err = shared ? 0 : find_qdisc(place);
	if (err)
		return err;
	if (kind && !kind_fits(kind))
		return request_refuse(request, -EINVAL, "Specified TC filter name too long");
	if (shared)
		return request_refuse(request, -EINVAL, "Block of given index was not found");
	place->chain = clsact_chain(clsact_of(place->device), place->tcm.tcm_parent);
	if (!place->chain && !TC_H_MIN(place->tcm.tcm_parent))
		return -EINVAL;
	if (!place->chain)
		return request_refuse(request, -ENOENT, "Specified class doesn't exist");
	place->chain_index = attr_u32(place->tb[TCA_CHAIN]);
	if (place->chain_index > TC_ACT_EXT_VAL_MASK)
		return request_refuse(request, -EINVAL,
				      "Specified chain index exceeds upper limit");
	return 0;
}

/* A chain is there as long as it has filters. */
static bool place_empty(const struct place *place)
{
	return place->chain_index || list_empty(&place->chain->tps);
}

static int place_tp(struct place *place, struct tp **out)
{
	int err = chain_find(place->chain, place->pref, place->protocol, out);

	if (err)
		return request_refuse(place->request, err,
				      "Protocol mismatch for filter with specified priority");
	return 0;
}

/* What finds a classifier ends at the first NUL, what compares with one that is there does not. */
static bool kind_unknown(const struct nlattr *kind)
{
	const u32 len = (u32)strnlen(attr_data(kind), attr_len(kind));

	return len != strlen("bpf") || memcmp(attr_data(kind), "bpf", len);
}

static bool kind_differs(const struct place *place)
{
	return place->tb[TCA_KIND] && !attr_is_str(place->tb[TCA_KIND], "bpf");
}

static void put_options(struct msg *msg, const struct cls_bpf *filter)
{
	u32 nest = msg_nest(msg, TCA_OPTIONS);

	if (filter->classid)
		msg_put_u32(msg, TCA_BPF_CLASSID, filter->classid);
	if (filter->name)
		msg_put_str(msg, TCA_BPF_NAME, filter->name);
	msg_put_u32(msg, TCA_BPF_ID, filter->prog->object.id);
	msg_put(msg, TCA_BPF_TAG, filter->prog->tag, PROG_TAG_LEN);
	if (filter->flags)
		msg_put_u32(msg, TCA_BPF_FLAGS, filter->flags);
	if (filter->gen_flags)
		msg_put_u32(msg, TCA_BPF_FLAGS_GEN, filter->gen_flags);
	msg_nest_end(msg, nest);
}

/* @filter: NULL for the tp as such. @warn: a notification, which carries a warning along. */
static int reply_filter(struct place *place, u16 type, u16 flags, const struct tp *tp,
			const struct cls_bpf *filter, bool warn)
{
	struct msg *msg = &place->request->answer->msg;
	struct tcmsg *tcm;
	int err;

	err = request_reply(place->request, type, flags, sizeof(*tcm));
	if (err)
		return err;
	tcm = msg_payload(msg);
	tcm->tcm_ifindex = place->tcm.tcm_ifindex;
	tcm->tcm_parent = place->tcm.tcm_parent;
	tcm->tcm_handle = filter ? filter->handle : 0;
	tcm->tcm_info = TC_H_MAKE((u32)tp->pref << 16, tp->protocol);
	msg_put_str(msg, TCA_KIND, "bpf");
	msg_put_u32(msg, TCA_CHAIN, 0);
	if (filter)
		put_options(msg, filter);
	if (warn)
		request_put_warning(place->request);
	return request_reply_end(place->request);
}

/* A change is told to who asked for it when it wants to hear it. */
static void echo_filter(struct place *place, u16 type, const struct tp *tp,
			const struct cls_bpf *filter)
{
	u16 flags = place->request->header->nlmsg_flags;

	if (flags & NLM_F_ECHO)
		(void)reply_filter(place, type, flags, tp, filter, true);
}

/* Classic bytecode: what Linux finds wrong with it before it looks at an instruction. */
static int refuse_bytecode(struct request *request, const struct nlattr **tb)
{
	u16 count = attr_u16(tb[TCA_BPF_OPS_LEN]);

	if (!count || count > BPF_MAXINSNS ||
	    attr_len(tb[TCA_BPF_OPS]) != count * sizeof(struct sock_filter))
		return -EINVAL;
	return request_refuse(request, -EOPNOTSUPP, no_prog);
}

/* A list without a first action is none. */
static int actions_check(struct request *request, const struct nlattr **tb)
{
	const struct nlattr *list = tb[TCA_BPF_ACT], *first[2] = { NULL, NULL };

	if (list && !tb[TCA_BPF_POLICE] && msg_parse(attr_data(list), attr_len(list), first, 1))
		request->sentence = "bytes leftover after parsing attributes";
	if (first[1] || tb[TCA_BPF_POLICE])
		return request_refuse(request, -EOPNOTSUPP, no_actions);
	return 0;
}

static int flags_read(const struct nlattr **tb, struct cls_bpf_spec *spec)
{
	const u32 both = TCA_CLS_FLAGS_SKIP_HW | TCA_CLS_FLAGS_SKIP_SW;

	spec->flags = attr_u32(tb[TCA_BPF_FLAGS]);
	spec->gen_flags = attr_u32(tb[TCA_BPF_FLAGS_GEN]);
	if (spec->flags & ~(u32)TCA_BPF_FLAG_ACT_DIRECT || spec->gen_flags & ~both ||
	    spec->gen_flags == both)
		return -EINVAL;
	return 0;
}

static int prog_read(struct client *client, const struct nlattr *attr, struct prog **out)
{
	struct object *object;
	int err;

	err = fd_get(client, (s32)attr_u32(attr), OBJECT_PROG, &object, NULL);
	if (err)
		return err;
	if (prog_of(object)->type != BPF_PROG_TYPE_SCHED_CLS) {
		object_put(object);
		return -EINVAL;
	}
	*out = prog_of(object);
	return 0;
}

/* What the filter is to be. @old: the one that it replaces, or NULL. The program has one more
 * reference when this succeeds. Linux says nothing about what is wrong with an option: its sentences
 * would be for attributes that it does not name. */
static int spec_read(struct place *place, const struct cls_bpf *old, struct cls_bpf_spec *spec)
{
	const struct nlattr *tb[ATTR_BPF_ROOM], *options = place->tb[TCA_OPTIONS];
	struct request *request = place->request;
	bool classic, extended;
	int err;

	if (!options)
		return -EINVAL;
	err = attr_parse(ATTR_BPF, attr_data(options), attr_len(options), ATTR_LIBERAL, tb, NULL);
	if (err)
		return err;
	classic = tb[TCA_BPF_OPS_LEN] && tb[TCA_BPF_OPS];
	extended = tb[TCA_BPF_FD];
	if (classic == extended)
		return -EINVAL;
	err = actions_check(request, tb);
	if (err)
		return err;
	err = flags_read(tb, spec);
	if (err)
		return err;
	if (classic)
		return refuse_bytecode(request, tb);
	err = prog_read(request->client, tb[TCA_BPF_FD], &spec->prog);
	if (err)
		return err;
	if (old && (old->gen_flags ^ spec->gen_flags) &
	    (TCA_CLS_FLAGS_SKIP_HW | TCA_CLS_FLAGS_SKIP_SW))
		err = -EINVAL;
	else if (spec->gen_flags & TCA_CLS_FLAGS_SKIP_SW)
		err = request_refuse(request, -EOPNOTSUPP, no_offload);
	if (err) {
		object_put(&spec->prog->object);
		return err;
	}
	spec->gen_flags |= TCA_CLS_FLAGS_NOT_IN_HW;
	spec->handle = place->tcm.tcm_handle;
	spec->classid = attr_u32(tb[TCA_BPF_CLASSID]);
	spec->name = attr_str(tb[TCA_BPF_NAME]);
	return 0;
}

/* The tp for a new filter: the one that is there, or a new one. */
static int tp_for_new(struct place *place, bool automatic, struct tp **out, bool *created)
{
	struct request *request = place->request;
	const struct nlattr *kind = place->tb[TCA_KIND];
	u16 pref;
	int err;

	*created = false;
	*out = NULL;
	if (automatic && chain_auto_pref(place->chain, &pref))
		return request_refuse(request, -ENOSPC,
				      "Lowest ID from auto-alloc range already in use");
	if (automatic)
		place->pref = pref;
	else
		err = place_tp(place, out);
	if (!automatic && (err || *out))
		return err;
	if (!kind || !place->protocol)
		return request_refuse(request, -EINVAL,
				      "Filter kind and protocol must be specified");
	if (!(request->header->nlmsg_flags & NLM_F_CREATE))
		return request_refuse(request, -ENOENT, "Need both RTM_NEWTFILTER and NLM_F_CREATE "
				      "to create a new filter");
	if (kind_unknown(kind))
		return request_refuse(request, -ENOENT, "TC classifier not found");
	*created = true;
	return chain_add_tp(place->chain, place->pref, place->protocol, out);
}

static int filter_change(struct place *place, struct tp *tp)
{
	struct request *request = place->request;
	u16 flags = request->header->nlmsg_flags;
	struct cls_bpf_spec spec = { .prog = NULL };
	struct cls_bpf *old, *filter;
	int err;

	if (kind_differs(place))
		return request_refuse(request, -EINVAL,
				      "Specified filter kind does not match existing one");
	old = cls_bpf_find(tp, place->tcm.tcm_handle);
	if (!old && !(flags & NLM_F_CREATE))
		return request_refuse(request, -ENOENT, "Need both RTM_NEWTFILTER and NLM_F_CREATE "
				      "to create a new filter");
	if (old && flags & NLM_F_EXCL)
		return request_refuse(request, -EEXIST, "Filter already exists");
	err = spec_read(place, old, &spec);
	if (err)
		return err;
	err = old ? cls_bpf_replace(place->chain, tp, old, &spec, &filter)
		  : cls_bpf_add(place->chain, tp, &spec, &filter);
	if (err) {
		object_put(&spec.prog->object);
		return err;
	}
	echo_filter(place, RTM_NEWTFILTER, tp, filter);
	return 0;
}

int on_filter_new(struct request *request)
{
	bool automatic, created;
	struct place place;
	struct tp *tp;
	int err;

	err = place_begin(&place, request);
	if (err)
		return err;
	automatic = !place.pref;
	if (automatic && !(request->header->nlmsg_flags & NLM_F_CREATE))
		return request_refuse(request, -ENOENT,
				      "Invalid filter command with priority of zero");
	err = place_find(&place);
	if (err)
		return err;
	if (place.chain_index)
		return request_refuse(request, -EOPNOTSUPP,
				      "The engine has chain 0 only: nothing goes to another");
	err = tp_for_new(&place, automatic, &tp, &created);
	if (err)
		return err;
	err = filter_change(&place, tp);
	if (err && created)
		chain_discard_tp(tp);
	return err;
}

/* Everything in the chain goes; who wants to hear it hears of the tps. */
static int filter_flush(struct place *place)
{
	struct tp *tp;

	if (place_empty(place))
		return 0;
	list_for_each(tp, &place->chain->tps, link)
		echo_filter(place, RTM_DELTFILTER, tp, NULL);
	chain_flush(place->chain);
	return 0;
}

static int filter_remove(struct place *place, struct tp *tp)
{
	struct request *request = place->request;
	size_t mark = request->answer->len;
	struct cls_bpf *filter = NULL;
	int err;

	if (place->tcm.tcm_handle) {
		filter = cls_bpf_find(tp, place->tcm.tcm_handle);
		if (!filter)
			return request_refuse(request, -ENOENT,
					      "Specified filter handle not found");
	}
	echo_filter(place, RTM_DELTFILTER, tp, filter);
	err = filter ? cls_bpf_remove(place->chain, tp, filter)
		     : chain_remove_tp(place->chain, tp);
	if (err)
		request->answer->len = mark;
	else if (filter && list_empty(&tp->filters))
		chain_discard_tp(tp);
	return err;
}

/* The tp that DELTFILTER and GETTFILTER name. */
static int tp_existing(struct place *place, struct tp **out)
{
	int err = place_tp(place, out);

	if (err)
		return err;
	if (!*out)
		return request_refuse(place->request, -ENOENT,
				      "Filter with specified priority/protocol not found");
	if (kind_differs(place))
		return request_refuse(place->request, -EINVAL,
				      "Specified filter kind does not match existing one");
	return 0;
}

int on_filter_del(struct request *request)
{
	struct place place;
	struct tp *tp;
	int err;

	err = place_begin(&place, request);
	if (err)
		return err;
	if (!place.pref && (place.protocol || place.tcm.tcm_handle || place.tb[TCA_KIND]))
		return request_refuse(request, -ENOENT,
				      "Cannot flush filters with protocol, handle or kind set");
	err = place_find(&place);
	if (err)
		return err;
	if (!place.pref)
		return filter_flush(&place);
	if (place_empty(&place))
		return request_refuse(request, -ENOENT, "Cannot find specified filter chain");
	err = tp_existing(&place, &tp);
	return err ? err : filter_remove(&place, tp);
}

int on_filter_get(struct request *request)
{
	struct cls_bpf *filter;
	struct place place;
	struct tp *tp;
	int err;

	err = place_begin(&place, request);
	if (err)
		return err;
	if (!place.pref)
		return request_refuse(request, -ENOENT,
				      "Invalid filter command with priority of zero");
	err = place_find(&place);
	if (err)
		return err;
	if (place_empty(&place))
		return request_refuse(request, -EINVAL, "Cannot find specified filter chain");
	err = tp_existing(&place, &tp);
	if (err)
		return err;
	filter = cls_bpf_find(tp, place.tcm.tcm_handle);
	if (!filter)
		return request_refuse(request, -ENOENT, "Specified filter handle not found");
	return reply_filter(&place, RTM_NEWTFILTER, request->header->nlmsg_flags, tp, filter, false);
}

/* A tp and its filters. cls_bpf has no terse form: Linux gives up after the first tp. */
static int dump_tp(struct place *place, const struct tp *tp, bool terse)
{
	const struct cls_bpf *filter;
	int err = reply_filter(place, RTM_NEWTFILTER, 0, tp, NULL, false);

	if (!err && terse)
		return -EMSGSIZE;
	list_for_each(filter, &tp->filters, link) {
		if (err)
			break;
		err = reply_filter(place, RTM_NEWTFILTER, 0, tp, filter, false);
	}
	return err;
}

/* What is not there has no filters: that is not an error. */
static struct chain *dump_chain(struct place *place)
{
	const struct tcmsg *tcm = &place->tcm;

	place->device = device_find(place->request->engine, (u32)tcm->tcm_ifindex);
	if (!place->device || !clsact_of(place->device) ||
	    TC_H_MAJ(tcm->tcm_parent) != CLSACT_HANDLE || attr_u32(place->tb[TCA_CHAIN]))
		return NULL;
	return clsact_chain(clsact_of(place->device), tcm->tcm_parent);
}

int on_filter_dump(struct request *request)
{
	struct place place = { .request = request };
	const struct nlattr *flags;
	bool terse;
	struct tp *tp;
	int err;

	if (request->len < sizeof(place.tcm))
		return 0;
	err = request_parse(request, ATTR_TC_DUMP, &place.tcm, sizeof(place.tcm), ATTR_LIBERAL,
			    place.tb);
	if (err)
		return err;
	place.pref = TC_H_MAJ(place.tcm.tcm_info) >> 16;
	place.protocol = TC_H_MIN(place.tcm.tcm_info);
	flags = place.tb[TCA_DUMP_FLAGS];
	terse = flags && get_u32(attr_data(flags)) & TCA_DUMP_FLAGS_TERSE;
	place.chain = dump_chain(&place);
	if (!place.chain)
		return 0;
	list_for_each(tp, &place.chain->tps, link) {
		if ((place.pref && place.pref != tp->pref) ||
		    (place.protocol && place.protocol != tp->protocol))
			continue;
		err = dump_tp(&place, tp, terse);
		if (err)
			break;
	}
	return err;
}
