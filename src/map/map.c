// SPDX-License-Identifier: BSD-2-Clause
/* map.c - making a map of any type: the rules that all types share, and the table of the types.
 *
 * What a type does is in the file of its family. Facts about Linux here and there were found by
 * trying BPF_MAP_CREATE on 6.18; tests/map/test_create.c tries them again.
 */
#include "map/map.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map/family.h"

/* Larger areas come straight from the system, which gives them out page by page. */
#define AREA_SMALL (1u << 20)

static const struct map_type types[] = {
#define MAP_FAMILY(number, label, operations, known, row)                                            \
	{ .type = number, .name = #label, .ops = &operations, .create_flags = known, .row_flags = row },
#define MAP_ABSENT(number, label) { .type = number, .name = #label },
#include "map/map.def"
};

static const struct map_type *type_row(u32 type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

const struct map_type *map_type_find(u32 type)
{
	const struct map_type *row = type_row(type);

	return row && row->ops ? row : NULL;
}

const char *map_type_name(u32 type)
{
	const struct map_type *row = type_row(type);

	return row ? row->name : NULL;
}

int percpu_check(const union bpf_attr *attr, struct log *log)
{
	/* Node -1 is "no node" even with the flag. */
	if (attr->map_flags & BPF_F_NUMA_NODE && attr->numa_node != ~0u)
		return log_error(log, -EINVAL, "map: values of every CPU cannot be on one NUMA node");
	return 0;
}

/* What Linux looks at before it asks the family, and what no family has. */
static int map_check(const struct map_type *type, const union bpf_attr *attr, struct log *log)
{
	const u32 access = BPF_F_RDONLY | BPF_F_WRONLY;

	if (attr->map_extra)
		return log_error(log, -EINVAL, "map: map_extra has no meaning for a %s map",
				 type->name);
	if ((attr->map_flags & access) == access)
		return log_error(log, -EINVAL, "map: read-only and write-only at once");
	if (attr->map_flags & BPF_F_NUMA_NODE && attr->numa_node && attr->numa_node != ~0u)
		return log_error(log, -EINVAL, "map: there is no NUMA node %u", attr->numa_node);
	return 0;
}

static int map_check_own(const struct map_type *type, const union bpf_attr *attr, struct log *log)
{
	const u32 access_prog = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if (attr->map_flags & ~type->create_flags)
		return log_error(log, -EINVAL, "map: a %s map has no flags 0x%x", type->name,
				 attr->map_flags & ~type->create_flags);
	if ((attr->map_flags & access_prog) == access_prog)
		return log_error(log, -EINVAL, "map: programs may neither read nor write it");
	return type->ops->check(attr, log);
}

/* Linux gives hashes and arrays to devices; none of ours takes them. */
static int map_check_device(struct engine *engine, const union bpf_attr *attr, struct log *log)
{
	u8 mac[6];

	if (!attr->map_ifindex)
		return 0;
	if ((attr->map_type == BPF_MAP_TYPE_HASH || attr->map_type == BPF_MAP_TYPE_ARRAY) &&
	    engine->device_mac && !engine->device_mac(engine, attr->map_ifindex, mac))
		return log_error(log, -EOPNOTSUPP, "map: device %u takes no maps", attr->map_ifindex);
	return log_error(log, -EINVAL, "map: there is no device %u for a map like this",
			 attr->map_ifindex);
}

static void map_release(struct object *object)
{
	struct map *map = map_of(object);

	if (map->ops->release)
		map->ops->release(map);
}

static void map_destroy(struct object *object)
{
	struct map *map = map_of(object);

	object_put(map->btf);
	free(map->fields);
	map->ops->destroy(map);
}

static const struct object_ops map_object_ops = {
	.kind = OBJECT_MAP,
	.name = "map",
	.release = map_release,
	.destroy = map_destroy,
};

int map_create_check(const union bpf_attr *attr, bool privileged, struct log *log)
{
	const struct map_type *type = type_row(attr->map_type);
	int err;

	if (!type)
		return log_error(log, -EINVAL, "map: there is no map type %u", attr->map_type);
	if (!type->ops)
		return log_error(log, -EOPNOTSUPP, "map: the engine has no %s maps", type->name);
	err = map_check(type, attr, log);
	if (!err && !privileged && attr->map_flags & type->create_flags & BPF_F_ZERO_SEED)
		err = log_error(log, -EPERM, "map: choosing the seed needs CAP_SYS_ADMIN");
	return err || type->row_flags & MAP_CHECK_LATE ? err : map_check_own(type, attr, log);
}

int map_create(struct engine *engine, const union bpf_attr *attr, struct log *log, struct map **out)
{
	const struct map_type *type = type_row(attr->map_type);
	struct map *map = NULL;
	int err = map_create_check(attr, true, log);

	if (!err)
		err = map_check_device(engine, attr, log);
	if (!err && type->row_flags & MAP_CHECK_LATE)
		err = map_check_own(type, attr, log);
	if (err)
		return err;
	err = type->ops->create(engine, attr, &map);
	if (err)
		return log_error(log, err, "map: %s for a %s map of %u elements, key %u, value %u bytes",
				 err == -E2BIG ? "no room in any table" : "not enough memory",
				 type->name, attr->max_entries, attr->key_size, attr->value_size);
	object_init(&map->object, engine, &map_object_ops);
	map->type = type;
	map->ops = type->ops;
	map->key_size = attr->key_size;
	map->value_size = attr->value_size;
	if (!map->max_entries)  /* a family may have rounded it */
		map->max_entries = attr->max_entries;
	map->flags = attr->map_flags;
	if (object_name_copy(map->name, attr->map_name)) {
		map->ops->destroy(map);
		return log_error(log, -EINVAL,
				 "map: a name has letters, digits, '_' and '.', 15 at most");
	}
	*out = map;
	return 0;
}

u32 map_value_room(const struct map *map)
{
	if (map->type->row_flags & MAP_PERCPU)
		return map_stride(map->value_size) * map->object.engine->cpus;
	return map->value_size;
}

void *area_alloc(u64 size)
{
	u64 room = round_up_u64(size, CACHE_LINE);
	void *area;

	if (room <= AREA_SMALL) {
		area = aligned_alloc(CACHE_LINE, room);
		if (area)
			memset(area, 0, room);
		return area;
	}
	if (room / (u64)sysconf(_SC_PAGESIZE) > (u64)sysconf(_SC_PHYS_PAGES))
		return NULL;
	area = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	return area == MAP_FAILED ? NULL : area;
}

void area_free(void *area, u64 size)
{
	u64 room = round_up_u64(size, CACHE_LINE);

	if (!area)
		return;
	if (room <= AREA_SMALL)
		free(area);
	else
		munmap(area, room);
}
