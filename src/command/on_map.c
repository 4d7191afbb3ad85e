// SPDX-License-Identifier: BSD-2-Clause
/* on_map.c - the commands that make maps and look into them.
 *
 * The order of the checks is Linux's, because it decides which errno a call with two faults gets:
 * handle, access, flags, key, value, and then what the map itself says.
 *
 * Keys and values are read where the client has them: a map copies what it keeps. What a map gives
 * out goes through a buffer of ours where the client's would do harm (next_key over its own key).
 */
#include <errno.h>
#include <stdlib.h>

#include "command/call.h"
#include "map/map.h"
#include "object/btf.h"

#define ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY)

static int map_attr_check(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct log *log = &call->log;

	if (attr->map_flags & FLAG_TOKEN_FD)
		return log_error(log, -EOPNOTSUPP, "map: BPF tokens are not supported");
	if (attr->btf_vmlinux_value_type_id)
		return log_error(log, -EINVAL, "map: only struct_ops maps have a value type of the kernel");
	if (attr->btf_key_type_id && !attr->btf_value_type_id)
		return log_error(log, -EINVAL, "map: a BTF type for the key needs one for the value");
	if (attr->map_extra && attr->map_type != BPF_MAP_TYPE_BLOOM_FILTER &&
	    attr->map_type != MAP_TYPE_ARENA)
		return log_error(log, -EINVAL, "map: map_extra has no meaning for this type");
	if ((attr->map_flags & ACCESS_FLAGS) == ACCESS_FLAGS)
		return log_error(log, -EINVAL, "map: read-only and write-only at once");
	if (attr->map_flags & BPF_F_NUMA_NODE && attr->numa_node)
		return log_error(log, -EINVAL, "map: there is no NUMA node %u", attr->numa_node);
	return 0;
}

/* What Linux checks after the map's own rules. */
static int map_attr_check_late(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	char name[BPF_OBJ_NAME_LEN];
	u32 hash_size = call_u32(call, ATTR_MAP_EXCL_PROG_HASH_SIZE);

	if (attr->map_ifindex)
		return log_error(&call->log, -EINVAL, "map: device %u takes no maps",
				 attr->map_ifindex);
	if (name_copy(name, attr->map_name))
		return log_error(&call->log, -EINVAL,
				 "map: a name has letters, digits, '_' and '.', 15 at most");
	if (!call_u64(call, ATTR_MAP_EXCL_PROG_HASH))
		return hash_size ? -EINVAL : 0;
	if (hash_size != 32)
		return log_error(&call->log, -EINVAL, "map: a program's hash has 32 bytes");
	return log_error(&call->log, -EOPNOTSUPP, "map: maps for one program are not supported");
}

/* The type behind typedefs and qualifiers; NULL when there is none within reason. */
static const struct btf_type *btf_strip(const struct btf *btf, u32 id)
{
	for (int depth = 0; depth < 32; depth++) {
		const struct btf_type *type = btf_type(btf, id);

		if (!type)
			return NULL;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			continue;
		default:
			return type;
		}
	}
	return NULL;
}

/* What a family asks of the type of its keys. Facts: MAP_CREATE tried on Linux 6.18. */
static int map_key_type_check(const struct map *map, const struct btf *btf, u32 key, u32 value)
{
	const struct btf_type *type = btf_strip(btf, key), *value_type = btf_strip(btf, value);

	switch (map->type->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		if (!key)
			return map->type->type == BPF_MAP_TYPE_ARRAY && map->max_entries == 1 &&
			       value_type && BTF_INFO_KIND(value_type->info) == BTF_KIND_DATASEC ?
			       0 : -EINVAL;
		return type && BTF_INFO_KIND(type->info) == BTF_KIND_INT && type->size == 4 &&
		       BTF_INT_BITS(get_u32(type + 1)) == 32 && !BTF_INT_OFFSET(get_u32(type + 1)) ?
		       0 : -EINVAL;
	case BPF_MAP_TYPE_LPM_TRIE:
		return type && BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT ? 0 : -EINVAL;
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return -LINUX_ENOTSUPP;
	default:
		return key ? 0 : -EINVAL;
	}
}

static int map_btf_check(struct call *call, struct map *map)
{
	const union bpf_attr *attr = &call->attr->bpf;
	const struct btf *btf;
	u32 key = 0, value = 0;
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id)
		return 0;
	err = fd_get(call->client, (int)attr->btf_fd, OBJECT_BTF, &map->btf, NULL);
	if (err)
		return log_error(&call->log, err, "map: handle %d is not BTF", (int)attr->btf_fd);
	btf = btf_of(map->btf);
	map->btf_key_id = attr->btf_key_type_id;
	map->btf_value_id = attr->btf_value_type_id;
	if (map->btf_key_id &&
	    (btf_size_of(btf, map->btf_key_id, &key) || key != map->key_size))
		return log_error(&call->log, -EINVAL, "map: BTF type %u is no key of %u bytes",
				 map->btf_key_id, map->key_size);
	if (btf_size_of(btf, map->btf_value_id, &value) || value != map->value_size)
		return log_error(&call->log, -EINVAL, "map: BTF type %u is no value of %u bytes",
				 map->btf_value_id, map->value_size);
	err = map_key_type_check(map, btf, map->btf_key_id, map->btf_value_id);
	if (err)
		return log_error(&call->log, err, "map: a %s map takes no keys of BTF type %u",
				 map->type->name, map->btf_key_id);
	return 0;
}

int on_map_create(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	err = map_attr_check(call);
	if (!err)
		err = map_create(call->engine, attr, &call->log, &map);
	if (err)
		return err;
	err = map_attr_check_late(call);
	if (!err)
		err = map_btf_check(call, map);
	if (!err)
		err = object_publish(&map->object);
	if (!err)
		err = fd_install(call->client, &map->object, attr->map_flags & ACCESS_FLAGS);
	if (err < 0)
		object_put_user(&map->object);
	return err;
}

/* The map behind map_fd, for a caller that wants to @read and @write: a frozen map is not written
 * by bpf(2) any more. object_put() it. */
static int map_open(struct call *call, bool read, bool write, struct map **out)
{
	int fd = (int)call->attr->bpf.map_fd;
	struct object *object;
	u32 access = 0;
	int err = fd_get(call->client, fd, OBJECT_MAP, &object, &access);

	if (err)
		return log_error(&call->log, err, "map: handle %d is not a map", fd);
	if ((read && access & BPF_F_WRONLY) ||
	    (write && (access & BPF_F_RDONLY || atomic_load(&map_of(object)->frozen)))) {
		object_put(object);
		return log_error(&call->log, -EPERM, "map: handle %d does not allow to %s", fd,
				 read ? "read" : "write");
	}
	*out = map_of(object);
	return 0;
}

/* Until maps have spin locks, asking for theirs is asking for what is not there. */
static int map_lock_check(struct call *call)
{
	if (call->attr->bpf.flags & BPF_F_LOCK)
		return log_error(&call->log, -EINVAL, "map: its values have no spin lock");
	return 0;
}

/* Key and value are where the client said; @value 0: not needed. */
static int map_args_check(const struct map *map, u64 key, bool need_value, u64 value)
{
	if (map->key_size && !key)
		return -EFAULT;
	if (!map->key_size && key)
		return -EINVAL;
	return need_value && !value ? -EFAULT : 0;
}

static void map_enter(struct call *call)
{
	reclaim_enter(call->engine->reclaim, call->client->slot);
}

static void map_exit(struct call *call)
{
	reclaim_exit(call->engine->reclaim, call->client->slot);
}

/* Read one value; @take: and remove it. */
static int map_read(struct call *call, struct map *map, bool take)
{
	const union bpf_attr *attr = &call->attr->bpf;
	const void *key = u64_ptr(attr->key);
	void *value = malloc(map_value_room(map));
	int err;

	if (!value)
		return -ENOMEM;
	map_enter(call);
	err = map->ops->read ? map->ops->read(map, key, value, attr->flags) : -LINUX_ENOTSUPP;
	if (!err && take)
		err = map->ops->remove(map, key);
	map_exit(call);
	if (!err)
		err = user_write(attr->value, value, map_value_room(map));
	free(value);
	return err;
}

int on_map_lookup(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return log_error(&call->log, -EINVAL, "map: a lookup has no flags 0x%llx", attr->flags);
	err = map_open(call, true, false, &map);
	if (err)
		return err;
	err = map_lock_check(call);
	if (!err)
		err = map_args_check(map, attr->key, false, 0);
	if (!err)
		err = map_read(call, map, false);
	object_put(&map->object);
	return err;
}

int on_map_update(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	err = map_open(call, false, true, &map);
	if (err)
		return err;
	atomic_fetch_add(&map->writers, 1);
	err = map_lock_check(call);
	if (!err)
		err = map_args_check(map, attr->key, true, attr->value);
	if (!err) {
		map_enter(call);
		err = map->ops->write ? map->ops->write(map, call->client, u64_ptr(attr->key),
							u64_ptr(attr->value), attr->flags)
				      : -LINUX_ENOTSUPP;
		map_exit(call);
	}
	atomic_fetch_sub(&map->writers, 1);
	object_put(&map->object);
	return err;
}

int on_map_delete(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	err = map_open(call, false, true, &map);
	if (err)
		return err;
	atomic_fetch_add(&map->writers, 1);
	err = map_args_check(map, attr->key, false, 0);
	if (!err) {
		map_enter(call);
		err = map->ops->remove ? map->ops->remove(map, u64_ptr(attr->key)) : -LINUX_ENOTSUPP;
		map_exit(call);
	}
	atomic_fetch_sub(&map->writers, 1);
	object_put(&map->object);
	return err;
}

int on_map_next_key(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	void *next;
	int err;

	err = map_open(call, true, false, &map);
	if (err)
		return err;
	next = malloc(map->key_size ? map->key_size : 1);
	if (!next) {
		err = -ENOMEM;
	} else {
		map_enter(call);
		err = map->ops->next_key ? map->ops->next_key(map, u64_ptr(attr->key), next)
					 : -LINUX_ENOTSUPP;
		map_exit(call);
	}
	if (!err)
		err = user_write(attr->next_key, next, map->key_size);
	free(next);
	object_put(&map->object);
	return err;
}

static bool map_can_take(const struct map *map)
{
	switch (map->type->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return true;
	default:
		return false;
	}
}

/* Look up and delete. A program that writes the value between the two steps writes into the value
 * that goes away, as it does on Linux when it holds the pointer. */
int on_map_take(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return log_error(&call->log, -EINVAL, "map: a lookup has no flags 0x%llx", attr->flags);
	err = map_open(call, true, true, &map);
	if (err)
		return err;
	atomic_fetch_add(&map->writers, 1);
	err = map_lock_check(call);
	if (!err)
		err = map_args_check(map, attr->key, false, 0);
	if (!err)
		err = map_can_take(map) ? map_read(call, map, true)
			: log_error(&call->log, -LINUX_ENOTSUPP,
				    "map: a %s map has no lookup-and-delete", map->type->name);
	atomic_fetch_sub(&map->writers, 1);
	object_put(&map->object);
	return err;
}

int on_map_freeze(struct call *call)
{
	struct map *map = NULL;
	int err;

	err = map_open(call, false, true, &map);
	if (err)
		return err;
	if (atomic_load(&map->writers) || atomic_exchange(&map->frozen, true))
		err = log_error(&call->log, -EBUSY, "map: it is being written to, or frozen already");
	object_put(&map->object);
	return err;
}
