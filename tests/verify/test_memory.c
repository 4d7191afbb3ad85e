// SPDX-License-Identifier: BSD-2-Clause
/* test_memory.c - loads and stores of everything but the stack: does the verifier say what Linux says?
 *
 * The context and sockets: every offset and width. Packets, map values and the rest: rows.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#include "isa/insn.h"

#define OK(name, text, ...) { name, 0, text, __VA_ARGS__ }
#define NO(name, err, text, ...) { name, err, text, __VA_ARGS__ }
#define ROWS(name) static void test_##name(void **state) { both_rows(*state, rows_##name, ARRAY_SIZE(rows_##name)); }

#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER
#define XDP .type = BPF_PROG_TYPE_XDP
#define STRICT .flags = BPF_F_STRICT_ALIGNMENT
#define END "r0 = 0\nexit\n"

/* ---- every offset and width of what has fields ---- */

static const u8 widths[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

enum { LOAD, LOAD_SIGNED, STORE_CONST, STORE_REG, WAYS };

/* Register 2 points to what has fields, R3 holds a number. Returns the instructions of one access. */
static u32 field_access(struct bpf_insn *insn, u32 way, u32 width, s32 off)
{
	const struct bpf_insn end[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT },
	};
	u8 code = way == STORE_CONST ? BPF_ST | BPF_MEM : way == STORE_REG ? BPF_STX | BPF_MEM :
		  way == LOAD_SIGNED ? BPF_LDX | 0x80 : BPF_LDX | BPF_MEM;

	insn[0] = (struct bpf_insn){ .code = code | widths[width], .off = (s16)off };
	insn[0].dst_reg = way >= STORE_CONST ? 2 : 4;
	insn[0].src_reg = way >= STORE_CONST ? way == STORE_REG ? 3 : 0 : 2;
	memcpy(insn + 1, end, sizeof(end));
	return 3;
}

/* Every access behind @head, from @low to @high. Linux takes programs that call helpers which the engine can verify
 * but not run: that comes behind the verifier. */
static bool same_verdict(const struct both *both)
{
	int ours = both->verdict[BOTH_ENGINE].err, theirs = both->verdict[BOTH_LINUX].err;

	return ours == theirs || (ours == -EOPNOTSUPP && !theirs);
}

static void ask_fields(struct both *both, const struct both_row *head, u32 ways, s32 low, s32 high)
{
	struct both_prog prog;
	struct bpf_insn *insns;
	u32 wrong = 0, at;

	both_row_prog(head, &prog, &insns);
	at = prog.count;
	for (s32 off = low; off < high; off++) {
		for (u32 n = 0; n < ways * 4; n++) {
			if (n / 4 == LOAD_SIGNED && n % 4 == 3)
				continue;
			prog.count = at + field_access(insns + at, n / 4, n % 4, off);
			both_ask(both, &prog, 0);
			if (same_verdict(both))
				continue;
			wrong++;
			print_error("%s: offset %d, %u bytes, way %u: engine %d, Linux %d\n", head->name, off, 1u << n % 4,
				    n / 4, both->verdict[BOTH_ENGINE].err, both->verdict[BOTH_LINUX].err);
		}
	}
	free(insns);
	if (wrong)
		fail_msg("%u answers differ", wrong);
}

static void test_fields(void **state)
{
	static const struct both_row heads[] = {
		{ "sched_cls", 0, "r2 = r1\nr3 = 1\n", NULL },
		{ "socket_filter", 0, "r2 = r1\nr3 = 1\n", SOCKET },
		{ "xdp", 0, "r2 = r1\nr3 = 1\n", XDP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		ask_fields(*state, &heads[i], WAYS, -9, 200);
}

#define SOCK "r2 = *(u64 *)(r1 +168)\nif r2 != 0 goto sock\n" END "sock: r3 = 1\n"
#define FULL_SOCK "r1 = *(u64 *)(r1 +168)\nif r1 != 0 goto sock\n" END "sock: call unknown#95\nif r0 != 0 goto full\n" END \
	"full: r2 = r0\nr3 = 1\n"
#define TCP_SOCK "r1 = *(u64 *)(r1 +168)\nif r1 != 0 goto sock\n" END "sock: call unknown#96\nif r0 != 0 goto full\n" END \
	"full: r2 = r0\nr3 = 1\n"

static void test_sockets(void **state)
{
	static const struct both_row heads[] = {
		{ "sock_common", 0, SOCK, NULL },
		{ "sock", 0, FULL_SOCK, NULL },
		{ "tcp_sock", 0, TCP_SOCK, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		ask_fields(*state, &heads[i], i ? 2 : WAYS, -9, 132);
}

/* ---- the context ---- */

static const struct both_row rows_context[] = {
	OK("a number of the width loaded", "r2 = *(u16 *)(r1 +8)\nr3 = map[fd:0][0]+0\nr3 += r2\nr0 = *(u8 *)(r3 +0)\nexit\n",
	   .maps = "array:4:65536:1"),
	NO("and not of less", -EACCES, "r2 = *(u16 *)(r1 +8)\nr3 = map[fd:0][0]+0\nr3 += r2\nr0 = *(u8 *)(r3 +0)\nexit\n",
	   .maps = "array:4:65535:1"),
	OK("signed", "r2 = *(s8 *)(r1 +48)\nr2 += 128\nr3 = map[fd:0][0]+0\nr3 += r2\nr0 = *(u8 *)(r3 +0)\nexit\n",
	   .maps = "array:4:256:1"),
	NO("signed, one more", -EACCES,
	   "r2 = *(s8 *)(r1 +48)\nr2 += 129\nr3 = map[fd:0][0]+0\nr3 += r2\nr0 = *(u8 *)(r3 +0)\nexit\n", .maps = "array:4:256:1"),
	NO("something was added", -EACCES, "r1 += 8\nr0 = *(u32 *)(r1 +0)\nexit\n", .says = "as it came"),
	OK("and taken away again", "r1 += 8\nr1 += -8\nr0 = *(u32 *)(r1 +8)\nexit\n"),
	NO("before the context", -EACCES, "r0 = *(u32 *)(r1 -4)\nexit\n"),
	OK("a pointer stored", "*(u64 *)(r1 +48) = r10\n" END),
	NO("the socket is not checked", -EACCES, "r2 = *(u64 *)(r1 +168)\nr0 = *(u32 *)(r2 +0)\nexit\n", .says = "NULL"),
	NO("the end of the packet is no memory", -EACCES, "r2 = *(u32 *)(r1 +80)\nr0 = *(u8 *)(r2 -1)\nexit\n"),
	NO("a number is no address", -EACCES, "r2 = *(u32 *)(r1 +0)\nr0 = *(u8 *)(r2 +0)\nexit\n"),
	NO("a register without a value", -EACCES, "r0 = *(u8 *)(r2 +0)\nexit\n"),
	NO("no value is stored", -EACCES, "*(u32 *)(r1 +48) = r2\n" END),
	NO("one instruction for the context and the stack", -EINVAL,
	   "*(u64 *)(r10 -8) = 0\nr3 = *(u32 *)(r1 +0)\nr2 = r10\nr2 += -8\nif r3 > 5 goto l\nr2 = r1\nl: r0 = *(u32 *)(r2 +0)\nexit\n"),
	NO("one instruction for the context and a map value, stored", -EINVAL,
	   "r3 = *(u32 *)(r1 +0)\nr2 = map[fd:0][0]+0\nif r3 > 5 goto l\nr2 = r1\nl: *(u32 *)(r2 +48) = 1\n" END,
	   .maps = "array:4:64:1"),
	OK("one instruction for the stack and a map value",
	   "r3 = *(u32 *)(r1 +0)\nr2 = map[fd:0][0]+0\nif r3 > 5 goto l\nr2 = r10\nr2 += -8\nl: *(u32 *)(r2 +0) = 1\n" END,
	   .maps = "array:4:64:1"),
	NO("one load_acquire for them", 0,
	   "r3 = *(u32 *)(r1 +0)\nr2 = map[fd:0][0]+0\nif r3 > 5 goto l\nr2 = r10\nr2 += -8\n"
	   "*(u64 *)(r10 -8) = 0\nl: r4 = load_acquire((u32 *)(r2 +0))\n" END, .maps = "array:4:64:1"),
};

/* ---- packets ---- */

#define PACKET "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nr4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
#define OUT "out: r0 = 0\nexit\n"
#define XDP_PACKET "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 14\nif r4 > r3 goto out\n"

static const struct both_row rows_packet[] = {
	OK("last byte", PACKET "r0 = *(u8 *)(r2 +13)\n" OUT),
	NO("one behind", -EACCES, PACKET "r0 = *(u8 *)(r2 +14)\n" OUT, .says = "14 bytes are known to be there"),
	NO("half behind", -EACCES, PACKET "r0 = *(u32 *)(r2 +11)\n" OUT),
	NO("one before", -EACCES, PACKET "r0 = *(u8 *)(r2 -1)\n" OUT),
	NO("not checked", -EACCES, "r2 = *(u32 *)(r1 +76)\nr0 = *(u8 *)(r2 +0)\nexit\n", .says = "no check"),
	OK("not aligned", PACKET "r0 = *(u64 *)(r2 +5)\n" OUT),
	OK("written", PACKET "*(u32 *)(r2 +10) = 1\n" OUT),
	OK("written, xdp", XDP_PACKET "*(u32 *)(r2 +10) = 1\n" OUT, XDP),
	OK("a pointer written", PACKET "*(u64 *)(r2 +0) = r10\n" OUT),
	NO("atomic", -EACCES, PACKET "r5 = 1\nlock *(u32 *)(r2 +4) += r5\n" OUT),
	NO("load_acquire", -EACCES, PACKET "r0 = load_acquire((u32 *)(r2 +4))\n" OUT),
	NO("store_release", -EACCES, PACKET "r5 = 1\nstore_release((u32 *)(r2 +4), r5)\n" OUT),
	OK("signed", PACKET "r0 = *(s32 *)(r2 +3)\n" OUT),
	NO("strict: 4 bytes at 4", -EACCES, PACKET "r0 = *(u32 *)(r2 +4)\n" OUT, STRICT),
	OK("strict: 4 bytes at 6", PACKET "r0 = *(u32 *)(r2 +6)\n" OUT, STRICT),
	OK("strict: 2 bytes at 12", PACKET "r0 = *(u16 *)(r2 +12)\n" OUT, STRICT),
	NO("strict: 2 bytes at 11", -EACCES, PACKET "r0 = *(u16 *)(r2 +11)\n" OUT, STRICT),
	NO("strict: ctx", -EACCES, "r0 = *(u32 *)(r1 +2)\nexit\n", STRICT),
	NO("strict: map value", -EACCES, "r2 = map[fd:0][0]+0\nr0 = *(u32 *)(r2 +2)\nexit\n", STRICT, .maps = "array:4:64:1"),
	OK("metadata", "r2 = *(u32 *)(r1 +140)\nr3 = *(u32 *)(r1 +76)\nr4 = r2\nr4 += 4\nif r4 > r3 goto out\n*(u32 *)(r2 +0) = 1\n" OUT),
};

/* ---- map values ---- */

#define VALUE "r2 = map[fd:0][0]+0\n"
#define SIXTEEN .maps = "array:4:16:1"
#define R3_TO(n) "r3 = *(u8 *)(r1 +0)\nr3 &= " #n "\n"
#define LOOKUP "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\nif r0 == 0 goto out\n"

static const struct both_row rows_value[] = {
	OK("all of it", VALUE "r0 = *(u64 *)(r2 +8)\nexit\n", SIXTEEN),
	NO("one behind", -EACCES, VALUE "r0 = *(u8 *)(r2 +16)\nexit\n", SIXTEEN, .says = "it has 16 bytes"),
	NO("half behind", -EACCES, VALUE "r0 = *(u64 *)(r2 +12)\nexit\n", SIXTEEN),
	NO("before", -EACCES, VALUE "r0 = *(u8 *)(r2 -1)\nexit\n", SIXTEEN, .says = "negative"),
	OK("written", VALUE "*(u64 *)(r2 +8) = 1\n" END, SIXTEEN),
	OK("not aligned", VALUE "r0 = *(u64 *)(r2 +3)\nexit\n", SIXTEEN),
	OK("a pointer written", VALUE "*(u64 *)(r2 +0) = r10\n" END, SIXTEEN),
	OK("variable", R3_TO(15) VALUE "r2 += r3\nr0 = *(u8 *)(r2 +0)\nexit\n", SIXTEEN),
	NO("variable, too far", -EACCES, R3_TO(15) VALUE "r2 += r3\nr0 = *(u8 *)(r2 +1)\nexit\n", SIXTEEN, .says = "up to 16"),
	OK("variable, back", R3_TO(15) VALUE "r2 += 1\nr2 += r3\nr0 = *(u8 *)(r2 -1)\nexit\n", SIXTEEN),
	NO("variable, before", -EACCES, R3_TO(15) VALUE "r2 += r3\nr0 = *(u8 *)(r2 -1)\nexit\n", SIXTEEN, .says = "may be negative"),
	NO("any offset", -EACCES, "r3 = *(u32 *)(r1 +0)\n" VALUE "r2 += r3\nr0 = *(u8 *)(r2 +0)\nexit\n", SIXTEEN),
	OK("read-only, read", VALUE "r0 = *(u32 *)(r2 +0)\nexit\n", .maps = "array:4:16:1:rdonly"),
	NO("read-only, written", -EACCES, VALUE "*(u32 *)(r2 +0) = 1\n" END, .maps = "array:4:16:1:rdonly"),
	NO("read-only, atomic", -EACCES, VALUE "r3 = 1\nlock *(u32 *)(r2 +0) += r3\n" END, .maps = "array:4:16:1:rdonly"),
	NO("write-only, read", -EACCES, VALUE "r0 = *(u32 *)(r2 +0)\nexit\n", .maps = "array:4:16:1:wronly"),
	OK("write-only, written", VALUE "*(u32 *)(r2 +0) = 1\n" END, .maps = "array:4:16:1:wronly"),
	NO("write-only, atomic", -EACCES, VALUE "r3 = 1\nlock *(u32 *)(r2 +0) += r3\n" END, .maps = "array:4:16:1:wronly"),
	NO("write-only, fetched", -EACCES, VALUE "r3 = 1\nr3 = atomic_fetch_add((u32 *)(r2 +0), r3)\n" END, .maps = "array:4:16:1:wronly"),
	OK("atomic", VALUE "r3 = 1\nlock *(u32 *)(r2 +4) += r3\n" END, SIXTEEN),
	NO("atomic, misaligned", -EACCES, VALUE "r3 = 1\nlock *(u32 *)(r2 +2) += r3\n" END, SIXTEEN),
	NO("atomic, behind", -EACCES, VALUE "r3 = 1\nlock *(u64 *)(r2 +16) += r3\n" END, SIXTEEN),
	NO("atomic, its own address", -EACCES, VALUE "r2 = atomic64_fetch_add((u64 *)(r2 +0), r2)\n" END, SIXTEEN),
	OK("its own address, not fetched", VALUE "lock *(u64 *)(r2 +0) += r2\n" END, SIXTEEN),
	OK("cmpxchg", VALUE "r3 = 1\nr0 = 2\nr0 = atomic_cmpxchg((u32 *)(r2 +0), r0, r3)\nexit\n", SIXTEEN),
	NO("cmpxchg without R0", -EACCES, VALUE "r3 = 1\nr0 = atomic_cmpxchg((u32 *)(r2 +0), r0, r3)\nexit\n", SIXTEEN),
	OK("fetched, 32 bits", VALUE "r4 = 1\nr4 = atomic_fetch_add((u32 *)(r2 +0), r4)\nr4 &= 15\nr2 += r4\nr0 = *(u8 *)(r2 +0)\nexit\n", SIXTEEN),
	OK("load_acquire", VALUE "r0 = load_acquire((u64 *)(r2 +8))\nexit\n", SIXTEEN),
	NO("load_acquire, misaligned", -EACCES, VALUE "r0 = load_acquire((u16 *)(r2 +1))\nexit\n", SIXTEEN),
	OK("store_release", VALUE "r3 = 1\nstore_release((u8 *)(r2 +15), r3)\n" END, SIXTEEN),
	NO("or NULL", -EACCES, "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\nr0 = *(u8 *)(r0 +0)\nexit\n",
	   .maps = "hash:4:16:1"),
	OK("looked up", LOOKUP "r1 = *(u64 *)(r0 +8)\n" OUT, .maps = "hash:4:16:1"),
	NO("looked up, behind", -EACCES, LOOKUP "r1 = *(u64 *)(r0 +9)\n" OUT, .maps = "hash:4:16:1"),
	NO("a map itself, written", -EACCES, "r2 = map[fd:0]\n*(u32 *)(r2 +0) = 1\n" END, SIXTEEN),
	NO("a map itself, before it", -EACCES, "r2 = map[fd:0]\nr0 = *(u32 *)(r2 -4)\nexit\n", SIXTEEN),
};

/* Byte i of element e is e * 16 + i + 1 (both_byte()). */
#define FROZEN .maps = "array:4:16:1:rdonly:frozen array:4:64:1"
#define TARGET "r4 = map[fd:1][0]+0\nr4 += r3\n"

static const struct both_row rows_constant[] = {
	OK("known", VALUE "r3 = *(u8 *)(r2 +3)\n" TARGET "r0 = *(u8 *)(r4 +59)\nexit\n", FROZEN),
	NO("known, one more", -EACCES, VALUE "r3 = *(u8 *)(r2 +3)\n" TARGET "r0 = *(u8 *)(r4 +60)\nexit\n", FROZEN),
	OK("known, 2 bytes", VALUE "r3 = *(u16 *)(r2 +0)\nr3 += -0x200\n" TARGET "r0 = *(u8 *)(r4 +62)\nexit\n", FROZEN),
	NO("known, 2 bytes, one more", -EACCES, VALUE "r3 = *(u16 *)(r2 +0)\nr3 += -0x200\n" TARGET "r0 = *(u8 *)(r4 +63)\nexit\n", FROZEN),
	OK("known, signed", VALUE "r3 = *(s8 *)(r2 +15)\n" TARGET "r0 = *(u8 *)(r4 +47)\nexit\n", FROZEN),
	OK("known, of an element looked up", LOOKUP "r3 = *(u8 *)(r0 +3)\n" TARGET "r0 = *(u8 *)(r4 +59)\n" OUT, FROZEN),
	NO("variable offset", -EACCES, R3_TO(1) VALUE "r2 += r3\nr3 = *(u8 *)(r2 +0)\n" TARGET "r0 = *(u8 *)(r4 +0)\nexit\n", FROZEN),
	NO("atomic", -EACCES, VALUE "r3 = load_acquire((u8 *)(r2 +3))\n" TARGET "r0 = *(u8 *)(r4 +60)\nexit\n", FROZEN),
	OK("atomic, known", VALUE "r3 = load_acquire((u8 *)(r2 +3))\n" TARGET "r0 = *(u8 *)(r4 +59)\nexit\n", FROZEN),
	NO("not frozen", -EACCES, VALUE "r3 = *(u8 *)(r2 +3)\n" TARGET "r0 = *(u8 *)(r4 +0)\nexit\n",
	   .maps = "array:4:16:1:rdonly array:4:64:1"),
	NO("frozen, but programs write", -EACCES, VALUE "r3 = *(u8 *)(r2 +3)\n" TARGET "r0 = *(u8 *)(r4 +0)\nexit\n",
	   .maps = "array:4:16:1:frozen array:4:64:1"),
	NO("several elements", -524, LOOKUP "r3 = *(u8 *)(r0 +3)\n" OUT, .maps = "array:4:16:2:rdonly:frozen"),
	OK("several elements, variable offset", R3_TO(1) "r6 = r3\n" LOOKUP "r0 += r6\nr3 = *(u8 *)(r0 +3)\n" OUT,
	   .maps = "array:4:16:2:rdonly:frozen"),
	NO("a hash is never constant", -EACCES, LOOKUP "r3 = *(u8 *)(r0 +3)\n" TARGET "r0 = *(u8 *)(r4 +0)\n" OUT,
	   .maps = "hash:4:16:1:rdonly:frozen array:4:64:1"),
};

/* ---- packet loads of classic BPF ---- */

static const struct both_row rows_legacy[] = {
	OK("a byte", "r6 = r1\nr0 = *(u8 *)skb[0]\nexit\n"),
	OK("by a register", "r6 = r1\nr2 = 5\nr0 = *(u32 *)skb[r2 + 7]\nexit\n"),
	OK("socket filter", "r6 = r1\nr0 = *(u16 *)skb[12]\nexit\n", SOCKET),
	NO("xdp", -EINVAL, "r6 = r1\nr0 = *(u8 *)skb[0]\nexit\n", XDP),
	NO("R6 is not set", -EACCES, "r0 = *(u8 *)skb[0]\nexit\n"),
	NO("R6 is not the context", -EINVAL, "r6 = r10\nr0 = *(u8 *)skb[0]\nexit\n"),
	NO("R6 is the context and more", -EACCES, "r6 = r1\nr6 += 4\nr0 = *(u8 *)skb[0]\nexit\n"),
	NO("the register is not set", -EACCES, "r6 = r1\nr0 = *(u8 *)skb[r2 + 0]\nexit\n"),
	OK("the register is a pointer", "r6 = r1\nr0 = *(u8 *)skb[r10 + 0]\nexit\n"),
	NO("R1 is lost", -EACCES, "r6 = r1\nr0 = *(u8 *)skb[0]\nr0 = r1\nexit\n"),
	NO("R5 is lost", -EACCES, "r6 = r1\nr5 = 1\nr0 = *(u8 *)skb[0]\nr0 = r5\nexit\n"),
	OK("R9 is not", "r6 = r1\nr9 = 1\nr0 = *(u8 *)skb[0]\nr0 = r9\nexit\n"),
	NO("the result is any number", -EACCES, "r6 = r1\nr0 = *(u8 *)skb[0]\nr0 &= 511\nr2 = map[fd:0][0]+0\nr2 += r0\nr0 = *(u8 *)(r2 +0)\nexit\n",
	   .maps = "array:4:511:1"),
	OK("packet pointers stay", "r6 = r1\nr7 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nr4 = r7\nr4 += 14\nif r4 > r3 goto out\n"
	   "r0 = *(u8 *)skb[0]\nr0 = *(u8 *)(r7 +0)\n" OUT),
	OK("in a function", "r6 = r1\ncall fn\nexit\nfn: r6 = r1\nr0 = *(u8 *)skb[0]\nr0 = 1\nexit\n", .funcs = "Sic Sic"),
	NO("in a function, which may end there", -EACCES,
	   "r6 = r1\ncall fn\nif r0 == 1 goto out\nr0 = *(u8 *)(r10 -600)\nout: exit\nfn: r6 = r1\nr0 = *(u8 *)skb[0]\nr0 = 1\nexit\n",
	   .funcs = "Sic Sic"),
	OK("in a function, which may end there with 0", "r6 = r1\ncall fn\nif r0 == 1 goto out\nif r0 == 0 goto out\nr0 = *(u8 *)(r10 -600)\n"
	   "out: exit\nfn: r6 = r1\nr0 = *(u8 *)skb[0]\nr0 = 1\nexit\n", .funcs = "Sic Sic"),
};

/* ---- memory that helpers are given ---- */

/* csum_diff(R1, R2, NULL, 0, 0): reads R2 bytes; 0 are possible. */
#define DIFF "r3 = 0\nr4 = 0\nr5 = 0\ncall unknown#28\nr0 = 0\nexit\n"
/* skb_load_bytes(R6, 0, R3, R4): writes R4 bytes, not 0. */
#define FILL "r1 = r6\nr2 = 0\ncall unknown#26\n"
#define FIB "r1 = r6\nr3 = 64\nr4 = 0\ncall unknown#69\n"
#define ON_STACK(reg, off) #reg " = r10\n" #reg " += " #off "\n"
/* R8: 0..15, R7: 1..8 */
#define SIZES "r6 = r1\nr8 = *(u8 *)(r1 +48)\nr8 &= 15\nr7 = r8\nr7 &= 7\nr7 += 1\n"
#define IN(reg) #reg " = map[fd:0][0]+0\n"

static const struct both_row rows_helper[] = {
	OK("read", "*(u64 *)(r10 -8) = 1\n" ON_STACK(r1, -8) "r2 = 8\n" DIFF),
	OK("read, nothing stored", ON_STACK(r1, -8) "r2 = 8\n" DIFF),
	OK("read, lowest", ON_STACK(r1, -512) "r2 = 512\n" DIFF),
	NO("read, above", -EINVAL, ON_STACK(r1, -8) "r2 = 12\n" DIFF),
	NO("read, below", -EACCES, ON_STACK(r1, -516) "r2 = 8\n" DIFF),
	NO("read, above by much", -EACCES, "r1 = r10\nr2 = 4\n" DIFF),
	OK("no bytes", ON_STACK(r1, -8) "r2 = 0\n" DIFF),
	NO("no bytes, above", -EACCES, "r1 = r10\nr2 = 0\n" DIFF),
	OK("no bytes at NULL", "r1 = 0\nr2 = 0\n" DIFF),
	NO("some bytes at NULL", -EACCES, "r1 = 0\nr2 = 4\n" DIFF),
	NO("no bytes at a number", -EACCES, "r1 = 1\nr2 = 0\n" DIFF),
	OK("a variable size", SIZES ON_STACK(r1, -16) "r2 = r8\n" DIFF),
	NO("a variable size, too large", -EINVAL, SIZES ON_STACK(r1, -8) "r2 = r8\n" DIFF),
	NO("a size that may be negative", -EACCES, SIZES "r8 += -1\n" ON_STACK(r1, -16) "r2 = r8\n" DIFF),
	NO("any size", -EACCES, SIZES "r2 = *(u32 *)(r6 +0)\n" ON_STACK(r1, -16) DIFF),
	NO("a negative size", -EACCES, ON_STACK(r1, -16) "r2 = -4\n" DIFF),
	OK("a variable offset", SIZES ON_STACK(r1, -32) "r1 += r8\nr2 = 8\n" DIFF),
	NO("a variable offset, too far", -EINVAL, SIZES ON_STACK(r1, -16) "r1 += r8\nr2 = 8\n" DIFF),
	OK("a pointer read as bytes", "*(u64 *)(r10 -8) = r1\n" ON_STACK(r1, -8) "r2 = 8\n" DIFF),
	OK("written", SIZES ON_STACK(r3, -8) "r4 = 8\n" FILL END),
	NO("written: no bytes", -EACCES, SIZES ON_STACK(r3, -8) "r4 = 0\n" FILL END),
	NO("written: perhaps no bytes", -EACCES, SIZES ON_STACK(r3, -16) "r4 = r8\n" FILL END),
	OK("written: 1 to 8", SIZES ON_STACK(r3, -8) "r4 = r7\n" FILL END),
	NO("written: a constant is lost", -EACCES, SIZES "*(u64 *)(r10 -8) = 5\n" ON_STACK(r3, -8) "r4 = 1\n" FILL
	   IN(r2) "r3 = *(u32 *)(r10 -8)\nr2 += r3\nr0 = *(u8 *)(r2 +0)\nexit\n", .maps = "array:4:16:1"),
	OK("written: the next one is not", SIZES "*(u64 *)(r10 -16) = 5\n" ON_STACK(r3, -8) "r4 = 8\n" FILL
	   IN(r2) "r3 = *(u64 *)(r10 -16)\nr2 += r3\nr0 = *(u8 *)(r2 +0)\nexit\n", .maps = "array:4:16:1"),
	NO("written: perhaps less, a constant is lost", -EACCES, SIZES "*(u64 *)(r10 -8) = 5\n" ON_STACK(r3, -8) "r4 = r7\n" FILL
	   IN(r2) "r3 = *(u32 *)(r10 -8)\nr2 += r3\nr0 = *(u8 *)(r2 +0)\nexit\n", .maps = "array:4:16:1"),
	NO("written: a pointer is lost", -EACCES, SIZES "*(u64 *)(r10 -8) = r6\n" ON_STACK(r3, -8) "r4 = 8\n" FILL
	   "r2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	NO("written: a part of a pointer", -EACCES, SIZES "*(u64 *)(r10 -8) = r6\n" ON_STACK(r3, -4) "r4 = 1\n" FILL
	   "r2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	OK("written: what is behind a spill stays one", SIZES "*(u64 *)(r10 -16) = r6\n" ON_STACK(r3, -8) "r4 = 8\n" FILL
	   "r2 = *(u64 *)(r10 -16)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	NO("changed: a constant is lost", -EACCES, SIZES "*(u64 *)(r10 -8) = 5\n" ON_STACK(r2, -64) FIB
	   IN(r2) "r3 = *(u32 *)(r10 -8)\nr2 += r3\nr0 = *(u8 *)(r2 +0)\nexit\n", .maps = "array:4:16:1"),
	NO("changed: a pointer is lost", -EACCES, SIZES "*(u64 *)(r10 -8) = r6\n" ON_STACK(r2, -64) FIB
	   "r2 = *(u64 *)(r10 -8)\nr0 = *(u32 *)(r2 +0)\nexit\n"),
	OK("a map value", IN(r1) "r2 = 16\n" DIFF, .maps = "array:4:16:1"),
	NO("a map value, too much", -EACCES, IN(r1) "r2 = 20\n" DIFF, .maps = "array:4:16:1"),
	NO("a map value, no bytes behind it", 0, IN(r1) "r1 += 16\nr2 = 0\n" DIFF, .maps = "array:4:16:1"),
	NO("a map value, no bytes far behind it", -EACCES, IN(r1) "r1 += 17\nr2 = 0\n" DIFF, .maps = "array:4:16:1"),
	OK("a map value and a variable size", SIZES IN(r1) "r2 = r8\n" DIFF, .maps = "array:4:15:1"),
	NO("a map value and a variable size, too large", -EACCES, SIZES IN(r1) "r2 = r8\n" DIFF, .maps = "array:4:14:1"),
	OK("a read-only map read", IN(r1) "r2 = 16\n" DIFF, .maps = "array:4:16:1:rdonly"),
	NO("a read-only map written", -EACCES, SIZES IN(r3) "r4 = 8\n" FILL END, .maps = "array:4:16:1:rdonly"),
	NO("a write-only map read", -EACCES, IN(r1) "r2 = 16\n" DIFF, .maps = "array:4:16:1:wronly"),
	OK("a write-only map written", SIZES IN(r3) "r4 = 8\n" FILL END, .maps = "array:4:16:1:wronly"),
	OK("the packet", PACKET "r1 = r2\nr2 = 12\n" DIFF OUT),
	NO("the packet, too much", -EACCES, PACKET "r1 = r2\nr2 = 16\n" DIFF OUT),
	NO("the packet, for a helper that does not take it", -EACCES, "r6 = r1\n" PACKET "r3 = r2\nr4 = 8\n" FILL OUT),
	NO("the end of the packet", -EACCES, PACKET "r1 = r3\nr2 = 0\n" DIFF OUT),
	NO("the context", -EACCES, "r2 = 4\n" DIFF),
	NO("a map", -EACCES, "r1 = map[fd:0]\nr2 = 4\n" DIFF, .maps = "array:4:16:1"),
};

ROWS(helper)
ROWS(legacy)
ROWS(context)
ROWS(packet)
ROWS(value)
ROWS(constant)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields), cmocka_unit_test(test_context), cmocka_unit_test(test_sockets), cmocka_unit_test(test_packet),
		cmocka_unit_test(test_value), cmocka_unit_test(test_constant), cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_helper),
	};

	return both_run("verify memory", tests, ARRAY_SIZE(tests));
}
