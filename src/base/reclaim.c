// SPDX-License-Identifier: BSD-2-Clause
/* reclaim.c - epochs.
 *
 * The domain has a clock that only writers move. A slot inside a read section shows the clock's
 * value at its entry; an idle slot shows 0. Something deferred at epoch e is safe once every slot
 * is idle or shows a value above e: whoever entered later cannot have found it.
 *
 *   waiting:  head -> ... -> tail      in the order of deferral, so epochs never fall
 *
 * The entry of a reader is a store that must be visible before its first load of shared data;
 * that is the one full barrier of the fast path.
 */
#include "base/reclaim.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <errno.h>

struct reclaim_slot {
	_Alignas(CACHE_LINE) _Atomic u64 epoch;  /* 0: idle */
	u32 depth;                               /* of nested sections; the owner's */
	bool used;                               /* under the domain's lock */
	struct reclaim_slot *next;
};

struct reclaim {
	_Atomic u64 clock;
	pthread_mutex_t lock;
	struct reclaim_slot *slots;       /* never freed before the domain */
	struct reclaim_head *head, *tail;
	_Atomic u64 waiting;
	_Atomic u64 running;              /* functions taken off the list that have not returned yet */
};

int reclaim_create(struct reclaim **out)
{
	struct reclaim *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	atomic_init(&r->clock, 1);
	pthread_mutex_init(&r->lock, NULL);
	*out = r;
	return 0;
}

int reclaim_slot_get(struct reclaim *r, struct reclaim_slot **out)
{
	struct reclaim_slot *slot;

	pthread_mutex_lock(&r->lock);
	for (slot = r->slots; slot && slot->used; slot = slot->next)
		;
	if (!slot) {
		slot = aligned_alloc(CACHE_LINE, sizeof(*slot));
		if (!slot) {
			pthread_mutex_unlock(&r->lock);
			return -ENOMEM;
		}
		memset(slot, 0, sizeof(*slot));
		slot->next = r->slots;
		r->slots = slot;
	}
	slot->used = true;
	slot->depth = 0;
	pthread_mutex_unlock(&r->lock);
	*out = slot;
	return 0;
}

void reclaim_slot_put(struct reclaim *r, struct reclaim_slot *slot)
{
	if (!slot)
		return;
	pthread_mutex_lock(&r->lock);
	atomic_store_explicit(&slot->epoch, 0, memory_order_release);
	slot->used = false;
	pthread_mutex_unlock(&r->lock);
}

void reclaim_enter(struct reclaim *r, struct reclaim_slot *slot)
{
	if (slot->depth++)
		return;
	/* Exchange instead of store: later loads may not pass it. */
	atomic_exchange_explicit(&slot->epoch,
				 atomic_load_explicit(&r->clock, memory_order_relaxed),
				 memory_order_seq_cst);
}

void reclaim_exit(struct reclaim *r, struct reclaim_slot *slot)
{
	if (--slot->depth)
		return;
	atomic_store_explicit(&slot->epoch, 0, memory_order_release);
}

/* The oldest epoch that a reader is inside of; the clock when there is none. With the lock held. */
static u64 reclaim_oldest(struct reclaim *r)
{
	u64 oldest = atomic_load(&r->clock);

	for (struct reclaim_slot *s = r->slots; s; s = s->next) {
		u64 epoch = atomic_load(&s->epoch);

		if (epoch && epoch < oldest)
			oldest = epoch;
	}
	return oldest;
}

/* Take off what is safe; the caller runs it without the lock. */
static struct reclaim_head *reclaim_take(struct reclaim *r)
{
	struct reclaim_head *first = r->head, *last = NULL;
	u64 oldest, count = 0;

	if (!first)
		return NULL;
	oldest = reclaim_oldest(r);
	for (struct reclaim_head *h = first; h && h->epoch < oldest; h = h->next) {
		last = h;
		count++;
	}
	if (!last)
		return NULL;
	r->head = last->next;
	if (!r->head)
		r->tail = NULL;
	last->next = NULL;
	atomic_fetch_add(&r->running, count);
	atomic_fetch_sub(&r->waiting, count);
	return first;
}

void reclaim_poll(struct reclaim *r)
{
	struct reclaim_head *h, *next;

	if (!atomic_load_explicit(&r->waiting, memory_order_relaxed))
		return;
	pthread_mutex_lock(&r->lock);
	h = reclaim_take(r);
	pthread_mutex_unlock(&r->lock);
	for (; h; h = next) {
		next = h->next;
		h->fn(h);
		atomic_fetch_sub(&r->running, 1);
	}
}

void reclaim_defer(struct reclaim *r, struct reclaim_head *head, void (*fn)(struct reclaim_head *))
{
	head->fn = fn;
	head->next = NULL;
	pthread_mutex_lock(&r->lock);
	/* Readers from now on show a later epoch than what they can no longer find. */
	head->epoch = atomic_fetch_add(&r->clock, 1);
	if (r->tail)
		r->tail->next = head;
	else
		r->head = head;
	r->tail = head;
	atomic_fetch_add(&r->waiting, 1);
	pthread_mutex_unlock(&r->lock);
	reclaim_poll(r);
}

void reclaim_barrier(struct reclaim *r)
{
	while (atomic_load(&r->waiting) || atomic_load(&r->running)) {
		reclaim_poll(r);
		if (atomic_load(&r->waiting) || atomic_load(&r->running))
			sched_yield();
	}
}

void reclaim_destroy(struct reclaim *r)
{
	struct reclaim_slot *next;

	if (!r)
		return;
	reclaim_barrier(r);
	for (struct reclaim_slot *s = r->slots; s; s = next) {
		next = s->next;
		free(s);
	}
	pthread_mutex_destroy(&r->lock);
	free(r);
}
