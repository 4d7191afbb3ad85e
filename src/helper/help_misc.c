// SPDX-License-Identifier: BSD-2-Clause
/* help_misc.c - clocks, numbers, and where the program runs. An engine that replays a capture has
 * one clock for all of these. */
#include <time.h>

#include "helper/exec.h"
#include "helper/fns.h"

#define NS_PER_SEC 1000000000u
#define JIFFY_NS 4000000u   /* HZ 250, Debian's */

static u64 clock_ns(struct exec *exec, clockid_t clock)
{
	struct timespec now;

	if (exec->engine->replay_clock)
		return engine_now(exec->engine);
	clock_gettime(clock, &now);
	return (u64)now.tv_sec * NS_PER_SEC + (u64)now.tv_nsec;
}

u64 helper_ktime_get_ns(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return engine_now(exec->engine);
}

u64 helper_ktime_get_boot_ns(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return clock_ns(exec, CLOCK_BOOTTIME);
}

u64 helper_ktime_get_tai_ns(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return clock_ns(exec, CLOCK_TAI);
}

u64 helper_ktime_get_coarse_ns(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return clock_ns(exec, CLOCK_MONOTONIC_COARSE);
}

u64 helper_jiffies64(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return clock_ns(exec, CLOCK_MONOTONIC_COARSE) / JIFFY_NS;
}

/* splitmix64: every seed gives a full period. */
u32 exec_random(struct exec *exec)
{
	u64 z = exec->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (u32)((z ^ z >> 31) >> 32);
}

u64 helper_get_prandom_u32(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return exec_random(exec);
}

u64 helper_get_smp_processor_id(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return exec->cpu;
}

u64 helper_get_numa_node_id(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_get_cgroup_classid(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return exec->packet->cgroup_classid;
}

/* On Linux that of the running task; here there is none but who sent the packet. */
u64 helper_get_cgroup_classid_curr(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return exec->packet->cgroup_classid;
}

u64 helper_get_route_realm(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return exec->packet->realm;
}
