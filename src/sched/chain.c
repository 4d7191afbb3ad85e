// SPDX-License-Identifier: BSD-2-Clause
/* chain.c - the order of filters, and the loop that every packet goes through.
 *
 * Control half: lists of tps by preference, made into the array of chain.h at each change.
 * Data half: chain_classify(). Not here: what becomes of the packet (verdict.c).
 *
 * Source of the order and of the automatic preferences: semantics.md B.4, Linux 6.18.
 */
#include "sched/chain.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>

#include "sched/cls_bpf.h"

#define PREF_AUTO_LOWEST 0x8000
#define PREF_AUTO_FIRST 0xc000

/* skb_protocol(skb, false): a tag that was moved to the metadata counts as the protocol. */
static inline u16 packet_protocol(const struct packet *packet)
{
	return packet->ctx.vlan_present ? packet->ctx.vlan_proto : packet->ctx.protocol;
}

static void verdict_of_direct(const struct chain_entry *entry, const struct exec *exec,
			      const struct packet *packet, s32 action, struct verdict *verdict)
{
	verdict->action = action;
	verdict->classid = TC_H_MAJ(entry->classid) | (packet->ctx.tc_classid & 0xffff);
	if (action == TC_ACT_REDIRECT) {
		verdict->ifindex = exec->redirect_ifindex;
		verdict->to_ingress = exec->redirect_flags & BPF_F_INGRESS;
	}
}

void chain_classify(struct exec *exec, const struct chain_view *view, struct packet *packet,
		    struct verdict *verdict)
{
	const struct chain_entry *entry = view->entry, *end = entry + view->count;
	const u16 all = be16(ETH_P_ALL);
	bool match = false;

	for (; entry < end; entry++) {
		s32 code;

		/* As Linux, which asks a tp and not its filters: one of them may push a tag. */
		if (entry->first)
			match = entry->protocol == all || entry->protocol == packet_protocol(packet);
		if (!match)
			continue;
		packet->ctx.tc_classid = (u16)entry->classid;
		code = (s32)run_prog(exec, entry->prog);
		if (!code && unlikely(run_fault(exec)->prog)) {
			verdict->action = TC_ACT_SHOT;
			verdict->fault = run_fault(exec);
			return;
		}
		if (unlikely(!packet->ctx.tstamp))
			packet->ctx.tstamp_type = 0;
		if (entry->direct) {
			code = cls_bpf_direct_code(code);
			if (code == TC_ACT_UNSPEC)
				continue;
			verdict_of_direct(entry, exec, packet, code, verdict);
			return;
		}
		if (!code)
			continue;
		verdict->action = TC_ACT_OK;
		verdict->classid = code == -1 ? entry->classid : (u32)code;
		return;
	}
}

void chain_init(struct chain *chain, struct engine *engine)
{
	chain->engine = engine;
	atomic_init(&chain->view, NULL);
	list_init(&chain->tps);
}

int chain_find(struct chain *chain, u16 pref, u16 protocol, struct tp **out)
{
	struct tp *tp;

	*out = NULL;
	list_for_each(tp, &chain->tps, link) {
		if (tp->pref != pref)
			continue;
		if (protocol && tp->protocol != protocol)
			return -EINVAL;
		*out = tp;
		return 0;
	}
	return 0;
}

int chain_auto_pref(struct chain *chain, u16 *pref)
{
	struct tp *tp;

	list_for_each(tp, &chain->tps, link) {
		if (tp->pref < PREF_AUTO_LOWEST)
			continue;
		if (tp->pref == PREF_AUTO_LOWEST)
			return -ENOSPC;
		*pref = tp->pref - 1;
		return 0;
	}
	*pref = PREF_AUTO_FIRST;
	return 0;
}

int chain_add_tp(struct chain *chain, u16 pref, u16 protocol, struct tp **out)
{
	struct tp *tp = calloc(1, sizeof(*tp)), *next;

	if (!tp)
		return -ENOMEM;
	tp->pref = pref;
	tp->protocol = protocol;
	tp->lowest = 1;
	list_init(&tp->filters);
	list_for_each(next, &chain->tps, link)
		if (next->pref > pref)
			break;
	/* At the end `next` is the head in disguise: its link is the list itself. */
	list_insert(&tp->link, next->link.prev, &next->link);
	*out = tp;
	return 0;
}

void chain_discard_tp(struct tp *tp)
{
	list_remove(&tp->link);
	free(tp);
}

static void tp_release(struct tp *tp)
{
	struct cls_bpf *filter, *tmp;

	list_for_each_safe(filter, tmp, &tp->filters, link) {
		list_remove(&filter->link);
		cls_bpf_release(filter);
	}
	chain_discard_tp(tp);
}

int chain_remove_tp(struct chain *chain, struct tp *tp)
{
	struct chain_view *view;
	int err;

	err = chain_reserve(chain, 0, &view);
	if (err)
		return err;
	list_remove(&tp->link);
	chain_publish(chain, view);
	tp_release(tp);
	return 0;
}

static void view_free(struct reclaim_head *head)
{
	free(container_of(head, struct chain_view, reclaim));
}

static void view_exchange(struct chain *chain, struct chain_view *view)
{
	struct chain_view *old = atomic_exchange(&chain->view, view);

	if (old)
		reclaim_defer(chain->engine->reclaim, &old->reclaim, view_free);
}

void chain_flush(struct chain *chain)
{
	struct tp *tp, *tmp;

	view_exchange(chain, NULL);
	list_for_each_safe(tp, tmp, &chain->tps, link)
		tp_release(tp);
}

int chain_reserve(const struct chain *chain, u32 extra, struct chain_view **out)
{
	const struct chain_view *now = atomic_load(&chain->view);
	size_t count = (now ? (size_t)now->count : 0) + extra;

	*out = malloc(sizeof(**out) + sizeof((*out)->entry[0]) * count);
	return *out ? 0 : -ENOMEM;
}

void chain_publish(struct chain *chain, struct chain_view *view)
{
	struct cls_bpf *filter;
	struct tp *tp;

	view->count = 0;
	list_for_each(tp, &chain->tps, link) {
		list_for_each(filter, &tp->filters, link) {
			struct chain_entry *entry = &view->entry[view->count++];

			entry->first = filter->link.prev == &tp->filters;
			entry->prog = filter->prog;
			entry->classid = filter->classid;
			entry->protocol = tp->protocol;
			entry->direct = filter->flags & TCA_BPF_FLAG_ACT_DIRECT;
		}
	}
	if (!view->count) {
		free(view);
		view = NULL;
	}
	view_exchange(chain, view);
}
