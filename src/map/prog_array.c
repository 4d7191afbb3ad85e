// SPDX-License-Identifier: BSD-2-Clause
/* prog_array.c - the program array: where tail calls find the next program.
 *
 * A slot holds one reference to its program and is exchanged as a whole, so a program on its way
 * through a tail call sees the old program or the new one. The reference that comes out is put at
 * once: object_put() frees what nobody holds only after the readers have left.
 *
 * The owner is what the first program was that was put in, or that was loaded to jump through it.
 * It stays when the array is emptied; programs of another kind are refused from then on.
 */
#include <errno.h>
#include <stdlib.h>

#include "map/family.h"
#include "object/prog.h"

#define OWNER_SET (1ull << 63)
#define OWNER_FRAGS (1ull << 31)

static inline struct prog_array *prog_array_of(struct map *map)
{
	return container_of(map, struct prog_array, map);
}

static int prog_array_check(const union bpf_attr *attr, struct log *log)
{
	if (attr->value_size != sizeof(u32))
		return log_error(log, -EINVAL, "map: the value of a program array has 4 bytes, not %u",
				 attr->value_size);
	return array_check(attr, log);
}

static int prog_array_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	struct prog_array *array = calloc(1, sizeof(*array));

	if (!array)
		return -ENOMEM;
	array->slot = area_alloc((u64)attr->max_entries * sizeof(*array->slot));
	if (!array->slot) {
		free(array);
		return -ENOMEM;
	}
	*out = &array->map;
	return 0;
}

static struct prog *prog_array_swap(struct prog_array *array, u32 index, struct prog *prog)
{
	return atomic_exchange(&array->slot[index], prog);
}

static void prog_array_use(struct prog_array *array, u32 index)
{
	u32 used = atomic_load(&array->used);

	while (used <= index && !atomic_compare_exchange_weak(&array->used, &used, index + 1))
		;
}

static void prog_array_release(struct map *map)
{
	struct prog_array *array = prog_array_of(map);

	for (u32 i = 0; i < atomic_load(&array->used); i++) {
		struct prog *prog = prog_array_swap(array, i, NULL);

		if (prog)
			object_put(&prog->object);
	}
}

static void prog_array_destroy(struct map *map)
{
	struct prog_array *array = prog_array_of(map);

	prog_array_release(map);
	area_free(array->slot, (u64)map->max_entries * sizeof(*array->slot));
	free(array);
}

static int prog_array_claim(struct map *map, const struct prog *prog)
{
	struct prog_array *array = prog_array_of(map);
	u64 owner = OWNER_SET | (u64)(prog->attach_type & 0x7fffffff) << 32 | prog->type |
		    (prog->flags & BPF_F_XDP_HAS_FRAGS ? OWNER_FRAGS : 0);
	u64 found = 0;

	if (atomic_compare_exchange_strong(&array->owner, &found, owner))
		return 0;
	return found == owner ? 0 : -EINVAL;
}

static int prog_array_remove(struct map *map, const void *key)
{
	u32 index = get_u32(key);
	struct prog *prog;

	if (index >= map->max_entries)
		return -E2BIG;
	prog = prog_array_swap(prog_array_of(map), index, NULL);
	if (!prog)
		return -ENOENT;
	object_put(&prog->object);
	return 0;
}

static int prog_array_read(struct map *map, const void *key, void *value, u64 flags)
{
	struct prog *prog = map_prog_at(map, get_u32(key));

	if (flags)
		return -EINVAL;
	if (!prog)
		return -ENOENT;
	put_u32(value, prog->object.id);
	return 0;
}

static int prog_array_write(struct map *map, struct client *client, const void *key,
			    const void *value, u64 flags)
{
	u32 index = get_u32(key);
	struct object *object;
	struct prog *old;
	int err;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	err = fd_get_own(client, (s32)get_u32(value), OBJECT_PROG, &object, NULL);
	if (err)
		return err;
	err = prog_array_claim(map, prog_of(object));
	if (err) {
		object_put(object);
		return err;
	}
	prog_array_use(prog_array_of(map), index);
	old = prog_array_swap(prog_array_of(map), index, prog_of(object));
	if (old)
		object_put(&old->object);
	/* The last handle may have gone meanwhile: then nobody else would empty the array, and a program
	 * in it that jumps through it would keep both for ever. */
	if (!atomic_load(&map->object.users))
		prog_array_release(map);
	return 0;
}

const struct map_ops prog_array_ops = {
	.check = prog_array_check,
	.create = prog_array_create,
	.destroy = prog_array_destroy,
	.release = prog_array_release,
	.remove = prog_array_remove,
	.read = prog_array_read,
	.write = prog_array_write,
	.next_key = array_next_key,
	.claim = prog_array_claim,
};
