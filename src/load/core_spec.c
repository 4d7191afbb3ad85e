// SPDX-License-Identifier: BSD-2-Clause
/* core_spec.c - the way to a field: through the object's own types, and again through the kernel's.
 *
 *   "0:3:1" of struct a: element 0 of an array of a, its 4th member, the 2nd member of that.
 *
 * Members are found again by name; anonymous structures on the kernel's side are looked into. The
 * object is hostile input, its type section too.
 */
#include <errno.h>
#include <stdlib.h>

#include "load/core.h"

#define ANONYMOUS_DEPTH 8

static bool kind_is_type(u32 kind)
{
	return kind == BPF_CORE_TYPE_ID_LOCAL || kind == BPF_CORE_TYPE_ID_TARGET ||
	       kind == BPF_CORE_TYPE_EXISTS || kind == BPF_CORE_TYPE_SIZE ||
	       kind == BPF_CORE_TYPE_MATCHES;
}

static bool kind_is_enumerator(u32 kind)
{
	return kind == BPF_CORE_ENUMVAL_EXISTS || kind == BPF_CORE_ENUMVAL_VALUE;
}

/* Numbers with ':' between them. Returns how many, or -EINVAL, -E2BIG. */
static int access_parse(const char *text, u32 number[CORE_WAY_MAX])
{
	int count = 0;

	for (;;) {
		unsigned long value;
		char *end;

		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (count == CORE_WAY_MAX)
			return -E2BIG;
		errno = 0;
		value = strtoul(text, &end, 10);
		if (errno || value > INT32_MAX)
			return -EINVAL;
		number[count++] = (u32)value;
		if (!*end)
			return count;
		if (*end != ':')
			return -EINVAL;
		text = end + 1;
	}
}

static int spec_add(struct core_spec *spec, u32 type_id, u32 index, const char *name)
{
	if (spec->count == CORE_WAY_MAX)
		return -E2BIG;
	spec->step[spec->count++] = (struct core_step){ type_id, index, name };
	return 0;
}

/* @index elements of type @id. */
static int spec_skip(struct core_spec *spec, u32 id, u32 index)
{
	u32 size;

	if (btf_size_of(spec->view, id, &size))
		return -EINVAL;
	spec->bit += (u64)index * size * 8;
	return 0;
}

/* May element @index of an array be named? One without a length at the end of a structure has as many
 * as there is memory. @last: the step that led to the array. */
static bool array_has(const struct btf_view *view, const struct core_step *last,
		      const struct btf_array *array, u32 index)
{
	const struct btf_type *holder;

	if (index < array->nelems)
		return true;
	if (array->nelems || !last->name)
		return false;
	holder = btf_type(view, last->type_id);
	return last->index == btf_vlen(holder) - 1;
}

/* One step from *id on, by number. */
static int spec_step(struct core_spec *spec, u32 index, u32 *id)
{
	const struct btf_view *view = spec->view;
	u32 at = btf_skip(view, *id);
	const struct btf_type *type = btf_type(view, at);
	const struct btf_array *array;
	const char *name;

	if (!type)
		return -EINVAL;
	if (btf_is_composite(type)) {
		if (index >= btf_vlen(type))
			return -EINVAL;
		spec->bit += btf_member_bit(type, &btf_members(type)[index]);
		name = btf_name(view, btf_members(type)[index].name_off);
		*id = btf_members(type)[index].type;
		return *name ? spec_add(spec, at, index, name) : 0;
	}
	if (btf_kind(type) != BTF_KIND_ARRAY)
		return -EINVAL;
	array = btf_array_of(type);
	if (!array_has(view, &spec->step[spec->count - 1], array, index))
		return -EINVAL;
	*id = btf_skip(view, array->type);
	return spec_skip(spec, *id, index) ?: spec_add(spec, *id, index, NULL);
}

int core_spec_parse(const struct btf_view *local, const struct core_reloc *reloc,
		    struct core_spec *spec)
{
	u32 number[CORE_WAY_MAX], id = reloc->type_id, at;
	int count = access_parse(reloc->access, number), err;
	const struct btf_type *type;
	u64 value;

	*spec = (struct core_spec){ .view = local, .root_id = id, .kind = reloc->kind };
	if (count < 0)
		return count;
	if (!btf_type(local, id))
		return -EINVAL;
	if (kind_is_type(reloc->kind))
		return count == 1 && !number[0] ? 0 : -EINVAL;
	at = btf_skip(local, id);
	type = btf_type(local, at);
	if (!type)
		return -EINVAL;
	if (kind_is_enumerator(reloc->kind)) {
		if (count != 1 || number[0] >= btf_vlen(type) ||
		    (btf_kind(type) != BTF_KIND_ENUM && btf_kind(type) != BTF_KIND_ENUM64))
			return -EINVAL;
		return spec_add(spec, at, number[0], core_enumerator(local, type, number[0], &value));
	}
	err = spec_skip(spec, at, number[0]);
	if (!err)
		err = spec_add(spec, at, number[0], NULL);
	id = at;
	for (int i = 1; !err && i < count; i++)
		err = spec_step(spec, number[i], &id);
	return err;
}

/* The member of type *id that is called like step @from of the object. Returns 1, 0 or -E2BIG. */
static int match_member(struct core_pair *pair, const struct core_step *from, u32 *id,
			struct core_spec *out, u32 depth)
{
	const struct btf_type *local = btf_type(pair->local, from->type_id);
	u32 at = btf_skip(pair->kernel, *id);
	const struct btf_type *type = btf_type(pair->kernel, at);
	u64 bit = out->bit;

	if (!type || !btf_is_composite(type) || depth == ANONYMOUS_DEPTH)
		return 0;
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *name = btf_name(pair->kernel, member->name_off);
		u32 inner = member->type;
		int found;

		out->bit = bit + btf_member_bit(type, member);
		if (!*name) {
			found = match_member(pair, from, &inner, out, depth + 1);
			if (found) {
				*id = inner;
				return found;
			}
		} else if (!strcmp(name, from->name)) {
			if (!core_field_fits(pair, btf_members(local)[from->index].type, member->type))
				break;
			*id = member->type;
			return spec_add(out, at, i, name) ?: 1;
		}
	}
	out->bit = bit;
	return 0;
}

static int match_element(const struct core_step *from, bool first, u32 *id, struct core_spec *out)
{
	u32 at = btf_skip(out->view, *id);
	const struct btf_type *type = btf_type(out->view, at);

	if (!type)
		return 0;
	if (!first) {
		if (btf_kind(type) != BTF_KIND_ARRAY ||
		    !array_has(out->view, &out->step[out->count - 1], btf_array_of(type), from->index))
			return 0;
		at = btf_skip(out->view, btf_array_of(type)->type);
	}
	*id = at;
	if (spec_skip(out, at, from->index))
		return 0;
	return spec_add(out, at, from->index, NULL) ?: 1;
}

static int match_enumerator(const struct core_spec *spec, u32 kernel_id, struct core_spec *out)
{
	u32 at = btf_skip(out->view, kernel_id);
	const struct btf_type *type = btf_type(out->view, at);
	u64 value;

	if (!type || (btf_kind(type) != BTF_KIND_ENUM && btf_kind(type) != BTF_KIND_ENUM64))
		return 0;
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const char *name = core_enumerator(out->view, type, i, &value);

		if (core_same_name(name, spec->step[0].name))
			return spec_add(out, at, i, name) ?: 1;
	}
	return 0;
}

int core_spec_match(struct core_pair *pair, const struct core_spec *spec, u32 kernel_id,
		    struct core_spec *out)
{
	u32 id = kernel_id;
	int found = 1;

	*out = (struct core_spec){ .view = pair->kernel, .root_id = kernel_id, .kind = spec->kind };
	if (spec->kind == BPF_CORE_TYPE_MATCHES)
		return core_type_matches(pair, spec->root_id, kernel_id);
	if (kind_is_type(spec->kind))
		return core_type_fits(pair, spec->root_id, kernel_id);
	if (kind_is_enumerator(spec->kind))
		return match_enumerator(spec, kernel_id, out) > 0;
	for (u32 i = 0; found > 0 && i < spec->count; i++)
		found = spec->step[i].name ? match_member(pair, &spec->step[i], &id, out, 0)
					   : match_element(&spec->step[i], !i, &id, out);
	return found > 0;
}
