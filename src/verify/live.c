// SPDX-License-Identifier: BSD-2-Clause
/* live.c - which registers and stack slots may still be read, for every instruction: two passes over the
 * code of each function, before the walk.
 *
 *   forward    which registers may hold a pointer into the function's own stack, and where to
 *   backward   live before = read here, or live after and not overwritten here
 *
 * What is not live is not kept in states: so fewer of them differ, and they are smaller. A mistake is
 * safe in one direction only: more may be called live than is. Whoever gets a stack pointer as an
 * argument may read everything from there on; a function of the program everything. A pointer that was
 * stored may come back with any load.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"

/* What a register may hold, in the forward pass. From ORIGIN on: R10 + (value - ORIGIN). */
enum { UNSEEN, OTHER, SOMEWHERE, ORIGIN = 1024 };

#define PASSES 64       /* then the code is so strange that everything is live */

#define ALL_SLOTS UINT64_MAX
#define ARGS 0x3eu      /* R1..R5 */
#define SCRATCH 0x3fu   /* R0..R5 */
#define R0 0x01u
#define R10 0x400u

struct tracks {
	u16 reg[V_REGS];
};

struct live {
	struct verifier *v;
	struct tracks *before;    /* one an instruction */
	bool *stored;             /* of each function: a stack pointer may be in memory */
	bool changed;
};

/* What one instruction reads and overwrites. */
struct effect {
	u16 use, def;
	u64 read, overwritten;
};

static u16 join(u16 a, u16 b)
{
	if (a == b || b == UNSEEN)
		return a;
	return a == UNSEEN ? b : SOMEWHERE;
}

static bool on_stack(u16 track)
{
	return track >= SOMEWHERE;
}

static u16 moved(u16 track, s64 by)
{
	s64 off = (s64)track - ORIGIN + by;

	if (!on_stack(track) || track == SOMEWHERE)
		return track;
	return off < -V_STACK || off > 0 ? SOMEWHERE : (u16)(ORIGIN + off);
}

static u32 target(const struct verifier *v, u32 i)
{
	return i + 1 + (u32)(v->facts[i].id == INSN_GOTOL ? v->insns[i].imm : v->insns[i].off);
}

static bool goes_on(const struct verifier *v, u32 i)
{
	u8 id = v->facts[i].id;

	return id != INSN_EXIT && id != INSN_JA && id != INSN_GOTOL;
}

static bool jumps(const struct verifier *v, u32 i)
{
	u8 shape = insn_info[v->facts[i].id].shape;

	return shape == SHAPE_JA || shape == SHAPE_JCOND || shape == SHAPE_MAY_GOTO;
}

/* ---- forward ---- */

static void track_alu(struct live *l, u32 i, struct tracks *t)
{
	const struct bpf_insn *insn = &l->v->insns[i];
	u16 src = l->v->facts[i].reg ? t->reg[insn->src_reg] : OTHER;
	u16 *dst = &t->reg[insn->dst_reg];

	switch ((int)l->v->facts[i].id) {
	case INSN_MOV64:
		*dst = src;
		return;
	case INSN_ADD64:
	case INSN_SUB64:
		if (!l->v->facts[i].reg)
			*dst = moved(*dst, l->v->facts[i].id == INSN_ADD64 ? insn->imm : -(s64)insn->imm);
		else if (on_stack(*dst) || on_stack(src))
			*dst = SOMEWHERE;
		return;
	}
	/* An address that was changed in other ways is refused or a number, but who knows. */
	*dst = on_stack(*dst) || on_stack(src) ? SOMEWHERE : OTHER;
}

static bool stack_argument(const struct tracks *t)
{
	for (u32 n = 1; n <= 5; n++)
		if (on_stack(t->reg[n]))
			return true;
	return false;
}

static void store_pointer(struct live *l, u32 i)
{
	bool *stored = &l->stored[l->v->facts[i].func];

	l->changed |= !*stored;
	*stored = true;
}

static void track(struct live *l, u32 i, struct tracks *t)
{
	const struct verifier *v = l->v;
	const struct bpf_insn *insn = &v->insns[i];
	u16 loaded = l->stored[v->facts[i].func] ? SOMEWHERE : OTHER;

	switch ((enum insn_shape)insn_info[v->facts[i].id].shape) {
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
		track_alu(l, i, t);
		break;
	case SHAPE_LDX:
		t->reg[insn->dst_reg] = v->facts[i].id == INSN_LDX_DW ? loaded : OTHER;
		break;
	case SHAPE_STX:
		if (on_stack(t->reg[insn->src_reg]))
			store_pointer(l, i);
		break;
	case SHAPE_ATOMIC:
		if (on_stack(t->reg[insn->src_reg]))
			store_pointer(l, i);
		t->reg[insn->src_reg] = join(t->reg[insn->src_reg], loaded);
		t->reg[0] = join(t->reg[0], loaded);
		if (insn_info[v->facts[i].id].flags & F_LOAD)
			t->reg[insn->dst_reg] = loaded;
		break;
	case SHAPE_CALL:
		if ((v->facts[i].id == INSN_CALL_LOCAL || v->facts[i].marks & MARK_CALLBACK) &&
		    stack_argument(t))
			store_pointer(l, i);
		t->reg[0] = v->facts[i].id == INSN_CALL_KFUNC && stack_argument(t) ? SOMEWHERE : OTHER;
		for (u32 n = 1; n <= 5; n++)
			t->reg[n] = OTHER;
		break;
	case SHAPE_LD_IMM64:
		t->reg[insn->dst_reg] = OTHER;
		break;
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		for (u32 n = 0; n <= 5; n++)
			t->reg[n] = OTHER;
		break;
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
	case SHAPE_EXIT:
	case SHAPE_ST:
		break;
	}
}

static void meet(struct live *l, u32 to, const struct tracks *t)
{
	struct tracks *before = &l->before[to];

	for (u32 n = 0; n < V_REGS; n++) {
		u16 both = join(before->reg[n], t->reg[n]);

		l->changed |= both != before->reg[n];
		before->reg[n] = both;
	}
}

static bool forward(struct live *l)
{
	struct verifier *v = l->v;
	u32 passes = 0;

	for (u32 f = 0; f < v->func_count; f++) {
		struct tracks *t = &l->before[v->funcs[f].start];

		for (u32 n = 0; n < V_REGS; n++)
			t->reg[n] = OTHER;
		t->reg[10] = ORIGIN;
	}
	do {
		l->changed = false;
		for (u32 i = 0; i < v->count; i += v->facts[i].slots) {
			struct tracks t = l->before[i];

			if (t.reg[10] == UNSEEN)
				continue;
			track(l, i, &t);
			if (jumps(v, i))
				meet(l, target(v, i), &t);
			if (goes_on(v, i))
				meet(l, i + v->facts[i].slots, &t);
		}
	} while (l->changed && ++passes < PASSES);
	return !l->changed;
}

/* ---- backward ---- */

/* The slots that [@off, @off + @size) of the stack touches. */
static u64 slots_of(s32 off, u32 size)
{
	s32 last = off + (s32)size - 1;
	u32 high, low;

	if (off < -V_STACK || last >= 0 || last < off)
		return ALL_SLOTS;
	high = (u32)(-off - 1) / 8;
	low = (u32)(-last - 1) / 8;
	return (UINT64_MAX >> (63 - high)) & (UINT64_MAX << low);
}

/* The whole slot that a store fills, or none. */
static u64 filled(s32 off, u32 size)
{
	return size == 8 && off % 8 == 0 && off >= -V_STACK && off < 0 ? slots_of(off, 8) : 0;
}

static void access_effect(const struct live *l, u32 i, u32 reg, bool load, struct effect *e)
{
	u16 track = l->before[i].reg[reg];
	u32 size = insn_info[l->v->facts[i].id].width / 8;
	s32 off = (s32)track - ORIGIN + l->v->insns[i].off;

	if (!on_stack(track))
		return;
	if (load)
		e->read |= track == SOMEWHERE ? ALL_SLOTS : slots_of(off, size);
	else if (track != SOMEWHERE)
		e->overwritten |= filled(off, size);
}

static u16 arguments(const struct verifier *v, u32 i)
{
	const struct helper *helper;
	u16 use = 0;

	if (v->facts[i].id != INSN_CALL_HELPER)
		return ARGS;
	helper = helper_find((u32)v->insns[i].imm, v->helper_who);
	if (!helper)
		return ARGS;
	for (u32 n = 0; n < 5 && helper->arg[n] != ARG_NONE; n++)
		use |= (u16)(2u << n);
	return use;
}

static void call_effect(const struct live *l, u32 i, struct effect *e)
{
	bool reads_all = l->v->facts[i].id != INSN_CALL_HELPER || l->v->facts[i].marks & MARK_CALLBACK;

	e->use = arguments(l->v, i);
	e->def = SCRATCH;
	for (u32 n = 1; n <= 5; n++) {
		u16 track = l->before[i].reg[n];

		if (!(e->use >> n & 1) || !on_stack(track))
			continue;
		if (reads_all || track == SOMEWHERE)
			e->read = ALL_SLOTS;
		else if (track < ORIGIN)
			e->read |= slots_of((s32)track - ORIGIN, (u32)(ORIGIN - track));
	}
}

static void atomic_effect(const struct live *l, u32 i, struct effect *e)
{
	const struct bpf_insn *insn = &l->v->insns[i];
	const struct insn_info *row = &insn_info[l->v->facts[i].id];
	u16 dst = (u16)(1u << insn->dst_reg), src = (u16)(1u << insn->src_reg);

	if (row->flags & F_LOAD) {
		e->use = src;
		e->def = dst;
		access_effect(l, i, insn->src_reg, true, e);
		return;
	}
	e->use = dst | src;
	access_effect(l, i, insn->dst_reg, !(row->flags & F_STORE), e);
	if (l->v->facts[i].id == INSN_CMPXCHG_W || l->v->facts[i].id == INSN_CMPXCHG_DW) {
		e->use |= R0;
		e->def = R0;
	} else if (row->flags & F_FETCH) {
		e->def = src;
	}
	e->def &= (u16)~e->use;
}

static void effect_of(const struct live *l, u32 i, struct effect *e)
{
	const struct bpf_insn *insn = &l->v->insns[i];
	u16 dst = (u16)(1u << insn->dst_reg);
	u16 src = l->v->facts[i].reg ? (u16)(1u << insn->src_reg) : 0;

	*e = (struct effect){ 0 };
	switch ((enum insn_shape)insn_info[l->v->facts[i].id].shape) {
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_ENDIAN:
		e->use = dst | src;
		break;
	case SHAPE_MOV:
	case SHAPE_MOVSX:
		e->use = src;
		e->def = (u16)(dst & ~src);
		break;
	case SHAPE_JCOND:
		e->use = dst | src;
		break;
	case SHAPE_CALL:
		call_effect(l, i, e);
		break;
	case SHAPE_EXIT:
		e->use = R0;
		break;
	case SHAPE_LDX:
		e->use = (u16)(1u << insn->src_reg);
		e->def = (u16)(dst & ~e->use);
		access_effect(l, i, insn->src_reg, true, e);
		break;
	case SHAPE_STX:
		e->use = dst | (u16)(1u << insn->src_reg);
		access_effect(l, i, insn->dst_reg, false, e);
		break;
	case SHAPE_ST:
		e->use = dst;
		access_effect(l, i, insn->dst_reg, false, e);
		break;
	case SHAPE_ATOMIC:
		atomic_effect(l, i, e);
		break;
	case SHAPE_LD_IMM64:
		e->def = dst;
		break;
	case SHAPE_LD_IND:
		e->use = (u16)(1u << insn->src_reg);
		/* fallthrough */
	case SHAPE_LD_ABS:
		e->def = (u16)(SCRATCH & ~e->use);
		e->use |= 1u << 6;
		break;
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
		break;
	}
}

static bool backward_insn(struct live *l, u32 i)
{
	struct insn_facts *facts = &l->v->facts[i];
	u16 regs = 0;
	u64 slots = 0;
	struct effect e;

	if (goes_on(l->v, i)) {
		regs = facts[facts->slots].live_regs;
		slots = facts[facts->slots].live_slots;
	}
	if (jumps(l->v, i)) {
		regs |= l->v->facts[target(l->v, i)].live_regs;
		slots |= l->v->facts[target(l->v, i)].live_slots;
	}
	effect_of(l, i, &e);
	regs = (u16)(e.use | (regs & ~e.def) | R10);
	slots = e.read | (slots & ~e.overwritten);
	if (regs == facts->live_regs && slots == facts->live_slots)
		return false;
	facts->live_regs = regs;
	facts->live_slots = slots;
	return true;
}

static bool backward(struct live *l)
{
	u32 passes = 0;
	bool changed;

	do {
		changed = false;
		for (u32 i = l->v->count; i-- > 0;)
			if (l->v->facts[i].slots)
				changed |= backward_insn(l, i);
	} while (changed && ++passes < PASSES);
	return !changed;
}

int live_learn(struct verifier *v)
{
	struct live l = { .v = v };

	l.before = calloc(v->count, sizeof(*l.before));
	l.stored = calloc(v->func_count, sizeof(*l.stored));
	if (l.before && l.stored) {
		bool known = forward(&l) && backward(&l);

		/* Without privileges what is overwritten matters as well. */
		for (u32 i = 0; (!known || !v->privileged) && i < v->count; i++)
			v->facts[i].live_slots = ALL_SLOTS;
		for (u32 i = 0; !known && i < v->count; i++)
			v->facts[i].live_regs = (1u << V_REGS) - 1;
	}
	free(l.before);
	free(l.stored);
	return l.before && l.stored ? 0 :
	       reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory to find what is live");
}
