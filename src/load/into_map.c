// SPDX-License-Identifier: BSD-2-Clause
/* into_map.c - one map of an object: the one that is pinned under its name, if it is the same, or a
 * new one with its initial bytes.
 *
 * Pinning a new one is not done here: a pin is for others, and others see only what is complete.
 */
#include <errno.h>
#include <unistd.h>

#include "load/into.h"

/* Flags that a kernel adds by itself, or that belong to a handle and not to the map. */
static u32 comparable_flags(u32 type, u32 flags)
{
	flags &= ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY);
	if (type == BPF_MAP_TYPE_DEVMAP || type == BPF_MAP_TYPE_DEVMAP_HASH)
		flags &= ~(u32)BPF_F_RDONLY_PROG;
	return flags;
}

/* Is what is pinned the map that the object describes? Otherwise every field that differs. */
static int check_pinned(struct into *in, const struct load_map *map, const char *path, int handle)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (u32)handle;
	attr.info.info_len = sizeof(info);
	attr.info.info = ptr_u64(&info);
	err = backend_bpf(in->backend, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	if (err)
		return log_error(in->log, err, "%s: map %s: nothing can be learnt about %s: %s",
				 in->object->path, map->name, path, into_meaning(err));
	const struct {
		const char *name;
		u32 wanted, pinned;
	} rows[] = {
		{ "type", map->type, info.type },
		{ "key size", map->key_size, info.key_size },
		{ "value size", map->value_size, info.value_size },
		{ "max_entries", map->max_entries, info.max_entries },
		{ "flags", comparable_flags(map->type, map->flags),
		  comparable_flags(map->type, info.map_flags) },
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].wanted != rows[i].pinned && !err)
			err = log_error(in->log, -EINVAL, "%s: map %s is another one than %s",
					in->object->path, map->name, path);
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].wanted != rows[i].pinned)
			log_line(in->log, "  %s: %u in the object, %u pinned", rows[i].name,
				 rows[i].wanted, rows[i].pinned);
	return err;
}

static int reuse(struct into *in, struct load_map *map, const char *path)
{
	int handle = pins_open(in->backend, path), err;

	if (handle == -ENOENT)
		return -ENOENT;
	if (handle < 0)
		return log_error(in->log, handle, "%s: map %s: %s cannot be opened: %s",
				 in->object->path, map->name, path, into_meaning(handle));
	err = check_pinned(in, map, path, handle);
	if (err) {
		(void)backend_close(in->backend, handle);
		return err == -ENOENT ? -EINVAL : err;
	}
	map->handle = handle;
	return 0;
}

/* The handle of the map that @outer is to hold, or -1. */
static int inner_handle(const struct load_object *object, const struct load_map *outer)
{
	for (u32 i = 0; i < object->map_count; i++)
		if (outer->legacy && object->maps[i].legacy && outer->inner_id &&
		    object->maps[i].id == outer->inner_id)
			return object->maps[i].handle;
	return -1;
}

static int create(struct into *in, struct load_map *map)
{
	union bpf_attr attr;
	int handle;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = map->type;
	attr.key_size = map->key_size;
	attr.value_size = map->value_size;
	attr.max_entries = map->max_entries;
	attr.map_flags = map->flags;
	attr.map_extra = map->extra;
	into_name(attr.map_name, map->name);
	if (load_map_of_maps(map)) {
		handle = inner_handle(in->object, map);
		if (handle < 0)
			return log_error(in->log, -EINVAL,
					 "%s: map %s: the object has no map with id %u to be its inner map",
					 in->object->path, map->name, map->inner_id);
		attr.inner_map_fd = (u32)handle;
	}
	if (in->object->btf_handle >= 0 && map->btf_value_id) {
		attr.btf_fd = (u32)in->object->btf_handle;
		attr.btf_key_type_id = map->btf_key_id;
		attr.btf_value_type_id = map->btf_value_id;
		handle = backend_bpf(in->backend, BPF_MAP_CREATE, &attr, sizeof(attr));
		/* Some types of maps take no types of keys and values. */
		if (handle >= 0)
			return map->handle = handle, 0;
		attr.btf_fd = attr.btf_key_type_id = attr.btf_value_type_id = 0;
	}
	handle = backend_bpf(in->backend, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (handle >= 0)
		return map->handle = handle, 0;
	log_line(in->log,
		 "%s: map %s (type %u, key %u, value %u, max_entries %u, flags 0x%x) is refused: %s",
		 in->object->path, map->name, map->type, map->key_size, map->value_size,
		 map->max_entries, map->flags, into_meaning(handle));
	into_message(in);
	return handle;
}

/* .data and .rodata get their bytes before a program can see them; .rodata never changes again. */
static int fill(struct into *in, const struct load_map *map)
{
	union bpf_attr attr;
	u32 key = 0;
	int err = 0;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)map->handle;
	attr.key = ptr_u64(&key);
	attr.value = ptr_u64(map->initial);
	if (map->initial)
		err = backend_bpf(in->backend, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)map->handle;
	if (!err && map->read_only)
		err = backend_bpf(in->backend, BPF_MAP_FREEZE, &attr, sizeof(attr));
	if (err)
		return log_error(in->log, err, "%s: %s cannot be filled: %s", in->object->path, map->name,
				 into_meaning(err));
	return 0;
}

int into_map(struct into *in, u32 index)
{
	struct load_map *map = &in->object->maps[index];
	char path[PINS_PATH];
	int err;

	in->reused[index] = map->handle >= 0;
	if (in->reused[index])
		return 0;
	err = pins_path(in, map, path);
	if (!err && *path) {
		err = reuse(in, map, path);
		in->reused[index] = !err;
		if (err != -ENOENT)
			return err;
		err = 0;
	}
	if (!err && in->object->file->externs.map == (s32)index)
		err = kconfig_fill(in->object, in->backend, in->log);
	if (!err)
		err = create(in, map);
	if (!err)
		err = fill(in, map);
	return err;
}
