// SPDX-License-Identifier: BSD-2-Clause
/* caller.h - who calls bpf(2), where that is not this process.
 *
 * An attribute is full of addresses, handles and paths that mean something in the caller's world
 * only. The engine never guesses: it asks through these calls, when and as far as Linux would look.
 * Whoever brings the call in (a supervisor of another process, a daemon's connection) fills them in.
 *
 * Without a caller (NULL) the call comes from this process: addresses are pointers, handles are
 * numbers of the client's own table, paths begin at the pin root.
 */
#ifndef CLSBPF_BASE_CALLER_H
#define CLSBPF_BASE_CALLER_H

#include "base/types.h"

struct caller;

struct caller_ops {
	/** read() / write() - copy from and to the caller's memory, all of it or -EFAULT. -EINTR: there
	 *  is nobody any more. */
	int (*read)(struct caller *caller, void *to, u64 from, u64 len);
	int (*write)(struct caller *caller, u64 to, const void *from, u64 len);
	/** handle() - the number in the client's table for the caller's descriptor @fd; -EBADF, or -EINVAL
	 *  for one that is open but stands for nothing here. */
	int (*handle)(struct caller *caller, int fd);
	/** path() - @text made absolute, below /sys/fs/bpf, into @out (PATH_MAX bytes). @dirfd: the
	 *  caller's, or AT_FDCWD. @create: for a new name. Returns 0 or what Linux answers for
	 *  a path that does not lead into bpffs. */
	int (*path)(struct caller *caller, int dirfd, const char *text, bool create, char *out);
	/** gone() - asked during long calls: does nobody wait for the answer any more? */
	bool (*gone)(struct caller *caller);
};

/* What capabilities(7) say of a caller. CAP_SYS_ADMIN stands for all of them, as in bpf(2). */
enum rights {
	RIGHT_BPF = 1 << 0,
	RIGHT_NET_ADMIN = 1 << 1,
	RIGHT_PERFMON = 1 << 2,
	RIGHT_SYS_ADMIN = 1 << 3,
	RIGHTS_ALL = 15,
};

/** rights_of() - the rights that a set of capabilities, as in CapEff of /proc/PID/status, gives. */
static inline u32 rights_of(u64 capabilities)
{
	/* CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF */
	if (capabilities >> 21 & 1)
		return RIGHTS_ALL;
	return (capabilities >> 39 & 1 ? RIGHT_BPF : 0) | (capabilities >> 12 & 1 ? RIGHT_NET_ADMIN : 0) |
	       (capabilities >> 38 & 1 ? RIGHT_PERFMON : 0);
}

struct caller {
	const struct caller_ops *ops;
	u32 rights;               /* enum rights */
	u32 uid, gid;
};

#endif
