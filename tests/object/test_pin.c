// SPDX-License-Identifier: BSD-2-Clause
/* test_pin.c - the trees of pins: the same steps in memory, in a run directory and on Linux. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "pin_rows.h"

static void run(u32 kind, const char *table, const struct row *rows, size_t count, u32 sides)
{
	const char *why = "";
	struct side side;

	if (side_open(&side, kind, "/tmp", &why))
		fail_msg("%s", why);
	side_rows(&side, table, rows, count, sides);
	if (kind != LINUX) {
		pin_sweep(&side.engine);
		/* What the table left pinned, at most. */
		assert_true(atomic_load(&side.objects[0]->users) <= 3);
	}
	assert_true(side_close(&side));
}

#define RUN(kind, table, sides) run(kind, #table, table, ARRAY_SIZE(table), sides)

static void test_memory(void **state)
{
	RUN(MEMORY, rows_paths, ALL);
	RUN(MEMORY, rows_memory, ALL);
}

static void test_directory_paths(void **state) { RUN(DIRECTORY, rows_paths, ALL); }
static void test_directory_files(void **state) { RUN(DIRECTORY, rows_files, FILES); }
static void test_directory_rights(void **state) { RUN(DIRECTORY, rows_rights, FILES); }
static void test_linux_paths(void **state) { RUN(LINUX, rows_paths, ALL); }
static void test_linux_files(void **state) { RUN(LINUX, rows_files, FILES); }
static void test_linux_rights(void **state) { RUN(LINUX, rows_rights, FILES); }
static void test_skipped(void **state) { }

/* Can Linux be asked? Its tests come last: they leave the mount namespace. */
static const char *linux_missing(void)
{
	const char *why = NULL;
	struct side side;

	if (side_open(&side, LINUX, NULL, &why))
		return why;
	return side_close(&side) ? NULL : "a bpf file system that cannot be unmounted";
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_directory_paths),
		cmocka_unit_test(test_directory_files),
		cmocka_unit_test(test_directory_rights),
		cmocka_unit_test(test_linux_paths),
		cmocka_unit_test(test_linux_files),
		cmocka_unit_test(test_linux_rights),
	};
	const char *why = geteuid() ? "not root: Linux cannot be asked" : linux_missing();
	char skip[160], rights[] = "rights of others # SKIP not root: no other users";

	snprintf(skip, sizeof(skip), "comparison with Linux # SKIP %s", why ? why : "");
	for (u32 i = 4; i < ARRAY_SIZE(tests) && why; i++)
		tests[i] = (struct CMUnitTest){ .name = skip, .test_func = test_skipped };
	if (geteuid())
		tests[3] = (struct CMUnitTest){ .name = rights, .test_func = test_skipped };
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
