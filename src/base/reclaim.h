// SPDX-License-Identifier: BSD-2-Clause
/* reclaim.h - when memory that readers may still see can be freed: epochs, per engine.
 *
 *   writer:  unpublish x;  reclaim_defer(r, &x->head, x_free)          x_free runs later, once
 *   reader:  reclaim_enter(r, slot); ... follow published pointers ...; reclaim_exit(r, slot)
 *
 * Invariant: a function that was deferred runs only after every slot that was inside a read
 * section at the time of the deferral has left it. A slot that is outside (idle) holds nothing
 * back. Readers take no lock and write only their own cache line.
 *
 * A slot belongs to one thread at a time; sections of one slot nest. Deferred functions run on the
 * thread that calls reclaim_defer(), reclaim_poll() or reclaim_barrier(), outside of any lock of
 * this file, so they may defer again. They run one at a time, in the order of their deferral.
 *
 * Why not liburcu: design.md section 5 (its QSBR is process-global).
 */
#ifndef CLSBPF_BASE_RECLAIM_H
#define CLSBPF_BASE_RECLAIM_H

#include <stdatomic.h>

#include "base/types.h"

struct reclaim;

struct reclaim_slot {
	_Alignas(CACHE_LINE) _Atomic u64 epoch;  /* 0: idle */
	u32 depth;                               /* of nested sections; the owner's */
	bool used;                               /* under the domain's lock */
	struct reclaim_slot *next;
};

/* Put one inside what is to be freed later. */
struct reclaim_head {
	struct reclaim_head *next;
	void (*fn)(struct reclaim_head *head);
	u64 epoch;
};

/** reclaim_create() - a new domain. Returns 0 or -ENOMEM. */
must_check int reclaim_create(struct reclaim **out);

/** reclaim_destroy() - run everything deferred and free the domain. No reader may be inside. */
void reclaim_destroy(struct reclaim *r);

/** reclaim_slot_get() - a slot for one execution context (a worker, a bpf(2) caller).
 *  Returns 0 or -ENOMEM. Give it back with reclaim_slot_put(). Slots are reused. */
must_check int reclaim_slot_get(struct reclaim *r, struct reclaim_slot **out);
void reclaim_slot_put(struct reclaim *r, struct reclaim_slot *slot);

/** reclaim_enter() / reclaim_exit() - begin and end a read section of @slot; sections nest. */
static inline void reclaim_enter(struct reclaim *r, struct reclaim_slot *slot);
static inline void reclaim_exit(struct reclaim *r, struct reclaim_slot *slot);

/** reclaim_defer() - call @fn(@head) once no reader can still see what holds @head. */
void reclaim_defer(struct reclaim *r, struct reclaim_head *head, void (*fn)(struct reclaim_head *));

/** reclaim_poll() - run what has become safe; cheap when nothing waits. */
void reclaim_poll(struct reclaim *r);

/** reclaim_barrier() - wait until everything deferred before the call has run. Must not be called
 *  from inside a read section or a deferred function. */
void reclaim_barrier(struct reclaim *r);

/** reclaim_show() - the outermost section begins: the slot shows the clock. */
void reclaim_show(struct reclaim *r, struct reclaim_slot *slot);

static inline void reclaim_enter(struct reclaim *r, struct reclaim_slot *slot)
{
	if (!slot->depth++)
		reclaim_show(r, slot);
}

static inline void reclaim_exit(struct reclaim *r, struct reclaim_slot *slot)
{
	if (!--slot->depth)
		atomic_store_explicit(&slot->epoch, 0, memory_order_release);
}

#endif
