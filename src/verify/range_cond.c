// SPDX-License-Identifier: BSD-2-Clause
/* range_cond.c - what a comparison says about numbers: whether it can only go one way, and what is known
 * of both operands on each way.
 *
 * Every condition is one of six relations between two operands, or its opposite: `taken` false asks for
 * the opposite, and > and >= are < and <= with the operands exchanged.
 */
#include "isa/eval.h"
#include "verify/range.h"

enum relation { REL_EQ, REL_NE, REL_LT, REL_LE, REL_SLT, REL_SLE, REL_SET, REL_CLEAR };

struct condition {
	enum relation relation;
	bool exchanged, half;
};

/* The relation that holds when the jump on @id is @taken. */
static struct condition relation_of(enum insn_id id, bool taken)
{
	struct condition c = { .half = insn_info[id].width == 32 };

	switch (c.half ? (int)id - INSN_JEQ32 + INSN_JEQ64 : (int)id) {
	case INSN_JEQ64: c.relation = taken ? REL_EQ : REL_NE; break;
	case INSN_JNE64: c.relation = taken ? REL_NE : REL_EQ; break;
	case INSN_JSET64: c.relation = taken ? REL_SET : REL_CLEAR; break;
	case INSN_JLT64: c.relation = taken ? REL_LT : REL_LE; c.exchanged = !taken; break;
	case INSN_JLE64: c.relation = taken ? REL_LE : REL_LT; c.exchanged = !taken; break;
	case INSN_JGT64: c.relation = taken ? REL_LT : REL_LE; c.exchanged = taken; break;
	case INSN_JGE64: c.relation = taken ? REL_LE : REL_LT; c.exchanged = taken; break;
	case INSN_JSLT64: c.relation = taken ? REL_SLT : REL_SLE; c.exchanged = !taken; break;
	case INSN_JSLE64: c.relation = taken ? REL_SLE : REL_SLT; c.exchanged = !taken; break;
	case INSN_JSGT64: c.relation = taken ? REL_SLT : REL_SLE; c.exchanged = taken; break;
	case INSN_JSGE64: c.relation = taken ? REL_SLE : REL_SLT; c.exchanged = taken; break;
	}
	return c;
}

/* ---- deciding ---- */

static int decide_eq(const struct range *a, const struct range *b, bool half)
{
	struct tnum x = half ? tnum_subreg(a->bits) : a->bits;
	struct tnum y = half ? tnum_subreg(b->bits) : b->bits;

	if (tnum_is_const(x) && tnum_is_const(y))
		return x.value == y.value;
	if (!tnum_overlap(x, y))
		return 0;
	if (!half && (a->umin > b->umax || a->umax < b->umin || a->smin > b->smax || a->smax < b->smin))
		return 0;
	if (a->umin32 > b->umax32 || a->umax32 < b->umin32 || a->smin32 > b->smax32 || a->smax32 < b->smin32)
		return 0;
	return -1;
}

static int decide_lt(const struct range *a, const struct range *b, bool half)
{
	if (half ? a->umax32 < b->umin32 : a->umax < b->umin)
		return 1;
	return (half ? a->umin32 >= b->umax32 : a->umin >= b->umax) ? 0 : -1;
}

static int decide_slt(const struct range *a, const struct range *b, bool half)
{
	if (half ? a->smax32 < b->smin32 : a->smax < b->smin)
		return 1;
	return (half ? a->smin32 >= b->smax32 : a->smin >= b->smax) ? 0 : -1;
}

static bool is_known(const struct range *a, bool half)
{
	return half ? range_is_const32(a) : range_is_const(a);
}

static int decide_set(const struct range *a, const struct range *b, bool half)
{
	struct tnum x, y;

	if (!is_known(b, half)) {
		const struct range *other = a;

		a = b;
		b = other;
	}
	if (!is_known(b, half))
		return -1;
	x = half ? tnum_subreg(a->bits) : a->bits;
	y = half ? tnum_subreg(b->bits) : b->bits;
	if (x.value & y.value)
		return 1;
	return (x.value | x.mask) & y.value ? -1 : 0;
}

static int opposite(int answer)
{
	return answer < 0 ? answer : !answer;
}

int range_cond(enum insn_id id, const struct range *dst, const struct range *src)
{
	struct condition c = relation_of(id, true);
	const struct range *a = c.exchanged ? src : dst, *b = c.exchanged ? dst : src;

	switch (c.relation) {
	case REL_EQ: return decide_eq(a, b, c.half);
	case REL_NE: return opposite(decide_eq(a, b, c.half));
	case REL_LT: return decide_lt(a, b, c.half);
	case REL_LE: return opposite(decide_lt(b, a, c.half));
	case REL_SLT: return decide_slt(a, b, c.half);
	case REL_SLE: return opposite(decide_slt(b, a, c.half));
	case REL_SET: return decide_set(a, b, c.half);
	case REL_CLEAR: return opposite(decide_set(a, b, c.half));
	}
	return -1;
}

/* ---- learning ---- */

static void refine_eq(struct range *a, struct range *b)
{
	a->umin = b->umin = max_u64(a->umin, b->umin);
	a->umax = b->umax = min_u64(a->umax, b->umax);
	a->smin = b->smin = a->smin > b->smin ? a->smin : b->smin;
	a->smax = b->smax = a->smax < b->smax ? a->smax : b->smax;
	a->bits = b->bits = tnum_intersect(a->bits, b->bits);
}

static void refine_eq32(struct range *a, struct range *b)
{
	struct tnum bits = tnum_intersect(tnum_subreg(a->bits), tnum_subreg(b->bits));

	a->umin32 = b->umin32 = max_u32(a->umin32, b->umin32);
	a->umax32 = b->umax32 = min_u32(a->umax32, b->umax32);
	a->smin32 = b->smin32 = a->smin32 > b->smin32 ? a->smin32 : b->smin32;
	a->smax32 = b->smax32 = a->smax32 < b->smax32 ? a->smax32 : b->smax32;
	a->bits = tnum_with_subreg(a->bits, bits);
	b->bits = tnum_with_subreg(b->bits, bits);
}

/* A number that is not @value: something is learned where that is the edge of a reading. */
static void refine_ne(struct range *a, u64 value)
{
	a->umin += a->umin == value;
	a->umax -= a->umax == value;
	a->smin += a->smin == (s64)value;
	a->smax -= a->smax == (s64)value;
}

static void refine_ne32(struct range *a, u32 value)
{
	a->umin32 += a->umin32 == value;
	a->umax32 -= a->umax32 == value;
	a->smin32 += a->smin32 == (s32)value;
	a->smax32 -= a->smax32 == (s32)value;
}

/* a < b (@strict 1) or a <= b (0). */
static void refine_less(struct range *a, struct range *b, u32 strict, bool half)
{
	if (half) {
		a->umax32 = min_u32(a->umax32, b->umax32 - strict);
		b->umin32 = max_u32(b->umin32, a->umin32 + strict);
	} else {
		a->umax = min_u64(a->umax, b->umax - strict);
		b->umin = max_u64(b->umin, a->umin + strict);
	}
}

static void refine_sless(struct range *a, struct range *b, s32 strict, bool half)
{
	if (half) {
		s32 most = b->smax32 - strict, least = a->smin32 + strict;

		a->smax32 = a->smax32 < most ? a->smax32 : most;
		b->smin32 = b->smin32 > least ? b->smin32 : least;
	} else {
		s64 most = b->smax - strict, least = a->smin + strict;

		a->smax = a->smax < most ? a->smax : most;
		b->smin = b->smin > least ? b->smin : least;
	}
}

/* Some of the bits that are 1 in @value are 1: of a single one that says which. */
static void refine_set(struct range *a, u64 value)
{
	if (value && !(value & (value - 1)))
		a->bits = tnum_or(a->bits, tnum_const(value));
}

/* None of them is. The bounds start anew from the bits, as on Linux. */
static void refine_clear(struct range *a, u64 value)
{
	struct tnum bits = tnum_and(a->bits, tnum_const(~value));

	*a = range_unknown;
	a->bits = bits;
}

static void refine_known(enum relation relation, struct range *a, const struct range *b, bool half)
{
	u64 value = half ? (u32)b->bits.value : b->bits.value;

	switch ((int)relation) {
	case REL_NE:
		if (half)
			refine_ne32(a, (u32)value);
		else
			refine_ne(a, value);
		break;
	case REL_SET:
		refine_set(a, value);
		break;
	case REL_CLEAR:
		refine_clear(a, value);
		break;
	}
}

void range_refine(enum insn_id id, bool taken, struct range *dst, struct range *src)
{
	struct condition c = relation_of(id, taken);
	struct range *a = c.exchanged ? src : dst, *b = c.exchanged ? dst : src;

	switch (c.relation) {
	case REL_EQ:
		if (c.half)
			refine_eq32(a, b);
		else
			refine_eq(a, b);
		break;
	case REL_NE:
	case REL_SET:
	case REL_CLEAR:
		if (is_known(b, c.half))
			refine_known(c.relation, a, b, c.half);
		else if (is_known(a, c.half))
			refine_known(c.relation, b, a, c.half);
		break;
	case REL_LT:
		refine_less(a, b, 1, c.half);
		break;
	case REL_LE:
		refine_less(a, b, 0, c.half);
		break;
	case REL_SLT:
		refine_sless(a, b, 1, c.half);
		break;
	case REL_SLE:
		refine_sless(a, b, 0, c.half);
		break;
	}
	range_sync(a);
	range_sync(b);
}
