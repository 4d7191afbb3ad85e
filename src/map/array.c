// SPDX-License-Identifier: BSD-2-Clause
/* array.c - the array: values in a row, the key is the index, everything exists from the start.
 *
 *   values: | value 0, padding to 8 | value 1, ... | ... | value max_entries - 1 |
 *
 * A value is written in place, word by word; that is all the agreement there is between writers. With
 * BPF_F_MMAPABLE the values lie in a file that clients map (shared.c) and write to as they like.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/hash.h"
#include "map/family.h"
#include "map/shared.h"
#include "object/btf.h"

struct array {
	struct map map;
	u32 stride;
	u64 size;
	u8 *values;
};

static inline struct array *array_of(struct map *map)
{
	return container_of(map, struct array, map);
}

int array_check(const union bpf_attr *attr, struct log *log)
{
	if (!attr->max_entries)
		return log_error(log, -EINVAL, "map: an array needs max_entries of 1 at least");
	if (attr->key_size != 4)
		return log_error(log, -EINVAL, "map: the key of an array has 4 bytes, not %u",
				 attr->key_size);
	if (!attr->value_size)
		return log_error(log, -EINVAL, "map: the values of an array need a size");
	if (attr->value_size > INT_MAX)
		return log_error(log, -E2BIG, "map: a value of %u bytes is too large",
				 attr->value_size);
	return 0;
}

int array_check_types(const struct map *map, const struct btf *btf, u32 key_type, u32 value_type)
{
	const struct btf_type *key = btf_resolve(&btf->view, key_type);

	return key && BTF_INFO_KIND(key->info) == BTF_KIND_INT && key->size == 4 &&
	       BTF_INT_BITS(get_u32(key + 1)) == 32 && !BTF_INT_OFFSET(get_u32(key + 1)) ? 0 : -EINVAL;
}

/* A section of global variables has no key. */
static int array_own_check_types(const struct map *map, const struct btf *btf, u32 key_type,
				 u32 value_type)
{
	const struct btf_type *value = btf_resolve(&btf->view, value_type);

	if (key_type)
		return array_check_types(map, btf, key_type, value_type);
	return map->max_entries == 1 && value && BTF_INFO_KIND(value->info) == BTF_KIND_DATASEC ?
	       0 : -EINVAL;
}

int array_next_key(struct map *map, const void *key, void *next)
{
	u32 index = key ? get_u32(key) : ~0u;

	if (index >= map->max_entries)
		index = ~0u;
	else if (index == map->max_entries - 1)
		return -ENOENT;
	put_u32(next, index + 1);
	return 0;
}

bool array_each(struct map *map, struct map_cursor *cursor, const void **key, void **value, u32 cpu)
{
	if (cursor->place == map->max_entries)
		return false;
	cursor->index = cursor->place++;
	*key = &cursor->index;
	*value = map->ops->lookup(map, &cursor->index, cpu);
	return true;
}

static int array_values(struct array *array, u32 flags)
{
	struct shared_memory *shared = &array->map.shared;
	int err;

	if (!(flags & BPF_F_MMAPABLE)) {
		array->values = area_alloc(array->size);
		return array->values ? 0 : -ENOMEM;
	}
	err = shared_create(array->size, flags & BPF_F_RDONLY_PROG, shared);
	array->values = shared->at;
	return err;
}

static int array_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	struct array *array = calloc(1, sizeof(*array));
	int err;

	if (!array)
		return -ENOMEM;
	array->stride = map_stride(attr->value_size);
	array->size = (u64)array->stride * attr->max_entries;
	err = array_values(array, attr->map_flags);
	if (err) {
		free(array);
		return err;
	}
	*out = &array->map;
	return 0;
}

static void array_destroy(struct map *map)
{
	struct array *array = array_of(map);

	if (map->shared.at)
		shared_free(&map->shared);
	else
		area_free(array->values, array->size);
	free(array);
}

static inline void *array_at(struct array *array, u32 index)
{
	return array->values + (u64)index * array->stride;
}

static void *array_lookup(struct map *map, const void *key, u32 cpu)
{
	u32 index = get_u32(key);

	if (unlikely(index >= map->max_entries))
		return NULL;
	return array_at(array_of(map), index);
}

static int array_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	u32 index = get_u32(key);

	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	if (flags & BPF_F_LOCK && !map_has_lock(map))
		return -EINVAL;
	if (flags & BPF_F_LOCK)
		value_store_locked(map, array_at(array_of(map), index), value);
	else
		value_store(map, array_at(array_of(map), index), value, map->value_size);
	return 0;
}

static int array_remove(struct map *map, const void *key) { return -EINVAL; }

static int array_read(struct map *map, const void *key, void *value, u64 flags)
{
	u32 index = get_u32(key);

	if (flags & ~(u64)BPF_F_LOCK || (flags && !map_has_lock(map)))
		return -EINVAL;
	if (index >= map->max_entries)
		return -ENOENT;
	if (flags)
		value_load_locked(map, value, array_at(array_of(map), index));
	else
		value_load(map, value, array_at(array_of(map), index), map->value_size);
	return 0;
}

static int array_write(struct map *map, struct client *client, const void *key, const void *value,
		       u64 flags)
{
	if (flags & BPF_F_LOCK && !map_has_lock(map))
		return -EINVAL;
	return array_update(map, key, value, flags, 0);
}

static int array_direct_value(struct map *map, u32 off, u8 **value, u32 *left)
{
	if (map->max_entries != 1)
		return -MAP_ENOTSUPP;
	if (off >= map->value_size)
		return -EINVAL;
	*value = array_of(map)->values + off;
	*left = map->value_size - off;
	return 0;
}

static int array_hash(struct map *map, u8 digest[32])
{
	hash_sha256(array_of(map)->values, array_of(map)->size, digest);
	return 0;
}

const struct map_ops array_ops = {
	.check = array_check,
	.check_types = array_own_check_types,
	.create = array_create,
	.destroy = array_destroy,
	.lookup = array_lookup,
	.update = array_update,
	.remove = array_remove,
	.each = array_each,
	.read = array_read,
	.write = array_write,
	.next_key = array_next_key,
	.direct_value = array_direct_value,
	.hash = array_hash,
};
