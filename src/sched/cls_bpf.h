// SPDX-License-Identifier: BSD-2-Clause
/* cls_bpf.h - filters that are programs: the instances under one preference.
 *
 * Invariant: a filter never changes after it was linked. Replacing makes a new one in the old one's
 * place, so a packet that is on its way sees all of one or all of the other.
 */
#ifndef CLSBPF_SCHED_CLS_BPF_H
#define CLSBPF_SCHED_CLS_BPF_H

#include "base/list.h"
#include "object/prog.h"
#include "sched/chain.h"

struct cls_bpf {
	struct list link;          /* tp->filters, newest first */
	struct prog *prog;         /* one reference */
	u32 handle;                /* unique in its tp, not 0 */
	u32 classid;
	u32 flags;                 /* TCA_BPF_FLAG_ACT_DIRECT */
	u32 gen_flags;             /* TCA_CLS_FLAGS_* as shown */
	char *name;                /* or NULL */
	struct reclaim_head reclaim;
};

/* What a filter is to be. */
struct cls_bpf_spec {
	struct prog *prog;         /* the filter takes over one reference when it succeeds */
	u32 handle;                /* 0: the lowest that is free */
	u32 classid, flags, gen_flags;
	const char *name;          /* or NULL; copied */
};

/** cls_bpf_find() - the filter with @handle, or NULL. */
struct cls_bpf *cls_bpf_find(struct tp *tp, u32 handle);

/** cls_bpf_add() - a new filter, in front of those that @tp has.
 *  Returns 0, -ENOSPC (handle taken, or none left) or -ENOMEM. */
must_check int cls_bpf_add(struct chain *chain, struct tp *tp, const struct cls_bpf_spec *spec,
			   struct cls_bpf **out);

/** cls_bpf_replace() - put a new filter in the place of @old, which is freed when no packet is in
 *  it any more. It keeps the handle. Returns 0 or -ENOMEM, then @old stays. */
must_check int cls_bpf_replace(struct chain *chain, struct tp *tp, struct cls_bpf *old,
			       const struct cls_bpf_spec *spec, struct cls_bpf **out);

/** cls_bpf_remove() - take @filter out. An empty @tp stays, for the caller to remove.
 *  Returns 0 or -ENOMEM, then the filter stays. */
must_check int cls_bpf_remove(struct chain *chain, struct tp *tp, struct cls_bpf *filter);

/** cls_bpf_release() - free @filter, which no list has any more, when no reader is left. */
void cls_bpf_release(struct cls_bpf *filter);

/* The codes that a direct action may end the lookup with; any other is "not decided".
 * Source: semantics.md B.3, observed on Linux 6.18 (section E). */
static inline s32 cls_bpf_direct_code(s32 code)
{
	const u32 final = 1u << TC_ACT_OK | 1u << TC_ACT_SHOT | 1u << TC_ACT_STOLEN |
			  1u << TC_ACT_REDIRECT | 1u << TC_ACT_TRAP;

	return (u32)code <= TC_ACT_TRAP && final >> code & 1 ? code : TC_ACT_UNSPEC;
}

#endif
