// SPDX-License-Identifier: BSD-2-Clause
/* prune.c - was a state like this one walked already?
 *
 * A kept state stands for every state that knows at least as much: the same kinds of values in what is
 * live, numbers inside its ranges where they matter (precise.c), any number where they do not. A path that
 * comes to such a state has nothing new to show.
 *
 *   while paths from the kept state are still walked:  equal in everything  ->  an endless loop
 *                                                      covered, at an iterator, callback or may_goto
 *                                                                           ->  the loop converged: cut
 *   afterwards:                                        covered              ->  done
 *
 * When states are kept, and which are thrown away again, follows Linux's heuristics: they decide which
 * programs can be walked within the limit.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"
#include "verify/saved.h"

#define IDS_MAX (V_FRAMES * (V_REGS + V_SLOTS))
#define ID_TEMPORARY 0x80000000u  /* and up: of numbers that are nobody's copy */
#define STATES_UNPRIVILEGED 64   /* BPF_COMPLEXITY_LIMIT_STATES, at one instruction */
#define STEPS_MAX 40             /* on a path without a kept state */
#define MEMORY_MAX (384u << 20)  /* bytes of kept states: then only those are kept that must be */

enum compare {
	COMPARE_SAFE,       /* numbers that do not matter may be any */
	COMPARE_WITHIN,     /* all numbers inside the kept ranges */
	COMPARE_EXACT,
};

/* Ids of the kept state and those of the current one that stand for them. */
struct ids {
	u32 count, temporary;
	struct { u32 old, cur; } pair[IDS_MAX];
};

struct comparison {
	struct verifier *v;
	const struct saved *old;
	enum compare how;
	struct ids ids;
};

static bool ids_match(struct ids *ids, u32 old, u32 cur)
{
	if (!old != !cur)
		return false;
	if (!old)
		return true;
	for (u32 i = 0; i < ids->count; i++) {
		if (ids->pair[i].old == old)
			return ids->pair[i].cur == cur;
		if (ids->pair[i].cur == cur)
			return false;
	}
	if (ids->count == IDS_MAX)
		return false;
	ids->pair[ids->count].old = old;
	ids->pair[ids->count++].cur = cur;
	return true;
}

/* A number that is nobody's copy is one of its own. */
static bool number_ids_match(struct ids *ids, u32 old, u32 cur)
{
	if (!old)
		old = ID_TEMPORARY + ids->temporary++;
	if (!cur)
		cur = ID_TEMPORARY + ids->temporary++;
	return ids_match(ids, old, cur);
}

/* Everything but ids and what the rewriting wants. */
static bool same_but_ids(const struct reg *old, const struct reg *cur)
{
	return old->type == cur->type && old->flags == cur->flags && old->frame == cur->frame &&
	       old->off == cur->off && !memcmp(&old->n, &cur->n, sizeof(old->n)) &&
	       old->what == cur->what && old->map_uid == cur->map_uid;
}

static bool same_pointee(const struct reg *old, const struct reg *cur)
{
	return old->off == cur->off && old->what == cur->what && old->map_uid == cur->map_uid;
}

static bool exact(struct ids *ids, const struct reg *old, const struct reg *cur)
{
	return same_but_ids(old, cur) && ids_match(ids, old->id, cur->id) &&
	       ids_match(ids, old->ref, cur->ref) && ids_match(ids, old->dynptr_id, cur->dynptr_id);
}

static bool number_covers(struct comparison *c, const struct reg *old, const struct reg *cur, bool precise)
{
	u16 sums = REG_ADDS | REG_ADDS32;

	/* Other numbers may ask for other masks. */
	if (c->v->masks)
		return same_but_ids(old, cur) && number_ids_match(&c->ids, old->id, cur->id);
	if (!precise && c->how == COMPARE_SAFE)
		return true;
	if ((old->flags & sums) != (cur->flags & sums) || (old->flags & sums && old->off != cur->off))
		return false;
	return range_in(&old->n, &cur->n) && number_ids_match(&c->ids, old->id, cur->id);
}

/* Does @old stand for @cur? @precise: as a number it matters. */
static bool covers(struct comparison *c, const struct reg *old, const struct reg *cur, bool precise)
{
	if (c->how == COMPARE_EXACT)
		return exact(&c->ids, old, cur);
	if (old->type == REG_NOTHING)
		return true;
	if (old->type != cur->type || (old->type != REG_NUMBER && old->flags != cur->flags))
		return false;
	switch ((enum reg_type)old->type) {
	case REG_NOTHING:
		return true;
	case REG_NUMBER:
		return number_covers(c, old, cur, precise);
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
		return same_pointee(old, cur) && range_in(&old->n, &cur->n) &&
		       ids_match(&c->ids, old->id, cur->id) && ids_match(&c->ids, old->ref, cur->ref) &&
		       ids_match(&c->ids, old->dynptr_id, cur->dynptr_id);
	case REG_PACKET:
	case REG_PACKET_META:
		return old->room <= cur->room && old->off == cur->off &&
		       ids_match(&c->ids, old->id, cur->id) && range_in(&old->n, &cur->n);
	case REG_CTX:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_STACK:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_BTF:
	case REG_FUNC:
	case REG_DYNPTR:
		return exact(&c->ids, old, cur);
	}
	return false;
}

/* What a load of the whole slot gives, when that is a number: the spilled one, or any. */
static const struct reg *slot_number(const struct verifier *v, const u8 kind[8], const struct reg *spill,
				     const struct reg *any)
{
	bool misc = true;

	if (kind[0] == SLOT_SPILL && kind[7] == SLOT_SPILL)
		return reg_is_number(spill) ? spill : NULL;
	for (u32 b = 0; b < 8; b++)
		misc &= kind[b] == SLOT_MISC || (v->privileged && kind[b] == SLOT_NOTHING);
	return misc ? any : NULL;
}

static bool kinds_cover(const struct comparison *c, const u8 old[8], const u8 cur[8])
{
	if (get_u64(old) == get_u64(cur))
		return true;
	if (c->how == COMPARE_EXACT)
		return false;
	for (u32 b = 0; b < 8; b++) {
		if (old[b] == cur[b] || old[b] == SLOT_NOTHING || (old[b] == SLOT_MISC && c->v->privileged) ||
		    (old[b] == SLOT_MISC && cur[b] == SLOT_ZERO))
			continue;
		return false;
	}
	return true;
}

static bool slot_covers(struct comparison *c, const u8 old[8], const struct reg *spill, bool precise,
			const struct frame *frame, u32 slot)
{
	static const u8 nothing[8];
	static const struct reg any = { .type = REG_NUMBER, .n = {
		.bits = { 0, UINT64_MAX }, .umax = UINT64_MAX, .smin = INT64_MIN, .smax = INT64_MAX,
		.umax32 = UINT32_MAX, .smin32 = INT32_MIN, .smax32 = INT32_MAX } };
	const u8 *cur = slot < frame->slots ? frame->kind[slot] : nothing;
	const struct reg *old_number, *cur_number;

	if (c->how != COMPARE_EXACT) {
		old_number = slot_number(c->v, old, spill, &any);
		cur_number = old_number ? slot_number(c->v, cur, &frame->spill[slot], &any) : NULL;
		if (old_number && cur_number)
			return covers(c, old_number, cur_number, precise);
	}
	if (!kinds_cover(c, old, cur))
		return false;
	if (!spill || old[0] != cur[0])
		return true;
	switch ((enum slot_kind)old[0]) {
	case SLOT_SPILL:
		return covers(c, spill, &frame->spill[slot], precise);
	case SLOT_DYNPTR:
		return spill->dynptr_kind == frame->spill[slot].dynptr_kind &&
		       spill->dynptr_first == frame->spill[slot].dynptr_first &&
		       ids_match(&c->ids, spill->dynptr_id, frame->spill[slot].dynptr_id);
	case SLOT_ITER:
		return spill->iter_kind == frame->spill[slot].iter_kind &&
		       spill->iter_state == frame->spill[slot].iter_state &&
		       ids_match(&c->ids, spill->ref, frame->spill[slot].ref);
	case SLOT_IRQ:
		return ids_match(&c->ids, spill->ref, frame->spill[slot].ref);
	case SLOT_NOTHING:
	case SLOT_MISC:
	case SLOT_ZERO:
		return true;
	}
	return false;
}

static bool registers_cover(struct comparison *c, const struct saved_frame *old, const struct frame *cur,
			    u16 live, bool all)
{
	const struct reg *reg = old->reg;

	for (u32 n = 0; n < V_REGS; n++) {
		if (!(old->regs >> n & 1)) {
			if (c->how == COMPARE_EXACT && live >> n & 1 && cur->reg[n].type != REG_NOTHING)
				return false;
			continue;
		}
		if (!covers(c, reg++, &cur->reg[n], all || old->precise >> n & 1))
			return false;
	}
	return true;
}

static bool slots_cover(struct comparison *c, const struct saved_frame *old, const struct frame *cur,
			u64 live, bool all)
{
	const u8 (*kind)[8] = old->kind;

	for (u64 left = old->used; left; left &= left - 1, kind++) {
		u32 slot = (u32)__builtin_ctzll(left);

		if (!slot_covers(c, *kind, saved_spill(old, slot),
				 all || old->precise_spills >> slot & 1, cur, slot))
			return false;
	}
	for (u32 slot = 0; c->how == COMPARE_EXACT && slot < cur->slots; slot++)
		if (live >> slot & 1 && !(old->used >> slot & 1) && get_u64(cur->kind[slot]))
			return false;
	return true;
}

static bool frames_cover(struct comparison *c)
{
	const struct state *s = c->v->cur;

	for (u32 f = 0; f <= s->depth; f++) {
		const struct saved_frame *old = &c->old->frame[f];
		const struct frame *cur = &s->frame[f];
		const struct insn_facts *facts = &c->v->facts[f == s->depth ? s->insn : s->frame[f + 1].call];

		if (old->callback_depth > cur->callback_depth || old->callback != cur->callback ||
		    old->async != cur->async)
			return false;
		if (!registers_cover(c, old, cur, facts->live_regs, !c->v->capable) ||
		    !slots_cover(c, old, cur, facts->live_slots, !c->v->capable))
			return false;
	}
	return true;
}

static bool references_match(struct comparison *c)
{
	const struct saved *old = c->old;
	const struct state *s = c->v->cur;

	if (old->ref_count != s->ref_count || old->preempt != s->preempt || old->rcu != s->rcu ||
	    old->locks != s->locks || old->lock_ptr != s->lock_ptr ||
	    !ids_match(&c->ids, old->lock_id, s->lock_id))
		return false;
	for (u32 i = 0; i < old->ref_count; i++)
		if (old->refs[i].kind != s->refs[i].kind ||
		    !ids_match(&c->ids, old->refs[i].id, s->refs[i].id) ||
		    (old->refs[i].kind != REF_OBJECT && old->refs[i].ptr != s->refs[i].ptr))
			return false;
	return true;
}

static bool state_covers(struct verifier *v, const struct saved *old, enum compare how)
{
	struct comparison c;
	const struct state *s = v->cur;

	c.v = v;
	c.old = old;
	c.how = how;
	c.ids.count = c.ids.temporary = 0;
	if (old->depth != s->depth || (old->speculative && !s->speculative))
		return false;
	for (u32 f = 1; f <= s->depth; f++)
		if (old->frame[f].call != s->frame[f].call || old->frame[f].func != s->frame[f].func)
			return false;
	return references_match(&c) && frames_cover(&c);
}

/* ---- keeping states ---- */

/* Of everything that registers of the current function hold, ids and what is not read any more included. */
static u64 raw_registers(const struct state *s)
{
	u64 hash = 0;

	for (u32 n = 0; n < V_REGS; n++) {
		const struct reg *reg = &s->frame[s->depth].reg[n];
		const u64 words[] = {
			reg->type | reg->flags << 8 | (u64)reg->id << 32,
			reg->ref | (u64)(u32)reg->off << 32,
			reg->n.umin, reg->n.umax, reg->n.bits.value, reg->n.bits.mask, reg->what,
		};

		for (u32 i = 0; i < ARRAY_SIZE(words); i++)
			hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return hash;
}

static int keep(struct verifier *v)
{
	struct state *s = v->cur;
	struct insn_facts *facts = &v->facts[s->insn];
	struct saved *saved;
	int err = saved_pack(v, &saved);

	if (err)
		return err;
	saved->raw = raw_registers(s);
	saved->branches = 1;
	saved->next = facts->saved;
	facts->saved = saved;
	v->kept++;
	v->stats.states++;
	v->stats.states_peak = max_u32(v->stats.states_peak, v->kept);
	v->kept_jumps = v->jumps;
	v->kept_walked = v->walked;
	s->parent = saved;
	s->first = s->insn;
	s->step_count = 0;
	return loop_kept(v, saved);
}

/* A state that was compared often and never helped. Others may have come from it. */
static void evict(struct verifier *v, struct saved **at)
{
	struct saved *saved = *at;

	*at = saved->next;
	saved->next = v->evicted;
	v->evicted = saved;
	v->kept--;
}

static bool seen_often(const struct verifier *v, const struct saved *saved)
{
	bool loop = v->facts[saved->insn].marks & MARK_CHECKPOINT && saved->branches;
	u32 n = loop ? 1024 : 3;

	return saved->misses > saved->hits * n + n;
}

static bool same_place(const struct saved *old, const struct state *s)
{
	return !old->frame[old->depth].async ||
	       old->frame[old->depth].async_id == s->frame[s->depth].async_id;
}

/* The current iterator is as far as in @old only when it was not at its end there. */
static bool iterator_active(const struct verifier *v)
{
	const struct reg *it = v_reg(v, 1);
	const struct frame *frame;
	s32 off = it->off + (s32)it->n.smin;

	if (it->type != REG_STACK || off >= 0 || off < -V_STACK)
		return false;
	frame = &v->cur->frame[it->frame];
	return frame->spill[(u32)(-off - 1) / 8].iter_state == ITER_ACTIVE;
}

static bool iterators_differ(const struct verifier *v, const struct saved *old)
{
	for (u32 f = 0; f <= old->depth; f++) {
		for (u64 left = old->frame[f].spills; left; left &= left - 1) {
			u32 slot = (u32)__builtin_ctzll(left);
			const struct reg *was = saved_spill(&old->frame[f], slot);
			const struct frame *frame = &v->cur->frame[f];

			if (slot < frame->slots && frame->kind[slot][0] == SLOT_ITER &&
			    was->iter_depth != frame->spill[slot].iter_depth)
				return true;
		}
	}
	return false;
}

/* What a state whose paths are not at their end says. */
enum again { AGAIN_NO, AGAIN_LOOP, AGAIN_ENDLESS };

static enum again came_again(struct verifier *v, const struct saved *old)
{
	const struct state *s = v->cur;
	u8 marks = v->facts[s->insn].marks;

	if (!same_place(old, s))
		return AGAIN_NO;
	if (marks & MARK_ITER_NEXT)
		return iterator_active(v) && state_covers(v, old, COMPARE_WITHIN) ? AGAIN_LOOP : AGAIN_NO;
	if (v->facts[s->insn].id == INSN_MAY_GOTO && old->may_goto != s->may_goto &&
	    state_covers(v, old, COMPARE_WITHIN))
		return AGAIN_LOOP;
	if (marks & MARK_CALLBACK)
		return state_covers(v, old, COMPARE_WITHIN) ? AGAIN_LOOP : AGAIN_NO;
	if (old->may_goto == s->may_goto && old->unroll == s->unroll && !iterators_differ(v, old) &&
	    state_covers(v, old, COMPARE_EXACT) && old->raw == raw_registers(s))
		return AGAIN_ENDLESS;
	return AGAIN_NO;
}

static int cut_off(struct verifier *v, struct saved *known, bool loop)
{
	int err = 0;

	known->hits++;
	if (v->facts[v->cur->insn].marks & MARK_JUMP)
		err = step_note(v);
	if (err)
		return err;
	precise_as(v, known);
	return loop ? loop_cut(v, known) : 0;
}

static bool time_to_keep(const struct verifier *v)
{
	return v->jumps - v->kept_jumps >= 2 && v->walked - v->kept_walked >= 8;
}

int prune_here(struct verifier *v, bool *done)
{
	struct state *s = v->cur;
	struct insn_facts *facts = &v->facts[s->insn];
	bool force = facts->marks & MARK_CHECKPOINT || s->step_count > STEPS_MAX;
	bool add = force || time_to_keep(v);
	u32 count = 0;

	for (struct saved **at = &facts->saved; *at;) {
		struct saved *old = *at;
		bool loop = false, known = false;

		count++;
		if (old->branches) {
			switch (came_again(v, old)) {
			case AGAIN_ENDLESS:
				return reject(v, -EINVAL, REASON_ENDLESS_LOOP, -1,
					      "the loop comes back here with nothing changed: it "
					      "would never end");
			case AGAIN_LOOP:
				loop = known = true;
				break;
			case AGAIN_NO:
				/* Inside a loop that is being walked, states would be kept too often. */
				if (!force && v->jumps - v->kept_jumps < 20 &&
				    v->walked - v->kept_walked < 100)
					add = false;
				break;
			}
		} else {
			loop = loop_open(v, old);
			known = state_covers(
				v, old, loop || v->options->claims ? COMPARE_WITHIN : COMPARE_SAFE);
		}
		if (known) {
			*done = true;
			return cut_off(v, old, loop);
		}
		old->misses += add;
		if (seen_often(v, old))
			evict(v, at);
		else
			at = &old->next;
	}
	v->stats.states_at_one = max_u32(v->stats.states_at_one, count);
	if (!add || (!v->capable && count > STATES_UNPRIVILEGED) || (!force && v->memory > MEMORY_MAX))
		return 0;
	return keep(v);
}
