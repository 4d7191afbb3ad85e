// SPDX-License-Identifier: BSD-2-Clause
/* pump.h - a capture through one hook of one device: read, classify, count, write.
 *
 * The pump decides nothing: it gives every packet to sched_classify() and keeps the books. What a
 * verdict would do to a packet (deliver it, send it elsewhere) is not carried out; packets that
 * pass (ok, unspec, redirect) go to the sink as the programs left them.
 */
#ifndef CLSBPF_IO_PUMP_H
#define CLSBPF_IO_PUMP_H

#include "base/log.h"
#include "io/io.h"
#include "sched/sched.h"

#define PUMP_ACTIONS 9   /* TC_ACT_UNSPEC (-1) to TC_ACT_REDIRECT (7): index action + 1 */
#define PUMP_TRAP PUMP_ACTIONS   /* TC_ACT_TRAP (8) */

struct pump_count {
	u64 key, packets, bytes;
	bool used;
};

#define PUMP_ROWS 65536   /* of a table: a program may have a new classid for every packet */

/* Packets by a 64-bit key; grows up to PUMP_ROWS. */
struct pump_table {
	struct pump_count *row;
	u32 room, count;
	u64 others;              /* packets with keys that found no row */
};

struct pump_stats {
	u64 packets, bytes;              /* classified */
	u64 skipped;                     /* left out by the expression */
	u64 refused;                     /* could not become a packet: empty, or above PACKET_MAX */
	u64 written;
	u64 action[PUMP_ACTIONS + 1];
	struct pump_table classids;      /* key: classid */
	struct pump_table targets;       /* key: ifindex, bit 32: its ingress */
	u64 elapsed_ns;                  /* the whole loop */
	u64 sampled, sampled_ns;         /* classification alone, of every 64th packet */
	bool faulted;                    /* checked mode stopped a program: the pump stopped there */
	u64 fault_packet;
	struct run_fault fault;
};

/* Metadata that every packet starts with. */
struct pump_metadata {
	u32 mark, priority, queue_mapping, tc_index, cgroup_classid, realm;
};

struct pump {
	struct source *source;
	struct sink *sink;               /* NULL: nothing is written */
	struct worker *worker;
	struct device *device;
	bool ingress;
	struct pump_metadata metadata;
	u64 limit;                       /* packets to classify; 0: all */
	const char *expression;          /* tcpdump expression that chooses packets, or NULL */

	/* After each packet, NULL: none. @packet is as the programs left it. */
	void (*each)(void *ctx, const struct packet *packet, const struct verdict *verdict);
	/* Now and then: bytes done and bytes there are (0: unknown). Nonzero: stop. */
	int (*progress)(void *ctx, const struct pump_stats *stats, u64 done, u64 total);
	void *ctx;

	struct pump_stats stats;
};

/** pump_run() - until the end of the source, the limit, a fault or a stop from progress().
 *  Returns 0; -errno with a sentence when reading or writing failed: the stats hold what was done
 *  until then. -EINVAL for an expression that does not compile. */
must_check int pump_run(struct pump *pump, struct log *log);

/** pump_stats_free() - the tables of @stats. */
void pump_stats_free(struct pump_stats *stats);

/** pump_table_sort() - rows in the order of their keys, at the front; returns their number. */
u32 pump_table_sort(struct pump_table *table);

#endif
