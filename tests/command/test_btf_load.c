// SPDX-License-Identifier: BSD-2-Clause
/* test_btf_load.c - generated type information to Linux and to the engine: the same errno.
 *
 * BTF_LOAD of blobs of every kind, whole and damaged; and MAP_CREATE with types of those that both
 * sides took as types of keys and values. CLSBPF_BTF_CASES is the number of blobs, and the argument the
 * first.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gen_btf.h"
#include "isa/btf_read.h"
#include "sides.h"

#define CASES 4000
#define SHOWN 20

struct state {
	struct sides sides;
	u32 cases, first;
};

static int load(struct side *side, const u8 *blob, u32 len)
{
	union bpf_attr attr = { .btf = ptr_u64(side->arena + AT_BTF), .btf_size = len };

	memcpy(side->arena + AT_BTF, blob, len);
	return side_bpf(side, BPF_BTF_LOAD, &attr, sizeof(attr));
}

static void drop(struct side *side, int handle)
{
	if (handle >= 0)
		backend_close(side->backend, handle);
}

static int verdict(int handle) { return handle < 0 ? handle : 0; }

/* One map on both sides. Returns false when they do not agree. */
static bool map_agrees(struct state *s, u64 *random, const struct btf_view *view, const int handles[2])
{
	static const u32 types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PROG_ARRAY,
				     BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
				     BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH,
				     BPF_MAP_TYPE_LPM_TRIE };
	static const u32 access[] = { 0, 0, 0, 0, 0, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG };
	struct side *sides[] = { &s->sides.linux_side, &s->sides.engine };
	u32 type = types[gen_random(random, ARRAY_SIZE(types))];
	u32 key = gen_random(random, 3) ? gen_random(random, 6) > 0 : gen_random(random, view->type_count + 1);
	u32 value = gen_random(random, view->type_count + 1), key_size = 4, value_size = 4;
	union bpf_attr attr = { .map_type = type, .max_entries = 1 + gen_random(random, 2),
				.btf_key_type_id = key };
	int got[2];

	/* Structures and sections are what there may be something in. */
	for (u32 i = gen_random(random, 3) ? view->type_count : 0;
	     i && !(btf_bit(view, value) & (BTF_BIT(BTF_KIND_STRUCT) | BTF_BIT(BTF_KIND_DATASEC))); i--)
		value = value ? value - 1 : view->type_count - 1;
	attr.btf_value_type_id = value;

	if (btf_size_of(view, value, &value_size) || value_size > 4096 || type == BPF_MAP_TYPE_PROG_ARRAY)
		value_size = 4;
	if (btf_size_of(view, key, &key_size) || key_size > 200 || !gen_random(random, 20))
		key_size = 4;
	attr.key_size = key_size;
	attr.value_size = value_size;
	attr.map_flags = access[gen_random(random, ARRAY_SIZE(access))] & (type == BPF_MAP_TYPE_PROG_ARRAY ? 0 : ~0u);
	if (type == BPF_MAP_TYPE_LPM_TRIE)
		attr.map_flags |= BPF_F_NO_PREALLOC;
	for (int i = 0; i < 2; i++) {
		attr.btf_fd = (u32)handles[i];
		got[i] = side_bpf(sides[i], BPF_MAP_CREATE, &attr, sizeof(attr));
		drop(sides[i], got[i]);
	}
	if (verdict(got[0]) == verdict(got[1]))
		return true;
	print_message("# map type %u, flags 0x%x, key %u of %u bytes, value %u of %u: Linux %d, engine %d (%s)\n",
		      type, attr.map_flags, key, key_size, value, value_size, verdict(got[0]), verdict(got[1]),
		      backend_message(s->sides.engine.backend));
	return false;
}

/* Maps of a blob that was taken. Returns how many differ. */
static u32 maps_compare(struct state *s, u64 *random, u8 *blob, u32 len, const int handles[2])
{
	struct btf_view view;
	u32 differ = 0;

	/* A header of an odd length moves what the reader wants to be even. */
	if (get_u32(blob + 4) % 4)
		return 0;
	assert_int_equal(btf_view_open(&view, blob, len, NULL), 0);
	while (btf_view_next(&view, NULL) > 0)
		;
	for (u32 i = 0; i < 6; i++)
		differ += !map_agrees(s, random, &view, handles);
	btf_view_close(&view);
	return differ;
}

static void compare(struct state *s, u32 damage)
{
	static _Alignas(8) u8 blob[GEN_BTF_ROOM];
	u32 errnos[1024] = { 0 }, differ = 0;

	for (u32 i = s->first; i < s->first + s->cases; i++) {
		u64 random = (u64)i * 2654435761u + damage;
		u32 len = gen_btf(&random, damage, blob);
		int handles[2] = { load(&s->sides.linux_side, blob, len), load(&s->sides.engine, blob, len) };

		errnos[-verdict(handles[0]) % 1024]++;
		if (verdict(handles[0]) != verdict(handles[1])) {
			if (differ++ < SHOWN)
				print_message("# blob %u: Linux %d, engine %d (%s)\n", i, verdict(handles[0]),
					      verdict(handles[1]), backend_message(s->sides.engine.backend));
		} else if (handles[0] >= 0) {
			u32 maps = maps_compare(s, &random, blob, len, handles);

			if (maps)
				print_message("# of blob %u\n", i);
			differ += maps;
		} else {
			assert_true(*backend_message(s->sides.engine.backend));
		}
		drop(&s->sides.linux_side, handles[0]);
		drop(&s->sides.engine, handles[1]);
		if (differ > SHOWN)
			break;
	}
	for (u32 i = 0; i < ARRAY_SIZE(errnos); i++)
		if (errnos[i])
			print_message("# errno %u: %u\n", i, errnos[i]);
	if (differ)
		fail_msg("%u differences", differ);
}

static void test_whole(void **state) { compare(*state, 0); }
static void test_damaged(void **state) { compare(*state, 1); }
static void test_damaged_more(void **state) { compare(*state, 4); }

/* Locks twice in one structure make Linux write a warning to its log, once. */
static bool warns_panic(void)
{
	FILE *file = fopen("/proc/sys/kernel/panic_on_warn", "re");
	int on = file ? fgetc(file) : '0';

	if (file)
		fclose(file);
	return on != '0';
}

int main(int argc, char **argv)
{
	const char *cases = getenv("CLSBPF_BTF_CASES"), *why = NULL;
	static struct state s;
	struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_whole, &s),
		cmocka_unit_test_prestate(test_damaged, &s),
		cmocka_unit_test_prestate(test_damaged_more, &s),
	};
	int ret = warns_panic() ? 1 : sides_open(&s.sides, &why);

	s.cases = cases ? (u32)strtoul(cases, NULL, 0) / 3 : CASES / 3;
	s.first = argc > 1 ? (u32)strtoul(argv[1], NULL, 0) : 0;
	if (ret < 0)
		return 1;
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), why ? why : "Linux warns of some blobs, and would panic");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("BTF_LOAD", tests, NULL, NULL);
	sides_close(&s.sides);
	return ret;
}
