// SPDX-License-Identifier: BSD-2-Clause
/* reclaim.c - epochs.
 *
 * The domain has a clock that only writers move. A slot inside a read section shows the clock's
 * value at its entry; an idle slot shows 0. Something deferred at epoch e is safe once every slot
 * is idle or shows a value above e: whoever entered later cannot have found it.
 *
 *   waiting:  head -> ... -> tail      in the order of deferral, so epochs never fall
 *
 * One thread at a time, the runner, takes a safe piece off the front and runs it without the
 * lock. So functions run one after the other, in the order of their deferral, and a function that
 * defers again is not run inside itself: the runner comes round to it.
 *
 * Not here: any bound on what waits. Whoever defers much for long sections bounds it (map/).
 */
#include "base/reclaim.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

struct reclaim {
	_Atomic u64 clock;
	pthread_mutex_t lock;
	struct reclaim_slot *slots;       /* never freed before the domain */
	struct reclaim_head *head, *tail;
	bool running;                     /* somebody is the runner */
	_Atomic bool busy;                /* something waits or runs */
	_Atomic u64 done;                 /* everything deferred at this epoch or before has run */
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

/* Between a store of ours and a load of what others stored. A locked instruction of x86 is that
 * barrier already, and ThreadSanitizer does not know fences. */
static inline void reclaim_fence(void)
{
#if !defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	atomic_thread_fence(memory_order_seq_cst);
#endif
}

void reclaim_show(struct reclaim *r, struct reclaim_slot *slot)
{
	/* Acquire: who sees a late clock sees what was unpublished before it moved. */
	atomic_exchange_explicit(&slot->epoch,
				 atomic_load_explicit(&r->clock, memory_order_acquire),
				 memory_order_seq_cst);
	reclaim_fence();
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

/* Take off what is safe, NULL-terminated; its last epoch goes to @epoch. With the lock held. */
static struct reclaim_head *reclaim_take(struct reclaim *r, u64 *epoch)
{
	struct reclaim_head *first = r->head, *last = NULL;
	u64 oldest;

	if (!first)
		return NULL;
	oldest = reclaim_oldest(r);
	for (struct reclaim_head *h = first; h && h->epoch < oldest; h = h->next)
		last = h;
	if (!last)
		return NULL;
	r->head = last->next;
	if (!r->head)
		r->tail = NULL;
	last->next = NULL;
	*epoch = last->epoch;
	return first;
}

void reclaim_poll(struct reclaim *r)
{
	struct reclaim_head *h, *next;
	u64 epoch;

	if (!atomic_load_explicit(&r->busy, memory_order_relaxed))
		return;
	pthread_mutex_lock(&r->lock);
	if (r->running) {
		pthread_mutex_unlock(&r->lock);
		return;
	}
	r->running = true;
	while ((h = reclaim_take(r, &epoch))) {
		pthread_mutex_unlock(&r->lock);
		for (; h; h = next) {
			next = h->next;
			h->fn(h);
		}
		pthread_mutex_lock(&r->lock);
		atomic_store_explicit(&r->done, epoch, memory_order_release);
	}
	r->running = false;
	if (!r->head)
		atomic_store_explicit(&r->busy, false, memory_order_relaxed);
	pthread_mutex_unlock(&r->lock);
}

void reclaim_defer(struct reclaim *r, struct reclaim_head *head, void (*fn)(struct reclaim_head *))
{
	head->fn = fn;
	head->next = NULL;
	pthread_mutex_lock(&r->lock);
	/* Readers from now on show a later epoch than what they can no longer find. */
	head->epoch = atomic_fetch_add(&r->clock, 1);
	reclaim_fence();
	if (r->tail)
		r->tail->next = head;
	else
		r->head = head;
	r->tail = head;
	atomic_store_explicit(&r->busy, true, memory_order_relaxed);
	pthread_mutex_unlock(&r->lock);
	reclaim_poll(r);
}

void reclaim_barrier(struct reclaim *r)
{
	u64 epoch;

	pthread_mutex_lock(&r->lock);
	epoch = r->tail ? r->tail->epoch : r->running ? atomic_load(&r->clock) - 1 : 0;
	pthread_mutex_unlock(&r->lock);
	while (atomic_load_explicit(&r->done, memory_order_acquire) < epoch) {
		reclaim_poll(r);
		if (atomic_load_explicit(&r->done, memory_order_acquire) < epoch)
			sched_yield();
	}
}

void reclaim_destroy(struct reclaim *r)
{
	struct reclaim_slot *next;

	if (!r)
		return;
	while (atomic_load(&r->busy))
		reclaim_barrier(r);
	for (struct reclaim_slot *s = r->slots; s; s = next) {
		next = s->next;
		free(s);
	}
	pthread_mutex_destroy(&r->lock);
	free(r);
}
