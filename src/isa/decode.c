// SPDX-License-Identifier: BSD-2-Clause
/* decode.c - what an instruction is, and whether it says nothing that has no meaning.
 *
 *   opcode byte --last_row[]--> the last row of insn.def with that byte
 *                               the others of the byte stand above it; the selector field decides
 *
 * Invariant: every field of an accepted instruction is an operand, the selector, or 0. The two
 * exceptions are Linux's: the offset of `exit` is not looked at, and so are unused second halves
 * of 64-bit constants that are not maps.
 *
 * An accepted instruction is only well formed: whether a program made of them makes sense is for
 * check.c (shape of the program) and verify/ (values). Linux checks most fields only where a path
 * leads: op->late says of which refusals that is true.
 * Source: RFC 9669; verdicts and errno of Linux 6.18, asked in tests/isa/test_decode.c.
 */
#include <errno.h>

#include "isa/insn.h"

const struct insn_info insn_info[INSN_COUNT] = {
#define INSN(id, text, code, selector, value, shape, width, flags)                                 \
	[INSN_##id] = { text, code, SEL_##selector, value, SHAPE_##shape, width, flags },
#include "isa/insn.def"
#undef INSN
};

#define F_BOTH (F_K | F_X)

/* Later rows of the same byte replace earlier ones: that is what "last" means. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const u8 last_row[256] = {
#define INSN(id, text, code, selector, value, shape, width, flags)                                 \
	[code] = INSN_##id + 1,                                                                    \
	[(code) | (((flags) & F_BOTH) == F_BOTH ? BPF_X : 0)] = INSN_##id + 1,
#include "isa/insn.def"
#undef INSN
};
#pragma GCC diagnostic pop

_Static_assert(INSN_COUNT < 255, "last_row holds bytes");

static bool row_has_code(const struct insn_info *row, u8 code)
{
	return row->code == code ||
	       ((row->flags & F_BOTH) == F_BOTH && (row->code | BPF_X) == code);
}

static s32 selector_value(const struct bpf_insn *insn, u8 selector)
{
	switch ((enum insn_selector)selector) {
	case SEL_NONE: return 0;
	case SEL_OFF: return insn->off;
	case SEL_IMM: return insn->imm;
	case SEL_SRC: return insn->src_reg;
	}
	return 0;
}

/* Does Linux look at all fields of these before it walks a path? */
static bool checked_early(enum insn_shape shape) { return shape == SHAPE_LDX; }

enum insn_id insn_id_of(const struct bpf_insn *insn)
{
	for (int id = last_row[insn->code] - 1; id >= 0; id--) {
		const struct insn_info *row = &insn_info[id];

		if (!row_has_code(row, insn->code))
			continue;
		if (row->selector == SEL_NONE ||
		    selector_value(insn, row->selector) == row->value)
			return id;
	}
	return INSN_COUNT;
}

enum insn_id insn_id_like(const struct bpf_insn *insn)
{
	enum insn_id exact = insn_id_of(insn);

	for (u32 id = 0; id < INSN_COUNT && exact == INSN_COUNT; id++)
		if (row_has_code(&insn_info[id], insn->code))
			exact = id;
	return exact;
}

/* The fields of an instruction, as bits. */
enum { DST = 1, SRC = 2, OFF = 4, IMM = 8, IMM2 = 16 };

/* Fields that are operands of the shape, in the form with a register (@reg) or an immediate. */
static u32 shape_operands(enum insn_shape shape, bool reg)
{
	switch (shape) {
	case SHAPE_ALU:
	case SHAPE_MOV:
		return DST | (reg ? SRC : IMM);
	case SHAPE_NEG:
	case SHAPE_ENDIAN:
		return DST;
	case SHAPE_MOVSX:
		return DST | SRC;
	case SHAPE_JCOND:
		return DST | (reg ? SRC : IMM) | OFF;
	case SHAPE_MAY_GOTO:
		return OFF;
	case SHAPE_JA:
	case SHAPE_CALL:
		return IMM;
	case SHAPE_EXIT:
		return OFF;
	case SHAPE_LDX:
	case SHAPE_STX:
	case SHAPE_ATOMIC:
		return DST | SRC | OFF;
	case SHAPE_ST:
		return DST | OFF | IMM;
	case SHAPE_LD_IMM64:
		return DST | IMM | IMM2;
	case SHAPE_LD_ABS:
		return IMM;
	case SHAPE_LD_IND:
		return SRC | IMM;
	}
	return 0;
}

static u32 insn_operands(enum insn_id id, bool reg)
{
	const struct insn_info *row = &insn_info[id];
	u32 used = shape_operands(row->shape, reg);

	if (id == INSN_JA)
		used = OFF;
	if (id == INSN_CALL_KFUNC)
		used |= OFF;
	if (id == INSN_LD_MAP_FD || id == INSN_LD_MAP_IDX)
		used &= ~IMM2;
	return used;
}

static u32 selector_field(u8 selector)
{
	switch ((enum insn_selector)selector) {
	case SEL_NONE: return 0;
	case SEL_OFF: return OFF;
	case SEL_IMM: return IMM;
	case SEL_SRC: return SRC;
	}
	return 0;
}

static int check_reserved(const struct bpf_insn *insn, enum insn_id id, u32 used, u32 index,
			  struct log *log)
{
	const struct insn_info *row = &insn_info[id];
	const char *field = NULL;
	s32 value = 0;

	used |= selector_field(row->selector);
	if (!(used & IMM) && insn->imm) {
		field = "immediate";
		value = insn->imm;
	} else if (!(used & OFF) && insn->off) {
		field = "offset";
		value = insn->off;
	} else if (!(used & SRC) && insn->src_reg) {
		field = "source register";
		value = insn->src_reg;
	} else if (!(used & DST) && insn->dst_reg) {
		field = "destination register";
		value = insn->dst_reg;
	}
	if (field)
		return log_error(log, -EINVAL, "instruction %u: the %s field of opcode 0x%02x (%s) "
				 "is reserved and must be 0, not %d", index, field, insn->code,
				 row->text, value);
	return 0;
}

/* The register that the instruction writes, or -1. */
static int insn_target(const struct bpf_insn *insn, enum insn_id id)
{
	const struct insn_info *row = &insn_info[id];

	switch ((enum insn_shape)row->shape) {
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
	case SHAPE_LDX:
	case SHAPE_LD_IMM64:
		return insn->dst_reg;
	case SHAPE_ATOMIC:
		if (row->flags & F_LOAD)
			return insn->dst_reg;
		return row->flags & F_FETCH && id != INSN_CMPXCHG_W && id != INSN_CMPXCHG_DW
			? insn->src_reg : -1;
	case SHAPE_CALL:
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
	case SHAPE_EXIT:
	case SHAPE_STX:
	case SHAPE_ST:
		return -1;
	}
	return -1;
}

static int check_registers(const struct bpf_insn *insn, enum insn_id id, u32 used, u32 index,
			   struct log *log)
{
	int bad = used & DST && insn->dst_reg > BPF_REG_10 ? insn->dst_reg :
		  used & SRC && insn->src_reg > BPF_REG_10 ? insn->src_reg : -1;

	if (bad >= 0)
		return log_error(log, -EINVAL, "instruction %u: there is no register r%d, the last "
				 "one is r10", index, bad);
	if (insn_target(insn, id) == BPF_REG_10)
		return log_error(log, -EACCES, "instruction %u writes r10, the frame pointer, which "
				 "cannot be changed", index);
	return 0;
}

/* Constants that make an operation meaningless: Linux refuses them like reserved fields. */
static int check_constant(const struct bpf_insn *insn, enum insn_id id, u32 index, struct log *log)
{
	const struct insn_info *row = &insn_info[id];

	switch ((int)id) {
	case INSN_DIV64: case INSN_SDIV64: case INSN_MOD64: case INSN_SMOD64:
	case INSN_DIV32: case INSN_SDIV32: case INSN_MOD32: case INSN_SMOD32:
		if (!insn->imm)
			return log_error(log, -EINVAL, "instruction %u divides by the constant 0",
					 index);
		break;
	case INSN_LSH64: case INSN_RSH64: case INSN_ARSH64:
	case INSN_LSH32: case INSN_RSH32: case INSN_ARSH32:
		if (insn->imm < 0 || insn->imm >= row->width)
			return log_error(log, -EINVAL, "instruction %u shifts %u bits by %d places",
					 index, row->width, insn->imm);
		break;
	}
	return 0;
}

static int check_second_slot(const struct bpf_insn *insn, u32 left, u32 used, u32 index,
			     struct log *log)
{
	if (left < 2)
		return log_error(log, -EINVAL, "instruction %u: the program ends inside a 64-bit "
				 "constant", index);
	if (insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off)
		return log_error(log, -EINVAL, "instruction %u: the second half of the 64-bit constant "
				 "before it must be 0 but for its immediate", index + 1);
	if (!(used & IMM2) && insn[1].imm)
		return log_error(log, -EINVAL, "instruction %u: a map reference has no second constant, "
				 "but it is %d", index + 1, insn[1].imm);
	return 0;
}

static int refuse_unknown(const struct bpf_insn *insn, u32 index, struct log *log)
{
	static const char *const field[] = { "", "offset", "immediate", "source register" };
	const struct insn_info *row;

	if (!last_row[insn->code])
		return log_error(log, -EINVAL, "instruction %u: 0x%02x is not an opcode", index,
				 insn->code);
	row = &insn_info[last_row[insn->code] - 1];
	return log_error(log, -EINVAL, "instruction %u: opcode 0x%02x has no operation with %s %d",
			 index, insn->code, field[row->selector],
			 selector_value(insn, row->selector));
}

int insn_decode(const struct bpf_insn *insn, u32 left, u32 index, struct insn_op *op,
		struct log *log)
{
	enum insn_id id = insn_id_of(insn), known = insn_id_like(insn);
	const struct insn_info *row = &insn_info[known < INSN_COUNT ? known : 0];
	bool reg = row->code != insn->code || !(row->flags & F_K);
	u32 used;
	int err;

	*op = (struct insn_op){ .id = known, .reg = reg, .slots = row->flags & F_WIDE ? 2 : 1 };
	if (id == INSN_COUNT) {
		op->late = known < INSN_COUNT && row->shape != SHAPE_LD_IMM64 ? LATE_FORM : LATE_NOT;
		return refuse_unknown(insn, index, log);
	}
	used = insn_operands(id, reg);
	if (row->flags & F_WIDE) {
		err = check_second_slot(insn, left, used, index, log);
		if (err)
			return err;
	}
	err = check_reserved(insn, id, used, index, log);
	if (err) {
		op->late = checked_early(row->shape) ? LATE_NOT : LATE_FORM;
		return err;
	}
	err = check_registers(insn, id, used, index, log);
	op->late = err ? LATE_FORM : LATE_NOT;
	if (!err && !reg) {
		err = check_constant(insn, id, index, log);
		op->late = err ? LATE_CONSTANT : LATE_NOT;
	}
	return err;
}
