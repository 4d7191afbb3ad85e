// SPDX-License-Identifier: BSD-2-Clause
/* test_xdp.c - BPF_PROG_TEST_RUN of XDP programs: the same frames and contexts through the same programs
 * on Linux and on the engine. What has to be the same: the errno, the verdict, every byte that comes
 * out, and the sizes that are written back.
 *
 * A program is a list of steps; its verdict is made of what they returned. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sides.h"

#define ROOM (80u << 10)
#define IN_AT 0x400000              /* in the arena, where sides.h has nothing */
#define OUT_AT 0x500000
#define BUFFER 256                  /* of a program, on its stack */
#define STEPS 3
#define F_LIVE 2u
#define INSNS_MAX 160

enum { HEAD = BPF_FUNC_xdp_adjust_head, META = BPF_FUNC_xdp_adjust_meta,
       TAIL = BPF_FUNC_xdp_adjust_tail, LEN = BPF_FUNC_xdp_get_buff_len,
       LOAD = BPF_FUNC_xdp_load_bytes, STORE = BPF_FUNC_xdp_store_bytes,
       REDIRECT = BPF_FUNC_redirect,
       FIELD = 1000,                /* a word of the context: a */
       LINEAR = 1001,               /* data_end - data */
       IN_FRONT = 1002,             /* data - data_meta */
       VERDICT = 1003 };            /* a, whatever came before */

/* A helper, its offset (or interface) and, of bytes, their number (or flags). */
struct step { u32 what; s32 a, b; };

static struct sides sides;

/* ---- programs ---- */

struct program {
	struct bpf_insn insn[INSNS_MAX];
	u32 count;
};

static void put(struct program *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	assert_true(p->count < INSNS_MAX);
	p->insn[p->count++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15,
						 .src_reg = src & 15, .off = off, .imm = imm };
}

static void put_buffer(struct program *p, u8 reg)
{
	put(p, BPF_ALU64 | BPF_MOV | BPF_X, reg, 10, 0, 0);
	put(p, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, -BUFFER);
}

static void put_difference(struct program *p, s16 from, s16 to)
{
	put(p, BPF_LDX | BPF_MEM | BPF_W, 2, 6, from, 0);
	put(p, BPF_LDX | BPF_MEM | BPF_W, 0, 6, to, 0);
	put(p, BPF_ALU64 | BPF_SUB | BPF_X, 0, 2, 0, 0);
}

/* R0 = what @step gives. The context is in R6. */
static void put_step(struct program *p, const struct step *step)
{
	switch (step->what) {
	case FIELD:
		put(p, BPF_LDX | BPF_MEM | BPF_W, 0, 6, (s16)step->a, 0);
		return;
	case LINEAR:
		put_difference(p, 0, 4);
		return;
	case IN_FRONT:
		put_difference(p, 8, 0);
		return;
	case VERDICT:
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, 7, 0, 0, 0);
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, step->a);
		return;
	case REDIRECT:
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, step->a);
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, step->b);
		break;
	default:
		put(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, step->a);
		put_buffer(p, 3);
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, step->b);
	}
	put(p, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)step->what);
}

static void program_make(struct program *p, const struct step *steps)
{
	p->count = 0;
	put(p, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	put(p, BPF_ALU64 | BPF_MOV | BPF_K, 7, 0, 0, 0);
	for (s16 i = 8; i <= BUFFER; i = (s16)(i + 8))
		put(p, BPF_ST | BPF_MEM | BPF_DW, 10, 0, (s16)-i, 0x010203 * i);
	for (u32 i = 0; i < STEPS && steps[i].what; i++) {
		put_step(p, &steps[i]);
		put(p, BPF_ALU64 | BPF_MUL | BPF_K, 7, 0, 0, 100003);
		put(p, BPF_ALU64 | BPF_ADD | BPF_X, 7, 0, 0, 0);
	}
	put(p, BPF_ALU64 | BPF_MOV | BPF_X, 0, 7, 0, 0);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int load(struct side *side, const struct program *p, u32 attach_type, u32 flags)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_XDP, .insns = ptr_u64(p->insn),
				.insn_cnt = p->count, .license = ptr_u64("GPL"), .prog_flags = flags,
				.expected_attach_type = attach_type };

	return side_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* ---- runs ---- */

/* One run. 0 is what nobody gave. */
struct plan {
	u32 len, room;
	bool no_in, no_out;
	u32 ctx_in, ctx_room;       /* bytes of the structures */
	struct xdp_md ctx;
	u32 ctx_more;               /* the word behind it */
	u32 flags, repeat, cpu, batch;
};

struct result {
	int err;
	u32 size, retval, ctx_size;
	u8 data[ROOM], ctx[64];
};

static const struct plan plain = { .len = 100, .room = ROOM };

static void run(struct side *side, int prog, const struct plan *p, struct result *r)
{
	u8 *a = side->arena;
	union bpf_attr attr = { .test = {
		.prog_fd = (u32)prog, .retval = 0x5555, .data_size_in = p->len, .data_size_out = p->room,
		.data_in = p->no_in ? 0 : ptr_u64(a + IN_AT), .repeat = p->repeat,
		.data_out = p->no_out ? 0 : ptr_u64(a + OUT_AT), .ctx_size_in = p->ctx_in,
		.ctx_size_out = p->ctx_room, .ctx_in = p->ctx_in ? ptr_u64(a + AT_CTX) : 0,
		.ctx_out = p->ctx_room ? ptr_u64(a + AT_CTX_OUT) : 0, .flags = p->flags, .cpu = p->cpu,
		.batch_size = p->batch } };

	for (u32 i = 0; i < ROOM; i++)
		a[IN_AT + i] = (u8)(i * 7 + (i >> 8));
	memset(a + OUT_AT, 0x77, ROOM);
	memset(a + AT_CTX, 0, 8192);
	memcpy(a + AT_CTX, &p->ctx, sizeof(p->ctx));
	put_u32(a + AT_CTX + sizeof(p->ctx), p->ctx_more);
	memset(a + AT_CTX_OUT, 0x77, sizeof(r->ctx));
	r->err = side_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	r->size = attr.test.data_size_out;
	r->retval = attr.test.retval;
	r->ctx_size = attr.test.ctx_size_out;
	memcpy(r->data, a + OUT_AT, ROOM);
	memcpy(r->ctx, a + AT_CTX_OUT, sizeof(r->ctx));
}

static bool results_equal(const struct result *a, const struct result *b)
{
	return a->err == b->err && a->size == b->size && a->retval == b->retval &&
	       a->ctx_size == b->ctx_size && !memcmp(a->data, b->data, ROOM) &&
	       !memcmp(a->ctx, b->ctx, sizeof(a->ctx));
}

static void compare(const int prog[2], const struct step *steps, const struct plan *p)
{
	static struct result theirs, ours;
	u32 at = 0;

	run(&sides.linux_side, prog[0], p, &theirs);
	run(&sides.engine, prog[1], p, &ours);
	/* Live frames are not there: where Linux takes the call, we say so. */
	if (p->flags == F_LIVE && !theirs.err && ours.err == -EOPNOTSUPP)
		return;
	if (results_equal(&theirs, &ours))
		return;
	while (at < ROOM - 1 && theirs.data[at] == ours.data[at])
		at++;
	for (u32 i = 0; i < STEPS && steps[i].what; i++)
		print_message("# %u(%d, %d)\n", steps[i].what, steps[i].a, steps[i].b);
	fail_msg("%u bytes (%u out), ctx %u (%u out) { %u, %u, %u, %u, %u, %u } %u, flags %u, batch %u, repeat %u: "
		 "Linux %d, engine %d (%s); sizes %u %u, verdicts %d %d, ctx sizes %u %u, ctx %u-%u %u-%u; "
		 "byte %u: 0x%02x 0x%02x", p->len, p->room, p->ctx_in, p->ctx_room, p->ctx.data,
		 p->ctx.data_end, p->ctx.data_meta, p->ctx.ingress_ifindex, p->ctx.rx_queue_index,
		 p->ctx.egress_ifindex, p->ctx_more, p->flags, p->batch, p->repeat, theirs.err, ours.err,
		 backend_message(sides.engine.backend), theirs.size, ours.size, (int)theirs.retval,
		 (int)ours.retval, theirs.ctx_size, ours.ctx_size, get_u32(theirs.ctx),
		 get_u32(theirs.ctx + 4), get_u32(ours.ctx), get_u32(ours.ctx + 4), at, theirs.data[at],
		 ours.data[at]);
}

static void open_steps(const struct step *steps, int prog[2])
{
	struct program p;

	program_make(&p, steps);
	prog[0] = load(&sides.linux_side, &p, 0, 0);
	prog[1] = load(&sides.engine, &p, 0, 0);
	if (prog[0] < 0 || prog[1] < 0)
		fail_msg("%u(%d, %d): Linux %d, engine %d (%s)", steps->what, steps->a, steps->b, prog[0],
			 prog[1], backend_message(sides.engine.backend));
}

static void close_steps(const int prog[2])
{
	backend_close(sides.linux_side.backend, prog[0]);
	backend_close(sides.engine.backend, prog[1]);
}

static struct plan with_ctx(u32 len, u32 meta, u32 end)
{
	struct plan p = plain;

	p.len = len;
	p.ctx_in = p.ctx_room = sizeof(p.ctx);
	p.ctx.data = meta;
	p.ctx.data_end = end;
	return p;
}

/* Frames for helpers: short and long, with metadata, with fragments. */
static u32 helper_frames(struct plan *plans)
{
	static const struct { u32 len, meta, end; } frames[] = {
		{ 100, 0, 100 }, { 14, 0, 14 }, { 100, 8, 100 }, { 400, 216, 400 }, { 3000, 0, 3000 },
		{ 3520, 0, 3520 }, { 3736, 216, 3736 }, { 3521, 0, 3520 }, { 7616, 0, 3520 }, { 7615, 4, 3524 },
		{ 9000, 0, 100 }, { 9000, 8, 8 }, { 69632, 0, 3520 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(frames); i++)
		plans[i] = with_ctx(frames[i].len, frames[i].meta, frames[i].end);
	return ARRAY_SIZE(frames);
}

/* @repeat: of some; Linux takes its time to begin such a run. */
static void compare_frames(const struct step *steps, u32 repeat)
{
	struct plan plans[16];
	u32 count = helper_frames(plans);
	int prog[2];

	open_steps(steps, prog);
	for (u32 i = 0; i < count; i++) {
		/* Linux misuses a fragment when that many bytes go: -INT_MIN is below 0. */
		if (steps->what == TAIL && steps->a == INT32_MIN && plans[i].len > plans[i].ctx.data_end)
			continue;
		compare(prog, steps, &plans[i]);
		plans[i].repeat = repeat;
		if (repeat > 1 && !(i % 4))
			compare(prog, steps, &plans[i]);
	}
	close_steps(prog);
}

/* ---- tests ---- */

static const struct step passes[STEPS] = { { VERDICT, 2, 0 } };
static const struct step looks[STEPS] = { { LINEAR, 0, 0 }, { IN_FRONT, 0, 0 }, { LEN, 0, 0 } };

static void test_verdicts(void **state)
{
	static const s32 values[] = { 0, 1, 2, 3, 4, 5, 77, -1, INT32_MIN };
	static const s32 flags[] = { 0, 1, 2, 8, -1 };
	int prog[2];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct step steps[STEPS] = { { VERDICT, values[i], 0 } };

		open_steps(steps, prog);
		compare(prog, steps, &plain);
		close_steps(prog);
		for (size_t k = 0; k < ARRAY_SIZE(flags); k++) {
			steps[0] = (struct step){ REDIRECT, values[i], flags[k] };
			open_steps(steps, prog);
			compare(prog, steps, &plain);
			close_steps(prog);
		}
	}
}

static void test_lengths(void **state)
{
	static const u32 lengths[] = { 0, 1, 13, 14, 15, 100, 3407, 3408, 3409, 3519, 3520, 3521, 4096, 7616,
				       7617, 9000, 69632, 73151, 73152, 73153, 80000 };
	static const u32 rooms[] = { 0, 1, 14, 99, 100, 1000, 3520, 5479, 5480, 5481, 8999, ROOM };
	int prog[2];

	open_steps(looks, prog);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		for (int how = 0; how < 8; how++) {
			struct plan p = plain;

			p.len = lengths[i];
			p.no_in = how & 1;
			p.no_out = how & 2;
			p.flags = how & 4 ? F_LIVE : 0;
			compare(prog, looks, &p);
			p.ctx_room = sizeof(p.ctx);
			compare(prog, looks, &p);
		}
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
		for (int how = 0; how < 6; how++) {
			struct plan p = with_ctx(how & 2 ? 9000 : 100, how & 1 ? 8 : 0, 100);

			p.no_out = how & 4;
			p.room = rooms[i];
			compare(prog, looks, &p);
		}
	close_steps(prog);
}

static void test_context(void **state)
{
	static const u32 lengths[] = { 13, 14, 100, 230, 231, 1000, 3520, 3521, 3736, 3737, 9000 };
	static const u32 ends[] = { 0, 13, 14, 100, 216, 230, 1000, 3520, 3521, 3624, 3625, 3736, 9000, 9001, ~0u };
	static const u32 metas[] = { 0, 1, 3, 4, 8, 84, 86, 88, 212, 216, 220, 252, 256, 0x80000000, ~0u };
	int prog[2];

	open_steps(looks, prog);
	for (size_t l = 0; l < ARRAY_SIZE(lengths); l++)
		for (size_t e = 0; e < ARRAY_SIZE(ends); e++)
			for (size_t m = 0; m < ARRAY_SIZE(metas); m++) {
				struct plan p = with_ctx(lengths[l], metas[m], ends[e]);

				if ((l + e + m) % 3 == 0) {
					p.flags = F_LIVE;
					p.ctx_room = 0;
					p.no_out = true;
				}
				compare(prog, looks, &p);
			}
	close_steps(prog);
}

/* The other words, and their sizes. */
static void test_fields(void **state)
{
	static const u32 values[] = { 0, 1, 2, 3, 0x7fffffff, ~0u };
	static const u32 sizes[] = { 0, 1, 4, 7, 8, 12, 16, 20, 23, 24, 25, 28, 32, 4096, 4097 };
	static const struct step steps[STEPS] = { { FIELD, 12, 0 }, { FIELD, 16, 0 } };
	int prog[2];

	open_steps(steps, prog);
	for (u32 i = 0; i < 5 * 6 * 6; i++) {
		struct plan p = with_ctx(100, 0, 100);
		u32 *words[] = { &p.ctx.data_meta, &p.ctx.ingress_ifindex, &p.ctx.rx_queue_index,
				 &p.ctx.egress_ifindex, &p.ctx_more };

		p.ctx.ingress_ifindex = values[i / 30];
		*words[i % 5] = values[i / 5 % 6];
		p.ctx_in = words[i % 5] == &p.ctx_more ? 28 : 24;
		compare(prog, steps, &p);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			struct plan p = with_ctx(100, 4, 100);

			p.ctx_in = sizes[i];
			p.ctx_room = min_u32(sizes[k], 32);
			compare(prog, steps, &p);
		}
	close_steps(prog);
}

static void test_numbers(void **state)
{
	static const u32 flags[] = { 0, 1, 2, 3, 4, 8, 1u << 31 }, batches[] = { 0, 1, 64, 256, 257, ~0u };
	static const u32 repeats[] = { 0, 1, 2, 65, 200 };
	static const struct step steps[STEPS] = { { HEAD, 1, 0 }, { LEN, 0, 0 } };
	int prog[2];

	open_steps(steps, prog);
	for (size_t i = 0; i < ARRAY_SIZE(flags) * ARRAY_SIZE(batches); i++)
		for (int bad = 0; bad < 4; bad++) {
			struct plan p = plain;

			p.flags = flags[i % ARRAY_SIZE(flags)];
			p.batch = batches[i / ARRAY_SIZE(flags)];
			p.no_out = p.flags & F_LIVE;
			p.cpu = (u32)i % 3;
			p.len = bad & 1 ? 13 : 100;
			if (bad & 2) {
				p.ctx_in = 28;
				p.ctx_more = 1;
			}
			compare(prog, steps, &p);
		}
	for (size_t i = 0; i < ARRAY_SIZE(repeats); i++) {
		struct plan p = with_ctx(100, 4, 100);

		p.repeat = repeats[i];
		compare(prog, steps, &p);
	}
	close_steps(prog);
}

static void test_ends(void **state)
{
	static const s32 offsets[] = { 0, 1, -1, 2, 3, 4, -3, -4, 8, 12, 86, 87, -14, -86, -87, -208, -209, -216, -217,
				       -252, -256, 256, 520, 776, 777, 2711, 2712, 2713, 3676, 4095, 4096, -3520, -5480,
				       -5481, -8886, -8887, -8986, -8987, 70000, -70000, INT32_MAX, INT32_MIN };
	static const u32 helpers[] = { HEAD, META, TAIL };

	for (size_t h = 0; h < ARRAY_SIZE(helpers); h++)
		for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
			struct step steps[STEPS] = { { helpers[h], offsets[i], 0 }, { LINEAR, 0, 0 },
						     { IN_FRONT, 0, 0 } };

			compare_frames(steps, i % 12 == h ? 3 : 1);
			/* What one left meets the next. */
			steps[1] = (struct step){ helpers[i % 3], offsets[(i * 7 + h) % 20], 0 };
			steps[2] = (struct step){ helpers[(i + h) % 3], offsets[(i * 5 + 3) % 20], 0 };
			compare_frames(steps, 1);
		}
}

/* Bytes in and out: what is loaded is stored at 20, so that data_out shows it. */
static void test_bytes(void **state)
{
	static const s32 offsets[] = { 0, 1, 13, 86, 99, 100, 101, 3263, 3264, 3265, 3400, 3519, 3520, 3521, 7360, 7361,
				       7615, 7616, 8744, 8745, 8999, 9000, 0xfeff, 0xff00, 0xffff, 0x10000, -1, INT32_MIN };
	static const s32 sizes[] = { 1, 2, 13, 14, 64, 255, 256 };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			struct step steps[STEPS] = { { LOAD, offsets[i], sizes[k] }, { STORE, 20, sizes[k] } };

			compare_frames(steps, 1);
			steps[0].what = STORE;
			steps[1] = (struct step){ LEN, 0, 0 };
			compare_frames(steps, 1);
		}
}

/* Which programs have a test run, and that what they were loaded for does not matter otherwise. */
static void test_attach_types(void **state)
{
	for (u32 type = 0; type < 64; type++) {
		struct program p;
		int prog[2];

		program_make(&p, passes);
		prog[0] = load(&sides.linux_side, &p, type, type & 1 ? BPF_F_XDP_HAS_FRAGS : 0);
		prog[1] = load(&sides.engine, &p, type, type & 1 ? BPF_F_XDP_HAS_FRAGS : 0);
		assert_true(prog[0] >= 0 && prog[1] >= 0);
		compare(prog, passes, &plain);
		close_steps(prog);
	}
}

/* A program array takes programs with the fragments flag, or programs without. */
static void test_jumps(void **state)
{
	struct side *both[] = { &sides.linux_side, &sides.engine };

	for (u32 owner = 0; owner < 2; owner++)
		for (u32 leaf = 0; leaf < 2; leaf++)
			for (u32 i = 0; i < 2; i++) {
				struct side *side = both[i];
				int array = side_map(side, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1), first, second;
				struct program p = { 0 };
				u32 key = 0, fd;
				union bpf_attr attr = { .map_fd = (u32)array, .key = ptr_u64(&key),
							.value = ptr_u64(&fd) };

				put(&p, BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_MAP_FD, 0, array);
				put(&p, 0, 0, 0, 0, 0);
				put(&p, BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 0);
				put(&p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call);
				put(&p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 9);
				put(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
				first = load(side, &p, 0, owner ? BPF_F_XDP_HAS_FRAGS : 0);
				program_make(&p, passes);
				second = load(side, &p, 0, leaf ? BPF_F_XDP_HAS_FRAGS : 0);
				fd = (u32)second;
				assert_int_equal(side_bpf(side, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)),
						 owner == leaf ? 0 : -EINVAL);
				backend_close(side->backend, first);
				backend_close(side->backend, second);
				backend_close(side->backend, array);
			}
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_context), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_ends), cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_attach_types), cmocka_unit_test(test_jumps),
	};
	const char *why;
	int ret = sides_open(&sides, &why);

	if (ret < 0)
		return 1;
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), why);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("xdp", tests, NULL, NULL);
	sides_close(&sides);
	return ret;
}
