// SPDX-License-Identifier: BSD-2-Clause
/* lru.c - hash and per-CPU hash that make room: a new key in a full map evicts one that was not
 * looked up lately. Which one goes is what Linux 6.18 would evict, as long as one CPU writes.
 *
 *   common:     places of CPU 0: free, pending --.
 *               places of CPU 1: free, pending --+--> ring: inactive <--> active, free
 *   per CPU (BPF_F_NO_COMMON_LRU):                    a ring for each CPU, nothing else
 *
 * A new element is pending at the CPU that inserted it. When that CPU has no free place left, its
 * pending elements move into the ring, the ring is turned a little, and the CPU takes some free
 * places from the ring; if there are too few, the ring evicts from the old end of `inactive`.
 * Second chance: a lookup by a program marks the element and takes no lock; a marked element that
 * comes up for eviction goes to `active` instead. bpf(2) lookups do not mark. When every element is
 * marked, the oldest goes anyway; when the ring is empty, another CPU gives a place.
 *
 * An update takes its place before it looks for the key. So it may evict although the key is there,
 * and may evict the very key: what is observed on Linux.
 *
 * Invariant, under the lock: elements + free places == max_entries. One lock for all writers of a
 * map; it stands for the bucket locks of htab.h. `hand` points into `inactive` or at its head.
 */
#include <pthread.h>
#include <stdlib.h>

#include "map/htab.h"

/* How many places a CPU takes from the ring at once, at most, and elements looked at in one turn. */
#define COMMON_PLACES 128
#define COMMON_SCAN 128
#define PERCPU_PLACES 4
#define PERCPU_SCAN 4

enum lru_state { LRU_PENDING, LRU_INACTIVE, LRU_ACTIVE };

struct lru_ring {
	struct list active, inactive;    /* newest first */
	u32 active_count, inactive_count;
	u32 free;
	struct list *hand;               /* where the next turn of `inactive` begins */
};

struct lru_places {
	struct list pending;             /* newest first */
	_Atomic u32 free;
	u32 next_steal;                  /* which CPU to ask first when nothing else is left */
};

struct lru {
	struct htab htab;
	pthread_mutex_t lock;
	u32 cpus;
	u32 want;                        /* places a CPU takes at once */
	u32 scan;
	struct lru_ring *ring;           /* one, or with BPF_F_NO_COMMON_LRU one a CPU */
	struct lru_places *places;       /* one a CPU; NULL with BPF_F_NO_COMMON_LRU */
};

static inline struct lru *lru_of(struct map *map)
{
	return container_of(htab_of(map), struct lru, htab);
}

static int lru_check(const union bpf_attr *attr, struct log *log)
{
	const u32 node = BPF_F_NUMA_NODE | BPF_F_NO_COMMON_LRU;

	if (attr->map_flags & BPF_F_NO_PREALLOC)
		return log_error(log, -MAP_ENOTSUPP, "map: an LRU map is preallocated always");
	if ((attr->map_flags & node) == node && attr->numa_node != ~0u)
		return log_error(log, -EINVAL, "map: lists of every CPU cannot be on one NUMA node");
	return htab_check(attr, log);
}

static int percpu_lru_check(const union bpf_attr *attr, struct log *log)
{
	if (attr->map_flags & BPF_F_NO_PREALLOC)
		return log_error(log, -MAP_ENOTSUPP, "map: an LRU map is preallocated always");
	return percpu_htab_check(attr, log);
}

/* Linux makes all rings equally large: max_entries becomes a multiple of the number of CPUs. */
static u32 lru_entries(const union bpf_attr *attr, u32 rings)
{
	u64 entries = ((u64)attr->max_entries + rings - 1) / rings * rings;

	return entries > ~0u ? attr->max_entries / rings * rings : (u32)entries;
}

static void lru_free(struct lru *lru)
{
	free(lru->ring);
	free(lru->places);
	free(lru);
}

static int lru_init(struct lru *lru, struct engine *engine, const union bpf_attr *attr, bool percpu)
{
	bool common = !(attr->map_flags & BPF_F_NO_COMMON_LRU);
	u32 rings = common ? 1 : engine->cpus;
	u32 entries = lru_entries(attr, rings);

	lru->cpus = engine->cpus;
	lru->scan = common ? COMMON_SCAN : PERCPU_SCAN;
	lru->want = common ? max_u32(1, min_u32(entries / lru->cpus / 2, COMMON_PLACES))
			   : PERCPU_PLACES;
	lru->ring = calloc(rings, sizeof(*lru->ring));
	if (common)
		lru->places = calloc(lru->cpus, sizeof(*lru->places));
	if (!lru->ring || (common && !lru->places))
		return -ENOMEM;
	for (u32 i = 0; i < rings; i++) {
		list_init(&lru->ring[i].active);
		list_init(&lru->ring[i].inactive);
		lru->ring[i].hand = &lru->ring[i].inactive;
		lru->ring[i].free = entries / rings;
	}
	for (u32 i = 0; common && i < lru->cpus; i++) {
		list_init(&lru->places[i].pending);
		lru->places[i].next_steal = i;
	}
	return htab_init(&lru->htab, engine, attr, percpu, entries);
}

static int lru_make(struct engine *engine, const union bpf_attr *attr, bool percpu,
		    struct map **out)
{
	struct lru *lru = calloc(1, sizeof(*lru));
	int err = lru ? lru_init(lru, engine, attr, percpu) : -ENOMEM;

	if (err) {
		if (lru)
			lru_free(lru);
		return err;
	}
	pthread_mutex_init(&lru->lock, NULL);
	*out = &lru->htab.map;
	return 0;
}

static int lru_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	return lru_make(engine, attr, false, out);
}

static int percpu_lru_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	return lru_make(engine, attr, true, out);
}

static void lru_destroy(struct map *map)
{
	struct lru *lru = lru_of(map);

	htab_fini(&lru->htab);
	pthread_mutex_destroy(&lru->lock);
	lru_free(lru);
}

static inline bool lru_is_marked(struct htab_elem *elem)
{
	return atomic_load_explicit(&elem->referenced, memory_order_relaxed);
}

static inline void lru_mark(struct htab_elem *elem)
{
	/* Looking first keeps the cache line shared. */
	if (!lru_is_marked(elem))
		atomic_store_explicit(&elem->referenced, true, memory_order_relaxed);
}

static void *lru_lookup(struct map *map, const void *key, u32 cpu)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem = htab_find(htab, key);

	if (!elem)
		return NULL;
	lru_mark(elem);
	return htab_value(htab, elem, 0);
}

static void *percpu_lru_lookup(struct map *map, const void *key, u32 cpu)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem = likely(cpu < htab->cpus) ? htab_find(htab, key) : NULL;

	if (!elem)
		return NULL;
	lru_mark(elem);
	return htab_value(htab, elem, cpu);
}

/* Everything below here until the operations: with the lock. */

static struct lru_ring *lru_ring(struct lru *lru, u32 cpu)
{
	return lru->places ? lru->ring : &lru->ring[cpu];
}

static inline struct htab_elem *lru_elem(struct list *node)
{
	return container_of(node, struct htab_elem, lru);
}

static void places_add(struct lru_places *places, u32 n)
{
	atomic_store_explicit(&places->free,
			      atomic_load_explicit(&places->free, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static bool places_take(struct lru_places *places)
{
	u32 free = atomic_load_explicit(&places->free, memory_order_relaxed);

	if (!free)
		return false;
	atomic_store_explicit(&places->free, free - 1, memory_order_relaxed);
	return true;
}

static void ring_take(struct lru_ring *ring, struct htab_elem *elem)
{
	if (ring->hand == &elem->lru)
		ring->hand = elem->lru.prev;
	list_remove(&elem->lru);
	if (elem->state == LRU_ACTIVE)
		ring->active_count--;
	else
		ring->inactive_count--;
}

static void ring_put(struct lru_ring *ring, struct htab_elem *elem, enum lru_state state)
{
	elem->state = (u8)state;
	atomic_store_explicit(&elem->referenced, false, memory_order_relaxed);
	if (state == LRU_ACTIVE) {
		list_add(&ring->active, &elem->lru);
		ring->active_count++;
	} else {
		list_add(&ring->inactive, &elem->lru);
		ring->inactive_count++;
	}
}

static void ring_move(struct lru_ring *ring, struct htab_elem *elem, enum lru_state state)
{
	ring_take(ring, elem);
	ring_put(ring, elem, state);
}

/* Turn the old end of `active`: what nobody looked at becomes inactive. */
static void ring_turn_active(struct lru_ring *ring, u32 scan)
{
	struct list *first = ring->active.next, *node = ring->active.prev, *prev;

	for (u32 i = 0; i < scan && node != &ring->active; i++, node = prev) {
		prev = node->prev;
		ring_move(ring, lru_elem(node),
			  lru_is_marked(lru_elem(node)) ? LRU_ACTIVE : LRU_INACTIVE);
		if (node == first)
			break;
	}
}

/* Turn `inactive` from the hand on: what somebody looked at becomes active. */
static void ring_turn_inactive(struct lru_ring *ring, u32 scan)
{
	struct list *head = &ring->inactive, *node = ring->hand, *last = node->next, *next = head;

	if (list_empty(head))
		return;
	if (last == head)
		last = last->next;
	for (u32 i = 0; i < scan; i++) {
		if (node == head)
			node = node->prev;
		next = node->prev;
		if (lru_is_marked(lru_elem(node)))
			ring_move(ring, lru_elem(node), LRU_ACTIVE);
		if (node == last)
			break;
		node = next;
	}
	ring->hand = next;
}

static void ring_turn(struct lru_ring *ring, u32 scan)
{
	if (ring->inactive_count < ring->active_count)
		ring_turn_active(ring, scan);
	ring_turn_inactive(ring, scan);
}

/* Out of the table, for good. */
static void lru_unlink(struct lru *lru, struct htab_elem *elem, struct list *gone)
{
	htab_unlink(htab_link_of(&lru->htab, elem), elem);
	atomic_fetch_sub_explicit(&lru->htab.count, 1, memory_order_relaxed);
	list_add_tail(gone, &elem->lru);
}

/* Evict up to @want elements; at least one when there is any. Returns how many. */
static u32 ring_evict(struct lru *lru, struct lru_ring *ring, u32 want, struct list *gone)
{
	struct list *node = ring->inactive.prev, *prev;
	u32 n = 0;

	for (u32 i = 0; i < lru->scan && n < want && node != &ring->inactive; i++, node = prev) {
		prev = node->prev;
		if (lru_is_marked(lru_elem(node))) {
			ring_move(ring, lru_elem(node), LRU_ACTIVE);
			continue;
		}
		ring_take(ring, lru_elem(node));
		lru_unlink(lru, lru_elem(node), gone);
		n++;
	}
	if (n)
		return n;
	node = list_empty(&ring->inactive) ? ring->active.prev : ring->inactive.prev;
	if (node == &ring->active)
		return 0;
	ring_take(ring, lru_elem(node));
	lru_unlink(lru, lru_elem(node), gone);
	return 1;
}

/* Fill the free places of a CPU from the common ring. */
static void places_fill(struct lru *lru, struct lru_places *places, struct list *gone)
{
	struct lru_ring *ring = lru->ring;
	u32 n;

	while (!list_empty(&places->pending)) {
		struct htab_elem *elem = lru_elem(places->pending.prev);

		list_remove(&elem->lru);
		ring_put(ring, elem, lru_is_marked(elem) ? LRU_ACTIVE : LRU_INACTIVE);
	}
	ring_turn(ring, lru->scan);
	n = min_u32(ring->free, lru->want);
	ring->free -= n;
	if (n < lru->want)
		n += ring_evict(lru, ring, lru->want - n, gone);
	places_add(places, n);
}

/* The oldest pending element that nobody looked at, or else the oldest. */
static bool places_evict_pending(struct lru *lru, struct lru_places *places, struct list *gone)
{
	struct htab_elem *elem, *oldest = NULL;

	for (struct list *node = places->pending.prev; node != &places->pending; node = node->prev) {
		elem = lru_elem(node);
		if (!oldest)
			oldest = elem;
		if (!lru_is_marked(elem)) {
			oldest = elem;
			break;
		}
	}
	if (!oldest)
		return false;
	list_remove(&oldest->lru);
	lru_unlink(lru, oldest, gone);
	return true;
}

/* A place from whatever CPU has one. */
static bool places_steal(struct lru *lru, struct lru_places *places, struct list *gone)
{
	u32 first = places->next_steal, cpu = first;
	bool found;

	do {
		found = places_take(&lru->places[cpu]) ||
			places_evict_pending(lru, &lru->places[cpu], gone);
		cpu = (cpu + 1) % lru->cpus;
	} while (!found && cpu != first);
	places->next_steal = cpu;
	return found;
}

/* One place for an element that CPU @cpu inserts; lru_place_put() it, or lru_insert() there.
 * @gone: what had to leave. */
static bool lru_place_get(struct lru *lru, u32 cpu, struct list *gone)
{
	struct lru_ring *ring = lru_ring(lru, cpu);

	if (lru->places) {
		if (places_take(&lru->places[cpu]))
			return true;
		places_fill(lru, &lru->places[cpu], gone);
		return places_take(&lru->places[cpu]) ||
		       places_steal(lru, &lru->places[cpu], gone);
	}
	ring_turn(ring, lru->scan);
	if (!ring->free)
		ring->free += ring_evict(lru, ring, lru->want, gone);
	if (!ring->free)
		return false;
	ring->free--;
	return true;
}

static void lru_place_put(struct lru *lru, u32 cpu)
{
	if (lru->places)
		places_add(&lru->places[cpu], 1);
	else
		lru->ring[cpu].free++;
}

static void lru_insert(struct lru *lru, struct htab_elem *elem, u32 cpu)
{
	elem->list = (u16)cpu;
	if (lru->places) {
		elem->state = LRU_PENDING;
		list_add(&lru->places[cpu].pending, &elem->lru);
	} else {
		ring_put(lru_ring(lru, cpu), elem, LRU_INACTIVE);
	}
	htab_link(&lru->htab, elem);
	atomic_fetch_add_explicit(&lru->htab.count, 1, memory_order_relaxed);
}

/* Take @elem out; its place becomes free where it was. */
static void lru_drop(struct lru *lru, struct htab_elem *elem, struct list *gone)
{
	struct lru_ring *ring = lru_ring(lru, elem->list);

	if (elem->state == LRU_PENDING) {
		list_remove(&elem->lru);
		places_add(&lru->places[elem->list], 1);
	} else {
		ring_take(ring, elem);
		ring->free++;
	}
	lru_unlink(lru, elem, gone);
}

/* Put @elem in, with the flags of an update. @kept: the per-CPU element that was there and stays. */
static int lru_publish(struct lru *lru, struct htab_elem *elem, u64 flags, u32 cpu,
		       struct list *gone, struct htab_elem **kept)
{
	bool place = !lru->htab.stride || flags != BPF_EXIST;
	struct htab_elem *old;
	int err;

	if (place && !lru_place_get(lru, cpu, gone))
		return -ENOMEM;
	old = atomic_load_explicit(htab_find_link(&lru->htab, elem->hash, elem->key),
				   memory_order_relaxed);
	err = htab_flags_check(old, flags);
	if (err || (old && lru->htab.stride)) {
		if (place)
			lru_place_put(lru, cpu);
		*kept = err ? NULL : old;
		return err;
	}
	/* In front of the old one in the chain: no reader finds the key missing. */
	lru_insert(lru, elem, cpu);
	if (old) {
		lru_mark(elem);
		lru_drop(lru, old, gone);
	}
	return 0;
}

/* Without the lock again. */
static void lru_defer_all(struct lru *lru, struct list *gone)
{
	while (!list_empty(gone)) {
		struct htab_elem *elem = lru_elem(gone->next);

		list_remove(&elem->lru);
		htab_elem_defer(&lru->htab, elem);
	}
}

static int lru_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct lru *lru = lru_of(map);
	struct list gone = LIST_INIT(gone);
	struct htab_elem *elem, *kept = NULL;
	int err;

	if (flags > BPF_EXIST || (cpu != CPU_ALL && cpu >= lru->cpus))
		return -EINVAL;
	elem = htab_elem_new(&lru->htab, key, value, cpu);
	if (!elem)
		return -ENOMEM;
	pthread_mutex_lock(&lru->lock);
	err = lru_publish(lru, elem, flags, cpu == CPU_ALL ? 0 : cpu, &gone, &kept);
	if (kept) {
		htab_value_set(&lru->htab, kept, value, cpu);
		lru_mark(kept);
	}
	pthread_mutex_unlock(&lru->lock);
	if (err || kept)
		free(elem);
	lru_defer_all(lru, &gone);
	return err;
}

static int percpu_lru_update(struct map *map, const void *key, const void *value, u64 flags,
			     u32 cpu)
{
	struct lru *lru = lru_of(map);
	u32 at = cpu == CPU_ALL ? 0 : cpu;
	struct htab_elem *old;

	/* The common case needs neither the lock nor memory: the key is there, and taking a place would
	 * not change anything. */
	if (flags == BPF_ANY && at < lru->cpus && lru->places &&
	    atomic_load_explicit(&lru->places[at].free, memory_order_relaxed)) {
		old = htab_find(&lru->htab, key);
		if (old) {
			htab_value_set(&lru->htab, old, value, cpu);
			lru_mark(old);
			return 0;
		}
	}
	return lru_update(map, key, value, flags, cpu);
}

static int lru_write(struct map *map, struct client *client, const void *key, const void *value,
		     u64 flags)
{
	return map->ops->update(map, key, value, flags, CPU_ALL);
}

/* Remove, and give the value out first when @value is not NULL. */
static int lru_remove_value(struct lru *lru, const void *key, void *value)
{
	struct list gone = LIST_INIT(gone);
	u32 hash = htab_hash(&lru->htab, key);
	struct htab_elem *elem;

	pthread_mutex_lock(&lru->lock);
	elem = atomic_load_explicit(htab_find_link(&lru->htab, hash, key), memory_order_relaxed);
	if (elem) {
		if (value)
			htab_value_get(&lru->htab, elem, value);
		lru_drop(lru, elem, &gone);
	}
	pthread_mutex_unlock(&lru->lock);
	lru_defer_all(lru, &gone);
	return elem ? 0 : -ENOENT;
}

static int lru_remove(struct map *map, const void *key)
{
	return lru_remove_value(lru_of(map), key, NULL);
}

static int lru_take(struct map *map, const void *key, void *value, u64 flags)
{
	return flags ? -EINVAL : lru_remove_value(lru_of(map), key, value);
}

const struct map_ops lru_ops = {
	.check = lru_check,
	.create = lru_create,
	.destroy = lru_destroy,
	.lookup = lru_lookup,
	.update = lru_update,
	.remove = lru_remove,
	.each = htab_each,
	.read = htab_read,
	.write = lru_write,
	.take = lru_take,
	.next_key = htab_next_key,
	.bucket = htab_bucket_read,
	.buckets = htab_buckets,
};

const struct map_ops percpu_lru_ops = {
	.check = percpu_lru_check,
	.create = percpu_lru_create,
	.destroy = lru_destroy,
	.lookup = percpu_lru_lookup,
	.update = percpu_lru_update,
	.remove = lru_remove,
	.each = htab_each,
	.read = htab_read,
	.write = lru_write,
	.take = lru_take,
	.next_key = htab_next_key,
	.bucket = htab_bucket_read,
	.buckets = htab_buckets,
};
