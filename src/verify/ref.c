// SPDX-License-Identifier: BSD-2-Clause
/* ref.c - what a program holds and must give back: references, spin locks, sections.
 *
 * state->refs has one row for each, in the order in which they were taken. `locks`, `lock_id` and `lock_ptr`
 * say the same of the lock that was taken last; `preempt` and `rcu` count sections that are open.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"

#define LOCK_KINDS (1u << REF_LOCK | 1u << REF_RES_LOCK | 1u << REF_RES_LOCK_IRQ)

static bool is_lock(const struct ref *ref) { return LOCK_KINDS >> ref->kind & 1; }

static int ref_add(struct verifier *v, const struct ref *ref)
{
	struct state *s = v->cur;

	if (s->ref_count == s->ref_room) {
		u32 more = s->ref_room ? 2 * s->ref_room : 8;
		struct ref *refs = reallocarray(s->refs, more, sizeof(*refs));

		if (!refs)
			return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for one more reference");
		s->refs = refs;
		s->ref_room = more;
	}
	s->refs[s->ref_count++] = *ref;
	return 0;
}

static void ref_remove(struct state *s, u32 place)
{
	s->ref_count--;
	memmove(&s->refs[place], &s->refs[place + 1], (s->ref_count - place) * sizeof(*s->refs));
}

int ref_take(struct verifier *v, enum ref_kind kind, const void *ptr, u32 *id)
{
	struct ref ref = { .id = v_new_id(v), .insn = v->cur->insn, .kind = (u8)kind, .ptr = ptr };

	*id = ref.id;
	return ref_add(v, &ref);
}

const struct ref *ref_find(const struct verifier *v, u32 id)
{
	for (u32 i = 0; i < v->cur->ref_count; i++)
		if (v->cur->refs[i].kind == REF_OBJECT && v->cur->refs[i].id == id)
			return &v->cur->refs[i];
	return NULL;
}

int ref_drop(struct verifier *v, u32 id)
{
	const struct ref *ref = ref_find(v, id);

	if (!ref)
		return -EINVAL;
	ref_remove(v->cur, (u32)(ref - v->cur->refs));
	return 0;
}

void value_lost(const struct verifier *v, struct reg *reg)
{
	if (v->privileged)
		reg_set_unknown(reg);
	else
		reg_forget(reg);
}

struct lost {
	const struct verifier *v;
	u32 id;
};

static void lose_ref(struct reg *reg, void *ctx)
{
	const struct lost *lost = ctx;

	if (reg->ref == lost->id)
		value_lost(lost->v, reg);
}

int ref_release(struct verifier *v, u32 id)
{
	struct lost lost = { v, id };
	int err = ref_drop(v, id);

	if (!err)
		value_each(v, lose_ref, &lost);
	return err;
}

/* ---- nothing may be held ---- */

int ref_require_none(struct verifier *v, const char *what, bool locks_only)
{
	const struct state *s = v->cur;
	char name[64];

	for (u32 i = 0; i < s->ref_count && s->locks; i++) {
		if (s->refs[i].kind == REF_OBJECT || s->refs[i].kind == REF_IRQ)
			continue;
		v->refusal.other_insn = s->refs[i].insn + 1;
		return reject(v, -EINVAL, REASON_LOCK_HELD, -1, "a spin lock is still held %s", what);
	}
	/* What a function holds is its caller's as well. */
	for (u32 i = 0; i < s->ref_count && !locks_only && !s->depth; i++) {
		if (s->refs[i].kind != REF_OBJECT)
			continue;
		v->refusal.other_insn = s->refs[i].insn + 1;
		return reject(v, -EINVAL, REASON_REFERENCE_LEAK, -1, "what %s took is still held %s",
			      call_name(v, s->refs[i].insn, name, sizeof(name)), what);
	}
	for (u32 i = 0; i < s->ref_count && !locks_only; i++) {
		if (s->refs[i].kind != REF_IRQ)
			continue;
		v->refusal.other_insn = s->refs[i].insn + 1;
		return reject(v, -EINVAL, REASON_SECTION, -1,
			      "interrupts are still off %s: bpf_local_irq_restore() was not called", what);
	}
	if (s->rcu && !locks_only)
		return reject(v, -EINVAL, REASON_SECTION, -1,
			      "the RCU read section is still open %s: bpf_rcu_read_unlock() was not "
			      "called", what);
	if (s->preempt && !locks_only)
		return reject(v, -EINVAL, REASON_SECTION, -1,
			      "preemption is still off %s: bpf_preempt_enable() was not called", what);
	return 0;
}

/* ---- spin locks ---- */

/* What the lock at @reg is in, by which two locks are told apart. */
static const void *lock_home(const struct verifier *v, const struct reg *reg)
{
	return reg->type == REG_MAP_VALUE ? (const void *)reg->map : (const void *)v->btf;
}

static const struct ref *lock_find(const struct verifier *v, u32 kinds, u32 id, const void *home)
{
	const struct state *s = v->cur;

	for (u32 i = 0; i < s->ref_count; i++)
		if (kinds >> s->refs[i].kind & 1 &&
		    (!home || (s->refs[i].id == id && s->refs[i].ptr == home)))
			return &s->refs[i];
	return NULL;
}

int ref_lock_require(struct verifier *v, u32 n, enum ref_kind kind)
{
	const struct reg *reg = v_reg(v, n);
	const struct ref *held;

	if (!v->cur->locks)
		return 0;
	if (kind == REF_LOCK)
		held = lock_find(v, 1u << REF_LOCK, 0, NULL);
	else
		held = lock_find(v, 1u << REF_RES_LOCK | 1u << REF_RES_LOCK_IRQ, reg->id, lock_home(v, reg));
	if (!held)
		return 0;
	v->refusal.other_insn = held->insn + 1;
	if (kind == REF_LOCK)
		return reject(v, -EINVAL, REASON_LOCK_HELD, (int)n,
			      "a second bpf_spin_lock is taken while one is held");
	return reject(v, -EINVAL, REASON_LOCK_HELD, (int)n,
		      "the lock is taken again while it is held: that would wait for ever");
}

int ref_lock(struct verifier *v, u32 n, enum ref_kind kind)
{
	const struct reg *reg = v_reg(v, n);
	struct ref ref = { .id = reg->id, .insn = v->cur->insn, .kind = (u8)kind, .ptr = lock_home(v, reg) };
	int err = ref_add(v, &ref);

	if (err)
		return err;
	v->cur->locks++;
	v->cur->lock_id = ref.id;
	v->cur->lock_ptr = ref.ptr;
	return 0;
}

int ref_unlock_require(struct verifier *v, u32 n, enum ref_kind kind)
{
	const struct reg *reg = v_reg(v, n);
	const void *home = lock_home(v, reg);

	if (!v->cur->locks)
		return reject(v, -EINVAL, REASON_LOCK_OTHER, (int)n,
			      "a lock is given back, but none is held");
	if (!lock_find(v, 1u << kind, reg->id, home))
		return reject(v, -EINVAL, REASON_LOCK_OTHER, (int)n,
			      "a lock is given back that is not the one that is held");
	if (reg->id != v->cur->lock_id || home != v->cur->lock_ptr)
		return reject(v, -EINVAL, REASON_LOCK_OTHER, (int)n,
			      "the lock that was taken last is to be given back first");
	return 0;
}

static void lose_borrowed(struct reg *reg, void *ctx)
{
	if (reg->flags & REG_NON_OWNING)
		value_lost(ctx, reg);
}

void ref_unlock(struct verifier *v, u32 n, enum ref_kind kind)
{
	struct state *s = v->cur;
	const struct ref *held = lock_find(v, 1u << kind, v_reg(v, n)->id, lock_home(v, v_reg(v, n)));

	ref_remove(s, (u32)(held - s->refs));
	s->locks--;
	s->lock_id = 0;
	s->lock_ptr = NULL;
	for (u32 i = 0; i < s->ref_count; i++) {
		if (!is_lock(&s->refs[i]))
			continue;
		s->lock_id = s->refs[i].id;
		s->lock_ptr = s->refs[i].ptr;
	}
	value_each(v, lose_borrowed, v);
}

int ref_require_callable(struct verifier *v)
{
	const struct ref *held = v->cur->refs;
	char name[64];

	if (!v->cur->locks)
		return 0;
	while (!is_lock(held))
		held++;
	v->refusal.other_insn = held->insn + 1;
	return reject(v, -EINVAL, REASON_LOCK_HELD, -1,
		      "%s is called while a spin lock is held: only what gives the lock back may be",
		      call_name(v, v->cur->insn, name, sizeof(name)));
}

/* ---- sections ---- */

void ref_rcu_begin(struct verifier *v) { v->cur->rcu++; }

static void lose_rcu(struct reg *reg, void *ctx)
{
	if (reg->flags & REG_RCU)
		reg->flags = (u16)((reg->flags & ~(REG_RCU | REG_MAYBE_NULL)) | REG_UNTRUSTED);
}

int ref_rcu_end(struct verifier *v)
{
	if (!v->cur->rcu)
		return reject(v, -EINVAL, REASON_SECTION, -1,
			      "an RCU read section is ended that was not begun");
	if (!--v->cur->rcu)
		value_each(v, lose_rcu, NULL);
	return 0;
}

void ref_preempt_off(struct verifier *v) { v->cur->preempt++; }

int ref_preempt_on(struct verifier *v)
{
	if (!v->cur->preempt)
		return reject(v, -EINVAL, REASON_SECTION, -1,
			      "preemption is allowed again, but it was not forbidden");
	v->cur->preempt--;
	return 0;
}
