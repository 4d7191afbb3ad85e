// SPDX-License-Identifier: BSD-2-Clause
/* test_unprivileged.c - programs of those who lack capabilities: does the verifier say what Linux says?
 *
 * Each row is loaded three times: with all capabilities, without CAP_PERFMON, and without any. The answers
 * to the last stand here as Linux 6.18 gave them where kernel.unprivileged_bpf_disabled was 0; where it is
 * not, only the engine is asked, because no test may change it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "both.h"

#include "../command/rights.h"

/* The answers. */
#define A (-EACCES)
#define I (-EINVAL)
#define P (-EPERM)

struct row {
	const char *name;
	int all, perfmon, none;  /* with all capabilities, without CAP_PERFMON, without any */
	const char *text, *maps;
	u32 type;                /* 0: a socket filter; others are not loaded without any */
	bool absent;             /* the engine has no such thing: it may answer -EOPNOTSUPP */
};

#define END "r0 = 0\nexit\n"
#define ARRAY .maps = "array:4:16:1"
#define VALUE "r7 = map[fd:0][0]+0\n"
#define CLS .type = BPF_PROG_TYPE_SCHED_CLS
/* R8: 0..7, R6: any 32 bits. */
#define NUMBERS "r6 = *(u32 *)(r1 +0)\nr8 = *(u8 *)(r1 +48)\nr8 &= 7\n"
#define LOOKUP "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall bpf_map_lookup_elem#1\n"

static const struct row rows_leak[] = {
	{ "a pointer returned", 0, A, A, "r0 = r10\nexit\n" },
	{ "the context returned", 0, A, A, "r0 = r1\nexit\n" },
	{ "a map returned", 0, A, A, "r0 = map[fd:0]\nexit\n", ARRAY },
	{ "a map value returned", 0, A, A, "r0 = map[fd:0][0]+0\nexit\n", ARRAY },
	{ "a value or NULL returned", 0, A, A, LOOKUP "exit\n", ARRAY },
	{ "NULL returned", 0, 0, 0, LOOKUP "if r0 != 0x0 goto pc+1\nexit\n" END, ARRAY },
	{ "a pointer in a map", 0, A, A, VALUE "*(u64 *)(r7 +0) = r10\n" END, ARRAY },
	{ "a map in a map", 0, A, A, VALUE "r1 = map[fd:0]\n*(u64 *)(r7 +0) = r1\n" END, ARRAY },
	{ "half a pointer in a map", 0, A, A, VALUE "*(u32 *)(r7 +0) = r10\n" END, ARRAY },
	{ "a pointer in the context", 0, A, A, "*(u64 *)(r1 +48) = r10\n" END },
	{ "half a pointer in the context", 0, A, A, "*(u32 *)(r1 +48) = r10\n" END },
	{ "a number in the context", 0, 0, 0, "r2 = 7\n*(u32 *)(r1 +48) = r2\n" END },
	{ "a pointer in the packet", 0, A, P,
	  "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nr4 = r2\nr4 += 8\nif r4 > r3 goto pc+1\n"
	  "*(u64 *)(r2 +0) = r10\n" END, CLS },
	{ "a pointer on the stack", 0, 0, 0, "*(u64 *)(r10 -8) = r1\nr1 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r1 +0)\nexit\n" },
	{ "a pointer on the stack, returned", 0, A, A, "*(u64 *)(r10 -8) = r1\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "half of a pointer on the stack", A, A, A, "*(u64 *)(r10 -8) = r1\nr0 = *(u32 *)(r10 -8)\nexit\n" },
	{ "half a pointer stored", A, A, A, "*(u32 *)(r10 -8) = r1\n" END },
	{ "added to memory", 0, A, A, VALUE "lock *(u64 *)(r7 +0) += r10\n" END, ARRAY },
	{ "added to the stack", 0, A, A, "*(u64 *)(r10 -8) = 0\nlock *(u64 *)(r10 -8) += r10\n" END },
	{ "added to a pointer on the stack", 0, A, A,
	  "*(u64 *)(r10 -8) = r1\nr2 = 0\nlock *(u64 *)(r10 -8) += r2\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "exchanged", 0, A, A, VALUE "r1 = atomic64_xchg((u64 *)(r7 +0), r1)\n" END, ARRAY },
	{ "compared and exchanged", 0, A, A, VALUE "r0 = r10\nr2 = 0\nr0 = atomic64_cmpxchg((u64 *)(r7 +0), r0, r2)\n" END, ARRAY },
	{ "the new one of compared and exchanged", 0, A, A,
	  VALUE "r0 = 0\nr0 = atomic64_cmpxchg((u64 *)(r7 +0), r0, r10)\n" END, ARRAY },
	{ "stored and released", 0, A, A, VALUE "store_release((u64 *)(r7 +0), r10)\n" END, ARRAY },
	{ "fetched and added, a number", 0, 0, 0, VALUE "r1 = 1\nr1 = atomic64_fetch_add((u64 *)(r7 +0), r1)\n" END, ARRAY },
	{ "an argument that is anything", 0, A, A,
	  "r3 = r10\nr2 = r10\nr2 += -8\nr6 = r1\n*(u64 *)(r10 -8) = 0\nr1 = map[fd:0]\nr4 = r10\n"
	  "*(u32 *)(r10 -4) = 0\nr2 += 4\nr3 = r10\nr3 += -24\n*(u64 *)(r10 -24) = 0\n*(u64 *)(r10 -16) = 0\n"
	  "call bpf_map_update_elem#2\n" END, ARRAY },
	{ "a key that is a pointer", 0, A, A,
	  "*(u64 *)(r10 -8) = r1\nr2 = r10\nr2 += -8\nr1 = map[fd:0]\ncall bpf_map_lookup_elem#1\n" END,
	  .maps = "hash:8:8:1" },
	{ "a value that is a pointer", 0, A, A,
	  "*(u64 *)(r10 -8) = 0\n*(u64 *)(r10 -16) = r1\nr2 = r10\nr2 += -8\nr3 = r10\nr3 += -16\nr4 = 0\n"
	  "r1 = map[fd:0]\ncall bpf_map_update_elem#2\n" END, .maps = "hash:8:8:1" },
	{ "a pointer behind the value", 0, 0, 0,
	  "*(u64 *)(r10 -8) = 0\n*(u64 *)(r10 -16) = r1\nr2 = r10\nr2 += -8\nr3 = r10\nr3 += -8\nr4 = 0\n"
	  "r1 = map[fd:0]\ncall bpf_map_update_elem#2\n" END, .maps = "hash:8:8:1" },
	{ "written by a helper over half a pointer", 0, A, A,
	  "*(u64 *)(r10 -8) = r1\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 4\ncall bpf_skb_load_bytes#26\n" END },
};

static const struct row rows_compare[] = {
	{ "a pointer with 0", 0, A, A, "if r10 == 0x0 goto pc+0\n" END },
	{ "the context with 0", 0, A, A, "if r1 == 0x0 goto pc+0\n" END },
	{ "a map value with 0", 0, 0, 0, VALUE "if r7 == 0x0 goto pc+0\n" END, ARRAY },
	{ "a map with 0", 0, 0, 0, "r7 = map[fd:0]\nif r7 == 0x0 goto pc+0\n" END, ARRAY },
	{ "a value or NULL with 0", 0, 0, 0, LOOKUP "if r0 == 0x0 goto pc+0\n" END, ARRAY },
	{ "a value or NULL with 0, 32 bits", 0, 0, A, LOOKUP "if w0 == 0x0 goto pc+0\n" END, ARRAY },
	{ "a value or NULL with 0 in a register", 0, 0, A, LOOKUP "r1 = 0\nif r0 == r1 goto pc+0\n" END, ARRAY },
	{ "0 in a register with a value or NULL", 0, A, A, LOOKUP "r1 = 0\nif r1 == r0 goto pc+0\n" END, ARRAY },
	{ "a value or NULL above 0", 0, A, A, LOOKUP "if r0 > 0x0 goto pc+0\n" END, ARRAY },
	{ "with a number", 0, A, A, "if r10 == 0x1 goto pc+0\n" END },
	{ "with a number, above", 0, A, A, "if r10 > 0x1 goto pc+0\n" END },
	{ "with a number, 32 bits", 0, A, A, "if w10 == 0x1 goto pc+0\n" END },
	{ "bits of it", 0, A, A, "if r10 & 0x1 goto pc+0\n" END },
	{ "with a register", 0, A, A, "r2 = 5\nif r10 > r2 goto pc+0\n" END },
	{ "a number with it", 0, A, A, "r2 = 5\nif r2 > r10 goto pc+0\n" END },
	{ "two of the stack", 0, A, A, "r2 = r10\nif r2 == r10 goto pc+0\n" END },
	{ "two kinds", 0, A, A, "if r1 == r10 goto pc+0\n" END },
	{ "two map values", 0, A, A, VALUE "r6 = r7\nif r6 == r7 goto pc+0\n" END, ARRAY },
	{ "two values or NULL", 0, A, A,
	  LOOKUP "r6 = r0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall bpf_map_lookup_elem#1\nif r6 == r0 goto pc+0\n" END, ARRAY },
	{ "packet pointers", 0, 0, P,
	  "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nif r2 > r3 goto pc+0\n" END, CLS },
	{ "packet pointers, equal", 0, A, P,
	  "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nif r2 == r3 goto pc+0\n" END, CLS },
	{ "two packet pointers", 0, A, P,
	  "r2 = *(u32 *)(r1 +76)\nr3 = r2\nif r2 > r3 goto pc+0\n" END, CLS },
	{ "a packet pointer with a number", 0, A, P, "r2 = *(u32 *)(r1 +76)\nif r2 > 0x5 goto pc+0\n" END, CLS },
	{ "a packet pointer with 0", 0, A, P, "r2 = *(u32 *)(r1 +76)\nif r2 == 0x0 goto pc+0\n" END, CLS },
};

static const struct row rows_alu[] = {
	{ "a copy", 0, 0, 0, "r2 = r1\nr0 = *(u32 *)(r2 +0)\nexit\n" },
	{ "half a copy", 0, A, A, "w2 = w10\n" END },
	{ "a signed half", 0, A, A, "r2 = (s32)r10\n" END },
	{ "a signed byte", 0, A, A, "r2 = (s8)r10\n" END },
	{ "negated", 0, A, A, "r2 = r10\nr2 = -r2\n" END },
	{ "other order of bytes", 0, A, A, "r2 = r10\nr2 = be64 r2\n" END },
	{ "other order of bytes, bswap", 0, A, A, "r2 = r10\nr2 = bswap64 r2\n" END },
	{ "plus a constant", 0, 0, 0, "r2 = r10\nr2 += -8\n*(u64 *)(r2 +0) = 0\n" END },
	{ "plus a constant, 32 bits", A, A, A, "r2 = r10\nw2 += -8\n" END },
	{ "minus a constant, 32 bits", 0, A, A, "r2 = r10\nw2 -= 8\n" END },
	{ "minus a constant, the stack", A, A, A, "r2 = r10\nr2 -= 8\n" END },
	{ "minus a constant, a value", 0, 0, 0, VALUE "r7 += 8\nr7 -= 8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "ored", A, A, A, "r2 = r10\nr2 |= 1\n" END },
	{ "anded", A, A, A, "r2 = r10\nr2 &= -8\n" END },
	{ "shifted", A, A, A, "r2 = r10\nr2 <<= 1\n" END },
	{ "multiplied", A, A, A, "r2 = r10\nr2 *= 2\n" END },
	{ "divided", A, A, A, "r2 = r10\nr2 /= 2\n" END },
	{ "xor of two", A, A, A, "r2 = r10\nr2 ^= r1\n" END },
	{ "minus another", 0, A, A, "r2 = r10\nr2 -= r10\nr0 = r2\nexit\n" },
	{ "minus another kind", 0, A, A, "r2 = r10\nr2 -= r1\nr0 = r2\nexit\n" },
	{ "minus another, 32 bits", 0, A, A, "r2 = r10\nw2 -= w1\n" END },
	{ "plus another", A, A, A, "r2 = r10\nr2 += r1\n" END },
	{ "a number minus it", A, A, A, "r2 = 5\nr2 -= r10\n" END },
	{ "a number plus it", 0, 0, 0, "r2 = -8\nr2 += r10\n*(u64 *)(r2 +0) = 0\n" END },
	{ "a map plus 0", 0, 0, 0, "r1 = map[fd:0]\nr1 += 0\n" END, ARRAY },
	{ "a map plus 0 in a register", 0, A, A, "r1 = map[fd:0]\nr2 = 0\nr1 += r2\n" END, ARRAY },
	{ "a map plus 1", A, A, A, "r1 = map[fd:0]\nr1 += 1\n" END, ARRAY },
	{ "a value or NULL plus 0", 0, 0, A, LOOKUP "r0 += 0\n" END, ARRAY },
	{ "the context plus 4", 0, 0, 0, "r1 += 4\n" END },
	{ "the context plus 4, read", A, A, A, "r1 += 4\nr0 = *(u32 *)(r1 +0)\nexit\n" },
	{ "the context plus 4 in a register", 0, A, A, "r2 = 4\nr1 += r2\n" END },
	{ "the context plus a number", 0, A, A, "r2 = *(u32 *)(r1 +0)\nr2 &= 4\nr1 += r2\n" END },
	{ "below the stack", 0, A, A, "r2 = r10\nr2 += -513\n" END },
	{ "the lowest of the stack", 0, 0, 0, "r2 = r10\nr2 += -512\n" END },
	{ "the end of the stack, back", 0, A, A, "r2 = r10\nr2 += 8\nr2 += -16\n*(u64 *)(r2 +0) = 0\n" END },
	{ "plus 0 at the stack's end", 0, A, A, "r2 = r10\nr2 += 0\n" END },
	{ "behind a value", 0, A, A, VALUE "r7 += 16\n" END, ARRAY },
	{ "the last byte of a value", 0, 0, 0, VALUE "r7 += 15\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "before a value", 0, A, A, VALUE "r7 += -1\n" END, ARRAY },
	{ "before a value and back", 0, A, A, VALUE "r7 += -1\nr7 += 1\n" END, ARRAY },
	{ "behind a value, twice", 0, A, A, VALUE "r7 += 8\nr7 += 8\n" END, ARRAY },
	{ "far behind a value and back", 0, A, A, VALUE "r7 += 65536\nr7 += -65536\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "the stack plus a number", 0, A, A, NUMBERS "r2 = r10\nr2 += -16\nr2 += r8\n" END },
	{ "the stack plus a number, used", 0, A, A,
	  NUMBERS "*(u64 *)(r10 -8) = 0\n*(u64 *)(r10 -16) = 0\nr2 = r10\nr2 += -16\nr2 += r8\nr0 = *(u8 *)(r2 +0)\nexit\n" },
	{ "the stack plus a constant in a register", 0, 0, 0, "r3 = -8\nr2 = r10\nr2 += r3\n*(u64 *)(r2 +0) = 0\n" END },
	{ "the stack minus a constant in a register", A, A, A, "r3 = 8\nr2 = r10\nr2 -= r3\n" END },
};

static const struct row rows_mask[] = {
	{ "a value plus a number", 0, 0, 0, NUMBERS VALUE "r7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "a value plus a number, 9 bytes of 16", A, A, A, NUMBERS VALUE "r8 <<= 1\nr7 += r8\nr0 = *(u32 *)(r7 +0)\nexit\n", ARRAY },
	{ "a value plus a number that is too large", 0, A, A, NUMBERS VALUE "r8 <<= 2\nr7 += r8\n" END, ARRAY },
	{ "a value plus any number", 0, A, A, NUMBERS VALUE "r7 += r6\n" END, ARRAY },
	{ "a number of both signs", 0, A, A, NUMBERS VALUE "r8 += -4\nr7 += 4\nr7 += r8\n" END, ARRAY },
	{ "a negative number", A, A, A, NUMBERS VALUE "r8 += -8\nr7 += 8\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "minus a number", A, A, A, NUMBERS VALUE "r7 += 8\nr7 -= r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "minus a negative number", 0, 0, 0, NUMBERS VALUE "r8 += -8\nr7 -= r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "a number plus a value", 0, 0, 0, NUMBERS VALUE "r8 += r7\nr0 = *(u8 *)(r8 +0)\nexit\n", ARRAY },
	{ "two numbers", 0, 0, 0, NUMBERS VALUE "r7 += r8\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "two limits", 0, 0, 0,
	  NUMBERS VALUE "if r6 > 5 goto pc+1\nr7 += 4\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "the same limit twice", 0, A, A,
	  NUMBERS VALUE "if r6 > 5 goto pc+1\nr8 &= 3\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "two signs", A, A, A,
	  NUMBERS VALUE "r7 += 8\nif r6 > 5 goto pc+1\nr8 += -8\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "a constant or not", 0, A, A,
	  NUMBERS VALUE "if r6 > 5 goto pc+1\nr8 = 3\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "two constants", 0, A, A,
	  NUMBERS VALUE "r8 = 3\nif r6 > 5 goto pc+1\nr8 = 4\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "a pointer or a number", 0, A, A,
	  NUMBERS VALUE "if r6 > 5 goto pc+1\nr7 = 0\nr7 += r8\n" END, ARRAY },
	{ "a pointer or a number, the other way", 0, A, A,
	  NUMBERS "r7 = 0\nif r6 > 5 goto pc+2\n" VALUE "r7 += r8\n" END, ARRAY },
	{ "a value or the stack", 0, 0, 0,
	  NUMBERS VALUE "r8 = 4\nif r6 > 5 goto pc+2\nr7 = r10\nr7 += -16\nr7 += r8\n" END, ARRAY },
	{ "two maps", 0, 0, 0,
	  NUMBERS VALUE "if r6 > 5 goto pc+2\nr7 = map[fd:1][0]+0\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n",
	  .maps = "array:4:16:1 array:4:16:1" },
	{ "two maps of two sizes", 0, 0, 0,
	  NUMBERS VALUE "if r6 > 5 goto pc+2\nr7 = map[fd:1][0]+0\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n",
	  .maps = "array:4:16:1 array:4:32:1" },
	{ "the order of operands", 0, A, A,
	  NUMBERS VALUE "if r6 > 5 goto pc+3\nr2 = r7\nr7 = r8\nr8 = r2\nr7 += r8\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "a packet pointer plus a number", 0, A, P,
	  NUMBERS "r2 = *(u32 *)(r1 +76)\nr2 += r8\n" END, CLS },
	{ "a packet pointer plus a constant", 0, 0, P, "r2 = *(u32 *)(r1 +76)\nr2 += 8\n" END, CLS },
};

static const struct row rows_stack[] = {
	{ "never written", 0, A, A, "r0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "half written", 0, A, A, "*(u32 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "written in halves", 0, 0, 0, "*(u32 *)(r10 -8) = 1\n*(u32 *)(r10 -4) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "written on one path", 0, A, A, NUMBERS "if r6 > 5 goto pc+1\n*(u64 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "never written, by a helper", 0, A, A, "r2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall bpf_map_lookup_elem#1\n" END, ARRAY },
	{ "never written, written by a helper", 0, 0, 0,
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall bpf_skb_load_bytes#26\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "written by a helper, half", 0, A, A,
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 4\ncall bpf_skb_load_bytes#26\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "written by a helper, a size that varies", 0, A, A,
	  NUMBERS "r2 = 0\nr3 = r10\nr3 += -8\nr4 = r8\nr4 &= 3\nr4 += 1\ncall bpf_skb_load_bytes#26\n"
	  "r0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "a byte over a pointer", 0, A, A, "*(u64 *)(r10 -8) = r1\n*(u8 *)(r10 -8) = 0\n" END },
	{ "a half over a pointer", 0, A, A, "*(u64 *)(r10 -8) = r1\nr2 = 0\n*(u32 *)(r10 -4) = r2\n" END },
	{ "a number over a pointer", 0, 0, 0, "*(u64 *)(r10 -8) = r1\n*(u64 *)(r10 -8) = 0\n" END },
	{ "a byte over a number", 0, 0, 0, "r2 = 7\n*(u64 *)(r10 -8) = r2\n*(u8 *)(r10 -8) = 0\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "a byte over a pointer on one path", 0, A, A,
	  NUMBERS "*(u64 *)(r10 -8) = 0\nif r6 > 5 goto pc+1\n*(u64 *)(r10 -8) = r1\n*(u8 *)(r10 -8) = 0\n" END },
	{ "a byte over a pointer on the other path", 0, A, A,
	  NUMBERS "*(u64 *)(r10 -8) = r1\nif r6 > 5 goto pc+1\n*(u64 *)(r10 -8) = 0\n*(u8 *)(r10 -8) = 0\n" END },
	{ "atomically over a pointer", 0, A, A, "*(u64 *)(r10 -8) = r1\nr2 = 0\nlock *(u64 *)(r10 -8) += r2\n" END },
	{ "atomically over half a pointer", A, A, A, "*(u64 *)(r10 -8) = r1\nr2 = 0\nlock *(u32 *)(r10 -8) += r2\n" END },
	{ "a constant kept on the stack", 0, 0, I,
	  VALUE "r2 = 7\n*(u64 *)(r10 -8) = r2\nr2 = *(u64 *)(r10 -8)\nr7 += r2\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "bounds kept on the stack", 0, 0, I,
	  NUMBERS VALUE "*(u64 *)(r10 -8) = r8\nr2 = *(u64 *)(r10 -8)\nr7 += r2\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "a constant of ST kept", 0, 0, I,
	  VALUE "*(u64 *)(r10 -8) = 7\nr2 = *(u64 *)(r10 -8)\nr7 += r2\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "0 kept on the stack", 0, 0, 0,
	  VALUE "*(u64 *)(r10 -8) = 0\nr2 = *(u64 *)(r10 -8)\nr7 += r2\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "0 of a register kept on the stack", 0, 0, 0,
	  VALUE "r2 = 0\n*(u64 *)(r10 -8) = r2\nr2 = *(u64 *)(r10 -8)\nr7 += r2\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "a byte of 0 kept on the stack", 0, 0, 0,
	  VALUE "*(u64 *)(r10 -8) = 0\nr2 = *(u8 *)(r10 -3)\nr7 += r2\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "the lower half of a number", 0, 0, A,
	  NUMBERS VALUE "*(u64 *)(r10 -8) = r8\nr2 = *(u32 *)(r10 -8)\nr7 += r2\nr0 = *(u8 *)(r7 +0)\nexit\n", ARRAY },
	{ "a byte that varies", 0, A, A, NUMBERS "*(u64 *)(r10 -8) = 0\nr2 = r10\nr2 += r8\n" END },
	{ "a key that is known", 0, 0, A,
	  "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall bpf_map_lookup_elem#1\nr0 = *(u8 *)(r0 +0)\nexit\n", ARRAY },
};

/* A value, or the end. */
#define FIND LOOKUP "if r0 == 0 goto out\n"
#define OUT "out: r0 = 0\nexit\n"

static const struct row rows_memory[] = {
	{ "what was stored, read", 0, 0, 0, "*(u64 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "never written, read", 0, A, A, "r0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "below what was ever used, read", 0, A, A, "*(u64 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -16)\nexit\n" },
	{ "half written, read", 0, A, A, "*(u32 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "both halves written, read", 0, 0, 0,
	  "*(u32 *)(r10 -8) = 1\n*(u32 *)(r10 -4) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "never written, added to", 0, A, A, "r2 = 1\nlock *(u64 *)(r10 -8) += r2\n" END },
	{ "a pointer stored and loaded", 0, 0, 0,
	  "*(u64 *)(r10 -8) = r1\nr1 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r1 +0)\nexit\n" },
	{ "half of a pointer overwritten", 0, A, A, "*(u64 *)(r10 -8) = r1\n*(u32 *)(r10 -8) = 1\n" END },
	{ "a byte of a pointer overwritten", 0, A, A, "*(u64 *)(r10 -8) = r1\n*(u8 *)(r10 -1) = 1\n" END },
	{ "a pointer overwritten", 0, 0, 0,
	  "*(u64 *)(r10 -8) = r1\n*(u64 *)(r10 -8) = 1\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "a pointer added to", 0, A, A,
	  "*(u64 *)(r10 -8) = r1\nr2 = 1\nlock *(u64 *)(r10 -8) += r2\n" END },
	{ "a pointer added to a number", 0, A, A, "*(u64 *)(r10 -8) = 1\nlock *(u64 *)(r10 -8) += r1\n" END },
	{ "a pointer compared", 0, A, A,
	  "*(u64 *)(r10 -8) = 1\nr0 = r1\nr2 = 1\nr0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r2)\n" END },
	{ "store_release of a pointer to the stack", 0, 0, 0, "store_release((u64 *)(r10 -8), r1)\n" END },
	{ "a pointer into the context", 0, A, A, "*(u64 *)(r1 +48) = r10\n" END },
	{ "a pointer into a map", 0, A, A, FIND "*(u64 *)(r0 +0) = r10\n" OUT, ARRAY },
	{ "a number into a map", 0, 0, 0, FIND "*(u64 *)(r0 +0) = 1\n" OUT, ARRAY },
	{ "a pointer exchanged into a map", 0, A, A,
	  FIND "r2 = r10\nr2 = atomic64_xchg((u64 *)(r0 +0), r2)\n" OUT, ARRAY },
	{ "a key", 0, 0, 0, FIND OUT, .maps = "hash:4:16:2" },
	{ "a key that was never written", 0, A, A,
	  "r2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\n" END, .maps = "hash:4:16:2" },
	{ "half a key", 0, A, A,
	  "*(u16 *)(r10 -4) = 1\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\n" END, .maps = "hash:4:16:2" },
	{ "a pointer as a key", 0, A, A,
	  "*(u64 *)(r10 -8) = r1\nr2 = r10\nr2 += -8\nr1 = map[fd:0]\ncall unknown#1\n" END,
	   "hash:8:16:2" },
	{ "written by a helper, read", 0, 0, 0,
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall unknown#26\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "written by a helper in part, read", 0, A, A,
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 4\ncall unknown#26\nr0 = *(u64 *)(r10 -8)\nexit\n" },
	{ "written by a helper, a variable part", 0, A, A,
	  "r4 = *(u32 *)(r1 +0)\nr4 &= 3\nr4 += 1\nr2 = 0\nr3 = r10\nr3 += -8\ncall unknown#26\n" END },
	{ "written before, then by a helper, a variable part", 0, 0, 0,
	  "*(u64 *)(r10 -8) = 0\nr4 = *(u32 *)(r1 +0)\nr4 &= 3\nr4 += 1\nr2 = 0\nr3 = r10\nr3 += -8\ncall unknown#26\n" END },
	{ "written by a helper over a part of a pointer", 0, A, A,
	  "*(u64 *)(r10 -8) = r1\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 4\ncall unknown#26\n" END },
	{ "written by a helper over a pointer", 0, A, A,
	  "*(u64 *)(r10 -8) = r1\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall unknown#26\n" END },
	{ "a map itself, read", 0, P, P, "r2 = map[fd:0]\nr0 = *(u32 *)(r2 +0)\nexit\n", ARRAY, .absent = true },
	{ "a pointer as the register of a packet load", 0, 0, 0, "r6 = r1\nr0 = *(u8 *)skb[r10 + 0]\nexit\n" },
	{ "a number on the stack is no number that is known", 0, 0, A,
	  "*(u64 *)(r10 -16) = 8\nr2 = *(u64 *)(r10 -16)\nif r2 == 8 goto out\nr0 = *(u8 *)(r10 -1)\n" OUT },
	{ "zeroes on the stack are", 0, 0, 0,
	  "*(u64 *)(r10 -16) = 0\nr2 = *(u64 *)(r10 -16)\nif r2 == 0 goto out\nr0 = *(u8 *)(r10 -1)\n" OUT },
};

static const struct row rows_flow[] = {
	{ "a loop that ends", 0, I, I, "r1 = 0\nr1 += 1\nif r1 < 8 goto pc-2\n" END },
	{ "a loop that does not", I, I, I, "r0 = 0\ngoto pc-1\nexit\n" },
	{ "a loop of one", I, I, I, "goto pc-1\nexit\n" },
	{ "a loop in code that is not reached", 0, I, I, "r1 = 0\nif r1 == 0x0 goto pc+2\nr1 += 1\ngoto pc-2\n" END },
	{ "backwards without a loop", 0, 0, 0, "goto pc+2\nr0 = 0\nexit\ngoto pc-3\n" },
	{ "code that no jump leads to", I, I, I, "goto pc+1\nr0 = 0\n" END },
	{ "code that no path leads to", 0, 0, 0, "r1 = 0\nif r1 == 0x0 goto pc+1\nr0 = *(u64 *)(r2 +0)\n" END },
	{ "a function", 0, 0, P, "call pc+1\nexit\nr0 = 0\nexit\n" },
	{ "a function that does not end", I, I, P, "call pc+1\nexit\nr0 = 0\n" },
	{ "a function that is outside", I, I, P, "call pc+5\nexit\n" },
	{ "a function as a value", I, I, P, "r2 = subprog[+3]\nr0 = 0\nexit\nr0 = 0\nexit\n" },
	{ "a kernel function", I, I, P, "call kernel-function#5\n" END, .absent = true },
	{ "a function in code that is not reached", 0, 0, P, "r0 = 0\nif r0 == 0x0 goto pc+1\ncall pc+1\nexit\nr0 = 0\nexit\n" },
	{ "may_goto forwards", 0, 0, 0, "may_goto pc+1\nr2 = 0\n" END },
	{ "may_goto in a loop", 0, 0, I, "may_goto pc+1\ngoto pc-2\n" END },
	{ "a value that was never set", A, A, A, "r0 = r2\nexit\n" },
	{ "a return value that was never set", A, A, A, "exit\n" },
	{ "packet loads", 0, 0, 0, "r6 = r1\nr0 = *(u8 *)skb[0]\nexit\n" },
	{ "packet loads at a number", 0, 0, 0, "r6 = r1\nr7 = 5\nr0 = *(u8 *)skb[r7 + 0]\nexit\n" },
};

static const struct row rows_calls[] = {
	{ "ktime_get_ns", 0, 0, 0, "call bpf_ktime_get_ns#5\n" END },
	{ "get_prandom_u32", 0, 0, 0, "call bpf_get_prandom_u32#7\n" END },
	{ "get_smp_processor_id", 0, 0, 0, "call bpf_get_smp_processor_id#8\n" END },
	{ "get_numa_node_id", 0, 0, 0, "call bpf_get_numa_node_id#42\n" END },
	{ "trace_printk", 0, I, I,
	  "*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\ncall bpf_trace_printk#6\n" END },
	{ "get_current_task", 0, I, I, "call bpf_get_current_task#35\n" END },
	{ "get_current_pid_tgid", 0, 0, 0, "call bpf_get_current_pid_tgid#14\n" END },
	{ "jiffies64", 0, 0, I, "call bpf_jiffies64#118\n" END },
	{ "ktime_get_boot_ns", 0, 0, 0, "call bpf_ktime_get_boot_ns#125\n" END },
	{ "ktime_get_coarse_ns", 0, 0, 0, "call bpf_ktime_get_coarse_ns#160\n" END },
	{ "get_socket_cookie", 0, 0, 0, "call bpf_get_socket_cookie#46\n" END },
	{ "get_socket_uid", 0, 0, 0, "call bpf_get_socket_uid#47\n" END },
	{ "a classifier's helper", I, I, I, "r2 = 0\ncall bpf_skb_pull_data#39\n" END },
	{ "skb_load_bytes_relative", 0, 0, 0,
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\nr5 = 0\ncall bpf_skb_load_bytes_relative#68\n" END },
	{ "tail_call", 0, 0, 0, "r2 = map[fd:0]\nr3 = 1\ncall bpf_tail_call#12\n" END, .maps = "prog_array:4:4:2" },
	{ "tail_call at a number", 0, 0, 0,
	  NUMBERS "r2 = map[fd:0]\nr3 = r8\ncall bpf_tail_call#12\n" END, .maps = "prog_array:4:4:2" },
	{ "tail_call with one of two maps", 0, 0, 0,
	  NUMBERS "r2 = map[fd:0]\nif r6 > 5 goto pc+2\nr2 = map[fd:1]\nr3 = r8\ncall bpf_tail_call#12\n" END,
	  .maps = "prog_array:4:4:2 prog_array:4:4:3" },
	{ "tail_call with a pointer as index", 0, A, A,
	  "r2 = map[fd:0]\nr3 = r10\ncall bpf_tail_call#12\n" END, .maps = "prog_array:4:4:2" },
	{ "a lookup with one of two maps", 0, 0, 0,
	  NUMBERS "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\nif r6 > 5 goto pc+2\nr1 = map[fd:1]\n"
	  "call bpf_map_lookup_elem#1\n" END, .maps = "array:4:16:1 array:4:16:2" },
	{ "a map read", 0, P, P, "r1 = map[fd:0]\nr0 = *(u32 *)(r1 +24)\nexit\n", ARRAY, .absent = true },
	{ "a map written", A, P, P, "r1 = map[fd:0]\nr2 = 0\n*(u32 *)(r1 +24) = r2\n" END, ARRAY },
	{ "ringbuf_output", 0, 0, 0,
	  "*(u64 *)(r10 -8) = 0\nr1 = map[fd:0]\nr2 = r10\nr2 += -8\nr3 = 8\nr4 = 0\ncall bpf_ringbuf_output#130\n" END,
	  .maps = "ringbuf:0:0:4096" },
	{ "ringbuf_reserve", 0, 0, 0,
	  "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve#131\nif r0 == 0x0 goto pc+3\nr1 = r0\nr2 = 0\n"
	  "call bpf_ringbuf_submit#132\n" END, .maps = "ringbuf:0:0:4096" },
	{ "a pointer in a record", 0, A, A,
	  "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve#131\nif r0 == 0x0 goto pc+4\n*(u64 *)(r0 +0) = r10\nr1 = r0\n"
	  "r2 = 0\ncall bpf_ringbuf_submit#132\n" END, .maps = "ringbuf:0:0:4096" },
	{ "map_push_elem without a queue", I, I, I,
	  "*(u64 *)(r10 -8) = 0\nr1 = map[fd:0]\nr2 = r10\nr2 += -8\nr3 = 0\ncall bpf_map_push_elem#87\n" END, ARRAY },
	{ "strtol", 0, 0, 0,
	  "*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = 10\nr4 = r10\nr4 += -16\ncall bpf_strtol#105\n" END },
};

/* ---- asking ---- */

#define IDS 212

static const struct {
	const char *name;
	u32 lacks;
} callers[] = {
	{ "with all", 0 }, { "without CAP_PERFMON", RIGHT_PERFMON | RIGHT_SYS_ADMIN }, { "without any", RIGHTS_ALL },
};

static void ask(struct both *both, const struct row *row, const char *who, u32 lacks, int err, u32 *wrong)
{
	const struct both_row one = { .name = row->name, .text = row->text, .maps = row->maps,
				      .type = row->type ? row->type : BPF_PROG_TYPE_SOCKET_FILTER };
	static const char *const names[BOTH_SIDES] = { "the engine", "Linux" };
	struct both_prog prog;
	struct bpf_insn *insns;

	both_row_prog(&one, &prog, &insns);
	prog.lacks = lacks;
	both_ask(both, &prog, 1);
	for (u32 side = 0; side < BOTH_SIDES; side++) {
		int answer = both->verdict[side].err;

		if (answer == err || answer == BOTH_NOT_ASKED)
			continue;
		/* Where Linux is not there, its answer is the engine's. */
		if ((side == BOTH_ENGINE || both->why) && row->absent && answer == -EOPNOTSUPP)
			continue;
		print_error("%s, %s: %s answers %d, not %d:\n%s\n", row->name, who, names[side], answer, err,
			    both->verdict[side].log);
		++*wrong;
	}
	free(insns);
}

static void ask_rows(struct both *both, const struct row *rows, size_t count)
{
	u32 wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const int answers[] = { rows[i].all, rows[i].perfmon, rows[i].none };

		for (size_t c = 0; c < ARRAY_SIZE(callers); c++)
			ask(both, &rows[i], callers[c].name, callers[c].lacks, answers[c], &wrong);
	}
	if (wrong)
		fail_msg("%u answers are wrong", wrong);
}

#define ROWS(name) \
	static void test_##name(void **state) { ask_rows(*state, rows_##name, ARRAY_SIZE(rows_##name)); }

ROWS(leak)
ROWS(compare)
ROWS(alu)
ROWS(mask)
ROWS(stack)
ROWS(memory)
ROWS(flow)
ROWS(calls)

/* Every helper, with arguments that were never set: those that may not be called are another mistake. */
static void test_helpers(void **state)
{
	struct both *both = *state;
	struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_prandom_u32 }, { .code = BPF_JMP | BPF_CALL },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT },
	};
	u32 wrong = 0;

	for (u32 i = 0; i < IDS * ARRAY_SIZE(callers); i++) {
		const struct both_prog prog = { .type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = insns,
						.count = ARRAY_SIZE(insns), .lacks = callers[i / IDS].lacks };

		insns[1].imm = (s32)(i % IDS);
		both_ask(both, &prog, 0);
		if (both->verdict[BOTH_LINUX].err == BOTH_NOT_ASKED ||
		    both->verdict[BOTH_LINUX].err == both->verdict[BOTH_ENGINE].err ||
		    (both->verdict[BOTH_ENGINE].err == -EOPNOTSUPP && !both->verdict[BOTH_LINUX].err))
			continue;
		print_error("helper %u, %s: the engine answers %d, Linux %d\n", i % IDS, callers[i / IDS].name,
			    both->verdict[BOTH_ENGINE].err, both->verdict[BOTH_LINUX].err);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leak), cmocka_unit_test(test_compare), cmocka_unit_test(test_alu),
		cmocka_unit_test(test_mask), cmocka_unit_test(test_stack), cmocka_unit_test(test_flow),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_calls), cmocka_unit_test(test_helpers),
	};

	return both_run("unprivileged", tests, ARRAY_SIZE(tests));
}
