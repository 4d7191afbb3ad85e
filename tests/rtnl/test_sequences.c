// SPDX-License-Identifier: BSD-2-Clause
/* test_sequences.c - step by step on both sides.
 *
 * Each table is one sequence on fresh devices. The errno of each step is recorded in it, so that the
 * engine is tested where Linux cannot be asked; where it can, every byte of every answer counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "filters.h"
#include "sequences.h"

static const struct {
	const char *name;
	const struct step *step;
	size_t count;
} sequences[] = {
	{ "slide", slide, ARRAY_SIZE(slide) },
	{ "links", links, ARRAY_SIZE(links) },
	{ "qdiscs", qdiscs, ARRAY_SIZE(qdiscs) },
	{ "missing", missing, ARRAY_SIZE(missing) },
	{ "refused", refused, ARRAY_SIZE(refused) },
	{ "filters", filters, ARRAY_SIZE(filters) },
	{ "order", order, ARRAY_SIZE(order) },
};

/* Ask both; the number of things that are wrong. */
static u32 ask_step(struct both *both, const struct step *step, u32 seq)
{
	struct msg msg = { .bytes = NULL };
	u32 wrong;
	bool renew;
	int err;

	step_build(step, seq, &msg);
	both_ask(both, msg.bytes, msg.len);
	msg_free(&msg);
	wrong = !both_agree(both, step->what, &renew);
	err = answer_errno(&both->engine_says);
	if (err != step->err) {
		printf("# %s: the engine says %d, recorded is %d\n", step->what, err, step->err);
		wrong++;
	}
	return wrong;
}

static void test_sequence(void **state)
{
	const size_t which = *(const size_t *)*state;
	struct both both;
	u32 wrong = 0;

	both_open(&both);
	if (both.why)
		printf("# %s\n", both.why);
	for (size_t i = 0; i < sequences[which].count; i++)
		wrong += ask_step(&both, &sequences[which].step[i], (u32)i + 1);
	both_close(&both);
	assert_int_equal(wrong, 0);
}

/* More than fits into one datagram, in the order in which they are met. */
static void test_many(void **state)
{
	static const struct step begin = {
		"clsact", RTM_NEWQDISC, ADD, LO, CLSACT_MAJOR, AT_CLSACT, .put = { KIND("clsact") },
	}, dump = { "dump", RTM_GETTFILTER, DUMP, LO, 0, AT_INGRESS };
	struct step add = {
		"add", RTM_NEWTFILTER, ADD, LO, 0, AT_INGRESS, 0,
		.put = { KIND("bpf"), FD(FD_PASS), NAME("one of many"), DA },
	};
	struct both both;
	u32 wrong;

	both_open(&both);
	wrong = ask_step(&both, &begin, 1);
	for (u32 i = 0; i < 900; i++) {
		add.info = INFO(1 + i % 7 * 100, ALL);
		wrong += ask_step(&both, &add, i);
	}
	wrong += ask_step(&both, &dump, 2);
	assert_true(both.engine_says.len > 65536);
	both_close(&both);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(sequences) + 1];
	static size_t which[ARRAY_SIZE(sequences)];

	cmocka_set_message_output(CM_OUTPUT_TAP);
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		which[i] = i;
		tests[i] = (struct CMUnitTest){ .name = sequences[i].name,
						.test_func = test_sequence,
						.initial_state = &which[i] };
	}
	tests[ARRAY_SIZE(sequences)] =
		(struct CMUnitTest){ .name = "many", .test_func = test_many };
	return _cmocka_run_group_tests("rtnl sequences", tests, ARRAY_SIZE(tests), NULL, NULL);
}
