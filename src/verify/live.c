// SPDX-License-Identifier: BSD-2-Clause
/* live.c - what is read later. */
#include "verify/parts.h"

int live_learn(struct verifier *v)
{
	for (u32 i = 0; i < v->count; i++) {
		v->facts[i].live_regs = 0x7ff;
		v->facts[i].live_slots = UINT64_MAX;
	}
	return 0;
}
