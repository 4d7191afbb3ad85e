// SPDX-License-Identifier: BSD-2-Clause
/* test_run.c - BPF_PROG_TEST_RUN: the same packets and contexts through the same programs on Linux and
 * on the engine. What has to be the same: the errno, the verdict, every byte that comes out, and the
 * sizes that are written back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sides.h"

#define PROGS 40
#define ROOM 4096

enum type { CLS = BPF_PROG_TYPE_SCHED_CLS, ACT = BPF_PROG_TYPE_SCHED_ACT,
	    SOCK = BPF_PROG_TYPE_SOCKET_FILTER };

#define SKB(field) ((s16)offsetof(struct __sk_buff, field))
#define RET { .code = BPF_JMP | BPF_EXIT }
#define SET(reg, value) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .imm = value }
#define COPY(to, from) { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from }
#define ADD(reg, value) { .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = reg, .imm = value }
#define LOAD(size, to, at) { .code = BPF_LDX | BPF_MEM | size, .dst_reg = to, .src_reg = 6, .off = at }
#define STORE(size, at, from)                                                                      \
	{ .code = BPF_STX | BPF_MEM | size, .dst_reg = 6, .src_reg = from, .off = at }
#define CALL(id) { .code = BPF_JMP | BPF_CALL, .imm = id }

/* Programs by what they do. The context is in R6. */
static const struct {
	const char *name;
	u32 types;                  /* 1 << type */
	struct bpf_insn insns[32];
	u32 count;
} progs[] = {
#define TC (1u << CLS | 1u << ACT)
#define ALL (TC | 1u << SOCK)
#define PROG(name, types, ...)                                                                     \
	{ name, types, { COPY(6, 1), __VA_ARGS__ },                                                 \
	  sizeof((struct bpf_insn[]){ COPY(6, 1), __VA_ARGS__ }) / sizeof(struct bpf_insn) }
	PROG("returns 7", ALL, SET(0, 7), RET),
	PROG("returns -1", ALL, SET(0, -1), RET),
	PROG("redirects", TC, SET(1, 1), SET(2, 0), CALL(BPF_FUNC_redirect), RET),
	PROG("counts in mark", TC, LOAD(BPF_W, 0, SKB(mark)), ADD(0, 1), STORE(BPF_W, SKB(mark), 0),
	     RET),
	PROG("counts in cb", ALL, LOAD(BPF_W, 0, SKB(cb) + 8), ADD(0, 3),
	     STORE(BPF_W, SKB(cb) + 8, 0), RET),
	PROG("sets what it can", TC, SET(1, 0x12345678), STORE(BPF_W, SKB(priority), 1),
	     STORE(BPF_W, SKB(tc_index), 1), STORE(BPF_W, SKB(tc_classid), 1),
	     STORE(BPF_DW, SKB(tstamp), 1), LOAD(BPF_W, 0, SKB(tc_classid)), RET),
	PROG("writes the packet", TC, SET(1, 0x55667788),
	     { .code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = 10, .src_reg = 1, .off = -8 }, COPY(1, 6),
	     SET(2, 3), COPY(3, 10), ADD(3, -8), SET(4, 4), SET(5, 0), CALL(BPF_FUNC_skb_store_bytes),
	     RET),
	PROG("pushes a tag", TC, COPY(1, 6), SET(2, 0x81), SET(3, 77), CALL(BPF_FUNC_skb_vlan_push),
	     LOAD(BPF_W, 0, SKB(vlan_tci)), RET),
	PROG("pushes two tags", TC, COPY(1, 6), SET(2, 0x81), SET(3, 77),
	     CALL(BPF_FUNC_skb_vlan_push), COPY(1, 6), SET(2, 0xa888), SET(3, 78),
	     CALL(BPF_FUNC_skb_vlan_push), LOAD(BPF_W, 0, SKB(len)), RET),
#define FIELD(field) PROG(#field, ALL, LOAD(BPF_W, 0, SKB(field)), RET)
#define TC_FIELD(size, field) PROG(#field, TC, LOAD(size, 0, SKB(field)), RET)
	FIELD(len), FIELD(pkt_type), FIELD(mark), FIELD(queue_mapping), FIELD(protocol),
	FIELD(vlan_present), FIELD(vlan_tci), FIELD(vlan_proto), FIELD(priority),
	FIELD(ingress_ifindex), FIELD(ifindex), FIELD(tc_index), FIELD(cb[4]), FIELD(hash),
	FIELD(napi_id), FIELD(gso_segs), FIELD(gso_size), TC_FIELD(BPF_W, tc_classid),
	TC_FIELD(BPF_W, wire_len), TC_FIELD(BPF_DW, tstamp), TC_FIELD(BPF_DW, hwtstamp),
#define PROG_COUNT 30
};
_Static_assert(ARRAY_SIZE(progs) == PROG_COUNT && PROG_COUNT <= PROGS, "progs");

/* One run. Offsets and values; 0 is what nobody gave. */
struct plan {
	u32 data_len, data_room;    /* data_room: data_size_out */
	bool data_out;
	u16 protocol;
	u32 ctx_in, ctx_room;       /* bytes of the structures */
	u32 ctx_off, ctx_value;     /* one word of the context */
	u32 flags, repeat, cpu, batch;
	u8 mac;                     /* first byte of the destination */
};

struct result {
	int err;
	u32 data_size, retval, ctx_size;
	u8 data[ROOM], ctx[ROOM];
};

struct state {
	struct sides sides;
	const char *why;
	int prog[2][3][PROGS];      /* [side][type][program], 0 where there is none */
};

static const u32 types[] = { CLS, ACT, SOCK };

static void run(struct side *side, int prog, const struct plan *p, struct result *r)
{
	u8 *a = side->arena;
	union bpf_attr attr = { .test = {
		.prog_fd = (u32)prog, .data_size_in = p->data_len, .data_size_out = p->data_room,
		.data_in = ptr_u64(a + AT_DATA), .repeat = p->repeat, .ctx_size_in = p->ctx_in,
		.ctx_size_out = p->ctx_room, .flags = p->flags, .cpu = p->cpu,
		.batch_size = p->batch } };

	for (u32 i = 0; i < ROOM; i++)
		a[AT_DATA + i] = (u8)(i * 7);
	memset(a + AT_DATA, p->mac, 1);
	put_be16(a + AT_DATA + 12, p->protocol);
	memset(a + AT_DATA_OUT, 0x77, ROOM);
	memset(a + AT_CTX, 0, ROOM);
	memset(a + AT_CTX_OUT, 0x77, ROOM);
	put_u32(a + AT_CTX + p->ctx_off, p->ctx_value);
	if (p->data_out)
		attr.test.data_out = ptr_u64(a + AT_DATA_OUT);
	if (p->ctx_in)
		attr.test.ctx_in = ptr_u64(a + AT_CTX);
	if (p->ctx_room)
		attr.test.ctx_out = ptr_u64(a + AT_CTX_OUT);
	r->err = side_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	r->data_size = attr.test.data_size_out;
	r->retval = attr.test.retval;
	r->ctx_size = attr.test.ctx_size_out;
	memcpy(r->data, a + AT_DATA_OUT, ROOM);
	memcpy(r->ctx, a + AT_CTX_OUT, ROOM);
}

static u32 first_difference(const u8 *a, const u8 *b)
{
	u32 i = 0;

	while (i < ROOM && a[i] == b[i])
		i++;
	return i;
}

static void compare(struct state *s, u32 type, u32 prog, const struct plan *p)
{
	static struct result theirs, ours;
	u32 data, ctx;

	if (!s->prog[0][type][prog])
		return;
	run(&s->sides.linux_side, s->prog[0][type][prog], p, &theirs);
	run(&s->sides.engine, s->prog[1][type][prog], p, &ours);
	data = first_difference(theirs.data, ours.data);
	ctx = first_difference(theirs.ctx, ours.ctx);
	if (theirs.err == ours.err && theirs.data_size == ours.data_size &&
	    theirs.retval == ours.retval && theirs.ctx_size == ours.ctx_size && data == ROOM &&
	    ctx == ROOM)
		return;
	fail_msg("type %u, \"%s\", %u bytes (%u out), protocol 0x%04x, ctx %u (%u out) [%u] = 0x%x, flags "
		 "%u, repeat %u: Linux %d, engine %d (%s); sizes %u %u, verdicts 0x%x 0x%x, ctx sizes %u %u; "
		 "bytes differ at %u (0x%02x 0x%02x), ctx at %u (0x%02x 0x%02x)", types[type],
		 progs[prog].name, p->data_len, p->data_room, p->protocol, p->ctx_in, p->ctx_room,
		 p->ctx_off, p->ctx_value, p->flags, p->repeat, theirs.err, ours.err,
		 backend_message(s->sides.engine.backend), theirs.data_size, ours.data_size, theirs.retval,
		 ours.retval, theirs.ctx_size, ours.ctx_size, data, theirs.data[data % ROOM],
		 ours.data[data % ROOM], ctx, theirs.ctx[ctx % ROOM], ours.ctx[ctx % ROOM]);
}

#define for_progs(type, prog)                                                                      \
	for (u32 type = 0; type < ARRAY_SIZE(types); type++)                                       \
		for (u32 prog = 0; prog < PROG_COUNT; prog++)

static const struct plan good = { .data_len = 100, .data_room = ROOM, .data_out = true,
				  .protocol = 0x0800, .ctx_in = sizeof(struct __sk_buff),
				  .ctx_room = sizeof(struct __sk_buff) };

static void test_lengths(void **state)
{
	static const u32 lengths[] = { 0, 1, 13, 14, 15, 17, 18, 19, 33, 34, 35, 53, 54, 55, 60, 1514,
				       3711, 3712, 3713, 65536, ~0u };
	static const u16 protocols[] = { 0x0800, 0x86dd, 0x0806, 0, 0x05ff, 0x0600, 0x8100, 0x88a8 };
	static const u8 macs[] = { 0, 0x01, 0xff, 0x02 };

	for_progs(type, prog)
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
			for (size_t k = 0; k < (prog < 10 ? ARRAY_SIZE(protocols) : 2); k++) {
				struct plan p = good;

				p.data_len = lengths[i];
				p.protocol = protocols[k];
				p.mac = macs[(i + k) % ARRAY_SIZE(macs)];
				compare(*state, type, prog, &p);
			}
}

/* Room for the packet and for the context, less and more than there is. */
static void test_room(void **state)
{
	static const u32 rooms[] = { 0, 1, 13, 14, 99, 100, 101, 104, 108, 4096 };
	static const u32 sizes[] = { 0, 1, 4, 8, 47, 48, 100, 184, 188, 191, 192, 193, 200, 4095, 4096, 4097 };

	for_progs(type, prog) {
		struct plan p = good;

		if (prog > 10)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(rooms); i++)
			for (int out = 0; out < 2; out++) {
				p.data_room = rooms[i];
				p.data_out = out;
				compare(*state, type, prog, &p);
			}
		p = good;
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
				p.ctx_in = sizes[i];
				p.ctx_room = min_u32(sizes[k], 200);
				compare(*state, type, prog, &p);
			}
	}
}

/* Each word of the context, with values at its bounds. */
static void test_context(void **state)
{
	static const u32 values[] = { 0, 1, 2, 99, 100, 101, 1000, 65535, 65536, 65537, 0x7fffffff, ~0u };

	for_progs(type, prog)
		for (u32 off = 0; off < 200; off += 4)
			for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
				struct plan p = good;

				if (prog > 8 && i % 3)
					continue;
				p.ctx_off = off;
				p.ctx_value = values[i];
				p.ctx_in = off < 192 ? 192 : 200;
				compare(*state, type, prog, &p);
			}
}

static void test_numbers(void **state)
{
	static const u32 flags[] = { 0, 1, 2, 4, 5, 8, 1u << 31 }, repeats[] = { 0, 1, 2, 3, 65, 100 };

	for_progs(type, prog) {
		struct plan p = good;

		for (size_t i = 0; i < ARRAY_SIZE(repeats); i++) {
			p.repeat = repeats[i];
			compare(*state, type, prog, &p);
		}
		p = good;
		for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
			p.flags = flags[i];
			compare(*state, type, prog, &p);
		}
		p = good;
		p.cpu = 1;
		compare(*state, type, prog, &p);
		p.cpu = 0;
		p.batch = 1;
		compare(*state, type, prog, &p);
	}
}

static void programs_load(struct state *s)
{
	struct side *sides[] = { &s->sides.linux_side, &s->sides.engine };

	for_progs(type, prog)
		for (int side = 0; side < 2; side++) {
			int fd = !(progs[prog].types >> types[type] & 1) ? 0 :
				side_load(sides[side], types[type], progs[prog].insns, progs[prog].count);

			if (fd < 0)
				print_message("# %s: type %u, \"%s\": %d (%s)\n", sides[side]->name, types[type],
					      progs[prog].name, fd, backend_message(sides[side]->backend));
			s->prog[side][type][prog] = fd > 0 ? fd : 0;
		}
}

/* Every program loads on both sides, or is none for its type. */
static void test_programs(void **state)
{
	const struct state *s = *state;

	for_progs(type, prog)
		for (int side = 0; side < 2; side++)
			assert_int_equal(!s->prog[side][type][prog], !(progs[prog].types >> types[type] & 1));
}

int main(void)
{
	static struct state s;
	struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_programs, &s),
		cmocka_unit_test_prestate(test_lengths, &s),
		cmocka_unit_test_prestate(test_room, &s),
		cmocka_unit_test_prestate(test_context, &s),
		cmocka_unit_test_prestate(test_numbers, &s),
	};
	int ret = sides_open(&s.sides, &s.why);

	if (ret < 0)
		return 1;
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), s.why);
	if (!ret)
		programs_load(&s);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("test run", tests, NULL, NULL);
	sides_close(&s.sides);
	return ret;
}
