// SPDX-License-Identifier: BSD-2-Clause
/* self_caller.h - a caller of bpf(2) that is this process, looked at from outside: memory goes through
 * process_vm_readv/writev, so that an address which is not there is -EFAULT and no crash.
 */
#ifndef CLSBPF_TESTS_SELF_CALLER_H
#define CLSBPF_TESTS_SELF_CALLER_H

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/caller.h"

static inline int self_read(struct caller *caller, void *to, u64 from, u64 len)
{
	struct iovec ours = { to, len }, theirs = { u64_ptr(from), len };

	return process_vm_readv(getpid(), &ours, 1, &theirs, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

static inline int self_write(struct caller *caller, u64 to, const void *from, u64 len)
{
	struct iovec ours = { u64_ptr(ptr_u64(from)), len }, theirs = { u64_ptr(to), len };

	return process_vm_writev(getpid(), &ours, 1, &theirs, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

static inline bool self_gone(struct caller *caller) { return false; }

#endif
