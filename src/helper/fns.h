// SPDX-License-Identifier: BSD-2-Clause
/* fns.h - the C functions behind helper.def, declared from its rows. */
#ifndef CLSBPF_HELPER_FNS_H
#define CLSBPF_HELPER_FNS_H

#include "base/types.h"

struct exec;

#define HELPER(id, name, ...) \
	u64 helper_##name(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
#define HELPER_ALSO HELPER
#define HELPER_ABSENT(...)
#include "helper/helper.def"
#undef HELPER_ABSENT
#undef HELPER_ALSO
#undef HELPER

#define KFUNC(name, ...) \
	u64 kfunc_##name(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
#include "helper/kfunc.def"
#undef KFUNC

/* What socket filters get for bpf_dynptr_from_skb(). */
u64 kfunc_dynptr_from_skb_rdonly(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

#endif
