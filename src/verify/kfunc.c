// SPDX-License-Identifier: BSD-2-Clause
/* kfunc.c - calls of kernel functions: what a row of helper/kfunc.def says about arguments and result is
 * required and applied here. Which function an id names is found once, before the walk.
 */
#include <errno.h>
#include <stdio.h>

#include "helper/kfunc.h"
#include "object/btf.h"
#include "object/engine.h"
#include "verify/concerns.h"

enum { GO_ON, NEXT_ELEMENT };   /* choices of an iterator's next: at its end, not yet */

struct kfunc_call {
	struct verifier *v;
	u32 id;               /* enum kfunc_id */
	const struct kfunc *row;
	char name[32];        /* with parentheses, for messages */
	u32 dynptr;           /* the register that leads to the dynptr argument, 0: none */
	u32 made;             /* and to where one will be */
	u32 iter;
	u32 size;             /* of the buffer */
};

/* ---- before the walk ---- */

static int learn_one(struct verifier *v, u32 i)
{
	const struct bpf_insn *insn = &v->insns[i];
	const struct btf *kernel = btf_of(v->prog->object.engine->kernel_btf);
	int id;

	v->cur->insn = i;
	if (!v->prog->gpl)
		return reject(v, -EINVAL, REASON_KFUNC, -1,
			      "kernel functions are only for programs with a GPL-compatible licence");
	if (insn->off)
		return reject(v, insn->off < 0 ? -EINVAL : -EPROTO, REASON_KFUNC, -1,
			      "a function of a kernel module is called, and there are no modules");
	if (!insn->imm)
		return 0;
	id = kfunc_find(&kernel->view, (u32)insn->imm);
	if (id < 0)
		return reject(v, -EINVAL, REASON_KFUNC, -1,
			      "type %d of the kernel is no function that can be called", insn->imm);
	v->facts[i].kfunc = (u8)(id + 1);
	return 0;
}

int kfunc_learn(struct verifier *v)
{
	int err = 0;

	for (u32 i = 0; !err && i < v->count; i += v->facts[i].slots) {
		u8 id = v->facts[i].id;

		if (id != INSN_CALL_LOCAL && id != INSN_LD_FUNC && id != INSN_CALL_KFUNC)
			continue;
		if (!v->capable) {
			v->cur->insn = i;
			return reject(v, -EPERM, REASON_KFUNC, -1,
				      "without CAP_BPF a program has one function, and calls only helpers");
		}
		if (id == INSN_CALL_KFUNC)
			err = learn_one(v, i);
	}
	return err;
}

u8 kfunc_marks(struct verifier *v, u32 i)
{
	if (v->facts[i].kfunc && kfunc_row(v->facts[i].kfunc - 1u)->flags & KFUNC_ITER_NEXT)
		return MARK_PRUNE | MARK_CHECKPOINT | MARK_ITER_NEXT;
	return 0;
}

/* ---- arguments ---- */

static int wrong(const struct kfunc_call *c, u32 n, int err, const char *must_be)
{
	char words[160];

	value_words(c->v, v_reg(c->v, n), words, sizeof(words));
	return reject(c->v, err, REASON_ARGUMENT, (int)n, "argument %u of %s must be %s, and this is %s", n,
		      c->name, must_be, words);
}

static int number_require(const struct kfunc_call *c, u32 n, bool wide)
{
	return reg_is_number(v_reg(c->v, n)) ? value_require(c->v, n, wide) :
					       wrong(c, n, -EINVAL, "a number");
}

static int context_require(const struct kfunc_call *c, u32 n)
{
	int err = plain_require(c->v, n, c->name);

	return err || v_reg(c->v, n)->type == REG_CTX ? err : wrong(c, n, -EINVAL, "the context");
}

/* Memory whose constant size follows, or NULL. */
static int buffer_require(struct kfunc_call *c, u32 n)
{
	struct reg *reg = v_reg(c->v, n);
	const struct reg *size = v_reg(c->v, n + 1);
	u16 maybe_null = reg->flags & REG_MAYBE_NULL;
	int err;

	if (!reg_is_number(size))
		return wrong(c, n + 1, -EINVAL, "a number");
	switch ((enum reg_type)reg->type) {
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_BTF:
		return wrong(c, n, -EINVAL, "memory");
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_STACK:
	case REG_MEM:
	case REG_FUNC:
	case REG_DYNPTR:
		break;
	}
	err = plain_require(c->v, n, c->name);
	if (!err && !reg_is_null(reg)) {
		/* It is NULL, or it is that large. */
		reg->flags &= (u16)~maybe_null;
		err = mem_require_sized(c->v, n, n + 1, MEM_READ | MEM_WRITE, true);
		reg->flags |= maybe_null;
	}
	if (!err && !reg_is_const(size))
		err = wrong(c, n + 1, -EINVAL, "a constant size");
	c->size = (u32)size->n.bits.value;
	return err;
}

static int dynptr_arg_require(struct kfunc_call *c, u32 n, bool new)
{
	int err = plain_require(c->v, n, c->name);

	/* Linux takes that for a mistake of its own. */
	if (!err && new && v_reg(c->v, n)->type == REG_DYNPTR)
		return reject(c->v, -EFAULT, REASON_DYNPTR, (int)n,
			      "a dynptr is made here in place of the caller's, which only can be read");
	if (!err)
		err = dynptr_require(c->v, n, new ? DYNPTR_NEW : DYNPTR_READ, DYNPTR_NONE);
	*(new ? &c->made : &c->dynptr) = n;
	return err;
}

static int iter_arg_require(struct kfunc_call *c, u32 n, enum iter_kind kind)
{
	int err = plain_require(c->v, n, c->name);

	c->iter = n;
	return err ? err : iter_require(c->v, n, kind, c->row->flags & KFUNC_ITER_NEW);
}

static int irq_require(struct kfunc_call *c, u32 n)
{
	int err = plain_require(c->v, n, c->name);

	return err ? err : irq_flags_require(c->v, n, c->id == KFUNC_bpf_local_irq_save);
}

/* A pointer that somebody looks at. */
static bool is_object_arg(enum kfunc_arg arg)
{
	switch (arg) {
	case KARG_SKB:
	case KARG_XDP:
	case KARG_DYNPTR:
	case KARG_DYNPTR_UNINIT:
	case KARG_ITER_NUM:
	case KARG_IRQ_FLAGS:
		return true;
	case KARG_NONE:
	case KARG_CHAR:
	case KARG_INT:
	case KARG_U8:
	case KARG_U32:
	case KARG_U64:
	case KARG_STRING:
	case KARG_BUFFER:
	case KARG_BUFFER_SIZE:
		return false;
	}
	return false;
}

static bool may_be_null(const struct reg *reg)
{
	return reg_is_null(reg) || reg->flags & REG_MAYBE_NULL;
}

static int arg_require(struct kfunc_call *c, u32 n)
{
	enum kfunc_arg arg = c->row->arg[n - 1];

	if (is_object_arg(arg) && may_be_null(v_reg(c->v, n)))
		return wrong(c, n, -EACCES, "a pointer that is not NULL");
	switch (arg) {
	case KARG_NONE:
	case KARG_STRING:
	case KARG_BUFFER_SIZE:
		return 0;
	case KARG_CHAR:
	case KARG_INT:
	case KARG_U8:
	case KARG_U32:
		return number_require(c, n, false);
	case KARG_U64:
		return number_require(c, n, true);
	case KARG_SKB:
	case KARG_XDP:
		return context_require(c, n);
	case KARG_DYNPTR:
		return dynptr_arg_require(c, n, false);
	case KARG_DYNPTR_UNINIT:
		return dynptr_arg_require(c, n, true);
	case KARG_ITER_NUM:
		return iter_arg_require(c, n, ITER_NUM);
	case KARG_BUFFER:
		return buffer_require(c, n);
	case KARG_IRQ_FLAGS:
		return irq_require(c, n);
	}
	return 0;
}

/* ---- what the call does ---- */

static enum dynptr_kind made_kind(const struct kfunc_call *c)
{
	switch (c->id) {
	case KFUNC_bpf_dynptr_from_skb: return DYNPTR_SKB;
	case KFUNC_bpf_dynptr_from_skb_meta: return DYNPTR_SKB_META;
	case KFUNC_bpf_dynptr_from_xdp: return DYNPTR_XDP;
	}
	return dynptr_at(c->v, c->dynptr)->dynptr_kind;
}

static int section_apply(struct kfunc_call *c)
{
	switch (c->id) {
	case KFUNC_bpf_rcu_read_lock:
		if (c->v->cur->rcu)
			return reject(c->v, -EINVAL, REASON_SECTION, -1,
				      "an RCU read section is begun inside of one: that is not possible");
		ref_rcu_begin(c->v);
		return 0;
	case KFUNC_bpf_rcu_read_unlock:
		return ref_rcu_end(c->v);
	case KFUNC_bpf_preempt_disable:
		ref_preempt_off(c->v);
		return 0;
	case KFUNC_bpf_preempt_enable:
		return ref_preempt_on(c->v);
	case KFUNC_bpf_local_irq_save:
		return irq_flags_make(c->v, 1);
	case KFUNC_bpf_local_irq_restore:
		irq_flags_drop(c->v, 1);
		return 0;
	}
	return 0;
}

static int objects_apply(struct kfunc_call *c)
{
	u32 ref = c->made && c->dynptr ? dynptr_at(c->v, c->dynptr)->ref : 0;
	int err = section_apply(c);

	if (!err && c->made)
		err = dynptr_make(c->v, c->made, made_kind(c), ref);
	if (!err && c->row->flags & KFUNC_ITER_NEW)
		err = iter_make(c->v, c->iter, ITER_NUM);
	if (!err && c->row->flags & KFUNC_ITER_DESTROY)
		iter_drop(c->v, c->iter);
	return err;
}

static int slice_require(const struct kfunc_call *c)
{
	if (c->id != KFUNC_bpf_dynptr_slice_rdwr || c->v->prog->type != BPF_PROG_TYPE_SOCKET_FILTER)
		return 0;
	return reject(c->v, -EINVAL, REASON_KFUNC, -1,
		      "socket filters cannot write to packets, and this is for writing to them");
}

static void slice_result(struct kfunc_call *c, struct reg *r0, const struct reg *dynptr)
{
	u16 local = dynptr->dynptr_kind == DYNPTR_LOCAL || dynptr->dynptr_kind == DYNPTR_RINGBUF;
	u32 dynptr_id = dynptr->dynptr_id;

	reg_set_pointer(r0, REG_MEM, REG_MAYBE_NULL | (local ? REG_LOCAL_SLICE : REG_DYNPTR_SLICE));
	if (c->id == KFUNC_bpf_dynptr_slice)
		r0->flags |= REG_RDONLY;
	r0->mem_size = c->size;
	r0->dynptr_id = dynptr_id;
	r0->id = v_new_id(c->v);
}

/* One element of the iterator more, or the end of it. */
static void element_result(struct kfunc_call *c, struct reg *r0, struct reg *iter)
{
	if (c->v->cur->choice != NEXT_ELEMENT) {
		iter->iter_state = ITER_DRAINED;
		reg_set_const(r0, 0);
		return;
	}
	iter->iter_depth++;
	reg_set_pointer(r0, REG_MEM, REG_RDONLY);
	r0->mem_size = 4;
	r0->ref = iter->ref;
}

static void result(struct kfunc_call *c)
{
	struct verifier *v = c->v;
	const struct reg *dynptr = c->dynptr ? dynptr_at(v, c->dynptr) : NULL;
	struct reg in_reg, *iter = c->iter ? iter_at(v, c->iter) : NULL;

	/* The registers are about to go. */
	if (dynptr) {
		in_reg = *dynptr;
		dynptr = &in_reg;
	}
	call_clobber(v);
	switch ((enum kfunc_ret)c->row->ret) {
	case KRET_VOID:
		return;
	case KRET_BOOL:
	case KRET_INT:
	case KRET_U32:
		reg_set_unknown(v_reg(v, 0));
		value_written(v, 0, 32);
		return;
	case KRET_SLICE:
		slice_result(c, v_reg(v, 0), dynptr);
		return;
	case KRET_ELEMENT:
		element_result(c, v_reg(v, 0), iter);
		return;
	}
}

static int place_require(const struct kfunc_call *c)
{
	struct verifier *v = c->v;

	/* Counting is allowed anywhere. */
	if (c->row->arg[0] != KARG_ITER_NUM) {
		int err = ref_require_callable(v);

		if (err)
			return err;
	}
	if (!(c->row->who & v->helper_who))
		return reject(v, -EACCES, REASON_KFUNC, -1, "%s is not for programs of this type", c->name);
	return 0;
}

static int call_require(struct kfunc_call *c)
{
	int err = place_require(c);

	for (u32 n = 1; !err && n <= 5 && c->row->arg[n - 1] != KARG_NONE; n++)
		err = arg_require(c, n);
	return err ? err : slice_require(c);
}

int call_kfunc(struct verifier *v, u32 *next)
{
	struct kfunc_call c = { .v = v };
	int err;

	if (!v->facts[v->cur->insn].kfunc)
		return reject(v, -EINVAL, REASON_KFUNC, -1, "no kernel function is named here");
	c.id = v->facts[v->cur->insn].kfunc - 1u;
	c.row = kfunc_row(c.id);
	snprintf(c.name, sizeof(c.name), "%s()", c.row->name);
	err = call_require(&c);
	if (!err && c.row->flags & KFUNC_ITER_NEXT && v->cur->choice == GO_ON &&
	    iter_at(v, c.iter)->iter_state == ITER_ACTIVE) {
		err = walk_fork(v, NEXT_ELEMENT);
		if (!err)
			widen_waiting(v);
	}
	if (!err)
		err = objects_apply(&c);
	if (!err)
		result(&c);
	return err;
}
