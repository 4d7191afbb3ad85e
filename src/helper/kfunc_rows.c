// SPDX-License-Identifier: BSD-2-Clause
/* kfunc.c - finding kernel functions, and how each row reads for those who run the call. */
#include <string.h>

#include "helper/fns.h"
#include "helper/kfunc.h"

enum { SKB = WHO_CLS | WHO_ACT | WHO_SOCKET, TC = WHO_TC, XDP = WHO_XDP, ALL = WHO_ALL };

/* What checked mode makes sure of. */
#define RUN_NONE ARG_NONE
#define RUN_CHAR ARG_ANYTHING
#define RUN_INT ARG_ANYTHING
#define RUN_U8 ARG_ANYTHING
#define RUN_U32 ARG_ANYTHING
#define RUN_U64 ARG_ANYTHING
#define RUN_SKB ARG_CTX
#define RUN_XDP ARG_CTX
#define RUN_DYNPTR ARG_DYNPTR
#define RUN_DYNPTR_UNINIT ARG_DYNPTR_UNINIT
#define RUN_ITER_NUM ARG_ITER_NUM
#define RUN_STRING ARG_ANYTHING
#define RUN_BUFFER ARG_UNINIT_MEM_OR_NULL
#define RUN_BUFFER_SIZE ARG_CONST_SIZE_OR_ZERO
#define RUN_IRQ_FLAGS ARG_UNINIT_LONG

#define RUN_RET_VOID RET_VOID
#define RUN_RET_BOOL RET_INTEGER
#define RUN_RET_INT RET_INTEGER
#define RUN_RET_U32 RET_INTEGER
#define RUN_RET_SLICE RET_DYNPTR_MEM_OR_NULL
#define RUN_RET_ELEMENT RET_INTEGER

static const struct kfunc rows[KFUNC_COUNT] = {
#define KFUNC(row_name, row_ret, a1, a2, a3, a4, a5, row_who, row_flags)                                   \
	{ .name = #row_name, .ret = KRET_##row_ret,                                                        \
	  .arg = { KARG_##a1, KARG_##a2, KARG_##a3, KARG_##a4, KARG_##a5 },                                \
	  .who = row_who, .flags = row_flags,                                                              \
	  .call = { .name = &#row_name[4], .fn = kfunc_##row_name, .ret = RUN_RET_##row_ret,               \
		    .arg = { RUN_##a1, RUN_##a2, RUN_##a3, RUN_##a4, RUN_##a5 }, .who = row_who } },
#include "helper/kfunc.def"
#undef KFUNC
};

const struct kfunc *kfunc_row(u32 id)
{
	return &rows[id];
}

const struct helper *kfunc_call(u32 id, u32 who)
{
	/* Whoever cannot write to packets gets a dynptr that does not let them. */
	static const struct helper rdonly = {
		.name = "dynptr_from_skb", .fn = kfunc_dynptr_from_skb_rdonly, .ret = RET_INTEGER,
		.arg = { ARG_CTX, ARG_ANYTHING, ARG_DYNPTR_UNINIT }, .who = WHO_SOCKET,
	};

	return id == KFUNC_bpf_dynptr_from_skb && who == WHO_SOCKET ? &rdonly : &rows[id].call;
}

int kfunc_named(const char *name)
{
	for (u32 i = 0; i < KFUNC_COUNT; i++)
		if (!strcmp(rows[i].name, name))
			return (int)i;
	return -1;
}

int kfunc_find(const struct btf_view *kernel, u32 btf_id)
{
	const struct btf_type *type = btf_type(kernel, btf_id);

	if (!type || btf_kind(type) != BTF_KIND_FUNC)
		return -1;
	return kfunc_named(btf_name(kernel, type->name_off));
}
