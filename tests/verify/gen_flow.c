// SPDX-License-Identifier: BSD-2-Clause
/* gen_flow.c - branches and loops of generated programs. See gen_env.h. */
#include "gen_env.h"

static void val_join(struct gval *a, const struct gval *b, u32 alive_b)
{
	if (a->type != b->type || a->off != b->off || a->map != b->map || a->id != b->id || a->ref != b->ref ||
	    a->null != b->null) {
		a->type = G_NONE;
		return;
	}
	if (b->size < a->size)
		a->size = b->size;
	for (u32 k = 0; k < SAMPLES; k++)
		if (alive_b >> k & 1)
			a->s[k] = b->s[k];
}

/* Paths meet: what both know. */
void env_join(struct gen *g, const struct genv *other)
{
	struct genv *e = &g->env;

	for (u32 n = 0; n < 10; n++)
		val_join(&e->reg[n], &other->reg[n], other->alive);
	for (u32 n = 0; n < GEN_SLOTS; n++)
		val_join(&e->slot[n], &other->slot[n], other->alive);
	for (u32 n = 0; n < 512; n++)
		e->set[n] &= other->set[n];
	e->alive |= other->alive;
}

static void branch(struct gen *g)
{
	u32 refs = g->env.refs;

	g->depth++;
	block(g, roll(g, 5));
	g->depth--;
	release_all(g, g->env.refs & ~refs);
}

void st_if(struct gen *g)
{
	struct genv before, first;
	struct gcond c;
	u32 over;

	if (g->depth > 5)
		return;
	c = cond(g);
	before = g->env;
	cond_enter(g, &c, false);
	branch(g);
	if (chance(g, 30)) {
		/* No else. */
		first = g->env;
		g->env = before;
		cond_enter(g, &c, true);
		land(g, c.insn);
		env_join(g, &first);
		return;
	}
	over = emit(g, chance(g, 95) ? INSN_JA : INSN_GOTOL, false, 0, 0, 0, 0);
	first = g->env;
	g->env = before;
	land(g, c.insn);
	cond_enter(g, &c, true);
	branch(g);
	land(g, over);
	env_join(g, &first);
}

/* What the body of a loop changes is not known at its start: registers that it may write hold numbers. */
void loop_body(struct gen *g)
{
	u32 keep = g->keep, refs = g->env.refs;

	for (u32 n = 0; n < 10; n++)
		if (g->env.reg[n].type > G_NUM && !slip(g) && chance(g, 90))
			g->keep |= 1u << n;
	/* Calls lose R1..R5: pointers there stay only without calls, and statements with calls need them free. */
	for (u32 n = 0; n < 6; n++)
		if (g->env.reg[n].type != G_NUM || chance(g, 50)) {
			g->env.reg[n].type = G_NONE;
			g->keep &= ~(1u << n);
		}
	g->depth++;
	g->loops++;
	block(g, 1 + roll(g, g->loops > 1 ? 2 : 4));
	g->loops--;
	g->depth--;
	release_all(g, g->env.refs & ~refs);
	g->keep = keep;
}

/* for (i = 0; i < n; i++), n constant or a number with a bound; also downwards and by steps. */
static void loop_counted(struct gen *g, u32 counter)
{
	static const u8 up[] = { INSN_JLT64, INSN_JNE64, INSN_JSLT64, INSN_JLE64, INSN_JLT32 };
	static const u8 down[] = { INSN_JNE64, INSN_JSGT64, INSN_JGT64, INSN_JSGE64 };
	u32 count = g->loops ? 1 + roll(g, 3) : chance(g, 95) ? 1 + roll(g, 7) : 1 + roll(g, 100), start, back;
	bool rising = chance(g, 70);
	int limit = chance(g, 30) ? pick_saved(g) : -1;
	u32 keep = g->keep;
	/* The counter lives on the stack. */
	bool stack = chance(g, 15);
	s32 home = -8 * (s32)(g->stack / 8 + 1);

	stack &= home >= -512;
	if (stack)
		stack_touch(g, home, 8);
	g->keep |= 1u << counter;
	if (limit == (int)counter)
		limit = -1;
	if (limit >= 0) {
		make_num(g, (u32)limit);
		bound(g, (u32)limit, count);
		g->keep |= 1u << limit;
	}
	if (!rising && limit >= 0)
		emit_mov(g, counter, (u32)limit);
	else
		emit_movi(g, counter, rising ? 0 : (s32)count);
	if (stack)
		emit(g, INSN_STX_DW, true, 10, counter, home, 0);
	num_set(g, counter, 0);
	for (u32 k = 0; k < SAMPLES; k++)
		g->env.reg[counter].s[k] = k == 1 ? count - rising : roll(g, count) + !rising;
	start = g->count;
	if (stack)
		g->keep &= ~(1u << counter);
	loop_body(g);
	if (stack)
		emit(g, INSN_LDX_DW, false, counter, 10, home, 0);
	if (!slip(g))
		emit(g, chance(g, 90) ? INSN_ADD64 : INSN_ADD32, false, counter, 0, 0, rising ? 1 + (s32)!roll(g, 12) : -1);
	if (stack)
		emit(g, INSN_STX_DW, true, 10, counter, home, 0);
	if (rising)
		back = emit(g, limit >= 0 ? INSN_JLT64 : up[roll(g, ARRAY_SIZE(up))], limit >= 0, counter,
			    limit >= 0 ? (u32)limit : 0, 0, limit >= 0 ? 0 : (s32)count);
	else
		back = emit(g, down[roll(g, ARRAY_SIZE(down))], false, counter, 0, 0, 0);
	go_back(g, back, start);
	num_unknown(g, counter, 8);
	g->keep = keep;
}

/* while (may_goto) { ... } */
static void loop_may_goto(struct gen *g)
{
	u32 start = g->count, out = emit(g, INSN_MAY_GOTO, false, 0, 0, 0, 0), back;
	const struct genv before = g->env;

	loop_body(g);
	if (chance(g, 30)) {
		struct gcond c = cond(g);

		back = emit(g, INSN_JA, false, 0, 0, 0, 0);
		land(g, c.insn);
	} else {
		back = emit(g, INSN_JA, false, 0, 0, 0, 0);
	}
	go_back(g, back, start);
	land(g, out);
	env_join(g, &before);
}

/* while (x >>= 1) */
static void loop_shift(struct gen *g, u32 counter)
{
	u32 keep = g->keep, start, back;

	make_num(g, counter);
	bound(g, counter, 255);
	g->keep |= 1u << counter;
	start = g->count;
	loop_body(g);
	if (!slip(g))
		emit(g, chance(g, 50) ? INSN_RSH64 : INSN_RSH32, false, counter, 0, 0, 1 + (s32)roll(g, 2));
	back = emit(g, INSN_JNE64, false, counter, 0, 0, 0);
	go_back(g, back, start);
	g->keep = keep;
}

void st_loop(struct gen *g)
{
	int counter = pick_saved(g);
	struct genv before;

	if (g->loops > 1 || g->depth > 4 || counter < 0 || g->env.locked || g->env.refs)
		return;
	/* Numbers are not what they were before the loop. */
	before = g->env;
	switch (roll(g, 6)) {
	case 0:
		if (g->loops)
			return;
		loop_may_goto(g);
		break;
	case 1:
		loop_shift(g, (u32)counter);
		break;
	default:
		loop_counted(g, (u32)counter);
		break;
	}
	for (u32 n = 0; n < 10; n++)
		if (g->env.reg[n].type > G_NUM && before.reg[n].type != g->env.reg[n].type)
			g->env.reg[n].type = G_NONE;
}
