// SPDX-License-Identifier: BSD-2-Clause
/* func.c - functions of the program: how they begin, and calls of them.
 *
 *   static    walked as part of its caller:  caller's frame | callee's frame     R1..R5 go in, R0 comes out
 *   global    walked by itself, once, for any arguments of its prototype; a call checks the arguments
 *             against it and believes that a number comes back
 *
 * A function without BTF is static. The types of arguments are func_args.c's.
 */
#include <errno.h>

#include "verify/concerns.h"

void frame_open(struct frame *frame, u32 func, u32 call)
{
	frame->func = func;
	frame->call = call;
	frame->slots = 0;
	frame->async_id = frame->callback_depth = 0;
	frame->callback = frame->async = false;
	frame->ret_min = frame->ret_max = 0;
	for (u32 n = 0; n < V_REGS - 1; n++)
		reg_forget(&frame->reg[n]);
	reg_set_pointer(&frame->reg[10], REG_STACK, 0);
}

int frame_require(struct verifier *v)
{
	if (v->cur->depth + 1 < V_FRAMES)
		return 0;
	return reject(v, -E2BIG, REASON_CALL_DEPTH, -1,
		      "%u functions are under way here, and no more are possible", V_FRAMES);
}

struct frame *frame_push(struct verifier *v, u32 func)
{
	struct state *s = v->cur;
	struct frame *frame = &s->frame[s->depth + 1];

	frame_open(frame, func, s->insn);
	frame->reg[10].frame = (u8)(s->depth + 1);
	return frame;
}

/* ---- calls ---- */

static int call_static(struct verifier *v, u32 func, u32 *next)
{
	struct frame *callee, *caller = v_frame(v);
	int err = frame_require(v);

	if (err)
		return err;
	callee = frame_push(v, func);
	for (u32 n = 1; n <= 5; n++)
		callee->reg[n] = caller->reg[n];
	call_clobber(v);
	v->cur->depth++;
	*next = v->funcs[func].start;
	return 0;
}

/* Where a global function may not be called whatever its arguments are. */
static int call_place_require(struct verifier *v, u32 func)
{
	char name[FUNC_NAME];

	if (v->cur->locks)
		return reject(v, -EINVAL, REASON_CALL_LOCKED, -1,
			      "%s is a global function and called while a lock is held: only static "
			      "functions may be", func_name(v, func, name));
	if (v->funcs[func].might_sleep)
		return reject(v, -EINVAL, REASON_FUNCTION_TYPES, -1,
			      "%s may sleep, which programs of this type must not", func_name(v, func, name));
	return 0;
}

int func_call_global(struct verifier *v, u32 func)
{
	int err = call_place_require(v, func);

	if (!err)
		err = func_args_require(v, func);
	if (err)
		return err;
	if (v->funcs[func].moves_packet)
		packet_moved(v);
	v->funcs[func].called = true;
	call_clobber(v);
	reg_set_unknown(v_reg(v, 0));
	value_written(v, 0, 64);
	return 0;
}

int call_local(struct verifier *v, u32 *next)
{
	int func = flow_func_at(v, v->cur->insn + 1 + (u32)v_insn(v)->imm);

	if (func < 0)
		return reject(v, -EINVAL, REASON_INTERNAL, -1, "a call to where no function begins");
	return v->funcs[func].global ? func_call_global(v, (u32)func) : call_static(v, (u32)func, next);
}

/* ---- how functions begin ---- */

int func_enter(struct verifier *v, u32 func)
{
	struct frame *frame = v_frame(v);

	frame_open(frame, func, 0);
	if (func)
		return func_args_enter(v, func);
	reg_set_pointer(&frame->reg[1], REG_CTX, 0);
	return 0;
}
