// SPDX-License-Identifier: BSD-2-Clause
/* help_task.c - the task that a program runs in: on Linux whoever happens to be on the CPU, here the thread
 * of the engine that has the packet. */
#include <errno.h>
#include <linux/bpf.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/exec.h"
#include "helper/fns.h"

#define COMM_LEN 16

u64 helper_get_current_pid_tgid(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return (u64)getpid() << 32 | (u32)gettid();
}

u64 helper_get_current_uid_gid(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return (u64)getgid() << 32 | (u32)getuid();
}

u64 helper_get_current_comm(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	char comm[COMM_LEN] = { 0 }, *to = u64_ptr(a1);
	u32 room = (u32)a2, len;

	prctl(PR_GET_NAME, comm);
	len = min_u32((u32)strlen(comm), room - 1);
	memcpy(to, comm, len);
	memset(to + len, 0, room - len);
	return 0;
}

u64 helper_get_ns_current_pid_tgid(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct bpf_pidns_info *to = u64_ptr(a3);
	struct stat ns;

	if (a4 != sizeof(*to) || stat("/proc/self/ns/pid", &ns) || ns.st_dev != a1 || ns.st_ino != a2) {
		memset(to, 0, (u32)a4);
		return (u64)-EINVAL;
	}
	to->pid = (u32)gettid();
	to->tgid = (u32)getpid();
	return 0;
}
