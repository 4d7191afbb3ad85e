// SPDX-License-Identifier: BSD-2-Clause
/* range.c - what is known of a number: the six readings, and what they say about one another.
 *
 *        bits (tnum)
 *        |       |                 umin..umax       smin..smax           all 64 bits
 *        v       ^                        \         /
 *     bounds -> bits                       each other
 *                                         /         \
 *                                  umin32..umax32   smin32..smax32      the lower half
 *
 * Linux repeats the steps a fixed number of times and not until nothing changes. So does this file: a
 * program that is refused there for a bound that one more round would find is refused here.
 */
#include <inttypes.h>
#include <stdio.h>

#include "verify/range.h"

#define ROUNDS 3

const struct range range_unknown = {
	.bits = { 0, UINT64_MAX }, .umin = 0, .umax = UINT64_MAX, .smin = INT64_MIN, .smax = INT64_MAX,
	.umin32 = 0, .umax32 = UINT32_MAX, .smin32 = INT32_MIN, .smax32 = INT32_MAX,
};

struct range range_const(u64 value)
{
	return (struct range){
		.bits = { value, 0 }, .umin = value, .umax = value, .smin = (s64)value, .smax = (s64)value,
		.umin32 = (u32)value, .umax32 = (u32)value, .smin32 = (s32)value, .smax32 = (s32)value,
	};
}

bool range_has(const struct range *a, u64 value)
{
	return tnum_has(a->bits, value) && a->umin <= value && value <= a->umax &&
	       a->smin <= (s64)value && (s64)value <= a->smax &&
	       a->umin32 <= (u32)value && (u32)value <= a->umax32 &&
	       a->smin32 <= (s32)value && (s32)value <= a->smax32;
}

bool range_is_unknown(const struct range *a)
{
	return !memcmp(a, &range_unknown, sizeof(*a));
}

bool range_in(const struct range *a, const struct range *b)
{
	return a->umin <= b->umin && a->umax >= b->umax && a->smin <= b->smin && a->smax >= b->smax &&
	       a->umin32 <= b->umin32 && a->umax32 >= b->umax32 &&
	       a->smin32 <= b->smin32 && a->smax32 >= b->smax32 && tnum_in(a->bits, b->bits);
}

/* ---- narrowing one reading ---- */

static inline void narrow_u64(struct range *a, u64 min, u64 max)
{
	a->umin = a->umin > min ? a->umin : min;
	a->umax = a->umax < max ? a->umax : max;
}

static inline void narrow_s64(struct range *a, s64 min, s64 max)
{
	a->smin = a->smin > min ? a->smin : min;
	a->smax = a->smax < max ? a->smax : max;
}

static inline void narrow_u32(struct range *a, u32 min, u32 max)
{
	a->umin32 = a->umin32 > min ? a->umin32 : min;
	a->umax32 = a->umax32 < max ? a->umax32 : max;
}

static inline void narrow_s32(struct range *a, s32 min, s32 max)
{
	a->smin32 = a->smin32 > min ? a->smin32 : min;
	a->smax32 = a->smax32 < max ? a->smax32 : max;
}

/* ---- what the readings say about one another ---- */

/* Of all that the bits allow, one number is in umin..umax: it is that. */
static void pick_only(struct range *a)
{
	u64 next = tnum_above(a->bits, a->umin);

	if (tnum_has(a->bits, a->umin)) {
		if (next > a->umax)
			*a = range_const(a->umin);
	} else if (next == (a->bits.value | a->bits.mask)) {
		*a = range_const(next);
	} else if (next <= a->umax && tnum_above(a->bits, next) > a->umax) {
		*a = range_const(next);
	}
}

void range_learn_bits(struct range *a)
{
	u64 value = a->bits.value, mask = a->bits.mask;
	u64 sign = mask & 1ull << 63;
	u32 sign32 = (u32)mask & 1u << 31;

	narrow_u64(a, value, value | mask);
	/* The sign bit, where it is not known: set for the least, clear for the greatest. */
	narrow_s64(a, (s64)(value | sign), (s64)(value | (mask & ~sign)));
	narrow_u32(a, (u32)value, (u32)(value | mask));
	narrow_s32(a, (s32)((u32)value | sign32), (s32)((u32)value | ((u32)mask & ~sign32)));
	pick_only(a);
}

/* The lower half of what lies in min..max (unsigned or signed), in the readings of the lower half. */
static void lower_half(struct range *a, u64 min, u64 max)
{
	u32 high_min = (u32)(min >> 32), high_max = (u32)(max >> 32);

	if (high_min == high_max) {
		if ((u32)min <= (u32)max)
			narrow_u32(a, (u32)min, (u32)max);
		if ((s32)min <= (s32)max)
			narrow_s32(a, (s32)min, (s32)max);
	} else if (high_min + 1 == high_max && (s32)min < 0 && (s32)max >= 0) {
		/* 0x1_ffff_fff0 .. 0x2_0000_0010: of the lower half that is -16..16. */
		narrow_s32(a, (s32)min, (s32)max);
	}
}

/* Bounds of 32 bits: of those of 64, and of one another. */
static void learn_half(struct range *a)
{
	lower_half(a, a->umin, a->umax);
	lower_half(a, (u64)a->smin, (u64)a->smax);
	if ((s32)a->umin32 <= (s32)a->umax32)
		narrow_s32(a, (s32)a->umin32, (s32)a->umax32);
	if ((u32)a->smin32 <= (u32)a->smax32) {
		narrow_u32(a, (u32)a->smin32, (u32)a->smax32);
	} else if (a->umax32 < (u32)a->smin32) {
		/* As unsigned, smin32..smax32 is 0..smax32 and smin32..: it is in the first part, */
		a->smin32 = (s32)a->umin32;
		narrow_u32(a, 0, (u32)a->smax32);
	} else if ((u32)a->smax32 < a->umin32) {
		/* or in the second. */
		a->smax32 = (s32)a->umax32;
		narrow_u32(a, (u32)a->smin32, UINT32_MAX);
	}
}

/* The two readings of all 64 bits. */
static void learn_whole(struct range *a)
{
	if ((s64)a->umin <= (s64)a->umax)
		narrow_s64(a, (s64)a->umin, (s64)a->umax);
	if ((u64)a->smin <= (u64)a->smax) {
		narrow_u64(a, (u64)a->smin, (u64)a->smax);
	} else if (a->umax < (u64)a->smin) {
		/* As unsigned, smin..smax is 0..smax and smin..: the number is in the first part, */
		a->smin = (s64)a->umin;
		narrow_u64(a, 0, (u64)a->smax);
	} else if ((u64)a->smax < a->umin) {
		/* or in the second. */
		a->smax = (s64)a->umax;
		narrow_u64(a, (u64)a->smin, UINT64_MAX);
	}
}

/* Bounds of 64 bits by those of the lower half. */
static void learn_from_half(struct range *a)
{
	const u64 high = ~0ull << 32;

	narrow_u64(a, (a->umin & high) | a->umin32, (a->umax & high) | a->umax32);
	narrow_s64(a, (s64)(((u64)a->smin & high) | a->umin32), (s64)(((u64)a->smax & high) | a->umax32));
	/* A sign-extended 32-bit number whose lower half is not negative is that half. */
	if (a->smin32 >= 0 && a->smin >= INT32_MIN && a->smax <= INT32_MAX) {
		a->smin = a->smin32;
		a->smax = a->smax32;
		a->umin = (u64)a->smin32;
		a->umax = (u64)a->smax32;
		a->bits = tnum_intersect(a->bits, tnum_range(a->umin, a->umax));
	}
}

static void bits_by_bounds(struct range *a)
{
	struct tnum whole = tnum_intersect(a->bits, tnum_range(a->umin, a->umax));
	struct tnum half = tnum_intersect(tnum_subreg(whole), tnum_range(a->umin32, a->umax32));

	a->bits = tnum_with_subreg(whole, half);
}

void range_sync(struct range *a)
{
	struct range before;

	if (range_is_const(a) && range_has(a, a->bits.value)) {
		*a = range_const(a->bits.value);
		return;
	}
	range_learn_bits(a);
	for (int round = 0; round < ROUNDS; round++) {
		before = *a;
		learn_half(a);
		learn_whole(a);
		learn_from_half(a);
		if (!memcmp(&before, a, sizeof(before)))
			break;
	}
	bits_by_bounds(a);
	range_learn_bits(a);
}

bool range_is_empty(const struct range *a)
{
	if (a->umin > a->umax || a->smin > a->smax || a->umin32 > a->umax32 || a->smin32 > a->smax32)
		return true;
	if (range_is_const(a) && (a->umin != a->bits.value || a->umax != a->bits.value ||
				  a->smin != (s64)a->bits.value || a->smax != (s64)a->bits.value))
		return true;
	return range_is_const32(a) &&
	       (a->umin32 != (u32)a->bits.value || a->umax32 != (u32)a->bits.value ||
		a->smin32 != (s32)a->bits.value || a->smax32 != (s32)a->bits.value);
}

/* ---- widths ---- */

struct range range_zext(const struct range *a, u32 size)
{
	struct range out = range_unknown;
	u64 kept;

	if (size == 8)
		return *a;
	kept = UINT64_MAX >> (64 - 8 * size);
	out.bits = tnum_cast(a->bits, (u8)size);
	out.umin = 0;
	out.umax = kept;
	if ((a->umin & ~kept) == (a->umax & ~kept)) {
		out.umin = a->umin & kept;
		out.umax = a->umax & kept;
	}
	out.smin = (s64)out.umin;
	out.smax = (s64)out.umax;
	if (size == 4) {
		out.umin32 = a->umin32;
		out.umax32 = a->umax32;
		out.smin32 = a->smin32;
		out.smax32 = a->smax32;
	}
	range_sync(&out);
	return out;
}

static s64 sign_extend(u64 value, u32 bits)
{
	return (s64)(value << (64 - bits)) >> (64 - bits);
}

/* Both ends of a range that is cut to @bits are extended the same way: only then is it one range. */
static bool sext_bounds(s64 min, s64 max, u32 bits, struct range *out)
{
	s64 one = sign_extend((u64)min, bits), other = sign_extend((u64)max, bits);

	if (min >> bits != max >> bits || (one < 0) != (other < 0))
		return false;
	out->smin = one < other ? one : other;
	out->smax = one < other ? other : one;
	out->umin = (u64)out->smin;
	out->umax = (u64)out->smax;
	out->smin32 = (s32)out->smin;
	out->smax32 = (s32)out->smax;
	out->umin32 = (u32)out->smin;
	out->umax32 = (u32)out->smax;
	out->bits = tnum_range(out->umin, out->umax);
	return true;
}

struct range range_sext(const struct range *a, u32 size)
{
	u32 bits = 8 * size;
	struct range out = range_unknown;

	if (size == 8)
		return *a;
	if (range_is_const(a))
		return range_const((u64)sign_extend(a->bits.value, bits));
	if (sext_bounds(a->smin, a->smax, bits, &out))
		return out;
	out.smin = sign_extend(1ull << (bits - 1), bits);
	out.smax = -(out.smin + 1);
	out.smin32 = (s32)out.smin;
	out.smax32 = (s32)out.smax;
	return out;
}

struct range range_sext32(const struct range *a, u32 size)
{
	u32 bits = 8 * size;
	struct range out = range_unknown;

	if (range_is_const32(a))
		return range_const((u64)sign_extend(a->bits.value, bits));
	if (sext_bounds(a->smin32, a->smax32, bits, &out))
		return out;
	out.smin32 = (s32)sign_extend(1ull << (bits - 1), bits);
	out.smax32 = -(out.smin32 + 1);
	return out;
}

void range_text(const struct range *a, char *buf, size_t room)
{
	if (range_is_const(a))
		snprintf(buf, room, "%" PRId64, (s64)a->bits.value);
	else if (a->smin >= 0 || (a->umin > 0 && a->smin == INT64_MIN))
		snprintf(buf, room, "%" PRIu64 "..%" PRIu64, a->umin, a->umax);
	else if (a->smin != INT64_MIN || a->smax != INT64_MAX)
		snprintf(buf, room, "%" PRId64 "..%" PRId64, a->smin, a->smax);
	else
		*buf = '\0';
}
