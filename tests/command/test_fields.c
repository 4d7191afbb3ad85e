// SPDX-License-Identifier: BSD-2-Clause
/* test_fields.c - values with a lock or a timer in them, through bpf(2): what is read and written on Linux and
 * on the engine, with and without BPF_F_LOCK. */
#include <errno.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "sides.h"

#define VALUE 32   /* struct value { u32 a; bpf_spin_lock lock; u64 b; bpf_timer timer; } */
#define KEYS 2

static struct sides sides;
static const char *why;

static const struct {
	struct btf_header header;
	u32 types[4 + 4 + 6 + 6 + 4 + 15];
	char strings[48];
} blob = {
	.header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(blob.header),
		    .type_len = sizeof(blob.types), .str_off = sizeof(blob.types),
		    .str_len = sizeof(blob.strings) },
	.types = {
		1, BTF_KIND_INT << 24, 4, 32,                             /* [1] u32 */
		5, BTF_KIND_INT << 24, 8, 64,                             /* [2] u64 */
		9, BTF_KIND_STRUCT << 24 | 1, 4, 1, 1, 0,                 /* [3] bpf_spin_lock { u32 } */
		23, BTF_KIND_STRUCT << 24 | 1, 16, 1, 5, 0,               /* [4] bpf_timer { u64 at 0 } */
		1, BTF_KIND_INT << 24, 4, 32,                             /* [5] u32 once more */
		33, BTF_KIND_STRUCT << 24 | 4, VALUE,                     /* [6] value */
		1, 1, 0, 9, 3, 32, 5, 2, 64, 23, 4, 128,
	},
	.strings = "\0u32\0u64\0bpf_spin_lock\0bpf_timer\0value\0",
};

static int map_of_side(struct side *side, u32 type, u32 flags)
{
	union bpf_attr attr = { .btf = ptr_u64(side->arena + AT_BTF), .btf_size = sizeof(blob) };
	int btf, map;

	memcpy(side->arena + AT_BTF, &blob, sizeof(blob));
	btf = side_bpf(side, BPF_BTF_LOAD, &attr, sizeof(attr));
	assert_true(btf >= 0);
	attr = (union bpf_attr){ .map_type = type, .key_size = 4, .value_size = VALUE, .max_entries = KEYS,
				 .map_flags = flags, .btf_fd = (u32)btf, .btf_key_type_id = 1,
				 .btf_value_type_id = 6 };
	map = side_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
	backend_close(side->backend, btf);
	return map;
}

static int element(struct side *side, int cmd, int map, u32 key, u64 flags)
{
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(side->arena + AT_KEY),
				.value = ptr_u64(side->arena + AT_VALUE), .flags = flags };

	put_u32(side->arena + AT_KEY, key);
	return side_bpf(side, cmd, &attr, sizeof(attr));
}

/* The same call on both: the same answer, and the same value behind it. */
static void both_sides(int maps[2], int cmd, u32 key, u64 flags, u8 fill)
{
	struct side *side[2] = { &sides.linux_side, &sides.engine };
	int got[2];

	for (u32 i = 0; i < 2; i++) {
		memset(side[i]->arena + AT_VALUE, fill, VALUE);
		got[i] = element(side[i], cmd, maps[i], key, flags);
	}
	if (got[0] != got[1])
		fail_msg("command %d, key %u, flags %llu: Linux %d, engine %d", cmd, key,
			 (unsigned long long)flags, got[0], got[1]);
	assert_memory_equal(side[0]->arena + AT_VALUE, side[1]->arena + AT_VALUE, VALUE);
}

static void try_type(u32 type, u32 flags)
{
	static const u64 update[] = { 0, 4, 1, 5, 2, 6, 3, 7, 8, 1ull << 32 };
	int maps[2] = { map_of_side(&sides.linux_side, type, flags), map_of_side(&sides.engine, type, flags) };
	u8 fill = 0;

	assert_true(maps[0] >= 0 && maps[1] >= 0);
	for (u32 i = 0; i < ARRAY_SIZE(update); i++) {
		for (u32 key = 0; key <= KEYS; key++) {
			both_sides(maps, BPF_MAP_UPDATE_ELEM, key, update[i], ++fill);
			both_sides(maps, BPF_MAP_LOOKUP_ELEM, key, 0, 0xee);
			both_sides(maps, BPF_MAP_LOOKUP_ELEM, key, BPF_F_LOCK, 0xee);
		}
		both_sides(maps, BPF_MAP_LOOKUP_AND_DELETE_ELEM, 0, i & 1 ? BPF_F_LOCK : 0, 0xee);
	}
	backend_close(sides.linux_side.backend, maps[0]);
	backend_close(sides.engine.backend, maps[1]);
}

static void test_array(void **state) { try_type(BPF_MAP_TYPE_ARRAY, 0); }
static void test_hash(void **state) { try_type(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC); }

/* Without such fields nothing is locked. */
static void test_plain(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH };

	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		int maps[2] = { side_map(&sides.linux_side, types[i], 4, VALUE, KEYS),
				side_map(&sides.engine, types[i], 4, VALUE, KEYS) };

		assert_true(maps[0] >= 0 && maps[1] >= 0);
		both_sides(maps, BPF_MAP_UPDATE_ELEM, 0, BPF_F_LOCK, 5);
		both_sides(maps, BPF_MAP_UPDATE_ELEM, 0, 0, 6);
		both_sides(maps, BPF_MAP_LOOKUP_ELEM, 0, BPF_F_LOCK, 7);
		backend_close(sides.linux_side.backend, maps[0]);
		backend_close(sides.engine.backend, maps[1]);
	}
}

/* Nobody maps memory that a lock is in, and it is never frozen. */
static void test_shared(void **state)
{
	struct side *side[2] = { &sides.linux_side, &sides.engine };

	for (u32 i = 0; i < 2; i++) {
		int map = map_of_side(side[i], BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE);
		union bpf_attr freeze = { .map_fd = (u32)map };
		void *at;

		assert_true(map >= 0);
		assert_int_equal(backend_map_memory(side[i]->backend, map, 0, 4096, PROT_READ, &at), -524);
		assert_int_equal(side_bpf(side[i], BPF_MAP_FREEZE, &freeze, sizeof(freeze)), -524);
		assert_int_equal(element(side[i], BPF_MAP_UPDATE_ELEM, map, 0, 0), 0);
		backend_close(side[i]->backend, map);
	}
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_array), cmocka_unit_test(test_hash), cmocka_unit_test(test_plain),
		cmocka_unit_test(test_shared),
	};
	int ret = sides_open(&sides, &why);

	if (ret < 0)
		return 1;
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), why);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("fields", tests, NULL, NULL);
	sides_close(&sides);
	return ret;
}
