// SPDX-License-Identifier: BSD-2-Clause
/* call_arg.c - the arguments of a helper call, one after the other, by the helper's row.
 *
 *   set? -> of a type that fits -> with an offset that it may have -> given back, with a reference -> what
 *   only this kind of argument asks for
 */
#include <errno.h>
#include <stdio.h>

#include "verify/helper_call.h"

/* One of the five. */
struct arg {
	u32 n;                  /* its register, */
	u32 place;              /* one less */
	const struct arg_info *info;
	const struct reg *reg;
};

static const char *noun(const struct arg *a)
{
	switch ((enum arg_base)a->info->base) {
	case ARG_IS_NOTHING: return "nothing";
	case ARG_IS_ANYTHING: return "a number";
	case ARG_IS_CTX: return "the context";
	case ARG_IS_MAP: return "a map";
	case ARG_IS_KEY: return "a pointer to a key of the map";
	case ARG_IS_VALUE: return "a pointer to a value of the map";
	case ARG_IS_MEM: return a->info->flags & ARG_WRITE ? "memory that it can write" : "memory";
	case ARG_IS_SIZE:
	case ARG_IS_ALLOC_SIZE: return "a size";
	case ARG_IS_CONST_STR: return "a string constant in a map";
	case ARG_IS_STACK: return "a pointer to a local variable";
	case ARG_IS_RECORD: return "a record of a ring buffer";
	case ARG_IS_SOCK:
	case ARG_IS_BTF_SOCK: return "a socket";
	case ARG_IS_BTF: return "an object of the kernel";
	case ARG_IS_PERCPU: return "a per-CPU variable of the kernel";
	case ARG_IS_KPTR: return "a pointer to an object in a map value";
	case ARG_IS_LOCK: return "a spin lock in a map value";
	case ARG_IS_TIMER: return "a timer in a map value";
	case ARG_IS_FUNC: return "a function";
	case ARG_IS_DYNPTR: return "a dynptr on the stack";
	}
	return "nothing";
}

static int refuse_type(struct verifier *v, const struct call *c, const struct arg *a)
{
	char words[128];

	value_words(v, a->reg, words, sizeof(words));
	if (reg_is_pointer(a->reg) && a->reg->flags & REG_MAYBE_NULL)
		return reject(v, -EACCES, REASON_POINTER_NULL, (int)a->n,
			      "argument %u of bpf_%s() is %s, and it was not checked that it is not NULL",
			      a->n, c->helper->name, words);
	return reject(v, -EACCES, REASON_ARGUMENT, (int)a->n,
		      "argument %u of bpf_%s() has to be %s, but it is %s", a->n, c->helper->name, noun(a),
		      words);
}

/* Flags that do not matter where memory is wanted. */
static u16 memory_flags(const struct arg *a)
{
	return (u16)(a->reg->flags & ~(REG_RINGBUF | REG_DYNPTR_SLICE |
				       (a->info->flags & ARG_RDONLY ? REG_RDONLY : 0) |
				       (a->info->flags & ARG_OR_NULL ? REG_MAYBE_NULL : 0)));
}

static bool is_memory(const struct arg *a)
{
	u16 flags = memory_flags(a);

	switch ((enum reg_type)a->reg->type) {
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
		return !flags;
	case REG_BTF:
		return flags == REG_TRUSTED && a->info->flags & ARG_RDONLY;
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_CTX:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_FUNC:
	case REG_DYNPTR:
		return false;
	}
	return false;
}

/* An object that a helper returned, which is used as it is. */
static bool is_object(const struct arg *a)
{
	return a->reg->type == REG_BTF && a->reg->btf_id & OBJECT_OF(0) && !a->reg->off &&
	       !(a->reg->flags & ~(REG_TRUSTED | REG_RCU));
}

static bool is_socket(const struct arg *a)
{
	return !a->reg->flags && (a->reg->type == REG_SOCK_COMMON || a->reg->type == REG_SOCKET ||
				  a->reg->type == REG_TCP_SOCK);
}

/* Is the register of a type that the argument can have? */
static bool fits(const struct arg *a)
{
	const struct reg *reg = a->reg;

	switch ((enum arg_base)a->info->base) {
	case ARG_IS_NOTHING:
	case ARG_IS_ANYTHING:
		return true;
	case ARG_IS_CTX:
		return reg->type == REG_CTX && !reg->flags;
	case ARG_IS_MAP:
		return reg->type == REG_MAP && !reg->flags;
	case ARG_IS_KEY:
	case ARG_IS_VALUE:
	case ARG_IS_MEM:
		return is_memory(a);
	case ARG_IS_SIZE:
	case ARG_IS_ALLOC_SIZE:
		return reg_is_number(reg);
	case ARG_IS_CONST_STR:
	case ARG_IS_TIMER:
		return reg->type == REG_MAP_VALUE && !reg->flags;
	case ARG_IS_LOCK:
	case ARG_IS_KPTR:
		return (reg->type == REG_MAP_VALUE && !reg->flags) ||
		       (reg->type == REG_BTF && reg->flags == REG_ALLOC);
	case ARG_IS_STACK:
		return reg->type == REG_STACK;
	case ARG_IS_RECORD:
		return reg->type == REG_MEM && reg->flags == REG_RINGBUF;
	case ARG_IS_SOCK:
		return is_socket(a);
	case ARG_IS_BTF_SOCK:
		/* All that helpers make of a socket begins with what sockets have in common. */
		return is_socket(a) ||
		       (is_object(a) && reg->btf_id != OBJECT_TASK && reg->btf_id != OBJECT_REGS);
	case ARG_IS_BTF:
		return is_object(a) && reg->btf_id == OBJECT_TASK;
	case ARG_IS_PERCPU:
		return reg->type == REG_BTF && reg->flags & REG_PERCPU;
	case ARG_IS_FUNC:
		return reg->type == REG_FUNC;
	case ARG_IS_DYNPTR:
		return reg->type == REG_STACK || reg->type == REG_DYNPTR;
	}
	return false;
}

static int require_unmodified(struct verifier *v, const struct call *c, const struct arg *a)
{
	if (!a->reg->off && tnum_equals(a->reg->n.bits, 0))
		return 0;
	return reject(v, -EACCES, REASON_HELPER_POINTER, (int)a->n,
		      "bpf_%s() needs the pointer as it came, but something was added to it",
		      c->helper->name);
}

/* Memory and numbers may have any offset, which is checked where they are used; most others none. */
static int require_offset(struct verifier *v, const struct call *c, const struct arg *a)
{
	if (a->info->flags & ARG_RELEASE && a->info->base != ARG_IS_DYNPTR && a->reg->off)
		return reject(v, -EINVAL, REASON_HELPER_POINTER, (int)a->n,
			      "bpf_%s() needs the pointer as it came, but %d was added to it",
			      c->helper->name, a->reg->off);
	switch ((enum reg_type)a->reg->type) {
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_NUMBER:
		return 0;
	case REG_MEM:
		return a->info->flags & ARG_RELEASE ? require_unmodified(v, c, a) : 0;
	case REG_BTF:
		if (a->reg->off >= 0 && tnum_equals(a->reg->n.bits, 0))
			return 0;
		return require_unmodified(v, c, a);
	case REG_CTX:
	case REG_MAP:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_FUNC:
	case REG_DYNPTR:
	case REG_PACKET_END:
	case REG_NOTHING:
		return require_unmodified(v, c, a);
	}
	return 0;
}

static int require_reference(struct verifier *v, struct call *c, const struct arg *a)
{
	if (a->info->flags & ARG_RELEASE && a->info->base != ARG_IS_DYNPTR) {
		if (!a->reg->ref && !reg_is_null(a->reg))
			return reject(v, -EINVAL, REASON_REFERENCE_LOST, (int)a->n,
				      "bpf_%s() gives back what was taken, but this pointer was only lent",
				      c->helper->name);
		c->released = a->n;
	}
	if (!a->reg->ref || a->info->base == ARG_IS_KPTR)
		return 0;
	if (c->ref)
		return reject(v, -EACCES, REASON_ARGUMENT, (int)a->n,
			      "two arguments of bpf_%s() point into what has to be given back; only one "
			      "may", c->helper->name);
	c->ref = a->reg->ref;
	return 0;
}

static int require_map(struct verifier *v, struct call *c, const struct arg *a)
{
	if (c->map && (c->map != a->reg->map || c->map_uid != a->reg->map_uid))
		return reject(v, -EINVAL, REASON_ARGUMENT, (int)a->n,
			      "the timer is in a value of map %s, but bpf_%s() is given map %s",
			      c->map->name, c->helper->name, a->reg->map->name);
	c->map = a->reg->map;
	c->map_uid = a->reg->map_uid;
	return 0;
}

static enum mem_use use_of(const struct arg_info *info)
{
	if (!(info->flags & ARG_WRITE))
		return MEM_READ;
	return info->flags & ARG_UNINIT ? MEM_WRITE : MEM_READ | MEM_WRITE;
}

static int require_fixed(struct verifier *v, const struct call *c, const struct arg *a)
{
	int err = mem_require(v, a->n, 0, a->info->size, use_of(a->info), false);
	u64 off = (u64)(s64)a->reg->off | a->reg->n.bits.value | a->reg->n.bits.mask;

	/* The stack itself is aligned, and so are other kinds of memory. */
	if (err || !(a->info->flags & ARG_ALIGNED) || !(off & (a->info->size - 1)))
		return err;
	return reject(v, -EACCES, REASON_ARGUMENT, (int)a->n,
		      "bpf_%s() needs memory that is aligned to %u bytes", c->helper->name, a->info->size);
}

static int require_size(struct verifier *v, struct call *c, const struct arg *a)
{
	const struct arg_info *memory = helper_arg(c->helper, a->place - 1);
	struct reg *reg = v_reg(v, a->n - 1);
	u16 flags = reg->flags;
	int err;

	c->size_max = a->reg->n.umax;
	/* What the helper may be given NULL for, it looks at itself. */
	if (memory->flags & ARG_OR_NULL)
		reg->flags &= (u16)~REG_MAYBE_NULL;
	err = mem_require_sized(v, a->n - 1, a->n, use_of(memory), a->info->flags & ARG_ZERO_OK);
	reg->flags = flags;
	return err;
}

static int require_alloc_size(struct verifier *v, struct call *c, const struct arg *a)
{
	if (!reg_is_const(a->reg))
		return reject(v, -EACCES, REASON_SIZE_CONSTANT, (int)a->n,
			      "the size that bpf_%s() is asked for is not a constant", c->helper->name);
	c->alloc_size = a->reg->n.umax;
	return precise_reg(v, a->n);
}

static int require_field(struct verifier *v, struct call *c, const struct arg *a)
{
	u32 kinds = a->info->base == ARG_IS_LOCK ? FIELD_SPIN_LOCK : FIELD_TIMER;
	int err;

	if (a->reg->type != REG_MAP_VALUE)
		return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, (int)a->n,
			      "this engine has no locks in objects that programs allocate");
	err = map_field_require(v, a->n, kinds, noun(a));
	if (!err && a->info->base == ARG_IS_TIMER) {
		c->map = a->reg->map;
		c->map_uid = a->reg->map_uid;
	}
	return err;
}

static int require_kptr(struct verifier *v, const struct arg *a)
{
	int err;

	if (a->reg->type != REG_MAP_VALUE)
		return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, (int)a->n,
			      "this engine has no objects that programs allocate");
	if (!a->reg->map->fields || !(a->reg->map->fields->kinds & FIELD_KPTRS))
		return reject(v, -EINVAL, REASON_MAP_FIELD, (int)a->n,
			      "the values of map %s have no pointers to objects", a->reg->map->name);
	err = map_field_require(v, a->n, FIELD_KPTR_REF | FIELD_KPTR_PERCPU, noun(a));
	if (err && tnum_is_const(a->reg->n.bits))
		v->refusal.err = err = -EACCES;
	return err;
}

static int require_dynptr(struct verifier *v, struct call *c, const struct arg *a)
{
	enum dynptr_kind kind = a->info->flags & ARG_LOCAL ? DYNPTR_LOCAL :
				a->info->flags & ARG_RINGBUF ? DYNPTR_RINGBUF : DYNPTR_NONE;

	if (a->info->flags & ARG_UNINIT)
		return dynptr_require(v, a->n, DYNPTR_NEW, kind);
	c->dynptr = a->n;
	return dynptr_require(v, a->n, a->info->flags & ARG_RELEASE ? DYNPTR_GIVE_BACK : DYNPTR_READ, kind);
}

/* What only this kind of argument asks for. */
static int require_kind(struct verifier *v, struct call *c, const struct arg *a)
{
	bool null = a->info->flags & ARG_OR_NULL && reg_is_null(a->reg);
	const char *text;
	int err;

	switch ((enum arg_base)a->info->base) {
	case ARG_IS_NOTHING:
	case ARG_IS_ANYTHING:
	case ARG_IS_CTX:
	case ARG_IS_STACK:
	case ARG_IS_RECORD:
	case ARG_IS_SOCK:
	case ARG_IS_BTF_SOCK:
	case ARG_IS_BTF:
	case ARG_IS_PERCPU:
		return 0;
	case ARG_IS_MAP:
		return require_map(v, c, a);
	case ARG_IS_KEY:
		err = mem_require(v, a->n, 0, c->map->key_size, MEM_READ, false);
		return err ? err : call_map_key(v, c, a->n);
	case ARG_IS_VALUE:
		return null ? 0 : mem_require(v, a->n, 0, c->map->value_size, use_of(a->info), false);
	case ARG_IS_MEM:
		return a->info->flags & ARG_FIXED ? require_fixed(v, c, a) : 0;
	case ARG_IS_SIZE:
		return require_size(v, c, a);
	case ARG_IS_ALLOC_SIZE:
		return require_alloc_size(v, c, a);
	case ARG_IS_CONST_STR:
		return call_string_require(v, a->n, &text);
	case ARG_IS_LOCK:
	case ARG_IS_TIMER:
		return require_field(v, c, a);
	case ARG_IS_KPTR:
		return require_kptr(v, a);
	case ARG_IS_FUNC:
		c->func = a->reg->func + 1;
		return 0;
	case ARG_IS_DYNPTR:
		return require_dynptr(v, c, a);
	}
	return 0;
}

static int require_anything(struct verifier *v, const struct call *c, const struct arg *a)
{
	if (v->privileged || !reg_is_pointer(a->reg))
		return 0;
	return reject(v, -EACCES, REASON_POINTER_LEAK, (int)a->n,
		      "argument %u of bpf_%s() would give a pointer away", a->n, c->helper->name);
}

static int require_argument(struct verifier *v, struct call *c, const struct arg *a)
{
	int err = value_require(v, a->n, true);

	if (err)
		return err;
	if (a->info->base == ARG_IS_ANYTHING)
		return require_anything(v, c, a);
	if (reg_is_packet(a->reg) && !(c->helper->flags & HELPER_PACKET_ARGS))
		return reject(v, -EACCES, REASON_PACKET_ARGUMENT, (int)a->n,
			      "bpf_%s() takes no packet bytes as argument %u", c->helper->name, a->n);
	if (!(a->info->flags & ARG_OR_NULL && reg_is_null(a->reg))) {
		if (!fits(a))
			return refuse_type(v, c, a);
		err = require_offset(v, c, a);
		if (err)
			return err;
	}
	err = require_reference(v, c, a);
	return err ? err : require_kind(v, c, a);
}

int call_arguments(struct verifier *v, struct call *c)
{
	int err = 0;

	for (u32 i = 0; !err && i < 5 && c->helper->arg[i] != ARG_NONE; i++) {
		struct arg a = { .n = i + 1, .place = i, .info = helper_arg(c->helper, i),
				 .reg = v_reg(v, i + 1) };

		err = require_argument(v, c, &a);
	}
	return err;
}
