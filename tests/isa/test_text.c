// SPDX-License-Identifier: BSD-2-Clause
/* test_text.c - instructions as text and back.
 *
 *   every row and form, random operands:  encode -> insn_text -> insn_assemble -> the same bytes
 *   every row and form that Linux loads:  the text in the verifier's log is ours
 *   tables: texts by hand, labels, and what is refused where
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"

#define ROUNDS 200

static u64 next_random(u64 *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 16;
}

/* Random operands that insn_decode() accepts. */
static void scramble(struct sample *s, u64 *state)
{
	u32 reserved = sample_reserved(s);
	u8 selector = insn_info[s->id].selector;
	struct sample base = *s;
	struct insn_op op;

	do {
		*s = base;
		if (!(reserved & 1))
			s->insn[0].dst_reg = next_random(state) % 11 & 0xf;
		if (!(reserved & 2) && selector != SEL_SRC)
			s->insn[0].src_reg = next_random(state) % 11 & 0xf;
		if (!(reserved & 4) && selector != SEL_OFF)
			s->insn[0].off = (s16)next_random(state);
		if (!(reserved & 8) && selector != SEL_IMM)
			s->insn[0].imm = (s32)next_random(state) >> next_random(state) % 32;
		if (s->slots == 2)
			s->insn[1].imm = (s32)next_random(state);
		if (s->id == INSN_LD_MAP_FD || s->id == INSN_LD_MAP_IDX)
			s->insn[1].imm = 0;
	} while (insn_decode(s->insn, 2, 0, &op, NULL));
}

static void round_trip(const struct sample *s)
{
	char text[256];
	struct bpf_insn back[2];
	LOG_ON_STACK(log);
	int len = insn_text(s->insn, NULL, text, sizeof(text)), count;

	assert_int_equal(len, strlen(text));
	count = insn_assemble(text, back, 2, &log);
	if (count != (int)s->slots)
		fail_msg("%s: %d, %s", text, count, log.text);
	if (memcmp(back, s->insn, s->slots * sizeof(*back)))
		fail_msg("%s: not what it was made of", text);
}

static void test_round_trip(void **cursor)
{
	u64 state = 1;
	u32 forms = 0;

	for (int id = 0; id < INSN_COUNT; id++) {
		for (int reg = 0; reg < 2; reg++) {
			struct sample s;

			if (!sample_make(id, reg, 3, &s))
				continue;
			forms++;
			round_trip(&s);
			for (int i = 0; i < ROUNDS; i++) {
				scramble(&s, &state);
				round_trip(&s);
			}
		}
	}
	assert_true(forms > 170);
}

static int name_helper(void *ctx, s32 id, char *buf, size_t room)
{
	return id == 7 ? snprintf(buf, room, "bpf_get_prandom_u32") : 0;
}

/* Linux lists the program in its log: `     8: 0......... (95) exit`. */
static void linux_text(const char *log, const struct bpf_insn *insn, char *out, size_t room)
{
	char line[32], code[8];
	const char *at;
	size_t len;

	snprintf(line, sizeof(line), "\n%d: (", SAMPLE_AT);
	snprintf(code, sizeof(code), "(%02x) ", insn->code);
	out[0] = '\0';
	at = strstr(log, line);
	at = at ? strstr(at, code) : NULL;
	if (!at)
		return;
	at += strlen(code);
	len = strcspn(at, "\n;");
	while (len && at[len - 1] == ' ')
		len--;
	snprintf(out, room, "%.*s", (int)len, at);
}

static void test_linux(void **cursor)
{
	static char log[16384];
	struct insn_names names = { .helper = name_helper };
	int map_fd = linux_map(8);
	u32 compared = 0;

	if (map_fd < 0)
		return;
	for (int id = 0; id < INSN_COUNT * 2; id++) {
		struct bpf_insn insns[SAMPLE_ROOM];
		char ours[256], theirs[256];
		struct sample s;
		int fd;

		/* Linux prints addresses for maps. */
		if (!sample_make(id / 2, id % 2, map_fd, &s) || !s.loads ||
		    (insn_info[s.id].shape == SHAPE_LD_IMM64 && s.id != INSN_LD_IMM64))
			continue;
		fd = linux_load(insns, sample_program(&s, insns), map_fd, log, sizeof(log));
		assert_true(fd >= 0);
		close(fd);
		linux_text(log, s.insn, theirs, sizeof(theirs));
		insn_text(s.insn, &names, ours, sizeof(ours));
		assert_string_equal(ours, theirs);
		compared++;
	}
	close(map_fd);
	assert_true(compared > 165);
}

static void test_texts(void **cursor)
{
	static const struct { struct bpf_insn insn[2]; const char *text; } rows[] = {
		{ { { 0xb7, 1, 0, 0, -5 } }, "r1 = -5" },
		{ { { 0xb4, 1, 0, 0, 5 } }, "w1 = 5" },
		{ { { 0xbc, 1, 2, 0, 0 } }, "w1 = w2" },
		{ { { 0xbf, 1, 2, 16, 0 } }, "r1 = (s16)r2" },
		{ { { 0x3f, 1, 2, 1, 0 } }, "r1 s/= r2" },
		{ { { 0xc7, 1, 0, 0, 3 } }, "r1 s>>= 3" },
		{ { { 0x87, 1, 0, 0, 0 } }, "r1 = -r1" },
		{ { { 0xdc, 1, 0, 0, 16 } }, "r1 = be16 r1" },
		{ { { 0xd7, 1, 0, 0, 64 } }, "r1 = bswap64 r1" },
		{ { { 0x61, 1, 6, 4, 0 } }, "r1 = *(u32 *)(r6 +4)" },
		{ { { 0x91, 1, 6, -1, 0 } }, "r1 = *(s8 *)(r6 -1)" },
		{ { { 0x7b, 10, 6, -8, 0 } }, "*(u64 *)(r10 -8) = r6" },
		{ { { 0x6a, 10, 0, -8, 7 } }, "*(u16 *)(r10 -8) = 7" },
		{ { { 0x05, 0, 0, -3, 0 } }, "goto pc-3" },
		{ { { 0x06, 0, 0, 0, 70000 } }, "gotol pc+70000" },
		{ { { 0xe5, 0, 0, 2, 0 } }, "may_goto pc+2" },
		{ { { 0x66, 1, 0, 3, 5 } }, "if w1 s> 0x5 goto pc+3" },
		{ { { 0x15, 1, 0, 3, -1 } }, "if r1 == 0xffffffff goto pc+3" },
		{ { { 0x4d, 1, 2, 3, 0 } }, "if r1 & r2 goto pc+3" },
		{ { { 0x85, 0, 0, 0, 1 } }, "call unknown#1" },
		{ { { 0x85, 0, 1, 0, 9 } }, "call pc+9" },
		{ { { 0x85, 0, 2, 0, 77 } }, "call kernel-function#77" },
		{ { { 0x85, 0, 2, 1, 77 } }, "call kernel-function#77 btf 1" },
		{ { { 0xdb, 1, 2, 0, 0 } }, "lock *(u64 *)(r1 +0) += r2" },
		{ { { 0xdb, 1, 2, 8, 1 } }, "r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)" },
		{ { { 0xc3, 1, 2, 8, 0xe1 } }, "r2 = atomic_xchg((u32 *)(r1 +8), r2)" },
		{ { { 0xc3, 1, 2, 8, 0xf1 } }, "r0 = atomic_cmpxchg((u32 *)(r1 +8), r0, r2)" },
		{ { { 0xcb, 1, 2, 2, 0x100 } }, "r1 = load_acquire((u16 *)(r2 +2))" },
		{ { { 0xd3, 1, 2, 2, 0x110 } }, "store_release((u8 *)(r1 +2), r2)" },
		{ { { 0x18, 1, 0, 0, 5 }, { 0, 0, 0, 0, 1 } }, "r1 = 0x100000005" },
		{ { { 0x18, 1, 1, 0, 5 } }, "r1 = map[fd:5]" },
		{ { { 0x18, 1, 2, 0, 5 }, { 0, 0, 0, 0, 8 } }, "r1 = map[fd:5][0]+8" },
		{ { { 0x18, 1, 5, 0, 0 } }, "r1 = map[idx:0]" },
		{ { { 0x18, 1, 4, 0, 12 } }, "r1 = subprog[+12]" },
		{ { { 0x18, 1, 3, 0, 7 } }, "r1 = btf[id:7]" },
		{ { { 0x28, 0, 0, 0, 12 } }, "r0 = *(u16 *)skb[12]" },
		{ { { 0x40, 0, 7, 0, -4 } }, "r0 = *(u32 *)skb[r7 + -4]" },
		{ { { 0x95, 0, 0, 0, 0 } }, "exit" },
		{ { { 0x8d, 0, 0, 0, 0 } }, "unknown opcode 0x8d" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[128];

		insn_text(rows[i].insn, NULL, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

/* A buffer that is too small gets the beginning. */
static void test_cut(void **cursor)
{
	struct bpf_insn insn = { .code = 0x61, .dst_reg = 1, .src_reg = 6, .off = 4 };
	char text[8] = "";

	assert_int_equal(insn_text(&insn, NULL, text, sizeof(text)), 7);
	assert_string_equal(text, "r1 = *(");
}

/* What people write and Linux does not print: the same as the text beside it. */
static void test_spellings(void **cursor)
{
	static const struct { const char *text, *same; } rows[] = {
		{ "r1=-5", "r1 = -5" },
		{ "r1=-r1", "r1 = -r1" },
		{ "r1 = 5 ll", "r1 = 0x5" },
		{ "r1 = -1 ll", "r1 = 0xffffffffffffffff" },
		{ "w1 = 0x10", "w1 = 16" },
		{ "r1 += 0x10 // sixteen", "r1 += 16" },
		{ "\tr1 = *(u32*)(r6+4) ; load", "r1 = *(u32 *)(r6 +4)" },
		{ "r1 = *(u8 *)(r6)", "r1 = *(u8 *)(r6 +0)" },
		{ "if r1 == -1 goto +3", "if r1 == 0xffffffff goto pc+3" },
		{ "call 7", "call unknown#7" },
		{ "call map_lookup_elem#1", "call unknown#1" },
		{ "r0 = *(u8 *)skb[r3]", "r0 = *(u8 *)skb[r3 + 0]" },
		{ "r0 = *(u8 *)skb[r3 - 4]", "r0 = *(u8 *)skb[r3 + -4]" },
		{ "r1 = map[id:5]", "r1 = map[fd:5]" },
		{ "a: exit", "exit" },
		{ "a: goto a", "goto pc-1" },
		{ "goto b\nb: exit", "goto pc+0\nexit" },
		{ "a:\n\nr1 = 0x1\nif r1 s< r2 goto a\r\n", "r1 = 0x1\nif r1 s< r2 goto pc-3" },
		{ "call f\nexit\nf: r0 = subprog[f]\nexit", "call pc+1\nexit\nr0 = subprog[-1]\nexit" },
		{ "gotol end\nr1 = 7 ll\nend: exit", "gotol pc+2\nr1 = 0x7\nexit" },
		{ "", "// nothing" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bpf_insn a[8], b[8];
		LOG_ON_STACK(log);
		int n = insn_assemble(rows[i].text, a, 8, &log);

		if (n < 0)
			fail_msg("%s: %s", rows[i].text, log.text);
		assert_int_equal(n, insn_assemble(rows[i].same, b, 8, &log));
		if (memcmp(a, b, (size_t)n * sizeof(*a)))
			fail_msg("%s is not %s", rows[i].text, rows[i].same);
	}
}

static void test_refusals(void **cursor)
{
	static const struct { const char *text, *where; int err; } rows[] = {
		{ "exit\nhello", "line 2, column 1: ", -EINVAL },
		{ "r1 = ", "line 1, column 6: ", -EINVAL },
		{ "r11 = 1", "line 1, column 1: ", -EINVAL },
		{ "r1 += w2", "line 1, column 7: ", -EINVAL },
		{ "r1 ++ 2", "line 1, column 4: ", -EINVAL },
		{ "r1 = 4294967295", "line 1, column 6: ", -EINVAL },
		{ "w1 = 4294967296", "line 1, column 6: ", -EINVAL },
		{ "r1 = 0x10000000000000000", "line 1, column 6: ", -EINVAL },
		{ "r1 = -r2", "line 1, column 7: ", -EINVAL },
		{ "r1 = be16 r2", "line 1, column 11: ", -EINVAL },
		{ "r1 = *(u24 *)(r2 +0)", "line 1, column 8: ", -EINVAL },
		{ "r1 = *(u32 *)(r2 +32768)", "line 1, column 18: ", -EINVAL },
		{ "r1 = *(s64 *)(r2 +0)", "line 1, column 8: ", -EINVAL },
		{ "*(s32 *)(r2 +0) = r1", "line 1, column 18: ", -EINVAL },
		{ "r1 = *(u8 *)skb[0]", "line 1, column 13: ", -EINVAL },
		{ "lock *(u8 *)(r1 +0) += r2", "line 1, column 21: ", -EINVAL },
		{ "r1 = atomic_fetch_add((u64 *)(r2 +0), r1)", "line 1, column 23: ", -EINVAL },
		{ "r1 = atomic_fetch_add((u32 *)(r2 +0), r3)", "line 1, column 38: ", -EINVAL },
		{ "r1 = atomic_cmpxchg((u32 *)(r2 +0), r0, r3)", "line 1, column 40: ", -EINVAL },
		{ "goto nowhere", "line 1, column 6: ", -EINVAL },
		{ "if r1 = 2 goto pc+1", "line 1, column 7: ", -EINVAL },
		{ "if r1 == 2", "line 1, column 11: ", -EINVAL },
		{ "goto pc+40000", "line 1, column 8: ", -EINVAL },
		{ "exit exit", "line 1, column 6: ", -EINVAL },
		{ "a: exit\nb: exit\na: exit", "line 3: ", -EINVAL },
		{ "exit\nexit\nexit\nexit\nexit\nexit\nexit\nr1 = 0x1", "line 8, column 1: ", -E2BIG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bpf_insn insns[8];
		LOG_ON_STACK(log);

		assert_int_equal(insn_assemble(rows[i].text, insns, 8, &log), rows[i].err);
		if (strncmp(log.text, rows[i].where, strlen(rows[i].where)))
			fail_msg("%s: %s", rows[i].text, log.text);
	}
}

/* Any bytes are answered with instructions or a sentence. */
static void test_noise(void **cursor)
{
	static const char letters[] = "rw10+-*/=<>&|^%()[]:#, \n;isxsu8p3264cgotolifexkbe";
	u64 state = 7;

	for (int round = 0; round < 20000; round++) {
		char text[64];
		size_t len = next_random(&state) % (sizeof(text) - 1);
		struct bpf_insn insns[4];
		LOG_ON_STACK(log);
		int n;

		for (size_t i = 0; i < len; i++)
			text[i] = letters[next_random(&state) % (sizeof(letters) - 1)];
		text[len] = '\0';
		n = insn_assemble(text, insns, 4, &log);
		if (n < 0)
			assert_true(log.len > 10);
	}
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_noise),
	};
	int map_fd = linux_map(8);

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (map_fd < 0)
		tests[0].name = linux_skip(map_fd);
	else
		close(map_fd);
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
