// SPDX-License-Identifier: BSD-2-Clause
/* test_funcs.c - functions, callbacks, stack over calls, ends: does the verifier say what Linux says? */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#define OK(name, text, ...) { name, 0, text, __VA_ARGS__ }
#define NO(name, err, text, ...) { name, err, text, __VA_ARGS__ }
#define ENOTSUPP_LINUX 524

#define HASH .maps = "hash:4:16:4"
#define ARRAY .maps = "array:4:16:1"
#define END "r0 = 0\nexit\n"
#define RET0 "r0 = 0\nexit\n"
/* R0: an element of map 0, not NULL. */
#define LOOKUP "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall lookup#1\nif r0 != 0 goto +2\nr0 = 0\nexit\n"
/* R2..R3: 14 bytes of packet. */
#define PACKET "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nr4 = r2\nr4 += 14\nif r4 > r3 goto out\n"

/* ---- static functions ---- */

static const struct both_row rows_static[] = {
	OK("call and return", "call f\nexit\nf: r0 = 1\nexit\n"),
	OK("an argument", "r1 = 5\ncall f\nexit\nf: r0 = r1\nexit\n"),
	OK("the context", "call f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n"),
	OK("R6..R9 are kept", "r6 = r1\ncall f\nr0 = *(u32 *)(r6 +0)\nexit\nf: r6 = 5\nr0 = r6\nexit\n"),
	NO("R6 of the caller is not there", -EACCES, "r6 = r1\ncall f\nexit\nf: r0 = r6\nexit\n"),
	NO("R1 is lost", -EACCES, "r1 = 1\ncall f\nr0 = r1\nexit\nf: r0 = 0\nexit\n"),
	NO("R5 is lost", -EACCES, "r5 = 1\ncall f\nr0 = r5\nexit\nf: r0 = 0\nexit\n"),
	NO("R5 that was not set", -EACCES, "call f\nexit\nf: r0 = r5\nexit\n"),
	OK("no result, and nobody reads it", "call f\nr0 = 0\nexit\nf: r1 = 1\nexit\n"),
	NO("no result, and somebody reads it", -EACCES, "call f\nexit\nf: r1 = 1\nexit\n"),
	NO("R0 of before", -EACCES, "r0 = 1\ncall f\nexit\nf: r1 = 1\nexit\n"),
	NO("the stack is returned", -EINVAL, "call f\nr0 = 0\nexit\nf: r0 = r10\nexit\n"),
	NO("the caller's stack is returned", -EINVAL, "r1 = r10\ncall f\nr0 = 0\nexit\nf: r0 = r1\nexit\n"),
	OK("the context is returned", "call f\nr0 = *(u32 *)(r0 +0)\nexit\nf: r0 = r1\nexit\n"),
	OK("a map value is returned", "call f\nr0 = *(u64 *)(r0 +8)\nexit\nf: r0 = map[fd:0][0]+0\nexit\n", ARRAY),
	NO("and read beyond", -EACCES, "call f\nr0 = *(u64 *)(r0 +16)\nexit\nf: r0 = map[fd:0][0]+0\nexit\n", ARRAY),
	OK("bounds go in", "r1 = *(u32 *)(r1 +0)\nr1 &= 15\ncall f\nexit\n"
	   "f: r2 = map[fd:0][0]+0\nr2 += r1\nr0 = *(u8 *)(r2 +0)\nexit\n", ARRAY),
	NO("one too much goes in", -EACCES, "r1 = *(u32 *)(r1 +0)\nr1 &= 31\ncall f\nexit\n"
	   "f: r2 = map[fd:0][0]+0\nr2 += r1\nr0 = *(u8 *)(r2 +0)\nexit\n", ARRAY),
	OK("bounds come out", "r6 = map[fd:0][0]+0\ncall f\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "f: r0 = *(u32 *)(r1 +0)\nr0 &= 15\nexit\n", ARRAY),
	NO("one too much comes out", -EACCES, "r6 = map[fd:0][0]+0\ncall f\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "f: r0 = *(u32 *)(r1 +0)\nr0 &= 31\nexit\n", ARRAY),
	OK("two results, both fine", "r6 = map[fd:0][0]+0\ncall f\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "f: r2 = *(u32 *)(r1 +0)\nr0 = 3\nif r2 == 7 goto +1\nr0 = 15\nexit\n", ARRAY),
	NO("two results, the second not", -EACCES, "r6 = map[fd:0][0]+0\ncall f\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "f: r2 = *(u32 *)(r1 +0)\nr0 = 3\nif r2 == 7 goto +1\nr0 = 16\nexit\n", ARRAY),
	NO("two results, the first not", -EACCES, "r6 = map[fd:0][0]+0\ncall f\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "f: r2 = *(u32 *)(r1 +0)\nr0 = 16\nif r2 == 7 goto +1\nr0 = 15\nexit\n", ARRAY),
	OK("called twice with other arguments", "r1 = 1\ncall f\nr1 = r10\ncall f\n" END "f: r0 = 0\nexit\n"),
	OK("the callee writes into the caller's stack", "r1 = r10\nr1 += -8\ncall f\nr0 = *(u64 *)(r10 -8)\nexit\n"
	   "f: *(u64 *)(r1 +0) = 7\nr0 = 0\nexit\n"),
	NO("below the caller's stack", -EACCES, "r1 = r10\nr1 += -520\ncall f\n" END
	   "f: *(u64 *)(r1 +0) = 7\nr0 = 0\nexit\n"),
	NO("into a stack that is gone", -EINVAL, "r1 = r10\nr1 += -8\ncall f\nr1 = *(u64 *)(r10 -8)\n" END
	   "f: *(u64 *)(r1 +0) = r10\nr0 = 0\nexit\n"),
	OK("a number that was checked by the callee", "r6 = *(u32 *)(r1 +0)\nr1 = r6\ncall f\n" END
	   "f: r0 = r1\nexit\n"),
	OK("packet bounds go in", "r6 = r1\n" PACKET "r1 = r2\ncall f\nexit\nout: r0 = 0\nexit\n"
	   "f: r0 = *(u8 *)(r1 +13)\nexit\n"),
	OK("packet bounds come out", "r6 = r1\nr1 = *(u32 *)(r6 +76)\nr2 = *(u32 *)(r6 +80)\nr7 = r1\ncall f\n"
	   "if r0 == 0 goto out\nr0 = *(u8 *)(r7 +13)\nout: exit\n"
	   "f: r0 = 0\nr3 = r1\nr3 += 14\nif r3 > r2 goto +1\nr0 = 1\nexit\n"),
	NO("the callee moves the packet", -EACCES, "r6 = r1\n" PACKET "r7 = r2\ncall f\nr0 = *(u8 *)(r7 +0)\nexit\n"
	   "out: r0 = 0\nexit\nf: r1 = r6\nr0 = 0\nexit\n"),
	NO("the callee moves the packet, and it is used", -EACCES,
	   "r6 = r1\n" PACKET "r7 = r2\nr1 = r6\ncall f\nr0 = *(u8 *)(r7 +0)\nexit\nout: r0 = 0\nexit\n"
	   "f: r2 = 40\ncall pull#39\nr0 = 0\nexit\n"),
	OK("eight functions", "call b\n" RET0 "b: call c\n" RET0 "c: call d\n" RET0 "d: call e\n" RET0 "e: call f\n" RET0
	   "f: call g\n" RET0 "g: call h\n" RET0 "h: " RET0),
	NO("nine functions", -E2BIG, "call b\n" RET0 "b: call c\n" RET0 "c: call d\n" RET0 "d: call e\n" RET0
	   "e: call f\n" RET0 "f: call g\n" RET0 "g: call h\n" RET0 "h: call i\n" RET0 "i: " RET0),
	NO("nine functions, of which a dead condition keeps away", -E2BIG, "call b\n" RET0 "b: call c\n" RET0
	   "c: call d\n" RET0 "d: call e\n" RET0 "e: call f\n" RET0 "f: call g\n" RET0 "g: call h\n" RET0
	   "h: r1 = 0\nif r1 == 0 goto +1\ncall i\n" RET0 "i: " RET0),
	NO("recursion", -E2BIG, "call f\n" END "f: call f\n" RET0),
	NO("recursion of the program", -E2BIG, "l: r0 = 0\nif r0 != 0 goto +1\ncall l\n" END),
	NO("recursion that ends", -E2BIG, "r1 = 3\ncall f\n" END "f: if r1 == 0 goto +2\nr1 += -1\ncall f\n" RET0),
	NO("recursion behind a dead condition", -E2BIG, "call f\n" END
	   "f: r1 = 0\nif r1 == 0 goto +1\ncall f\n" RET0),
	NO("recursion of two", -E2BIG, "call f\n" END "f: call g\n" RET0 "g: call f\n" RET0),
};

/* ---- stack over calls ---- */

#define USE(n) "*(u64 *)(r10 -" #n ") = 0\n"

static const struct both_row rows_depth[] = {
	OK("512", USE(512) END),
	OK("256 and 256", USE(256) "call f\n" END "f: " USE(256) RET0),
	NO("256 and 264", -EACCES, USE(256) "call f\n" END "f: " USE(264) RET0),
	OK("264 and 240", USE(264) "call f\n" END "f: " USE(240) RET0),
	NO("264 and 248", -EACCES, USE(264) "call f\n" END "f: " USE(248) RET0),
	OK("504 and none", USE(504) "call f\n" END "f: " RET0),
	OK("512 and none", USE(512) "call f\n" END "f: " RET0),
	NO("512 and some", -EACCES, USE(512) "call f\n" END "f: " USE(8) RET0),
	OK("by a store of a byte", "*(u8 *)(r10 -265) = 0\ncall f\n" END "f: " USE(240) RET0),
	NO("by a store of a byte, one more", -EACCES, "*(u8 *)(r10 -273) = 0\ncall f\n" END "f: " USE(240) RET0),
	NO("by a load", -EACCES, "r2 = *(u64 *)(r10 -512)\ncall f\n" END "f: " USE(8) RET0),
	NO("the callee uses the caller's", -EACCES, "r1 = r10\ncall f\n" END "f: *(u64 *)(r1 -512) = 0\n" USE(8) RET0),
	NO("deep only on the path that calls", -EACCES, "r2 = *(u32 *)(r1 +0)\nif r2 == 0 goto +2\n" USE(256) "goto +1\n"
	   "call f\n" END "f: " USE(264) RET0),
	OK("not walked",  USE(256) "r2 = 0\nif r2 == 0 goto +1\ncall f\n" END
	   "f: r1 = 1\nr3 = *(u32 *)(r1 +0)\n" RET0),
	OK("not walked, and so not deep", USE(256) "r2 = 0\nif r2 == 0 goto +1\ncall f\n" END "f: " USE(264) RET0),
	NO("three", -EACCES, USE(176) "call f\n" END "f: " USE(176) "call g\n" RET0 "g: " USE(176) RET0),
	OK("three that fit", USE(160) "call f\n" END "f: " USE(176) "call g\n" RET0 "g: " USE(176) RET0),
	OK("two one after the other", USE(256) "call f\ncall g\n" END "f: " USE(256) RET0 "g: " USE(256) RET0),
	NO("the second is deeper", -EACCES, USE(256) "call f\ncall g\n" END "f: " USE(256) RET0 "g: " USE(264) RET0),
	NO("reached twice, the second time deeper", -EACCES, "call g\ncall f\n" END "f: " USE(264) "call g\n" RET0
	   "g: " USE(256) RET0),
	OK("240 above a tail call", "r6 = r1\n" USE(240) "r1 = r6\ncall f\n" END
	   "f: r2 = map[fd:0]\nr3 = 0\ncall tail#12\n" RET0, .maps = "prog_array:4:4:1", .funcs = "Sic Sic"),
	NO("256 above a tail call", -EACCES, "r6 = r1\n" USE(256) "r1 = r6\ncall f\n" END
	   "f: r2 = map[fd:0]\nr3 = 0\ncall tail#12\n" RET0, .maps = "prog_array:4:4:1", .funcs = "Sic Sic"),
	OK("512 and a tail call of the program's own", "r6 = r1\n" USE(512) "r1 = r6\n"
	   "r2 = map[fd:0]\nr3 = 0\ncall tail#12\n" END, .maps = "prog_array:4:4:1"),
	NO("a callback's stack counts", -EACCES, USE(264) "r1 = 3\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall loop#181\n" END
	   "f: " USE(256) RET0, .funcs = "Sic Sip"),
	OK("a callback's stack that fits", USE(256) "r1 = 3\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall loop#181\n" END
	   "f: " USE(256) RET0, .funcs = "Sic Sip"),
	NO("a global function's stack counts", -EACCES, USE(264) "r1 = 3\ncall f\n" END "f: " USE(256) RET0,
	   .funcs = "Sic Gii"),
	NO("recursion of a global function", -E2BIG, "r1 = 3\ncall f\n" END
	   "f: call f\n" RET0, .funcs = "Sic Gi"),
	NO("recursion of a global function with stack", -EACCES, "r1 = 3\ncall f\n" END
	   "f: " USE(128) "call f\n" RET0, .funcs = "Sic Gi"),
};

/* ---- ends ---- */

static const struct both_row rows_exit[] = {
	NO("R0 not set", -EACCES, "exit\n"),
	OK("an address", "r0 = r1\nexit\n"),
	OK("the stack", "r0 = r10\nexit\n"),
	OK("a number of any size", "r0 = -1\nexit\n"),
	OK("an address, XDP", "r0 = r1\nexit\n", .type = BPF_PROG_TYPE_XDP),
	OK("an address, socket filter", "r0 = r1\nexit\n", .type = BPF_PROG_TYPE_SOCKET_FILTER),
	NO("R0 not set on one path", -EACCES, "r2 = *(u32 *)(r1 +0)\nif r2 == 0 goto +1\nr0 = 0\nexit\n"),
	NO("a record is held", -EINVAL, "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\nr0 = 0\nexit\n",
	   .maps = "ringbuf:0:0:4096"),
	NO("a record is held by the caller", -EINVAL, "call f\n" END
	   "f: r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\nr0 = 0\nexit\n", .maps = "ringbuf:0:0:4096"),
	OK("a record goes out and is submitted", "call f\nif r0 == 0 goto +3\nr1 = r0\nr2 = 0\ncall submit#132\n" END
	   "f: r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\nexit\n", .maps = "ringbuf:0:0:4096"),
	OK("a record goes in and is submitted", "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\n"
	   "if r0 == 0 goto +2\nr1 = r0\ncall f\n" END "f: r2 = 0\ncall submit#132\nr0 = 0\nexit\n",
	   .maps = "ringbuf:0:0:4096"),
	NO("a record goes in, is submitted, and used", -EACCES, "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\n"
	   "if r0 == 0 goto +4\nr6 = r0\nr1 = r0\ncall f\nr1 = *(u8 *)(r6 +0)\n" END
	   "f: r2 = 0\ncall submit#132\nr0 = 0\nexit\n", .maps = "ringbuf:0:0:4096"),
};

/* ---- global functions ---- */

static const struct both_row rows_global[] = {
	OK("a number", "r1 = 5\ncall f\nexit\nf: r0 = r1\nexit\n", .funcs = "Sic Gii"),
	OK("no arguments", "call f\nexit\nf: r0 = 1\nexit\n", .funcs = "Sic Gi"),
	NO("an argument that its prototype has not", -EACCES, "r1 = 1\ncall f\nexit\nf: r0 = r1\nexit\n", .funcs = "Sic Gi"),
	NO("more arguments than given", -EINVAL, "r1 = 1\ncall f\nexit\nf: r0 = r1\nexit\n", .funcs = "Sic Giii"),
	NO("a pointer where a number goes", -EINVAL, "r1 = r10\ncall f\nexit\nf: r0 = r1\nexit\n", .funcs = "Sic Gii"),
	OK("what was returned is any number", "r1 = 5\ncall f\nexit\nf: r0 = 5\nexit\n", .funcs = "Sic Gii"),
	NO("and nothing is known of it", -EINVAL, "r1 = 5\nr6 = map[fd:0][0]+0\ncall f\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "f: r0 = 5\nexit\n", ARRAY, .funcs = "Sic Gii"),
	NO("R0 is not set", -EACCES, "call f\n" END "f: r1 = 1\nexit\n", .funcs = "Sic Gi"),
	NO("an address is returned", -EINVAL, "call f\n" END "f: r0 = r10\nexit\n", .funcs = "Sic Gi"),
	NO("the context is returned", -EINVAL, "call f\n" END "f: r0 = r1\nexit\n", .funcs = "Sic Gic"),
	NO("it returns nothing", -EINVAL, "r1 = 1\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Gvi"),
	NO("it returns a structure", -EINVAL, "r1 = 1\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Gsi"),
	NO("it returns a pointer", -EINVAL, "r1 = 1\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Gpi"),
	OK("it returns a short", "r1 = 1\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Ghi"),
	NO("it takes a structure", -EINVAL, "r1 = 1\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Gis"),
	NO("it takes void", -EINVAL, "r1 = 1\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Giv"),
	NO("it takes a void pointer", -EINVAL, "r1 = r10\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic GiV"),
	NO("six arguments", -EINVAL, "r1 = 1\nr2 = 1\nr3 = 1\nr4 = 1\nr5 = 1\ncall f\n" END "f: r0 = 0\nexit\n",
	   .funcs = "Sic Giiiiiii"),
	OK("five arguments", "r1 = 1\nr2 = 1\nr3 = 1\nr4 = 1\nr5 = 1\ncall f\n" END "f: r0 = r5\nexit\n",
	   .funcs = "Sic Giiiiii"),
	OK("nobody calls what is bad", "r2 = 0\nif r2 == 0 goto +1\ncall f\n" END "f: r0 = r9\nexit\n", .funcs = "Sic Gi"),
	NO("somebody calls what is bad", -EACCES, "call f\n" END "f: r0 = r9\nexit\n", .funcs = "Sic Gi"),
	NO("what a bad one calls", -EACCES, "call f\n" END "f: call g\nr0 = 0\nexit\ng: r0 = r9\nexit\n", .funcs = "Sic Gi Gi"),
	OK("what is not called by a good one", "call f\n" END "f: r1 = 1\nif r1 == 1 goto +1\ncall g\nr0 = 0\nexit\n"
	   "g: r0 = r9\nexit\n", .funcs = "Sic Gi Gi"),
	NO("any number as an offset", -EINVAL, "r1 = 1\ncall f\n" END "f: r2 = map[fd:0][0]+0\nr2 += r1\nr0 = *(u8 *)(r2 +0)\nexit\n", ARRAY,
	   .funcs = "Sic Gii"),
	OK("bounds that the function checks", "r1 = 1\ncall f\n" END
	   "f: r2 = map[fd:0][0]+0\nr1 &= 15\nr2 += r1\nr0 = *(u8 *)(r2 +0)\nexit\n", ARRAY, .funcs = "Sic Gii"),
	/* the context */
	OK("the context", "call f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gic"),
	NO("the context + 4", -EACCES, "r1 += 4\ncall f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gic"),
	NO("the context - 4", -EACCES, "r1 += -4\ncall f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gic"),
	NO("a number as the context", -EINVAL, "r1 = 4\ncall f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gic"),
	NO("NULL as the context", -EINVAL, "r1 = 0\ncall f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gic"),
	NO("the stack as the context", -EINVAL, "r1 = r10\ncall f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gic"),
	NO("nothing as the context", -EINVAL, "call f\nexit\nf: r0 = *(u32 *)(r2 +0)\nexit\n", .funcs = "Sic Giic"),
	OK("void *, tagged", "call f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic GiX"),
	NO("another kind of context", -EINVAL, "call f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gix"),
	OK("XDP's context", "call f\nexit\nf: r0 = *(u32 *)(r1 +0)\nr0 = 0\nexit\n", .funcs = "Six Gix", .type = BPF_PROG_TYPE_XDP),
	NO("XDP with the other context", -EINVAL, "call f\nexit\nf: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Six Gic",
	   .type = BPF_PROG_TYPE_XDP),
	/* memory */
	OK("memory of the stack", "*(u32 *)(r10 -4) = 1\nr1 = r10\nr1 += -4\ncall f\nexit\n"
	   "f: if r1 == 0 goto +2\nr0 = *(u32 *)(r1 +0)\nexit\nr0 = 0\nexit\n", .funcs = "Sic Gip"),
	OK("memory of the stack that was not set", "r1 = r10\nr1 += -4\ncall f\nexit\n"
	   "f: if r1 == 0 goto +2\nr0 = *(u32 *)(r1 +0)\nexit\nr0 = 0\nexit\n", .funcs = "Sic Gip"),
	NO("it is not asked for NULL", -EACCES, "*(u32 *)(r10 -4) = 1\nr1 = r10\nr1 += -4\ncall f\nexit\n"
	   "f: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gip"),
	OK("it need not be asked for NULL", "*(u32 *)(r10 -4) = 1\nr1 = r10\nr1 += -4\ncall f\nexit\n"
	   "f: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic Gin"),
	OK("it may write", "*(u32 *)(r10 -4) = 1\nr1 = r10\nr1 += -4\ncall f\nexit\n"
	   "f: *(u32 *)(r1 +0) = 1\nr0 = 0\nexit\n", .funcs = "Sic Gin"),
	NO("it reads beyond", -EACCES, "*(u32 *)(r10 -4) = 1\nr1 = r10\nr1 += -4\ncall f\nexit\n"
	   "f: r0 = *(u64 *)(r1 +0)\nexit\n", .funcs = "Sic Gin"),
	NO("half of it is beyond the stack", -EINVAL, "r1 = r10\nr1 += -2\ncall f\nexit\n" "f: r0 = 0\nexit\n", .funcs = "Sic Gip"),
	NO("it is below the stack", -EINVAL, "r1 = r10\nr1 += -516\ncall f\nexit\n" "f: r0 = 0\nexit\n", .funcs = "Sic Gip"),
	OK("NULL", "r1 = 0\ncall f\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gip"),
	NO("a number that is not NULL", -EINVAL, "r1 = 1\ncall f\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gip"),
	NO("any number", -EINVAL, "r1 = *(u32 *)(r1 +0)\ncall f\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gip"),
	NO("nothing", -EACCES, "r1 = 0\ncall f\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gipp"),
	NO("the context as memory", -EINVAL, "call f\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gip"),
	NO("the context + 4 as memory", -EACCES, "r1 += 4\ncall f\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gip"),
	NO("a map as memory", -EINVAL, "r1 = map[fd:0]\ncall f\nexit\nf: r0 = 0\nexit\n", ARRAY, .funcs = "Sic Gip"),
	NO("a function as memory", -EINVAL, "r1 = subprog[g]\ncall f\nexit\nf: r0 = 0\nexit\ng: r0 = 0\nexit\n", .funcs = "Sic Gip Si"),
	OK("a map value", "r1 = map[fd:0][0]+0\ncall f\nexit\nf: r0 = 0\nexit\n", ARRAY, .funcs = "Sic GiN"),
	OK("the last bytes of a map value", "r1 = map[fd:0][0]+0\nr1 += 12\ncall f\nexit\nf: r0 = 0\nexit\n", ARRAY, .funcs = "Sic Gin"),
	NO("beyond a map value", -EINVAL, "r1 = map[fd:0][0]+0\nr1 += 13\ncall f\nexit\nf: r0 = 0\nexit\n", ARRAY, .funcs = "Sic Gin"),
	NO("a structure that is too large for it", -EINVAL, "r1 = map[fd:0][0]+0\nr1 += 4\ncall f\nexit\nf: r0 = 0\nexit\n", ARRAY,
	   .funcs = "Sic GiP"),
	NO("a map value that programs only read", -EINVAL, "r1 = map[fd:0][0]+0\ncall f\nexit\nf: r0 = 0\nexit\n",
	   .maps = "array:4:16:1:rdonly", .funcs = "Sic Gin"),
	OK("a map value or NULL", "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall lookup#1\nr1 = r0\ncall f\nexit\n"
	   "f: r0 = 0\nexit\n", HASH, .funcs = "Sic Gip"),
	NO("a map value or NULL, where NULL is not allowed", -EINVAL,
	   "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall lookup#1\nr1 = r0\ncall f\nexit\n"
	   "f: r0 = 0\nexit\n", HASH, .funcs = "Sic Gin"),
	OK("packet bytes", PACKET "r1 = r2\ncall f\nexit\nout: r0 = 0\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gin"),
	NO("too few packet bytes", -EINVAL, PACKET "r1 = r2\ncall f\nexit\nout: r0 = 0\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic GiP"),
	OK("packet bytes of XDP", "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 14\nif r4 > r3 goto out\nr1 = r2\n"
	   "call f\nexit\nout: r0 = 0\nexit\nf: r0 = 0\nexit\n", .funcs = "Six Gin", .type = BPF_PROG_TYPE_XDP),
	OK("a record", "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\nif r0 == 0 goto +6\nr6 = r0\nr1 = r0\ncall f\nr1 = r6\n"
	   "r2 = 0\ncall submit#132\n" END "f: r0 = 0\nexit\n", .maps = "ringbuf:0:0:4096", .funcs = "Sic Gin"),
	OK("a pointer that a global function got", "*(u64 *)(r10 -16) = 0\n*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -16\ncall f\nexit\n"
	   "f: if r1 != 0 goto +2\nr0 = 0\nexit\ncall g\nexit\ng: r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "Sic GiP Gin"),
	OK("one that may be NULL, passed on", "r1 = 0\ncall f\nexit\nf: call g\nexit\ng: r0 = 0\nexit\n", .funcs = "Sic GiP Gip"),
	NO("one that may be NULL, passed on where it may not", -EINVAL, "r1 = 0\ncall f\nexit\nf: call g\nexit\ng: r0 = 0\nexit\n",
	   .funcs = "Sic GiP Gin"),
	/* what calls do */
	NO("R1 is lost", -EACCES, "r1 = 1\ncall f\nr0 = r1\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gi"),
	OK("R6 is kept", "r6 = r1\ncall f\nr0 = *(u32 *)(r6 +0)\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Gi"),
	NO("it moves the packet", -EACCES, "r6 = r1\n" PACKET "r7 = r2\nr1 = r6\ncall f\nr0 = *(u8 *)(r7 +0)\nexit\nout: r0 = 0\nexit\n"
	   "f: r2 = 40\ncall pull#39\nr0 = 0\nexit\n", .funcs = "Sic Gic"),
	NO("it calls what moves the packet", -EACCES, "r6 = r1\n" PACKET "r7 = r2\nr1 = r6\ncall f\nr0 = *(u8 *)(r7 +0)\nexit\n"
	   "out: r0 = 0\nexit\nf: call g\nr0 = 0\nexit\ng: r2 = 40\ncall pull#39\nr0 = 0\nexit\n", .funcs = "Sic Gic Gic"),
	NO("it makes a tail call", -EACCES, "r6 = r1\n" PACKET "r7 = r2\nr1 = r6\ncall f\nr0 = *(u8 *)(r7 +0)\nexit\nout: r0 = 0\nexit\n"
	   "f: r2 = map[fd:0]\nr3 = 0\ncall tail#12\nr0 = 0\nexit\n", .funcs = "Sic Gic", .maps = "prog_array:4:4:1"),
	OK("it does not move the packet", "r6 = r1\n" PACKET "r7 = r2\nr1 = r6\ncall f\nr0 = *(u8 *)(r7 +0)\nexit\nout: r0 = 0\nexit\n"
	   "f: r0 = 0\nexit\n", .funcs = "Sic Gic"),
	OK("static functions with types that fit nothing", "call f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic SvVs"),
	OK("a static function that gets something else", "r1 = r10\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Sii"),
	OK("a static function with a tag", "r1 = r10\ncall f\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Sin"),
	OK("the program as a global function", "r0 = 0\nexit\n", .funcs = "Gic"),
	OK("the program with types that fit nothing", "r0 = *(u32 *)(r1 +0)\nexit\n", .funcs = "GvVs"),
	NO("the program is called", -E2BIG, "l: r2 = 0\nif r2 == 0 goto +1\ncall l\n" END, .funcs = "Gic"),
};

/* ---- callbacks ---- */

#define LOOP(n) "r1 = " #n "\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall loop#181\n"
#define LOOP_CTX(n) "r1 = " #n "\nr2 = subprog[cb]\nr3 = r10\nr3 += -8\nr4 = 0\ncall loop#181\n"
#define EACH "r1 = map[fd:0]\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall each#164\n"
#define FUNCS .funcs = "Sic Sip"

static const struct both_row rows_loop[] = {
	OK("bpf_loop", LOOP(10) END "cb: r0 = 0\nexit\n", FUNCS),
	OK("it returns 1", LOOP(10) END "cb: r0 = 1\nexit\n", FUNCS),
	NO("it returns 2", -EINVAL, LOOP(10) END "cb: r0 = 2\nexit\n", FUNCS),
	NO("it returns -1", -EINVAL, LOOP(10) END "cb: r0 = -1\nexit\n", FUNCS),
	NO("it returns any number", -EINVAL, LOOP(10) END "cb: r0 = r1\nexit\n", FUNCS),
	OK("it returns 0 or 1", LOOP(10) END "cb: r0 = r1\nr0 &= 1\nexit\n", FUNCS),
	NO("it returns an address", -EACCES, LOOP(10) END "cb: r0 = map[fd:0]\nexit\n", FUNCS, ARRAY),
	NO("it returns the stack", -EINVAL, LOOP(10) END "cb: r0 = r10\nexit\n", FUNCS),
	NO("it returns nothing", -EACCES, LOOP(10) END "cb: r1 = 0\nexit\n", FUNCS),
	NO("R3 is nothing", -EACCES, LOOP(10) END "cb: r0 = r3\nexit\n", FUNCS),
	NO("R0 is nothing", -EACCES, LOOP(10) END "cb: r1 = r0\nr0 = 0\nexit\n", FUNCS),
	NO("R6 is nothing", -EACCES, LOOP(10) END "cb: r1 = r6\nr0 = 0\nexit\n", FUNCS),
	OK("R2 is what was given", LOOP(10) END "cb: r0 = r2\nexit\n", FUNCS),
	OK("the number of the round", "r1 = 5\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall loop#181\n" END
	   "cb: r2 = map[fd:0][0]+0\nr1 &= 15\nr2 += r1\nr0 = *(u8 *)(r2 +0)\nr0 = 0\nexit\n", FUNCS, ARRAY),
	NO("the number of the round is not bounded", -EINVAL, LOOP(5) END
	   "cb: r2 = map[fd:0][0]+0\nr2 += r1\nr0 = *(u8 *)(r2 +0)\nr0 = 0\nexit\n", FUNCS, ARRAY),
	OK("no rounds", LOOP(0) END "cb: r0 = 0\nexit\n", FUNCS),
	OK("no rounds of something bad", LOOP(0) END "cb: r0 = r9\nexit\n", FUNCS),
	NO("one round of something bad", -EACCES, LOOP(1) END "cb: r0 = r9\nexit\n", FUNCS),
	OK("any number of rounds", "r1 = *(u32 *)(r1 +0)\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall loop#181\n" END
	   "cb: r0 = 0\nexit\n", FUNCS),
	NO("an address as the number of rounds", -EFAULT, "r2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall loop#181\n" END
	   "cb: r0 = 0\nexit\n", FUNCS),
	OK("the result is a number", LOOP(10) "exit\ncb: r0 = 0\nexit\n", FUNCS),
	NO("the result is not bounded", -EINVAL, "r6 = map[fd:0][0]+0\n" LOOP(10) "r6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "cb: r0 = 0\nexit\n", FUNCS, ARRAY),
	NO("R1 is lost behind it", -EACCES, LOOP(10) "r0 = r1\nexit\ncb: r0 = 0\nexit\n", FUNCS),
	OK("R6 is kept behind it", "r6 = r1\n" LOOP(10) "r0 = *(u32 *)(r6 +0)\nexit\ncb: r0 = 0\nexit\n", FUNCS),
	OK("it counts in the caller's stack", "*(u64 *)(r10 -8) = 0\n" LOOP_CTX(10) "r0 = *(u64 *)(r10 -8)\nexit\n"
	   "cb: r1 = *(u64 *)(r2 +0)\nr1 += 1\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS),
	OK("it counts, for ever", "*(u64 *)(r10 -8) = 0\nr1 = *(u32 *)(r1 +0)\nr2 = subprog[cb]\nr3 = r10\nr3 += -8\nr4 = 0\n"
	   "call loop#181\nr0 = *(u64 *)(r10 -8)\nexit\n"
	   "cb: r1 = *(u64 *)(r2 +0)\nr1 += 1\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS),
	NO("what it counted is an offset", -EACCES, "r6 = map[fd:0][0]+0\n*(u64 *)(r10 -8) = 0\n" LOOP_CTX(100)
	   "r0 = *(u64 *)(r10 -8)\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "cb: r1 = *(u64 *)(r2 +0)\nr1 += 1\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS, ARRAY),
	OK("what it counted is an offset, and few", "r6 = map[fd:0][0]+0\n*(u64 *)(r10 -8) = 0\n" LOOP_CTX(10)
	   "r0 = *(u64 *)(r10 -8)\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "cb: r1 = *(u64 *)(r2 +0)\nr1 += 1\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS, ARRAY),
	NO("what it counted is an offset, one too many", -EACCES, "r6 = map[fd:0][0]+0\n*(u64 *)(r10 -8) = 0\n" LOOP_CTX(16)
	   "r0 = *(u64 *)(r10 -8)\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n"
	   "cb: r1 = *(u64 *)(r2 +0)\nr1 += 1\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS, ARRAY),
	OK("what it counted is an offset, and checked", "r6 = map[fd:0][0]+0\n*(u64 *)(r10 -8) = 0\n" LOOP_CTX(100)
	   "r0 = *(u64 *)(r10 -8)\nif r0 > 15 goto out\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nout: r0 = 0\nexit\n"
	   "cb: r1 = *(u64 *)(r2 +0)\nr1 += 1\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS, ARRAY),
	OK("the offset is checked in it", "*(u64 *)(r10 -8) = 0\n" LOOP_CTX(100) END
	   "cb: r1 = *(u64 *)(r2 +0)\nif r1 > 15 goto out\nr3 = map[fd:0][0]+0\nr3 += r1\nr0 = *(u8 *)(r3 +0)\nr1 += 1\n"
	   "*(u64 *)(r2 +0) = r1\nout: r0 = 0\nexit\n", FUNCS, ARRAY),
	NO("the offset is not checked in it", -EACCES, "*(u64 *)(r10 -8) = 0\n" LOOP_CTX(100) END
	   "cb: r1 = *(u64 *)(r2 +0)\nr3 = map[fd:0][0]+0\nr3 += r1\nr0 = *(u8 *)(r3 +0)\nr1 += 1\n"
	   "*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS, ARRAY),
	OK("the stack is a number, then a pointer", "*(u64 *)(r10 -8) = 0\n" LOOP_CTX(10) END
	   "cb: r1 = map[fd:0][0]+0\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS, ARRAY),
	NO("the stack is a pointer, then a number, and used", -EACCES, "r1 = map[fd:0][0]+0\n*(u64 *)(r10 -8) = r1\n" LOOP_CTX(10)
	   "r1 = *(u64 *)(r10 -8)\nr0 = *(u8 *)(r1 +0)\nexit\ncb: r1 = 7\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS, ARRAY),
	NO("the stack is a pointer, then a number, and used in it", -EACCES,
	   "r1 = map[fd:0][0]+0\n*(u64 *)(r10 -8) = r1\n" LOOP_CTX(10) END
	   "cb: r1 = *(u64 *)(r2 +0)\nr0 = *(u8 *)(r1 +0)\nr1 = 7\n*(u64 *)(r2 +0) = r1\nr0 = 0\nexit\n", FUNCS, ARRAY),
	NO("it takes a record", -EINVAL, LOOP(10) END "cb: r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\nr0 = 0\nexit\n", FUNCS,
	   .maps = "ringbuf:0:0:4096"),
	OK("it takes a record and gives it back", LOOP(10) END "cb: r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\n"
	   "if r0 == 0 goto +3\nr1 = r0\nr2 = 0\ncall submit#132\nr0 = 0\nexit\n", FUNCS, .maps = "ringbuf:0:0:4096"),
	NO("it gives back the caller's", -EINVAL, "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\nif r0 != 0 goto +2\nr0 = 0\nexit\n"
	   "*(u64 *)(r10 -8) = r0\n" LOOP_CTX(2) END
	   "cb: r1 = *(u64 *)(r2 +0)\nr2 = 0\ncall submit#132\nr0 = 0\nexit\n", FUNCS, .maps = "ringbuf:0:0:4096"),
	OK("it calls a function", LOOP(2) END "cb: call f\nr0 = 0\nexit\nf: r0 = 0\nexit\n", .funcs = "Sic Sip Si"),
	OK("one in another", LOOP(2) END "cb: r1 = 3\nr2 = subprog[d]\nr3 = 0\nr4 = 0\ncall loop#181\nr0 = 0\nexit\nd: r0 = 0\nexit\n",
	   .funcs = "Sic Sip Sip"),
	NO("itself", -E2BIG, LOOP(2) END "cb: r1 = 3\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall loop#181\nr0 = 0\nexit\n", FUNCS),
	NO("a global function", -EINVAL, LOOP(2) END "cb: r0 = 0\nexit\n", .funcs = "Sic Gii"),
	NO("a number as the function", -EACCES, "r1 = 2\nr2 = 5\nr3 = 0\nr4 = 0\ncall loop#181\n" END),
	OK("called and called back", "r1 = 1\nr2 = 1\ncall cb\n" LOOP(2) END "cb: r0 = 0\nexit\n", .funcs = "Sic Sii"),
	OK("the packet is moved in it and looked at anew", "r6 = r1\n" LOOP(2) "r1 = *(u32 *)(r6 +76)\nr0 = 0\nexit\ncb: r0 = 0\nexit\n", FUNCS),
	NO("the packet is moved in it", -EACCES, "r6 = r1\n" PACKET "r7 = r2\n*(u64 *)(r10 -8) = r6\n" LOOP_CTX(2)
	   "r0 = *(u8 *)(r7 +0)\nout: r0 = 0\nexit\ncb: r1 = *(u64 *)(r2 +0)\nr2 = 40\ncall pull#39\nr0 = 0\nexit\n", FUNCS),
	OK("a loop around it", "r6 = 0\nl: " LOOP(2) "r6 += 1\nif r6 < 10 goto l\n" END "cb: r0 = 0\nexit\n", FUNCS),
	OK("a loop inside of it", LOOP(2) END "cb: r3 = 0\nl: r3 += 1\nif r3 < 10 goto l\nr0 = 0\nexit\n", FUNCS),
};

static const struct both_row rows_each[] = {
	OK("each element of an array", EACH END "cb: r0 = 0\nexit\n", FUNCS, ARRAY),
	OK("each element of a hash", EACH END "cb: r0 = 0\nexit\n", FUNCS, HASH),
	OK("per CPU", EACH END "cb: r0 = 0\nexit\n", FUNCS, .maps = "percpu_array:4:16:4"),
	OK("a hash per CPU", EACH END "cb: r0 = 0\nexit\n", FUNCS, .maps = "percpu_hash:4:16:4"),
	OK("an LRU hash", EACH END "cb: r0 = 0\nexit\n", FUNCS, .maps = "lru_hash:4:16:4"),
	OK("an LRU hash per CPU", EACH END "cb: r0 = 0\nexit\n", FUNCS, .maps = "lru_percpu_hash:4:16:4"),
	NO("a trie", -ENOTSUPP_LINUX, EACH END "cb: r0 = 0\nexit\n", FUNCS, .maps = "lpm_trie:8:16:4:noprealloc"),
	NO("a ring buffer", -ENOTSUPP_LINUX, EACH END "cb: r0 = 0\nexit\n", FUNCS, .maps = "ringbuf:0:0:4096"),
	NO("a program array", -ENOTSUPP_LINUX, EACH END "cb: r0 = 0\nexit\n", FUNCS, .maps = "prog_array:4:4:4"),
	OK("the key", EACH END "cb: r0 = *(u32 *)(r2 +0)\nr0 = 0\nexit\n", FUNCS, HASH),
	NO("beyond the key", -EACCES, EACH END "cb: r0 = *(u64 *)(r2 +0)\nr0 = 0\nexit\n", FUNCS, HASH),
	NO("the key is not written", -EACCES, EACH END "cb: *(u32 *)(r2 +0) = 1\nr0 = 0\nexit\n", FUNCS, HASH),
	OK("the value", EACH END "cb: r0 = *(u64 *)(r3 +8)\nr0 = 0\nexit\n", FUNCS, HASH),
	OK("the value is written", EACH END "cb: *(u64 *)(r3 +8) = 1\nr0 = 0\nexit\n", FUNCS, HASH),
	NO("beyond the value", -EACCES, EACH END "cb: r0 = *(u64 *)(r3 +16)\nr0 = 0\nexit\n", FUNCS, HASH),
	OK("the map", EACH END "cb: *(u32 *)(r10 -4) = 1\nr2 = r10\nr2 += -4\ncall lookup#1\nr0 = 0\nexit\n", FUNCS, HASH),
	OK("an element is deleted", EACH END "cb: call delete#3\nr0 = 0\nexit\n", FUNCS, HASH),
	NO("R5 is nothing", -EACCES, EACH END "cb: r0 = r5\nexit\n", FUNCS, HASH),
	OK("R4 is what was given", EACH END "cb: r0 = r4\nexit\n", FUNCS, HASH),
	NO("it returns 2", -EINVAL, EACH END "cb: r0 = 2\nexit\n", FUNCS, HASH),
	NO("no map", -EACCES, "r1 = 0\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall each#164\n" END "cb: r0 = 0\nexit\n", FUNCS),
	NO("the context goes in", -EACCES, "r3 = r1\nr1 = map[fd:0]\nr2 = subprog[cb]\nr4 = 0\ncall each#164\n" END
	   "cb: r0 = 0\nexit\n", FUNCS, HASH),
	OK("sums", "*(u64 *)(r10 -8) = 0\nr1 = map[fd:0]\nr2 = subprog[cb]\nr3 = r10\nr3 += -8\nr4 = 0\ncall each#164\nr0 = *(u64 *)(r10 -8)\nexit\n"
	   "cb: r1 = *(u64 *)(r4 +0)\nr2 = *(u64 *)(r3 +0)\nr1 += r2\n*(u64 *)(r4 +0) = r1\nr0 = 0\nexit\n", FUNCS, HASH),
	NO("a map that programs only write", -EACCES, EACH END "cb: r0 = *(u8 *)(r3 +0)\nr0 = 0\nexit\n", FUNCS, .maps = "hash:4:16:4:wronly"),
	NO("a map that programs only read", -EACCES, EACH END "cb: *(u8 *)(r3 +0) = 0\nr0 = 0\nexit\n", FUNCS, .maps = "hash:4:16:4:rdonly"),
};

/* ---- locks ---- */

static const struct both_row rows_lock[] = {
	NO("a spin lock is held", -EINVAL, "r1 = map[fd:0][0]+0\nr1 += 4\ncall spin_lock#93\n" END,
	   .maps = "array:4:16:1:lock"),
	OK("a static function while a spin lock is held", "r1 = map[fd:0][0]+0\nr1 += 4\nr6 = r1\ncall spin_lock#93\n"
	   "call f\nr1 = r6\ncall spin_unlock#94\n" END "f: r0 = 0\nexit\n", .maps = "array:4:16:1:lock"),
	NO("while a lock is held", -EINVAL, "r6 = map[fd:0][0]+0\nr6 += 4\nr1 = r6\ncall spin_lock#93\ncall f\nr1 = r6\n"
	   "call spin_unlock#94\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Gi", .maps = "array:4:16:1:lock"),
	OK("a static one while a lock is held", "r6 = map[fd:0][0]+0\nr6 += 4\nr1 = r6\ncall spin_lock#93\ncall f\nr1 = r6\n"
	   "call spin_unlock#94\n" END "f: r0 = 0\nexit\n", .funcs = "Sic Si", .maps = "array:4:16:1:lock"),
	NO("a spin lock is held", -EINVAL, "r1 = map[fd:0][0]+0\nr1 += 4\nr6 = r1\ncall spin_lock#93\n" LOOP(2)
	   "r1 = r6\ncall spin_unlock#94\n" END "cb: r0 = 0\nexit\n", FUNCS, .maps = "array:4:16:1:lock"),
};

/* ---- asynchronous callbacks ---- */

#define TIMER(cb) "r1 = map[fd:0][0]+0\nr2 = subprog[" cb "]\ncall set_callback#170\n"
#define TIMERS .maps = "array:4:24:1:timer", .funcs = "Sic Sip"

static const struct both_row rows_timer[] = {
	OK("a timer's function", TIMER("cb") END "cb: r0 = 0\nexit\n", TIMERS),
	NO("it returns 1", -EINVAL, TIMER("cb") END "cb: r0 = 1\nexit\n", TIMERS),
	NO("it returns any number", -EINVAL, TIMER("cb") END "cb: call prandom#7\nexit\n", TIMERS),
	NO("it returns an address", -EINVAL, TIMER("cb") END "cb: r0 = r1\nexit\n", TIMERS),
	NO("it returns the stack", -EINVAL, TIMER("cb") END "cb: r0 = r10\nexit\n", TIMERS),
	NO("it returns nothing", -EACCES, TIMER("cb") END "cb: exit\n", TIMERS),
	OK("its key", TIMER("cb") END "cb: r0 = *(u32 *)(r2 +0)\nr0 = 0\nexit\n", TIMERS),
	NO("beyond its key", -EACCES, TIMER("cb") END "cb: r0 = *(u64 *)(r2 +0)\nr0 = 0\nexit\n", TIMERS),
	OK("its value", TIMER("cb") END "cb: r0 = *(u64 *)(r3 +16)\nr0 = 0\nexit\n", TIMERS),
	NO("its value's timer", -EACCES, TIMER("cb") END "cb: r0 = *(u64 *)(r3 +0)\nr0 = 0\nexit\n", TIMERS),
	NO("R4 is nothing", -EACCES, TIMER("cb") END "cb: r0 = r4\nexit\n", TIMERS),
	NO("R6 is nothing", -EACCES, "r6 = r1\n" TIMER("cb") END "cb: r0 = r6\nexit\n", TIMERS),
	NO("something bad", -EACCES, TIMER("cb") END "cb: r0 = *(u8 *)(r9 +0)\nexit\n", TIMERS),
	OK("the map", TIMER("cb") END "cb: *(u32 *)(r10 -4) = 1\nr2 = r10\nr2 += -4\ncall lookup#1\nr0 = 0\nexit\n", TIMERS),
	OK("its stack is another", USE(512) TIMER("cb") END "cb: " USE(512) RET0, TIMERS),
	NO("its stack and that of what it calls", -EACCES, TIMER("cb") END "cb: " USE(264) "call f\n" RET0 "f: " USE(256) RET0,
	   .maps = "array:4:24:1:timer", .funcs = "Sic Sip Si"),
	NO("called, its stack is the same", -EACCES, USE(264) TIMER("cb") "r1 = 0\nr2 = 0\nr3 = 0\ncall cb\n" END
	   "cb: " USE(256) RET0, .maps = "array:4:24:1:timer", .funcs = "Sic Sip"),
	OK("it sets itself", TIMER("cb") END "cb: r1 = r3\nr2 = subprog[cb]\ncall set_callback#170\nr0 = 0\nexit\n", TIMERS),
	OK("it sets another, which sets it", TIMER("cb") END "cb: r1 = r3\nr2 = subprog[d]\ncall set_callback#170\nr0 = 0\nexit\n"
	   "d: r1 = r3\nr2 = subprog[cb]\ncall set_callback#170\nr0 = 0\nexit\n", .maps = "array:4:24:1:timer", .funcs = "Sic Sip Sip"),
	NO("an endless loop in it", -EINVAL, TIMER("cb") END "cb: r0 = 0\nl: if r0 == 0 goto l\nexit\n", TIMERS),
	OK("a loop in it", TIMER("cb") END "cb: r0 = 10\nl: r0 += -1\nif r0 != 0 goto l\nexit\n", TIMERS),
	OK("a loop around it", "r6 = 0\nl: " TIMER("cb") "r6 += 1\nif r6 < 10 goto l\n" END "cb: r0 = 0\nexit\n", TIMERS),
	OK("set in a function", "call f\n" END "f: " TIMER("cb") END "cb: r0 = 0\nexit\n", .maps = "array:4:24:1:timer", .funcs = "Sic Si Sip"),
	OK("set in a callback", "r1 = 3\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall loop#181\n" END "cb: " TIMER("d") END "d: r0 = 0\nexit\n",
	   .maps = "array:4:24:1:timer", .funcs = "Sic Sip Sip"),
	OK("set while a record is held", "r1 = map[fd:1]\nr2 = 8\nr3 = 0\ncall reserve#131\nif r0 == 0 goto out\nr6 = r0\n" TIMER("cb")
	   "r1 = r6\nr2 = 0\ncall submit#132\nout: r0 = 0\nexit\ncb: r0 = 0\nexit\n", .maps = "array:4:24:1:timer ringbuf:0:0:4096", .funcs = "Sic Sip"),
	NO("it keeps a record", -EINVAL, TIMER("cb") END "cb: r1 = map[fd:1]\nr2 = 8\nr3 = 0\ncall reserve#131\nr0 = 0\nexit\n",
	   .maps = "array:4:24:1:timer ringbuf:0:0:4096", .funcs = "Sic Sip"),
	NO("a global function", -EINVAL, TIMER("cb") END "cb: r0 = 0\nexit\n", .maps = "array:4:24:1:timer", .funcs = "Sic Gi"),
	OK("the same function behind two timers", TIMER("cb") TIMER("cb") END "cb: r0 = 0\nexit\n", TIMERS),
	OK("on two paths", "r6 = *(u32 *)(r1 +0)\nif r6 == 0 goto +6\n" TIMER("cb") "goto +5\n" TIMER("cb") END "cb: r0 = 0\nexit\n", TIMERS),
};

#define ROWS(name) static void test_##name(void **state) { both_rows(*state, rows_##name, ARRAY_SIZE(rows_##name)); }
ROWS(static)
ROWS(depth)
ROWS(exit)
ROWS(global)
ROWS(loop)
ROWS(each)
ROWS(lock)
ROWS(timer)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_static), cmocka_unit_test(test_depth), cmocka_unit_test(test_exit),
		cmocka_unit_test(test_global), cmocka_unit_test(test_loop), cmocka_unit_test(test_each),
		cmocka_unit_test(test_lock), cmocka_unit_test(test_timer),
	};

	return both_run("verify funcs", tests, ARRAY_SIZE(tests));
}
