// SPDX-License-Identifier: BSD-2-Clause
/* htab.h - the hash table under the four hash types: hash.c's name is taken by base.
 *
 *   bucket[]: | head, lock | ...          a power of two, at least as many as elements
 *               |
 *               v
 *             elem -> elem -> NULL        published once, never changed but for the value
 *
 * Readers follow `next` without a lock, inside a read section. Writers of one bucket hold its lock
 * (lru.c: the lock of the map instead). An element that is replaced or removed keeps its `next`,
 * so that a reader on it finds its way, and is freed by reclaim.
 *
 *   elem: | header (48) | key, padding | value, padding to 8 |                   one value
 *         | header (48) | key, padding to 64 | CPU 0, padding to 64 | CPU 1 ... | per-CPU values
 */
#ifndef CLSBPF_MAP_HTAB_H
#define CLSBPF_MAP_HTAB_H

#include <errno.h>
#include <sched.h>

#include "base/hash.h"
#include "base/list.h"
#include "map/family.h"

struct htab;

struct htab_elem {
	union {
		struct list lru;             /* while it is in the table: lru.c */
		struct reclaim_head reclaim; /* afterwards */
	};
	struct htab *htab;
	_Atomic(struct htab_elem *) next;
	u32 hash;
	u16 list;                            /* lru.c: the CPU that inserted it */
	u8 state;                            /* lru.c: enum lru_state */
	_Atomic bool referenced;             /* lru.c: looked up since it was last considered */
	_Alignas(8) u8 key[];
};

struct htab_bucket {
	_Atomic(struct htab_elem *) head;
	_Atomic u32 lock;
};

/* Buckets that are walked or passed over together: a walk must not cost what max_entries promises. */
#define HTAB_GROUP 1024u

struct htab {
	struct map map;
	struct htab_bucket *bucket;
	_Atomic u8 *used;            /* has a group of HTAB_GROUP buckets ever held anything? */
	u32 mask;                    /* buckets - 1 */
	u32 key_size;                /* one load nearer than map's */
	u64 seed[2];
	u32 value_off;               /* from the start of the element */
	u32 stride;                  /* of per-CPU values; 0: one value */
	u32 cpus;
	u64 elem_size;
	_Atomic u32 count;
	_Atomic u64 garbage;         /* bytes removed and not free yet */
	u64 garbage_max;
};

static inline struct htab *htab_of(struct map *map) { return container_of(map, struct htab, map); }

/** htab_check() - the rules of BPF_MAP_CREATE for all hashes; a family adds its own.
 *  percpu_htab_check() - the same for per-CPU values. */
int htab_check(const union bpf_attr *attr, struct log *log);
int percpu_htab_check(const union bpf_attr *attr, struct log *log);

/** htab_init() - @max_entries: attr's, or what a family makes of it. Returns 0, -E2BIG, -ENOMEM. */
must_check int htab_init(struct htab *htab, struct engine *engine, const union bpf_attr *attr,
			 bool percpu, u32 max_entries);

/** htab_fini() - free all elements at once; the map's memory stays the family's. */
void htab_fini(struct htab *htab);

/** htab_elem_new() - an element that nobody sees yet. Its own copy of the key is what counts from
 *  here on: the client may change @key meanwhile. @cpu: which CPU's value is @value (the others
 *  are 0), or CPU_ALL: bpf(2)'s values of all. NULL: out of memory, or too much garbage waits. */
struct htab_elem *htab_elem_new(struct htab *htab, const void *key, const void *value, u32 cpu);

/** htab_elem_defer() - free an element that was in the table once no reader sees it. */
void htab_elem_defer(struct htab *htab, struct htab_elem *elem);

/** htab_value_set() - write the value of a published per-CPU element: @cpu as above. */
void htab_value_set(struct htab *htab, struct htab_elem *elem, const void *value, u32 cpu);

/** htab_value_get() - copy out what bpf(2) sees of an element: its value, or those of all CPUs. */
void htab_value_get(const struct htab *htab, struct htab_elem *elem, void *value);

/* map_ops that do not differ. */
int htab_read(struct map *map, const void *key, void *value, u64 flags);
int htab_next_key(struct map *map, const void *key, void *next);
u32 htab_bucket_read(struct map *map, u32 *bucket, u8 *keys, u8 *values, u32 room);
u32 htab_buckets(const struct map *map);
bool htab_each(struct map *map, struct map_cursor *cursor, const void **key, void **value, u32 cpu);

static inline void *htab_value(const struct htab *htab, struct htab_elem *elem, u32 cpu)
{
	return (u8 *)elem + htab->value_off + (size_t)cpu * htab->stride;
}

/* Both halves of a 64x64 product: every bit of the key reaches every bit of the sum. */
static inline u64 htab_mix(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

/** htab_hash() - of a key, under the seed of the map. */
static inline u32 htab_hash(const struct htab *htab, const void *key)
{
	switch (htab->key_size) {
	case 4:
		return (u32)htab_mix(get_u32(key) ^ htab->seed[0], htab->seed[1]);
	case 8:
		return (u32)htab_mix(get_u64(key) ^ htab->seed[0], htab->seed[1]);
	case 16:
		return (u32)htab_mix(htab_mix(get_u64(key) ^ htab->seed[0], htab->seed[1]) ^
				     get_u64((const u8 *)key + 8), htab->seed[1]);
	default:
		return (u32)hash_bytes(key, htab->key_size, htab->seed[0]);
	}
}

static inline bool htab_key_equal(const struct htab *htab, const struct htab_elem *elem,
				  const void *key)
{
	switch (htab->key_size) {
	case 4:
		return get_u32(elem->key) == get_u32(key);
	case 8:
		return get_u64(elem->key) == get_u64(key);
	case 16:
		return !((get_u64(elem->key) ^ get_u64(key)) |
			 (get_u64(elem->key + 8) ^ get_u64((const u8 *)key + 8)));
	default:
		return !memcmp(elem->key, key, htab->key_size);
	}
}

static inline struct htab_bucket *htab_bucket(const struct htab *htab, u32 hash)
{
	return &htab->bucket[hash & htab->mask];
}

/** htab_find_link() - the link to the element with @key, or the last link of the chain (NULL). */
static inline _Atomic(struct htab_elem *) *htab_find_link(const struct htab *htab, u32 hash,
							   const void *key)
{
	_Atomic(struct htab_elem *) *link = &htab_bucket(htab, hash)->head;
	struct htab_elem *elem;

	while ((elem = atomic_load_explicit(link, memory_order_acquire))) {
		if (elem->hash == hash && htab_key_equal(htab, elem, key))
			break;
		link = &elem->next;
	}
	return link;
}

/** htab_link_of() - the link to @elem, which is in the table. With the lock of writers. */
static inline _Atomic(struct htab_elem *) *htab_link_of(const struct htab *htab,
							 const struct htab_elem *elem)
{
	_Atomic(struct htab_elem *) *link = &htab_bucket(htab, elem->hash)->head;
	struct htab_elem *at;

	while ((at = atomic_load_explicit(link, memory_order_relaxed)) != elem)
		link = &at->next;
	return link;
}

static inline struct htab_elem *htab_find(const struct htab *htab, const void *key)
{
	return atomic_load_explicit(htab_find_link(htab, htab_hash(htab, key), key),
				    memory_order_acquire);
}

/** htab_link() - put a new element at the front of its chain. With the lock of writers. */
static inline void htab_link(struct htab *htab, struct htab_elem *elem)
{
	struct htab_bucket *bucket = htab_bucket(htab, elem->hash);
	_Atomic u8 *used = &htab->used[(elem->hash & htab->mask) / HTAB_GROUP];

	if (unlikely(!atomic_load_explicit(used, memory_order_relaxed)))
		atomic_store_explicit(used, 1, memory_order_release);
	atomic_store_explicit(&elem->next, atomic_load_explicit(&bucket->head, memory_order_relaxed),
			      memory_order_relaxed);
	atomic_store_explicit(&bucket->head, elem, memory_order_release);
}

/** htab_replace() - put @elem where @old is. With the lock of writers. */
static inline void htab_replace(_Atomic(struct htab_elem *) *link, struct htab_elem *old,
				struct htab_elem *elem)
{
	atomic_store_explicit(&elem->next, atomic_load_explicit(&old->next, memory_order_relaxed),
			      memory_order_relaxed);
	atomic_store_explicit(link, elem, memory_order_release);
}

/** htab_unlink() - take @elem out. With the lock of writers. */
static inline void htab_unlink(_Atomic(struct htab_elem *) *link, struct htab_elem *elem)
{
	atomic_store_explicit(link, atomic_load_explicit(&elem->next, memory_order_relaxed),
			      memory_order_release);
}

/** htab_flags_check() - may an update with @flags go on where @old is what was found? */
static inline int htab_flags_check(const struct htab_elem *old, u64 flags)
{
	if (old && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!old && flags == BPF_EXIST)
		return -ENOENT;
	return 0;
}

#endif
