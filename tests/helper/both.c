// SPDX-License-Identifier: BSD-2-Clause
/* both.c - rows to programs, programs to outcomes, outcomes compared. See both.h.
 *
 *   map value:  result[8] | context fields | buffer that arguments point to
 *   program:    R6 = context, R7 = the map value, R8 R9 = packet start and end while they last
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "both.h"

#define FIELDS_AT 64
#define BUFFER_AT 256
#define VALUE_SIZE (BUFFER_AT + BOTH_BUFFER)
#define OUT_ROOM 32768
#define RETVAL_NO_PACKET 99     /* a packet argument did not fit: the row is wrong */
#define F_TEST_COMPLETE 4       /* BPF_F_TEST_SKB_CHECKSUM_COMPLETE: newer than the headers */
#define TEXT_ROOM 4096

/* What a context shows afterwards; the hash apart. */
static const u16 fields[] = { 0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 72, 160, 164, 176 };
#define FIELD_HASH 68

struct outcome {
	int err;
	u32 retval, len;
	struct __sk_buff ctx;
	u8 value[VALUE_SIZE];
	u8 packet[OUT_ROOM];
};

/* One combination of a row. */
struct pick {
	const struct row *row;
	enum frame frame;
	bool socket, complete;
	u32 at[BOTH_CALLS][5];
};

struct program {
	struct bpf_insn insn[512];
	u32 count;
};

static struct {
	struct backend *engine, *linux_side;
	const char *why;                /* there is no linux_side */
	bool record;
	struct outcome ours, theirs;
} both;

static const struct recorded all_recorded[] = {
#define RECORDED(name, results, digest) { name, results, digest },
#include "recorded.def"
#undef RECORDED
};

/* ---- programs ---- */

static void put(struct program *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->insn[p->count++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15,
						 .src_reg = src & 15, .off = off, .imm = imm };
}

static void put_imm64(struct program *p, u8 dst, u8 src, u64 value)
{
	put(p, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, (s32)value);
	put(p, 0, 0, 0, 0, (s32)(value >> 32));
}

static void put_exit(struct program *p, s32 value)
{
	put(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, value);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void put_packet(struct program *p, u8 dst, u64 offset)
{
	put(p, BPF_LDX | BPF_MEM | BPF_W, 8, 6, 76, 0);
	put(p, BPF_LDX | BPF_MEM | BPF_W, 9, 6, 80, 0);
	put(p, BPF_ALU64 | BPF_MOV | BPF_X, 0, 8, 0, 0);
	put(p, BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, (s32)offset + 64);
	put(p, BPF_JMP | BPF_JLE | BPF_X, 0, 9, 2, 0);
	put_exit(p, RETVAL_NO_PACKET);
	put(p, BPF_ALU64 | BPF_ADD | BPF_K, 8, 0, 0, (s32)offset);
	put(p, BPF_ALU64 | BPF_MOV | BPF_X, dst, 8, 0, 0);
}

static void put_arg(struct program *p, u8 dst, const struct arg *arg, u32 at, int map)
{
	switch (arg->kind) {
	case A_NUM:
		put_imm64(p, dst, 0, arg->values[at]);
		return;
	case A_CTX:
		put(p, BPF_ALU64 | BPF_MOV | BPF_X, dst, 6, 0, 0);
		return;
	case A_BUF:
		put(p, BPF_ALU64 | BPF_MOV | BPF_X, dst, 7, 0, 0);
		put(p, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, BUFFER_AT + (s32)arg->values[at]);
		return;
	case A_PKT:
		put_packet(p, dst, arg->values[at]);
		return;
	case A_MAP:
		put_imm64(p, dst, BPF_PSEUDO_MAP_FD, (u32)map);
		return;
	case A_NULL:
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, 0);
		return;
	}
}

static void put_call(struct program *p, const struct pick *pick, u32 n, int map)
{
	const struct call_row *call = &pick->row->calls[n];
	u8 one;

	if (call->id == CALL_STORE) {
		put_imm64(p, 1, 0, call->args[1].values[pick->at[n][1]]);
		put(p, BPF_STX | BPF_MEM | BPF_W, 6, 1, (s16)call->args[0].values[pick->at[n][0]], 0);
		return;
	}
	for (one = 0; one < 5 && call->args[one].count; one++)
		put_arg(p, one + 1, &call->args[one], pick->at[n][one], map);
	put(p, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)call->id);
	if (call->id == BPF_FUNC_map_lookup_elem) {
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 0);
		put(p, BPF_LDX | BPF_MEM | BPF_DW, 0, 0, 0, 0);
	} else if (pick->row->flags & ROW_TRUTH) {
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 0);
		put(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
	}
	put(p, BPF_STX | BPF_MEM | BPF_DW, 7, 0, (s16)(8 * n), 0);
}

static void put_field(struct program *p, u16 off, u32 n)
{
	put(p, BPF_LDX | BPF_MEM | BPF_W, 0, 6, (s16)off, 0);
	put(p, BPF_STX | BPF_MEM | BPF_W, 7, 0, (s16)(FIELDS_AT + 4 * n), 0);
}

static void program_make(struct program *p, const struct pick *pick, int value_map, int map)
{
	p->count = 0;
	put(p, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	put_imm64(p, 7, BPF_PSEUDO_MAP_VALUE, (u32)value_map);
	for (u32 n = 0; n < BOTH_CALLS && pick->row->calls[n].id; n++)
		put_call(p, pick, n, map);
	for (u32 i = 0; i < ARRAY_SIZE(fields); i++)
		if (!pick->socket || (fields[i] != 72 && fields[i] != 160))
			put_field(p, fields[i], i);
	if (pick->row->flags & ROW_HASH)
		put_field(p, FIELD_HASH, ARRAY_SIZE(fields));
	put_exit(p, 7);
}

/* ---- outcomes ---- */

int side_map(struct backend *side, u32 type, u32 key_size, u32 value_size, u32 entries, u32 flags)
{
	union bpf_attr attr = { .map_type = type, .key_size = key_size, .value_size = value_size,
				.max_entries = entries, .map_flags = flags };

	return backend_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

int side_prog(struct backend *side, u32 type, const struct bpf_insn *insns, u32 count)
{
	static char text[1 << 16];
	union bpf_attr attr = { .prog_type = type, .insns = ptr_u64(insns), .insn_cnt = count,
				.license = ptr_u64("GPL"), .log_level = 1, .log_buf = ptr_u64(text),
				.log_size = sizeof(text) };
	int fd = backend_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd == -ENOSPC) {
		attr.log_level = attr.log_size = 0;
		attr.log_buf = 0;
		fd = backend_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	}
	if (fd < 0)
		print_message("# load: %d: %.2000s\n", fd, text);
	return fd;
}

static void value_fill(u8 *value)
{
	memset(value, 0, VALUE_SIZE);
	for (u32 i = 0; i < BOTH_BUFFER - 8; i++)
		value[BUFFER_AT + i] = (u8)(i * 91 + 5);
}

static int value_exchange(struct backend *side, int cmd, int map, u8 *value)
{
	u32 key = 0;
	union bpf_attr attr = { .map_fd = (u32)map, .key = ptr_u64(&key), .value = ptr_u64(value) };

	return backend_bpf(side, cmd, &attr, sizeof(attr));
}

static void outcome_run(struct backend *side, const struct pick *pick, int prog, int value_map,
			struct outcome *out)
{
	static u8 frame[BOTH_PACKET];
	u32 len = frame_make(pick->frame, frame);
	struct __sk_buff ctx;
	union bpf_attr attr;

	/* Holes, and what is behind the member of a union, count for bpf(2). */
	memset(&ctx, 0, sizeof(ctx));
	memset(&attr, 0, sizeof(attr));
	ctx.gso_size = pick->row->flags & ROW_GSO ? 20 : 0;
	attr.test.prog_fd = (u32)prog;
	attr.test.data_in = ptr_u64(frame);
	attr.test.data_size_in = len;
	attr.test.data_out = ptr_u64(out->packet);
	attr.test.data_size_out = OUT_ROOM;
	attr.test.ctx_in = ptr_u64(&ctx);
	attr.test.ctx_size_in = sizeof(ctx);
	attr.test.ctx_out = ptr_u64(&out->ctx);
	attr.test.ctx_size_out = sizeof(out->ctx);
	attr.test.flags = pick->complete ? F_TEST_COMPLETE : 0;
	out->err = backend_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	if (!out->err) {
		out->retval = attr.test.retval;
		out->len = attr.test.data_size_out;
	}
	assert_int_equal(value_exchange(side, BPF_MAP_LOOKUP_ELEM, value_map, out->value), 0);
	if (!(pick->row->flags & ROW_HASH))
		out->ctx.hash = 0;
}

static void outcome_get(struct backend *side, const struct pick *pick, struct outcome *out)
{
	const struct row *row = pick->row;
	struct program program;
	int value_map, map, prog;

	memset(out, 0, sizeof(*out));
	value_map = side_map(side, BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, 0);
	map = side_map(side, row->map_type ? row->map_type : BPF_MAP_TYPE_ARRAY,
		       row->map_key ? row->map_key : 4, 8, row->map_entries ? row->map_entries : 1,
		       row->map_flags);
	assert_true(value_map >= 0 && map >= 0);
	value_fill(out->value);
	assert_int_equal(value_exchange(side, BPF_MAP_UPDATE_ELEM, value_map, out->value), 0);
	program_make(&program, pick, value_map, map);
	prog = side_prog(side, pick->socket ? BPF_PROG_TYPE_SOCKET_FILTER : BPF_PROG_TYPE_SCHED_CLS,
			 program.insn, program.count);
	if (prog < 0)
		fail_msg("%s refuses the program", side == both.engine ? "the engine" : "Linux");
	outcome_run(side, pick, prog, value_map, out);
	backend_close(side, prog);
	backend_close(side, map);
	backend_close(side, value_map);
	if (out->retval == RETVAL_NO_PACKET)
		fail_msg("the packet has no room for a packet argument");
}

static s64 outcome_result(const struct outcome *out, u32 n)
{
	return (s64)get_u64(out->value + 8 * n);
}

/* ---- combinations ---- */

static bool pick_next_arg(struct pick *pick)
{
	for (u32 n = 0; n < BOTH_CALLS; n++)
		for (u32 i = 0; i < 5; i++) {
			if (++pick->at[n][i] < pick->row->calls[n].args[i].count)
				return true;
			pick->at[n][i] = 0;
		}
	return false;
}

/* The next combination; arguments turn fastest. */
static bool pick_next(struct pick *pick)
{
	if (pick_next_arg(pick))
		return true;
	pick->complete = !pick->complete && pick->row->flags & ROW_COMPLETE;
	if (pick->complete)
		return true;
	pick->socket = !pick->socket && pick->row->flags & ROW_SOCKET;
	if (pick->socket)
		return true;
	do
		pick->frame = (enum frame)(pick->frame << 1);
	while (pick->frame <= pick->row->frames && !(pick->frame & pick->row->frames));
	return pick->frame <= pick->row->frames;
}

static void pick_print(const struct pick *pick)
{
	print_message("# %s: frame 0x%x%s%s:", pick->row->name, pick->frame,
		      pick->complete ? ", CHECKSUM_COMPLETE" : "", pick->socket ? ", socket filter" : "");
	for (u32 n = 0; n < BOTH_CALLS && pick->row->calls[n].id; n++) {
		const struct call_row *call = &pick->row->calls[n];

		print_message(" %u(", call->id);
		for (u32 i = 0; i < 5 && call->args[i].count; i++)
			print_message("%s0x%llx", i ? ", " : "",
				      (unsigned long long)call->args[i].values[pick->at[n][i]]);
		print_message(")");
	}
	print_message("\n");
}

static u32 first_difference(const void *a, const void *b, u32 len)
{
	const u8 *left = a, *right = b;
	u32 i = 0;

	while (i < len && left[i] == right[i])
		i++;
	return i;
}

/* Says what differs; true when nothing does. */
static bool outcomes_equal(const struct pick *pick, const struct outcome *linux_side,
			   const struct outcome *ours)
{
	u32 at;

	if (!memcmp(linux_side, ours, sizeof(*ours)))
		return true;
	pick_print(pick);
	if (linux_side->err != ours->err || linux_side->retval != ours->retval)
		print_message("#   TEST_RUN: Linux %d (%u), engine %d (%u) %s\n", linux_side->err,
			      linux_side->retval, ours->err, ours->retval,
			      backend_message(both.engine));
	for (u32 n = 0; n < BOTH_CALLS; n++)
		if (outcome_result(linux_side, n) != outcome_result(ours, n))
			print_message("#   call %u: Linux %lld, engine %lld\n", n + 1,
				      (long long)outcome_result(linux_side, n),
				      (long long)outcome_result(ours, n));
	for (u32 i = 0; i <= ARRAY_SIZE(fields); i++)
		if (get_u32(linux_side->value + FIELDS_AT + 4 * i) !=
		    get_u32(ours->value + FIELDS_AT + 4 * i))
			print_message("#   context + %u: Linux 0x%x, engine 0x%x\n",
				      i < ARRAY_SIZE(fields) ? fields[i] : FIELD_HASH,
				      get_u32(linux_side->value + FIELDS_AT + 4 * i),
				      get_u32(ours->value + FIELDS_AT + 4 * i));
	at = first_difference(linux_side->value + BUFFER_AT, ours->value + BUFFER_AT, BOTH_BUFFER);
	if (at < BOTH_BUFFER)
		print_message("#   buffer + %u: Linux %02x, engine %02x\n", at,
			      linux_side->value[BUFFER_AT + at], ours->value[BUFFER_AT + at]);
	at = first_difference(&linux_side->ctx, &ours->ctx, sizeof(ours->ctx));
	if (at < sizeof(ours->ctx))
		print_message("#   ctx_out + %u differs\n", at);
	at = first_difference(linux_side->packet, ours->packet, OUT_ROOM);
	if (linux_side->len != ours->len || at < OUT_ROOM)
		print_message("#   packet: Linux %u bytes, engine %u; byte %u: %02x, %02x\n",
			      linux_side->len, ours->len, at, linux_side->packet[at % OUT_ROOM],
			      ours->packet[at % OUT_ROOM]);
	return false;
}

/* "0*12 -14*3": the results of the last call, equal ones in a row counted. */
struct summary {
	char text[TEXT_ROOM];
	size_t len;
	s64 last;
	u32 times;
	u64 digest;
};

static void summary_flush(struct summary *s)
{
	if (s->times && s->len < TEXT_ROOM - 48)
		s->len += (size_t)sprintf(s->text + s->len, s->times > 1 ? "%s%lld*%u" : "%s%lld",
					  s->len ? " " : "", (long long)s->last, s->times);
	s->times = 0;
}

static void summary_add(struct summary *s, const struct row *row, const struct outcome *out)
{
	u32 last = 0;
	s64 result;

	for (u32 n = 0; n < BOTH_CALLS && row->calls[n].id; n++)
		if (row->calls[n].id != CALL_STORE)
			last = n;
	result = out->err ? out->err : outcome_result(out, last);
	if (s->times && result != s->last)
		summary_flush(s);
	s->last = result;
	s->times++;
	s->digest = hash_bytes(&out->err, sizeof(out->err), s->digest);
	s->digest = hash_bytes(&out->retval, sizeof(out->retval), s->digest);
	s->digest = hash_bytes(&out->ctx, sizeof(out->ctx), s->digest);
	s->digest = hash_bytes(out->value, sizeof(out->value), s->digest);
	s->digest = hash_bytes(out->packet, min_u32(out->len, OUT_ROOM), s->digest);
}

static const struct recorded *recorded_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_recorded); i++)
		if (all_recorded[i].name && !strcmp(all_recorded[i].name, name))
			return &all_recorded[i];
	return NULL;
}

static void recorded_compare(const struct row *row, const struct summary *s)
{
	const struct recorded *recorded = recorded_find(row->name);

	if (!recorded)
		fail_msg("recorded.def has no row for it");
	if (strcmp(recorded->results, s->text))
		fail_msg("results: recorded %s, engine %s", recorded->results, s->text);
	if (recorded->digest != s->digest)
		fail_msg("packet, context or memory are not those that Linux gave: digest %016llx "
			 "(as root this test shows the difference)", (unsigned long long)s->digest);
}

static void test_row(void **state)
{
	const struct row *row = *state;
	struct pick pick = { .row = row, .frame = (enum frame)(row->frames & -row->frames) };
	struct summary *s = calloc(1, sizeof(*s));
	u32 different = 0, combinations = 0;

	assert_non_null(s);
	do {
		combinations++;
		if (both.linux_side)
			outcome_get(both.linux_side, &pick, &both.theirs);
		if (both.record) {
			summary_add(s, row, &both.theirs);
			continue;
		}
		outcome_get(both.engine, &pick, &both.ours);
		if (both.linux_side && !outcomes_equal(&pick, &both.theirs, &both.ours))
			different++;
		summary_add(s, row, &both.ours);
	} while (pick_next(&pick) && different < 10);
	summary_flush(s);
	if (both.record)
		printf("RECORDED(\"%s\",\n\t \"%s\", 0x%016llx)\n", row->name, s->text,
		       (unsigned long long)s->digest);
	else if (different)
		fail_msg("%u of %u combinations differ", different, combinations);
	else
		recorded_compare(row, s);
	free(s);
}

static bool lo_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), err = ioctl(fd, SIOCSIFFLAGS, &request);

	close(fd);
	return !err;
}

struct backend *linux_backend(const char **why)
{
	struct backend *side = NULL;
	int map;

	if (geteuid()) {
		*why = "not root: Linux cannot be asked";
		return NULL;
	}
	if (unshare(CLONE_NEWNET)) {
		*why = "no network namespace of our own";
		return NULL;
	}
	if (!lo_up()) {
		*why = "lo does not come up";
		return NULL;
	}
	if (backend_kernel_create(&side)) {
		*why = "no netlink socket";
		return NULL;
	}
	map = side_map(side, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	if (map < 0) {
		*why = "Linux does not let us use bpf(2)";
		backend_destroy(side);
		return NULL;
	}
	backend_close(side, map);
	return side;
}

static void test_asked(void **state)
{
	if (!both.linux_side) {
		print_message("# SKIP %s; what it gave once is compared\n", both.why);
		skip();
	}
}

static int setup(void **state)
{
	return backend_engine_create(NULL, &both.engine);
}

static int teardown(void **state)
{
	backend_destroy(both.engine);
	backend_destroy(both.linux_side);
	return 0;
}

int both_main(const char *group, const struct row *rows, u32 count, int argc, char **argv)
{
	struct CMUnitTest *tests = calloc(count + 1, sizeof(*tests));
	int err;

	if (!tests)
		return 1;
	both.record = argc > 1 && !strcmp(argv[1], "record");
	both.linux_side = linux_backend(&both.why);
	if (both.record && !both.linux_side) {
		fprintf(stderr, "record: %s\n", both.why);
		return 1;
	}
	cmocka_set_message_output(both.record ? CM_OUTPUT_STDOUT : CM_OUTPUT_TAP);
	for (u32 i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name, .test_func = test_row,
						.initial_state = (void *)(uintptr_t)&rows[i] };
	tests[count] = (struct CMUnitTest){ .name = "Linux was asked", .test_func = test_asked };
	err = _cmocka_run_group_tests(group, tests, count + 1, setup, teardown);
	free(tests);
	return err;
}
