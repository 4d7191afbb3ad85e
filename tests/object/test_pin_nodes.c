// SPDX-License-Identifier: BSD-2-Clause
/* test_pin_nodes.c - pins as files of a run directory: when they go, what a start finds, hostile
 * content, more trees, and many of them. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "pin_sides.h"

#define B PIN_ROOT
#define MANY 10000
#define DEEP 1100   /* more than descriptors */

static int setup(void **state)
{
	struct side *side = calloc(1, sizeof(*side));

	*state = side;
	return side ? side_open(side, DIRECTORY, "/tmp", NULL) : -1;
}

/* Where run directories usually are: on a disk, ten thousand files take their time. */
static const char *tmpfs(void) { return access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm"; }

static int setup_tmpfs(void **state)
{
	struct side *side = calloc(1, sizeof(*side));

	*state = side;
	return side ? side_open(side, DIRECTORY, tmpfs(), NULL) : -1;
}

/* Fails where something is left. */
static int teardown(void **state)
{
	struct side *side = *state;
	bool gone = side_close(side);

	free(side);
	return gone ? 0 : -1;
}

static int pin(struct side *side, const char *path)
{
	return pin_object(&side->engine, NULL, path, side->objects[0], NULL);
}

static int find(struct side *side, const char *path)
{
	struct object *found;
	int err = pin_find(&side->engine, NULL, path, 0, &found);

	if (!err)
		object_put_user(found);
	return err;
}

static u32 users(struct side *side)
{
	pin_sweep(&side->engine);
	return atomic_load(&side->objects[0]->users);
}

static int at(struct side *side, const char *path, char out[512])
{
	side_path(side, path, out);
	return 0;
}

/* An object goes with its last name, and with the last descriptor that holds the node, as on Linux. */
static void test_gone(void **state)
{
	struct side *side = *state;
	struct object *only = side->objects[1];
	char node[512], line[64] = "", expected[64];
	u32 id = only->id, next;
	int fd;

	assert_int_equal(pin_object(&side->engine, NULL, B "/only", only, NULL), 0);
	object_put_user(only);
	at(side, B "/only", node);
	fd = open(node, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(read(fd, line, sizeof(line) - 1) > 0);
	snprintf(expected, sizeof(expected), "program %u\n", id);
	assert_string_equal(line, expected);
	assert_int_equal(unlink(node), 0);
	pin_sweep(&side->engine);
	assert_int_equal(object_next_id(&side->engine, OBJECT_PROG, id - 1, &next), 0);
	close(fd);
	pin_sweep(&side->engine);
	assert_int_equal(object_next_id(&side->engine, OBJECT_PROG, id - 1, &next), -ENOENT);
	/* for side_close() */
	object_get_user(side->objects[0]);
	side->objects[1] = side->objects[0];
}

/* A name elsewhere in the file system keeps a pin too. */
static void test_link_outside(void **state)
{
	struct side *side = *state;
	char node[512], outside[128];

	assert_int_equal(pin(side, B "/p"), 0);
	at(side, B "/p", node);
	snprintf(outside, sizeof(outside), "%s/outside", side->rundir);
	assert_int_equal(link(node, outside), 0);
	assert_int_equal(unlink(node), 0);
	assert_int_equal(users(side), 2);
	assert_int_equal(find(side, B "/p"), -ENOENT);
	assert_int_equal(link(outside, node), 0);
	assert_int_equal(find(side, B "/p"), 0);
	assert_int_equal(unlink(outside), 0);
	assert_int_equal(users(side), 2);
	assert_int_equal(unlink(node), 0);
	assert_int_equal(users(side), 1);
}

/* A file that nobody pinned is no pin, not even under a pin's old name or inode number. */
static void test_not_a_pin(void **state)
{
	struct side *side = *state;
	char node[512], fifo[512];

	at(side, B "/p", node);
	at(side, B "/fifo", fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(find(side, B "/fifo"), -EACCES);
	for (u32 i = 0; i < 50; i++) {
		assert_int_equal(pin(side, B "/p"), 0);
		assert_int_equal(unlink(node), 0);
		close(open(node, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
		assert_int_equal(find(side, B "/p"), -EACCES);
		assert_int_equal(pin(side, B "/p"), -EEXIST);
		assert_int_equal(unlink(node), 0);
	}
	assert_int_equal(users(side), 1);
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

/* More than the queue of events takes: what was lost is found out. */
static void test_many(void **state)
{
	struct side *side = *state;
	char path[64], node[512];
	u64 begin, end;

	for (u32 i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), B "/p%u", i);
		assert_int_equal(pin(side, path), 0);
	}
	begin = now_ns();
	for (u32 i = 0; i < 1000; i++)
		pin_sweep(&side->engine);
	end = now_ns();
	print_message("# a sweep with %d pins: %llu ns\n", MANY, (unsigned long long)(end - begin) / 1000);
	assert_true(end - begin < 1000000000u);
	assert_int_equal(users(side), 1 + MANY);
	for (u32 i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), B "/p%u", i);
		at(side, path, node);
		if (i != 77)
			assert_int_equal(unlink(node), 0);
	}
	assert_int_equal(users(side), 2);
	assert_int_equal(find(side, B "/p77"), 0);
	assert_int_equal(find(side, B "/p78"), -ENOENT);
}

static void make(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_dir(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* What an engine that was killed left, and what somebody else put there. */
static void test_stale(void **state)
{
	char rundir[64], path[256], text[8] = "";
	struct engine_config config = { 0 };
	struct engine engine;
	struct stat st;
	int dir, next;

	snprintf(rundir, sizeof(rundir), "%s/test_pin.XXXXXX", tmpfs());
	config.rundir = mkdtemp(rundir);
	make_dir(rundir, "bpf");
	make_dir(rundir, "outside");
	make(rundir, "outside/precious", "here");
	make_dir(rundir, "bpf/tc");
	make_dir(rundir, "bpf/tc/globals");
	make(rundir, "bpf/tc/globals/m", "map 1\n");
	make(rundir, "bpf/.hidden.file", "");
	make_dir(rundir, "bpf/.stale-0");
	make(rundir, "bpf/.stale-0/x", "");
	snprintf(path, sizeof(path), "%s/bpf/away", rundir);
	assert_int_equal(symlink("../outside", path), 0);
	snprintf(path, sizeof(path), "%s/bpf/fifo", rundir);
	assert_int_equal(mkfifo(path, 0), 0);
	make_dir(rundir, "bpf/deep");
	snprintf(path, sizeof(path), "%s/bpf/deep", rundir);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (u32 i = 1; i < DEEP; i++) {
		assert_int_equal(mkdirat(dir, "deep", 0700), 0);
		next = openat(dir, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(dir);
		dir = next;
	}
	close(dir);
	make_dir(rundir, "roots");
	make_dir(rundir, "roots/3");
	make(rundir, "roots/3/m", "map 1\n");

	assert_int_equal(engine_core_init(&engine, &config), 0);
	assert_int_equal(engine.stale_pins, 8 + DEEP + 2);
	snprintf(path, sizeof(path), "%s/bpf", rundir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	engine_core_fini(&engine);

	snprintf(path, sizeof(path), "%s/outside/precious", rundir);
	dir = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(dir, text, sizeof(text)), 4);
	close(dir);
	assert_int_equal(unlink(path), 0);
	for (u32 i = 0; i < 4; i++) {
		static const char *const left[] = { "outside", "lock", "bpf", "" };

		snprintf(path, sizeof(path), "%s/%s", rundir, left[i]);
		assert_int_equal(remove(path), 0);
	}
}

/* Two engines never share a run directory; the second says so and harms nothing. */
static void test_lock(void **state)
{
	struct side *side = *state;
	LOG_ON_STACK(log);
	struct engine_config config = { .rundir = side->rundir, .log = &log };
	struct engine other;

	assert_int_equal(pin(side, B "/p"), 0);
	assert_int_equal(engine_core_init(&other, &config), -EBUSY);
	assert_non_null(strstr(log.text, "another engine"));
	assert_int_equal(find(side, B "/p"), 0);
}

/* Run directories that cannot be one. */
static void test_refused(void **state)
{
	char rundir[] = "/tmp/test_pin.XXXXXX", bpf[64];
	LOG_ON_STACK(log);
	struct engine_config config = { .rundir = "/tmp/none/such", .log = &log };
	struct engine engine;

	assert_int_equal(engine_core_init(&engine, &config), -ENOENT);
	assert_true(log.len > 10);
	config.rundir = mkdtemp(rundir);
	snprintf(bpf, sizeof(bpf), "%s/bpf", rundir);
	assert_int_equal(symlink("/", bpf), 0);
	assert_int_not_equal(engine_core_init(&engine, &config), 0);
	assert_int_equal(unlink(bpf), 0);
	if (!geteuid()) {
		assert_int_equal(mkdir(bpf, 0777), 0);
		assert_int_equal(chown(bpf, ID_NOBODY, ID_NOBODY), 0);
		assert_int_equal(engine_core_init(&engine, &config), -EPERM);
		assert_int_equal(rmdir(bpf), 0);
	}
	snprintf(bpf, sizeof(bpf), "%s/lock", rundir);
	assert_int_equal(unlink(bpf), 0);
	assert_int_equal(rmdir(rundir), 0);
}

/* A tree has the name /sys/fs/bpf and the name of its directory; others only the latter. */
static void test_roots(void **state)
{
	struct side *side = *state;
	const struct pin_caller nobody = { ID_NOBODY, ID_NOBODY, false };
	char root[256], one[256], two[256], path[600];
	struct stat st;

	assert_int_equal(pin_root_path(&side->engine, root, sizeof(root)), 0);
	assert_int_equal(pin_root_path(&side->engine, path, 5), -ENAMETOOLONG);
	assert_int_equal(pin(side, B "/p"), 0);
	snprintf(path, sizeof(path), "%s/p", root);
	assert_int_equal(find(side, path), 0);

	assert_int_equal(pin_root_add(&side->engine, NULL, 0700, one, sizeof(one)), 0);
	assert_int_equal(pin_root_add(&side->engine, geteuid() ? NULL : &nobody, 01777, two,
				      sizeof(two)), 0);
	assert_int_equal(stat(two, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 01777);
	assert_int_equal(st.st_uid, geteuid() ? geteuid() : ID_NOBODY);
	snprintf(path, sizeof(path), "%s/p", one);
	assert_int_equal(find(side, path), -ENOENT);
	assert_int_equal(pin(side, path), 0);
	assert_int_equal(find(side, path), 0);
	snprintf(path, sizeof(path), "%s/p", two);
	assert_int_equal(find(side, path), -ENOENT);
	/* No way from one into the other. */
	snprintf(path, sizeof(path), "%s/../1/p", two);
	assert_int_equal(find(side, path), -ENOENT);
	snprintf(path, sizeof(path), "%s/../../bpf/p", two);
	assert_int_equal(find(side, path), -ENOENT);
	snprintf(path, sizeof(path), "%s/0", one);
	assert_int_equal(symlink(B "/p", path), 0);
	assert_int_equal(find(side, path), -EACCES);

	assert_int_equal(users(side), 3);
	assert_int_equal(pin_root_remove(&side->engine, one), 0);
	assert_int_equal(users(side), 2);
	assert_int_equal(pin_root_remove(&side->engine, one), -EINVAL);
	assert_int_equal(pin_root_remove(&side->engine, root), -EINVAL);
	snprintf(path, sizeof(path), "%s/x", two);
	assert_int_equal(pin_root_remove(&side->engine, path), -EINVAL);
	snprintf(path, sizeof(path), "%s/p", one);
	assert_int_equal(find(side, path), -ENOENT);
	assert_int_equal(pin(side, path), -ENOENT);
}

struct swap {
	char a[512], b[512];
	_Atomic bool stop;
};

static void *swapper(void *arg)
{
	struct swap *swap = arg;

	/* A rest in between, or the walk waits for the file system's locks only. */
	while (!atomic_load(&swap->stop)) {
		(void)renameat2(AT_FDCWD, swap->a, AT_FDCWD, swap->b, RENAME_EXCHANGE);
		usleep(20);
	}
	return NULL;
}

/* A directory becomes a link that leads out, and back, under the feet of the walk. */
static void test_swapped(void **state)
{
	struct side *side = *state;
	char outside[128], inner[600], escaped[256];
	struct swap swap;
	u32 done = 0, dodged = 0;
	u64 end;
	pthread_t thread;

	snprintf(outside, sizeof(outside), "%s/outside", side->rundir);
	assert_int_equal(mkdir(outside, 0700), 0);
	snprintf(escaped, sizeof(escaped), "%s/x", outside);
	at(side, B "/d", swap.a);
	at(side, B "/l", swap.b);
	assert_int_equal(mkdir(swap.a, 0700), 0);
	snprintf(inner, sizeof(inner), "%s/e", swap.a);
	assert_int_equal(mkdir(inner, 0700), 0);
	snprintf(inner, sizeof(inner), "%s/e", outside);
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(symlink("../outside", swap.b), 0);
	atomic_init(&swap.stop, false);
	assert_int_equal(pthread_create(&thread, NULL, swapper, &swap), 0);
	end = now_ns() + 300000000;
	for (u32 i = 0; now_ns() < end; i++) {
		int err = pin(side, i & 1 ? B "/d/x" : B "/d/e/../x");

		if (!err) {
			if (!access(escaped, F_OK))
				break;
			while (pin_unlink(&side->engine, NULL, B "/d/x"))
				if (!pin_unlink(&side->engine, NULL, B "/l/x"))
					break;
			done++;
		} else {
			dodged++;
		}
		(void)find(side, B "/d/x");
	}
	atomic_store(&swap.stop, true);
	pthread_join(thread, NULL);
	assert_int_not_equal(access(escaped, F_OK), 0);
	print_message("# pinned %u times, %u times not\n", done, dodged);
	assert_int_equal(rmdir(inner), 0);
	assert_int_equal(rmdir(outside), 0);
}

/* Pins go with the engine: their nodes too, or the next engine would show what is not there. */
static void test_end(void **state)
{
	struct side *side = *state;
	char dir[512];

	assert_int_equal(mkdir((at(side, B "/tc", dir), dir), 0700), 0);
	assert_int_equal(pin(side, B "/tc/m"), 0);
	assert_int_equal(pin(side, B "/p"), 0);
	/* teardown fails where something is left */
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_gone),
		TEST(test_link_outside),
		TEST(test_not_a_pin),
		cmocka_unit_test_setup_teardown(test_many, setup_tmpfs, teardown),
		cmocka_unit_test(test_stale),
		TEST(test_lock),
		cmocka_unit_test(test_refused),
		TEST(test_roots),
		TEST(test_swapped),
		TEST(test_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pin nodes", tests, NULL, NULL);
}
