// SPDX-License-Identifier: BSD-2-Clause
/* lru.c - hash and per-CPU hash that make room: a new key in a full map evicts one that was not
 * looked up lately.
 *
 *   list: head -> newest ... oldest        all elements of the map, or with BPF_F_NO_COMMON_LRU
 *                                          those that one CPU inserted, each list with its room
 *
 * Second chance, as on Linux: a lookup by a program marks the element and takes no lock; eviction
 * goes from the oldest, spares a marked element once (the mark goes, the element becomes the
 * newest) and takes the first without one. bpf(2) lookups do not mark.
 *
 * One lock for all writers of a map; it stands for the bucket locks of htab.h.
 */
#include <pthread.h>
#include <stdlib.h>

#include "map/htab.h"

struct lru_list {
	struct list head;
	u32 count;
};

struct lru {
	struct htab htab;
	pthread_mutex_t lock;
	u32 lists;
	u32 room;                /* elements that one list may hold */
	struct lru_list *list;
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
	int err = lru_check(attr, log);

	if (!err)
		err = percpu_check(attr, log);
	if (!err && attr->value_size > PERCPU_VALUE_MAX)
		return log_error(log, -E2BIG, "map: a value of %u bytes a CPU, %u at most",
				 attr->value_size, PERCPU_VALUE_MAX);
	return err;
}

/* Linux makes all lists equally long: max_entries becomes a multiple of the number of CPUs. */
static u32 lru_entries(const union bpf_attr *attr, u32 lists)
{
	u64 entries = ((u64)attr->max_entries + lists - 1) / lists * lists;

	return entries > ~0u ? attr->max_entries / lists * lists : (u32)entries;
}

static int lru_make(struct engine *engine, const union bpf_attr *attr, bool percpu,
		    struct map **out)
{
	u32 lists = attr->map_flags & BPF_F_NO_COMMON_LRU ? engine->cpus : 1;
	struct lru *lru = calloc(1, sizeof(*lru));
	int err;

	if (!lru)
		return -ENOMEM;
	lru->list = calloc(lists, sizeof(*lru->list));
	err = lru->list ? htab_init(&lru->htab, engine, attr, percpu, lru_entries(attr, lists))
			: -ENOMEM;
	if (err) {
		free(lru->list);
		free(lru);
		return err;
	}
	pthread_mutex_init(&lru->lock, NULL);
	lru->lists = lists;
	lru->room = lru->htab.map.max_entries / lists;
	for (u32 i = 0; i < lists; i++)
		list_init(&lru->list[i].head);
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
	free(lru->list);
	free(lru);
}

static inline void lru_mark(struct htab_elem *elem)
{
	/* Looking first keeps the cache line shared. */
	if (!atomic_load_explicit(&elem->referenced, memory_order_relaxed))
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

static void lru_take_out(struct lru *lru, _Atomic(struct htab_elem *) *link, struct htab_elem *elem)
{
	htab_unlink(link, elem);
	list_remove(&elem->lru);
	lru->list[elem->list].count--;
	atomic_fetch_sub_explicit(&lru->htab.count, 1, memory_order_relaxed);
}

/* Programs may mark as fast as this unmarks: after one round somebody goes in any case. */
static struct htab_elem *lru_evict(struct lru *lru, struct lru_list *list)
{
	struct htab_elem *elem = container_of(list->head.prev, struct htab_elem, lru);

	for (u32 i = 0; i < list->count; i++) {
		if (!atomic_exchange_explicit(&elem->referenced, false, memory_order_relaxed))
			break;
		list_remove(&elem->lru);
		list_add(&list->head, &elem->lru);
		elem = container_of(list->head.prev, struct htab_elem, lru);
	}
	lru_take_out(lru, htab_find_link(&lru->htab, elem->hash, elem->key), elem);
	return elem;
}

static void lru_insert(struct lru *lru, struct htab_elem *elem, struct htab_elem **gone)
{
	struct lru_list *list = &lru->list[elem->list];

	if (list->count == lru->room)
		*gone = lru_evict(lru, list);
	list_add(&list->head, &elem->lru);
	list->count++;
	htab_link(&lru->htab, elem);
	atomic_fetch_add_explicit(&lru->htab.count, 1, memory_order_relaxed);
}

/* Publish @elem unless @flags forbid it. @gone: what left the map for it. @kept: the per-CPU element
 * that was there already and stays. */
static int lru_publish(struct lru *lru, struct htab_elem *elem, u64 flags, struct htab_elem **gone,
		       struct htab_elem **kept)
{
	_Atomic(struct htab_elem *) *link = htab_find_link(&lru->htab, elem->hash, elem->key);
	struct htab_elem *old = atomic_load_explicit(link, memory_order_relaxed);
	int err = htab_flags_check(old, flags);

	if (err)
		return err;
	if (!old) {
		lru_insert(lru, elem, gone);
	} else if (lru->htab.stride) {
		*kept = old;
	} else {
		elem->list = old->list;
		htab_replace(link, old, elem);
		list_remove(&old->lru);
		list_add(&lru->list[elem->list].head, &elem->lru);
		*gone = old;
	}
	return 0;
}

static int lru_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct lru *lru = lru_of(map);
	struct htab_elem *elem, *gone = NULL, *kept = NULL;
	int err;

	if (flags > BPF_EXIST || (cpu != CPU_ALL && cpu >= lru->htab.cpus))
		return -EINVAL;
	elem = htab_elem_new(&lru->htab, key, value, cpu);
	if (!elem)
		return -ENOMEM;
	elem->list = (u16)(cpu == CPU_ALL ? 0 : cpu % lru->lists);
	pthread_mutex_lock(&lru->lock);
	err = lru_publish(lru, elem, flags, &gone, &kept);
	pthread_mutex_unlock(&lru->lock);
	if (kept) {
		htab_value_set(&lru->htab, kept, value, cpu);
		lru_mark(kept);
	}
	if (err || kept)
		free(elem);
	if (gone)
		htab_elem_defer(&lru->htab, gone);
	return err;
}

static int percpu_lru_update(struct map *map, const void *key, const void *value, u64 flags,
			     u32 cpu)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *old = htab_find(htab, key);

	/* The common case needs neither the lock nor memory. */
	if (!old || flags == BPF_NOEXIST || flags > BPF_EXIST || (cpu != CPU_ALL && cpu >= htab->cpus))
		return lru_update(map, key, value, flags, cpu);
	htab_value_set(htab, old, value, cpu);
	lru_mark(old);
	return 0;
}

static int lru_write(struct map *map, struct client *client, const void *key, const void *value,
		     u64 flags)
{
	return map->ops->update(map, key, value, flags, CPU_ALL);
}

static int lru_remove(struct map *map, const void *key)
{
	struct lru *lru = lru_of(map);
	u32 hash = htab_hash(&lru->htab, key);
	_Atomic(struct htab_elem *) *link;
	struct htab_elem *elem;

	pthread_mutex_lock(&lru->lock);
	link = htab_find_link(&lru->htab, hash, key);
	elem = atomic_load_explicit(link, memory_order_relaxed);
	if (elem)
		lru_take_out(lru, link, elem);
	pthread_mutex_unlock(&lru->lock);
	if (!elem)
		return -ENOENT;
	htab_elem_defer(&lru->htab, elem);
	return 0;
}

const struct map_ops lru_ops = {
	.check = lru_check,
	.create = lru_create,
	.destroy = lru_destroy,
	.lookup = lru_lookup,
	.update = lru_update,
	.remove = lru_remove,
	.read = htab_read,
	.write = lru_write,
	.next_key = htab_next_key,
	.mem_usage = htab_mem_usage,
};

const struct map_ops percpu_lru_ops = {
	.check = percpu_lru_check,
	.create = percpu_lru_create,
	.destroy = lru_destroy,
	.lookup = percpu_lru_lookup,
	.update = percpu_lru_update,
	.remove = lru_remove,
	.read = htab_read,
	.write = lru_write,
	.next_key = htab_next_key,
	.mem_usage = htab_mem_usage,
};
