// SPDX-License-Identifier: BSD-2-Clause
/* learn.h - a condition, and what the way that was taken says about its operands. */
#ifndef CLSBPF_VERIFY_LEARN_H
#define CLSBPF_VERIFY_LEARN_H

#include "verify/concerns.h"

struct condition {
	enum insn_id id;
	bool wide;            /* 64 bits are compared */
	bool reg;             /* src is a register */
	struct reg *dst, *src;  /* src may be a constant that is no register */
	u64 linked;           /* numbers that learn with the operands (linked_add()) */
};

/** packet_side() - is it one of the three packet pointers? */
static inline bool packet_side(const struct reg *reg)
{
	return reg_is_packet(reg) || reg->type == REG_PACKET_END;
}

/** packet_against() - is @end where @pkt must not go beyond: the end of the packet, or, for metadata, the
 *  start of the packet as it was loaded? */
static inline bool packet_against(const struct reg *pkt, const struct reg *end)
{
	if (pkt->type == REG_PACKET)
		return end->type == REG_PACKET_END;
	return pkt->type == REG_PACKET_META && end->type == REG_PACKET && !end->id && !end->off &&
	       tnum_equals(end->n.bits, 0);
}

/** packet_pair() - a pointer and the end that it may be compared with: packet and its end, or metadata and
 *  the packet's start. */
static inline bool packet_pair(const struct reg *a, const struct reg *b)
{
	return packet_against(a, b) || packet_against(b, a);
}

/** compares_packet() - does the condition say how many bytes exist from a packet pointer on? */
static inline bool compares_packet(const struct condition *c)
{
	return c->reg &&
	       (c->id == INSN_JGT64 || c->id == INSN_JGE64 || c->id == INSN_JLT64 ||
		c->id == INSN_JLE64) &&
	       packet_pair(c->dst, c->src);
}

/** tests_null() - does the condition compare a pointer that may be NULL with 0? */
static inline bool tests_null(const struct condition *c)
{
	return c->wide && !c->reg && c->dst->flags & REG_MAYBE_NULL && reg_is_pointer(c->dst) &&
	       reg_is_null(c->src) && (c->id == INSN_JEQ64 || c->id == INSN_JNE64);
}

/** learn_prepare() - before the fork: which numbers are copies of the operands; noted for precise.c.
 *  learn_linked() - the same when the other way is taken out again. */
must_check int learn_prepare(struct verifier *v, struct condition *c);
void learn_linked(struct verifier *v, struct condition *c);

/** learn() - the jump was taken (@jumps) or not. Returns 0, or what releasing a reference says. */
must_check int learn(struct verifier *v, struct condition *c, bool jumps);

#endif
