// SPDX-License-Identifier: BSD-2-Clause
/* maps_btf.c - section ".maps": maps whose description is the type of a variable.
 *
 *   struct { int (*type)[BPF_MAP_TYPE_HASH]; int (*max_entries)[64]; struct key *key; ... } name;
 *
 * A number is the length of the array behind a pointer, a type is what a pointer points to; nothing
 * of it is ever stored. "values" is an array of pointers that the object fills by relocations.
 * Source: libbpf's documentation of BTF-defined maps.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "load/file.h"

struct map_reader {
	struct load_object *object;
	struct load_file *file;
	struct load_map *map;
	const char *name;         /* of the variable */
	u32 section, map_index;
	u64 offset;               /* of the variable in its section */
	struct log *log;
};

static int bad_member(struct map_reader *r, const char *member, const char *why)
{
	return log_error(r->log, -EINVAL, "%s: map %s: member %s: %s", r->object->path, r->name, member,
			 why);
}

/* __uint(): a pointer to an array of that many. */
static int read_number(struct map_reader *r, const char *member, u32 type_id, u32 *number)
{
	const struct btf_type *type = btf_resolve(&r->file->btf, type_id);

	if (!type || btf_kind(type) != BTF_KIND_PTR)
		return bad_member(r, member, "it is not made by __uint()");
	type = btf_resolve(&r->file->btf, type->type);
	if (!type || btf_kind(type) != BTF_KIND_ARRAY)
		return bad_member(r, member, "it is not made by __uint()");
	*number = btf_array_of(type)->nelems;
	return 0;
}

/* __type(): a pointer to the type. */
static int read_type(struct map_reader *r, const char *member, u32 type_id, u32 *size, u32 *id)
{
	const struct btf_type *type = btf_resolve(&r->file->btf, type_id);
	u32 found;

	if (!type || btf_kind(type) != BTF_KIND_PTR)
		return bad_member(r, member, "it is not made by __type()");
	if (btf_size_of(&r->file->btf, type->type, &found))
		return bad_member(r, member, "the type has no size");
	if (*size && *size != found)
		return bad_member(r, member, "the size that was given before is another one");
	*size = found;
	*id = type->type;
	return 0;
}

/* The relocations inside the array are the programs that belong into the slots. */
static int read_values(struct map_reader *r, u32 type_id, u64 start)
{
	const struct btf_type *type = btf_resolve(&r->file->btf, type_id);
	struct load_file *file = r->file;
	u64 end = file->sections[r->section].size;

	if (!type || btf_kind(type) != BTF_KIND_ARRAY)
		return bad_member(r, "values", "it is not made by __array()");
	if (r->map->type != BPF_MAP_TYPE_PROG_ARRAY)
		return log_error(r->log, -EOPNOTSUPP,
				 "%s: map %s: maps inside of maps are not supported yet", r->object->path,
				 r->name);
	/* The next variable of the section ends this one. */
	for (u32 i = 0; i < file->symbol_count; i++)
		if (file->symbols[i].section == r->section && file->symbols[i].value > r->offset &&
		    file->symbols[i].value < end)
			end = file->symbols[i].value;
	for (u32 i = 0; i < file->relocation_count; i++) {
		const struct relocation *relocation = &file->relocations[i];
		const struct symbol *symbol = &file->symbols[relocation->symbol];
		u64 addend = 0;

		if (relocation->section != r->section || relocation->offset < start || end < 8 ||
		    relocation->offset > end - 8)
			continue;
		if (symbol->type == STT_SECTION)
			memcpy(&addend, file->sections[r->section].data + relocation->offset, 8);
		if (file->slot_count == file->relocation_count)
			return bad_member(r, "values", "maps lie over one another");
		file->slots[file->slot_count++] = (struct slot){
			.map = r->map_index,
			.index = (u32)((relocation->offset - start) / 8),
			.section = symbol->section,
			.offset = symbol->value + addend,
		};
	}
	if (!r->map->key_size)
		r->map->key_size = 4;
	if (!r->map->value_size)
		r->map->value_size = 4;
	return 0;
}

static int read_member(struct map_reader *r, const struct btf_member *member, u32 bit_offset)
{
	const char *name = btf_name(&r->file->btf, member->name_off);
	struct load_map *map = r->map;
	u32 number = 0;
	int err;

	if (!strcmp(name, "type"))
		return read_number(r, name, member->type, &map->type);
	if (!strcmp(name, "max_entries"))
		return read_number(r, name, member->type, &map->max_entries);
	if (!strcmp(name, "map_flags"))
		return read_number(r, name, member->type, &map->flags);
	if (!strcmp(name, "key_size"))
		return read_number(r, name, member->type, &map->key_size);
	if (!strcmp(name, "value_size"))
		return read_number(r, name, member->type, &map->value_size);
	if (!strcmp(name, "key"))
		return read_type(r, name, member->type, &map->key_size, &map->btf_key_id);
	if (!strcmp(name, "value"))
		return read_type(r, name, member->type, &map->value_size, &map->btf_value_id);
	if (!strcmp(name, "numa_node"))
		return read_number(r, name, member->type, &number);
	if (!strcmp(name, "map_extra")) {
		err = read_number(r, name, member->type, &number);
		map->extra = number;
		return err;
	}
	if (!strcmp(name, "pinning")) {
		err = read_number(r, name, member->type, &number);
		if (!err && number > 1)
			return bad_member(r, name, "the value is none that is known");
		map->pin_by_name = number;
		return err;
	}
	if (!strcmp(name, "values"))
		return read_values(r, member->type, r->offset + bit_offset / 8);
	return bad_member(r, name, "it is not known");
}

static int read_variable(struct load_object *object, u32 section, const struct symbol *symbol,
			 const struct btf_type *variable, struct log *log)
{
	struct load_file *file = object->file;
	struct map_reader r = { .object = object, .file = file, .name = symbol->name,
				.section = section, .offset = symbol->value, .log = log };
	const struct btf_type *type = btf_resolve(&file->btf, variable->type);
	const struct btf_member *member;
	int err = 0;

	if (!type || btf_kind(type) != BTF_KIND_STRUCT)
		return log_error(log, -EINVAL, "%s: map %s is not described by a structure", object->path,
				 symbol->name);
	r.map = map_new(object, symbol->name, section, symbol->value, log);
	if (!r.map)
		return -E2BIG;
	r.map_index = object->map_count - 1;
	member = btf_members(type);
	for (u32 i = 0; !err && i < btf_vlen(type); i++)
		err = read_member(&r, &member[i], btf_member_bit(type, &member[i]));
	return err;
}

int maps_btf(struct load_object *object, struct log *log)
{
	struct load_file *file = object->file;
	u32 index;
	const struct section *section = elf_section(file, ".maps", &index);
	int err = 0;

	if (!section || !section->size)
		return 0;
	if (!file->btf.data || !section->data)
		return log_error(log, -EINVAL, "%s: section .maps needs BTF (compile with -g)",
				 object->path);
	/* One relocation makes at most one slot. */
	file->slots = calloc(file->relocation_count ? file->relocation_count : 1, sizeof(*file->slots));
	if (!file->slots)
		return -ENOMEM;
	for (u32 i = 0; !err && i < file->symbol_count; i++) {
		const struct symbol *symbol = &file->symbols[i];
		u32 variable;

		if (symbol->section != index || symbol->type != STT_OBJECT)
			continue;
		variable = btf_find(&file->btf, BTF_KIND_VAR, symbol->name);
		err = variable ? read_variable(object, index, symbol, btf_type(&file->btf, variable), log)
			       : log_error(log, -EINVAL, "%s: map %s has no type in .BTF", object->path,
					   symbol->name);
	}
	return err;
}
