// SPDX-License-Identifier: BSD-2-Clause
/* trace.h - the path that led to a refusal, walked again.
 *
 *   pieces of path (saved.h)  ->  points: every instruction of the path and which way it went
 *                             ->  walked again: which point made each operand of each point
 *
 * Made after the fact, so that programs that are accepted pay nothing for it. A walk may turn out
 * another way the second time (what ended a loop was a state that is not there any more): then `exact` is
 * false and what was found up to there is all that there is.
 */
#ifndef CLSBPF_VERIFY_TRACE_H
#define CLSBPF_VERIFY_TRACE_H

#include "verify/concerns.h"

/* A point of the path by its place in it, + 1. 0: the value was there when the function began. */
typedef u32 point_ref;

enum point_flags {
	POINT_LOSES =
		1
		<< 0, /* pointers stopped being any here, other than what the instruction writes */
	POINT_ROOM_CHECK = 1 << 1,   /* compares a packet pointer with the end of the packet */
	POINT_NULL_CHECK = 1 << 2,   /* compares what may be NULL with NULL */
	POINT_NUMBER_CHECK = 1 << 3, /* compares numbers */
	POINT_ENTERS = 1 << 4,	     /* calls a function of the program, or is called back */
	POINT_WRITES_STACK = 1 << 5, /* slot `slot` of frame `frame` */
};

struct point {
	u32 insn;
	u8 choice, depth, flags, frame;
	u8 slot;
	u8 lost;                   /* POINT_LOSES: enum reg_type of the first pointer */
	bool taken;                /* conditional jumps */
	point_ref from[2];	   /* what made its operands: dst or the value, src or the address;
				    * POINT_LOSES:	 what was lost */
};

struct trace {
	struct verifier *v;
	struct point *at;
	u32 count;
	bool exact;
	/* What made the registers and stack slots, as far as the path was walked. */
	point_ref reg[V_FRAMES][V_REGS];
	point_ref slot[V_FRAMES][V_SLOTS];
	struct reg end[V_REGS];    /* what the registers hold at the end: ids are those of looks */
};

/** trace_open() - the path to the refusal of @v. Returns 0 or -ENOMEM, without a sentence. */
must_check int trace_open(struct verifier *v, struct trace *trace);
void trace_close(struct trace *trace);

/* What is looked at on a second walk: the operands of a point before it, and what came of them. */
struct look {
	u32 at;                    /* place in the path */
	struct reg dst, src;       /* before */
	struct reg out, out_src;   /* after: the same registers (out: R0 of a call) */
	bool seen;
};

/** trace_look() - fill in @looks, which are in the order of the path. Returns 0 or -ENOMEM. */
must_check int trace_look(const struct trace *trace, struct look *looks, u32 count);

/** trace_op() - the operation at a point. */
static inline enum insn_id trace_op(const struct trace *trace, u32 at)
{
	return trace->v->facts[trace->at[at].insn].id;
}

static inline enum insn_shape trace_shape(const struct trace *trace, u32 at)
{
	return insn_info[trace_op(trace, at)].shape;
}

#endif
