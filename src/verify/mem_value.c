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

int map_value_require(struct verifier *v, const struct access *a)
{
	const struct map *map = v_reg(v, a->n)->map;
	int err = require_allowed(v, a, map);

	return err ? err : mem_bounds(v, a, map->value_size, "the map value");
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
