// SPDX-License-Identifier: BSD-2-Clause
/* callback.c - functions of the program that helpers call back.
 *
 *        +-----------------------------+
 *        v                             | exit: the caller's registers as they were at the call
 *   call of the helper --enters--> callback
 *        |
 *        +--goes on--> behind the call
 *
 * Both ways are walked, going on first: so it is known which numbers matter behind the loop when the loop
 * comes round. Nobody counts the rounds (but for bpf_loop() with few): a path ends at the call when its state
 * is covered by one that came there before (prune.c), and numbers that changed meanwhile
 * and do not matter are any numbers from then on.
 *
 * Asynchronous callbacks (timers) begin a path of their own that knows nothing of the caller.
 */
#include <errno.h>

#include "verify/concerns.h"
#include "verify/saved.h"

enum { GO_ON, ENTER };

#define ENOTSUPP_LINUX 524   /* what Linux answers; user space has no name for it */

/* ---- arguments of callbacks ---- */

static void element_arguments(struct frame *callee, struct map *map)
{
	reg_set_pointer(&callee->reg[2], REG_MAP_KEY, 0);
	callee->reg[2].map = map;
	reg_set_pointer(&callee->reg[3], REG_MAP_VALUE, 0);
	callee->reg[3].map = map;
}

static void arguments(struct verifier *v, u32 id, const struct frame *caller, struct frame *callee)
{
	switch (id) {
	case BPF_FUNC_for_each_map_elem:
		callee->reg[1] = caller->reg[1];
		element_arguments(callee, caller->reg[1].map);
		callee->reg[4] = caller->reg[3];
		return;
	case BPF_FUNC_loop:
		reg_set_unknown(&callee->reg[1]);
		callee->reg[2] = caller->reg[3];
		return;
	case BPF_FUNC_user_ringbuf_drain:
		reg_set_pointer(&callee->reg[1], REG_DYNPTR, 0);
		callee->reg[1].dynptr_kind = DYNPTR_LOCAL;
		callee->reg[1].dynptr_first = true;
		callee->reg[1].dynptr_id = v_new_id(v);
		callee->reg[2] = caller->reg[3];
		return;
	}
}

/* ---- entering ---- */

static int enter(struct verifier *v, u32 id, u32 func, u32 *next)
{
	struct state *s = v->cur;
	struct frame *caller = v_frame(v), *callee = frame_push(v, func);

	arguments(v, id, caller, callee);
	callee->callback = true;
	callee->ret_max = 1;
	caller->callback_depth++;
	s->unroll++;
	s->depth++;
	*next = v->funcs[func].start;
	return 0;
}

static int enter_async(struct verifier *v, u32 func, u32 *next)
{
	struct frame *frame = v_frame(v);
	struct map *map = frame->reg[1].map;
	u32 async_id = frame->async_id + 1;

	walk_restart(v, func);
	frame = v_frame(v);
	frame_open(frame, func, 0);
	frame->async = true;
	frame->async_id = async_id;
	reg_set_pointer(&frame->reg[1], REG_MAP, 0);
	frame->reg[1].map = map;
	element_arguments(frame, map);
	*next = v->funcs[func].start;
	return 0;
}

static bool walks_elements(const struct map *map)
{
	switch (map->type->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return true;
	default:
		return false;
	}
}

static int callback_require(struct verifier *v, u32 id)
{
	const struct map *map = v_reg(v, 1)->map;

	if (id == BPF_FUNC_timer_set_callback)
		return 0;
	if (id == BPF_FUNC_for_each_map_elem && !walks_elements(map))
		return reject(v, -ENOTSUPP_LINUX, REASON_CALLBACK, 1,
			      "the elements of a map of type %s cannot be walked", map->type->name);
	return frame_require(v);
}

/* Has bpf_loop() called back as often on this path as it ever will? */
static bool loop_is_over(const struct verifier *v)
{
	return v_frame(v)->callback_depth >= v_reg(v, 1)->n.umax;
}

int call_back(struct verifier *v, u32 id, u32 func, bool *entered, u32 *next)
{
	bool async = id == BPF_FUNC_timer_set_callback;
	int err = 0;

	*entered = v->cur->choice == ENTER;
	if (*entered)
		return async ? enter_async(v, func, next) : enter(v, id, func, next);
	if (id == BPF_FUNC_loop)
		err = precise_reg(v, 1);
	if (!err && (id != BPF_FUNC_loop || !loop_is_over(v))) {
		err = callback_require(v, id);
		v->funcs[func].async |= async;
		if (!err)
			err = walk_fork(v, ENTER);
	}
	if (!async)
		v_frame(v)->callback_depth = 0;
	return err;
}

/* ---- numbers that change from round to round ---- */

#define IDS 64

/* Ids of the kept state and those that stand for them now. */
struct ids {
	u32 count;
	struct { u32 old, cur; } pair[IDS];
};

static bool ids_match(struct ids *ids, u32 old, u32 cur)
{
	/* A number that is nobody's copy may have become one. */
	if (!old)
		return true;
	for (u32 i = 0; i < ids->count; i++)
		if (ids->pair[i].old == old || ids->pair[i].cur == cur)
			return ids->pair[i].old == old && ids->pair[i].cur == cur;
	if (!cur || ids->count == IDS)
		return false;
	ids->pair[ids->count].old = old;
	ids->pair[ids->count++].cur = cur;
	return true;
}

static void widen(struct ids *ids, const struct reg *old, struct reg *cur)
{
	const u16 sums = REG_ADDS | REG_ADDS32;
	u32 def32 = cur->def32;

	if (!reg_is_number(old) || !reg_is_number(cur))
		return;
	if (!memcmp(&old->n, &cur->n, sizeof(old->n)) && !((old->flags ^ cur->flags) & sums) &&
	    (!(old->flags & sums) || old->off == cur->off) && ids_match(ids, old->id, cur->id))
		return;
	reg_set_unknown(cur);
	cur->def32 = def32;
}

static void widen_frame(struct ids *ids, const struct saved_frame *old, struct frame *cur)
{
	for (u32 left = old->regs & (u16)~old->precise; left; left &= left - 1)
		widen(ids, saved_reg(old, (u32)__builtin_ctz(left)), &cur->reg[__builtin_ctz(left)]);
	for (u64 left = old->spills & ~old->precise_spills; left; left &= left - 1) {
		u32 slot = (u32)__builtin_ctzll(left);

		if (slot < cur->slots && cur->kind[slot][0] == SLOT_SPILL)
			widen(ids, saved_spill(old, slot), &cur->spill[slot]);
	}
}

static bool same_calls(const struct saved *saved, const struct state *s)
{
	if (saved->depth != s->depth)
		return false;
	for (u32 f = 1; f <= s->depth; f++)
		if (saved->frame[f].call != s->frame[f].call)
			return false;
	return true;
}

/* The state that was kept last at @insn on this path, but for @not. */
static const struct saved *kept_before(const struct verifier *v, u32 insn, const struct saved *not)
{
	const struct saved *old = v->facts[insn].saved;

	/* Paths that are not at their end came from there: it is a state of this path. */
	while (old && (!old->branches || old == not || !same_calls(old, v->cur)))
		old = old->next;
	return old;
}

void widen_waiting(struct verifier *v)
{
	const struct saved *old = kept_before(v, v->cur->insn, v->cur->parent), *cur = v->todo;
	struct ids ids;

	/* trace.c walks a path again, and nothing waits. */
	if (v->again)
		return;
	ids.count = 0;
	for (u32 f = 0; old && f <= cur->depth; f++) {
		const struct saved_frame *from = &old->frame[f], *to = &cur->frame[f];

		/* Nobody has seen the state that waits: it is still ours to change. */
		for (u32 left = from->regs & to->regs & (u16)~from->precise; left; left &= left - 1) {
			u32 n = (u32)__builtin_ctz(left);

			widen(&ids, saved_reg(from, n), (struct reg *)(uintptr_t)saved_reg(to, n));
		}
		for (u64 left = from->spills & to->spills & ~from->precise_spills; left; left &= left - 1) {
			u32 n = (u32)__builtin_ctzll(left);

			widen(&ids, saved_spill(from, n), (struct reg *)(uintptr_t)saved_spill(to, n));
		}
	}
}

void widen_numbers(struct verifier *v, u32 insn)
{
	const struct state *s = v->cur;
	const struct saved *old = kept_before(v, insn, NULL);
	struct ids ids;

	ids.count = 0;
	for (u32 f = 0; old && f <= s->depth; f++)
		widen_frame(&ids, &old->frame[f], &v->cur->frame[f]);
}
