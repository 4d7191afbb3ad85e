// SPDX-License-Identifier: BSD-2-Clause
/* test_abi.c - bpf(2) of the engine against bpf(2) of Linux: the same call, the same errno.
 *
 * For each command there is a valid attribute, word by word (the table). Then: every word takes
 * every value of its kind; every byte behind the command's part is set; the size takes every
 * value; several words change at once, which shows the order of the checks. Where the engine
 * answers -EOPNOTSUPP it must say a sentence; every other difference is listed, with the reason.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sides.h"

#define ATTR_SIZE 168
#define DIFFERENCES_SHOWN 40

enum kind {
	NUM,      /* a number; @value is a good one */
	SMALL,    /* a number where a large one would take for ever */
	COUNT,    /* the same as NUM without what makes Linux fill much memory */
	PTR,      /* 8 bytes: an address in the arena, or NULL */
	ZERO_PTR, /* 8 bytes: none, or an address */
	MAP, PROG, BTF,
	MAP_ID, PROG_ID, BTF_ID,
};

struct word {
	int cmd;
	u16 off;
	u8 kind;
	u32 value;
};

static const struct word words[] = {
	{ BPF_MAP_CREATE, 0, NUM, BPF_MAP_TYPE_HASH },
	{ BPF_MAP_CREATE, 4, NUM, 4 },
	{ BPF_MAP_CREATE, 8, NUM, 8 },
	{ BPF_MAP_CREATE, 12, SMALL, 4 },
	{ BPF_MAP_CREATE, 16, NUM, 0 },
	{ BPF_MAP_CREATE, 24, NUM, 0 },
	{ BPF_MAP_CREATE, 28, NUM, 0x615f4100 },
	{ BPF_MAP_CREATE, 40, NUM, 0 },
	{ BPF_MAP_CREATE, 48, BTF, 0 },
	{ BPF_MAP_CREATE, 52, NUM, 0 },
	{ BPF_MAP_CREATE, 56, NUM, 0 },
	{ BPF_MAP_CREATE, 60, NUM, 0 },
	{ BPF_MAP_CREATE, 64, NUM, 0 },
	{ BPF_MAP_CREATE, 68, NUM, 0 },
	{ BPF_MAP_CREATE, 88, NUM, 0 },
	{ BPF_MAP_LOOKUP_ELEM, 0, MAP, 0 },
	{ BPF_MAP_LOOKUP_ELEM, 8, PTR, AT_KEY },
	{ BPF_MAP_LOOKUP_ELEM, 16, PTR, AT_OUT },
	{ BPF_MAP_LOOKUP_ELEM, 24, NUM, 0 },
	{ BPF_MAP_LOOKUP_ELEM, 28, NUM, 0 },
	{ BPF_MAP_UPDATE_ELEM, 0, MAP, 0 },
	{ BPF_MAP_UPDATE_ELEM, 8, PTR, AT_KEY },
	{ BPF_MAP_UPDATE_ELEM, 16, PTR, AT_VALUE },
	{ BPF_MAP_UPDATE_ELEM, 24, NUM, 0 },
	{ BPF_MAP_UPDATE_ELEM, 28, NUM, 0 },
	{ BPF_MAP_DELETE_ELEM, 0, MAP, 0 },
	{ BPF_MAP_DELETE_ELEM, 8, PTR, AT_KEY },
	{ BPF_MAP_GET_NEXT_KEY, 0, MAP, 0 },
	{ BPF_MAP_GET_NEXT_KEY, 8, ZERO_PTR, AT_VALUE },
	{ BPF_MAP_GET_NEXT_KEY, 16, PTR, AT_OUT },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 0, MAP, 0 },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 8, PTR, AT_KEY },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 16, PTR, AT_OUT },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, 24, NUM, 0 },
	{ BPF_MAP_FREEZE, 0, MAP, 0 },
	{ BPF_PROG_LOAD, 0, NUM, BPF_PROG_TYPE_SCHED_CLS },
	{ BPF_PROG_LOAD, 4, NUM, INSN_COUNT_DEFAULT },
	{ BPF_PROG_LOAD, 8, PTR, AT_INSNS },
	{ BPF_PROG_LOAD, 16, PTR, AT_LICENSE },
	{ BPF_PROG_LOAD, 24, NUM, 1 },
	{ BPF_PROG_LOAD, 28, NUM, 0x10000 },
	{ BPF_PROG_LOAD, 32, PTR, AT_LOG },
	{ BPF_PROG_LOAD, 40, NUM, 0 },
	{ BPF_PROG_LOAD, 44, NUM, 0 },
	{ BPF_PROG_LOAD, 48, NUM, 0x6f6c6c61 },
	{ BPF_PROG_LOAD, 60, NUM, 0 },
	{ BPF_PROG_LOAD, 68, NUM, 0 },
	{ BPF_PROG_LOAD, 72, BTF, 0 },
	{ BPF_PROG_LOAD, 76, NUM, 8 },
	{ BPF_PROG_LOAD, 80, PTR, AT_FUNC_INFO },
	{ BPF_PROG_LOAD, 88, COUNT, 0 },
	{ BPF_PROG_LOAD, 92, NUM, 16 },
	{ BPF_PROG_LOAD, 96, PTR, AT_LINE_INFO },
	{ BPF_PROG_LOAD, 104, COUNT, 0 },
	{ BPF_PROG_LOAD, 120, PTR, AT_FDS },
	{ BPF_PROG_LOAD, 148, NUM, 0 },
	{ BPF_BTF_LOAD, 0, PTR, AT_BTF },
	{ BPF_BTF_LOAD, 8, PTR, AT_LOG },
	{ BPF_BTF_LOAD, 16, NUM, 1140 },
	{ BPF_BTF_LOAD, 20, NUM, 0x10000 },
	{ BPF_BTF_LOAD, 24, NUM, 1 },
	{ BPF_BTF_LOAD, 32, NUM, 0 },
	{ BPF_OBJ_PIN, 0, PTR, AT_NO_PATH },
	{ BPF_OBJ_PIN, 8, PROG, 0 },
	{ BPF_OBJ_PIN, 12, NUM, 0 },
	{ BPF_OBJ_PIN, 16, NUM, 0 },
	{ BPF_OBJ_GET, 0, PTR, AT_PATH },
	{ BPF_OBJ_GET, 8, NUM, 0 },
	{ BPF_OBJ_GET, 12, NUM, 0 },
	{ BPF_OBJ_GET, 16, NUM, 0 },
	{ BPF_PROG_TEST_RUN, 0, PROG, 0 },
	{ BPF_PROG_TEST_RUN, 4, NUM, 0 },
	{ BPF_PROG_TEST_RUN, 8, NUM, 64 },
	{ BPF_PROG_TEST_RUN, 12, NUM, 4096 },
	{ BPF_PROG_TEST_RUN, 16, PTR, AT_DATA },
	{ BPF_PROG_TEST_RUN, 24, PTR, AT_DATA_OUT },
	{ BPF_PROG_TEST_RUN, 32, SMALL, 1 },
	{ BPF_PROG_TEST_RUN, 36, NUM, 0 },
	{ BPF_PROG_TEST_RUN, 40, NUM, 192 },
	{ BPF_PROG_TEST_RUN, 44, NUM, 192 },
	{ BPF_PROG_TEST_RUN, 48, PTR, AT_CTX },
	{ BPF_PROG_TEST_RUN, 56, PTR, AT_CTX_OUT },
	{ BPF_PROG_TEST_RUN, 64, NUM, 0 },
	{ BPF_PROG_TEST_RUN, 68, NUM, 0 },
	{ BPF_PROG_TEST_RUN, 72, NUM, 0 },
	{ BPF_PROG_GET_NEXT_ID, 0, PROG_ID, 0 },
	{ BPF_MAP_GET_NEXT_ID, 0, MAP_ID, 0 },
	{ BPF_BTF_GET_NEXT_ID, 0, BTF_ID, 0 },
	{ BPF_PROG_GET_FD_BY_ID, 0, PROG_ID, 0 },
	{ BPF_MAP_GET_FD_BY_ID, 0, MAP_ID, 0 },
	{ BPF_MAP_GET_FD_BY_ID, 8, NUM, 0 },
	{ BPF_BTF_GET_FD_BY_ID, 0, BTF_ID, 0 },
	{ BPF_BTF_GET_FD_BY_ID, 8, NUM, 0 },
	{ BPF_OBJ_GET_INFO_BY_FD, 0, PROG, 0 },
	{ BPF_OBJ_GET_INFO_BY_FD, 4, NUM, 232 },
	{ BPF_OBJ_GET_INFO_BY_FD, 8, PTR, AT_INFO },
};

static const struct {
	int cmd;
	bool gives_handle;
	void (*refresh)(struct side *side);  /* after a call that changed something */
	bool pins, shared_ids;
} commands[] = {
	{ BPF_MAP_CREATE, true }, { BPF_MAP_LOOKUP_ELEM }, { BPF_MAP_UPDATE_ELEM, false, side_refresh_map },
	{ BPF_MAP_DELETE_ELEM, false, side_refresh_map }, { BPF_MAP_GET_NEXT_KEY },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, false, side_refresh_map },
	{ BPF_MAP_FREEZE, false, side_refresh_map },
	{ BPF_PROG_LOAD, true }, { BPF_BTF_LOAD, true }, { BPF_OBJ_PIN, false, side_refresh_pins, true },
	{ BPF_OBJ_GET, true, NULL, true }, { BPF_PROG_TEST_RUN }, { BPF_PROG_GET_NEXT_ID, .shared_ids = true },
	{ BPF_MAP_GET_NEXT_ID, .shared_ids = true }, { BPF_BTF_GET_NEXT_ID, .shared_ids = true },
	{ BPF_PROG_GET_FD_BY_ID, true },
	{ BPF_MAP_GET_FD_BY_ID, true }, { BPF_BTF_GET_FD_BY_ID, true }, { BPF_OBJ_GET_INFO_BY_FD },
};

/* Differences that stay, and why. ANYTHING: whatever that side answers. */
#define ANYTHING 1
static const struct {
	int cmd;
	u16 off;
	int linux_errno, engine_errno;
	const char *why;
} allowed[] = {
	{ BPF_PROG_LOAD, 28, -ENOSPC, ANYTHING, "Linux has more to say in the log than its buffer takes" },
	{ BPF_BTF_LOAD, 20, -ENOSPC, ANYTHING, "the same" },
	{ BPF_PROG_LOAD, 28, ANYTHING, -ENOSPC, "the engine has more to say" },
	{ BPF_BTF_LOAD, 20, ANYTHING, -ENOSPC, "the same" },
};

struct state {
	struct sides sides;
	const char *why;
	u32 calls, differences, unsupported;
};

/* A change of one word: which value of its kind. */
static const u32 numbers[] = {
	0, 3, 5, 6, 7, 9, 11, 13, 14, 15, 17, 20, 24, 29, 31, 33, 34, 48, 63, 65, 100, 144, 191, 193,
	200, 224, 228, 229, 232, 233, 256, 1000, 3711, 3712, 3713, 4095, 4097, 65535, 0xfffff, 1000000,
	1000001, 0x7fffffff, 0xfffffffe, 0xffffffff, 0x41414141, 0x2e2e2e2e, 0x20202020,
};
#define NUMBER_COUNT (ARRAY_SIZE(numbers) + 32)
static const u32 smalls[] = { 0, 1, 2, 5, 7, 100 };

static u32 word_choices(const struct word *w)
{
	switch ((enum kind)w->kind) {
	case NUM:
	case COUNT:
		return NUMBER_COUNT;
	case SMALL:
		return ARRAY_SIZE(smalls);
	case PTR:
	case ZERO_PTR:
		return 1;
	case MAP:
	case PROG:
	case BTF:
		return 5;
	case MAP_ID:
	case PROG_ID:
	case BTF_ID:
		return 5;
	}
	return 0;
}

static u32 choose_handle(const struct side *side, u32 choice)
{
	const int handles[] = { side->map, side->prog, side->btf, 1000, -1 };

	return (u32)handles[choice];
}

/* Write word @w for @side: its good value (@choice -1), or a choice. */
static void word_put(const struct side *side, const struct word *w, int choice, u8 *attr)
{
	static const u32 ids[] = { 0, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffffff };
	u32 value;

	switch ((enum kind)w->kind) {
	case NUM:
	case COUNT:
		value = choice < 0 ? w->value : choice < 32 ? 1u << choice : numbers[choice - 32];
		if (w->kind == COUNT && value > 1u << 20 && value < 1u << 28)
			value >>= 8;
		put_u32(attr + w->off, value);
		return;
	case SMALL:
		put_u32(attr + w->off, choice < 0 ? w->value : smalls[choice]);
		return;
	case PTR:
		put_u64(attr + w->off, choice < 0 ? ptr_u64(side->arena + w->value) : 0);
		return;
	case ZERO_PTR:
		put_u64(attr + w->off, choice < 0 ? 0 : ptr_u64(side->arena + w->value));
		return;
	case MAP:
		put_u32(attr + w->off, choice < 0 ? (u32)side->map : choose_handle(side, (u32)choice));
		return;
	case PROG:
		put_u32(attr + w->off, choice < 0 ? (u32)side->prog : choose_handle(side, (u32)choice));
		return;
	case BTF:
		put_u32(attr + w->off, choice < 0 ? (u32)side->btf : choose_handle(side, (u32)choice));
		return;
	case MAP_ID:
		put_u32(attr + w->off, choice < 0 ? side->map_id : ids[choice]);
		return;
	case PROG_ID:
		put_u32(attr + w->off, choice < 0 ? side->prog_id : ids[choice]);
		return;
	case BTF_ID:
		put_u32(attr + w->off, choice < 0 ? side->btf_id : ids[choice]);
		return;
	}
}

/* One call: the command's good words, up to three of them changed, one byte set, a size. */
struct plan {
	u32 cmd_row;
	struct {
		const struct word *word;
		int choice;
	} change[3];
	u32 changes;
	u32 byte;       /* set to 1, when not 0 */
	u32 size;
};

static int plan_run(struct side *side, const struct plan *plan)
{
	int cmd = commands[plan->cmd_row].cmd, ret;
	u8 attr[ATTR_ROOM] = { 0 };

	memset(side->arena + AT_INFO, 0, 512); /* what one call wrote is no input for the next */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].cmd == cmd)
			word_put(side, &words[i], -1, attr);
	for (u32 i = 0; i < plan->changes; i++)
		word_put(side, plan->change[i].word, plan->change[i].choice, attr);
	if (plan->byte)
		attr[plan->byte] = 1;
	ret = side_bpf(side, cmd, attr, plan->size);
	if (ret > 0 && commands[plan->cmd_row].gives_handle) {
		backend_close(side->backend, ret);
		ret = 0;
	}
	/* Whether there is another id depends on what else runs on this Linux. */
	if (ret == -ENOENT && commands[plan->cmd_row].shared_ids)
		ret = 0;
	return ret;
}

static bool plan_allowed(const struct plan *plan, int linux_errno, int engine_errno)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		for (u32 c = 0; c < plan->changes; c++)
			if (allowed[i].cmd == commands[plan->cmd_row].cmd &&
			    allowed[i].off == plan->change[c].word->off &&
			    (allowed[i].linux_errno == ANYTHING ||
			     allowed[i].linux_errno == linux_errno) &&
			    (allowed[i].engine_errno == ANYTHING ||
			     allowed[i].engine_errno == engine_errno))
				return true;
	return false;
}

static void refresh(struct state *s, u32 row)
{
	if (!commands[row].refresh)
		return;
	commands[row].refresh(&s->sides.linux_side);
	commands[row].refresh(&s->sides.engine);
}

static void plan_compare(struct state *s, const struct plan *plan)
{
	int theirs = plan_run(&s->sides.linux_side, plan), ours = plan_run(&s->sides.engine, plan);

	s->calls++;
	if (ours == -EOPNOTSUPP && theirs != ours && *backend_message(s->sides.engine.backend)) {
		s->unsupported++;
	} else if (ours != theirs && !plan_allowed(plan, theirs, ours)) {
		if (s->differences++ < DIFFERENCES_SHOWN) {
			print_message("# command %d, size %u, byte %u:", commands[plan->cmd_row].cmd,
				      plan->size, plan->byte);
			for (u32 i = 0; i < plan->changes; i++) {
				u8 attr[ATTR_ROOM] = { 0 };

				word_put(&s->sides.engine, plan->change[i].word, plan->change[i].choice,
					 attr);
				print_message(" [%u] = 0x%x", plan->change[i].word->off,
					      get_u32(attr + plan->change[i].word->off));
			}
			print_message(" - Linux %d, engine %d (%s)\n", theirs, ours,
				      backend_message(s->sides.engine.backend));
		}
	}
	if (commands[plan->cmd_row].refresh && (!theirs || !ours))
		refresh(s, plan->cmd_row);
}

static struct state *ask(void **state)
{
	struct state *s = *state;

	s->calls = s->differences = s->unsupported = 0;
	return s;
}

static void finish(const struct state *s)
{
	print_message("# %u calls, %u not supported yet\n", s->calls, s->unsupported);
	if (s->differences)
		fail_msg("%u differences", s->differences);
}

#define for_commands(s, row)                                                                       \
	for (u32 row = 0; row < ARRAY_SIZE(commands); row++)                                       \
		if (!commands[row].pins || (s)->sides.pins)

/* The attributes of the table are good. */
static void test_good(void **state)
{
	struct state *s = ask(state);

	for_commands(s, row) {
		struct plan plan = { .cmd_row = row, .size = ATTR_SIZE };
		int theirs = plan_run(&s->sides.linux_side, &plan);
		int ours = plan_run(&s->sides.engine, &plan);

		if (theirs || ours)
			fail_msg("command %d: Linux %d, engine %d (%s)", commands[row].cmd, theirs, ours,
				 backend_message(s->sides.engine.backend));
		refresh(s, row);
	}
}

static void test_words(void **state)
{
	struct state *s = ask(state);

	for_commands(s, row)
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			struct plan plan = { .cmd_row = row, .size = ATTR_SIZE, .changes = 1 };

			if (words[i].cmd != commands[row].cmd)
				continue;
			plan.change[0].word = &words[i];
			for (u32 c = 0; c < word_choices(&words[i]); c++) {
				plan.change[0].choice = (int)c;
				plan_compare(s, &plan);
			}
		}
	finish(s);
}

/* Bytes that belong to nobody, and sizes. */
static void test_tail(void **state)
{
	struct state *s = ask(state);

	for_commands(s, row) {
		struct plan plan = { .cmd_row = row, .size = 200 };
		u32 end = 0;

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (words[i].cmd == commands[row].cmd)
				end = max_u32(end, words[i].off + 4u +
					      4 * (words[i].kind == PTR || words[i].kind == ZERO_PTR));
		/* Beyond the table's words there are fields for a command's newer parts: theirs are the
		 * same answers too. */
		for (plan.byte = end; plan.byte < 200; plan.byte += 4)
			if (commands[row].cmd != BPF_PROG_LOAD || plan.byte >= ATTR_SIZE)
				plan_compare(s, &plan);
		plan.byte = 0;
		for (plan.size = 4; plan.size <= 176; plan.size += 4)
			plan_compare(s, &plan);
		for (plan.size = 4088; plan.size < 4104; plan.size++)
			plan_compare(s, &plan);
	}
	finish(s);
}

/* Two and three faults at once. */
static void test_order(void **state)
{
	struct state *s = ask(state);
	u64 random = 1;

	for_commands(s, row) {
		const struct word *of[32];
		u32 count = 0;

		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (words[i].cmd == commands[row].cmd)
				of[count++] = &words[i];
		for (u32 n = 0; n < 200 && count > 1; n++) {
			struct plan plan = { .cmd_row = row, .size = ATTR_SIZE };

			plan.changes = 2 + n % 2;
			for (u32 c = 0; c < plan.changes; c++) {
				random = random * 6364136223846793005u + 1442695040888963407u;
				plan.change[c].word = of[(random >> 33) % count];
				plan.change[c].choice =
					(int)((random >> 40) % word_choices(plan.change[c].word));
			}
			plan_compare(s, &plan);
		}
	}
	finish(s);
}

/* Commands that nobody has, and those that the engine has not. */
static void test_unknown(void **state)
{
	static const int unknown[] = { -1, 39, 100, 0x7fffffff };
	static const struct { int cmd; u32 end; } absent[] = {
		{ BPF_RAW_TRACEPOINT_OPEN, 24 }, { BPF_TASK_FD_QUERY, 48 }, { BPF_ITER_CREATE, 8 },
		{ 36 /* BPF_TOKEN_CREATE */, 8 }, { 37 /* BPF_PROG_STREAM_READ_BY_FD */, 20 },
	};
	static const u32 links[] = { 0, 0x7ffffffe, 0x7fffffff, 0xffffffff };
	struct state *s = ask(state);
	u8 attr[ATTR_ROOM] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		assert_int_equal(side_bpf(&s->sides.linux_side, unknown[i], attr, ATTR_SIZE), -EINVAL);
		assert_int_equal(side_bpf(&s->sides.engine, unknown[i], attr, ATTR_SIZE), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		assert_int_equal(side_bpf(&s->sides.engine, absent[i].cmd, attr, ATTR_SIZE), -EOPNOTSUPP);
		assert_true(*backend_message(s->sides.engine.backend));
		attr[absent[i].end] = 1;
		assert_int_equal(side_bpf(&s->sides.engine, absent[i].cmd, attr, ATTR_SIZE), -EINVAL);
		assert_int_equal(side_bpf(&s->sides.linux_side, absent[i].cmd, attr, ATTR_SIZE), -EINVAL);
		attr[absent[i].end] = 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		for (int cmd = BPF_LINK_GET_FD_BY_ID; cmd <= BPF_LINK_GET_NEXT_ID; cmd++) {
			put_u32(attr, links[i]);
			if (cmd == BPF_LINK_GET_NEXT_ID && !links[i])
				continue;  /* whether Linux has links is not ours to know */
			assert_int_equal(side_bpf(&s->sides.engine, cmd, attr, ATTR_SIZE),
					 side_bpf(&s->sides.linux_side, cmd, attr, ATTR_SIZE));
		}
	assert_int_equal(side_bpf(&s->sides.linux_side, 0, NULL, 8), -EFAULT);
	assert_int_equal(side_bpf(&s->sides.engine, 0, NULL, 8), -EFAULT);
}

int main(void)
{
	static struct state s;
	struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_good, &s),
		cmocka_unit_test_prestate(test_words, &s),
		cmocka_unit_test_prestate(test_tail, &s),
		cmocka_unit_test_prestate(test_order, &s),
		cmocka_unit_test_prestate(test_unknown, &s),
	};
	int ret = sides_open(&s.sides, &s.why);

	if (ret < 0)
		return 1;
	if (ret)
		sides_skip(tests, ARRAY_SIZE(tests), s.why);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("abi", tests, NULL, NULL);
	sides_close(&s.sides);
	return ret;
}
