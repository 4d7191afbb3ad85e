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

/* "foo.bss" of foo.o, as libbpf names them; sections with names of their own keep them. */
static void data_name(const struct load_object *object, const char *section, char *name)
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
		map->btf_value_id = btf_datasec(file, section->name);
	}
	return 0;
}

static const struct symbol *find_object(const struct load_file *file, u32 section, const char *name)
{
	for (u32 i = 0; i < file->symbol_count; i++)
		if (file->symbols[i].section == section && file->symbols[i].type == STT_OBJECT &&
		    !strcmp(file->symbols[i].name, name))
			return &file->symbols[i];
	return NULL;
}

static int by_offset(const void *a, const void *b)
{
	const struct btf_var_secinfo *left = a, *right = b;

	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

void data_fix_btf(struct load_file *file)
{
	for (u32 id = 1; id < file->type_count; id++) {
		struct btf_type *type = file->types[id];
		struct btf_var_secinfo *var = (void *)(type + 1);
		const struct section *section;
		u32 index;

		if (BTF_INFO_KIND(type->info) != BTF_KIND_DATASEC)
			continue;
		section = elf_section(file, btf_string(file, type->name_off), &index);
		if (!section || section->size > UINT32_MAX)
			continue;
		type->size = (u32)section->size;
		for (u32 i = 0; i < BTF_INFO_VLEN(type->info); i++) {
			const struct btf_type *of = btf_type_at(file, var[i].type);
			const struct symbol *symbol =
				of ? find_object(file, index, btf_string(file, of->name_off)) : NULL;

			if (symbol)
				var[i].offset = (u32)symbol->value;
		}
		qsort(var, BTF_INFO_VLEN(type->info), sizeof(*var), by_offset);
	}
}
