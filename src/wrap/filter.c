// SPDX-License-Identifier: BSD-2-Clause
/* filter.c - the seccomp filter: which system calls of the command stop and are told to us.
 *
 * It looks at the number of the call alone, so that Linux knows without running it that all others
 * pass. The other ABIs of the processor have numbers and structures of their own: there bpf(2) is
 * a call that this kernel does not have, and what surrounds bpf(2) is left alone.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wrap/parts.h"

#define I386_BPF 357
#define X32_BIT 0x40000000u

#define LOAD(member)                                                                               \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)offsetof(struct seccomp_data, member))
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define STOP(call) IF(call, 0, 1), RETURN(SECCOMP_RET_USER_NOTIF)
#define NOT_THERE RETURN(SECCOMP_RET_ERRNO | ENOSYS)

static const struct sock_filter filter[] = {
	LOAD(arch),
#if defined(__x86_64__)
	IF(AUDIT_ARCH_X86_64, 4, 0),
	LOAD(nr),
	IF(I386_BPF, 0, 1),
	NOT_THERE,
	RETURN(SECCOMP_RET_ALLOW),
	LOAD(nr),
	IF(X32_BIT | __NR_bpf, 0, 1),
	NOT_THERE,
#elif defined(__aarch64__)
	IF(AUDIT_ARCH_AARCH64, 1, 0),
	RETURN(SECCOMP_RET_ALLOW),
	LOAD(nr),
#else
#error "which AUDIT_ARCH is this?"
#endif
	STOP(__NR_bpf),
#ifdef __NR_readlink
	STOP(__NR_readlink),
#endif
	STOP(__NR_readlinkat),
	STOP(__NR_statfs),
	STOP(__NR_fstatfs),
	STOP(__NR_mount),
	STOP(__NR_fsopen),
	STOP(__NR_epoll_ctl),
	RETURN(SECCOMP_RET_ALLOW),
};

/* A signal must not end a call that we have begun to answer: it would be made twice. */
int filter_install(void)
{
	struct sock_filter code[ARRAY_SIZE(filter)];
	const struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = code };
	int fd;

	memcpy(code, filter, sizeof(filter));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	fd = (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_NEW_LISTENER |
			  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
	return fd < 0 ? -errno : fd;
}
