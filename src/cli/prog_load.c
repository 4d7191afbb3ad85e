// SPDX-License-Identifier: BSD-2-Clause
/* prog_load.c - `clsbpf prog load` and `loadall`: bpftool's words around load/load.h.
 *
 * `load` loads the first program of the object, and what is reached from it by slots of program
 * arrays; `loadall` loads every one. If a pin or a program is refused, nothing is left.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "cli/prog_verbs.h"
#include "load/load.h"
#include "load/pins.h"

/* A map of the object and the one that is to be used instead. */
struct replaced {
	u32 index;
	int handle;
};

struct request {
	struct objects *o;
	struct load_object *object;
	const char *file, *path, *map_dir;
	u32 type;
	bool all;
	struct replaced replaced[LOAD_MAPS_MAX];
	u32 replaced_count;
	char root[PINS_PATH];
	struct pins pins;
};

/* "classifier" and so on: the beginnings of section names. */
static int take_type(struct request *r, struct words *words)
{
	enum bpf_attach_type attach;
	enum bpf_prog_type type;
	char section[64];
	int err = words_need(words, 1, "type");

	if (!err && r->type)
		err = log_error(words->log, -EINVAL, "type is given twice");
	if (err)
		return err;
	snprintf(section, sizeof(section), "%s/", *words->at);
	if (libbpf_prog_type_by_name(*words->at, &type, &attach) &&
	    libbpf_prog_type_by_name(section, &type, &attach))
		return log_error(words->log, -EINVAL, "\"%s\" is no type of programs", *words->at);
	if (attach && type != BPF_PROG_TYPE_XDP)
		return log_error(words->log, -EOPNOTSUPP, "type %s is not there yet", *words->at);
	(void)words_next(words);
	r->type = type;
	return 0;
}

/* "idx N" or "name NAME": a map of the object; as bpftool counts, data sections come last. */
static int take_map_place(struct request *r, struct words *words)
{
	const struct load_map *map;
	u32 number;
	int err;

	if (words_take(words, "idx")) {
		err = words_u32(words, "idx", &number);
		if (err)
			return err;
		return number < r->object->map_count ? (int)number
		       : log_error(words->log, -EINVAL, "%s: there is no map number %u", r->file, number);
	}
	if (!words_take(words, "name") || !words->count)
		return log_error(words->log, -EINVAL, "map: idx IDX or name NAME is expected");
	map = load_map_by_name(r->object, *words->at);
	if (!map)
		return log_error(words->log, -EINVAL, "%s: there is no map \"%s\"", r->file, *words->at);
	(void)words_next(words);
	return (int)(map - r->object->maps);
}

static int take_map(struct request *r, struct words *words)
{
	int index = take_map_place(r, words), handle;

	if (index < 0)
		return index;
	for (u32 i = 0; i < r->replaced_count; i++)
		if (r->replaced[i].index == (u32)index)
			return log_error(words->log, -EINVAL, "map %s is replaced twice",
					 r->object->maps[index].name);
	handle = objects_open_one(r->o, KIND_MAP, words);
	if (handle < 0)
		return handle;
	r->replaced[r->replaced_count++] = (struct replaced){ .index = (u32)index, .handle = handle };
	return 0;
}

static int take_words(struct request *r, struct words *words)
{
	int err = 0;

	while (!err && words->count) {
		if (words_take(words, "type")) {
			err = take_type(r, words);
		} else if (words_take(words, "map")) {
			err = take_map(r, words);
		} else if (words_take(words, "pinmaps")) {
			err = words_need(words, 1, "pinmaps");
			if (!err)
				r->map_dir = words_next(words);
		} else if (words_are(words, "dev")) {
			err = log_error(words->log, -EOPNOTSUPP, "dev is not there: nothing is offloaded");
		} else {
			err = log_error(words->log, -EINVAL, "type, map or pinmaps is expected, not \"%s\"",
					*words->at);
		}
	}
	return err;
}

static int load_one(struct request *r, const struct load_prog *prog)
{
	struct load_options options = { .prog_type = r->type, .section = prog->section,
					.program = prog->name, .verbose = r->o->verbose,
					.pin_dir = *r->root ? r->root : NULL };
	struct load_prog *loaded;
	int err;

	if (!r->type && !prog->type)
		return log_error(r->o->log, -EINVAL,
				 "%s: section %s does not say of what type program %s is: type TYPE", r->file,
				 prog->section, prog->name);
	err = load_into(r->object, r->o->backend, &options, r->o->log, &loaded);
	r->replaced_count = 0;  /* it has the handles, or has closed them */
	if (err)
		r->o->refused = true;
	return err;
}

/* @dir/@name: bpffs takes no dots in names. */
static int pin_in(struct request *r, const char *dir, const char *name, int handle)
{
	char path[PINS_PATH];
	int len = snprintf(path, sizeof(path), "%s%s%s", dir, *name ? "/" : "", name), err;

	if (len >= (int)sizeof(path))
		return log_error(r->o->log, -ENAMETOOLONG, "%s/%s: the path is too long", dir, name);
	for (char *c = path + strlen(dir); *c; c++)
		if (*c == '.')
			*c = '_';
	err = pins_add(&r->pins, r->o->backend, path, handle);
	return err ? objects_refused(r->o, err, "%s cannot be pinned to", path) : 0;
}

static int load_and_pin(struct request *r)
{
	struct load_object *object = r->object;
	u32 count = r->all ? object->prog_count : 1;
	int err = 0;

	if (!object->prog_count)
		return log_error(r->o->log, -ENOENT, "%s: there is no program", r->file);
	for (u32 i = 0; i < r->replaced_count; i++)
		load_reuse(object, r->replaced[i].index, r->replaced[i].handle);
	for (u32 i = 0; !err && i < count; i++)
		err = load_one(r, &object->progs[i]);
	for (u32 i = 0; !err && i < count; i++)
		err = pin_in(r, r->path, r->all ? object->progs[i].name : "", object->progs[i].handle);
	for (u32 i = 0; !err && r->map_dir && i < object->map_count; i++)
		err = pin_in(r, r->map_dir, object->maps[i].name, object->maps[i].handle);
	return err;
}

static int load(struct objects *o, struct words *words, bool all)
{
	struct request *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	*r = (struct request){ .o = o, .all = all, .pins = { .no_mount = o->no_mount } };
	err = words_need(words, 2, all ? "loadall" : "load");
	if (!err) {
		r->file = words_next(words);
		r->path = words_next(words);
		err = load_open(r->file, o->log, &r->object);
	}
	if (!err)
		(void)backend_path(o->backend, BACKEND_PIN_ROOT, r->root, sizeof(r->root));
	if (!err)
		err = take_words(r, words);
	if (!err)
		err = load_and_pin(r);
	if (err)
		pins_undo(&r->pins, o->backend);
	pins_forget(&r->pins);
	for (u32 i = 0; i < r->replaced_count; i++)
		(void)backend_close(o->backend, r->replaced[i].handle);
	load_close(r->object);
	free(r);
	return err;
}

int prog_load(struct objects *o, struct words *words)
{
	return load(o, words, false);
}

int prog_loadall(struct objects *o, struct words *words)
{
	return load(o, words, true);
}
