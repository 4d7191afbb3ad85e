// SPDX-License-Identifier: BSD-2-Clause
/* model.h - what a program must compute: the plainest interpreter there can be.
 *
 * It decodes every instruction anew, asks eval.h (which tests/isa compares with Linux) for every
 * value, and shares nothing else with src/run. It knows no calls, no context fields but data
 * and data_end, and checks nothing: programs are those that a test made.
 */
#ifndef CLSBPF_TESTS_RUN_MODEL_H
#define CLSBPF_TESTS_RUN_MODEL_H

#include "isa/insn.h"

struct model {
	u8 *value;              /* what LD_MAP_VALUE means, whichever map it names */
	const u8 *packet;
	u32 len;
	u64 r[11];
	u64 executed;
	_Alignas(8) u8 stack[512];
};

/** model_run() - run @insns to its exit and return R0. */
u64 model_run(struct model *m, const struct bpf_insn *insns, u32 count);

#endif
