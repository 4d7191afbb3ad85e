// SPDX-License-Identifier: BSD-2-Clause
/* test_calls.c - calls of helpers: what Linux takes and refuses, and why.
 *
 * Generated from helper.def: every helper as every type of program, as it should be called, and with everything else
 * in the place of each argument. Both sides have to give the same answer. Then rules that rows do not tell.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen_args.h"

#define IDS 212

/* What Linux accepts, the engine does when it has the helper. It does not look into objects of the kernel. */
static bool agrees(const struct both *both, const struct helper *helper, enum stand_in stand)
{
	int ours = both->verdict[BOTH_ENGINE].err, theirs = both->verdict[BOTH_LINUX].err;
	bool objects = stand >= STAND_TASK && stand <= STAND_OBJECT_OR_NULL;

	return ours == theirs || (ours == -EOPNOTSUPP && (objects || (!theirs && !helper->fn)));
}

static void complain(struct both *both, const struct call_prog *call, const struct helper *helper, u32 arg,
		     enum stand_in stand)
{
	both_ask(both, &call->prog, 2);
	print_error("bpf_%s as type %u, argument %u is %s: the engine answers %d, Linux %d\n", helper->name,
		    call->prog.type, arg + 1, stand_in_text[stand], both->verdict[BOTH_ENGINE].err,
		    both->verdict[BOTH_LINUX].err);
	if (getenv("CALLS_LOGS"))
		print_error("%s\n%s\n", both->verdict[BOTH_ENGINE].log, both->verdict[BOTH_LINUX].log);
}

static void ask(struct both *both, const struct helper *helper, u32 type, u32 arg, enum stand_in stand,
		u32 counts[3])
{
	struct call_prog call;

	if (!gen_call(helper, type, arg, stand, &call))
		return;
	both_ask(both, &call.prog, 0);
	counts[0]++;
	counts[1] += !both->verdict[BOTH_LINUX].err;
	if (agrees(both, helper, stand))
		return;
	counts[2]++;
	complain(both, &call, helper, arg, stand);
}

static void ask_type(struct both *both, u32 type)
{
	const char *only = getenv("CALLS_HELPER");
	u32 who = helper_who_of(type), counts[3] = { 0 };

	for (u32 id = 1; id < IDS; id++) {
		const struct helper *helper = helper_find(id, who);

		if (!helper || !(helper->who & who) || (only && strcmp(only, helper->name)))
			continue;
		ask(both, helper, type, 0, STAND_RIGHT, counts);
		for (u32 arg = 0; arg < 5 && helper->arg[arg] != ARG_NONE; arg++)
			for (u32 stand = STAND_RIGHT + 1; stand < STAND_INS; stand++)
				ask(both, helper, type, arg, (enum stand_in)stand, counts);
	}
	print_message("# %u programs, %u of them accepted, %u answers differ\n", counts[0], counts[1],
		      counts[2]);
	assert_int_equal(counts[2], 0);
}

static void test_cls(void **state) { ask_type(*state, BPF_PROG_TYPE_SCHED_CLS); }
static void test_act(void **state) { ask_type(*state, BPF_PROG_TYPE_SCHED_ACT); }
static void test_socket(void **state) { ask_type(*state, BPF_PROG_TYPE_SOCKET_FILTER); }
static void test_xdp(void **state) { ask_type(*state, BPF_PROG_TYPE_XDP); }

/* How libbpf_probe_bpf_helper() asks: a call with whatever is in the registers, and words in the log. */
static void test_probe(void **state)
{
	static const u32 types[] = { BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT,
	BPF_PROG_TYPE_SOCKET_FILTER,
				     BPF_PROG_TYPE_XDP };
	struct bpf_insn insn[] = { { .code = BPF_JMP | BPF_CALL }, { .code = BPF_JMP | BPF_EXIT } };
	struct both_prog prog = { .insns = insn, .count = ARRAY_SIZE(insn) };
	struct both *both = *state;
	u32 found = 0;

	for (u32 id = 1; id < IDS; id++)
		for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
			const struct helper *helper = helper_find(id, helper_who_of(types[i]));
			bool there = helper && helper->fn && helper->who & helper_who_of(types[i]), says;

			insn[0].imm = (s32)id;
			prog.type = types[i];
			both_ask(both, &prog, 1);
			says = !strstr(both->verdict[BOTH_ENGINE].log, "unknown func ");
			if (says != there)
				fail_msg("helper %u, type %u: %s", id, types[i],
					 both->verdict[BOTH_ENGINE].log);
			found += there;
		}
	assert_in_range(found, 150, 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cls), cmocka_unit_test(test_act), cmocka_unit_test(test_socket),
		cmocka_unit_test(test_xdp), cmocka_unit_test(test_probe),
	};

	return both_run("calls", tests, ARRAY_SIZE(tests));
}
