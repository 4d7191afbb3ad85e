// SPDX-License-Identifier: BSD-2-Clause
/* test_lru.c - who survives in a map that makes room.
 *
 * Without Linux: never more than max_entries, a new key is always there afterwards, and what was
 * inserted last survives. With Linux, on CPU 0 alone: after every operation the same keys are there
 * on both sides, whether bpf(2) or programs insert, look up and remove.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#define STEPS 700

static const struct lru_case {
	u32 type, flags, entries, universe;
} cases[] = {
	{ BPF_MAP_TYPE_LRU_HASH, 0, 1, 3 },
	{ BPF_MAP_TYPE_LRU_HASH, 0, 2, 5 },
	{ BPF_MAP_TYPE_LRU_HASH, 0, 4, 9 },
	{ BPF_MAP_TYPE_LRU_HASH, 0, 7, 12 },
	{ BPF_MAP_TYPE_LRU_HASH, 0, 16, 40 },
	{ BPF_MAP_TYPE_LRU_HASH, 0, 50, 80 },
	{ BPF_MAP_TYPE_LRU_HASH, 0, 200, 260 },
	{ BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU, 4, 9 },
	{ BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU, 15, 30 },
	{ BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU, 64, 100 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, 1, 3 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, 5, 9 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, 40, 60 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_NO_COMMON_LRU, 4, 9 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_NO_COMMON_LRU, 33, 60 },
};

struct side {
	struct backend *backend;
	int map, lookup, update;  /* the map, and programs that touch it */
};

static void side_open(struct side *s, struct backend *backend, const struct lru_case *c)
{
	s->backend = backend;
	s->map = map_new(backend, c->type, 4, 8, c->entries, c->flags);
	s->lookup = map_touch_prog(backend, s->map, BPF_FUNC_map_lookup_elem, 8);
	s->update = map_touch_prog(backend, s->map, BPF_FUNC_map_update_elem, 8);
	assert_true(s->map > 0 && s->lookup > 0 && s->update > 0);
}

static void side_close(struct side *s)
{
	backend_close(s->backend, s->map);
	backend_close(s->backend, s->lookup);
	backend_close(s->backend, s->update);
}

/* One operation; its result. */
static int side_step(struct side *s, u32 op, u32 key, u64 flags)
{
	static u64 value[VALUE_ROOM / 8];
	u32 retval = 0;
	int err;

	switch (op) {
	case 0:
		return map_do(s->backend, BPF_MAP_DELETE_ELEM, s->map, &key, NULL, 0);
	case 1:
		return map_do(s->backend, BPF_MAP_LOOKUP_AND_DELETE_ELEM, s->map, &key, value, 0);
	case 2:
	case 3:
		err = prog_run(s->backend, s->lookup, key, 0, &retval);
		return err ? err : (int)retval;
	case 4:
	case 5:
		err = prog_run(s->backend, s->update, key, 1, &retval);
		return err ? err : (int)retval;
	default:
		return map_do(s->backend, BPF_MAP_UPDATE_ELEM, s->map, &key, value, flags);
	}
}

static bool side_has(struct side *s, u32 key)
{
	static u64 value[VALUE_ROOM / 8];

	return !map_do(s->backend, BPF_MAP_LOOKUP_ELEM, s->map, &key, value, 0);
}

static u32 side_count(struct side *s, u32 universe)
{
	u32 n = 0;

	for (u32 key = 0; key < universe; key++)
		n += side_has(s, key);
	return n;
}

/* Linux makes all lists of BPF_F_NO_COMMON_LRU equally long. */
static u32 room_of(const struct both *both, const struct lru_case *c)
{
	return c->flags & BPF_F_NO_COMMON_LRU ?
	       (c->entries + both->cpus - 1) / both->cpus * both->cpus : c->entries;
}

static void test_bound(void **state)
{
	const struct both *both = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct lru_case *c = &cases[i];
		u64 random = i;
		struct side s;

		side_open(&s, both->side[ENGINE], c);
		for (u32 n = 0; n < STEPS; n++) {
			u32 key = random_next(&random) % (4 * c->universe);

			assert_int_equal(side_step(&s, 6 - random_next(&random) % 3, key, 0), 0);
			assert_true(side_has(&s, key));
			if (n % 50 == 0)
				assert_in_range(side_count(&s, 4 * c->universe), 1, room_of(both, c));
		}
		side_close(&s);
	}
}

/* Of keys that come one after the other, the last ones are there; how many at least is what a CPU
 * may free at once (half of its share, 128 at most). */
static void test_recent(void **state)
{
	const struct both *both = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct lru_case *c = &cases[i];
		bool common = !(c->flags & BPF_F_NO_COMMON_LRU);
		u32 share = common ? c->entries : room_of(both, c) / both->cpus;
		u32 freed = common ? max_u32(1, min_u32(c->entries / both->cpus / 2, 128)) : 4;
		u32 sure = share > freed ? share - freed + 1 : 1;
		struct side s;

		side_open(&s, both->side[ENGINE], c);
		for (u32 key = 0; key < 5 * c->entries + 10; key++) {
			assert_int_equal(side_step(&s, 6, key, BPF_NOEXIST), 0);
			for (u32 back = 0; back < min_u32(sure, key + 1); back++)
				if (!side_has(&s, key - back))
					fail_msg("case %zu: after key %u, key %u is gone", i, key, key - back);
		}
		side_close(&s);
	}
}

/* What programs look at stays, what they do not look at goes. */
static void test_second_chance(void **state)
{
	const struct both *both = *state;
	const struct lru_case c = { BPF_MAP_TYPE_LRU_HASH, 0, 64, 0 };
	struct side s;

	side_open(&s, both->side[ENGINE], &c);
	for (u32 key = 0; key < 1000; key++) {
		assert_int_equal(side_step(&s, 6, key, 0), 0);
		/* Keys 0 to 3 are looked up all the time. */
		for (u32 hot = 0; hot < min_u32(4, key + 1); hot++)
			assert_int_equal(side_step(&s, 2, hot, 0), 1);
	}
	assert_int_equal(side_has(&s, 4), false);
	side_close(&s);
}

/* A map in Linux's way: this thread stays on CPU 0. */
static bool pin_to_cpu(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return !sched_setaffinity(0, sizeof(cpus), &cpus);
}

static void test_linux(void **state)
{
	static const u64 flags[] = { 0, 0, 0, BPF_NOEXIST, BPF_EXIST, 3 };
	const struct both *both = *state;
	cpu_set_t before;

	if (both->why)
		return;
	if (sched_getaffinity(0, sizeof(before), &before) || !pin_to_cpu()) {
		print_message("# not compared with Linux: CPU 0 is not ours\n");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct lru_case *c = &cases[i];
		struct side ours, theirs;
		u64 random = i;

		side_open(&ours, both->side[ENGINE], c);
		side_open(&theirs, both->side[LINUX], c);
		for (u32 n = 0; n < STEPS; n++) {
			u32 op = random_next(&random) % 12, key = random_next(&random) % c->universe;
			u64 flag = flags[random_next(&random) % ARRAY_SIZE(flags)];
			int a = side_step(&ours, op, key, flag), b = side_step(&theirs, op, key, flag);

			if (a != b)
				fail_msg("case %zu, step %u, operation %u: engine %d, Linux %d", i, n, op, a, b);
			for (key = n % 4; key < c->universe; key += 4)
				if (side_has(&ours, key) != side_has(&theirs, key))
					fail_msg("case %zu, step %u: key %u is there on one side", i, n, key);
		}
		side_close(&ours);
		side_close(&theirs);
	}
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_recent),
		cmocka_unit_test(test_second_chance),
		cmocka_unit_test(test_linux),
	};

	return both_run("map lru", tests, ARRAY_SIZE(tests));
}
