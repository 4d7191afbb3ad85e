// SPDX-License-Identifier: BSD-2-Clause
/* gen_args.h - calls of helpers out of the rows of helper.def: one that is right, and ones with one argument that is
 * something else. */
#ifndef CLSBPF_TESTS_VERIFY_GEN_ARGS_H
#define CLSBPF_TESTS_VERIFY_GEN_ARGS_H

#include "both.h"
#include "helper/helper.h"

/* What stands in the place of an argument. */
enum stand_in {
#define STAND_IN(id, text) STAND_##id,
#include "stand_in.def"
#undef STAND_IN
	STAND_INS,
};

extern const char *const stand_in_text[STAND_INS];

#define CALL_INSNS 160

struct call_prog {
	struct both_prog prog;
	struct bpf_insn insn[CALL_INSNS];
};

/** gen_call() - a program of @type that calls @helper, with @stand in the place of argument @arg (0..4);
 *  STAND_RIGHT: what the row asks for. False: the engine has no such map, or the program type cannot have what
 *  stands in. */
bool gen_call(const struct helper *helper, u32 type, u32 arg, enum stand_in stand, struct call_prog *out);

#endif
