// SPDX-License-Identifier: BSD-2-Clause
/* help_lock.c - spin locks in map values. A verified program gives back what it takes, and calls nothing in
 * between; for others it is checked. */
#include "helper/exec.h"
#include "helper/fns.h"
#include "map/map.h"

u64 helper_spin_lock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	spin_lock_take(u64_ptr(a1));
	exec->lock = u64_ptr(a1);
	return 0;
}

u64 helper_spin_unlock(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	exec->lock = NULL;
	spin_lock_drop(u64_ptr(a1));
	return 0;
}
