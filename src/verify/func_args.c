// SPDX-License-Identifier: BSD-2-Clause
/* func_args.c - what the prototype of a global function says about its arguments.
 *
 *   int f(struct __sk_buff *skb, int n, struct key *k __attribute__((btf_decl_tag("arg:nonnull"))))
 *         the context            number memory of sizeof(struct key), not NULL
 *
 * Read when such a function is called or verified for the first time, so that what nobody calls may be as
 * strange as it likes. Source: kernel/bpf/btf.c of Linux 6.18, asked; one thing is not taken over: there
 * the constant NULL passes for an argument that is tagged nonnull, whose function then reads from it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify/concerns.h"

enum func_arg_kind {
	FUNC_ARG_NUMBER,
	FUNC_ARG_CTX,
	FUNC_ARG_MEM,
	FUNC_ARG_DYNPTR,
};

struct func_arg {
	u8 kind;              /* enum func_arg_kind */
	bool nonnull;
	u32 size;             /* FUNC_ARG_MEM */
};

/* "arg:..." of a declaration tag. */
enum arg_tag {
	ARG_TAG_CTX = 1 << 0,
	ARG_TAG_NONNULL = 1 << 1,
	ARG_TAG_NULLABLE = 1 << 2,
	ARG_TAG_TRUSTED = 1 << 3,
	ARG_TAG_UNTRUSTED = 1 << 4,
	ARG_TAG_ARENA = 1 << 5,
};

#define TAG_PREFIX "arg:"
#define ARGS_MAX 5

struct reading {
	struct verifier *v;
	const struct btf_view *btf;
	u32 func;
	char name[FUNC_NAME];
	u32 arg;              /* from 0 */
	u32 tags;             /* enum arg_tag */
};

const char *func_name(const struct verifier *v, u32 func, char buf[FUNC_NAME])
{
	const struct btf_type *type = v->btf ? btf_type(v->btf, v->funcs[func].type_id) : NULL;
	const char *name = type ? btf_name(v->btf, type->name_off) : "";

	if (*name)
		snprintf(buf, FUNC_NAME, "%.60s()", name);
	else
		snprintf(buf, FUNC_NAME, "the function at instruction %u", v->funcs[func].start);
	return buf;
}

/* Does the prototype of function @type return a number? @type: NULL when nothing is known of the function. */
static bool returns_number(const struct verifier *v, const struct btf_type *type)
{
	const struct btf_type *proto = type ? btf_type(v->btf, type->type) : NULL;
	const struct btf_type *ret = proto ? btf_resolve(v->btf, proto->type) : NULL;

	return ret && (btf_kind(ret) == BTF_KIND_INT || btf_kind(ret) == BTF_KIND_ENUM ||
		       btf_kind(ret) == BTF_KIND_ENUM64);
}

/* A function can be ended by what is in it, and then its caller is given a number. */
static int require_number(struct verifier *v, u32 func, const struct btf_type *type)
{
	const struct func *f = &v->funcs[func];

	if (!func || (!f->tail_call && !f->ld_abs) || returns_number(v, type))
		return 0;
	return reject(v, -EINVAL, REASON_FUNCTION_TYPES, -1,
		      "a function with %s must be known (by BTF) to return an int", f->tail_call ?
		      "a tail call" : "a packet load of classic BPF");
}

int func_args_learn(struct verifier *v, u32 func)
{
	const struct bpf_func_info *info = v->prog->func_info;
	const struct btf_type *type = NULL;
	int err;

	if (v->btf && info && func < v->prog->func_info_count)
		type = btf_type(v->btf, info[func].type_id);
	if (type && btf_kind(type) != BTF_KIND_FUNC)
		type = NULL;
	err = require_number(v, func, type);
	if (err || !type)
		return err;
	v->funcs[func].type_id = info[func].type_id;
	v->funcs[func].global = func && btf_vlen(type) == BTF_FUNC_GLOBAL;
	return 0;
}

/* ---- reading a prototype ---- */

static int bad_tags(const struct reading *r)
{
	return reject(r->v, -EINVAL, REASON_FUNCTION_TYPES, -1,
		      "argument %u of %s has tags that do not go together", r->arg + 1, r->name);
}

static int tag_read(struct reading *r, const char *tag)
{
	static const struct {
		const char *name;
		u32 tag;
	} tags[] = {
		{ "ctx", ARG_TAG_CTX }, { "nonnull", ARG_TAG_NONNULL },
		{ "nullable", ARG_TAG_NULLABLE }, { "trusted", ARG_TAG_TRUSTED },
		{ "untrusted", ARG_TAG_UNTRUSTED }, { "arena", ARG_TAG_ARENA },
	};

	for (u32 i = 0; i < ARRAY_SIZE(tags); i++) {
		if (strcmp(tags[i].name, tag))
			continue;
		r->tags |= tags[i].tag;
		return 0;
	}
	return reject(r->v, -EOPNOTSUPP, REASON_FUNCTION_TYPES, -1,
		      "argument %u of %s has a tag that nobody knows: arg:%.60s", r->arg + 1, r->name, tag);
}

/* The tags of the current argument. */
static int tags_read(struct reading *r)
{
	u32 func_id = r->v->funcs[r->func].type_id;

	r->tags = 0;
	for (u32 id = 1; id < r->btf->type_count; id++) {
		const struct btf_type *type = btf_type(r->btf, id);
		const struct btf_decl_tag *tag = (const void *)(type + 1);
		const char *text;
		int err;

		if (btf_kind(type) != BTF_KIND_DECL_TAG || type->type != func_id ||
		    tag->component_idx != (s32)r->arg)
			continue;
		text = btf_name(r->btf, type->name_off);
		if (strncmp(text, TAG_PREFIX, strlen(TAG_PREFIX)))
			continue;
		err = tag_read(r, text + strlen(TAG_PREFIX));
		if (err)
			return err;
	}
	return 0;
}

/* What programs of this type may call the structure that is their context. */
static bool names_context(const struct reading *r, const char *name)
{
	bool xdp = r->v->prog->type == BPF_PROG_TYPE_XDP;

	return !strcmp(name, xdp ? "xdp_md" : "__sk_buff") || !strcmp(name, xdp ? "xdp_buff" : "sk_buff");
}

static bool is_struct_named(const struct reading *r, const struct btf_type *type, const char *name)
{
	return type && btf_kind(type) == BTF_KIND_STRUCT && !strcmp(btf_name(r->btf, type->name_off), name);
}

static bool is_context(const struct reading *r, const struct btf_type *to)
{
	return to && btf_kind(to) == BTF_KIND_STRUCT && names_context(r, btf_name(r->btf, to->name_off));
}

static int context_read(struct reading *r, const struct btf_type *to, struct func_arg *arg)
{
	const char *name = r->v->prog->type == BPF_PROG_TYPE_XDP ? "xdp_md" : "__sk_buff";

	if (r->tags & ~(u32)ARG_TAG_CTX)
		return bad_tags(r);
	if (r->tags && to && !is_struct_named(r, to, name))
		return reject(r->v, -EINVAL, REASON_FUNCTION_TYPES, -1,
			      "argument %u of %s is tagged as the context and neither void * nor struct %s *",
			      r->arg + 1, r->name, name);
	arg->kind = FUNC_ARG_CTX;
	return 0;
}

static int kernel_object(const struct reading *r)
{
	return reject(r->v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1,
		      "argument %u of %s points to an object of the kernel: this engine has none", r->arg + 1,
		      r->name);
}

static int memory_read(struct reading *r, u32 to_id, struct func_arg *arg)
{
	if (r->tags & ARG_TAG_NULLABLE)
		return bad_tags(r);
	if (btf_size_of(r->btf, to_id, &arg->size))
		return reject(r->v, -EINVAL, REASON_FUNCTION_TYPES, -1,
			      "argument %u of %s points to something whose size is not known", r->arg + 1,
			      r->name);
	arg->kind = FUNC_ARG_MEM;
	arg->nonnull = r->tags & ARG_TAG_NONNULL;
	return 0;
}

static int pointer_read(struct reading *r, u32 to_id, struct func_arg *arg)
{
	const struct btf_type *to = btf_resolve(r->btf, to_id);

	if (r->tags & ARG_TAG_CTX || is_context(r, to))
		return context_read(r, to, arg);
	if (is_struct_named(r, to, "bpf_dynptr")) {
		arg->kind = FUNC_ARG_DYNPTR;
		return r->tags ? bad_tags(r) : 0;
	}
	if (r->tags & ARG_TAG_TRUSTED)
		return r->tags & ARG_TAG_NONNULL ? bad_tags(r) : kernel_object(r);
	if (r->tags & ARG_TAG_UNTRUSTED)
		return r->tags & ~(u32)ARG_TAG_UNTRUSTED ? bad_tags(r) : kernel_object(r);
	if (r->tags & ARG_TAG_ARENA) {
		/* Any number may be an address in an arena. */
		arg->kind = FUNC_ARG_NUMBER;
		return r->tags & ~(u32)ARG_TAG_ARENA ? bad_tags(r) : 0;
	}
	return memory_read(r, to_id, arg);
}

static bool is_number(const struct btf_type *type)
{
	return type && BTF_BIT(btf_kind(type)) & (BTF_BIT(BTF_KIND_INT) | BTF_BIT(BTF_KIND_ENUM) |
						  BTF_BIT(BTF_KIND_ENUM64));
}

static int arg_read(struct reading *r, u32 type_id, struct func_arg *arg)
{
	const struct btf_type *type = btf_resolve(r->btf, type_id);
	int err = tags_read(r);

	if (err)
		return err;
	if (type && btf_kind(type) == BTF_KIND_PTR)
		return pointer_read(r, type->type, arg);
	if (r->tags)
		return reject(r->v, -EINVAL, REASON_FUNCTION_TYPES, -1,
			      "argument %u of %s has a tag for pointers and is none", r->arg + 1, r->name);
	if (!is_number(type))
		return reject(r->v, -EINVAL, REASON_FUNCTION_TYPES, -1,
			      "argument %u of %s is neither a number nor a pointer", r->arg + 1, r->name);
	arg->kind = FUNC_ARG_NUMBER;
	return 0;
}

/* The prototype of a global function, once. */
static int args_read(struct verifier *v, u32 func)
{
	struct reading r = { .v = v, .btf = v->btf, .func = func };
	const struct btf_type *proto = btf_type(v->btf, btf_type(v->btf, v->funcs[func].type_id)->type);
	struct func_arg *args;
	int err = 0;

	if (v->funcs[func].args)
		return 0;
	func_name(v, func, r.name);
	if (btf_vlen(proto) > ARGS_MAX)
		return reject(v, -EINVAL, REASON_FUNCTION_TYPES, -1,
			      "%s has %u arguments, and a call passes %u", r.name, btf_vlen(proto), ARGS_MAX);
	if (!is_number(btf_resolve(v->btf, proto->type)))
		return reject(v, -EINVAL, REASON_FUNCTION_TYPES, -1,
			      "%s is a global function and returns no number", r.name);
	args = calloc(ARGS_MAX, sizeof(*args));
	if (!args)
		return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for the arguments of %s", r.name);
	for (r.arg = 0; !err && r.arg < btf_vlen(proto); r.arg++)
		err = arg_read(&r, btf_params(proto)[r.arg].type, &args[r.arg]);
	if (err) {
		free(args);
		return err;
	}
	v->funcs[func].args = args;
	v->funcs[func].arg_count = (u8)btf_vlen(proto);
	return 0;
}

/* ---- what a call passes ---- */

static int wrong(const struct reading *r, const char *must_be)
{
	char words[160];

	value_words(r->v, v_reg(r->v, r->arg + 1), words, sizeof(words));
	return reject(r->v, -EINVAL, REASON_ARGUMENT, (int)r->arg + 1,
		      "argument %u of %s must be %s, and this is %s", r->arg + 1, r->name, must_be, words);
}

int plain_require(struct verifier *v, u32 n, const char *name)
{
	const struct reg *reg = v_reg(v, n);

	switch ((enum reg_type)reg->type) {
	case REG_NUMBER:
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
		if (!(reg->flags & REG_MAYBE_NULL))
			return 0;
		break;
	case REG_MEM:
		if (!(reg->flags & ~(REG_RDONLY | REG_RINGBUF)))
			return 0;
		break;
	case REG_NOTHING:
	case REG_CTX:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_BTF:
	case REG_FUNC:
	case REG_DYNPTR:
		break;
	}
	if (!reg->off && tnum_equals(reg->n.bits, 0))
		return 0;
	if (reg->type == REG_NOTHING)
		return reject(v, -EACCES, REASON_UNINIT_REGISTER, (int)n,
			      "argument %u of %s is passed, but no value was put into R%u on this path", n,
			      name, n);
	return reject(v, -EACCES, REASON_ARGUMENT, (int)n,
		      "argument %u of %s: something was added to a pointer that must be passed as it is", n,
		      name);
}

static int memory_require(struct reading *r, const struct func_arg *arg)
{
	struct reg *reg = v_reg(r->v, r->arg + 1);
	u16 maybe_null = reg->flags & REG_MAYBE_NULL;
	int err = plain_require(r->v, r->arg + 1, r->name);

	if (err)
		return err;
	if (reg_is_null(reg))
		return arg->nonnull ? wrong(r, "a pointer that is not NULL") : 0;
	/* The function will ask whether it is NULL. */
	reg->flags &= (u16)~maybe_null;
	err = mem_require(r->v, r->arg + 1, 0, arg->size, MEM_READ | MEM_WRITE, true);
	reg->flags |= maybe_null;
	if (err == -EACCES)
		return r->v->refusal.err = -EINVAL;
	if (!err && maybe_null && arg->nonnull)
		return wrong(r, "a pointer that is not NULL");
	return err;
}

static int arg_require(struct reading *r, const struct func_arg *arg)
{
	const struct reg *reg = v_reg(r->v, r->arg + 1);
	int err;

	switch ((enum func_arg_kind)arg->kind) {
	case FUNC_ARG_NUMBER:
		if (!reg_is_number(reg))
			return wrong(r, "a number");
		return value_require(r->v, r->arg + 1, true);
	case FUNC_ARG_CTX:
		err = plain_require(r->v, r->arg + 1, r->name);
		return err || reg->type == REG_CTX ? err : wrong(r, "the context");
	case FUNC_ARG_MEM:
		return memory_require(r, arg);
	case FUNC_ARG_DYNPTR:
		err = plain_require(r->v, r->arg + 1, r->name);
		return err ? err : dynptr_require(r->v, r->arg + 1, DYNPTR_READ, DYNPTR_NONE);
	}
	return 0;
}

int func_args_require(struct verifier *v, u32 func)
{
	struct reading r = { .v = v, .btf = v->btf, .func = func };
	int err = args_read(v, func);

	func_name(v, func, r.name);
	for (; !err && r.arg < v->funcs[func].arg_count; r.arg++)
		err = arg_require(&r, &v->funcs[func].args[r.arg]);
	return err;
}

/* ---- what the function begins with ---- */

static void arg_enter(struct verifier *v, const struct func_arg *arg, struct reg *reg)
{
	switch ((enum func_arg_kind)arg->kind) {
	case FUNC_ARG_NUMBER:
		reg_set_unknown(reg);
		return;
	case FUNC_ARG_CTX:
		reg_set_pointer(reg, REG_CTX, 0);
		return;
	case FUNC_ARG_MEM:
		reg_set_pointer(reg, REG_MEM, arg->nonnull ? 0 : REG_MAYBE_NULL);
		reg->mem_size = arg->size;
		reg->id = arg->nonnull ? 0 : v_new_id(v);
		return;
	case FUNC_ARG_DYNPTR:
		reg_set_pointer(reg, REG_DYNPTR, 0);
		reg->dynptr_kind = DYNPTR_LOCAL;
		reg->dynptr_first = true;
		reg->dynptr_id = v_new_id(v);
		return;
	}
}

int func_args_enter(struct verifier *v, u32 func)
{
	int err = args_read(v, func);

	for (u32 i = 0; !err && i < v->funcs[func].arg_count; i++)
		arg_enter(v, &v->funcs[func].args[i], v_reg(v, 1 + i));
	return err;
}
