// SPDX-License-Identifier: BSD-2-Clause
/* range_alu.c - what arithmetic does to what is known of its operands.
 *
 * Each operation changes the bounds of 64 bits, those of the lower half, and the bits, from what they were
 * before; range_sync() then lets them learn from one another. An operation on 32 bits keeps its lower
 * half only (halve()). How much Linux finds out about each operation is part of the rules: products that
 * overflow, shifts by an unknown amount and quotients are unknown there, and so they are here.
 */
#include "isa/eval.h"
#include "verify/range.h"

static void forget_u64(struct range *a) { a->umin = 0; a->umax = UINT64_MAX; }
static void forget_s64(struct range *a) { a->smin = INT64_MIN; a->smax = INT64_MAX; }
static void forget_u32(struct range *a) { a->umin32 = 0; a->umax32 = UINT32_MAX; }
static void forget_s32(struct range *a) { a->smin32 = INT32_MIN; a->smax32 = INT32_MAX; }

static void forget_half(struct range *a)
{
	forget_u32(a);
	forget_s32(a);
}

static void forget_whole(struct range *a)
{
	forget_u64(a);
	forget_s64(a);
}

/* The result of an operation on 32 bits: the lower half, zero-extended. */
static void halve(struct range *a)
{
	a->bits = tnum_subreg(a->bits);
	a->umin = a->umin32;
	a->umax = a->umax32;
	a->smin = 0;
	a->smax = UINT32_MAX;
	if (a->smin32 >= 0 && a->smax32 >= 0) {
		a->smin = a->smin32;
		a->smax = a->smax32;
	}
}

/* ---- sums ---- */

static void add(struct range *a, const struct range *b)
{
	bool low, high;

	low = __builtin_add_overflow(a->smin, b->smin, &a->smin);
	high = __builtin_add_overflow(a->smax, b->smax, &a->smax);
	if (low || high)
		forget_s64(a);
	/* When every sum overflows, or none, their order stays. */
	low = __builtin_add_overflow(a->umin, b->umin, &a->umin);
	high = __builtin_add_overflow(a->umax, b->umax, &a->umax);
	if (!low && high)
		forget_u64(a);
	low = __builtin_add_overflow(a->smin32, b->smin32, &a->smin32);
	high = __builtin_add_overflow(a->smax32, b->smax32, &a->smax32);
	if (low || high)
		forget_s32(a);
	low = __builtin_add_overflow(a->umin32, b->umin32, &a->umin32);
	high = __builtin_add_overflow(a->umax32, b->umax32, &a->umax32);
	if (!low && high)
		forget_u32(a);
	a->bits = tnum_add(a->bits, b->bits);
}

static void sub(struct range *a, const struct range *b)
{
	bool low, high;

	low = __builtin_sub_overflow(a->smin, b->smax, &a->smin);
	high = __builtin_sub_overflow(a->smax, b->smin, &a->smax);
	if (low || high)
		forget_s64(a);
	low = __builtin_sub_overflow(a->umin, b->umax, &a->umin);
	high = __builtin_sub_overflow(a->umax, b->umin, &a->umax);
	if (low && !high)
		forget_u64(a);
	low = __builtin_sub_overflow(a->smin32, b->smax32, &a->smin32);
	high = __builtin_sub_overflow(a->smax32, b->smin32, &a->smax32);
	if (low || high)
		forget_s32(a);
	low = __builtin_sub_overflow(a->umin32, b->umax32, &a->umin32);
	high = __builtin_sub_overflow(a->umax32, b->umin32, &a->umax32);
	if (low && !high)
		forget_u32(a);
	a->bits = tnum_sub(a->bits, b->bits);
}

static void neg(struct range *a)
{
	struct range zero = range_const(0);

	sub(&zero, a);
	*a = zero;
}

/* ---- products ---- */

static bool mul_s64(struct range *a, const struct range *b)
{
	s64 product[4];
	bool over = __builtin_mul_overflow(a->smin, b->smin, &product[0]);

	over |= __builtin_mul_overflow(a->smin, b->smax, &product[1]);
	over |= __builtin_mul_overflow(a->smax, b->smin, &product[2]);
	over |= __builtin_mul_overflow(a->smax, b->smax, &product[3]);
	if (over)
		return false;
	a->smin = a->smax = product[0];
	for (int i = 1; i < 4; i++) {
		a->smin = product[i] < a->smin ? product[i] : a->smin;
		a->smax = product[i] > a->smax ? product[i] : a->smax;
	}
	return true;
}

static bool mul_s32(struct range *a, const struct range *b)
{
	s32 product[4];
	bool over = __builtin_mul_overflow(a->smin32, b->smin32, &product[0]);

	over |= __builtin_mul_overflow(a->smin32, b->smax32, &product[1]);
	over |= __builtin_mul_overflow(a->smax32, b->smin32, &product[2]);
	over |= __builtin_mul_overflow(a->smax32, b->smax32, &product[3]);
	if (over)
		return false;
	a->smin32 = a->smax32 = product[0];
	for (int i = 1; i < 4; i++) {
		a->smin32 = product[i] < a->smin32 ? product[i] : a->smin32;
		a->smax32 = product[i] > a->smax32 ? product[i] : a->smax32;
	}
	return true;
}

static void mul(struct range *a, const struct range *b)
{
	a->bits = tnum_mul(a->bits, b->bits);
	if (__builtin_mul_overflow(a->umax, b->umax, &a->umax) ||
	    __builtin_mul_overflow(a->umin, b->umin, &a->umin))
		forget_u64(a);
	if (__builtin_mul_overflow(a->umax32, b->umax32, &a->umax32) ||
	    __builtin_mul_overflow(a->umin32, b->umin32, &a->umin32))
		forget_u32(a);
	if (!mul_s64(a, b))
		forget_s64(a);
	if (!mul_s32(a, b))
		forget_s32(a);
}

/* ---- bits ---- */

/* Signed bounds are the unsigned ones, where those are all of one sign. */
static void signed_as_unsigned(struct range *a)
{
	forget_s64(a);
	forget_s32(a);
	if ((s64)a->umin <= (s64)a->umax) {
		a->smin = (s64)a->umin;
		a->smax = (s64)a->umax;
	}
	if ((s32)a->umin32 <= (s32)a->umax32) {
		a->smin32 = (s32)a->umin32;
		a->smax32 = (s32)a->umax32;
	}
}

static void and(struct range *a, const struct range *b)
{
	a->bits = tnum_and(a->bits, b->bits);
	a->umin = a->bits.value;
	a->umax = a->umax < b->umax ? a->umax : b->umax;
	a->umin32 = (u32)a->bits.value;
	a->umax32 = a->umax32 < b->umax32 ? a->umax32 : b->umax32;
	signed_as_unsigned(a);
	range_learn_bits(a);
}

static void or(struct range *a, const struct range *b)
{
	a->bits = tnum_or(a->bits, b->bits);
	a->umin = a->umin > b->umin ? a->umin : b->umin;
	a->umax = a->bits.value | a->bits.mask;
	a->umin32 = a->umin32 > b->umin32 ? a->umin32 : b->umin32;
	a->umax32 = (u32)(a->bits.value | a->bits.mask);
	signed_as_unsigned(a);
	range_learn_bits(a);
}

static void xor(struct range *a, const struct range *b)
{
	a->bits = tnum_xor(a->bits, b->bits);
	a->umin = a->bits.value;
	a->umax = a->bits.value | a->bits.mask;
	a->umin32 = (u32)a->bits.value;
	a->umax32 = (u32)(a->bits.value | a->bits.mask);
	signed_as_unsigned(a);
	range_learn_bits(a);
}

/* ---- shifts by a known amount ---- */

static void lsh_half(struct range *a, u8 by)
{
	forget_s32(a);
	if (by < 32 && a->umax32 <= 1u << (31 - by)) {
		a->umin32 <<= by;
		a->umax32 <<= by;
	} else {
		forget_u32(a);
	}
}

static void lsh(struct range *a, u8 by)
{
	forget_s64(a);
	/* How compilers sign-extend: up by 32, and arithmetically down again. */
	if (by == 32) {
		a->smin = (s64)((u64)a->smin32 << 32);
		a->smax = (s64)((u64)a->smax32 << 32);
	}
	if (a->umax <= 1ull << (63 - by)) {
		a->umin <<= by;
		a->umax <<= by;
	} else {
		forget_u64(a);
	}
	lsh_half(a, by);
	a->bits = tnum_lsh(a->bits, by);
	range_learn_bits(a);
}

static void lsh32(struct range *a, u8 by)
{
	lsh_half(a, by);
	a->bits = tnum_subreg(tnum_lsh(tnum_subreg(a->bits), by));
	forget_whole(a);
	range_learn_bits(a);
}

static void rsh(struct range *a, u8 by)
{
	a->bits = tnum_rsh(a->bits, by);
	a->umin >>= by;
	a->umax >>= by;
	forget_s64(a);
	forget_half(a);
	range_learn_bits(a);
}

static void rsh32(struct range *a, u8 by)
{
	a->bits = tnum_rsh(tnum_subreg(a->bits), by);
	a->umin32 >>= by;
	a->umax32 >>= by;
	forget_s32(a);
	forget_whole(a);
	range_learn_bits(a);
}

static void arsh(struct range *a, u8 by)
{
	a->bits = tnum_arsh(a->bits, by, 64);
	a->smin >>= by;
	a->smax >>= by;
	forget_u64(a);
	forget_half(a);
	range_learn_bits(a);
}

static void arsh32(struct range *a, u8 by)
{
	a->bits = tnum_arsh(tnum_subreg(a->bits), by, 32);
	a->smin32 >>= by;
	a->smax32 >>= by;
	forget_u32(a);
	forget_whole(a);
	range_learn_bits(a);
}

/* ---- all of them ---- */

/* The order of bytes of this host is either that of @id or the opposite. */
static struct range endian(enum insn_id id, const struct range *a)
{
	u8 size = (u8)(insn_info[id].width / 8);
	struct range out = range_unknown;

	if (eval_endian(id, 1) == 1)
		return range_zext(a, size);
	out.bits = tnum_swap(a->bits, size);
	range_sync(&out);
	return out;
}

/* Operations whose result is known when both operands are. */
static bool is_computed(enum insn_id id)
{
	switch ((int)id) {
	case INSN_ADD64:
	case INSN_ADD32:
	case INSN_SUB64:
	case INSN_SUB32:
	case INSN_MUL64:
	case INSN_MUL32:
	case INSN_OR64:
	case INSN_OR32:
	case INSN_AND64:
	case INSN_AND32:
	case INSN_XOR64:
	case INSN_XOR32:
		return true;
	}
	return false;
}

struct range range_alu(enum insn_id id, const struct range *dst, const struct range *src)
{
	bool half = insn_info[id].width == 32;
	struct range out;
	u8 by;

	if (is_computed(id) && (half ? range_is_const32(dst) && range_is_const32(src) :
			       range_is_const(dst) && range_is_const(src)))
		return range_const(eval_alu(id, dst->bits.value, src->bits.value));
	out = *dst;
	switch ((int)id) {
	case INSN_MOV64:
		return *src;
	case INSN_MOV32:
		out = *src;
		break;
	case INSN_MOVSX64_8:
		return range_sext(src, 1);
	case INSN_MOVSX64_16:
		return range_sext(src, 2);
	case INSN_MOVSX64_32:
		return range_sext(src, 4);
	case INSN_MOVSX32_8:
		out = range_sext32(src, 1);
		break;
	case INSN_MOVSX32_16:
		out = range_sext32(src, 2);
		break;
	case INSN_ADD64:
	case INSN_ADD32:
		add(&out, src);
		break;
	case INSN_SUB64:
	case INSN_SUB32:
		sub(&out, src);
		break;
	case INSN_NEG64:
	case INSN_NEG32:
		neg(&out);
		break;
	case INSN_MUL64:
	case INSN_MUL32:
		mul(&out, src);
		break;
	case INSN_AND64:
	case INSN_AND32:
		and(&out, src);
		break;
	case INSN_OR64:
	case INSN_OR32:
		or(&out, src);
		break;
	case INSN_XOR64:
	case INSN_XOR32:
		xor(&out, src);
		break;
	case INSN_LSH64:
	case INSN_RSH64:
	case INSN_ARSH64:
	case INSN_LSH32:
	case INSN_RSH32:
	case INSN_ARSH32:
		if (half ? !range_is_const32(src) : !range_is_const(src))
			return range_unknown;
		if (src->umax >= insn_info[id].width)
			return range_unknown;
		by = (u8)src->umin;
		if (id == INSN_LSH64)
			lsh(&out, by);
		else if (id == INSN_RSH64)
			rsh(&out, by);
		else if (id == INSN_ARSH64)
			arsh(&out, by);
		else if (id == INSN_LSH32)
			lsh32(&out, by);
		else if (id == INSN_RSH32)
			rsh32(&out, by);
		else
			arsh32(&out, by);
		break;
	case INSN_LE16:
	case INSN_LE32:
	case INSN_LE64:
	case INSN_BE16:
	case INSN_BE32:
	case INSN_BE64:
	case INSN_BSWAP16:
	case INSN_BSWAP32:
	case INSN_BSWAP64:
		return endian(id, dst);
	default:
		return range_unknown;
	}
	if (half)
		halve(&out);
	range_sync(&out);
	return out;
}
