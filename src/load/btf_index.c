// SPDX-License-Identifier: BSD-2-Clause
/* btf_index.c - the types of an object's .BTF section, for finding maps and data sections.
 *
 * Not the engine's reader (object/btf.c): the loader sits on the other side of the seam and works on
 * a copy that it changes before it goes to the kernel. References are checked where they are followed.
 */
#include <errno.h>
#include <stdlib.h>

#include "load/file.h"

#define DEPTH_MAX 32

/* Bytes that follow a type; -1 for a kind that is not known. */
static s64 trailer(const struct btf_type *type)
{
	s64 vlen = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return vlen * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return vlen * 8;
	default:
		return BTF_INFO_KIND(type->info) <= BTF_KIND_TYPE_TAG ? 0 : -1;
	}
}

size_t btf_type_bytes(const struct btf_type *type)
{
	return sizeof(*type) + (size_t)trailer(type);
}

int btf_index_types(struct load_object *object, struct log *log)
{
	struct load_file *file = object->file;
	const struct section *section = elf_section(file, ".BTF", NULL);
	struct btf_header header;
	u8 *at, *end;

	if (!section || !section->data)
		return 0;
	if (section->size < sizeof(header) || section->size > UINT32_MAX)
		goto damaged;
	memcpy(&header, section->data, sizeof(header));
	if (header.magic != BTF_MAGIC || header.hdr_len < sizeof(header) || header.type_off & 3 ||
	    header.hdr_len & 3 ||
	    (u64)header.hdr_len + header.type_off + header.type_len > section->size ||
	    (u64)header.hdr_len + header.str_off + header.str_len > section->size || !header.str_len)
		goto damaged;
	/* Types are changed by data.c; strings must not be changed with them. */
	if ((u64)header.type_off + header.type_len > header.str_off)
		goto damaged;
	file->btf = malloc(section->size);
	file->types = calloc(header.type_len / sizeof(struct btf_type) + 1, sizeof(*file->types));
	if (!file->btf || !file->types)
		return -ENOMEM;
	memcpy(file->btf, section->data, section->size);
	file->btf_size = (u32)section->size;
	file->strings = (char *)file->btf + header.hdr_len + header.str_off;
	file->strings_len = header.str_len;
	if (file->strings[file->strings_len - 1])
		goto damaged;
	file->type_count = 1;
	at = file->btf + header.hdr_len + header.type_off;
	end = at + header.type_len;
	while (at < end) {
		struct btf_type *type = (void *)at;

		if (end - at < (s64)sizeof(*type) || trailer(type) < 0 ||
		    end - at - (s64)sizeof(*type) < trailer(type))
			goto damaged;
		file->types[file->type_count++] = type;
		at += btf_type_bytes(type);
	}
	return 0;
damaged:
	return log_error(log, -EINVAL, "%s: section .BTF is damaged", object->path);
}

struct btf_type *btf_type_at(const struct load_file *file, u32 id)
{
	return id < file->type_count ? file->types[id] : NULL;
}

const char *btf_string(const struct load_file *file, u32 off)
{
	return off < file->strings_len ? file->strings + off : "";
}

struct btf_type *btf_type_resolve(const struct load_file *file, u32 id)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		struct btf_type *type = btf_type_at(file, id);

		if (!type)
			return NULL;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			continue;
		default:
			return type;
		}
	}
	return NULL;
}

int btf_sizeof(const struct load_file *file, u32 id, u32 *size)
{
	u64 count = 1;

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const struct btf_type *type = btf_type_resolve(file, id);
		const struct btf_array *array;

		if (!type)
			return -EINVAL;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_ARRAY:
			array = (const void *)(type + 1);
			count *= array->nelems;
			if (count > UINT32_MAX)
				return -EINVAL;
			id = array->type;
			continue;
		case BTF_KIND_PTR:
			count *= 8;
			break;
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
			count *= type->size;
			break;
		default:
			return -EINVAL;
		}
		if (count > UINT32_MAX)
			return -EINVAL;
		*size = (u32)count;
		return 0;
	}
	return -EINVAL;
}

u32 btf_datasec(const struct load_file *file, const char *name)
{
	for (u32 id = 1; id < file->type_count; id++)
		if (BTF_INFO_KIND(file->types[id]->info) == BTF_KIND_DATASEC &&
		    !strcmp(btf_string(file, file->types[id]->name_off), name))
			return id;
	return 0;
}
