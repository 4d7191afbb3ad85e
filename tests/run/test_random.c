// SPDX-License-Identifier: BSD-2-Clause
/* test_random.c - random programs of what computes and touches memory: the engine checked and
 * trusted, and Linux, against the model.
 *
 *   value:    | R0..R5, R7..R9 | 8 words for the stack | ... | registers after | stack after |
 *   program:  load both; random instructions, also forward jumps; store both; R0 = a sum of all
 *
 * R6 stays the address of the value. The seed is fixed: what fails once fails always.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model.h"
#include "rig.h"

#define VALUE 512
#define SLOTS 8
#define AT_STACK 72        /* places in the value */
#define AT_MEMORY 136      /* random loads and stores: 64 bytes */
#define AT_REGS_OUT 256
#define AT_STACK_OUT 328
#define ROOM 512
#define INPUTS 3

static struct rig rig;
static struct bpf_insn code[ROOM];
static u32 len;
static u64 state;

static const u8 regs[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9 };

static u64 random_u64(void)
{
	u64 z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static u32 below(u32 n) { return (u32)(random_u64() >> 33) % n; }
static u8 random_reg(void) { return regs[below(ARRAY_SIZE(regs))]; }

/* Numbers near a power of two, or any. */
static u64 random_value(void)
{
	u64 near = (1ull << below(64)) + below(3) - 1;

	switch (below(4)) {
	case 0: return near;
	case 1: return 0 - near;
	case 2: return below(70);
	default: return random_u64();
	}
}

static void emit(struct bpf_insn insn)
{
	assert_true(len < ROOM);
	code[len++] = insn;
}

/* A random place of @size bytes: R10 and a slot, or R6 and the value's memory. */
static void random_place(u32 size, u8 *base, s16 *off)
{
	bool stack = below(2);
	s16 at = (s16)(below(64 / size) * size);

	*base = stack ? 10 : 6;
	*off = stack ? at - 64 : AT_MEMORY + at;
}

static void random_memory(struct bpf_insn *insn, const struct insn_info *row)
{
	bool loads = row->shape == SHAPE_LDX || row->flags & F_LOAD;
	u8 base;
	s16 off;

	random_place(row->width / 8, &base, &off);
	insn->off = off;
	insn->dst_reg = loads ? random_reg() & 0xf : base & 0xf;
	insn->src_reg = loads ? base & 0xf : random_reg() & 0xf;
	if (row->shape == SHAPE_ST) {
		insn->src_reg = 0;
		insn->imm = (s32)random_value();
	}
}

/* One random instruction; a jump goes over at most @room instructions. False: not this one. */
static bool random_insn(struct bpf_insn *insn, u32 room, bool jumps)
{
	enum insn_id id = below(INSN_COUNT);
	const struct insn_info *row = &insn_info[id];
	bool reg = row->flags & F_X && (!(row->flags & F_K) || below(2));
	struct insn_op op;

	*insn = (struct bpf_insn){ .code = row->code, .dst_reg = random_reg() & 0xf };
	if (reg && row->flags & F_K)
		insn->code |= BPF_X;
	switch ((enum insn_shape)row->shape) {
	case SHAPE_ALU: case SHAPE_MOV: case SHAPE_MOVSX:
		if (reg)
			insn->src_reg = random_reg() & 0xf;
		else
			insn->imm = (s32)random_value() >> below(32);
		break;
	case SHAPE_NEG: case SHAPE_ENDIAN:
		break;
	case SHAPE_JCOND:
		if (!jumps || !room)
			return false;
		if (reg)
			insn->src_reg = random_reg() & 0xf;
		else
			insn->imm = (s32)random_value() >> below(32);
		insn->off = (s16)below(room + 1);
		return true;
	case SHAPE_LDX: case SHAPE_STX: case SHAPE_ST: case SHAPE_ATOMIC:
		random_memory(insn, row);
		break;
	case SHAPE_JA: case SHAPE_MAY_GOTO: case SHAPE_CALL: case SHAPE_EXIT: case SHAPE_LD_IMM64:
	case SHAPE_LD_ABS: case SHAPE_LD_IND:
		return false;
	}
	if (row->selector == SEL_OFF)
		insn->off = (s16)row->value;
	else if (row->selector == SEL_IMM)
		insn->imm = row->value;
	return !insn_decode(insn, 1, 0, &op, NULL);
}

static void make_program(u32 body, u32 jumps)
{
	u32 end;

	len = 0;
	emit((struct bpf_insn){ 0x18, 6, BPF_PSEUDO_MAP_VALUE, 0, 0 });
	emit((struct bpf_insn){ 0 });
	for (s16 i = 0; i < SLOTS; i++) {
		emit((struct bpf_insn){ 0x79, 0, 6, AT_STACK + 8 * i, 0 });
		emit((struct bpf_insn){ 0x7b, 10, 0, 8 * i - 64, 0 });
	}
	for (u32 i = 0; i < ARRAY_SIZE(regs); i++)
		emit((struct bpf_insn){ 0x79, regs[i] & 0xf, 6, (s16)(8 * i), 0 });
	end = len + body;
	while (len < end) {
		struct bpf_insn insn;

		if (!random_insn(&insn, min_u32(end - len - 1, 15), jumps))
			continue;
		if (BPF_CLASS(insn.code) == BPF_JMP || BPF_CLASS(insn.code) == BPF_JMP32)
			jumps--;
		emit(insn);
	}
	for (u32 i = 0; i < ARRAY_SIZE(regs); i++)
		emit((struct bpf_insn){ 0x7b, 6, regs[i] & 0xf, (s16)(AT_REGS_OUT + 8 * i), 0 });
	for (s16 i = 0; i < SLOTS; i++) {
		emit((struct bpf_insn){ 0x79, 1, 10, 8 * i - 64, 0 });
		emit((struct bpf_insn){ 0x7b, 6, 1, AT_STACK_OUT + 8 * i, 0 });
		emit((struct bpf_insn){ 0x0f, 0, 1, 0, 0 });
	}
	emit((struct bpf_insn){ 0x95 });
}

static void show(enum machine machine, u32 number)
{
	char text[128];

	print_message("program %u, %s:\n", number, rig_name(machine));
	for (u32 i = 0; i < len; i += code[i].code == 0x18 ? 2 : 1) {
		insn_text(&code[i], NULL, text, sizeof(text));
		print_message("  %u: %s\n", i, text);
	}
}

struct outcome { u64 r0; u8 value[VALUE]; };

static void compare(enum machine machine, u32 number, u8 inputs[INPUTS][VALUE],
		    const struct outcome *expected)
{
	int fd = rig_load(&rig, machine, BPF_PROG_TYPE_SCHED_CLS, code, len);
	u32 key = 0;

	if (fd < 0) {
		show(machine, number);
		fail_msg("refused (%d): %.3000s", fd, rig.log);
	}
	for (u32 i = 0; i < INPUTS; i++) {
		u64 mask = machine == LINUX ? UINT32_MAX : UINT64_MAX;
		u8 got[VALUE];

		assert_int_equal(rig_set(&rig, machine, 0, &key, inputs[i]), 0);
		if (rig_run(&rig, machine, fd)) {
			show(machine, number);
			fail_msg("stopped at instruction %u: %s", rig.fault.insn, rig.fault.text);
		}
		assert_int_equal(rig_get(&rig, machine, 0, &key, got), 0);
		for (u32 at = 0; at < VALUE; at += 8) {
			if (memcmp(got + at, expected[i].value + at, 8)) {
				show(machine, number);
				fail_msg("input %u, at %u: 0x%llx, the model says 0x%llx", i, at,
					 (unsigned long long)get_u64(got + at),
					 (unsigned long long)get_u64(expected[i].value + at));
			}
		}
		assert_int_equal(rig.r0 & mask, expected[i].r0 & mask);
	}
	rig_unload(&rig, machine, fd);
}

static void one_program(u32 number, u32 body, u32 jumps)
{
	u8 inputs[INPUTS][VALUE];
	struct outcome expected[INPUTS];

	make_program(body, jumps);
	for (u32 i = 0; i < INPUTS; i++) {
		struct model model = { .value = expected[i].value };

		for (u32 at = 0; at < VALUE; at += 8)
			put_u64(inputs[i] + at, random_value());
		memcpy(expected[i].value, inputs[i], VALUE);
		expected[i].r0 = model_run(&model, code, len);
	}
	for (enum machine machine = 0; machine < MACHINES; machine++)
		if (rig_backend(&rig, machine))
			compare(machine, number, inputs, expected);
}

static void test_straight(void **cursor)
{
	state = 1;
	for (u32 i = 0; i < 1500; i++)
		one_program(i, 20 + below(200), 0);
}

static void test_forward(void **cursor)
{
	state = 2;
	for (u32 i = 0; i < 700; i++)
		one_program(i, 20 + below(60), 6);
}

static void test_compared(void **cursor)
{
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_straight),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_compared),
	};
	int err;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	rig_open(&rig);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, VALUE, 1, 0);
	tests[2].name = rig_linux_name(&rig);
	err = cmocka_run_group_tests_name("random", tests, NULL, NULL);
	rig_close(&rig);
	return err;
}
