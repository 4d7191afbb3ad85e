// SPDX-License-Identifier: BSD-2-Clause
/* model.c - see model.h. */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "isa/eval.h"

#define NET_OFF (-0x100000)
#define LL_OFF (-0x200000)

static u64 fetch(u64 at, u32 width)
{
	u64 value = 0;

	memcpy(&value, u64_ptr(at), width / 8);
	return value;
}

static void store(u64 at, u32 width, u64 value)
{
	memcpy(u64_ptr(at), &value, width / 8);
}

/* What an atomic operation leaves in memory. */
static u64 atomic_result(enum insn_id id, u64 old, u64 src, u64 r0, u32 width)
{
	switch ((int)id) {
	case INSN_ATOMIC_ADD_W: case INSN_ATOMIC_ADD_DW:
	case INSN_FETCH_ADD_W: case INSN_FETCH_ADD_DW:
		return old + src;
	case INSN_ATOMIC_OR_W: case INSN_ATOMIC_OR_DW: case INSN_FETCH_OR_W: case INSN_FETCH_OR_DW:
		return old | src;
	case INSN_ATOMIC_AND_W: case INSN_ATOMIC_AND_DW:
	case INSN_FETCH_AND_W: case INSN_FETCH_AND_DW:
		return old & src;
	case INSN_ATOMIC_XOR_W: case INSN_ATOMIC_XOR_DW:
	case INSN_FETCH_XOR_W: case INSN_FETCH_XOR_DW:
		return old ^ src;
	case INSN_CMPXCHG_W: case INSN_CMPXCHG_DW:
		return eval_load(r0, (u8)width, false) == old ? src : old;
	default:
		return src; /* exchange, store */
	}
}

static void atomic(struct model *m, enum insn_id id, const struct bpf_insn *insn)
{
	const struct insn_info *row = &insn_info[id];
	bool loads = row->flags & F_LOAD;
	u64 at = m->r[loads ? insn->src_reg : insn->dst_reg] + (u64)(s64)insn->off;
	u64 old = fetch(at, row->width);

	if (loads) {
		m->r[insn->dst_reg] = old;
		return;
	}
	store(at, row->width, atomic_result(id, old, m->r[insn->src_reg], m->r[0], row->width));
	if (id == INSN_CMPXCHG_W || id == INSN_CMPXCHG_DW)
		m->r[0] = old;
	else if (row->flags & F_FETCH)
		m->r[insn->src_reg] = old;
}

/* A packet load; false: it ends the program. Negative offsets count from the headers: network at 14. */
static bool packet_load(struct model *m, u32 width, s32 off)
{
	s64 at = off, size = width / 8;

	if (off < LL_OFF)
		return false;
	if (off < 0)
		at = off >= NET_OFF ? (s64)off - NET_OFF + 14 : (s64)off - LL_OFF;
	if (at + size > m->len)
		return false;
	m->r[0] = 0;
	for (s64 i = 0; i < size; i++)
		m->r[0] = m->r[0] << 8 | m->packet[at + i];
	return true;
}

static u64 constant(const struct model *m, const struct bpf_insn *insn)
{
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE)
		return ptr_u64(m->value) + (u32)insn[1].imm;
	return insn_imm64(insn);
}

/* A load of a 32-bit packet pointer from the context gives the address. */
static u64 load(const struct model *m, const struct bpf_insn *insn, const struct insn_info *row)
{
	u64 at = m->r[insn->src_reg] + (u64)(s64)insn->off;

	if (m->r[insn->src_reg] == ptr_u64(m))
		return ptr_u64(m->packet) + (insn->off == 80 ? m->len : 0);
	return eval_load(fetch(at, row->width), row->width, row->flags & F_SIGNED);
}

u64 model_run(struct model *m, const struct bpf_insn *insns, u32 count)
{
	u32 pc = 0, loops = 1000;

	memset(m->r, 0, sizeof(m->r));
	memset(m->stack, 0, sizeof(m->stack));
	m->r[1] = ptr_u64(m);
	m->r[10] = ptr_u64(m->stack + sizeof(m->stack));
	for (m->executed = 0;; m->executed++) {
		const struct bpf_insn *insn = &insns[pc];
		const struct insn_info *row;
		struct insn_op op;
		u64 *dst = &m->r[insn->dst_reg], src;

		assert_true(pc < count);
		assert_int_equal(insn_decode(insn, count - pc, pc, &op, NULL), 0);
		row = &insn_info[op.id];
		src = op.reg ? m->r[insn->src_reg] : (u64)(s64)insn->imm;
		pc += op.slots;
		switch ((enum insn_shape)row->shape) {
		case SHAPE_ALU: case SHAPE_NEG: case SHAPE_MOV: case SHAPE_MOVSX: case SHAPE_ENDIAN:
			*dst = eval_alu(op.id, *dst, src);
			break;
		case SHAPE_JA:
			pc += row->width == 16 ? (u32)insn->off : (u32)insn->imm;
			break;
		case SHAPE_MAY_GOTO:
			assert_true(loops--);
			break;
		case SHAPE_JCOND:
			pc += eval_cond(op.id, *dst, src) ? (u32)insn->off : 0;
			break;
		case SHAPE_EXIT:
			return m->r[0];
		case SHAPE_LDX:
			*dst = load(m, insn, row);
			break;
		case SHAPE_STX: case SHAPE_ST:
			store(*dst + (u64)(s64)insn->off, row->width, src);
			break;
		case SHAPE_ATOMIC:
			atomic(m, op.id, insn);
			break;
		case SHAPE_LD_IMM64:
			*dst = constant(m, insn);
			break;
		case SHAPE_LD_ABS: case SHAPE_LD_IND:
			if (!packet_load(m, row->width, (s32)((op.reg ? (u32)src : 0) + (u32)insn->imm)))
				return 0;
			break;
		case SHAPE_CALL:
			fail_msg("the model has no calls");
		}
	}
}
