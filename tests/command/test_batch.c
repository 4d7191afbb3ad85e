// SPDX-License-Identifier: BSD-2-Clause
/* test_batch.c - what generated calls cannot compare: that a hash comes whole through batches of any
 * size although its order is its own; run statistics; maps bound to a program. On Linux and the engine.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sides.h"

#define ELEMENTS 300
#define ROOM 512
#define VALUE_ROOM 2048   /* of a value: 256 CPUs */

struct state {
	struct sides sides;
	const char *why;
};

static struct side *side_at(struct state *s, int i) { return i ? &s->sides.engine : &s->sides.linux_side; }

static const struct {
	const char *name;
	u32 type, key_size, value_size, flags;
	bool takes;
} kinds[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 4, 8, 0, true },
	{ "hash without memory", BPF_MAP_TYPE_HASH, 4, 8, BPF_F_NO_PREALLOC, true },
	{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 0, true },
	{ "lru_hash", BPF_MAP_TYPE_LRU_HASH, 4, 8, 0, true },
	{ "array", BPF_MAP_TYPE_ARRAY, 4, 8, 0, false },
	{ "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 0, false },
	{ "lpm_trie", BPF_MAP_TYPE_LPM_TRIE, 8, 8, BPF_F_NO_PREALLOC, false },
};

static u32 keys[ROOM][2], seen[ELEMENTS];
static u8 values[ROOM * VALUE_ROOM];

static u32 key_number(u32 kind, u32 i)
{
	const u32 *words = &keys[0][0];

	return kinds[kind].key_size == 8 ? words[2 * i + 1] : words[i];
}

static int batch(struct side *side, int cmd, int map, u32 *in, u32 *out, u32 *count)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.batch.in_batch = ptr_u64(in);
	attr.batch.out_batch = ptr_u64(out);
	attr.batch.keys = ptr_u64(keys);
	attr.batch.values = ptr_u64(values);
	attr.batch.count = *count;
	attr.batch.map_fd = (u32)map;
	err = side_bpf(side, cmd, &attr, sizeof(attr));
	*count = attr.batch.count;
	return err;
}

static int filled(struct side *side, u32 kind)
{
	u32 count = ELEMENTS, *key = &keys[0][0];
	union bpf_attr attr;
	int map;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = kinds[kind].type;
	attr.key_size = kinds[kind].key_size;
	attr.value_size = kinds[kind].value_size;
	attr.max_entries = kinds[kind].type == BPF_MAP_TYPE_LRU_HASH ? 4096 : ELEMENTS;
	attr.map_flags = kinds[kind].flags;
	map = side_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
	assert_true(map > 0);
	for (u32 i = 0; i < ELEMENTS; i++) {
		if (kinds[kind].key_size == 8)
			*key++ = 32;
		*key++ = i;
	}
	memset(values, 0x5a, sizeof(values));
	assert_int_equal(batch(side, BPF_MAP_UPDATE_BATCH, map, NULL, NULL, &count), 0);
	assert_int_equal(count, ELEMENTS);
	return map;
}

/* Through the map @room at a time, more where a bucket does not fit. How many calls are too many? */
static void drain(struct side *side, u32 kind, int map, u32 room, bool take)
{
	u32 token[2], total = 0, count, calls = 0;
	u32 *in = NULL;
	int err = 0;

	memset(seen, 0, sizeof(seen));
	while (err != -ENOENT && calls++ < 4 * ELEMENTS) {
		count = room;
		err = batch(side, take ? BPF_MAP_LOOKUP_AND_DELETE_BATCH : BPF_MAP_LOOKUP_BATCH, map, in, token, &count);
		if (err == -ENOSPC) {
			room++;
			assert_int_equal(count, 0);
		} else if (err && err != -ENOENT) {
			fail_msg("%s, %s, room %u: %d", side->name, kinds[kind].name, room, err);
		}
		for (u32 i = 0; i < count; i++) {
			assert_in_range(key_number(kind, i), 0, ELEMENTS - 1);
			seen[key_number(kind, i)]++;
		}
		total += count;
		in = token;
	}
	if (total != ELEMENTS)
		fail_msg("%s, %s, room %u: %u elements", side->name, kinds[kind].name, room, total);
	for (u32 i = 0; i < ELEMENTS; i++)
		assert_int_equal(seen[i], 1);
}

static void test_whole(void **state)
{
	static const u32 rooms[] = { 1, 2, 3, 7, 64, 299, 300, 400 };

	for (u32 kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		for (int i = 0; i < 2; i++)
			for (u32 r = 0; r < ARRAY_SIZE(rooms); r++) {
				struct side *side = side_at(*state, i);
				int map = filled(side, kind);
				u32 count = 1;

				drain(side, kind, map, rooms[r], false);
				if (kinds[kind].takes) {
					drain(side, kind, map, rooms[r], true);
					assert_int_equal(batch(side, BPF_MAP_LOOKUP_BATCH, map, NULL, keys[0], &count),
							 -ENOENT);
				}
				backend_close(side->backend, map);
			}
}

/* count says where it ended. */
static void test_stops(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct side *side = side_at(*state, i);
		int map = filled(side, 0);
		u32 count = 4;

		for (u32 k = 0; k < 4; k++)
			((u32 *)(void *)keys)[k] = k == 2 ? 1000 : k;
		assert_int_equal(batch(side, BPF_MAP_DELETE_BATCH, map, NULL, NULL, &count), -ENOENT);
		assert_int_equal(count, 2);
		count = 4;
		for (u32 k = 0; k < 4; k++)
			((u32 *)(void *)keys)[k] = 2000 + k;
		assert_int_equal(batch(side, BPF_MAP_UPDATE_BATCH, map, NULL, NULL, &count), -E2BIG);
		assert_int_equal(count, 2);
		backend_close(side->backend, map);
	}
}

static void prog_info(struct side *side, int prog, struct bpf_prog_info *info)
{
	union bpf_attr attr = { .info = { .bpf_fd = (u32)prog, .info_len = sizeof(*info), .info = ptr_u64(info) } };

	assert_int_equal(side_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
}

static int prog_run(struct side *side, int prog, u32 repeat)
{
	static u8 packet[64];
	union bpf_attr attr = { .test = { .prog_fd = (u32)prog, .data_in = ptr_u64(packet), .data_size_in = 64,
					  .repeat = repeat } };

	return side_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

/* Runs count while a handle is open. Somebody else may have one on this Linux: the end is the engine's. */
static void test_statistics(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct side *side = side_at(*state, i);
		union bpf_attr attr = { .enable_stats = { .type = BPF_STATS_RUN_TIME } };
		struct bpf_prog_info before = { 0 }, after = { 0 }, closed = { 0 };
		int stats = side_bpf(side, BPF_ENABLE_STATS, &attr, sizeof(attr));

		assert_true(stats > 0);
		prog_info(side, side->prog, &before);
		assert_int_equal(prog_run(side, side->prog, 10), 0);
		prog_info(side, side->prog, &after);
		assert_int_equal(after.run_cnt - before.run_cnt, 10);
		assert_true(after.run_time_ns > before.run_time_ns);
		backend_close(side->backend, stats);
		assert_int_equal(prog_run(side, side->prog, 10), 0);
		prog_info(side, side->prog, &closed);
		if (i)
			assert_int_equal(closed.run_cnt, after.run_cnt);
	}
}

static void test_bound(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct side *side = side_at(*state, i);
		struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
		int prog = side_load(side, BPF_PROG_TYPE_SCHED_CLS, insns, 2);
		int map = side_map(side, BPF_MAP_TYPE_ARRAY, 4, 4, 1);
		union bpf_attr attr = { .prog_bind_map = { .prog_fd = (u32)prog, .map_fd = (u32)map } };
		struct bpf_prog_info info = { 0 };
		u32 ids[2] = { 0 };

		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(side_bpf(side, BPF_PROG_BIND_MAP, &attr, sizeof(attr)), 0);
		backend_close(side->backend, map);
		info.nr_map_ids = 2;
		info.map_ids = ptr_u64(ids);
		prog_info(side, prog, &info);
		assert_int_equal(info.nr_map_ids, 1);
		/* The program alone keeps the map. */
		memset(&attr, 0, sizeof(attr));
		attr.map_id = ids[0];
		map = side_bpf(side, BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
		assert_true(map > 0);
		backend_close(side->backend, map);
		backend_close(side->backend, prog);
	}
}

int main(void)
{
	static struct state s;
	struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_whole, &s),
		cmocka_unit_test_prestate(test_stops, &s),
		cmocka_unit_test_prestate(test_statistics, &s),
		cmocka_unit_test_prestate(test_bound, &s),
	};
	int ret = sides_open(&s.sides, &s.why);

	if (ret < 0)
		return 1;
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), s.why);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("batch", tests, NULL, NULL);
	sides_close(&s.sides);
	return ret;
}
