// SPDX-License-Identifier: BSD-2-Clause
/* test_stack.c - loads and stores on the stack: does the verifier say what Linux says?
 *
 * Rows have a name and the answer. After them every combination of two stores and a load of different
 * widths, places and values is asked; what the load gave is an offset into a map value of 16 bytes or
 * is only loaded. The same without CAP_PERFMON, for socket filters. CLSBPF_TEST_EVERY=1 asks all of them,
 * otherwise it is one in some.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lower.h"

#include "isa/insn.h"

#define VALUE16 .maps = "array:4:16:1"
#define OK(name, text, ...) { name, 0, text, __VA_ARGS__ }
#define NO(name, err, text, ...) { name, err, text, __VA_ARGS__ }

#define END "r0 = 0\nexit\n"
#define MAP "r7 = map[fd:0][0]+0\n"
/* R2 must be in 0..15. */
#define USE "r7 += r2\nr0 = *(u8 *)(r7 +0)\nexit\n"
/* R8: 0..7, R6: any 32 bits. */
#define NUMBERS "r6 = *(u32 *)(r1 +0)\nr8 = *(u8 *)(r1 +48)\nr8 &= 7\n"

static const struct both_row rows_place[] = {
	OK("lowest", "*(u64 *)(r10 -512) = 1\nr0 = *(u64 *)(r10 -512)\nexit\n"),
	OK("highest", "*(u8 *)(r10 -1) = 1\nr0 = *(u8 *)(r10 -1)\nexit\n"),
	NO("below", -EACCES, "*(u8 *)(r10 -513) = 1\n" END, .says = "offset -513"),
	NO("below, 8 bytes", -EACCES, "*(u64 *)(r10 -520) = 1\n" END),
	NO("above", -EACCES, "*(u8 *)(r10 +0) = 1\n" END),
	NO("above, 8 bytes", -EACCES, "*(u64 *)(r10 +8) = 1\n" END),
	NO("above, read", -EACCES, "r0 = *(u8 *)(r10 +0)\nexit\n"),
	NO("half above", -EACCES, "*(u64 *)(r10 -4) = 1\n" END),
	NO("misaligned 2", -EACCES, "*(u16 *)(r10 -3) = 1\n" END, .says = "multiple of 2"),
	NO("misaligned 4", -EACCES, "*(u32 *)(r10 -6) = 1\n" END),
	NO("misaligned 8, read", -EACCES, "r0 = *(u64 *)(r10 -12)\nexit\n"),
	OK("by a register", "r2 = r10\nr2 += -16\n*(u64 *)(r2 +8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("by a register, above", -EACCES, "r2 = r10\nr2 += -16\n*(u64 *)(r2 +16) = 1\n" END),
	NO("by a register, misaligned", -EACCES, "r2 = r10\nr2 += -12\n*(u64 *)(r2 +0) = 1\n" END),
	OK("by two registers", "r2 = r10\nr3 = -8\nr2 += r3\n*(u64 *)(r2 +0) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n"),
};

static const struct both_row rows_unset[] = {
	OK("never written, 8", "r0 = *(u64 *)(r10 -8)\nexit\n"),
	OK("never written, 1", "r0 = *(u8 *)(r10 -500)\nexit\n"),
	NO("and unknown", -EACCES, MAP "r2 = *(u8 *)(r10 -8)\n" USE, VALUE16, .says = "up to 255"),
	OK("half written", "*(u32 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n"),
};

static const struct both_row rows_fill[] = {
	OK("a constant of ST, 8", MAP "*(u64 *)(r10 -8) = 15\nr2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
	NO("one more", -EACCES, MAP "*(u64 *)(r10 -8) = 16\nr2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
	OK("a constant of ST, 4", MAP "*(u32 *)(r10 -8) = 15\nr2 = *(u32 *)(r10 -8)\n" USE, VALUE16),
	OK("the lower half of 8", MAP "*(u64 *)(r10 -8) = 15\nr2 = *(u32 *)(r10 -8)\n" USE, VALUE16),
	OK("the lowest byte of 8", MAP "*(u64 *)(r10 -8) = 0x10f\nr2 = *(u8 *)(r10 -8)\n" USE, VALUE16),
	NO("a higher byte", -EACCES, MAP "*(u64 *)(r10 -8) = 15\nr2 = *(u8 *)(r10 -7)\n" USE, VALUE16),
	OK("a higher byte of 0", MAP "*(u64 *)(r10 -8) = 0\nr2 = *(u8 *)(r10 -7)\n" USE, VALUE16),
	OK("the upper half of 0", MAP "*(u64 *)(r10 -8) = 0\nr2 = *(u32 *)(r10 -4)\n" USE, VALUE16),
	NO("4 bytes in the upper half", -EACCES, MAP "*(u32 *)(r10 -4) = 15\nr2 = *(u32 *)(r10 -4)\n" USE, VALUE16),
	OK("of 0 in the upper half", MAP "*(u32 *)(r10 -4) = 0\nr2 = *(u32 *)(r10 -4)\n" USE, VALUE16),
	NO("more than was stored", -EINVAL, MAP "*(u32 *)(r10 -8) = 15\nr2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
	OK("both halves", MAP "*(u32 *)(r10 -8) = 0\n*(u32 *)(r10 -4) = 0\nr2 = *(u64 *)(r10 -8)\nr0 = r2\nexit\n", VALUE16),
	NO("both halves of 0, together", -EINVAL,
	   MAP "*(u32 *)(r10 -8) = 0\n*(u32 *)(r10 -4) = 0\nr2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
	OK("bounds", NUMBERS MAP "*(u64 *)(r10 -8) = r8\nr2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
	OK("bounds, 1 byte", NUMBERS MAP "*(u8 *)(r10 -8) = r8\nr2 = *(u8 *)(r10 -8)\n" USE, VALUE16),
	OK("bounds, 1 of 8 bytes", NUMBERS MAP "*(u64 *)(r10 -8) = r8\nr2 = *(u8 *)(r10 -8)\n" USE, VALUE16),
	NO("too wide", -EACCES, NUMBERS MAP "*(u64 *)(r10 -8) = r6\nr2 = *(u32 *)(r10 -8)\n" USE, VALUE16),
	OK("signed constant", MAP "*(u8 *)(r10 -8) = 5\nr2 = *(s8 *)(r10 -8)\n" USE, VALUE16),
	NO("signed constant below 0", -EACCES, MAP "*(u8 *)(r10 -8) = 255\nr2 = *(s8 *)(r10 -8)\n" USE, VALUE16),
	OK("signed constant below 0, back", MAP "*(u8 *)(r10 -8) = 255\nr2 = *(s8 *)(r10 -8)\nr2 += 1\n" USE, VALUE16),
	OK("copies learn: the stored register",
	   NUMBERS MAP "*(u64 *)(r10 -8) = r6\nif r6 > 15 goto out\nr2 = *(u64 *)(r10 -8)\n" USE "out:\n" END, VALUE16),
	OK("copies learn: two fills",
	   NUMBERS MAP "*(u64 *)(r10 -8) = r6\nr2 = *(u64 *)(r10 -8)\nr3 = *(u64 *)(r10 -8)\nif r3 > 15 goto out\n" USE
	   "out:\n" END, VALUE16),
	OK("copies learn: 4 bytes",
	   NUMBERS MAP "*(u32 *)(r10 -8) = r6\nr2 = *(u32 *)(r10 -8)\nif r6 > 15 goto out\n" USE "out:\n" END, VALUE16),
	NO("cut off, no copy: 2 bytes", -EACCES,
	   NUMBERS MAP "*(u16 *)(r10 -8) = r6\nr2 = *(u16 *)(r10 -8)\nif r6 > 15 goto out\n" USE "out:\n" END, VALUE16),
	NO("cut off, no copy: 2 of 8 bytes", -EACCES,
	   NUMBERS MAP "*(u64 *)(r10 -8) = r6\nr2 = *(u16 *)(r10 -8)\nif r6 > 15 goto out\n" USE "out:\n" END, VALUE16),
};

static const struct both_row rows_pointer[] = {
	OK("ctx", "*(u64 *)(r10 -8) = r1\nr2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	OK("stack", "r2 = r10\nr2 += -16\n*(u64 *)(r10 -8) = r2\n*(u64 *)(r2 +0) = 1\nr3 = *(u64 *)(r10 -8)\n"
	   "r0 = *(u64 *)(r3 +0)\nexit\n"),
	OK("packet", "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\n*(u64 *)(r10 -8) = r2\nr4 = r2\nr4 += 14\n"
	   "if r4 > r3 goto out\nr0 = *(u8 *)(r2 +13)\nr0 = 0\nout: r0 = 0\nexit\n"),
	OK("map", "r2 = map[fd:0]\n*(u64 *)(r10 -8) = r2\n*(u32 *)(r10 -12) = 0\nr1 = *(u64 *)(r10 -8)\nr2 = r10\nr2 += -12\n"
	   "call unknown#1\nr0 = 0\nexit\n", VALUE16),
	OK("value or NULL", "r1 = map[fd:0]\n*(u32 *)(r10 -12) = 0\nr2 = r10\nr2 += -12\ncall unknown#1\n*(u64 *)(r10 -8) = r0\n"
	   "if r0 == 0 goto out\nr0 = *(u8 *)(r0 +3)\nout: r0 = 0\nexit\n", VALUE16),
	NO("value or NULL, not checked", -EACCES,
	   "r1 = map[fd:0]\n*(u32 *)(r10 -12) = 0\nr2 = r10\nr2 += -12\ncall unknown#1\n*(u64 *)(r10 -8) = r0\n"
	   "r2 = *(u64 *)(r10 -8)\nr0 = *(u8 *)(r2 +3)\nexit\n", .maps = "hash:4:16:1", .says = "NULL"),
	NO("half of it stored", -EACCES, "*(u32 *)(r10 -8) = r1\n" END),
	NO("half of it stored, above", -EACCES, "*(u32 *)(r10 -4) = r10\n" END),
	NO("half of it loaded", -EACCES, "*(u64 *)(r10 -8) = r1\nr0 = *(u32 *)(r10 -8)\nexit\n", .says = "the context"),
	NO("upper half of it loaded", -EACCES, "*(u64 *)(r10 -8) = r1\nr0 = *(u32 *)(r10 -4)\nexit\n"),
	NO("a byte of it loaded", -EACCES, "*(u64 *)(r10 -8) = r1\nr0 = *(u8 *)(r10 -1)\nexit\n"),
	OK("a byte of it overwritten, a number", "*(u64 *)(r10 -8) = r1\n*(u8 *)(r10 -1) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("a byte of it overwritten, no pointer", -EACCES,
	   "*(u64 *)(r10 -8) = r1\n*(u8 *)(r10 -1) = 1\nr2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	NO("overwritten by a number", -EACCES,
	   "*(u64 *)(r10 -8) = r1\n*(u64 *)(r10 -8) = 1\nr2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	NO("lower half overwritten by a spill", -EACCES,
	   "*(u64 *)(r10 -8) = r1\n*(u32 *)(r10 -8) = 1\nr2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	OK("added to by an atomic instruction, a number",
	   "*(u64 *)(r10 -8) = r1\nr2 = 1\nlock *(u64 *)(r10 -8) += r2\nr0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("added to by an atomic instruction, no pointer", -EACCES,
	   "*(u64 *)(r10 -8) = r1\nr2 = 1\nlock *(u64 *)(r10 -8) += r2\nr2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	OK("fetched by an atomic instruction, the pointer",
	   "*(u64 *)(r10 -8) = r1\nr2 = 1\nr2 = atomic64_fetch_add((u64 *)(r10 -8), r2)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	NO("half of it used by an atomic instruction", -EACCES,
	   "*(u64 *)(r10 -8) = r1\nr2 = 1\nlock *(u32 *)(r10 -8) += r2\n" END),
};

#define VARIABLE "r3 = r10\nr3 += -16\nr3 += r8\n"

static const struct both_row rows_variable[] = {
	OK("read", NUMBERS "*(u64 *)(r10 -8) = 0\n*(u64 *)(r10 -16) = 0\n" VARIABLE "r0 = *(u8 *)(r3 +0)\nexit\n"),
	OK("read of zeros", NUMBERS MAP "r4 = 0\n*(u8 *)(r10 -16) = r4\n*(u8 *)(r10 -15) = r4\n*(u8 *)(r10 -14) = 0\n"
	   "*(u8 *)(r10 -13) = r4\nr8 &= 3\n" VARIABLE "r2 = *(u8 *)(r3 +0)\nr0 = r2\nexit\n", VALUE16),
	NO("read of anything", -EACCES, NUMBERS MAP "*(u64 *)(r10 -8) = 0\n*(u64 *)(r10 -16) = 1\n" VARIABLE
	   "r2 = *(u8 *)(r3 +0)\n" USE, VALUE16),
	OK("read of what was never written", NUMBERS VARIABLE "r0 = *(u8 *)(r3 +0)\nexit\n"),
	OK("read of a pointer", NUMBERS "*(u64 *)(r10 -16) = r1\n" VARIABLE "r0 = *(u8 *)(r3 +0)\nexit\n"),
	OK("written", NUMBERS VARIABLE "*(u8 *)(r3 +0) = 1\n" END),
	NO("written: a constant is lost", -EINVAL, NUMBERS MAP "*(u64 *)(r10 -16) = 1\n" VARIABLE
	   "*(u8 *)(r3 +0) = 1\nr2 = *(u64 *)(r10 -16)\n" USE, VALUE16),
	OK("written: the next is not", NUMBERS MAP "*(u64 *)(r10 -8) = 1\n" VARIABLE
	   "*(u8 *)(r3 +0) = 1\nr2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
	OK("0 written to 0", NUMBERS MAP "*(u64 *)(r10 -16) = 0\n" VARIABLE
	   "*(u8 *)(r3 +0) = 0\nr2 = *(u64 *)(r10 -16)\n" USE, VALUE16),
	OK("0 of a register written to 0", NUMBERS MAP "*(u64 *)(r10 -16) = 0\n" VARIABLE
	   "r4 = 0\n*(u8 *)(r3 +0) = r4\nr2 = *(u64 *)(r10 -16)\n" USE, VALUE16),
	NO("0 written to 1", -EINVAL, NUMBERS MAP "*(u64 *)(r10 -16) = 1\n" VARIABLE
	   "*(u8 *)(r3 +0) = 0\nr2 = *(u64 *)(r10 -16)\n" USE, VALUE16),
	NO("a pointer destroyed", -EACCES, NUMBERS "*(u64 *)(r10 -16) = r1\n" VARIABLE
	   "*(u8 *)(r3 +0) = 1\nr2 = *(u64 *)(r10 -16)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	OK("a pointer destroyed, a number", NUMBERS "*(u64 *)(r10 -16) = r1\n" VARIABLE
	   "*(u8 *)(r3 +0) = 1\nr0 = *(u64 *)(r10 -16)\nexit\n"),
	OK("a part of a spill destroyed, the rest is bytes", NUMBERS "*(u64 *)(r10 -16) = 5\nr8 &= 3\n" VARIABLE
	   "*(u8 *)(r3 +4) = 1\nr0 = *(u32 *)(r10 -16)\nexit\n"),
	OK("two parts", NUMBERS "*(u32 *)(r10 -16) = 0\nr8 &= 7\n" VARIABLE
	   "*(u8 *)(r3 +0) = 0\nr0 = *(u32 *)(r10 -16)\nexit\n"),
	NO("a pointer written", 0, NUMBERS VARIABLE "r8 = 0\n" END),
	NO("above", -EINVAL, NUMBERS VARIABLE "*(u8 *)(r3 +9) = 1\n" END, .says = "offset -7 to 0"),
	NO("above, read", -EINVAL, NUMBERS VARIABLE "r0 = *(u8 *)(r3 +9)\nexit\n"),
	NO("below", -EACCES, NUMBERS VARIABLE "*(u8 *)(r3 -497) = 1\n" END),
	OK("lowest", NUMBERS VARIABLE "*(u8 *)(r3 -496) = 1\n" END),
	NO("misaligned", -EACCES, NUMBERS VARIABLE "*(u32 *)(r3 +0) = 1\n" END),
	OK("aligned", NUMBERS "r8 &= 4\n" VARIABLE "*(u32 *)(r3 +0) = 1\n" END),
	NO("unbounded", -EACCES, NUMBERS "r3 = r10\nr3 += r6\n*(u8 *)(r3 -8) = 1\n" END),
	NO("atomic", -EACCES, NUMBERS "*(u64 *)(r10 -8) = 0\n*(u64 *)(r10 -16) = 0\nr8 &= 4\n" VARIABLE
	   "r2 = 1\nlock *(u32 *)(r3 +0) += r2\n" END),
};

#define CALL_FN(head, tail) head "r1 = r10\nr1 += -8\ncall fn\n" tail "fn: "

static const struct both_row rows_frames[] = {
	OK("the caller's, read", CALL_FN("*(u64 *)(r10 -8) = 5\n", END) "r0 = *(u64 *)(r1 +0)\nexit\n"),
	OK("the caller's, a constant", CALL_FN("r6 = r1\n*(u64 *)(r10 -8) = 5\n", END)
	   "r2 = *(u64 *)(r1 +0)\n" MAP "r7 += r2\nr0 = *(u8 *)(r7 +10)\nexit\n", VALUE16),
	NO("the caller's, one more", -EACCES, CALL_FN("*(u64 *)(r10 -8) = 5\n", END)
	   "r2 = *(u64 *)(r1 +0)\n" MAP "r7 += r2\nr0 = *(u8 *)(r7 +11)\nexit\n", VALUE16),
	OK("the caller's, written", CALL_FN("", MAP "r2 = *(u64 *)(r10 -8)\n" USE) "*(u64 *)(r1 +0) = 15\nr0 = 0\nexit\n", VALUE16),
	NO("the caller's, written, one more", -EACCES,
	   CALL_FN("", MAP "r2 = *(u64 *)(r10 -8)\n" USE) "*(u64 *)(r1 +0) = 16\nr0 = 0\nexit\n", VALUE16),
	OK("the context in the caller's", CALL_FN("r6 = r1\n*(u64 *)(r10 -16) = r1\n", "r2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n")
	   "r2 = *(u64 *)(r1 -8)\n*(u64 *)(r1 +0) = r2\nr0 = 0\nexit\n"),
	NO("a pointer to the stack in the caller's", -EINVAL, CALL_FN("", END) "*(u64 *)(r1 +0) = r10\nr0 = 0\nexit\n",
	   .says = "outlive"),
	NO("a pointer to the caller's stack in the caller's", -EINVAL, CALL_FN("", END) "*(u64 *)(r1 -8) = r1\nr0 = 0\nexit\n"),
	OK("a pointer to the caller's stack in one's own", CALL_FN("", END) "*(u64 *)(r10 -8) = r1\nr2 = *(u64 *)(r10 -8)\n"
	   "*(u64 *)(r2 +0) = 1\nr0 = 0\nexit\n"),
	NO("a misaligned place in the caller's", -EACCES, CALL_FN("", END) "*(u64 *)(r1 -4) = 1\nr0 = 0\nexit\n"),
	NO("above the caller's", -EACCES, CALL_FN("", END) "*(u64 *)(r1 +8) = 1\nr0 = 0\nexit\n"),
	NO("too deep together", -EACCES, CALL_FN("*(u64 *)(r10 -256) = 1\n", END) "*(u64 *)(r10 -264) = 1\nr0 = 0\nexit\n"),
	OK("512 together", CALL_FN("*(u64 *)(r10 -256) = 1\n", END) "*(u64 *)(r10 -256) = 1\nr0 = 0\nexit\n"),
	NO("too deep together, by the callee in the caller's", -EACCES, CALL_FN("", END) "*(u8 *)(r1 -300) = 1\n*(u64 *)(r10 -256) = 1\nr0 = 0\nexit\n"),
	NO("a part of a pointer in the caller's", -EACCES, CALL_FN("*(u64 *)(r10 -8) = r10\n", END) "r0 = *(u32 *)(r1 +0)\nexit\n"),
	OK("what a callee had is not the next one's", "call fn\ncall fm\n" END "fn: *(u64 *)(r10 -8) = 5\nr0 = 0\nexit\n"
	   "fm: r0 = *(u64 *)(r10 -8)\nexit\n"),
	NO("what a callee had is unknown to the next one", -EINVAL, "call fn\ncall fm\n" END "fn: *(u64 *)(r10 -8) = 5\nr0 = 0\nexit\n"
	   "fm: " MAP "r2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
};

static const struct both_row rows_atomic[] = {
	OK("added to", "*(u64 *)(r10 -8) = 1\nr2 = 1\nlock *(u64 *)(r10 -8) += r2\n" END),
	NO("added to: no constant", -EINVAL, MAP "*(u64 *)(r10 -8) = 1\nr2 = 1\nlock *(u64 *)(r10 -8) += r2\nr2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
	NO("half added to: no constant", -EACCES, MAP "*(u64 *)(r10 -8) = 1\nr2 = 1\nlock *(u32 *)(r10 -4) += r2\nr2 = *(u32 *)(r10 -8)\n" USE, VALUE16),
	OK("fetched: the constant", MAP "*(u64 *)(r10 -8) = 15\nr2 = 1\nr2 = atomic64_fetch_add((u64 *)(r10 -8), r2)\n" USE, VALUE16),
	OK("fetched: the constant, 4 bytes", MAP "*(u64 *)(r10 -8) = 15\nr2 = 1\nr2 = atomic_fetch_add((u32 *)(r10 -8), r2)\n" USE, VALUE16),
	NO("fetched: one more", -EACCES, MAP "*(u64 *)(r10 -8) = 16\nr2 = 1\nr2 = atomic64_fetch_add((u64 *)(r10 -8), r2)\n" USE, VALUE16),
	OK("exchanged: the constant", MAP "*(u64 *)(r10 -8) = 15\nr2 = 1\nr2 = atomic64_xchg((u64 *)(r10 -8), r2)\n" USE, VALUE16),
	OK("never written", "r2 = 1\nlock *(u64 *)(r10 -8) += r2\n" END),
	NO("misaligned", -EACCES, "r2 = 1\nlock *(u32 *)(r10 -6) += r2\n" END),
	NO("below", -EACCES, "r2 = 1\nlock *(u64 *)(r10 -520) += r2\n" END),
	OK("compared and exchanged", "*(u64 *)(r10 -8) = 1\nr2 = 1\nr0 = 1\nr0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r2)\nexit\n"),
	NO("nothing to compare with", -EACCES, "*(u64 *)(r10 -8) = 1\nr2 = 1\nr0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r2)\nexit\n"),
	OK("load_acquire: the constant", MAP "*(u64 *)(r10 -8) = 15\nr2 = load_acquire((u64 *)(r10 -8))\n" USE, VALUE16),
	OK("load_acquire: a byte of it", MAP "*(u64 *)(r10 -8) = 15\nr2 = load_acquire((u8 *)(r10 -8))\n" USE, VALUE16),
	OK("store_release: the constant", MAP "r3 = 15\nstore_release((u64 *)(r10 -8), r3)\nr2 = *(u64 *)(r10 -8)\n" USE, VALUE16),
	OK("store_release: a pointer", "store_release((u64 *)(r10 -8), r1)\nr2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	NO("store_release: a part of a pointer", -EACCES, "store_release((u32 *)(r10 -8), r1)\n" END),
	OK("load_acquire: a pointer", "*(u64 *)(r10 -8) = r1\nr2 = load_acquire((u64 *)(r10 -8))\nr0 = *(u32 *)(r2 +0)\nexit\n"),
};

/* ---- every combination ---- */

struct op {
	u8 size;
	s8 off;
	s8 value;  /* of stores: a register, or -1: constant */
	s32 imm;
};

#define STORE(size, off) { size, off, -1, 0 }, { size, off, -1, 5 }, { size, off, 0, 0 }, { size, off, 8, 0 }, { size, off, 6, 0 }

static const struct op stores[] = {
	{ 0 },
	STORE(8, -8), STORE(4, -8), STORE(4, -4), STORE(2, -8), STORE(2, -6), STORE(2, -2), STORE(1, -8), STORE(1, -7),
	STORE(1, -4), STORE(1, -1), { 8, -8, -1, -1 }, { 4, -8, -1, -1 }, { 1, -8, -1, -1 },
	{ 8, -8, 9, 0 }, { 8, -8, 10, 0 }, { 4, -8, 9, 0 }, { 8, -8, 5, 0 }, { 4, -8, 5, 0 }, { 2, -8, 5, 0 },
};

static const struct op loads[] = {
	{ 8, -8 }, { 4, -8 }, { 4, -4 }, { 2, -8 }, { 2, -6 }, { 2, -4 }, { 2, -2 }, { 1, -8 }, { 1, -7 }, { 1, -4 }, { 1, -1 },
	{ 4, -8, 1 }, { 4, -4, 1 }, { 2, -8, 1 }, { 1, -8, 1 }, { 1, -1, 1 },  /* signed */
};

static u8 width(u32 size)
{
	return size == 8 ? BPF_DW : size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;
}

static u32 store(struct bpf_insn *insn, const struct op *op)
{
	if (!op->size)
		return 0;
	*insn = (struct bpf_insn){ .code = (u8)((op->value < 0 ? BPF_ST : BPF_STX) | BPF_MEM | width(op->size)),
				   .dst_reg = 10, .off = op->off, .imm = op->imm };
	if (op->value >= 0)
		insn->src_reg = (u8)op->value;
	return 1;
}

static void make_combination(struct both_prog *prog, struct bpf_insn *insns, u32 head, u32 n)
{
	const struct op *first = &stores[n % ARRAY_SIZE(stores)];
	const struct op *second = &stores[n / ARRAY_SIZE(stores) % ARRAY_SIZE(stores)];
	const struct op *load = &loads[n / ARRAY_SIZE(stores) / ARRAY_SIZE(stores) / 2 % ARRAY_SIZE(loads)];
	bool use = n / ARRAY_SIZE(stores) / ARRAY_SIZE(stores) % 2;
	u32 at = head;

	at += store(insns + at, first);
	at += store(insns + at, second);
	insns[at++] = (struct bpf_insn){ .code = (u8)(BPF_LDX | (load->value ? 0x80 : BPF_MEM) | width(load->size)),
					 .dst_reg = 2, .src_reg = 10, .off = load->off };
	if (use)
		insns[at++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_ADD | BPF_X, .dst_reg = 7, .src_reg = 2 };
	insns[at++] = (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_B, .src_reg = 7 };
	insns[at++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	prog->count = at;
}

/* Is the answer the same? Says what it is when not. */
static bool same_answer(struct both *both, const struct both_prog *prog, bool perfmon, u32 n)
{
	int ours, theirs;
	LOG_ON_STACK(log);

	if (perfmon) {
		both_ask(both, prog, 0);
		ours = both->verdict[BOTH_ENGINE].err;
		theirs = both->verdict[BOTH_LINUX].err;
	} else {
		ours = lower_ask_verifier(both, prog, true, &log);
		theirs = both->side[BOTH_LINUX] ? lower_ask_linux(both, prog) : ours;
	}
	if (ours != theirs)
		print_error("combination %u%s: engine %d, Linux %d\n", n, perfmon ? "" : ", without CAP_PERFMON", ours,
			    theirs);
	return ours == theirs;
}

static void ask_combinations(struct both *both, bool perfmon)
{
	struct both_row row = { "head", 0, NUMBERS MAP "r9 = r1\nr0 = 0\nr5 = r8\nr5 |= r6\nr5 <<= 32\nr5 |= r6\n", VALUE16 };
	u32 count = 2 * ARRAY_SIZE(loads) * ARRAY_SIZE(stores) * ARRAY_SIZE(stores), wrong = 0, head;
	u32 step = getenv("CLSBPF_TEST_EVERY") ? 1 : 37;
	struct both_prog prog;
	struct bpf_insn *insns;

	both_row_prog(&row, &prog, &insns);
	prog.type = perfmon ? BPF_PROG_TYPE_SCHED_CLS : BPF_PROG_TYPE_SOCKET_FILTER;
	head = prog.count;
	for (u32 n = 0; n < count && wrong < 20; n += step) {
		make_combination(&prog, insns, head, n);
		wrong += !same_answer(both, &prog, perfmon, n);
	}
	free(insns);
	if (wrong)
		fail_msg("%u answers differ", wrong);
}

static void test_combinations(void **state) { ask_combinations(*state, true); }
static void test_combinations_lower(void **state) { ask_combinations(*state, false); }

#define ROWS(name) static void test_##name(void **state) { both_rows(*state, rows_##name, ARRAY_SIZE(rows_##name)); }
ROWS(place)
ROWS(unset)
ROWS(fill)
ROWS(pointer)
ROWS(variable)
ROWS(frames)
ROWS(atomic)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place), cmocka_unit_test(test_unset), cmocka_unit_test(test_fill),
		cmocka_unit_test(test_pointer), cmocka_unit_test(test_variable), cmocka_unit_test(test_frames),
		cmocka_unit_test(test_atomic), cmocka_unit_test(test_combinations),
		cmocka_unit_test(test_combinations_lower),
	};

	return both_run("verify stack", tests, ARRAY_SIZE(tests));
}
