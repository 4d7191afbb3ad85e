// SPDX-License-Identifier: BSD-2-Clause
/* test_who.c - which programs may call which helper: each row of helper.def, as each program type, with
 * arguments that the row asks for. The engine and Linux take the same ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "both.h"
#include "helper/helper.h"

#define IDS 212

static struct backend *engine, *linux_side;
static const char *why;

struct program {
	struct bpf_insn insn[64];
	u32 count;
};

static void put(struct program *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->insn[p->count++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15,
						 .src_reg = src & 15, .off = off, .imm = imm };
}

static void put_map(struct program *p, u8 dst, int map)
{
	put(p, BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, map);
	put(p, 0, 0, 0, 0, 0);
}

static void put_arg(struct program *p, u8 reg, const struct arg_info *info, int map)
{
	switch ((enum arg_base)info->base) {
	case ARG_IS_NOTHING:
		return;
	case ARG_IS_ANYTHING:
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, 0);
		return;
	case ARG_IS_CTX:
		put(p, BPF_ALU64 | BPF_MOV | BPF_X, reg, 6, 0, 0);
		return;
	case ARG_IS_MAP:
		put_map(p, reg, map);
		return;
	case ARG_IS_SIZE:
	case ARG_IS_ALLOC_SIZE:
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, 8);
		return;
	case ARG_IS_RECORD:
		put(p, BPF_ALU64 | BPF_MOV | BPF_X, reg, 7, 0, 0);
		return;
	case ARG_IS_KEY:
	case ARG_IS_VALUE:
	case ARG_IS_MEM:
	case ARG_IS_STACK:
	case ARG_IS_CONST_STR:
	case ARG_IS_SOCK:
	case ARG_IS_BTF_SOCK:
	case ARG_IS_BTF:
	case ARG_IS_PERCPU:
	case ARG_IS_KPTR:
	case ARG_IS_LOCK:
	case ARG_IS_TIMER:
	case ARG_IS_FUNC:
	case ARG_IS_DYNPTR:
		put(p, BPF_ALU64 | BPF_MOV | BPF_X, reg, 10, 0, 0);
		put(p, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, -8);
		return;
	}
}

static void put_call(struct program *p, const struct helper *helper, int map)
{
	for (u8 i = 0; i < 5; i++)
		put_arg(p, i + 1, helper_arg(helper, i), map);
	put(p, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)helper->id);
}

static void put_exit(struct program *p)
{
	put(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* One call of @helper; a record of a ring buffer is taken before or given back behind. */
static void make(struct program *p, const struct helper *helper, int map)
{
	bool takes = helper->ret == RET_RINGBUF_MEM_OR_NULL;

	p->count = 0;
	put(p, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	put(p, BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0);
	if (takes || helper->arg[0] == ARG_RINGBUF_MEM) {
		put_call(p, helper_find(BPF_FUNC_ringbuf_reserve, WHO_CLS), map);
		put(p, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 2, 0);
		put_exit(p);
		put(p, BPF_ALU64 | BPF_MOV | BPF_X, 7, 0, 0, 0);
		helper = takes ? helper_find(BPF_FUNC_ringbuf_discard, WHO_CLS) : helper;
	}
	put_call(p, helper, map);
	put_exit(p);
}

static int map_for(struct backend *side, const struct helper *helper)
{
	bool ring = helper->map_types >> BPF_MAP_TYPE_RINGBUF & 1 || helper->arg[0] == ARG_RINGBUF_MEM;
	bool progs = helper->map_types >> BPF_MAP_TYPE_PROG_ARRAY & 1;
	int map = ring ? side_map(side, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0) :
		  side_map(side, progs ? BPF_MAP_TYPE_PROG_ARRAY : BPF_MAP_TYPE_ARRAY, 4, progs ? 4 : 8, 1, 0);

	assert_true(map >= 0);
	return map;
}

static bool takes(struct backend *side, u32 type, const struct helper *helper)
{
	int map = map_for(side, helper), fd;
	union bpf_attr attr = { .prog_type = type, .license = ptr_u64("GPL") };
	struct program p;

	make(&p, helper, map);
	attr.insns = ptr_u64(p.insn);
	attr.insn_cnt = p.count;
	fd = backend_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		backend_close(side, fd);
	else
		assert_true(fd == -EINVAL || fd == -EACCES);
	backend_close(side, map);
	return fd >= 0;
}

/* Can make() call it? tests/verify asks about the others. */
static bool is_simple(const struct helper *helper)
{
	for (u32 i = 0; i < 5; i++) {
		u8 base = helper_arg(helper, i)->base;

		if (base > ARG_IS_RECORD || base == ARG_IS_CONST_STR)
			return false;
	}
	return helper->fn && (helper->ret <= RET_RINGBUF_MEM_OR_NULL) &&
	       (!helper->map_types || helper->map_types & (1ull << BPF_MAP_TYPE_ARRAY |
		1ull << BPF_MAP_TYPE_PROG_ARRAY | 1ull << BPF_MAP_TYPE_RINGBUF));
}

static void test_types(void **state)
{
	static const u32 types[] = { BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT,
				     BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP };
	u32 rows = 0;

	for (u32 id = 1; id < IDS; id++)
		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			u32 who = helper_who_of(types[i]);
			const struct helper *helper = helper_find(id, who);

			if (!helper || !is_simple(helper))
				continue;
			rows++;
			if (takes(engine, types[i], helper) != !!(helper->who & who))
				fail_msg("bpf_%s as type %u: the engine does not do what its row says",
					 helper->name, types[i]);
			if (linux_side && takes(linux_side, types[i], helper) != !!(helper->who & who))
				fail_msg("bpf_%s as type %u: Linux does not say %u", helper->name, types[i],
					 !!(helper->who & who));
		}
	assert_true(rows > 150);
}

static void test_asked(void **state)
{
}

int main(void)
{
	static char asked[128];
	struct CMUnitTest tests[] = { cmocka_unit_test(test_types), cmocka_unit_test(test_asked) };
	int err = backend_engine_create(NULL, &engine);

	if (err)
		return 1;
	linux_side = linux_backend(&why);
	snprintf(asked, sizeof(asked), "comparison with Linux%s%s", why ? " # SKIP " : "", why ? why : "");
	tests[1].name = asked;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	err = cmocka_run_group_tests_name("who", tests, NULL, NULL);
	backend_destroy(engine);
	backend_destroy(linux_side);
	return err;
}
