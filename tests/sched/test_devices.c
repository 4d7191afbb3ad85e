// SPDX-License-Identifier: BSD-2-Clause
/* test_devices.c - devices that come and go, count, and have no MAC headers. The engine only. */
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "sched/clsact.h"
#include "sched/device.h"
#include "sched/sched.h"
#include "world.h"

/* What an owner of devices sees. */
struct seen {
	u32 sent, delivered, destroyed;
	u32 len;
	u16 protocol;
	bool l2;
	u8 first;
};

static void note(struct worker *worker, struct device *device, struct packet *packet)
{
	struct seen *seen = device->ctx;

	seen->len = packet->ctx.len;
	seen->protocol = be16((u16)packet->ctx.protocol);
	seen->l2 = packet->l2;
	seen->first = packet->data[0];
	worker_packet_put(worker, packet);
}

static void note_sent(struct worker *worker, struct device *device, struct packet *packet)
{
	((struct seen *)device->ctx)->sent++;
	note(worker, device, packet);
}

static void note_delivered(struct worker *worker, struct device *device, struct packet *packet)
{
	((struct seen *)device->ctx)->delivered++;
	note(worker, device, packet);
}

static void note_destroyed(struct device *device)
{
	((struct seen *)device->ctx)->destroyed++;
}

static const struct device_ops ops = {
	.transmit = note_sent, .deliver = note_delivered, .destroy = note_destroyed,
};

static int setup(void **state)
{
	static struct world world;
	const char *why;

	*state = &world;
	return world_open(&world, false, &why);
}

static int teardown(void **state)
{
	world_close(*state);
	return 0;
}

static struct device *add(struct world *w, const char *name, u16 arphrd, struct seen *seen)
{
	struct device_config config = { .name = name, .arphrd = arphrd, .ops = &ops, .ctx = seen };
	struct device *device;

	assert_int_equal(device_create(backend_engine(w->backend), &config, &device), 0);
	return device;
}

static struct packet *frame(struct world *w, u16 protocol)
{
	u8 bytes[WORLD_FRAME];
	struct packet *packet;

	world_frame(bytes, protocol, 0);
	assert_int_equal(worker_packet_get(w->worker, &packet), 0);
	assert_int_equal(packet_fill(packet, bytes, sizeof(bytes), true, NULL), 0);
	return packet;
}

/* A filter on the ingress of a device of this test. */
static void redirect_from(struct world *w, struct device *device, u32 target, u32 flags)
{
	struct filter_spec spec = { .device = DEV_OTHER, .ingress = 1, .pref = 2,
				    .prog = { .redirect = 1 + DEV_OTHERS, .flags = (u8)flags } };

	sched_lock(backend_engine(w->backend));
	assert_int_equal(clsact_create(device), 0);
	sched_unlock(backend_engine(w->backend));
	w->ifindex[DEV_OTHER] = device->ifindex;
	w->ifindex[DEV_OTHERS] = target;
	assert_int_equal(world_filter(w, &spec), 0);
}

static void test_names(void **state)
{
	static const struct { const char *name; u32 ifindex; int err; } cases[] = {
		{ "a", 0, -EEXIST }, { "x", 1, -EEXIST }, { "lo", 0, -EEXIST }, { "", 0, -EINVAL },
		{ ".", 0, -EINVAL }, { "..", 0, -EINVAL }, { "a/b", 0, -EINVAL }, { "a b", 0, -EINVAL },
		{ "a:b", 0, -EINVAL }, { "0123456789abcdef", 0, -EINVAL }, { "x", 0x80000000, -EINVAL },
		{ NULL, 0, -EINVAL }, { "0123456789abcde", 0, 0 }, { "y", 500, 0 }, { "z", 500, -EEXIST },
	};
	struct world *w = *state;
	struct engine *engine = backend_engine(w->backend);
	struct seen seen = { 0 };
	struct device *device;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct device_config config = { .name = cases[i].name, .ifindex = cases[i].ifindex,
						.ops = &ops, .ctx = &seen };

		assert_int_equal(device_create(engine, &config, &device), cases[i].err);
	}
	assert_int_equal(device->ifindex, 500);
	assert_int_equal(device_create_pair(engine, "p", "p"), -EEXIST);
	assert_int_equal(device_create_pair(engine, "p", "a"), -EEXIST);
	assert_int_equal(device_create_pair(engine, NULL, "p"), -EINVAL);
	sched_lock(engine);
	assert_null(device_find_name(engine, "p"));
	assert_null(device_find(engine, 0));
	device = device_find_name(engine, "0123456789abcde");
	sched_unlock(engine);
	device_remove(device);
	sched_lock(engine);
	device = device_find(engine, 500);
	sched_unlock(engine);
	device_remove(device);
	reclaim_barrier(engine->reclaim);
	assert_int_equal(seen.destroyed, 2);
}

/* What goes out of one end comes in at the other, with the other end's view of it. */
static void test_pair(void **state)
{
	struct world *w = *state;
	struct engine *engine = backend_engine(w->backend);
	char text[256];
	u8 bytes[WORLD_FRAME];

	world_frame(bytes, ETH_P_IP, 0);
	world_send(w, DEV_A, bytes, sizeof(bytes), text, sizeof(text));
	assert_string_equal(text, "b(index 0 prio 0 mark 0 tag 0 proto 0800 type 0) b!");
	world_send(w, DEV_B, bytes, sizeof(bytes), text, sizeof(text));
	assert_string_equal(text, "a(index 0 prio 0 mark 0 tag 0 proto 0800 type 3) a!");
	bytes[0] = 0xff;
	world_send(w, DEV_D, bytes, sizeof(bytes), text, sizeof(text));
	assert_string_equal(text, "c(index 0 prio 0 mark 0 tag 0 proto 0800 type 2) c!");
	memset(bytes, 0xff, 6);
	world_send(w, DEV_C, bytes, sizeof(bytes), text, sizeof(text));
	assert_string_equal(text, "d(index 0 prio 0 mark 0 tag 0 proto 0800 type 1) d!");
	sched_lock(engine);
	assert_ptr_equal(device_find(engine, w->ifindex[DEV_A])->peer,
			 device_find(engine, w->ifindex[DEV_B]));
	sched_unlock(engine);
}

static void pass(struct world *w, struct device *device, bool ingress, struct packet *packet,
		 struct verdict *verdict)
{
	struct engine *engine = backend_engine(w->backend);

	reclaim_enter(engine->reclaim, w->worker->slot);
	if (ingress)
		sched_ingress(w->worker, device, packet, verdict);
	else
		sched_egress(w->worker, device, packet, verdict);
	reclaim_exit(engine->reclaim, w->worker->slot);
}

/* A device without MAC headers gets network packets; a frame cannot be made of one. */
static void test_raw_ip(void **state)
{
	struct world *w = *state;
	struct seen tun = { 0 }, eth = { 0 };
	struct device *raw = add(w, "tun", ARPHRD_NONE, &tun), *out = add(w, "eth", 0, &eth);
	struct verdict verdict;
	struct packet *packet;
	static const u8 ip[28] = { 0x45, [3] = 28, [9] = 17 };

	redirect_from(w, out, raw->ifindex, 0);
	pass(w, out, true, frame(w, ETH_P_IP), &verdict);
	assert_int_equal(verdict.action, TC_ACT_REDIRECT);
	assert_int_equal(verdict.ifindex, raw->ifindex);
	assert_int_equal(tun.sent, 1);
	assert_int_equal(tun.len, WORLD_FRAME - ETH_HLEN);
	assert_int_equal(tun.first, 0x45);
	assert_false(tun.l2);

	/* Into it: the network packet comes in. */
	sched_lock(backend_engine(w->backend));
	clsact_remove(out);
	sched_unlock(backend_engine(w->backend));
	redirect_from(w, out, raw->ifindex, BPF_F_INGRESS);
	pass(w, out, true, frame(w, ETH_P_IPV6), &verdict);
	assert_int_equal(tun.delivered, 1);
	assert_int_equal(tun.protocol, ETH_P_IPV6);
	assert_int_equal(tun.first, 0x60);
	assert_int_equal(device_total(raw, RX_BYTES), WORLD_FRAME - ETH_HLEN);

	/* Out of a device with MAC headers it cannot go: dropped. */
	redirect_from(w, raw, out->ifindex, 0);
	assert_int_equal(worker_packet_get(w->worker, &packet), 0);
	assert_int_equal(packet_fill(packet, ip, sizeof(ip), false, NULL), 0);
	pass(w, raw, true, packet, &verdict);
	assert_int_equal(verdict.action, TC_ACT_REDIRECT);
	assert_int_equal(eth.sent, 0);
	device_remove(raw);
	device_remove(out);
	reclaim_barrier(backend_engine(w->backend)->reclaim);
	assert_int_equal(tun.destroyed + eth.destroyed, 2);
}

static void test_counters(void **state)
{
	struct world *w = *state;
	struct engine *engine = backend_engine(w->backend);
	struct filter_spec shot = { .device = DEV_A, .pref = 2, .prog = { .code = TC_ACT_SHOT } };
	struct seen seen = { 0 };
	struct device *plain = add(w, "plain", 0, &seen);
	struct clsact_totals before, after;
	struct verdict verdict;
	struct device *a, *b;
	char text[256];
	u8 bytes[WORLD_FRAME];
	u64 tx, rx;

	world_frame(bytes, ETH_P_IP, 0);
	for (u32 i = 0; i < 3; i++)
		pass(w, plain, true, frame(w, ETH_P_IP), &verdict);
	pass(w, plain, false, frame(w, ETH_P_IP), &verdict);
	assert_int_equal(verdict.action, TC_ACT_UNSPEC);
	assert_int_equal(device_total(plain, RX_PACKETS), 3);
	assert_int_equal(device_total(plain, RX_BYTES), 3 * WORLD_FRAME);
	assert_int_equal(device_total(plain, TX_PACKETS), 1);
	assert_int_equal(device_total(plain, TX_BYTES), WORLD_FRAME);
	assert_int_equal(seen.delivered, 3);
	sched_lock(engine);
	a = device_find(engine, w->ifindex[DEV_A]);
	b = device_find(engine, w->ifindex[DEV_B]);
	sched_unlock(engine);
	tx = device_total(a, TX_PACKETS);
	rx = device_total(b, RX_PACKETS);
	clsact_totals(clsact_of(a), &before);
	assert_int_equal(world_filter(w, &shot), 0);
	world_send(w, DEV_A, bytes, sizeof(bytes), text, sizeof(text));
	clsact_totals(clsact_of(a), &after);
	assert_int_equal(after.packets - before.packets, 1);
	assert_int_equal(after.bytes - before.bytes, WORLD_FRAME);
	assert_int_equal(after.drops - before.drops, 1);
	assert_true(device_total(a, TX_PACKETS) == tx && device_total(b, RX_PACKETS) == rx);
	assert_int_equal(world_unfilter(w, &shot), 0);
	clsact_totals(clsact_of(b), &before);
	world_send(w, DEV_A, bytes, sizeof(bytes), text, sizeof(text));
	clsact_totals(clsact_of(b), &after);
	/* At ingress the MAC header is off already. */
	assert_int_equal(after.bytes - before.bytes, WORLD_FRAME - ETH_HLEN);
	assert_true(device_total(a, TX_PACKETS) == tx + 1 && device_total(b, RX_PACKETS) == rx + 1);
	device_remove(plain);
}

/* A cut tag is worth nothing where it comes in. */
static void test_cut_tag(void **state)
{
	struct world *w = *state;
	struct engine *engine = backend_engine(w->backend);
	struct device *b;
	char text[256];
	u8 bytes[WORLD_FRAME];
	u64 dropped;

	world_frame(bytes, ETH_P_IP, 5);
	sched_lock(engine);
	b = device_find(engine, w->ifindex[DEV_B]);
	sched_unlock(engine);
	dropped = device_total(b, RX_DROPPED);
	world_send(w, DEV_A, bytes, 16, text, sizeof(text));
	assert_string_equal(text, "");
	assert_true(device_total(b, RX_DROPPED) == dropped + 1);
}

/* However many clones are sent, few packets are kept. */
static void test_pool(void **state)
{
	struct world *w = *state;
	struct filter_spec clone = { .device = DEV_A, .pref = 2,
				     .prog = { .clone = 1 + DEV_C, .code = TC_ACT_SHOT } };
	u8 bytes[WORLD_FRAME];
	char text[256];

	world_frame(bytes, ETH_P_IP, 0);
	assert_int_equal(world_filter(w, &clone), 0);
	for (u32 i = 0; i < 500; i++)
		world_send(w, DEV_A, bytes, sizeof(bytes), text, sizeof(text));
	assert_int_equal(world_unfilter(w, &clone), 0);
	assert_in_range(w->worker->pooled, 1, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),    cmocka_unit_test(test_pair),
		cmocka_unit_test(test_raw_ip),   cmocka_unit_test(test_counters),
		cmocka_unit_test(test_cut_tag),  cmocka_unit_test(test_pool),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("devices", tests, setup, teardown);
}
