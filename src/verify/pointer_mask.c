// SPDX-License-Identifier: BSD-2-Clause
/* pointer_mask.c - unprivileged programs: offsets that could be masked.
 *
 * Linux masks what an unprivileged program adds to a pointer, so that a processor which runs ahead of a
 * bounds check stays inside as well. The mask is a constant of the instruction: how far the pointer may
 * move, in one direction. So an offset must have one sign, the pointer must be one whose limits are known,
 * and all paths must come to the same limit. Nothing is masked here; the refusals are the same.
 *
 * Source: verdicts of Linux 6.18 for programs with CAP_BPF and without CAP_PERFMON.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"

enum mask_state {
	MASK_NONE,
	MASK_NUMBERS = 1 << 0,      /* no pointer was there */
	MASK_POINTER = 1 << 1,
	MASK_NEGATIVE = 1 << 2,
	MASK_CONSTANT = 1 << 3,
	MASK_NUMBER_FIRST = 1 << 4, /* the pointer is the second operand */
};

/* Constants need no mask, and behind a barrier nothing does. */
static bool is_needed(const struct verifier *v)
{
	const struct insn_facts *facts = &v->facts[v->cur->insn];

	return !v->privileged && facts->reg && !(facts->barrier & BARRIER_BEFORE);
}

static int record(struct verifier *v, u8 state, u32 limit)
{
	struct insn_facts *facts = &v->facts[v->cur->insn];

	if (facts->mask_state && (facts->mask_state != state || facts->mask_limit != limit))
		return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, v_insn(v)->dst_reg,
			      "pointers and offsets differ from path to path here, which only privileged "
			      "programs may do");
	facts->mask_state = state;
	facts->mask_limit = limit;
	return 0;
}

int pointer_mask_numbers(struct verifier *v, enum insn_id id)
{
	if (!is_needed(v) || (id != INSN_ADD64 && id != INSN_SUB64 && id != INSN_ADD32 && id != INSN_SUB32))
		return 0;
	return record(v, MASK_NUMBERS, 0);
}

/* How far @ptr may go. */
static int limit_of(struct verifier *v, const struct reg *ptr, bool left, u32 *limit)
{
	u32 most;

	if (ptr->type == REG_STACK) {
		most = V_STACK + left;
		*limit = (u32)-(s32)(ptr->n.bits.value + (u32)ptr->off);
	} else if (ptr->type == REG_MAP_VALUE) {
		most = ptr->map->value_size;
		*limit = (u32)((left ? (u64)ptr->n.smin : ptr->n.umax) + (u64)(s64)ptr->off);
	} else {
		return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, v_insn(v)->dst_reg,
			      "unprivileged programs may add variables to pointers to the stack and to "
			      "map values only");
	}
	if (*limit < most)
		return 0;
	return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, v_insn(v)->dst_reg,
		      "a variable is added to a pointer that has left its memory, which only privileged "
		      "programs may do");
}

int pointer_mask_begin(struct verifier *v, const struct reg *ptr, const struct reg *num, bool subtract,
		       struct pointer_mask *mask)
{
	bool constant = range_is_const(&num->n), negative = num->n.smin < 0;
	int err;

	if (!is_needed(v))
		return 0;
	if (v->cur->speculative)
		return constant ? 0 : ahead_fork(v, POINTER_AHEAD);
	if (!constant && negative != (num->n.smax < 0))
		return reject(v, -EACCES, REASON_POINTER_UNBOUNDED, v_insn(v)->dst_reg,
			      "an offset may be negative or positive, which only privileged programs may "
			      "add");
	mask->left = negative != subtract;
	mask->state = MASK_POINTER | (negative ? MASK_NEGATIVE : 0) | (constant ? MASK_CONSTANT : 0) |
		      (ptr == v_reg(v, v_insn(v)->dst_reg) ? 0 : MASK_NUMBER_FIRST);
	if (!constant)
		v->masks = true;
	err = limit_of(v, ptr, mask->left, &mask->limit);
	return err || constant ? err : ahead_fork(v, POINTER_AHEAD);
}

int pointer_mask_end(struct verifier *v, const struct reg *result, struct pointer_mask *mask)
{
	u32 limit = 0;
	int err;

	if (!is_needed(v) || v->cur->speculative)
		return 0;
	err = limit_of(v, result, mask->left, &limit);
	if (err)
		return err;
	return record(v, (u8)mask->state, limit > mask->limit ? limit - mask->limit : mask->limit - limit);
}
