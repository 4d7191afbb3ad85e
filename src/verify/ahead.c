// SPDX-License-Identifier: BSD-2-Clause
/* ahead.c - what a processor may do ahead of time, for programs of those who lack CAP_PERFMON.
 *
 * A processor guesses how a jump goes and runs on before it knows. What it then does is undone, but
 * for traces in its caches. So Linux walks ways that a program never goes, too:
 *
 *   a condition that is always true        the other branch, where both operands may be anything
 *   pointer + variable (pointer_mask.c)    what follows, as if the mask had made the variable 0
 *
 * A mistake on such a way is none of the program: Linux puts a barrier before the instruction, and
 * the way ends there, for this path and all that come later. What is left to see of it: such ways
 * count as instructions and as branches that wait, they can come back to themselves for ever, and
 * behind a barrier nothing has to be masked.
 *
 * The engine has no machine code that runs ahead and makes no barriers; the verdicts are the same.
 *
 * Source: states and verdicts of Linux 6.18 for programs with CAP_BPF and without CAP_PERFMON.
 */
#include <errno.h>

#include "verify/concerns.h"

static struct insn_facts *here(const struct verifier *v)
{
	return &v->facts[v->cur->insn];
}

bool ahead_ends(const struct verifier *v)
{
	return v->cur->speculative && here(v)->barrier & BARRIER_BEFORE;
}

bool ahead_ends_behind(const struct verifier *v)
{
	return v->cur->speculative && here(v)->barrier & BARRIER_BEHIND;
}

bool ahead_forgives(struct verifier *v, int err)
{
	if (!v->cur->speculative || (err != -EACCES && err != -EPERM && err != -EINVAL))
		return false;
	here(v)->barrier |= BARRIER_BEFORE;
	here(v)->mask_state = 0;
	return true;
}

int ahead_fork(struct verifier *v, u32 choice)
{
	return v->privileged ? 0 : walk_fork(v, choice);
}

void ahead_begin(struct verifier *v)
{
	v->cur->speculative = true;
}

/* A processor may load what was there before a store that it has not finished. Which bytes Linux
 * looks at is its own affair: as many as are stored, but the last ones of the slot. */
void ahead_store(struct verifier *v, const u8 kind[8], u32 size, bool pointer)
{
	bool bare = true;

	if (v->privileged)
		return;
	for (u32 i = 8 - size; i < 8; i++)
		bare &= kind[i] == SLOT_MISC || kind[i] == SLOT_ZERO;
	if (pointer || !bare)
		here(v)->barrier |= BARRIER_BEHIND;
}
