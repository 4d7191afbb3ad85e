// SPDX-License-Identifier: BSD-2-Clause
/* test_lpm.c - the trie against brute force: with one byte of data every key of every length is looked
 * up in many random sets of prefixes; with more, random keys near the prefixes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#define DATA_MAX 256
#define PREFIXES 511     /* of one byte: 1 + 2 + 4 + ... + 256 */
#define MANY 250

struct prefix {
	u8 key[4 + DATA_MAX];
	bool in;             /* in the trie */
};

static bool prefix_matches(const struct prefix *p, const u8 *key)
{
	u32 bits = get_u32(p->key);

	if (!p->in || bits > get_u32(key))
		return false;
	for (u32 i = 0; i < bits; i++)
		if ((p->key[4 + i / 8] ^ key[4 + i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

/* The number of the longest prefix of @key, or -ENOENT. */
static int brute_force(const struct prefix *set, u32 count, const u8 *key)
{
	int best = -ENOENT;

	for (u32 i = 0; i < count; i++)
		if (prefix_matches(&set[i], key) &&
		    (best < 0 || get_u32(set[i].key) > get_u32(set[best].key)))
			best = (int)i;
	return best;
}

static int look_up(struct backend *b, int fd, const u8 *key)
{
	u32 value = 0;
	int err = map_do(b, BPF_MAP_LOOKUP_ELEM, fd, key, &value, 0);

	return err ? err : (int)value;
}

static void put_in(struct backend *b, int fd, struct prefix *set, u32 i)
{
	assert_int_equal(map_do(b, BPF_MAP_UPDATE_ELEM, fd, set[i].key, &i,
				set[i].in ? BPF_EXIST : BPF_NOEXIST), 0);
	set[i].in = true;
}

static void take_out(struct backend *b, int fd, struct prefix *set, u32 i)
{
	assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, fd, set[i].key, NULL, 0),
			 set[i].in ? 0 : -ENOENT);
	set[i].in = false;
}

static void test_every_key(void **state)
{
	const struct both *both = *state;
	struct backend *b = both->side[ENGINE];
	int fd = map_new(b, BPF_MAP_TYPE_LPM_TRIE, 5, 4, PREFIXES, BPF_F_NO_PREALLOC);
	static struct prefix set[PREFIXES];
	u64 random = 3;

	assert_true(fd > 0);
	for (u32 bits = 0, n = 0; bits <= 8; bits++)
		for (u32 data = 0; data < 1u << bits; data++, n++) {
			put_u32(set[n].key, bits);
			set[n].key[4] = (u8)(data << (8 - bits));
		}
	for (u32 round = 0; round < 50; round++) {
		/* Sometimes many are in, sometimes few. */
		for (u32 n = 0; n < 40; n++) {
			u32 i = random_next(&random) % PREFIXES;

			if (random_next(&random) % 256 < (round * 21) % 256)
				put_in(b, fd, set, i);
			else
				take_out(b, fd, set, i);
		}
		for (u32 bits = 0; bits <= 8; bits++)
			for (u32 data = 0; data < 256; data += 1 + bits % 3) {
				u8 key[5] = { 0 };

				put_u32(key, bits);
				key[4] = (u8)data;
				assert_int_equal(look_up(b, fd, key), brute_force(set, PREFIXES, key));
			}
	}
	backend_close(b, fd);
}

static void near_key(u64 *random, const struct prefix *set, u32 size, u8 *key)
{
	const struct prefix *p = &set[random_next(random) % MANY];
	u32 bit = random_next(random) % (8 * size);

	memcpy(key, p->key, 4 + size);
	put_u32(key, random_next(random) % 3 ? 8 * size : random_next(random) % (8 * size + 1));
	if (random_next(random) % 4)
		key[4 + bit / 8] ^= (u8)(0x80 >> bit % 8);
}

static void many(struct backend *b, u32 size, u64 seed)
{
	int fd = map_new(b, BPF_MAP_TYPE_LPM_TRIE, 4 + size, 4, MANY, BPF_F_NO_PREALLOC);
	struct prefix *set = calloc(MANY, sizeof(*set));
	u8 key[4 + DATA_MAX];
	u64 random = seed;
	u32 entries = 0;

	assert_true(fd > 0 && set);
	for (u32 n = 0; n < MANY; n++) {
		/* Each is near another one; the same prefix twice is one. */
		near_key(&random, set, size, set[n].key);
		put_u32(set[n].key, random_next(&random) % (8 * size + 1));
		for (u32 i = 0; i < n; i++)
			if (get_u32(set[i].key) == get_u32(set[n].key) && set[i].in &&
			    prefix_matches(&set[i], set[n].key))
				take_out(b, fd, set, i);
		put_in(b, fd, set, n);
	}
	for (u32 round = 0; round < 1500; round++) {
		u32 i = random_next(&random) % MANY;

		near_key(&random, set, size, key);
		assert_int_equal(look_up(b, fd, key), brute_force(set, MANY, key));
		if (round % 8 == 0 && set[i].in)
			take_out(b, fd, set, i);
	}
	for (u32 n = 0; n < MANY; n++)
		entries += set[n].in;
	for (int err = 0; !err;) {
		err = map_do(b, BPF_MAP_GET_NEXT_KEY, fd, NULL, key, 0);
		if (!err) {
			assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, fd, key, NULL, 0), 0);
			entries--;
		}
	}
	assert_int_equal(entries, 0);
	backend_close(b, fd);
	free(set);
}

static void test_many(void **state)
{
	static const u32 sizes[] = { 2, 3, 4, 5, 8, 16, 31, 256 };
	const struct both *both = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (int side = 0; side < SIDES; side++)
			if (both->side[side])
				many(both->side[side], sizes[i], i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_many),
	};

	return both_run("map lpm", tests, ARRAY_SIZE(tests));
}
