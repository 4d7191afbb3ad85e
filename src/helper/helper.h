// SPDX-License-Identifier: BSD-2-Clause
/* helper.h - helper functions: one row of helper.def each, one C function each.
 *
 * The rows are the specification: lookup, the verifier, checked mode, the JIT and the documentation
 * read the same ones. Argument and return types carry the names of the kernel's ARG_ and RET_
 * constants. A helper's C function may trust its arguments as far as its row promises: whoever
 * calls it (verified code, or checked mode after checking) made sure.
 */
#ifndef CLSBPF_HELPER_HELPER_H
#define CLSBPF_HELPER_HELPER_H

#include "base/types.h"

struct exec;

enum helper_arg {
	ARG_NONE,
	ARG_ANYTHING,
	ARG_CTX,
	ARG_CONST_MAP_PTR,
	ARG_MAP_KEY,                /* key_size bytes of the map in the first argument, readable */
	ARG_MAP_VALUE,              /* value_size bytes, readable */
	ARG_UNINIT_MAP_VALUE,       /* value_size bytes, written */
	ARG_MEM,                    /* readable; its size is the next argument */
	ARG_MEM_OR_NULL,
	ARG_UNINIT_MEM,             /* written; its size is the next argument */
	ARG_CONST_SIZE,             /* of the memory in the argument before; not 0 */
	ARG_CONST_SIZE_OR_ZERO,
	ARG_CONST_ALLOC_SIZE_OR_ZERO, /* bytes of the memory that is returned */
	ARG_RINGBUF_MEM,            /* a record from its first byte; it is given back */
};

enum helper_ret {
	RET_INTEGER,
	RET_VOID,
	RET_MAP_VALUE_OR_NULL,
	RET_RINGBUF_MEM_OR_NULL,    /* a record, the program's until it gives it back; that it must do */
};

enum helper_flags {
	HELPER_GPL = 1 << 0,          /* only for programs with a GPL-compatible licence */
	HELPER_MOVES_PACKET = 1 << 1, /* packet pointers are worthless afterwards */
	HELPER_TAIL_CALL = 1 << 2,    /* not a function: the engine that runs the program does it */
};

/* Program types as a set. */
enum helper_who { WHO_CLS = 1, WHO_ACT = 2, WHO_SOCKET = 4, WHO_XDP = 8,
		  WHO_TC = WHO_CLS | WHO_ACT, WHO_ALL = 15 };

typedef u64 (*helper_fn)(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

struct helper {
	u32 id;
	const char *name;           /* without bpf_ */
	helper_fn fn;
	u8 ret;
	u8 arg[5];
	u16 who;
	u32 flags;
	u64 map_types;              /* bit 1 << type for each map type it takes; 0: all
				     * whose elements programs see, or it takes none */
};

/** helper_find() - the row of helper @id, or NULL when the engine does not have it. @who: the program
 *  type that asks (helper_who_of()); whether it may call the helper is in the row. */
const struct helper *helper_find(u32 id, u32 who);

/** helper_name() - the name of any helper id that Linux 6.18 knows, or NULL. */
const char *helper_name(u32 id);

/** helper_who_of() - the bit of a program type (enum bpf_prog_type), 0 when not supported. */
u32 helper_who_of(u32 prog_type);

#endif
