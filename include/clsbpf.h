/* SPDX-License-Identifier: BSD-2-Clause */
/* clsbpf.h - the fully programmable tc classifier as a library.
 *
 * An engine is a second kernel inside your process: it takes Linux's own bpf(2) attributes and
 * rtnetlink messages and gives back what Linux gives back. Devices are where packets enter and
 * leave; filters that were attached by rtnetlink decide about them.
 *
 *	struct clsbpf_engine *engine;
 *	struct clsbpf_packet packet = { .data = frame, .len = len };
 *	struct clsbpf_verdict verdict;
 *
 *	clsbpf_engine_create(NULL, &engine);
 *	clsbpf_device_add(engine, "eth0", NULL, &ifindex);
 *	clsbpf_attach(engine, "eth0", CLSBPF_INGRESS, "classifier.o", NULL, log, sizeof(log));
 *	clsbpf_classify(engine, ifindex, CLSBPF_INGRESS, &packet, &verdict);
 *	clsbpf_engine_destroy(engine);
 *
 * Functions return 0 (or a handle) or a negative errno. Callbacks run inside a call: they must not call
 * the engine. An engine may be used from one thread at a
 * time; different engines are independent of each other.
 */
#ifndef CLSBPF_H
#define CLSBPF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CLSBPF_API __attribute__((visibility("default")))

struct clsbpf_engine;
union bpf_attr; /* linux/bpf.h */

/** Options of an engine; `size` is sizeof(struct clsbpf_options), so that it can grow. */
struct clsbpf_options {
	size_t size;
	uint32_t cpus;          /**< CPUs that programs and per-CPU maps see; 0: those of the host */
	uint32_t flags;		/**< CLSBPF_SEEDED, CLSBPF_REPLAY_CLOCK, CLSBPF_UNVERIFIED,
				   CLSBPF_UNPRIVILEGED */
	uint64_t seed;          /**< with CLSBPF_SEEDED: random numbers and hashes repeat */
};
#define CLSBPF_SEEDED (1u << 0)
#define CLSBPF_REPLAY_CLOCK (1u << 1) /**< time is what clsbpf_set_time() says */
#define CLSBPF_UNVERIFIED (1u << 2)   /**< load any program and check every access while it runs */
#define CLSBPF_UNPRIVILEGED (1u << 3) /**< clsbpf_bpf() and clsbpf_rtnl() are called without capabilities */

/** Create an engine with `lo` as ifindex 1. @options may be NULL.
 *  @return 0, -EINVAL (unknown flag or size) or -ENOMEM. */
CLSBPF_API int clsbpf_engine_create(const struct clsbpf_options *options,
				    struct clsbpf_engine **engine);
/** Close everything and free the engine. NULL is allowed. */
CLSBPF_API void clsbpf_engine_destroy(struct clsbpf_engine *engine);

/** bpf(2) of the engine: commands and attributes of Linux, see bpf(2).
 *  @return a handle or 0, or a negative errno. Handles are numbers of the engine, not file
 *  descriptors; close them with clsbpf_close(). */
CLSBPF_API int clsbpf_bpf(struct clsbpf_engine *engine, int cmd, union bpf_attr *attr,
			  uint32_t size);
CLSBPF_API int clsbpf_close(struct clsbpf_engine *engine, int handle);

/** rtnetlink of the engine: one request, a struct nlmsghdr with its payload, see rtnetlink(7).
 *  @reply is called for each message of the answer, NLMSG_ERROR and NLMSG_DONE included.
 *  @return 0 when the request succeeded, its negative errno, or what @reply returned below 0. */
CLSBPF_API int clsbpf_rtnl(struct clsbpf_engine *engine, const void *request, size_t len,
			   int (*reply)(void *ctx, const void *message, size_t len), void *ctx);

/** Add a device that is up. @mac: 6 bytes, or NULL for a locally administered address.
 *  Packets that it transmits are dropped after they were counted.
 *  @return 0, -EEXIST, -EINVAL or -ENOMEM. */
CLSBPF_API int clsbpf_device_add(struct clsbpf_engine *engine, const char *name,
				 const uint8_t *mac, uint32_t *ifindex);

enum clsbpf_direction { CLSBPF_INGRESS = 0, CLSBPF_EGRESS = 1 };

/** Metadata of a packet, in and out, with the meaning of struct __sk_buff. */
struct clsbpf_packet {
	uint8_t *data;          /**< in: the frame from its MAC header on; out: see `room` */
	uint32_t len;           /**< in and out: bytes */
	uint32_t room;          /**< bytes at `data` that may be written; 0: the packet is not copied back */
	uint32_t mark, priority, queue_mapping, tc_index, cgroup_classid, realm;
	uint32_t cb[5];
	uint32_t vlan_tci, vlan_proto; /**< vlan_proto 0: untagged */
	uint64_t tstamp;
};

/** What the filters of a hook decided. */
struct clsbpf_verdict {
	int32_t action;         /**< TC_ACT_*; TC_ACT_UNSPEC: no filter decided */
	uint32_t classid;
	uint32_t ifindex;       /**< TC_ACT_REDIRECT: where to */
	uint32_t direction;     /**< enum clsbpf_direction of the redirect */
	const char *fault;      /**< why checked mode stopped the program, or NULL; until the next call */
};

/** Give a packet to a device's hook and report the verdict; nothing is delivered or sent.
 *  @return 0; -ENODEV; -EINVAL (no such direction, or `len` without `data`); -EMSGSIZE (packet empty
 *  or above 256 KiB, or it grew above `room`, then `len` says what it needs); -ENOMEM. */
CLSBPF_API int clsbpf_classify(struct clsbpf_engine *engine, uint32_t ifindex,
			       enum clsbpf_direction direction, struct clsbpf_packet *packet,
			       struct clsbpf_verdict *verdict);
/** The same for @count packets of one device. It ends at the first packet that is refused. */
CLSBPF_API int clsbpf_classify_burst(struct clsbpf_engine *engine, uint32_t ifindex,
				     enum clsbpf_direction direction,
				     struct clsbpf_packet *packets,
				     struct clsbpf_verdict *verdicts, uint32_t count);

/** Load a classifier from an object file and attach it in direct-action mode, as
 *  `tc qdisc add dev DEV clsact; tc filter add dev DEV ingress bpf da obj OBJECT sec SECTION`.
 *  @section: NULL for the default. @log: at least 1 byte; receives the sentence of a refusal.
 *  @return 0 or a negative errno. */
CLSBPF_API int clsbpf_attach(struct clsbpf_engine *engine, const char *device,
			     enum clsbpf_direction direction, const char *object,
			     const char *section, char *log, size_t log_room);

/** Set the engine's clock (CLSBPF_REPLAY_CLOCK), in nanoseconds. */
CLSBPF_API void clsbpf_set_time(struct clsbpf_engine *engine, uint64_t ns);

/** Set kernel.unprivileged_bpf_disabled of the engine, 2 at first: may who has no CAP_BPF load socket filters
 *  and make maps? 0: yes; 2: no; 1: no, and it stays 1 as long as the engine lives.
 *  @return 0, -EINVAL (above 2) or -EPERM (1 is to become something else). */
CLSBPF_API int clsbpf_set_unprivileged_bpf_disabled(struct clsbpf_engine *engine, uint32_t value);

/** Lines of bpf_trace_printk(), newline included, in the format of trace_pipe. */
CLSBPF_API void clsbpf_set_trace(struct clsbpf_engine *engine,
				 void (*trace)(void *ctx, const char *line, size_t len), void *ctx);

/** "0.1.0" */
CLSBPF_API const char *clsbpf_version(void);

#ifdef __cplusplus
}
#endif
#endif
