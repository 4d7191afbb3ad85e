// SPDX-License-Identifier: BSD-2-Clause
/* test_prog_array.c - program arrays: what may be put in, what a tail call finds, and when the array
 * is emptied. Every case on the engine, and on Linux for root. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "both.h"
#include "object/pin.h"

#define SLOTS 4
#define FALLTHROUGH 99

/* return @r0 */
static int leaf(struct backend *b, u32 type, s32 r0)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = r0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return prog_new(b, type, insns, ARRAY_SIZE(insns));
}

/* Jump to slot skb->mark; FALLTHROUGH when nothing is there. */
static int jumper(struct backend *b, u32 type, int array)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 3, .src_reg = 1,
		  .off = offsetof(struct __sk_buff, mark) },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = array },
		{ 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_tail_call },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = FALLTHROUGH },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return prog_new(b, type, insns, ARRAY_SIZE(insns));
}

/* Look up in the array: no map for that. */
static int looker(struct backend *b, int array)
{
	return map_touch_prog(b, array, BPF_FUNC_map_lookup_elem, 8);
}

static int array_new(struct backend *b)
{
	return map_new(b, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, SLOTS, 0);
}

static int put(struct backend *b, int array, u32 slot, int prog, u64 flags)
{
	return map_do(b, BPF_MAP_UPDATE_ELEM, array, &slot, &prog, flags);
}

static u32 id_of(struct backend *b, int fd)
{
	u32 info[64] = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (u32)fd, .info_len = sizeof(info),
					  .info = ptr_u64(info) } };

	assert_int_equal(backend_bpf(b, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	return info[1];
}

/* What jumping to @slot gives. */
static u32 jump(struct backend *b, int prog, u32 slot)
{
	u32 retval = 0;

	assert_int_equal(prog_run(b, prog, slot, 0, &retval), 0);
	return retval;
}

/* The last handle and pin have gone. Linux empties the array from a work queue: soon. */
static void emptied(struct backend *b, int prog, u32 slot)
{
	for (u32 i = 0; i < 2000 && !backend_engine(b) && jump(b, prog, slot) != FALLTHROUGH; i++)
		usleep(1000);
	assert_int_equal(jump(b, prog, slot), FALLTHROUGH);
}

static void case_elements(struct backend *b, bool pins)
{
	int array = array_new(b), other = map_new(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	int prog = leaf(b, BPF_PROG_TYPE_SCHED_CLS, 5);
	u32 slot = 1, id = 0;

	assert_true(array > 0 && other > 0 && prog > 0);
	assert_int_equal(map_do(b, BPF_MAP_LOOKUP_ELEM, array, &slot, &id, 0), -ENOENT);
	assert_int_equal(put(b, array, 1, 4000, 0), -EBADF);
	assert_int_equal(put(b, array, 1, -1, 0), -EBADF);
	assert_int_equal(put(b, array, 1, other, 0), -EINVAL);
	assert_int_equal(put(b, array, 1, prog, BPF_NOEXIST), -EINVAL);
	assert_int_equal(put(b, array, 1, prog, BPF_EXIST), -EINVAL);
	assert_int_equal(put(b, array, SLOTS, prog, 0), -E2BIG);
	assert_int_equal(put(b, array, SLOTS, 4000, 0), -E2BIG);
	assert_int_equal(put(b, array, 1, prog, 0), 0);
	assert_int_equal(put(b, array, 1, prog, 0), 0);
	assert_int_equal(map_do(b, BPF_MAP_LOOKUP_ELEM, array, &slot, &id, 0), 0);
	assert_int_equal(id, id_of(b, prog));
	assert_int_equal(map_do(b, BPF_MAP_LOOKUP_AND_DELETE_ELEM, array, &slot, &id, 0), -ENOTSUPP);
	assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, array, &slot, NULL, 0), 0);
	assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, array, &slot, NULL, 0), -ENOENT);
	slot = SLOTS;
	assert_int_equal(map_do(b, BPF_MAP_LOOKUP_ELEM, array, &slot, &id, 0), -ENOENT);
	assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, array, &slot, NULL, 0), -E2BIG);
	/* Indices are walked, filled or not. */
	for (u32 i = 0; i < SLOTS; i++) {
		u32 next = 77;

		slot = i - 1;
		assert_int_equal(map_do(b, BPF_MAP_GET_NEXT_KEY, array, i ? &slot : NULL, &next, 0), 0);
		assert_int_equal(next, i);
	}
	backend_close(b, array);
	backend_close(b, other);
	backend_close(b, prog);
}

static void case_jumps(struct backend *b, bool pins)
{
	int array = array_new(b), prog = jumper(b, BPF_PROG_TYPE_SCHED_CLS, array);
	int five = leaf(b, BPF_PROG_TYPE_SCHED_CLS, 5), six = leaf(b, BPF_PROG_TYPE_SCHED_CLS, 6);
	u32 slot = 0;

	assert_true(prog > 0 && five > 0 && six > 0);
	for (u32 i = 0; i < SLOTS + 2; i++)
		assert_int_equal(jump(b, prog, i), FALLTHROUGH);
	assert_int_equal(put(b, array, 0, five, 0), 0);
	assert_int_equal(put(b, array, 3, six, 0), 0);
	/* The array keeps what is in it. */
	backend_close(b, five);
	backend_close(b, six);
	assert_int_equal(jump(b, prog, 0), 5);
	assert_int_equal(jump(b, prog, 3), 6);
	assert_int_equal(jump(b, prog, 1), FALLTHROUGH);
	assert_int_equal(jump(b, prog, 0x80000000), FALLTHROUGH);
	assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, array, &slot, NULL, 0), 0);
	assert_int_equal(jump(b, prog, 0), FALLTHROUGH);
	/* A program that jumps to itself ends after the 33rd time. */
	assert_int_equal(put(b, array, 2, prog, 0), 0);
	assert_int_equal(jump(b, prog, 2), FALLTHROUGH);
	backend_close(b, array);
	emptied(b, prog, 3);
	assert_int_equal(jump(b, prog, 2), FALLTHROUGH);
	backend_close(b, prog);
}

/* The first program decides which programs the array is for. */
static void case_owner(struct backend *b, bool pins)
{
	int array = array_new(b), jumped = array_new(b);
	int cls = leaf(b, BPF_PROG_TYPE_SCHED_CLS, 1), act = leaf(b, BPF_PROG_TYPE_SCHED_ACT, 1);
	int prog;
	u32 slot = 0;

	assert_true(cls > 0 && act > 0);
	assert_int_equal(put(b, array, 0, cls, 0), 0);
	assert_int_equal(put(b, array, 1, act, 0), -EINVAL);
	/* Emptied, it stays what it was. */
	assert_int_equal(map_do(b, BPF_MAP_DELETE_ELEM, array, &slot, NULL, 0), 0);
	assert_int_equal(put(b, array, 0, act, 0), -EINVAL);
	assert_int_equal(jumper(b, BPF_PROG_TYPE_SCHED_ACT, array), -EINVAL);
	prog = jumper(b, BPF_PROG_TYPE_SCHED_CLS, array);
	assert_true(prog > 0);
	backend_close(b, prog);
	/* Who loads a program that jumps through it decides as well. */
	prog = jumper(b, BPF_PROG_TYPE_SCHED_ACT, jumped);
	assert_true(prog > 0);
	assert_int_equal(put(b, jumped, 0, cls, 0), -EINVAL);
	assert_int_equal(put(b, jumped, 0, act, 0), 0);
	backend_close(b, prog);
	backend_close(b, array);
	backend_close(b, jumped);
	backend_close(b, cls);
	backend_close(b, act);
}

/* Programs do not look into it: Linux refuses them, the engine at the latest when they try. */
static void case_lookup(struct backend *b, bool pins)
{
	int array = array_new(b), prog = looker(b, array);
	u32 retval;

	assert_true(prog < 0 || prog_run(b, prog, 0, 0, &retval) < 0);
	backend_close(b, prog);
	backend_close(b, array);
}

/* A handle through an id, or a pin, counts as much as the first handle. */
static void case_release(struct backend *b, bool pins)
{
	static const char path[] = "/sys/fs/bpf/clsbpf_test_prog_array";
	int array = array_new(b), prog = jumper(b, BPF_PROG_TYPE_SCHED_CLS, array);
	int five = leaf(b, BPF_PROG_TYPE_SCHED_CLS, 5), again;
	union bpf_attr attr = { .map_id = id_of(b, array) };

	assert_int_equal(put(b, array, 0, five, 0), 0);
	again = backend_bpf(b, BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
	assert_true(again > 0);
	backend_close(b, array);
	assert_int_equal(jump(b, prog, 0), 5);
	if (pins) {
		union bpf_attr pin = { .pathname = ptr_u64(path), .bpf_fd = (u32)again };

		assert_int_equal(backend_bpf(b, BPF_OBJ_PIN, &pin, sizeof(pin)), 0);
		backend_close(b, again);
		assert_int_equal(jump(b, prog, 0), 5);
		again = -1;
		if (backend_engine(b))
			assert_int_equal(pin_unlink(backend_engine(b), NULL, path), 0);
		else
			assert_int_equal(unlink(path), 0);
	}
	if (again > 0)
		backend_close(b, again);
	emptied(b, prog, 0);
	/* The map is still there for its program, and a new handle can fill it again. */
	again = backend_bpf(b, BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
	assert_true(again > 0);
	assert_int_equal(put(b, again, 0, five, 0), 0);
	assert_int_equal(jump(b, prog, 0), 5);
	backend_close(b, again);
	backend_close(b, five);
	backend_close(b, prog);
}

/* An array and a program in it that jumps through it hold each other; the handle that closes ends
 * that. Both are gone afterwards: no id is left. */
static void case_cycle(struct backend *b, bool pins)
{
	int array = array_new(b), prog = jumper(b, BPF_PROG_TYPE_SCHED_CLS, array), fd = 1;
	union bpf_attr attr = { .prog_id = id_of(b, prog) };

	assert_int_equal(put(b, array, 0, prog, 0), 0);
	backend_close(b, prog);
	backend_close(b, array);
	for (u32 i = 0; i < 1000 && fd > 0; i++) {
		fd = backend_bpf(b, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
		if (fd > 0) {
			backend_close(b, fd);
			usleep(1000);
		}
	}
	assert_int_equal(fd, -ENOENT);
}

static void each(void **state, void (*run)(struct backend *b, bool pins))
{
	const struct both *both = *state;

	for (int side = 0; side < SIDES; side++)
		if (both->side[side])
			run(both->side[side], side == ENGINE || both->pins);
}

static void test_elements(void **state) { each(state, case_elements); }
static void test_jumps(void **state) { each(state, case_jumps); }
static void test_owner(void **state) { each(state, case_owner); }
static void test_lookup(void **state) { each(state, case_lookup); }
static void test_release(void **state) { each(state, case_release); }
static void test_cycle(void **state) { each(state, case_cycle); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_cycle),
	};

	return both_run("map prog_array", tests, ARRAY_SIZE(tests));
}
