// SPDX-License-Identifier: BSD-2-Clause
/* decode.c - from the bytes of an instruction to its row of insn.def, and what must hold for the
 * instructions of a program whatever values they work on.
 *
 * Rows that share an opcode byte stand behind one another in insn.def, or the selector finds them:
 * first_row[] gives the first row of an opcode byte, and the search goes on from there.
 */
#include <errno.h>
#include <stdlib.h>

#include "isa/insn.h"

#define NONE SEL_NONE
#define OFF SEL_OFF
#define IMM SEL_IMM
#define SRC SEL_SRC
const struct insn_info insn_info[INSN_COUNT] = {
#define INSN(id, text, code, selector, value, shape, width, flags) \
	[INSN_##id] = { text, code, selector, value, SHAPE_##shape, width, flags },
#include "isa/insn.def"
#undef INSN
};
#undef NONE
#undef OFF
#undef IMM
#undef SRC

/* The byte of the immediate form: rows with both forms are listed under it. */
static u8 insn_base_code(u8 code)
{
	u8 class = BPF_CLASS(code), op = BPF_OP(code);

	if (class == BPF_ALU || class == BPF_ALU64)
		return op == BPF_END || (op == BPF_MOV && code & BPF_X) ? code : code & ~BPF_X;
	if (class == BPF_JMP || class == BPF_JMP32)
		return op == BPF_JA || op == BPF_CALL || op == BPF_EXIT || op == 0xe0
			       ? code : code & ~BPF_X;
	return code;
}

static bool row_matches(const struct insn_info *row, const struct bpf_insn *insn)
{
	bool both = (row->flags & (F_K | F_X)) == (F_K | F_X);
	u8 class = BPF_CLASS(row->code);
	bool has_source = class == BPF_ALU || class == BPF_ALU64 || class == BPF_JMP ||
			  class == BPF_JMP32;

	if (insn->code != row->code &&
	    !(both && has_source && insn->code == (row->code | BPF_X)))
		return false;
	switch ((enum insn_selector)row->selector) {
	case SEL_NONE:
		return true;
	case SEL_OFF:
		return insn->off == (s16)row->value;
	case SEL_IMM:
		return insn->imm == row->value;
	case SEL_SRC:
		return insn->src_reg == row->value;
	}
	return false;
}

/* Rows of one class are found by their operation: few enough that a byte-indexed start suffices. */
static enum insn_id find_row(const struct bpf_insn *insn)
{
	u8 base = insn_base_code(insn->code);

	for (int id = 0; id < INSN_COUNT; id++) {
		u8 code = insn_info[id].code;

		if ((code == base || code == insn->code) && row_matches(&insn_info[id], insn))
			return (enum insn_id)id;
	}
	return INSN_COUNT;
}

enum insn_id insn_id_of(const struct bpf_insn *insn)
{
	return find_row(insn);
}

static bool is_x(const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_X;
}

/* Reserved fields by shape. The selector's field was compared already. */
static bool fields_ok(const struct insn_info *row, const struct bpf_insn *insn)
{
	bool x = is_x(insn);

	switch ((enum insn_shape)row->shape) {
	case SHAPE_ALU:
	case SHAPE_MOV:
		if (row->selector != SEL_OFF && insn->off)
			return false;
		return x ? !insn->imm : !insn->src_reg;
	case SHAPE_MOVSX:
		return !insn->imm;
	case SHAPE_NEG:
		return !insn->off && !insn->imm && !insn->src_reg;
	case SHAPE_ENDIAN:
		return !insn->off && !insn->src_reg;
	case SHAPE_JA:
		return !insn->dst_reg && !insn->src_reg && (row->width == 32 ? !insn->off : !insn->imm);
	case SHAPE_MAY_GOTO:
		return !insn->dst_reg && !insn->imm;
	case SHAPE_JCOND:
		return x ? !insn->imm : !insn->src_reg;
	case SHAPE_CALL:
		return !insn->dst_reg && (row->value == BPF_PSEUDO_KFUNC_CALL || !insn->off);
	case SHAPE_EXIT:
		return !insn->dst_reg && !insn->src_reg && !insn->imm;
	case SHAPE_LDX:
	case SHAPE_STX:
		return !insn->imm;
	case SHAPE_ST:
		return !insn->src_reg;
	case SHAPE_ATOMIC:
		return true;
	case SHAPE_LD_IMM64:
		return !insn->off;
	case SHAPE_LD_ABS:
		return !insn->dst_reg && !insn->off && !insn->src_reg;
	case SHAPE_LD_IND:
		return !insn->dst_reg && !insn->off;
	}
	return false;
}

static bool writes_dst(const struct insn_info *row)
{
	switch ((enum insn_shape)row->shape) {
	case SHAPE_ALU:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_NEG:
	case SHAPE_ENDIAN:
	case SHAPE_LDX:
	case SHAPE_LD_IMM64:
		return true;
	case SHAPE_ATOMIC:
		return row->flags & F_LOAD;
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
	case SHAPE_CALL:
	case SHAPE_EXIT:
	case SHAPE_STX:
	case SHAPE_ST:
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		return false;
	}
	return false;
}

static int check_constant(enum insn_id id, const struct bpf_insn *insn, u32 index, struct log *log)
{
	const struct insn_info *row = &insn_info[id];

	if (row->shape != SHAPE_ALU || is_x(insn))
		return 0;
	switch (BPF_OP(row->code)) {
	case BPF_DIV:
	case BPF_MOD:
		if (!insn->imm)
			return log_error(log, -EINVAL, "instruction %u divides by the constant 0", index);
		return 0;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (insn->imm < 0 || insn->imm >= row->width)
			return log_error(log, -EINVAL,
					 "instruction %u shifts a %u-bit value by %d", index,
					 row->width, insn->imm);
		return 0;
	default:
		return 0;
	}
}

static int check_wide(const struct bpf_insn *insn, u32 left, u32 index, struct log *log)
{
	const struct bpf_insn *second = insn + 1;

	if (left < 2 || second->code || second->dst_reg || second->src_reg || second->off)
		return log_error(log, -EINVAL,
				 "instruction %u: a 64-bit constant lacks its second half", index);
	if ((insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_IDX) && second->imm)
		return log_error(log, -EINVAL,
				 "instruction %u: a map reference with an offset", index);
	return 0;
}

int insn_decode(const struct bpf_insn *insn, u32 left, u32 index, struct insn_op *op,
		struct log *log)
{
	enum insn_id id = find_row(insn);
	const struct insn_info *row;
	u8 written;
	int err;

	if (id == INSN_COUNT)
		return log_error(log, -EINVAL,
				 "instruction %u: opcode 0x%02x with off %d, imm %d is none", index,
				 insn->code, insn->off, insn->imm);
	row = &insn_info[id];
	if (!fields_ok(row, insn))
		return log_error(log, -EINVAL, "instruction %u (\"%s\"): a reserved field is not 0",
				 index, row->text);
	if (insn->dst_reg > BPF_REG_10 ||
	    (insn->src_reg > BPF_REG_10 && row->shape != SHAPE_LD_IMM64 && row->shape != SHAPE_CALL))
		return log_error(log, -EINVAL, "instruction %u names a register above R10", index);
	written = row->flags & F_FETCH ? insn->src_reg : insn->dst_reg;
	if ((writes_dst(row) || (row->flags & F_FETCH && id != INSN_CMPXCHG_W && id != INSN_CMPXCHG_DW)) &&
	    written == BPF_REG_10)
		return log_error(log, -EACCES, "instruction %u writes to R10, which is read-only", index);
	err = check_constant(id, insn, index, log);
	if (!err && row->flags & F_WIDE)
		err = check_wide(insn, left, index, log);
	if (err)
		return err;
	*op = (struct insn_op){ .id = id, .reg = is_x(insn), .slots = row->flags & F_WIDE ? 2 : 1 };
	return 0;
}

/* What insn_check_program() knows about each slot. */
enum slot_mark { SLOT_START = 1, SLOT_FUNCTION = 2 };

/* The target of a jump or a local call; false when the instruction is neither. */
static bool target_of(enum insn_id id, const struct bpf_insn *insn, u32 index, s64 *target)
{
	const struct insn_info *row = &insn_info[id];

	switch ((enum insn_shape)row->shape) {
	case SHAPE_JA:
		*target = (s64)index + 1 + (row->width == 32 ? insn->imm : insn->off);
		return true;
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
		*target = (s64)index + 1 + insn->off;
		return true;
	case SHAPE_CALL:
		*target = (s64)index + 1 + insn->imm;
		return id == INSN_CALL_LOCAL;
	case SHAPE_LD_IMM64:
		*target = (s64)index + 1 + insn->imm;
		return id == INSN_LD_FUNC;
	default:
		return false;
	}
}

/* Decode everything, mark where instructions and functions begin. */
static int mark_slots(const struct bpf_insn *insns, u32 count, u8 *marks, struct log *log)
{
	marks[0] |= SLOT_FUNCTION;
	for (u32 i = 0; i < count;) {
		struct insn_op op;
		s64 target;
		int err = insn_decode(insns + i, count - i, i, &op, log);

		if (err)
			return err;
		marks[i] |= SLOT_START;
		if ((op.id == INSN_CALL_LOCAL || op.id == INSN_LD_FUNC) &&
		    target_of(op.id, insns + i, i, &target)) {
			if (target < 0 || target >= count)
				return log_error(log, -EINVAL,
						 "instruction %u refers to a function outside of the program", i);
			marks[target] |= SLOT_FUNCTION;
		}
		i += op.slots;
	}
	return 0;
}

static int check_function(const struct bpf_insn *insns, const u8 *marks, u32 start, u32 end,
			  struct log *log)
{
	u32 last = start;

	for (u32 i = start; i < end; i++) {
		enum insn_id id;
		s64 target;

		if (!(marks[i] & SLOT_START))
			continue;
		last = i;
		id = find_row(&insns[i]);
		if (id == INSN_CALL_LOCAL || id == INSN_LD_FUNC ||
		    !target_of(id, &insns[i], i, &target))
			continue;
		if (target < start || target >= end)
			return log_error(log, -EINVAL,
					 "the jump at instruction %u leaves its function", i);
		if (!(marks[target] & SLOT_START))
			return log_error(log, -EINVAL,
					 "the jump at instruction %u goes into the middle of a 64-bit constant", i);
	}
	switch (find_row(&insns[last])) {
	case INSN_EXIT:
	case INSN_JA:
	case INSN_GOTOL:
		return 0;
	default:
		return log_error(log, -EINVAL,
				 "the function that ends at instruction %u ends in neither an exit nor a jump",
				 last);
	}
}

int insn_check_program(const struct bpf_insn *insns, u32 count, struct log *log)
{
	u8 *marks;
	int err;

	if (!count)
		return log_error(log, -EINVAL, "the program has no instructions");
	marks = calloc(count, 1);
	if (!marks)
		return -ENOMEM;
	err = mark_slots(insns, count, marks, log);
	for (u32 start = 0; !err && start < count;) {
		u32 end = start + 1;

		while (end < count && !(marks[end] & SLOT_FUNCTION))
			end++;
		if (!(marks[start] & SLOT_START))
			err = log_error(log, -EINVAL,
					"a function begins inside the 64-bit constant at instruction %u",
					start - 1);
		else
			err = check_function(insns, marks, start, end, log);
		start = end;
	}
	free(marks);
	return err;
}
