// SPDX-License-Identifier: BSD-2-Clause
/* fields.c - values with special fields: locks, timers, pointers to objects. Those bytes are the engine's.
 * Who reads a value through bpf(2) finds zeroes there, and no update writes to them.
 *
 *   value   |  ours  | lock |   ours   | timer |  ours  |
 *   copied     yes                yes              yes
 */
#include <sched.h>

#include "map/family.h"

/* A piece of a value, word by word. Values are aligned to 8, special fields to 4. */
static void piece_load(u8 *out, const u8 *value, u32 at, u32 end)
{
	while (at < end) {
		if (!(at % 8) && end - at >= 8) {
			put_u64(out + at, __atomic_load_n((const u64 *)(value + at), __ATOMIC_RELAXED));
			at += 8;
		} else if (!(at % 4) && end - at >= 4) {
			put_u32(out + at, __atomic_load_n((const u32 *)(value + at), __ATOMIC_RELAXED));
			at += 4;
		} else {
			out[at] = __atomic_load_n(value + at, __ATOMIC_RELAXED);
			at++;
		}
	}
}

static void piece_store(u8 *value, const u8 *in, u32 at, u32 end)
{
	while (at < end) {
		if (!(at % 8) && end - at >= 8) {
			__atomic_store_n((u64 *)(value + at), get_u64(in + at), __ATOMIC_RELAXED);
			at += 8;
		} else if (!(at % 4) && end - at >= 4) {
			__atomic_store_n((u32 *)(value + at), get_u32(in + at), __ATOMIC_RELAXED);
			at += 4;
		} else {
			__atomic_store_n(value + at, in[at], __ATOMIC_RELAXED);
			at++;
		}
	}
}

void value_load(const struct map *map, void *out, const void *value, u32 size)
{
	u32 at = 0;

	for (u32 i = 0; unlikely(map->fields) && i < map->fields->count; i++) {
		const struct btf_field *field = &map->fields->at[i];

		piece_load(out, value, at, field->off);
		memset((u8 *)out + field->off, 0, field->size);
		at = field->off + field->size;
	}
	piece_load(out, value, at, size);
}

void value_store(const struct map *map, void *value, const void *in, u32 size)
{
	u32 at = 0;

	for (u32 i = 0; unlikely(map->fields) && i < map->fields->count; i++) {
		piece_store(value, in, at, map->fields->at[i].off);
		at = map->fields->at[i].off + map->fields->at[i].size;
	}
	piece_store(value, in, at, size);
}

void value_begin(const struct map *map, void *value)
{
	for (u32 i = 0; unlikely(map->fields) && i < map->fields->count; i++)
		memset((u8 *)value + map->fields->at[i].off, 0, map->fields->at[i].size);
}

void spin_lock_take(u32 *lock)
{
	u32 spins = 0;

	/* Holders are inside for a few instructions; one that lost its CPU gets ours. */
	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(lock, __ATOMIC_RELAXED))
			if (++spins % 64 == 0)
				sched_yield();
}

void spin_lock_drop(u32 *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

static u32 *value_lock(const struct map *map, void *value)
{
	for (u32 i = 0; i < map->fields->count; i++)
		if (map->fields->at[i].kind == FIELD_SPIN_LOCK)
			return (u32 *)((u8 *)value + map->fields->at[i].off);
	return NULL;
}

void value_load_locked(const struct map *map, void *out, void *value)
{
	u32 *lock = value_lock(map, value);

	spin_lock_take(lock);
	value_load(map, out, value, map->value_size);
	spin_lock_drop(lock);
}

void value_store_locked(const struct map *map, void *value, const void *in)
{
	u32 *lock = value_lock(map, value);

	spin_lock_take(lock);
	value_store(map, value, in, map->value_size);
	spin_lock_drop(lock);
}
