// SPDX-License-Identifier: BSD-2-Clause
/* device.h - all devices of an engine, for those who go through them.
 *
 *   sched->table -> { device ifindex 1, device ifindex 2, ... }      in the order of ifindex
 *
 * Invariant: a published table never changes; a device that comes or goes makes a new one, and the
 * old one is freed when no reader is left. So finding a device needs no lock.
 */
#ifndef CLSBPF_SCHED_DEVICE_H
#define CLSBPF_SCHED_DEVICE_H

#include "sched/sched.h"

struct device_table {
	struct reclaim_head reclaim;
	u32 count;
	struct device *device[];
};

struct sched {
	pthread_mutex_t lock;
	struct device_table *_Atomic table;
	u32 last_ifindex;
};

#define DEVICES_MAX 65536

/** device_table() - under sched's lock or inside a read section. */
static inline const struct device_table *device_table(const struct engine *engine)
{
	return atomic_load_explicit(&engine->sched->table, memory_order_acquire);
}

/** device_has_mac() - frames of this device begin with a MAC header (dev_is_mac_header_xmit). */
bool device_has_mac(const struct device *device);

/** device_receive() - @packet has come in on @device: what its own MAC header says about it is set
 *  anew, as eth_type_trans() does, and an outer tag moves out of the bytes.
 *  Returns 0 or -EINVAL: the tag is cut, the packet is worth nothing. */
must_check int device_receive(const struct device *device, struct packet *packet);

/** device_count() - add to a counter of @worker's. */
static inline void device_count(const struct worker *worker, const struct device *device,
				enum device_count which, u64 n)
{
	_Atomic u64 *count = &device->stats[worker->cpu].count[which];

	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

#endif
