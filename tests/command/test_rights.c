// SPDX-License-Identifier: BSD-2-Clause
/* test_rights.c - who may make what: capabilities and kernel.unprivileged_bpf_disabled.
 *
 * Each row is asked of an engine whose switch is 0, 1 and 2, and of Linux with the value that the machine
 * has: no test may change it. What Linux 6.18 answers where it is 0 was observed and stands in the table.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/backend.h"
#include "object/engine.h"
#include "rights.h"

#define SWITCHES 3
#define MAY 1           /* whatever it answers, but not -EPERM */
#define BPF RIGHT_BPF
#define NET RIGHT_NET_ADMIN
#define PERF RIGHT_PERFMON

enum what { MAP, PROG, PLAIN };

struct row {
	const char *name;
	enum what what;
	u32 rights;
	int open, closed;       /* the answers where the switch is 0, and where it is not */
	u32 a, b, c, d, e;      /* MAP: type, key, value, entries, flags; PROG: type, instructions, flags;
				 * PLAIN: command, bytes of its attribute */
};

#define SF BPF_PROG_TYPE_SOCKET_FILTER
#define CLS BPF_PROG_TYPE_SCHED_CLS

static const struct row rows[] = {
	/* Types of maps. */
	{ "array", MAP, 0, 0, -EPERM, BPF_MAP_TYPE_ARRAY, 4, 4, 1 },
	{ "array, CAP_BPF", MAP, BPF, 0, 0, BPF_MAP_TYPE_ARRAY, 4, 4, 1 },
	{ "array, other capabilities", MAP, NET | PERF, 0, -EPERM, BPF_MAP_TYPE_ARRAY, 4, 4, 1 },
	{ "hash", MAP, 0, 0, -EPERM, BPF_MAP_TYPE_HASH, 4, 4, 1 },
	{ "prog_array", MAP, 0, 0, -EPERM, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1 },
	{ "percpu_hash", MAP, 0, 0, -EPERM, BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 1 },
	{ "percpu_array", MAP, 0, 0, -EPERM, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1 },
	{ "ringbuf", MAP, 0, 0, -EPERM, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096 },
	{ "lru_hash", MAP, 0, -EPERM, -EPERM, BPF_MAP_TYPE_LRU_HASH, 4, 4, 1 },
	{ "lru_hash, CAP_BPF", MAP, BPF, 0, 0, BPF_MAP_TYPE_LRU_HASH, 4, 4, 1 },
	{ "lru_percpu_hash", MAP, 0, -EPERM, -EPERM, BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 1 },
	{ "lpm_trie", MAP, 0, -EPERM, -EPERM, BPF_MAP_TYPE_LPM_TRIE, 8, 4, 1, BPF_F_NO_PREALLOC },
	{ "lpm_trie, CAP_BPF", MAP, BPF, 0, 0, BPF_MAP_TYPE_LPM_TRIE, 8, 4, 1, BPF_F_NO_PREALLOC },

	/* What is looked at before rights, and what after. */
	{ "no such type", MAP, 0, -EINVAL, -EINVAL, 40, 4, 4, 1 },
	{ "array with a wrong key", MAP, 0, -EINVAL, -EINVAL, BPF_MAP_TYPE_ARRAY, 8, 4, 1 },
	{ "lru_hash without a key", MAP, 0, -EINVAL, -EINVAL, BPF_MAP_TYPE_LRU_HASH, 0, 4, 1 },
	{ "lpm_trie with a wrong key", MAP, 0, -EPERM, -EPERM, BPF_MAP_TYPE_LPM_TRIE, 3, 4, 1, BPF_F_NO_PREALLOC },
	{ "lpm_trie with a wrong key, CAP_BPF", MAP, BPF, -EINVAL, -EINVAL, BPF_MAP_TYPE_LPM_TRIE, 3, 4, 1,
	  BPF_F_NO_PREALLOC },
	{ "ringbuf of a wrong size", MAP, 0, -EINVAL, -EPERM, BPF_MAP_TYPE_RINGBUF, 0, 0, 100 },
	{ "hash with a chosen seed", MAP, BPF | NET | PERF, -EPERM, -EPERM, BPF_MAP_TYPE_HASH, 4, 4, 1,
	  BPF_F_ZERO_SEED },
	{ "hash with a chosen seed, CAP_SYS_ADMIN", MAP, RIGHTS_ALL, 0, 0, BPF_MAP_TYPE_HASH, 4, 4, 1,
	  BPF_F_ZERO_SEED },
	{ "array above the largest mask", MAP, 0, -E2BIG, -EPERM, BPF_MAP_TYPE_ARRAY, 4, 8, (1u << 31) + 1 },
	{ "array above the largest mask, CAP_BPF", MAP, BPF, -E2BIG, -E2BIG, BPF_MAP_TYPE_ARRAY, 4, 8,
	  (1u << 31) + 1 },

	/* Types and sizes of programs. */
	{ "filter", PROG, 0, 0, -EPERM, SF, 2 },
	{ "filter, CAP_NET_ADMIN and CAP_PERFMON", PROG, NET | PERF, 0, -EPERM, SF, 2 },
	{ "filter, CAP_BPF", PROG, BPF, 0, 0, SF, 2 },
	{ "classifier", PROG, 0, -EPERM, -EPERM, CLS, 2 },
	{ "classifier, CAP_BPF", PROG, BPF, -EPERM, -EPERM, CLS, 2 },
	{ "classifier, CAP_NET_ADMIN", PROG, NET, -EPERM, -EPERM, CLS, 2 },
	{ "classifier, CAP_BPF and CAP_NET_ADMIN", PROG, BPF | NET, 0, 0, CLS, 2 },
	{ "action, CAP_BPF", PROG, BPF, -EPERM, -EPERM, BPF_PROG_TYPE_SCHED_ACT, 2 },
	{ "XDP, CAP_BPF", PROG, BPF, -EPERM, -EPERM, BPF_PROG_TYPE_XDP, 2 },
	{ "XDP, CAP_BPF and CAP_NET_ADMIN", PROG, BPF | NET, 0, 0, BPF_PROG_TYPE_XDP, 2 },
	{ "no such type", PROG, 0, -EPERM, -EPERM, 50, 2 },
	{ "no such type, CAP_BPF", PROG, BPF, -EINVAL, -EINVAL, 50, 2 },
	{ "no instruction", PROG, 0, -E2BIG, -EPERM, SF, 0 },
	{ "4096 instructions", PROG, 0, 0, -EPERM, SF, 4096 },
	{ "4097 instructions", PROG, 0, -E2BIG, -EPERM, SF, 4097 },
	{ "4097 instructions of a classifier", PROG, NET, -E2BIG, -EPERM, CLS, 4097 },
	{ "4097 instructions, CAP_BPF", PROG, BPF, 0, 0, SF, 4097 },
	{ "unknown flags", PROG, 0, -EINVAL, -EINVAL, SF, 2, 1 << 12 },
	{ "strict alignment", PROG, 0, 0, -EPERM, SF, 2, BPF_F_STRICT_ALIGNMENT },
	{ "states kept often", PROG, 0, 0, -EPERM, SF, 2, BPF_F_TEST_STATE_FREQ },

	/* Commands. */
	{ "BTF", PLAIN, 0, -EPERM, -EPERM, BPF_BTF_LOAD, 40 },
	{ "BTF, CAP_BPF", PLAIN, BPF, -EINVAL, -EINVAL, BPF_BTF_LOAD, 40 },
	{ "next program", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_PROG_GET_NEXT_ID, 8 },
	{ "next map", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_MAP_GET_NEXT_ID, 8 },
	{ "next BTF", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_BTF_GET_NEXT_ID, 8 },
	{ "next link", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_LINK_GET_NEXT_ID, 8 },
	{ "next program, CAP_SYS_ADMIN", PLAIN, RIGHTS_ALL, MAY, MAY, BPF_PROG_GET_NEXT_ID, 8 },
	{ "program by id", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_PROG_GET_FD_BY_ID, 8 },
	{ "map by id", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_MAP_GET_FD_BY_ID, 12 },
	{ "BTF by id", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_BTF_GET_FD_BY_ID, 16 },
	{ "link by id", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_LINK_GET_FD_BY_ID, 8 },
	{ "statistics", PLAIN, BPF | NET | PERF, -EPERM, -EPERM, BPF_ENABLE_STATS, 4 },
	{ "query", PLAIN, BPF | PERF, -EPERM, -EPERM, BPF_PROG_QUERY, 64 },
	{ "query, CAP_NET_ADMIN", PLAIN, NET, MAY, MAY, BPF_PROG_QUERY, 64 },
};

static int ask(struct backend *b, const struct row *row)
{
	union bpf_attr attr = { 0 };
	u32 size = sizeof(attr);
	struct bpf_insn *insns = NULL;
	int ret, cmd = BPF_MAP_CREATE;

	switch (row->what) {
	case MAP:
		attr = (union bpf_attr){ .map_type = row->a, .key_size = row->b, .value_size = row->c,
					 .max_entries = row->d, .map_flags = row->e };
		break;
	case PROG:
		cmd = BPF_PROG_LOAD;
		insns = calloc(row->b + 1, sizeof(*insns));
		assert_non_null(insns);
		for (u32 i = 0; i < row->b; i++)
			insns[i] = (struct bpf_insn){ .code = i + 1 < row->b ? BPF_ALU64 | BPF_MOV | BPF_K
									      : BPF_JMP | BPF_EXIT };
		attr = (union bpf_attr){ .prog_type = row->a, .insns = ptr_u64(insns), .insn_cnt = row->b,
					 .license = ptr_u64("GPL"), .prog_flags = row->c };
		break;
	case PLAIN:
		cmd = (int)row->a;
		size = row->b;
		break;
	}
	ret = backend_bpf(b, cmd, &attr, size);
	free(insns);
	if (ret > 0)
		backend_close(b, ret);
	return ret > 0 ? 0 : ret;
}

static bool is_right(int answer, int expected)
{
	return expected == MAY ? answer != -EPERM : answer == expected;
}

static struct backend *engine(u32 value)
{
	const struct engine_config config = { .cpus = 1, .has_unprivileged_bpf = true,
					      .unprivileged_bpf = value };
	struct backend *b;

	assert_int_equal(backend_engine_create(&config, &b), 0);
	return b;
}

static void test_rows(void **state)
{
	u32 wrong = 0;

	for (u32 value = 0; value < SWITCHES; value++) {
		struct backend *b = engine(value);

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			int expected = value ? rows[i].closed : rows[i].open, answer;

			backend_engine_rights(b, rows[i].rights);
			answer = ask(b, &rows[i]);
			if (is_right(answer, expected))
				continue;
			print_error("%s, switch %u: %d, not %d (%s)\n", rows[i].name, value, answer, expected,
				    backend_message(b));
			wrong++;
		}
		backend_destroy(b);
	}
	assert_int_equal(wrong, 0);
}

static const char *why;      /* Linux cannot be asked */
static int linux_switch;

static void test_linux(void **state)
{
	struct backend *b;
	u32 wrong = 0;

	if (why)
		return;
	assert_int_equal(backend_kernel_create(&b), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int expected = linux_switch ? rows[i].closed : rows[i].open, answer;

		assert_true(rights_take(rows[i].rights));
		answer = ask(b, &rows[i]);
		assert_true(rights_take(RIGHTS_ALL));
		if (is_right(answer, expected))
			continue;
		print_error("%s, switch %d: Linux answers %d, not %d\n", rows[i].name, linux_switch, answer,
			    expected);
		wrong++;
	}
	backend_destroy(b);
	assert_int_equal(wrong, 0);
}

/* The file's rules: 1 is for ever, numbers above 2 are none. */
static void test_switch(void **state)
{
	struct backend *b = engine(2);
	struct engine *e = backend_engine(b);
	char text[8];

	assert_int_equal(engine_unprivileged_bpf(e), 2);
	assert_int_equal(engine_set_unprivileged_bpf(e, 3), -EINVAL);
	assert_int_equal(engine_set_unprivileged_bpf(e, 0), 0);
	assert_int_equal(backend_path(b, BACKEND_UNPRIVILEGED_BPF, text, sizeof(text)), 0);
	assert_string_equal(text, "0");
	assert_int_equal(engine_set_unprivileged_bpf(e, 2), 0);
	assert_int_equal(engine_set_unprivileged_bpf(e, 1), 0);
	assert_int_equal(engine_set_unprivileged_bpf(e, 0), -EPERM);
	assert_int_equal(engine_set_unprivileged_bpf(e, 2), -EPERM);
	assert_int_equal(engine_set_unprivileged_bpf(e, 3), -EINVAL);
	assert_int_equal(engine_set_unprivileged_bpf(e, 1), 0);
	assert_int_equal(engine_unprivileged_bpf(e), 1);
	assert_int_equal(backend_path(b, BACKEND_UNPRIVILEGED_BPF, text, 1), -ENAMETOOLONG);
	backend_destroy(b);
	assert_int_equal(backend_engine_create(NULL, &b), 0);
	assert_int_equal(engine_unprivileged_bpf(backend_engine(b)), 2);
	backend_destroy(b);
}

int main(void)
{
	static char asked[96];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_rows),
		{ .name = asked, .test_func = test_linux },
	};

	linux_switch = rights_switch();
	if (geteuid() || unshare(CLONE_NEWNET))
		why = "not root: Linux cannot be asked";
	else if (linux_switch < 0)
		why = "Linux has no such switch";
	else if (!rights_take(RIGHTS_ALL))
		why = "capabilities cannot be changed";
	snprintf(asked, sizeof(asked), "comparison with Linux, where the switch is %d%s%s", linux_switch,
		 why ? " # SKIP " : "", why ? why : "");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
