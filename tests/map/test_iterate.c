// SPDX-License-Identifier: BSD-2-Clause
/* test_iterate.c - walking a map with BPF_MAP_GET_NEXT_KEY while it changes: whatever stays is seen,
 * and the walk ends. On the engine and on Linux. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#define COUNT 200
#define LOST 100000

static const struct family {
	u32 type, flags;
	bool prefix;     /* keys are 32 bits of length and 32 of data */
} families[] = {
	{ BPF_MAP_TYPE_HASH, 0 },
	{ BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_PERCPU_HASH, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, true },
};

static u64 value[VALUE_ROOM / 8];

static u64 key_of(const struct family *f, u32 n)
{
	u8 key[8];

	if (!f->prefix)
		return n;
	/* 32, 31, 30 bits, so that some are prefixes of others. */
	put_u32(key, 32 - n % 3);
	put_be32(key + 4, n * 4);
	return get_u64(key);
}

/* A map with the keys 0 to COUNT - 1. */
static int fill(struct backend *b, const struct family *f)
{
	int fd = map_new(b, f->type, 8, 8, 4 * COUNT, f->flags);

	assert_true(fd > 0);
	for (u32 n = 0; n < COUNT; n++) {
		u64 key = key_of(f, n);

		assert_int_equal(map_do(b, BPF_MAP_UPDATE_ELEM, fd, &key, value, 0), 0);
	}
	return fd;
}

static void seen_add(const struct family *f, u8 *seen, u64 key)
{
	for (u32 n = 0; n < COUNT; n++)
		if (key_of(f, n) == key) {
			seen[n]++;
			return;
		}
	fail_msg("a key that nobody put in: 0x%llx", (unsigned long long)key);
}

/* Take the first key until there is none. */
static void walk_first(struct backend *b, const struct family *f)
{
	int fd = fill(b, f);
	u8 seen[COUNT] = { 0 };
	u64 key;

	for (u32 n = 0; n < COUNT; n++) {
		assert_int_equal(map_do(b, BPF_MAP_GET_NEXT_KEY, fd, NULL, &key, 0), 0);
		seen_add(f, seen, key);
		assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0), 0);
	}
	assert_int_equal(map_do(b, BPF_MAP_GET_NEXT_KEY, fd, NULL, &key, 0), -ENOENT);
	for (u32 n = 0; n < COUNT; n++)
		assert_int_equal(seen[n], 1);
	backend_close(b, fd);
}

/* Ask for the next key, then remove the one before it: the way everybody empties a map. */
static void walk_behind(struct backend *b, const struct family *f)
{
	int fd = fill(b, f);
	u8 seen[COUNT] = { 0 };
	u64 key, next;
	int err = map_do(b, BPF_MAP_GET_NEXT_KEY, fd, NULL, &key, 0);

	while (!err) {
		seen_add(f, seen, key);
		err = map_do(b, BPF_MAP_GET_NEXT_KEY, fd, &key, &next, 0);
		assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0), 0);
		key = next;
	}
	assert_int_equal(err, -ENOENT);
	for (u32 n = 0; n < COUNT; n++)
		assert_int_equal(seen[n], 1);
	backend_close(b, fd);
}

/* Remove the key of the walk every now and then: it begins again, and still ends with every key that
 * stays seen. */
static void walk_cut(struct backend *b, const struct family *f)
{
	int fd = fill(b, f), err;
	u8 seen[COUNT] = { 0 };
	u64 key = 0, next;
	u32 steps = 0, cut = 0;

	err = map_do(b, BPF_MAP_GET_NEXT_KEY, fd, NULL, &key, 0);
	while (!err) {
		seen_add(f, seen, key);
		if (++steps % 90 == 0) {
			assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0), 0);
			cut++;
		}
		if (steps > LOST)
			fail_msg("the walk does not end");
		err = map_do(b, BPF_MAP_GET_NEXT_KEY, fd, &key, &next, 0);
		key = next;
	}
	assert_true(cut > 0);
	for (u32 n = 0; n < COUNT; n++)
		assert_true(seen[n] > 0);
	backend_close(b, fd);
}

/* New keys while walking: the old ones are seen, each once. */
static void walk_grow(struct backend *b, const struct family *f)
{
	int fd = fill(b, f), err;
	u8 seen[COUNT] = { 0 };
	u64 key, next, fresh;
	u32 n = COUNT;

	err = map_do(b, BPF_MAP_GET_NEXT_KEY, fd, NULL, &key, 0);
	while (!err) {
		bool old = false;

		for (u32 i = 0; i < COUNT; i++)
			old |= key_of(f, i) == key;
		if (old)
			seen_add(f, seen, key);
		fresh = key_of(f, n);
		if (n < 3 * COUNT) {
			assert_int_equal(map_do(b, BPF_MAP_UPDATE_ELEM, fd, &fresh, value, 0), 0);
			n++;
		}
		err = map_do(b, BPF_MAP_GET_NEXT_KEY, fd, &key, &next, 0);
		key = next;
	}
	for (u32 i = 0; i < COUNT; i++)
		assert_int_equal(seen[i], 1);
	backend_close(b, fd);
}

static void each(void **state, void (*walk)(struct backend *b, const struct family *f))
{
	const struct both *both = *state;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (int side = 0; side < SIDES; side++)
			if (both->side[side])
				walk(both->side[side], &families[i]);
}

static void test_first(void **state) { each(state, walk_first); }
static void test_behind(void **state) { each(state, walk_behind); }
static void test_cut(void **state) { each(state, walk_cut); }
static void test_grow(void **state) { each(state, walk_grow); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_grow),
	};

	return both_run("map iterate", tests, ARRAY_SIZE(tests));
}
