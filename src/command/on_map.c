// SPDX-License-Identifier: BSD-2-Clause
/* on_map.c - the commands that make maps and look into them.
 *
 * The order of the checks is Linux's, because it decides which errno a call with two faults gets:
 * handle, access, flags, key, value, and then what the map itself says.
 *
 * Keys and values of a client in this process are read where they are: a map copies what it keeps.
 * What a map gives out goes through a buffer of ours: it may be the client's key as well. The client's
 * memory, handles and patience are asked for outside of read sections only.
 */
#include <errno.h>

#include "command/map_call.h"
#include "map/shared.h"

#define ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY)

/* What is checked before the map's own rules. */
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
	return 0;
}

/* What is checked last. */
static int map_hash_check(struct call *call)
{
	u32 hash_size = call_u32(call, ATTR_MAP_EXCL_PROG_HASH_SIZE);

	if (!call_u64(call, ATTR_MAP_EXCL_PROG_HASH))
		return hash_size ? -EINVAL : 0;
	if (hash_size != 32)
		return log_error(&call->log, -EINVAL, "map: a program's hash has 32 bytes");
	return log_error(&call->log, -EOPNOTSUPP, "map: maps for one program are not supported");
}

/* Who may make a map of this type. Without CAP_PERFMON an array is as large as the mask that its indices
 * get, as on a Linux that guards itself against what a processor does ahead of time. */
static int map_rights_check(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	const struct map_type *type = map_type_find(attr->map_type);
	int err = call_require_bpf(call);

	if (!err && type->row_flags & MAP_CAP_BPF)
		err = call_require(call, RIGHT_BPF);
	if (!err && type->row_flags & MAP_INDEXED && attr->max_entries > 1u << 31 &&
	    !call_may(call, RIGHT_PERFMON))
		err = log_error(&call->log, -E2BIG, "map: %u elements need CAP_PERFMON",
				attr->max_entries);
	return err;
}

int on_map_create(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	err = map_attr_check(call);
	if (!err)
		err = map_create_check(attr, call_may(call, RIGHT_SYS_ADMIN), &call->log);
	if (!err)
		err = map_rights_check(call);
	if (!err)
		err = map_create(call->engine, attr, &call->log, &map);
	if (err)
		return err;
	err = map_btf_check(call, map);
	if (!err)
		err = map_hash_check(call);
	if (!err)
		err = object_publish(&map->object);
	if (!err)
		err = fd_install(call->client, &map->object, attr->map_flags & ACCESS_FLAGS);
	if (err < 0)
		object_put_user(&map->object);
	return err;
}

void map_close(struct map *map, bool write)
{
	if (write)
		atomic_fetch_sub(&map->writers, 1);
	object_put(&map->object);
}

int map_open(struct call *call, int fd, bool read, bool write, struct map **out)
{
	struct object *object;
	struct map *map;
	u32 access = 0;
	int err = fd_get(call->client, fd, OBJECT_MAP, &object, &access);

	if (err)
		return log_error(&call->log, err, "map: handle %d is not a map", fd);
	map = map_of(object);
	/* Counted first: either this sees that the map is frozen, or who freezes it sees this. */
	if (write)
		atomic_fetch_add(&map->writers, 1);
	if ((read && access & BPF_F_WRONLY) ||
	    (write && (access & BPF_F_RDONLY || atomic_load(&map->frozen)))) {
		map_close(map, write);
		return log_error(&call->log, -EPERM, "map: handle %d does not allow to %s it", fd,
				 write ? "write" : "read");
	}
	*out = map;
	return 0;
}

int map_lock_check(struct call *call, const struct map *map, u64 flags)
{
	if (flags & BPF_F_LOCK && !map_has_lock(map))
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
	return need_value && map->value_size && !value ? -EFAULT : 0;
}

static int map_key(struct call *call, const struct map *map, struct user_view *key)
{
	return user_view(call, key, call->attr->bpf.key, map->key_size);
}

/* Get one value by @get, which is ops->read or ops->take. */
static int map_give(struct call *call, struct map *map,
		    int (*get)(struct map *map, const void *key, void *value, u64 flags))
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct user_view key, value = { .owned = NULL };
	void *room = NULL;
	int err;

	err = map_key(call, map, &key);
	if (!err && !get)
		err = log_error(&call->log, -MAP_ENOTSUPP, "map: a %s map cannot do that",
				map->type->name);
	if (!err) {
		room = user_view_room(&value, map_value_room(map));
		err = room ? 0 : -ENOMEM;
	}
	if (!err) {
		map_enter(call);
		err = get(map, key.bytes, room, attr->flags);
		map_exit(call);
	}
	if (!err)
		err = user_write(call, attr->value, room, map_value_room(map));
	user_view_end(&key);
	user_view_end(&value);
	return err;
}

int on_map_lookup(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return log_error(&call->log, -EINVAL, "map: a lookup has no flags 0x%llx", attr->flags);
	err = map_open(call, (int)attr->map_fd, true, false, &map);
	if (err)
		return err;
	err = map_lock_check(call, map, attr->flags);
	if (!err)
		err = map_args_check(map, attr->key, false, 0);
	if (!err)
		err = map_give(call, map, map->ops->read);
	map_close(map, false);
	return err;
}

int map_write(struct call *call, struct map *map, const void *key, const void *value, u64 flags)
{
	s32 handle;
	int err;

	if (map->type->row_flags & MAP_VALUE_FD) {
		handle = (s32)fd_translate(call->client, (s32)get_u32(value));
		value = &handle;
	}
	map_enter(call);
	err = map->ops->write(map, call->client, key, value, flags);
	map_exit(call);
	return err;
}

static int map_put(struct call *call, struct map *map)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct user_view key, value = { .owned = NULL };
	int err;

	err = map_key(call, map, &key);
	if (!err)
		err = user_view(call, &value, attr->value, map_value_room(map));
	if (!err && !map->ops->write)
		err = log_error(&call->log, -MAP_ENOTSUPP, "map: a %s map cannot do that",
				map->type->name);
	if (!err)
		err = map_write(call, map, key.bytes, value.bytes, attr->flags);
	user_view_end(&key);
	user_view_end(&value);
	return err;
}

int on_map_update(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	err = map_open(call, (int)attr->map_fd, false, true, &map);
	if (err)
		return err;
	err = map_lock_check(call, map, attr->flags);
	if (!err)
		err = map_args_check(map, attr->key, true, attr->value);
	if (!err)
		err = map_put(call, map);
	map_close(map, true);
	return err;
}

int on_map_delete(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct user_view key;
	struct map *map = NULL;
	int err;

	err = map_open(call, (int)attr->map_fd, false, true, &map);
	if (err)
		return err;
	err = map_args_check(map, attr->key, false, 0);
	if (!err) {
		err = map_key(call, map, &key);
		if (!err) {
			map_enter(call);
			err = map->ops->remove ? map->ops->remove(map, key.bytes) : -MAP_ENOTSUPP;
			map_exit(call);
		}
		user_view_end(&key);
	}
	map_close(map, true);
	return err;
}

static int map_next(struct call *call, struct map *map)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct user_view key, next = { .owned = NULL };
	void *room = NULL;
	int err;

	if (!map->key_size && attr->key)
		return -EINVAL;
	err = map_key(call, map, &key);
	if (!err) {
		room = user_view_room(&next, map->key_size);
		err = room ? 0 : -ENOMEM;
	}
	if (!err) {
		map_enter(call);
		err = map->ops->next_key ? map->ops->next_key(map, key.bytes, room) : -MAP_ENOTSUPP;
		map_exit(call);
	}
	if (!err)
		err = user_write(call, attr->next_key, room, map->key_size);
	user_view_end(&key);
	user_view_end(&next);
	return err;
}

int on_map_next_key(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	err = map_open(call, (int)attr->map_fd, true, false, &map);
	if (err)
		return err;
	err = map_next(call, map);
	map_close(map, false);
	return err;
}

int on_map_take(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return log_error(&call->log, -EINVAL, "map: a lookup has no flags 0x%llx", attr->flags);
	err = map_open(call, (int)attr->map_fd, true, true, &map);
	if (err)
		return err;
	err = map_lock_check(call, map, attr->flags);
	if (!err)
		err = map_args_check(map, attr->key, false, 0);
	if (!err)
		err = map_give(call, map, map->ops->take);
	map_close(map, true);
	return err;
}

/* Asked before the rights of the handle are. */
static int map_freeze_check(struct call *call, int fd)
{
	struct map *map = NULL;
	int err = map_open(call, fd, false, false, &map);

	if (err)
		return err;
	if (map->fields)
		err = log_error(&call->log, -MAP_ENOTSUPP,
				"map: its values have special fields, which always change");
	map_close(map, false);
	return err;
}

int on_map_freeze(struct call *call)
{
	const union bpf_attr *attr = &call->attr->bpf;
	struct map *map = NULL;
	int err;

	err = map_freeze_check(call, (int)attr->map_fd);
	if (!err)
		err = map_open(call, (int)attr->map_fd, false, true, &map);
	if (err)
		return err;
	if (atomic_exchange(&map->frozen, true)) {
		err = log_error(&call->log, -EBUSY, "map: it is frozen already");
	} else if (atomic_load(&map->writers) > 1 || map_mapped(map)) {
		atomic_store(&map->frozen, false);
		err = log_error(&call->log, -EBUSY, "map: it is being written to");
	} else {
		err = map_seal(map);
		if (err)
			atomic_store(&map->frozen, false);
	}
	map_close(map, true);
	return err;
}
