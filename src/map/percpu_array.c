// SPDX-License-Identifier: BSD-2-Clause
/* percpu_array.c - an array for each CPU, so that workers never share a cache line of values.
 *
 *   area: | array of CPU 0, padding to a cache line | array of CPU 1 | ... |
 *
 * A program sees the array of the worker that runs it; bpf(2) sees a value of every CPU in a row.
 */
#include <errno.h>
#include <stdlib.h>

#include "map/family.h"

struct percpu_array {
	struct map map;
	u32 stride;   /* from one value to the next */
	u32 cpus;
	u64 pitch;    /* from one CPU to the next */
	u8 *area;
};

static inline struct percpu_array *percpu_array_of(struct map *map)
{
	return container_of(map, struct percpu_array, map);
}

static int percpu_array_check(const union bpf_attr *attr, struct log *log)
{
	int err = percpu_check(attr, log);

	if (!err)
		err = array_check(attr, log);
	if (!err && attr->value_size > PERCPU_VALUE_MAX)
		return log_error(log, -E2BIG, "map: a value of %u bytes a CPU, %u at most",
				 attr->value_size, PERCPU_VALUE_MAX);
	return err;
}

static int percpu_array_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	struct percpu_array *array = calloc(1, sizeof(*array));

	if (!array)
		return -ENOMEM;
	array->cpus = engine->cpus;
	array->stride = map_stride(attr->value_size);
	array->pitch = round_up_u64((u64)array->stride * attr->max_entries, CACHE_LINE);
	array->area = area_alloc(array->pitch * array->cpus);
	if (!array->area) {
		free(array);
		return -ENOMEM;
	}
	*out = &array->map;
	return 0;
}

static void percpu_array_destroy(struct map *map)
{
	struct percpu_array *array = percpu_array_of(map);

	area_free(array->area, array->pitch * array->cpus);
	free(array);
}

static inline void *percpu_array_at(struct percpu_array *array, u32 index, u32 cpu)
{
	return array->area + array->pitch * cpu + (u64)index * array->stride;
}

static void *percpu_array_lookup(struct map *map, const void *key, u32 cpu)
{
	struct percpu_array *array = percpu_array_of(map);
	u32 index = get_u32(key);

	if (unlikely(index >= map->max_entries || cpu >= array->cpus))
		return NULL;
	return percpu_array_at(array, index, cpu);
}

static int percpu_array_update_check(struct map *map, u32 index, u64 flags)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	return flags == BPF_NOEXIST ? -EEXIST : 0;
}

static int percpu_array_update(struct map *map, const void *key, const void *value, u64 flags,
			       u32 cpu)
{
	struct percpu_array *array = percpu_array_of(map);
	u32 index = get_u32(key);
	/* BPF_F_LOCK: Linux looks at the index first when a program asks, and last for bpf(2). */
	bool lock = flags <= (BPF_EXIST | BPF_F_LOCK) && index >= map->max_entries;
	int err = percpu_array_update_check(map, index, lock ? flags & ~(u64)BPF_F_LOCK : flags);

	if (err || cpu >= array->cpus)
		return err ? err : -EINVAL;
	value_store(map, percpu_array_at(array, index, cpu), value, map->value_size);
	return 0;
}

static int percpu_array_remove(struct map *map, const void *key) { return -EINVAL; }

static int percpu_array_read(struct map *map, const void *key, void *value, u64 flags)
{
	struct percpu_array *array = percpu_array_of(map);
	u32 index = get_u32(key);

	if (flags)
		return -EINVAL;
	if (index >= map->max_entries)
		return -ENOENT;
	for (u32 cpu = 0; cpu < array->cpus; cpu++)
		value_load(map, (u8 *)value + (size_t)cpu * array->stride,
			   percpu_array_at(array, index, cpu), array->stride);
	return 0;
}

static int percpu_array_write(struct map *map, struct client *client, const void *key,
			      const void *value, u64 flags)
{
	struct percpu_array *array = percpu_array_of(map);
	u32 index = get_u32(key);
	int err = percpu_array_update_check(map, index, flags);

	if (err)
		return err;
	for (u32 cpu = 0; cpu < array->cpus; cpu++)
		value_store(map, percpu_array_at(array, index, cpu),
			    (const u8 *)value + (size_t)cpu * array->stride, array->stride);
	return 0;
}

const struct map_ops percpu_array_ops = {
	.check = percpu_array_check,
	.check_types = array_check_types,
	.create = percpu_array_create,
	.destroy = percpu_array_destroy,
	.lookup = percpu_array_lookup,
	.update = percpu_array_update,
	.remove = percpu_array_remove,
	.each = array_each,
	.read = percpu_array_read,
	.write = percpu_array_write,
	.next_key = array_next_key,
};
