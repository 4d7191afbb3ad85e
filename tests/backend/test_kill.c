// SPDX-License-Identifier: BSD-2-Clause
/* test_kill.c - clients of a daemon that are killed in the middle of what they do.
 *
 *   daemon (a process) <-- clients (processes): make, fill, load, pin, find, unpin; kill -9 at any point
 *
 * Afterwards: what has an id is what has a pin, or is held by it; every element is whole; the daemon
 * has as many threads and descriptors as before; with the last pin the last id goes. CLSBPF_KILLS says
 * how many are killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/backend.h"
#include "object/engine.h"
#include "serve/serve.h"

#define KILLS 300
#define TOGETHER 4
#define NAMES 8           /* pins of each kind */
#define ENTRIES 32
#define IDS 4096
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define SANITIZER_THREADS 1   /* it starts one of its own, some time */
#endif
#endif
#ifndef SANITIZER_THREADS
#define SANITIZER_THREADS 0
#endif
#define PATIENCE 500      /* times 10 ms */

struct world {
	char dir[64], socket[80];
	pid_t daemon;
	int stop;             /* closing it ends the daemon */
	u32 threads, files;
};

static void run_daemon(const struct world *world, int stop, int ready)
{
	struct backend *engine;
	struct server *server;
	int err = backend_engine_create(&(struct engine_config){ .rundir = world->dir }, &engine);

	if (!err)
		err = server_create(engine, &server);
	if (!err)
		err = server_listen(server, world->socket, 0600, (gid_t)-1, NULL);
	if (err || write(ready, "", 1) != 1)
		_exit(1);
	close(ready);
	err = server_run(server, stop);
	server_destroy(server);
	backend_destroy(engine);
	exit(err ? 1 : 0);
}

static u32 count_entries(pid_t pid, const char *what)
{
	char path[64];
	u32 count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static int setup(void **state)
{
	static struct world world;
	int stop[2], ready[2];
	char byte;

	strcpy(world.dir, "/tmp/clsbpf-kill-XXXXXX");
	assert_non_null(mkdtemp(world.dir));
	snprintf(world.socket, sizeof(world.socket), "%s/socket", world.dir);
	assert_int_equal(pipe2(stop, O_CLOEXEC) | pipe2(ready, O_CLOEXEC), 0);
	world.daemon = fork();
	if (!world.daemon) {
		close(stop[1]);
		close(ready[0]);
		run_daemon(&world, stop[0], ready[1]);
	}
	close(stop[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 0);   /* it has closed its end */
	close(ready[0]);
	world.stop = stop[1];
	world.threads = count_entries(world.daemon, "task");
	world.files = count_entries(world.daemon, "fd");
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	const char *const left[] = { "bpf", "roots", "lock", "" };
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		snprintf(path, sizeof(path), "%s/%s", world->dir, left[i]);
		(void)remove(path);
	}
	return 0;
}

/* ---- the clients ---- */

static int call(struct backend *b, int cmd, union bpf_attr attr)
{
	return backend_bpf(b, cmd, &attr, sizeof(attr));
}

static const char *pin_path(char path[64], char kind, u32 number)
{
	snprintf(path, 64, "/sys/fs/bpf/%c%u", kind, number);
	return path;
}

static int load(struct backend *b, int map)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return call(b, BPF_PROG_LOAD, (union bpf_attr){
		.prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = ptr_u64(insns), .insn_cnt = 4,
		.license = ptr_u64("GPL") });
}

/* An element is a number and its complement: half of one would show. */
static void fill(struct backend *b, int map)
{
	for (u32 i = 0; i < ENTRIES; i++) {
		u32 key = (u32)rand() % ENTRIES;
		u64 value[2] = { (u64)rand() << 32 | (u32)rand() };

		value[1] = ~value[0];
		(void)call(b, BPF_MAP_UPDATE_ELEM, (union bpf_attr){
			.map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(value) });
	}
}

static void one_round(struct backend *b)
{
	char map_path[64], prog_path[64];
	int map, prog, found;

	pin_path(map_path, 'm', (u32)rand() % NAMES);
	pin_path(prog_path, 'p', (u32)rand() % NAMES);
	map = call(b, BPF_MAP_CREATE, (union bpf_attr){
		.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 16,
		.max_entries = ENTRIES });
	(void)call(b, BPF_OBJ_PIN, (union bpf_attr){
		.pathname = ptr_u64(map_path), .bpf_fd = (u32)map });
	fill(b, map);
	prog = load(b, map);
	(void)call(b, BPF_OBJ_PIN, (union bpf_attr){
		.pathname = ptr_u64(prog_path), .bpf_fd = (u32)prog });
	found = call(b, BPF_OBJ_GET, (union bpf_attr){ .pathname = ptr_u64(map_path) });
	if (found > 0) {
		fill(b, found);
		(void)!backend_close(b, found);
	}
	if (rand() % 2)
		(void)!backend_unpin(b, map_path);
	if (rand() % 2)
		(void)!backend_unpin(b, prog_path);
	(void)!backend_close(b, map);
	(void)!backend_close(b, prog);
}

static pid_t start_client(const struct world *world, u32 seed)
{
	struct backend *b;
	pid_t pid = fork();

	if (pid)
		return pid;
	srand(seed);
	if (backend_remote_create(world->socket, NULL, &b))
		_exit(1);
	for (;;)
		one_round(b);
}

static void kill_client(pid_t pid)
{
	int status = 0;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* One that ended by itself had no daemon. */
	assert_true(WIFSIGNALED(status));
}

/* ---- what is left ---- */

struct ids {
	u32 id[IDS];
	u32 count;
};

static void ids_add(struct ids *ids, u32 id)
{
	for (u32 i = 0; i < ids->count; i++)
		if (ids->id[i] == id)
			return;
	assert_true(ids->count < IDS);
	ids->id[ids->count++] = id;
}

static int order(const void *a, const void *b)
{
	u32 left = *(const u32 *)a, right = *(const u32 *)b;

	return left < right ? -1 : left > right;
}

static void ids_list(struct backend *b, int cmd, struct ids *ids)
{
	union bpf_attr attr = { .start_id = 0 };

	ids->count = 0;
	while (!backend_bpf(b, cmd, &attr, sizeof(attr))) {
		ids_add(ids, attr.next_id);
		attr.start_id = attr.next_id;
	}
}

static int pin_get(struct backend *b, char kind, u32 number)
{
	char path[64];

	return call(b, BPF_OBJ_GET, (union bpf_attr){
		.pathname = ptr_u64(pin_path(path, kind, number)) });
}

static void check_elements(struct backend *b, int map)
{
	for (u32 key = 0; key < ENTRIES; key++) {
		u64 value[2];
		int err = call(b, BPF_MAP_LOOKUP_ELEM, (union bpf_attr){
			.map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(value) });

		assert_true(!err || err == -ENOENT);
		if (!err)
			assert_true(value[0] == ~value[1]);
	}
}

/* The ids that the pins account for. */
static void pinned(struct backend *b, struct ids *maps, struct ids *progs)
{
	maps->count = progs->count = 0;
	for (u32 i = 0; i < NAMES; i++) {
		struct bpf_map_info map_info = { 0 };
		u32 held[8] = { 0 };
		struct bpf_prog_info prog_info = { .nr_map_ids = 8, .map_ids = ptr_u64(held) };
		int map = pin_get(b, 'm', i), prog = pin_get(b, 'p', i);

		if (map > 0) {
			assert_int_equal(call(b, BPF_OBJ_GET_INFO_BY_FD, (union bpf_attr){ .info = {
				.bpf_fd = (u32)map, .info_len = sizeof(map_info),
				.info = ptr_u64(&map_info) } }), 0);
			ids_add(maps, map_info.id);
			check_elements(b, map);
			assert_int_equal(backend_close(b, map), 0);
		}
		if (prog > 0) {
			assert_int_equal(call(b, BPF_OBJ_GET_INFO_BY_FD, (union bpf_attr){ .info = {
				.bpf_fd = (u32)prog, .info_len = sizeof(prog_info),
				.info = ptr_u64(&prog_info) } }), 0);
			ids_add(progs, prog_info.id);
			assert_int_equal(prog_info.nr_map_ids, 1);
			ids_add(maps, held[0]);
			assert_int_equal(backend_close(b, prog), 0);
		}
	}
}

static bool same(struct ids *a, struct ids *b)
{
	qsort(a->id, a->count, sizeof(u32), order);
	qsort(b->id, b->count, sizeof(u32), order);
	return a->count == b->count && !memcmp(a->id, b->id, a->count * sizeof(u32));
}

/* The last clients' handles go when the daemon has noticed their death. */
static void check_left(struct backend *b, const struct world *world)
{
	static struct ids maps, progs, pinned_maps, pinned_progs;

	for (u32 i = 0; i < PATIENCE; i++) {
		ids_list(b, BPF_MAP_GET_NEXT_ID, &maps);
		ids_list(b, BPF_PROG_GET_NEXT_ID, &progs);
		pinned(b, &pinned_maps, &pinned_progs);
		/* One client is there: this one. */
		if (same(&maps, &pinned_maps) && same(&progs, &pinned_progs) &&
		    count_entries(world->daemon, "task") <= world->threads + 1 + SANITIZER_THREADS &&
		    count_entries(world->daemon, "fd") == world->files + 1)
			return;
		usleep(10000);
	}
	fail_msg("%u maps, %u with pins; %u programs, %u with pins; %u threads, %u at first; %u descriptors, "
		 "%u at first", maps.count, pinned_maps.count, progs.count, pinned_progs.count,
		 count_entries(world->daemon, "task"), world->threads,
		 count_entries(world->daemon, "fd"), world->files);
}

static void check_nothing(struct backend *b)
{
	static struct ids ids;
	char path[64];

	for (u32 i = 0; i < NAMES; i++) {
		(void)!backend_unpin(b, pin_path(path, 'm', i));
		(void)!backend_unpin(b, pin_path(path, 'p', i));
	}
	for (u32 i = 0; i < PATIENCE; i++) {
		ids_list(b, BPF_MAP_GET_NEXT_ID, &ids);
		if (!ids.count)
			ids_list(b, BPF_PROG_GET_NEXT_ID, &ids);
		if (!ids.count)
			return;
		usleep(10000);
	}
	fail_msg("%u objects without pins and handles", ids.count);
}

static void test_kills(void **state)
{
	struct world *world = *state;
	const char *text = getenv("CLSBPF_KILLS");
	u32 kills = text ? (u32)atoi(text) : KILLS;
	pid_t running[TOGETHER] = { 0 };
	struct backend *b;

	srand(1);
	for (u32 i = 0; i < kills + TOGETHER; i++) {
		struct timespec pause = { .tv_nsec = rand() % 3000000 };
		pid_t *place = &running[i % TOGETHER];

		if (*place)
			kill_client(*place);
		*place = i < kills ? start_client(world, i) : 0;
		nanosleep(&pause, NULL);
	}
	assert_int_equal(backend_remote_create(world->socket, NULL, &b), 0);
	check_left(b, world);
	check_nothing(b);
	backend_destroy(b);
}

/* It ends with everything given back: under a sanitizer a leak is its exit status. */
static void test_daemon_ends(void **state)
{
	struct world *world = *state;
	int status = -1;

	close(world->stop);
	assert_int_equal(waitpid(world->daemon, &status, 0), world->daemon);
	assert_int_equal(status, 0);
	assert_int_equal(access(world->socket, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_daemon_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kill", tests, setup, teardown);
}
