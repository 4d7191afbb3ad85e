// SPDX-License-Identifier: BSD-2-Clause
/* core_match.c - comparing types of two sets of BTF. Both may be hostile: every walk has a depth, and
 * one that would be too deep is a difference. */
#include <string.h>

#include "load/core_match.h"

#define MATCH_DEPTH 32

/* "a___b": three underscores between others. The last such place counts. */
size_t core_name_len(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = len; i-- > 0;)
		if (i + 4 < len && name[i] != '_' && name[i + 4] != '_' && !memcmp(name + i + 1, "___", 3))
			return i + 1;
	return len;
}

bool core_same_name(const char *a, const char *b)
{
	size_t len;

	/* Most names differ at once. */
	if (*a != *b)
		return false;
	len = core_name_len(a);
	return len == core_name_len(b) && !memcmp(a, b, len);
}

static bool is_enum(const struct btf_type *type)
{
	return btf_kind(type) == BTF_KIND_ENUM || btf_kind(type) == BTF_KIND_ENUM64;
}

bool core_same_kind(const struct btf_type *a, const struct btf_type *b)
{
	return btf_kind(a) == btf_kind(b) || (is_enum(a) && is_enum(b));
}

/* A bit-field of the old form, which is described by an integer with an offset. */
static bool has_offset(const struct btf_type *type)
{
	return BTF_INT_OFFSET(get_u32(type + 1));
}

static bool either_unnamed(const char *a, const char *b)
{
	return !*a || !*b;
}

bool core_field_fits(struct core_pair *pair, u32 local_id, u32 kernel_id)
{
	for (u32 depth = 0; depth < MATCH_DEPTH; depth++) {
		const struct btf_type *local = btf_resolve(pair->local, local_id);
		const struct btf_type *kernel = btf_resolve(pair->kernel, kernel_id);
		const char *a, *b;

		if (!local || !kernel)
			return false;
		if (btf_is_composite(local) && btf_is_composite(kernel))
			return true;
		if (!core_same_kind(local, kernel))
			return false;
		switch (btf_kind(local)) {
		case BTF_KIND_PTR:
		case BTF_KIND_FLOAT:
			return true;
		case BTF_KIND_FWD:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			a = btf_name(pair->local, local->name_off);
			b = btf_name(pair->kernel, kernel->name_off);
			return either_unnamed(a, b) || core_same_name(a, b);
		case BTF_KIND_INT:
			return !has_offset(local) && !has_offset(kernel);
		case BTF_KIND_ARRAY:
			local_id = btf_array_of(local)->type;
			kernel_id = btf_array_of(kernel)->type;
			continue;
		default:
			return false;
		}
	}
	return false;
}

static bool shape_fits(struct core_pair *pair, u32 local_id, u32 kernel_id, u32 depth)
{
	for (; depth < MATCH_DEPTH && core_step(pair); depth++) {
		u32 local_at = btf_skip(pair->local, local_id);
		u32 kernel_at = btf_skip(pair->kernel, kernel_id);
		const struct btf_type *local = btf_type(pair->local, local_at);
		const struct btf_type *kernel = btf_type(pair->kernel, kernel_at);

		if (!local || !kernel)
			return !local && !kernel;
		if (!core_same_kind(local, kernel))
			return false;
		switch (btf_kind(local)) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FWD:
			return true;
		case BTF_KIND_INT:
			return !has_offset(local) && !has_offset(kernel);
		case BTF_KIND_ARRAY:
			local_id = btf_array_of(local)->type;
			kernel_id = btf_array_of(kernel)->type;
			continue;
		case BTF_KIND_FUNC_PROTO:
			if (btf_vlen(local) != btf_vlen(kernel))
				return false;
			for (u32 i = 0; i < btf_vlen(local); i++)
				if (!shape_fits(pair, btf_params(local)[i].type,
						btf_params(kernel)[i].type, depth + 1))
					return false;
			break;
		case BTF_KIND_PTR:
			break;
		default:
			return false;
		}
		local_id = local->type;
		kernel_id = kernel->type;
	}
	return false;
}

bool core_type_fits(struct core_pair *pair, u32 local_id, u32 kernel_id)
{
	const struct btf_type *local = btf_type(pair->local, local_id);
	const struct btf_type *kernel = btf_type(pair->kernel, kernel_id);

	/* A typedef is not the structure that it names. */
	return local && kernel && core_same_kind(local, kernel) &&
	       shape_fits(pair, local_id, kernel_id, 0);
}

const char *core_enumerator(const struct btf_view *view, const struct btf_type *type, u32 index,
			    u64 *value)
{
	const u8 *record = (const u8 *)(type + 1);

	if (btf_kind(type) == BTF_KIND_ENUM) {
		record += (size_t)index * sizeof(struct btf_enum);
		*value = BTF_INFO_KFLAG(type->info) ? (u64)(s64)(s32)get_u32(record + 4)
						    : get_u32(record + 4);
	} else {
		record += (size_t)index * sizeof(struct btf_enum64);
		*value = get_u64(record + 4);
	}
	return btf_name(view, get_u32(record));
}

static bool enums_match(struct core_pair *pair, const struct btf_type *local,
			const struct btf_type *kernel)
{
	u64 value;

	for (u32 i = 0; i < btf_vlen(local); i++) {
		const char *name = core_enumerator(pair->local, local, i, &value);
		u32 n = 0;

		while (n < btf_vlen(kernel) && core_step(pair) &&
		       !core_same_name(name, core_enumerator(pair->kernel, kernel, n, &value)))
			n++;
		if (n == btf_vlen(kernel) || !*pair->steps)
			return false;
	}
	return true;
}

static bool type_matches(struct core_pair *pair, u32 local_id, u32 kernel_id, bool behind,
			 u32 depth);

static bool members_match(struct core_pair *pair, const struct btf_type *local,
			  const struct btf_type *kernel, bool behind, u32 depth)
{
	const struct btf_member *ours = btf_members(local), *theirs = btf_members(kernel);

	for (u32 i = 0; i < btf_vlen(local); i++) {
		const char *name = btf_name(pair->local, ours[i].name_off);
		bool found = false;

		for (u32 n = 0; !found && n < btf_vlen(kernel) && core_step(pair); n++)
			found = core_same_name(name, btf_name(pair->kernel, theirs[n].name_off)) &&
				type_matches(pair, ours[i].type, theirs[n].type, behind, depth + 1);
		if (!found)
			return false;
	}
	return true;
}

/* A declaration without its members stands for the whole. */
static bool declared_matches(const struct btf_type *declared, const struct btf_type *type)
{
	bool is_union = BTF_INFO_KFLAG(declared->info);

	if (btf_kind(type) == BTF_KIND_FWD)
		return is_union == BTF_INFO_KFLAG(type->info);
	return btf_kind(type) == (is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT);
}

static bool composite_matches(struct core_pair *pair, const struct btf_type *local,
			      const struct btf_type *kernel, bool behind, u32 depth)
{
	if (behind && btf_kind(kernel) == BTF_KIND_FWD)
		return declared_matches(kernel, local);
	if (btf_kind(local) != btf_kind(kernel))
		return false;
	return behind || members_match(pair, local, kernel, behind, depth);
}

static bool ints_match(const struct btf_type *local, const struct btf_type *kernel)
{
	return btf_kind(kernel) == BTF_KIND_INT && local->size == kernel->size &&
	       (BTF_INT_ENCODING(get_u32(local + 1)) & BTF_INT_SIGNED) ==
		       (BTF_INT_ENCODING(get_u32(kernel + 1)) & BTF_INT_SIGNED);
}

static bool params_match(struct core_pair *pair, const struct btf_type *local,
			 const struct btf_type *kernel, bool behind, u32 depth)
{
	if (btf_kind(kernel) != BTF_KIND_FUNC_PROTO || btf_vlen(local) != btf_vlen(kernel))
		return false;
	for (u32 i = 0; i < btf_vlen(local); i++)
		if (!type_matches(pair, btf_params(local)[i].type, btf_params(kernel)[i].type, behind,
				  depth + 1))
			return false;
	return true;
}

static bool type_matches(struct core_pair *pair, u32 local_id, u32 kernel_id, bool behind,
			 u32 depth)
{
	for (; depth < MATCH_DEPTH && core_step(pair); depth++) {
		const struct btf_type *local = btf_type(pair->local, btf_skip(pair->local, local_id));
		const struct btf_type *kernel = btf_type(pair->kernel, btf_skip(pair->kernel, kernel_id));

		if (!local || !kernel)
			return !local && !kernel;
		if (!core_same_name(btf_name(pair->local, local->name_off),
				    btf_name(pair->kernel, kernel->name_off)))
			return false;
		switch (btf_kind(local)) {
		case BTF_KIND_FWD:
			return declared_matches(local, kernel);
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			return is_enum(kernel) && enums_match(pair, local, kernel);
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			return composite_matches(pair, local, kernel, behind, depth);
		case BTF_KIND_INT:
			return ints_match(local, kernel);
		case BTF_KIND_PTR:
			if (btf_kind(kernel) != BTF_KIND_PTR)
				return false;
			behind = true;
			break;
		case BTF_KIND_ARRAY:
			if (btf_kind(kernel) != BTF_KIND_ARRAY ||
			    btf_array_of(local)->nelems != btf_array_of(kernel)->nelems)
				return false;
			local_id = btf_array_of(local)->type;
			kernel_id = btf_array_of(kernel)->type;
			continue;
		case BTF_KIND_FUNC_PROTO:
			if (!params_match(pair, local, kernel, behind, depth))
				return false;
			break;
		default:
			return false;
		}
		local_id = local->type;
		kernel_id = kernel->type;
	}
	return false;
}

bool core_type_matches(struct core_pair *pair, u32 local_id, u32 kernel_id)
{
	return type_matches(pair, local_id, kernel_id, false, 0);
}
