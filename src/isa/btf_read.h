// SPDX-License-Identifier: BSD-2-Clause
/* btf_read.h - reading BTF: where the types are, what they are called, how large they are.
 *
 *   data: | header | types ... | strings ... |       types[id] -> the type with its records behind it
 *
 * Invariant: every type of the index lies inside the type section with its records. Nothing else is
 * promised: a reference may name a type that is not there, and types may refer to one another in a
 * ring. So every function here takes any number, and ends. What Linux asks for beyond that is
 * object/btf_form.c and object/btf_link.c; the loader takes what they would refuse.
 */
#ifndef CLSBPF_ISA_BTF_READ_H
#define CLSBPF_ISA_BTF_READ_H

#include <linux/btf.h>

#include "base/log.h"


/* A kind as one bit, for questions about several of them. */
#define BTF_BIT(kind) (1u << (kind))
#define BTF_MODIFIERS                                                                              \
	(BTF_BIT(BTF_KIND_TYPEDEF) | BTF_BIT(BTF_KIND_VOLATILE) | BTF_BIT(BTF_KIND_CONST) |        \
	 BTF_BIT(BTF_KIND_RESTRICT) | BTF_BIT(BTF_KIND_TYPE_TAG))
#define BTF_SIZED                                                                                  \
	(BTF_BIT(BTF_KIND_INT) | BTF_BIT(BTF_KIND_STRUCT) | BTF_BIT(BTF_KIND_UNION) |              \
	 BTF_BIT(BTF_KIND_ENUM) | BTF_BIT(BTF_KIND_DATASEC) | BTF_BIT(BTF_KIND_FLOAT) |            \
	 BTF_BIT(BTF_KIND_ENUM64))
#define BTF_VOID BTF_BIT(BTF_KIND_UNKN)
#define BTF_NOTHING (1u << 31)   /* the "kind" of an id that is out of range */

struct btf_view {
	u8 *data;                 /* whoever opened the view owns it */
	u32 size;
	u8 *next, *end;           /* where btf_view_next() goes on */
	const char *strings;      /* ends with a 0 byte */
	u32 strings_len;
	struct btf_type **types;  /* types[0] is void (NULL) */
	u32 type_count;           /* including void */
	/* By id, when somebody has followed all references; or NULL. */
	u32 *ends;                /* what is behind modifiers and variables */
	u32 *sizes;               /* of arrays */
};

/** btf_view_open() - find the sections of @size bytes at @data, which stay the caller's and must
 *  outlive the view. Returns 0, -EINVAL with a sentence in @log, or -ENOMEM. btf_view_close(). */
must_check int btf_view_open(struct btf_view *view, u8 *data, u32 size, struct log *log);

/** btf_view_next() - put the next type into the index. Returns 1, 0 when there is none any more,
 *  -EINVAL with a sentence when it is cut or of no known kind. */
must_check int btf_view_next(struct btf_view *view, struct log *log);

/** btf_view_close() - free the index, not the data. */
void btf_view_close(struct btf_view *view);

/** btf_type() - type @id, or NULL for void and ids out of range. */
struct btf_type *btf_type(const struct btf_view *view, u32 id);

/** btf_bit() - BTF_BIT() of the kind of type @id, BTF_VOID, or BTF_NOTHING. */
u32 btf_bit(const struct btf_view *view, u32 id);

/** btf_name() - the string at @off, or "" when out of range. */
const char *btf_name(const struct btf_view *view, u32 off);

/** btf_kind_name() - "int", "struct", ...; "?" for kinds that are not known. */
const char *btf_kind_name(u32 kind);

/** btf_type_bytes() - of a type of the index, with its records. */
size_t btf_type_bytes(const struct btf_type *type);

/** btf_find() - the first type of this kind and name, or 0. */
u32 btf_find(const struct btf_view *view, u32 kind, const char *name);

/** btf_skip() - the id of the type behind typedefs, qualifiers, type tags and variables of type @id;
 *  0 for void, for ids out of range and, in a view without `ends`, for what is behind more than 32. */
u32 btf_skip(const struct btf_view *view, u32 id);

/** btf_resolve() - the type that btf_skip() finds, or NULL. */
struct btf_type *btf_resolve(const struct btf_view *view, u32 id);

/** btf_size_of() - the size of type @id in bytes, following typedefs, qualifiers and arrays.
 *  Returns 0 or -EINVAL. */
must_check int btf_size_of(const struct btf_view *view, u32 id, u32 *size);

static inline u32 btf_kind(const struct btf_type *type) { return BTF_INFO_KIND(type->info); }
static inline u32 btf_vlen(const struct btf_type *type) { return BTF_INFO_VLEN(type->info); }

/** btf_is_composite() - does it have members? */
static inline bool btf_is_composite(const struct btf_type *type)
{
	return btf_kind(type) == BTF_KIND_STRUCT || btf_kind(type) == BTF_KIND_UNION;
}

/* The records behind a type. */
static inline const struct btf_member *btf_members(const struct btf_type *type)
{
	return (const void *)(type + 1);
}

static inline const struct btf_array *btf_array_of(const struct btf_type *type)
{
	return (const void *)(type + 1);
}

static inline const struct btf_param *btf_params(const struct btf_type *type)
{
	return (const void *)(type + 1);
}

static inline struct btf_var_secinfo *btf_vars(struct btf_type *type)
{
	return (void *)(type + 1);
}

/** btf_member_bit() - where a member begins, in bits. */
static inline u32 btf_member_bit(const struct btf_type *type, const struct btf_member *member)
{
	return BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
}

#endif
