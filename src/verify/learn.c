// SPDX-License-Identifier: BSD-2-Clause
/* learn.c - what the way that a condition went says about its operands and their copies.
 *
 *   numbers             ranges and bits of both (range_refine()), then of everything with the same id
 *   packet pointers     how many bytes exist from there: of every pointer with the same variable part
 *   pointer against 0   NULL, or a pointer: of every copy
 */
#include <errno.h>

#include "verify/learn.h"

#define PACKET_OFF_MAX 0xffff   /* MAX_PACKET_OFF: a larger offset might wrap around */

/* ---- numbers ---- */

static bool linked_take(u64 *linked, struct reg *reg, u32 id, u32 frame, bool is_reg, u32 which)
{
	if (!reg_is_number(reg) || reg->id != id)
		return true;
	return linked_add(linked, frame, is_reg, which);
}

/* Every number with @id that is read later. There is room for a few; what does not fit is a copy no more. */
static void linked_collect(struct verifier *v, u32 id, u64 *linked)
{
	const struct state *s = v->cur;

	for (u32 f = s->depth + 1; f-- > 0;) {
		struct frame *frame = &v->cur->frame[f];
		u16 live = v->facts[f == s->depth ? s->insn : s->frame[f + 1].call].live_regs;

		for (u32 n = 0; n < 10; n++)
			if (live >> n & 1 && !linked_take(linked, &frame->reg[n], id, f, true, n))
				frame->reg[n].id = 0;
		for (u32 i = 0; i < frame->slots; i++)
			if (frame->kind[i][0] == SLOT_SPILL &&
			    !linked_take(linked, &frame->spill[i], id, f, false, i))
				frame->spill[i].id = 0;
	}
}

void learn_linked(struct verifier *v, struct condition *c)
{
	c->linked = 0;
	if (c->reg && reg_is_number(c->src) && c->src->id)
		linked_collect(v, c->src->id, &c->linked);
	if (reg_is_number(c->dst) && c->dst->id && (!c->reg || c->dst->id != c->src->id))
		linked_collect(v, c->dst->id, &c->linked);
}

int learn_prepare(struct verifier *v, struct condition *c)
{
	learn_linked(v, c);
	return (c->linked & 15) > 1 ? step_note_linked(v, c->linked) : 0;
}

/* @reg is a copy of @known, or a constant more. Of sums of all 64 bits and sums of the lower half neither
 * says anything about the other. */
static void linked_learn(struct reg *reg, const struct reg *known)
{
	const u16 sums = REG_ADDS | REG_ADDS32;
	struct reg old = *reg;
	struct range delta;

	if (reg == known || !reg_is_number(reg) || reg->id != known->id ||
	    ((reg->flags ^ known->flags) & sums) == sums)
		return;
	*reg = *known;
	reg->def32 = old.def32;
	if ((!(old.flags & sums) && !(known->flags & sums)) || old.off == known->off)
		return;
	delta = range_const((u64)((s64)old.off - (s64)known->off));
	reg->n = range_alu((old.flags | known->flags) & REG_ADDS32 ? INSN_ADD32 : INSN_ADD64, &known->n,
			   &delta);
	reg->flags = old.flags;
	reg->off = old.off;
}

static void linked_learn_all(struct verifier *v, const struct condition *c, const struct reg *known)
{
	u32 frame, which;
	bool is_reg;

	for (u32 i = 0; i < (c->linked & 15); i++) {
		linked_get(c->linked, i, &frame, &is_reg, &which);
		linked_learn(is_reg ? &v->cur->frame[frame].reg[which] : &v->cur->frame[frame].spill[which],
			     known);
	}
}

static int learn_numbers(struct verifier *v, struct condition *c, bool jumps)
{
	int err;

	range_refine(c->id, jumps, &c->dst->n, &c->src->n);
	err = value_settle(v, c->dst);
	if (!err)
		err = value_settle(v, c->src);
	if (err)
		return err;
	if (c->reg && c->src->id)
		linked_learn_all(v, c, c->src);
	if (c->dst->id)
		linked_learn_all(v, c, c->dst);
	return 0;
}

/* ---- packet pointers ---- */

struct room {
	const struct reg *pkt;
	s32 room;
};

static void room_learn(struct reg *reg, void *ctx)
{
	const struct room *r = ctx;

	if (reg->type == r->pkt->type && reg->id == r->pkt->id && reg->room < r->room)
		reg->room = r->room;
}

/* @pkt is at most the end, or (@strict) before it: so many bytes exist up to there. */
static void packet_within(struct verifier *v, struct reg *pkt, bool strict)
{
	struct reg copy = *pkt;
	struct room r = { .pkt = &copy, .room = pkt->off + strict };

	if (pkt->off < 0 || (!pkt->off && strict))
		return;
	if (pkt->n.umax > PACKET_OFF_MAX || pkt->n.umax + (u64)pkt->off > PACKET_OFF_MAX)
		return;
	value_each(v, room_learn, &r);
}

/* @pkt is the end, or (@strict) behind it. */
static void packet_beyond(struct reg *pkt, bool strict)
{
	if (pkt->type == REG_PACKET)
		pkt->room = strict ? ROOM_BEYOND_END : ROOM_AT_END;
}

/* As if the packet pointer stood on the left: p > e for e < p. */
static enum insn_id packet_left(const struct condition *c)
{
	if (packet_against(c->dst, c->src))
		return c->id;
	switch ((int)c->id) {
	case INSN_JGT64: return INSN_JLT64;
	case INSN_JGE64: return INSN_JLE64;
	case INSN_JLT64: return INSN_JGT64;
	default: return INSN_JGE64;
	}
}

static void learn_packet(struct verifier *v, const struct condition *c, bool jumps)
{
	struct reg *pkt = packet_against(c->dst, c->src) ? c->dst : c->src;
	enum insn_id id = packet_left(c);
	bool strict = id == INSN_JLT64 || id == INSN_JGE64;
	bool within = jumps == (id == INSN_JLT64 || id == INSN_JLE64);

	if (within)
		packet_within(v, pkt, strict);
	else
		packet_beyond(pkt, !strict);
}

/* ---- pointers that may be NULL ---- */

struct null {
	u32 id;
	bool is_null;
};

static void not_null(struct reg *reg)
{
	reg->flags &= (u16)~REG_MAYBE_NULL;
}

static bool may_hold_lock(const struct reg *reg)
{
	if (reg->type == REG_MAP_VALUE)
		return reg->map->fields && reg->map->fields->kinds & (FIELD_SPIN_LOCK | FIELD_RES_SPIN_LOCK);
	return reg->type == REG_BTF && reg->flags & REG_ALLOC;
}

static void null_learn(struct reg *reg, void *ctx)
{
	const struct null *n = ctx;

	if (!reg_is_pointer(reg) || !(reg->flags & REG_MAYBE_NULL) || reg->id != n->id)
		return;
	if (n->is_null) {
		u32 def32 = reg->def32;

		reg_set_const(reg, 0);
		reg->def32 = def32;
		return;
	}
	not_null(reg);
	/* Locks are told apart by the id of the pointer that they were found by. */
	if (!may_hold_lock(reg))
		reg->id = 0;
}

static void learn_null(struct verifier *v, const struct condition *c, bool jumps)
{
	struct null n = { .id = c->dst->id, .is_null = jumps == (c->id == INSN_JEQ64) };
	u32 ref = c->dst->ref == c->dst->id ? c->dst->ref : 0;

	value_each(v, null_learn, &n);
	/* What was not there need not be given back. */
	if (n.is_null && ref)
		(void)ref_release(v, ref);
}

/* A pointer that equals one which is not NULL is not either. */
static void learn_equal_pointers(const struct condition *c, bool jumps)
{
	bool dst_null = c->dst->flags & REG_MAYBE_NULL, src_null = c->src->flags & REG_MAYBE_NULL;

	if (dst_null == src_null || c->dst->type == REG_BTF || c->src->type == REG_BTF)
		return;
	if ((c->id == INSN_JEQ64 && jumps) || (c->id == INSN_JNE64 && !jumps))
		not_null(dst_null ? c->dst : c->src);
}

int learn(struct verifier *v, struct condition *c, bool jumps)
{
	if (reg_is_number(c->dst) && reg_is_number(c->src))
		return learn_numbers(v, c, jumps);
	if (!c->wide)
		return 0;
	if (c->reg && reg_is_pointer(c->dst) && reg_is_pointer(c->src))
		learn_equal_pointers(c, jumps);
	if (tests_null(c))
		learn_null(v, c, jumps);
	else if (compares_packet(c))
		learn_packet(v, c, jumps);
	return 0;
}
