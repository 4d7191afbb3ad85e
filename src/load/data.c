// SPDX-License-Identifier: BSD-2-Clause
/* data.c - global variables: .data, .rodata, .bss and their named kin become array maps of one
 * element, filled before any program is loaded; .rodata is frozen then. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/file.h"

#define DATA_MAX (64u << 20)
#define DATA_NAME 16      /* BPF_OBJ_NAME_LEN: the kernel sees no more */

/* ".data" or ".data.name" */
static bool is_kind(const char *name, const char *kind)
{
	size_t len = strlen(kind);

	return !strncmp(name, kind, len) && (!name[len] || name[len] == '.');
}

void data_name(const struct load_object *object, const char *section, char name[DATA_NAME])
{
	const char *base = strrchr(object->path, '/'), *dot;
	size_t len;

	base = base ? base + 1 : object->path;
	dot = strchr(base, '.');
	len = dot ? (size_t)(dot - base) : strlen(base);
	if (strchr(section + 1, '.')) {
		snprintf(name, DATA_NAME, "%s", section);
		return;
	}
	snprintf(name, DATA_NAME, "%.*s%s", (int)min_u64(len, 8), base, section);
	for (char *c = name; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && *c != '.')
			*c = '_';
}

int data_maps(struct load_object *object, struct log *log)
{
	struct load_file *file = object->file;

	for (u32 i = 1; i < file->section_count; i++) {
		struct section *section = &file->sections[i];
		bool rodata = is_kind(section->name, ".rodata");
		bool bss = is_kind(section->name, ".bss");
		char name[DATA_NAME];
		struct load_map *map;

		if (!section->size || !(section->flags & SHF_ALLOC) ||
		    (!rodata && !bss && !is_kind(section->name, ".data")))
			continue;
		if (section->size > DATA_MAX || bss != !section->data)
			return log_error(log, -EINVAL, "%s: section %s has no form that can be loaded",
					 object->path, section->name);
		data_name(object, section->name, name);
		map = map_new(object, name, i, 0, log);
		if (!map)
			return -E2BIG;
		section->map = (s32)object->map_count - 1;
		map->type = BPF_MAP_TYPE_ARRAY;
		map->key_size = 4;
		map->value_size = (u32)section->size;
		map->max_entries = 1;
		map->initial = section->data;
		map->read_only = rodata;
		map->flags = rodata ? BPF_F_RDONLY_PROG : 0;
		map->btf_value_id = btf_find(&file->btf, BTF_KIND_DATASEC, section->name);
	}
	return 0;
}

/* Variables of the symbol table, for finding one by section and name. */
struct variables {
	const struct symbol **symbol;
	u32 count;
};

static int by_name(const void *a, const void *b)
{
	const struct symbol *left = *(const struct symbol *const *)a;
	const struct symbol *right = *(const struct symbol *const *)b;

	if (left->section != right->section)
		return left->section < right->section ? -1 : 1;
	return strcmp(left->name, right->name);
}

static int list_variables(const struct load_file *file, struct variables *out)
{
	out->count = 0;
	out->symbol = calloc(file->symbol_count + 1, sizeof(*out->symbol));
	if (!out->symbol)
		return -ENOMEM;
	for (u32 i = 0; i < file->symbol_count; i++)
		if (file->symbols[i].type == STT_OBJECT)
			out->symbol[out->count++] = &file->symbols[i];
	qsort(out->symbol, out->count, sizeof(*out->symbol), by_name);
	return 0;
}

static const struct symbol *find_variable(const struct variables *all, u32 section, const char *name)
{
	const struct symbol key = { .section = section, .name = name }, *wanted = &key;
	const struct symbol **found =
		bsearch(&wanted, all->symbol, all->count, sizeof(wanted), by_name);

	return found ? *found : NULL;
}

static int by_offset(const void *a, const void *b)
{
	const struct btf_var_secinfo *left = a, *right = b;

	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

/* A section that the object has not: its variables one after the other. */
static void lay_out(struct btf_type *type)
{
	struct btf_var_secinfo *var = btf_vars(type);
	u32 size = 0;

	for (u32 i = 0; i < btf_vlen(type); i++) {
		var[i].offset = size;
		size += var[i].size;
	}
	type->size = size;
}

/* The section's size and the places of its variables. Those that are not in it are left out:
 * constants may have gone to .rodata.cst8 and the like, where no type follows them. */
static void fix_section(struct load_file *file, const struct variables *all, struct btf_type *type)
{
	struct btf_var_secinfo *var = btf_vars(type);
	u32 index = elf_section_index(file, btf_name(&file->btf, type->name_off)), kept = 0;

	if (!index) {
		if (!type->size)   /* or externs.c has done it */
			lay_out(type);
		return;
	}
	type->size = (u32)file->sections[index].size;
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_type *of = btf_type(&file->btf, var[i].type);
		const struct symbol *symbol =
			of ? find_variable(all, index, btf_name(&file->btf, of->name_off)) : NULL;

		if (!symbol)
			continue;
		var[kept] = var[i];
		var[kept++].offset = (u32)symbol->value;
	}
	type->info -= btf_vlen(type) - kept;
	qsort(var, kept, sizeof(*var), by_offset);
}

int data_fix_btf(struct load_file *file)
{
	struct btf_view *view = &file->btf;
	struct btf_header *header = (void *)view->data;
	struct variables all;
	u8 *to, *end;
	u32 gone;
	int err;

	if (!view->data)
		return 0;
	err = list_variables(file, &all);
	if (err)
		return err;
	/* Types move up where variables went, and the strings after them. */
	to = view->data + header->hdr_len + header->type_off;
	end = to + header->type_len;
	for (u32 id = 1; id < view->type_count; id++) {
		struct btf_type *type = view->types[id];
		size_t size;

		if (btf_kind(type) == BTF_KIND_DATASEC)
			fix_section(file, &all, type);
		size = btf_type_bytes(type);
		memmove(to, type, size);
		view->types[id] = (void *)to;
		to += size;
	}
	gone = (u32)(end - to);
	memmove(to, end, (size_t)(view->data + view->size - end));
	header->type_len -= gone;
	header->str_off -= gone;
	view->size -= gone;
	view->strings -= gone;
	free(all.symbol);
	return 0;
}
