// SPDX-License-Identifier: BSD-2-Clause
/* sched.h - devices, and what happens to a packet at their hooks.
 *
 *   sched_ingress(): packet arrives on a device  -> tcx ingress -> clsact ingress chain -> verdict
 *   sched_egress():  packet is to leave a device -> tcx egress  -> clsact egress chain  -> verdict
 *
 * A worker is one thread's way through the datapath: its execution context, its reclaim slot and
 * its recursion depth. Configuration (qdiscs, filters) is changed under sched's lock by rtnl/;
 * workers read it without a lock inside read sections.
 */
#ifndef CLSBPF_SCHED_SCHED_H
#define CLSBPF_SCHED_SCHED_H

#include <linux/if.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include "base/log.h"
#include "helper/exec.h"
#include "object/engine.h"
#include "packet/packet.h"
#include "run/run.h"

struct attach_host;
struct clsact;
struct device;
struct tcx_view;
struct worker;

struct device_ops {
	/** transmit - the packet leaves the device for good; takes it over. */
	void (*transmit)(struct worker *worker, struct device *device, struct packet *packet);
	/** deliver - the packet passed ingress: to the host's stack; takes it over. */
	void (*deliver)(struct worker *worker, struct device *device, struct packet *packet);
	void (*destroy)(struct device *device);
};

enum device_count { RX_PACKETS, RX_BYTES, RX_DROPPED, TX_PACKETS, TX_BYTES, TX_DROPPED,
		    DEVICE_COUNTS };

/* Written by one worker, read by whoever asks: loads and stores, no locked additions. */
struct device_stats {
	_Alignas(CACHE_LINE) _Atomic u64 count[DEVICE_COUNTS];
};

enum clsact_hook { CLSACT_INGRESS, CLSACT_EGRESS, CLSACT_HOOKS };

/* Programs that run before clsact's filters: tcx.h. */
struct tcx_hook {
	struct tcx_view *_Atomic view;    /* or NULL */
	u64 changes;                      /* of the list since it exists; under sched's lock */
};

struct device {
	struct engine *engine;
	const struct device_ops *ops;
	void *ctx;                        /* of the ops' owner */
	u32 ifindex;
	char name[IFNAMSIZ];
	u16 arphrd;                       /* ARPHRD_ETHER, ARPHRD_NONE, ARPHRD_LOOPBACK */
	u8 mac[6];
	u32 mtu, flags;                   /* IFF_* */
	struct device *peer;              /* other end of a pair, or NULL */
	struct clsact *_Atomic clsact;    /* or NULL */
	struct tcx_hook tcx[CLSACT_HOOKS];
	bool ingress_queue;               /* somebody asked for a clsact before: Linux's errnos differ then */
	struct device_stats *stats;       /* of each worker: [engine->cpus] */
	struct reclaim_head reclaim;
};

struct device_config {
	const char *name;
	u32 ifindex;                      /* 0: the next free one */
	u16 arphrd;                       /* 0: ARPHRD_ETHER */
	u32 mtu;                          /* 0: 1500 */
	u8 mac[6];                        /* all zero on a pair or pcap device: 02:00:00:00:00:<ifindex> */
	const struct device_ops *ops;
	void *ctx;
};

/** sched_create() / sched_destroy() - the datapath of @engine, with `lo` as ifindex 1. */
must_check int sched_create(struct engine *engine);
void sched_destroy(struct engine *engine);

/** sched_lock() / sched_unlock() - what keeps two changes of the configuration apart. The functions
 *  of clsact.h, chain.h and cls_bpf.h are called with it held, those of this file without. */
void sched_lock(struct engine *engine);
void sched_unlock(struct engine *engine);

/** device_create() - a new device that is up.
 *  Returns 0, -EEXIST (name or ifindex), -EINVAL, -ENOMEM. */
must_check int device_create(struct engine *engine, const struct device_config *config,
			     struct device **out);

/** device_create_pair() - two devices, each transmitting into the other. */
must_check int device_create_pair(struct engine *engine, const char *name, const char *peer);

/** device_find() / device_find_name() - under sched's lock or inside a read section; or NULL. */
struct device *device_find(struct engine *engine, u32 ifindex);
struct device *device_find_name(struct engine *engine, const char *name);

/** device_remove() - unpublish, a pair as a whole; freed with its filters when no reader is left.
 *  Without memory for the change the device stays. */
void device_remove(struct device *device);

/** device_total() - one of the device's counters, over all workers. */
u64 device_total(const struct device *device, enum device_count which);

/* What became of a packet at a hook. */
struct verdict {
	s32 action;            /* TC_ACT_OK, _SHOT, _STOLEN, _REDIRECT, _TRAP; _UNSPEC: nobody decided */
	u32 classid;           /* of the result; 0: none */
	u32 ifindex;           /* TC_ACT_REDIRECT: the target, */
	bool to_ingress;       /* its direction */
	const struct run_fault *fault;  /* checked mode stopped a program: the packet was dropped */
};

#define SCHED_DEPTH 8      /* XMIT_RECURSION_LIMIT */

struct worker {
	struct engine *engine;
	struct reclaim_slot *slot;
	struct exec *exec;
	u32 cpu;
	u32 depth;             /* of redirects and pairs: at most SCHED_DEPTH + 1 */
	struct exec *nested[SCHED_DEPTH + 1]; /* of depth 1 on: a clone is sent while a program runs */
	struct packet *pool;   /* packets for reuse, */
	u32 pooled;            /* this many */
	void *ctx;             /* of whoever drives the worker */
};

/** worker_create() / worker_destroy() - Returns 0, -EINVAL (@cpu is none of the engine's) or
 *  -ENOMEM. */
must_check int worker_create(struct engine *engine, u32 cpu, struct worker **out);
void worker_destroy(struct worker *worker);

/** worker_packet_get() / worker_packet_put() - a packet from the worker's pool, and back. */
must_check int worker_packet_get(struct worker *worker, struct packet **out);
void worker_packet_put(struct worker *worker, struct packet *packet);

/** sched_test_host - sends the clones of a program that runs outside of the datapath
 *  (BPF_PROG_TEST_RUN), by a worker of the moment. */
extern const struct exec_host sched_test_host;

/** sched_attach_host - tcx, for bpf(2) (object/bpf_link.h). */
extern const struct attach_host sched_attach_host;

/** sched_classify() - one hook and nothing else: what tcx and clsact decide for @packet, with no
 *  effect on where it goes. @packet->ctx.ifindex etc. are set from @device. A hook without
 *  programs gives TC_ACT_UNSPEC and does not touch the packet. */
void sched_classify(struct worker *worker, struct device *device, bool ingress,
		    struct packet *packet, struct verdict *verdict);

/** sched_ingress() / sched_egress() - classify and carry out the verdict: deliver, transmit, drop or
 *  redirect. Takes the packet over. */
void sched_ingress(struct worker *worker, struct device *device, struct packet *packet,
		   struct verdict *verdict);
void sched_egress(struct worker *worker, struct device *device, struct packet *packet,
		  struct verdict *verdict);

/** verdict_name() - "ok", "shot", "stolen", "redirect", "trap", "unspec", ... */
const char *verdict_name(s32 action);

#endif
