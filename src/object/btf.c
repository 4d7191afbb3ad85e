// SPDX-License-Identifier: BSD-2-Clause
/* btf.c - reading BTF that an enemy wrote.
 *
 *   header | types ... | strings ...         offsets of both count from the end of the header
 *
 * After btf_create() every type lies inside the type section with its trailing records, and every
 * reference to a type or a string is in range. Linux checks more (names of functions, sizes of
 * members); this reader promises memory safety and what its own readers need.
 */
#include <errno.h>
#include <stdlib.h>

#include "object/btf.h"
#include "object/engine.h"


#define BTF_DEPTH_MAX 32
#define BTF_ENOTSUPP 524   /* what Linux answers; user space has no name for it */

static void btf_destroy(struct object *object)
{
	struct btf *btf = btf_of(object);

	free(btf->types);
	free(btf->data);
	free(btf);
}

static const struct object_ops btf_ops = {
	.kind = OBJECT_BTF,
	.name = "BTF",
	.destroy = btf_destroy,
};

/* Bytes that follow a type of this kind and count; negative for an unknown kind. */
static s64 btf_trailer(u32 kind, u32 vlen)
{
	switch (kind) {
	case BTF_KIND_INT:
		return 4;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return (s64)vlen * (s64)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return (s64)vlen * (s64)sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return (s64)vlen * (s64)sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return (s64)vlen * (s64)sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return (s64)vlen * (s64)sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	default:
		return -1;
	}
}

static int btf_check_header(struct btf *btf, struct btf_header *header, struct log *log)
{
	if (btf->size < sizeof(*header))
		return log_error(log, -EINVAL, "BTF: %u bytes are no header", btf->size);
	memcpy(header, btf->data, sizeof(*header));
	if (header->magic != BTF_MAGIC)
		return log_error(log, -EINVAL, "BTF: the magic number is 0x%04x", header->magic);
	if (header->version != BTF_VERSION)
		return log_error(log, -BTF_ENOTSUPP, "BTF: version %u", header->version);
	if (header->flags)
		return log_error(log, -BTF_ENOTSUPP, "BTF: flags 0x%x", header->flags);
	if (header->hdr_len < sizeof(*header) || header->hdr_len > btf->size ||
	    header->hdr_len & 3)
		return log_error(log, -EINVAL, "BTF: a header of %u bytes", header->hdr_len);
	for (u32 i = sizeof(*header); i < header->hdr_len; i++)
		if (btf->data[i])
			return log_error(log, -E2BIG, "BTF: the header has fields of the future");
	if ((u64)header->type_off + header->type_len > header->str_off || header->type_off & 3)
		return log_error(log, -EINVAL, "BTF: the type section is out of its place");
	if ((u64)header->hdr_len + header->str_off + header->str_len != btf->size)
		return log_error(log, -EINVAL, "BTF: the string section is out of its place");
	if (!header->str_len || btf->data[header->hdr_len + header->str_off] ||
	    btf->data[btf->size - 1])
		return log_error(log, -EINVAL,
				 "BTF: the string section must begin and end with a 0 byte");
	if (!header->type_len)
		return log_error(log, -EINVAL, "BTF: there are no types");
	return 0;
}

/* Find the start of every type. */
static int btf_index(struct btf *btf, const struct btf_header *header, struct log *log)
{
	const u8 *at = btf->data + header->hdr_len + header->type_off;
	const u8 *end = at + header->type_len;
	u32 room = header->type_len / sizeof(struct btf_type) + 1;

	btf->types = calloc(room, sizeof(*btf->types));
	if (!btf->types)
		return -ENOMEM;
	btf->type_count = 1;
	while (at < end) {
		const struct btf_type *type = (const void *)at;
		s64 more;

		if (end - at < (s64)sizeof(*type))
			return log_error(log, -EINVAL, "BTF: type %u is cut", btf->type_count);
		more = btf_trailer(BTF_INFO_KIND(type->info), BTF_INFO_VLEN(type->info));
		if (more < 0)
			return log_error(log, -EINVAL, "BTF: type %u has the unknown kind %u",
					 btf->type_count, BTF_INFO_KIND(type->info));
		if (end - at - (s64)sizeof(*type) < more)
			return log_error(log, -EINVAL, "BTF: type %u is cut", btf->type_count);
		btf->types[btf->type_count++] = type;
		at += sizeof(*type) + (size_t)more;
	}
	return 0;
}

static bool btf_has_type(u32 kind)
{
	switch (kind) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG:
		return true;
	default:
		return false;
	}
}

/* Names and types that the records behind type @id refer to. */
static bool btf_refs_ok(const struct btf *btf, const struct btf_type *type)
{
	const void *after = type + 1;
	u32 vlen = BTF_INFO_VLEN(type->info), types = btf->type_count;

	for (u32 i = 0; i < vlen; i++) {
		u32 name = 0, ref = 0;

		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			name = ((const struct btf_member *)after)[i].name_off;
			ref = ((const struct btf_member *)after)[i].type;
			break;
		case BTF_KIND_ENUM:
			name = ((const struct btf_enum *)after)[i].name_off;
			break;
		case BTF_KIND_ENUM64:
			name = ((const struct btf_enum64 *)after)[i].name_off;
			break;
		case BTF_KIND_FUNC_PROTO:
			name = ((const struct btf_param *)after)[i].name_off;
			ref = ((const struct btf_param *)after)[i].type;
			break;
		case BTF_KIND_DATASEC:
			ref = ((const struct btf_var_secinfo *)after)[i].type;
			break;
		default:
			return true;
		}
		if (name >= btf->strings_len || ref >= types)
			return false;
	}
	return true;
}

static int btf_check_types(const struct btf *btf, struct log *log)
{
	for (u32 id = 1; id < btf->type_count; id++) {
		const struct btf_type *type = btf->types[id];
		u32 kind = BTF_INFO_KIND(type->info);

		if (type->name_off >= btf->strings_len)
			return log_error(log, -EINVAL, "BTF: the name of type %u is out of range", id);
		if (btf_has_type(kind) && type->type >= btf->type_count)
			return log_error(log, -EINVAL, "BTF: type %u refers to type %u of %u", id,
					 type->type, btf->type_count);
		if (kind == BTF_KIND_ARRAY) {
			const struct btf_array *array = (const void *)(type + 1);

			if (array->type >= btf->type_count || array->index_type >= btf->type_count)
				return log_error(log, -EINVAL, "BTF: array %u has no such element type", id);
		}
		if (!btf_refs_ok(btf, type))
			return log_error(log, -EINVAL, "BTF: a record of type %u is out of range", id);
	}
	return 0;
}

int btf_create(struct engine *engine, const void *data, u32 size, struct log *log, struct btf **out)
{
	struct btf_header header = { 0 };
	struct btf *btf;
	int err;

	if (size > BTF_BLOB_MAX)
		return log_error(log, -E2BIG, "BTF: %u bytes, %u at most", size, BTF_BLOB_MAX);
	btf = calloc(1, sizeof(*btf));
	if (!btf)
		return -ENOMEM;
	object_init(&btf->object, engine, &btf_ops);
	btf->size = size;
	btf->data = malloc(size ? size : 1);
	if (!btf->data) {
		free(btf);
		return -ENOMEM;
	}
	memcpy(btf->data, data, size);
	err = btf_check_header(btf, &header, log);
	if (!err) {
		btf->strings = (const char *)btf->data + header.hdr_len + header.str_off;
		btf->strings_len = header.str_len;
		err = btf_index(btf, &header, log);
	}
	if (!err)
		err = btf_check_types(btf, log);
	if (err) {
		btf_destroy(&btf->object);
		return err;
	}
	*out = btf;
	return 0;
}

const struct btf_type *btf_type(const struct btf *btf, u32 id)
{
	return id < btf->type_count ? btf->types[id] : NULL;
}

const char *btf_name(const struct btf *btf, u32 off)
{
	return off < btf->strings_len ? btf->strings + off : "";
}

int btf_size_of(const struct btf *btf, u32 id, u32 *size)
{
	u64 count = 1;

	for (int depth = 0; depth < BTF_DEPTH_MAX; depth++) {
		const struct btf_type *type = btf_type(btf, id);
		const struct btf_array *array;

		if (!type)
			return -EINVAL;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
		case BTF_KIND_DATASEC:
			count *= type->size;
			break;
		case BTF_KIND_PTR:
			count *= 8;
			break;
		case BTF_KIND_ARRAY:
			array = (const void *)(type + 1);
			count *= array->nelems;
			if (count > UINT32_MAX)
				return -EINVAL;
			id = array->type;
			continue;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_VAR:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			continue;
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

const struct btf_type *btf_resolve(const struct btf *btf, u32 id)
{
	for (int depth = 0; depth < BTF_DEPTH_MAX; depth++) {
		const struct btf_type *type = btf_type(btf, id);

		if (!type)
			return NULL;
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_VAR:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			continue;
		default:
			return type;
		}
	}
	return NULL;
}
