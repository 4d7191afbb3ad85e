// SPDX-License-Identifier: BSD-2-Clause
/* run.c - execution contexts, the start of a run, and what moves it between functions and programs.
 *
 * A tail call replaces the function that makes it, in its frame; whoever called that function gets
 * the result of the program that came instead (Linux x86-64 does the same).
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "run/state.h"

const void *const *interp_labels(void)
{
	const void *const *labels;

	interp_loop(NULL, NULL, &labels);
	return labels;
}

static u64 seed_of(const struct engine *engine, u64 stream)
{
	u64 x = engine->seed + (stream + 1) * 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

int run_exec_create(struct engine *engine, u32 cpu, struct exec **out)
{
	struct exec *exec = calloc(1, sizeof(*exec));
	struct run_state *s = aligned_alloc(CACHE_LINE, round_up_u64(sizeof(*s), CACHE_LINE));
	int err = exec && s ? reclaim_slot_get(engine->reclaim, &exec->slot) : -ENOMEM;

	if (err) {
		free(s);
		free(exec);
		return err;
	}
	memset(s, 0, sizeof(*s));
	s->exec = exec;
	s->called_back[1].label = interp_labels()[OP_CALLED_BACK];
	s->regions.secret = seed_of(engine, ~(u64)cpu);
	exec->engine = engine;
	exec->cpu = cpu;
	exec->random = seed_of(engine, atomic_fetch_add(&engine->generators, 1));
	exec->run = s;
	exec->readable = run_readable;
	*out = exec;
	return 0;
}

void run_exec_destroy(struct exec *exec)
{
	if (!exec)
		return;
	if (!exec->run->joined)
		reclaim_slot_put(exec->engine->reclaim, exec->slot);
	free(exec->run->regions.node);
	free(exec->run->dynptrs.made);
	free(exec->records);
	free(exec->run);
	free(exec);
}

void run_exec_join(struct exec *exec, struct reclaim_slot *slot)
{
	if (!exec->run->joined)
		reclaim_slot_put(exec->engine->reclaim, exec->slot);
	exec->run->joined = true;
	exec->slot = slot;
}

const struct run_fault *run_fault(const struct exec *exec)
{
	return &exec->run->fault;
}

void run_set_mode(struct exec *exec, enum run_mode mode)
{
	exec->run->mode = mode;
}

void run_set_step(struct exec *exec, run_step step, void *ctx)
{
	exec->run->step = step;
	exec->run->step_ctx = ctx;
}

static u64 run_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

/* What a tail call leads to is part of the run that began with @prog, as on Linux. */
static u64 run_counted(struct exec *exec, const struct prog *prog)
{
	u64 begin = run_clock(), ret = interp_loop(exec->run, prog, NULL);

	atomic_fetch_add_explicit(&prog->runs->count, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&prog->runs->ns, run_clock() - begin, memory_order_relaxed);
	return ret;
}

u64 run_prog(struct exec *exec, const struct prog *prog)
{
	if (unlikely(atomic_load_explicit(&exec->engine->stats, memory_order_relaxed)))
		return run_counted(exec, prog);
	return interp_loop(exec->run, prog, NULL);
}

bool state_push(struct run_state *s, const struct op *op, u64 *r)
{
	struct frame *frame = &s->frames[s->depth];

	if (s->depth - s->base == RUN_FRAMES - 1)
		return state_fault(s, -E2BIG, "a call deeper than %d functions", RUN_FRAMES);
	s->depth++;
	frame->ret = op;
	frame->code = s->code;
	frame->checked = s->checked;
	frame->base = s->base;
	memcpy(frame->saved, &r[6], sizeof(frame->saved));
	r[10] -= RUN_STACK;
	state_frame(s, r[10]);
	return true;
}

const struct op *state_pop(struct run_state *s, u64 *r)
{
	const struct frame *frame = &s->frames[--s->depth];

	memcpy(&r[6], frame->saved, sizeof(frame->saved));
	r[10] += RUN_STACK;
	s->code = frame->code;
	s->checked = frame->checked;
	s->base = frame->base;
	state_frame(s, r[10]);
	return frame->ret;
}

static bool tail_arguments(struct run_state *s, const struct helper *helper, const u64 *r)
{
	if (r[1] != ptr_u64(s->exec->packet))
		return state_fault(s, -EACCES, "argument 1 of bpf_tail_call is not the context");
	if (s->exec->lock)
		return state_fault(s, -EINVAL, "a tail call while a spin lock is held");
	if (s->exec->record_count)
		return state_fault(s, -EINVAL, "a tail call with %u reserved records that were neither "
				   "submitted nor discarded", s->exec->record_count);
	return call_map(s, helper, 1, r[2]) != NULL;
}

bool state_tail_call(struct run_state *s, const struct helper *helper, u64 *r, bool *taken)
{
	const struct prog *prog, *from = s->code->prog;

	*taken = false;
	if (s->checked && !tail_arguments(s, helper, r))
		return false;
	prog = map_prog_at(u64_ptr(r[2]), (u32)r[3]);
	if (!prog || !prog->code || prog->type != from->type || s->tail_calls == RUN_TAIL_CALLS)
		return true;
	s->tail_calls++;
	s->base = s->depth;
	if (!s->checked && state_checks(s, prog)) {
		/* From here on everything is checked; what callers have on the stack stays. */
		s->checked = true;
		s->zero_low = r[10];
	}
	state_enter(s, prog->code, r[10]);
	memset(r, 0, 10 * sizeof(*r));
	r[1] = ptr_u64(s->exec->packet);
	*taken = true;
	return true;
}
