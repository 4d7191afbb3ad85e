// SPDX-License-Identifier: BSD-2-Clause
/* map_btf.c - the BTF types of a map's keys and values: do they fit, and is there something special in
 * the values?
 *
 * Fields that are wrong in themselves are no fields to Linux: it takes the map, and so does the engine. What
 * is in the others is map/fields.c's. Source: MAP_CREATE on Linux 6.18 (tests/command/test_btf_load.c).
 */
#include <errno.h>

#include "command/call.h"
#include "map/map.h"
#include "object/btf.h"

/* What kind of field a row of map.def has to allow. */
static bool map_has_fields(const struct map_type *type, u32 kinds)
{
	static const struct {
		u32 row_flag, kinds;
	} rules[] = {
		{ MAP_FIELD_LOCK, FIELD_SPIN_LOCK | FIELD_RES_SPIN_LOCK },
		{ MAP_FIELD_WORK, FIELD_TIMER | FIELD_WORKQUEUE | FIELD_TASK_WORK | FIELD_ROOTS },
		{ MAP_FIELD_KPTR, FIELD_KPTRS | FIELD_REFCOUNT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (type->row_flags & rules[i].row_flag)
			kinds &= ~rules[i].kinds;
	return !kinds;
}

/* The map keeps what it finds. */
static int map_fields_check(struct call *call, struct map *map, const struct btf *btf)
{
	struct btf_fields fields;
	int err = btf_fields_find(&btf->view, map->btf_value_id, FIELDS_OF_MAPS, map->value_size, &fields);

	if (err == -ENOMEM)
		return err;
	if (err || !fields.count)
		return 0;
	err = call_require(call, RIGHT_BPF);
	if (err)
		return err;
	if (map->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return log_error(&call->log, -EACCES,
				 "map: programs must be able to read and write special fields");
	if (!map_has_fields(map->type, fields.kinds))
		return log_error(&call->log, -EOPNOTSUPP,
				 "map: a %s map cannot have the special fields of BTF type %u",
				 map->type->name, map->btf_value_id);
	err = btf_fields_owned(&btf->view, &btf->owners, &fields);
	if (err)
		return log_error(&call->log, err, "map: the special fields of BTF type %u cannot own "
				 "what they should", map->btf_value_id);
	map->fields = malloc(sizeof(fields));
	if (!map->fields)
		return -ENOMEM;
	*map->fields = fields;
	return 0;
}

/* What the family asks for. */
static int map_types_check(struct call *call, const struct map *map, const struct btf *btf)
{
	int err = map->ops->check_types ? map->ops->check_types(map, btf, map->btf_key_id, map->btf_value_id)
					: 0;

	return err ? log_error(&call->log, err, "map: a %s map takes no keys of BTF type %u",
			       map->type->name, map->btf_key_id) : 0;
}

int map_btf_check(struct call *call, struct map *map)
{
	const union bpf_attr *attr = &call->attr->bpf;
	u32 key = 0, value = 0;
	const struct btf *btf;
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id)
		return 0;
	err = fd_get(call->client, (int)attr->btf_fd, OBJECT_BTF, &map->btf, NULL);
	if (err)
		return log_error(&call->log, err, "map: handle %d is not BTF", (int)attr->btf_fd);
	btf = btf_of(map->btf);
	map->btf_key_id = attr->btf_key_type_id;
	map->btf_value_id = attr->btf_value_type_id;
	if (!map->btf_key_id && !map->ops->check_types)
		return log_error(&call->log, -EINVAL, "map: a %s map needs a BTF type for its key",
				 map->type->name);
	if (map->btf_key_id &&
	    (btf_size_of(&btf->view, map->btf_key_id, &key) || key != map->key_size))
		return log_error(&call->log, -EINVAL, "map: BTF type %u is no key of %u bytes",
				 map->btf_key_id, map->key_size);
	if (btf_size_of(&btf->view, map->btf_value_id, &value) || value != map->value_size)
		return log_error(&call->log, -EINVAL, "map: BTF type %u is no value of %u bytes",
				 map->btf_value_id, map->value_size);
	err = map_fields_check(call, map, btf);
	if (!err)
		err = map_types_check(call, map, btf);
	return err;
}
