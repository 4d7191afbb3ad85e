// SPDX-License-Identifier: BSD-2-Clause
/* on_qdisc.c - RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC: clsact comes and goes.
 *
 *   device -- root:    noqueue, always, handle 0:          not to be changed
 *          '- ingress: nothing | noop, handle 0: | clsact, handle ffff:
 *
 * "nothing" turns into "noop" when somebody first names the place in RTM_NEWQDISC, and some errors of
 * Linux differ afterwards (device->ingress_queue).
 * Source of the checks, their order and sentences: net/sched/sch_api.c of Linux 6.18.
 */
#include <errno.h>
#include <linux/gen_stats.h>

#include "rtnl/request.h"
#include "sched/clsact.h"
#include "sched/device.h"

enum qdisc_kind { QDISC_NONE, QDISC_NOOP, QDISC_NOQUEUE, QDISC_CLSACT };

static const char no_stab[] = "The engine has no size tables: clsact has no queue";
static const char no_blocks[] = "The engine does not share blocks of filters between devices";

struct qdisc_request {
	struct request *request;
	struct tcmsg tcm;
	const struct nlattr *tb[ATTR_TC_ROOM];
	struct device *device;
};

static const char *kind_name(enum qdisc_kind kind)
{
	switch (kind) {
	case QDISC_NONE:
		break;
	case QDISC_NOOP:
		return "noop";
	case QDISC_NOQUEUE:
		return "noqueue";
	case QDISC_CLSACT:
		return "clsact";
	}
	return "";
}

static u32 kind_handle(enum qdisc_kind kind)
{
	return kind == QDISC_CLSACT ? CLSACT_HANDLE : 0;
}

static enum qdisc_kind ingress_kind(const struct device *device)
{
	if (clsact_of(device))
		return QDISC_CLSACT;
	return device->ingress_queue ? QDISC_NOOP : QDISC_NONE;
}

/* qdisc_lookup(): only clsact has a handle. */
static enum qdisc_kind find_by_handle(const struct device *device, u32 handle)
{
	return handle == CLSACT_HANDLE && clsact_of(device) ? QDISC_CLSACT : QDISC_NONE;
}

static bool kind_differs(const struct qdisc_request *qr, enum qdisc_kind kind)
{
	const struct nlattr *attr = qr->tb[TCA_KIND];

	return attr && !attr_is_str(attr, kind_name(kind));
}

static void put_stats(struct msg *msg, const struct clsact_totals *totals)
{
	struct gnet_stats_queue queue = { .drops = (u32)totals->drops };
	struct gnet_stats_basic basic;
	struct tc_stats old;
	u32 nest = msg_nest(msg, TCA_STATS2);

	/* Both have bytes at the end that belong to no member. */
	memset(&basic, 0, sizeof(basic));
	memset(&old, 0, sizeof(old));
	basic.bytes = old.bytes = totals->bytes;
	basic.packets = old.packets = (u32)totals->packets;
	old.drops = queue.drops;

	msg_put(msg, TCA_STATS_BASIC, &basic, sizeof(basic));
	if (totals->packets > UINT32_MAX)
		msg_put_u64(msg, TCA_STATS_PKT64, totals->packets);
	msg_put(msg, TCA_STATS_QUEUE, &queue, sizeof(queue));
	msg_nest_end(msg, nest);
	msg_put(msg, TCA_STATS, &old, sizeof(old));
}

/* @parent: as the message shows it. @warn: a notification, which carries a warning along. */
static int reply_qdisc(struct request *request, u16 type, u16 flags, const struct device *device,
		       enum qdisc_kind kind, u32 parent, bool warn)
{
	struct clsact_totals totals = { 0 };
	struct msg *msg = &request->answer->msg;
	struct tcmsg *tcm;
	int err;

	/* noop is there for everybody and shown to nobody. */
	if (kind == QDISC_NONE || kind == QDISC_NOOP)
		return 0;
	err = request_reply(request, type, flags, sizeof(*tcm));
	if (err)
		return err;
	tcm = msg_payload(msg);
	tcm->tcm_ifindex = (int)device->ifindex;
	tcm->tcm_parent = parent;
	tcm->tcm_handle = kind_handle(kind);
	/* References: a root qdisc is held by its device as well, one that goes by nobody. */
	tcm->tcm_info = kind == QDISC_NOQUEUE ? 2 : type != RTM_DELQDISC;
	msg_put_str(msg, TCA_KIND, kind_name(kind));
	if (kind == QDISC_CLSACT) {
		clsact_totals(clsact_of(device), &totals);
		msg_put(msg, TCA_OPTIONS, NULL, 0);
	}
	msg_put_u8(msg, TCA_HW_OFFLOAD, 0);
	put_stats(msg, &totals);
	if (warn)
		request_put_warning(request);
	return request_reply_end(request);
}

static int qdisc_request_begin(struct qdisc_request *qr, struct request *request)
{
	int err = request_parse(request, ATTR_TC, &qr->tcm, sizeof(qr->tcm), ATTR_LIBERAL, qr->tb);

	if (err)
		return err;
	qr->request = request;
	qr->device = device_find(request->engine, (u32)qr->tcm.tcm_ifindex);
	return qr->device ? 0 : -ENODEV;
}

/* What a qdisc may be created or changed with, beside its own options. */
static int check_extras(struct qdisc_request *qr)
{
	static const struct {
		u16 attr;
		const char *zero;
	} blocks[] = {
		{ TCA_INGRESS_BLOCK, "Ingress block index cannot be 0" },
		{ TCA_EGRESS_BLOCK, "Egress block index cannot be 0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		const struct nlattr *attr = qr->tb[blocks[i].attr];

		if (attr && !attr_u32(attr))
			return request_refuse(qr->request, -EINVAL, blocks[i].zero);
		if (attr)
			return request_refuse(qr->request, -EOPNOTSUPP, no_blocks);
	}
	if (qr->tb[TCA_STAB])
		return request_refuse(qr->request, -EOPNOTSUPP, no_stab);
	return 0;
}

/* A rate estimator that Linux would start. */
static bool rate_valid(const struct nlattr *attr)
{
	const struct tc_estimator *rate = attr_data(attr);

	return attr_len(attr) >= sizeof(*rate) && rate->interval >= -2 && rate->interval <= 3 &&
	       rate->ewma_log && rate->ewma_log < 31;
}

static int check_rate(struct qdisc_request *qr)
{
	const struct nlattr *attr = qr->tb[TCA_RATE];

	if (!attr)
		return 0;
	if (!rate_valid(attr))
		return request_refuse(qr->request, -EINVAL, "Failed to generate new estimator");
	return request_refuse(qr->request, -EOPNOTSUPP, "The engine does not estimate rates");
}

static int qdisc_create(struct qdisc_request *qr)
{
	const struct nlattr *kind = qr->tb[TCA_KIND];
	struct request *request = qr->request;
	struct device *device = qr->device;
	u32 parent = qr->tcm.tcm_parent;
	bool echo = request->header->nlmsg_flags & NLM_F_ECHO;
	size_t mark = request->answer->len;
	int err;

	if (kind && attr_is_str(kind, "ingress"))
		return request_refuse(request, -EOPNOTSUPP,
				      "The engine has clsact, which does what ingress does");
	if (!kind || !attr_is_str(kind, "clsact"))
		return request_refuse(request, -ENOENT, "Specified qdisc kind is unknown");
	err = check_extras(qr);
	if (err)
		return err;
	if (parent != TC_H_CLSACT)
		return -EOPNOTSUPP;
	err = check_rate(qr);
	if (err)
		return err;
	if (echo)
		(void)reply_qdisc(request, RTM_DELQDISC, 0, device, ingress_kind(device), parent,
				  true);
	err = clsact_create(device);
	if (err)
		request->answer->len = mark;
	else if (echo)
		(void)reply_qdisc(request, RTM_NEWQDISC, NLM_F_REPLACE, device, QDISC_CLSACT, parent,
				  true);
	return err;
}

static int qdisc_create_asked(struct qdisc_request *qr)
{
	if (!(qr->request->header->nlmsg_flags & NLM_F_CREATE))
		return request_refuse(qr->request, -ENOENT,
				      "Qdisc not found. To create specify NLM_F_CREATE flag");
	return qdisc_create(qr);
}

static int qdisc_change(struct qdisc_request *qr, enum qdisc_kind kind)
{
	struct request *request = qr->request;

	if (kind == QDISC_NONE)
		return request_refuse(request, -ENOENT, "Specified qdisc not found");
	if (request->header->nlmsg_flags & NLM_F_EXCL)
		return request_refuse(request, -EEXIST, "Exclusivity flag on, cannot modify");
	if (kind_differs(qr, kind))
		return request_refuse(request, -EINVAL,
				      "Invalid qdisc name: must match existing qdisc");
	if (qr->tb[TCA_OPTIONS])
		return request_refuse(request, -EINVAL,
				      "Change operation not supported by specified qdisc");
	if (qr->tb[TCA_STAB])
		return request_refuse(request, -EOPNOTSUPP, no_stab);
	/* One that is no rate is passed over here, as on Linux. */
	if (qr->tb[TCA_RATE] && rate_valid(qr->tb[TCA_RATE]))
		return check_rate(qr);
	if (request->header->nlmsg_flags & NLM_F_ECHO)
		(void)reply_qdisc(request, RTM_NEWQDISC, 0, qr->device, kind, qr->tcm.tcm_parent,
				  true);
	return 0;
}

/* The qdisc at the place that the request names as parent; QDISC_NONE also for one without handle. */
static int find_by_parent(struct qdisc_request *qr, enum qdisc_kind *kind)
{
	u32 parent = qr->tcm.tcm_parent;

	*kind = QDISC_NONE;
	if (parent == TC_H_ROOT)
		return 0;
	if (parent == TC_H_CLSACT) {
		qr->device->ingress_queue = true;
		*kind = find_by_handle(qr->device, CLSACT_HANDLE);
		return 0;
	}
	if (find_by_handle(qr->device, TC_H_MAJ(parent)) == QDISC_NONE)
		return request_refuse(qr->request, -ENOENT, "Failed to find specified qdisc");
	return request_refuse(qr->request, -EOPNOTSUPP,
			      "Cannot add children to ingress/clsact qdisc");
}

/* A handle that is not the one of the qdisc at that place: create another, or name the mistake. */
static int qdisc_new_by_handle(struct qdisc_request *qr, enum qdisc_kind kind)
{
	struct request *request = qr->request;
	u16 flags = request->header->nlmsg_flags;
	u32 handle = qr->tcm.tcm_handle;

	if (kind != QDISC_NONE && !(flags & NLM_F_REPLACE))
		return request_refuse(request, -EEXIST, "NLM_F_REPLACE needed to override");
	if (TC_H_MIN(handle))
		return request_refuse(request, -EINVAL, "Invalid minor handle");
	kind = find_by_handle(qr->device, handle);
	if (kind == QDISC_NONE)
		return qdisc_create_asked(qr);
	if (qr->tcm.tcm_parent != TC_H_CLSACT)
		return request_refuse(request, -EINVAL,
				      "Cannot move an existing qdisc to a different parent");
	if (flags & NLM_F_EXCL)
		return request_refuse(request, -EEXIST, "Exclusivity flag on, cannot override");
	if (kind_differs(qr, kind))
		return request_refuse(request, -EINVAL,
				      "Invalid qdisc name: must match existing qdisc");
	return request_refuse(request, -EINVAL, "Cannot regraft ingress or clsact Qdiscs");
}

/* No flag at all counts as well: "a sort of hole in API", says sch_api.c. */
static bool new_is_meant(u16 flags)
{
	const u16 all = NLM_F_CREATE | NLM_F_REPLACE | NLM_F_EXCL;

	return flags & NLM_F_CREATE ? flags & (NLM_F_REPLACE | NLM_F_EXCL) : !(flags & all);
}

int on_qdisc_new(struct request *request)
{
	struct qdisc_request qr;
	enum qdisc_kind kind;
	int err;

	err = qdisc_request_begin(&qr, request);
	if (err)
		return err;
	if (!qr.tcm.tcm_parent) {
		if (!qr.tcm.tcm_handle)
			return request_refuse(request, -EINVAL, "Handle cannot be zero");
		return qdisc_change(&qr, find_by_handle(qr.device, qr.tcm.tcm_handle));
	}
	err = find_by_parent(&qr, &kind);
	if (err)
		return err;
	if (kind != QDISC_NONE && qr.tcm.tcm_handle == kind_handle(kind))
		return qdisc_change(&qr, kind);
	if (qr.tcm.tcm_handle)
		return qdisc_new_by_handle(&qr, kind);
	if (kind == QDISC_NONE)
		return qdisc_create_asked(&qr);
	/* Another qdisc for this place, or a change of the one that is there, with a wrong name? */
	if (kind_differs(&qr, kind) && new_is_meant(request->header->nlmsg_flags))
		return qdisc_create(&qr);
	return qdisc_change(&qr, kind);
}

/* What DELQDISC and GETQDISC are about. */
static int find_existing(struct qdisc_request *qr, struct request *request, enum qdisc_kind *kind)
{
	int err = qdisc_request_begin(qr, request);
	u32 parent, handle;

	if (err)
		return err;
	parent = qr->tcm.tcm_parent;
	handle = qr->tcm.tcm_handle;
	if (parent == TC_H_ROOT) {
		*kind = QDISC_NOQUEUE;
	} else if (parent && TC_H_MAJ(parent) == CLSACT_HANDLE) {
		*kind = ingress_kind(qr->device);
	} else if (parent) {
		return request_refuse(request, -ENOENT,
				      "Failed to find qdisc with specified classid");
	} else {
		*kind = find_by_handle(qr->device, handle);
		if (*kind == QDISC_NONE)
			return request_refuse(request, -ENOENT,
					      "Failed to find qdisc with specified handle");
	}
	if (*kind == QDISC_NONE)
		return request_refuse(request, -ENOENT,
				      "Cannot find specified qdisc on specified device");
	if (parent && handle && kind_handle(*kind) != handle)
		return request_refuse(request, -EINVAL, "Invalid handle");
	if (kind_differs(qr, *kind))
		return request_refuse(request, -EINVAL,
				      "Invalid qdisc name: must match existing qdisc");
	return 0;
}

int on_qdisc_del(struct request *request)
{
	struct qdisc_request qr;
	enum qdisc_kind kind = QDISC_NONE;
	int err = find_existing(&qr, request, &kind);

	if (err)
		return err;
	if (!qr.tcm.tcm_parent)
		return request_refuse(request, -EINVAL, "Classid cannot be zero");
	if (!kind_handle(kind))
		return request_refuse(request, -ENOENT,
				      "Cannot delete qdisc with handle of zero");
	if (request->header->nlmsg_flags & NLM_F_ECHO)
		(void)reply_qdisc(request, RTM_DELQDISC, 0, qr.device, kind, qr.tcm.tcm_parent,
				  true);
	clsact_remove(qr.device);
	return 0;
}

int on_qdisc_get(struct request *request)
{
	struct qdisc_request qr;
	enum qdisc_kind kind = QDISC_NONE;
	int err = find_existing(&qr, request, &kind);

	if (err)
		return err;
	/* Linux sends it to listeners, and to who asks only as an echo. */
	if (!(request->header->nlmsg_flags & NLM_F_ECHO))
		return 0;
	return reply_qdisc(request, RTM_NEWQDISC, 0, qr.device, kind, qr.tcm.tcm_parent, false);
}

int on_qdisc_dump(struct request *request)
{
	const struct device_table *table = device_table(request->engine);
	const struct nlattr *tb[ATTR_TC_ROOM];
	struct tcmsg tcm;
	int err;

	err = request_parse(request, ATTR_TC, &tcm, sizeof(tcm), ATTR_LIBERAL, tb);
	for (u32 i = 0; !err && i < table->count; i++) {
		const struct device *device = table->device[i];

		err = reply_qdisc(request, RTM_NEWQDISC, 0, device, QDISC_NOQUEUE, TC_H_ROOT,
				  false);
		if (!err)
			err = reply_qdisc(request, RTM_NEWQDISC, 0, device, ingress_kind(device),
					  TC_H_CLSACT, false);
	}
	return err;
}
