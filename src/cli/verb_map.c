// SPDX-License-Identifier: BSD-2-Clause
/* verb_map.c - `clsbpf map`: maps of a kernel and what is in them, as bpftool(8) has it. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/fdinfo.h"
#include "cli/map_entry.h"
#include "cli/objects.h"
#include "cli/verb.h"

#define MAP_TYPES 64       /* numbers that may become types */

static const char *type_name(u32 type)
{
	return libbpf_bpf_map_type_str(type);
}

/* Id, type, name and flags. */
static void out_header(struct out *out, const struct bpf_map_info *info)
{
	char name[BPF_OBJ_NAME_LEN + 1];

	snprintf(name, sizeof(name), "%.*s", BPF_OBJ_NAME_LEN, info->name);
	out_u64(out, "id", "%" PRIu64 ": ", info->id);
	if (type_name(info->type))
		out_str(out, "type", "%s  ", type_name(info->type));
	else
		out_u64(out, "type", "type %" PRIu64 "  ", info->type);
	if (*name)
		out_str(out, "name", "name %s  ", name);
	out_u64(out, "flags", "flags 0x%" PRIx64, info->map_flags);
}

/* Programs of which kind a program array takes: known since the first of them used it. */
static void out_owner(struct out *out, const struct fdinfo *fdinfo)
{
	const char *name = libbpf_bpf_prog_type_str(fdinfo->owner_type);

	if (fdinfo->has_owner_type || fdinfo->has_owner_jited)
		out_text(out, "\n\t");
	if (fdinfo->has_owner_type && name)
		out_str(out, "owner_prog_type", "owner_prog_type %s  ", name);
	else if (fdinfo->has_owner_type)
		out_u64(out, "owner_prog_type", "owner_prog_type %" PRIu64 "  ", fdinfo->owner_type);
	if (!fdinfo->has_owner_jited)
		return;
	out_text(out, fdinfo->owner_jited ? "owner jited" : "owner not jited");
	out_bool(out, "owner_jited", NULL, fdinfo->owner_jited);
}

static int show_map(struct objects *o, int handle)
{
	struct bpf_map_info info = { 0 };
	struct out *out = &o->out;
	struct fdinfo fdinfo;
	int err = objects_info(o, handle, &info, sizeof(info), NULL);

	if (err)
		return objects_refused(o, err, "nothing can be learnt about a map");
	fdinfo_read(handle, "map_id", info.id, &fdinfo);
	out_object(out, NULL);
	out_header(out, &info);
	out_u64(out, "bytes_key", "\n\tkey %" PRIu64 "B", info.key_size);
	out_u64(out, "bytes_value", "  value %" PRIu64 "B", info.value_size);
	out_u64(out, "max_entries", "  max_entries %" PRIu64, info.max_entries);
	if (fdinfo.has_memlock)
		out_u64(out, "bytes_memlock", "  memlock %" PRIu64 "B", fdinfo.memlock);
	if (map_holds_progs(info.type))
		out_owner(out, &fdinfo);
	if (fdinfo.has_frozen)
		out_u64(out, "frozen", NULL, fdinfo.frozen);
	if (out->json && info.btf_id)
		out_u64(out, "btf_id", NULL, info.btf_id);
	objects_out_pins(o, KIND_MAP, info.id);
	if (info.btf_id)
		out_text(out, "\n\tbtf_id %u", info.btf_id);
	if (fdinfo.frozen)
		out_text(out, info.btf_id ? "  frozen" : "\n\tfrozen");
	out_text(out, "\n");
	out_object_end(out);
	return 0;
}

static int map_show(struct objects *o, struct words *words)
{
	return objects_show(o, KIND_MAP, words, show_map);
}

static int map_pin(struct objects *o, struct words *words)
{
	return objects_pin_words(o, KIND_MAP, words);
}

/* A key whose value is not to be had. A slot that holds nothing is no failure. */
static void show_failure(struct map_entry *e, int err)
{
	struct out *out = &e->o->out;

	if (err == -ENOENT && (map_holds_maps(e->info.type) || map_holds_progs(e->info.type)))
		return;
	if (e->o->json) {
		out_object(out, NULL);
		objects_out_hex(out, "key", e->key, e->info.key_size);
		out_object(out, "value");
		out_str(out, "error", NULL, strerror(-err));
		out_object_end(out);
		out_object_end(out);
		return;
	}
	if (e->btf)
		return;
	out_text(out, "key:\n");
	objects_text_hex(out, e->key, e->info.key_size);
	out_text(out, "\nvalue:\n%s\n", err == -ENOENT ? "<no entry>" : strerror(-err));
}

/* Every entry there is; one that goes meanwhile may end the list, as it does for anybody. */
static int show_entries(struct map_entry *e, struct out *typed, u32 *count)
{
	u8 *next = calloc(1, (size_t)e->info.key_size + 1);
	bool first = true;
	int err = next ? 0 : -ENOMEM;

	while (!err && !(err = map_entry_next(e, first, next))) {
		first = false;
		memcpy(e->key, next, e->info.key_size);
		err = map_entry_call(e, BPF_MAP_LOOKUP_ELEM);
		if (err) {
			show_failure(e, err);
			err = 0;
			continue;
		}
		map_entry_show(e, typed);
		++*count;
	}
	free(next);
	return err == -ENOENT ? 0 : err;
}

/* One map; @many: a header in front of each. */
static int dump_map(struct map_entry *e, struct out *typed, bool many)
{
	struct objects *o = e->o;
	struct out *list = !o->json && e->btf ? typed : &o->out;
	u32 count = 0;
	int err;

	if (many) {
		out_object(list, NULL);
		out_header(list, &e->info);
		out_text(list, "\n");
	}
	out_array(list, many ? "elements" : NULL);
	err = show_entries(e, typed, &count);
	if (!o->json && !e->btf)
		fprintf(o->file, "Found %u element%s\n", count, count == 1 ? "" : "s");
	if (!err || !o->json)
		out_array_end(list);
	if (many && (!err || !o->json))
		out_object_end(list);
	return err ? objects_refused(o, err, "map %u cannot be read", e->info.id) : 0;
}

static int dump_maps(struct objects *o, struct handles *handles)
{
	bool many = handles->count > 1, opened = false;
	struct out typed;
	int err = 0;

	out_init(&typed, o->file, true, true);
	if (many)
		out_array(&o->out, NULL);
	for (u32 i = 0; !err && i < handles->count; i++) {
		struct map_entry entry;

		err = map_entry_open(&entry, o, handles->at[i], true);
		handles->at[i] = -1;
		if (!err) {
			if (many && entry.btf && !o->json && !opened)
				out_array(&typed, NULL);
			opened |= entry.btf && !o->json;
			o->said = true;
			err = dump_map(&entry, &typed, many);
			if (i + 1 < handles->count && !entry.btf)
				out_text(&o->out, "\n");
		}
		map_entry_close(&entry);
	}
	if (many && !err)
		out_array_end(&o->out);
	if (opened)
		out_end(&typed);
	return err;
}

static int map_dump(struct objects *o, struct words *words)
{
	struct handles handles;
	int err = objects_open(o, KIND_MAP, words, &handles);

	if (err)
		return err;
	err = words_end(words);
	if (!err)
		err = dump_maps(o, &handles);
	objects_release(o, &handles);
	return err;
}

/* The map that the next words name, and the words behind it. Returns what was given, or -errno. */
static int open_entry(struct objects *o, struct words *words, struct map_entry *e, bool typed, int takes,
		      int needs)
{
	int handle = objects_open_one(o, KIND_MAP, words), err;

	*e = (struct map_entry){ .o = o, .handle = -1, .held = -1 };
	if (handle < 0)
		return handle;
	err = map_entry_open(e, o, handle, typed);
	return err ? err : map_entry_words(e, words, takes, needs);
}

/* Update or push. */
static int change(struct objects *o, struct words *words, int takes, int needs)
{
	struct map_entry e;
	int given = open_entry(o, words, &e, false, takes, needs), err = given < 0 ? given : 0;

	if (!err) {
		err = map_entry_call(&e, BPF_MAP_UPDATE_ELEM);
		if (err)
			err = objects_refused(o, err, "update failed");
	}
	map_entry_close(&e);
	return err;
}

static int map_update(struct objects *o, struct words *words)
{
	return change(o, words, ENTRY_KEY | ENTRY_VALUE | ENTRY_FLAGS, ENTRY_KEY | ENTRY_VALUE);
}

static int map_push(struct objects *o, struct words *words)
{
	return change(o, words, ENTRY_VALUE | ENTRY_FLAGS, ENTRY_VALUE);
}

static int not_found(struct map_entry *e)
{
	struct objects *o = e->o;

	o->refused = true;
	if (o->json) {
		o->said = true;
		out_raw(&o->out, NULL, "null");
	} else {
		out_text(&o->out, "key:\n");
		objects_text_hex(&o->out, e->key, e->info.key_size);
		out_text(&o->out, "\n\nNot found\n");
	}
	return -ENOENT;
}

static int map_lookup(struct objects *o, struct words *words)
{
	struct out typed;
	struct map_entry e;
	int given = open_entry(o, words, &e, true, ENTRY_KEY, ENTRY_KEY), err = given < 0 ? given : 0;

	out_init(&typed, o->file, true, true);
	if (!err) {
		err = map_entry_call(&e, BPF_MAP_LOOKUP_ELEM);
		o->quiet = err == -ENOENT;
		if (err == -ENOENT)
			err = not_found(&e);
		else if (err)
			err = objects_refused(o, err, "lookup failed");
		else
			map_entry_show(&e, &typed);
		o->said |= !err;
		if (!err && e.btf && !o->json)
			out_end(&typed);
	}
	map_entry_close(&e);
	return err;
}

static int map_getnext(struct objects *o, struct words *words)
{
	struct out *out = &o->out;
	struct map_entry e;
	int given = open_entry(o, words, &e, false, ENTRY_KEY, 0), err = given < 0 ? given : 0;
	u8 *next = NULL;

	if (!err)
		next = calloc(1, (size_t)e.info.key_size + 1);
	if (!err && !next)
		err = -ENOMEM;
	if (!err) {
		err = map_entry_next(&e, !(given & ENTRY_KEY), next);
		if (err)
			err = objects_refused(o, err, "can't get next key");
	}
	if (!err) {
		o->said = true;
		out_object(out, NULL);
		if (given & ENTRY_KEY) {
			objects_out_hex(out, "key", e.key, e.info.key_size);
			out_text(out, "key:\n");
			objects_text_hex(out, e.key, e.info.key_size);
			out_text(out, "\n");
		} else {
			out_raw(out, "key", "null");
			out_text(out, "key: None\n");
		}
		out_text(out, "next key:\n");
		objects_text_hex(out, next, e.info.key_size);
		out_text(out, "\n");
		objects_out_hex(out, "next_key", next, e.info.key_size);
		out_object_end(out);
	}
	free(next);
	map_entry_close(&e);
	return err;
}

static int map_delete(struct objects *o, struct words *words)
{
	struct map_entry e;
	int given = open_entry(o, words, &e, false, ENTRY_KEY, ENTRY_KEY), err = given < 0 ? given : 0;

	if (!err) {
		err = map_entry_call(&e, BPF_MAP_DELETE_ELEM);
		if (err)
			err = objects_refused(o, err, "delete failed");
	}
	map_entry_close(&e);
	return err;
}

/* The next value of a queue or a stack, which goes with it. */
static int map_pop(struct objects *o, struct words *words)
{
	struct map_entry e;
	int given = open_entry(o, words, &e, false, 0, 0), err = given < 0 ? given : 0;

	if (!err) {
		err = map_entry_call(&e, BPF_MAP_LOOKUP_AND_DELETE_ELEM);
		if (err == -ENOENT && o->json) {
			o->quiet = true;
			err = not_found(&e);
		} else if (err == -ENOENT) {
			o->refused = true;
			err = log_error(o->log, err, "empty map");
		} else if (err) {
			err = objects_refused(o, err, "pop failed");
		} else {
			o->said = true;
			map_entry_show(&e, NULL);
		}
	}
	map_entry_close(&e);
	return err;
}

static int map_freeze(struct objects *o, struct words *words)
{
	int handle = objects_open_one(o, KIND_MAP, words), err;
	union bpf_attr attr;

	if (handle < 0)
		return handle;
	err = words_end(words);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)handle;
	if (!err) {
		err = objects_bpf(o, BPF_MAP_FREEZE, &attr);
		if (err)
			err = objects_refused(o, err, "failed to freeze map");
	}
	(void)backend_close(o->backend, handle);
	return err;
}

static int take_type(struct words *words, u32 *type)
{
	for (u32 i = 1; words->count && i < MAP_TYPES; i++) {
		const char *name = type_name(i);

		if (name && !strcmp(*words->at, name)) {
			(void)words_next(words);
			*type = i;
			return 0;
		}
	}
	return log_error(words->log, -EINVAL, "unrecognized map type: %s",
			 words->count ? *words->at : "there is none");
}

/* What `create` is to make. */
struct wish {
	union bpf_attr attr;
	bool has_key, has_value, has_entries, has_flags;
	int inner;
};

static int take_number(struct words *words, const char *what, bool *has, u32 *out)
{
	if (*has)
		return log_error(words->log, -EINVAL, "%s already specified", what);
	*has = true;
	return words_u32(words, what, out);
}

static int take_name(struct words *words, char name[BPF_OBJ_NAME_LEN])
{
	const char *word = words_next(words);

	if (!word || !*word || strlen(word) >= BPF_OBJ_NAME_LEN)
		return log_error(words->log, -EINVAL, "a name of 1 to %d characters is expected",
				 BPF_OBJ_NAME_LEN - 1);
	if (*name)
		return log_error(words->log, -EINVAL, "name already specified");
	memcpy(name, word, strlen(word) + 1);
	return 0;
}

static int take_wish(struct objects *o, struct words *words, struct wish *w)
{
	if (words_take(words, "type"))
		return w->attr.map_type ? log_error(words->log, -EINVAL, "map type already specified")
		       : take_type(words, &w->attr.map_type);
	if (words_take(words, "name"))
		return take_name(words, w->attr.map_name);
	if (words_take(words, "key"))
		return take_number(words, "key size", &w->has_key, &w->attr.key_size);
	if (words_take(words, "value"))
		return take_number(words, "value size", &w->has_value, &w->attr.value_size);
	if (words_take(words, "entries"))
		return take_number(words, "max entries", &w->has_entries, &w->attr.max_entries);
	if (words_take(words, "flags"))
		return take_number(words, "flags", &w->has_flags, &w->attr.map_flags);
	if (words_are(words, "dev"))
		return log_error(words->log, -EOPNOTSUPP, "dev is not there: nothing is offloaded");
	if (!words_take(words, "inner_map"))
		return log_error(words->log, -EINVAL, "unknown arg %s", *words->at);
	if (w->inner >= 0)
		return log_error(words->log, -EINVAL, "inner_map already specified");
	w->inner = objects_open_one(o, KIND_MAP, words);
	return w->inner < 0 ? w->inner : 0;
}

static int create_wish(struct objects *o, struct wish *w, const char *path)
{
	int handle, err;

	if (!*w->attr.map_name)
		return log_error(o->log, -EINVAL, "map name not specified");
	if (!w->attr.map_type)
		return log_error(o->log, -EINVAL, "map type not specified");
	if (w->inner >= 0)
		w->attr.inner_map_fd = (u32)w->inner;
	handle = objects_bpf(o, BPF_MAP_CREATE, &w->attr);
	if (handle < 0)
		return objects_refused(o, handle, "map create failed");
	err = objects_pin(o, handle, path);
	(void)backend_close(o->backend, handle);
	return err;
}

static int map_create(struct objects *o, struct words *words)
{
	int err = words_need(words, 7, "create");
	struct wish w = { .inner = -1 };
	const char *path;

	if (err)
		return err;
	memset(&w.attr, 0, sizeof(w.attr));
	path = words_next(words);
	while (!err && words->count)
		err = take_wish(o, words, &w);
	if (!err)
		err = create_wish(o, &w, path);
	if (w.inner >= 0)
		(void)backend_close(o->backend, w.inner);
	return err;
}

static int map_help(struct objects *o, struct words *words)
{
	o->said = true;
	help_map(o->file);
	return 0;
}

static int map_later(struct objects *o, struct words *words)
{
	return log_error(o->log, -EOPNOTSUPP, "map event_pipe is not there yet");
}

/* In bpftool's order: the first that a word abbreviates is meant. */
const struct objects_command map_commands[] = {
	{ "show", map_show }, { "list", map_show }, { "help", map_help },
	{ "dump", map_dump }, { "update", map_update }, { "lookup", map_lookup },
	{ "getnext", map_getnext }, { "delete", map_delete }, { "pin", map_pin },
	{ "event_pipe", map_later }, { "peek", map_lookup }, { "push", map_push },
	{ "enqueue", map_push }, { "pop", map_pop }, { "dequeue", map_pop },
	{ "freeze", map_freeze }, { "create", map_create }, { NULL, NULL },
};

int verb_map(int argc, char **argv, struct log *log)
{
	return objects_run("map", map_commands, argc, argv, stdout, NULL, log);
}

void help_map(FILE *file)
{
	fprintf(file, "usage: clsbpf map { show | list } [MAP]\n"
		      "       clsbpf map create FILE type TYPE key KEY_SIZE value VALUE_SIZE\n"
		      "                    entries MAX_ENTRIES name NAME [flags FLAGS] [inner_map MAP]\n"
		      "       clsbpf map dump MAP\n"
		      "       clsbpf map update MAP [key DATA] [value VALUE] [any | exist | noexist]\n"
		      "       clsbpf map { lookup | getnext } MAP [key DATA]\n"
		      "       clsbpf map delete MAP key DATA\n"
		      "       clsbpf map { push | enqueue } MAP value VALUE\n"
		      "       clsbpf map { peek | pop | dequeue | freeze } MAP\n"
		      "       clsbpf map pin MAP FILE\n"
		      "  MAP := { id MAP_ID | pinned FILE | name MAP_NAME }\n"
		      "  DATA := { [hex] BYTES }\n"
		      "  VALUE := { DATA | MAP | PROG }, MAP and PROG where the map holds them\n"
		      "  PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }\n"
		      "  TYPE := { hash | array | prog_array | percpu_hash | lru_hash | lpm_trie | ... }\n");
	help_objects(file);
}
