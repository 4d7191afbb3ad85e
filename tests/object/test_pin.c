// SPDX-License-Identifier: BSD-2-Clause
/* test_pin.c - the tree of pins: what bpffs answers, and the nodes in a run directory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "object/pin.h"
#include "object/prog.h"

struct world {
	struct engine engine;
	char rundir[64];
	struct object *object;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct engine_config config = { 0 };
	struct prog *prog;

	*state = w;
	if (!w)
		return -1;
	snprintf(w->rundir, sizeof(w->rundir), "/tmp/test_pin.XXXXXX");
	config.rundir = mkdtemp(w->rundir);
	if (!config.rundir || engine_core_init(&w->engine, &config) ||
	    prog_create(&w->engine, 2, &prog))
		return -1;
	w->object = &prog->object;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char path[128];
	int left;

	object_put_user(w->object);
	engine_core_fini(&w->engine);
	snprintf(path, sizeof(path), "%s/bpf", w->rundir);
	left = rmdir(path) | rmdir(w->rundir);
	free(w);
	return left;
}

enum what { PIN, FIND, MKDIR, UNLINK };

static int step(struct world *w, enum what what, const char *path)
{
	struct object *found;
	int err = -1;

	switch (what) {
	case PIN:
		return pin_object(&w->engine, path, w->object, NULL);
	case FIND:
		err = pin_find(&w->engine, path, &found);
		if (!err) {
			assert_ptr_equal(found, w->object);
			object_put_user(found);
		}
		return err;
	case MKDIR:
		return pin_mkdir(&w->engine, path);
	case UNLINK:
		return pin_unlink(&w->engine, path);
	}
	return err;
}

static void test_steps(void **state)
{
	static const struct {
		enum what what;
		const char *path;
		int err;
	} rows[] = {
		{ FIND, "/sys/fs/bpf/a", -ENOENT },
		{ FIND, "/sys/fs/bpf", -EACCES },
		{ FIND, "/", -EACCES },
		{ FIND, "", -EACCES },
		{ PIN, "/sys/fs/bpf/a", 0 },
		{ PIN, "/sys/fs/bpf/a", -EEXIST },
		{ PIN, "/sys/fs/bpf//a/", -EEXIST },
		{ PIN, "/a", -EEXIST },
		{ PIN, "/sys/fs/bpf", -EEXIST },
		{ PIN, "/sys/fs/bpfx", 0 },     /* another name than the root */
		{ FIND, "/sys/fs/bpfx", 0 },
		{ PIN, "/a/b", -ENOTDIR },
		{ FIND, "/a/b", -ENOTDIR },
		{ FIND, "/a", 0 },
		{ PIN, "/sys/fs/bpf/tc/globals/m", 0 },
		{ FIND, "/tc/globals/m", 0 },
		{ FIND, "/tc/globals", -EACCES },
		{ FIND, "/tc/other/m", -ENOENT },
		{ PIN, "/tc/globals/m.old", -EPERM },
		{ PIN, "/tc/../x", -EPERM },
		{ PIN, "/new/m.old", -EPERM },
		{ FIND, "/new", -ENOENT },      /* nothing is left of it */
		{ PIN, "/.", -EPERM },
		{ MKDIR, "/tc", -EEXIST },
		{ MKDIR, "/tc/mine", 0 },
		{ MKDIR, "/none/mine", -ENOENT },
		{ MKDIR, "/a/mine", -ENOTDIR },
		{ MKDIR, "/x.y", -EPERM },
		{ UNLINK, "/tc/globals", -ENOTEMPTY },
		{ UNLINK, "/tc/globals/m", 0 },
		{ UNLINK, "/tc/globals/m", -ENOENT },
		{ UNLINK, "/tc/globals", 0 },
		{ UNLINK, "/tc/mine", 0 },
		{ UNLINK, "/tc", 0 },
		{ UNLINK, "/", -EPERM },
		{ UNLINK, "/a", 0 },
		{ FIND, "/a", -ENOENT },
		{ UNLINK, "/sys/fs/bpfx", 0 },
		{ UNLINK, "/sys/fs", 0 },
		{ UNLINK, "/sys", 0 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int err = step(w, rows[i].what, rows[i].path);

		if (err != rows[i].err)
			fail_msg("step %zu, %s: %d, expected %d", i, rows[i].path, err, rows[i].err);
	}
	assert_int_equal(atomic_load(&w->object->users), 1);
}

static void test_long_names(void **state)
{
	struct world *w = *state;
	char path[600] = "/";

	memset(path + 1, 'n', 255);
	assert_int_equal(step(w, PIN, path), 0);
	assert_int_equal(step(w, UNLINK, path), 0);
	path[256] = 'n';
	assert_int_equal(step(w, PIN, path), -ENAMETOOLONG);
	assert_int_equal(step(w, FIND, path), -ENAMETOOLONG);
	assert_int_equal(step(w, MKDIR, path), -ENAMETOOLONG);
	strcpy(path + 257, "/x");
	assert_int_equal(step(w, PIN, path), -ENAMETOOLONG);
}

static bool there(const struct world *w, const char *path, bool dir)
{
	char shown[512];
	struct stat st;

	snprintf(shown, sizeof(shown), "%s/bpf/%s", w->rundir, path);
	return !lstat(shown, &st) && !!S_ISDIR(st.st_mode) == dir;
}

/* A pin keeps the object; its node comes and goes with it. */
static void test_nodes(void **state)
{
	struct world *w = *state;

	assert_int_equal(step(w, PIN, "/sys/fs/bpf/tc/globals/m"), 0);
	assert_int_equal(atomic_load(&w->object->users), 2);
	assert_true(there(w, "tc", true) && there(w, "tc/globals", true) &&
		    there(w, "tc/globals/m", false));
	assert_int_equal(step(w, UNLINK, "/tc/globals/m"), 0);
	assert_false(there(w, "tc/globals/m", false));
	assert_int_equal(atomic_load(&w->object->users), 1);
	assert_int_equal(step(w, UNLINK, "/tc/globals"), 0);
	assert_int_equal(step(w, UNLINK, "/tc"), 0);
	assert_false(there(w, "tc", true));
}

/* Pins go with the engine: their nodes too, or the next engine would show what is not there. */
static void test_end(void **state)
{
	struct world *w = *state;

	assert_int_equal(step(w, PIN, "/tc/globals/m"), 0);
	assert_int_equal(step(w, PIN, "/p"), 0);
	assert_int_equal(step(w, MKDIR, "/empty"), 0);
	/* teardown fails where something is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
