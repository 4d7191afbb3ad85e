// SPDX-License-Identifier: BSD-2-Clause
/* btf_read.c - the index of a blob of BTF, and walks that always end. */
#include <errno.h>
#include <stdlib.h>

#include "isa/btf_read.h"

#define FOLLOW_MAX 32   /* references in a row, where nobody has followed them before */

/* What follows a type: a fixed part, and vlen records. */
static const struct kind {
	const char *name;
	u8 fixed, record;
} kinds[] = {
	[BTF_KIND_INT] = { "int", 4, 0 },
	[BTF_KIND_PTR] = { "ptr" },
	[BTF_KIND_ARRAY] = { "array", sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT] = { "struct", 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { "union", 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { "enum", 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { "fwd" },
	[BTF_KIND_TYPEDEF] = { "typedef" },
	[BTF_KIND_VOLATILE] = { "volatile" },
	[BTF_KIND_CONST] = { "const" },
	[BTF_KIND_RESTRICT] = { "restrict" },
	[BTF_KIND_FUNC] = { "func" },
	[BTF_KIND_FUNC_PROTO] = { "func_proto", 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { "var", sizeof(struct btf_var), 0 },
	[BTF_KIND_DATASEC] = { "datasec", 0, sizeof(struct btf_var_secinfo) },
	[BTF_KIND_FLOAT] = { "float" },
	[BTF_KIND_DECL_TAG] = { "decl_tag", sizeof(struct btf_decl_tag), 0 },
	[BTF_KIND_TYPE_TAG] = { "type_tag" },
	[BTF_KIND_ENUM64] = { "enum64", 0, sizeof(struct btf_enum64) },
};

static const struct kind *kind_row(u32 kind)
{
	return kind < ARRAY_SIZE(kinds) && kinds[kind].name ? &kinds[kind] : NULL;
}

const char *btf_kind_name(u32 kind)
{
	const struct kind *row = kind_row(kind);

	return row ? row->name : "?";
}

size_t btf_type_bytes(const struct btf_type *type)
{
	const struct kind *row = kind_row(btf_kind(type));

	return row ? sizeof(*type) + row->fixed + (size_t)row->record * btf_vlen(type) : sizeof(*type);
}

int btf_view_open(struct btf_view *view, u8 *data, u32 size, struct log *log)
{
	struct btf_header header;

	memset(view, 0, sizeof(*view));
	if (size < sizeof(header))
		return log_error(log, -EINVAL, "BTF: %u bytes are no header", size);
	memcpy(&header, data, sizeof(header));
	if (header.magic != BTF_MAGIC || header.hdr_len < sizeof(header))
		return log_error(log, -EINVAL, "BTF: magic 0x%04x and a header of %u bytes",
				 header.magic, header.hdr_len);
	if ((u64)header.hdr_len + header.type_off + header.type_len > size ||
	    (u64)header.hdr_len + header.str_off + header.str_len > size || !header.str_len)
		return log_error(log, -EINVAL, "BTF: a section is out of its place");
	view->data = data;
	view->size = size;
	view->next = data + header.hdr_len + header.type_off;
	view->end = view->next + header.type_len;
	view->strings = (char *)data + header.hdr_len + header.str_off;
	view->strings_len = header.str_len;
	if (view->strings[view->strings_len - 1] || (uintptr_t)view->next % 4)
		return log_error(log, -EINVAL, "BTF: a section has no end, or no even place");
	view->types = calloc(header.type_len / sizeof(struct btf_type) + 1, sizeof(*view->types));
	view->type_count = 1;
	return view->types ? 0 : -ENOMEM;
}

int btf_view_next(struct btf_view *view, struct log *log)
{
	struct btf_type *type = (void *)view->next;
	size_t left = (size_t)(view->end - view->next);

	if (!left)
		return 0;
	if (left >= sizeof(*type) && !kind_row(btf_kind(type)))
		return log_error(log, -EINVAL, "BTF: type %u has the unknown kind %u", view->type_count,
				 btf_kind(type));
	if (left < sizeof(*type) || left < btf_type_bytes(type))
		return log_error(log, -EINVAL, "BTF: type %u is cut", view->type_count);
	view->types[view->type_count++] = type;
	view->next += btf_type_bytes(type);
	return 1;
}

void btf_view_close(struct btf_view *view)
{
	free(view->types);
	free(view->ends);
	free(view->sizes);
	memset(view, 0, sizeof(*view));
}

struct btf_type *btf_type(const struct btf_view *view, u32 id)
{
	return id < view->type_count ? view->types[id] : NULL;
}

u32 btf_bit(const struct btf_view *view, u32 id)
{
	if (id >= view->type_count)
		return BTF_NOTHING;
	return id ? BTF_BIT(btf_kind(view->types[id])) : BTF_VOID;
}

const char *btf_name(const struct btf_view *view, u32 off)
{
	return off < view->strings_len ? view->strings + off : "";
}

u32 btf_find(const struct btf_view *view, u32 kind, const char *name)
{
	for (u32 id = 1; id < view->type_count; id++)
		if (btf_kind(view->types[id]) == kind &&
		    !strcmp(btf_name(view, view->types[id]->name_off), name))
			return id;
	return 0;
}

u32 btf_skip(const struct btf_view *view, u32 id)
{
	for (int depth = 0; depth <= FOLLOW_MAX; depth++) {
		if (btf_bit(view, id) & BTF_NOTHING)
			return 0;
		if (!(btf_bit(view, id) & (BTF_MODIFIERS | BTF_BIT(BTF_KIND_VAR))))
			return id;
		id = view->ends ? view->ends[id] : view->types[id]->type;
	}
	return 0;
}

struct btf_type *btf_resolve(const struct btf_view *view, u32 id)
{
	return btf_type(view, btf_skip(view, id));
}

int btf_size_of(const struct btf_view *view, u32 id, u32 *size)
{
	u64 count = 1;

	for (int depth = 0; depth <= FOLLOW_MAX; depth++) {
		const struct btf_type *type;
		u64 one = 8;

		id = btf_skip(view, id);
		type = btf_type(view, id);
		if (!type)
			return -EINVAL;
		if (btf_kind(type) == BTF_KIND_ARRAY && !view->sizes) {
			/* Too many stay too many, unless there are none of them. */
			count = min_u64(count * btf_array_of(type)->nelems, UINT32_MAX + 1ull);
			id = btf_array_of(type)->type;
			continue;
		}
		if (btf_kind(type) == BTF_KIND_ARRAY)
			one = view->sizes[id];
		else if (BTF_BIT(btf_kind(type)) & BTF_SIZED)
			one = type->size;
		else if (btf_kind(type) != BTF_KIND_PTR)
			return -EINVAL;
		if (count * one > UINT32_MAX)
			return -EINVAL;
		*size = (u32)(count * one);
		return 0;
	}
	return -EINVAL;
}
