// SPDX-License-Identifier: BSD-2-Clause
/* btf_value.c - values by their BTF type.
 *
 *   structures  objects; bit fields "0x..";  arrays of char that are text  strings
 *   enumerators their names, or the number;  pointers                      numbers
 *
 * Source of the form: bpftool 7.1 on the same bytes. It gives up at a float; here that is a number.
 */
#include "cli/btf_value.h"

#include <bpf/btf.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/btf_object.h"

#define VALUE_DEPTH 64

struct bytes {
	const u8 *at;
	size_t size;
};

static void show(const struct btf_value *v, const char *key, u32 id, struct bytes b, u32 depth);

static void show_null(const struct btf_value *v, const char *key)
{
	out_raw(v->out, key, "null");
}

/* Up to 16 bytes, the lowest first, as a number in hexadecimal digits. */
static void show_hex(const struct btf_value *v, const char *key, u64 low, u64 high)
{
	char text[40];

	if (high)
		snprintf(text, sizeof(text), "0x%" PRIx64 "%016" PRIx64, high, low);
	else
		snprintf(text, sizeof(text), "0x%" PRIx64, low);
	if (v->plain)
		out_raw(v->out, key, text);
	else
		out_str(v->out, key, NULL, text);
}

/* @width bits that begin @skip bits after the beginning of @b. */
static void show_bits(const struct btf_value *v, const char *key, struct bytes b, u32 skip, u32 width)
{
	unsigned __int128 value = 0;
	u32 count = (skip + width + 7) / 8;

	if (!width || width > 128 || skip > 7 || count > b.size || count > 17)
		return show_null(v, key);
	for (u32 i = count; i--;)
		value = i < 16 ? value << 8 | b.at[i] : 0;
	value >>= skip;
	if (count == 17)
		value |= (unsigned __int128)b.at[16] << (128 - skip);
	if (width < 128)
		value &= ((unsigned __int128)1 << width) - 1;
	show_hex(v, key, (u64)value, (u64)(value >> 64));
}

static u64 read_number(struct bytes b, u32 size)
{
	u64 value = 0;

	memcpy(&value, b.at, size);
	return value;
}

static s64 sign(u64 value, u32 size)
{
	u32 shift = 64 - 8 * size;

	return (s64)(value << shift) >> shift;
}

static void show_char(const struct btf_value *v, const char *key, u8 c)
{
	char text[8] = { (char)c };

	if (c < ' ' || c > '~')
		snprintf(text, sizeof(text), "0x%02x", c);
	if (v->plain)
		out_raw(v->out, key, text);
	else
		out_str(v->out, key, NULL, text);
}

static void show_int(const struct btf_value *v, const char *key, const struct btf_type *type,
		     struct bytes b)
{
	u32 size = type->size, bits = btf_int_bits(type), encoding = btf_int_encoding(type);
	bool plain_size = size == 1 || size == 2 || size == 4 || size == 8;

	if (size > b.size)
		return show_null(v, key);
	if (encoding & BTF_INT_BOOL)
		return out_bool(v->out, key, NULL, b.at[0]);
	if (btf_int_offset(type) || bits != size * 8 || !plain_size) {
		b.at += btf_int_offset(type) / 8;
		b.size -= min_u64(btf_int_offset(type) / 8, b.size);
		return show_bits(v, key, b, btf_int_offset(type) % 8, bits);
	}
	if (encoding & BTF_INT_CHAR && size == 1)
		return show_char(v, key, b.at[0]);
	if (encoding & BTF_INT_SIGNED)
		return out_s64(v->out, key, NULL, sign(read_number(b, size), size));
	out_u64(v->out, key, NULL, read_number(b, size));
}

static void show_float(const struct btf_value *v, const char *key, const struct btf_type *type,
		       struct bytes b)
{
	float single;
	double number;

	if (type->size == sizeof(single) && b.size >= sizeof(single)) {
		memcpy(&single, b.at, sizeof(single));
		return out_double(v->out, key, NULL, single);
	}
	if (type->size != sizeof(number) || b.size < sizeof(number))
		return show_null(v, key);
	memcpy(&number, b.at, sizeof(number));
	out_double(v->out, key, NULL, number);
}

static void show_pointer(const struct btf_value *v, const char *key, struct bytes b)
{
	u64 value;

	if (b.size < sizeof(value))
		return show_null(v, key);
	value = get_u64(b.at);
	if (!v->plain)
		return out_u64(v->out, key, NULL, value);
	if (!value)
		return out_raw(v->out, key, "(nil)");
	show_hex(v, key, value, 0);
}

static const char *enumerator(const struct btf *btf, const struct btf_type *type, s64 value)
{
	for (u32 i = 0; i < btf_vlen(type); i++) {
		if (btf_is_enum(type) ? btf_enum(type)[i].val == value
				      : btf_enum64_value(&btf_enum64(type)[i]) == (u64)value)
			return btf__name_by_offset(btf, btf_is_enum(type) ? btf_enum(type)[i].name_off
									  : btf_enum64(type)[i].name_off);
	}
	return NULL;
}

static void show_enum(const struct btf_value *v, const char *key, const struct btf_type *type,
		      struct bytes b)
{
	u32 size = type->size;
	const char *name;
	s64 value;

	if ((size != 1 && size != 2 && size != 4 && size != 8) || size > b.size)
		return show_null(v, key);
	value = sign(read_number(b, size), size);
	name = enumerator(v->btf, type, value);
	if (name)
		out_str(v->out, key, NULL, name);
	else
		out_s64(v->out, key, NULL, value);
}

/* An array of char that holds a text with its end. A typedef of char is a number. */
static bool is_text(const struct btf *btf, const struct btf_array *array, struct bytes b)
{
	const struct btf_type *type = btf__type_by_id(btf, array->type);

	for (u32 i = 0; type && i < VALUE_DEPTH && btf_is_mod(type); i++)
		type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_int(type) || type->size != 1)
		return false;
	if (!(btf_int_encoding(type) & BTF_INT_CHAR) && strcmp(btf_name_of(btf, type->name_off, ""), "char"))
		return false;
	for (size_t i = 0; i < min_u64(array->nelems, b.size); i++) {
		if (!b.at[i])
			return true;
		if (b.at[i] < ' ' || b.at[i] > '~')
			return false;
	}
	return false;
}

static void show_array(const struct btf_value *v, const char *key, const struct btf_array *array,
		       struct bytes b, u32 depth)
{
	s64 size = btf__resolve_size(v->btf, array->type);

	if (is_text(v->btf, array, b))
		return out_str(v->out, key, NULL, (const char *)b.at);
	out_array(v->out, key);
	for (u32 i = 0; size > 0 && i < array->nelems && b.size >= (u64)size; i++) {
		show(v, NULL, array->type, (struct bytes){ b.at, (size_t)size }, depth);
		b.at += size;
		b.size -= (size_t)size;
	}
	out_array_end(v->out);
}

static void show_members(const struct btf_value *v, const char *key, const struct btf_type *type,
			 struct bytes b, u32 depth)
{
	out_object(v->out, key);
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *name = btf_name_of(v->btf, member->name_off, "");
		u32 offset = btf_member_bit_offset(type, i), bits = btf_member_bitfield_size(type, i);
		struct bytes inside = { b.at + offset / 8, b.size - offset / 8 };

		if (offset / 8 > b.size)
			show_null(v, name);
		else if (bits)
			show_bits(v, name, inside, offset % 8, bits);
		else
			show(v, name, member->type, inside, depth);
	}
	out_object_end(v->out);
}

/* A data section: a list of its variables, each an object. */
static void show_section(const struct btf_value *v, const char *key, const struct btf_type *type,
			 struct bytes b, u32 depth)
{
	out_object(v->out, key);
	out_array(v->out, btf_name_of(v->btf, type->name_off, ""));
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_var_secinfo *place = &btf_var_secinfos(type)[i];

		if (place->offset > b.size)
			continue;
		show(v, NULL, place->type, (struct bytes){ b.at + place->offset, b.size - place->offset },
		     depth);
	}
	out_array_end(v->out);
	out_object_end(v->out);
}

static void show_variable(const struct btf_value *v, const char *key, const struct btf_type *type,
			  struct bytes b, u32 depth)
{
	out_object(v->out, key);
	show(v, btf_name_of(v->btf, type->name_off, ""), type->type, b, depth);
	out_object_end(v->out);
}

static void show(const struct btf_value *v, const char *key, u32 id, struct bytes b, u32 depth)
{
	const struct btf_type *type = id ? btf__type_by_id(v->btf, id) : NULL;

	if (!type || depth > VALUE_DEPTH)
		return show_null(v, key);
	depth++;
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return show_int(v, key, type, b);
	case BTF_KIND_FLOAT:
		return show_float(v, key, type, b);
	case BTF_KIND_PTR:
		return show_pointer(v, key, b);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return show_enum(v, key, type, b);
	case BTF_KIND_ARRAY:
		return show_array(v, key, btf_array(type), b, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return show_members(v, key, type, b, depth);
	case BTF_KIND_DATASEC:
		return show_section(v, key, type, b, depth);
	case BTF_KIND_VAR:
		return show_variable(v, key, type, b, depth);
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return show(v, key, type->type, b, depth);
	}
	show_null(v, key);
}

void btf_value(const struct btf_value *v, const char *key, u32 type, const void *data, size_t size)
{
	show(v, key, type, (struct bytes){ data, size }, 0);
}
