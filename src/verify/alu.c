// SPDX-License-Identifier: BSD-2-Clause
/* alu.c - arithmetic: moves, and operations on numbers. Where an operand is a pointer, pointer.c decides.
 *
 * Copies know of one another by an id: what a condition teaches about one holds for the other (learn.c).
 * A copy that a constant was added to is still one, REG_ADDS (all 64 bits) or REG_ADDS32 (the lower half,
 * of numbers that have no more); whatever else changes a number makes it one of its own.
 */
#include <errno.h>

#include "verify/concerns.h"

static void unlink_copy(struct reg *reg)
{
	reg->id = 0;
	reg->flags = 0;
	reg->off = 0;
}

/* ---- moves ---- */

/* Would @src be changed by a move that keeps @bits of it, with their sign if @sign? */
static bool move_keeps(const struct reg *src, u32 bits, bool sign)
{
	return bits == 64 || src->n.umax < 1ull << (sign ? bits - 1 : bits);
}

/* What is left of a pointer when a part of it is moved. */
static int move_part(struct verifier *v, u32 bits, bool sign)
{
	const struct bpf_insn *insn = v_insn(v);

	if (!v->privileged)
		return reject(v, -EACCES, REASON_POINTER_LEAK, insn->src_reg,
			      "%s of an address is copied, which makes it known to the program",
			      sign ? "a sign-extended part" : "a part");
	reg_set_unknown(v_reg(v, insn->dst_reg));
	if (bits == 32)
		v_reg(v, insn->dst_reg)->n = range_alu(INSN_MOV32, &range_unknown, &range_unknown);
	value_written(v, insn->dst_reg, bits);
	return 0;
}

/* `dst = src`, and `dst = (sN) src`, whose N is in the offset field. */
static int move(struct verifier *v, u32 bits)
{
	const struct bpf_insn *insn = v_insn(v);
	struct reg *src = v_reg(v, insn->src_reg), *dst = v_reg(v, insn->dst_reg);
	u32 kept = insn->off ? (u32)insn->off : bits;
	bool sign = insn->off, whole;
	int err = value_require(v, insn->src_reg, bits == 64 && !sign);

	if (err)
		return err;
	if (!reg_is_number(src)) {
		if (kept < 64)
			return move_part(v, bits, sign);
		*dst = *src;
		value_written(v, insn->dst_reg, 64);
		return 0;
	}
	whole = move_keeps(src, kept, sign);
	if (whole)
		value_link(v, src);
	*dst = *src;
	if (!whole)
		unlink_copy(dst);
	if (kept < 64)
		dst->n = range_alu(v->facts[v->cur->insn].id, &src->n, &src->n);
	value_written(v, insn->dst_reg, bits);
	return 0;
}

static int mov_step(struct verifier *v, u32 bits)
{
	const struct bpf_insn *insn = v_insn(v);

	if (v->facts[v->cur->insn].reg || insn->off)
		return move(v, bits);
	reg_set_const(v_reg(v, insn->dst_reg), bits == 64 ? (u64)(s64)insn->imm : (u32)insn->imm);
	value_written(v, insn->dst_reg, bits);
	return 0;
}

/* ---- one operand ---- */

static int unary_step(struct verifier *v, enum insn_id id, u32 bits)
{
	u32 n = v_insn(v)->dst_reg;
	struct reg *reg = v_reg(v, n);
	int err = value_require(v, n, bits == 64);

	if (err)
		return err;
	if (reg_is_number(reg)) {
		reg->n = range_alu(id, &reg->n, &reg->n);
		/* In the order of this host: they stay what they are, and a copy. */
		if (id != INSN_LE64 || le16(1) != 1)
			unlink_copy(reg);
	} else if (v->privileged) {
		reg_set_unknown(reg);
	} else {
		return reject(v, -EACCES, REASON_POINTER_LEAK, (int)n,
			      "an address is computed with, which makes it known to the program");
	}
	value_written(v, n, bits == 64 ? 64 : 32);
	return 0;
}

/* ---- two numbers ---- */

/* Is it what is left of an arithmetic shift by all bits, -1 or 0? *@half: of the lower half only. */
static bool is_sign(const struct range *n, bool *half)
{
	*half = n->smin != -1 || n->smax != 0;
	return !*half || (n->smin32 == -1 && n->smax32 == 0);
}

static void set_half(struct range *n, u32 value)
{
	n->bits = tnum_with_subreg(n->bits, tnum_const(value));
	n->umin32 = n->umax32 = value;
	n->smin32 = n->smax32 = (s32)value;
}

/* `sign & constant` is how compilers choose between two values without a jump: each is a path. */
static int choose_sign(struct verifier *v, enum insn_id id, struct reg *dst, const struct reg *src)
{
	bool half;
	int err;

	if ((id != INSN_AND64 && id != INSN_AND32 && id != INSN_OR64 && id != INSN_OR32) ||
	    !range_is_const(&src->n) || !is_sign(&dst->n, &half))
		return 0;
	if (!v->cur->choice) {
		err = walk_fork(v, 1);
		if (err)
			return err;
	}
	if (half)
		set_half(&dst->n, v->cur->choice ? 0 : UINT32_MAX);
	else
		dst->n = range_const(v->cur->choice ? 0 : UINT64_MAX);
	return 0;
}

/* May the sum of a copy and constant @n be known as that? *@delta is what was added. */
static bool sum_of_copy(const struct verifier *v, enum insn_id id, const struct reg *dst,
			const struct range *n, s32 *delta)
{
	bool half = id == INSN_ADD32 || id == INSN_SUB32, negative = id == INSN_SUB64 || id == INSN_SUB32;
	s64 value;

	if (!v->capable || !dst->id || dst->flags & (REG_ADDS | REG_ADDS32))
		return false;
	if (id != INSN_ADD64 && id != INSN_ADD32 && !negative)
		return false;
	if (half ? !range_is_const32(n) || dst->n.umax > UINT32_MAX : !range_is_const(n))
		return false;
	value = half ? (s32)n->bits.value : (s64)n->bits.value;
	if (value != (s32)value || (negative && value == INT32_MIN))
		return false;
	*delta = (s32)(negative ? -value : value);
	return true;
}

static int numbers(struct verifier *v, enum insn_id id, struct reg *dst, const struct reg *src)
{
	u32 bits = insn_info[id].width;
	s32 delta = 0;
	bool sum;
	int err = pointer_mask_numbers(v, id);

	if (!err)
		err = choose_sign(v, id, dst, src);
	if (err)
		return err;
	sum = src != dst && sum_of_copy(v, id, dst, &src->n, &delta);
	dst->n = range_alu(id, &dst->n, &src->n);
	if (sum) {
		dst->flags |= bits == 64 ? REG_ADDS : REG_ADDS32;
		dst->off = delta;
	} else {
		unlink_copy(dst);
	}
	value_written(v, v_insn(v)->dst_reg, bits);
	return value_settle(v, dst);
}

/* ---- two operands ---- */

static int constant_require(struct verifier *v, enum insn_id id)
{
	s32 imm = v_insn(v)->imm;
	u32 bits = insn_info[id].width;

	switch ((int)id) {
	case INSN_DIV64:
	case INSN_DIV32:
	case INSN_SDIV64:
	case INSN_SDIV32:
	case INSN_MOD64:
	case INSN_MOD32:
	case INSN_SMOD64:
	case INSN_SMOD32:
		if (imm)
			return 0;
		return reject(v, -EINVAL, REASON_BAD_SHIFT, -1, "a number is divided by the constant 0");
	case INSN_LSH64:
	case INSN_LSH32:
	case INSN_RSH64:
	case INSN_RSH32:
	case INSN_ARSH64:
	case INSN_ARSH32:
		if (imm >= 0 && (u32)imm < bits)
			return 0;
		return reject(v, -EINVAL, REASON_BAD_SHIFT, -1, "%u bits are shifted by %d", bits, imm);
	}
	return 0;
}

static int binary_step(struct verifier *v, enum insn_id id)
{
	const struct bpf_insn *insn = v_insn(v);
	bool wide = insn_info[id].width == 64, reg = v->facts[v->cur->insn].reg;
	struct reg *dst = v_reg(v, insn->dst_reg), constant, *src = &constant;
	int err = reg ? value_require(v, insn->src_reg, wide) : 0;

	if (!err)
		err = value_require(v, insn->dst_reg, wide);
	if (!err && !reg)
		err = constant_require(v, id);
	if (err)
		return err;
	if (reg)
		src = v_reg(v, insn->src_reg);
	else
		reg_set_const(&constant, (u64)(s64)insn->imm);
	if (reg_is_number(dst) && reg_is_number(src))
		return numbers(v, id, dst, src);
	/* The number decides where the pointer points to. */
	if (reg && reg_is_number(dst))
		err = precise_reg(v, insn->dst_reg);
	else if (reg && reg_is_number(src))
		err = precise_reg(v, insn->src_reg);
	return err ? err : pointer_alu(v, id, dst, src);
}

int alu_step(struct verifier *v)
{
	enum insn_id id = v->facts[v->cur->insn].id;
	u32 bits = insn_info[id].width;

	switch ((int)insn_info[id].shape) {
	case SHAPE_MOV:
	case SHAPE_MOVSX:
		return mov_step(v, bits);
	case SHAPE_NEG:
	case SHAPE_ENDIAN:
		return unary_step(v, id, bits);
	}
	return binary_step(v, id);
}
