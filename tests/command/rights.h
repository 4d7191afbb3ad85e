// SPDX-License-Identifier: BSD-2-Clause
/* rights.h - this process for a while without some of its capabilities, so that Linux sees a caller of
 * bpf(2) with given rights (enum rights). The others, and CAP_SETPCAP among them, stay.
 */
#ifndef CLSBPF_TESTS_RIGHTS_H
#define CLSBPF_TESTS_RIGHTS_H

#include <linux/capability.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/caller.h"

/** rights_take() - have @rights, as far as they are permitted. Returns whether it could be done. */
static inline bool rights_take(u32 rights)
{
	/* CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF */
	static const u32 number[] = { 12, 21, 38, 39 };
	static const u32 right[] = { RIGHT_NET_ADMIN, RIGHT_SYS_ADMIN, RIGHT_PERFMON, RIGHT_BPF };
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return false;
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	for (u32 i = 0; i < ARRAY_SIZE(number); i++)
		if (!(rights & right[i]))
			data[number[i] / 32].effective &= ~(1u << number[i] % 32);
	return !syscall(SYS_capset, &head, data);
}

/** rights_switch() - kernel.unprivileged_bpf_disabled of this machine, -1: it cannot be read. */
static inline int rights_switch(void)
{
	FILE *file = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int value = -1;

	if (file && fscanf(file, "%d", &value) != 1)
		value = -1;
	if (file)
		fclose(file);
	return value;
}

#endif
