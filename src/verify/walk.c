// SPDX-License-Identifier: BSD-2-Clause
/* walk.c - one path after the other, one instruction after the other.
 *
 *   verify_prog  ->  flow, live, arguments of functions  ->  walk_function(0), then each global function
 *                                                            |
 *     +------------------------------------------------------+
 *     |   path:  prune_here -> step -> next instruction ... exit, or a state that is known
 *     |            \-- a step that can go two ways puts the state away: walk_fork()
 *     +-- the newest state that was put away is the next path
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "verify/claims.h"
#include "verify/concerns.h"
#include "verify/saved.h"

/* ---- steps: how a path came here ---- */

static int step_push(struct verifier *v, struct step **out)
{
	struct state *s = v->cur;

	if (s->step_count && s->steps[s->step_count - 1].insn == s->insn && s->insn_step) {
		*out = &s->steps[s->step_count - 1];
		return 0;
	}
	if (s->step_count == s->step_room) {
		u32 more = s->step_room ? 2 * s->step_room : 64;
		struct step *steps = reallocarray(s->steps, more, sizeof(*steps));

		if (!steps)
			return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for one more step");
		s->steps = steps;
		s->step_room = more;
	}
	s->insn_step = true;
	*out = &s->steps[s->step_count++];
	**out = (struct step){ .insn = s->insn, .prev = s->prev };
	return 0;
}

int step_note(struct verifier *v)
{
	struct step *step = NULL;

	return step_push(v, &step);
}

int step_note_stack(struct verifier *v, u32 frame, u32 slot)
{
	struct step *step = NULL;
	int err = step_push(v, &step);

	if (err)
		return err;
	step->flags |= STEP_STACK;
	step->frame = (u8)frame;
	step->slot = (u8)slot;
	return 0;
}

int step_note_linked(struct verifier *v, u64 linked)
{
	struct step *step = NULL;
	int err = step_push(v, &step);

	if (err)
		return err;
	step->flags |= STEP_LINKED;
	step->linked = linked;
	return 0;
}

int walk_fork(struct verifier *v, u32 choice)
{
	struct state *s = v->cur;
	u32 taken = s->choice;
	struct saved *saved;
	struct step *step = NULL;
	int err;

	if (v->again)
		return 0;
	if (v->todo_count == V_JUMPS)
		return reject(v, insn_info[v->facts[s->insn].id].shape == SHAPE_JCOND ? -EFAULT : -ENOMEM,
			      REASON_TOO_LARGE, -1, "more than %u branches wait to be walked", V_JUMPS);
	err = step_push(v, &step);
	if (err)
		return err;
	step->choice = (u8)choice;
	s->choice = choice;
	err = saved_pack(v, &saved);
	s->choice = taken;
	s->steps[s->step_count - 1].choice = (u8)taken;
	if (err)
		return err;
	if (saved->parent)
		saved->parent->branches++;
	saved->next = v->todo;
	v->todo = saved;
	v->todo_count++;
	return 0;
}

/* ---- instructions ---- */

/* A field says what has no meaning. */
static int malformed(struct verifier *v)
{
	const struct bpf_insn *insn = v_insn(v);
	u32 i = v->cur->insn;
	LOG_ON_STACK(log);
	struct insn_op op;
	const char *text;
	int err = 0;

	if (insn_info[v->facts[i].id].shape == SHAPE_JCOND && insn->dst_reg < V_REGS)
		err = value_require(v, insn->dst_reg, true);
	if (err)
		return err;
	err = insn_decode(insn, v->count - i, i, &op, &log);
	/* "instruction 7: the offset field ...", "instruction 7 writes r10 ..." */
	text = strchr(log.text + strlen("instruction "), ' ');
	if (text && text[-1] == ':')
		return reject(v, err, REASON_MALFORMED, -1, "%.*s", (int)strcspn(text + 1, "\n"), text + 1);
	return reject(v, err, REASON_MALFORMED, -1, "it%.*s", text ? (int)strcspn(text, "\n") : 0,
		      text ? text : "");
}

int walk_step(struct verifier *v, u32 *next, bool *done)
{
	const struct insn_facts *facts = &v->facts[v->cur->insn];

	*next = v->cur->insn + facts->slots;
	if (unlikely(facts->late))
		return malformed(v);
	switch ((enum insn_shape)insn_info[facts->id].shape) {
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
		return alu_step(v);
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
		v->jumps++;
		return jump_step(v, next);
	case SHAPE_CALL:
		v->jumps++;
		return call_step(v, next);
	case SHAPE_EXIT:
		v->jumps++;
		return exit_step(v, next, done);
	case SHAPE_LDX:
	case SHAPE_STX:
	case SHAPE_ST:
	case SHAPE_ATOMIC:
		return mem_step(v);
	case SHAPE_LD_IMM64:
		return constant_step(v);
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		return legacy_step(v, next);
	}
	return reject(v, -EINVAL, REASON_INTERNAL, -1, "an instruction of no known shape");
}

int call_step(struct verifier *v, u32 *next)
{
	switch ((int)v->facts[v->cur->insn].id) {
	case INSN_CALL_HELPER:
		return call_helper(v, next);
	case INSN_CALL_KFUNC:
		return call_kfunc(v, next);
	}
	return call_local(v, next);
}

static int count(struct verifier *v)
{
	if (v->walked == V_INSNS)
		return reject(v, -E2BIG, REASON_TOO_LARGE, -1,
			      "%u instructions were walked, and there are more paths", v->walked);
	v->walked++;
	if (!(v->walked & 0xfff) && v->options->gone && v->options->gone(v->options->gone_ctx))
		return reject(v, -EINTR, REASON_INTERNAL, -1, "nobody waits for the answer any more");
	return 0;
}

/* Walk until the path ends. The current instruction may be one that is done again with another choice. */
static int walk_path(struct verifier *v)
{
	struct state *s = v->cur;
	bool done = false, again = s->choice;

	while (!done) {
		const struct insn_facts *facts = &v->facts[s->insn];
		u32 next;
		int err = 0;

		s->insn_step = again;
		if (!again) {
			err = count(v);
			if (!err && facts->marks & MARK_PRUNE)
				err = prune_here(v, &done);
			if (err || done)
				return err;
			if (unlikely(v->options->claims))
				claims_visit(v);
			if (facts->marks & MARK_JUMP)
				err = step_note(v);
			done = !err && ahead_ends(v);
		}
		again = false;
		if (err || done)
			return err;
		if (unlikely(v->options->log_level & VERIFY_LOG_STATES))
			statelog_insn(v);
		if (likely(!s->speculative))
			v->notes[s->insn].flags |= NOTE_SEEN;
		err = walk_step(v, &next, &done);
		if (err && ahead_forgives(v, err))
			return 0;
		if (err || ahead_ends_behind(v))
			return err;
		s->choice = 0;
		s->prev = s->insn;
		s->insn = next;
	}
	return 0;
}

/* The path that was walked is at its end, and so may be the states that it came from. */
static void path_ended(struct verifier *v, struct saved *parent)
{
	while (parent && !--parent->branches) {
		loop_ended(v, parent);
		parent = parent->parent;
	}
}

static void forget_kept(struct verifier *v)
{
	for (u32 i = 0; i < v->count; i++) {
		while (v->facts[i].saved) {
			struct saved *saved = v->facts[i].saved;

			v->facts[i].saved = saved->next;
			saved_free(v, saved);
		}
	}
	while (v->evicted) {
		struct saved *saved = v->evicted;

		v->evicted = saved->next;
		saved_free(v, saved);
	}
	while (v->todo) {
		struct saved *saved = v->todo;

		v->todo = saved->next;
		saved_free(v, saved);
	}
	v->todo_count = v->kept = 0;
	loop_forget(v);
}

static int walk_next(struct verifier *v, bool *more)
{
	struct saved *saved = v->todo;
	int err = 0;

	path_ended(v, v->cur->parent);
	if (unlikely(v->options->log_level & (VERIFY_LOG_PATHS | VERIFY_LOG_STATES)))
		statelog_end(v);
	*more = saved;
	if (!saved)
		return 0;
	v->todo = saved->next;
	v->todo_count--;
	err = saved_unpack(v, saved);
	saved_free(v, saved);
	if (unlikely(v->options->log_level & (VERIFY_LOG_PATHS | VERIFY_LOG_STATES)))
		statelog_path(v);
	return err;
}

/* The state before the first instruction of @func, but for the registers. */
static void begin(struct verifier *v, u32 func)
{
	struct state *s = v->cur;

	s->depth = s->ref_count = s->locks = s->preempt = s->rcu = s->may_goto = s->unroll = 0;
	s->lock_id = 0;
	s->lock_ptr = NULL;
	s->speculative = false;
	s->parent = NULL;
	s->step_count = 0;
	s->choice = 0;
	s->insn = s->prev = s->first = v->funcs[func].start;
	s->frame[0].slots = 0;
}

void walk_restart(struct verifier *v, u32 func)
{
	path_ended(v, v->cur->parent);
	begin(v, func);
}

int walk_begin(struct verifier *v, u32 func)
{
	begin(v, func);
	v->func = func;
	return func_enter(v, func);
}

int walk_function(struct verifier *v, u32 func)
{
	bool more = true;
	int err = walk_begin(v, func);

	if (unlikely(v->options->log_level & (VERIFY_LOG_PATHS | VERIFY_LOG_STATES)))
		statelog_path(v);
	while (!err && more) {
		err = walk_path(v);
		if (!err)
			err = walk_next(v, &more);
	}
	if (!err)
		v->funcs[func].verified = true;
	return err;
}

/* ---- the whole ---- */

/* Global functions are verified by themselves, once each, if something calls them. */
static int walk_all(struct verifier *v)
{
	int err = walk_function(v, 0);
	bool found = true;

	while (!err && found) {
		found = false;
		for (u32 f = 1; !err && f < v->func_count; f++) {
			if (!v->funcs[f].global || !v->funcs[f].called || v->funcs[f].verified)
				continue;
			found = true;
			forget_kept(v);
			err = walk_function(v, f);
		}
	}
	return err;
}

static int verify_try(struct verifier *v)
{
	int err = maps_require(v);

	if (!err)
		err = flow_learn(v);
	if (!err)
		err = live_learn(v);
	if (!err)
		err = loop_learn(v);
	for (u32 f = 0; !err && f < v->func_count; f++)
		err = func_args_learn(v, f);
	if (!err)
		err = walk_all(v);
	if (!err)
		err = depth_check(v);
	if (!err)
		err = rewrite_prog(v);
	return err;
}

static void verifier_open(struct verifier *v, struct prog *prog, const struct verify_options *options)
{
	v->prog = prog;
	v->insns = prog->insns;
	v->count = prog->insn_count;
	v->options = options;
	v->log = options->log;
	v->privileged = options->perfmon;
	v->capable = options->bpf;
	v->strict_align = prog->flags & BPF_F_STRICT_ALIGNMENT;
	v->test_sync = prog->flags & FLAG_TEST_REG_INVARIANTS;
	v->who = ctx_who_of(prog->type, prog->attach_type);
	v->helper_who = helper_who_of(prog->type);
	v->btf = prog->btf ? &btf_of(prog->btf)->view : NULL;
	v->cur = calloc(1, sizeof(*v->cur));
	/* One more than there are: what follows a call may be marked. */
	v->facts = calloc((size_t)v->count + 1, sizeof(*v->facts));
	v->notes = calloc(v->count, sizeof(*v->notes));
}

static void verifier_close(struct verifier *v)
{
	if (v->facts)
		forget_kept(v);
	if (v->cur) {
		free(v->cur->refs);
		free(v->cur->steps);
	}
	for (u32 f = 0; v->funcs && f < v->func_count; f++)
		free(v->funcs[f].args);
	free(v->cur);
	free(v->visits);
	free(v->facts);
	free(v->notes);
	free(v->funcs);
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

int verify_prog(struct prog *prog, const struct verify_options *options, struct verify_stats *stats)
{
	struct verifier v = { 0 };
	u64 start = now_ns();
	int err;

	verifier_open(&v, prog, options);
	if (v.cur && v.facts && v.notes)
		err = verify_try(&v);
	else
		err = reject(&v, -ENOMEM, REASON_INTERNAL, -1,
			     "no memory to verify %u instructions", v.count);
	v.stats.ns = now_ns() - start;
	v.stats.insns = v.walked;
	report_verdict(&v, err);
	if (stats)
		*stats = v.stats;
	verifier_close(&v);
	return err;
}
