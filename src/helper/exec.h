// SPDX-License-Identifier: BSD-2-Clause
/* exec.h - one execution context: what a run of a program may touch besides its packet.
 *
 * A worker has one, made once and used for packet after packet. What a program asks the datapath
 * to do later (redirect) is recorded here; what must happen at once (clone_redirect) goes through
 * `host`.
 */
#ifndef CLSBPF_HELPER_EXEC_H
#define CLSBPF_HELPER_EXEC_H

#include "base/log.h"
#include "object/engine.h"
#include "packet/packet.h"

struct exec;
struct map;
struct run_state;

/* A record of a ring buffer that the running program has reserved and not yet given back. */
struct exec_record {
	struct map *map;
	void *address;
};
#define EXEC_RECORDS 4096       /* that one run may hold; then there is no room in any ring buffer */

/* What the datapath does for helpers. */
struct exec_host {
	/** clone_redirect - send a clone of the packet to @ifindex: out of it, or (@ingress) into it.
	 *  Returns 0 or -errno, as bpf_clone_redirect. */
	int (*clone_redirect)(struct exec *exec, u32 ifindex, bool ingress);
};

struct exec {
	struct engine *engine;
	struct packet *packet;          /* of the current run */
	u32 cpu;                        /* number of this worker */
	struct reclaim_slot *slot;
	u64 random;                     /* state of bpf_get_prandom_u32 */
	const struct exec_host *host;   /* NULL: there are no devices */
	void *host_ctx;

	/* How many bytes the running program may read at @address, 0: none; set by run/. For helpers
	 * that follow pointers which their row does not describe (%s of trace_printk). */
	u32 (*readable)(const struct exec *exec, u64 address);

	/* What bpf_redirect() asked for in this run. */
	u32 redirect_ifindex;
	u64 redirect_flags;

	struct exec_record *records;
	u32 record_count, record_room;
	u32 *lock;                      /* the bpf_spin_lock that the running program holds, or NULL */

	struct run_state *run;          /* stack, tail calls, checked mode: run/ */
};

/** exec_random() - the next number of the context's own generator (seeded, so that runs repeat). */
u32 exec_random(struct exec *exec);

/** exec_drop_records() - discard the records that the run still holds, and let its lock go: its end,
 *  however it came. */
void exec_drop_records(struct exec *exec);

#endif
