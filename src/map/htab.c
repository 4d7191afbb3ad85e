// SPDX-License-Identifier: BSD-2-Clause
/* htab.c - hash and per-CPU hash, and the core that lru.c builds on. The structure is in htab.h.
 *
 * An update of an existing key publishes a new element, so a program that looked up the old one
 * keeps a value that nobody changes behind its back. Per-CPU values are written in place.
 *
 * Elements come from malloc one by one, with BPF_F_NO_PREALLOC or without: max_entries is a bound
 * on the count and commits no memory. What was removed and is still seen by a reader is bounded
 * too, or a program could fill the memory within one run.
 */
#include "map/htab.h"

#include <stdlib.h>

/* The sizes from which Linux says E2BIG: what kmalloc can give less its own header. */
#define KEY_VALUE_END ((1u << 22) - 48)
#define BUCKETS_MAX (1u << 27)
#define GARBAGE_MIN (16u << 20)

static u64 seed_step(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

int htab_check(const union bpf_attr *attr, struct log *log)
{
	if (!attr->max_entries || !attr->key_size || !attr->value_size)
		return log_error(log, -EINVAL,
				 "map: a hash needs a key size, a value size and max_entries");
	if ((u64)attr->key_size + attr->value_size >= KEY_VALUE_END)
		return log_error(log, -E2BIG, "map: key and value have %lu bytes, %u at most",
				 (unsigned long)attr->key_size + attr->value_size, KEY_VALUE_END - 1);
	return 0;
}

int percpu_htab_check(const union bpf_attr *attr, struct log *log)
{
	int err = percpu_check(attr, log);

	if (!err)
		err = htab_check(attr, log);
	if (!err && attr->value_size > PERCPU_VALUE_MAX)
		return log_error(log, -E2BIG, "map: a value of %u bytes a CPU, %u at most",
				 attr->value_size, PERCPU_VALUE_MAX);
	return err;
}

int htab_init(struct htab *htab, struct engine *engine, const union bpf_attr *attr, bool percpu,
	      u32 max_entries)
{
	u64 state = attr->map_flags & BPF_F_ZERO_SEED ? 0 : engine->seed;
	u64 head = sizeof(struct htab_elem) + attr->key_size;
	u32 buckets = 1;

	if (max_entries > BUCKETS_MAX)
		return -E2BIG;
	while (buckets < max_entries)
		buckets *= 2;
	htab->map.max_entries = max_entries;
	htab->key_size = attr->key_size;
	htab->mask = buckets - 1;
	htab->seed[0] = seed_step(&state);
	htab->seed[1] = seed_step(&state) | 1;
	htab->cpus = engine->cpus;
	if (percpu) {
		htab->stride = (u32)round_up_u64(attr->value_size, CACHE_LINE);
		htab->value_off = (u32)round_up_u64(head, CACHE_LINE);
		htab->elem_size = htab->value_off + (u64)htab->stride * htab->cpus;
	} else {
		htab->value_off = (u32)round_up_u64(head, 8);
		htab->elem_size = htab->value_off + map_stride(attr->value_size);
	}
	htab->garbage_max = max_entries * htab->elem_size;
	if (htab->garbage_max < GARBAGE_MIN)
		htab->garbage_max = GARBAGE_MIN;
	htab->used = calloc(buckets / HTAB_GROUP + 1, 1);
	if (!htab->used)
		return -ENOMEM;
	htab->bucket = area_alloc((u64)buckets * sizeof(*htab->bucket));
	if (!htab->bucket)
		free(htab->used);
	return htab->bucket ? 0 : -ENOMEM;
}

/* The first bucket from @i on that may hold something; beyond mask: none. Memory of buckets that
 * nothing was put into is not touched. */
static u32 bucket_next(const struct htab *htab, u32 i)
{
	while (i <= htab->mask && !atomic_load_explicit(&htab->used[i / HTAB_GROUP],
							memory_order_acquire))
		i = (i / HTAB_GROUP + 1) * HTAB_GROUP;
	return i;
}

void htab_fini(struct htab *htab)
{
	u32 left = atomic_load(&htab->count);

	for (u32 i = bucket_next(htab, 0); left && i <= htab->mask; i = bucket_next(htab, i + 1)) {
		struct htab_elem *elem = atomic_load(&htab->bucket[i].head), *next;

		for (; elem; elem = next, left--) {
			next = atomic_load(&elem->next);
			free(elem);
		}
	}
	area_free(htab->bucket, ((u64)htab->mask + 1) * sizeof(*htab->bucket));
	free(htab->used);
}

/* The value of one CPU, or of all, into an element. Programs give value_size bytes; bpf(2) gives
 * value_size rounded up to 8 a CPU, and its padding comes back when the value is read. */
void htab_value_set(struct htab *htab, struct htab_elem *elem, const void *value, u32 cpu)
{
	u32 room = map_stride(htab->map.value_size);

	if (cpu != CPU_ALL) {
		value_store(&htab->map, htab_value(htab, elem, cpu), value, htab->map.value_size);
		return;
	}
	for (u32 i = 0; i < htab->cpus; i++)
		value_store(&htab->map, htab_value(htab, elem, i), (const u8 *)value + (size_t)i * room,
			    room);
}

void htab_value_get(const struct htab *htab, struct htab_elem *elem, void *value)
{
	u32 room = map_stride(htab->map.value_size);

	if (!htab->stride) {
		value_load(&htab->map, value, htab_value(htab, elem, 0), htab->map.value_size);
		return;
	}
	for (u32 cpu = 0; cpu < htab->cpus; cpu++)
		value_load(&htab->map, (u8 *)value + (size_t)cpu * room, htab_value(htab, elem, cpu), room);
}

struct htab_elem *htab_elem_new(struct htab *htab, const void *key, const void *value, u32 cpu)
{
	struct htab_elem *elem;

	if (atomic_load_explicit(&htab->garbage, memory_order_relaxed) > htab->garbage_max)
		return NULL;
	if (htab->stride)
		elem = aligned_alloc(CACHE_LINE, htab->elem_size);
	else
		elem = malloc(htab->elem_size);
	if (!elem)
		return NULL;
	elem->htab = htab;
	elem->list = 0;
	elem->state = 0;
	atomic_init(&elem->referenced, false);
	memcpy(elem->key, key, htab->key_size);
	elem->hash = htab_hash(htab, elem->key);
	if (htab->stride) {
		memset(htab_value(htab, elem, 0), 0, (size_t)htab->stride * htab->cpus);
		htab_value_set(htab, elem, value, cpu);
	} else {
		memcpy(htab_value(htab, elem, 0), value, htab->map.value_size);
		value_begin(&htab->map, htab_value(htab, elem, 0));
	}
	return elem;
}

static void htab_elem_reclaimed(struct reclaim_head *head)
{
	struct htab_elem *elem = container_of(head, struct htab_elem, reclaim);

	atomic_fetch_sub_explicit(&elem->htab->garbage, elem->htab->elem_size,
				  memory_order_relaxed);
	free(elem);
}

void htab_elem_defer(struct htab *htab, struct htab_elem *elem)
{
	atomic_fetch_add_explicit(&htab->garbage, htab->elem_size, memory_order_relaxed);
	reclaim_defer(htab->map.object.engine->reclaim, &elem->reclaim, htab_elem_reclaimed);
}

/* Holders are inside for tens of nanoseconds; one that lost its CPU gets ours. */
static void bucket_lock(struct htab_bucket *bucket)
{
	u32 spins = 0;

	while (atomic_exchange_explicit(&bucket->lock, 1, memory_order_acquire))
		while (atomic_load_explicit(&bucket->lock, memory_order_relaxed))
			if (++spins % 64 == 0)
				sched_yield();
}

static void bucket_unlock(struct htab_bucket *bucket)
{
	atomic_store_explicit(&bucket->lock, 0, memory_order_release);
}

static bool htab_count_up(struct htab *htab)
{
	u32 count = atomic_load_explicit(&htab->count, memory_order_relaxed);

	do {
		if (count >= htab->map.max_entries)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&htab->count, &count, count + 1,
							memory_order_relaxed, memory_order_relaxed));
	return true;
}

/* Publish @elem unless @flags or the room forbid it. With the bucket's lock. @old: what it replaced,
 * or what keeps its place because it is a per-CPU element. */
static int htab_insert(struct htab *htab, struct htab_elem *elem, u64 flags, struct htab_elem **old)
{
	_Atomic(struct htab_elem *) *link = htab_find_link(htab, elem->hash, elem->key);
	int err;

	*old = atomic_load_explicit(link, memory_order_relaxed);
	err = htab_flags_check(*old, flags);
	if (err)
		return err;
	if (*old) {
		if (!htab->stride)
			htab_replace(link, *old, elem);
		return 0;
	}
	if (!htab_count_up(htab))
		return -E2BIG;
	htab_link(htab, elem);
	return 0;
}

static int htab_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem, *old = NULL;
	struct htab_bucket *bucket;
	int err;

	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST || (flags & BPF_F_LOCK && !map_has_lock(map)))
		return -EINVAL;
	if (flags & BPF_F_LOCK) {
		flags &= ~(u64)BPF_F_LOCK;
		old = htab_find(htab, key);
		err = htab_flags_check(old, flags);
		if (err)
			return err;
		if (old) {
			value_store_locked(map, htab_value(htab, old, 0), value);
			return 0;
		}
	}
	elem = htab_elem_new(htab, key, value, cpu);
	if (!elem)
		return -ENOMEM;
	bucket = htab_bucket(htab, elem->hash);
	bucket_lock(bucket);
	err = htab_insert(htab, elem, flags, &old);
	bucket_unlock(bucket);
	if (err)
		free(elem);
	else if (old)
		htab_elem_defer(htab, old);
	return err;
}

static int percpu_htab_update(struct map *map, const void *key, const void *value, u64 flags,
			      u32 cpu)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem, *old;
	struct htab_bucket *bucket;
	int err;

	if (flags > BPF_EXIST || (cpu != CPU_ALL && cpu >= htab->cpus))
		return -EINVAL;
	old = htab_find(htab, key);
	err = htab_flags_check(old, flags);
	if (err)
		return err;
	if (old) {
		htab_value_set(htab, old, value, cpu);
		return 0;
	}
	elem = htab_elem_new(htab, key, value, cpu);
	if (!elem)
		return -ENOMEM;
	bucket = htab_bucket(htab, elem->hash);
	bucket_lock(bucket);
	err = htab_insert(htab, elem, flags, &old);
	bucket_unlock(bucket);
	if (!err && old)
		htab_value_set(htab, old, value, cpu);
	if (err || old)
		free(elem);
	return err;
}

/* Remove, and give the value out first when @value is not NULL. */
static int htab_remove_value(struct htab *htab, const void *key, void *value, bool locked)
{
	u32 hash = htab_hash(htab, key);
	struct htab_bucket *bucket = htab_bucket(htab, hash);
	_Atomic(struct htab_elem *) *link;
	struct htab_elem *elem;

	bucket_lock(bucket);
	link = htab_find_link(htab, hash, key);
	elem = atomic_load_explicit(link, memory_order_relaxed);
	if (elem) {
		if (value && locked)
			value_load_locked(&htab->map, value, htab_value(htab, elem, 0));
		else if (value)
			htab_value_get(htab, elem, value);
		htab_unlink(link, elem);
		atomic_fetch_sub_explicit(&htab->count, 1, memory_order_relaxed);
	}
	bucket_unlock(bucket);
	if (!elem)
		return -ENOENT;
	htab_elem_defer(htab, elem);
	return 0;
}

static int htab_remove(struct map *map, const void *key)
{
	return htab_remove_value(htab_of(map), key, NULL, false);
}

static int htab_take(struct map *map, const void *key, void *value, u64 flags)
{
	if (flags & ~(u64)BPF_F_LOCK || (flags && !map_has_lock(map)))
		return -EINVAL;
	return htab_remove_value(htab_of(map), key, value, flags);
}

static void *htab_lookup(struct map *map, const void *key, u32 cpu)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem = htab_find(htab, key);

	return elem ? htab_value(htab, elem, 0) : NULL;
}

static void *percpu_htab_lookup(struct map *map, const void *key, u32 cpu)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem = likely(cpu < htab->cpus) ? htab_find(htab, key) : NULL;

	return elem ? htab_value(htab, elem, cpu) : NULL;
}

int htab_read(struct map *map, const void *key, void *value, u64 flags)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem;

	if (flags & ~(u64)BPF_F_LOCK || (flags && !map_has_lock(map)))
		return -EINVAL;
	elem = htab_find(htab, key);
	if (!elem)
		return -ENOENT;
	if (flags)
		value_load_locked(map, value, htab_value(htab, elem, 0));
	else
		htab_value_get(htab, elem, value);
	return 0;
}

static int htab_write(struct map *map, struct client *client, const void *key, const void *value,
		      u64 flags)
{
	return map->ops->update(map, key, value, flags, CPU_ALL);
}

int htab_next_key(struct map *map, const void *key, void *next)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem = key ? htab_find(htab, key) : NULL, *found;
	u32 i = elem ? (elem->hash & htab->mask) + 1 : 0;

	found = elem ? atomic_load_explicit(&elem->next, memory_order_acquire) : NULL;
	for (i = bucket_next(htab, i); !found && i <= htab->mask; i = bucket_next(htab, i + 1))
		found = atomic_load_explicit(&htab->bucket[i].head, memory_order_acquire);
	if (!found)
		return -ENOENT;
	memcpy(next, found->key, htab->key_size);
	return 0;
}

u32 htab_bucket_read(struct map *map, u32 *bucket, u8 *keys, u8 *values, u32 room)
{
	struct htab *htab = htab_of(map);
	u32 value_size = map_value_room(map), n = 0;
	struct htab_elem *elem = NULL;

	for (u32 i = bucket_next(htab, *bucket); ; i = bucket_next(htab, i + 1)) {
		*bucket = min_u32(i, htab->mask + 1);
		if (i > htab->mask)
			return 0;
		elem = atomic_load_explicit(&htab->bucket[i].head, memory_order_acquire);
		if (elem)
			break;
	}
	for (; elem; elem = atomic_load_explicit(&elem->next, memory_order_acquire), n++) {
		if (n >= room)
			continue;
		memcpy(keys + (size_t)n * htab->key_size, elem->key, htab->key_size);
		htab_value_get(htab, elem, values + (size_t)n * value_size);
	}
	return n;
}

/* An element that is taken out keeps its `next`, and its memory until the read section ends. */
bool htab_each(struct map *map, struct map_cursor *cursor, const void **key, void **value, u32 cpu)
{
	struct htab *htab = htab_of(map);
	struct htab_elem *elem = cursor->elem;

	if (elem)
		elem = atomic_load_explicit(&elem->next, memory_order_acquire);
	while (!elem) {
		cursor->place = bucket_next(htab, cursor->place);
		if (cursor->place > htab->mask)
			return false;
		elem = atomic_load_explicit(&htab->bucket[cursor->place++].head, memory_order_acquire);
	}
	cursor->elem = elem;
	*key = elem->key;
	*value = htab_value(htab, elem, cpu);
	return true;
}

u32 htab_buckets(const struct map *map)
{
	return container_of(map, const struct htab, map)->mask + 1;
}

static int htab_make(struct engine *engine, const union bpf_attr *attr, bool percpu,
		     struct map **out)
{
	struct htab *htab = calloc(1, sizeof(*htab));
	int err;

	if (!htab)
		return -ENOMEM;
	err = htab_init(htab, engine, attr, percpu, attr->max_entries);
	if (err) {
		free(htab);
		return err;
	}
	*out = &htab->map;
	return 0;
}

static int htab_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	return htab_make(engine, attr, false, out);
}

static int percpu_htab_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	return htab_make(engine, attr, true, out);
}

static void htab_destroy(struct map *map)
{
	htab_fini(htab_of(map));
	free(htab_of(map));
}

const struct map_ops htab_ops = {
	.check = htab_check,
	.create = htab_create,
	.destroy = htab_destroy,
	.lookup = htab_lookup,
	.update = htab_update,
	.remove = htab_remove,
	.each = htab_each,
	.read = htab_read,
	.write = htab_write,
	.take = htab_take,
	.next_key = htab_next_key,
	.bucket = htab_bucket_read,
	.buckets = htab_buckets,
};

const struct map_ops percpu_htab_ops = {
	.check = percpu_htab_check,
	.create = percpu_htab_create,
	.destroy = htab_destroy,
	.lookup = percpu_htab_lookup,
	.update = percpu_htab_update,
	.remove = htab_remove,
	.each = htab_each,
	.read = htab_read,
	.write = htab_write,
	.take = htab_take,
	.next_key = htab_next_key,
	.bucket = htab_bucket_read,
	.buckets = htab_buckets,
};
