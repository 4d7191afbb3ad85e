// SPDX-License-Identifier: BSD-2-Clause
/* family.h - what the families of maps share among themselves: memory, copies of values, and the
 * rules of everything that has an array's keys. Nobody outside of map/ includes it.
 */
#ifndef CLSBPF_MAP_FAMILY_H
#define CLSBPF_MAP_FAMILY_H

#include "map/map.h"

#define MAP_FAMILY(type, name, ops, create_flags, row_flags) extern const struct map_ops ops;
#define MAP_ABSENT(type, name)
#include "map/map.def"

/* The largest unit of Linux's per-CPU allocator: bound of a per-CPU value. */
#define PERCPU_VALUE_MAX (32u << 10)

/* What bpf(2) passes for "every CPU" where programs pass the number of theirs. */
#define CPU_ALL (~0u)

/** area_alloc() - @size bytes of zeroes, aligned to CACHE_LINE; what is large takes memory only when
 *  it is touched. NULL: out of memory, or more than the machine has (as vmalloc on Linux). */
void *area_alloc(u64 size);
void area_free(void *area, u64 size);

/** value_load() - copy @size bytes of a value out of @map, word by word, so that a counter that somebody
 *  adds to meanwhile is not torn. @value is aligned to 8. Special fields read as zeroes. */
void value_load(const struct map *map, void *out, const void *value, u32 size);
/** value_store() - the same into the map; special fields stay as they are. */
void value_store(const struct map *map, void *value, const void *in, u32 size);
/** value_begin() - the special fields of a new value. */
void value_begin(const struct map *map, void *value);

/** value_load_locked() / value_store_locked() - the whole value, under the spin lock that it has. */
void value_load_locked(const struct map *map, void *out, void *value);
void value_store_locked(const struct map *map, void *value, const void *in);

/** array_check() - the rules of BPF_MAP_CREATE for whatever has indices as keys. */
int array_check(const union bpf_attr *attr, struct log *log);

/** array_check_types() - map_ops.check_types for the same: the key is an int of 32 bits. */
int array_check_types(const struct map *map, const struct btf *btf, u32 key_type, u32 value_type);

/** array_next_key() - map_ops.next_key for the same. */
int array_next_key(struct map *map, const void *key, void *next);

/** array_each() - map_ops.each for the same. */
bool array_each(struct map *map, struct map_cursor *cursor, const void **key, void **value, u32 cpu);

/** percpu_check() - the rules for per-CPU values: their size, and no NUMA node. */
int percpu_check(const union bpf_attr *attr, struct log *log);

#endif
