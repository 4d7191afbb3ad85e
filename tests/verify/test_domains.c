// SPDX-License-Identifier: BSD-2-Clause
/* test_domains.c - tnum and range against eval.h: whatever two numbers do, the result of what is known of
 * them has it.
 *
 *   operands   all tnums of 6 bits; all intervals of 4 bits around 0, 2^31, 2^32 and 2^63
 *   checked    every pair of operands, and of each every pair of members
 *
 * Pairs of operands are taken with a stride of 7, so that the whole takes seconds; CLSBPF_DOMAINS=all takes
 * every one. (A stride that is prime to the counts: every operand is met with a seventh of the others.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "isa/eval.h"
#include "verify/range.h"

#define BITS 6
#define TNUMS 729               /* 3^BITS */
#define WINDOW 16               /* numbers of an interval's window */
#define MEMBERS 64
#define OPERANDS 2048
#define ROUNDS_STRIDE 7

/* An operand, and the numbers that it may be. */
struct operand {
	struct range n;
	u64 member[MEMBERS];
	u32 count;
};

struct domain {
	struct operand operand[OPERANDS];
	u32 count;
};

/* Where one of the readings wraps around, or changes its sign: the first number of a window. */
static const u64 edges[] = {
	0ull - WINDOW / 2, 0x80000000ull - WINDOW / 2, 0x100000000ull - WINDOW / 2,
	0x8000000000000000ull - WINDOW / 2, 0xffffffff80000000ull - WINDOW / 2,
};

static u32 stride(void)
{
	const char *text = getenv("CLSBPF_DOMAINS");

	return text && !strcmp(text, "all") ? 1 : ROUNDS_STRIDE;
}

/* The @index-th tnum: one digit of base 3 a bit. */
static struct tnum tnum_at(u32 index)
{
	struct tnum t = { 0, 0 };

	for (u32 bit = 0; bit < BITS; bit++, index /= 3) {
		t.value |= (u64)(index % 3 == 1) << bit;
		t.mask |= (u64)(index % 3 == 2) << bit;
	}
	return t;
}

static u64 next_member(struct tnum t, u64 x)
{
	return t.value | (((x | ~t.mask) + 1) & t.mask);
}

static struct range range_of_bits(struct tnum t)
{
	struct range n = range_unknown;

	n.bits = t;
	range_sync(&n);
	return n;
}

static struct range range_between(u64 min, u64 max)
{
	struct range n = range_unknown;

	if (min <= max) {
		n.umin = min;
		n.umax = max;
	} else {
		n.smin = (s64)min;
		n.smax = (s64)max;
	}
	range_sync(&n);
	return n;
}

static void operand_add(struct domain *d, struct range n, u64 first, u64 count)
{
	struct operand *o = &d->operand[d->count++];

	assert_true(d->count <= OPERANDS);
	o->n = n;
	for (u64 i = 0; i < count; i++)
		if (range_has(&n, first + i))
			o->member[o->count++] = first + i;
}

/* All tnums; as they are (@high 0) or with the same bits set above them. */
static void domain_tnums(struct domain *d, u64 high)
{
	for (u32 i = 0; i < TNUMS; i++) {
		struct tnum t = tnum_at(i);

		t.value |= high;
		operand_add(d, range_of_bits(t), high, 1 << BITS);
		assert_int_equal(d->operand[d->count - 1].count, 1 << __builtin_popcountll(t.mask));
	}
}

static void domain_intervals(struct domain *d)
{
	for (u32 e = 0; e < ARRAY_SIZE(edges); e++)
		for (u64 low = 0; low < WINDOW; low++)
			for (u64 high = low; high < WINDOW; high++) {
				operand_add(d, range_between(edges[e] + low, edges[e] + high), edges[e], WINDOW);
				assert_int_equal(d->operand[d->count - 1].count, high - low + 1);
			}
}

/* ---- tnums ---- */

typedef struct tnum (*tnum_fn)(struct tnum a, struct tnum b);
typedef u64 (*value_fn)(u64 a, u64 b);

static u64 value_add(u64 a, u64 b) { return a + b; }
static u64 value_sub(u64 a, u64 b) { return a - b; }
static u64 value_and(u64 a, u64 b) { return a & b; }
static u64 value_or(u64 a, u64 b) { return a | b; }
static u64 value_xor(u64 a, u64 b) { return a ^ b; }
static u64 value_mul(u64 a, u64 b) { return a * b; }

static const struct {
	const char *name;
	tnum_fn of_tnums;
	value_fn of_values;
} tnum_ops[] = {
	{ "add", tnum_add, value_add }, { "sub", tnum_sub, value_sub }, { "and", tnum_and, value_and },
	{ "or", tnum_or, value_or }, { "xor", tnum_xor, value_xor }, { "mul", tnum_mul, value_mul },
};

static void tnum_check_ops(struct tnum a, struct tnum b)
{
	for (u32 op = 0; op < ARRAY_SIZE(tnum_ops); op++) {
		struct tnum result = tnum_ops[op].of_tnums(a, b);

		assert_int_equal(result.value & result.mask, 0);
		for (u64 x = a.value;; x = next_member(a, x)) {
			for (u64 y = b.value;; y = next_member(b, y)) {
				if (!tnum_has(result, tnum_ops[op].of_values(x, y)))
					fail_msg("%s: %#llx and %#llx", tnum_ops[op].name,
						 (unsigned long long)x, (unsigned long long)y);
				if (y == (b.value | b.mask))
					break;
			}
			if (x == (a.value | a.mask))
				break;
		}
	}
}

/* Union, intersection and the questions that two tnums answer, by their members. */
static void tnum_check_sets(struct tnum a, struct tnum b)
{
	struct tnum both = tnum_intersect(a, b), either = tnum_union(a, b);
	bool overlap = false, inside = true;

	for (u64 x = 0; x < 1 << BITS; x++) {
		bool in_a = tnum_has(a, x), in_b = tnum_has(b, x);

		overlap |= in_a && in_b;
		inside &= in_a || !in_b;
		if (in_a && in_b)
			assert_true(tnum_has(both, x));
		if (in_a || in_b)
			assert_true(tnum_has(either, x));
	}
	assert_int_equal(tnum_overlap(a, b), overlap);
	assert_int_equal(tnum_in(a, b), inside);
}

static void test_tnum_pairs(void **state)
{
	u32 step = stride();

	(void)state;
	for (u32 i = 0; i < TNUMS; i++)
		for (u32 j = i % step; j < TNUMS; j += step) {
			tnum_check_ops(tnum_at(i), tnum_at(j));
			tnum_check_sets(tnum_at(i), tnum_at(j));
		}
}

static u64 member_above(struct tnum t, u64 value)
{
	for (u64 x = value + 1; x < 1 << BITS; x++)
		if (tnum_has(t, x))
			return x;
	return t.value | t.mask;
}

static void test_tnum_single(void **state)
{
	(void)state;
	for (u32 i = 0; i < TNUMS; i++) {
		struct tnum t = tnum_at(i), neg = tnum_neg(t);

		for (u64 x = 0; x < 1 << BITS; x++)
			assert_int_equal(tnum_above(t, x), member_above(t, x));
		for (u64 x = t.value;; x = next_member(t, x)) {
			assert_true(tnum_has(neg, 0 - x));
			for (u8 by = 0; by < 64; by++) {
				assert_true(tnum_has(tnum_lsh(t, by), x << by));
				assert_true(tnum_has(tnum_rsh(tnum_lsh(t, 40), by), x << 40 >> by));
				assert_true(tnum_has(tnum_arsh(tnum_lsh(t, 58), by, 64),
						     (u64)((s64)(x << 58) >> by)));
			}
			for (u8 by = 0; by < 32; by++)
				assert_true(tnum_has(tnum_arsh(tnum_lsh(t, 26), by, 32),
						     (u32)((s32)(u32)(x << 26) >> by)));
			assert_true(tnum_has(tnum_swap(t, 2), __builtin_bswap16((u16)x)));
			assert_true(tnum_has(tnum_swap(t, 8), __builtin_bswap64(x)));
			assert_true(tnum_has(tnum_cast(tnum_lsh(t, 5), 1), (u8)(x << 5)));
			if (x == (t.value | t.mask))
				break;
		}
	}
}

static void test_tnum_range(void **state)
{
	(void)state;
	for (u32 e = 0; e < ARRAY_SIZE(edges); e++)
		for (u64 low = 0; low < MEMBERS; low++)
			for (u64 high = low; high < MEMBERS; high++) {
				u64 min = edges[e] + low, max = edges[e] + high;
				struct tnum t = min <= max ? tnum_range(min, max) : tnum_unknown;

				for (u64 x = low; x <= high; x++)
					assert_true(tnum_has(t, edges[e] + x));
			}
}

/* ---- ranges ---- */

static void fail_pair(const char *what, enum insn_id id, const struct range *a, const struct range *b, u64 x,
		      u64 y)
{
	char of_a[96], of_b[96];

	range_text(a, of_a, sizeof(of_a));
	range_text(b, of_b, sizeof(of_b));
	fail_msg("%s: %s on %u bits: %s and %s lose %#llx, %#llx", what, insn_info[id].text, insn_info[id].width,
		 of_a, of_b, (unsigned long long)x, (unsigned long long)y);
}

static void check_alu(enum insn_id id, const struct operand *a, const struct operand *b)
{
	struct range result = range_alu(id, &a->n, &b->n);

	for (u32 i = 0; i < a->count; i++)
		for (u32 j = 0; j < b->count; j++)
			if (!range_has(&result, eval_alu(id, a->member[i], b->member[j])))
				fail_pair("alu", id, &a->n, &b->n, a->member[i], b->member[j]);
}

static void check_cond(enum insn_id id, const struct operand *a, const struct operand *b)
{
	int decided = range_cond(id, &a->n, &b->n);
	struct range left[2] = { a->n, a->n }, right[2] = { b->n, b->n };

	range_refine(id, false, &left[0], &right[0]);
	range_refine(id, true, &left[1], &right[1]);
	for (u32 i = 0; i < a->count; i++) {
		for (u32 j = 0; j < b->count; j++) {
			bool taken = eval_cond(id, a->member[i], b->member[j]);

			if (decided >= 0 && taken != decided)
				fail_pair("cond", id, &a->n, &b->n, a->member[i], b->member[j]);
			if (!range_has(&left[taken], a->member[i]) || !range_has(&right[taken], b->member[j]))
				fail_pair("refine", id, &a->n, &b->n, a->member[i], b->member[j]);
		}
	}
}

/* Operations whose operand is src alone, or dst alone, or whose result is unknown whatever they are. */
static bool takes_two(enum insn_id id)
{
	u8 shape = insn_info[id].shape;

	return shape == SHAPE_ALU && insn_info[id].selector != SEL_OFF;
}

static void check_pairs(const struct domain *d)
{
	u32 step = stride();

	for (u32 i = 0; i < d->count; i++) {
		for (u32 j = i % step; j < d->count; j += step) {
			for (int id = 0; eval_is_alu(id); id++)
				if (takes_two(id))
					check_alu(id, &d->operand[i], &d->operand[j]);
			for (int id = INSN_JEQ64; eval_is_cond(id); id++)
				check_cond(id, &d->operand[i], &d->operand[j]);
		}
		for (int id = 0; eval_is_alu(id); id++)
			if (!takes_two(id))
				check_alu(id, &d->operand[i], &d->operand[i]);
	}
}

static void check_widths(const struct operand *o)
{
	for (u32 size = 1; size <= 8; size *= 2) {
		struct range zext = range_zext(&o->n, size), sext = range_sext(&o->n, size);
		struct range sext32 = size < 4 ? range_sext32(&o->n, size) : range_unknown;
		u8 unused = (u8)(64 - 8 * size);

		for (u32 i = 0; i < o->count; i++) {
			u64 x = o->member[i], low = x << unused >> unused;
			u64 with_sign = (u64)((s64)(x << unused) >> unused);

			assert_true(range_has(&zext, low));
			assert_true(range_has(&sext, with_sign));
			assert_true((s32)with_sign >= sext32.smin32 && (s32)with_sign <= sext32.smax32);
			assert_true((u32)with_sign >= sext32.umin32 && (u32)with_sign <= sext32.umax32);
		}
	}
}

static void check_domain(struct domain *d)
{
	check_pairs(d);
	for (u32 i = 0; i < d->count; i++)
		check_widths(&d->operand[i]);
	free(d);
}

static struct domain *domain_new(void)
{
	struct domain *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	return d;
}

static void test_bits(void **state)
{
	struct domain *d = domain_new();

	(void)state;
	domain_tnums(d, 0);
	check_domain(d);
}

static void test_bits_of_negative(void **state)
{
	struct domain *d = domain_new();

	(void)state;
	domain_tnums(d, ~0ull << BITS);
	check_domain(d);
}

static void test_intervals(void **state)
{
	struct domain *d = domain_new();

	(void)state;
	domain_intervals(d);
	check_domain(d);
}

/* ---- what the readings say about one another ---- */

#define FEW 6   /* numbers of a window */

/* What is left of a window by an interval of each reading, some bits, and range_sync(). */
static void check_sync(u64 first, const u32 at[4][2], u64 known)
{
	struct range n = range_unknown, synced;
	u64 sign = 1ull << 63;
	u32 sign32 = 1u << 31;

	/* Intervals that wrap in their reading say nothing. */
	if (first + at[0][0] <= first + at[0][1]) {
		n.umin = first + at[0][0];
		n.umax = first + at[0][1];
	}
	if (((first + at[1][0]) ^ sign) <= ((first + at[1][1]) ^ sign)) {
		n.smin = (s64)(first + at[1][0]);
		n.smax = (s64)(first + at[1][1]);
	}
	if ((u32)(first + at[2][0]) <= (u32)(first + at[2][1])) {
		n.umin32 = (u32)(first + at[2][0]);
		n.umax32 = (u32)(first + at[2][1]);
	}
	if (((u32)(first + at[3][0]) ^ sign32) <= ((u32)(first + at[3][1]) ^ sign32)) {
		n.smin32 = (s32)(first + at[3][0]);
		n.smax32 = (s32)(first + at[3][1]);
	}
	n.bits = (struct tnum){ first & known, ~known };
	synced = n;
	range_sync(&synced);
	for (u64 x = first; x != first + FEW; x++) {
		if (!range_has(&n, x))
			continue;
		assert_true(range_has(&synced, x));
		assert_true(range_in(&n, &synced));
		assert_false(range_is_empty(&synced));
	}
}

static void test_sync(void **state)
{
	static const u64 known[] = { 0, 1, 0x80000000, 0xffffffff00000001 };
	const u32 pairs = FEW * (FEW + 1) / 2;
	u32 interval[FEW * (FEW + 1) / 2][2], count = 0, step = stride();

	(void)state;
	for (u32 low = 0; low < FEW; low++)
		for (u32 high = low; high < FEW; high++, count++) {
			interval[count][0] = low;
			interval[count][1] = high;
		}
	for (u32 e = 0; e < ARRAY_SIZE(edges); e++)
		for (u32 k = 0; k < ARRAY_SIZE(known); k++)
			for (u32 i = 0; i < pairs * pairs * pairs * pairs; i += step) {
				u32 at[4][2];

				for (u32 r = 0, left = i; r < 4; r++, left /= pairs) {
					at[r][0] = interval[left % pairs][0];
					at[r][1] = interval[left % pairs][1];
				}
				check_sync(edges[e] + WINDOW / 2 - FEW / 2, at, known[k]);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tnum_single),
		cmocka_unit_test(test_tnum_pairs),
		cmocka_unit_test(test_tnum_range),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_bits_of_negative),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_sync),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("domains", tests, NULL, NULL);
}
