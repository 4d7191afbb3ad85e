// SPDX-License-Identifier: BSD-2-Clause
/* state.h - what one run needs besides registers; one per execution context, used again and again.
 *
 *   stack:  low address                                                     top
 *           | frame n | ... | frame 1 | frame 0 |
 *                             ^frame_low          R10 of frame 0
 *           what a program may use: [stack_low, top), all of it zeroed in this run
 *
 * A program has 8 frames. One that a function tail-calls begins anew with 8 in that function's
 * place, as on Linux, where each is verified alone: so there are frames for all of them.
 *
 * Zeroing is lazy: at the start only as deep as the program is known to go (code->depth); a deeper
 * access zeroes the rest of its frame. Memory from zero_low up is zeroed in this run.
 *
 * Invariants: frame_low <= stack_low; zero_low <= stack_low; stack_room == top - stack_low >= 8;
 * bound[n] is the number of places in the packet where an access of 1 << n bytes may begin.
 */
#ifndef CLSBPF_RUN_STATE_H
#define CLSBPF_RUN_STATE_H

#include "helper/exec.h"
#include "run/called_back.h"
#include "run/code.h"
#include "run/dynptr_check.h"
#include "run/region.h"
#include "run/run.h"

/* Local calls that can be under way: seven of the first program and of each that came by tail call. */
#define RUN_DEPTH ((RUN_TAIL_CALLS + 1) * (RUN_FRAMES - 1))

/* Linux: BPF_MAX_LOOPS (8 Mi) in each function that has a may_goto; here for the whole run. */
#define RUN_MAY_GOTO (8u << 20)

/* What a local call keeps. */
struct frame {
	const struct op *ret;        /* the call */
	const struct code *code;     /* of the caller: a tail call may replace the callee's */
	bool checked;
	u32 base;                    /* of the caller's program */
	u64 saved[4];                /* R6..R9 */
};

/* Two words that are stored at once: beginning a run is little else than stores. */
typedef u64 u64_pair __attribute__((vector_size(16)));

struct run_state {
	/* The packet, for accesses by address. */
	u64 data;                    /* packet->data_meta */
	union {
		u64 bound[4];
		u64_pair bounds[2];
	};

	u64 stack_low, stack_room;
	u64 frame_low, zero_low;

	struct exec *exec;
	const struct code *code;     /* running now */
	bool checked;
	enum run_mode mode;          /* 0: as the program says */
	bool joined;                 /* exec->slot is somebody else's */
	u32 depth;                   /* local calls under way */
	u32 base;                    /* and those when the current program began */
	u32 tail_calls, may_goto;
	struct region_set regions;
	struct dynptr_set dynptrs;
	run_step step;               /* or NULL */
	void *step_ctx;

	struct run_fault fault;
	struct frame frames[RUN_DEPTH];
	struct callback callbacks[RUN_DEPTH + 1];  /* by the depth of the call */
	struct op called_back[2];    /* frames of callbacks return behind the first */
	_Alignas(CACHE_LINE) u8 stack[(RUN_DEPTH + 1) * RUN_STACK];
	u8 apart[RUN_STACK];         /* so that an address a bit above the stack is near nothing else */
};

/** interp_loop() - run @prog. @labels_out: not NULL to ask for the labels only. Returns R0, or 0
 *  after a fault. */
u64 interp_loop(struct run_state *s, const struct prog *prog, const void *const **labels_out);

static inline u64 state_top(const struct run_state *s)
{
	return ptr_u64(s->stack + sizeof(s->stack));
}

/** state_see_packet() - packet bytes have moved, or may have. */
static inline void state_see_packet(struct run_state *s)
{
	const struct packet *packet = s->exec->packet;
	u64 len = s->code->packet_direct ? (u64)(packet->tail - packet->data_meta) : 0;

	s->data = ptr_u64(packet->data_meta);
	if (likely(len >= 8)) {
		s->bounds[0] = (u64_pair){ len, len } - (u64_pair){ 0, 1 };
		s->bounds[1] = (u64_pair){ len, len } - (u64_pair){ 3, 7 };
		return;
	}
	for (u32 i = 0; i < 4; i++)
		s->bound[i] = len >> i ? len + 1 - (1u << i) : 0;
}

static inline void state_zero(struct run_state *s, u64 low)
{
	if (low >= s->zero_low)
		return;
	/* Most programs know to need little, and calling memset() is dear for that. */
	if (low == s->zero_low - 8)
		put_u64(u64_ptr(low), 0);
	else
		memset(u64_ptr(low), 0, s->zero_low - low);
	s->zero_low = low;
}

static inline void state_window(struct run_state *s)
{
	s->stack_low = max_u64(s->frame_low, s->zero_low);
	s->stack_room = state_top(s) - s->stack_low;
}

/** state_frame() - the frame whose top is @top becomes the current one. */
static inline void state_frame(struct run_state *s, u64 top)
{
	s->frame_low = top - RUN_STACK;
	if (s->checked)
		state_zero(s, top - s->code->depth);
	state_window(s);
}

/** state_enter() - state for the first instruction of @code in the frame whose top is @top. */
static inline void state_enter(struct run_state *s, const struct code *code, u64 top)
{
	s->code = code;
	state_frame(s, top);
	state_see_packet(s);
}

static inline bool state_checks(const struct run_state *s, const struct prog *prog)
{
	return s->mode ? s->mode == RUN_CHECKED : !prog->verified || prog->code->reads_any;
}

/** state_start() - a run of @prog begins. */
static inline void state_start(struct run_state *s, const struct prog *prog)
{
	u64 top = state_top(s);

	if (unlikely(s->fault.prog))
		s->fault.prog = NULL;
	if (s->regions.count)
		region_clear(&s->regions);
	s->dynptrs.count = 0;
	s->checked = state_checks(s, prog);
	s->depth = s->base = 0;
	s->tail_calls = 0;
	s->may_goto = RUN_MAY_GOTO;
	s->zero_low = top;
	state_enter(s, prog->code, top);
}

/** state_push() - begin a local call at @op: keep what the caller needs, R10 moves. False: too deep. */
bool state_push(struct run_state *s, const struct op *op, u64 *r);

/** state_pop() - the current function ends; returns the call that began it. */
const struct op *state_pop(struct run_state *s, u64 *r);

/** state_tail_call() - @taken: state->code is another program now, and its registers are set.
 *  False after a fault. */
bool state_tail_call(struct run_state *s, const struct helper *helper, u64 *r, bool *taken);

/** state_fault() - record why the run ends; the first one counts. Returns false. */
bool state_fault(struct run_state *s, int error, const char *fmt, ...) printf_like(3, 4);

/* The slow side of memory accesses: everything that is not packet or stack at first sight. All
 * return false after state_fault(). */
enum access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_BOTH = 3 };

/** checked_memory() - may the program use [@at, @at + @size)? The context is not memory.
 *  @packet: packet bytes are allowed. @what: begins the sentence ("" or "argument 2 of ...: "). */
bool checked_memory(struct run_state *s, u64 at, u64 size, enum access access, bool packet,
		    const char *what);

/** checked_stack() - are [@at, @at + @size) bytes of the frames that are in use? No fault is recorded. */
bool checked_stack(struct run_state *s, u64 at, u64 size);

/** run_readable() - exec.readable: how many bytes from @at on the program may read. Values that
 *  lookups gave are known in checked mode only. */
u32 run_readable(const struct exec *exec, u64 at);

/** checked_load() / checked_store() - an access of 1, 2, 4 or 8 bytes, context included. @id: the
 *  load; *@value is what the register gets. */
bool checked_load(struct run_state *s, enum insn_id id, u64 at, u64 *value);
bool checked_store(struct run_state *s, u64 at, u32 size, u64 value);

/** checked_atomic() - may operation @id be done at @at? */
bool checked_atomic(struct run_state *s, enum insn_id id, u64 at);

/** checked_arguments() - are r[1..5] what @helper takes? */
bool checked_arguments(struct run_state *s, const struct helper *helper, u64 *r);

/** checked_call() - check the arguments in r[1..5], call, and note what came back. */
bool checked_call(struct run_state *s, const struct helper *helper, u64 *r);

/** call_map() - the map that argument @arg (0..4) of @helper points to, or NULL after a fault. */
struct map *call_map(struct run_state *s, const struct helper *helper, u32 arg, u64 address);

#endif
