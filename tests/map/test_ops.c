// SPDX-License-Identifier: BSD-2-Clause
/* test_ops.c - the element commands: random sequences with fixed seeds, held against a model of a few
 * lines and against Linux; and what handles, frozen maps and missing pointers allow.
 *
 * The model is a list of keys and values. It knows everything but the order of a hash's keys.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#define KEY_ROOM 64
#define ELEMENTS 64

enum kind { ARRAY, HASH, LPM };

static const struct family {
	const char *name;
	enum kind kind;
	u32 type, key, value, entries, flags;
	u32 universe;       /* different keys that are tried */
	bool percpu;
} families[] = {
	{ "array", ARRAY, BPF_MAP_TYPE_ARRAY, 4, 8, 10, 0, 12 },
	{ "array of 13", ARRAY, BPF_MAP_TYPE_ARRAY, 4, 13, 3, 0, 5 },
	{ "array of 1", ARRAY, BPF_MAP_TYPE_ARRAY, 4, 1, 1, 0, 3 },
	{ "per-CPU array", ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 10, 0, 12, true },
	{ "per-CPU array of 13", ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 13, 3, 0, 5, true },
	{ "hash", HASH, BPF_MAP_TYPE_HASH, 4, 8, 10, 0, 14 },
	{ "hash 5 to 3", HASH, BPF_MAP_TYPE_HASH, 5, 3, 7, 0, 9 },
	{ "hash 8 to 100", HASH, BPF_MAP_TYPE_HASH, 8, 100, 1, 0, 3 },
	{ "hash 16 to 12", HASH, BPF_MAP_TYPE_HASH, 16, 12, 30, BPF_F_NO_PREALLOC, 40 },
	{ "hash 64 to 1", HASH, BPF_MAP_TYPE_HASH, 64, 1, 5, BPF_F_NO_PREALLOC, 8 },
	{ "hash 1 to 8", HASH, BPF_MAP_TYPE_HASH, 1, 8, 5, BPF_F_ZERO_SEED, 8 },
	{ "per-CPU hash", HASH, BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 10, 0, 14, true },
	{ "per-CPU hash 7 to 13", HASH, BPF_MAP_TYPE_PERCPU_HASH, 7, 13, 6, 0, 9, true },
	{ "per-CPU hash 8 to 4", HASH, BPF_MAP_TYPE_PERCPU_HASH, 8, 4, 6, BPF_F_NO_PREALLOC, 9, true },
	{ "LRU, never full", HASH, BPF_MAP_TYPE_LRU_HASH, 4, 8, 2000, 0, 20 },
	{ "LRU a CPU, never full", HASH, BPF_MAP_TYPE_LRU_HASH, 4, 8, 2000, BPF_F_NO_COMMON_LRU, 20 },
	{ "per-CPU LRU, never full", HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH, 8, 13, 2000, 0, 20, true },
	{ "trie", LPM, BPF_MAP_TYPE_LPM_TRIE, 8, 8, 20, BPF_F_NO_PREALLOC, 60 },
	{ "trie of 1 byte", LPM, BPF_MAP_TYPE_LPM_TRIE, 5, 3, 5, BPF_F_NO_PREALLOC, 30 },
	{ "trie of 16 bytes", LPM, BPF_MAP_TYPE_LPM_TRIE, 20, 16, 40, BPF_F_NO_PREALLOC, 60 },
};

struct element {
	u8 key[KEY_ROOM];
	u8 *value;
};

struct run {
	const struct both *both;
	const struct family *family;
	u32 room;                       /* bytes of a value, of all CPUs */
	int fd[SIDES];
	struct element element[ELEMENTS];
	u32 count;
	u64 random;
	u8 *value, *want, *got[SIDES];
};

static void key_make(const struct family *f, u32 n, u8 *key)
{
	u64 random = n;

	memset(key, 0, KEY_ROOM);
	switch (f->kind) {
	case ARRAY:
		put_u32(key, n >= f->universe - 1 ? ~0u : n);
		return;
	case HASH:
		for (u32 i = 0; i < f->key; i++)
			key[i] = (u8)(n * (i + 1) + i / 3);
		return;
	case LPM:
		/* Few different bits, so that prefixes are prefixes of each other; now and then too long. */
		put_u32(key, random_next(&random) % (8 * (f->key - 4) + 2));
		for (u32 i = 4; i < f->key; i++)
			key[i] = random_next(&random) % 3 ? 0xa5 : (u8)(0x80 >> random_next(&random) % 8);
		return;
	}
}

static bool lpm_matches(const struct family *f, const u8 *prefix, const u8 *key)
{
	u32 bits = get_u32(prefix);

	if (bits > get_u32(key) || get_u32(key) > 8 * (f->key - 4))
		return false;
	for (u32 i = 0; i < bits; i++)
		if ((prefix[4 + i / 8] ^ key[4 + i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static bool key_same(const struct family *f, const u8 *a, const u8 *b)
{
	return f->kind == LPM ? get_u32(a) == get_u32(b) && lpm_matches(f, a, b)
			      : !memcmp(a, b, f->key);
}

static struct element *model_find(struct run *r, const u8 *key)
{
	for (u32 i = 0; i < r->count; i++)
		if (key_same(r->family, r->element[i].key, key))
			return &r->element[i];
	return NULL;
}

/* What a lookup finds: the element, or for a trie the longest prefix. */
static struct element *model_match(struct run *r, const u8 *key)
{
	struct element *best = NULL;

	if (r->family->kind != LPM)
		return model_find(r, key);
	for (u32 i = 0; i < r->count; i++)
		if (lpm_matches(r->family, r->element[i].key, key) &&
		    (!best || get_u32(r->element[i].key) > get_u32(best->key)))
			best = &r->element[i];
	return best;
}

static int model_lookup(struct run *r, const u8 *key, u64 flags)
{
	struct element *e = model_match(r, key);

	if (flags)
		return -EINVAL;
	if (!e)
		return -ENOENT;
	memcpy(r->want, e->value, r->room);
	return 0;
}

static int model_update(struct run *r, const u8 *key, u64 flags)
{
	const struct family *f = r->family;
	struct element *e = model_find(r, key);

	if (flags > BPF_EXIST || (f->kind == LPM && get_u32(key) > 8 * (f->key - 4)))
		return -EINVAL;
	if (f->kind == ARRAY && !e)
		return -E2BIG;
	if (e && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!e && flags == BPF_EXIST)
		return -ENOENT;
	if (!e && r->count == f->entries)
		return f->kind == LPM ? -ENOSPC : -E2BIG;
	if (!e) {
		e = &r->element[r->count++];
		e->value = malloc(r->room);
		assert_non_null(e->value);
	}
	memcpy(e->key, key, KEY_ROOM);
	memcpy(e->value, r->value, r->room);
	return 0;
}

static int model_delete(struct run *r, const u8 *key)
{
	const struct family *f = r->family;
	struct element *e = model_find(r, key);

	if (f->kind == ARRAY || (f->kind == LPM && get_u32(key) > 8 * (f->key - 4)))
		return -EINVAL;
	if (!e)
		return -ENOENT;
	free(e->value);
	*e = r->element[--r->count];
	return 0;
}

static int model_take(struct run *r, const u8 *key, u64 flags)
{
	int err = model_lookup(r, key, flags);

	if (flags)
		return -EINVAL;
	if (r->family->kind != HASH)
		return -ENOTSUPP;
	return err ? err : model_delete(r, key);
}

#define for_sides(r, side)                                                                         \
	for (int side = 0; side < SIDES; side++)                                                   \
		if ((r)->both->side[side])

static const char *side_name(int side) { return side == ENGINE ? "engine" : "Linux"; }

/* One command on both sides: @want is what the model says; with @value, r->want as well. */
static void check(struct run *r, u32 step, int cmd, const u8 *key, u64 flags, int want, bool value)
{
	for_sides(r, side) {
		u8 *at = cmd == BPF_MAP_UPDATE_ELEM ? r->value : r->got[side];
		int got;

		if (value)
			memset(r->got[side], 0x77, r->room);
		got = map_do(r->both->side[side], cmd, r->fd[side], key, at, flags);
		if (got != want)
			fail_msg("%s, step %u, command %d, flags %llu: model %d, %s %d", r->family->name,
				 step, cmd, (unsigned long long)flags, want, side_name(side), got);
		if (value && !got && memcmp(r->got[side], r->want, r->room))
			fail_msg("%s, step %u, command %d: %s has another value", r->family->name, step,
				 cmd, side_name(side));
	}
}

/* All keys, one after the other: those of the model, each once; arrays and tries in Linux's order. */
static void check_walk(struct run *r, u32 step)
{
	const struct family *f = r->family;
	u8 last[KEY_ROOM], next[SIDES][KEY_ROOM];

	for (u32 n = 0; n <= r->count; n++) {
		for_sides(r, side) {
			int got;

			if (side == LINUX && f->kind == HASH)
				continue;
			memset(next[side], 0, KEY_ROOM);
			got = map_do(r->both->side[side], BPF_MAP_GET_NEXT_KEY, r->fd[side],
				     n ? last : NULL, next[side], 0);
			if (got != (n == r->count ? -ENOENT : 0))
				fail_msg("%s, step %u: key %u of %u: %s %d", f->name, step, n, r->count,
					 side_name(side), got);
		}
		if (n == r->count)
			return;
		if (r->both->side[LINUX] && f->kind != HASH)
			assert_memory_equal(next[ENGINE], next[LINUX], f->key);
		if (!model_find(r, next[ENGINE]))
			fail_msg("%s, step %u: key %u is not in the model", f->name, step, n);
		if (f->kind == ARRAY)
			assert_int_equal(get_u32(next[ENGINE]), n);
		memcpy(last, next[ENGINE], KEY_ROOM);
	}
}

/* The key after a key that may or may not be there. */
static void check_next(struct run *r, u32 step, const u8 *key)
{
	const struct family *f = r->family;
	bool known = model_find(r, key);

	for_sides(r, side) {
		u8 next[KEY_ROOM] = { 0 };
		int got = map_do(r->both->side[side], BPF_MAP_GET_NEXT_KEY, r->fd[side], key, next, 0);

		if (got && got != -ENOENT)
			fail_msg("%s, step %u: next key: %s %d", f->name, step, side_name(side), got);
		if (got ? r->count && !known : !model_find(r, next))
			fail_msg("%s, step %u: next key of a key that is%s there: %s %d", f->name, step,
				 known ? "" : " not", side_name(side), got);
	}
}

static void step_do(struct run *r, u32 step)
{
	static const u64 flags[] = { 0, 0, 0, 0, 0, BPF_NOEXIST, BPF_EXIST, 3, BPF_F_LOCK,
				     BPF_F_LOCK | BPF_EXIST, 8, 1ull << 40 };
	u64 flag = flags[random_next(&r->random) % ARRAY_SIZE(flags)];
	u8 key[KEY_ROOM];

	key_make(r->family, random_next(&r->random) % r->family->universe, key);
	switch (random_next(&r->random) % 8) {
	case 0:
	case 1:
	case 2:
		for (u32 i = 0; i < r->room; i++)
			r->value[i] = (u8)random_next(&r->random);
		check(r, step, BPF_MAP_UPDATE_ELEM, key, flag, model_update(r, key, flag), false);
		return;
	case 3:
		check(r, step, BPF_MAP_DELETE_ELEM, key, 0, model_delete(r, key), false);
		return;
	case 4:
		check(r, step, BPF_MAP_LOOKUP_AND_DELETE_ELEM, key, flag, model_take(r, key, flag), true);
		return;
	case 5:
		check_next(r, step, key);
		return;
	default:
		check(r, step, BPF_MAP_LOOKUP_ELEM, key, flag, model_lookup(r, key, flag), true);
		return;
	}
}

static void run_open(struct run *r, const struct both *both, const struct family *f, u64 seed)
{
	*r = (struct run){ .both = both, .family = f, .random = seed, .room = f->value };
	if (f->percpu)
		r->room = (u32)round_up_u64(f->value, 8) * both->cpus;
	r->value = malloc(r->room);
	r->want = malloc(r->room);
	assert_true(r->value && r->want);
	for_sides(r, side) {
		r->got[side] = malloc(r->room);
		r->fd[side] = map_new(both->side[side], f->type, f->key, f->value, f->entries, f->flags);
		assert_true(r->got[side] && r->fd[side] > 0);
	}
	for (u32 i = 0; f->kind == ARRAY && i < f->entries; i++) {
		put_u32(r->element[i].key, i);
		r->element[i].value = calloc(1, r->room);
		assert_non_null(r->element[i].value);
		r->count++;
	}
}

static void run_close(struct run *r)
{
	for_sides(r, side) {
		backend_close(r->both->side[side], r->fd[side]);
		free(r->got[side]);
	}
	while (r->count)
		free(r->element[--r->count].value);
	free(r->value);
	free(r->want);
}

static void test_random(void **state)
{
	const struct both *both = *state;
	struct run r;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (u64 seed = 1; seed <= 3; seed++) {
			run_open(&r, both, &families[i], seed);
			for (u32 step = 0; step < 600; step++) {
				step_do(&r, step);
				if (step % 50 == 0)
					check_walk(&r, step);
			}
			check_walk(&r, 600);
			run_close(&r);
		}
}

/* Commands that differ in what they do with the handle and its pointers. */
enum call { LOOKUP, UPDATE, DELETE, NEXT, TAKE, FREEZE, CALLS };
static const int call_cmd[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
				BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM, BPF_MAP_FREEZE };

static int call_do(struct backend *side, enum call call, int fd, const void *key, void *value)
{
	union bpf_attr attr = { .map_fd = (u32)fd };

	if (call == FREEZE)
		return backend_bpf(side, BPF_MAP_FREEZE, &attr, sizeof(attr));
	return map_do(side, call_cmd[call], fd, key, value, 0);
}

static void test_access(void **state)
{
	static const struct {
		const char *what;
		u32 flags;
		bool frozen, no_key, no_value;
		int result[CALLS];
	} rows[] = {
		{ "a plain handle", 0, false, false, false, { 0, 0, 0, 0, 0, 0 } },
		{ "read-only", BPF_F_RDONLY, false, false, false,
		  { -ENOENT, -EPERM, -EPERM, -ENOENT, -EPERM, -EPERM } },
		{ "write-only", BPF_F_WRONLY, false, false, false, { -EPERM, 0, 0, -EPERM, -EPERM, 0 } },
		{ "read-only for programs", BPF_F_RDONLY_PROG, false, false, false, { 0, 0, 0, 0, 0, 0 } },
		{ "write-only for programs", BPF_F_WRONLY_PROG, false, false, false,
		  { 0, 0, 0, 0, 0, 0 } },
		{ "frozen", 0, true, false, false, { 0, -EPERM, -EPERM, 0, -EPERM, -EPERM } },
		{ "no key", 0, false, true, false, { -EFAULT, -EFAULT, -EFAULT, 0, -EFAULT, 0 } },
		{ "no value", 0, false, false, true, { -EFAULT, -EFAULT, 0, -EFAULT, -EFAULT, 0 } },
		{ "nothing, frozen", 0, true, true, true,
		  { -EFAULT, -EPERM, -EPERM, -EFAULT, -EPERM, -EPERM } },
	};
	const struct both *both = *state;
	u32 key = 5, next;
	u64 value = 9, out;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int call = 0; call < CALLS; call++)
			for (int side = 0; side < SIDES; side++) {
				struct backend *b = both->side[side];
				int fd = b ? map_new(b, BPF_MAP_TYPE_HASH, 4, 8, 4, rows[i].flags) : -1;
				void *to = call == NEXT ? (void *)&next
					: call == UPDATE ? (void *)&value : (void *)&out;
				int got;

				if (!b)
					continue;
				assert_true(fd > 0);
				(void)map_do(b, BPF_MAP_UPDATE_ELEM, fd, &key, &value, 0);
				if (rows[i].frozen)
					assert_int_equal(call_do(b, FREEZE, fd, NULL, NULL), 0);
				/* For NEXT the key is one that is not there, or none. */
				next = call == NEXT ? 77 : 0;
				got = call_do(b, call, fd, rows[i].no_key ? NULL
					      : call == NEXT ? &next : &key, rows[i].no_value ? NULL : to);
				if (got != rows[i].result[call])
					fail_msg("%s, command %d: %d, but %s %d", rows[i].what,
						 call_cmd[call], rows[i].result[call], side_name(side), got);
				backend_close(b, fd);
			}
}

/* What programs may do with a map that is for reading, or for writing, alone: Linux's verifier and
 * the engine's checks come to the same. */
static void test_program_access(void **state)
{
	static const struct {
		u32 flags, helper;
		bool works;
	} rows[] = {
		{ 0, BPF_FUNC_map_lookup_elem, true },
		{ 0, BPF_FUNC_map_update_elem, true },
		{ 0, BPF_FUNC_map_delete_elem, true },
		{ BPF_F_RDONLY_PROG, BPF_FUNC_map_lookup_elem, true },
		{ BPF_F_RDONLY_PROG, BPF_FUNC_map_update_elem, false },
		{ BPF_F_RDONLY_PROG, BPF_FUNC_map_delete_elem, false },
		{ BPF_F_WRONLY_PROG, BPF_FUNC_map_lookup_elem, true },  /* reading through it is what fails */
		{ BPF_F_WRONLY_PROG, BPF_FUNC_map_update_elem, true },
		{ BPF_F_WRONLY_PROG, BPF_FUNC_map_delete_elem, true },
	};
	const struct both *both = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int side = 0; side < SIDES; side++) {
			struct backend *b = both->side[side];
			int map, prog;
			u32 retval;

			if (!b)
				continue;
			map = map_new(b, BPF_MAP_TYPE_HASH, 4, 8, 4, rows[i].flags);
			prog = map_touch_prog(b, map, rows[i].helper, 8);
			if (rows[i].works != (prog > 0 && !prog_run(b, prog, 1, 2, &retval)))
				fail_msg("row %zu: %s %d (%s)", i, side_name(side), prog,
					 backend_message(b));
			backend_close(b, prog);
			backend_close(b, map);
		}
}

/* Programs and bpf(2) see the same values: one of the CPU that runs, or all of them. */
static void test_program_values(void **state)
{
	const struct both *both = *state;
	static u64 out[VALUE_ROOM / 8];

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (int side = 0; side < SIDES; side++) {
			const struct family *f = &families[i];
			struct backend *b = both->side[side];
			int map, prog;
			u32 retval, key = 0, cpus = f->percpu ? both->cpus : 1, found = 0;

			if (!b || f->key != 4 || f->value % 8 || f->value > 64)
				continue;
			map = map_new(b, f->type, f->key, f->value, f->entries, f->flags);
			prog = map_touch_prog(b, map, BPF_FUNC_map_update_elem, f->value);
			assert_true(map > 0 && prog > 0);
			memset(out, 0, sizeof(out));
			assert_int_equal(prog_run(b, prog, key, 4711, &retval), 0);
			assert_int_equal(retval, 0);
			assert_int_equal(map_do(b, BPF_MAP_LOOKUP_ELEM, map, &key, out, 0), 0);
			for (u32 cpu = 0; cpu < cpus; cpu++) {
				assert_true(!out[cpu * f->value / 8] || out[cpu * f->value / 8] == 4711);
				found += out[cpu * f->value / 8] == 4711;
			}
			assert_int_equal(found, 1);
			backend_close(b, prog);
			backend_close(b, map);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_program_access),
		cmocka_unit_test(test_program_values),
	};

	return both_run("map ops", tests, ARRAY_SIZE(tests));
}
