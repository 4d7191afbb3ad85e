// SPDX-License-Identifier: BSD-2-Clause
/* test_unpriv_memory.c - memory for those who must not see addresses, nor what others left on the stack.
 *
 * The verifier is asked itself, with CAP_BPF and with no right at all; Linux with CAP_BPF and without
 * CAP_PERFMON. CAP_BPF makes one difference here: numbers that were stored on the stack are known.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lower.h"

#include "isa/insn.h"

struct row {
	const char *name;
	int err;
	const char *text, *maps;
	bool known;           /* with CAP_BPF it is accepted, because the number is known */
};

#define OK(name, text, ...) { name, 0, text, __VA_ARGS__ }
#define NO(name, err, text, ...) { name, err, text, __VA_ARGS__ }
#define END "r0 = 0\nexit\n"
#define LOOKUP "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\nif r0 == 0 goto out\n"
#define OUT "out: r0 = 0\nexit\n"
#define ARRAY "array:4:16:2"
#define HASH "hash:4:16:2"

static const struct row rows[] = {
	OK("what was stored, read", "*(u64 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("never written, read", -EACCES, "r0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("below what was ever used, read", -EACCES, "*(u64 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -16)\nexit\n"),
	NO("half written, read", -EACCES, "*(u32 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	OK("both halves written, read", "*(u32 *)(r10 -8) = 1\n*(u32 *)(r10 -4) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("never written, added to", -EACCES, "r2 = 1\nlock *(u64 *)(r10 -8) += r2\n" END),
	OK("a pointer stored and loaded", "*(u64 *)(r10 -8) = r1\nr1 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r1 +0)\nexit\n"),
	NO("half of a pointer overwritten", -EACCES, "*(u64 *)(r10 -8) = r1\n*(u32 *)(r10 -8) = 1\n" END),
	NO("a byte of a pointer overwritten", -EACCES, "*(u64 *)(r10 -8) = r1\n*(u8 *)(r10 -1) = 1\n" END),
	OK("a pointer overwritten", "*(u64 *)(r10 -8) = r1\n*(u64 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("a pointer added to", -EACCES, "*(u64 *)(r10 -8) = r1\nr2 = 1\nlock *(u64 *)(r10 -8) += r2\n" END),
	NO("a pointer added to a number", -EACCES, "*(u64 *)(r10 -8) = 1\nlock *(u64 *)(r10 -8) += r1\n" END),
	NO("a pointer compared", -EACCES,
	   "*(u64 *)(r10 -8) = 1\nr0 = r1\nr2 = 1\nr0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r2)\n" END),
	OK("store_release of a pointer to the stack", "store_release((u64 *)(r10 -8), r1)\n" END),
	NO("a pointer into the context", -EACCES, "*(u64 *)(r1 +48) = r10\n" END),
	NO("a pointer into a map", -EACCES, LOOKUP "*(u64 *)(r0 +0) = r10\n" OUT, ARRAY),
	OK("a number into a map", LOOKUP "*(u64 *)(r0 +0) = 1\n" OUT, ARRAY),
	NO("a pointer exchanged into a map", -EACCES, LOOKUP "r2 = r10\nr2 = atomic64_xchg((u64 *)(r0 +0), r2)\n" OUT, ARRAY),
	OK("a key", LOOKUP OUT, HASH),
	NO("a key that was never written", -EACCES, "r2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\n" END, HASH),
	NO("half a key", -EACCES, "*(u16 *)(r10 -4) = 1\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\n" END, HASH),
	NO("a pointer as a key", -EACCES, "*(u64 *)(r10 -8) = r1\nr2 = r10\nr2 += -8\nr1 = map[fd:0]\ncall unknown#1\n" END,
	   "hash:8:16:2"),
	OK("written by a helper, read", "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall unknown#26\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("written by a helper in part, read", -EACCES,
	   "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 4\ncall unknown#26\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("written by a helper, a variable part", -EACCES,
	   "r4 = *(u32 *)(r1 +0)\nr4 &= 3\nr4 += 1\nr2 = 0\nr3 = r10\nr3 += -8\ncall unknown#26\n" END),
	OK("written before, then by a helper, a variable part",
	   "*(u64 *)(r10 -8) = 0\nr4 = *(u32 *)(r1 +0)\nr4 &= 3\nr4 += 1\nr2 = 0\nr3 = r10\nr3 += -8\ncall unknown#26\n" END),
	NO("written by a helper over a part of a pointer", -EACCES,
	   "*(u64 *)(r10 -8) = r1\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 4\ncall unknown#26\n" END),
	NO("written by a helper over a pointer", -EACCES,
	   "*(u64 *)(r10 -8) = r1\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall unknown#26\n" END),
	NO("a map itself, read", -EPERM, "r2 = map[fd:0]\nr0 = *(u32 *)(r2 +0)\nexit\n", ARRAY),
	OK("a pointer as the register of a packet load", "r6 = r1\nr0 = *(u8 *)skb[r10 + 0]\nexit\n"),
	NO("a number on the stack is no number that is known", -EACCES,
	   "*(u64 *)(r10 -16) = 8\nr2 = *(u64 *)(r10 -16)\nif r2 == 8 goto out\nr0 = *(u8 *)(r10 -1)\n" OUT, NULL, true),
	OK("zeroes on the stack are", "*(u64 *)(r10 -16) = 0\nr2 = *(u64 *)(r10 -16)\nif r2 == 0 goto out\nr0 = *(u8 *)(r10 -1)\n" OUT),
};

static void test_rows(void **state)
{
	struct both *both = *state;
	u32 wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct both_row row = { rows[i].name, 0, rows[i].text, rows[i].maps, .type = BPF_PROG_TYPE_SOCKET_FILTER };
		int err, capable = rows[i].known ? 0 : rows[i].err;
		struct both_prog prog;
		struct bpf_insn *insns;

		both_row_prog(&row, &prog, &insns);
		for (int bpf = 0; bpf < 2; bpf++) {
			LOG_ON_STACK(log);

			err = lower_ask_verifier(both, &prog, bpf, &log);
			if (err != (bpf ? capable : rows[i].err) && ++wrong)
				print_error("%s: the verifier answers %d: %s\n", row.name, err, log.text);
		}
		err = both->side[BOTH_LINUX] ? lower_ask_linux(both, &prog) : capable;
		if (err != capable && ++wrong)
			print_error("%s: Linux answers %d: %s\n", row.name, err, both->verdict[BOTH_LINUX].log);
		free(insns);
	}
	if (wrong)
		fail_msg("%u answers are wrong", wrong);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return both_run("verify unprivileged", tests, ARRAY_SIZE(tests));
}
