// SPDX-License-Identifier: BSD-2-Clause
/* kfunc.h - kernel functions: one row of kfunc.def each. They differ from helpers in that a call names
 * them by an id of the engine's own BTF, which says their prototype; the rows say what the BTF says, and
 * more.
 */
#ifndef CLSBPF_HELPER_KFUNC_H
#define CLSBPF_HELPER_KFUNC_H

#include "helper/helper.h"
#include "isa/btf_read.h"

enum kfunc_id {
#define KFUNC(name, ...) KFUNC_##name,
#include "helper/kfunc.def"
#undef KFUNC
	KFUNC_COUNT,
};

enum kfunc_arg {
	KARG_NONE,
	/* numbers */
	KARG_CHAR,
	KARG_INT,
	KARG_U8,
	KARG_U32,
	KARG_U64,
	KARG_SKB,             /* the context */
	KARG_XDP,
	KARG_DYNPTR,
	KARG_DYNPTR_UNINIT,   /* where one is made */
	KARG_ITER_NUM,
	KARG_STRING,          /* anything: who reads there takes care */
	KARG_BUFFER,          /* writable memory, or NULL; its size follows, */
	KARG_BUFFER_SIZE,     /* a constant */
	KARG_IRQ_FLAGS,       /* 8 bytes of the stack */
};

enum kfunc_ret {
	KRET_VOID,
	KRET_BOOL,
	KRET_INT,
	KRET_U32,
	KRET_SLICE,           /* BUFFER_SIZE bytes, or NULL */
	KRET_ELEMENT,         /* of an iterator, to be read; NULL: there is none any more */
};

enum kfunc_flags {
	KFUNC_ITER_NEW = 1 << 0,
	KFUNC_ITER_NEXT = 1 << 1,
	KFUNC_ITER_DESTROY = 1 << 2,
	KFUNC_READS_ANY = 1 << 3,     /* reads what its arguments point to, which nobody checked */
};

struct kfunc {
	const char *name;
	u8 ret;                       /* enum kfunc_ret */
	u8 arg[5];                    /* enum kfunc_arg */
	u16 who;                      /* enum helper_who */
	u16 flags;                    /* enum kfunc_flags */
	struct helper call;           /* the same for those who run it */
};

/** kfunc_row() - by enum kfunc_id. */
const struct kfunc *kfunc_row(u32 id);

/** kfunc_call() - row @id as programs of type @who (enum helper_who) run it. */
const struct helper *kfunc_call(u32 id, u32 who);

/** kfunc_find() - the number of the row of function @btf_id of the engine's BTF @kernel, or -1. */
int kfunc_find(const struct btf_view *kernel, u32 btf_id);

/** kfunc_named() - the same by name. */
int kfunc_named(const char *name);

#endif
