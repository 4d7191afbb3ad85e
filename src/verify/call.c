// SPDX-License-Identifier: BSD-2-Clause
/* call.c - calls */
#include <errno.h>

#include "verify/parts.h"

int call_helper(struct verifier *v, u32 *next) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
u8 call_marks(struct verifier *v, const struct bpf_insn *insn) { return 0; }

void call_clobber(struct verifier *v)
{
	for (u32 n = 0; n <= 5; n++)
		reg_forget(v_reg(v, n));
}

static void lose_packet(struct reg *reg, void *ctx)
{
	if (reg_is_packet(reg) || reg->type == REG_PACKET_END || (reg->type == REG_MEM && reg->flags & REG_DYNPTR_SLICE))
		reg_forget(reg);
}

void packet_moved(struct verifier *v) { value_each(v, lose_packet, NULL); }
