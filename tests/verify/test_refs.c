// SPDX-License-Identifier: BSD-2-Clause
/* test_refs.c - references, spin locks and what must not be held: rows, asked on both sides. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "both.h"

#define OK(name, text, ...) { name, 0, text, __VA_ARGS__ }
#define NO(name, err, text, ...) { name, err, text, __VA_ARGS__ }
#define ROWS(name)                                                                                            \
	static void test_##name(void **state)                                                                  \
	{                                                                                                      \
		both_rows(*state, rows_##name, ARRAY_SIZE(rows_##name));                                       \
	}

#define END "r0 = 0\nexit\n"

/* ---- sockets ---- */

#define HEAD "r6 = r1\n*(u64 *)(r10 -16) = 0\n*(u64 *)(r10 -8) = 0\n"
#define FIND "r1 = r6\nr2 = r10\nr2 += -16\nr3 = 12\nr4 = -1\nr5 = 0\ncall sk_lookup_tcp#84\n"
#define FIND_COMMON "r1 = r6\nr2 = r10\nr2 += -16\nr3 = 12\nr4 = -1\nr5 = 0\ncall skc_lookup_tcp#99\n"
#define RELEASE(reg) "r1 = " #reg "\ncall sk_release#86\n"
/* R7 is a socket that must be given back. */
#define SOCK HEAD FIND "if r0 != 0 goto found\n" END "found: r7 = r0\n"

static const struct both_row rows_sockets[] = {
	OK("taken and given back", SOCK RELEASE(r7) END),
	OK("NULL needs nothing", HEAD FIND "if r0 == 0 goto out\nr1 = r0\ncall sk_release#86\nout: " END),
	NO("never given back", -EINVAL, SOCK END),
	NO("not given back where it may be NULL", -EINVAL, HEAD FIND END),
	NO("not given back on one way", -EINVAL,
	   SOCK "r2 = *(u32 *)(r6 +8)\nif r2 == 0 goto out\n" RELEASE(r7) "out: " END),
	NO("given back twice", -EACCES, SOCK RELEASE(r7) RELEASE(r7) END),
	NO("given back without a check", -EACCES, HEAD FIND RELEASE(r0) END),
	NO("used afterwards", -EACCES, SOCK RELEASE(r7) "r0 = *(u32 *)(r7 +4)\nexit\n"),
	NO("a copy used afterwards", -EACCES, SOCK "r8 = r7\n" RELEASE(r7) "r0 = *(u32 *)(r8 +4)\nexit\n"),
	NO("a spilled copy used afterwards", -EACCES,
	   SOCK "*(u64 *)(r10 -24) = r7\n" RELEASE(r7) "r8 = *(u64 *)(r10 -24)\nr0 = *(u32 *)(r8 +4)\nexit\n"),
	OK("a spilled copy lost and not used", SOCK "*(u64 *)(r10 -24) = r7\n" RELEASE(r7)
	   "r8 = *(u64 *)(r10 -24)\n" END),
	OK("used before", SOCK "r8 = *(u32 *)(r7 +4)\n" RELEASE(r7) END),
	OK("two", SOCK FIND "if r0 == 0 goto one\nr1 = r0\ncall sk_release#86\none: " RELEASE(r7) END),
	NO("two, one given back", -EINVAL, SOCK FIND "if r0 == 0 goto one\n" RELEASE(r7) END "one: " RELEASE(r7) END),
	NO("the packet's socket is only lent", -EINVAL,
	   "r1 = *(u64 *)(r1 +168)\nif r1 != 0 goto l\n" END "l: call sk_release#86\n" END),
	NO("a full socket out of the packet's", -EINVAL,
	   "r1 = *(u64 *)(r1 +168)\nif r1 != 0 goto l\n" END "l: call sk_fullsock#95\nif r0 != 0 goto m\n" END
	   "m: r1 = r0\ncall sk_release#86\n" END),
	OK("a common socket", HEAD FIND_COMMON "if r0 == 0 goto out\nr1 = r0\ncall sk_release#86\nout: " END),
	OK("given back as a TCP socket", SOCK "r1 = r7\ncall tcp_sock#96\nif r0 != 0 goto tcp\n" RELEASE(r7) END
	   "tcp: r1 = r0\ncall sk_release#86\n" END),
	NO("the TCP socket dies with it", -EACCES,
	   SOCK "r1 = r7\ncall tcp_sock#96\nif r0 != 0 goto tcp\n" RELEASE(r7) END
	   "tcp: r8 = r0\n" RELEASE(r7) "r0 = *(u32 *)(r8 +0)\nexit\n"),
	NO("and the socket with the TCP socket", -EACCES,
	   SOCK "r1 = r7\ncall tcp_sock#96\nif r0 != 0 goto tcp\n" RELEASE(r7) END
	   "tcp: r1 = r0\ncall sk_release#86\nr0 = *(u32 *)(r7 +4)\nexit\n"),
	NO("a TCP socket that is NULL gives nothing back", -EINVAL,
	   SOCK "r1 = r7\ncall tcp_sock#96\nif r0 != 0 goto tcp\n" END "tcp: r1 = r0\ncall sk_release#86\n" END),
	OK("a full socket of a common one", HEAD FIND_COMMON "if r0 != 0 goto l\n" END
	   "l: r7 = r0\nr1 = r0\ncall sk_fullsock#95\nif r0 == 0 goto m\nr8 = *(u32 *)(r0 +4)\nm: " RELEASE(r7) END),
	OK("a listener is lent", SOCK "r1 = r7\ncall get_listener_sock#98\nif r0 == 0 goto m\nr8 = *(u32 *)(r0 +4)\n"
	   "m: " RELEASE(r7) END),
	NO("a listener is not given back", -EINVAL,
	   SOCK "r1 = r7\ncall get_listener_sock#98\nif r0 == 0 goto m\nr1 = r0\ncall sk_release#86\nm: "
	   RELEASE(r7) END),
	OK("a listener outlives it", SOCK "r1 = r7\ncall get_listener_sock#98\nr8 = r0\n" RELEASE(r7)
	   "if r8 == 0 goto m\nr0 = *(u32 *)(r8 +4)\nm: " END),
	OK("given back in a function", SOCK "r1 = r7\ncall fn\n" END "fn: call sk_release#86\n" END),
	NO("given back in a function, used behind it", -EACCES,
	   SOCK "r1 = r7\ncall fn\nr0 = *(u32 *)(r7 +4)\nexit\nfn: call sk_release#86\n" END),
	OK("taken in a function", HEAD "r1 = r6\nr2 = r10\nr2 += -16\ncall fn\nif r0 == 0 goto out\nr1 = r0\n"
	   "call sk_release#86\nout: " END "fn: r3 = 12\nr4 = -1\nr5 = 0\ncall sk_lookup_tcp#84\nexit\n"),
	NO("taken in a function and lost", -EINVAL,
	   HEAD "r1 = r6\nr2 = r10\nr2 += -16\ncall fn\n" END
	   "fn: r3 = 12\nr4 = -1\nr5 = 0\ncall sk_lookup_tcp#84\nr0 = 0\nexit\n"),
	NO("a number in place of it", -EACCES, SOCK "r7 += 4\n" RELEASE(r7) END),
	NO("LD_ABS with one held", -EINVAL, SOCK "r0 = *(u8 *)skb[0]\n" RELEASE(r7) END),
	NO("a tail call with one held", -EINVAL,
	   SOCK "r1 = r6\nr2 = map[fd:0]\nr3 = 0\ncall tail_call#12\n" RELEASE(r7) END, .maps = "prog_array:4:4:1"),
	OK("a tail call in a function, one held by the caller",
	   SOCK "r1 = r6\ncall fn\n" RELEASE(r7) END "fn: r2 = map[fd:0]\nr3 = 0\ncall tail_call#12\nr0 = 0\nexit\n",
	   .maps = "prog_array:4:4:1", .funcs = "Sic Sic"),
	NO("XDP: never given back", -EINVAL, SOCK END, .type = BPF_PROG_TYPE_XDP),
	OK("a loop that takes and gives back", HEAD "r8 = 4\nl: " FIND "if r0 == 0 goto n\nr1 = r0\n"
	   "call sk_release#86\nn: r8 -= 1\nif r8 != 0 goto l\n" END),
};
ROWS(sockets)

/* ---- records of ring buffers ---- */

#define RING .maps = "ringbuf:0:0:4096"
#define RESERVE(n) "r1 = map[fd:0]\nr2 = " #n "\nr3 = 0\ncall ringbuf_reserve#131\n"
#define RECORD RESERVE(16) "if r0 != 0 goto got\n" END "got: r7 = r0\n"
#define SUBMIT(reg) "r1 = " #reg "\nr2 = 0\ncall ringbuf_submit#132\n"
#define DISCARD(reg) "r1 = " #reg "\nr2 = 0\ncall ringbuf_discard#133\n"

static const struct both_row rows_records[] = {
	OK("submitted", RECORD SUBMIT(r7) END, RING),
	OK("discarded", RECORD DISCARD(r7) END, RING),
	NO("kept", -EINVAL, RECORD END, RING),
	NO("submitted twice", -EACCES, RECORD SUBMIT(r7) SUBMIT(r7) END, RING),
	NO("from its second byte", -EINVAL, RECORD "r7 += 1\n" SUBMIT(r7) END, RING),
	NO("at a variable place", -EACCES, "r6 = *(u8 *)(r1 +8)\nr6 &= 7\n" RECORD "r7 += r6\n" SUBMIT(r7) END, RING),
	OK("there and back", RECORD "r7 += 8\nr7 += -8\n" SUBMIT(r7) END, RING),
	OK("filled", RECORD "*(u64 *)(r7 +0) = 1\n*(u64 *)(r7 +8) = 2\n" SUBMIT(r7) END, RING),
	NO("filled behind its end", -EACCES, RECORD "*(u64 *)(r7 +16) = 1\n" SUBMIT(r7) END, RING),
	NO("before its start", -EACCES, RECORD "*(u8 *)(r7 -1) = 1\n" SUBMIT(r7) END, RING),
	NO("filled afterwards", -EACCES, RECORD SUBMIT(r7) "*(u64 *)(r7 +0) = 1\n" END, RING),
	NO("without a check", -EACCES, RESERVE(16) "*(u64 *)(r0 +0) = 1\n" SUBMIT(r0) END, RING),
	OK("of no bytes", RESERVE(0) "if r0 == 0 goto n\n" SUBMIT(r0) "n: " END, RING),
	NO("of no bytes, filled", -EACCES, RESERVE(0) "if r0 == 0 goto n\n*(u8 *)(r0 +0) = 1\n" SUBMIT(r0) "n: " END, RING),
	NO("of a size that is not constant", -EACCES,
	   "r6 = *(u8 *)(r1 +8)\nr1 = map[fd:0]\nr2 = r6\nr3 = 0\ncall ringbuf_reserve#131\nif r0 == 0 goto n\n" SUBMIT(r0)
	   "n: " END, RING),
	OK("memory of another helper", RECORD "r1 = r7\nr2 = 16\nr3 = 0\nr4 = 0\nr5 = 0\ncall csum_diff#28\n" SUBMIT(r7) END,
	   RING),
	NO("two records for one helper", -EACCES,
	   RECORD RESERVE(16) "if r0 != 0 goto two\n" SUBMIT(r7) END "two: r8 = r0\nr1 = r7\nr2 = 16\nr3 = r8\nr4 = 16\nr5 = 0\n"
	   "call csum_diff#28\n" SUBMIT(r7) SUBMIT(r8) END, RING),
	OK("two records", RECORD RESERVE(16) "if r0 != 0 goto two\n" SUBMIT(r7) END "two: r8 = r0\n" SUBMIT(r8) SUBMIT(r7) END,
	   RING),
	NO("a value in place of a record", -EACCES, "r7 = map[fd:0][0]+0\n" SUBMIT(r7) END, .maps = "array:4:16:1"),
	NO("NULL in place of a record", -EACCES, "r7 = 0\n" SUBMIT(r7) END, RING),
	NO("a key in a record, and the record gone", -EACCES,
	   RECORD "*(u64 *)(r7 +0) = 0\nr2 = r7\nr1 = map[fd:1]\ncall map_lookup_elem#1\nr8 = r0\n" SUBMIT(r7)
	   "if r8 == 0 goto n\nr0 = *(u8 *)(r7 +0)\nn: " END, .maps = "ringbuf:0:0:4096 hash:8:8:4"),
	OK("a value found by a key in a record, the record gone",
	   RECORD "*(u64 *)(r7 +0) = 0\nr2 = r7\nr1 = map[fd:1]\ncall map_lookup_elem#1\nr8 = r0\n" SUBMIT(r7)
	   "if r8 == 0 goto n\nr0 = *(u8 *)(r8 +0)\nn: " END, .maps = "ringbuf:0:0:4096 hash:8:8:4"),
	OK("given back in every arm", "r6 = *(u32 *)(r1 +8)\n" RECORD "if r6 == 1 goto a\nif r6 == 2 goto b\n" SUBMIT(r7) END
	   "a: " DISCARD(r7) END "b: *(u64 *)(r7 +8) = 1\n" SUBMIT(r7) END, RING),
};
ROWS(records)

/* ---- spin locks ---- */

#define LOCKS .maps = "array:4:16:1:lock array:4:16:1:lock hash:4:16:4:lock prog_array:4:4:1 array:4:64:1"
#define VALUE(reg, n) #reg " = map[fd:" #n "][0]+0\n"
#define LOCK(reg) "r1 = " #reg "\nr1 += 4\ncall spin_lock#93\n"
#define UNLOCK(reg) "r1 = " #reg "\nr1 += 4\ncall spin_unlock#94\n"
/* R7 is a value of map @n, by a lookup. */
#define ELEMENT(reg, n)                                                                                       \
	"*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:" #n "]\ncall map_lookup_elem#1\n"                 \
	"if r0 == 0 goto out\n" #reg " = r0\n"
#define OUT "out: " END

static const struct both_row rows_locks[] = {
	OK("locked and unlocked", VALUE(r7, 0) LOCK(r7) UNLOCK(r7) END, LOCKS),
	OK("of an element", ELEMENT(r7, 2) LOCK(r7) UNLOCK(r7) OUT, LOCKS),
	NO("held at the end", -EINVAL, VALUE(r7, 0) LOCK(r7) END, LOCKS),
	NO("held on one way", -EINVAL, "r6 = *(u32 *)(r1 +8)\n" VALUE(r7, 0) LOCK(r7) "if r6 == 0 goto out\n" UNLOCK(r7) OUT,
	   LOCKS),
	OK("given back on both", "r6 = *(u32 *)(r1 +8)\n" VALUE(r7, 0) LOCK(r7) "if r6 == 0 goto b\n" UNLOCK(r7) END
	   "b: " UNLOCK(r7) END, LOCKS),
	NO("not held", -EINVAL, VALUE(r7, 0) UNLOCK(r7) END, LOCKS),
	NO("given back twice", -EINVAL, VALUE(r7, 0) LOCK(r7) UNLOCK(r7) UNLOCK(r7) END, LOCKS),
	NO("taken twice", -EINVAL, VALUE(r7, 0) LOCK(r7) LOCK(r7) UNLOCK(r7) UNLOCK(r7) END, LOCKS),
	NO("two of different maps", -EINVAL, VALUE(r7, 0) VALUE(r8, 1) LOCK(r7) LOCK(r8) UNLOCK(r8) UNLOCK(r7) END, LOCKS),
	NO("another one given back", -EINVAL, VALUE(r7, 0) VALUE(r8, 1) LOCK(r7) UNLOCK(r8) END, LOCKS),
	OK("the same value twice by its address", VALUE(r7, 0) VALUE(r8, 0) LOCK(r7) UNLOCK(r8) END, LOCKS),
	NO("two elements of one map", -EINVAL, ELEMENT(r7, 2) ELEMENT(r8, 2) LOCK(r7) UNLOCK(r8) OUT, LOCKS),
	NO("an array's element by key, and by its address", -EINVAL, ELEMENT(r7, 0) VALUE(r8, 0) LOCK(r7) UNLOCK(r8) OUT,
	   LOCKS),
	NO("an array's element by key, twice", -EINVAL, ELEMENT(r7, 0) ELEMENT(r8, 0) LOCK(r7) UNLOCK(r8) OUT, LOCKS),
	OK("a copy of the pointer", ELEMENT(r7, 2) "r8 = r7\n" LOCK(r7) UNLOCK(r8) OUT, LOCKS),
	OK("a spilled copy of the pointer", ELEMENT(r7, 2) "*(u64 *)(r10 -16) = r7\n" LOCK(r7)
	   "r8 = *(u64 *)(r10 -16)\n" UNLOCK(r8) OUT, LOCKS),
	OK("the value in between", VALUE(r7, 0) LOCK(r7) "*(u32 *)(r7 +0) = 1\n*(u64 *)(r7 +8) = 1\n" UNLOCK(r7) END, LOCKS),
	NO("a helper in between", -EINVAL, VALUE(r7, 0) LOCK(r7) "call get_prandom_u32#7\n" UNLOCK(r7) END, LOCKS),
	NO("a lookup in between", -EINVAL, VALUE(r7, 0) LOCK(r7) "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:2]\n"
	   "call map_lookup_elem#1\n" UNLOCK(r7) END, LOCKS),
	OK("a function in between", VALUE(r7, 0) LOCK(r7) "call fn\n" UNLOCK(r7) END "fn: " END, LOCKS),
	NO("a global function in between", -EINVAL, VALUE(r7, 0) LOCK(r7) "call fn\n" UNLOCK(r7) END "fn: " END, LOCKS,
	   .funcs = "Sic Gi"),
	OK("taken in a function", VALUE(r7, 0) "r1 = r7\ncall fn\n" UNLOCK(r7) END "fn: r1 += 4\ncall spin_lock#93\n" END,
	   LOCKS),
	OK("given back in a function", VALUE(r7, 0) LOCK(r7) "r1 = r7\ncall fn\n" END
	   "fn: r1 += 4\ncall spin_unlock#94\n" END, LOCKS),
	NO("LD_ABS in between", -EINVAL, "r6 = r1\n" VALUE(r7, 0) LOCK(r7) "r0 = *(u8 *)skb[0]\n" UNLOCK(r7) END, LOCKS),
	NO("a tail call in between", -EINVAL, "r6 = r1\n" VALUE(r7, 0) LOCK(r7)
	   "r1 = r6\nr2 = map[fd:3]\nr3 = 0\ncall tail_call#12\n" UNLOCK(r7) END, LOCKS),
	NO("read as memory", -EACCES, VALUE(r7, 0) "r0 = *(u32 *)(r7 +4)\nexit\n", LOCKS),
	NO("read in part", -EACCES, VALUE(r7, 0) "r0 = *(u8 *)(r7 +7)\nexit\n", LOCKS),
	NO("read with what is around", -EACCES, VALUE(r7, 0) "r0 = *(u64 *)(r7 +0)\nexit\n", LOCKS),
	NO("written", -EACCES, VALUE(r7, 0) "*(u32 *)(r7 +4) = 0\n" END, LOCKS),
	NO("added to", -EACCES, VALUE(r7, 0) "r2 = 1\nlock *(u32 *)(r7 +4) += r2\n" END, LOCKS),
	NO("at a variable place", -EACCES, "r6 = *(u8 *)(r1 +8)\nr6 &= 4\n" VALUE(r7, 0) "r7 += r6\nr0 = *(u32 *)(r7 +0)\nexit\n",
	   LOCKS),
	OK("beside it", VALUE(r7, 0) "r0 = *(u32 *)(r7 +0)\nexit\n", LOCKS),
	NO("not where the lock is", -EINVAL, VALUE(r7, 0) "r1 = r7\ncall spin_lock#93\nr1 = r7\ncall spin_unlock#94\n" END, LOCKS),
	NO("of a map without any", -EINVAL, VALUE(r7, 4) LOCK(r7) UNLOCK(r7) END, LOCKS),
	NO("at a place that is not constant", -EINVAL, "r6 = *(u8 *)(r1 +8)\nr6 &= 4\n" VALUE(r7, 0)
	   "r1 = r7\nr1 += r6\ncall spin_lock#93\n" END, LOCKS),
	NO("of what may be NULL", -EACCES, "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:2]\ncall map_lookup_elem#1\n"
	   "r1 = r0\nr1 += 4\ncall spin_lock#93\n" END, LOCKS),
	NO("on the stack", -EACCES, "*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\ncall spin_lock#93\n" END, LOCKS),
	NO("socket filters have none", -EINVAL, "r1 = map[fd:0]\n" END, .type = BPF_PROG_TYPE_SOCKET_FILTER,
	   .maps = "array:4:16:1:lock"),
	OK("XDP has", VALUE(r7, 0) LOCK(r7) UNLOCK(r7) END, LOCKS, .type = BPF_PROG_TYPE_XDP),
	OK("a lookup of a constant key needs no check", "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\n"
	   "call map_lookup_elem#1\nr7 = r0\n" LOCK(r7) UNLOCK(r7) END, LOCKS),
	NO("the values of two of them differ", -EINVAL, "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\n"
	   "call map_lookup_elem#1\nr7 = r0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall map_lookup_elem#1\nr8 = r0\n" LOCK(r7)
	   UNLOCK(r8) END, LOCKS),
	NO("with the lock held, a loop may not end", -EINVAL, "r6 = *(u32 *)(r1 +8)\n" VALUE(r7, 0)
	   LOCK(r7) "l: if r6 == 0 goto out\nr6 -= 1\n" UNLOCK(r7) "goto l\n" OUT, LOCKS),
	OK("taken and given back in a loop", "r6 = 5\n" VALUE(r7, 0) "l: " LOCK(r7) UNLOCK(r7) "r6 -= 1\nif r6 != 0 goto l\n"
	   END, LOCKS),
	NO("a record in between", -EINVAL, VALUE(r7, 0) LOCK(r7) "r1 = map[fd:1]\nr2 = 8\nr3 = 0\ncall ringbuf_reserve#131\n"
	   UNLOCK(r7) END, .maps = "array:4:16:1:lock ringbuf:0:0:4096"),
	NO("poison in between", -EINVAL, VALUE(r7, 0) LOCK(r7) "call x#195896080\n" UNLOCK(r7) END, LOCKS),
};
ROWS(locks)

/* ---- functions that are called back ---- */

/* bpf_loop() of cb, which gets the address of what is at R10 - 24. */
#define LOOP(rounds)                                                                                          \
	"r1 = " #rounds "\nr2 = subprog[cb]\nr3 = r10\nr3 += -24\nr4 = 0\ncall loop#181\n"
#define CONTEXT "*(u64 *)(r10 -24) = r6\n"
#define CALLED .funcs = "Sic Si"
#define PACKET                                                                                                \
	"r6 = r1\nr7 = *(u32 *)(r1 +76)\nr8 = *(u32 *)(r1 +80)\nr2 = r7\nr2 += 8\nif r2 > r8 goto out\n"
#define PULL "r2 = 0\ncall skb_pull_data#39\n"

static const struct both_row rows_callbacks[] = {
	OK("something held across it", SOCK CONTEXT LOOP(4) RELEASE(r7) END "cb: " END, CALLED),
	NO("something held across it and lost", -EINVAL, SOCK CONTEXT LOOP(4) END "cb: " END, CALLED),
	OK("takes and gives back", "r6 = r1\n" CONTEXT LOOP(4) END "cb: r6 = *(u64 *)(r2 +0)\n*(u64 *)(r10 -16) = 0\n"
	   "*(u64 *)(r10 -8) = 0\n" FIND "if r0 == 0 goto no\nr1 = r0\ncall sk_release#86\nno: " END, CALLED),
	NO("takes and loses", -EINVAL, "r6 = r1\n" CONTEXT LOOP(4) END "cb: r6 = *(u64 *)(r2 +0)\n"
	   "*(u64 *)(r10 -16) = 0\n*(u64 *)(r10 -8) = 0\n" FIND END, CALLED),
	NO("gives back what the caller holds", -EINVAL,
	   SOCK "*(u64 *)(r10 -24) = r7\n" LOOP(4) END "cb: r1 = *(u64 *)(r2 +0)\ncall sk_release#86\n" END, CALLED),
	NO("gives back what the caller holds and gives back", -EACCES,
	   SOCK "*(u64 *)(r10 -24) = r7\n" LOOP(4) RELEASE(r7) END "cb: r1 = *(u64 *)(r2 +0)\ncall sk_release#86\n"
	   END, CALLED),
	NO("with a lock held", -EINVAL, "r6 = r1\n" CONTEXT VALUE(r7, 0) LOCK(r7) LOOP(4) UNLOCK(r7) END "cb: " END,
	   LOCKS, CALLED),
	OK("locks and unlocks", "r6 = r1\n" CONTEXT LOOP(4) END "cb: " VALUE(r7, 0) LOCK(r7) UNLOCK(r7) END, LOCKS,
	   CALLED),
	NO("locks", -EINVAL, "r6 = r1\n" CONTEXT LOOP(4) END "cb: " VALUE(r7, 0) LOCK(r7) END, LOCKS, CALLED),
	NO("unlocks", -EINVAL, "r6 = r1\n" CONTEXT LOOP(4) END "cb: " VALUE(r7, 0) UNLOCK(r7) END, LOCKS, CALLED),
	OK("a packet pointer across one that leaves the packet", PACKET CONTEXT LOOP(4)
	   "r0 = *(u8 *)(r7 +0)\nout: " END "cb: " END, CALLED),
	NO("a packet pointer across one that moves the packet", -EACCES, PACKET CONTEXT LOOP(4)
	   "r0 = *(u8 *)(r7 +0)\nout: " END "cb: r1 = *(u64 *)(r2 +0)\n" PULL END, CALLED),
	NO("a packet pointer in one that moves the packet, in the next round", -EACCES,
	   PACKET CONTEXT "*(u64 *)(r10 -16) = r7\n" LOOP(4) "out: " END "cb: r6 = r2\nr7 = *(u64 *)(r2 +8)\n"
	   "r0 = *(u8 *)(r7 +0)\nr1 = *(u64 *)(r6 +0)\n" PULL END, CALLED),
	OK("elements of a map, locked", "r1 = map[fd:2]\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall for_each_map_elem#164\n"
	   END "cb: r7 = r3\n" LOCK(r7) UNLOCK(r7) END, LOCKS, CALLED),
	NO("elements of a map, locked and kept so", -EINVAL, "r1 = map[fd:2]\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\n"
	   "call for_each_map_elem#164\n" END "cb: r7 = r3\n" LOCK(r7) END, LOCKS, CALLED),
	NO("elements of a map that has none to walk", -524, "r1 = map[fd:3]\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\n"
	   "call for_each_map_elem#164\n" END "cb: " END, LOCKS, CALLED),
	OK("a timer's function", VALUE(r1, 0) "r2 = subprog[cb]\ncall timer_set_callback#170\n" END "cb: " END,
	   .maps = "array:4:24:1:timer", CALLED),
	NO("a timer's function that keeps a lock", -EINVAL, VALUE(r1, 0)
	   "r2 = subprog[cb]\ncall timer_set_callback#170\n" END "cb: " VALUE(r7, 1) LOCK(r7) END,
	   .maps = "array:4:24:1:timer array:4:16:1:lock", CALLED),
	NO("a timer's function that returns 1", -EINVAL, VALUE(r1, 0)
	   "r2 = subprog[cb]\ncall timer_set_callback#170\n" END "cb: r0 = 1\nexit\n",
	   .maps = "array:4:24:1:timer", CALLED),
	OK("timer_init with its map", VALUE(r1, 0) "r2 = map[fd:0]\nr3 = 1\ncall timer_init#169\n" END,
	   .maps = "array:4:24:1:timer"),
	NO("timer_init with another map", -EINVAL, VALUE(r1, 0) "r2 = map[fd:1]\nr3 = 1\ncall timer_init#169\n" END,
	   .maps = "array:4:24:1:timer array:4:24:2:timer"),
	NO("beside the timer", -EINVAL, VALUE(r1, 0) "r1 += 8\nr2 = map[fd:0]\nr3 = 1\ncall timer_init#169\n" END,
	   .maps = "array:4:24:1:timer"),
	NO("a timer read", -EACCES, VALUE(r1, 0) "r0 = *(u64 *)(r1 +8)\nexit\n", .maps = "array:4:24:1:timer"),
	OK("beside a timer", VALUE(r1, 0) "r0 = *(u64 *)(r1 +16)\nexit\n", .maps = "array:4:24:1:timer"),
	NO("a value with a timer as memory", -EACCES, VALUE(r7, 0) "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr3 = r7\n"
	   "r4 = 0\nr1 = map[fd:0]\ncall map_update_elem#2\n" END, .maps = "array:4:24:1:timer"),
	OK("a value with a timer updated", "*(u64 *)(r10 -24) = 0\n*(u64 *)(r10 -16) = 0\n*(u64 *)(r10 -8) = 0\n"
	   "*(u32 *)(r10 -28) = 0\nr2 = r10\nr2 += -28\nr3 = r10\nr3 += -24\nr4 = 0\nr1 = map[fd:0]\n"
	   "call map_update_elem#2\n" END, .maps = "array:4:24:1:timer"),
};
ROWS(callbacks)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sockets), cmocka_unit_test(test_records), cmocka_unit_test(test_locks),
		cmocka_unit_test(test_callbacks),
	};

	return both_run("refs", tests, ARRAY_SIZE(tests));
}
