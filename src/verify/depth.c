// SPDX-License-Identifier: BSD-2-Clause
/* depth.c - stack over chains of calls: 512 bytes and 8 functions in all, whatever path leads through them.
 *
 *   f0 (48) -> f3 (16) -> f1 (256) -> ...       every call and function reference is a link, walked or not
 *
 * Asynchronous callbacks begin a stack of their own. Each chain would be walked in Linux; here a function
 * is entered again only when it is reached deeper, or by a longer chain, than before: what was fine
 * there is fine anywhere higher.
 *
 * Source: Linux 6.18, asked: 16-byte frames (programs are compiled there), at most 256 bytes above a
 * function that makes tail calls.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"

#define FRAME_ALIGN 16
#define ABOVE_TAIL_CALL 256

/* Where the walk over the links stands, by length of the chain. */
struct link {
	u32 func, insn;
};

struct chain {
	struct verifier *v;
	u32 frame;                   /* number of links - 1 */
	u32 depth;                   /* bytes of all of them */
	struct link link[V_FRAMES];
	u16 (*fine)[V_FRAMES];       /* by function and frame: was fine when entered that deep, plus 1 */
};

static u32 frame_bytes(const struct verifier *v, u32 func)
{
	return (u32)round_up_u64(v->funcs[func].depth, FRAME_ALIGN);
}

/* The refusal is about the call that leads to the last link. */
static void blame(struct chain *c)
{
	c->v->cur->insn = c->frame ? c->link[c->frame - 1].insn : c->v->funcs[c->link[0].func].start;
}

/* The function of the last link has been put there. */
static int chain_enter(struct chain *c)
{
	u32 func = c->link[c->frame].func;
	struct verifier *v = c->v;

	if (func && v->funcs[func].tail_call && c->depth >= ABOVE_TAIL_CALL) {
		blame(c);
		return reject(v, -EACCES, REASON_STACK_CHAIN, -1,
			      "the functions above this one use %u bytes of stack: less than %u may be above "
			      "a function that makes tail calls", c->depth, ABOVE_TAIL_CALL);
	}
	c->depth += frame_bytes(v, func);
	if (c->depth > V_STACK) {
		blame(c);
		return reject(v, -EACCES, REASON_STACK_CHAIN, -1,
			      "%u functions that call one another use %u bytes of stack together, and %u is "
			      "all that there is", c->frame + 1, c->depth, V_STACK);
	}
	v->stats.stack_depth = max_u32(v->stats.stack_depth, c->depth);
	c->link[c->frame].insn = v->funcs[func].start;
	return 0;
}

/* Is there nothing to find in @func that was not looked for when it was reached before? */
static bool known(struct chain *c, u32 func, u32 frame)
{
	u16 *fine = &c->fine[func][frame];
	bool before = *fine > c->depth;

	if (!before)
		*fine = (u16)(c->depth + 1);
	return before;
}

/* The function that the instruction at @i leads into on the same stack, or -1. */
static int link_at(const struct verifier *v, u32 i)
{
	int func;

	if (v->facts[i].id != INSN_CALL_LOCAL && v->facts[i].id != INSN_LD_FUNC)
		return -1;
	func = flow_func_at(v, i + 1 + (u32)v->insns[i].imm);
	if (func >= 0 && v->funcs[func].async && v->facts[i].id == INSN_LD_FUNC)
		return -1;
	return func;
}

/* Go on in the function of the last link: the next function to enter, or -1 at the end. *@too_deep: there is
 * one, but no room for a link more. */
static int chain_next(struct chain *c, bool *too_deep)
{
	struct link *link = &c->link[c->frame];
	const struct verifier *v = c->v;

	for (; link->insn < v->funcs[link->func].end; link->insn += v->facts[link->insn].slots) {
		int next = link_at(v, link->insn);

		*too_deep = next >= 0 && c->frame == V_FRAMES - 1;
		if (*too_deep || (next >= 0 && !known(c, (u32)next, c->frame + 1)))
			return next;
	}
	return -1;
}

/* All chains that begin with @func. */
static int chain_walk(struct chain *c, u32 func)
{
	struct verifier *v = c->v;
	int err;

	c->frame = c->depth = 0;
	c->link[0].func = func;
	err = chain_enter(c);
	while (!err) {
		bool too_deep = false;
		int next = chain_next(c, &too_deep);

		if (too_deep) {
			v->cur->insn = c->link[c->frame].insn;
			return reject(v, -E2BIG, REASON_CALL_DEPTH, -1,
				      "this call can lead to function %u of a chain, which may have %u",
				      V_FRAMES + 1, V_FRAMES);
		}
		if (next >= 0) {
			c->link[++c->frame].func = (u32)next;
			err = chain_enter(c);
			continue;
		}
		c->depth -= frame_bytes(v, c->link[c->frame].func);
		if (!c->frame)
			return 0;
		c->frame--;
		c->link[c->frame].insn += v->facts[c->link[c->frame].insn].slots;
	}
	return err;
}

int depth_check(struct verifier *v)
{
	struct chain c = { .v = v };
	int err = 0;

	c.fine = calloc(v->func_count, sizeof(*c.fine));
	if (!c.fine)
		return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for %u functions", v->func_count);
	for (u32 func = v->func_count; !err && func--;)
		if (!func || v->funcs[func].async)
			err = chain_walk(&c, func);
	free(c.fine);
	return err;
}
