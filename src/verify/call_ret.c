// SPDX-License-Identifier: BSD-2-Clause
/* call_ret.c - what a helper returns. */
#include <errno.h>

#include "verify/helper_call.h"

#define ERRNO_MAX 4095

/* Pointers into what the engine does not have; of whole objects it is known at least that they are some. */
int call_result_require(struct verifier *v, const struct call *c)
{
	switch ((enum helper_ret)c->helper->ret) {
	case RET_INTEGER:
	case RET_VOID:
	case RET_MAP_VALUE_OR_NULL:
	case RET_RINGBUF_MEM_OR_NULL:
	case RET_DYNPTR_MEM_OR_NULL:
	case RET_SOCKET_OR_NULL:
	case RET_SOCK_COMMON_OR_NULL:
	case RET_TCP_SOCK_OR_NULL:
	case RET_OBJECT:
	case RET_OBJECT_OR_NULL:
		return 0;
	case RET_PERCPU:
	case RET_PERCPU_OR_NULL:
	case RET_KPTR_OR_NULL:
		return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1,
			      "bpf_%s() returns an object of the kernel, and this engine has none",
			      c->helper->name);
	}
	return 0;
}

/* A number from 0 to @last. */
static void number_to(struct reg *r0, u32 last)
{
	reg_set_unknown(r0);
	r0->n.bits.mask = last ? UINT64_MAX >> __builtin_clzll(last) : 0;
	r0->n.umin = r0->n.umin32 = 0;
	r0->n.smin = r0->n.smin32 = 0;
	r0->n.umax = r0->n.umax32 = last;
	r0->n.smax = r0->n.smax32 = (s32)last;
}

static void number(struct verifier *v, const struct call *c, struct reg *r0)
{
	reg_set_unknown(r0);
	if (c->helper->flags & HELPER_RET_SIZE) {
		r0->n.smax = (s64)c->size_max;
		r0->n.smax32 = (s32)c->size_max;
		r0->n.smin = r0->n.smin32 = -ERRNO_MAX;
	} else if (c->helper->id == BPF_FUNC_get_smp_processor_id) {
		number_to(r0, v->prog->object.engine->cpus - 1);
	}
}

static void map_value(struct verifier *v, const struct call *c, struct reg *r0)
{
	bool there = c->helper->id == BPF_FUNC_map_lookup_elem && c->key >= 0 && c->key < c->map->max_entries;

	reg_set_pointer(r0, REG_MAP_VALUE, there ? 0 : REG_MAYBE_NULL);
	r0->map = c->map;
	r0->map_uid = c->map_uid;
	/* Two locks are told apart by the id of the value. */
	if (there && c->map->fields && c->map->fields->kinds & (FIELD_SPIN_LOCK | FIELD_RES_SPIN_LOCK))
		r0->id = v_new_id(v);
}

int call_result(struct verifier *v, const struct call *c, const struct reg *dynptr)
{
	struct reg *r0 = v_reg(v, 0);
	u32 id;
	int err;

	switch ((enum helper_ret)c->helper->ret) {
	case RET_INTEGER:
		number(v, c, r0);
		return 0;
	case RET_VOID:
		return 0;
	case RET_MAP_VALUE_OR_NULL:
		map_value(v, c, r0);
		break;
	case RET_RINGBUF_MEM_OR_NULL:
		reg_set_pointer(r0, REG_MEM, REG_MAYBE_NULL | REG_RINGBUF);
		r0->mem_size = (u32)c->alloc_size;
		break;
	case RET_DYNPTR_MEM_OR_NULL:
		reg_set_pointer(r0, REG_MEM, REG_MAYBE_NULL);
		r0->mem_size = (u32)c->alloc_size;
		r0->dynptr_id = dynptr->dynptr_id;
		r0->ref = dynptr->ref;
		break;
	case RET_SOCKET_OR_NULL:
		reg_set_pointer(r0, REG_SOCKET, REG_MAYBE_NULL);
		break;
	case RET_SOCK_COMMON_OR_NULL:
		reg_set_pointer(r0, REG_SOCK_COMMON, REG_MAYBE_NULL);
		break;
	case RET_TCP_SOCK_OR_NULL:
		reg_set_pointer(r0, REG_TCP_SOCK, REG_MAYBE_NULL);
		break;
	case RET_OBJECT:
		reg_set_pointer(r0, REG_BTF, REG_TRUSTED);
		r0->btf_id = OBJECT_OF(c->helper->id);
		break;
	case RET_OBJECT_OR_NULL:
		reg_set_pointer(r0, REG_BTF, REG_MAYBE_NULL);
		r0->btf_id = OBJECT_OF(c->helper->id);
		break;
	case RET_PERCPU:
	case RET_PERCPU_OR_NULL:
	case RET_KPTR_OR_NULL:
		/* call_result_require() refused. */
		break;
	}
	if (r0->flags & REG_MAYBE_NULL)
		r0->id = v_new_id(v);
	if (c->helper->flags & HELPER_CASTS)
		r0->ref = c->ref;
	if (!(c->helper->flags & HELPER_ACQUIRES))
		return 0;
	err = ref_take(v, REF_OBJECT, NULL, &id);
	r0->id = r0->ref = id;
	return err;
}
