// SPDX-License-Identifier: BSD-2-Clause
/* precise.c - which numbers of kept states matter exactly.
 *
 * Most numbers of a state do not matter for safety: a state that differs from a kept one only in those is
 * walked already. When a number does matter (an offset, a size, a decided jump), this file goes back
 * over the path and marks, in every kept state that it came through, the numbers that it was made from.
 *
 *   kept state --steps--> kept state --steps--> here        back from here:  R3  <- R3 + R2  <- slot 1 ...
 *        ^ marks               ^ marks
 *
 * What cannot be followed makes all numbers of all states on the path matter.
 */
#include "verify/concerns.h"
#include "verify/saved.h"

#define ARGS 0x3eu          /* R1..R5 */

/* What is looked for, by frame. */
struct wanted {
	u32 frame;          /* the one that the instruction is in */
	u16 regs[V_FRAMES];
	u64 slots[V_FRAMES];
};

/* A piece of path: from a kept state, or the start, to @last. */
struct piece {
	const struct step *steps;
	u32 count;
	u32 first, last;
	struct saved *parent;
};

static bool nothing_wanted(const struct wanted *w)
{
	for (u32 f = 0; f < V_FRAMES; f++)
		if (w->regs[f] || w->slots[f])
			return false;
	return true;
}

static bool wants(const struct wanted *w, u32 reg)
{
	return w->regs[w->frame] >> reg & 1;
}

static void want(struct wanted *w, u32 reg)
{
	if (reg < 10)
		w->regs[w->frame] |= (u16)(1u << reg);
}

static void found(struct wanted *w, u32 reg)
{
	w->regs[w->frame] &= (u16)~(1u << reg);
}

/* Numbers that were refined together want one another. */
static void want_linked(struct wanted *w, const struct step *step)
{
	u32 frame, which, count = step->linked & 15;
	bool any = false, reg;

	for (u32 i = 0; i < count; i++) {
		linked_get(step->linked, i, &frame, &reg, &which);
		any |= reg ? w->regs[frame] >> which & 1 : w->slots[frame] >> which & 1;
	}
	for (u32 i = 0; any && i < count; i++) {
		linked_get(step->linked, i, &frame, &reg, &which);
		if (reg)
			w->regs[frame] |= (u16)(1u << which);
		else
			w->slots[frame] |= 1ull << which;
	}
}

static bool back_alu(const struct verifier *v, u32 i, struct wanted *w)
{
	const struct bpf_insn *insn = &v->insns[i];
	u8 shape = insn_info[v->facts[i].id].shape;

	if (!wants(w, insn->dst_reg))
		return true;
	if (shape == SHAPE_MOV || shape == SHAPE_MOVSX)
		found(w, insn->dst_reg);
	if (v->facts[i].reg && shape != SHAPE_ENDIAN && shape != SHAPE_NEG)
		want(w, insn->src_reg);
	return true;
}

static bool back_load(u32 dst, const struct step *step, struct wanted *w)
{
	if (!wants(w, dst))
		return true;
	found(w, dst);
	if (step && step->flags & STEP_STACK)
		w->slots[step->frame] |= 1ull << step->slot;
	return true;
}

static bool back_store(const struct verifier *v, u32 i, const struct step *step, struct wanted *w)
{
	const struct bpf_insn *insn = &v->insns[i];

	if (wants(w, insn->dst_reg))
		return false;
	if (!step || !(step->flags & STEP_STACK) || !(w->slots[step->frame] >> step->slot & 1))
		return true;
	w->slots[step->frame] &= ~(1ull << step->slot);
	if (insn_info[v->facts[i].id].shape != SHAPE_ST)
		want(w, insn->src_reg);
	return true;
}

/* Back out of a function to its call: its arguments are the caller's registers. */
static bool back_enter(struct wanted *w, bool arguments)
{
	u16 regs = w->regs[w->frame];

	if (!w->frame || regs & ~ARGS || w->slots[w->frame])
		return false;
	w->regs[w->frame] = 0;
	w->frame--;
	if (arguments)
		w->regs[w->frame] |= regs;
	return true;
}

/* Back into a function, or callback, from behind its call. */
static bool back_exit(const struct verifier *v, u32 after, struct wanted *w)
{
	bool result;

	if (v->facts[after].marks & MARK_CALLBACK)
		w->regs[w->frame] &= (u16)~ARGS;
	if (w->regs[w->frame] & ARGS || w->frame == V_FRAMES - 1)
		return false;
	result = after && v->facts[after - 1].id == INSN_CALL_LOCAL && wants(w, 0);
	found(w, 0);
	w->frame++;
	w->regs[w->frame] = 0;
	w->slots[w->frame] = 0;
	if (result)
		want(w, 0);
	return true;
}

static bool back_call(const struct verifier *v, u32 i, u32 after, struct wanted *w)
{
	if (v->facts[i].id == INSN_CALL_LOCAL && after != i + 1)
		return back_enter(w, true);
	if (v->facts[i].marks & MARK_CALLBACK && after != i + 1)
		return back_enter(w, false);
	/* A tail call that ended its function. */
	if (v->facts[i].id == INSN_CALL_HELPER && after != i + 1 && !back_exit(v, after, w))
		return false;
	found(w, 0);
	return !(w->regs[w->frame] & ARGS);
}

/* What was wanted after instruction @i is made of what before it? False: that cannot be said.
 * @after: the instruction that came next. */
static bool back_over(const struct verifier *v, u32 i, u32 after, const struct step *step, struct wanted *w)
{
	const struct bpf_insn *insn = &v->insns[i];
	u8 id = v->facts[i].id;

	if (!v->facts[i].slots)
		return true;
	switch ((enum insn_shape)insn_info[id].shape) {
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
		return back_alu(v, i, w);
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
		return true;
	case SHAPE_JCOND:
		if (v->facts[i].reg && (wants(w, insn->dst_reg) || wants(w, insn->src_reg))) {
			want(w, insn->dst_reg);
			want(w, insn->src_reg);
		}
		return true;
	case SHAPE_CALL:
		return back_call(v, i, after, w);
	case SHAPE_EXIT:
		return back_exit(v, after, w);
	case SHAPE_LDX:
		return back_load(insn->dst_reg, step, w);
	case SHAPE_ATOMIC:
		if (insn_info[id].flags & F_LOAD)
			return back_load(insn->dst_reg, step, w);
		/* What is fetched was in memory; what is stored there is no number that is known. */
		if (insn_info[id].flags & F_FETCH)
			return back_load(
				id == INSN_CMPXCHG_W || id == INSN_CMPXCHG_DW ? 0 : insn->src_reg,
				step, w);
		return back_store(v, i, step, w);
	case SHAPE_STX:
	case SHAPE_ST:
		return back_store(v, i, step, w);
	case SHAPE_LD_IMM64:
		found(w, insn->dst_reg);
		return true;
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		/* It may have ended its function. */
		return after == i + 1 && !wants(w, 0);
	}
	return false;
}

/* Back over one piece of path. *@after: the instruction behind it. False: it cannot be followed. */
static bool back_piece(const struct verifier *v, const struct piece *p, u32 *after, bool skip_last,
		       struct wanted *w)
{
	u32 i = p->last, count = p->count;

	for (;;) {
		const struct step *step =
			count && p->steps[count - 1].insn == i ? &p->steps[count - 1] : NULL;

		if (!skip_last) {
			if (step && step->flags & STEP_LINKED)
				want_linked(w, step);
			if (!back_over(v, i, *after, step, w))
				return false;
			if (step && step->flags & STEP_LINKED)
				want_linked(w, step);
		}
		skip_last = false;
		if (nothing_wanted(w))
			return true;
		*after = i;
		if (i == p->first && (!count || (count == 1 && step)))
			return true;
		if (step) {
			i = step->prev;
			count--;
		} else if (!i--) {
			return false;
		}
	}
}

/* Mark what is wanted in kept state @st. What is not a number, and what is marked, is found. */
static void mark(struct saved *st, struct wanted *w, bool *changed)
{
	for (u32 f = 0; f <= w->frame; f++) {
		struct saved_frame *frame = f <= st->depth ? &st->frame[f] : NULL;

		for (u32 left = w->regs[f]; left; left &= left - 1) {
			u32 n = (u32)__builtin_ctz(left);
			const struct reg *reg = frame ? saved_reg(frame, n) : NULL;

			if (!reg || !reg_is_number(reg) || frame->precise >> n & 1) {
				w->regs[f] &= (u16)~(1u << n);
				continue;
			}
			frame->precise |= (u16)(1u << n);
			*changed = true;
		}
		for (u64 left = w->slots[f]; left; left &= left - 1) {
			u32 n = (u32)__builtin_ctzll(left);
			const struct reg *reg = frame ? saved_spill(frame, n) : NULL;

			if (!reg || !reg_is_number(reg) || frame->precise_spills >> n & 1) {
				w->slots[f] &= ~(1ull << n);
				continue;
			}
			frame->precise_spills |= 1ull << n;
			*changed = true;
		}
	}
}

static void mark_all(struct saved *st, bool *changed)
{
	for (; st; st = st->parent) {
		for (u32 f = 0; f <= st->depth; f++) {
			struct saved_frame *frame = &st->frame[f];

			*changed |= frame->precise != frame->regs || frame->precise_spills != frame->spills;
			frame->precise = frame->regs;
			frame->precise_spills = frame->spills;
		}
	}
}

/* Follow @w back from the end of piece @p. @skip_last: its last instruction has not been done. */
static void follow(const struct verifier *v, struct piece p, bool skip_last, struct wanted *w, bool *changed)
{
	u32 after = UINT32_MAX;

	for (;;) {
		struct saved *st = p.parent;

		if (!back_piece(v, &p, &after, skip_last, w)) {
			mark_all(st, changed);
			return;
		}
		skip_last = false;
		if (!st || nothing_wanted(w))
			return;
		mark(st, w, changed);
		if (nothing_wanted(w))
			return;
		after = p.first;
		p = (struct piece){ st->steps, st->step_count, st->first, st->prev, st->parent };
		/* A state that is kept where its function starts has no path before it. */
		if (!st->parent && st->insn == st->first && !st->step_count)
			return;
	}
}

static struct piece current_piece(const struct verifier *v)
{
	const struct state *s = v->cur;

	return (struct piece){ s->steps, s->step_count, s->first, s->insn, s->parent };
}

int precise_reg(struct verifier *v, u32 n)
{
	struct wanted w = { .frame = v->cur->depth };
	bool changed;

	if (!v->capable || !v->cur->parent || !reg_is_number(v_reg(v, n)))
		return 0;
	want(&w, n);
	follow(v, current_piece(v), true, &w, &changed);
	return 0;
}

int precise_slot(struct verifier *v, u32 frame, u32 slot)
{
	struct wanted w = { .frame = v->cur->depth };
	bool changed;

	if (!v->capable || !v->cur->parent)
		return 0;
	w.slots[frame] = 1ull << slot;
	follow(v, current_piece(v), true, &w, &changed);
	return 0;
}

static void want_marked(const struct saved *known, struct wanted *w)
{
	for (u32 f = 0; f <= known->depth; f++) {
		w->regs[f] = known->frame[f].precise;
		w->slots[f] = known->frame[f].precise_spills;
	}
}

void precise_as(struct verifier *v, const struct saved *known)
{
	struct wanted w = { .frame = v->cur->depth };
	bool changed;

	if (!v->capable)
		return;
	want_marked(known, &w);
	if (!nothing_wanted(&w))
		follow(v, current_piece(v), true, &w, &changed);
}

bool precise_back_edge(struct verifier *v, const struct saved *known, const struct saved *end)
{
	struct wanted w = { .frame = end->depth };
	bool changed = false;

	want_marked(known, &w);
	if (!nothing_wanted(&w))
		follow(v, (struct piece){ end->steps, end->step_count, end->first, end->insn, end->parent },
		       true, &w, &changed);
	return changed;
}

void precise_all(struct saved *from)
{
	bool changed;

	mark_all(from, &changed);
}
