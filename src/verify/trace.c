// SPDX-License-Identifier: BSD-2-Clause
/* trace.c - see trace.h. */
#include "verify/trace.h"

#include <errno.h>
#include <stdlib.h>

#include "verify/saved.h"

/* ---- the path ---- */

/* What lies between two states that were kept, from its last instruction back. */
struct piece {
	const struct step *steps;
	u32 count, first, last;
	const struct saved *parent;
};

/* Go back over the whole path: fill @at from its end, when there is one. Returns the number of points. */
static u32 path_back(const struct verifier *v, struct point *at)
{
	const struct state *s = v->cur;
	struct piece p = { s->steps, s->step_count, s->first, s->insn, s->parent };
	const struct saved *st;
	u32 n = 0, i;

	for (;;) {
		u32 left = p.count;

		for (i = p.last;;) {
			const struct step *step =
				left && p.steps[left - 1].insn == i ? &p.steps[left - 1] : NULL;

			if (v->facts[i].slots) {
				n++;
				if (at)
					at[-(ptrdiff_t)n] = (struct point){
						.insn = i, .choice = step ? step->choice : 0 };
			}
			if (i == p.first && (!left || (left == 1 && step)))
				break;
			if (step) {
				i = step->prev;
				left--;
			} else if (!i--) {
				return n;
			}
		}
		st = p.parent;
		/* A state that was kept where its function starts has no path before it. */
		if (!st || (!st->parent && st->insn == st->first && !st->step_count))
			return n;
		p = (struct piece){ st->steps, st->step_count, st->first, st->prev, st->parent };
	}
}

/* The choice of the last point is the one that was being made. */
static int path_make(struct trace *t)
{
	u32 count = path_back(t->v, NULL);

	t->at = calloc(count, sizeof(*t->at));
	if (!t->at)
		return -ENOMEM;
	path_back(t->v, t->at + count);
	t->count = count;
	t->at[count - 1].choice = (u8)t->v->cur->choice;
	return 0;
}

/* ---- walking it again ---- */

/* A verifier that walks one path and decides nothing. */
struct again {
	struct verifier v;
	struct verify_options options;
};

static int again_open(const struct trace *t, struct again *a)
{
	struct verifier *v = &a->v;
	int err;

	*v = *t->v;
	a->options = *t->v->options;
	a->options.log_level = 0;
	a->options.log = NULL;
	a->options.claims = NULL;
	a->options.gone = NULL;
	v->options = &a->options;
	v->log = NULL;
	v->again = true;
	v->todo = NULL;
	v->cur = calloc(1, sizeof(*v->cur));
	v->notes = calloc(v->count, sizeof(*v->notes));
	if (!v->cur || !v->notes)
		return -ENOMEM;
	err = walk_begin(v, v->func);
	return err == -ENOMEM ? err : 0;
}

static void again_close(struct again *a)
{
	if (a->v.cur) {
		free(a->v.cur->refs);
		free(a->v.cur->steps);
	}
	free(a->v.cur);
	free(a->v.notes);
}

/* Call @before and @after around every point, the last excepted, which is only looked at before. Returns
 * whether the walk came there. */
static bool again_walk(struct again *a, const struct trace *t,
		       void (*before)(struct verifier *v, u32 at, void *ctx),
		       void (*after)(struct verifier *v, u32 at, void *ctx), void *ctx)
{
	struct state *s = a->v.cur;

	for (u32 k = 0; k < t->count; k++) {
		bool done = false;
		u32 next;

		if (s->insn != t->at[k].insn)
			return false;
		s->choice = t->at[k].choice;
		before(&a->v, k, ctx);
		if (k + 1 == t->count)
			return true;
		if (walk_step(&a->v, &next, &done) || done)
			return false;
		s->choice = 0;
		s->prev = s->insn;
		s->insn = next;
		after(&a->v, k, ctx);
	}
	return false;
}

/* ---- what made what ---- */

struct maker {
	struct trace *t;
	u32 depth;                       /* before the instruction */
	struct reg dst, src;
	u8 type[V_FRAMES][V_REGS];       /* before a call: what there is */
	u8 spilled[V_FRAMES][V_SLOTS];
};

static u8 spill_type(const struct frame *frame, u32 slot)
{
	return slot < frame->slots && frame->kind[slot][0] == SLOT_SPILL ? frame->spill[slot].type
									 : REG_NOTHING;
}

static void note_types(const struct verifier *v, struct maker *m)
{
	for (u32 f = 0; f <= v->cur->depth; f++) {
		const struct frame *frame = &v->cur->frame[f];

		for (u32 n = 0; n < V_REGS; n++)
			m->type[f][n] = frame->reg[n].type;
		for (u32 i = 0; i < V_SLOTS; i++)
			m->spilled[f][i] = spill_type(frame, i);
	}
}

/* A pointer that a call made worthless was made, as what it is now, by it. */
static void lose(struct trace *t, u32 at, u8 was, u8 is, point_ref *made)
{
	struct point *p = &t->at[at];

	if (was <= REG_NUMBER || is > REG_NUMBER)
		return;
	if (!(p->flags & POINT_LOSES)) {
		p->flags |= POINT_LOSES;
		p->lost = was;
		p->from[0] = *made;
	}
	*made = at + 1;
}

static void find_lost(const struct verifier *v, struct maker *m, u32 at)
{
	struct trace *t = m->t;

	for (u32 f = 0; f <= min_u32(m->depth, v->cur->depth); f++) {
		const struct frame *frame = &v->cur->frame[f];

		for (u32 n = f == m->depth ? 6 : 0; n < V_REGS; n++)
			lose(t, at, m->type[f][n], frame->reg[n].type, &t->reg[f][n]);
		for (u32 i = 0; i < V_SLOTS; i++)
			lose(t, at, m->spilled[f][i], spill_type(frame, i), &t->slot[f][i]);
	}
}

/* Which slot a load or store at a constant offset reaches. */
static void find_slot(const struct reg *base, s32 off, struct point *p)
{
	s64 at = (s64)base->off + off + (s64)base->n.bits.value;

	if (base->type != REG_STACK || !range_is_const(&base->n) || at >= 0 || at < -V_STACK)
		return;
	p->flags |= POINT_WRITES_STACK;
	p->frame = base->frame;
	p->slot = (u8)((-at - 1) / 8);
}

static bool is_null(const struct verifier *v, const struct bpf_insn *insn, const struct reg *src)
{
	return v->facts[v->cur->insn].reg ? reg_is_null(src) : !insn->imm;
}

static void judge_jump(const struct verifier *v, const struct maker *m, struct point *p)
{
	const struct bpf_insn *insn = v_insn(v);
	bool reg = v->facts[v->cur->insn].reg;

	if (reg && ((reg_is_packet(&m->dst) && m->src.type == REG_PACKET_END) ||
		    (reg_is_packet(&m->src) && m->dst.type == REG_PACKET_END)))
		p->flags |= POINT_ROOM_CHECK;
	else if (m->dst.flags & REG_MAYBE_NULL && is_null(v, insn, &m->src))
		p->flags |= POINT_NULL_CHECK;
	else if (reg_is_number(&m->dst) && (!reg || reg_is_number(&m->src)))
		p->flags |= POINT_NUMBER_CHECK;
}

static void maker_before(struct verifier *v, u32 at, void *ctx)
{
	const struct bpf_insn *insn = v_insn(v);
	const struct insn_facts *facts = &v->facts[v->cur->insn];
	struct maker *m = ctx;
	struct trace *t = m->t;
	struct point *p = &t->at[at];
	u32 f = v->cur->depth;
	enum insn_shape shape = insn_info[facts->id].shape;
	/* The second field of some instructions says which they are. */
	bool src = facts->reg || shape == SHAPE_LDX || shape == SHAPE_STX || shape == SHAPE_ATOMIC ||
		   shape == SHAPE_LD_IND;

	m->depth = f;
	p->depth = (u8)f;
	if (at + 1 == t->count)
		memcpy(t->end, v_frame(v)->reg, sizeof(t->end));
	m->dst = *v_reg(v, insn->dst_reg);
	m->src = src ? *v_reg(v, insn->src_reg) : (struct reg){ 0 };
	p->from[0] = t->reg[f][insn->dst_reg];
	p->from[1] = src ? t->reg[f][insn->src_reg] : 0;
	switch (shape) {
	case SHAPE_MOV:
	case SHAPE_MOVSX:
		p->from[0] = p->from[1];
		p->from[1] = 0;
		break;
	case SHAPE_LDX:
		find_slot(&m->src, insn->off, p);
		p->from[0] = p->flags & POINT_WRITES_STACK ? t->slot[p->frame][p->slot] : 0;
		p->flags &= (u8)~POINT_WRITES_STACK;
		break;
	case SHAPE_STX:
		find_slot(&m->dst, insn->off, p);
		p->from[1] = p->from[0];
		p->from[0] = t->reg[f][insn->src_reg];
		break;
	case SHAPE_ST:
		find_slot(&m->dst, insn->off, p);
		p->from[1] = p->from[0];
		p->from[0] = 0;
		break;
	case SHAPE_ATOMIC:
		find_slot(insn_info[facts->id].flags & F_LOAD ? &m->src : &m->dst, insn->off, p);
		break;
	case SHAPE_CALL:
		p->from[0] = p->from[1] = 0;
		note_types(v, m);
		break;
	case SHAPE_EXIT:
		p->from[0] = t->reg[f][0];
		p->from[1] = 0;
		break;
	case SHAPE_JCOND:
		judge_jump(v, m, p);
		break;
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_ENDIAN:
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_LD_IMM64:
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		break;
	}
}

/* A function of the program begins: its arguments are the caller's, or what a helper passes. */
static void enter(const struct verifier *v, struct trace *t, u32 at)
{
	u32 f = v->cur->depth;

	memset(t->reg[f], 0, sizeof(t->reg[f]));
	memset(t->slot[f], 0, sizeof(t->slot[f]));
	t->at[at].flags |= POINT_ENTERS;
	for (u32 n = 1; n <= 5; n++)
		t->reg[f][n] = f && !v->cur->frame[f].callback ? t->reg[f - 1][n] : at + 1;
}

static void made_by_call(const struct verifier *v, struct maker *m, u32 at)
{
	struct trace *t = m->t;
	u32 f = v->cur->depth;

	if (f > m->depth || (f == m->depth && v->cur->insn != t->at[at].insn + 1)) {
		enter(v, t, at);
		return;
	}
	find_lost(v, m, at);
	for (u32 n = 0; n <= 5; n++)
		t->reg[f][n] = at + 1;
}

static bool compares_and_sets(enum insn_id id) { return id == INSN_CMPXCHG_W || id == INSN_CMPXCHG_DW; }

static void maker_after(struct verifier *v, u32 at, void *ctx)
{
	struct maker *m = ctx;
	struct trace *t = m->t;
	struct point *p = &t->at[at];
	const struct bpf_insn *insn = &v->insns[p->insn];
	u16 flags = insn_info[trace_op(t, at)].flags;
	u32 f = p->depth;

	switch (trace_shape(t, at)) {
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
	case SHAPE_LD_IMM64:
	case SHAPE_LDX:
		t->reg[f][insn->dst_reg] = at + 1;
		break;
	case SHAPE_STX:
	case SHAPE_ST:
		if (p->flags & POINT_WRITES_STACK)
			t->slot[p->frame][p->slot] = at + 1;
		break;
	case SHAPE_ATOMIC:
		if (flags & F_LOAD)
			t->reg[f][insn->dst_reg] = at + 1;
		else if (p->flags & POINT_WRITES_STACK)
			t->slot[p->frame][p->slot] = at + 1;
		if (flags & F_FETCH)
			t->reg[f][compares_and_sets(trace_op(t, at)) ? 0 : insn->src_reg] = at + 1;
		break;
	case SHAPE_CALL:
		made_by_call(v, m, at);
		break;
	case SHAPE_EXIT:
		for (u32 n = 0; n <= 5; n++)
			t->reg[v->cur->depth][n] = at + 1;
		break;
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		for (u32 n = 0; n <= 5; n++)
			t->reg[f][n] = at + 1;
		break;
	case SHAPE_JCOND:
		p->taken = v->cur->insn != p->insn + 1;
		break;
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
		break;
	}
}

int trace_open(struct verifier *v, struct trace *trace)
{
	struct maker maker = { .t = trace };
	struct again again = { 0 };
	int err;

	*trace = (struct trace){ .v = v };
	err = path_make(trace);
	if (!err)
		err = again_open(trace, &again);
	if (!err)
		trace->exact = again_walk(&again, trace, maker_before, maker_after, &maker);
	again_close(&again);
	return err;
}

void trace_close(struct trace *trace)
{
	free(trace->at);
}

/* ---- looking at some of it ---- */

struct looker {
	const struct trace *t;
	struct look *look, *end;
};

static u32 out_reg(const struct trace *t, u32 at)
{
	return trace_shape(t, at) == SHAPE_CALL || trace_shape(t, at) == SHAPE_EXIT ? 0
		: t->v->insns[t->at[at].insn].dst_reg;
}

static void look_before(struct verifier *v, u32 at, void *ctx)
{
	struct looker *l = ctx;

	if (l->look == l->end || l->look->at != at)
		return;
	l->look->seen = true;
	l->look->dst = l->look->out = *v_reg(v, out_reg(l->t, at));
	l->look->src = l->look->out_src = *v_reg(v, v_insn(v)->src_reg % V_REGS);
	if (at + 1 == l->t->count)
		l->look++;
}

static void look_after(struct verifier *v, u32 at, void *ctx)
{
	struct looker *l = ctx;

	if (l->look == l->end || l->look->at != at)
		return;
	l->look->out = *v_reg(v, out_reg(l->t, at));
	l->look->out_src = *v_reg(v, v->insns[l->t->at[at].insn].src_reg % V_REGS);
	l->look++;
}

int trace_look(const struct trace *trace, struct look *looks, u32 count)
{
	struct looker looker = { trace, looks, looks + count };
	struct again again = { 0 };
	int err = again_open(trace, &again);

	if (!err)
		again_walk(&again, trace, look_before, look_after, &looker);
	again_close(&again);
	return err;
}
