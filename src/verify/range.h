// SPDX-License-Identifier: BSD-2-Clause
/* range.h - what is known of a 64-bit number: its bits, and its bounds in four readings.
 *
 * Each reading says something that the others cannot; range_sync() lets each learn from the others.
 * Pure: no state, no allocation. Invariant of every result: it contains the result of every pair of
 * members (tests/verify/test_domains.c). range_sync() has as many rounds as Linux, so that one more would
 * find something in 4 of 10,000 results.
 * Source: the bounds of Linux 6.18's verifier; asked by differential tests.
 */
#ifndef CLSBPF_VERIFY_RANGE_H
#define CLSBPF_VERIFY_RANGE_H

#include "isa/insn.h"
#include "verify/tnum.h"

struct range {
	struct tnum bits;
	u64 umin, umax;
	s64 smin, smax;
	u32 umin32, umax32;     /* of the lower half */
	s32 smin32, smax32;
};

extern const struct range range_unknown;

struct range range_const(u64 value);
static inline bool range_is_const(const struct range *a) { return !a->bits.mask; }
static inline bool range_is_const32(const struct range *a) { return !(u32)a->bits.mask; }

/** range_has() - can @value be it? */
bool range_has(const struct range *a, u64 value);

/** range_is_unknown() - is nothing known? */
bool range_is_unknown(const struct range *a);

/** range_in() - does @a have everything that @b has (in every reading)? */
bool range_in(const struct range *a, const struct range *b);

/** range_learn_bits() - narrow the bounds to what the bits say: a step of range_sync(). */
void range_learn_bits(struct range *a);

/** range_sync() - let the readings learn from one another. */
void range_sync(struct range *a);

/** range_is_empty() - do the readings contradict one another (no number is left)? */
bool range_is_empty(const struct range *a);

/** range_alu() - the result of @id (SHAPE_ALU, NEG, ENDIAN, MOVSX and MOV; 32-bit forms zero-extend), for
 *  @dst and @src as eval_alu() takes them. */
struct range range_alu(enum insn_id id, const struct range *dst, const struct range *src);

/** range_zext() - the lower @size bytes, zero-extended; range_sext() - sign-extended to 64 bits. */
struct range range_zext(const struct range *a, u32 size);
struct range range_sext(const struct range *a, u32 size);
/** range_sext32() - the lower @size (1, 2) bytes, sign-extended to the lower half; the upper half of the
 *  result means nothing. */
struct range range_sext32(const struct range *a, u32 size);

/** range_cond() - is a jump on @id taken: 1 always, 0 never, -1 it depends. */
int range_cond(enum insn_id id, const struct range *dst, const struct range *src);

/** range_refine() - narrow @dst and @src to the pairs for which the jump on @id is @taken. */
void range_refine(enum insn_id id, bool taken, struct range *dst, struct range *src);

/** range_text() - "0..255", "-1 as 32 bits", ... in the words that messages use; into @buf of @room. */
void range_text(const struct range *a, char *buf, size_t room);

#endif
