// SPDX-License-Identifier: BSD-2-Clause
/* test_decode.c - the verdict on encodings, row by row; generated from insn.def.
 *
 * For every row and form: the sample is accepted; every value put into a reserved field, every
 * register that does not exist, R10 as a target, and every other value of the selector gets Linux's
 * verdict, errno included. Without rights to load programs, reserved fields must be refused.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"

struct asked {
	enum insn_id id;
	int map_fd;     /* or -errno: Linux cannot be asked */
};

static int our_verdict(const struct sample *s)
{
	struct bpf_insn insns[SAMPLE_ROOM];
	struct insn_op op;
	u32 count = sample_program(s, insns);
	LOG_ON_STACK(log);
	int err = insn_decode(&insns[SAMPLE_AT], count - SAMPLE_AT, SAMPLE_AT, &op, &log);

	if (err && (log.len < 20 || log.text[log.len - 1] != '\n'))
		fail_msg("refused without a sentence: %s", log.text);
	if (!err) {
		assert_int_equal(op.slots, insn_info[op.id].flags & F_WIDE ? 2 : 1);
		assert_int_equal(op.id, insn_id_of(s->insn));
	}
	return err;
}

/* Linux's verdict and its log, without the statistics at the end. */
static int linux_verdict(const struct sample *s, int map_fd, char *text, u32 room)
{
	struct bpf_insn insns[SAMPLE_ROOM];
	u32 count = sample_program(s, insns);
	int fd;

	text[0] = '\0';
	fd = linux_load(insns, count, map_fd, text, room);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* A change of the sample in the fields @what: same verdict as Linux. */
static void compare(const struct asked *ask, const struct sample *s, const char *what, s64 value)
{
	char text[8192];
	int ours = our_verdict(s), theirs;

	if (ask->map_fd < 0 || !s->loads)
		return;
	theirs = linux_verdict(s, ask->map_fd, text, sizeof(text));
	if (ours != theirs)
		fail_msg("opcode 0x%02x %s = %lld: ours %d, Linux %d\n%s", s->insn->code, what,
			 (long long)value, ours, theirs, text);
}

static void mutate_reserved(const struct asked *ask, const struct sample *base)
{
	static const s32 values[] = { 1, 2, 8, -1, 16, 0x100 };
	u32 reserved = sample_reserved(base);

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct sample s = *base;

		if (reserved & 1) {
			s.insn[0].dst_reg = values[i] & 7 ? values[i] & 7 : 3;
			compare(ask, &s, "dst", s.insn[0].dst_reg);
			assert_int_equal(our_verdict(&s), -EINVAL);
		}
		s = *base;
		if (reserved & 2) {
			s.insn[0].src_reg = values[i] & 7 ? values[i] & 7 : 3;
			compare(ask, &s, "src", s.insn[0].src_reg);
			assert_int_equal(our_verdict(&s), -EINVAL);
		}
		s = *base;
		if (reserved & 4) {
			s.insn[0].off = (s16)values[i];
			compare(ask, &s, "off", values[i]);
			/* Linux does not look at the offset of an exit. */
			assert_int_equal(our_verdict(&s), s.id == INSN_EXIT ? 0 : -EINVAL);
		}
		s = *base;
		if (reserved & 8) {
			s.insn[0].imm = values[i];
			compare(ask, &s, "imm", values[i]);
			assert_int_equal(our_verdict(&s), -EINVAL);
		}
	}
}

/* Registers 10 to 15 where they are operands: there are none above 10, and 10 cannot be written. */
static void mutate_registers(const struct asked *ask, const struct sample *base)
{
	u32 reserved = sample_reserved(base);
	u8 selector = insn_info[base->id].selector;

	for (u32 reg = 11; reg < 16; reg++) {
		struct sample s = *base;

		s.insn[0].dst_reg = reg & 0xf;
		if (!(reserved & 1))
			compare(ask, &s, "dst", reg);
		s = *base;
		s.insn[0].src_reg = reg & 0xf;
		if (!(reserved & 2) && selector != SEL_SRC)
			compare(ask, &s, "src", reg);
	}
}

/* R10 as what the instruction writes. */
static void mutate_target(const struct asked *ask, const struct sample *base)
{
	const struct insn_info *row = &insn_info[base->id];
	struct sample s = *base;

	if (row->shape == SHAPE_ATOMIC && row->flags & F_FETCH) {
		if (base->id == INSN_CMPXCHG_W || base->id == INSN_CMPXCHG_DW)
			return;
		s.insn[0].src_reg = 10;
	} else if (row->shape <= SHAPE_ENDIAN || row->shape == SHAPE_LDX ||
		   row->shape == SHAPE_LD_IMM64 || row->flags & F_LOAD) {
		s.insn[0].dst_reg = 10;
	} else {
		return;
	}
	compare(ask, &s, "target", 10);
	assert_int_equal(our_verdict(&s), -EACCES);
}

/* Other values of the selector: another row of the table, or nothing. */
static void mutate_selector(const struct asked *ask, const struct sample *base)
{
	static const s32 values[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 24, 32, 33, 64, 128,
				      0x40, 0x41, 0x50, 0xa0, 0xe0, 0xe1, 0xf0, 0xf1, 0x100, 0x101,
				      0x110, 0x10000, -1, -8 };
	enum insn_selector selector = insn_info[base->id].selector;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct sample s = *base;

		if (selector == SEL_OFF)
			s.insn[0].off = (s16)values[i];
		else if (selector == SEL_IMM)
			s.insn[0].imm = values[i];
		else if (selector == SEL_SRC)
			s.insn[0].src_reg = values[i] & 0xf;
		else
			return;
		/* What became another operation may fail for its operands: only "not at all" counts. */
		if (insn_id_of(s.insn) == INSN_COUNT && s.id != INSN_CALL_HELPER)
			compare(ask, &s, "selector", values[i]);
		if (insn_id_of(s.insn) == INSN_COUNT)
			assert_int_equal(our_verdict(&s), -EINVAL);
	}
}

static void mutate_second(const struct asked *ask, const struct sample *base)
{
	if (base->slots == 1)
		return;
	for (int field = 0; field < 5; field++) {
		struct sample s = *base;

		if (field == 0)
			s.insn[1].code = 0xb7;
		else if (field == 1)
			s.insn[1].dst_reg = 1;
		else if (field == 2)
			s.insn[1].src_reg = 1;
		else if (field == 3)
			s.insn[1].off = 1;
		else if (s.id == INSN_LD_MAP_FD || s.id == INSN_LD_MAP_IDX)
			s.insn[1].imm = 1;
		else
			continue;
		compare(ask, &s, "second slot, field", field);
		assert_int_equal(our_verdict(&s), -EINVAL);
	}
}

static void mutate_constant(const struct asked *ask, const struct sample *base)
{
	static const s32 values[] = { 0, 31, 32, 63, 64, -1 };

	if (insn_info[base->id].shape != SHAPE_ALU || base->reg)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct sample s = *base;

		s.insn[0].imm = values[i];
		compare(ask, &s, "constant", values[i]);
	}
}

static void test_row(void **state)
{
	const struct asked *ask = *state;

	for (int reg = 0; reg < 2; reg++) {
		struct sample s;

		if (!sample_make(ask->id, reg, ask->map_fd < 0 ? 3 : ask->map_fd, &s))
			continue;
		assert_int_equal(our_verdict(&s), 0);
		compare(ask, &s, "the sample itself", 0);
		mutate_reserved(ask, &s);
		mutate_registers(ask, &s);
		mutate_target(ask, &s);
		mutate_selector(ask, &s);
		mutate_second(ask, &s);
		mutate_constant(ask, &s);
	}
}

/* Every opcode byte that the table does not have is refused, by Linux too. */
static void test_unknown_opcodes(void **state)
{
	const struct asked *ask = *state;
	u32 unknown = 0;

	for (u32 code = 0; code < 256; code++) {
		bool in_table = false;
		struct sample s = { .id = INSN_ADD64, .slots = 1, .loads = true,
				    .insn = { { .code = (u8)code, .dst_reg = 3 } } };

		for (int id = 0; id < INSN_COUNT; id++) {
			const struct insn_info *row = &insn_info[id];

			in_table |= row->code == code || ((row->flags & (F_K | F_X)) == (F_K | F_X) &&
							  (row->code | BPF_X) == code);
		}
		if (in_table)
			continue;
		unknown++;
		assert_int_equal(our_verdict(&s), -EINVAL);
		compare(ask, &s, "opcode", code);
	}
	assert_true(unknown > 100);
}

static void test_cut_constant(void **state)
{
	struct bpf_insn insn = { .code = 0x18, .dst_reg = 1 };
	struct insn_op op;
	LOG_ON_STACK(log);

	assert_int_equal(insn_decode(&insn, 1, 0, &op, &log), -EINVAL);
	assert_non_null(strstr(log.text, "ends inside"));
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
	static struct asked asks[INSN_COUNT + 1];
	static struct CMUnitTest tests[INSN_COUNT + 3];
	int map_fd = linux_map(8), count = INSN_COUNT + 2, err;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (map_fd < 0)
		tests[count++] = (struct CMUnitTest){ .name = linux_skip(map_fd),
						      .test_func = test_nothing };
	for (int id = 0; id <= INSN_COUNT; id++) {
		asks[id] = (struct asked){ .id = id, .map_fd = map_fd };
		tests[id] = (struct CMUnitTest){
			.name = id < INSN_COUNT ? names[id] : "unknown opcodes",
			.test_func = id < INSN_COUNT ? test_row : test_unknown_opcodes,
			.initial_state = &asks[id],
		};
	}
	tests[INSN_COUNT + 1] = (struct CMUnitTest){ .name = "cut constant",
						     .test_func = test_cut_constant };
	err = _cmocka_run_group_tests("decode", tests, count, NULL, NULL);
	if (map_fd >= 0)
		close(map_fd);
	return err;
}
