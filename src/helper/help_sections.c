// SPDX-License-Identifier: BSD-2-Clause
/* help_sections.c - sections that the verifier keeps track of. Here a run is one read section as a whole,
 * and nobody takes its processor away in between: there is nothing to do. */
#include "helper/exec.h"
#include "helper/fns.h"

u64 kfunc_bpf_rcu_read_lock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5) { return 0; }
u64 kfunc_bpf_rcu_read_unlock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5) { return 0; }
u64 kfunc_bpf_preempt_disable(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5) { return 0; }
u64 kfunc_bpf_preempt_enable(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5) { return 0; }

u64 kfunc_bpf_local_irq_save(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	put_u64(u64_ptr(a1), 0);
	return 0;
}

u64 kfunc_bpf_local_irq_restore(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5) { return 0; }
