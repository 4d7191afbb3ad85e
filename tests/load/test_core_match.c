// SPDX-License-Identifier: BSD-2-Clause
/* test_core_match.c - comparing types that somebody made to take long. Results are core.sh's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "load/core_match.h"

#define NAMES 300u

/* Type 1: enum "e" of NAMES enumerators, which are called "x", or "n", "n", ... and "x" at the end.
 * Type 2: a structure "e" with as many members of the same names, of type 1. */
static void open_types(struct btf_view *view, bool all_alike)
{
	static const char strings[] = "\0e\0x\0n";
	u32 words = (sizeof(struct btf_header) + 2 * sizeof(struct btf_type)) / 4 + NAMES * 5;
	u32 *blob = calloc(words, 4), *at = blob + sizeof(struct btf_header) / 4;
	u32 size = words * 4, types = size - (u32)sizeof(struct btf_header);
	struct btf_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION,
				     .hdr_len = sizeof(header), .type_len = types, .str_off = types,
				     .str_len = sizeof(strings) };
	LOG_ON_STACK(log);

	assert_non_null(blob);
	memcpy(blob, &header, sizeof(header));
	*at++ = 1;
	*at++ = BTF_KIND_ENUM << 24 | NAMES;
	*at++ = 4;
	for (u32 i = 0; i < NAMES; i++) {
		*at++ = all_alike || i == NAMES - 1 ? 3 : 5;
		*at++ = i;
	}
	*at++ = 1;
	*at++ = BTF_KIND_STRUCT << 24 | NAMES;
	*at++ = 4;
	for (u32 i = 0; i < NAMES; i++) {
		*at++ = all_alike || i == NAMES - 1 ? 3 : 5;
		*at++ = 1;
		*at++ = 0;
	}
	blob = realloc(blob, size + sizeof(strings));
	assert_non_null(blob);
	memcpy(blob + words, strings, sizeof(strings));
	assert_int_equal(btf_view_open(view, (u8 *)blob, size + (u32)sizeof(strings), &log), 0);
	assert_int_equal(btf_view_next(view, &log), 1);
	assert_int_equal(btf_view_next(view, &log), 1);
}

/* Every name of the one is the last of the other. */
static void test_long(void **state)
{
	static const struct {
		u32 type, steps;
		bool matches;
	} rows[] = {
		{ 1, NAMES * NAMES + 2, true }, { 1, NAMES * NAMES - 1, false },
		{ 2, NAMES * NAMES, false },
	};
	struct btf_view local, kernel;

	open_types(&local, true);
	open_types(&kernel, false);
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 steps = rows[i].steps;
		struct core_pair pair = { &local, &kernel, &steps };

		assert_int_equal(core_type_matches(&pair, rows[i].type, rows[i].type), rows[i].matches);
		assert_int_equal(!steps, !rows[i].matches);
	}
	free(local.data);
	free(kernel.data);
	btf_view_close(&local);
	btf_view_close(&kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_long) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
