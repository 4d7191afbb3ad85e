// SPDX-License-Identifier: BSD-2-Clause
/* test_insn.c - every row and form of insn.def, executed: the engine checked and trusted, and Linux,
 * against the model.
 *
 *   one map value:  { dst, src, result } { dst, src, result } ...      arithmetic and jumps
 *                   { memory, operand, R0, ... } ...                   atomics
 *                   | bytes that are loaded | results | ...            loads and stores
 *
 * A program works through the whole value, so that few loads cover many operands. Everything is
 * compared: the value, byte by byte, and R0.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "isa/eval.h"
#include "model.h"
#include "rig.h"

#define VALUE 30000
#define ROOM 4096

static const u64 edges[] = {
	0, 1, 2, 7, 8, 31, 32, 33, 63, 64, 65, 0x80, 0x8000, 0x7fffffff, 0x80000000, 0x80000001,
	0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001,
	0xffffffff80000000, 0xffffffff7fffffff, 0xffffffffffffff80, 0xfffffffffffffffe,
	0xffffffffffffffff, 0x0123456789abcdef, 0xfedcba9876543210,
};

static const s32 immediates[] = { 0, 1, 2, 7, 31, 32, 63, 255, 32767, INT32_MAX, INT32_MIN,
				  INT32_MIN + 1, -32768, -128, -2, -1 };

#define EDGES ARRAY_SIZE(edges)

static struct rig rig;
static u8 input[VALUE], expected[VALUE], got[VALUE];
static struct bpf_insn code[ROOM];
static u32 len, programs;

static void emit(u8 op, u8 dst, u8 src, s16 off, s32 imm)
{
	assert_true(len < ROOM);
	code[len++] = (struct bpf_insn){ op, dst & 0xf, src & 0xf, off, imm };
}

/* dst = the address of byte @off of the value */
static void emit_value(u8 dst, u32 off)
{
	emit(0x18, dst, BPF_PSEUDO_MAP_VALUE, 0, 0);
	emit(0, 0, 0, 0, (s32)off);
}

static void show(const char *what, enum machine machine)
{
	char text[256];

	print_message("%s, %s:\n", what, rig_name(machine));
	for (u32 i = 0; i < len && i < 60; i += code[i].code == 0x18 ? 2 : 1) {
		insn_text(&code[i], NULL, text, sizeof(text));
		print_message("  %u: %s\n", i, text);
	}
}

static void run_one(enum machine machine, const char *what, u64 r0)
{
	u32 key = 0;
	int fd = rig_load(&rig, machine, BPF_PROG_TYPE_SCHED_CLS, code, len), err;

	if (fd < 0) {
		show(what, machine);
		fail_msg("refused (%d): %.3000s", fd, rig.log);
	}
	assert_int_equal(rig_set(&rig, machine, 0, &key, input), 0);
	err = rig_run(&rig, machine, fd);
	rig_unload(&rig, machine, fd);
	if (err) {
		show(what, machine);
		fail_msg("stopped (%d) at instruction %u: %s", err, rig.fault.insn, rig.fault.text);
	}
	assert_int_equal(rig_get(&rig, machine, 0, &key, got), 0);
	for (u32 i = 0; i < VALUE; i += 8) {
		if (memcmp(got + i, expected + i, 8)) {
			show(what, machine);
			fail_msg("at %u: 0x%llx, the model says 0x%llx (before it: 0x%llx 0x%llx)", i,
				 (unsigned long long)get_u64(got + i),
				 (unsigned long long)get_u64(expected + i),
				 i < 16 ? 0 : (unsigned long long)get_u64(got + i - 16),
				 i < 8 ? 0 : (unsigned long long)get_u64(got + i - 8));
		}
	}
	if (machine == LINUX ? (u32)rig.r0 != (u32)r0 : rig.r0 != r0) {
		show(what, machine);
		fail_msg("R0 is 0x%llx, the model says 0x%llx", (unsigned long long)rig.r0,
			 (unsigned long long)r0);
	}
}

/* Run the program that is in `code` over `input` everywhere. */
static void run_all(const char *what)
{
	u8 packet[RIG_PACKET];  /* programs write to it */
	struct model model = { .value = expected, .packet = packet, .len = rig.len };
	u64 r0;

	memcpy(packet, rig.bytes, sizeof(packet));
	memcpy(expected, input, sizeof(input));
	r0 = model_run(&model, code, len);
	assert_true(model.executed < 900000);
	run_one(CHECKED, what, r0);
	run_one(TRUSTED, what, r0);
	if (rig.linux_side)
		run_one(LINUX, what, r0);
	programs++;
}

static void begin(void)
{
	len = 0;
	memset(input, 0, sizeof(input));
}

/* ---- arithmetic and jumps ---- */

struct record { u64 dst, src, result; };

/* A loop over @records records from byte @first. Registers: a different five in every loop. */
static void emit_loop(enum insn_id id, bool reg, s32 imm, u32 first, u32 records, u32 turn, bool same)
{
	const struct insn_info *row = &insn_info[id];
	u8 at = turn % 10, count = (turn + 3) % 10, dst = (turn + 5) % 10, result = (turn + 8) % 10;
	u8 src = same ? dst : (turn + 1) % 10;
	bool jump = eval_is_cond(id);
	u8 op = row->code | (reg && row->flags & F_K ? BPF_X : 0);
	s16 off = jump ? 1 : row->selector == SEL_OFF ? (s16)row->value : 0;

	if (row->selector == SEL_IMM)
		imm = row->value;
	emit_value(at, first);
	emit(0xb7, count, 0, 0, 0);
	emit(0x79, dst, at, 0, 0);
	if (!same)
		emit(0x79, src, at, 8, 0);
	emit(0xb7, result, 0, 0, 1);
	emit(op, dst, reg ? src : 0, off, reg ? 0 : imm);
	if (jump)
		emit(0xb7, result, 0, 0, 0);
	else
		emit(0xbf, result, dst, 0, 0);
	emit(0x7b, at, result, 16, 0);
	emit(0x07, at, 0, 0, sizeof(struct record));
	emit(0x07, count, 0, 0, 1);
	emit(0x55, count, 0, same ? -8 : -9, (s32)records);
}

static void put_record(u32 n, u64 dst, u64 src)
{
	struct record r = { dst, src, 0x5555555555555555 };

	assert_true((n + 1) * sizeof(r) <= VALUE);
	memcpy(input + n * sizeof(r), &r, sizeof(r));
}

static void emit_end(void)
{
	emit(0xb7, 0, 0, 0, 7);
	emit(0x95, 0, 0, 0, 0);
}

static void with_registers(enum insn_id id, u32 turn)
{
	begin();
	for (u32 i = 0; i < EDGES * EDGES; i++)
		put_record(i, edges[i / EDGES], edges[i % EDGES]);
	for (u32 i = 0; i < EDGES; i++)
		put_record(EDGES * EDGES + i, edges[i], 0);
	emit_loop(id, true, 0, 0, EDGES * EDGES, turn, false);
	emit_loop(id, true, 0, EDGES * EDGES * sizeof(struct record), EDGES, turn + 4, true);
	emit_end();
	run_all("registers");
}

static void with_immediates(enum insn_id id, u32 turn)
{
	const struct insn_info *row = &insn_info[id];
	bool operand = row->shape == SHAPE_ALU || row->shape == SHAPE_MOV || eval_is_cond(id);
	u32 records = 0;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(immediates); i++) {
		u32 before = len;
		struct insn_op op;

		emit_loop(id, false, immediates[i], records * sizeof(struct record), EDGES,
			  turn + (u32)i, false);
		if (insn_decode(&code[before + 6], 1, 0, &op, NULL)) {
			len = before;   /* divides by 0, shifts too far */
			continue;
		}
		for (u32 e = 0; e < EDGES; e++)
			put_record(records++, edges[e], 0);
		if (!operand)
			break;
	}
	assert_true(records >= EDGES);
	emit_end();
	run_all("immediates");
}

static void test_computes(void **state)
{
	enum insn_id id = (enum insn_id)(uintptr_t)*state;
	const struct insn_info *row = &insn_info[id];

	if (row->flags & F_X)
		with_registers(id, id);
	if (row->flags & F_K)
		with_immediates(id, id + 2);
}

/* ---- loads and stores ---- */

enum base { BASE_VALUE, BASE_STACK, BASE_PACKET, BASES };

#define AREA 64           /* bytes that programs load from and store to */
#define OUT 64            /* where results begin in the value */

/* R7 = the area in @base; on the stack, a copy of the value's first bytes. */
static void emit_area(enum base base)
{
	emit(0xbf, 6, 1, 0, 0);
	emit_value(8, OUT);
	emit_value(7, 0);
	if (base == BASE_STACK) {
		for (s16 i = 0; i < AREA; i += 8) {
			emit(0x79, 2, 7, i, 0);
			emit(0x7b, 10, 2, i - AREA, 0);
		}
		emit(0xbf, 7, 10, 0, 0);
		emit(0x07, 7, 0, 0, -AREA);
	}
	if (base == BASE_PACKET) {
		emit(0x61, 7, 6, 76, 0);
		emit(0x61, 3, 6, 80, 0);
		emit(0xbf, 4, 7, 0, 0);
		emit(0x07, 4, 0, 0, AREA);
		emit(0xb7, 0, 0, 0, 3);
		emit(0x3d, 3, 4, 1, 0);
		emit(0x95, 0, 0, 0, 0);
	}
}

/* The area as it is now, into the value from @at on. */
static void emit_dump(u32 at)
{
	for (s16 i = 0; i < AREA; i += 8) {
		emit(0x79, 2, 7, i, 0);
		emit(0x7b, 8, 2, (s16)(at + (u32)i), 0);
	}
}

static void fill_area(void)
{
	for (u32 i = 0; i < AREA; i++)
		input[i] = (u8)(0x80 + i * 37);
}

static void test_loads(void **state)
{
	enum insn_id id = (enum insn_id)(uintptr_t)*state;
	const struct insn_info *row = &insn_info[id];
	s16 size = row->width / 8;

	for (enum base base = 0; base < BASES; base++) {
		/* On the stack Linux wants aligned accesses. */
		s16 step = base == BASE_STACK ? size : 1, out = 0;

		begin();
		fill_area();
		emit_area(base);
		for (s16 off = 0; off <= AREA - size; off += step, out += 8) {
			emit(row->code, off % 2 ? 9 : 5, 7, off, 0);
			emit(0x7b, 8, off % 2 ? 9 : 5, out, 0);
			/* The address in the register that takes the result. */
			emit(0xbf, 2, 7, 0, 0);
			emit(row->code, 2, 2, off, 0);
			emit(0x7b, 8, 2, out + 2048, 0);
		}
		emit_end();
		run_all("loads");
	}
}

static void test_stores(void **state)
{
	enum insn_id id = (enum insn_id)(uintptr_t)*state;
	const struct insn_info *row = &insn_info[id];
	s16 size = row->width / 8;

	for (enum base base = 0; base < BASES; base++) {
		s16 step = base == BASE_STACK ? size : 1, out = 0;
		u32 edge = 0;

		begin();
		fill_area();
		emit_area(base);
		for (s16 off = 0; off <= AREA - size; off += step * 7, out += AREA, edge += 3) {
			if (row->shape == SHAPE_STX) {
				emit(0x18, 5, 0, 0, (s32)edges[edge % EDGES]);
				emit(0, 0, 0, 0, (s32)(edges[edge % EDGES] >> 32));
				emit(row->code, 7, 5, off, 0);
			} else {
				emit(row->code, 7, 0, off, immediates[edge % ARRAY_SIZE(immediates)]);
			}
			emit_dump((u32)out);
		}
		emit_end();
		run_all("stores");
	}
}

/* ---- atomics ---- */

struct cell { u64 memory, operand, r0, operand_after, r0_after, loaded; };

/* One turn over the cells; the operation works on the cell itself, or on a copy on the stack. */
static void emit_cells(enum insn_id id, bool on_stack, u32 cells)
{
	const struct insn_info *row = &insn_info[id];
	bool loads = row->flags & F_LOAD;
	u8 at = on_stack ? 10 : 7;
	s16 off = on_stack ? -16 : 0;
	u32 start;

	emit_value(7, 0);
	emit(0xb7, 8, 0, 0, 0);
	start = len;
	emit(0x79, 3, 7, offsetof(struct cell, operand), 0);
	emit(0x79, 0, 7, offsetof(struct cell, r0), 0);
	emit(0x79, 4, 7, 0, 0);
	emit(0x7b, 10, 4, -16, 0);
	if (loads)
		emit(row->code, 4, at, off, row->value);
	else
		emit(row->code, at, 3, off, row->value);
	emit(0x7b, 7, 3, offsetof(struct cell, operand_after), 0);
	emit(0x7b, 7, 0, offsetof(struct cell, r0_after), 0);
	if (loads)
		emit(0x7b, 7, 4, offsetof(struct cell, loaded), 0);
	emit(0x79, 5, 10, -16, 0);
	if (on_stack)
		emit(0x7b, 7, 5, 0, 0);
	emit(0x07, 7, 0, 0, sizeof(struct cell));
	emit(0x07, 8, 0, 0, 1);
	emit(0x55, 8, 0, (s16)(start - len - 1), (s32)cells);
	emit_end();
}

static void test_atomics(void **state)
{
	enum insn_id id = (enum insn_id)(uintptr_t)*state;
	struct cell cells[VALUE / sizeof(struct cell)];
	u32 count = 0;

	for (u32 i = 0; i < EDGES; i++) {
		for (u32 j = 0; j < EDGES && count + 3 < ARRAY_SIZE(cells); j += 2 + i % 3) {
			/* R0: something else; memory itself; memory in its lower half only. */
			cells[count++] = (struct cell){ edges[i], edges[j], edges[(i + j) % EDGES], 0, 0, 0 };
			cells[count++] = (struct cell){ edges[i], edges[j], edges[i], 0, 0, 0 };
			cells[count++] = (struct cell){ edges[i], edges[j], edges[i] ^ 1ull << 40, 0, 0, 0 };
		}
	}
	assert_true(count > 400);
	for (int on_stack = 0; on_stack < 2; on_stack++) {
		begin();
		memcpy(input, cells, count * sizeof(*cells));
		emit_cells(id, on_stack, count);
		run_all(on_stack ? "atomics on the stack" : "atomics in a map value");
	}
}

/* ---- packet loads of classic BPF ---- */

static void test_packet_loads(void **state)
{
	enum insn_id id = (enum insn_id)(uintptr_t)*state;
	const struct insn_info *row = &insn_info[id];
	bool indirect = row->shape == SHAPE_LD_IND;
	static const s32 offsets[] = {
		0, 1, 12, 13, 59, 60, 61, 62, 63, 64, 65, 255, INT32_MAX, INT32_MAX - 3, -1, -4, -100,
		-0x1000, -0xfff, INT32_MIN, INT32_MIN + 1,
		-0x100000, -0x100000 + 1, -0x100000 + 46, -0x100000 + 47, -0x100000 + 48, -0x100000 + 49,
		-0x100000 + 50, -0x100000 - 1,
		-0x200000, -0x200000 + 1, -0x200000 + 60, -0x200000 + 61, -0x200000 + 62, -0x200000 + 63,
		-0x200000 + 64, -0x200000 - 1,
	};

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		begin();
		put_u64(input, indirect ? (u32)offsets[i] / 2 + (i % 2 ? 0xffffffff00000000 : 0) : 0);
		emit(0xbf, 6, 1, 0, 0);
		emit_value(7, 0);
		emit(0x79, 8, 7, 0, 0);
		emit(row->code, 0, indirect ? 8 : 0, 0,
		     indirect ? (s32)((u32)offsets[i] - (u32)offsets[i] / 2) : offsets[i]);
		emit(0x7b, 7, 0, 8, 0);
		emit(0x7b, 7, 8, 16, 0);
		emit_end();
		run_all("packet loads");
	}
}

/* ---- constants and jumps that always jump ---- */

static void test_constants(void **state)
{
	begin();
	emit_value(6, 0);
	for (u32 i = 0; i < EDGES; i++) {
		emit(0x18, (u8)(i % 6), 0, 0, (s32)edges[i]);
		emit(0, 0, 0, 0, (s32)(edges[i] >> 32));
		emit(0x7b, 6, (u8)(i % 6), (s16)(8 * i), 0);
	}
	emit_end();
	run_all("constants");
}

/* Forward and back over a long distance; may_goto in a loop that ends by itself. */
static void test_jumps(void **state)
{
	begin();
	emit_value(6, 0);
	emit(0xb7, 2, 0, 0, 0);
	emit(0x79, 4, 6, 16, 0);
	emit(0x55, 4, 0, 4, 0);           /*    if r4 goto far: not taken */
	emit(0x05, 0, 0, 2, 0);           /*    goto over */
	emit(0x07, 2, 0, 0, 32);          /* b: r2 += 32 */
	emit(0x06, 0, 0, 0, 300);         /*    gotol end */
	emit(0x06, 0, 0, 0, -3);          /* over: gotol b */
	for (u32 i = 0; i < 299; i++)
		emit(0x07, 2, 0, 0, 1000);    /* far: r2 += 1000 */
	emit(0xb7, 3, 0, 0, 0);           /* end */
	emit(0xe5, 0, 0, 4, 0);           /* loop: may_goto out */
	emit(0x07, 3, 0, 0, 1);
	emit(0x25, 3, 0, 1, 9);
	emit(0x05, 0, 0, -4, 0);
	emit(0x07, 2, 0, 0, 64);
	emit(0x7b, 6, 2, 0, 0);
	emit(0x7b, 6, 3, 8, 0);
	emit_end();
	run_all("jumps");
}

static void test_compared(void **state)
{
	assert_true(programs > 300);
}

int main(void)
{
	static const char *const names[INSN_COUNT] = {
#define INSN(id, text, code, selector, value, shape, width, flags) #id,
#include "isa/insn.def"
#undef INSN
	};
	static struct CMUnitTest tests[INSN_COUNT + 3];
	u32 count = 0;
	int err;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	rig_open(&rig);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, VALUE, 1, 0);
	for (int id = 0; id < INSN_COUNT; id++) {
		void (*run)(void **) = NULL;

		switch ((enum insn_shape)insn_info[id].shape) {
		case SHAPE_ALU: case SHAPE_NEG: case SHAPE_MOV: case SHAPE_MOVSX: case SHAPE_ENDIAN:
		case SHAPE_JCOND:
			run = test_computes;
			break;
		case SHAPE_LDX:
			run = test_loads;
			break;
		case SHAPE_STX: case SHAPE_ST:
			run = test_stores;
			break;
		case SHAPE_ATOMIC:
			run = test_atomics;
			break;
		case SHAPE_LD_ABS: case SHAPE_LD_IND:
			run = test_packet_loads;
			break;
		case SHAPE_JA: case SHAPE_MAY_GOTO: case SHAPE_LD_IMM64:   /* test_jumps, test_constants */
		case SHAPE_CALL: case SHAPE_EXIT:                          /* test_tail */
			break;
		}
		if (run)
			tests[count++] = (struct CMUnitTest){ .name = names[id], .test_func = run,
							      .initial_state = (void *)(uintptr_t)id };
	}
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_constants);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_jumps);
	tests[count++] = (struct CMUnitTest){ .name = rig_linux_name(&rig),
					      .test_func = test_compared };
	err = _cmocka_run_group_tests("insn", tests, count, NULL, NULL);
	rig_close(&rig);
	return err;
}
