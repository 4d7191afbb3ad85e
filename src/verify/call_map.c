// SPDX-License-Identifier: BSD-2-Clause
/* call_map.c - the map of a helper call: its type, its element when that is a constant, its special fields,
 * and maps that programs of a type cannot have at all. */
#include <errno.h>

#include "verify/helper_call.h"

int call_map_require(struct verifier *v, const struct call *c)
{
	if (!c->map || c->helper->map_types >> c->map->type->type & 1)
		return 0;
	return reject(v, -EINVAL, REASON_MAP_TYPE, -1,
		      "bpf_%s() does not work on map %s, which is of type %s", c->helper->name,
		      c->map->name, c->map->type->name);
}

int call_map_write_require(struct verifier *v, const struct call *c)
{
	if (!c->map || !(c->map->flags & BPF_F_RDONLY_PROG) || !(c->helper->flags & HELPER_WRITES_MAP))
		return 0;
	return reject(v, -EACCES, REASON_MAP_CHANGE, 1,
		      "bpf_%s() would change map %s, which was made read-only for programs",
		      c->helper->name, c->map->name);
}

/* ---- constant keys ---- */

/* How many bytes from @from on are of @kind. */
static u32 run_of(const u8 kind[8], u32 from, enum slot_kind what)
{
	u32 n = 0;

	while (from + n < 8 && kind[from + n] == what)
		n++;
	return n;
}

int call_map_key(struct verifier *v, struct call *c, u32 n)
{
	const struct reg *reg = v_reg(v, n);
	const struct frame *frame;
	u32 slot, from;
	s32 off;

	c->key = -1;
	if (!v->capable || reg->type != REG_STACK || !tnum_is_const(reg->n.bits) ||
	    (c->map->type->type != BPF_MAP_TYPE_ARRAY && c->map->type->type != BPF_MAP_TYPE_PERCPU_ARRAY))
		return 0;
	off = reg->off + (s32)reg->n.bits.value;
	slot = (u32)(-off - 1) / 8;
	from = (u32)(off + 8 * (s32)(slot + 1));
	frame = &v->cur->frame[reg->frame];
	if (slot >= frame->slots)
		return 0;
	if (run_of(frame->kind[slot], from, SLOT_ZERO) >= c->map->key_size) {
		c->key = 0;
		return 0;
	}
	if (frame->kind[slot][0] != SLOT_SPILL || !reg_is_const(&frame->spill[slot]) ||
	    run_of(frame->kind[slot], from, SLOT_SPILL) != c->map->key_size)
		return 0;
	c->key = (s64)frame->spill[slot].n.bits.value;
	c->key_upper = from;
	return precise_slot(v, reg->frame, slot);
}

void call_map_note(struct verifier *v, const struct call *c)
{
	struct insn_note *note = v_note(v);
	const struct prog *prog = v->prog;
	bool key = c->key >= 0 && c->map && c->key < c->map->max_entries && !c->key_upper;
	u32 place = 0;

	if (!c->map || note->flags & NOTE_MIXED)
		return;
	while (place < prog->map_count && map_of(prog->maps[place]) != c->map)
		place++;
	if (place == prog->map_count || (note->map && note->map != place + 1)) {
		note->flags = (u8)((note->flags & ~NOTE_KEY) | NOTE_MIXED);
		return;
	}
	if (!note->map && key) {
		note->flags |= NOTE_KEY;
		note->key = (u32)c->key;
	} else if (note->flags & NOTE_KEY && (!key || note->key != (u32)c->key)) {
		note->flags &= (u8)~NOTE_KEY;
	}
	note->map = place + 1;
}

/* ---- what is in a value ---- */

int map_field_require(struct verifier *v, u32 n, u32 kinds, const char *noun)
{
	const struct reg *reg = v_reg(v, n);
	const struct btf_fields *fields = reg->map->fields;
	s64 off = (s64)reg->off + (s64)reg->n.bits.value;

	if (!tnum_is_const(reg->n.bits))
		return reject(v, -EINVAL, REASON_MAP_FIELD, (int)n,
			      "the place of %s in map %s is not a constant", noun, reg->map->name);
	for (u32 i = 0; fields && i < fields->count; i++)
		if (fields->at[i].kind & kinds && fields->at[i].off == off)
			return 0;
	return reject(v, -EINVAL, REASON_MAP_FIELD, (int)n,
		      "%s is expected, but there is none at offset %lld of the values of map %s", noun,
		      (long long)off, reg->map->name);
}

/* ---- constant strings ---- */

int call_string_require(struct verifier *v, u32 n, const char **text)
{
	const struct reg *reg = v_reg(v, n);
	struct map *map = reg->map;
	u8 *at = NULL;
	u32 left = 0;
	int err;

	if (!(map->flags & BPF_F_RDONLY_PROG) || !atomic_load(&map->frozen) || atomic_load(&map->writers))
		return reject(v, -EACCES, REASON_STRING_CONSTANT, (int)n,
			      "the string is in map %s, which can still change", map->name);
	if (!tnum_is_const(reg->n.bits))
		return reject(v, -EACCES, REASON_STRING_CONSTANT, (int)n,
			      "where the string begins is not a constant");
	if (!map->ops->direct_value)
		return reject(v, -EACCES, REASON_STRING_CONSTANT, (int)n,
			      "the string is in map %s, whose type does not keep its values in one place",
			      map->name);
	err = mem_require(v, n, 0, map->value_size - (u32)reg->off, MEM_READ, false);
	if (err)
		return err;
	err = map->ops->direct_value(map, (u32)(reg->off + (s32)reg->n.bits.value), &at, &left);
	if (err)
		return reject(v, err, REASON_STRING_CONSTANT, (int)n, "the string in map %s cannot be had",
			      map->name);
	if (!memchr(at, 0, left))
		return reject(v, -EINVAL, REASON_STRING_CONSTANT, (int)n,
			      "the string has no end inside map %s", map->name);
	*text = (const char *)at;
	return 0;
}

/* ---- maps of the whole program ---- */

int maps_require(struct verifier *v)
{
	for (u32 i = 0; i < v->prog->map_count; i++) {
		const struct map *map = map_of(v->prog->maps[i]);

		if (map->fields && map->fields->kinds & (FIELD_SPIN_LOCK | FIELD_RES_SPIN_LOCK) &&
		    v->helper_who == WHO_SOCKET)
			return reject(v, -EINVAL, REASON_MAP_FIELD, -1,
				      "map %s has spin locks, which socket filters cannot use", map->name);
	}
	return 0;
}
