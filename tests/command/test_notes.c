// SPDX-License-Identifier: BSD-2-Clause
/* test_notes.c - func_info and line_info of PROG_LOAD on Linux and on the engine: the same errno.
 *
 * A program of three functions, in some variants, with good notes; then sizes, counts, addresses,
 * offsets and ids of the notes are changed, one to three of them at a time.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gen_btf.h"
#include "isa/btf_read.h"
#include "sides.h"

#define CASES 3000
#define SHOWN 20
#define NOTES 8         /* of each kind that there is room for */
#define PROG_LEN 12
#define PLAIN 0

/* [1] int, [2] int (void), [3-5] functions of it, [6] void (void), [7] a function of that,
 * [8] typedef, [9] typedef (void), [10] a function of that, [11] a structure, [12] pointer () */
static const u32 types[] = {
	1, BTF_KIND_INT << 24, 4, 32 | BTF_INT_SIGNED << 24,
	0, BTF_KIND_FUNC_PROTO << 24, 1,
	1, BTF_KIND_FUNC << 24, 2, 1, BTF_KIND_FUNC << 24, 2, 1, BTF_KIND_FUNC << 24, 2,
	0, BTF_KIND_FUNC_PROTO << 24, 0,
	1, BTF_KIND_FUNC << 24, 6,
	1, BTF_KIND_TYPEDEF << 24, 1,
	0, BTF_KIND_FUNC_PROTO << 24, 8,
	1, BTF_KIND_FUNC << 24, 9,
	1, BTF_KIND_STRUCT << 24, 0,
};
static const char names[] = "\0a";

enum part { FUNC, LINE, PARTS };

struct notes {
	u32 variant;                    /* of the program */
	u32 size[PARTS], count[PARTS];
	bool none[PARTS];               /* no address */
	u32 word[PARTS][NOTES][4];
	u32 tail[PARTS];                /* a byte behind the known part of record 1 */
};

/* main: r0 = f1() + f2(); the functions begin at 6 and 9. What is special in f1 is the variant. */
static void program(u32 variant, struct bpf_insn *insns)
{
	const struct bpf_insn code[PROG_LEN] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 6 }, { 0 },
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 3 },
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 5 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 2 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	memcpy(insns, code, sizeof(code));
	if (variant == 1)  /* there is one function only */
		for (u32 i = 2; i < 4; i++)
			insns[i] = insns[4];
	if (variant == 1)
		insns[6].dst_reg = insns[9].dst_reg = 0, insns[5] = insns[4], insns[8] = insns[4];
}

static void good_notes(struct notes *n)
{
	static const u32 funcs[][4] = { { 0, 3 }, { 6, 4 }, { 9, 5 } };
	static const u32 lines[][4] = { { 0, 1, 1, 1024 }, { 2, 1, 1, 2048 }, { 6, 1, 1, 1024 },
					{ 9, 1, 0, 1024 } };

	memset(n, 0, sizeof(*n));
	n->size[FUNC] = 8;
	n->size[LINE] = 16;
	n->count[FUNC] = ARRAY_SIZE(funcs);
	n->count[LINE] = ARRAY_SIZE(lines);
	memcpy(n->word[FUNC], funcs, sizeof(funcs));
	memcpy(n->word[LINE], lines, sizeof(lines));
}

static void change(struct notes *n, u64 *random)
{
	static const u32 sizes[] = { 0, 4, 7, 8, 9, 10, 12, 16, 17, 20, 24, 248, 252, 253, 256, 1000 };
	static const u32 counts[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 20, 100, 1000, 0x10000000,
				      0x7fffffff, 0xffffffff };
	static const u32 values[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 100, 0x7fffffff, 0xffffffff };
	u32 part = gen_random(random, PARTS), i = gen_random(random, NOTES / 2), other;

	switch (gen_random(random, 10)) {
	case 0:
		n->size[part] = sizes[gen_random(random, ARRAY_SIZE(sizes))];
		return;
	case 1:
		n->count[part] = counts[gen_random(random, ARRAY_SIZE(counts))];
		return;
	case 2:
		n->none[part] = true;
		return;
	case 3:
		n->size[part] += 4 * (1 + gen_random(random, 3));
		n->tail[part] = gen_random(random, 3);
		return;
	case 4:
		n->variant = 1;
		if (gen_random(random, 2))
			n->count[FUNC] = 1;
		return;
	case 5:  /* a record less, and those behind it move up */
		for (; i + 1 < NOTES; i++)
			memcpy(n->word[part][i], n->word[part][i + 1], sizeof(n->word[part][i]));
		n->count[part]--;
		return;
	case 6:  /* a record more */
		other = n->word[part][i][0] + gen_random(random, 3);
		memmove(n->word[part][i + 1], n->word[part][i], sizeof(n->word[part][i]) * (NOTES - 1 - i));
		n->word[part][i + 1][0] = other;
		n->count[part]++;
		return;
	default:
		n->word[part][i][gen_random(random, part == FUNC ? 2 : 4)] =
			values[gen_random(random, ARRAY_SIZE(values))];
		return;
	}
}

static int load(struct side *side, const struct notes *n, int btf)
{
	static const u32 places[] = { AT_FUNC_INFO, AT_LINE_INFO };
	struct bpf_insn *insns = (void *)(side->arena + AT_INSNS);
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = ptr_u64(insns), .insn_cnt = PROG_LEN,
		.license = ptr_u64("GPL"), .prog_btf_fd = (u32)btf,
		.func_info_rec_size = n->size[FUNC], .func_info_cnt = n->count[FUNC],
		.line_info_rec_size = n->size[LINE], .line_info_cnt = n->count[LINE],
		.func_info = n->none[FUNC] ? 0 : ptr_u64(side->arena + AT_FUNC_INFO),
		.line_info = n->none[LINE] ? 0 : ptr_u64(side->arena + AT_LINE_INFO),
	};
	int ret;

	program(n->variant, insns);
	for (u32 part = 0; part < PARTS; part++) {
		u8 *at = side->arena + places[part];
		u32 known = part == FUNC ? 8 : 16;

		memset(at, 0, 4096);
		for (u32 i = 0; i < NOTES && n->size[part] <= 256; i++) {
			memcpy(at + (size_t)i * n->size[part], n->word[part][i], known);
			if (i == 1 && n->tail[part] && n->size[part] > known)
				at[(size_t)i * n->size[part] + known + n->tail[part]] = 1;
		}
	}
	ret = side_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (ret >= 0)
		backend_close(side->backend, ret);
	return ret < 0 ? ret : 0;
}

static int load_types(struct side *side)
{
	struct btf_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header),
				     .type_len = sizeof(types), .str_off = sizeof(types),
				     .str_len = sizeof(names) };
	u8 *at = side->arena + AT_BTF;
	union bpf_attr attr = { .btf = ptr_u64(at),
				.btf_size = sizeof(header) + sizeof(types) + sizeof(names) };

	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), types, sizeof(types));
	memcpy(at + sizeof(header) + sizeof(types), names, sizeof(names));
	return side_bpf(side, BPF_BTF_LOAD, &attr, sizeof(attr));
}

struct state {
	struct sides sides;
	int btf[2];
};

static void show(const struct notes *n, u32 number, int theirs, int ours, const char *why)
{
	print_message("# case %u, variant %u: Linux %d, engine %d (%s)\n", number, n->variant, theirs, ours, why);
	for (u32 part = 0; part < PARTS; part++) {
		print_message("#  %u of %u bytes%s, tail %u:", n->count[part], n->size[part],
			      n->none[part] ? ", no address" : "", n->tail[part]);
		for (u32 i = 0; i < 6; i++)
			print_message(" [%u %u %u]", n->word[part][i][0], n->word[part][i][1], n->word[part][i][2]);
		print_message("\n");
	}
}

static void test_good(void **state)
{
	struct state *s = *state;
	struct notes n;

	good_notes(&n);
	s->btf[0] = load_types(&s->sides.linux_side);
	s->btf[1] = load_types(&s->sides.engine);
	assert_true(s->btf[0] > 0);
	assert_true(s->btf[1] > 0);
	assert_int_equal(load(&s->sides.linux_side, &n, s->btf[0]), 0);
	assert_int_equal(load(&s->sides.engine, &n, s->btf[1]), 0);
}

static void test_changed(void **state)
{
	const char *text = getenv("CLSBPF_NOTES_CASES");
	u32 cases = text ? (u32)strtoul(text, NULL, 0) : CASES, differ = 0, refused = 0;
	struct state *s = *state;

	for (u32 i = 0; i < cases && differ < SHOWN; i++) {
		u64 random = i * 2654435761ul;
		struct notes n;
		int theirs, ours;

		good_notes(&n);
		for (u32 changes = 1 + gen_random(&random, 3); changes; changes--)
			change(&n, &random);
		theirs = load(&s->sides.linux_side, &n, s->btf[0]);
		ours = load(&s->sides.engine, &n, s->btf[1]);
		refused += theirs != 0;
		if (theirs != ours && ++differ)
			show(&n, i, theirs, ours, backend_message(s->sides.engine.backend));
	}
	print_message("# %u of %u refused\n", refused, cases);
	if (differ)
		fail_msg("%u differences", differ);
}

int main(void)
{
	static struct state s;
	const char *why = NULL;
	struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_good, &s),
		cmocka_unit_test_prestate(test_changed, &s),
	};
	int ret = sides_open(&s.sides, &why);

	if (ret < 0)
		return 1;
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), why);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("notes", tests, NULL, NULL);
	sides_close(&s.sides);
	return ret;
}
