// SPDX-License-Identifier: BSD-2-Clause
/* saved.c - states put away and taken out again. See saved.h for the layout.
 *
 * Memory is what bounds the verifier on large programs, and copying is what it does most: so only
 * what is live is kept, and numbers are not freed one by one.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"
#include "verify/saved.h"

#define SCRATCH 0x3fu   /* R0..R5 */

/* What of frame @f of the current state is read later. */
static u16 live_regs(const struct verifier *v, u32 f)
{
	const struct state *s = v->cur;

	if (f == s->depth)
		return v->facts[s->insn].live_regs;
	/* A callback returns to the call, which wants its arguments again. */
	return v->facts[s->frame[f + 1].call].live_regs & (s->frame[f + 1].callback ? UINT16_MAX : ~SCRATCH);
}

static u64 live_slots(const struct verifier *v, u32 f)
{
	const struct state *s = v->cur;

	return v->facts[f == s->depth ? s->insn : s->frame[f + 1].call].live_slots;
}

static bool holds_register(const u8 kind[8])
{
	/* A spill of fewer than 8 bytes ends at the lowest one. */
	return kind[0] == SLOT_SPILL || kind[0] == SLOT_DYNPTR || kind[0] == SLOT_ITER ||
	       kind[0] == SLOT_IRQ;
}

/* Which parts of @frame are kept. */
static void choose(const struct verifier *v, u32 f, struct saved_frame *to)
{
	const struct frame *frame = &v->cur->frame[f];
	u16 regs = live_regs(v, f);
	u64 slots = live_slots(v, f);

	to->regs = 0;
	for (u32 n = 0; n < V_REGS; n++)
		if (regs >> n & 1 && frame->reg[n].type != REG_NOTHING)
			to->regs |= (u16)(1u << n);
	to->used = to->spills = 0;
	for (u32 i = 0; i < frame->slots; i++) {
		if (!get_u64(frame->kind[i]))
			continue;
		/* Objects on the stack stay: their end is checked. */
		if (!(slots >> i & 1) && (!holds_register(frame->kind[i]) || frame->kind[i][0] == SLOT_SPILL))
			continue;
		to->used |= 1ull << i;
		if (holds_register(frame->kind[i]))
			to->spills |= 1ull << i;
	}
}

static void frame_head(const struct frame *from, struct saved_frame *to)
{
	to->func = from->func;
	to->call = from->call;
	to->slots = from->slots;
	to->async_id = from->async_id;
	to->callback_depth = from->callback_depth;
	to->callback = from->callback;
	to->async = from->async;
	to->ret_min = from->ret_min;
	to->ret_max = from->ret_max;
}

/* Copy what was chosen behind one another; returns where the next frame's begins. */
static struct reg *frame_regs(const struct frame *from, struct saved_frame *to, struct reg *at)
{
	to->reg = at;
	for (u32 n = 0; n < V_REGS; n++)
		if (to->regs >> n & 1)
			*at++ = from->reg[n];
	for (u64 left = to->spills; left; left &= left - 1)
		*at++ = from->spill[__builtin_ctzll(left)];
	return at;
}

static u8 (*frame_kinds(const struct frame *from, struct saved_frame *to, u8 (*at)[8]))[8]
{
	to->kind = (const u8 (*)[8])at;
	for (u64 left = to->used; left; left &= left - 1)
		memcpy(*at++, from->kind[__builtin_ctzll(left)], 8);
	return at;
}

static void state_head(const struct state *from, struct saved *to)
{
	to->parent = from->parent;
	to->insn = from->insn;
	to->prev = from->prev;
	to->first = from->first;
	to->choice = from->choice;
	to->depth = from->depth;
	to->locks = from->locks;
	to->lock_id = from->lock_id;
	to->lock_ptr = from->lock_ptr;
	to->preempt = from->preempt;
	to->rcu = from->rcu;
	to->may_goto = from->may_goto;
	to->unroll = from->unroll;
	to->speculative = from->speculative;
	to->ref_count = from->ref_count;
	to->step_count = from->step_count;
}

int saved_pack(struct verifier *v, struct saved **out)
{
	const struct state *s = v->cur;
	struct saved_frame frames[V_FRAMES] = { 0 };
	u32 regs = 0, kinds = 0;
	size_t head, bytes;
	struct saved *saved;
	struct reg *reg;
	u8 (*kind)[8];

	for (u32 f = 0; f <= s->depth; f++) {
		choose(v, f, &frames[f]);
		regs += (u32)__builtin_popcount(frames[f].regs) + (u32)__builtin_popcountll(frames[f].spills);
		kinds += (u32)__builtin_popcountll(frames[f].used);
	}
	head = sizeof(*saved) + (s->depth + 1) * sizeof(frames[0]);
	bytes = head + regs * sizeof(struct reg) + kinds * 8 + s->ref_count * sizeof(struct ref) +
		s->step_count * sizeof(struct step);
	saved = malloc(bytes);
	if (!saved)
		return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for one more state");
	memset(saved, 0, sizeof(*saved));
	saved->bytes = bytes;
	state_head(s, saved);
	reg = (struct reg *)((u8 *)saved + head);
	kind = (u8 (*)[8])(reg + regs);
	for (u32 f = 0; f <= s->depth; f++) {
		saved->frame[f] = frames[f];
		frame_head(&s->frame[f], &saved->frame[f]);
		reg = frame_regs(&s->frame[f], &saved->frame[f], reg);
		kind = frame_kinds(&s->frame[f], &saved->frame[f], kind);
	}
	saved->refs = (const void *)kind;
	if (s->ref_count)
		memcpy(kind, s->refs, s->ref_count * sizeof(struct ref));
	saved->steps = (const void *)(saved->refs + s->ref_count);
	if (s->step_count)
		memcpy((u8 *)kind + s->ref_count * sizeof(struct ref), s->steps,
		       s->step_count * sizeof(struct step));
	v->memory += bytes;
	v->stats.memory_peak = max_u64(v->stats.memory_peak, v->memory);
	*out = saved;
	return 0;
}

void saved_free(struct verifier *v, struct saved *saved)
{
	v->memory -= saved->bytes;
	free(saved);
}

static void frame_unpack(struct frame *to, const struct saved_frame *from)
{
	const struct reg *reg = from->reg;
	const u8 (*kind)[8] = from->kind;

	to->func = from->func;
	to->call = from->call;
	to->async_id = from->async_id;
	to->callback_depth = from->callback_depth;
	to->callback = from->callback;
	to->async = from->async;
	to->ret_min = from->ret_min;
	to->ret_max = from->ret_max;
	to->slots = from->slots;
	memset(to->kind, 0, to->slots * sizeof(to->kind[0]));
	for (u32 n = 0; n < V_REGS; n++) {
		if (from->regs >> n & 1)
			to->reg[n] = *reg++;
		else
			reg_forget(&to->reg[n]);
	}
	for (u64 left = from->spills; left; left &= left - 1)
		to->spill[__builtin_ctzll(left)] = *reg++;
	for (u64 left = from->used; left; left &= left - 1)
		memcpy(to->kind[__builtin_ctzll(left)], *kind++, 8);
}

/* Room for @count elements of @size at *@at. */
static int room(struct verifier *v, void *at, u32 *have, u32 count, size_t size)
{
	void **array = at, *more;

	if (count <= *have)
		return 0;
	more = reallocarray(*array, count, size);
	if (!more)
		return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for one more state");
	*array = more;
	*have = count;
	return 0;
}

int saved_unpack(struct verifier *v, const struct saved *saved)
{
	struct state *s = v->cur;
	int err = room(v, &s->refs, &s->ref_room, saved->ref_count, sizeof(struct ref));

	if (!err)
		err = room(v, &s->steps, &s->step_room, saved->step_count, sizeof(struct step));
	if (err)
		return err;
	s->parent = saved->parent;
	s->insn = saved->insn;
	s->prev = saved->prev;
	s->first = saved->first;
	s->choice = saved->choice;
	s->depth = saved->depth;
	s->locks = saved->locks;
	s->lock_id = saved->lock_id;
	s->lock_ptr = saved->lock_ptr;
	s->preempt = saved->preempt;
	s->rcu = saved->rcu;
	s->may_goto = saved->may_goto;
	s->unroll = saved->unroll;
	s->speculative = saved->speculative;
	s->ref_count = saved->ref_count;
	s->step_count = saved->step_count;
	if (saved->ref_count)
		memcpy(s->refs, saved->refs, saved->ref_count * sizeof(struct ref));
	if (saved->step_count)
		memcpy(s->steps, saved->steps, saved->step_count * sizeof(struct step));
	for (u32 f = 0; f <= s->depth; f++)
		frame_unpack(&s->frame[f], &saved->frame[f]);
	return 0;
}
