// SPDX-License-Identifier: BSD-2-Clause
/* test_threads.c - several threads on one map: readers without a lock, writers with one.
 *
 * Every value is two 8-byte counters made from the same number, so that half of an old and half of a
 * new value cannot look right. Threads do what programs and bpf(2) do, by the operations of the map
 * itself: it is these that ThreadSanitizer is to see (build with -Db_sanitize=thread).
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/reclaim.h"
#include "map/map.h"
#include "both.h"

#define THREADS 4
#define ROUNDS 30000
#define KEYS 32
#define VALUE 16

/* What a family promises about the two halves of a value that is replaced while it is read. */
enum promise { WHOLE, WORDS };

static const struct family {
	const char *name;
	u32 type, key, entries, flags;
	enum promise promise;
} families[] = {
	{ "array", BPF_MAP_TYPE_ARRAY, 4, KEYS, 0, WORDS },
	{ "per-CPU array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, KEYS, 0, WORDS },
	{ "hash", BPF_MAP_TYPE_HASH, 4, KEYS / 2, 0, WHOLE },
	{ "hash of 8", BPF_MAP_TYPE_HASH, 8, KEYS, BPF_F_NO_PREALLOC, WHOLE },
	{ "per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 4, KEYS / 2, 0, WORDS },
	{ "LRU", BPF_MAP_TYPE_LRU_HASH, 4, KEYS / 4, 0, WHOLE },
	{ "LRU a CPU", BPF_MAP_TYPE_LRU_HASH, 4, KEYS / 2, BPF_F_NO_COMMON_LRU, WHOLE },
	{ "per-CPU LRU", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, KEYS / 4, 0, WORDS },
	{ "trie", BPF_MAP_TYPE_LPM_TRIE, 8, KEYS / 2, BPF_F_NO_PREALLOC, WHOLE },
};

struct shared {
	struct engine engine;
	struct map *map;
	const struct family *family;
	_Atomic u32 bad;               /* values that nobody wrote */
	_Atomic u32 unexpected;        /* results that cannot be */
	_Atomic u32 hits;
};

struct thread {
	struct shared *shared;
	pthread_t id;
	u32 number;
};

static void key_make(const struct family *f, u32 n, u8 *key)
{
	memset(key, 0, 8);
	put_u32(key, f->type == BPF_MAP_TYPE_LPM_TRIE ? 32 - n % 4 : n);
	if (f->type == BPF_MAP_TYPE_LPM_TRIE)
		put_be32(key + 4, n << 3);
}

/* A value that shows which number made it. */
static void value_make(u64 *value, u32 number)
{
	value[0] = (u64)number << 32 | number;
	value[1] = ~value[0];
}

static void value_check(struct shared *s, const u64 *value)
{
	u64 a = __atomic_load_n(&value[0], __ATOMIC_RELAXED);
	u64 b = __atomic_load_n(&value[1], __ATOMIC_RELAXED);
	bool fresh = !a && !b;   /* arrays begin with zeroes, and the other CPUs of a per-CPU hash */

	atomic_fetch_add(&s->hits, 1);
	if (s->family->promise == WHOLE ? a != ~b : !fresh && a >> 32 != (u32)a)
		atomic_fetch_add(&s->bad, 1);
	if (s->family->promise == WORDS && b && ~b >> 32 != (u32)~b)
		atomic_fetch_add(&s->bad, 1);
}

static void result_check(struct shared *s, int err)
{
	switch (err) {
	case 0:
	case -ENOENT:
	case -EEXIST:
	case -E2BIG:
	case -ENOSPC:
	case -EINVAL:      /* removing from an array */
	case -ENOMEM:      /* too much waits for a reader */
		return;
	default:
		atomic_fetch_add(&s->unexpected, 1);
	}
}

static void thread_step(struct thread *t, u64 *random, u64 *room)
{
	struct shared *s = t->shared;
	struct map *map = s->map;
	u32 cpu = t->number % s->engine.cpus, n = random_next(random);
	_Alignas(8) u8 key[8], next[8];
	u64 value[VALUE / 8];
	const u64 *found;

	key_make(s->family, random_next(random) % KEYS, key);
	switch (n % 8) {
	case 0:
	case 1:
		value_make(value, n);
		result_check(s, map->ops->update(map, key, value, n >> 8 & 1 ? BPF_EXIST : BPF_ANY, cpu));
		return;
	case 2:
		for (u32 at = 0; at < map_value_room(map); at += VALUE)
			value_make(room + at / 8, n);
		result_check(s, map->ops->write(map, NULL, key, room, BPF_ANY));
		return;
	case 3:
		result_check(s, map->ops->remove(map, key));
		return;
	case 4:
		if (!map->ops->read(map, key, room, 0))
			value_check(s, room);
		return;
	case 5:
		result_check(s, map->ops->next_key(map, n >> 8 & 1 ? key : NULL, next));
		if (map->ops->take && !map->ops->take(map, key, room, 0))
			value_check(s, room);
		return;
	default:
		found = map->ops->lookup(map, key, cpu);
		if (found)
			value_check(s, found);
		return;
	}
}

static void *thread_run(void *arg)
{
	struct thread *t = arg;
	struct shared *s = t->shared;
	u64 *room = calloc(1, map_value_room(s->map)), random = t->number;
	struct reclaim_slot *slot = NULL;

	if (!room || reclaim_slot_get(s->engine.reclaim, &slot)) {
		atomic_fetch_add(&s->unexpected, 1);
		free(room);
		return NULL;
	}
	for (u32 i = 0; i < ROUNDS; i++) {
		reclaim_enter(s->engine.reclaim, slot);
		for (u32 burst = 0; burst < 8; burst++, i++)
			thread_step(t, &random, room);
		reclaim_exit(s->engine.reclaim, slot);
	}
	reclaim_slot_put(s->engine.reclaim, slot);
	free(room);
	return NULL;
}

/* What is there when everybody has gone: no more than may be, each key once. */
static u32 count_keys(struct map *map)
{
	_Alignas(8) u8 key[8], next[8];
	u32 n = 0;

	for (void *at = NULL; !map->ops->next_key(map, at, next); at = key) {
		memcpy(key, next, 8);
		if (++n > 2 * KEYS)
			break;
	}
	return n;
}

static void run_family(const struct family *f)
{
	const struct engine_config config = { .cpus = 3, .fixed_seed = true, .seed = 1 };
	union bpf_attr attr = { .map_type = f->type, .key_size = f->key, .value_size = VALUE,
				.max_entries = f->entries, .map_flags = f->flags };
	struct shared *s = calloc(1, sizeof(*s));
	struct thread threads[THREADS] = { 0 };
	LOG_ON_STACK(log);

	assert_non_null(s);
	s->family = f;
	assert_int_equal(engine_core_init(&s->engine, &config), 0);
	assert_int_equal(map_create(&s->engine, &attr, &log, &s->map), 0);
	for (u32 i = 0; i < THREADS; i++) {
		threads[i].shared = s;
		threads[i].number = i;
		assert_int_equal(pthread_create(&threads[i].id, NULL, thread_run, &threads[i]), 0);
	}
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
	if (s->bad || s->unexpected || !s->hits)
		fail_msg("%s: of %u values %u are torn; %u results cannot be", f->name, s->hits, s->bad,
			 s->unexpected);
	assert_in_range(count_keys(s->map), 0, s->map->max_entries);
	object_put_user(&s->map->object);
	engine_core_fini(&s->engine);
	free(s);
}

static void test_families(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		run_family(&families[i]);
}

/* One counter a thread, added to in place as programs do: none is lost, whoever reads meanwhile. */
struct counting {
	struct map *map;
	struct reclaim *reclaim;
	_Atomic u32 running, torn;
};

static void *count_up(void *arg)
{
	struct counting *c = arg;
	struct reclaim_slot *slot;
	u32 key = 0;

	if (reclaim_slot_get(c->reclaim, &slot))
		return NULL;
	for (u32 i = 0; i < ROUNDS; i++) {
		u64 *value;

		reclaim_enter(c->reclaim, slot);
		value = c->map->ops->lookup(c->map, &key, 0);
		/* Both halves grow: a torn read would see one without the other. */
		__atomic_fetch_add(value, 0x100000001, __ATOMIC_RELAXED);
		reclaim_exit(c->reclaim, slot);
	}
	reclaim_slot_put(c->reclaim, slot);
	atomic_fetch_sub(&c->running, 1);
	return NULL;
}

static void test_counters(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH };
	struct engine engine;

	assert_int_equal(engine_core_init(&engine, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		union bpf_attr attr = { .map_type = types[i], .key_size = 4, .value_size = 8,
					.max_entries = 1 };
		struct counting c = { .reclaim = engine.reclaim, .running = THREADS };
		pthread_t threads[THREADS];
		struct reclaim_slot *slot;
		u64 value = 0;
		u32 key = 0;
		LOG_ON_STACK(log);

		assert_int_equal(map_create(&engine, &attr, &log, &c.map), 0);
		assert_int_equal(reclaim_slot_get(engine.reclaim, &slot), 0);
		assert_int_equal(c.map->ops->write(c.map, NULL, &key, &value, BPF_ANY), 0);
		for (u32 t = 0; t < THREADS; t++)
			assert_int_equal(pthread_create(&threads[t], NULL, count_up, &c), 0);
		while (atomic_load(&c.running)) {
			reclaim_enter(engine.reclaim, slot);
			assert_int_equal(c.map->ops->read(c.map, &key, &value, 0), 0);
			reclaim_exit(engine.reclaim, slot);
			assert_int_equal(value >> 32, (u32)value);
			sched_yield();
		}
		for (u32 t = 0; t < THREADS; t++)
			pthread_join(threads[t], NULL);
		assert_int_equal(c.map->ops->read(c.map, &key, &value, 0), 0);
		assert_int_equal(value, (u64)THREADS * ROUNDS * 0x100000001);
		reclaim_slot_put(engine.reclaim, slot);
		object_put_user(&c.map->object);
	}
	engine_core_fini(&engine);
}

/* Clients of one engine through bpf(2), while others come and go with the same map: it ends empty. */
static void *client_run(void *arg)
{
	struct backend *b = arg;
	u64 random = 5;

	for (u32 i = 0; i < 2000; i++) {
		int fd = map_new(b, BPF_MAP_TYPE_HASH, 4, 8, 8, 0);
		u32 key = random_next(&random) % 8;
		u64 value = key;

		if (fd < 0)
			return b;
		for (u32 n = 0; n < 8; n++) {
			if (map_do(b, BPF_MAP_UPDATE_ELEM, fd, &key, &value, 0) ||
			    map_do(b, BPF_MAP_LOOKUP_ELEM, fd, &key, &value, 0) || value != key)
				return b;
		}
		backend_close(b, fd);
	}
	return NULL;
}

static void test_clients(void **state)
{
	pthread_t threads[THREADS];
	struct backend *b;
	u32 id;

	assert_int_equal(backend_engine_create(NULL, &b), 0);
	for (u32 t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, client_run, b), 0);
	for (u32 t = 0; t < THREADS; t++) {
		void *failed;

		pthread_join(threads[t], &failed);
		assert_null(failed);
	}
	assert_int_equal(object_next_id(backend_engine(b), OBJECT_MAP, 0, &id), -ENOENT);
	backend_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_clients),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("map threads", tests, NULL, NULL);
}
