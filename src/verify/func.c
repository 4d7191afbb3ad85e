// SPDX-License-Identifier: BSD-2-Clause
/* func.c - functions of the program */
#include <errno.h>

#include "verify/parts.h"

int call_local(struct verifier *v, u32 *next) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
int func_args_learn(struct verifier *v, u32 func) { return 0; }
int func_call_global(struct verifier *v, u32 func) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }

int func_enter(struct verifier *v, u32 func)
{
	struct frame *frame = v_frame(v);

	*frame = (struct frame){ .func = func };
	for (u32 n = 0; n < V_REGS; n++)
		reg_forget(&frame->reg[n]);
	reg_set_pointer(&frame->reg[1], REG_CTX, 0);
	reg_set_pointer(&frame->reg[10], REG_STACK, 0);
	return 0;
}

int exit_step(struct verifier *v, u32 *next, bool *done)
{
	int err = value_require(v, 0, true);

	*done = true;
	return err;
}
