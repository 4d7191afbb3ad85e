// SPDX-License-Identifier: BSD-2-Clause
/* maps_legacy.c - section "maps": an array of C structures, one a map.
 *
 *   iproute2's struct bpf_elf_map: type, key, value, max, flags, id, pinning, inner_id, inner_idx
 *   struct bpf_map_def of early loaders: the first five (or four) of these
 *
 * Which of them it is shows in the distance between the symbols. Words that a shorter structure
 * lacks are 0; words beyond the longest must be 0. Types of key and value, if any, are the two
 * members of a structure ____btf_map_NAME. Source: iproute2's bpf_elf.h and bpf_legacy.c.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>

#include "load/file.h"

#define WORDS_MIN 4
#define WORDS_MAX 9

/* Symbols of the section that may be maps. */
static u32 count_symbols(const struct load_file *file, u32 section)
{
	u32 count = 0;

	for (u32 i = 0; i < file->symbol_count; i++)
		if (file->symbols[i].section == section && (file->symbols[i].type == STT_OBJECT ||
							      file->symbols[i].type == STT_NOTYPE))
			count++;
	return count;
}

/* BPF_ANNOTATE_KV_PAIR(NAME, key type, value type) */
static void read_types(const struct load_file *file, struct load_map *map)
{
	const struct btf_type *type;
	char name[LOAD_NAME + 16];

	snprintf(name, sizeof(name), "____btf_map_%s", map->name);
	type = btf_type(&file->btf, btf_find(&file->btf, BTF_KIND_STRUCT, name));
	if (!type || btf_vlen(type) != 2)
		return;
	map->btf_key_id = btf_members(type)[0].type;
	map->btf_value_id = btf_members(type)[1].type;
}

static int read_map(struct load_object *object, const struct section *section,
		    const struct symbol *symbol, u32 stride, struct load_map *map, struct log *log)
{
	u32 word[WORDS_MAX] = { 0 };
	const u8 *at;

	if (symbol->value % 4 || symbol->value > section->size ||
	    stride > section->size - symbol->value)
		return log_error(log, -EINVAL, "%s: map %s lies outside of section maps", object->path,
				 symbol->name);
	at = section->data + symbol->value;
	memcpy(word, at, min_u32(stride, sizeof(word)));
	for (u32 i = sizeof(word); i < stride; i++)
		if (at[i])
			return log_error(log, -EINVAL,
					 "%s: map %s has %u bytes, and byte %u means nothing known",
					 object->path, symbol->name, stride, i);
	map->legacy = true;
	map->type = word[0];
	map->key_size = word[1];
	map->value_size = word[2];
	map->max_entries = word[3];
	map->flags = word[4];
	map->id = word[5];
	map->pinning = word[6];
	map->inner_id = word[7];
	map->inner_idx = word[8];
	read_types(object->file, map);
	return 0;
}

int maps_legacy(struct load_object *object, struct log *log)
{
	struct load_file *file = object->file;
	u32 index, count, stride;
	const struct section *section = elf_section(file, "maps", &index);
	int err = 0;

	if (!section || !section->data || !section->size)
		return 0;
	count = count_symbols(file, index);
	if (!count || section->size % count || section->size / count < WORDS_MIN * 4 ||
	    section->size / count % 4)
		return log_error(log, -EINVAL, "%s: section maps: %llu bytes for %u maps", object->path,
				 (unsigned long long)section->size, count);
	stride = (u32)(section->size / count);
	for (u32 i = 0; !err && i < file->symbol_count; i++) {
		const struct symbol *symbol = &file->symbols[i];
		struct load_map *map;

		if (symbol->section != index ||
		    (symbol->type != STT_OBJECT && symbol->type != STT_NOTYPE))
			continue;
		map = map_new(object, symbol->name, index, symbol->value, log);
		if (!map)
			return -E2BIG;
		err = read_map(object, section, symbol, stride, map, log);
	}
	return err;
}
