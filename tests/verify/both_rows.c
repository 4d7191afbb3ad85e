// SPDX-License-Identifier: BSD-2-Clause
/* both_rows.c - tests as rows: see both.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#include "../run/kfunc_ids.h"
#include "isa/insn.h"

void both_row_prog(const struct both_row *row, struct both_prog *prog, struct bpf_insn **insns)
{
	LOG_ON_STACK(log);
	char *text;
	int count;

	*insns = calloc(BOTH_INSNS, sizeof(**insns));
	assert_non_null(*insns);
	text = kfunc_text(row->text);
	if (!text)
		fail_msg("%s: a kernel function that there is none of", row->name);
	count = insn_assemble(text, *insns, BOTH_INSNS, &log);
	if (count < 0)
		fail_msg("%s: %s in\n%s", row->name, log.text, text);
	free(text);
	*prog = (struct both_prog){ .type = row->type ? row->type : BPF_PROG_TYPE_SCHED_CLS, .flags = row->flags,
				    .proprietary = row->proprietary, .lacks = row->lacks, .insns = *insns,
				    .count = (u32)count };
	if (both_parse_maps(row->maps, prog, &log) || both_parse_funcs(row->funcs, prog, &log))
		fail_msg("%s: %s", row->name, log.text);
}

static void row_check(const struct both *both, const struct both_row *row, u32 *wrong)
{
	static const char *const names[BOTH_SIDES] = { "the engine", "Linux" };

	for (u32 side = 0; side < BOTH_SIDES; side++) {
		if (both->verdict[side].err == row->err || both->verdict[side].err == BOTH_NOT_ASKED)
			continue;
		print_error("%s: %s answers %d, not %d:\n%s\n", row->name, names[side], both->verdict[side].err,
			    row->err, both->verdict[side].log);
		++*wrong;
	}
	if (row->says && !strstr(both->verdict[BOTH_ENGINE].log, row->says)) {
		print_error("%s: nothing of `%s` in: %s\n", row->name, row->says, both->verdict[BOTH_ENGINE].log);
		++*wrong;
	}
}

void both_rows(struct both *both, const struct both_row *rows, size_t count)
{
	u32 wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct both_prog prog;
		struct bpf_insn *insns;

		both_row_prog(&rows[i], &prog, &insns);
		both_ask(both, &prog, 1);
		row_check(both, &rows[i], &wrong);
		free(insns);
	}
	if (wrong)
		fail_msg("%u answers are wrong", wrong);
}

static void test_asked(void **state)
{
	const struct both *both = *state;

	assert_true(both->why || both->side[BOTH_LINUX]);
}

int both_run(const char *name, const struct CMUnitTest *tests, size_t count)
{
	struct CMUnitTest all[32];
	struct both both;
	char asked[160];
	int ret;

	if (count >= ARRAY_SIZE(all) || both_open(&both))
		return 1;
	/* cmocka's skip() prints "not ok", which meson takes for a failure. */
	snprintf(asked, sizeof(asked), "comparison with Linux%s%s", both.why ? " # SKIP " : "",
		 both.why ? both.why : "");
	memcpy(all, tests, count * sizeof(*tests));
	all[count] = (struct CMUnitTest){ .name = asked, .test_func = test_asked };
	for (size_t i = 0; i <= count; i++)
		all[i].initial_state = &both;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = _cmocka_run_group_tests(name, all, count + 1, NULL, NULL);
	both_close(&both);
	return ret;
}
