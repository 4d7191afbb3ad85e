// SPDX-License-Identifier: BSD-2-Clause
/* saved.h - a state put away: what is live of it, packed into one piece of memory.
 *
 *   struct saved | frame | frame | ... | registers and spilled slots | kinds of slots | refs | steps
 *
 * Registers and slots that nothing reads any more (live.c) are not in it. Everything but the precision
 * marks, `branches` and the lists is constant.
 */
#ifndef CLSBPF_VERIFY_SAVED_H
#define CLSBPF_VERIFY_SAVED_H

#include "verify/verifier.h"

struct saved_frame {
	u32 func, call, slots, async_id, callback_depth;
	bool callback, async;
	s64 ret_min, ret_max;
	u16 regs;             /* which registers are kept, */
	u16 precise;          /* and which of them are numbers that matter exactly */
	u64 used;             /* slots whose kinds are kept, */
	u64 spills;           /* those of them with a spilled register */
	u64 precise_spills;
	const struct reg *reg;    /* the kept registers, then the kept spills, lowest number first */
	const u8 (*kind)[8];      /* of `used` slots */
};

struct saved {
	struct saved *parent, *next;
	u32 insn, prev, first, choice;
	u32 depth, locks, lock_id, preempt, rcu, may_goto, unroll;
	const void *lock_ptr;
	u64 raw;              /* raw_registers() (prune.c) */
	bool speculative;
	bool loop;            /* a path that came back here was cut off: all numbers count as precise */
	u32 branches;         /* paths from here that are not at their end */
	u32 hits, misses;
	u32 ref_count, step_count;
	const struct ref *refs;
	const struct step *steps;
	size_t bytes;
	struct saved_frame frame[];
};

/** saved_reg() - register @n of @frame, or NULL when it was not kept. */
static inline const struct reg *saved_reg(const struct saved_frame *frame, u32 n)
{
	if (!(frame->regs >> n & 1))
		return NULL;
	return frame->reg + __builtin_popcount(frame->regs & ((1u << n) - 1));
}

/** saved_spill() - what is spilled in @slot, or NULL. */
static inline const struct reg *saved_spill(const struct saved_frame *frame, u32 slot)
{
	if (!(frame->spills >> slot & 1))
		return NULL;
	return frame->reg + __builtin_popcount(frame->regs) +
	       __builtin_popcountll(frame->spills & ((1ull << slot) - 1));
}

#endif
