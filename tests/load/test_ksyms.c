// SPDX-License-Identifier: BSD-2-Clause
/* test_ksyms.c - objects that call functions of the kernel, on the engine and on Linux. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static struct backend *linux_side;

static void check(struct backend *backend)
{
	static const struct {
		const char *name, *words;
		int err;
		u32 verdict;
	} programs[] = {
		{ "strings", NULL, 0, 52 }, { "absent", NULL, 0, 7 }, { "changed", NULL, 0, 8 },
		{ "packet", NULL, 0, 0x0800 }, { "numbers", NULL, 0, 45 + 3 },
		{ "missing", "the kernel has no function bpf_none_at_all", -ESRCH, 0 },
		{ "other", "the kernel knows another function bpf_strrchr", -EINVAL, 0 },
	};
	char **names = object_names("ksyms");

	for (char **name = names; *name; name++) {
		for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
			struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS,
							.program = programs[i].name };
			struct load_object *object = must_open(*name);
			struct load_prog *prog;
			LOG_ON_STACK(log);
			int err = load_into(object, backend, &options, &log, &prog);

			if (err != programs[i].err)
				fail_msg("%s, %s: %d: %s", *name, programs[i].name, err, log.text);
			if (programs[i].words && !strstr(log.text, programs[i].words))
				fail_msg("%s, %s: %s", *name, programs[i].name, log.text);
			if (!err && run(backend, prog->handle, 3) != programs[i].verdict)
				fail_msg("%s, %s: %u", *name, programs[i].name, run(backend, prog->handle, 3));
			load_close(object);
		}
	}
	object_names_free(names);
}

static void test_engine(void **state)
{
	struct backend *engine = engine_open();

	check(engine);
	backend_destroy(engine);
}

static void test_linux(void **state)
{
	if (linux_side)
		check(linux_side);
}

int main(void)
{
	char name[160];
	const char *why = NULL;
	struct CMUnitTest tests[] = { cmocka_unit_test(test_engine), cmocka_unit_test(test_linux) };
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	linux_side = linux_open(&why);
	snprintf(name, sizeof(name), "test_linux%s%s", linux_side ? "" : " # SKIP ", linux_side ? "" : why);
	tests[1].name = name;
	failed = cmocka_run_group_tests_name("kernel functions", tests, NULL, NULL);
	if (linux_side)
		backend_destroy(linux_side);
	return failed;
}
