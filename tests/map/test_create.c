// SPDX-License-Identifier: BSD-2-Clause
/* test_create.c - BPF_MAP_CREATE: which maps there can be. For each type one good attribute; then
 * every value of every word, and several at once, on the engine and on Linux: the same errno. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"
#include "map/map.h"

#define TYPES 36         /* three more than there are */
#define SHOWN 30

/* What is good for a type. The types that are not here are not the engine's. */
static const struct good {
	u32 type, key, value, entries, flags;
} goods[] = {
	{ BPF_MAP_TYPE_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
};

/* The words of the attribute, and what they may be. */
static const u32 sizes[] = {
	0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 255, 256, 257, 260, 261, 264, 512, 513, 4096,
};
static const u32 values[] = {
	0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 255, 256, 4095, 4096, 4097, 32760, 32761, 32767, 32768, 32769,
	65536, (1u << 22) - 1000, (1u << 22) - 281, (1u << 22) - 280, (1u << 22) - 279,
	(1u << 22) - 64, (1u << 22) - 53, (1u << 22) - 52, (1u << 22) - 51, (1u << 22) - 50,
	1u << 22, 1u << 30, 0x7ffffff8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff,
};
static const u32 entries[] = { 0, 1, 2, 3, 4, 5, 7, 8, 100, 1000, 4096, 4097, 8192, 12288, 0x80000001, 0xfffffffe, 0xffffffff };
static const u32 nodes[] = { 0, 1, 7, 1024, 0x7fffffff, 0xffffffff };

struct state {
	const struct both *both;
	u32 calls, differences, skipped, unsupported[TYPES];
};

static int create(struct backend *side, const union bpf_attr *attr)
{
	union bpf_attr copy = *attr;
	int fd = backend_bpf(side, BPF_MAP_CREATE, &copy, sizeof(copy));

	if (fd > 0)
		backend_close(side, fd);
	return fd > 0 ? 0 : fd;
}

/* Is the map small, or larger than any machine? What is between would make Linux fill memory. */
static bool bearable(const struct state *s, const union bpf_attr *attr)
{
	unsigned __int128 bytes = (unsigned __int128)attr->max_entries * s->both->cpus *
				  (64u + attr->key_size + (u64)attr->value_size);

	/* Linux fills a per-CPU array's table of pointers before it finds that there is no more. */
	if (attr->map_type == BPF_MAP_TYPE_PERCPU_ARRAY && attr->max_entries > 1000)
		return false;
	return bytes < 1u << 24 || bytes > (u64)1 << 46;
}

static void compare(struct state *s, const union bpf_attr *attr)
{
	int ours, theirs;

	if (!bearable(s, attr)) {
		s->skipped++;
		return;
	}
	ours = create(s->both->side[ENGINE], attr);
	theirs = s->both->side[LINUX] ? create(s->both->side[LINUX], attr) : ours;

	s->calls++;
	if (ours && !*backend_message(s->both->side[ENGINE]))
		fail_msg("type %u: errno %d without a sentence", attr->map_type, -ours);
	if (ours == -EOPNOTSUPP && attr->map_type < TYPES) {
		s->unsupported[attr->map_type]++;
		return;
	}
	if (ours == theirs)
		return;
	if (s->differences++ < SHOWN)
		print_message("# type %u, key %u, value %u, entries %u, flags 0x%x, node %u: Linux %d, "
			      "engine %d (%s)\n", attr->map_type, attr->key_size, attr->value_size,
			      attr->max_entries, attr->map_flags, attr->numa_node, theirs, ours,
			      backend_message(s->both->side[ENGINE]));
}

static void finish(const struct state *s)
{
	print_message("# %u calls, %u left out because they would fill memory\n", s->calls,
		      s->skipped);
	for (u32 type = 0; type < TYPES; type++)
		if (s->unsupported[type] && map_type_name(type))
			print_message("# %s: %u not supported\n", map_type_name(type),
				      s->unsupported[type]);
	if (s->differences)
		fail_msg("%u differences", s->differences);
}

static union bpf_attr attr_of(const struct good *good)
{
	return (union bpf_attr){ .map_type = good->type, .key_size = good->key,
				 .value_size = good->value, .max_entries = good->entries,
				 .map_flags = good->flags };
}

static u32 flag_choice(u32 i)
{
	static const u32 several[] = {
		BPF_F_RDONLY | BPF_F_WRONLY, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
		BPF_F_RDONLY | BPF_F_RDONLY_PROG, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE,
		BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE, BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU,
		BPF_F_NO_PREALLOC | BPF_F_RDONLY | BPF_F_WRONLY,
		BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
	};

	return !i ? 0 : i <= 32 ? 1u << (i - 1) : several[(i - 33) % ARRAY_SIZE(several)];
}
#define FLAG_CHOICES 41

static u32 choices(u32 word)
{
	const u32 counts[] = { ARRAY_SIZE(sizes), ARRAY_SIZE(values), ARRAY_SIZE(entries),
			       FLAG_CHOICES, ARRAY_SIZE(nodes) };

	return counts[word];
}

static void choose(union bpf_attr *attr, u32 word, u32 i)
{
	switch (word) {
	case 0:
		attr->key_size = sizes[i];
		break;
	case 1:
		attr->value_size = values[i];
		break;
	case 2:
		attr->max_entries = entries[i];
		break;
	case 3:
		attr->map_flags = flag_choice(i);
		break;
	default:
		attr->map_flags |= BPF_F_NUMA_NODE;
		attr->numa_node = nodes[i];
		break;
	}
}

static void test_good(void **state)
{
	struct state s = { .both = *state };

	for (size_t i = 0; i < ARRAY_SIZE(goods); i++) {
		union bpf_attr attr = attr_of(&goods[i]);

		for (int side = 0; side < SIDES; side++)
			if (s.both->side[side])
				assert_int_equal(create(s.both->side[side], &attr), 0);
	}
}

static void test_words(void **state)
{
	struct state s = { .both = *state };

	for (size_t i = 0; i < ARRAY_SIZE(goods); i++)
		for (u32 word = 0; word < 5; word++)
			for (u32 c = 0; c < choices(word); c++) {
				union bpf_attr attr = attr_of(&goods[i]);

				choose(&attr, word, c);
				compare(&s, &attr);
			}
	finish(&s);
}

/* Two and three words at once: the order of the checks. */
static void test_order(void **state)
{
	struct state s = { .both = *state };
	u64 random = 7;

	for (u32 n = 0; n < 6000; n++) {
		union bpf_attr attr = attr_of(&goods[n % ARRAY_SIZE(goods)]);

		for (u32 i = 0; i < 2 + n % 2; i++) {
			u32 word = random_next(&random) % 5;

			choose(&attr, word, random_next(&random) % choices(word));
		}
		compare(&s, &attr);
	}
	finish(&s);
}

/* All types that there are, and some more. */
static void test_types(void **state)
{
	struct state s = { .both = *state };
	u32 absent = 0;

	for (u32 type = 0; type < TYPES; type++)
		for (size_t i = 0; i < ARRAY_SIZE(goods); i++) {
			union bpf_attr attr = attr_of(&goods[i]);

			attr.map_type = type;
			compare(&s, &attr);
		}
	for (u32 type = 0; type < TYPES; type++) {
		assert_int_equal(!!s.unsupported[type], map_type_name(type) && !map_type_find(type));
		absent += !!s.unsupported[type];
	}
	assert_int_equal(absent + ARRAY_SIZE(goods), 33);
	finish(&s);
}

static void test_names(void **state)
{
	static const char *const names[] = { "a", "fifteen_letters", "sixteen_letters_", "a-b", "a b",
					     "\xc1", "\xd7", "\xf7", "\xff", "\x7f", "\x80", "A.b_9" };
	struct state s = { .both = *state };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		union bpf_attr attr = attr_of(&goods[0]);

		memcpy(attr.map_name, names[i], min_u32((u32)strlen(names[i]), BPF_OBJ_NAME_LEN));
		compare(&s, &attr);
		memcpy(attr.map_name, "a\0b", 4);
		compare(&s, &attr);
	}
	finish(&s);
}

/* The same without Linux, for the rules that matter most. */
static void test_table(void **state)
{
	static const struct {
		struct good attr;
		int result;
	} rows[] = {
		{ { BPF_MAP_TYPE_HASH, 0, 8, 4, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_HASH, 4, 0, 4, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_HASH, 4, 8, 0, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_HASH, 512, 8, 1, 0 }, 0 },
		{ { BPF_MAP_TYPE_HASH, 4, 1u << 31, 1, 0 }, -E2BIG },
		{ { BPF_MAP_TYPE_HASH, 4, 8, ~0u, 0 }, -E2BIG },
		{ { BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_RDONLY | BPF_F_WRONLY }, -EINVAL },
		{ { BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_NO_COMMON_LRU }, -EINVAL },
		{ { BPF_MAP_TYPE_ARRAY, 8, 8, 4, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_ARRAY, 4, 1u << 31, 1, 0 }, -E2BIG },
		{ { BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_NO_PREALLOC }, -EINVAL },
		{ { BPF_MAP_TYPE_ARRAY, 4, 0x7fffffff, ~0u, 0 }, -ENOMEM },
		{ { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32769, 1, 0 }, -E2BIG },
		{ { BPF_MAP_TYPE_PERCPU_HASH, 4, 32769, 1, 0 }, -E2BIG },
		{ { BPF_MAP_TYPE_PROG_ARRAY, 4, 8, 1, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, BPF_F_RDONLY_PROG }, -EINVAL },
		{ { BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, BPF_F_NO_PREALLOC }, -ENOTSUPP },
		{ { BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, BPF_F_NO_COMMON_LRU }, 0 },
		{ { BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_LPM_TRIE, 4, 8, 4, BPF_F_NO_PREALLOC }, -EINVAL },
		{ { BPF_MAP_TYPE_LPM_TRIE, 260, 8, 4, BPF_F_NO_PREALLOC }, 0 },
		{ { BPF_MAP_TYPE_LPM_TRIE, 261, 8, 4, BPF_F_NO_PREALLOC }, -EINVAL },
		{ { BPF_MAP_TYPE_RINGBUF, 4, 0, 4096, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_RINGBUF, 0, 8, 4096, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_RINGBUF, 0, 0, 6144, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_RINGBUF, 0, 0, 2048, 0 }, -EINVAL },
		{ { BPF_MAP_TYPE_RINGBUF, 0, 0, 8192, 0 }, 0 },
		{ { BPF_MAP_TYPE_UNSPEC, 4, 8, 4, 0 }, -EINVAL },
		{ { 1000, 4, 8, 4, 0 }, -EINVAL },
	};
	struct state s = { .both = *state };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		union bpf_attr attr = attr_of(&rows[i].attr);

		for (int side = 0; side < SIDES; side++)
			if (s.both->side[side] &&
			    create(s.both->side[side], &attr) != rows[i].result)
				fail_msg("row %zu, side %d: %d and not %d", i, side,
					 create(s.both->side[side], &attr), rows[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_names),
	};

	return both_run("map create", tests, ARRAY_SIZE(tests));
}
