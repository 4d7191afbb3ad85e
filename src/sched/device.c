// SPDX-License-Identifier: BSD-2-Clause
/* device.c - devices: coming, going, being found; lo and pairs.
 *
 *   pair:  a --transmit--> ingress of b        lo:  lo --transmit--> ingress of lo
 *
 * What happens at a device's hooks is clsact.c's and verdict.c's; where packets of other devices
 * come from and go to is their owner's (device_ops).
 */
#include "sched/device.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>

#include "sched/clsact.h"
#include "sched/tcx.h"
#include "sched/verdict.h"

static void table_free(struct reclaim_head *head)
{
	free(container_of(head, struct device_table, reclaim));
}

static void device_free(struct reclaim_head *head)
{
	struct device *device = container_of(head, struct device, reclaim);

	if (device->ops && device->ops->destroy)
		device->ops->destroy(device);
	free(device->stats);
	free(device);
}

/* Nobody has seen it. */
static void device_discard(struct device *device)
{
	if (device)
		free(device->stats);
	free(device);
}

u64 device_total(const struct device *device, enum device_count which)
{
	u64 total = 0;

	for (u32 i = 0; i < max_u32(device->engine->cpus, 1); i++)
		total += atomic_load_explicit(&device->stats[i].count[which], memory_order_relaxed);
	return total;
}

bool device_has_mac(const struct device *device)
{
	return device->arphrd == ARPHRD_ETHER || device->arphrd == ARPHRD_LOOPBACK;
}

static u16 mac_protocol(const u8 *frame, u32 len)
{
	u16 type = get_be16(frame + 2 * ETH_ALEN);

	if (type >= ETH_P_802_3_MIN)
		return be16(type);
	if (len >= ETH_HLEN + 2 && get_u16(frame + ETH_HLEN) == 0xffff)
		return be16(ETH_P_802_3);
	return be16(ETH_P_802_2);
}

static u32 mac_pkt_type(const u8 *destination, const u8 *own)
{
	static const u8 broadcast[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!memcmp(destination, own, ETH_ALEN))
		return PACKET_HOST;
	if (!memcmp(destination, broadcast, ETH_ALEN))
		return PACKET_BROADCAST;
	return destination[0] & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

int device_receive(const struct device *device, struct packet *packet)
{
	u32 start = (u32)(packet->data - packet->head);
	u32 mac_len = packet->l2 ? ETH_HLEN : 0;

	packet->ctx.pkt_type = PACKET_HOST;
	if (packet->l2 && packet->ctx.len >= ETH_HLEN) {
		packet->ctx.protocol = mac_protocol(packet->data, packet->ctx.len);
		packet->ctx.pkt_type = mac_pkt_type(packet->data, device->mac);
	}
	packet->mac_off = start;
	packet->net_off = start + mac_len;
	packet->mac_len = mac_len;
	return packet_untag(packet);
}

/* Between two devices of one namespace Linux forgets the priority and keeps the mark. */
static void pair_transmit(struct worker *worker, struct device *device, struct packet *packet)
{
	packet->ctx.priority = 0;
	verdict_enter(worker, device->peer, packet);
}

static void lo_transmit(struct worker *worker, struct device *device, struct packet *packet)
{
	packet->ctx.tstamp = 0;
	packet->ctx.tstamp_type = 0;
	verdict_enter(worker, device, packet);
}

static const struct device_ops lo_ops = { .transmit = lo_transmit };
static const struct device_ops pair_ops = { .transmit = pair_transmit };

/* The place of the first device whose ifindex is not below @ifindex. */
static u32 table_place(const struct device_table *table, u32 ifindex)
{
	u32 low = 0, high = table->count;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (table->device[middle]->ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct device *device_find(struct engine *engine, u32 ifindex)
{
	const struct device_table *table = device_table(engine);
	u32 place = table_place(table, ifindex);

	if (place < table->count && table->device[place]->ifindex == ifindex)
		return table->device[place];
	return NULL;
}

struct device *device_find_name(struct engine *engine, const char *name)
{
	const struct device_table *table = device_table(engine);

	for (u32 i = 0; i < table->count; i++)
		if (!strcmp(table->device[i]->name, name))
			return table->device[i];
	return NULL;
}

static void table_publish(struct engine *engine, struct device_table *table)
{
	struct device_table *old = atomic_exchange(&engine->sched->table, table);

	reclaim_defer(engine->reclaim, &old->reclaim, table_free);
}

/* All of @device or none. */
static int table_add(struct engine *engine, struct device *const *device, u32 count)
{
	const struct device_table *old = device_table(engine);
	struct device_table *table;

	if (old->count + count > DEVICES_MAX)
		return -ENOMEM;
	table = malloc(sizeof(*table) + sizeof(*device) * (old->count + count));
	if (!table)
		return -ENOMEM;
	table->count = old->count;
	memcpy(table->device, old->device, sizeof(*device) * old->count);
	for (u32 i = 0; i < count; i++) {
		u32 place = table_place(table, device[i]->ifindex);

		memmove(table->device + place + 1, table->device + place,
			sizeof(*device) * (table->count - place));
		table->device[place] = device[i];
		table->count++;
	}
	table_publish(engine, table);
	return 0;
}

/* A table without @gone and @peer (or NULL). */
static int table_drop(struct engine *engine, const struct device *gone, const struct device *peer)
{
	const struct device_table *old = device_table(engine);
	struct device_table *table = malloc(sizeof(*table) + sizeof(gone) * old->count);

	if (!table)
		return -ENOMEM;
	table->count = 0;
	for (u32 i = 0; i < old->count; i++)
		if (old->device[i] != gone && old->device[i] != peer)
			table->device[table->count++] = old->device[i];
	table_publish(engine, table);
	return 0;
}

/* dev_valid_name() of Linux. */
static bool name_valid(const char *name)
{
	size_t len = strnlen(name, IFNAMSIZ);

	if (!len || len == IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	return !strpbrk(name, "/: \t\n\v\f\r");
}

static u32 ifindex_next(struct engine *engine)
{
	struct sched *sched = engine->sched;

	do {
		sched->last_ifindex = sched->last_ifindex < INT32_MAX ? sched->last_ifindex + 1 : 1;
	} while (device_find(engine, sched->last_ifindex));
	return sched->last_ifindex;
}

static void device_default_mac(struct device *device)
{
	static const u8 none[ETH_ALEN];

	if (device->arphrd != ARPHRD_ETHER || memcmp(device->mac, none, ETH_ALEN))
		return;
	device->mac[0] = 2;
	device->mac[ETH_ALEN - 1] = (u8)device->ifindex;
	device->mac[ETH_ALEN - 2] = (u8)(device->ifindex >> 8);
}

static int device_make(struct engine *engine, const struct device_config *config,
		       struct device **out)
{
	struct device *device;
	size_t size;

	if (!config->name || !name_valid(config->name) || config->ifindex > INT32_MAX)
		return -EINVAL;
	if (device_find_name(engine, config->name) ||
	    (config->ifindex && device_find(engine, config->ifindex)))
		return -EEXIST;
	device = calloc(1, sizeof(*device));
	if (!device)
		return -ENOMEM;
	size = sizeof(*device->stats) * max_u32(engine->cpus, 1);
	device->stats = aligned_alloc(CACHE_LINE, size);
	if (!device->stats) {
		free(device);
		return -ENOMEM;
	}
	memset(device->stats, 0, size);
	device->engine = engine;
	device->ops = config->ops;
	device->ctx = config->ctx;
	device->ifindex = config->ifindex ? config->ifindex : ifindex_next(engine);
	strcpy(device->name, config->name);
	device->arphrd = config->arphrd ? config->arphrd : ARPHRD_ETHER;
	device->mtu = config->mtu ? config->mtu : ETH_DATA_LEN;
	device->flags = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
	if (device->arphrd == ARPHRD_LOOPBACK)
		device->flags |= IFF_LOOPBACK;
	else if (device->arphrd == ARPHRD_ETHER)
		device->flags |= IFF_BROADCAST | IFF_MULTICAST;
	memcpy(device->mac, config->mac, sizeof(device->mac));
	device_default_mac(device);
	*out = device;
	return 0;
}

int device_create(struct engine *engine, const struct device_config *config, struct device **out)
{
	struct device *device = NULL;
	int err;

	sched_lock(engine);
	err = device_make(engine, config, &device);
	if (!err)
		err = table_add(engine, &device, 1);
	sched_unlock(engine);
	if (err) {
		device_discard(device);
		return err;
	}
	*out = device;
	return 0;
}

static int pair_make(struct engine *engine, const char *name, const char *peer,
		     struct device *end[2])
{
	struct device_config config = { .name = name, .ops = &pair_ops };
	int err;

	if (!name || !peer)
		return -EINVAL;
	if (!strcmp(name, peer))
		return -EEXIST;
	err = device_make(engine, &config, &end[0]);
	if (err)
		return err;
	config.name = peer;
	err = device_make(engine, &config, &end[1]);
	if (err)
		return err;
	end[0]->peer = end[1];
	end[1]->peer = end[0];
	return table_add(engine, end, 2);
}

int device_create_pair(struct engine *engine, const char *name, const char *peer)
{
	struct device *end[2] = { NULL, NULL };
	int err;

	sched_lock(engine);
	err = pair_make(engine, name, peer, end);
	sched_unlock(engine);
	if (err) {
		device_discard(end[0]);
		device_discard(end[1]);
	}
	return err;
}

static void device_defer(struct device *device)
{
	tcx_flush(device);
	clsact_remove(device);
	reclaim_defer(device->engine->reclaim, &device->reclaim, device_free);
}

void device_remove(struct device *device)
{
	struct engine *engine = device->engine;
	struct device *peer = device->peer;
	int err;

	sched_lock(engine);
	err = table_drop(engine, device, peer);
	if (!err) {
		/* Readers that are still inside may follow the pair's pointers: they stay. */
		device_defer(device);
		if (peer)
			device_defer(peer);
	}
	sched_unlock(engine);
}

int sched_create(struct engine *engine)
{
	struct device_config lo = {
		.name = "lo", .ifindex = 1, .arphrd = ARPHRD_LOOPBACK, .mtu = 65536, .ops = &lo_ops,
	};
	struct sched *sched = calloc(1, sizeof(*sched));
	struct device_table *table = calloc(1, sizeof(*table));
	struct device *device;
	int err = -ENOMEM;

	if (!sched || !table)
		goto fail;
	pthread_mutex_init(&sched->lock, NULL);
	atomic_init(&sched->table, table);
	sched->last_ifindex = 1;
	engine->sched = sched;
	err = device_create(engine, &lo, &device);
	if (!err)
		return 0;
	engine->sched = NULL;
	pthread_mutex_destroy(&sched->lock);
	/* device_create() publishes only when nothing can fail any more: the table is the first one. */
fail:
	free(table);
	free(sched);
	return err;
}

void sched_destroy(struct engine *engine)
{
	struct sched *sched = engine->sched;
	struct device_table *table;

	if (!sched)
		return;
	table = atomic_load(&sched->table);
	for (u32 i = 0; i < table->count; i++)
		device_defer(table->device[i]);
	reclaim_defer(engine->reclaim, &table->reclaim, table_free);
	reclaim_barrier(engine->reclaim);
	pthread_mutex_destroy(&sched->lock);
	free(sched);
	engine->sched = NULL;
}

void sched_lock(struct engine *engine)
{
	pthread_mutex_lock(&engine->sched->lock);
}

void sched_unlock(struct engine *engine)
{
	pthread_mutex_unlock(&engine->sched->lock);
}
