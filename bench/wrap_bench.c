// SPDX-License-Identifier: BSD-2-Clause
/* wrap_bench.c - what a map lookup costs a program under `clsbpf wrap`, beside the least that any
 * supervisor costs.
 *
 *   bare      the same call is told to a supervisor that only answers: 0
 *   wrapped   the same call under clsbpf wrap: the attribute, the descriptor and the key are looked at,
 *             the value is written
 *
 * Two clients, each under its supervisor, make calls in turn when this program tells them to.
 *
 * usage: wrap_bench CLSBPF        wrap_bench --client, under wrap: the wrapped side
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/types.h"

#define CALLS 20000u
#define ROUNDS 15
#define SYNC_WAKE_UP 1ull   /* linux/seccomp.h of 6.6 */
#define SET_FLAGS _IOW('!', 4, u64)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

/* Lookups, as many as the number that comes in, until there is none; their nanoseconds go out. */
static void client(int in, int out, int map)
{
	u32 key = 1, count;
	u64 value = 0, ns;
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(&value) };

	while (read(in, &count, sizeof(count)) == (ssize_t)sizeof(count)) {
		ns = now();
		for (u32 i = 0; i < count; i++)
			if (bpf(BPF_MAP_LOOKUP_ELEM, &attr))
				die("lookup");
		ns = now() - ns;
		if (write(out, &ns, sizeof(ns)) < 0)
			die("client");
	}
	exit(0);
}

static int client_map(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8,
				.max_entries = 1024 };
	u32 key = 1;
	u64 value = 7;
	int map = bpf(BPF_MAP_CREATE, &attr);

	if (map < 0)
		die("map");
	attr = (union bpf_attr){ .map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(&value) };
	if (bpf(BPF_MAP_UPDATE_ELEM, &attr))
		die("update");
	return map;
}

/* ---- the supervisor that only answers ---- */

static int listen_to_bpf(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { ARRAY_SIZE(code), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER |
			    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
}

static void answer_all(int listener)
{
	struct seccomp_notif call;
	struct seccomp_notif_resp answer;

	(void)ioctl(listener, SET_FLAGS, SYNC_WAKE_UP);
	for (;;) {
		memset(&call, 0, sizeof(call));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
			exit(0);
		answer = (struct seccomp_notif_resp){ .id = call.id };
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

static void bare(int in, int out)
{
	int tell[2], listener;
	pid_t pid;

	if (pipe2(tell, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (!pid) {
		listener = listen_to_bpf();
		if (write(tell[1], &listener, sizeof(listener)) < 0 || listener < 0)
			die("seccomp");
		client(in, out, 3);
	}
	close(in);
	if (read(tell[0], &listener, sizeof(listener)) != (ssize_t)sizeof(listener))
		die("seccomp");
	listener = (int)syscall(__NR_pidfd_getfd, syscall(__NR_pidfd_open, pid, 0), listener, 0);
	answer_all(listener);
}

/* ---- in turn ---- */

struct side {
	const char *name;
	int to, from;
	pid_t pid;
	u64 ns[ROUNDS];
};

/* @clsbpf: NULL for the bare side. */
static void start(struct side *side, const char *clsbpf, const char *self)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		die("pipe");
	side->pid = fork();
	if (!side->pid) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		close(to[1]);
		if (!clsbpf)
			bare(STDIN_FILENO, STDOUT_FILENO);
		execl(clsbpf, clsbpf, "wrap", "--", self, "--client", NULL);
		die(clsbpf);
	}
	close(to[0]);
	close(from[1]);
	side->to = to[1];
	side->from = from[0];
}

static u64 ask(const struct side *side, u32 count)
{
	u64 ns;

	if (write(side->to, &count, sizeof(count)) < 0 ||
	    read(side->from, &ns, sizeof(ns)) != (ssize_t)sizeof(ns))
		die(side->name);
	return ns;
}

static int compare_u64(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double stop(struct side *side)
{
	close(side->to);
	waitpid(side->pid, NULL, 0);
	qsort(side->ns, ROUNDS, sizeof(u64), compare_u64);
	return (double)side->ns[ROUNDS / 2] / CALLS;
}

int main(int argc, char **argv)
{
	struct side sides[2] = { { .name = "bare" }, { .name = "wrapped" } };
	double ns[2];

	if (argc != 2) {
		fprintf(stderr, "usage: wrap_bench CLSBPF\n");
		return 1;
	}
	if (!strcmp(argv[1], "--client"))
		client(STDIN_FILENO, STDOUT_FILENO, client_map());
	start(&sides[0], NULL, NULL);
	start(&sides[1], argv[1], argv[0]);
	for (u32 side = 0; side < 2; side++)
		(void)ask(&sides[side], CALLS / 10);
	for (u32 round = 0; round < ROUNDS; round++)
		for (u32 side = 0; side < 2; side++)
			sides[side].ns[round] = ask(&sides[side], CALLS);
	for (u32 side = 0; side < 2; side++)
		ns[side] = stop(&sides[side]);
	printf("BPF_MAP_LOOKUP_ELEM of a wrapped program, ns a call, median of %d rounds of %u in turn:\n\n"
	       "%-40s %8.0f\n%-40s %8.0f\n%-40s %8.2f\n", ROUNDS, CALLS,
	       "a supervisor that only answers", ns[0], "clsbpf wrap", ns[1], "times as long", ns[1] / ns[0]);
	return 0;
}
