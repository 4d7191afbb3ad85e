// SPDX-License-Identifier: BSD-2-Clause
/* helper.h - helper functions: one row of helper.def each, one C function each.
 *
 * The rows are the specification: lookup, the verifier, checked mode, the JIT and the documentation
 * read the same ones. A helper's C function may trust its arguments as far as its row promises: whoever
 * calls it (verified code, or checked mode after checking) made sure.
 */
#ifndef CLSBPF_HELPER_HELPER_H
#define CLSBPF_HELPER_HELPER_H

#include "base/types.h"

struct exec;

enum helper_arg {
#define ARG(id, base, flags, size) ARG_##id,
#include "helper/arg.def"
#undef ARG
};

/* How an argument is checked. */
enum arg_base {
	ARG_IS_NOTHING,
	ARG_IS_ANYTHING,    /* a number */
	ARG_IS_CTX,
	ARG_IS_MAP,
	ARG_IS_KEY,         /* key_size bytes of the map in an argument before */
	ARG_IS_VALUE,       /* value_size bytes */
	ARG_IS_MEM,         /* its size is the next argument, or ARG_FIXED */
	ARG_IS_SIZE,        /* of the memory in the argument before */
	ARG_IS_ALLOC_SIZE,  /* bytes of the memory that is returned: a constant */
	ARG_IS_CONST_STR,   /* a string in a frozen read-only map */
	ARG_IS_STACK,
	ARG_IS_RECORD,      /* a record of a ring buffer from its first byte */
	ARG_IS_SOCK,
	ARG_IS_BTF_SOCK,    /* the same, or an object of such a BTF type */
	ARG_IS_BTF,         /* an object of the kernel's */
	ARG_IS_PERCPU,      /* a variable of the kernel's, one a CPU */
	ARG_IS_KPTR,        /* a special field of a map value: a pointer to an object, */
	ARG_IS_LOCK,        /* a spin lock, */
	ARG_IS_TIMER,       /* a timer */
	ARG_IS_FUNC,        /* a function of the program */
	ARG_IS_DYNPTR,
};

enum arg_flags {
	ARG_OR_NULL = 1 << 0,
	ARG_RDONLY = 1 << 1,   /* memory that is only read; without it and ARG_WRITE: it counts as both */
	ARG_WRITE = 1 << 2,
	ARG_UNINIT = 1 << 3,   /* need not hold anything */
	ARG_RELEASE = 1 << 4,  /* is given back */
	ARG_ZERO_OK = 1 << 5,  /* a size may be 0 */
	ARG_FIXED = 1 << 6,
	ARG_ALIGNED = 1 << 7,
	ARG_LOCAL = 1 << 8,    /* dynptrs: of the program's own memory, */
	ARG_RINGBUF = 1 << 9,  /* of a record of a ring buffer */
};

struct arg_info {
	u8 base;               /* enum arg_base */
	u16 flags;
	u16 size;
};

/** helper_arg_info - by enum helper_arg. */
extern const struct arg_info helper_arg_info[];

enum helper_ret {
	RET_INTEGER,
	RET_VOID,
	RET_MAP_VALUE_OR_NULL,
	RET_RINGBUF_MEM_OR_NULL,    /* a record, the program's until it gives it back; that it must do */
	RET_DYNPTR_MEM_OR_NULL,
	RET_SOCKET_OR_NULL,
	RET_SOCK_COMMON_OR_NULL,
	RET_TCP_SOCK_OR_NULL,
	RET_OBJECT,                 /* one of the kernel's */
	RET_OBJECT_OR_NULL,
	RET_PERCPU,                 /* a variable of the kernel's on one CPU */
	RET_PERCPU_OR_NULL,
	RET_KPTR_OR_NULL,           /* what the pointer in the map pointed to */
};

enum helper_flags {
	HELPER_GPL = 1 << 0,          /* only for programs with a GPL-compatible licence */
	HELPER_MOVES_PACKET = 1 << 1, /* packet pointers are worthless afterwards */
	HELPER_TAIL_CALL = 1 << 2,    /* not a function: the engine that runs the program does it */
	HELPER_PACKET_ARGS = 1 << 3,  /* memory arguments may be packet bytes */
	HELPER_SLEEPS = 1 << 4,
	HELPER_CAP_BPF = 1 << 5,      /* not for programs of unprivileged users, */
	HELPER_CAP_PERFMON = 1 << 6,  /* nor of those who may not look into the kernel */
	HELPER_ACQUIRES = 1 << 7,     /* what it returns has to be given back */
	HELPER_CASTS = 1 << 8,        /* what it returns is the object that it got, reference included */
	HELPER_CALLS_BACK = 1 << 9,
	HELPER_RET_SIZE = 1 << 10,    /* returns at most the size of its memory argument, or an errno */
	HELPER_WRITES_MAP = 1 << 11,  /* not to be had for maps that programs only read */
};

/* Program types as a set. */
enum helper_who { WHO_CLS = 1, WHO_ACT = 2, WHO_SOCKET = 4, WHO_XDP = 8,
		  WHO_TC = WHO_CLS | WHO_ACT, WHO_ALL = 15 };

typedef u64 (*helper_fn)(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

struct helper {
	u32 id;
	const char *name;           /* without bpf_ */
	helper_fn fn;               /* NULL: the engine has only the row, for the verifier */
	u8 ret;
	u8 arg[5];
	u16 who;
	u32 flags;
	u64 map_types;              /* bit 1 << type for each type of map that it takes */
};

/** helper_find() - the row of helper @id, or NULL when Linux has none for our program types. @who: the
 *  program type that asks (helper_who_of()); whether it may call the helper is in the row. */
const struct helper *helper_find(u32 id, u32 who);

/** helper_is_poison() - is @id what loaders put where the kernel lacks what a program asks for? The program
 *  looks before it goes there: such a call is wrong only where it is reached. */
bool helper_is_poison(u32 id);

/** helper_name() - the name of any helper id that Linux 6.18 knows, or NULL. */
const char *helper_name(u32 id);

/** helper_who_of() - the bit of a program type (enum bpf_prog_type), 0 when not supported. */
u32 helper_who_of(u32 prog_type);

static inline const struct arg_info *helper_arg(const struct helper *helper, u32 arg)
{
	return &helper_arg_info[helper->arg[arg]];
}

#endif
