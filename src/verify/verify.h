// SPDX-License-Identifier: BSD-2-Clause
/* verify.h - may this program run? The verifier as the rest of the engine sees it.
 *
 * verify_prog() walks every path of a program over what is known of its values, and either refuses it
 * with an errno, a sentence and an explanation, or leaves behind what it found out about each
 * instruction: what rewriting (rewrite.c) and the JIT use. A verdict never depends on how the program
 * will run: this folder includes neither run/ nor jit/ nor sched/.
 *
 * Source of the rules: the verdicts and errnos of Linux 6.18 (kernel/bpf/verifier.c, cfg.c,
 * liveness.c and the checks of net/core/filter.c), asked by tests/verify. Texts are ours.
 */
#ifndef CLSBPF_VERIFY_VERIFY_H
#define CLSBPF_VERIFY_VERIFY_H

#include "base/log.h"
#include "object/note.h"
#include "object/prog.h"

struct claims;

enum verify_log {
	VERIFY_LOG_PATHS = 1,   /* where paths begin and end; of a refusal, the one path that led there */
	VERIFY_LOG_STATES = 2,  /* every instruction, with what its registers hold */
	VERIFY_LOG_STATS = 4,
};

struct verify_options {
	bool bpf;               /* CAP_BPF: loops, functions and many helpers are possible */
	bool perfmon;           /* CAP_PERFMON: pointers may be seen */
	u32 log_level;          /* enum verify_log */
	bool json;              /* behind the sentence, the verdict as one JSON object in a line */
	struct log *log;        /* the refusal, whose explanation a log_level makes; statistics; or NULL */
	struct log *states;     /* the state log; may be NULL */
	struct claims *claims;  /* record what is claimed of every register (claims.h), or NULL */
	/* Stop with -EINTR when it says that nobody waits any more; NULL: never. */
	bool (*gone)(void *ctx);
	void *gone_ctx;
};

struct verify_stats {
	u64 ns;                 /* wall time */
	u32 insns;              /* instructions walked, each as often as it was */
	u32 states;             /* kept in all, */
	u32 states_peak;        /* at one time, */
	u32 states_at_one;      /* and at one instruction at most */
	u32 stack_depth;        /* bytes of the deepest chain of calls */
	u64 memory_peak;        /* bytes for states */
};

/** verify_prog() - verify @prog, whose shape insn_check_program() accepted and whose maps, BTF and
 *  notes are resolved. On success prog->final is what
 *  it runs as, and prog->notes what is known of each of those instructions.
 *  Returns 0; what Linux 6.18 answers for the same program (-EACCES, -EINVAL, -EPERM, -E2BIG, ...);
 *  -EOPNOTSUPP for what the engine cannot do; -ENOMEM; -EINTR. Every refusal has a sentence in the
 *  log. @stats may be NULL. */
must_check int verify_prog(struct prog *prog, const struct verify_options *options,
			   struct verify_stats *stats);

#endif
