// SPDX-License-Identifier: BSD-2-Clause
/* load.c - reading an object file, and choosing a program in it. */
#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "load/core.h"

#define OBJECT_MAX (256u << 20)

int load_read(int fd, u8 *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, bytes + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int read_file(const char *path, struct load_file *file, struct log *log)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat status;

	if (fd < 0) {
		err = -errno;
		return log_error(log, err, "%s: %s", path, strerror(-err));
	}
	if (fstat(fd, &status))
		err = -errno;
	else if (!S_ISREG(status.st_mode))
		err = log_error(log, -EINVAL, "%s: this is no file", path);
	else if (status.st_size > OBJECT_MAX)
		err = log_error(log, -EFBIG, "%s: this is too large for an object", path);
	if (!err) {
		file->size = (size_t)status.st_size;
		file->bytes = malloc(file->size + 1);
		err = file->bytes ? load_read(fd, file->bytes, file->size) : -ENOMEM;
		if (err)
			log_line(log, "%s: %s", path, strerror(-err));
	}
	close(fd);
	return err;
}

static void read_license(struct load_object *object)
{
	const struct section *section = elf_section(object->file, "license", NULL);

	if (section && section->data)
		snprintf(object->license, sizeof(object->license), "%.*s",
			 (int)min_u64(section->size, sizeof(object->license) - 1),
			 (const char *)section->data);
}

static int open_parse(struct load_object *object, struct log *log)
{
	int err;

	hash_sha1(object->file->bytes, object->file->size, object->sha1);
	object->maps = calloc(LOAD_MAPS_MAX, sizeof(*object->maps));
	if (!object->maps)
		return -ENOMEM;
	err = elf_index(object, log);
	if (!err)
		err = btf_index_types(object, log);
	if (!err)
		err = maps_legacy(object, log);
	if (!err)
		err = maps_btf(object, log);
	if (!err)
		err = data_maps(object, log);
	if (!err)
		err = externs_collect(object, log);
	if (!err)
		err = notes_index(object, log);
	if (!err)
		err = progs_link(object, log);
	if (err)
		return err;
	read_license(object);
	err = data_fix_btf(object->file);
	if (err)
		return err;
	object->btf = object->file->btf.data;
	object->btf_size = object->file->btf.size;
	return 0;
}

static int open_object(struct load_object *object, struct log *log, struct load_object **out)
{
	size_t said = log ? log->len : 0;
	int err = open_parse(object, log);

	if (err) {
		if (log && log->len == said)
			log_line(log, "%s: %s", object->path, strerror(-err));
		load_close(object);
		return err;
	}
	*out = object;
	return 0;
}

static struct load_object *object_new(const char *path)
{
	struct load_object *object = calloc(1, sizeof(*object));

	if (!object)
		return NULL;
	object->btf_handle = -1;
	object->path = strdup(path);
	object->file = calloc(1, sizeof(*object->file));
	if (!object->path || !object->file) {
		free(object->path);
		free(object->file);
		free(object);
		return NULL;
	}
	return object;
}

int load_open(const char *path, struct log *log, struct load_object **out)
{
	struct load_object *object = object_new(path);
	int err;

	if (!object)
		return -ENOMEM;
	err = read_file(path, object->file, log);
	if (err) {
		load_close(object);
		return err;
	}
	return open_object(object, log, out);
}

int load_open_memory(const char *name, const void *bytes, size_t size, struct log *log,
		     struct load_object **out)
{
	struct load_object *object = object_new(name);

	if (!object)
		return -ENOMEM;
	object->file->bytes = malloc(size + 1);
	if (!object->file->bytes) {
		load_close(object);
		return -ENOMEM;
	}
	memcpy(object->file->bytes, bytes, size);
	object->file->size = size;
	return open_object(object, log, out);
}

static void file_free(struct load_file *file)
{
	if (file->elf)
		elf_end((Elf *)file->elf);
	free(file->bytes);
	free(file->sections);
	free(file->symbols);
	free(file->functions);
	free(file->relocations);
	free(file->btf.data);
	btf_view_close(&file->btf);
	core_kernel_free(file);
	externs_free(&file->externs);
	free(file->slots);
	free(file->places);
	free(file);
}

void load_close(struct load_object *object)
{
	if (!object)
		return;
	for (u32 i = 0; i < object->prog_count; i++) {
		if (object->progs[i].handle >= 0)
			(void)backend_close(object->backend, object->progs[i].handle);
		free(object->progs[i].insns);
		free(object->progs[i].refs);
		free(object->progs[i].calls);
		free(object->file->places[i].functions);
	}
	for (u32 i = 0; i < object->map_count; i++)
		if (object->maps[i].handle >= 0)
			(void)backend_close(object->backend, object->maps[i].handle);
	if (object->btf_handle >= 0)
		(void)backend_close(object->backend, object->btf_handle);
	file_free(object->file);
	free(object->progs);
	free(object->maps);
	free(object->path);
	free(object);
}

struct load_map *map_new(struct load_object *object, const char *name, u32 section, u64 offset,
			 struct log *log)
{
	struct load_file *file = object->file;
	struct load_map *map;

	if (object->map_count == LOAD_MAPS_MAX) {
		log_line(log, "%s: more than %d maps", object->path, LOAD_MAPS_MAX);
		return NULL;
	}
	file->map_section[object->map_count] = section;
	file->map_offset[object->map_count] = offset;
	map = &object->maps[object->map_count++];
	map->handle = -1;
	snprintf(map->name, sizeof(map->name), "%s", name);
	return map;
}

struct load_map *load_map_by_name(struct load_object *object, const char *name)
{
	for (u32 i = 0; i < object->map_count; i++)
		if (!strcmp(object->maps[i].name, name))
			return &object->maps[i];
	return NULL;
}

/* The only program that no slot waits for, or NULL when there are several. */
static struct load_prog *only_entry(struct load_object *object)
{
	struct load_prog *found = NULL;

	for (u32 i = 0; i < object->prog_count; i++) {
		bool tail = object->progs[i].tail;

		for (u32 s = 0; s < object->file->slot_count; s++)
			tail |= object->file->slots[s].section == object->file->places[i].section &&
				object->file->slots[s].offset == object->file->places[i].offset;
		if (tail)
			continue;
		if (found)
			return NULL;
		found = &object->progs[i];
	}
	return found;
}

int load_choose(struct load_object *object, const struct load_options *options, struct log *log,
		struct load_prog **out)
{
	const char *section = options->section;
	struct load_prog *found = NULL;

	if (!section && !options->program)
		section = options->prog_type == BPF_PROG_TYPE_SCHED_ACT ? "action" : "classifier";
	for (u32 i = 0; i < object->prog_count && !found; i++) {
		struct load_prog *prog = &object->progs[i];

		if ((!section || !strcmp(prog->section, section)) &&
		    (!options->program || !strcmp(prog->name, options->program)))
			found = prog;
	}
	if (!found && !options->section && !options->program)
		found = only_entry(object);
	if (found) {
		*out = found;
		return 0;
	}
	if (!object->prog_count)
		return log_error(log, -ENOENT,
				 "%s: there is no program (a global function in a section of its own)",
				 object->path);
	if (options->section || options->program)
		log_add(log, "%s: there is no program%s%s%s%s;", object->path,
			options->section ? " in section " : "", options->section ? options->section : "",
			options->program ? " of name " : "", options->program ? options->program : "");
	else
		log_add(log, "%s: which program?", object->path);
	log_add(log, " there are:");
	for (u32 i = 0; i < object->prog_count; i++)
		log_add(log, "%s %s (section %s)", i ? "," : "", object->progs[i].name,
			object->progs[i].section);
	log_add(log, "\n");
	return -ENOENT;
}
