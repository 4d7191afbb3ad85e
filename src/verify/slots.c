// SPDX-License-Identifier: BSD-2-Clause
/* slots.c - objects that fill whole slots of the stack: dynptrs, iterators, saved interrupt flags.
 *
 *  R10 - 16: | slot 1: first | slot 0 |      struct frame: kind[i] says that they are there, spill[i]
 * what they are
 *
 * What overwrites them ends them: a dynptr as a whole, and not at all while somebody must give it back.
 * An iterator or flags are only forgotten, and missed at the end of the program.
 */
#include <errno.h>

#include "verify/stack.h"

int object_place_require(struct verifier *v, u32 n, u32 slots, const char *what, enum reason reason,
			 struct object_place *out)
{
	const struct reg *reg = v_reg(v, n);
	s64 off = reg->off + (s64)reg->n.bits.value;

	if (reg->type != REG_STACK)
		return reject(v, -EINVAL, reason, (int)n, "%s is on the stack, and this does not point there",
			      what);
	if (!range_is_const(&reg->n))
		return reject(v, -EINVAL, reason, (int)n, "%s is at a constant place of the stack", what);
	/* At its very end there is a place, in which there is no room. */
	if (off % 8 || (-off - 1) / 8 + 1 < (s64)slots)
		return reject(v, -EINVAL, reason, (int)n,
			      "%s has %u bytes of the stack, aligned to 8, and this points to R10 %c %lld",
			      what, 8 * slots, off < 0 ? '-' : '+', (long long)(off < 0 ? -off : off));
	out->number = reg->frame;
	out->frame = &v->cur->frame[reg->frame];
	/* Below the stack it is no slot at all; object_room_require() asks. */
	out->first = off ? (u32)min_u64((u64)(-off - 1) / 8, V_SLOTS) : V_SLOTS;
	return 0;
}

int object_room_require(struct verifier *v, u32 n, u32 slots, const struct object_place *at)
{
	if (at->first >= V_SLOTS)
		return reject(v, -EACCES, REASON_STACK_CHAIN, (int)n,
			      "the stack of a function has %u bytes, and this is outside", V_STACK);
	for (u32 i = 0; i < slots; i++) {
		u32 slot = at->first - i;
		const struct reg *reg = &at->frame->spill[slot];

		if (slot >= at->frame->slots || at->frame->kind[slot][0] != SLOT_DYNPTR || !reg->ref)
			continue;
		return reject(v, -EINVAL, REASON_DYNPTR, (int)n,
			      "a dynptr would be overwritten whose record was not given back");
	}
	return 0;
}

int object_make(struct verifier *v, const struct object_place *at, u32 slots, enum slot_kind kind)
{
	int err = 0;

	stack_grow(v, at->number, -8 * (s64)(at->first + 1));
	for (u32 i = 0; !err && i < slots; i++)
		err = slot_overwrite(v, at->frame, at->first - i);
	for (u32 i = 0; !err && i < slots; i++) {
		memset(at->frame->kind[at->first - i], kind, 8);
		reg_forget(&at->frame->spill[at->first - i]);
	}
	return err;
}

void object_clear(const struct object_place *at, u32 slots)
{
	for (u32 i = 0; i < slots; i++)
		memset(at->frame->kind[at->first - i], SLOT_NOTHING, 8);
}

bool object_is(const struct object_place *at, u32 slots, enum slot_kind kind)
{
	if (at->first >= at->frame->slots)
		return false;
	for (u32 i = 0; i < slots; i++)
		for (u32 b = 0; b < 8; b++)
			if (at->frame->kind[at->first - i][b] != kind)
				return false;
	return true;
}

/* ---- overwritten ---- */

struct gone {
	const struct verifier *v;
	u32 id;
};

static void lose_slice(struct reg *reg, void *ctx)
{
	const struct gone *gone = ctx;

	if (reg->type == REG_MEM && !(reg->flags & ~REG_MAYBE_NULL) && reg->dynptr_id == gone->id)
		value_lost(gone->v, reg);
}

/* The dynptr of which @slot is a part is no more, nor what bpf_dynptr_data() gave of it. */
void dynptr_end(struct verifier *v, struct frame *frame, u32 slot)
{
	u32 first = frame->spill[slot].dynptr_first ? slot : slot + 1;
	const struct object_place at = { .frame = frame, .first = first };
	struct gone gone = { v, frame->spill[first].dynptr_id };

	object_clear(&at, 2);
	value_each(v, lose_slice, &gone);
}

int slot_overwrite(struct verifier *v, struct frame *frame, u32 slot)
{
	if (slot >= frame->slots || frame->kind[slot][0] != SLOT_DYNPTR)
		return 0;
	if (frame->spill[slot].ref)
		return reject(v, -EINVAL, REASON_DYNPTR, -1,
			      "a dynptr is overwritten whose record was neither submitted nor discarded");
	dynptr_end(v, frame, slot);
	return 0;
}
