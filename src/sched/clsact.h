// SPDX-License-Identifier: BSD-2-Clause
/* clsact.h - the qdisc that holds the filters of a device: ingress and egress, no queue.
 *
 *   device->clsact -> hook[CLSACT_INGRESS] chain    parent ffff:fff2
 *                     hook[CLSACT_EGRESS]  chain    parent ffff:fff3
 *                     stats[cpu]                    one for both, as Linux counts
 */
#ifndef CLSBPF_SCHED_CLSACT_H
#define CLSBPF_SCHED_CLSACT_H

#include "sched/chain.h"
#include "sched/sched.h"

#define CLSACT_HANDLE TC_H_MAKE(TC_H_CLSACT, 0)

/* Written by one worker, read by whoever asks: loads and stores, no locked additions. */
struct clsact_stats {
	_Alignas(CACHE_LINE) _Atomic u64 bytes;
	_Atomic u64 packets, drops;
};

struct clsact {
	struct engine *engine;
	struct chain hook[CLSACT_HOOKS];
	u32 cpus;
	struct clsact_stats *stats;        /* [cpus] */
	struct reclaim_head reclaim;
};

struct clsact_totals {
	u64 bytes, packets, drops;
};

/** clsact_create() - give @device a new clsact, in the place of one that it may have, which goes as
 *  in clsact_remove(). Returns 0, or -ENOMEM and nothing changed. */
must_check int clsact_create(struct device *device);

/** clsact_remove() - take it away with all its filters; nothing happens without one. */
void clsact_remove(struct device *device);

/** clsact_of() - the device's clsact or NULL. */
static inline struct clsact *clsact_of(const struct device *device)
{
	return atomic_load_explicit(&device->clsact, memory_order_acquire);
}

/** clsact_chain() - what TC_H_MIN(parent) names: 0xfff2 ingress, 0xfff3 egress; else NULL. */
struct chain *clsact_chain(struct clsact *clsact, u32 parent);

/** clsact_totals() - what went through both hooks since the clsact was made. */
void clsact_totals(const struct clsact *clsact, struct clsact_totals *totals);

#endif
