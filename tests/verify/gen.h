// SPDX-License-Identifier: BSD-2-Clause
/* gen.h - programs by the number, for the verifier: mostly right, with a few mistakes.
 *
 * The generator knows while it writes what each register and each byte of stack holds (gen_env.h), and of
 * numbers a few samples of what they may be: so it makes accesses that just fit, or miss by one. The same
 * seed gives the same program everywhere.
 */
#ifndef CLSBPF_TESTS_VERIFY_GEN_H
#define CLSBPF_TESTS_VERIFY_GEN_H

#include "both.h"

#define GEN_INSNS 4096

struct gen_prog {
	u64 seed;
	u32 mistakes;          /* made on purpose; others happen */
	struct both_prog prog; /* prog.insns is insns */
	struct bpf_insn insns[GEN_INSNS];
};

/** gen_make() - the program of @seed. gen_make_from(): choices are made by @bytes as far as they go, for fuzzers. */
void gen_make(u64 seed, struct gen_prog *out);
void gen_make_from(const u8 *bytes, size_t len, struct gen_prog *out);

#endif
