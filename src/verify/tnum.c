// SPDX-License-Identifier: BSD-2-Clause
/* tnum.c - tracked numbers.
 *
 * Most of what follows is one idea: let the unknown bits be all 0, then all 1, and see which bits of the
 * result are the same both times and cannot have been touched by a carry.
 */
#include "verify/tnum.h"

/* A result whose bits in @unknown are not known. */
static struct tnum with(u64 value, u64 unknown)
{
	return (struct tnum){ value & ~unknown, unknown };
}

struct tnum tnum_range(u64 min, u64 max)
{
	u64 differ = min ^ max;
	u64 below;

	if (!differ)
		return tnum_const(min);
	/* All bits from the highest one in which the two differ. */
	below = UINT64_MAX >> __builtin_clzll(differ);
	return with(min, below);
}

struct tnum tnum_lsh(struct tnum a, u8 shift)
{
	return (struct tnum){ a.value << shift, a.mask << shift };
}

struct tnum tnum_rsh(struct tnum a, u8 shift)
{
	return (struct tnum){ a.value >> shift, a.mask >> shift };
}

struct tnum tnum_arsh(struct tnum a, u8 shift, u8 bits)
{
	if (bits == 32)
		return (struct tnum){ (u32)((s32)a.value >> shift), (u32)((s32)a.mask >> shift) };
	return (struct tnum){ (u64)((s64)a.value >> shift), (u64)((s64)a.mask >> shift) };
}

struct tnum tnum_add(struct tnum a, struct tnum b)
{
	u64 least = a.value + b.value;
	u64 most = least + a.mask + b.mask;

	return with(least, (least ^ most) | a.mask | b.mask);
}

struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	u64 middle = a.value - b.value;
	u64 most = middle + a.mask, least = middle - b.mask;

	return with(middle, (least ^ most) | a.mask | b.mask);
}

struct tnum tnum_neg(struct tnum a)
{
	return tnum_sub(tnum_const(0), a);
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	u64 ones = a.value & b.value;

	return (struct tnum){ ones, (a.value | a.mask) & (b.value | b.mask) & ~ones };
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	u64 ones = a.value | b.value;

	return (struct tnum){ ones, (a.mask | b.mask) & ~ones };
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	return with(a.value ^ b.value, a.mask | b.mask);
}

/* As on paper: one row for each bit of @a. The row of an unknown bit may be there or not. */
struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);

	for (; a.value | a.mask; a = tnum_rsh(a, 1), b = tnum_lsh(b, 1)) {
		if (a.value & 1)
			sum = tnum_add(sum, b);
		else if (a.mask & 1)
			sum = tnum_union(sum, tnum_add(sum, b));
	}
	return sum;
}

bool tnum_overlap(struct tnum a, struct tnum b)
{
	return !((a.value ^ b.value) & ~(a.mask | b.mask));
}

struct tnum tnum_intersect(struct tnum a, struct tnum b)
{
	return with(a.value | b.value, a.mask & b.mask);
}

struct tnum tnum_union(struct tnum a, struct tnum b)
{
	return with(a.value & b.value, (a.value ^ b.value) | a.mask | b.mask);
}

struct tnum tnum_cast(struct tnum a, u8 size)
{
	u64 kept = UINT64_MAX >> (64 - 8 * size);

	return (struct tnum){ a.value & kept, a.mask & kept };
}

struct tnum tnum_swap(struct tnum a, u8 size)
{
	u8 unused = (u8)(64 - 8 * size);

	return (struct tnum){ __builtin_bswap64(a.value) >> unused, __builtin_bswap64(a.mask) >> unused };
}

u64 tnum_above(struct tnum a, u64 value)
{
	u64 differ, filled;

	if (value < a.value)
		return a.value;
	if (value >= (a.value | a.mask))
		return a.value | a.mask;
	/* Above the highest known bit that differs from @value's, the result is as @value; below it, least.
	 * Where @value has 1 for a known 0 there, the unknown bits above must count up by one. */
	differ = (value ^ a.value) & ~a.mask;
	if (differ) {
		u64 top = 1ull << (63 - __builtin_clzll(differ));

		if (a.value & top)
			return a.value | (value & a.mask & ~(top - 1));
		value |= top - 1;
	}
	/* Count: known bits are filled with ones so that the carry passes them. */
	filled = (value & a.mask) | ~a.mask;
	return a.value | ((filled + 1) & a.mask);
}

bool tnum_is_aligned(struct tnum a, u64 size)
{
	return !((a.value | a.mask) & (size - 1));
}

bool tnum_in(struct tnum a, struct tnum b)
{
	return !(b.mask & ~a.mask) && tnum_has(a, b.value);
}

struct tnum tnum_subreg(struct tnum a)
{
	return tnum_cast(a, 4);
}

struct tnum tnum_clear_subreg(struct tnum a)
{
	return tnum_lsh(tnum_rsh(a, 32), 32);
}

struct tnum tnum_with_subreg(struct tnum a, struct tnum b)
{
	return tnum_or(tnum_clear_subreg(a), tnum_subreg(b));
}
