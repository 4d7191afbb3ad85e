// SPDX-License-Identifier: BSD-2-Clause
/* both.c - opening both kernels, and short forms of bpf(2) calls. */
#include "both.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "object/engine.h"

static int both_open(struct both *both)
{
	int fd, err = backend_engine_create(NULL, &both->side[ENGINE]);

	if (err)
		return err;
	both->cpus = backend_engine(both->side[ENGINE])->cpus;
	if (geteuid())
		both->why = "not root";
	else if (backend_kernel_create(&both->side[LINUX]))
		both->why = "no netlink socket";
	else if ((fd = map_new(both->side[LINUX], BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0)) < 0)
		both->why = "Linux gives us no maps";
	else
		backend_close(both->side[LINUX], fd);
	if (both->why && both->side[LINUX]) {
		backend_destroy(both->side[LINUX]);
		both->side[LINUX] = NULL;
	}
	both->pins = !both->why && !unshare(CLONE_NEWNS) &&
		     !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		     !mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL);
	return 0;
}

static void test_asked(void **state)
{
	const struct both *both = *state;

	assert_true(both->why || both->side[LINUX]);
}

int both_run(const char *name, const struct CMUnitTest *tests, u32 count)
{
	struct CMUnitTest all[32];
	struct both both = { 0 };
	char asked[128];
	int ret;

	if (count >= ARRAY_SIZE(all) || both_open(&both))
		return 1;
	snprintf(asked, sizeof(asked), "comparison with Linux%s%s", both.why ? " # SKIP " : "",
		 both.why ? both.why : "");
	memcpy(all, tests, count * sizeof(*tests));
	all[count] = (struct CMUnitTest){ .name = asked, .test_func = test_asked };
	for (u32 i = 0; i <= count; i++)
		all[i].initial_state = &both;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = _cmocka_run_group_tests(name, all, count + 1, NULL, NULL);
	for (int i = 0; i < SIDES; i++)
		backend_destroy(both.side[i]);
	return ret;
}

int map_new(struct backend *side, u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	union bpf_attr attr = { .map_type = type, .key_size = key_size, .value_size = value_size,
				.max_entries = max_entries, .map_flags = flags };

	return backend_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

int map_do(struct backend *side, int cmd, int fd, const void *key, void *value, u64 flags)
{
	union bpf_attr attr = { .map_fd = (u32)fd, .key = ptr_u64(key) };

	if (cmd != BPF_MAP_DELETE_ELEM)
		attr.value = ptr_u64(value);
	if (cmd != BPF_MAP_DELETE_ELEM && cmd != BPF_MAP_GET_NEXT_KEY)
		attr.flags = flags;
	return backend_bpf(side, cmd, &attr, sizeof(attr));
}

int prog_new(struct backend *side, u32 type, const struct bpf_insn *insns, u32 count)
{
	union bpf_attr attr = { .prog_type = type, .insns = ptr_u64(insns), .insn_cnt = count,
				.license = ptr_u64("GPL") };

	return backend_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int prog_run(struct backend *side, int fd, u32 mark, u32 priority, u32 *retval)
{
	static const u8 packet[64];
	struct __sk_buff ctx = { .mark = mark, .priority = priority };
	union bpf_attr attr = { .test = { .prog_fd = (u32)fd, .data_in = ptr_u64(packet),
					  .data_size_in = sizeof(packet), .ctx_in = ptr_u64(&ctx),
					  .ctx_size_in = sizeof(ctx) } };
	int err = backend_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr));

	*retval = attr.test.retval;
	return err;
}

#define STACK_KEY (-8)
#define STACK_VALUE (-72)

int map_touch_prog(struct backend *side, int fd, u32 helper, u32 value_size)
{
	struct bpf_insn insns[32];
	u32 n = 0;

#define INSN(op, d, s, o, i)                                                                       \
	(insns[n++] = (struct bpf_insn){ .code = (op), .dst_reg = (d), .src_reg = (s), .off = (o),  \
					 .imm = (i) })
	INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 1, offsetof(struct __sk_buff, mark), 0);
	INSN(BPF_STX | BPF_MEM | BPF_W, 10, 0, STACK_KEY, 0);
	INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 1, offsetof(struct __sk_buff, priority), 0);
	for (u32 at = 0; at < value_size; at += 8)
		INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 0, (s16)(STACK_VALUE + (s32)at), 0);
	INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, fd);
	INSN(0, 0, 0, 0, 0);
	INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, STACK_KEY);
	if (helper == BPF_FUNC_map_update_elem) {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0);
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, STACK_VALUE);
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, BPF_ANY);
	}
	INSN(BPF_JMP | BPF_CALL, 0, 0, 0, (s32)helper);
	if (helper == BPF_FUNC_map_lookup_elem) {
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 0);
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	}
	INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
#undef INSN
	return prog_new(side, BPF_PROG_TYPE_SCHED_CLS, insns, n);
}

u32 random_next(u64 *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (u32)(*state >> 33);
}
