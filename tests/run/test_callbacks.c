// SPDX-License-Identifier: BSD-2-Clause
/* test_callbacks.c - functions that helpers call back, on the engine's two modes and on Linux. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rig.h"

static struct rig rig;

struct test {
	const char *name, *text;
	u64 r0;
};

/* map 0: array of 4 * 8 bytes, 1: hash, 2: LRU hash, 3: percpu array, 4: percpu hash, 5: array for results */
#define LOOP(n, ctx) "r1 = " n "\nr2 = subprog[cb]\nr3 = " ctx "\nr4 = 0\ncall loop#181\n"
#define EACH(map, ctx) "r1 = map[fd:" map "]\nr2 = subprog[cb]\nr3 = " ctx "\nr4 = 0\ncall each#164\n"
#define COUNT "*(u64 *)(r10 -8) = 0\n"
#define CTX "r10\nr3 += -8"
#define COUNTED "r0 = *(u64 *)(r10 -8)\nexit\n"

static const struct test loops[] = {
	{ "as often as was said", LOOP("7", "0") "exit\ncb: r0 = 0\nexit\n", 7 },
	{ "not at all", LOOP("0", "0") "exit\ncb: r0 = 0\nexit\n", 0 },
	{ "until it says 1", LOOP("7", "0") "exit\ncb: r0 = 0\nif r1 != 3 goto +1\nr0 = 1\nexit\n", 4 },
	{ "once", LOOP("7", "0") "exit\ncb: r0 = 1\nexit\n", 1 },
	{ "8 Mi times at most", LOOP("8388608", "0") "exit\ncb: r0 = 1\nexit\n", 1 },
	{ "not more", LOOP("8388609", "0") "exit\ncb: r0 = 1\nexit\n", (u64)-E2BIG },
	{ "no flags", "r1 = 1\nr2 = subprog[cb]\nr3 = 0\nr4 = 1\ncall loop#181\nexit\ncb: r0 = 1\nexit\n", (u64)-EINVAL },
	{ "a sum of its numbers", COUNT LOOP("10", CTX) COUNTED
	  "cb: r3 = *(u64 *)(r2 +0)\nr3 += r1\n*(u64 *)(r2 +0) = r3\nr0 = 0\nexit\n", 45 },
	{ "a thousand of them", COUNT LOOP("1000", CTX) COUNTED
	  "cb: r3 = *(u64 *)(r2 +0)\nr3 += r1\n*(u64 *)(r2 +0) = r3\nr0 = 0\nexit\n", 499500 },
	{ "R6..R9 are the caller's", "r6 = 6\nr7 = 7\nr8 = 8\nr9 = 9\n" LOOP("3", "0") "r0 = r6\nr0 *= 10\nr0 += r7\nr0 *= 10\nr0 += r8\n"
	  "r0 *= 10\nr0 += r9\nexit\ncb: r6 = 0\nr7 = r6\nr8 = r6\nr9 = r6\nr0 = 0\nexit\n", 6789 },
	{ "its stack is its own", "*(u64 *)(r10 -8) = 5\n" LOOP("3", "0") COUNTED "cb: *(u64 *)(r10 -8) = 7\nr0 = 0\nexit\n", 5 },
	{ "R0 of one is not R0 of the next", LOOP("3", "0") "exit\ncb: r0 = 0\nexit\n", 3 },
	{ "one in another", COUNT LOOP("5", CTX) COUNTED
	  "cb: r3 = r2\nr1 = 4\nr2 = subprog[in]\nr4 = 0\ncall loop#181\nr0 = 0\nexit\n"
	  "in: r3 = *(u64 *)(r2 +0)\nr3 += 1\n*(u64 *)(r2 +0) = r3\nr0 = 0\nexit\n", 20 },
	{ "it calls a function", COUNT LOOP("5", CTX) COUNTED "cb: r1 = r2\ncall f\nr0 = 0\nexit\n"
	  "f: r3 = *(u64 *)(r1 +0)\nr3 += 2\n*(u64 *)(r1 +0) = r3\nexit\n", 10 },
	{ "in a function", "call f\nexit\nf: " LOOP("3", "0") "r0 += 40\nexit\ncb: r0 = 0\nexit\n", 43 },
	{ "two one after the other", LOOP("3", "0") "r6 = r0\n" LOOP("4", "0") "r0 *= 16\nr0 += r6\nexit\ncb: r0 = 0\nexit\n", 0x43 },
	{ "called and called back", "r1 = 3\ncall cb\nr6 = r0\n" LOOP("4", "0") "r0 *= 16\nr0 += r6\nexit\ncb: r0 = r1\nr0 &= 1\nexit\n", 0x21 },
	{ "a loop around it", "r6 = 0\nr7 = 0\nl: " LOOP("3", "0") "r7 += r0\nr6 += 1\nif r6 < 5 goto l\nr0 = r7\nexit\ncb: r0 = 0\nexit\n", 15 },
};

static const struct test elements[] = {
	{ "the elements of an array", EACH("0", "0") "exit\ncb: r0 = 0\nexit\n", 4 },
	{ "their keys", COUNT EACH("0", CTX) COUNTED
	  "cb: r1 = *(u64 *)(r4 +0)\nr1 *= 10\nr5 = *(u32 *)(r2 +0)\nr1 += r5\n*(u64 *)(r4 +0) = r1\nr0 = 0\nexit\n", 123 },
	{ "their values", COUNT EACH("0", CTX) COUNTED
	  "cb: r1 = *(u64 *)(r4 +0)\nr5 = *(u64 *)(r3 +0)\nr1 += r5\n*(u64 *)(r4 +0) = r1\nr0 = 0\nexit\n", 100 + 101 + 102 + 103 },
	{ "the second is enough", EACH("0", "0") "exit\ncb: r0 = *(u32 *)(r2 +0)\nr0 &= 1\nexit\n", 2 },
	{ "the elements of a hash", EACH("1", "0") "exit\ncb: r0 = 0\nexit\n", 3 },
	{ "their keys", COUNT EACH("1", CTX) COUNTED
	  "cb: r1 = *(u64 *)(r4 +0)\nr5 = *(u32 *)(r2 +0)\nr1 += r5\n*(u64 *)(r4 +0) = r1\nr0 = 0\nexit\n", 7 + 8 + 9 },
	{ "their values", COUNT EACH("1", CTX) COUNTED
	  "cb: r1 = *(u64 *)(r4 +0)\nr5 = *(u64 *)(r3 +0)\nr1 += r5\n*(u64 *)(r4 +0) = r1\nr0 = 0\nexit\n", 207 + 208 + 209 },
	{ "of an LRU hash", COUNT EACH("2", CTX) COUNTED
	  "cb: r1 = *(u64 *)(r4 +0)\nr5 = *(u64 *)(r3 +0)\nr1 += r5\n*(u64 *)(r4 +0) = r1\nr0 = 0\nexit\n", 207 + 208 + 209 },
	{ "of an array per CPU", EACH("3", "0") "exit\ncb: r0 = *(u64 *)(r3 +0)\nr0 = 0\nexit\n", 4 },
	{ "of a hash per CPU", EACH("4", "0") "exit\ncb: r0 = *(u64 *)(r3 +0)\nr0 = 0\nexit\n", 3 },
	{ "no flags", "r1 = map[fd:0]\nr2 = subprog[cb]\nr3 = 0\nr4 = 1\ncall each#164\nexit\ncb: r0 = 0\nexit\n", (u64)-EINVAL },
	{ "the map comes along", EACH("1", "0") "exit\n"
	  "cb: *(u32 *)(r10 -4) = 8\nr2 = r10\nr2 += -4\ncall lookup#1\nif r0 == 0 goto +3\nr1 = *(u64 *)(r0 +0)\nr0 = 1\n"
	  "if r1 == 208 goto +1\nr0 = 0\nexit\n", 1 },
	{ "values are changed", EACH("0", "0") "r1 = map[fd:0]\n*(u32 *)(r10 -4) = 2\nr2 = r10\nr2 += -4\ncall lookup#1\n"
	  "if r0 == 0 goto +1\nr0 = *(u64 *)(r0 +0)\nexit\ncb: r1 = *(u64 *)(r3 +0)\nr1 *= 2\n*(u64 *)(r3 +0) = r1\nr0 = 0\nexit\n", 204 },
	{ "elements are deleted", EACH("1", "0") "r6 = r0\n" EACH("1", "0") "r0 *= 16\nr0 += r6\nexit\n"
	  "cb: r3 = r2\ncall delete#3\nr0 = 0\nexit\n", 3 },
	{ "one walk in another", COUNT EACH("0", CTX) COUNTED
	  "cb: r1 = map[fd:1]\nr2 = subprog[in]\nr3 = r4\nr4 = 0\ncall each#164\nr0 = 0\nexit\n"
	  "in: r1 = *(u64 *)(r4 +0)\nr1 += 1\n*(u64 *)(r4 +0) = r1\nr0 = 0\nexit\n", 12 },
};

static void fill(enum machine machine)
{
	for (u32 i = 0; i < 4; i++) {
		u64 value[64] = { 0 };
		u32 key = i + 7;

		value[0] = 100 + i;
		assert_int_equal(rig_set(&rig, machine, 0, &i, value), 0);
		assert_int_equal(rig_set(&rig, machine, 3, &i, value), 0);
		value[0] = 200 + key;
		for (u32 slot = 1; i < 3 && slot <= 4; slot++)
			if (slot != 3)
				assert_int_equal(rig_set(&rig, machine, slot, &key, value), 0);
	}
}

static void run_one(const struct test *t, enum machine machine)
{
	int fd = rig_text(&rig, machine, BPF_PROG_TYPE_SCHED_CLS, t->text);

	if (fd < 0)
		fail_msg("%s, %s: %d: %s", t->name, rig_name(machine), fd, rig.log);
	fill(machine);
	if (rig_run(&rig, machine, fd))
		fail_msg("%s, %s: %d: %s", t->name, rig_name(machine), rig.err, rig.fault.text);
	if (machine == LINUX ? (u32)rig.r0 != (u32)t->r0 : rig.r0 != t->r0)
		fail_msg("%s, %s: R0 is 0x%llx and not 0x%llx", t->name, rig_name(machine), (unsigned long long)rig.r0,
			 (unsigned long long)t->r0);
	rig_unload(&rig, machine, fd);
}

static void run_table(const struct test *tests, size_t count)
{
	for (enum machine machine = CHECKED; machine < MACHINES; machine++)
		for (size_t i = 0; rig_backend(&rig, machine) && i < count; i++)
			run_one(&tests[i], machine);
}

static void test_loops(void **state) { run_table(loops, ARRAY_SIZE(loops)); }
static void test_elements(void **state) { run_table(elements, ARRAY_SIZE(elements)); }

/* What only an unverified program can do, and is stopped. */
static void test_refused(void **state)
{
	static const struct { const char *text, *words; } cases[] = {
		{ LOOP("3", "0") "exit\ncb: r0 = 0\nr1 = *(u64 *)(r0 +0)\nexit\n", "null pointer" },
		{ "r1 = 3\nr2 = 1\nr3 = 0\nr4 = 0\ncall loop#181\nexit\n", "is no function" },
		{ "r6 = subprog[cb]\nr1 = 3\nr2 = 0xffffffffff ll\nr3 = 0\nr4 = 0\ncall loop#181\nexit\ncb: r0 = 0\nexit\n", "is no function" },
		{ "r6 = subprog[cb]\nr1 = 3\nr2 = 2\nr3 = 0\nr4 = 0\ncall loop#181\nexit\ncb: r0 = 0\nexit\n", "is no function" },
		{ LOOP("3", "0") "exit\ncb: r1 = 3\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall loop#181\nexit\n", "deeper than 8" },
		{ LOOP("1000000", "0") "exit\ncb: r1 = 0\nl: r1 += 1\nif r1 < 100 goto l\nr0 = 0\nexit\n", "instructions" },
		{ EACH("1", "0") "exit\ncb: r0 = *(u64 *)(r2 +0)\nexit\n", "of a map value" },
		{ EACH("1", "0") "exit\ncb: *(u32 *)(r2 +0) = 1\nr0 = 0\nexit\n", "write" },
	};

	fill(CHECKED);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = rig_text(&rig, CHECKED, BPF_PROG_TYPE_SCHED_CLS, cases[i].text);

		if (fd < 0)
			fail_msg("case %zu: %s", i, rig.log);
		assert_int_equal(rig_run(&rig, CHECKED, fd), -EFAULT);
		if (!strstr(rig.fault.text, cases[i].words))
			fail_msg("case %zu: %s", i, rig.fault.text);
		rig_unload(&rig, CHECKED, fd);
	}
}

static void test_linux(void **state) { assert_true(!rig.linux_side || rig_backend(&rig, LINUX)); }

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loops), cmocka_unit_test(test_elements), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_linux),
	};
	int ret;

	rig_open(&rig);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	rig_map(&rig, BPF_MAP_TYPE_HASH, 4, 8, 8, 0);
	rig_map(&rig, BPF_MAP_TYPE_LRU_HASH, 4, 8, 64, 0);
	rig_map(&rig, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0);
	rig_map(&rig, BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 8, 0);
	tests[3].name = rig_linux_name(&rig);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	ret = cmocka_run_group_tests_name("callbacks", tests, NULL, NULL);
	rig_close(&rig);
	return ret;
}
