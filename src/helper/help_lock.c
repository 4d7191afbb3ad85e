// SPDX-License-Identifier: BSD-2-Clause
/* help_lock.c - spin locks in map values. Only verified programs come here: each gives back what it takes, and
 * calls nothing in between. */
#include <sched.h>

#include "helper/exec.h"
#include "helper/fns.h"

u64 helper_spin_lock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u32 *lock = u64_ptr(a1);

	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

u64 helper_spin_unlock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	__atomic_store_n((u32 *)u64_ptr(a1), 0, __ATOMIC_RELEASE);
	return 0;
}
