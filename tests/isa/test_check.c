// SPDX-License-Identifier: BSD-2-Clause
/* test_check.c - the shape of whole programs: a table of texts and verdicts, which Linux confirms. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"

#define ROOM 2048

static const struct row {
	const char *name, *text;
	int err;
	const char *says;     /* in the first line of the log */
} rows[] = {
	{ "shortest", "r0 = 0\nexit", 0, "" },
	{ "nothing", "", -E2BIG, "a program has 1" },
	{ "falls off the end", "r0 = 0", -EINVAL, "instruction 0 is the last one before the end" },
	{ "falls into a function", "call f\nr0 = 0\nf: r0 = 0\nexit", -EINVAL,
	  "instruction 1 is the last one before another function" },
	{ "ends with a jump", "a: r0 = 0\nif r0 == 0 goto b\ngoto a\nb: exit", 0, "" },
	{ "last is a jump back", "goto b\na: r0 = 0\nexit\nb: goto a", 0, "" },
	{ "last is a long jump back", "goto b\na: r0 = 0\nexit\nb: gotol a", 0, "" },
	{ "jump past the end", "r0 = 0\nif r0 == 0 goto pc+1\nexit", -EINVAL, "jumps to 3" },
	{ "jump before the start", "r0 = 0\ngoto pc-3\nexit", -EINVAL, "jumps to -1" },
	{ "long jump past the end", "r0 = 0\ngotol pc+2147483647\nexit", -EINVAL,
	  "jumps to 2147483649" },
	{ "long jump before the start", "r0 = 0\ngotol pc-2147483648\nexit", -EINVAL, "jumps to -" },
	{ "jump into a constant", "r0 = 0\nif r0 == 0 goto pc+1\nr0 = 0x0\nexit", -EINVAL,
	  "middle of a 64-bit constant" },
	{ "jump over a constant", "r0 = 0\nif r0 == 0 goto pc+2\nr0 = 0x0\nexit", 0, "" },
	{ "jump into another function", "call f\ngoto a\nf: r0 = 0\na: exit", -EINVAL,
	  "out of its function, which is 0..1" },
	{ "jump out of a function", "call f\na: exit\nf: r0 = 0\nif r0 == 0 goto a\nexit", -EINVAL,
	  "out of its function, which is 2..4" },
	{ "may_goto past the end", "r0 = 0\nmay_goto pc+1\nexit", -EINVAL, "jumps to 3" },
	{ "call past the end", "call pc+2\nr0 = 0\nexit", -EINVAL, "calls instruction 3" },
	{ "call before the start", "call pc-2\nr0 = 0\nexit", -EINVAL, "calls instruction -1" },
	{ "call into a constant", "call pc+2\nexit\nr0 = 0x0\nexit", -EINVAL,
	  "into the middle of a 64-bit constant" },
	{ "call of the last one", "call pc+1\nexit\nexit", -EINVAL, NULL },
	{ "dead code", "r0 = 0\nexit\nr0 = 1\nexit", -EINVAL, "no path leads to instruction 2" },
	{ "dead constant", "r0 = 0\nexit\nr0 = 0x1\nexit", -EINVAL, "no path leads to instruction 2" },
	{ "function called by dead code only", "r0 = 0\nexit\ncall f\nexit\nf: r0 = 0\nexit", -EINVAL,
	  "no path leads to" },
	{ "functions in a row", "call f\nexit\nf: call g\nexit\ng: r0 = 0\nexit", 0, "" },
	{ "function before its caller", "goto a\na: call f\nexit\nf: r0 = 0\nexit", 0, "" },
	{ "constant at the end", "r0 = 0\nexit\nr1 = 0x1", -EINVAL, NULL },
	{ "encoding", "r0 = 0\nr0 /= 0\nexit", -EINVAL, "instruction 1 divides by the constant 0" },
	{ "writes r10", "r10 = 0\nexit", -EACCES, "writes r10" },
};

static void test_row(void **state)
{
	const struct row *row = *state;
	struct bpf_insn insns[ROOM];
	char text[4096] = "";
	LOG_ON_STACK(log);
	int count = insn_assemble(row->text, insns, ROOM, &log), map_fd, fd, err;

	if (count < 0)
		fail_msg("%s", log.text);
	err = insn_check_program(insns, (u32)count, &log);
	if (row->says) {
		if (err != row->err || (err && !strstr(log.text, row->says)))
			fail_msg("%d: %s", err, log.text);
	}
	map_fd = linux_map(8);
	if (map_fd < 0)
		return;
	fd = linux_load(insns, (u32)count, map_fd, text, sizeof(text));
	close(map_fd);
	if (fd >= 0)
		close(fd);
	/* Without a sentence of ours: for the verifier to refuse. */
	if (row->says ? (fd < 0 ? fd : 0) != err : fd >= 0)
		fail_msg("ours %d, Linux %d: %s", err, fd, text);
}

/* Linux must agree on @err, where it can be asked. */
static void confirm(const struct bpf_insn *insns, u32 count, int err)
{
	int map_fd = linux_map(8), fd;

	assert_int_equal(insn_check_program(insns, count, NULL), err);
	if (map_fd < 0)
		return;
	fd = linux_load(insns, count, map_fd, NULL, 0);
	close(map_fd);
	if (fd >= 0)
		close(fd);
	assert_int_equal(fd < 0 ? fd : 0, err);
}

static void test_too_many_functions(void **state)
{
	struct bpf_insn insns[ROOM];
	u32 n = 0;

	/* 257 calls of as many functions of two instructions each: one too many with the program. */
	for (u32 i = 0; i < INSN_MAX_FUNCTIONS; i++, n++)
		insns[n] = (struct bpf_insn){ .code = 0x85, .src_reg = 1,
					      .imm = (s32)(INSN_MAX_FUNCTIONS - i + i * 2) };
	insns[n++] = (struct bpf_insn){ .code = 0x95 };
	for (u32 i = 0; i < INSN_MAX_FUNCTIONS; i++) {
		insns[n++] = (struct bpf_insn){ .code = 0xb7 };
		insns[n++] = (struct bpf_insn){ .code = 0x95 };
	}
	confirm(insns, n, -E2BIG);
	/* The last function calls the one before instead. */
	insns[INSN_MAX_FUNCTIONS - 1].imm -= 2;
	insns[n - 3].code = 0xb7;
	confirm(insns, n, 0);
}

static void test_sizes(void **state)
{
	struct bpf_insn *insns = calloc(INSN_MAX + 1, sizeof(*insns));

	assert_non_null(insns);
	for (u32 i = 0; i < INSN_MAX + 1; i++)
		insns[i].code = 0xb7;
	insns[INSN_MAX - 1].code = 0x95;
	insns[INSN_MAX].code = 0x95;
	assert_int_equal(insn_check_program(insns, INSN_MAX, NULL), 0);
	assert_int_equal(insn_check_program(insns, INSN_MAX + 1, NULL), -E2BIG);
	free(insns);
}

/* A chain in which every instruction jumps: the walk is a loop, not a recursion. */
static void test_long_walk(void **state)
{
	struct bpf_insn *insns = calloc(INSN_MAX, sizeof(*insns));

	assert_non_null(insns);
	for (u32 i = 0; i < INSN_MAX - 2; i++)
		insns[i] = (struct bpf_insn){ .code = 0x15, .off = 1 };
	insns[INSN_MAX - 2].code = 0x95;
	insns[INSN_MAX - 1].code = 0x95;
	assert_int_equal(insn_check_program(insns, INSN_MAX, NULL), 0);
	free(insns);
}

/* Random instructions from the table, some of which happen to be programs. */
static void test_noise(void **state)
{
	u64 random = 3;
	u32 accepted = 0;

	for (int round = 0; round < 200000; round++) {
		struct bpf_insn insns[4];
		u32 count = 1 + (u32)round % 4;

		for (u32 i = 0; i < count; i++) {
			random = random * 6364136223846793005ull + 1442695040888963407ull;
			insns[i] = (struct bpf_insn){
				.code = insn_info[(random >> 33) % INSN_COUNT].code,
				.imm = (s32)(random >> 40) % 4,
				.off = (s16)((s32)(random >> 50) % 4 - 2),
				.src_reg = random >> 60 & 1 };
		}
		if (random >> 20 & 1)
			insns[count - 1] = (struct bpf_insn){ .code = 0x95 };
		accepted += !insn_check_program(insns, count, NULL);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(rows) + 4] = {
		cmocka_unit_test(test_too_many_functions),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_long_walk),
		cmocka_unit_test(test_noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct row *row = malloc(sizeof(*row));

		if (!row)
			return 1;
		*row = rows[i];
		tests[i + 4] = (struct CMUnitTest){ .name = row->name, .test_func = test_row,
						    .initial_state = row };
	}
	return _cmocka_run_group_tests("check", tests, ARRAY_SIZE(tests), NULL, NULL);
}
