// SPDX-License-Identifier: BSD-2-Clause
/* handles.c - objects.h's objects: found by id, name, tag or pin, listed, pinned.
 *
 * Names and tags are no keys: every object of the kind is looked at. What a pin holds is told by the
 * length of the information there is about it, which the kernel gives back: no two kinds have the same
 * (programs over 160 bytes, maps from 80, links from 33, BTF 32 at most, since Linux 5.9).
 */
#include <dirent.h>
#include <errno.h>
#include <mntent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/btf_object.h"
#include "cli/objects.h"
#include "load/pins.h"

#define INFO_ROOM 512
#define PINS_SEEN_MAX 65536

static const struct kind {
	const char *name;
	int next, by_id;
} kinds[] = {
	[KIND_PROG] = { "program", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID },
	[KIND_MAP] = { "map", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID },
	[KIND_LINK] = { "link", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID },
	[KIND_BTF] = { "BTF object", BPF_BTF_GET_NEXT_ID, BPF_BTF_GET_FD_BY_ID },
};

int objects_by_id(struct objects *o, enum object_kind kind, u32 id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return objects_bpf(o, kinds[kind].by_id, &attr);
}

int objects_next_id(struct objects *o, enum object_kind kind, u32 id, u32 *next)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = id;
	err = objects_bpf(o, kinds[kind].next, &attr);
	*next = attr.next_id;
	return err;
}

static enum object_kind kind_by_length(u32 len)
{
	return len > 160 ? KIND_PROG : len >= 80 ? KIND_MAP : len > 32 ? KIND_LINK : KIND_BTF;
}

/* The kind and id of what @handle is. Programs, maps and links have the id in the second word. */
static int kind_of(struct objects *o, int handle, enum object_kind *kind, u32 *id)
{
	u32 info[INFO_ROOM / 4] = { 0 }, len = 0;
	int err = objects_info(o, handle, info, sizeof(info), &len);

	*kind = kind_by_length(len);
	*id = *kind == KIND_BTF ? info[3] : info[1];
	return err;
}

static int add_handle(struct handles *out, int handle)
{
	int *more = reallocarray(out->at, out->count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	out->at = more;
	out->at[out->count++] = handle;
	return 0;
}

/* What a name or a tag is compared with. */
struct wanted {
	const char *name;               /* NULL: the tag counts */
	u8 tag[BPF_TAG_SIZE];
};

static bool is_wanted(struct objects *o, enum object_kind kind, int handle,
		      const struct wanted *wanted)
{
	struct bpf_prog_info prog = { 0 };
	struct bpf_map_info map = { 0 };
	char name[OBJECTS_NAME];

	if (kind == KIND_MAP)
		return !objects_info(o, handle, &map, sizeof(map), NULL) &&
		       !strncmp(map.name, wanted->name, sizeof(map.name));
	if (objects_info(o, handle, &prog, sizeof(prog), NULL))
		return false;
	if (!wanted->name)
		return !memcmp(prog.tag, wanted->tag, sizeof(prog.tag));
	prog_full_name(o, handle, &prog, name);
	return !strcmp(name, wanted->name) || !strncmp(prog.name, wanted->name, sizeof(prog.name));
}

static int open_wanted(struct objects *o, enum object_kind kind, const struct wanted *wanted,
		       struct handles *out)
{
	u32 id = 0;
	int err;

	out->by_name = true;
	while (!(err = objects_next_id(o, kind, id, &id))) {
		int handle = objects_by_id(o, kind, id);

		if (handle == -ENOENT)  /* it went meanwhile */
			continue;
		if (handle < 0)
			return objects_refused(o, handle, "%s %u cannot be opened", kinds[kind].name, id);
		if (!is_wanted(o, kind, handle, wanted)) {
			(void)backend_close(o->backend, handle);
			continue;
		}
		err = add_handle(out, handle);
		if (err) {
			(void)backend_close(o->backend, handle);
			return err;
		}
	}
	if (err != -ENOENT)
		return objects_refused(o, err, "%ss cannot be listed", kinds[kind].name);
	return 0;
}

static int open_id(struct objects *o, enum object_kind kind, struct words *words,
		   struct handles *out)
{
	u32 id;
	int err = words_u32(words, "id", &id), handle;

	if (err)
		return err;
	handle = objects_by_id(o, kind, id);
	if (handle < 0)
		return objects_refused(o, handle, "%s %u", kinds[kind].name, id);
	err = add_handle(out, handle);
	if (err)
		(void)backend_close(o->backend, handle);
	return err;
}

static int open_pin(struct objects *o, enum object_kind kind, struct words *words,
		    struct handles *out)
{
	const char *path = words_next(words);
	enum object_kind is;
	int handle, err;
	u32 id;

	handle = pins_open(o->backend, path);
	if (handle < 0)
		return objects_refused(o, handle, "%s", path);
	err = kind_of(o, handle, &is, &id);
	if (err)
		err = objects_refused(o, err, "%s: nothing can be learnt about it", path);
	else if (is != kind)
		err = log_error(o->log, -EINVAL, "%s is not a %s, it is a %s", path, kinds[kind].name,
				kinds[is].name);
	else
		err = add_handle(out, handle);
	if (err)
		(void)backend_close(o->backend, handle);
	return err;
}

static int parse_tag(const char *word, u8 tag[BPF_TAG_SIZE], struct log *log)
{
	if (strlen(word) != 2 * BPF_TAG_SIZE || strspn(word, "0123456789abcdefABCDEF") != strlen(word))
		return log_error(log, -EINVAL, "\"%s\" is not a tag of %d hexadecimal digits", word,
				 2 * BPF_TAG_SIZE);
	for (u32 i = 0; i < BPF_TAG_SIZE; i++)
		tag[i] = (u8)strtoul((char[]){ word[2 * i], word[2 * i + 1], '\0' }, NULL, 16);
	return 0;
}

static int open_named(struct objects *o, enum object_kind kind, bool tag, struct words *words,
		      struct handles *out)
{
	size_t most = kind == KIND_MAP ? BPF_OBJ_NAME_LEN - 1 : OBJECTS_NAME - 1;
	const char *word = words_next(words);
	struct wanted wanted = { .name = tag ? NULL : word };
	int err = 0;

	if (tag)
		err = parse_tag(word, wanted.tag, o->log);
	else if (!*word || strlen(word) > most)
		err = log_error(o->log, -EINVAL, "\"%s\" is no name of 1 to %zu characters", word, most);
	if (!err)
		err = open_wanted(o, kind, &wanted, out);
	if (!err && !out->count) {
		o->refused = true;
		err = log_error(o->log, -ENOENT, "there is no %s of the %s \"%s\"", kinds[kind].name,
				tag ? "tag" : "name", word);
	}
	return err;
}

int objects_open(struct objects *o, enum object_kind kind, struct words *words, struct handles *out)
{
	bool named = kind == KIND_PROG || kind == KIND_MAP;
	const char *forms = kind == KIND_PROG ? "id, tag, name or pinned"
			    : kind == KIND_MAP ? "id, name or pinned" : "id or pinned";
	int (*open)(struct objects *, enum object_kind, struct words *, struct handles *) = NULL;
	bool tag = false;
	int err;

	*out = (struct handles){ 0 };
	if (!words->count)
		return log_error(o->log, -EINVAL, "which %s? %s is expected", kinds[kind].name, forms);
	if (words_are(words, "id"))
		open = open_id;
	else if (words_are(words, "pinned"))
		open = open_pin;
	else if (kind == KIND_PROG && words_are(words, "tag"))
		tag = true;
	else if (!named || !words_are(words, "name"))
		return log_error(o->log, -EINVAL, "%s is expected, not \"%s\"", forms, *words->at);
	err = words_need(words, 2, *words->at);
	if (err)
		return err;
	(void)words_next(words);
	err = open ? open(o, kind, words, out) : open_named(o, kind, tag, words, out);
	if (err)
		objects_release(o, out);
	return err;
}

void objects_release(struct objects *o, struct handles *handles)
{
	while (handles->count--)
		if (handles->at[handles->count] >= 0)
			(void)backend_close(o->backend, handles->at[handles->count]);
	free(handles->at);
	*handles = (struct handles){ 0 };
}

int objects_open_one(struct objects *o, enum object_kind kind, struct words *words)
{
	struct handles handles;
	int err = objects_open(o, kind, words, &handles), handle = -1;

	if (err)
		return err;
	if (handles.count > 1)
		err = log_error(o->log, -EINVAL, "%u %ss are meant, one is needed", handles.count,
				kinds[kind].name);
	else
		handle = handles.at[--handles.count];
	objects_release(o, &handles);
	return err ? err : handle;
}

int objects_each(struct objects *o, enum object_kind kind, int (*show)(struct objects *o, int handle))
{
	int err = 0;
	u32 id = 0;

	while (!err && !(err = objects_next_id(o, kind, id, &id))) {
		int handle = objects_by_id(o, kind, id);

		if (handle == -ENOENT)
			continue;
		if (handle < 0)
			return objects_refused(o, handle, "%s %u cannot be opened", kinds[kind].name, id);
		err = show(o, handle);
		(void)backend_close(o->backend, handle);
		if (err)
			return err;
	}
	return err == -ENOENT ? 0 : objects_refused(o, err, "%ss cannot be listed", kinds[kind].name);
}

/* A pin that -f is to show, if it is one. */
static int note_pin(struct objects *o, const char *path)
{
	struct pin_seen *more, seen;
	int handle = pins_open(o->backend, path), err;

	if (handle < 0 || o->pin_count == PINS_SEEN_MAX)
		return handle < 0 ? 0 : backend_close(o->backend, handle);
	err = kind_of(o, handle, &seen.kind, &seen.id);
	(void)backend_close(o->backend, handle);
	if (err)
		return 0;
	more = reallocarray(o->pins, o->pin_count + 1, sizeof(*more));
	seen.path = more ? strdup(path) : NULL;
	if (more)
		o->pins = more;
	if (!seen.path)
		return -ENOMEM;
	o->pins[o->pin_count++] = seen;
	return 0;
}

static int walk_pins(struct objects *o, const char *dir)
{
	struct dirent **names;
	int count = scandir(dir, &names, NULL, alphasort), err = 0;

	for (int i = 0; i < count; i++) {
		char path[PINS_PATH];
		struct stat status;
		bool dots = !strcmp(names[i]->d_name, ".") || !strcmp(names[i]->d_name, "..");
		int len = snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);

		free(names[i]);
		if (err || dots || len >= (int)sizeof(path) || lstat(path, &status))
			continue;
		err = S_ISDIR(status.st_mode) ? walk_pins(o, path)
		      : S_ISREG(status.st_mode) ? note_pin(o, path) : 0;
	}
	if (count >= 0)
		free(names);
	return err;
}

/* Below the pin root, and wherever else a bpf file system is mounted. */
static int find_pins(struct objects *o)
{
	char root[PINS_PATH] = "";
	struct mntent *mount;
	FILE *mounts;
	int err = 0;

	if (!backend_path(o->backend, BACKEND_PIN_ROOT, root, sizeof(root)))
		err = walk_pins(o, root);
	mounts = setmntent("/proc/self/mounts", "re");
	while (!err && mounts && (mount = getmntent(mounts)))
		if (!strcmp(mount->mnt_type, "bpf") && strcmp(mount->mnt_dir, root))
			err = walk_pins(o, mount->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return err;
}

int objects_show(struct objects *o, enum object_kind kind, struct words *words,
		 int (*show)(struct objects *o, int handle))
{
	struct handles handles = { .by_name = true };
	bool all = !words->count;
	int err = o->show_pins ? find_pins(o) : 0;

	if (!err && !all)
		err = objects_open(o, kind, words, &handles);
	if (err)
		return err;
	err = words_end(words);
	o->said = !err;
	if (!err && handles.by_name)
		out_array(&o->out, NULL);
	if (!err && all)
		err = objects_each(o, kind, show);
	for (u32 i = 0; !err && i < handles.count; i++)
		err = show(o, handles.at[i]);
	if (!err && handles.by_name)
		out_array_end(&o->out);
	objects_release(o, &handles);
	return err;
}

void objects_out_pins(struct objects *o, enum object_kind kind, u32 id)
{
	bool any = false;

	for (u32 i = 0; i < o->pin_count; i++) {
		if (o->pins[i].kind != kind || o->pins[i].id != id)
			continue;
		if (!any)
			out_array(&o->out, "pinned");
		any = true;
		out_str(&o->out, NULL, "\n\tpinned %s", o->pins[i].path);
	}
	if (any)
		out_array_end(&o->out);
}

int objects_pin(struct objects *o, int handle, const char *path)
{
	struct pins pins = { .no_mount = o->no_mount };
	int err = pins_add(&pins, o->backend, path, handle);

	if (err)
		pins_undo(&pins, o->backend);
	pins_forget(&pins);
	return err ? objects_refused(o, err, "%s cannot be pinned to", path) : 0;
}

int objects_pin_words(struct objects *o, enum object_kind kind, struct words *words)
{
	int handle, err;

	err = words_need(words, 3, "pin");
	if (err)
		return err;
	handle = objects_open_one(o, kind, words);
	if (handle < 0)
		return handle;
	err = words_need(words, 1, "pin");
	if (!err) {
		const char *path = words_next(words);

		err = words_end(words);
		if (!err)
			err = objects_pin(o, handle, path);
	}
	(void)backend_close(o->backend, handle);
	return err;
}
