// SPDX-License-Identifier: BSD-2-Clause
/* test_tail.c - calls of functions and tail calls: where they lead, what they keep, when they end.
 *
 * A case is a set of programs. Program 0 is run; program n stands in slot n of the program array
 * (map[fd:0]); slot 0 holds program 0 itself, the last slots are empty. Programs count in map[fd:1].
 * What the engine, checked and trusted, returns and leaves in the map must be what Linux leaves.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rig.h"

#define SLOTS 6
#define EMPTY "5"
#define PROGS 5
#define WORDS 8

/* r6 = the context; needs nothing, leaves R0 as it was when nothing is taken. */
#define JUMP(slot) "r1 = r6\nr2 = map[fd:0]\nr3 = " slot "\ncall unknown#12\n"
#define COUNT(word, n) "r1 = map[fd:1][0]+" word "\nr2 = *(u64 *)(r1 +0)\nr2 += " n "\n*(u64 *)(r1 +0) = r2\n"
#define BEGIN "r6 = r1\nr0 = 0\n"
#define RETURN(n) "r0 = " n "\nexit\n"

struct test {
	const char *name;
	const char *prog[PROGS];
	u64 r0;
	u64 word[2];        /* what the counters hold afterwards */
};

static const struct test tests[] = {
	{ "taken", { BEGIN JUMP("1") RETURN("1"), RETURN("2") }, 2, { 0 } },
	{ "empty slot", { BEGIN JUMP(EMPTY) RETURN("1") }, 1, { 0 } },
	{ "no slot", { BEGIN JUMP("6") RETURN("1") }, 1, { 0 } },
	{ "far from any slot", { BEGIN JUMP("-1") RETURN("1") }, 1, { 0 } },
	{ "32 bits of the number", { BEGIN JUMP("0x700000001") RETURN("1"), RETURN("2") }, 2, { 0 } },
	{ "three in a row", { BEGIN JUMP("1") RETURN("1"), BEGIN JUMP("2") RETURN("2"),
			      BEGIN JUMP("3") RETURN("3"), RETURN("4") }, 4, { 0 } },
	{ "33 and no more", { BEGIN COUNT("0", "1") JUMP("0") COUNT("8", "1") RETURN("7") }, 7,
	  { 34, 1 } },
	{ "33, two programs", { BEGIN COUNT("0", "1") JUMP("1") RETURN("7"),
				BEGIN COUNT("8", "1") JUMP("0") RETURN("8") }, 8, { 17, 17 } },
	{ "33, after many that were not taken",
	  { BEGIN COUNT("0", "1") JUMP(EMPTY) JUMP(EMPTY) JUMP("99") JUMP(EMPTY) JUMP("0") RETURN("7") }, 7,
	  { 34 } },
	{ "the context is passed", { BEGIN JUMP("1") RETURN("1"), "r0 = *(u32 *)(r1 +0)\nexit\n" }, 64, { 0 } },
	{ "cb is kept", { BEGIN "*(u32 *)(r6 +48) = 77\n" JUMP("1") RETURN("1"),
			  "r0 = *(u32 *)(r1 +48)\nexit\n" }, 77, { 0 } },
	{ "from a function", { "call f\nr0 += 10\nexit\nf: " BEGIN JUMP("1") RETURN("1"), RETURN("2") }, 12,
	  { 0 } },
	{ "from a function, not taken", { "call f\nr0 += 10\nexit\nf: " BEGIN JUMP(EMPTY) RETURN("1") }, 11,
	  { 0 } },
	{ "a function keeps R6 to R9 over it",
	  { "r7 = 7\nr9 = 9\ncall f\nr0 += r7\nr0 += r9\nexit\nf: " BEGIN JUMP("1") RETURN("1"),
	    "r7 = 70\nr9 = 90\nr0 = 2\nexit\n" }, 18, { 0 } },
	{ "a function keeps its caller's stack over it",
	  { "*(u64 *)(r10 -8) = 5\ncall f\nr1 = *(u64 *)(r10 -8)\nr0 += r1\nexit\nf: " BEGIN JUMP("1") RETURN("1"),
	    "*(u64 *)(r10 -8) = 90\n*(u64 *)(r10 -512) = 90\nr0 = 2\nexit\n" }, 7, { 0 } },
	{ "33 in all, from functions",
	  { BEGIN COUNT("0", "1") "r1 = r6\ncall f\nr0 += 1\nexit\nf: " BEGIN JUMP("0") COUNT("8", "1") RETURN("0") },
	  34, { 34, 1 } },
	{ "twice in each, from functions",
	  { BEGIN COUNT("0", "1") "r1 = r6\ncall f\nr1 = r6\ncall f\nr0 = 5\nexit\nf: " BEGIN JUMP("0")
	    COUNT("8", "1") RETURN("0") }, 5, { 34, 35 } },
	{ "mixed", { BEGIN COUNT("0", "1") "r1 = r6\ncall f\n" JUMP("1") RETURN("7") "f: " BEGIN JUMP("1")
		     RETURN("0"), BEGIN COUNT("8", "1") JUMP("0") RETURN("8") }, 7, { 17, 17 } },
	{ "a program called by tail call calls eight deep",
	  { "call f1\nr0 += 1\nexit\nf1: r6 = r1\ncall f2\nr0 += 1\nexit\nf2: " BEGIN JUMP("1") RETURN("0"),
	    "call g1\nr0 += 1\nexit\ng1: call g2\nr0 += 1\nexit\ng2: call g3\nr0 += 1\nexit\n"
	    "g3: call g4\nr0 += 1\nexit\ng4: call g5\nr0 += 1\nexit\ng5: call g6\nr0 += 1\nexit\n"
	    "g6: call g7\nr0 += 1\nexit\ng7: r0 = 100\nexit\n" }, 109, { 0 } },
	{ "33 times seven deep",
	  { "call f1\nr0 += 1\nexit\nf1: call f2\nr0 += 1\nexit\nf2: call f3\nr0 += 1\nexit\n"
	    "f3: call f4\nr0 += 1\nexit\nf4: call f5\nr0 += 1\nexit\nf5: call f6\nr0 += 1\nexit\n"
	    "f6: call f7\nr0 += 1\nexit\nf7: *(u64 *)(r10 -8) = 1\n" BEGIN COUNT("0", "1") JUMP("0") RETURN("0") },
	  238, { 34 } },
	{ "functions one after another", { "r6 = 0\ncall f\nr6 += r0\nr1 = r0\ncall f\nr6 += r0\nr0 = r6\nexit\n"
	  "f: r0 = 3\nif r1 != 3 goto out\nr0 = 40\nout: exit\n" }, 43, { 0 } },
	{ "a function that loops", { "r6 = 10\nr7 = 0\nl: r1 = r6\ncall f\nr7 += r0\nr6 += -1\nif r6 != 0 goto l\n"
	  "r0 = r7\nexit\nf: r0 = r1\nr0 *= r1\nexit\n" }, 385, { 0 } },
	{ "packet loads in a program that came", { BEGIN JUMP("1") RETURN("1"),
	  "r6 = r1\nr0 = *(u16 *)skb[12]\nexit\n" }, 0x800, { 0 } },
};

static struct rig rig;

/* Load the programs of @t and fill the array. */
static void load_all(const struct test *t, enum machine machine, u32 type, int *fd)
{
	for (int i = PROGS - 1; i >= 0; i--) {
		fd[i] = -1;
		if (!t->prog[i])
			continue;
		fd[i] = rig_text(&rig, machine, type, t->prog[i]);
		if (fd[i] < 0)
			fail_msg("%s, program %d, %s: refused (%d): %s", t->name, i, rig_name(machine), fd[i],
				 rig.log);
		assert_int_equal(rig_put_prog(&rig, machine, 0, (u32)i, fd[i]), 0);
	}
}

static void unload_all(const struct test *t, enum machine machine, const int *fd)
{
	for (u32 i = 0; i < PROGS; i++) {
		if (!t->prog[i])
			continue;
		assert_int_equal(rig_del(&rig, machine, 0, &i), 0);
		rig_unload(&rig, machine, fd[i]);
	}
}

static void run_set(const struct test *t, enum machine machine, u64 words[WORDS])
{
	u64 zero[WORDS] = { 0 };
	u32 key = 0;
	int fd[PROGS];

	assert_int_equal(rig_set(&rig, machine, 1, &key, zero), 0);
	load_all(t, machine, BPF_PROG_TYPE_SCHED_CLS, fd);
	if (rig_run(&rig, machine, fd[0]))
		fail_msg("%s, %s: stopped at %u: %s", t->name, rig_name(machine), rig.fault.insn, rig.fault.text);
	assert_int_equal(rig_get(&rig, machine, 1, &key, words), 0);
	unload_all(t, machine, fd);
}

static void test_sets(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		const struct test *t = &tests[i];

		for (enum machine machine = 0; machine < MACHINES; machine++) {
			u64 words[WORDS];

			if (!rig_backend(&rig, machine))
				continue;
			run_set(t, machine, words);
			if (rig.r0 != t->r0 || words[0] != t->word[0] || words[1] != t->word[1])
				fail_msg("%s, %s: R0 %llu, counters %llu %llu", t->name, rig_name(machine),
					 (unsigned long long)rig.r0, (unsigned long long)words[0],
					 (unsigned long long)words[1]);
		}
	}
}

static u64 run_once(enum machine machine, int fd)
{
	assert_int_equal(rig_run(&rig, machine, fd), 0);
	return rig.r0;
}

/* A slot that is filled, filled anew, and emptied under a program that stays. */
static void test_replaced(void **state)
{
	for (enum machine machine = 0; machine < MACHINES; machine++) {
		u32 slot = 1;
		int fd, two, three;

		if (!rig_backend(&rig, machine))
			continue;
		fd = rig_text(&rig, machine, BPF_PROG_TYPE_SCHED_CLS, BEGIN JUMP("1") RETURN("1"));
		two = rig_text(&rig, machine, BPF_PROG_TYPE_SCHED_CLS, RETURN("2"));
		three = rig_text(&rig, machine, BPF_PROG_TYPE_SCHED_CLS, RETURN("3"));
		assert_true(fd >= 0 && two >= 0 && three >= 0);
		assert_int_equal(run_once(machine, fd), 1);
		assert_int_equal(rig_put_prog(&rig, machine, 0, slot, two), 0);
		rig_unload(&rig, machine, two);
		assert_int_equal(run_once(machine, fd), 2);
		assert_int_equal(rig_put_prog(&rig, machine, 0, slot, three), 0);
		assert_int_equal(run_once(machine, fd), 3);
		assert_int_equal(rig_del(&rig, machine, 0, &slot), 0);
		assert_int_equal(run_once(machine, fd), 1);
		rig_unload(&rig, machine, three);
		rig_unload(&rig, machine, fd);
	}
}

/* Programs of another type are not let in, whatever the array holds. */
static void test_types(void **state)
{
	for (enum machine machine = 0; machine < MACHINES; machine++) {
		int act, cls;

		if (!rig_backend(&rig, machine))
			continue;
		act = rig_text(&rig, machine, BPF_PROG_TYPE_SCHED_ACT, RETURN("2"));
		assert_true(act >= 0);
		assert_int_equal(rig_put_prog(&rig, machine, 0, 1, act), -EINVAL);
		rig_unload(&rig, machine, act);
		/* Nor do they jump through it: they are not loaded, or find nothing there. */
		cls = rig_text(&rig, machine, BPF_PROG_TYPE_SCHED_CLS, RETURN("2"));
		assert_int_equal(rig_put_prog(&rig, machine, 0, 1, cls), 0);
		act = rig_text(&rig, machine, BPF_PROG_TYPE_SCHED_ACT, BEGIN JUMP("1") RETURN("1"));
		if (act < 0)
			assert_int_equal(act, -EINVAL);
		else
			assert_int_equal(run_once(machine, act), 1);
		rig_unload(&rig, machine, act);
		rig_unload(&rig, machine, cls);
		assert_int_equal(rig_del(&rig, machine, 0, &(u32){ 1 }), 0);
	}
}

/* What one run may execute is shared by all programs in it. */
static void test_budget(void **state)
{
	const char *text = BEGIN "r7 = 15000\nl: r7 += -1\nif r7 != 0 goto l\n" JUMP("0") RETURN("7");
	const char *less = BEGIN "r7 = 14000\nl: r7 += -1\nif r7 != 0 goto l\n" JUMP("0") RETURN("7");
	int fd = rig_text(&rig, CHECKED, BPF_PROG_TYPE_SCHED_CLS, text);

	assert_int_equal(rig_put_prog(&rig, CHECKED, 0, 0, fd), 0);
	assert_int_equal(rig_run(&rig, CHECKED, fd), -EFAULT);
	assert_int_equal(rig.fault.error, -E2BIG);
	rig_unload(&rig, CHECKED, fd);
	fd = rig_text(&rig, CHECKED, BPF_PROG_TYPE_SCHED_CLS, less);
	assert_int_equal(rig_put_prog(&rig, CHECKED, 0, 0, fd), 0);
	assert_int_equal(run_once(CHECKED, fd), 7);
	rig_unload(&rig, CHECKED, fd);
	assert_int_equal(rig_del(&rig, CHECKED, 0, &(u32){ 0 }), 0);
}

#define SWAPS 300

/* Puts SWAPS new programs into slot 1, one after another; each returns its number. */
static void *swapper(void *arg)
{
	atomic_int *done = arg;

	for (s32 i = 1; i <= SWAPS; i++) {
		struct bpf_insn insns[] = { { .code = 0xb7, .imm = i }, { .code = 0x95 } };
		u32 slot = 1;
		union bpf_attr load = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = ptr_u64(insns),
					.insn_cnt = 2, .license = ptr_u64("GPL") };
		int fd = backend_bpf(rig.engine, BPF_PROG_LOAD, &load, sizeof(load));
		union bpf_attr put = { .map_fd = (u32)rig.fd[0][0], .key = ptr_u64(&slot),
				       .value = ptr_u64(&fd) };

		if (fd < 0 || backend_bpf(rig.engine, BPF_MAP_UPDATE_ELEM, &put, sizeof(put)) ||
		    backend_close(rig.engine, fd))
			break;
	}
	atomic_store(done, 1);
	return NULL;
}

/* While another thread replaces and frees programs, every run finds one, and never an older one than
 * the run before. */
static void test_swapped(void **state)
{
	int fd = rig_text(&rig, CHECKED, BPF_PROG_TYPE_SCHED_CLS, BEGIN JUMP("1") RETURN("0"));
	atomic_int done = 0;
	u64 last = 0, runs = 0;
	pthread_t thread;

	assert_true(fd >= 0);
	assert_int_equal(pthread_create(&thread, NULL, swapper, &done), 0);
	while (!atomic_load(&done)) {
		u64 now = run_once(runs++ % 2 ? CHECKED : TRUSTED, fd);

		assert_true(now >= last && now <= SWAPS);
		last = now;
	}
	pthread_join(thread, NULL);
	assert_int_equal(run_once(CHECKED, fd), SWAPS);
	assert_int_equal(rig_del(&rig, CHECKED, 0, &(u32){ 1 }), 0);
	rig_unload(&rig, CHECKED, fd);
}

static void test_compared(void **state)
{
}

int main(void)
{
	struct CMUnitTest all[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_compared),
	};
	int err;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	rig_open(&rig);
	rig_map(&rig, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, SLOTS, 0);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, 8 * WORDS, 1, 0);
	all[ARRAY_SIZE(all) - 1].name = rig_linux_name(&rig);
	err = cmocka_run_group_tests_name("tail", all, NULL, NULL);
	rig_close(&rig);
	return err;
}
