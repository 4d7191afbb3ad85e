// SPDX-License-Identifier: BSD-2-Clause
/* test_btf.c - the reader of hostile type information.
 *
 * Every byte of a sample with all kinds takes a set of wrong values, and the sample is cut at every
 * length: the reader refuses with a sentence, or everything that it indexed can be walked. Linux,
 * where it can be asked, says the same. Built with sanitizers, this is where they look.
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

	for (u32 id = 0; id < btf->view.type_count + 2; id++) {
		const struct btf_type *type = btf_type(&btf->view, id);
		u32 size = 0;

		if (!type)
			continue;
		sum += strlen(btf_name(&btf->view, type->name_off));
		if (!btf_size_of(&btf->view, id, &size))
			sum += size;
	}
	return sum + strlen(btf_name(&btf->view, UINT32_MAX));
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
	for (*id = 1; *id < btf->view.type_count; ++*id)
		if (!strcmp(btf_name(&btf->view, btf_type(&btf->view, *id)->name_off), name))
			return btf_type(&btf->view, *id);
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
		    btf_size_of(&btf->view, id, &size) || size != rows[i].size)
			fail_msg("%s: kind %u, size %u", rows[i].name,
				 type ? BTF_INFO_KIND(type->info) : 0, size);
	}
	assert_non_null(find(btf, "entry", &id));
	assert_int_equal(btf_size_of(&btf->view, id, &size), -EINVAL);
	assert_int_equal(btf_size_of(&btf->view, 0, &size), -EINVAL);
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
			if (ask && err != linux_verdict(blob, sizeof(blob)))
				fail_msg("byte %u = 0x%02x: Linux says %d, we say %d", i, blob[i],
					 linux_verdict(blob, sizeof(blob)), err);
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

/* Some words of types, with a header in front and no strings behind. */
static u32 blob_of(u8 *blob, const u32 *words, u32 count)
{
	struct btf_header header = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header),
		.type_len = count * 4, .str_off = count * 4, .str_len = 1,
	};

	memcpy(blob, &header, sizeof(header));
	memcpy(blob + sizeof(header), words, count * 4);
	blob[sizeof(header) + count * 4] = 0;
	return (u32)sizeof(header) + count * 4 + 1;
}

#define INT_TYPE 0, BTF_KIND_INT << 24, 4, 32
#define ARRAY_TYPE(of, count) 0, BTF_KIND_ARRAY << 24, 0, of, 1, count
#define CONST_TYPE(of) 0, BTF_KIND_CONST << 24, of

/* Sizes must not overflow, and a ring must be seen. */
static void test_sizes(void **state)
{
	static const struct {
		const char *what;
		u32 words[28], count;
		int err;
		u32 id, size;   /* of one of the types */
	} rows[] = {
		{ "an array", { INT_TYPE, ARRAY_TYPE(1, 65536) }, 10, 0, 2, 0x40000 },
		{ "just too large", { INT_TYPE, ARRAY_TYPE(1, 65536), ARRAY_TYPE(2, 16384) }, 16, -EINVAL },
		{ "just not", { INT_TYPE, ARRAY_TYPE(1, 65536), ARRAY_TYPE(2, 16383) }, 16, 0, 3, 0xfffc0000 },
		{ "nothing, many times", { INT_TYPE, ARRAY_TYPE(1, 0), ARRAY_TYPE(2, ~0u), ARRAY_TYPE(3, ~0u) },
		  22, 0, 4, 0 },
		{ "a ring", { INT_TYPE, CONST_TYPE(3), CONST_TYPE(2) }, 10, -EEXIST },
		{ "an array of itself", { INT_TYPE, ARRAY_TYPE(2, 1) }, 10, -EEXIST },
		{ "none", { INT_TYPE, CONST_TYPE(7) }, 7, -EINVAL },
	};
	bool ask = !linux_verdict(sample_btf, sizeof(sample_btf));
	u8 blob[256];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 len = blob_of(blob, rows[i].words, rows[i].count), size = 7;
		struct btf *btf;
		int err = try(*state, blob, len);

		if (err != rows[i].err || (ask && err != linux_verdict(blob, len)))
			fail_msg("%s: %d, expected %d, Linux %d", rows[i].what, err, rows[i].err,
				 linux_verdict(blob, len));
		if (err)
			continue;
		assert_int_equal(btf_create(*state, blob, len, NULL, &btf), 0);
		assert_int_equal(btf_size_of(&btf->view, rows[i].id, &size), 0);
		assert_int_equal(size, rows[i].size);
		object_put_user(&btf->object);
	}
	assert_int_equal(btf_create(*state, blob, BTF_BLOB_MAX + 1, NULL, NULL), -E2BIG);
}

/* Arrays may lie in one another deeper than a walk would go; nothing but bytes limits types. */
static void test_many(void **state)
{
	enum { COUNT = 600000 };
	u32 *words = calloc(4 + 6ul * COUNT, sizeof(*words)), len, size = 0;
	u8 *blob = malloc(64 + 16ul + 24ul * COUNT);
	const u32 first[] = { INT_TYPE };
	struct btf *btf;
	int theirs;

	assert_non_null(words);
	assert_non_null(blob);
	memcpy(words, first, sizeof(first));
	for (u32 i = 0; i < COUNT; i++) {
		const u32 array[] = { ARRAY_TYPE(i + 1, 1) };

		memcpy(words + 4 + 6 * i, array, sizeof(array));
	}
	len = blob_of(blob, words, 4 + 6 * COUNT);
	theirs = linux_verdict(blob, len);
	assert_true(!theirs || theirs == -EPERM);
	assert_int_equal(btf_create(*state, blob, len, NULL, &btf), 0);
	assert_int_equal(btf_size_of(&btf->view, COUNT + 1, &size), 0);
	assert_int_equal(size, 4);
	object_put_user(&btf->object);
	free(words);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sample, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("btf", tests, NULL, NULL);
}
