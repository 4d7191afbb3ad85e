// SPDX-License-Identifier: BSD-2-Clause
/* constant.c - 64-bit constants: numbers, maps, addresses of map values, functions to be called back. */
#include <errno.h>

#include "verify/concerns.h"

static int constant_map(struct verifier *v, struct reg *reg, bool value)
{
	const struct bpf_insn *insn = v_insn(v);

	if (insn->imm < 0 || (u32)insn->imm >= v->prog->map_count)
		return reject(v, -EINVAL, REASON_INTERNAL, -1, "map %d of %u is named", insn->imm,
			      v->prog->map_count);
	reg_set_pointer(reg, value ? REG_MAP_VALUE : REG_MAP, 0);
	reg->map = map_of(v->prog->maps[insn->imm]);
	reg->off = value ? insn[1].imm : 0;
	return 0;
}

static int constant_func(struct verifier *v, struct reg *reg)
{
	int func = flow_func_at(v, v->cur->insn + 1 + (u32)v_insn(v)->imm);

	if (!v->prog->func_info_count)
		return reject(v, -EINVAL, REASON_CALLBACK, -1,
			      "a function can be called back only when its BTF is there: compile with -g");
	if (v->funcs[func].global)
		return reject(v, -EINVAL, REASON_CALLBACK, -1,
			      "a function that is called back must be static");
	reg_set_pointer(reg, REG_FUNC, 0);
	reg->func = (u32)func;
	return 0;
}

int constant_step(struct verifier *v)
{
	const struct bpf_insn *insn = v_insn(v);
	struct reg *reg = v_reg(v, insn->dst_reg);
	int err = 0;

	switch ((int)v->facts[v->cur->insn].id) {
	case INSN_LD_IMM64:
		reg_set_const(reg, insn_imm64(insn));
		break;
	case INSN_LD_MAP_IDX:
		err = constant_map(v, reg, false);
		break;
	case INSN_LD_MAP_IDX_VALUE:
		err = constant_map(v, reg, true);
		break;
	case INSN_LD_FUNC:
		err = constant_func(v, reg);
		break;
	default:
		return reject(v, -EINVAL, REASON_UNSUPPORTED, -1,
			      "the address of a kernel variable is taken, and this engine has none");
	}
	if (!err)
		value_written(v, insn->dst_reg, 64);
	return err;
}
