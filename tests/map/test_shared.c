// SPDX-License-Identifier: BSD-2-Clause
/* test_shared.c - arrays with BPF_F_MMAPABLE: which mappings there can be, that all see the same bytes,
 * what freezing does to them, and what another process is given. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "both.h"

#define PAGE ((u64)sysconf(_SC_PAGESIZE))
#define RW (PROT_READ | PROT_WRITE)
#define M BPF_F_MMAPABLE

static int map_at(struct backend *side, int fd, u64 offset, u64 length, int prot)
{
	void *at;
	int err = backend_map_memory(side, fd, offset, length, prot, &at);

	if (!err)
		munmap(at, length);
	return err;
}

static int freeze(struct backend *side, int fd)
{
	union bpf_attr attr = { .map_fd = (u32)fd };

	return backend_bpf(side, BPF_MAP_FREEZE, &attr, sizeof(attr));
}

/* A map of 4 pages (10 for a ring buffer of 4), and a mapping: offset and length in 1/16 pages. */
static const struct row {
	u32 type, flags;
	bool frozen;
	u64 offset, length;
	int prot, result;
} rows[] = {
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 64, RW, 0 },
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 16, RW, 0 },
	{ BPF_MAP_TYPE_ARRAY, M, false, 48, 16, RW, 0 },
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 1, RW, 0 },
	{ BPF_MAP_TYPE_ARRAY, M, false, 16, 33, PROT_READ, 0 },
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 64, PROT_WRITE, 0 },
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 64, PROT_NONE, 0 },
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 64, PROT_READ | PROT_EXEC, -EPERM },
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 65, RW, -EINVAL },
	{ BPF_MAP_TYPE_ARRAY, M, false, 16, 64, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_ARRAY, M, false, 64, 16, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_ARRAY, M, false, 1 << 20, 16, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_ARRAY, M, false, 1, 16, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 0, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_ARRAY, M, false, 0, 1ull << 40, PROT_READ, -ENOMEM },
	{ BPF_MAP_TYPE_ARRAY, M, true, 0, 64, RW, -EPERM },
	{ BPF_MAP_TYPE_ARRAY, M, true, 0, 64, PROT_READ, 0 },
	{ BPF_MAP_TYPE_ARRAY, M, true, 0, 65, RW, -EPERM },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_RDONLY_PROG, false, 0, 64, RW, -EACCES },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_RDONLY_PROG, false, 0, 64, PROT_READ, 0 },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_RDONLY_PROG, true, 0, 64, RW, -EPERM },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_RDONLY_PROG, true, 0, 64, PROT_READ, 0 },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_WRONLY_PROG, false, 0, 64, RW, 0 },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_RDONLY, false, 0, 64, RW, -EACCES },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_RDONLY, false, 0, 64, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_RDONLY, false, 0, 64, PROT_READ | PROT_EXEC, -EPERM },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_WRONLY, false, 0, 64, RW, -EACCES },
	{ BPF_MAP_TYPE_ARRAY, M | BPF_F_WRONLY, false, 0, 64, PROT_NONE, -EACCES },
	{ BPF_MAP_TYPE_ARRAY, 0, false, 0, 64, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_ARRAY, 0, true, 0, 64, RW, -EPERM },
	{ BPF_MAP_TYPE_HASH, 0, false, 0, 64, PROT_READ, -ENOTSUPP },
	{ BPF_MAP_TYPE_HASH, BPF_F_RDONLY, false, 0, 64, PROT_READ, -ENOTSUPP },
	{ BPF_MAP_TYPE_HASH, BPF_F_RDONLY, false, 0, 64, RW, -EACCES },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 0, false, 0, 64, PROT_READ, -ENOTSUPP },
	{ BPF_MAP_TYPE_PROG_ARRAY, 0, false, 0, 64, PROT_READ, -ENOTSUPP },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 0, 16, RW, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 0, 15, RW, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 0, 17, RW, -EPERM },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 16, 16, RW, -EPERM },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 1 << 20, 16, RW, -EPERM },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 1 << 20, 16, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 16, 144, PROT_READ, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 0, 160, PROT_READ, 0 },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 0, 161, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_RINGBUF, 0, false, 16, 160, PROT_READ, -EINVAL },
	{ BPF_MAP_TYPE_RINGBUF, 0, true, 0, 16, RW, -EPERM },
	{ BPF_MAP_TYPE_RINGBUF, 0, true, 16, 144, PROT_READ, 0 },
};

static int row_map(struct backend *side, u32 type, u32 flags)
{
	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
		return map_new(side, type, 0, 0, (u32)(4 * PAGE), flags);
	case BPF_MAP_TYPE_PROG_ARRAY:
		return map_new(side, type, 4, 4, 4, flags);
	default:
		return map_new(side, type, 4, (u32)(type == BPF_MAP_TYPE_ARRAY ? PAGE : 64), 4, flags);
	}
}

static void test_rules(void **state)
{
	const struct both *both = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int side = 0; side < SIDES; side++) {
			const struct row *row = &rows[i];
			struct backend *b = both->side[side];
			int fd, err;

			if (!b)
				continue;
			fd = row_map(b, row->type, row->flags);
			assert_true(fd >= 0);
			if (row->frozen)
				assert_int_equal(freeze(b, fd), 0);
			err = map_at(b, fd, row->offset * PAGE / 16, row->length * PAGE / 16, row->prot);
			if (err != row->result)
				fail_msg("row %zu, side %d: %d and not %d", i, side, err, row->result);
			backend_close(b, fd);
		}
}

static void test_handles(void **state)
{
	const struct both *both = *state;

	for (int side = 0; side < SIDES; side++) {
		struct backend *b = both->side[side];
		const struct bpf_insn insns[] = {
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
		int prog;

		if (!b)
			continue;
		prog = prog_new(b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
		assert_true(prog >= 0);
		assert_int_equal(map_at(b, prog, 0, PAGE, PROT_READ), -ENODEV);
		assert_int_equal(backend_wait(b, prog, 0), 1);
		assert_int_equal(map_at(b, 999, 0, PAGE, PROT_READ), -EBADF);
		assert_int_equal(backend_wait(b, 999, 0), -EBADF);
		backend_close(b, prog);
	}
}

/* Element 1 through bpf(2), a program and two mappings: one memory, which outlives its handle. */
static void one_memory(struct backend *b)
{
	int fd = map_new(b, BPF_MAP_TYPE_ARRAY, 4, 12, 600, M), prog;
	u64 *all, value[2] = { 0x1122334455667788, 0x99 }, size = 2 * PAGE;
	u32 *second, key = 1, retval;
	void *at;

	assert_true(fd >= 0);
	assert_int_equal(backend_map_memory(b, fd, 0, size, RW, &at), 0);
	all = at;
	assert_int_equal(backend_map_memory(b, fd, PAGE, PAGE, RW, &at), 0);
	second = at;
	assert_int_equal(map_do(b, BPF_MAP_UPDATE_ELEM, fd, &key, value, 0), 0);
	assert_true(all[2] == value[0] && (u32)all[3] == 0x99);
	all[2] = 5;
	assert_int_equal(map_do(b, BPF_MAP_LOOKUP_ELEM, fd, &key, value, 0), 0);
	assert_true(value[0] == 5 && (u32)value[1] == 0x99);
	prog = map_touch_prog(b, fd, BPF_FUNC_map_update_elem, 12);
	assert_true(prog >= 0);
	assert_int_equal(prog_run(b, prog, (u32)(PAGE / 16), 77, &retval), 0);
	assert_int_equal(second[0], 77);
	second[0] = 78;
	assert_int_equal((u32)all[PAGE / 8], 78);
	backend_close(b, prog);
	backend_close(b, fd);
	all[0] = second[4] = 1;
	munmap(all, size);
	munmap(second, PAGE);
}

static void test_one_memory(void **state)
{
	const struct both *both = *state;

	for (int side = 0; side < SIDES; side++)
		if (both->side[side])
			one_memory(both->side[side]);
}

static void test_freeze(void **state)
{
	const struct both *both = *state;

	for (int side = 0; side < SIDES; side++) {
		struct backend *b = both->side[side];
		void *rw, *ro;
		int fd;

		if (!b)
			continue;
		fd = map_new(b, BPF_MAP_TYPE_ARRAY, 4, 8, 4, M);
		assert_int_equal(backend_map_memory(b, fd, 0, PAGE, RW, &rw), 0);
		assert_int_equal(backend_map_memory(b, fd, 0, PAGE, PROT_READ, &ro), 0);
		assert_int_equal(freeze(b, fd), -EBUSY);
		munmap(rw, PAGE);
		assert_int_equal(freeze(b, fd), 0);
		assert_int_equal(freeze(b, fd), -EPERM);
		munmap(ro, PAGE);
		backend_close(b, fd);
	}
}

static int share_map(int file, int prot)
{
	void *at = mmap(NULL, PAGE, prot, MAP_SHARED, file, 0);

	if (at == MAP_FAILED)
		return -errno;
	munmap(at, PAGE);
	return 0;
}

static int share_of(struct backend *b, u32 flags, int *fd, struct backend_share *share)
{
	*fd = map_new(b, BPF_MAP_TYPE_ARRAY, 4, 8, 4, flags);
	return *fd < 0 ? *fd : backend_share(b, *fd, share);
}

/* What a client can do with the file of a map. */
static void test_share(void **state)
{
	const struct both *both = *state;
	struct backend *b = both->side[ENGINE];
	struct backend_share share;
	char path[32];
	u64 value = 42;
	u32 key = 0;
	int fd, again;
	u64 *at;

	assert_int_equal(share_of(b, M, &fd, &share), 0);
	assert_int_equal(share.kind, BACKEND_OBJ_MAP);
	assert_int_equal(share.wait, -1);
	assert_int_equal(map_do(b, BPF_MAP_UPDATE_ELEM, fd, &key, &value, 0), 0);
	at = mmap(NULL, PAGE, RW, MAP_SHARED, share.memory, 0);
	assert_true(at != MAP_FAILED && *at == 42);
	assert_true(ftruncate(share.memory, 0) && errno == EPERM);
	assert_true(ftruncate(share.memory, (off_t)(2 * PAGE)) && errno == EPERM);
	/* It cannot be seen that another process has it mapped; in this one it can. */
	assert_int_equal(freeze(b, fd), -EBUSY);
	munmap(at, PAGE);
	assert_int_equal(freeze(b, fd), 0);
	assert_int_equal(share_map(share.memory, RW), -EPERM);
	assert_int_equal(share_map(share.memory, PROT_READ), 0);
	backend_close(b, fd);
	close(share.memory);

	/* Constant for programs: nobody writes, not even who opens the file again. */
	assert_int_equal(share_of(b, M | BPF_F_RDONLY_PROG, &fd, &share), 0);
	assert_int_equal(share_map(share.memory, RW), -EACCES);
	assert_int_equal(share_map(share.memory, PROT_READ), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", share.memory);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again >= 0) {
		assert_int_equal(share_map(again, RW), -EPERM);
		assert_true(write(again, &value, sizeof(value)) < 0);
		close(again);
	}
	assert_int_equal(map_do(b, BPF_MAP_UPDATE_ELEM, fd, &key, &value, 0), 0);
	assert_int_equal(freeze(b, fd), 0);
	backend_close(b, fd);
	close(share.memory);
}

/* Handles that cannot be mapped have no file; a client that seals the file does what freezing does. */
static void test_share_nothing(void **state)
{
	static const u32 flags[] = { 0, M | BPF_F_RDONLY, M | BPF_F_WRONLY };
	const struct both *both = *state;
	struct backend *b = both->side[ENGINE];
	struct backend_share share;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		assert_int_equal(share_of(b, flags[i], &fd, &share), 0);
		assert_true(share.memory == -1 && share.wait == -1);
		backend_close(b, fd);
	}
	assert_int_equal(backend_share(b, 999, &share), -EBADF);
	assert_int_equal(share_of(b, M, &fd, &share), 0);
	assert_int_equal(fcntl(share.memory, F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_int_equal(fcntl(share.memory, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL), 0);
	assert_int_equal(freeze(b, fd), 0);
	backend_close(b, fd);
	close(share.memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_one_memory),
		cmocka_unit_test(test_freeze),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_share_nothing),
	};

	return both_run("map shared", tests, ARRAY_SIZE(tests));
}
