// SPDX-License-Identifier: BSD-2-Clause
/* test_hooks.c - what becomes of a frame that is sent out of a: real devices on both kernels.
 *
 * What a row says happens is what Linux 6.18 did; as root it is asked again. `record` prints it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "world.h"

#define FILTERS 4
#define PASS "b(index 0 prio 0 mark 0 tag 0 proto 0800 type 0) b!"
#define LOST ""
#define TO_D "d(index 0 prio 0 mark 0 tag 0 proto 0800 type 3) d!"
#define TO_C "c(index 0 prio 0 mark 0 tag 0 proto 0800 type 3) c!"
#define SEEN "b(index 0 prio 0 mark 0 tag 0 proto 0800 type 0)"

struct row {
	const char *name;
	struct filter_spec filter[FILTERS];   /* in the order in which they are added; pref 0: none */
	u16 protocol, tag;                    /* of the frame; 0: IPv4, no tag */
	const char *expect;
	bool only_engine;                     /* not good for a real kernel */
};

/* Filters on the way out of a and the way into b. */
#define OUT(pref_, ...) { .device = DEV_A, .ingress = 0, .pref = pref_, .prog = { __VA_ARGS__ } }
#define IN(pref_, ...) { .device = DEV_B, .ingress = 1, .pref = pref_, .prog = { __VA_ARGS__ } }
#define CLASS(pref_, classid_, ...)                                                                \
	{ .device = DEV_A, .pref = pref_, .class_mode = true, .classid = classid_,                 \
	  .prog = { __VA_ARGS__ } }
#define FOR(protocol_, pref_, ...)                                                                 \
	{ .device = DEV_A, .pref = pref_, .protocol = protocol_, .prog = { __VA_ARGS__ } }
#define OF(classid_, pref_, ...)                                                                   \
	{ .device = DEV_A, .pref = pref_, .classid = classid_, .prog = { __VA_ARGS__ } }
#define SHOT .code = 2
/* The same by tcx: they run before the filters, in the order of the row. */
#define TOUT(...) { .device = DEV_A, .pref = 1, .tcx = true, .prog = { __VA_ARGS__ } }
#define TIN(...) { .device = DEV_B, .ingress = 1, .pref = 1, .tcx = true, .prog = { __VA_ARGS__ } }

static const struct row rows[] = {
#include "hooks.def"
#include "hooks_tcx.def"
};

static struct {
	struct world engine, linux_side;
	const char *why;
	bool asked, record;
} state;

static void row_run(struct world *w, const struct row *row, char *text, size_t room)
{
	u8 frame[WORLD_FRAME];
	u32 len = world_frame(frame, row->protocol ? row->protocol : ETH_P_IP, row->tag);

	for (u32 i = 0; i < FILTERS && row->filter[i].pref; i++)
		assert_int_equal(world_filter(w, &row->filter[i]), 0);
	world_send(w, DEV_A, frame, len, text, room);
	for (u32 i = 0; i < FILTERS && row->filter[i].pref; i++) {
		bool again = false;

		/* A preference goes with all its filters. */
		for (u32 before = 0; before < i; before++)
			again |= !row->filter[i].tcx && row->filter[before].pref == row->filter[i].pref &&
				 row->filter[before].device == row->filter[i].device &&
				 row->filter[before].ingress == row->filter[i].ingress;
		if (!again)
			assert_int_equal(world_unfilter(w, &row->filter[i]), 0);
	}
}

static void test_row(void **ctx)
{
	const struct row *row = *ctx;
	char theirs[1024] = "", ours[1024];

	if (state.asked && !row->only_engine) {
		row_run(&state.linux_side, row, theirs, sizeof(theirs));
		if (state.record) {
			printf("%-50s %s\n", row->name, theirs);
			return;
		}
		/* On a busy machine a frame may be late; one that comes too much stays. */
		for (int slow = 0; slow < 3 && strcmp(theirs, row->expect); slow++) {
			state.linux_side.settle_ms *= 5;
			row_run(&state.linux_side, row, theirs, sizeof(theirs));
		}
		state.linux_side.settle_ms = WORLD_SETTLE_MS;
		if (strcmp(theirs, row->expect))
			fail_msg("%s: Linux: %s; the table: %s", row->name, theirs, row->expect);
	}
	row_run(&state.engine, row, ours, sizeof(ours));
	if (strcmp(ours, row->expect))
		fail_msg("%s: engine: %s; Linux: %s", row->name, ours, row->expect);
}

static void test_asked(void **ctx)
{
	if (!state.asked) {
		print_message("# SKIP %s; what it did once is compared\n", state.why);
		skip();
	}
}

static int setup(void **ctx)
{
	const char *why;

	state.asked = !world_open(&state.linux_side, true, &state.why);
	return world_open(&state.engine, false, &why);
}

static int teardown(void **ctx)
{
	world_close(&state.engine);
	world_close(&state.linux_side);
	return 0;
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[ARRAY_SIZE(rows) + 1];
	size_t count = 0;

	state.record = argc > 1 && !strcmp(argv[1], "record");
	cmocka_set_message_output(state.record ? CM_OUTPUT_STDOUT : CM_OUTPUT_TAP);
	for (; count < ARRAY_SIZE(rows); count++)
		tests[count] = (struct CMUnitTest){ .name = rows[count].name, .test_func = test_row,
						    .initial_state = (void *)(uintptr_t)&rows[count] };
	tests[count++] = (struct CMUnitTest){ .name = "Linux was asked", .test_func = test_asked };
	return _cmocka_run_group_tests("hooks", tests, count, setup, teardown);
}
