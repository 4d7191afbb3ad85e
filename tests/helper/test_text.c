// SPDX-License-Identifier: BSD-2-Clause
/* test_text.c - numbers out of text, text out of numbers, text compared: what the engine returns and writes, and
 * what Linux does. One program a case, whose input and output are map values. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "both.h"

#define ROOM 256           /* of a map value: input at 0, then: */
#define OUT_AT 128         /* what the helper writes */
#define RET_AT 248

struct text_case {
	u32 id;
	const char *input;     /* strtol, strtoul: the text; strncmp: one side; printf: the numbers,
	8 bytes each */
	u32 size;              /* of it, as the argument says; 0: its length */
	u64 flags;             /* strto*: flags; printf: size of the output */
	const char *constant;  /* strncmp: the other side; printf: the format */
	s64 ret;
	s64 value;             /* strto*: what is written */
	const char *out;       /* printf: the text */
};

#define TOL(input, flags, ret, value) { BPF_FUNC_strtol, input, 0, flags, NULL, ret, value, NULL }
#define TOUL(input, flags, ret, value) { BPF_FUNC_strtoul, input, 0, flags, NULL, ret, value, NULL }
#define NCMP(a, size, b, ret) { BPF_FUNC_strncmp, a, size, 0, b, ret, 0, NULL }
#define PRINT(numbers, bytes, room, fmt, ret, out)                                                            \
	{ BPF_FUNC_snprintf, numbers, bytes, room, fmt, ret, 0, out }

#define ONE "\1\0\0\0\0\0\0\0"
#define MINUS "\377\377\377\377\377\377\377\377"
#define NINE "\11\0\0\0\0\0\0\0"

static const struct text_case cases[] = {
	TOL("0", 0, 1, 0), TOL("7", 0, 1, 7), TOL("12345", 0, 5, 12345), TOL("-12345", 0, 6, -12345),
	TOL("-0", 0, 2, 0),
	TOL("  42", 0, 4, 42), TOL("\t\n\v\f\r 42 ", 0, 8, 42), TOL("\24042", 0, 3, 42), TOL("42abc", 0, 2,
											     42),
	TOL("+42", 0, -EINVAL, 0), TOL("", 0, -EINVAL, 0), TOL(" ", 0, -EINVAL, 0), TOL("-", 0, -EINVAL, 0),
	TOL("- 1", 0, -EINVAL, 0), TOL("abc", 0, -EINVAL, 0), TOL("abc", 16, 3, 0xabc), TOL("0xabc", 0, 5,
											    0xabc),
	TOL("0xABC", 16, 5, 0xabc), TOL("0x", 0, 1, 0), TOL("0x", 16, -EINVAL, 0), TOL("0xg", 16, -EINVAL, 0),
	TOL("0xg", 0, 1, 0), TOL("0x1", 8, 1, 0), TOL("0x1", 10, 1, 0), TOL("010", 0, 3, 8), TOL("010", 10,
												 3, 10),
	TOL("08", 0, 1, 0), TOL("789", 8, 1, 7), TOL("-0x10", 0, 5, -16), TOL("1", 2, -EINVAL, 0), TOL("1",
												       17,
												       -EINVAL, 0),
	TOL("1", 31, -EINVAL, 0), TOL("1", 32, -EINVAL, 0), TOL("1", 1ull << 32, -EINVAL, 0),
	TOL("9223372036854775807", 0, 19, INT64_MAX), TOL("9223372036854775808", 0, -ERANGE, 0),
	TOL("-9223372036854775808", 0, 20, INT64_MIN), TOL("-9223372036854775809", 0, -ERANGE, 0),
	TOL("18446744073709551616", 0, -ERANGE, 0), TOL("99999999999999999999999", 0, -ERANGE, 0),
	TOL("000000000000000000000000000000000000000000000000000000000000000000000000009", 10, 63, 0),
	{ BPF_FUNC_strtol, "1234", 2, 0, NULL, 2, 12, NULL }, { BPF_FUNC_strtol, "-1234", 1, 0, NULL,
	-EINVAL, 0, NULL },
	TOUL("0", 0, 1, 0), TOUL("18446744073709551615", 0, 20, -1), TOUL("18446744073709551616", 0,
									  -ERANGE, 0),
	TOUL("-1", 0, -EINVAL, 0), TOUL("-0", 0, -EINVAL, 0), TOUL("0xffffffffffffffff", 0, 18, -1),
	TOUL("777", 8, 3, 0777),
	TOUL("x", 0, -EINVAL, 0), TOUL("1", 3, -EINVAL, 0),
	NCMP("abc", 3, "abc", 0), NCMP("abc", 4, "abc", 0), NCMP("abc", 8, "abc", 0), NCMP("abd", 3, "abc",
											   1),
	NCMP("abb", 3, "abc", -1), NCMP("abcd", 3, "abc", 0), NCMP("abcd", 4, "abc", 1), NCMP("ab", 4,
											      "abc", -1),
	NCMP("\377", 1, "\1", 1), NCMP("", 1, "a", -1), NCMP("a", 1, "", 1), NCMP("", 1, "", 0), NCMP("b",
												      1,
												      "a", 1),
	PRINT(ONE, 8, 64, "%d", 2, "1"), PRINT(MINUS, 8, 64, "%d", 3, "-1"), PRINT(MINUS, 8, 64, "%u", 11,
										   "4294967295"),
	PRINT(MINUS, 8, 64, "%llx", 17, "ffffffffffffffff"), PRINT(ONE NINE, 16, 64, "%d-%d", 4, "1-9"),
	PRINT(ONE, 8, 64, "none", 5, "none"), PRINT(ONE, 0, 64, "none", 5, "none"), PRINT(ONE, 8, 4,
											  "seven%d", 7,
											  "sev"),
	PRINT(ONE, 8, 1, "x", 2, ""), PRINT(ONE, 8, 64, "%5d|", 7, "    1|"), PRINT(NINE, 8, 64, "%-4x|%%",
										    7, "9   |%"),
	PRINT(ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE NINE, 96, 64, "%d%d%d%d%d%d%d%d%d%d%d%d", 13,
	      "111111111119"),
};

static struct backend *engine, *linux_side;
static const char *why;

struct program {
	struct bpf_insn insn[64];
	u32 count;
};

static void put(struct program *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->insn[p->count++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15, .src_reg = src & 15,
						 .off = off, .imm = imm };
}

static void put_imm64(struct program *p, u8 dst, u8 src, u64 value, u32 off)
{
	put(p, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, (s32)value);
	put(p, 0, 0, 0, 0, src ? (s32)off : (s32)(value >> 32));
}

static void put_call(struct program *p, const struct text_case *c, int values, int constants)
{
	u32 size = c->size ? c->size : (u32)strlen(c->input);

	if (c->id == BPF_FUNC_snprintf) {
		put_imm64(p, 1, BPF_PSEUDO_MAP_VALUE, (u64)values, OUT_AT);
		put_imm64(p, 2, 0, c->flags, 0);
		put_imm64(p, 3, BPF_PSEUDO_MAP_VALUE, (u64)constants, 0);
		put_imm64(p, 4, BPF_PSEUDO_MAP_VALUE, (u64)values, 0);
		put_imm64(p, 5, 0, c->size, 0);
	} else {
		put_imm64(p, 1, BPF_PSEUDO_MAP_VALUE, (u64)values, 0);
		put_imm64(p, 2, 0, size ? size : 1, 0);
		put_imm64(p, 3, 0, c->flags, 0);
		put_imm64(p, 4, BPF_PSEUDO_MAP_VALUE, (u64)values, OUT_AT);
		if (c->id == BPF_FUNC_strncmp)
			put_imm64(p, 3, BPF_PSEUDO_MAP_VALUE, (u64)constants, 0);
	}
	put(p, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)c->id);
	put_imm64(p, 1, BPF_PSEUDO_MAP_VALUE, (u64)values, RET_AT);
	put(p, BPF_STX | BPF_MEM | BPF_DW, 1, 0, 0, 0);
	put(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void map_put(struct backend *side, int map, const void *value)
{
	u32 key = 0;
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(value) };

	assert_int_equal(backend_bpf(side, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)), 0);
}

static void run(struct backend *side, const struct text_case *c, u8 value[ROOM])
{
	u8 constant[ROOM] = { 0 };
	u32 key = 0;
	int values = side_map(side, BPF_MAP_TYPE_ARRAY, 4, ROOM, 1, 0);
	int constants = side_map(side, BPF_MAP_TYPE_ARRAY, 4, ROOM, 1, BPF_F_RDONLY_PROG);
	union bpf_attr attr = { .map_fd = (u32)constants };
	struct program p = { .count = 0 };
	int prog;

	memset(value, 0, ROOM);
	memcpy(value, c->input, c->id == BPF_FUNC_snprintf ? c->size : strlen(c->input));
	memset(value + OUT_AT, 0xee, 64);
	map_put(side, values, value);
	if (c->constant)
		memcpy(constant, c->constant, strlen(c->constant));
	map_put(side, constants, constant);
	assert_int_equal(backend_bpf(side, BPF_MAP_FREEZE, &attr, sizeof(attr)), 0);
	put_call(&p, c, values, constants);
	prog = side_prog(side, BPF_PROG_TYPE_SCHED_CLS, p.insn, p.count);
	assert_true(prog >= 0);
	attr = (union bpf_attr){ .test = { .prog_fd = (u32)prog, .data_in = ptr_u64(constant),
					   .data_size_in = 64 } };
	assert_int_equal(backend_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	attr = (union bpf_attr){ .map_fd = (u32)values, .key = ptr_u64(&key), .value = ptr_u64(value) };
	assert_int_equal(backend_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)), 0);
	backend_close(side, prog);
	backend_close(side, values);
	backend_close(side, constants);
}

static u32 check(const char *name, const struct text_case *c, const u8 value[ROOM])
{
	s64 ret = (s64)get_u64(value + RET_AT), number = (s64)get_u64(value + OUT_AT);
	const char *out = (const char *)value + OUT_AT;
	bool writes = c->id == BPF_FUNC_strtol || c->id == BPF_FUNC_strtoul;

	if (ret == c->ret && (!writes || number == c->value) && (!c->out || !strcmp(out, c->out)))
		return 0;
	print_error("%s: helper %u of \"%s\", flags %llu: returns %lld, not %lld; writes %lld or "
		    "\"%.64s\"\n", name, c->id,
		    c->input, (unsigned long long)c->flags, (long long)ret, (long long)c->ret,
		    (long long)number, out);
	return 1;
}

static void try_side(struct backend *side, const char *name)
{
	u8 value[ROOM];
	u32 wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run(side, &cases[i], value);
		wrong += check(name, &cases[i], value);
	}
	assert_int_equal(wrong, 0);
}

static void test_engine(void **state) { try_side(engine, "engine"); }

static void test_linux(void **state)
{
	if (linux_side)
		try_side(linux_side, "Linux");
}

int main(void)
{
	static char asked[128];
	struct CMUnitTest tests[] = { cmocka_unit_test(test_engine), cmocka_unit_test(test_linux) };
	int err = backend_engine_create(NULL, &engine);

	if (err)
		return 1;
	linux_side = linux_backend(&why);
	snprintf(asked, sizeof(asked), "Linux%s%s", why ? " # SKIP " : "", why ? why : "");
	tests[1].name = asked;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	err = cmocka_run_group_tests_name("text", tests, NULL, NULL);
	backend_destroy(engine);
	backend_destroy(linux_side);
	return err;
}
