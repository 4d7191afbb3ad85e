// SPDX-License-Identifier: BSD-2-Clause
/* help_iter.c - iterators: they live in the program's stack, next returns the address of the element there.
 *
 *   bpf_iter_num    s32 now, end     counts from start to end - 1
 */
#include <errno.h>

#include "helper/exec.h"
#include "helper/fns.h"

#define STEPS_MAX (8 * 1024 * 1024)  /* BPF_MAX_LOOPS */

struct iter_num {
	s32 now, end;
};

static u64 result(int err) { return (u32)err; }

u64 kfunc_bpf_iter_num_new(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct iter_num *it = u64_ptr(a1);
	s32 start = (s32)a2, end = (s32)a3;

	*it = (struct iter_num){ 0 };
	if (start > end)
		return result(-EINVAL);
	if ((s64)end - start > STEPS_MAX)
		return result(-E2BIG);
	*it = (struct iter_num){ (s32)((u32)start - 1), end };
	return 0;
}

u64 kfunc_bpf_iter_num_next(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct iter_num *it = u64_ptr(a1);

	if ((s64)(s32)((u32)it->now + 1) >= it->end) {
		*it = (struct iter_num){ 0 };
		return 0;
	}
	it->now++;
	return ptr_u64(&it->now);
}

u64 kfunc_bpf_iter_num_destroy(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	*(struct iter_num *)u64_ptr(a1) = (struct iter_num){ 0 };
	return 0;
}
