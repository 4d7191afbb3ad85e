// SPDX-License-Identifier: BSD-2-Clause
/* stack.c - loads and stores on the stack: what is spilled and filled, and what each byte holds.
 *
 *   offset from R10   -16 ............ -9   -8 ............ -1
 *   kind[slot][byte]  [1][0] ...... [1][7]  [0][0] ...... [0][7]
 *
 * A spill begins at the lowest byte of its slot; one of n bytes has n bytes of SLOT_SPILL. `spill` keeps
 * the whole register: what a fill of fewer bytes gives is worked out then. A later store to a part of the
 * slot makes bytes of what is left.
 *
 * Offsets that are not constant are for privileged programs: a store may then have gone to any byte.
 * Numbers are spilled for who has CAP_BPF; those of others become bytes.
 * Not here: what helpers do with the stack (stack_helper.c); objects in slots (slots.c).
 */
#include <errno.h>

#include "verify/stack.h"

/* ---- where ---- */

static int outside(struct verifier *v, const struct access *a, int err, const struct place *at)
{
	if (at->fixed && at->min < 0 && at->min >= -V_STACK)
		return mem_reject(v, a, err, REASON_STACK_BOUNDS, "where the stack has only %lld left",
				  (long long)-at->min);
	if (at->fixed)
		return mem_reject(v, a, err, REASON_STACK_BOUNDS,
				  "outside of the stack: at offset %lld, where a function has -%u to -1",
				  (long long)at->min, V_STACK);
	return mem_reject(v, a, err, REASON_STACK_BOUNDS,
			  "at offset %lld to %lld of the stack, where a function has offsets -%u to -1",
			  (long long)at->min, (long long)at->max, V_STACK);
}

void stack_grow(struct verifier *v, u32 number, s64 low)
{
	struct frame *frame = &v->cur->frame[number];
	u32 slots = (u32)(7 - low) / 8;

	if (slots <= frame->slots)
		return;
	memset(frame->kind[frame->slots], SLOT_NOTHING, (slots - frame->slots) * sizeof(frame->kind[0]));
	frame->slots = slots;
	depth_note(v, number, (s32)low);
}

int stack_locate(struct verifier *v, const struct access *a, struct place *at)
{
	const struct reg *reg = v_reg(v, a->n);
	const struct range *n = &reg->n;
	s64 off = (s64)reg->off + a->off, lowest = -V_STACK;

	at->number = reg->frame;
	at->frame = &v->cur->frame[reg->frame];
	at->fixed = range_is_const(n);
	if (unlikely(!at->fixed && (n->smax >= V_OFF_MAX || n->smin <= -V_OFF_MAX)))
		return reject(v, -EACCES, REASON_STACK_BOUNDS, (int)a->n,
			      "a local variable is %s at an offset that may be anything", access_verb(a));
	at->min = off + (at->fixed ? (s64)n->bits.value : n->smin);
	at->max = off + (at->fixed ? (s64)n->bits.value : n->smax);
	if (!a->write && !v->privileged)
		lowest = -8 * (s64)at->frame->slots;
	if (unlikely(at->min < lowest || at->min > -1))
		return outside(v, a, -EACCES, at);
	if (unlikely(at->max + a->size > 0))
		return outside(v, a, -EINVAL, at);
	stack_grow(v, at->number, at->min);
	return 0;
}

/* ---- reading ---- */

static int never_written(struct verifier *v, const struct access *a, s64 off)
{
	return mem_reject(v, a, -EACCES, REASON_STACK_UNINIT,
			  "at offset %lld of the stack, where nothing was stored on this path",
			  (long long)off);
}

/* Bytes that are no whole value: may they be read? Counts those of zeros and of spills. */
static int read_bytes(struct verifier *v, const struct access *a, const struct place *at, u32 *zeros,
		      u32 *spilled)
{
	const u8 *kind = at->frame->kind[slot_of(at->min)] + byte_of(at->min);

	*zeros = *spilled = 0;
	for (u32 i = 0; i < a->size; i++) {
		switch ((enum slot_kind)kind[i]) {
		case SLOT_SPILL:
			++*spilled;
			continue;
		case SLOT_ZERO:
			++*zeros;
			continue;
		case SLOT_MISC:
			continue;
		case SLOT_NOTHING:
			if (v->privileged)
				continue;
			break;
		case SLOT_DYNPTR:
		case SLOT_ITER:
		case SLOT_IRQ:
			return mem_reject(v, a, -EACCES, REASON_STACK_OBJECT,
					  "of a dynptr or an iterator, which only the kernel may look into");
		}
		return never_written(v, a, at->min);
	}
	return 0;
}

static void unlink_copy(struct reg *reg)
{
	reg->id = 0;
	reg->off = 0;
	reg->flags &= (u16)~(REG_ADDS | REG_ADDS32);
}

/* A fill that gives back what was stored, @whole bytes, or fewer of them. */
static int fill(struct verifier *v, const struct access *a, const struct place *at, u32 whole,
		struct reg *out)
{
	struct reg *from = &at->frame->spill[slot_of(at->min)];
	bool all = a->size == whole && (whole == 8 || (whole == 4 && from->n.umax <= UINT32_MAX));

	/* Copies learn from one another; what a load cuts off, or extends to another number, is no copy. */
	if (all && v->capable && reg_is_number(from))
		value_link(v, from);
	*out = *from;
	if (a->size < 8 && from->n.umax >> (a->size * 8 - a->sign))
		unlink_copy(out);
	return step_note_stack(v, at->number, slot_of(at->min));
}

static int half_a_pointer(struct verifier *v, const struct access *a, const struct reg *reg)
{
	char words[128];

	return mem_reject(v, a, -EACCES, REASON_STACK_POINTER, "of %s on the stack, but only all 8 can be",
			  value_words(v, reg, words, sizeof(words)));
}

/* The slot begins with a spill. */
static int read_spilled(struct verifier *v, const struct access *a, const struct place *at, struct reg *out)
{
	u32 slot = slot_of(at->min), whole = spill_size(at->frame->kind[slot]), zeros, spilled;
	const struct reg *from = &at->frame->spill[slot];
	char words[128];
	int err;

	if (a->size == 8 && whole == 8) {
		if (out)
			return fill(v, a, at, 8, out);
		if (!v->privileged && reg_is_pointer(from))
			return reject(v, -EACCES, REASON_POINTER_LEAK, (int)a->n,
				      "%s on the stack would be seen as a number",
				      value_words(v, from, words, sizeof(words)));
		return 0;
	}
	if (!reg_is_number(from))
		return half_a_pointer(v, a, from);
	if (!out)
		return 0;
	if (a->size <= whole && fill_in_place(at->min, a->size, whole))
		return fill(v, a, at, whole, out);
	err = read_bytes(v, a, at, &zeros, &spilled);
	if (err)
		return err;
	if (spilled == a->size && reg_is_null(from)) {
		reg_set_const(out, 0);
		return step_note_stack(v, at->number, slot);
	}
	if (zeros == a->size)
		reg_set_const(out, 0);
	else
		mem_loaded(out, a->size);
	return 0;
}

static int read_fixed(struct verifier *v, const struct access *a, const struct place *at, struct reg *out)
{
	u32 zeros, spilled;
	int err;

	if (at->frame->kind[slot_of(at->min)][0] == SLOT_SPILL)
		return read_spilled(v, a, at, out);
	err = read_bytes(v, a, at, &zeros, &spilled);
	if (err || !out)
		return err;
	if (zeros == a->size)
		reg_set_const(out, 0);
	else
		mem_loaded(out, a->size);
	return 0;
}

/* Any of the bytes from the lowest to the highest may be meant. */
static int read_variable(struct verifier *v, const struct access *a, const struct place *at, struct reg *out)
{
	bool zero = true;
	int err;

	if (!out)
		return reject(v, -EACCES, REASON_STACK_VARIABLE, (int)a->n,
			      "an atomic instruction works on the stack at an offset that is not constant");
	err = stack_require_written(v, a, at);
	if (err)
		return err;
	for (s64 off = at->min; zero && off < at->max + a->size; off++)
		zero = *kind_at(at->frame, off) == SLOT_ZERO;
	if (zero)
		reg_set_const(out, 0);
	else
		mem_loaded(out, a->size);
	return 0;
}

int stack_read(struct verifier *v, const struct access *a, struct reg *out)
{
	struct place at;
	int err = stack_locate(v, a, &at);

	if (err)
		return err;
	mem_note(v, NOTE_STACK);
	return at.fixed ? read_fixed(v, a, &at, out) : read_variable(v, a, &at, out);
}

/* ---- writing ---- */

void stack_scrub(struct frame *frame, u32 slot)
{
	u8 *kind = frame->kind[slot];

	if (!slot_is_special(kind))
		return;
	reg_forget(&frame->spill[slot]);
	for (u32 i = 0; i < 8; i++)
		if (kind[i] != SLOT_NOTHING)
			kind[i] = SLOT_MISC;
}

int stack_overwrite(struct verifier *v, struct frame *frame, s64 first, s64 end)
{
	int err = 0;

	for (u32 slot = slot_of(end - 1); !err && slot <= slot_of(first); slot++)
		if (slot_is_object(frame->kind[slot]))
			err = slot_overwrite(v, frame, slot);
	return err;
}

/* The register is kept as a whole: @size bytes of it count. */
static int spill(struct verifier *v, const struct access *a, const struct place *at)
{
	u32 slot = slot_of(at->min);
	u8 *kind = at->frame->kind[slot];

	at->frame->spill[slot] = *a->value;
	for (u32 i = 0; i < a->size; i++)
		kind[i] = SLOT_SPILL;
	/* The rest of the slot is as it was, but no part of anything. */
	for (u32 i = a->size; i < 8; i++)
		if (kind[i] != SLOT_ZERO && kind[i] != SLOT_NOTHING)
			kind[i] = SLOT_MISC;
	return step_note_stack(v, at->number, slot);
}

static int spill_number(struct verifier *v, const struct access *a, const struct place *at)
{
	bool fits = a->size == 8 || !(a->value->n.umax >> (a->size * 8));
	struct reg *to = &at->frame->spill[slot_of(at->min)];
	int err;

	if (fits && a->stored >= 0)
		value_link(v, v_reg(v, (u32)a->stored));
	err = spill(v, a, at);
	if (!fits)
		unlink_copy(to);
	return err;
}

static int spill_pointer(struct verifier *v, const struct access *a, const struct place *at)
{
	char words[128];

	if (a->size != 8)
		return half_a_pointer(v, a, a->value);
	if (at->number != v->cur->depth && a->value->type == REG_STACK)
		return reject(v, -EINVAL, REASON_STACK_CALLER, a->stored,
			      "%s is stored in a local variable of the caller, which may outlive it",
			      value_words(v, a->value, words, sizeof(words)));
	return spill(v, a, at);
}

/* Bytes that are no whole value. */
static int write_bytes(struct verifier *v, const struct access *a, const struct place *at)
{
	u32 slot = slot_of(at->min);
	bool zero = a->value && reg_is_null(a->value);
	int err = 0;

	stack_scrub(at->frame, slot);
	/* Zeros on the stack stay zeros when states are compared, so the register has to be one, too. */
	if (zero && a->stored >= 0)
		err = precise_reg(v, (u32)a->stored);
	memset(at->frame->kind[slot] + byte_of(at->min), zero ? SLOT_ZERO : SLOT_MISC, a->size);
	return err;
}

static int write_fixed(struct verifier *v, const struct access *a, const struct place *at)
{
	u32 slot = slot_of(at->min);
	u8 *kind = at->frame->kind[slot];
	int err;

	if (!v->privileged && a->size != 8 && kind[0] == SLOT_SPILL &&
	    !reg_is_number(&at->frame->spill[slot]))
		return reject(v, -EACCES, REASON_STACK_POINTER, (int)a->n,
			      "a pointer on the stack is overwritten in part, which needs privileges");
	ahead_store(v, kind, a->size, a->value && reg_is_pointer(a->value));
	err = stack_overwrite(v, at->frame, at->min, at->min + a->size);
	if (err)
		return err;
	if (a->value && reg_is_number(a->value) && v->capable && !byte_of(at->min))
		return spill_number(v, a, at);
	if (a->value && reg_is_pointer(a->value) && a->value->type != REG_DYNPTR)
		return spill_pointer(v, a, at);
	return write_bytes(v, a, at);
}

/* The byte at @off may be what is written. */
static int require_variable(struct verifier *v, const struct access *a, const struct place *at, s64 off)
{
	u8 kind = *kind_at(at->frame, off);

	if (v->privileged || kind == SLOT_MISC || kind == SLOT_ZERO)
		return 0;
	return reject(
		v, -EINVAL, REASON_STACK_VARIABLE, (int)a->n,
		"the stack is written at an offset between %lld and %lld: offset %lld must hold a number "
		"before, because it may stay as it is",
		(long long)at->min, (long long)at->max, (long long)off);
}

static int write_variable(struct verifier *v, const struct access *a, const struct place *at)
{
	bool zero = a->value && reg_is_null(a->value), used = false;
	int err = stack_overwrite(v, at->frame, at->min, at->max + a->size);

	for (s64 off = at->min; !err && off < at->max + a->size; off++)
		err = require_variable(v, a, at, off);
	if (err)
		return err;
	for (s64 off = at->min; off < at->max + a->size; off++) {
		u8 *kind = kind_at(at->frame, off);

		/* Where zeros are, zeros stay, unless they are what is left of a spill. */
		if (zero && (*kind == SLOT_SPILL ? reg_is_null(&at->frame->spill[slot_of(off)]) :
			     *kind == SLOT_ZERO && !slot_is_special(at->frame->kind[slot_of(off)]))) {
			used = true;
			continue;
		}
		stack_scrub(at->frame, slot_of(off));
		*kind = SLOT_MISC;
	}
	return used && a->stored >= 0 ? precise_reg(v, (u32)a->stored) : 0;
}

int stack_write(struct verifier *v, const struct access *a)
{
	struct place at;
	int err = stack_locate(v, a, &at);

	if (err)
		return err;
	mem_note(v, NOTE_STACK);
	return at.fixed ? write_fixed(v, a, &at) : write_variable(v, a, &at);
}
