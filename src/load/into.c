// SPDX-License-Identifier: BSD-2-Clause
/* into.c - load_into(): an object into a kernel, all of it or nothing.
 *
 *   BTF -> maps (from pins, or new) -> programs -> slots of new maps
 *       -> pins of new maps -> slots of maps that were there before
 *
 * In this order, what other processes can see is touched last, when little can fail any more; when
 * it does, pins are taken back and slots get the program that was in them.
 */
#include "load/into.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LINUX_ENOTSUPP 524

const char *into_meaning(int err)
{
	switch (-err) {
	case EPERM:
		return "not permitted; it takes root, or CAP_BPF and CAP_NET_ADMIN";
	case LINUX_ENOTSUPP:
		return "the kernel has no support for it";
	case ENOSPC:
		return "no space left, not even for the reason";
	default:
		return strerror(-err);
	}
}

void into_name(char to[BPF_OBJ_NAME_LEN], const char *from)
{
	snprintf(to, BPF_OBJ_NAME_LEN, "%s", from);
	for (char *c = to; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && *c != '.')
			*c = '_';
}

void into_message(struct into *in)
{
	const char *message = backend_message(in->backend);

	if (*message)
		log_line(in->log, "%s", message);
}

bool load_map_of_maps(const struct load_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* Types are a convenience: without them everything works, and less can be shown. */
static void into_btf(struct into *in)
{
	struct load_object *object = in->object;
	union bpf_attr attr;
	int handle;

	if (!object->btf)
		return;
	memset(&attr, 0, sizeof(attr));
	attr.btf = ptr_u64(object->btf);
	attr.btf_size = object->btf_size;
	handle = backend_bpf(in->backend, BPF_BTF_LOAD, &attr, sizeof(attr));
	if (handle >= 0)
		object->btf_handle = handle;
	else
		in->btf_err = handle;
}

static int update(struct into *in, u32 map, u32 key, int value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)in->object->maps[map].handle;
	attr.key = ptr_u64(&key);
	attr.value = ptr_u64(&value);
	return backend_bpf(in->backend, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

/* Maps of section "maps" with an inner_idx go into the map whose inner_id is their id. */
static int insert_inner(struct into *in, const struct load_map *inner)
{
	const struct load_object *object = in->object;
	int err = 0;

	if (!inner->legacy || !inner->id || inner->inner_id || inner->inner_idx == UINT32_MAX)
		return 0;
	for (u32 i = 0; !err && i < object->map_count; i++) {
		const struct load_map *outer = &object->maps[i];

		if (!outer->legacy || !load_map_of_maps(outer) || outer->inner_id != inner->id ||
		    in->reused[i])
			continue;
		err = outer->key_size == sizeof(u32) ? update(in, i, inner->inner_idx, inner->handle)
						     : -EINVAL;
		if (err)
			log_line(in->log, "%s: map %s does not go into %s at %u: %s", object->path,
				 inner->name, outer->name, inner->inner_idx, into_meaning(err));
	}
	return err;
}

/* Maps that hold maps need one of these when they are made: they come second. */
static int into_maps(struct into *in)
{
	struct load_object *object = in->object;
	int err = 0;

	for (u32 pass = 0; pass < 2; pass++)
		for (u32 i = 0; !err && i < object->map_count; i++)
			if (load_map_of_maps(&object->maps[i]) == (pass == 1))
				err = into_map(in, i);
	for (u32 i = 0; !err && i < object->map_count; i++)
		err = insert_inner(in, &object->maps[i]);
	return err;
}

/* The program array that a section "id/idx" means, or -1. */
static int tail_map(const struct load_object *object, const struct load_prog *prog)
{
	for (u32 i = 0; i < object->map_count; i++)
		if (object->maps[i].legacy && object->maps[i].type == BPF_MAP_TYPE_PROG_ARRAY &&
		    object->maps[i].id == prog->tail_id)
			return (int)i;
	return -1;
}

static int add_fill(struct into *in, u32 map, u32 key, u32 prog)
{
	const struct load_object *object = in->object;

	if (key >= object->maps[map].max_entries)
		return log_error(in->log, -E2BIG, "%s: program %s is for slot %u of map %s, which has %u",
				 object->path, object->progs[prog].name, key, object->maps[map].name,
				 object->maps[map].max_entries);
	in->fills[in->fill_count++] =
		(struct fill){ .map = map, .key = key, .prog = prog, .before = -1 };
	return 0;
}

/* Every slot that the object itself fills. */
static int list_fills(struct into *in)
{
	const struct load_object *object = in->object;
	const struct load_file *file = object->file;
	int err = 0;

	in->fills = calloc(object->prog_count + file->slot_count, sizeof(*in->fills));
	if (!in->fills)
		return -ENOMEM;
	for (u32 i = 0; !err && i < object->prog_count; i++) {
		int map = object->progs[i].tail ? tail_map(object, &object->progs[i]) : -1;

		if (map >= 0)
			err = add_fill(in, (u32)map, object->progs[i].tail_idx, i);
	}
	for (u32 s = 0; !err && s < file->slot_count; s++) {
		const struct slot *slot = &file->slots[s];
		u32 prog = 0;

		while (prog < object->prog_count && (file->places[prog].section != slot->section ||
						     file->places[prog].offset != slot->offset))
			prog++;
		err = prog < object->prog_count
			? add_fill(in, slot->map, slot->index, prog)
			: log_error(in->log, -EINVAL, "%s: map %s: what is to go into slot %u is no program",
				    object->path, object->maps[slot->map].name, slot->index);
	}
	return err;
}

static int into_progs(struct into *in)
{
	struct load_object *object = in->object;
	int err = 0;

	for (u32 i = 0; !err && i < object->prog_count; i++) {
		bool wanted = &object->progs[i] == in->chosen;

		for (u32 f = 0; f < in->fill_count; f++)
			wanted |= in->fills[f].prog == i;
		if (!wanted || object->progs[i].handle >= 0)
			continue;
		err = into_prog(in, &object->progs[i]);
		in->loaded[i] = !err;
	}
	return err;
}

/* Keep the program that is in a slot: the slot may be all that holds it. */
static int hold_before(struct into *in, struct fill *fill)
{
	union bpf_attr attr;
	u32 id = 0;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)in->object->maps[fill->map].handle;
	attr.key = ptr_u64(&fill->key);
	attr.value = ptr_u64(&id);
	err = backend_bpf(in->backend, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
	if (err)
		return err == -ENOENT ? 0 : err;
	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	fill->before = backend_bpf(in->backend, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
	return fill->before < 0 ? fill->before : 0;
}

static int fill_slots(struct into *in, bool reused)
{
	for (u32 f = 0; f < in->fill_count; f++) {
		struct fill *fill = &in->fills[f];
		struct load_object *object = in->object;
		int err = 0;

		if (in->reused[fill->map] != reused)
			continue;
		if (reused)
			err = hold_before(in, fill);
		if (!err)
			err = update(in, fill->map, fill->key, object->progs[fill->prog].handle);
		if (err) {
			log_line(in->log, "%s: program %s does not go into slot %u of map %s: %s",
				 object->path, object->progs[fill->prog].name, fill->key,
				 object->maps[fill->map].name, into_meaning(err));
			into_message(in);
			return err;
		}
		fill->done = true;
	}
	return 0;
}

static int pin_maps(struct into *in)
{
	const struct load_object *object = in->object;
	char path[PINS_PATH];
	int err = 0;

	for (u32 i = 0; !err && i < object->map_count; i++) {
		if (in->reused[i])
			continue;
		err = pins_path(in, &object->maps[i], path);
		if (err || !*path)
			continue;
		err = pins_add(&in->pins, in->backend, path, object->maps[i].handle);
		if (err) {
			log_line(in->log, "%s: map %s cannot be pinned as %s: %s", object->path,
				 object->maps[i].name, path, into_meaning(err));
			into_message(in);
		}
	}
	return err;
}

static int into_try(struct into *in)
{
	struct load_object *object = in->object;
	int err;

	err = load_choose(object, in->options, in->log, &in->chosen);
	if (err)
		return err;
	in->loaded = calloc(object->prog_count, sizeof(*in->loaded));
	if (!in->loaded)
		return -ENOMEM;
	if (in->first) {
		into_btf(in);
		err = into_maps(in);
	} else {
		/* What an earlier call made may be in use: slots are to be restored. */
		memset(in->reused, true, sizeof(in->reused));
	}
	if (!err && !in->options->no_tails && !object->file->filled)
		err = list_fills(in);
	if (!err)
		err = into_progs(in);
	if (!err)
		err = fill_slots(in, false);
	if (!err && in->first)
		err = pin_maps(in);
	if (!err)
		err = fill_slots(in, true);
	return err;
}

/* A slot of a map that others use gets back what was in it. */
static void restore_slot(struct into *in, const struct fill *fill)
{
	union bpf_attr attr;

	if (fill->before >= 0) {
		(void)update(in, fill->map, fill->key, fill->before);
		return;
	}
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)in->object->maps[fill->map].handle;
	attr.key = ptr_u64(&fill->key);
	(void)backend_bpf(in->backend, BPF_MAP_DELETE_ELEM, &attr, sizeof(attr));
}

static void into_cleanup(struct into *in)
{
	for (u32 f = 0; f < in->fill_count; f++)
		if (in->fills[f].before >= 0)
			(void)backend_close(in->backend, in->fills[f].before);
	pins_forget(&in->pins);
	free(in->fills);
	free(in->loaded);
}

static void into_undo(struct into *in)
{
	struct load_object *object = in->object;

	for (u32 f = in->fill_count; f--;)
		if (in->fills[f].done && in->reused[in->fills[f].map])
			restore_slot(in, &in->fills[f]);
	pins_undo(&in->pins, in->backend);
	for (u32 i = 0; in->loaded && i < object->prog_count; i++) {
		if (!in->loaded[i])
			continue;
		(void)backend_close(in->backend, object->progs[i].handle);
		object->progs[i].handle = -1;
	}
	if (!in->first)
		return;
	for (u32 i = 0; i < object->map_count; i++) {
		if (object->maps[i].handle >= 0)
			(void)backend_close(in->backend, object->maps[i].handle);
		object->maps[i].handle = -1;
	}
	if (object->btf_handle >= 0)
		(void)backend_close(in->backend, object->btf_handle);
	object->btf_handle = -1;
}

void load_reuse(struct load_object *object, u32 index, int handle)
{
	object->maps[index].handle = handle;
}

int load_into(struct load_object *object, struct backend *backend,
	      const struct load_options *options, struct log *log, struct load_prog **out)
{
	struct into in = { .object = object, .backend = backend, .options = options, .log = log,
			   .first = !object->backend };
	size_t said = log ? log->len : 0;
	int err;

	if (object->backend && object->backend != backend)
		return log_error(log, -EBUSY, "%s: the object is loaded into another kernel already",
				 object->path);
	err = into_try(&in);
	if (err)
		into_undo(&in);
	if (err && log && log->len == said)
		log_line(log, "%s: %s", object->path, into_meaning(err));
	if (in.btf_err && (err || options->verbose))
		log_line(log, "%s: the kernel takes no BTF from this object (%s); it was left out",
			 object->path, into_meaning(in.btf_err));
	into_cleanup(&in);
	if (err)
		return err;
	object->backend = backend;
	object->file->filled |= !options->no_tails;
	*out = in.chosen;
	return 0;
}
