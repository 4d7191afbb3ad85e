// SPDX-License-Identifier: BSD-2-Clause
/* atomic.c - atomic instructions: a load, a store, or both at once, of memory that is always aligned. */
#include <errno.h>

#include "verify/mem.h"

/* May memory behind such a pointer be used at once by many? */
static bool is_shared_memory(u8 type)
{
	switch ((enum reg_type)type) {
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
		return false;
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_STACK:
	case REG_MEM:
	case REG_BTF:
	case REG_FUNC:
	case REG_DYNPTR:
		break;
	}
	return true;
}

static int require_shared(struct verifier *v, u32 n, const struct reg *reg)
{
	char words[128];

	if (is_shared_memory(reg->type))
		return 0;
	return reject(v, -EACCES, REASON_ATOMIC_PLACE, (int)n, "an atomic instruction is used on %s",
		      value_words(v, reg, words, sizeof(words)));
}

static int require_number(struct verifier *v, u32 n)
{
	char words[128];

	if (v->privileged || !reg_is_pointer(v_reg(v, n)))
		return 0;
	return reject(v, -EACCES, REASON_POINTER_LEAK, (int)n,
		      "%s is an operand of an atomic instruction, where its address could be read",
		      value_words(v, v_reg(v, n), words, sizeof(words)));
}

/* Everything that is asked before memory is looked at. */
static int require_operands(struct verifier *v, const struct access *a, u32 src, bool compare)
{
	int err = value_require(v, src, a->size == 8 || reg_is_pointer(v_reg(v, src)));

	if (!err)
		err = value_require(v, a->n, true);
	if (!err && compare)
		err = value_require(v, 0, a->size == 8 || reg_is_pointer(v_reg(v, 0)));
	if (!err && compare)
		err = require_number(v, 0);
	if (!err)
		err = require_number(v, src);
	if (!err)
		err = require_shared(v, a->n, v_reg(v, a->n));
	return err;
}

/* Read, change, write. The old value goes to @result, unless that is negative. */
static int change(struct verifier *v, struct access *a, s32 result)
{
	struct reg old;
	int err;

	/* The address is gone before the memory is looked at. */
	if (result == (s32)a->n)
		return reject(v, -EACCES, REASON_ATOMIC_PLACE, (int)a->n,
			      "the address of an atomic instruction is the register that gets the old value");
	err = mem_read(v, a, true, NULL);
	if (!err && result >= 0)
		err = mem_read(v, a, true, &old);
	if (err)
		return err;
	a->write = true;
	err = mem_write(v, a, true);
	if (err || result < 0)
		return err;
	*v_reg(v, (u32)result) = old;
	value_written(v, (u32)result, a->size * 8);
	return 0;
}

int atomic_step(struct verifier *v)
{
	const struct bpf_insn *insn = v_insn(v);
	enum insn_id id = v->facts[v->cur->insn].id;
	struct access a = { .n = insn->dst_reg, .off = insn->off, .size = insn_info[id].width / 8,
			    .stored = -1 };
	bool compare = id == INSN_CMPXCHG_W || id == INSN_CMPXCHG_DW;
	struct reg pointer;
	int err;

	if (insn_info[id].flags & F_LOAD) {
		a.n = insn->src_reg;
		pointer = *v_reg(v, a.n);
		err = mem_load(v, &a, insn->dst_reg, true);
		return err ? err : require_shared(v, a.n, &pointer);
	}
	if (insn_info[id].flags & F_STORE) {
		a.write = true;
		a.stored = insn->src_reg;
		a.value = v_reg(v, insn->src_reg);
		err = mem_store(v, &a, true);
		return err ? err : require_shared(v, a.n, v_reg(v, a.n));
	}
	err = require_operands(v, &a, insn->src_reg, compare);
	if (err)
		return err;
	return change(v, &a, !(insn_info[id].flags & F_FETCH) ? -1 : compare ? 0 : (s32)insn->src_reg);
}
