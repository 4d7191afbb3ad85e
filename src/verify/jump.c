// SPDX-License-Identifier: BSD-2-Clause
/* jump.c - conditional jumps: which ways they can go, and what each way teaches (learn.c).
 *
 *   decide    what is known already says which way: the other is not walked
 *   fork      otherwise the state is put away for the jump, and this path goes on behind it
 *   learn     on either way the operands are narrowed to what makes it possible
 */
#include <errno.h>

#include "verify/learn.h"

enum { FALL_THROUGH, JUMP, AHEAD };

static s32 flip(s32 op)
{
	switch (op) {
	case BPF_JGT: return BPF_JLT;
	case BPF_JGE: return BPF_JLE;
	case BPF_JLT: return BPF_JGT;
	case BPF_JLE: return BPF_JGE;
	default: return op;
	}
}

static s32 jump_op(const struct condition *c)
{
	return insn_info[c->id].code & 0xf0;
}

/* A packet pointer that was found to be the end of the packet, or behind it, against the end. */
static int decide_packet(const struct condition *c)
{
	const struct reg *pkt = c->src->type == REG_PACKET_END ? c->dst : c->src;
	s32 op = pkt == c->dst ? jump_op(c) : flip(jump_op(c));

	if ((c->src->type != REG_PACKET_END && c->dst->type != REG_PACKET_END) || pkt->type != REG_PACKET ||
	    pkt->room >= 0)
		return -1;
	switch (op) {
	case BPF_JLE:
	case BPF_JGT:
		return pkt->room == ROOM_BEYOND_END ? op == BPF_JGT : -1;
	case BPF_JLT:
	case BPF_JGE:
		return op == BPF_JGE;
	default:
		return -1;
	}
}

static bool is_never_null(const struct reg *reg)
{
	if (reg->flags & REG_MAYBE_NULL)
		return false;
	switch ((enum reg_type)reg->type) {
	case REG_MAP:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
		return true;
	case REG_MEM:
		return !(reg->flags & REG_UNTRUSTED);
	case REG_BTF:
		return reg->flags & (REG_TRUSTED | REG_ALLOC) && !(reg->flags & REG_UNTRUSTED);
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_PACKET_END:
	case REG_STACK:
	case REG_FUNC:
	case REG_DYNPTR:
		return false;
	}
	return false;
}

/* A pointer against 0, or against whatever. */
static int decide_pointer(const struct condition *c)
{
	const struct reg *ptr = reg_is_pointer(c->dst) ? c->dst : c->src;
	const struct reg *other = ptr == c->dst ? c->src : c->dst;

	/* As on Linux, 32 bits of a pointer that is not NULL count as not 0. */
	if (!reg_is_number(other) || !is_never_null(ptr) ||
	    !tnum_equals(c->wide ? other->n.bits : tnum_subreg(other->n.bits), 0))
		return -1;
	switch (jump_op(c)) {
	case BPF_JEQ: return 0;
	case BPF_JNE: return 1;
	default: return -1;
	}
}

/* 1: always taken, 0: never, -1: it depends. */
static int decide(const struct condition *c)
{
	if (c->wide && packet_side(c->dst) && packet_side(c->src))
		return decide_packet(c);
	if (reg_is_pointer(c->dst) || reg_is_pointer(c->src))
		return decide_pointer(c);
	return range_cond(c->id, &c->dst->n, &c->src->n);
}

static int operands_require(struct verifier *v, const struct condition *c)
{
	const struct bpf_insn *insn = v_insn(v);
	int err = value_require(v, insn->dst_reg, c->wide);

	if (!err && c->reg)
		err = value_require(v, insn->src_reg, c->wide);
	if (err)
		return err;
	if (c->reg && !v->privileged && reg_is_pointer(c->src) &&
	    !(packet_side(c->dst) && packet_side(c->src)))
		return reject(v, -EACCES, REASON_POINTER_LEAK, insn->src_reg,
			      "a pointer is compared, which tells about its address");
	return 0;
}

static int pointers_require(struct verifier *v, const struct condition *c)
{
	if (v->privileged || !reg_is_pointer(c->dst) || tests_null(c) || compares_packet(c))
		return 0;
	return reject(v, -EACCES, REASON_POINTER_LEAK, v_insn(v)->dst_reg,
		      "a pointer is compared, which tells about its address");
}

/* The way is known because of these numbers: so they matter. */
static int mark_decided(struct verifier *v, const struct condition *c)
{
	const struct bpf_insn *insn = v_insn(v);
	int err = reg_is_number(c->dst) ? precise_reg(v, insn->dst_reg) : 0;

	if (!err && c->reg && reg_is_number(c->src))
		err = precise_reg(v, insn->src_reg);
	return err;
}

static void go(struct verifier *v, bool jumps, u32 *next)
{
	if (likely(!v->cur->speculative))
		v_note(v)->flags |= jumps ? NOTE_TAKEN : NOTE_NOT_TAKEN;
	if (jumps)
		*next = v->cur->insn + 1 + (u32)v_insn(v)->off;
}

/* It always goes this way, and a processor may go the other one. */
static int jump_decided(struct verifier *v, const struct condition *c, bool jumps, u32 *next)
{
	int err;

	if (v->cur->choice == AHEAD) {
		ahead_begin(v);
		reg_set_unknown(v_reg(v, v_insn(v)->dst_reg));
		if (c->reg)
			reg_set_unknown(v_reg(v, v_insn(v)->src_reg));
		go(v, !jumps, next);
		return 0;
	}
	go(v, jumps, next);
	err = mark_decided(v, c);
	return err ? err : ahead_fork(v, AHEAD);
}

static int jump_cond(struct verifier *v, u32 *next)
{
	const struct bpf_insn *insn = v_insn(v);
	const struct insn_facts *facts = &v->facts[v->cur->insn];
	struct reg constant;
	struct condition c = {
		.id = facts->id, .wide = insn_info[facts->id].width == 64, .reg = facts->reg,
		.dst = v_reg(v, insn->dst_reg),
	};
	int err, way;

	reg_set_const(&constant, (u64)(s64)insn->imm);
	c.src = c.reg ? v_reg(v, insn->src_reg) : &constant;
	err = operands_require(v, &c);
	if (err)
		return err;
	way = v->cur->choice == JUMP ? -1 : decide(&c);
	if (way >= 0)
		return jump_decided(v, &c, way, next);
	if (v->cur->choice != JUMP) {
		err = pointers_require(v, &c);
		if (!err)
			err = learn_prepare(v, &c);
		if (!err)
			err = walk_fork(v, JUMP);
		if (err)
			return err;
	} else {
		learn_linked(v, &c);
	}
	go(v, v->cur->choice == JUMP, next);
	return learn(v, &c, v->cur->choice == JUMP);
}

/* Whether the loop goes on is the engine's to say. Going on (the next instruction) is the other way: its
 * numbers are widened, so that the loop converges. */
static int jump_may_goto(struct verifier *v, u32 *next)
{
	if (v->cur->choice == FALL_THROUGH) {
		int err = walk_fork(v, JUMP);

		if (!err)
			widen_waiting(v);
		*next = v->cur->insn + 1 + (u32)v_insn(v)->off;
		return err;
	}
	v->cur->may_goto++;
	return 0;
}

int jump_step(struct verifier *v, u32 *next)
{
	const struct bpf_insn *insn = v_insn(v);
	u8 id = v->facts[v->cur->insn].id;

	switch ((int)insn_info[id].shape) {
	case SHAPE_JA:
		*next = v->cur->insn + 1 + (u32)(id == INSN_GOTOL ? insn->imm : insn->off);
		return 0;
	case SHAPE_MAY_GOTO:
		return jump_may_goto(v, next);
	}
	return jump_cond(v, next);
}
