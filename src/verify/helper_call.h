// SPDX-License-Identifier: BSD-2-Clause
/* helper_call.h - one call of a helper, as the files that look at its sides see it.
 *
 *   call.c      may this helper be called here? the order of everything, what is true afterwards
 *   call_arg.c  the five arguments by their rows in arg.def
 *   call_map.c  the map among them: does the helper work on it, which element
 *   call_ret.c  what comes back
 */
#ifndef CLSBPF_VERIFY_HELPER_CALL_H
#define CLSBPF_VERIFY_HELPER_CALL_H

#include "verify/concerns.h"

struct call {
	const struct helper *helper;
	u32 who;              /* the program's bit in helper->who */
	struct map *map;      /* the map argument, or the map that a field argument is in; NULL: none */
	u32 map_uid;
	s64 key;              /* the constant key, -1: not known */
	bool key_upper; /* Linux takes a whole number on the stack for it, though it is the upper
			   half */
	u32 ref;              /* the reference that came with one of the arguments, 0: none */
	u32 released;         /* register with what is given back, 0: none */
	u64 alloc_size;       /* bytes of the memory that is returned */
	u64 size_max;         /* the most that a size argument can be */
	u32 func;             /* number + 1 of the function that is called back */
	u32 dynptr;           /* register with a dynptr that exists already */
};

/* The type of an object of the kernel that a helper returns: the engine has no such types, and tells them
 * apart by the helper (reg.btf_id). */
#define OBJECT_OF(id) (0x80000000u | (id))
#define OBJECT_TASK OBJECT_OF(BPF_FUNC_get_current_task_btf)
#define OBJECT_REGS OBJECT_OF(BPF_FUNC_task_pt_regs)

/** call_arguments() - all arguments are what the helper's row asks for; fills in *@c. */
must_check int call_arguments(struct verifier *v, struct call *c);

/** call_map_require() - helper and map go together. Linux asks last. */
must_check int call_map_require(struct verifier *v, const struct call *c);
/** call_map_write_require() - the helper may change this map. */
must_check int call_map_write_require(struct verifier *v, const struct call *c);
/** call_map_key() - notes the key in register @n (an argument that was required) if it is a constant. */
must_check int call_map_key(struct verifier *v, struct call *c, u32 n);
/** call_map_note() - notes map and key of the call. */
void call_map_note(struct verifier *v, const struct call *c);
/** call_string_require() - register @n points to a string in a constant map; *@text: it. */
must_check int call_string_require(struct verifier *v, u32 n, const char **text);

/** call_result_require() - what the helper returns can be had here. */
must_check int call_result_require(struct verifier *v, const struct call *c);
/** call_result() - R0 of the call. @dynptr: a copy of the dynptr that *@c names; R1..R5 are lost already. */
must_check int call_result(struct verifier *v, const struct call *c, const struct reg *dynptr);

#endif
