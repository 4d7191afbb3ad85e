// SPDX-License-Identifier: BSD-2-Clause
/* test_ctx.c - the context: for every offset, size and direction, who may; and what loads find.
 *
 *   recorded:  the verdicts of Linux 6.18, one line a field (semantics.md B.2)
 *   Linux:     a program of two instructions for each cell, loaded; as sched_cls, socket_filter, xdp
 *   values:    TEST_RUN with a full ctx_in, every readable byte, word, ... on three machines
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../run/rig.h"
#include "packet/ctx.h"

#define CTX_END 192

static struct rig rig;

/* What may be done, as text: sizes that can be read / written at the offsets of a range. */
static const struct recorded {
	u16 from, to;             /* [from, to) */
	const char *read, *write; /* of "1248" */
	bool socket_read, socket_write;
} recorded[] = {
	{ 0, 8, "124", "", true, false },          /* len, pkt_type */
	{ 8, 16, "124", "4", true, false },        /* mark, queue_mapping */
	{ 16, 32, "124", "", true, false },        /* protocol, vlan_present, vlan_tci, vlan_proto */
	{ 32, 36, "124", "4", true, false },       /* priority */
	{ 36, 44, "124", "", true, false },        /* ingress_ifindex, ifindex */
	{ 44, 48, "124", "4", true, false },       /* tc_index */
	{ 48, 68, "1248", "1248", true, true },    /* cb */
	{ 68, 72, "124", "", true, false },        /* hash */
	{ 72, 76, "124", "4", false, false },      /* tc_classid */
	{ 76, 84, "4", "", false, false },         /* data, data_end */
	{ 84, 88, "124", "", true, false },        /* napi_id */
	{ 140, 144, "4", "", false, false },       /* data_meta */
	{ 152, 160, "8", "8", false, false },      /* tstamp */
	{ 160, 164, "124", "", false, false },     /* wire_len */
	{ 164, 168, "124", "", true, false },      /* gso_segs */
	{ 168, 176, "8", "", true, false },        /* sk */
	{ 176, 180, "124", "", true, false },      /* gso_size */
	{ 180, 181, "1", "", false, false },       /* tstamp_type */
	{ 184, 192, "8", "", false, false },       /* hwtstamp */
};

/* xdp_md has words, and nobody writes them. Those before 12 are pointers. */
static bool recorded_xdp(u32 off, u32 size, bool write, enum ctx_who who)
{
	return !write && size == 4 && off % 4 == 0 && off < (who == CTX_DEVMAP ? 24 : 20);
}

static bool is_pointer(u32 off, enum ctx_who who)
{
	return who & CTX_FRAME ? off < 12 : off == 76 || off == 80 || off == 140;
}

static bool recorded_verdict(u32 off, u32 size, bool write, enum ctx_who who)
{
	if (who & CTX_FRAME)
		return recorded_xdp(off, size, write, who);
	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		const struct recorded *r = &recorded[i];

		if (off < r->from || off >= r->to)
			continue;
		if (who == CTX_SOCKET && !(write ? r->socket_write : r->socket_read))
			return false;
		return off % size == 0 && off + size <= r->to &&
		       strchr(write ? r->write : r->read, (char)('0' + size));
	}
	return false;
}

static u8 load_code(u32 size)
{
	return size == 1 ? 0x71 : size == 2 ? 0x69 : size == 4 ? 0x61 : 0x79;
}

/* A program with one access, and its number of instructions. @kind: 0 load, 1 store of a register,
 * 2 store of a constant, 3 signed load. */
static u32 make(struct bpf_insn *insns, u32 off, u32 size, int kind)
{
	u8 code = load_code(size);

	insns[0] = (struct bpf_insn){ .code = 0xb7, .dst_reg = 0 };
	insns[1] = (struct bpf_insn){ .code = code, .dst_reg = 2, .src_reg = 1, .off = (s16)off };
	if (kind == 1)
		insns[1] = (struct bpf_insn){ .code = code | 2, .dst_reg = 1, .src_reg = 0, .off = (s16)off };
	if (kind == 2)
		insns[1] = (struct bpf_insn){ .code = (code & 0x18) | 0x62, .dst_reg = 1, .off = (s16)off };
	if (kind == 3)
		insns[1].code = (code & 0x18) | 0x81;
	insns[2] = (struct bpf_insn){ .code = 0x95 };
	return 3;
}

/* Does the engine stop the program in checked mode? */
static bool engine_allows(u32 type, const struct bpf_insn *insns, u32 count)
{
	int fd = rig_load(&rig, CHECKED, type, insns, count), err;

	assert_true(fd >= 0);
	err = rig_run(&rig, CHECKED, fd);
	rig_unload(&rig, CHECKED, fd);
	if (err)
		assert_int_equal(rig.fault.error, -EACCES);
	return !err;
}

static void check_cells(u32 type, enum ctx_who who)
{
	u32 allowed = 0;

	for (u32 off = 0; off < CTX_END; off++) {
		for (u32 size = 1; size <= 8; size *= 2) {
			for (int kind = 0; kind < 4; kind++) {
				struct bpf_insn insns[3];
				u32 count = make(insns, off, size, kind);
				bool write = kind == 1 || kind == 2, engine, table;
				int fd;

				if (kind == 3 && size == 8)
					continue;
				table = recorded_verdict(off, size, write, who);
				assert_int_equal(!!ctx_find(off, size, write, who), table);
				engine = engine_allows(type, insns, count);
				allowed += engine;
				/* A pointer has no sign. */
				if (kind == 3 && is_pointer(off, who))
					table = false;
				if (engine != table)
					fail_msg("type %u, kind %d of %u bytes at %u: %d here, %d recorded", type,
						 kind, size, off, engine, table);
				if (!rig.linux_side)
					continue;
				fd = rig_load(&rig, LINUX, type, insns, count);
				rig_unload(&rig, LINUX, fd);
				if ((fd >= 0) != engine)
					fail_msg("type %u, kind %d of %u bytes at %u: %d here, Linux says %d: %s", type,
						 kind, size, off, engine, fd, rig.log);
			}
		}
	}
	assert_true(allowed > (who & CTX_FRAME ? 6 : 150));
}

static void test_cls(void **state) { check_cells(BPF_PROG_TYPE_SCHED_CLS, CTX_TC); }
static void test_socket(void **state) { check_cells(BPF_PROG_TYPE_SOCKET_FILTER, CTX_SOCKET); }

static void test_xdp(void **state)
{
	check_cells(BPF_PROG_TYPE_XDP, CTX_XDP);
	rig.attach_type = BPF_XDP_DEVMAP;
	check_cells(BPF_PROG_TYPE_XDP, CTX_DEVMAP);
	rig.attach_type = 0;
}

/* Offsets that no field can have. */
static void test_outside(void **state)
{
	static const u32 offsets[] = { 192, 193, 196, 200, 255, 256, 0x7fff, 0x80000000, 0xfffffffc, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++)
		for (u32 size = 0; size <= 16; size++)
			assert_null(ctx_find(offsets[i], size, false, size % 3 ? CTX_TC : CTX_DEVMAP));
	for (u32 off = 0; off < CTX_END; off++) {
		static const u32 sizes[] = { 0, 3, 5, 6, 7, 16, 0x80000000, 0xffffffff };

		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			assert_null(ctx_find(off, sizes[i], false, CTX_ALL));
		assert_null(ctx_find(off, 4, false, CTX_NOBODY));
	}
}

/* ---- values ---- */

struct cell { u16 off; u8 size; };

static u32 readable_cells(struct cell *cells)
{
	u32 count = 0;

	for (u32 off = 0; off < CTX_END; off++)
		for (u32 size = 1; size <= 8; size *= 2)
			/* Addresses are not the same anywhere; nor is the NAPI id. */
			if (recorded_verdict(off, size, false, CTX_TC) && off != 76 && off != 80 && off != 140 &&
			    off / 4 != 21 && off / 8 != 21)
				cells[count++] = (struct cell){ (u16)off, (u8)size };
	return count;
}

/* All cells into the map, then the writable words take values, then all cells again. */
static u32 make_reader(struct bpf_insn *insns, const struct cell *cells, u32 count)
{
	static const struct { u16 off; u8 size; u32 value; } writes[] = {
		{ 8, 4, 0x11223344 }, { 12, 4, 0x00015678 }, { 32, 4, 0x55667788 }, { 44, 4, 0xabcd1234 },
		{ 48, 1, 0x7f }, { 50, 2, 0x8001 }, { 52, 4, 0x99aabbcc }, { 56, 8, 0x12345678 },
		{ 67, 1, 0xff }, { 72, 4, 0x00012345 }, { 152, 8, 0x7654321 }, { 12, 4, 0xffff },
		{ 12, 4, 0x10000 },
	};
	u32 n = 0;

	insns[n++] = (struct bpf_insn){ .code = 0xbf, .dst_reg = 6, .src_reg = 1 };
	insns[n++] = (struct bpf_insn){ .code = 0x18, .dst_reg = 7, .src_reg = BPF_PSEUDO_MAP_VALUE };
	insns[n++] = (struct bpf_insn){ 0 };
	for (size_t turn = 0; turn <= ARRAY_SIZE(writes); turn++) {
		for (u32 i = 0; i < count; i++) {
			insns[n++] = (struct bpf_insn){ .code = load_code(cells[i].size), .dst_reg = 2,
							.src_reg = 6, .off = (s16)cells[i].off };
			insns[n++] = (struct bpf_insn){ .code = 0x7b, .dst_reg = 7, .src_reg = 2,
							.off = (s16)(8 * i) };
		}
		insns[n++] = (struct bpf_insn){ .code = 0x07, .dst_reg = 7, .imm = (s32)(8 * count) };
		if (turn == ARRAY_SIZE(writes))
			break;
		insns[n++] = (struct bpf_insn){ .code = 0xb4, .dst_reg = 3, .imm = (s32)writes[turn].value };
		insns[n++] = (struct bpf_insn){ .code = load_code(writes[turn].size) | 2, .dst_reg = 6,
						.src_reg = 3, .off = (s16)writes[turn].off };
	}
	insns[n++] = (struct bpf_insn){ .code = 0xb7, .dst_reg = 0, .imm = 1 };
	insns[n++] = (struct bpf_insn){ .code = 0x95 };
	return n;
}

#define TURNS 14
#define CELLS_MAX 200

/* Run the reader; @out: the value of the map afterwards. */
static void read_values(enum machine machine, const struct bpf_insn *insns, u32 count, u64 *out)
{
	int fd = rig_load(&rig, machine, BPF_PROG_TYPE_SCHED_CLS, insns, count);
	u32 key = 0;

	if (fd < 0)
		fail_msg("%s refuses the reader (%d): %.2000s", rig_name(machine), fd, rig.log);
	if (rig_run(&rig, machine, fd))
		fail_msg("%s: %d %s, %u bytes", rig_name(machine), rig.err, rig.fault.text, rig.len);
	rig_unload(&rig, machine, fd);
	assert_int_equal(rig.r0, 1);
	assert_int_equal(rig_get(&rig, machine, 0, &key, out), 0);
}

static void compare_values(const char *what)
{
	static u64 value[MACHINES][TURNS * CELLS_MAX];
	static struct bpf_insn insns[TURNS * (2 * CELLS_MAX + 8)];
	struct cell cells[CELLS_MAX];
	u32 count = readable_cells(cells), len = make_reader(insns, cells, count);

	assert_true(count > 100 && count <= CELLS_MAX);
	for (enum machine machine = 0; machine < MACHINES; machine++) {
		if (!rig_backend(&rig, machine))
			continue;
		read_values(machine, insns, len, value[machine]);
		for (u32 i = 0; i < TURNS * count; i++)
			if (value[machine][i] != value[CHECKED][i])
				fail_msg("%s: %u bytes at %u, after write %u: 0x%llx checked, 0x%llx %s", what,
					 cells[i % count].size, cells[i % count].off, i / count,
					 (unsigned long long)value[CHECKED][i],
					 (unsigned long long)value[machine][i], rig_name(machine));
	}
}

static void test_values(void **state)
{
	rig.ctx = (struct __sk_buff){
		.mark = 0x01020304, .priority = 0x05060708, .ingress_ifindex = 1, .ifindex = 1,
		.cb = { 0x10111213, 0x14151617, 0x18191a1b, 0x1c1d1e1f, 0x20212223 },
		.tstamp = 0x0123456789abcdef, .wire_len = 1000, .gso_segs = 7, .gso_size = 1400,
		.hwtstamp = 0xfedcba9876543210,
	};
	compare_values("all fields");
	memset(&rig.ctx, 0, sizeof(rig.ctx));
	compare_values("no field");
}

/* protocol, pkt_type and len of frames of all kinds. */
static void test_frames(void **state)
{
	static const struct { const char *name; u16 type; u8 to; u32 len; u8 byte14; } frames[] = {
		{ "IPv4", 0x0800, 0, 64, 0x45 }, { "IPv6", 0x86dd, 0, 64, 0x60 }, { "ARP", 0x0806, 0xff, 42, 0 },
		{ "802.1Q", 0x8100, 0, 64, 0 }, { "802.1ad", 0x88a8, 0, 64, 0 }, { "multicast", 0x0800, 1, 64, 0 },
		{ "other host", 0x0800, 2, 64, 0 }, { "802.3", 0x0040, 0, 64, 0xff }, { "802.2", 0x0040, 0, 64, 0xaa },
		{ "smallest type", 0x0600, 0, 64, 0 }, { "largest length", 0x05ff, 0, 64, 0 },
		{ "shortest", 0x0806, 0, 14, 0 }, { "short", 0x0806, 0, 15, 0 }, { "largest", 0x0800, 0, 3712, 0x45 },
	};
	u8 saved[20];

	memcpy(saved, rig.bytes, sizeof(saved));
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		memset(rig.bytes, 0, 6);
		rig.bytes[0] = frames[i].to;
		if (frames[i].to == 0xff)
			memset(rig.bytes, 0xff, 6);
		put_be16(rig.bytes + 12, frames[i].type);
		rig.bytes[14] = rig.bytes[15] = frames[i].byte14;
		rig.len = frames[i].len;
		compare_values(frames[i].name);
	}
	memcpy(rig.bytes, saved, sizeof(saved));
	rig.len = 64;
}

static void test_compared(void **state)
{
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cls), cmocka_unit_test(test_socket), cmocka_unit_test(test_xdp),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_values), cmocka_unit_test(test_frames),
		cmocka_unit_test(test_compared),
	};
	int err;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	rig_open(&rig);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, 8 * TURNS * CELLS_MAX, 1, 0);
	tests[ARRAY_SIZE(tests) - 1].name = rig_linux_name(&rig);
	err = cmocka_run_group_tests_name("ctx", tests, NULL, NULL);
	rig_close(&rig);
	return err;
}
