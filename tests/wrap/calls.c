// SPDX-License-Identifier: BSD-2-Clause
/* calls.c - a client of bpf(2) that prints what it sees: on Linux and under `clsbpf wrap` the same.
 *
 * usage: calls CASE [ARGUMENT]      one row of `cases`
 *
 * Linked statically: nothing but system calls is between it and the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"

static long bpf(int cmd, const void *attr, u32 size)
{
	long ret = syscall(__NR_bpf, cmd, attr, size);

	return ret < 0 ? -errno : ret;
}

static void say(const char *what, long ret)
{
	printf("%s: %s\n", what, ret < 0 ? strerrorname_np((int)-ret) : "done");
}

static long map_create(u32 entries)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8,
				.max_entries = entries };

	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long map_update(long map, u32 key, u64 value, u64 flags)
{
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(&value),
				.flags = flags };

	return bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static long map_delete(long map, u32 key)
{
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(&key) };

	return bpf(BPF_MAP_DELETE_ELEM, &attr, sizeof(attr));
}

static long map_lookup(long map, u32 key, u64 *value)
{
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(value) };

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
}

static u32 map_id(long map)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)map, .info_len = sizeof(info),
					  .info = ptr_u64(&info) } };

	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) ? 0 : info.id;
}

static long map_by_id(u32 id)
{
	union bpf_attr attr = { .map_id = id };

	return bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
}

/* Whether there is a map with the id, once whoever is on his way to close it has. */
static void say_map(const char *what, u32 id)
{
	long fd = map_by_id(id);

	say(what, fd);
	if (fd >= 0)
		close((int)fd);
}

static long prog_load(void)
{
	const struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					  { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = ptr_u64(insns),
				.insn_cnt = 2, .license = ptr_u64("GPL") };

	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long btf_load(void)
{
	static const struct {
		u16 magic;
		u8 version, flags;
		u32 head, type_off, type_len, text_off, text_len, type[4];
		char text[8];
	} btf = { 0xeb9f, 1, 0, 24, 0, 16, 16, 5, { 1, 1 << 24, 4, 0x01000020 }, "\0int" };
	union bpf_attr attr = { .btf = ptr_u64(&btf), .btf_size = 24 + 16 + 5 };

	return bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
}

/* ---- what a descriptor looks like ---- */

static void say_link(const char *form, long a, long b)
{
	char path[64], text[64] = "";
	ssize_t n;

	snprintf(path, sizeof(path), form, a, b);
	n = readlink(path, text, sizeof(text) - 1);
	printf("%s: %zd %s\n", form, n, n < 0 ? strerrorname_np(errno) : text);
}

static int case_links(const char *argument)
{
	const long fd[] = { map_create(4), prog_load(), btf_load() };
	int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	char number[16], text[8];

	for (u32 i = 0; i < ARRAY_SIZE(fd); i++) {
		printf("cloexec: %d\n", fcntl((int)fd[i], F_GETFD));
		say_link("/proc/self/fd/%ld", fd[i], 0);
		say_link("/proc/thread-self/fd/%ld", fd[i], 0);
		say_link("/dev/fd/%ld", fd[i], 0);
		say_link("/proc/%ld/fd/%ld", getpid(), fd[i]);
		snprintf(number, sizeof(number), "%ld", fd[i]);
		memset(text, 0, sizeof(text));
		printf("cut: %zd %.8s\n", readlinkat(dir, number, text, sizeof(text)), text);
	}
	say_link("/proc/self/fd/%ld", 1000, 0);
	say_link("/proc/self/exe", 0, 0);
	if (chdir("/proc/self/fd"))
		return 1;
	say_link("%ld", fd[1], 0);
	return 0;
}

/* More instances of epoll than a process may have descriptors, each of them closed with the map in it. */
static int case_polls(const char *argument)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096 };
	int ring = (int)bpf(BPF_MAP_CREATE, &attr, sizeof(attr)), epoll, err = 0;
	struct epoll_event event = { .events = EPOLLIN };
	u32 added = 0;

	while (!err && added < 500) {
		epoll = epoll_create1(0);
		err = epoll_ctl(epoll, EPOLL_CTL_ADD, ring, &event) ? -errno : 0;
		close(epoll);
		added += !err;
	}
	say("added", err);
	printf("%u\n", added);
	return 0;
}

/* ---- the last close ---- */

static int pass(int socket, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	if (fd < 0) {
		if (recvmsg(socket, &message, 0) < 0)
			return -1;
		memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
		return fd;
	}
	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					   .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return (int)sendmsg(socket, &message, 0);
}

static int case_last_close(const char *argument)
{
	int map = (int)map_create(4), ends[2], wait_for[2], other;
	u32 id = map_id(map);
	pid_t child;
	char byte;

	other = dup(map);
	close(map);
	say_map("a duplicate is open", id);
	if (pipe(wait_for) || socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return 1;
	child = fork();
	if (!child) {
		close(wait_for[1]);
		_exit(read(wait_for[0], &byte, 1) != 0 || map_update(other, 1, 1, 0));
	}
	close(other);
	say_map("a child has it", id);
	map = (int)map_by_id(id);
	close(wait_for[1]);
	waitpid(child, NULL, 0);
	say_map("it was opened again", id);
	say("passed", pass(ends[0], map));
	close(map);
	say_map("on its way to somebody", id);
	map = pass(ends[1], -1);
	say("update of what arrived", map_update(map, 1, 1, 0));
	close(map);
	say_map("all closed", id);
	say("update of what is closed", map_update(map, 1, 1, 0));
	map = (int)map_create(4);
	id = map_id(map);
	if (dup2(0, map) < 0)
		return 1;
	say_map("dup2 over it", id);
	return 0;
}

static int case_exec(const char *argument)
{
	static char self[] = "/proc/self/exe", name[] = "exec";
	long map = map_create(4);
	char number[32];

	if (argument) {
		say("update after execve", map_update(atoi(argument), 1, 7, 0));
		say("the other one", map_update(atoi(argument) + 1, 1, 7, 0));
		return 0;
	}
	(void)!map_create(4);
	fcntl((int)map, F_SETFD, 0);
	snprintf(number, sizeof(number), "%ld", map);
	fflush(stdout);
	execl(self, self, name, number, NULL);
	return 1;
}

/* A process that nobody of its user may look into. */
static int case_closed(const char *argument)
{
	int dir = open("/sys/fs/bpf", O_PATH | O_DIRECTORY), map;
	struct {
		u64 pathname;
		s32 bpf_fd;
		u32 flags;
		s32 path_fd;
	} attr = { ptr_u64("m"), 0, 1 << 14, dir };

	if (prctl(PR_SET_DUMPABLE, 0))
		return 1;
	map = (int)map_create(4);
	say("update", map_update(map, 1, 7, 0));
	attr.bpf_fd = map;
	say("pin", bpf(BPF_OBJ_PIN, &attr, sizeof(attr)));
	say("update of nothing", map_update(1000, 1, 7, 0));
	say("update of another file", map_update(0, 1, 7, 0));
	return 0;
}

/* Memory that is mapped keeps a map as a descriptor does. */
static int case_mmap(const char *argument)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 4, .map_flags = BPF_F_MMAPABLE };
	int map = (int)bpf(BPF_MAP_CREATE, &attr, sizeof(attr)), other;
	u32 id = map_id(map);
	u64 value = 0, *memory, *again;

	say_link("/proc/self/fd/%ld", map, 0);
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	say("mmap", memory == MAP_FAILED ? -errno : 0);
	memory[2] = 22;
	say("lookup", map_lookup(map, 2, &value));
	say("update", map_update(map, 3, 33, 0));
	printf("values: %lu %lu\n", (unsigned long)value, (unsigned long)memory[3]);
	other = (int)map_by_id(id);
	close(map);
	say("update by another descriptor", map_update(other, 1, 11, 0));
	again = mmap(NULL, 4096, PROT_READ, MAP_SHARED, other, 0);
	printf("mapped again: %lu\n", (unsigned long)again[1]);
	munmap(memory, 4096);
	close(other);
	say_map("it is mapped", id);
	munmap(again, 4096);
	say_map("it is not mapped", id);
	return 0;
}

/* ---- who calls ---- */

static int case_vfork(const char *argument)
{
	long map = map_create(4);
	u64 value = 0;
	pid_t child = vfork();

	if (!child)
		_exit(map_update(map, 3, 33, 0) != 0);
	waitpid(child, NULL, 0);
	say("lookup", map_lookup(map, 3, &value));
	printf("value: %lu\n", (unsigned long)value);
	return 0;
}

static long load_long(u32 type, u32 count)
{
	struct bpf_insn insns[4097] = { { 0 } };
	union bpf_attr attr = { .prog_type = type, .insns = ptr_u64(insns), .insn_cnt = count,
				.license = ptr_u64("GPL") };

	for (u32 i = 0; i < count; i++)
		insns[i].code = i + 1 < count ? BPF_ALU64 | BPF_MOV | BPF_K : BPF_JMP | BPF_EXIT;
	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* Whoever calls, and what kernel.unprivileged_bpf_disabled says. Nothing is written there: without a
 * namespace it would be the host's. */
static int case_rights(const char *argument)
{
	static const char path[] = "/proc/sys/kernel/unprivileged_bpf_disabled";
	union bpf_attr lru = { .map_type = BPF_MAP_TYPE_LRU_HASH, .key_size = 4, .value_size = 4,
			       .max_entries = 1 };
	int fd = open(path, O_RDONLY);
	char text[8] = "";

	printf("switch: %s", fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? text : "none\n");
	say("open to write", open(path, O_WRONLY) < 0 ? -errno : 0);
	say("hash", map_create(4));
	say("LRU hash", bpf(BPF_MAP_CREATE, &lru, sizeof(lru)));
	say("filter", load_long(BPF_PROG_TYPE_SOCKET_FILTER, 4096));
	say("long filter", load_long(BPF_PROG_TYPE_SOCKET_FILTER, 4097));
	say("classifier", load_long(BPF_PROG_TYPE_SCHED_CLS, 2));
	return 0;
}

#define THREADS 4
#define EACH 500

struct work {
	long map;
	u32 from;
};

static void *worker(void *ctx)
{
	const struct work *work = ctx;
	long map = map_create(16);

	for (u32 i = 0; i < EACH; i++)
		if (map_update(work->map, work->from + i, i, BPF_NOEXIST) ||
		    map_update(map, i % 16, i, 0))
			return ctx;
	close((int)map);
	return NULL;
}

static int case_threads(const char *argument)
{
	struct work work[THREADS];
	pthread_t thread[THREADS];
	long map = map_create(THREADS * EACH), found = 0;
	void *failed;
	u64 value;

	for (u32 i = 0; i < THREADS; i++) {
		work[i] = (struct work){ map, i * EACH };
		pthread_create(&thread[i], NULL, worker, &work[i]);
	}
	for (u32 i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &failed);
		if (failed)
			printf("a thread failed\n");
	}
	for (u32 i = 0; i < THREADS * EACH; i++)
		found += !map_lookup(map, i, &value) && value == i % EACH;
	printf("found: %ld\n", found);
	return 0;
}

static volatile u32 ticks;

static void on_tick(int sig) { ticks++; }

/* An update that is lost is missed by the delete, one that is made twice exists already. */
static int case_signals(const char *argument)
{
	const struct sigaction action = { .sa_handler = on_tick, .sa_flags = SA_RESTART };
	const struct itimerval often = { { 0, 300 }, { 0, 300 } };
	long map = map_create(64), ret = 0;
	u32 i;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; !ret && (i < 1000 || ticks < 200) && i < 200000; i++) {
		ret = map_update(map, i % 64, i, BPF_NOEXIST);
		if (!ret)
			ret = map_delete(map, i % 64);
	}
	say("updates and deletes under signals", ret);
	printf("signals: %s\n", ticks >= 200 ? "many" : "too few");
	return 0;
}

/* ---- hostile ---- */

static int case_hostile(const char *argument)
{
	u8 *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int map = (int)map_create(4), dir = open("/", O_RDONLY | O_DIRECTORY);
	union bpf_attr attr = { 0 };
	u32 key = 1;
	u64 value = 2;

	munmap(page + 4096, 4096);
	say("update", map_update(map, 1, 2, 0));
	say("no attribute", bpf(BPF_MAP_LOOKUP_ELEM, NULL, 32));
	say("no attribute of no size", bpf(BPF_MAP_CREATE, NULL, 0));
	say("attribute in nothing", bpf(BPF_MAP_LOOKUP_ELEM, page + 4096, 32));
	say("attribute half in nothing", bpf(BPF_MAP_LOOKUP_ELEM, page + 4096 - 16, 32));
	say("attribute in the kernel", bpf(BPF_MAP_LOOKUP_ELEM, (void *)-4096l, 32));
	say("size of a page", bpf(BPF_MAP_LOOKUP_ELEM, page, 4096));
	say("size over a page", bpf(BPF_MAP_LOOKUP_ELEM, page, 4097));
	say("size of everything", bpf(BPF_MAP_LOOKUP_ELEM, page, UINT32_MAX));
	say("command 1000", bpf(1000, &attr, sizeof(attr)));
	say("command -1", bpf(-1, &attr, sizeof(attr)));
	attr = (union bpf_attr){ .map_fd = (u32)map, .key = ptr_u64(page + 4096 - 4),
				 .value = ptr_u64(&value) };
	put_u32(page + 4092, 1);
	say("key at the end of a page", bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)));
	memcpy(page + 4096 - 32, &attr, 32);
	say("attribute at the end of a page", bpf(BPF_MAP_LOOKUP_ELEM, page + 4096 - 32, 32));
	attr.key++;
	say("key over the end", bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)));
	attr.key = ptr_u64(&key);
	attr.value = ptr_u64(page + 4096 - 8);
	say("value at the end of a page", bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)));
	attr.value++;
	say("value over the end", bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)));
	mprotect(page, 4096, PROT_READ);
	attr.value = ptr_u64(page);
	say("value cannot be written", bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)));
	say("lookup in a directory", map_lookup(dir, 1, &value));
	say("lookup in standard input", map_lookup(0, 1, &value));
	say("lookup in what is closed", map_lookup(1000, 1, &value));
	say("lookup in -1", map_lookup(-1, 1, &value));
	say("lookup in a program", map_lookup(prog_load(), 1, &value));
	say("lookup", map_lookup(map, 1, &value));
	return 0;
}

/* No descriptor is left for what was made. */
static int case_no_room(const char *argument)
{
	const struct rlimit few = { 16, 16 };
	long map = 0;
	u32 count = 0;

	setrlimit(RLIMIT_NOFILE, &few);
	for (; map >= 0; count++)
		map = map_create(4);
	printf("more: %d\n", count > 5);
	say("the last", map);
	close(10);
	say("after a close", map_create(4));
	return 0;
}

/* A client is killed while it makes calls, again and again. @argument: nobody else has maps. */
static int case_killed(const char *argument)
{
	long map = map_create(64);
	union bpf_attr attr = { .start_id = 0 };
	struct timespec pause = { 0, 0 };

	srandom(1);
	for (u32 i = 0; i < 50; i++) {
		pid_t child = fork();

		if (!child)
			for (u32 n = 0;; n++) {
				long fd = n % 3 ? map_create(8) : prog_load();

				map_update(map, n % 64, n, 0);
				close((int)fd);
			}
		pause.tv_nsec = 100000 + random() % 3000000;
		nanosleep(&pause, NULL);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	say("update", map_update(map, 1, 1, 0));
	attr.start_id = map_id(map);
	if (argument)
		say("another map", bpf(BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr)));
	return 0;
}

/* ---- other ABIs ---- */

static int case_abi(const char *argument)
{
	errno = 0;
#ifdef __x86_64__
	say("x32", syscall(0x40000000 | __NR_bpf, 0, NULL, 0) < 0 ? -errno : 0);
	if (argument) {
		long ret = 357;

		__asm__ volatile("int $0x80" : "+a"(ret) : "b"(0), "c"(0), "d"(0)
				 : "memory", "r8", "r9", "r10", "r11");
		say("i386", ret);
	}
#endif
	return 0;
}

/* ---- pins ---- */

static void say_pin(const char *path, long fd)
{
	union bpf_attr attr = { .pathname = ptr_u64(path), .bpf_fd = (u32)fd };

	printf("pin ");
	say(path, bpf(BPF_OBJ_PIN, &attr, sizeof(attr)));
}

static void say_get(const char *path)
{
	union bpf_attr attr = { .pathname = ptr_u64(path) };
	long fd = bpf(BPF_OBJ_GET, &attr, sizeof(attr));

	printf("get ");
	say(path, fd);
	if (fd >= 0)
		close((int)fd);
}

static void say_statfs(const char *path)
{
	struct statfs st;
	int dir = open(path, O_RDONLY | O_DIRECTORY), err = statfs(path, &st) ? errno : 0;

	printf("statfs %s: %s %s\n", path, err ? strerrorname_np(err) : "",
	       err ? "" : st.f_type == 0xcafe4a11 ? "bpf" : "another");
	if (dir < 0)
		return;
	printf("fstatfs: %s\n", !fstatfs(dir, &st) && st.f_type == 0xcafe4a11 ? "bpf" : "another");
	close(dir);
}

/* A link of a program that passes everything, pinned. @argument: the number of the device. */
static int case_tcx(const char *argument)
{
	const u64 insns[] = { 0xffffffff000000b7, 0x95 };   /* r0 = -1: the next one; exit */
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insn_cnt = 2,
				.insns = ptr_u64(insns), .license = ptr_u64("GPL") }, pin = { 0 };
	/* The header of 6.1 has no tcx: program, device, BPF_TCX_INGRESS, flags. */
	const u32 attach[] = { (u32)bpf(BPF_PROG_LOAD, &load, sizeof(load)), (u32)atoi(argument), 46, 0 };

	pin.bpf_fd = (u32)bpf(BPF_LINK_CREATE, attach, sizeof(attach));
	pin.pathname = ptr_u64("/sys/fs/bpf/link");
	say("pin", bpf(BPF_OBJ_PIN, &pin, sizeof(pin)));
	return 0;
}

/* @argument: a directory for a mount of its own. */
static int case_pins(const char *argument)
{
	static const char *const paths[] = {
		"m", "m", "none/x", "/tmp", "/nowhere/x", "a.b", "t/", ".", "..", "../bpf/up", "", "/",
		"dir/m", "link", "out/map", "/proc/none/x",
	};
	static const char *const gets[] = {
		"m", "./m", "dir/../m", "m/", "m/x", "up", "dir", "dir/m", "link", "out/m", "nothing", "dangling",
		"/", "/etc/passwd", "/nowhere", "loop", "/sys/fs/bpf/m", "/sys/fs/bpf", "/sys/fs/bpf/dir/./m",
	};
	long map = map_create(4);

	if (argument)
		printf("mount: %s\n", mount("bpf", argument, "bpf", MS_MGC_VAL, NULL) ? strerrorname_np(errno) : "done");
	if (chdir(argument ? argument : "/sys/fs/bpf"))
		return 1;
	printf("%d", mkdir("dir", 0700) | symlink("m", "link") | symlink("/tmp", "out") |
	       symlink("nothing", "dangling") | symlink("loop", "loop"));
	puts("");
	for (u32 i = 0; i < ARRAY_SIZE(paths); i++)
		say_pin(paths[i], map);
	say_pin("fd", 1000);
	say_pin("fd", 0);
	for (u32 i = 0; i < ARRAY_SIZE(gets); i++)
		say_get(gets[i]);
	say_statfs(".");
	say_statfs("dir");
	say_statfs("/sys/fs/bpf");
	say_statfs("/tmp");
	say_statfs("/nowhere");
	say_statfs("out");
	return 0;
}

static int case_get(const char *argument)
{
	say_get(argument);
	return 0;
}

/* Ways to pins that lead through /proc. */
static int case_ways(const char *argument)
{
	static const char *const forms[] = {
		"/proc/self/fd/%d", "/proc/thread-self/fd/%d", "/dev/fd/%d", "/proc/self/fd/%2$d/m",
		"/proc/self/fd/%2$d/none", "/proc/self/cwd/m", "/proc/self/root/sys/fs/bpf/m",
		"/proc/%3$d/cwd/m", "/proc/%3$d/fd/%1$d", "/proc/self/fd/1000", "/proc/self/exe",
	};
	int map = (int)map_create(4), pin, dir = open("/sys/fs/bpf", O_PATH | O_DIRECTORY);
	char path[64];
	struct statfs st;

	say_pin("/sys/fs/bpf/m", map);
	pin = open("/sys/fs/bpf/m", O_PATH);
	if (chdir("/sys/fs/bpf"))
		return 1;
	for (u32 i = 0; i < ARRAY_SIZE(forms); i++) {
		union bpf_attr attr = { .pathname = ptr_u64(path) };

		snprintf(path, sizeof(path), forms[i], pin, dir, getpid());
		say(forms[i], bpf(BPF_OBJ_GET, &attr, sizeof(attr)));
		printf("statfs: %s\n", statfs(path, &st) ? strerrorname_np(errno) :
					st.f_type == 0xcafe4a11 ? "bpf" : "another");
	}
	say_pin("/proc/self/cwd/n", map);
	say_get("n");
	say_statfs("m/");
	printf("fstatfs of a pin: %s\n", !fstatfs(pin, &st) && st.f_type == 0xcafe4a11 ? "bpf" : "another");
	return 0;
}

/* What is done to pins by others than bpf(2). */
static int case_tree(const char *argument)
{
	long map = map_create(4);
	u32 id = map_id(map);
	struct stat st;

	if (chdir("/sys/fs/bpf"))
		return 1;
	say_pin("m", map);
	close((int)map);
	say_map("pinned", id);
	printf("mode: %o\n", stat("m", &st) ? 0 : st.st_mode);
	say("rename", rename("m", "n") ? -errno : 0);
	say_get("m");
	say_get("n");
	say("link", link("n", "o") ? -errno : 0);
	say("unlink", unlink("n") ? -errno : 0);
	say_get("o");
	say_map("one name is left", id);
	say("unlink", unlink("o") ? -errno : 0);
	say_map("no name is left", id);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const char *argument);
} cases[] = {
	{ "links", case_links }, { "last_close", case_last_close }, { "exec", case_exec }, { "mmap", case_mmap },
	{ "closed", case_closed }, { "vfork", case_vfork }, { "threads", case_threads }, { "signals", case_signals },
	{ "hostile", case_hostile }, { "killed", case_killed }, { "no_room", case_no_room }, { "abi", case_abi },
	{ "polls", case_polls }, { "pins", case_pins }, { "tcx", case_tcx }, { "ways", case_ways },
	{ "tree", case_tree }, { "get", case_get }, { "rights", case_rights },
};

int main(int argc, char **argv)
{
	for (u32 i = 0; argc > 1 && i < ARRAY_SIZE(cases); i++)
		if (!strcmp(argv[1], cases[i].name))
			return cases[i].run(argc > 2 ? argv[2] : NULL);
	fprintf(stderr, "usage: calls CASE [ARGUMENT]\n");
	return 2;
}
