// SPDX-License-Identifier: BSD-2-Clause
/* test_eval.c - eval.h against Linux, every row and form, on edge operands.
 *
 *   one map value:   { dst, src, result } { dst, src, result } ...
 *   the program:     for each record: result = dst op src         (or: = was the jump taken)
 *
 * A form with an immediate gets one loop for each immediate, with the same records. A small table of
 * what RFC 9669 says in words is checked without Linux.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "isa/eval.h"
#include "sample.h"

static const u64 edges[] = {
	0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0x81, 0xff, 0x100,
	0x7fff, 0x8000, 0xffff, 0x10000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe,
	0xffffffff, 0x100000000, 0x100000001, 0x7fffffff00000000, 0x7fffffffffffffff,
	0x8000000000000000, 0x8000000000000001, 0xffffffff00000000, 0xffffffff7fffffff,
	0xffffffff80000000, 0xffffffff80000001, 0xffffffffffff8000, 0xffffffffffffff80,
	0xfffffffffffffffe, 0xffffffffffffffff, 0x0123456789abcdef, 0xfedcba9876543210,
	0xdeadbeefcafebabe,
};

static const s32 immediates[] = { 0, 1, 2, 3, 7, 31, 32, 63, 255, 32767, INT32_MAX,
				  INT32_MIN, INT32_MIN + 1, -32768, -128, -2, -1 };

#define EDGES ARRAY_SIZE(edges)
#define RECORDS (EDGES * EDGES)

struct record {
	u64 dst, src, result;
};

struct asked {
	enum insn_id id;
	int map_fd;             /* or -errno */
	struct record *records; /* RECORDS of them */
};

static u64 expected(enum insn_id id, const struct record *r)
{
	return eval_is_cond(id) ? eval_cond(id, r->dst, r->src) : eval_alu(id, r->dst, r->src);
}

/* One loop over @records records, R1 at the first of them; R3 = dst, R4 = src, R5 = result. */
static u32 emit_loop(struct bpf_insn *out, enum insn_id id, bool reg, s32 imm, u32 records)
{
	const struct insn_info *row = &insn_info[id];
	bool jump = eval_is_cond(id);
	struct sample s;
	u32 n = 0;

	if (!sample_make(id, reg, -1, &s))
		return 0;
	if (!reg && (row->shape == SHAPE_ALU || row->shape == SHAPE_MOV || jump))
		s.insn[0].imm = imm;
	s.insn[0].off = jump ? 1 : s.insn[0].off;
	out[n++] = (struct bpf_insn){ .code = 0xb7, .dst_reg = 2 };
	out[n++] = (struct bpf_insn){ .code = 0x79, .dst_reg = 3, .src_reg = 1 };
	out[n++] = (struct bpf_insn){ .code = 0x79, .dst_reg = 4, .src_reg = 1, .off = 8 };
	out[n++] = (struct bpf_insn){ .code = 0xb7, .dst_reg = 5, .imm = 1 };
	out[n++] = s.insn[0];
	out[n++] = jump ? (struct bpf_insn){ .code = 0xb7, .dst_reg = 5 } :
			  (struct bpf_insn){ .code = 0xbf, .dst_reg = 5, .src_reg = 3 };
	out[n++] = (struct bpf_insn){ .code = 0x7b, .dst_reg = 1, .src_reg = 5, .off = 16 };
	out[n++] = (struct bpf_insn){ .code = 0x07, .dst_reg = 1, .imm = sizeof(struct record) };
	out[n++] = (struct bpf_insn){ .code = 0x07, .dst_reg = 2, .imm = 1 };
	out[n++] = (struct bpf_insn){ .code = 0x55, .dst_reg = 2, .off = -9, .imm = (s32)records };
	return n;
}

static u32 emit_start(struct bpf_insn *out, int map_fd)
{
	out[0] = (struct bpf_insn){ .code = 0x18, .dst_reg = 1, .src_reg = 2, .imm = map_fd };
	out[1] = (struct bpf_insn){ 0 };
	return 2;
}

static u32 emit_end(struct bpf_insn *out)
{
	out[0] = (struct bpf_insn){ .code = 0xb7 };
	out[1] = (struct bpf_insn){ .code = 0x95 };
	return 2;
}

/* Run @insns over the records and compare @records results. */
static void compare(const struct asked *ask, const struct bpf_insn *insns, u32 count, u32 records)
{
	static char text[1 << 16];
	int fd = linux_load(insns, count, ask->map_fd, NULL, 0);

	if (fd < 0) {
		linux_load(insns, count, ask->map_fd, text, sizeof(text));
		fail_msg("Linux refuses the program (%d): %.4000s", fd, text);
	}
	assert_int_equal(linux_map_set(ask->map_fd, ask->records), 0);
	assert_int_equal(linux_run(fd), 0);
	close(fd);
	assert_int_equal(linux_map_get(ask->map_fd, ask->records), 0);
	for (u32 i = 0; i < records; i++) {
		const struct record *r = &ask->records[i];

		if (expected(ask->id, r) != r->result)
			fail_msg("%s: dst 0x%llx src 0x%llx: ours 0x%llx, Linux 0x%llx",
				 insn_info[ask->id].text, (unsigned long long)r->dst,
				 (unsigned long long)r->src,
				 (unsigned long long)expected(ask->id, r),
				 (unsigned long long)r->result);
	}
}

static void test_registers(const struct asked *ask)
{
	struct bpf_insn insns[16];
	u32 n = emit_start(insns, ask->map_fd), loop = emit_loop(insns + n, ask->id, true, 0, RECORDS);

	if (!loop)
		return;
	n += loop;
	n += emit_end(insns + n);
	for (u32 i = 0; i < RECORDS; i++)
		ask->records[i] = (struct record){ edges[i / EDGES], edges[i % EDGES],
						   0x5555555555555555 };
	compare(ask, insns, n, RECORDS);
}

static void test_immediates(const struct asked *ask)
{
	struct bpf_insn insns[16 * ARRAY_SIZE(immediates)];
	const struct insn_info *row = &insn_info[ask->id];
	u32 n = emit_start(insns, ask->map_fd), records = 0;

	if (!(row->flags & F_K))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(immediates); i++) {
		u32 loop = emit_loop(insns + n, ask->id, false, immediates[i], EDGES);
		struct insn_op op;

		if (insn_decode(&insns[n + 4], 1, 0, &op, NULL))
			continue;   /* divides by 0, shifts too far */
		n += loop;
		for (size_t e = 0; e < EDGES; e++)
			ask->records[records++] = (struct record){ edges[e], (u64)(s64)immediates[i],
								   0x5555555555555555 };
	}
	n += emit_end(insns + n);
	assert_true(records >= 4 * EDGES);
	compare(ask, insns, n, records);
}

static void test_row(void **state)
{
	const struct asked *ask = *state;

	test_registers(ask);
	test_immediates(ask);
}

/* The sentences of RFC 9669, section 4.1 and 4.2, that C and machines do not agree with. */
static void test_rfc(void **state)
{
	static const struct { enum insn_id id; u64 dst, src, result; } rows[] = {
		{ INSN_DIV64, 7, 0, 0 }, { INSN_SDIV64, 7, 0, 0 }, { INSN_DIV32, 7, 1ull << 32, 0 },
		{ INSN_MOD64, 7, 0, 7 }, { INSN_SMOD64, -7ull, 0, -7ull },
		{ INSN_MOD32, 0xffffffff00000007, 0, 7 }, { INSN_SMOD32, -7ull, 0, 0xfffffff9 },
		{ INSN_SDIV64, 1ull << 63, -1ull, 1ull << 63 }, { INSN_SMOD64, 1ull << 63, -1ull, 0 },
		{ INSN_SDIV32, 1u << 31, -1ull, 1u << 31 }, { INSN_SMOD32, 1u << 31, -1ull, 0 },
		{ INSN_SMOD64, -13ull, 3, -1ull }, { INSN_SDIV64, -13ull, 3, -4ull },
		{ INSN_DIV64, -1ull, 2, 0x7fffffffffffffff },
		{ INSN_LSH64, 1, 65, 2 }, { INSN_LSH32, 1, 33, 2 }, { INSN_RSH32, 1ull << 32, 0, 0 },
		{ INSN_ARSH32, 0x80000000, 31, 0xffffffff }, { INSN_ARSH64, 1ull << 63, 63, -1ull },
		{ INSN_MOVSX32_8, 0, 0x80, 0xffffff80 }, { INSN_MOVSX64_32, 0, 0x80000000,
							   0xffffffff80000000 },
		{ INSN_NEG32, 1, 0, 0xffffffff }, { INSN_ADD32, -1ull, 1, 0 },
		{ INSN_BSWAP16, 0x11223344aabbccdd, 0, 0xddcc },
		{ INSN_BSWAP64, 0x1122334455667788, 0, 0x8877665544332211 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 got = eval_alu(rows[i].id, rows[i].dst, rows[i].src);

		if (got != rows[i].result)
			fail_msg("row %zu (%s): 0x%llx", i, insn_info[rows[i].id].text,
				 (unsigned long long)got);
	}
	assert_true(eval_cond(INSN_JSET32, 0x100000001, 1));
	assert_false(eval_cond(INSN_JSET32, 0x100000000, -1ull << 32));
	assert_true(eval_cond(INSN_JSLT32, 0x80000000, 0));
	assert_true(eval_load(0x80, 8, true) == 0xffffffffffffff80);
	assert_true(eval_load(0xffffffff, 32, false) == 0xffffffff);
	assert_true(eval_load(0x8000000000000000, 64, true) == 0x8000000000000000);
}

/* eval_is_alu() and eval_is_cond() say what the shapes say. */
static void test_ranges(void **state)
{
	for (int id = 0; id < INSN_COUNT; id++) {
		assert_int_equal(eval_is_alu(id), insn_info[id].shape <= SHAPE_ENDIAN);
		assert_int_equal(eval_is_cond(id), insn_info[id].shape == SHAPE_JCOND);
	}
}

static void test_nothing(void **state)
{
}

int main(void)
{
	static const char *const names[INSN_COUNT] = {
#define INSN(id, text, code, selector, value, shape, width, flags) #id,
#include "isa/insn.def"
#undef INSN
	};
	static struct record records[RECORDS];
	static struct asked asks[INSN_COUNT];
	static struct CMUnitTest tests[INSN_COUNT + 2] = {
		{ .name = "what RFC 9669 says", .test_func = test_rfc },
		{ .name = "ranges of rows", .test_func = test_ranges },
	};
	int map_fd = linux_map(sizeof(records)), count = 2, err;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (map_fd < 0)
		tests[count++] = (struct CMUnitTest){ .name = linux_skip(map_fd),
						      .test_func = test_nothing };
	for (int id = 0; map_fd >= 0 && id < INSN_COUNT; id++) {
		if (!eval_is_alu(id) && !eval_is_cond(id))
			continue;
		asks[id] = (struct asked){ .id = id, .map_fd = map_fd, .records = records };
		tests[count++] = (struct CMUnitTest){ .name = names[id], .test_func = test_row,
						      .initial_state = &asks[id] };
	}
	err = _cmocka_run_group_tests("eval", tests, count, NULL, NULL);
	if (map_fd >= 0)
		close(map_fd);
	return err;
}
