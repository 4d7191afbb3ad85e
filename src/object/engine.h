// SPDX-License-Identifier: BSD-2-Clause
/* engine.h - the second kernel: what everything inside one engine shares.
 *
 * There are no globals; a `struct engine *` comes first everywhere. An engine is made by
 * backend/engine.c, which plugs the layers together: this file knows only ids, pins, clock and
 * chance, and where the layers above keep their own roots.
 */
#ifndef CLSBPF_OBJECT_ENGINE_H
#define CLSBPF_OBJECT_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/reclaim.h"
#include "base/types.h"
#include "object/object.h"

struct attach_host;
struct exec_host;
struct log;
struct pin_tree;
struct sched;

struct engine_config {
	u32 cpus;            /* CPUs that programs and per-CPU maps see; 0: as many as the host can have */
	bool fixed_seed;     /* @seed is to be used; otherwise a random one */
	u64 seed;
	bool unverified; /* programs are loaded as they are and run in checked mode: for tests and
			    fuzzers */
	bool verify_json;    /* what the verifier says behind its sentence is a JSON object, in one line */
	bool has_unprivileged_bpf; /* @unprivileged_bpf is to be used; otherwise 2 */
	u32 unprivileged_bpf;  /* see engine_unprivileged_bpf() */
	bool replay_clock;   /* time stands still but for engine_set_time(); otherwise the host's clocks */
	const char *rundir;  /* a directory of the engine's own, where pins are nodes; NULL: in memory */
	struct log *log;     /* why it cannot be made, where a run directory is at fault; or NULL */
};

struct id_table {
	pthread_mutex_t lock;
	struct object **slot;  /* in the order of ids */
	u32 count, room;
	u32 last;              /* the id given out last */
};

struct engine {
	struct reclaim *reclaim;
	struct id_table ids[OBJECT_KINDS];
	struct pin_tree *pins;
	u32 stale_pins;              /* nodes that an earlier engine left in rundir, removed */
	struct object *kernel_btf;   /* what the engine tells about its types */
	struct sched *sched;         /* devices: sched/ */

	u32 cpus;
	_Atomic u32 stats;           /* open handles of BPF_ENABLE_STATS: runs are counted */
	u64 seed;                    /* of hashes and generators */
	_Atomic u64 generators;      /* given out so far: each has numbers of its own */
	bool unverified, verify_json;
	_Atomic u32 unprivileged_bpf;
	bool replay_clock;
	_Atomic u64 replay_ns;

	/* Lines of bpf_trace_printk, in the format of trace_pipe, newline included. NULL: dropped. */
	void (*trace)(void *ctx, const char *line, size_t len);
	void *trace_ctx;

	/* The MAC address of device @ifindex, for BPF_PROG_TEST_RUN; -ENODEV when there is none. NULL: no
	 * devices but lo. Plugged in by backend/engine.c, so that command/ need not see sched/. */
	int (*device_mac)(struct engine *engine, u32 ifindex, u8 mac[6]);
	/* What programs under BPF_PROG_TEST_RUN get done at once (helper/exec.h), plugged in likewise. */
	const struct exec_host *test_host;
	/* Where bpf(2) attaches programs (bpf_link.h), plugged in likewise. NULL: there are no devices. */
	const struct attach_host *attach_host;
};

/** engine_core_init() / engine_core_fini() - the part of an engine that this layer owns.
 *  Returns 0, -ENOMEM, or what pin_tree_create() says of the run directory. */
must_check int engine_core_init(struct engine *engine, const struct engine_config *config);
void engine_core_fini(struct engine *engine);

/** engine_unprivileged_bpf() - what kernel.unprivileged_bpf_disabled says: 0: who lacks CAP_BPF may load
 *  socket filters and make most maps; 1: not, for ever; 2: not, until somebody sets it to 0. */
static inline u32 engine_unprivileged_bpf(const struct engine *engine)
{
	return atomic_load_explicit(&engine->unprivileged_bpf, memory_order_relaxed);
}

/** engine_set_unprivileged_bpf() - set it, for somebody who has CAP_SYS_ADMIN.
 *  Returns 0; -EINVAL (above 2); -EPERM: 1 stays. */
must_check int engine_set_unprivileged_bpf(struct engine *engine, u32 disabled);

/** engine_now() - nanoseconds as bpf_ktime_get_ns sees them (CLOCK_MONOTONIC, or the replay clock). */
u64 engine_now(struct engine *engine);

/** engine_set_time() - set the replay clock; without effect on an engine with the host's clock. */
static inline void engine_set_time(struct engine *engine, u64 ns)
{
	atomic_store_explicit(&engine->replay_ns, ns, memory_order_relaxed);
}

#endif
