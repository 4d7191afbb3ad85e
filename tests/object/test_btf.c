// SPDX-License-Identifier: BSD-2-Clause
/* test_btf.c - the reader of hostile type information.
 *
 * Every byte of a sample with all kinds takes a set of wrong values, and the sample is cut at every
 * length: the reader refuses with a sentence, or everything that it indexed can be walked. What
 * Linux accepts, it accepts. Built with sanitizers, this is where they look.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "object/btf.h"
#include "object/engine.h"
#include "sample_btf.h"

static int setup(void **state)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	*state = engine;
	return engine ? engine_core_init(engine, NULL) : -1;
}

static int teardown(void **state)
{
	engine_core_fini(*state);
	free(*state);
	return 0;
}

static u64 walk(const struct btf *btf)
{
	u64 sum = 0;

	for (u32 id = 0; id < btf->type_count + 2; id++) {
		const struct btf_type *type = btf_type(btf, id);
		u32 size = 0;

		if (!type)
			continue;
		sum += strlen(btf_name(btf, type->name_off));
		if (!btf_size_of(btf, id, &size))
			sum += size;
	}
	return sum + strlen(btf_name(btf, UINT32_MAX));
}

/* From a copy of exactly @len bytes, so that a sanitizer sees one byte too many. */
static int try(struct engine *engine, const u8 *blob, u32 len)
{
	u8 *copy = malloc(len ? len : 1);
	struct btf *btf;
	LOG_ON_STACK(log);
	int err;

	assert_non_null(copy);
	memcpy(copy, blob, len);
	err = btf_create(engine, copy, len, &log, &btf);
	free(copy);
	if (!err) {
		(void)walk(btf);
		object_put_user(&btf->object);
	} else if (log.len < 10) {
		fail_msg("%d without a sentence", err);
	}
	return err;
}

static int linux_verdict(const u8 *blob, u32 len)
{
	union bpf_attr attr = { .btf = ptr_u64(blob), .btf_size = len };
	long fd = syscall(SYS_bpf, BPF_BTF_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

static const struct btf_type *find(const struct btf *btf, const char *name, u32 *id)
{
	for (*id = 1; *id < btf->type_count; ++*id)
		if (!strcmp(btf_name(btf, btf_type(btf, *id)->name_off), name))
			return btf_type(btf, *id);
	return NULL;
}

static void test_sample(void **state)
{
	static const struct {
		const char *name;
		u32 kind, size;
	} rows[] = {
		{ "color", BTF_KIND_ENUM, 4 }, { "big", BTF_KIND_ENUM64, 8 },
		{ "either", BTF_KIND_UNION, 4 }, { "all", BTF_KIND_STRUCT, 88 },
		{ "u32_t", BTF_KIND_TYPEDEF, 4 }, { ".rodata", BTF_KIND_DATASEC, 176 },
		{ "table", BTF_KIND_VAR, 176 },
	};
	struct btf *btf;
	u32 id, size;

	assert_int_equal(btf_create(*state, sample_btf, sizeof(sample_btf), NULL, &btf), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct btf_type *type = find(btf, rows[i].name, &id);

		if (!type || BTF_INFO_KIND(type->info) != rows[i].kind ||
		    btf_size_of(btf, id, &size) || size != rows[i].size)
			fail_msg("%s: kind %u, size %u", rows[i].name,
				 type ? BTF_INFO_KIND(type->info) : 0, size);
	}
	assert_non_null(find(btf, "entry", &id));
	assert_int_equal(btf_size_of(btf, id, &size), -EINVAL);
	assert_int_equal(btf_size_of(btf, 0, &size), -EINVAL);
	object_put_user(&btf->object);
}

static void test_cut(void **state)
{
	for (u32 len = 0; len < sizeof(sample_btf); len++)
		assert_int_not_equal(try(*state, sample_btf, len), 0);
}

static void test_damaged(void **state)
{
	static const u8 values[] = { 0x00, 0x01, 0x02, 0x10, 0x7f, 0x80, 0xff };
	bool ask = !linux_verdict(sample_btf, sizeof(sample_btf));
	u32 accepted = 0, refused = 0;
	u8 blob[sizeof(sample_btf)];

	for (u32 i = 0; i < sizeof(blob); i++)
		for (size_t v = 0; v < ARRAY_SIZE(values) + 8; v++) {
			int err;

			memcpy(blob, sample_btf, sizeof(blob));
			blob[i] = v < ARRAY_SIZE(values) ? values[v]
				: (u8)(blob[i] ^ 1u << (v - ARRAY_SIZE(values)));
			err = try(*state, blob, sizeof(blob));
			accepted += !err;
			refused += err != 0;
			if (err && ask && !linux_verdict(blob, sizeof(blob)))
				fail_msg("byte %u = 0x%02x: Linux takes it, we say %d", i, blob[i], err);
		}
	print_message("# accepted %u, refused %u, Linux %s\n", accepted, refused,
		      ask ? "asked" : "not asked: no right to load BTF");
	assert_true(refused > 1000);
}

/* Headers that are wrong on purpose, with the errno of Linux. */
static void test_header(void **state)
{
	static const struct {
		const char *what;
		u32 off, size, value;
		int err;
	} rows[] = {
		{ "magic", 0, 2, 0x9feb, -EINVAL },
		{ "version", 2, 1, 2, -524 },
		{ "flags", 3, 1, 1, -524 },
		{ "hdr_len short", 4, 4, 20, -EINVAL },
		{ "hdr_len beyond", 4, 4, 0x7fffffff, -EINVAL },
		{ "type_off", 8, 4, 4, -EINVAL },
		{ "type_off huge", 8, 4, 0xfffffffc, -EINVAL },
		{ "type_len 0", 12, 4, 0, -EINVAL },
		{ "type_len huge", 12, 4, 0xffffffff, -EINVAL },
		{ "str_off", 16, 4, 1, -EINVAL },
		{ "str_len 0", 20, 4, 0, -EINVAL },
		{ "str_len huge", 20, 4, 0xffffffff, -EINVAL },
	};
	bool ask = !linux_verdict(sample_btf, sizeof(sample_btf));

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u8 blob[sizeof(sample_btf)];
		int err;

		memcpy(blob, sample_btf, sizeof(blob));
		memcpy(blob + rows[i].off, &rows[i].value, rows[i].size);
		err = try(*state, blob, sizeof(blob));
		if (err != rows[i].err || (ask && err != linux_verdict(blob, sizeof(blob))))
			fail_msg("%s: %d, expected %d, Linux %d", rows[i].what, err, rows[i].err,
				 linux_verdict(blob, sizeof(blob)));
	}
}

/* int -> array -> array ... : sizes must not overflow, and a ring must end. */
static void test_sizes(void **state)
{
	u32 types[] = {
		0, BTF_KIND_INT << 24, 4, 32,                            /* 1: int */
		0, BTF_KIND_ARRAY << 24, 0, 1, 1, 0x10000,               /* 2: int[65536] */
		0, BTF_KIND_ARRAY << 24, 0, 2, 1, 0x10000,               /* 3: 2^34 bytes */
		0, BTF_KIND_CONST << 24, 5, 0, BTF_KIND_VOLATILE << 24, 4, /* 4, 5: a ring */
		0, BTF_KIND_ARRAY << 24, 0, 6, 1, 1,                     /* 6: of itself */
	};
	struct btf_header header = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header),
		.type_len = sizeof(types), .str_off = sizeof(types), .str_len = 1,
	};
	u8 blob[sizeof(header) + sizeof(types) + 1] = { 0 };
	struct btf *btf;
	u32 size = 7;

	memcpy(blob, &header, sizeof(header));
	memcpy(blob + sizeof(header), types, sizeof(types));
	assert_int_equal(btf_create(*state, blob, sizeof(blob), NULL, &btf), 0);
	assert_int_equal(btf->type_count, 7);
	assert_int_equal(btf_size_of(btf, 2, &size), 0);
	assert_int_equal(size, 0x40000);
	for (u32 id = 3; id < 7; id++)
		assert_int_equal(btf_size_of(btf, id, &size), -EINVAL);
	object_put_user(&btf->object);
	assert_int_equal(btf_create(*state, blob, BTF_BLOB_MAX + 1, NULL, &btf), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sample, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("btf", tests, NULL, NULL);
}
