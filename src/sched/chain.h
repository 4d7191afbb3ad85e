// SPDX-License-Identifier: BSD-2-Clause
/* chain.h - the filters of one hook in the order in which packets meet them.
 *
 *   chain -> tp pref 1 -> tp pref 10 -> tp pref 49152       what is configured: lists, under the lock
 *              |            |             |
 *             filters     filters       filters
 *
 *   chain->view -> [ entry | entry | entry | ... ]          what packets read: one array, flat
 *
 * Invariant: a published view never changes and is what the lists were at the last publication;
 * NULL when there is no filter. The programs that it names live as long as a reader may see it.
 * Flat is enough: a filter either ends the lookup or the next one is asked, over tps as well.
 */
#ifndef CLSBPF_SCHED_CHAIN_H
#define CLSBPF_SCHED_CHAIN_H

#include "base/list.h"
#include "object/prog.h"
#include "sched/sched.h"

struct chain_entry {
	const struct prog *prog;
	u32 classid;
	u16 protocol;              /* network order; ETH_P_ALL: every packet */
	bool direct;               /* the program returns an action, not a class */
	bool first;                /* of its tp: here the packet's protocol is looked at */
};

struct chain_view {
	struct reclaim_head reclaim;
	u32 count;
	struct chain_entry entry[];
};

/* A "tcf_proto": all filters of one preference. */
struct tp {
	struct list link;
	u16 pref;                  /* 1..65535, unique in its chain */
	u16 protocol;              /* network order */
	u32 lowest;                /* no handle below is free */
	struct list filters;       /* struct cls_bpf */
};

struct chain {
	struct engine *engine;
	struct chain_view *_Atomic view;
	struct list tps;           /* by pref, ascending */
};

void chain_init(struct chain *chain, struct engine *engine);

/** chain_classify() - run the filters of @view over @packet, which is exec->packet, until one
 *  decides. Inside a read section. The context's device fields are set. */
void chain_classify(struct exec *exec, const struct chain_view *view, struct packet *packet,
		    struct verdict *verdict);

/** chain_find() - the tp with @pref, NULL when there is none.
 *  @protocol: network order; 0: any. Returns 0, or -EINVAL when the tp has another protocol. */
must_check int chain_find(struct chain *chain, u16 pref, u16 protocol, struct tp **out);

/** chain_auto_pref() - the preference of a filter that was given none: just in front of the first
 *  one in the upper half, where Linux keeps them, or 49152.
 *  Returns 0, or -ENOSPC when the lowest of that half is in use. */
must_check int chain_auto_pref(struct chain *chain, u16 *pref);

/** chain_add_tp() - an empty tp, in its place. Returns 0 or -ENOMEM. */
must_check int chain_add_tp(struct chain *chain, u16 pref, u16 protocol, struct tp **out);

/** chain_remove_tp() - remove @tp with its filters. Returns 0 or -ENOMEM, then nothing changed. */
must_check int chain_remove_tp(struct chain *chain, struct tp *tp);

/** chain_discard_tp() - forget @tp, which has no filters. */
void chain_discard_tp(struct tp *tp);

/** chain_flush() - remove everything; cannot fail. */
void chain_flush(struct chain *chain);

/** chain_reserve() - memory for the next view, with room for @extra filters more than there are;
 *  give it to chain_publish() or free(). Returns 0 or -ENOMEM. */
must_check int chain_reserve(const struct chain *chain, u32 extra, struct chain_view **out);

/** chain_publish() - make the lists what packets see, in @view. */
void chain_publish(struct chain *chain, struct chain_view *view);

#endif
