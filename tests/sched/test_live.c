// SPDX-License-Identifier: BSD-2-Clause
/* test_live.c - filters and devices change while workers run packets through them.
 *
 * Every packet sees the old filter or the new one, and all of one: what its program stores and its
 * classid belong together. Under ThreadSanitizer and AddressSanitizer this is the test of what
 * workers may still see.
 */
#include <linux/pkt_cls.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include <cmocka.h>

#include "object/bpf_link.h"
#include "sched/cls_bpf.h"
#include "sched/clsact.h"
#include "sched/device.h"
#include "sched/sched.h"
#include "world.h"

#define THREADS 2
#define CHANGES 200

struct live {
	struct world world;
	_Atomic bool stop;
	_Atomic u64 packets, wrong, unknown;
};

struct runner {
	struct live *live;
	pthread_t thread;
	u32 cpu;
};

static struct engine *engine_of(struct live *live)
{
	return backend_engine(live->world.backend);
}

/* One packet through the ingress of @device without effect; what the filters said. */
static void classify(struct live *live, struct worker *worker, struct device *device,
		     struct packet *packet)
{
	u8 bytes[WORLD_FRAME];
	struct verdict verdict;

	world_frame(bytes, ETH_P_IP, 0);
	if (packet_fill(packet, bytes, sizeof(bytes), true, NULL))
		return;
	sched_classify(worker, device, true, packet, &verdict);
	/* Mark and priority are the program's, the class is the filter's. */
	if (packet->ctx.mark != packet->ctx.priority || verdict.classid != packet->ctx.mark)
		live->wrong++;
	if (verdict.action != TC_ACT_OK || packet->ctx.mark < 1 || packet->ctx.mark > 2)
		live->unknown++;
	live->packets++;
}

static void *run_classify(void *arg)
{
	struct runner *r = arg;
	struct live *live = r->live;
	struct engine *engine = engine_of(live);
	struct worker *worker;
	struct packet *packet;

	if (worker_create(engine, r->cpu, &worker) || worker_packet_get(worker, &packet)) {
		live->unknown++;
		return NULL;
	}
	while (!live->stop) {
		reclaim_enter(engine->reclaim, worker->slot);
		for (u32 i = 0; i < 16; i++)
			classify(live, worker, device_find(engine, live->world.ifindex[DEV_B]), packet);
		reclaim_exit(engine->reclaim, worker->slot);
	}
	worker_packet_put(worker, packet);
	worker_destroy(worker);
	return NULL;
}

/* Frames through pairs and redirects while they come and go. */
static void *run_traffic(void *arg)
{
	struct runner *r = arg;
	struct live *live = r->live;
	struct engine *engine = engine_of(live);
	struct worker *worker;
	u8 bytes[WORLD_FRAME];

	world_frame(bytes, ETH_P_IP, 0);
	if (worker_create(engine, r->cpu, &worker)) {
		live->unknown++;
		return NULL;
	}
	while (!live->stop) {
		struct verdict verdict;
		struct device *device;
		struct packet *packet;

		reclaim_enter(engine->reclaim, worker->slot);
		device = device_find_name(engine, "p");
		if (device && !worker_packet_get(worker, &packet)) {
			if (packet_fill(packet, bytes, sizeof(bytes), true, NULL))
				worker_packet_put(worker, packet);
			else
				sched_egress(worker, device, packet, &verdict);
			live->packets++;
		}
		reclaim_exit(engine->reclaim, worker->slot);
	}
	worker_destroy(worker);
	return NULL;
}

static void threads_start(struct live *live, struct runner *runner, void *(*run)(void *))
{
	live->stop = false;
	live->packets = live->wrong = live->unknown = 0;
	for (u32 i = 0; i < THREADS; i++) {
		runner[i] = (struct runner){ .live = live, .cpu = i };
		assert_int_equal(pthread_create(&runner[i].thread, NULL, run, &runner[i]), 0);
	}
	while (live->packets < 100 && !live->unknown)
		sched_yield();
}

static void threads_stop(struct live *live, struct runner *runner)
{
	live->stop = true;
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(runner[i].thread, NULL);
	assert_true(live->packets > 0);
}

static struct prog *prog_get(struct live *live, const struct prog_spec *spec)
{
	struct world *w = &live->world;
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .info_len = sizeof(info), .info = ptr_u64(&info) } };
	struct object *object;
	int fd = world_prog(w, spec);

	assert_true(fd >= 0);
	attr.info.bpf_fd = (u32)fd;
	assert_int_equal(backend_bpf(w->backend, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	object = object_find(engine_of(live), OBJECT_PROG, info.id);
	assert_non_null(object);
	object_get(object);
	object_put_user(object);
	backend_close(w->backend, fd);
	return prog_of(object);
}

static void replace(struct chain *chain, struct tp *tp, struct cls_bpf **filter, struct live *live,
		    u32 number)
{
	struct cls_bpf_spec spec = { .flags = TCA_BPF_FLAG_ACT_DIRECT, .classid = number };
	struct cls_bpf *old = *filter;

	/* Before sched's lock: bpf(2) has one of its own, which comes first. */
	spec.prog = prog_get(live, &(struct prog_spec){ .mark = number, .priority = number });
	sched_lock(engine_of(live));
	if (old)
		assert_int_equal(cls_bpf_replace(chain, tp, old, &spec, filter), 0);
	else
		assert_int_equal(cls_bpf_add(chain, tp, &spec, filter), 0);
	sched_unlock(engine_of(live));
}

static void test_replace(void **state)
{
	struct live *live = *state;
	struct world *w = &live->world;
	struct engine *engine = engine_of(live);
	struct runner runner[THREADS];
	struct cls_bpf *filter = NULL;
	struct chain *chain;
	struct tp *tp;

	sched_lock(engine);
	chain = clsact_chain(clsact_of(device_find(engine, w->ifindex[DEV_B])), TC_H_MIN_INGRESS);
	assert_int_equal(chain_add_tp(chain, 9, be16(ETH_P_ALL), &tp), 0);
	sched_unlock(engine);
	replace(chain, tp, &filter, live, 1);
	threads_start(live, runner, run_classify);
	for (u32 i = 0; i < CHANGES; i++) {
		replace(chain, tp, &filter, live, 1 + (i & 1));
		if (!(i % 16))
			sched_yield();
	}
	threads_stop(live, runner);
	sched_lock(engine);
	assert_int_equal(chain_remove_tp(chain, tp), 0);
	sched_unlock(engine);
	assert_int_equal(live->wrong, 0);
	assert_int_equal(live->unknown, 0);
}

/* Devices with filters that send each other packets go while packets are on their way. */
static void test_remove(void **state)
{
	struct live *live = *state;
	struct world *w = &live->world;
	struct engine *engine = engine_of(live);
	struct runner runner[THREADS];
	bool started = false;

	for (u32 i = 0; i < CHANGES / 4; i++) {
		struct filter_spec spec = { .device = DEV_OTHER, .ingress = i & 1, .pref = 3,
					    .prog = { .clone = 1 + DEV_C, .code = TC_ACT_OK } };
		struct device *device;

		assert_int_equal(device_create_pair(engine, "p", "q"), 0);
		sched_lock(engine);
		device = device_find_name(engine, i & 1 ? "q" : "p");
		assert_int_equal(clsact_create(device), 0);
		sched_unlock(engine);
		w->ifindex[DEV_OTHER] = device->ifindex;
		assert_int_equal(world_filter(w, &spec), 0);
		if (!started)
			threads_start(live, runner, run_traffic);
		started = true;
		for (u32 n = 0; n < 3; n++)
			sched_yield();
		device_remove(device);
	}
	threads_stop(live, runner);
	assert_int_equal(live->unknown, 0);
}

/* A clsact goes and comes. */
static void test_clsact(void **state)
{
	struct live *live = *state;
	struct world *w = &live->world;
	struct engine *engine = engine_of(live);
	struct filter_spec spec = { .device = DEV_OTHER, .ingress = 1, .pref = 3,
				    .prog = { .code = TC_ACT_OK } };
	struct runner runner[THREADS];
	struct device *q;

	assert_int_equal(device_create_pair(engine, "p", "q"), 0);
	sched_lock(engine);
	q = device_find_name(engine, "q");
	w->ifindex[DEV_OTHER] = q->ifindex;
	sched_unlock(engine);
	threads_start(live, runner, run_traffic);
	for (u32 i = 0; i < CHANGES / 4; i++) {
		sched_lock(engine);
		assert_int_equal(clsact_create(q), 0);
		sched_unlock(engine);
		assert_int_equal(world_filter(w, &spec), 0);
		sched_yield();
		sched_lock(engine);
		clsact_remove(q);
		sched_unlock(engine);
	}
	threads_stop(live, runner);
	device_remove(q);
}

static int link_create(struct world *w, u32 device, int prog)
{
	union bpf_attr attr = { .link_create = { .prog_fd = (u32)prog,
						 .target_ifindex = w->ifindex[device],
						 .attach_type = ATTACH_TCX_INGRESS } };
	int fd = backend_bpf(w->backend, BPF_LINK_CREATE, &attr, sizeof(attr));

	assert_true(fd > 0);
	return fd;
}

/* A link changes its program, and programs in front of it that decide nothing come and go. */
static void test_tcx(void **state)
{
	struct live *live = *state;
	struct world *w = &live->world;
	struct runner runner[THREADS];
	int prog[3], link;

	for (u32 i = 0; i < 3; i++)
		prog[i] = world_prog(w, &(struct prog_spec){ .mark = i, .priority = i, .classid = i,
							     .code = i ? TC_ACT_OK : TC_ACT_UNSPEC });
	link = link_create(w, DEV_B, prog[1]);
	threads_start(live, runner, run_classify);
	for (u32 i = 0; i < CHANGES; i++) {
		union bpf_attr update = { .link_update = { .link_fd = (u32)link,
							   .new_prog_fd = (u32)prog[1 + (i & 1)] } };
		union bpf_attr attach = { .target_fd = w->ifindex[DEV_B], .attach_bpf_fd = (u32)prog[0],
					  .attach_type = ATTACH_TCX_INGRESS,
					  .attach_flags = ATTACH_BEFORE };

		assert_int_equal(backend_bpf(w->backend, BPF_PROG_ATTACH, &attach, sizeof(attach)), 0);
		assert_int_equal(backend_bpf(w->backend, BPF_LINK_UPDATE, &update, sizeof(update)), 0);
		attach.attach_flags = 0;
		assert_int_equal(backend_bpf(w->backend, BPF_PROG_DETACH, &attach, sizeof(attach)), 0);
		if (!(i % 16))
			sched_yield();
	}
	threads_stop(live, runner);
	for (u32 i = 0; i < 3; i++)
		backend_close(w->backend, prog[i]);
	backend_close(w->backend, link);
	assert_int_equal(live->wrong, 0);
	assert_int_equal(live->unknown, 0);
}

/* A device goes while packets are in the program of a link, which stays, and then the link goes. */
static void test_tcx_remove(void **state)
{
	struct live *live = *state;
	struct world *w = &live->world;
	struct engine *engine = engine_of(live);
	struct runner runner[THREADS];
	bool started = false;

	for (u32 i = 0; i < CHANGES / 4; i++) {
		struct device *device;
		int prog = world_prog(w, &(struct prog_spec){ .code = TC_ACT_OK }), link;

		assert_int_equal(device_create_pair(engine, "p", "q"), 0);
		sched_lock(engine);
		device = device_find_name(engine, "q");
		w->ifindex[DEV_OTHER] = device->ifindex;
		sched_unlock(engine);
		link = link_create(w, DEV_OTHER, prog);
		backend_close(w->backend, prog);
		if (!started)
			threads_start(live, runner, run_traffic);
		started = true;
		sched_yield();
		if (i & 1)
			device_remove(device);
		backend_close(w->backend, link);
		if (!(i & 1))
			device_remove(device);
	}
	threads_stop(live, runner);
	assert_int_equal(live->unknown, 0);
}

static int setup(void **state)
{
	static struct live live;
	const char *why;

	*state = &live;
	if (world_open(&live.world, false, &why))
		return -1;
	/* What two workers do to one map value is a race that programs have on Linux, too. */
	for (u8 i = 0; i < WORLD_DEVICES; i++) {
		struct filter_spec recorder = { .device = i, .ingress = 1, .pref = 1 };

		if (world_unfilter(&live.world, &recorder))
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	struct live *live = *state;

	world_close(&live->world);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_clsact), cmocka_unit_test(test_tcx),
		cmocka_unit_test(test_tcx_remove),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("live", tests, setup, teardown);
}
