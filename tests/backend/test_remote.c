// SPDX-License-Identifier: BSD-2-Clause
/* test_remote.c - the daemon's connections: good clients, slow ones, and those who do not keep to the
 * protocol. What bpf(2) answers is compared elsewhere (tests/command with CLSBPF_SIDES=remote).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon.h"
#include "serve/serve.h"
#include "wire/channel.h"

#define PATIENCE_MS 10000
#define BIG (1u << 20)
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int setup(void **state)
{
	static struct daemon daemon;

	*state = &daemon;
	return daemon_open(&daemon);
}

static int teardown(void **state)
{
	daemon_close(*state);
	return 0;
}

static int map_create(struct backend *b, u32 type, u32 value_size, u32 entries)
{
	union bpf_attr attr = { .map_type = type, .key_size = 4, .value_size = value_size,
				.max_entries = entries };

	return backend_bpf(b, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int element(struct backend *b, int cmd, int map, const void *key, const void *value)
{
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(key), .value = ptr_u64(value) };

	return backend_bpf(b, cmd, &attr, sizeof(attr));
}

static int load(struct backend *b, const struct bpf_insn *insns, u32 count)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = ptr_u64(insns),
				.insn_cnt = count, .license = ptr_u64("GPL") };

	return backend_bpf(b, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static struct backend *client(void **state)
{
	struct backend *b = NULL;

	assert_int_equal(daemon_client(*state, &b), 0);
	return b;
}

/* ---- good clients ---- */

static void test_tables(void **state)
{
	struct backend *a = client(state), *b = client(state);
	u32 key = 1;
	u64 value = 5, got = 0;
	int map = map_create(a, BPF_MAP_TYPE_HASH, 8, 4);

	assert_true(map > 0);
	assert_int_equal(element(a, BPF_MAP_UPDATE_ELEM, map, &key, &value), 0);
	assert_int_equal(element(a, BPF_MAP_LOOKUP_ELEM, map, &key, &got), 0);
	assert_int_equal(got, 5);
	/* A handle is a number of one client. */
	assert_int_equal(element(b, BPF_MAP_LOOKUP_ELEM, map, &key, &got), -EBADF);
	assert_string_not_equal(backend_message(b), "");
	/* Memory that is not there is an errno, not a signal. */
	assert_int_equal(element(a, BPF_MAP_LOOKUP_ELEM, map, (void *)8, &got), -EFAULT);
	assert_int_equal(element(a, BPF_MAP_LOOKUP_ELEM, map, &key, (void *)8), -EFAULT);
	assert_int_equal(backend_close(a, map), 0);
	assert_int_equal(backend_close(a, map), -EBADF);
	backend_destroy(a);
	backend_destroy(b);
}

/* Above REMOTE_INLINE everything goes by memfd. */
static void test_large(void **state)
{
	struct backend *b = client(state);
	u8 *value = malloc(BIG), *got = malloc(BIG);
	u32 key = 0;
	int map = map_create(b, BPF_MAP_TYPE_ARRAY, BIG, 1);

	for (u32 i = 0; i < BIG; i++)
		value[i] = (u8)(i * 7 + i / 256);
	assert_int_equal(element(b, BPF_MAP_UPDATE_ELEM, map, &key, value), 0);
	assert_int_equal(element(b, BPF_MAP_LOOKUP_ELEM, map, &key, got), 0);
	assert_memory_equal(value, got, BIG);
	free(value);
	free(got);
	backend_destroy(b);
}

/* What the command writes is what it reads afterwards, although the first sight of it came along. */
static void test_alias(void **state)
{
	struct backend *b = client(state);
	int map = map_create(b, BPF_MAP_TYPE_HASH, 4, 4);
	u32 key = 1, seven = 7;

	assert_int_equal(element(b, BPF_MAP_UPDATE_ELEM, map, &key, &seven), 0);
	assert_int_equal(element(b, BPF_MAP_LOOKUP_ELEM, map, &key, &key), 0);
	assert_int_equal(key, 7);
	backend_destroy(b);
}

/* One memory: what the client writes there the map has, and the other way round. */
static void test_memory(void **state)
{
	struct backend *b = client(state);
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 512, .map_flags = BPF_F_MMAPABLE };
	int map = backend_bpf(b, BPF_MAP_CREATE, &attr, sizeof(attr));
	int plain = map_create(b, BPF_MAP_TYPE_ARRAY, 8, 1);
	struct backend_share share;
	u64 value = 9, *memory;
	u32 key = 3;
	void *at;

	assert_int_equal(backend_map_memory(b, map, 0, 4096, PROT_READ | PROT_WRITE, &at), 0);
	memory = at;
	assert_int_equal(element(b, BPF_MAP_UPDATE_ELEM, map, &key, &value), 0);
	assert_int_equal(memory[3], 9);
	memory[3] = 10;
	assert_int_equal(element(b, BPF_MAP_LOOKUP_ELEM, map, &key, &value), 0);
	assert_int_equal(value, 10);
	munmap(at, 4096);
	assert_int_equal(backend_map_memory(b, map, 1, 4096, PROT_READ, &at), -EINVAL);
	assert_true(backend_map_memory(b, plain, 0, 4096, PROT_READ, &at) < 0);
	assert_int_equal(backend_map_memory(b, 999, 0, 4096, PROT_READ, &at), -EBADF);

	assert_int_equal(backend_share(b, map, &share), 0);
	assert_int_equal(share.kind, BACKEND_OBJ_MAP);
	assert_true(share.memory >= 0 && share.wait < 0);
	close(share.memory);
	assert_int_equal(backend_share(b, 999, &share), -EBADF);
	attr = (union bpf_attr){ .map_type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096 };
	map = backend_bpf(b, BPF_MAP_CREATE, &attr, sizeof(attr));
	assert_int_equal(backend_share(b, map, &share), 0);
	assert_true(share.memory >= 0 && share.wait >= 0);
	close(share.memory);
	close(share.wait);
	assert_int_equal(backend_wait(b, map, 10), 0);
	backend_destroy(b);
}

static int keep_line(void *ctx, const void *bytes, size_t len)
{
	snprintf(ctx, 128, "%.*s", (int)len, (const char *)bytes);
	return 0;
}

static void test_trace(void **state)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = 0x0a6968 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 1, .imm = -4 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 4 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_trace_printk },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct backend *a = client(state), *b = client(state);
	u8 packet[64] = { 0 };
	union bpf_attr attr = { .test = { .data_in = ptr_u64(packet), .data_size_in = 64 } };
	char line[128] = "";

	assert_int_equal(backend_subscribe(a, BACKEND_TRACE, keep_line, line), 0);
	attr.test.prog_fd = (u32)load(b, insns, ARRAY_SIZE(insns));
	assert_int_equal(backend_bpf(b, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(backend_wait(a, -1, PATIENCE_MS), 1);
	assert_non_null(strstr(line, "hi\n"));
	assert_int_equal(backend_subscribe(a, BACKEND_TRACE, NULL, NULL), 0);
	assert_int_equal(backend_bpf(b, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(backend_wait(a, -1, 50), 0);
	assert_int_equal(backend_subscribe(a, BACKEND_RTNL_TC, keep_line, line), -EOPNOTSUPP);
	backend_destroy(a);
	backend_destroy(b);
}

/* Somebody behind the client: his memory begins at 0x1000, his descriptors at 1000, his paths at pins/. */
struct stranger {
	struct caller caller;
	u8 memory[0x1000];
	bool gone;
};

static int stranger_copy(struct stranger *s, void *here, u64 there, u64 len, bool write)
{
	u64 at = there - sizeof(s->memory);

	if (at > sizeof(s->memory) || len > sizeof(s->memory) - at)
		return -EFAULT;
	if (write)
		memcpy(s->memory + at, here, len);
	else
		memcpy(here, s->memory + at, len);
	return 0;
}

static int stranger_read(struct caller *caller, void *to, u64 from, u64 len)
{
	return stranger_copy((struct stranger *)caller, to, from, len, false);
}

static int stranger_write(struct caller *caller, u64 to, const void *from, u64 len)
{
	return stranger_copy((struct stranger *)caller, (void *)(uintptr_t)from, to, len, true);
}

static int stranger_handle(struct caller *caller, int fd)
{
	return fd >= 1000 ? fd - 1000 : -EBADF;
}

static int stranger_path(struct caller *caller, int dirfd, const char *text, bool create, char *out)
{
	if (dirfd != AT_FDCWD)
		return -ENOTDIR;
	sprintf(out, "/sys/fs/bpf/%s", text + strlen("pins/"));
	return strncmp(text, "pins/", 5) ? -EPERM : 0;
}

static bool stranger_gone(struct caller *caller)
{
	return ((struct stranger *)caller)->gone;
}

static int stranger_bpf(struct backend *b, struct stranger *s, int cmd, union bpf_attr *attr)
{
	memcpy(s->memory, attr, sizeof(*attr));
	return backend_bpf_for(b, &s->caller, cmd, 0x1000, sizeof(*attr));
}

static void test_stranger(void **state)
{
	static const struct caller_ops ops = { .read = stranger_read, .write = stranger_write,
					       .handle = stranger_handle, .path = stranger_path,
					       .gone = stranger_gone };
	struct stranger s = { .caller = { .ops = &ops, .rights = RIGHTS_ALL } };
	struct backend *b = client(state);
	int map = map_create(b, BPF_MAP_TYPE_HASH, 8, 4);
	union bpf_attr attr = { .map_fd = (u32)map + 1000, .key = 0x1800, .value = 0x1900 };

	put_u64(s.memory + 0x900, 77);
	assert_int_equal(stranger_bpf(b, &s, BPF_MAP_UPDATE_ELEM, &attr), 0);
	put_u64(s.memory + 0x900, 0);
	assert_int_equal(stranger_bpf(b, &s, BPF_MAP_LOOKUP_ELEM, &attr), 0);
	assert_int_equal(get_u64(s.memory + 0x900), 77);
	attr.map_fd = (u32)map;
	assert_int_equal(stranger_bpf(b, &s, BPF_MAP_LOOKUP_ELEM, &attr), -EBADF);

	attr = (union bpf_attr){ .pathname = 0x1800, .bpf_fd = (u32)map + 1000 };
	strcpy((char *)s.memory + 0x800, "pins/strange");
	assert_int_equal(stranger_bpf(b, &s, BPF_OBJ_PIN, &attr), 0);
	assert_int_equal(backend_unpin(b, "/sys/fs/bpf/strange"), 0);
	strcpy((char *)s.memory + 0x800, "elsewhere");
	assert_int_equal(stranger_bpf(b, &s, BPF_OBJ_PIN, &attr), -EPERM);

	s.caller.rights = 0;
	attr = (union bpf_attr){ .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4,
				 .max_entries = 1 };
	assert_int_equal(stranger_bpf(b, &s, BPF_MAP_CREATE, &attr), -EPERM);
	backend_destroy(b);
}

/* A long run ends when nobody waits for it any more. */
static void test_given_up(void **state)
{
	static const struct caller_ops ops = { .read = stranger_read, .write = stranger_write,
					       .handle = stranger_handle, .path = stranger_path,
					       .gone = stranger_gone };
	static const struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
						 { .code = BPF_JMP | BPF_EXIT } };
	struct stranger s = { .caller = { .ops = &ops, .rights = RIGHTS_ALL }, .gone = true };
	struct backend *b = client(state);
	union bpf_attr attr = { .test = { .data_in = 0x1800, .data_size_in = 64,
					  .repeat = UINT32_MAX } };

	attr.test.prog_fd = (u32)load(b, insns, ARRAY_SIZE(insns)) + 1000;
	assert_int_equal(stranger_bpf(b, &s, BPF_PROG_TEST_RUN, &attr), -EINTR);
	backend_destroy(b);
}

/* ---- by hand ---- */

/* Send one datagram of @len bytes: the frame and what is behind it, with @fds. */
static void send_raw(int fd, const void *bytes, size_t len, const int *fds, size_t count)
{
	union { struct cmsghdr header; char room[CMSG_SPACE(4 * sizeof(int))]; } control;
	struct iovec part = { (void *)(uintptr_t)bytes, len };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count) {
		memset(&control, 0, sizeof(control));
		header.msg_control = control.room;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &header, MSG_NOSIGNAL), len);
}

static void send_frame(int fd, struct remote_frame frame)
{
	send_raw(fd, &frame, sizeof(frame), NULL, 0);
}

static bool answers_in_time(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };

	return poll(&end, 1, PATIENCE_MS) == 1;
}

/* What the daemon says next: a type of message, or 0 when it hung up. */
static u32 hear(int fd, s32 *value)
{
	static struct message message = { .memfd = -1 };
	int more;

	assert_true(answers_in_time(fd));
	more = channel_receive(fd, DAEMON, &message);
	assert_true(more >= 0);
	if (value)
		*value = message.frame.value;
	message_clear(&message);
	return more ? message.frame.type : 0;
}

static void greet(int fd)
{
	s32 value = -1;

	send_frame(fd, (struct remote_frame){ .type = REMOTE_HELLO, .value = REMOTE_VERSION });
	assert_int_equal(hear(fd, &value), REMOTE_RESULT);
	assert_int_equal(value, 0);
}

static int greeted(void **state)
{
	int fd = daemon_socket(*state);

	assert_true(fd >= 0);
	greet(fd);
	return fd;
}

/* The frames of a client that are refused when they come after a hello. */
static const struct bad_frame {
	const char *what;
	struct remote_frame frame;
	u32 behind;             /* bytes that follow it */
} bad_frames[] = {
	{ "a second hello", { .type = REMOTE_HELLO, .value = REMOTE_VERSION }, 0 },
	{ "no type", { .type = 0 }, 0 },
	{ "a type of the future", { .type = REMOTE_RESULT + 1 }, 0 },
	{ "a huge type", { .type = ~0u }, 0 },
	{ "a question", { .type = REMOTE_READ, .size = 8 }, 0 },
	{ "a result", { .type = REMOTE_RESULT }, 0 },
	{ "an answer to nothing", { .type = REMOTE_ANSWER }, 0 },
	{ "less than it says", { .type = REMOTE_UNPIN, .payload = 9 }, 8 },
	{ "more than it says", { .type = REMOTE_UNPIN, .payload = 7 }, 8 },
	{ "more than the message has room for", { .type = REMOTE_UNPIN, .payload = 5000 }, 5000 },
	{ "a payload where none belongs", { .type = REMOTE_CLOSE, .payload = 4 }, 4 },
	{ "a long payload and no memfd", { .type = REMOTE_CALL, .payload = REMOTE_INLINE + 1 }, 0 },
	{ "an endless payload", { .type = REMOTE_CALL, .payload = UINT64_MAX }, 0 },
	{ "a payload that wraps", { .type = REMOTE_CALL, .payload = UINT64_MAX - 47 }, 0 },
	{ "a long path", { .type = REMOTE_UNPIN, .payload = 4096 }, 4096 },
	{ "an attribute above 4 GiB", { .type = REMOTE_CALL, .size = 1ull << 32 }, 0 },
	{ "more regions than there may be",
	  { .type = REMOTE_CALL, .regions = REMOTE_REGIONS + 1, .payload = 17 * 16 }, 17 * 16 },
	{ "regions without a table", { .type = REMOTE_CALL, .regions = 2, .payload = 16 }, 16 },
	{ "bytes of no region", { .type = REMOTE_CALL, .payload = 8 }, 8 },
	{ "countless regions", { .type = REMOTE_CALL, .regions = 0x10000001, .payload = 16 }, 16 },
	{ "a netlink message without a header", { .type = REMOTE_RTNL, .payload = 8 }, 8 },
	{ "a netlink message that is longer than it says", { .type = REMOTE_RTNL, .payload = 32 }, 32 },
	{ "a path of nothing", { .type = REMOTE_PATH, .value = 99 }, 0 },
	{ "a path of less than nothing", { .type = REMOTE_PATH, .value = -1 }, 0 },
};

static void test_bad_frames(void **state)
{
	u8 datagram[sizeof(struct remote_frame) + 8192] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad_frames); i++) {
		const struct bad_frame *bad = &bad_frames[i];
		int fd = greeted(state);

		memcpy(datagram, &bad->frame, sizeof(bad->frame));
		send_raw(fd, datagram, sizeof(bad->frame) + bad->behind, NULL, 0);
		if (hear(fd, NULL))
			fail_msg("%s: answered", bad->what);
		close(fd);
	}
}

/* Regions: address, length; and whether such a call is heard. */
static const struct {
	struct remote_region region[2];
	u32 bytes;
	bool good;
} region_cases[] = {
	{ { { 0x1000, 8 }, { 0x2000, 8 } }, 16, true },
	{ { { 0x1000, 8 }, { 0x1004, 8 } }, 16, true },          /* they may overlap */
	{ { { 0x1000, 0 }, { 0x1000, 0 } }, 0, true },
	{ { { 0x1000, 8 }, { 0x2000, 9 } }, 16, false },
	{ { { 0x1000, 8 }, { 0x2000, 7 } }, 16, false },
	{ { { 0x1000, UINT64_MAX }, { 0x2000, 8 } }, 16, false },
	{ { { 0x1000, UINT64_MAX - 7 }, { 0x2000, 24 } }, 16, false },
	{ { { UINT64_MAX - 3, 8 }, { 0x2000, 8 } }, 16, false },  /* over the end of memory */
};

static void test_regions(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(region_cases); i++) {
		struct remote_frame frame = { .type = REMOTE_CALL, .value = 9999, .regions = 2,
					      .flags = RIGHTS_ALL,
					      .payload = 32 + region_cases[i].bytes };
		u8 datagram[sizeof(frame) + 64] = { 0 };
		int fd = greeted(state);
		u32 heard;

		memcpy(datagram, &frame, sizeof(frame));
		memcpy(datagram + sizeof(frame), region_cases[i].region, 32);
		send_raw(fd, datagram, sizeof(frame) + frame.payload, NULL, 0);
		heard = hear(fd, NULL);
		if (heard != (region_cases[i].good ? REMOTE_RESULT : 0))
			fail_msg("regions %zu: message %u", i, heard);
		close(fd);
	}
}

static void test_no_frame(void **state)
{
	u8 frame[sizeof(struct remote_frame)] = { REMOTE_HELLO };

	for (size_t len = 1; len < sizeof(frame); len += 23) {
		int fd = daemon_socket(*state);

		send_raw(fd, frame, len, NULL, 0);
		assert_int_equal(hear(fd, NULL), 0);
		close(fd);
	}
}

static void test_manners(void **state)
{
	int fd = daemon_socket(*state);
	s32 value = 0;

	send_frame(fd, (struct remote_frame){ .type = REMOTE_CLOSE, .value = 3 });
	assert_int_equal(hear(fd, NULL), 0);
	close(fd);
	fd = daemon_socket(*state);
	send_frame(fd, (struct remote_frame){ .type = REMOTE_HELLO, .value = REMOTE_VERSION + 1 });
	assert_int_equal(hear(fd, &value), REMOTE_RESULT);
	assert_int_equal(value, -EPROTONOSUPPORT);
	assert_int_equal(hear(fd, NULL), 0);
	close(fd);
}

static int memfd(size_t size, unsigned int seals)
{
	int fd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* Descriptors: what comes with a payload of 100,000 bytes, and how many of it. */
static void test_descriptors(void **state)
{
	const struct remote_frame big = { .type = REMOTE_RTNL, .payload = 100000 },
				  small = { .type = REMOTE_CLOSE, .value = 3 };
	FILE *file = tmpfile();
	const struct {
		const char *what;
		const struct remote_frame *frame;
		int fd;
		size_t count;
	} cases[] = {
		{ "not sealed", &big, memfd(100000, F_SEAL_GROW), 1 },
		{ "too short", &big, memfd(99999, SEALS), 1 },
		{ "too long", &big, memfd(100001, SEALS), 1 },
		{ "a device", &big, open("/dev/zero", O_RDONLY), 1 },
		{ "a file", &big, dup(fileno(file)), 1 },
		{ "two of them", &big, memfd(100000, SEALS), 2 },
		{ "four of them", &big, memfd(100000, SEALS), 4 },
		{ "one where none belongs", &small, memfd(100, SEALS), 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fds[4] = { cases[i].fd, cases[i].fd, cases[i].fd, cases[i].fd };
		int fd = greeted(state);

		send_raw(fd, cases[i].frame, sizeof(*cases[i].frame), fds, cases[i].count);
		if (hear(fd, NULL))
			fail_msg("%s: answered", cases[i].what);
		close(fd);
		close(cases[i].fd);
	}
	fclose(file);
}

/* A call that has brought nothing along: the daemon asks for the attribute. Then @answer. */
static int asked(void **state)
{
	int fd = greeted(state);

	send_frame(fd, (struct remote_frame){ .type = REMOTE_CALL, .value = BPF_MAP_CREATE,
					      .address = 0x1000, .size = 64,
					      .flags = RIGHTS_ALL });
	assert_int_equal(hear(fd, NULL), REMOTE_READ);
	return fd;
}

static void test_bad_answers(void **state)
{
	static const struct bad_frame bad[] = {
		{ "too little", { .type = REMOTE_ANSWER, .payload = 63 }, 63 },
		{ "too much", { .type = REMOTE_ANSWER, .payload = 65 }, 65 },
		{ "nothing", { .type = REMOTE_ANSWER }, 0 },
		{ "another call", { .type = REMOTE_CALL }, 0 },
		{ "a hello", { .type = REMOTE_HELLO, .value = REMOTE_VERSION }, 0 },
	};
	static const s32 errors[] = { -EFAULT, -EPERM, 1, INT32_MAX, INT32_MIN };
	u8 datagram[256] = { 0 };
	s32 value;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		fd = asked(state);
		memcpy(datagram, &bad[i].frame, sizeof(bad[i].frame));
		send_raw(fd, datagram, sizeof(bad[i].frame) + bad[i].behind, NULL, 0);
		if (hear(fd, NULL))
			fail_msg("%s: answered", bad[i].what);
		close(fd);
	}
	/* Whatever his memory is said to answer, the call gets Linux's word for it. */
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		fd = asked(state);
		send_frame(fd, (struct remote_frame){ .type = REMOTE_ANSWER, .value = errors[i] });
		assert_int_equal(hear(fd, &value), REMOTE_RESULT);
		assert_int_equal(value, -EFAULT);
		close(fd);
	}
}

/* One who is asked and does not answer, and one who asks for a list and does not read it. */
static void test_slow(void **state)
{
	struct nlmsghdr dump[2] = { { .nlmsg_len = sizeof(dump), .nlmsg_type = RTM_GETLINK,
				      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	struct remote_frame frame = { .type = REMOTE_RTNL, .payload = sizeof(dump) };
	u8 datagram[sizeof(frame) + sizeof(dump)];
	int silent = asked(state), deaf = greeted(state);
	struct backend *b = client(state);

	memcpy(datagram, &frame, sizeof(frame));
	memcpy(datagram + sizeof(frame), dump, sizeof(dump));
	while (send(deaf, datagram, sizeof(datagram), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	for (int i = 0; i < 100; i++)
		assert_int_equal(backend_close(b, map_create(b, BPF_MAP_TYPE_HASH, 8, 4)), 0);
	backend_destroy(b);
	close(silent);
	close(deaf);
}

static void test_crowd(void **state)
{
	static int fd[SERVER_CLIENTS];
	struct rlimit files, before;
	LOG_ON_STACK(log);
	struct backend *b = NULL;
	int last, err;

	getrlimit(RLIMIT_NOFILE, &before);
	files = before;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_max < 3 * SERVER_CLIENTS) {
		print_message("# not enough descriptors to fill a server\n");
		return;
	}
	/* Clients of the cases before may be leaving still. */
	for (u32 i = 0; i < SERVER_CLIENTS; i++)
		fd[i] = daemon_socket(*state);
	last = daemon_socket(*state);
	err = backend_remote_attach(last, &log, &b);
	assert_int_equal(err, -EAGAIN);
	assert_non_null(strstr(log.text, "no room"));
	for (u32 i = 0; i < SERVER_CLIENTS; i++)
		close(fd[i]);
	for (int i = 0; i < 500 && daemon_client(*state, &b); i++)
		usleep(10000);
	assert_non_null(b);
	backend_destroy(b);
	setrlimit(RLIMIT_NOFILE, &before);
}

/* The daemon goes first. */
static void test_end(void **state)
{
	struct daemon *daemon = *state;
	struct backend *b = client(state);
	int silent = asked(state);

	daemon_close(daemon);
	assert_int_equal(map_create(b, BPF_MAP_TYPE_HASH, 8, 4), -ENOTCONN);
	assert_non_null(strstr(backend_message(b), "gone"));
	assert_int_equal(backend_wait(b, -1, 0), -ENOTCONN);
	assert_int_equal(backend_close(b, 3), -ENOTCONN);
	backend_destroy(b);
	close(silent);
	assert_int_equal(daemon_open(daemon), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_alias),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_bad_frames),
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_no_frame),
		cmocka_unit_test(test_manners),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("remote", tests, setup, teardown);
}
