// SPDX-License-Identifier: BSD-2-Clause
/* run.h - running a loaded program over a packet.
 *
 * run_prepare() translates a program once, when it is loaded; run_prog() is the hot path. A program
 * that the verifier has not accepted runs in checked mode: every access is checked against stack,
 * context, packet, map values, and instructions are counted. A fault ends the run.
 */
#ifndef CLSBPF_RUN_RUN_H
#define CLSBPF_RUN_RUN_H

#include "base/log.h"
#include "helper/exec.h"
#include "object/prog.h"

#define RUN_BUDGET 1000000u     /* instructions of one run in checked mode */
#define RUN_TAIL_CALLS 33       /* MAX_TAIL_CALL_CNT */
#define RUN_FRAMES 8            /* MAX_CALL_FRAMES, of one program */
#define RUN_STACK 512           /* MAX_BPF_STACK, per frame here */

enum run_mode {
	RUN_CHECKED = 1,        /* original instructions, every access checked */
	RUN_TRUSTED,            /* unchecked: for what the verifier accepted, and for benchmarks */
};

/* Why a run in checked mode ended early. */
struct run_fault {
	const struct prog *prog;  /* NULL: no fault */
	u32 insn;                 /* number of the instruction */
	int error;                /* -EFAULT, -EACCES, -E2BIG (budget), ... */
	char text[160];           /* "4 bytes at packet + 34: the packet has 34 bytes" */
};

/** run_prepare() - make @prog runnable (prog->code). Resolves map references and helpers: a helper
 *  that the engine does not have, or not for this program type or licence, is refused here.
 *  Returns 0; -EINVAL as Linux for what its verifier refuses; -EOPNOTSUPP (kernel functions, and
 *  helpers that Linux has and this engine has not); each with a sentence in @log. */
must_check int run_prepare(struct prog *prog, struct log *log);

/** run_prepare_steps() - a prepared program that was not run yet will tell of each instruction in checked
 *  mode: run_set_step(). Returns 0 or -ENOMEM. */
must_check int run_prepare_steps(struct prog *prog);

/** run_exec_create() - an execution context for worker @cpu. Returns 0 or -ENOMEM. */
must_check int run_exec_create(struct engine *engine, u32 cpu, struct exec **out);
void run_exec_destroy(struct exec *exec);

/** run_exec_join() - @exec runs inside read sections of @slot from now on; @slot stays the caller's. */
void run_exec_join(struct exec *exec, struct reclaim_slot *slot);

/** run_prog() - run @prog over exec->packet and return R0 (its low 32 bits are the verdict).
 *  The caller is inside a read section of exec->slot and has cleared exec's redirect fields. When
 *  run_fault(exec)->prog is set afterwards, the run was ended by checked mode and the value is 0. */
u64 run_prog(struct exec *exec, const struct prog *prog);

/** run_fault() - what happened to the last run. */
const struct run_fault *run_fault(const struct exec *exec);

/** run_step - instruction @insn of @prog is about to be done in checked mode. @r: R0 to R10; it may change
 *  those that the program may. */
typedef void (*run_step)(void *ctx, const struct prog *prog, u32 insn, u64 *r);

/** run_set_step() - who is told of the instructions of programs that tell (run_prepare_steps());
 * NULL: nobody. */
void run_set_step(struct exec *exec, run_step step, void *ctx);

/** run_set_mode() - how programs run in this context from now on. Default: RUN_TRUSTED for verified
 *  programs, RUN_CHECKED otherwise. RUN_TRUSTED for an unverified program is for measuring code that
 *  one knows; nothing on a user's path sets it. 0: back to the default. */
void run_set_mode(struct exec *exec, enum run_mode mode);

#endif
