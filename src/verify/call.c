// SPDX-License-Identifier: BSD-2-Clause
/* call.c - calls of helpers: which may be called here, in which order a call is looked at, and what is true
 * behind it.
 *
 *   exists, licence, may not sleep -> arguments -> what is given back -> the helper's own rules
 *     -> functions that are called back -> map and helper go together
 *     -> R0..R5 and what was given back are lost -> R0 -> packet pointers are lost
 */
#include <errno.h>
#include <stdio.h>

#include "helper/format.h"
#include "verify/helper_call.h"

/* Existence, program type, privileges, licence, in the order in which Linux looks. Clients find out which
 * helpers there are by the words "unknown func " in the log: libbpf_probe_bpf_helper(). */
static int require_helper(struct verifier *v, u32 id, struct call *c)
{
	const struct helper *helper = helper_find(id, c->who);
	const char *name = helper_name(id);
	u32 lacks = (v->capable ? 0 : HELPER_CAP_BPF) | (v->privileged ? 0 : HELPER_CAP_PERFMON);

	c->helper = helper;
	if (helper_is_poison(id))
		return reject(v, -EINVAL, REASON_HELPER_POISON, -1,
			      "what is called here was left open by the loader, because this kernel "
			      "lacks something that the program asks for (unknown func #%u)", id);
	if (!name)
		return reject(v, -EINVAL, REASON_HELPER_UNKNOWN, -1,
			      "unknown func #%u: there is no such helper", id);
	if (!helper || !(helper->who & c->who))
		return reject(v, -EINVAL, REASON_HELPER_UNKNOWN, -1,
			      "unknown func bpf_%s#%u for programs of this type", name, id);
	if (helper->flags & lacks)
		return reject(v, -EINVAL, REASON_HELPER_UNKNOWN, -1,
			      "unknown func bpf_%s#%u for programs of unprivileged users", name, id);
	if (helper->flags & HELPER_GPL && !v->prog->gpl)
		return reject(v, -EINVAL, REASON_HELPER_LICENSE, -1,
			      "bpf_%s() may only be called by programs with a GPL-compatible licence, "
			      "and the licence of this program is not one", name);
	if (helper->flags & HELPER_SLEEPS)
		return reject(v, -EINVAL, REASON_HELPER_SLEEPS, -1,
			      "bpf_%s() might sleep, which programs of this type must not", name);
	return 0;
}

/* A helper that the engine lacks is reported as such whatever is wrong with the call, so that clients who
 * try with any arguments learn it. */
static int say_absent(struct verifier *v, const struct call *c, int err)
{
	struct refusal *r = &v->refusal;
	size_t len = strlen(r->text);

	if (c->helper && !c->helper->fn && r->reason != REASON_HELPER_UNKNOWN && err != -ENOMEM)
		snprintf(r->text + len, sizeof(r->text) - len,
			 " (and this engine lacks the unknown func bpf_%s#%u)", c->helper->name,
			 c->helper->id);
	return err;
}

static int require_released(struct verifier *v, const struct call *c)
{
	if (!c->released || reg_is_null(v_reg(v, c->released)) || ref_find(v, c->ref))
		return 0;
	return reject(v, -EINVAL, REASON_REFERENCE_LOST, (int)c->released,
		      "bpf_%s() gives back what is not held any more", c->helper->name);
}

/* The slot that a tail call goes through, if it is always the same. */
static int require_slot(struct verifier *v, struct call *c)
{
	const struct reg *index = v_reg(v, 3);

	if (c->map->type->type != BPF_MAP_TYPE_PROG_ARRAY)
		return reject(v, -EINVAL, REASON_MAP_TYPE, 2,
			      "bpf_tail_call() is given map %s, which is of type %s and not a program "
			      "array", c->map->name, c->map->type->name);
	if (!reg_is_const(index) || index->n.umax >= c->map->max_entries)
		return 0;
	c->key = (s64)index->n.umax;
	return precise_reg(v, 3);
}

/* The conversions in the format of bpf_snprintf() fit the data. */
static int require_format(struct verifier *v, const struct call *c)
{
	const struct reg *size = v_reg(v, 5);
	const char *text = NULL;
	int err;

	if (size->n.bits.value % 8)
		return reject(v, -EINVAL, REASON_FORMAT, 5,
			      "the arguments of bpf_%s() are whole 8-byte numbers, but %llu bytes are "
			      "given", c->helper->name, (unsigned long long)size->n.bits.value);
	err = call_string_require(v, 3, &text);
	if (!err && format_check(text, (u32)strlen(text), (u32)(size->n.bits.value / 8)))
		err = reject(v, -EINVAL, REASON_FORMAT, 3,
			     "the format of bpf_%s() does not go with its %llu arguments", c->helper->name,
			     (unsigned long long)(size->n.bits.value / 8));
	return err;
}

/* What only this helper asks for. */
static int require_own(struct verifier *v, struct call *c)
{
	switch (c->helper->id) {
	case BPF_FUNC_tail_call:
		return ref_require_none(v, "when bpf_tail_call() is called", false);
	case BPF_FUNC_snprintf:
		return require_format(v, c);
	case BPF_FUNC_dynptr_from_mem:
		if (v_reg(v, 1)->type != REG_MAP_VALUE)
			return reject(v, -EACCES, REASON_ARGUMENT, 1,
				      "a dynptr can only be made of the memory of a map value");
		return 0;
	case BPF_FUNC_loop:
		if (!reg_is_number(v_reg(v, 1)))
			return reject(v, -EFAULT, REASON_ARGUMENT, 1,
				      "the number of rounds of bpf_loop() has to be a number");
		return 0;
	case BPF_FUNC_spin_lock:
		return ref_lock_require(v, 1, REF_LOCK);
	case BPF_FUNC_spin_unlock:
		return ref_unlock_require(v, 1, REF_LOCK);
	}
	return 0;
}

/* Everything that may be refused. A helper that enters the function that it calls back is done for now. */
static int require(struct verifier *v, struct call *c, bool *entered, u32 *next)
{
	int err = call_arguments(v, c);

	if (!err)
		err = call_map_write_require(v, c);
	if (!err && c->helper->flags & HELPER_TAIL_CALL)
		err = require_slot(v, c);
	if (!err)
		err = require_released(v, c);
	if (!err)
		err = require_own(v, c);
	if (!err)
		err = call_result_require(v, c);
	if (!err && c->helper->id != BPF_FUNC_for_each_map_elem)
		err = call_map_require(v, c);
	if (err)
		return err;
	call_map_note(v, c);
	if (c->helper->flags & HELPER_CALLS_BACK) {
		v_note(v)->callback = (u16)c->func;
		err = call_back(v, c->helper->id, c->func - 1, entered, next);
		if (!err && c->helper->id == BPF_FUNC_for_each_map_elem)
			err = call_map_require(v, c);
	}
	return err;
}

/* What the call does to what its arguments point to. */
static int apply_arguments(struct verifier *v, const struct call *c)
{
	switch (c->helper->id) {
	case BPF_FUNC_spin_lock:
		return ref_lock(v, 1, REF_LOCK);
	case BPF_FUNC_spin_unlock:
		ref_unlock(v, 1, REF_LOCK);
		return 0;
	case BPF_FUNC_dynptr_from_mem:
		return dynptr_make(v, 4, DYNPTR_LOCAL, 0);
	case BPF_FUNC_ringbuf_reserve_dynptr:
		return dynptr_make(v, 4, DYNPTR_RINGBUF, 0);
	case BPF_FUNC_ringbuf_submit_dynptr:
	case BPF_FUNC_ringbuf_discard_dynptr:
		dynptr_drop(v, 1);
		return 0;
	}
	return c->released && c->ref ? ref_release(v, c->ref) : 0;
}

static int apply(struct verifier *v, const struct call *c)
{
	struct reg dynptr = { .type = REG_NOTHING };
	/* A tail call after which the program goes on did nothing. */
	bool moved = (c->helper->flags & (HELPER_MOVES_PACKET | HELPER_TAIL_CALL)) == HELPER_MOVES_PACKET;
	int err;

	if (c->dynptr)
		dynptr = *dynptr_at(v, c->dynptr);
	if (c->helper->id == BPF_FUNC_dynptr_write)
		moved = dynptr.dynptr_kind == DYNPTR_SKB || dynptr.dynptr_kind == DYNPTR_SKB_META;
	err = apply_arguments(v, c);
	if (err)
		return err;
	call_clobber(v);
	err = call_result(v, c, &dynptr);
	if (moved)
		packet_moved(v);
	return err;
}

/* In a function that was called: the program that came instead has returned to the function's caller (choice
 * 0), and may have done anything to the packet; or there was none (choice 1). */
static int tail_call(struct verifier *v, const struct call *c, u32 *next)
{
	bool done;
	int err;

	if (!v->cur->depth || v->cur->choice)
		return apply(v, c);
	/* Linux's verifier has no answer for what the helper that calls back would be given. */
	if (v_frame(v)->callback)
		return reject(v, -EFAULT, REASON_CALLBACK, -1,
			      "a function that a helper calls back makes a tail call");
	err = walk_fork(v, 1);
	if (err)
		return err;
	call_clobber(v);
	packet_moved(v);
	reg_set_unknown(v_reg(v, 0));
	value_written(v, 0, 64);
	return exit_step(v, next, &done);
}

int call_helper(struct verifier *v, u32 *next)
{
	struct call c = { .who = v->helper_who, .key = -1 };
	u32 id = (u32)v_insn(v)->imm;
	bool entered = false;
	int err;

	if (id != BPF_FUNC_spin_unlock && id != BPF_FUNC_kptr_xchg) {
		err = ref_require_callable(v);
		if (err)
			return err;
	}
	err = require_helper(v, id, &c);
	if (!err)
		err = require(v, &c, &entered, next);
	if (err)
		return say_absent(v, &c, err);
	if (c.helper->flags & HELPER_TAIL_CALL)
		return tail_call(v, &c, next);
	return entered ? 0 : apply(v, &c);
}

u8 call_marks(struct verifier *v, const struct bpf_insn *insn)
{
	const struct insn_facts *facts = &v->facts[insn - v->insns];
	struct func *func = &v->funcs[facts->func];
	const struct helper *helper;

	if (facts->id != INSN_CALL_HELPER)
		return 0;
	helper = helper_find((u32)insn->imm, v->helper_who);
	if (!helper)
		return 0;
	func->moves_packet |= (helper->flags & HELPER_MOVES_PACKET) != 0;
	func->might_sleep |= (helper->flags & HELPER_SLEEPS) != 0;
	if (!(helper->flags & HELPER_CALLS_BACK))
		return 0;
	/* A timer's function runs later, and once: nothing has to converge. */
	return helper->id == BPF_FUNC_timer_set_callback ? MARK_PRUNE : MARK_CALLBACK | MARK_CHECKPOINT;
}

void call_clobber(struct verifier *v)
{
	for (u32 n = 0; n <= 5; n++)
		reg_forget(v_reg(v, n));
}

static void lose_packet(struct reg *reg, void *ctx)
{
	if (reg_is_packet(reg) || reg->type == REG_PACKET_END ||
	    (reg->type == REG_MEM && reg->flags & REG_DYNPTR_SLICE))
		value_lost(ctx, reg);
}

void packet_moved(struct verifier *v)
{
	value_each(v, lose_packet, v);
}
