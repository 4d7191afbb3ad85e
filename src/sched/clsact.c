// SPDX-License-Identifier: BSD-2-Clause
/* clsact.c - the hooks of a device: which programs, with what metadata, and how much was counted.
 *
 *   tcx (tcx.c), and if nothing there ends it: clsact's filters (chain.c), which alone are counted
 *
 * Invariant: a hook without programs costs three loads and leaves no trace, not even in the counters,
 * as on Linux. Not here: carrying the verdict out (verdict.c).
 */
#include "sched/clsact.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/tcx.h"

static void clsact_free(struct reclaim_head *head)
{
	struct clsact *clsact = container_of(head, struct clsact, reclaim);

	free(clsact->stats);
	free(clsact);
}

/* No device has it any more. */
static void clsact_release(struct clsact *clsact)
{
	if (!clsact)
		return;
	for (u32 i = 0; i < CLSACT_HOOKS; i++)
		chain_flush(&clsact->hook[i]);
	reclaim_defer(clsact->engine->reclaim, &clsact->reclaim, clsact_free);
}

int clsact_create(struct device *device)
{
	struct clsact *clsact = calloc(1, sizeof(*clsact));

	if (!clsact)
		return -ENOMEM;
	clsact->engine = device->engine;
	clsact->cpus = max_u32(device->engine->cpus, 1);
	clsact->stats = aligned_alloc(CACHE_LINE, sizeof(*clsact->stats) * clsact->cpus);
	if (!clsact->stats) {
		free(clsact);
		return -ENOMEM;
	}
	memset(clsact->stats, 0, sizeof(*clsact->stats) * clsact->cpus);
	for (u32 i = 0; i < CLSACT_HOOKS; i++)
		chain_init(&clsact->hook[i], device->engine);
	clsact_release(atomic_exchange(&device->clsact, clsact));
	return 0;
}

void clsact_remove(struct device *device)
{
	clsact_release(atomic_exchange(&device->clsact, NULL));
	tcx_clsact_gone(device);
}

struct chain *clsact_chain(struct clsact *clsact, u32 parent)
{
	switch (TC_H_MIN(parent)) {
	case TC_H_MIN_INGRESS:
		return &clsact->hook[CLSACT_INGRESS];
	case TC_H_MIN_EGRESS:
		return &clsact->hook[CLSACT_EGRESS];
	}
	return NULL;
}

void clsact_totals(const struct clsact *clsact, struct clsact_totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	for (u32 i = 0; i < clsact->cpus; i++) {
		totals->bytes += atomic_load_explicit(&clsact->stats[i].bytes, memory_order_relaxed);
		totals->packets +=
			atomic_load_explicit(&clsact->stats[i].packets, memory_order_relaxed);
		totals->drops += atomic_load_explicit(&clsact->stats[i].drops, memory_order_relaxed);
	}
}

static inline void count(_Atomic u64 *counter, u64 n)
{
	u64 now = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, now + n, memory_order_relaxed);
}

/* qdisc_skb_cb()->pkt_len: at ingress Linux has taken the MAC header off already. */
static inline u32 hook_length(const struct packet *packet, bool ingress)
{
	u32 mac_len = ingress && packet->l2 ? packet->mac_len : 0;

	return packet->ctx.len - min_u32(mac_len, packet->ctx.len);
}

/* The execution context of the depth that @worker is at, for a new packet. */
static struct exec *hook_exec(struct worker *worker, struct packet *packet)
{
	struct exec *exec = worker->depth ? worker->nested[worker->depth - 1] : worker->exec;

	exec->packet = packet;
	/* Once for the hook: Linux too lets a later program use what an earlier one asked for. */
	exec->redirect_ifindex = 0;
	exec->redirect_flags = 0;
	return exec;
}

static void clsact_run(struct exec *exec, struct clsact_stats *stats, const struct chain_view *view,
		       struct packet *packet, struct verdict *verdict)
{
	count(&stats->bytes, packet->ctx.wire_len);
	count(&stats->packets, max_u32(packet->ctx.gso_segs, 1));
	chain_classify(exec, view, packet, verdict);
	if (verdict->action == TC_ACT_SHOT)
		count(&stats->drops, 1);
}

void sched_classify(struct worker *worker, struct device *device, bool ingress,
		    struct packet *packet, struct verdict *verdict)
{
	enum clsact_hook hook = ingress ? CLSACT_INGRESS : CLSACT_EGRESS;
	const struct chain_view *view = NULL;
	const struct tcx_view *tcx;
	struct clsact *clsact;
	struct exec *exec;

	*verdict = (struct verdict){ .action = TC_ACT_UNSPEC };
	reclaim_enter(worker->engine->reclaim, worker->slot);
	tcx = atomic_load_explicit(&device->tcx[hook].view, memory_order_acquire);
	clsact = clsact_of(device);
	if (clsact)
		view = atomic_load_explicit(&clsact->hook[hook].view, memory_order_acquire);
	if (!view && !tcx)
		goto out;
	packet->at_ingress = ingress;
	packet->ctx.ifindex = device->ifindex;
	if (ingress)
		packet->ctx.ingress_ifindex = device->ifindex;
	packet->ctx.wire_len = hook_length(packet, ingress);
	exec = hook_exec(worker, packet);
	if (!(tcx && tcx_run(exec, tcx, packet, verdict)) && view)
		clsact_run(exec, &clsact->stats[worker->cpu], view, packet, verdict);
	if (verdict->action == TC_ACT_OK)
		packet->ctx.tc_index = TC_H_MIN(verdict->classid);
out:
	reclaim_exit(worker->engine->reclaim, worker->slot);
}
