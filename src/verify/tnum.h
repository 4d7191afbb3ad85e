// SPDX-License-Identifier: BSD-2-Clause
/* tnum.h - tracked numbers: what is known of each bit of a value.
 *
 *   mask bit 1: unknown    mask bit 0: the bit of `value`       value & mask == 0
 *
 * Pure: no state, no allocation. Every function is sound (the result contains the result of every pair
 * of members); tests/verify/test_domains.c says so of all operands of up to 6 bits.
 * Source: Vishwanathan et al., "Sound, Precise, and Fast Abstract Interpretation with Tristate Numbers"
 * (CGO 2022).
 */
#ifndef CLSBPF_VERIFY_TNUM_H
#define CLSBPF_VERIFY_TNUM_H

#include "base/types.h"

struct tnum {
	u64 value, mask;
};

static const struct tnum tnum_unknown = { .value = 0, .mask = UINT64_MAX };

static inline struct tnum tnum_const(u64 value) { return (struct tnum){ value, 0 }; }
static inline bool tnum_is_const(struct tnum a) { return !a.mask; }
static inline bool tnum_equals(struct tnum a, u64 value) { return !a.mask && a.value == value; }

/** tnum_has() - can @value be it? */
static inline bool tnum_has(struct tnum a, u64 value) { return !((a.value ^ value) & ~a.mask); }

/** tnum_range() - the narrowest one that has all of [@min, @max] (unsigned). */
struct tnum tnum_range(u64 min, u64 max);

struct tnum tnum_lsh(struct tnum a, u8 shift);
struct tnum tnum_rsh(struct tnum a, u8 shift);
/** tnum_arsh() - @bits: 64, or 32 to shift the lower half as a number of its own. */
struct tnum tnum_arsh(struct tnum a, u8 shift, u8 bits);
struct tnum tnum_add(struct tnum a, struct tnum b);
struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_neg(struct tnum a);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_mul(struct tnum a, struct tnum b);

/** tnum_overlap() - is there a number that both have? */
bool tnum_overlap(struct tnum a, struct tnum b);
/** tnum_intersect() - what both say; for numbers that overlap. */
struct tnum tnum_intersect(struct tnum a, struct tnum b);
/** tnum_union() - the narrowest one that has all of both. */
struct tnum tnum_union(struct tnum a, struct tnum b);
/** tnum_cast() - the lower @size bytes, zero-extended. */
struct tnum tnum_cast(struct tnum a, u8 size);
/** tnum_swap() - the lower @size bytes in the opposite order, zero-extended. */
struct tnum tnum_swap(struct tnum a, u8 size);
/** tnum_above() - the least member that is greater than @value; the greatest one if there is none. */
u64 tnum_above(struct tnum a, u64 value);
/** tnum_is_aligned() - is it always a multiple of @size (a power of two)? */
bool tnum_is_aligned(struct tnum a, u64 size);
/** tnum_in() - does @a have everything that @b has? */
bool tnum_in(struct tnum a, struct tnum b);

/** tnum_subreg() - the lower half; tnum_clear_subreg() - the upper; tnum_with_subreg() - @a with the
 *  lower half of @b. */
struct tnum tnum_subreg(struct tnum a);
struct tnum tnum_clear_subreg(struct tnum a);
struct tnum tnum_with_subreg(struct tnum a, struct tnum b);

#endif
