// SPDX-License-Identifier: BSD-2-Clause
/* mem_value.c - map values, the special fields in them, and map keys.
 *
 * A value of a map that neither programs nor clients can change any more is a constant to the program.
 */
#include <errno.h>

#include "verify/mem.h"

static int require_allowed(struct verifier *v, const struct access *a, const struct map *map)
{
	if (a->write && map->flags & BPF_F_RDONLY_PROG)
		return reject(v, -EACCES, REASON_MAP_READONLY, (int)a->n,
			      "map %s is written, but it was made read-only for programs", map->name);
	if (!a->write && map->flags & BPF_F_WRONLY_PROG)
		return reject(v, -EACCES, REASON_MAP_READONLY, (int)a->n,
			      "map %s is read, but it was made write-only for programs", map->name);
	return 0;
}

/* A pointer to an object is loaded and stored as a whole; the engine has no such objects. */
static int require_kptr(struct verifier *v, const struct access *a, const struct btf_field *field)
{
	const struct reg *reg = v_reg(v, a->n);

	if (!a->helper && tnum_is_const(reg->n.bits) && a->size == 8 &&
	    (s64)reg->off + a->off + (s64)reg->n.bits.value == field->off)
		return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, (int)a->n,
			      "a pointer to an object is %s in map %s, and this engine has no objects",
			      access_verb(a), reg->map->name);
	return reject(v, -EACCES, REASON_FIELD_ACCESS, (int)a->n,
		      "a part of a pointer to an object is %s in map %s", access_verb(a), reg->map->name);
}

/* Special fields are the engine's; the bounds of the access are known to be good. */
static int require_plain_fields(struct verifier *v, const struct access *a, const struct map *map)
{
	const struct reg *reg = v_reg(v, a->n);
	s64 low = (s64)reg->off + a->off + reg->n.smin;
	s64 high = (s64)reg->off + a->off + (s64)reg->n.umax + a->size;

	for (u32 i = 0; i < map->fields->count; i++) {
		const struct btf_field *field = &map->fields->at[i];

		if (low >= (s64)field->off + field->size || high <= field->off)
			continue;
		if (field->kind & (FIELD_KPTRS | FIELD_UPTR))
			return require_kptr(v, a, field);
		return reject(v, -EACCES, REASON_FIELD_ACCESS, (int)a->n,
			      "%lld byte%s of a value of map %s %s %s, and among them is a lock, timer or "
			      "other field that only helpers may touch", (long long)(high - low),
			      high - low == 1 ? "" : "s", map->name, high - low == 1 ? "is" : "are",
			      access_verb(a));
	}
	return 0;
}

int map_value_require(struct verifier *v, const struct access *a)
{
	const struct map *map = v_reg(v, a->n)->map;
	int err = require_allowed(v, a, map);

	if (!err)
		err = mem_bounds(v, a, map->value_size, "the map value");
	return err || likely(!map->fields) ? err : require_plain_fields(v, a, map);
}

/* Nobody can change the map any more. */
static bool is_constant(const struct map *map)
{
	return map->flags & BPF_F_RDONLY_PROG && map->ops->direct_value && atomic_load(&map->frozen) &&
	       !atomic_load(&map->writers);
}

/* What a load finds in a map that stays as it is. */
static int read_constant(struct verifier *v, const struct access *a, struct reg *out)
{
	const struct reg *reg = v_reg(v, a->n);
	u32 off = (u32)(reg->off + a->off + (s32)reg->n.bits.value), left;
	u64 value = 0;
	u8 *at;
	int err = reg->map->ops->direct_value(reg->map, off, &at, &left);

	if (err)
		return reject(
			v, err, REASON_MAP_READONLY, (int)a->n,
			"map %s is constant and has more than one element: Linux takes no load from it at "
			"a known offset",
			reg->map->name);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(&value, at, a->size);
#else
	memcpy((u8 *)&value + 8 - a->size, at, a->size);
#endif
	reg_set_const(out, value);
	return 0;
}

int value_access(struct verifier *v, const struct access *a, struct reg *out)
{
	const struct reg *reg = v_reg(v, a->n);
	int err = a->write ? mem_no_leak(v, a, "a map") : 0;

	if (!err)
		err = map_value_require(v, a);
	if (err)
		return err;
	mem_note(v, NOTE_MAP_VALUE);
	if (!out)
		return 0;
	if (tnum_is_const(reg->n.bits) && is_constant(reg->map))
		return read_constant(v, a, out);
	mem_loaded(out, a->size);
	return 0;
}

int key_access(struct verifier *v, const struct access *a, struct reg *out)
{
	int err;

	if (a->write)
		return reject(v, -EACCES, REASON_MAP_READONLY, (int)a->n,
			      "the key of a map element is written");
	err = mem_bounds(v, a, v_reg(v, a->n)->map->key_size, "the map key");
	if (err)
		return err;
	mem_note(v, NOTE_MEM);
	if (out)
		mem_loaded(out, a->size);
	return 0;
}
