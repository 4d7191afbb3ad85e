// SPDX-License-Identifier: BSD-2-Clause
/* test_trace.c - bpf_trace_printk: the format language and the lines.
 *
 * Returns and texts in the table are those of Linux 6.18. As root Linux is asked again; its lines
 * are found in the trace buffer (which everybody shares) by a number of this run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sched.h>
#include <unistd.h>

#include <cmocka.h>

#include "both.h"
#include "object/engine.h"

#define TRACE_DIR "/sys/kernel/tracing"
#define VALUE 4096
#define FMT_AT 8
#define MEM_AT 2048

struct row_trace {
	const char *fmt;
	u64 arg[3];
	const char *memory;     /* an argument of the value MEMORY is its address */
	int ret;
	const char *text;       /* NULL: no line, or not the same twice */
	bool only_engine;       /* Linux complains in its own log: not asked again */
};

#define MEMORY 0x4d454d4f5259ull

static const struct row_trace rows[] = {
	{ "hello", { 0 }, NULL, 5, "hello" },
	{ "%d %i %u", { 1, -2ull, -3ull }, NULL, 15, "1 -2 4294967293" },
	{ "%d", { 0x1ffffffff }, NULL, 2, "-1" },
	{ "%x %X %llx", { 0xabcdef, 0xabcdef, 0xfedcba9876543210 }, NULL, 30, "abcdef ABCDEF fedcba9876543210" },
	{ "%ld %lu %lx", { -1ull, -1ull, -1ull }, NULL, 40, "-1 18446744073709551615 ffffffffffffffff" },
	{ "%lld %lli %llu", { -1ull, 1ull << 63, -1ull }, NULL, 44, "-1 -9223372036854775808 18446744073709551615" },
	{ "%5d|%-5d|%05d", { 42, 42, 42 }, NULL, 17, "   42|42   |00042" },
	{ "%+d|% d|%+05d", { 7, 7, 7 }, NULL, 11, "+7| 7|+0007" },
	{ "%08x|%16llx|%-8xz", { 0xbeef, 0xbeef, 0xbeef }, NULL, 35, "0000beef|            beef|beef    z" },
	{ "%0-+ 7d|", { 7 }, NULL, 8, "+7     |" },
	{ "%200d", { 1 }, NULL, 200, NULL },
	{ "%2000d", { 1 }, NULL, 2000, NULL },
	{ "100%% %d%%", { 5 }, NULL, 7, "100% 5%" },
	{ "%c%c%c", { 'a', 'b', 0x163 }, NULL, 3, "abc" },
	{ "%3c|%-3c|", { 'a', 'b' }, NULL, 8, "  a|b  |" },
	{ "%s", { MEMORY }, "string", 6, "string" },
	{ "%s,%8s;", { MEMORY, MEMORY }, "abc", 13, "abc,     abc;" },
	{ "%-8s|", { MEMORY }, "abc", 9, "abc     |" },
	{ "%s", { 0 }, NULL, 0, "" },
	{ "%s", { 1 }, NULL, 0, "" },
	{ "%sx", { MEMORY }, "abc", -22, NULL },
	{ "%s9", { MEMORY }, "abc", -22, NULL },
	{ "%pks", { MEMORY }, "abc", 3, "abc" },
	{ "%pks.", { MEMORY }, "abc", 4, "abc." },
	{ "%pksx", { MEMORY }, "abc", -22, NULL },
	{ "%px", { 0x1234 }, NULL, 16, "0000000000001234" },
	{ "%p", { 0 }, NULL, 16, NULL },
	{ "%p.", { 0 }, NULL, 17, NULL },
	{ "%p a", { 0 }, NULL, 18, NULL },
	{ "%pq", { 0 }, NULL, -22, NULL },
	{ "%p4", { 0 }, NULL, -22, NULL },
	{ "%pi", { 0 }, NULL, -22, NULL },
	{ "%pI5", { 0 }, NULL, -22, NULL },
	{ "%pI4 %pi4", { MEMORY, MEMORY }, "\x0a\x01\xc8\xff", 28, "10.1.200.255 010.001.200.255" },
	{ "%pI6", { MEMORY }, "\xfe\x80\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e", 39, "fe80:0102:0304:0506:0708:090a:0b0c:0d0e" },
	{ "%pi6", { MEMORY }, "\xfe\x80\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e", 32, "fe800102030405060708090a0b0c0d0e" },
	{ "%d %d %d %d", { 1, 2, 3 }, NULL, -22, NULL },
	{ "%", { 0 }, NULL, -22, NULL },
	{ "%5", { 0 }, NULL, -22, NULL },
	{ "%l", { 0 }, NULL, -22, NULL },
	{ "%llld", { 0 }, NULL, -22, NULL },
	{ "%hd", { 0 }, NULL, -22, NULL },
	{ "%n", { 0 }, NULL, -22, NULL },
	{ "%o", { 0 }, NULL, -22, NULL },
	{ "%f", { 0 }, NULL, -22, NULL },
	{ "%zu", { 0 }, NULL, -22, NULL },
	{ "%.3d", { 0 }, NULL, -22, NULL },
	{ "%*d", { 0 }, NULL, -22, NULL },
	{ "%#x", { 0 }, NULL, -22, NULL },
	{ "%1$d", { 0 }, NULL, -22, NULL },
	{ "%0d|%00d|%0 d", { 7, 7, 7 }, NULL, 6, "7|7| 7" },
	{ "%ls", { MEMORY }, "abc", -22, NULL },
	{ "%lc", { 'a' }, NULL, -22, NULL },
	{ "tab\there", { 0 }, NULL, 8, "tab\there" },
	{ "bell\a", { 0 }, NULL, -22, NULL },
	{ "\xc3\xa4", { 0 }, NULL, 2, NULL },
	{ "\x85", { 0 }, NULL, 1, NULL },
	{ "\xa0", { 0 }, NULL, 1, NULL },
	{ "\x7f", { 0 }, NULL, -22, NULL },
	{ "%p\xa1", { 0 }, NULL, 17, NULL },
	{ "%s\xd1", { MEMORY }, "abc", -22, NULL },
	{ "%s\xd7", { MEMORY }, "abc", 4, NULL },
	{ "%p", { 0x1234 }, NULL, 16, NULL },
	{ "%20p|%-20p|", { 0, 0 }, NULL, 42, "                   0|0                   |" },
	{ "%20px|", { 0x1234 }, NULL, 21, "                1234|" },
	{ "%pK", { 0x1234 }, NULL, 16, NULL },
	{ "%ps", { 0x1234 }, NULL, 6, "0x1234" },
	{ "%pS", { 0x1234 }, NULL, 6, "0x1234" },
	{ "%pB", { 0x1234 }, NULL, 6, "0x1234" },
	{ "%pxy", { 0x1234 }, NULL, 16, "0000000000001234" },
	{ "%pI4x%20pI4|", { MEMORY, MEMORY }, "\x0a\x01\xc8\xff", 25, "10.1.200.25510.1.200.255|" },
	{ "%pI4", { 8 }, NULL, 7, "0.0.0.0" },
	{ "%pI6", { 0 }, NULL, 39, "0000:0000:0000:0000:0000:0000:0000:0000" },
	{ "%pus.", { 8 }, NULL, 1, "." },
	{ "%10pks|", { MEMORY }, "abc", 4, "abc|" },
	{ "%05c|%+s|%0s", { 'a', MEMORY, MEMORY }, "abc", 13, "    a|abc|abc" },
	{ "%99999999999d", { 1 }, NULL, 8388607, NULL, true },
	{ "%2147483648d", { 1 }, NULL, 1, NULL, true },
	{ "%40000d", { 1 }, NULL, 40000, NULL },
	{ "%-2000d|", { 1 }, NULL, 2001, NULL },
	{ "%d%", { 1 }, NULL, -22, NULL },
	{ "%%", { 0 }, NULL, 1, "%" },
	{ "%lx%lX", { -1ull, -1ull }, NULL, 32, "ffffffffffffffffFFFFFFFFFFFFFFFF" },
	{ "%u%x", { -1ull, 1ull << 32 }, NULL, 11, "42949672950" },
	{ "", { 0 }, NULL, 0, "" },
	{ "line\n", { 0 }, NULL, 5, NULL },
};

struct state {
	struct backend *engine, *linux_side;
	const char *why;
	bool record, traces;     /* tracefs is there */
	char line[2048];         /* the engine's last */
	u32 number;              /* of this run's next line */
};

static struct state state;

/* ---- one call on one side ---- */

static u32 put(struct bpf_insn *out, u8 code, u8 dst, u8 src, s16 off, u64 imm)
{
	out[0] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15, .src_reg = src & 15, .off = off,
				    .imm = (s32)imm };
	if (code != (BPF_LD | BPF_IMM | BPF_DW))
		return 1;
	out[1] = (struct bpf_insn){ .imm = (s32)(imm >> 32) };
	return 2;
}

static int trace_call(struct backend *side, const struct row_trace *row, const char *fmt)
{
	static u8 value[VALUE];
	u32 key = 0, n = 0, size = (u32)strlen(fmt) + 1;
	int map = side_map(side, BPF_MAP_TYPE_ARRAY, 4, VALUE, 1, 0), prog;
	union bpf_attr element = { .map_fd = (u32)map, .key = ptr_u64(&key),
				   .value = ptr_u64(value) };
	static const u8 frame[14] = { [12] = 0x88, [13] = 0xb5 };
	union bpf_attr run = { .test = { .data_in = ptr_u64(frame), .data_size_in = sizeof(frame) } };
	struct bpf_insn insn[32];

	memset(value, 0, sizeof(value));
	strcpy((char *)value + FMT_AT, fmt);
	if (row->memory)
		memcpy(value + MEM_AT, row->memory, strlen(row->memory));
	assert_int_equal(backend_bpf(side, BPF_MAP_UPDATE_ELEM, &element, sizeof(element)), 0);
	n += put(insn + n, BPF_LD | BPF_IMM | BPF_DW, 7, BPF_PSEUDO_MAP_VALUE, 0, (u32)map);
	n += put(insn + n, BPF_ALU64 | BPF_MOV | BPF_X, 1, 7, 0, 0);
	n += put(insn + n, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, FMT_AT);
	n += put(insn + n, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, size);
	for (u8 i = 0; i < 3; i++) {
		if (row->arg[i] != MEMORY) {
			n += put(insn + n, BPF_LD | BPF_IMM | BPF_DW, i + 3, 0, 0, row->arg[i]);
			continue;
		}
		n += put(insn + n, BPF_ALU64 | BPF_MOV | BPF_X, i + 3, 7, 0, 0);
		n += put(insn + n, BPF_ALU64 | BPF_ADD | BPF_K, i + 3, 0, 0, MEM_AT);
	}
	n += put(insn + n, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_trace_printk);
	n += put(insn + n, BPF_STX | BPF_MEM | BPF_DW, 7, 0, 0, 0);
	n += put(insn + n, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	n += put(insn + n, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	prog = side_prog(side, BPF_PROG_TYPE_SCHED_CLS, insn, n);
	assert_true(prog >= 0);
	run.test.prog_fd = (u32)prog;
	assert_int_equal(backend_bpf(side, BPF_PROG_TEST_RUN, &run, sizeof(run)), 0);
	assert_int_equal(backend_bpf(side, BPF_MAP_LOOKUP_ELEM, &element, sizeof(element)), 0);
	backend_close(side, prog);
	backend_close(side, map);
	return (int)get_u64(value);
}

/* ---- lines ---- */

static int engine_line(void *ctx, const void *bytes, size_t len)
{
	if (len >= sizeof(state.line))
		len = sizeof(state.line) - 1;
	memcpy(state.line, bytes, len);
	state.line[len] = '\0';
	return 0;
}

/* The text behind @mark in Linux's buffer, to @out. */
static bool linux_line(const char *mark, char *out, size_t room)
{
	FILE *file = fopen(TRACE_DIR "/trace", "re");
	char line[4096];
	bool found = false;

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, mark);

		if (!at)
			continue;
		found = true;
		snprintf(out, room, "%s", at + strlen(mark));
		out[strcspn(out, "\n")] = '\0';
	}
	fclose(file);
	return found;
}

static void test_row(void **ctx)
{
	const struct row_trace *row = *ctx;
	char mark[64], fmt[512], text[2048] = "", theirs[2048] = "";
	int mark_len, ret, linux_ret = row->ret;
	bool line;

	/* The mark makes the line findable; its length is not the row's. */
	mark_len = snprintf(mark, sizeof(mark), "<%d.%u>", (int)getpid(), state.number++);
	snprintf(fmt, sizeof(fmt), "%s%s", mark, row->fmt);
	if (state.linux_side && !row->only_engine) {
		linux_ret = trace_call(state.linux_side, row, fmt);
		linux_ret -= linux_ret > 0 ? mark_len : 0;
		line = state.traces && linux_line(mark, theirs, sizeof(theirs));
		if (state.record) {
			printf("\t{ \"%s\", ret %d, \"%s\" },\n", row->fmt, linux_ret,
			       line ? theirs : "(none)");
			return;
		}
		if (linux_ret != row->ret)
			fail_msg("%s: Linux returns %d, the table says %d", row->fmt, linux_ret, row->ret);
		if (line && row->text && strcmp(theirs, row->text))
			fail_msg("%s: Linux prints `%s`, the table says `%s`", row->fmt, theirs, row->text);
	}
	state.line[0] = '\0';
	ret = trace_call(state.engine, row, fmt);
	ret -= ret > 0 ? mark_len : 0;
	if (ret != row->ret)
		fail_msg("`%s`: Linux %d, engine %d (%s)", row->fmt, row->ret, ret, state.line);
	assert_int_equal(!state.line[0], ret < 0);
	if (!row->text)
		return;
	assert_non_null(strstr(state.line, mark));
	snprintf(text, sizeof(text), "%s", strstr(state.line, mark) + mark_len);
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, row->text))
		fail_msg("`%s`: Linux prints `%s`, engine `%s`", row->fmt, row->text, text);
}

/* The columns: a name of 16, a process of 7, the CPU, five flags, seconds with six places. */
static void test_columns(void **ctx)
{
	static const struct row_trace row = { .fmt = "columns" };
	unsigned cpu, seconds, micro;
	char flags[8];
	int end = 0;

	assert_int_equal(trace_call(state.engine, &row, row.fmt), 7);
	assert_int_equal(sscanf(state.line + 24, " [%3u] %5s %u.%6u: bpf_trace_printk: columns%n", &cpu,
				flags, &seconds, &micro, &end), 4);
	assert_true(end > 0);
	assert_int_equal(state.line[16], '-');
	assert_int_equal(strlen(flags), 5);
	assert_string_equal(state.line + 24 + end, "\n");
}

static void test_asked(void **ctx)
{
	if (!state.linux_side || !state.traces) {
		print_message("# SKIP %s\n", state.linux_side ? "no tracefs: only returns were compared"
							       : state.why);
		skip();
	}
}

static int setup(void **ctx)
{
	int err = backend_engine_create(NULL, &state.engine);

	return err ? err : backend_subscribe(state.engine, BACKEND_TRACE, engine_line, NULL);
}

static int teardown(void **ctx)
{
	backend_destroy(state.engine);
	backend_destroy(state.linux_side);
	return 0;
}

static bool tracefs(void)
{
	if (!access(TRACE_DIR "/trace", R_OK))
		return true;
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("trace", TRACE_DIR, "tracefs", 0, NULL) && !access(TRACE_DIR "/trace", R_OK);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[ARRAY_SIZE(rows) + 2];
	static char names[ARRAY_SIZE(rows)][64];
	size_t count = 0;

	state.record = argc > 1 && !strcmp(argv[1], "record");
	state.linux_side = linux_backend(&state.why);
	state.traces = state.linux_side && tracefs();
	cmocka_set_message_output(state.record ? CM_OUTPUT_STDOUT : CM_OUTPUT_TAP);
	for (; count < ARRAY_SIZE(rows); count++) {
		snprintf(names[count], sizeof(names[count]), "format %zu", count + 1);
		tests[count] = (struct CMUnitTest){ .name = names[count], .test_func = test_row,
						    .initial_state = (void *)(uintptr_t)&rows[count] };
	}
	tests[count++] = (struct CMUnitTest){ .name = "columns", .test_func = test_columns };
	tests[count++] = (struct CMUnitTest){ .name = "Linux was asked", .test_func = test_asked };
	return _cmocka_run_group_tests("trace", tests, count, setup, teardown);
}
