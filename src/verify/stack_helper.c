// SPDX-License-Identifier: BSD-2-Clause
/* stack_helper.c - what helpers may do with the stack, and what is left of it when they have.
 *
 * A helper that only writes, a known number of bytes at a known place, needs nothing there ("raw"). All
 * others may leave bytes as they are: those must hold something before. Unprivileged programs must not
 * read what they did not write, nor see a pointer as bytes.
 */
#include <errno.h>

#include "verify/stack.h"

static int not_readable(struct verifier *v, const struct access *a, s64 off, u8 kind)
{
	const struct frame *frame = &v->cur->frame[v_reg(v, a->n)->frame];
	char words[128];

	switch ((enum slot_kind)kind) {
	case SLOT_DYNPTR:
	case SLOT_ITER:
	case SLOT_IRQ:
		return reject(v, -EACCES, REASON_STACK_OBJECT, (int)a->n,
			      "offset %lld of the stack is part of a dynptr or an iterator, which only the "
			      "kernel "
			      "may look into",
			      (long long)off);
	case SLOT_SPILL:
	case SLOT_MISC:
	case SLOT_ZERO:
		return reject(v, -EACCES, REASON_POINTER_LEAK, (int)a->n,
			      "%s would be read as bytes, at offset %lld of the stack",
			      value_words(v, &frame->spill[slot_of(off)], words, sizeof(words)),
			      (long long)off);
	case SLOT_NOTHING:
		break;
	}
	return reject(v, -EACCES, REASON_STACK_UNINIT, (int)a->n,
		      "%u byte%s of the stack given to a helper, but nothing was stored at offset %lld on "
		      "this path", a->size, a->size == 1 ? " is" : "s are", (long long)off);
}

int stack_require_written(struct verifier *v, const struct access *a, const struct place *at)
{
	for (s64 off = at->min; off < at->max + a->size; off++) {
		const u8 *slot = at->frame->kind[slot_of(off)];
		u8 kind = slot[byte_of(off)];

		if (kind == SLOT_MISC || kind == SLOT_ZERO || (kind == SLOT_NOTHING && v->privileged))
			continue;
		if (slot[0] == SLOT_SPILL &&
		    (v->privileged || reg_is_number(&at->frame->spill[slot_of(off)])))
			continue;
		return not_readable(v, a, off, kind);
	}
	return 0;
}

/* A helper writes all of it, but must not do so to a dynptr that it may be given as well. */
static int require_raw(struct verifier *v, const struct access *a, const struct place *at)
{
	for (s64 off = at->min; off < at->max + a->size; off++)
		if (*kind_at(at->frame, off) == SLOT_DYNPTR)
			return reject(v, -EACCES, REASON_STACK_OBJECT, (int)a->n,
				      "a helper would write over the dynptr at offset %lld of the stack",
				      (long long)off);
	return 0;
}

int stack_require_helper(struct verifier *v, const struct access *a, bool raw)
{
	struct place at;
	int err;

	if (!a->size && !a->zero_ok)
		return mem_reject_empty(v, a, "the stack");
	err = stack_locate(v, a, &at);
	if (err)
		return err;
	if (!at.fixed && !v->privileged)
		return reject(v, -EACCES, REASON_STACK_VARIABLE, (int)a->n,
			      "a helper is given the stack at an offset that is not constant, which needs "
			      "privileges");
	if (raw && at.fixed)
		return require_raw(v, a, &at);
	return stack_require_written(v, a, &at);
}

/* The helper has written every byte of [@first, @end), */
static void overwritten(struct frame *frame, s64 first, s64 end)
{
	for (s64 off = first; off < end; off++) {
		stack_scrub(frame, slot_of(off));
		*kind_at(frame, off) = SLOT_MISC;
	}
}

/* or some of them. */
static void clobbered(struct frame *frame, s64 first, s64 end)
{
	for (s64 off = first; off < end; off++) {
		u8 *kind = kind_at(frame, off);

		if (*kind == SLOT_SPILL)
			stack_scrub(frame, slot_of(off));
		*kind = SLOT_MISC;
	}
}

int stack_written(struct verifier *v, u32 number, s32 off, u32 size)
{
	struct frame *frame = &v->cur->frame[number];
	int err = 0;

	for (u32 i = 0; !v->privileged && i < size; i++) {
		const struct reg *spill = &frame->spill[slot_of(off + (s64)i)];

		if (frame->kind[slot_of(off + (s64)i)][0] == SLOT_SPILL && !reg_is_number(spill))
			return reject(
				v, -EACCES, REASON_STACK_POINTER, -1,
				"a helper would write over a pointer on the stack, which needs privileges");
	}
	for (s64 at = off; at < off + (s64)size; at = (at & ~7) + 8)
		ahead_store(v, frame->kind[slot_of(at)], 1, false);
	if (size)
		err = stack_overwrite(v, frame, off, off + (s64)size);
	if (!err)
		overwritten(frame, off, off + (s64)size);
	return err;
}

int stack_apply_helper(struct verifier *v, const struct access *a, bool raw)
{
	struct place at;
	int err = stack_locate(v, a, &at);

	if (err)
		return err;
	if (raw && at.fixed)
		return stack_written(v, at.number, (s32)at.min, a->size);
	clobbered(at.frame, at.min, at.max + a->size);
	return 0;
}

int stack_offset(struct verifier *v, u32 n, s32 *off)
{
	const struct reg *reg = v_reg(v, n);

	if (!range_is_const(&reg->n))
		return reject(v, -EINVAL, REASON_STACK_VARIABLE, (int)n,
			      "a dynptr or an iterator on the stack is at an offset that is not constant");
	*off = reg->off + (s32)reg->n.bits.value;
	return 0;
}
