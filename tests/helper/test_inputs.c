// SPDX-License-Identifier: BSD-2-Clause
/* test_inputs.c - time, chance and what comes with a packet: the same inputs give the same answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "helper/exec.h"
#include "helper/fns.h"
#include "object/engine.h"
#include "run/run.h"

#define CALL(name, exec) helper_##name(exec, 0, 0, 0, 0, 0)
#define DRAWS 1000

struct fixture {
	struct engine engine;
	struct exec *exec[2];   /* of two CPUs */
	struct packet packet;
};

static void open_fixture(struct fixture *f, const struct engine_config *config)
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(engine_core_init(&f->engine, config), 0);
	for (u32 cpu = 0; cpu < 2; cpu++) {
		assert_int_equal(run_exec_create(&f->engine, cpu, &f->exec[cpu]), 0);
		f->exec[cpu]->packet = &f->packet;
	}
}

static void close_fixture(struct fixture *f)
{
	run_exec_destroy(f->exec[0]);
	run_exec_destroy(f->exec[1]);
	engine_core_fini(&f->engine);
}

static void test_random(void **state)
{
	const struct engine_config seeded = { .cpus = 2, .fixed_seed = true, .seed = 42 };
	const struct engine_config other = { .cpus = 2, .fixed_seed = true, .seed = 43 };
	struct fixture a, b, c;
	u32 equal_cpu = 0, equal_seed = 0, equal_exec = 0, high = 0;
	struct exec *second;

	open_fixture(&a, &seeded);
	open_fixture(&b, &seeded);
	open_fixture(&c, &other);
	/* As for every BPF_PROG_TEST_RUN, and one level deeper after a redirect. */
	assert_int_equal(run_exec_create(&a.engine, 0, &second), 0);
	for (int i = 0; i < DRAWS; i++) {
		u64 one = CALL(get_prandom_u32, a.exec[0]);

		assert_true(one == CALL(get_prandom_u32, b.exec[0]));
		assert_true(one <= UINT32_MAX);
		equal_cpu += one == CALL(get_prandom_u32, a.exec[1]);
		equal_seed += one == CALL(get_prandom_u32, c.exec[0]);
		equal_exec += one == CALL(get_prandom_u32, second);
		high += one >> 31;
	}
	assert_true(equal_cpu < 3 && equal_seed < 3 && equal_exec < 3);
	run_exec_destroy(second);
	assert_in_range(high, 4 * DRAWS / 10, 6 * DRAWS / 10);
	close_fixture(&a);
	close_fixture(&b);
	close_fixture(&c);
}

static void test_replay_clock(void **state)
{
	const struct engine_config config = { .cpus = 2, .replay_clock = true };
	struct fixture f;

	open_fixture(&f, &config);
	for (u64 now = 0; now < 5000000000ull; now += 1234567891ull) {
		engine_set_time(&f.engine, now);
		assert_true(CALL(ktime_get_ns, f.exec[0]) == now);
		assert_true(CALL(ktime_get_boot_ns, f.exec[1]) == now);
		assert_true(CALL(ktime_get_coarse_ns, f.exec[0]) == now);
		assert_true(CALL(jiffies64, f.exec[0]) == now / 4000000);
	}
	close_fixture(&f);
}

static void test_host_clock(void **state)
{
	struct fixture f;
	struct timespec now;
	u64 before = 0, start;

	open_fixture(&f, &(struct engine_config){ .cpus = 2 });
	clock_gettime(CLOCK_MONOTONIC, &now);
	start = (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
	for (int i = 0; i < DRAWS; i++) {
		u64 time = CALL(ktime_get_ns, f.exec[0]);

		assert_true(time >= before && time >= start);
		before = time;
	}
	assert_true(before - start < 60000000000ull);
	assert_true(CALL(ktime_get_coarse_ns, f.exec[0]) <= CALL(ktime_get_ns, f.exec[0]));
	assert_true(CALL(ktime_get_boot_ns, f.exec[0]) >= start);
	engine_set_time(&f.engine, 1);
	assert_true(CALL(ktime_get_ns, f.exec[0]) >= before);
	close_fixture(&f);
}

static void test_places(void **state)
{
	struct fixture f;

	open_fixture(&f, &(struct engine_config){ .cpus = 2 });
	assert_int_equal(CALL(get_smp_processor_id, f.exec[0]), 0);
	assert_int_equal(CALL(get_smp_processor_id, f.exec[1]), 1);
	assert_int_equal(CALL(get_numa_node_id, f.exec[1]), 0);
	close_fixture(&f);
}

static void test_sender(void **state)
{
	struct fixture f;

	open_fixture(&f, &(struct engine_config){ .cpus = 2 });
	f.packet.cgroup_classid = 0xfffffffe;
	f.packet.realm = 0x80000001;
	assert_true(CALL(get_cgroup_classid, f.exec[0]) == 0xfffffffe);
	assert_true(CALL(get_route_realm, f.exec[0]) == 0x80000001);
	close_fixture(&f);
}

/* A flow keeps its hash, in both directions; another flow has another one. */
static void test_hash(void **state)
{
	u8 frame[54] = { [12] = 8, [14] = 0x45, [23] = 17, [29] = 1, [33] = 2, [35] = 80, [37] = 99 };
	const struct engine_config config = { .cpus = 2, .fixed_seed = true, .seed = 7 };
	struct packet *packet;
	struct fixture f;
	u32 forth, back, other;

	open_fixture(&f, &config);
	assert_int_equal(packet_create(sizeof(frame), &packet), 0);
	f.exec[0]->packet = packet;
	assert_int_equal(packet_fill(packet, frame, sizeof(frame), true, NULL), 0);
	forth = (u32)CALL(get_hash_recalc, f.exec[0]);
	assert_int_equal(packet->ctx.hash, forth);
	frame[29] = 2, frame[33] = 1, frame[35] = 99, frame[37] = 80;
	assert_int_equal(packet_fill(packet, frame, sizeof(frame), true, NULL), 0);
	back = (u32)CALL(get_hash_recalc, f.exec[0]);
	frame[37] = 81;
	assert_int_equal(packet_fill(packet, frame, sizeof(frame), true, NULL), 0);
	other = (u32)CALL(get_hash_recalc, f.exec[0]);
	assert_true(forth && forth == back && forth != other);
	packet_destroy(packet);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_replay_clock),
		cmocka_unit_test(test_host_clock),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_hash),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("inputs", tests, NULL, NULL);
}
