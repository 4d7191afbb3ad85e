// SPDX-License-Identifier: BSD-2-Clause
/* test_kfuncs.c - kernel functions, dynptrs and iterators: does the verifier say what Linux says? */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#define OK(name, text, ...) { name, 0, text, __VA_ARGS__ }
#define NO(name, err, text, ...) { name, err, text, __VA_ARGS__ }

#define END "r0 = 0\nexit\n"
#define XDP .type = BPF_PROG_TYPE_XDP
#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER
#define ACT .type = BPF_PROG_TYPE_SCHED_ACT
#define ARRAY .maps = "array:4:16:1"
#define RING .maps = "ringbuf:0:0:4096"

/* ---- which may be called, and how ---- */

static const struct both_row rows_call[] = {
	OK("strlen of any number", "r1 = 5\ncall kfunc#bpf_strlen\nexit\n"),
	OK("strlen of nothing", "call kfunc#bpf_strlen\nexit\n"),
	OK("strlen of the stack", "r1 = r10\nr1 += -8\ncall kfunc#bpf_strlen\nexit\n"),
	OK("strcmp of what was never set", "call kfunc#bpf_strcmp\nexit\n"),
	NO("strchr wants a number", -EINVAL, "r1 = 5\nr2 = r10\ncall kfunc#bpf_strchr\nexit\n"),
	NO("strchr wants a number that is set", -EINVAL, "r1 = 5\ncall kfunc#bpf_strchr\nexit\n"),
	OK("strchr", "r1 = 5\nr2 = 65\ncall kfunc#bpf_strchr\nexit\n"),
	OK("strnchr", "r1 = 5\nr2 = 65\nr3 = 1\ncall kfunc#bpf_strnchr\nexit\n"),
	OK("strchrnul", "r2 = 65\ncall kfunc#bpf_strchrnul\nexit\n"),
	OK("strrchr", "r2 = 65\ncall kfunc#bpf_strrchr\nexit\n"),
	OK("strnlen", "r2 = 65\ncall kfunc#bpf_strnlen\nexit\n"),
	OK("strspn", "call kfunc#bpf_strspn\nexit\n"),
	OK("strcspn", "call kfunc#bpf_strcspn\nexit\n"),
	OK("strstr", "call kfunc#bpf_strstr\nexit\n"),
	OK("strnstr", "r3 = 1\ncall kfunc#bpf_strnstr\nexit\n"),
	OK("strcasecmp", "call kfunc#bpf_strcasecmp\nexit\n"),
	NO("strnstr without its length", -EINVAL, "call kfunc#bpf_strnstr\nexit\n"),
	NO("R1 is lost", -EACCES, "r1 = 5\ncall kfunc#bpf_strlen\nr0 = r1\nexit\n"),
	OK("R6 is kept", "r6 = r1\ncall kfunc#bpf_strlen\nr0 = *(u32 *)(r6 +0)\nexit\n"),
	NO("the result is a number of any size", -EINVAL, "r6 = map[fd:0][0]+0\ncall kfunc#bpf_strlen\nr6 += r0\nr0 = *(u8 *)(r6 +0)\nexit\n", ARRAY),
	OK("for socket filters", "call kfunc#bpf_strlen\nexit\n", SOCKET),
	OK("for actions", "call kfunc#bpf_strlen\nexit\n", ACT),
	OK("for XDP", "call kfunc#bpf_strlen\nexit\n", XDP),
	NO("without the GPL", -EINVAL, "call kfunc#bpf_strlen\nexit\n", .proprietary = true),
	NO("without the GPL, though it is not reached", -EINVAL, "r0 = 0\nif r0 == 0 goto +1\ncall kfunc#bpf_strlen\nexit\n",
	   .proprietary = true),
	NO("none of this number", -EINVAL, "call kernel-function#99999999\nexit\n"),
	NO("none of this number, not reached", -EINVAL, "r0 = 0\nif r0 == 0 goto +1\ncall kernel-function#99999999\nexit\n"),
	NO("number 0", -EINVAL, "call kernel-function#0\nr0 = 0\nexit\n"),
	OK("number 0, not reached", "r0 = 0\nif r0 == 0 goto +1\ncall kernel-function#0\nexit\n"),
	NO("a type that is no function", -EINVAL, "call kernel-function#40\nr0 = 0\nexit\n"),
	NO("not for this type", -EACCES, "r2 = 0\nr3 = r10\nr3 += -16\ncall kfunc#bpf_dynptr_from_skb\n" END, XDP),
	OK("not for this type, not reached", "r0 = 0\nif r0 == 0 goto +1\ncall kfunc#bpf_dynptr_from_skb\nexit\n", XDP),
	NO("not for the other", -EACCES, "r2 = 0\nr3 = r10\nr3 += -16\ncall kfunc#bpf_dynptr_from_xdp\n" END),
	OK("a result that nobody gave", "call kfunc#bpf_rcu_read_lock\ncall kfunc#bpf_rcu_read_unlock\n" END),
	NO("a result that nobody gave is read", -EACCES, "call kfunc#bpf_rcu_read_lock\ncall kfunc#bpf_rcu_read_unlock\nexit\n"),
};

/* ---- sections ---- */

#define RCU "call kfunc#bpf_rcu_read_lock\n"
#define UNRCU "call kfunc#bpf_rcu_read_unlock\n"
#define OFF "call kfunc#bpf_preempt_disable\n"
#define ON "call kfunc#bpf_preempt_enable\n"
#define SAVE(n) "r1 = r10\nr1 += " #n "\ncall kfunc#bpf_local_irq_save\n"
#define RESTORE(n) "r1 = r10\nr1 += " #n "\ncall kfunc#bpf_local_irq_restore\n"

static const struct both_row rows_section[] = {
	OK("RCU", RCU UNRCU END),
	NO("RCU twice", -EINVAL, RCU RCU UNRCU UNRCU END),
	OK("RCU one after the other", RCU UNRCU RCU UNRCU END),
	NO("RCU is not closed", -EINVAL, RCU END),
	NO("RCU is closed once too often", -EINVAL, RCU UNRCU UNRCU END),
	NO("RCU is not open", -EINVAL, UNRCU END),
	NO("RCU on one path", -EINVAL, "r6 = *(u32 *)(r1 +0)\nif r6 == 0 goto +1\n" RCU END),
	OK("RCU on one path, closed there", "r6 = *(u32 *)(r1 +0)\nif r6 == 0 goto +2\n" RCU UNRCU END),
	NO("RCU opened by a function", -EINVAL, "call f\n" END "f: " RCU END),
	OK("RCU opened by a function and closed by its caller", "call f\n" UNRCU END "f: " RCU END),
	OK("RCU closed by a function", RCU "call f\n" END "f: " UNRCU END),
	OK("preemption", OFF ON END),
	OK("preemption twice", OFF OFF ON ON END),
	NO("preemption stays off", -EINVAL, OFF END),
	NO("preemption stays off once", -EINVAL, OFF OFF ON END),
	NO("preemption on, but it is", -EINVAL, ON END),
	OK("both, crossed", RCU OFF UNRCU ON END),
	OK("helpers in between", OFF "call prandom#7\n" ON END),
	OK("kernel functions in between", OFF "call kfunc#bpf_strlen\n" ON END),
	OK("flags", SAVE(-8) RESTORE(-8) END),
	OK("flags twice", SAVE(-8) SAVE(-16) RESTORE(-16) RESTORE(-8) END),
	NO("flags out of order", -EACCES, SAVE(-8) SAVE(-16) RESTORE(-8) RESTORE(-16) END),
	NO("flags are not restored", -EINVAL, SAVE(-8) END),
	NO("flags are restored twice", -EINVAL, SAVE(-8) RESTORE(-8) RESTORE(-8) END),
	NO("flags that were not saved", -EINVAL, RESTORE(-8) END),
	NO("flags over flags", -EINVAL, SAVE(-8) SAVE(-8) RESTORE(-8) RESTORE(-8) END),
	NO("flags at an odd place", -EINVAL, SAVE(-12) RESTORE(-12) END),
	NO("flags above the stack", -EACCES, SAVE(0) END),
	NO("flags below the stack", -EACCES, SAVE(-520) END),
	OK("flags at the end of the stack", SAVE(-512) RESTORE(-512) END),
	NO("flags at a variable place", -EINVAL, "r6 = *(u32 *)(r1 +0)\nr6 &= 8\nr1 = r10\nr1 += -16\nr1 += r6\n"
	   "call kfunc#bpf_local_irq_save\n" END),
	NO("flags in a map", -EINVAL, "r1 = map[fd:0][0]+0\ncall kfunc#bpf_local_irq_save\n" END, ARRAY),
	NO("flags as a number", -EACCES, "r1 = 0\ncall kfunc#bpf_local_irq_save\n" END),
	NO("flags are overwritten", -EINVAL, SAVE(-8) "*(u64 *)(r10 -8) = 0\n" RESTORE(-8) END),
	NO("flags are read", -EACCES, SAVE(-8) "r0 = *(u64 *)(r10 -8)\n" RESTORE(-8) END),
	OK("flags of the caller", "r1 = r10\nr1 += -8\ncall f\n" RESTORE(-8) END "f: call kfunc#bpf_local_irq_save\n" END),
	NO("a tail call in between", -EINVAL, "r6 = r1\n" RCU "r1 = r6\nr2 = map[fd:0]\nr3 = 0\ncall tail#12\n" UNRCU END,
	   .maps = "prog_array:4:4:1"),
	NO("a tail call while preemption is off", -EINVAL, "r6 = r1\n" OFF "r1 = r6\nr2 = map[fd:0]\nr3 = 0\ncall tail#12\n" ON END,
	   .maps = "prog_array:4:4:1"),
	OK("a global function in between", OFF "call f\n" ON END "f: r0 = 0\nexit\n", .funcs = "Sic Gi"),
};

/* ---- dynptrs ---- */

#define FROM_SKB(off) "r1 = r6\nr2 = 0\nr3 = r10\nr3 += " #off "\ncall kfunc#bpf_dynptr_from_skb\n"
#define SKB "r6 = r1\n" FROM_SKB(-16)
#define ARG(n, off) "r" #n " = r10\nr" #n " += " #off "\n"
#define SLICE(off, len) ARG(1, -16) "r2 = " #off "\n" ARG(3, -64) "r4 = " #len "\ncall kfunc#bpf_dynptr_slice\n"
#define SLICE_RDWR(off, len) ARG(1, -16) "r2 = " #off "\n" ARG(3, -64) "r4 = " #len "\ncall kfunc#bpf_dynptr_slice_rdwr\n"
#define SLICE_NULL(off, len) ARG(1, -16) "r2 = " #off "\nr3 = 0\nr4 = " #len "\ncall kfunc#bpf_dynptr_slice\n"
#define OR_OUT "if r0 == 0 goto out\n"
#define OUT "out: r0 = 0\nexit\n"
#define LOCAL(off) "r1 = map[fd:0][0]+0\nr2 = 16\nr3 = 0\n" ARG(4, off) "call from_mem#197\n"
#define RESERVE(off) "r1 = map[fd:0]\nr2 = 16\nr3 = 0\n" ARG(4, off) "call reserve#198\n"
#define SUBMIT(off) ARG(1, off) "r2 = 0\ncall submit#199\n"
#define DISCARD(off) ARG(1, off) "r2 = 0\ncall discard#200\n"
#define DATA(off, at, len) ARG(1, off) "r2 = " #at "\nr3 = " #len "\ncall data#203\n"
#define SIZE(off) ARG(1, off) "call kfunc#bpf_dynptr_size\n"
#define CLONE(from, to) ARG(1, from) ARG(2, to) "call kfunc#bpf_dynptr_clone\n"

static const struct both_row rows_make[] = {
	OK("from the packet", SKB END),
	OK("from the packet, socket filter", SKB END, SOCKET),
	OK("from the packet, action", SKB END, ACT),
	OK("from an XDP packet", "r2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_xdp\n" END, XDP),
	OK("from its metadata", "r2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb_meta\n" END),
	NO("from its metadata, socket filter", -EACCES, "r2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb_meta\n" END, SOCKET),
	OK("flags are any number", "r6 = r1\nr1 = r6\nr2 = 77\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" END),
	NO("flags are an address", -EINVAL, "r2 = r10\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" END),
	NO("no context", -EINVAL, "r1 = r10\nr2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" END),
	NO("NULL as the context", -EACCES, "r1 = 0\nr2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" END),
	NO("nothing as the context", -EACCES, "r1 = 1\ncall prandom#7\nr2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" END),
	NO("NULL as XDP's context", -EACCES, "r1 = 0\nr2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_xdp\n" END, XDP),
	NO("the context + 4", -EACCES, "r1 += 4\nr2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" END),
	NO("NULL for the dynptr", -EACCES, "r2 = 0\nr3 = 0\ncall kfunc#bpf_dynptr_from_skb\n" END),
	NO("a number for XDP's dynptr", -EACCES, "r2 = 0\nr3 = 0\ncall kfunc#bpf_dynptr_from_xdp\n" END, XDP),
	NO("a map value for the dynptr", -EINVAL, "r2 = 0\nr3 = map[fd:0][0]+0\ncall kfunc#bpf_dynptr_from_skb\n" END, ARRAY),
	NO("half of it above the stack", -EINVAL, "r6 = r1\n" FROM_SKB(-8) END),
	NO("above the stack", -EINVAL, "r6 = r1\n" FROM_SKB(0) END),
	NO("far above the stack", -EINVAL, "r6 = r1\n" FROM_SKB(16) END),
	NO("at an odd place", -EINVAL, "r6 = r1\n" FROM_SKB(-20) END),
	OK("the deepest place", "r6 = r1\n" FROM_SKB(-512) END),
	NO("below the stack", -EACCES, "r6 = r1\n" FROM_SKB(-520) END),
	NO("half of it below the stack", -EACCES, "r6 = r1\n" FROM_SKB(-528) END),
	NO("at a variable place", -EINVAL, "r6 = r1\nr7 = *(u32 *)(r1 +0)\nr7 &= 8\nr1 = r6\nr2 = 0\nr3 = r10\nr3 += -32\nr3 += r7\n"
	   "call kfunc#bpf_dynptr_from_skb\n" END),
	OK("over another", SKB FROM_SKB(-16) END),
	OK("over half of another", SKB FROM_SKB(-24) END),
	NO("half of the other is used", -EINVAL, SKB FROM_SKB(-24) SIZE(-16) END),
	OK("in the caller's frame", "r6 = r1\n" ARG(2, -16) "r1 = r6\ncall f\n" SIZE(-16) END
	   "f: r3 = r2\nr2 = 0\ncall kfunc#bpf_dynptr_from_skb\n" END),
	NO("in a frame that is gone", -EINVAL, "r6 = r1\ncall f\n" SIZE(-16) END "f: r2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" END),
	OK("from memory", LOCAL(-16) END, ARRAY),
	NO("from the stack", -EACCES, ARG(1, -32) "r2 = 8\nr3 = 0\n" ARG(4, -16) "call from_mem#197\n" END),
	NO("from more than there is", -EACCES, "r1 = map[fd:0][0]+0\nr2 = 17\nr3 = 0\n" ARG(4, -16) "call from_mem#197\n" END, ARRAY),
	OK("from nothing of it", "r1 = map[fd:0][0]+0\nr2 = 0\nr3 = 0\n" ARG(4, -16) "call from_mem#197\n" END, ARRAY),
	NO("from memory that is only read", -EACCES, LOCAL(-16) END, .maps = "array:4:16:1:rdonly"),
	NO("with a number where it goes", -EACCES, "r1 = map[fd:0][0]+0\nr2 = 8\nr3 = 0\nr4 = 0\ncall from_mem#197\n" END, ARRAY),
	NO("at an odd place, by a helper", -EINVAL, LOCAL(-20) END, ARRAY),
	NO("a record is not given back", -EINVAL, RESERVE(-16) END, RING),
	OK("a record is submitted", RESERVE(-16) SUBMIT(-16) END, RING),
	OK("a record is discarded", RESERVE(-16) DISCARD(-16) END, RING),
	NO("a record is submitted twice", -EINVAL, RESERVE(-16) SUBMIT(-16) SUBMIT(-16) END, RING),
	NO("a record is discarded when it is submitted", -EINVAL, RESERVE(-16) SUBMIT(-16) DISCARD(-16) END, RING),
	NO("a packet is submitted", -EINVAL, SKB SUBMIT(-16) END),
	NO("memory is submitted", -EINVAL, LOCAL(-16) SUBMIT(-16) END, ARRAY),
	NO("nothing is submitted", -EINVAL, SUBMIT(-16) END),
	NO("a number is submitted", -EACCES, "r1 = 0\nr2 = 0\ncall submit#199\n" END),
	NO("a record from another place is submitted", -EINVAL, RESERVE(-16) SUBMIT(-24) END, RING),
	NO("a record over a record", -EINVAL, RESERVE(-16) RESERVE(-16) SUBMIT(-16) END, RING),
	NO("a record is overwritten", -EINVAL, RESERVE(-16) "*(u64 *)(r10 -16) = 0\n" SUBMIT(-16) END, RING),
	NO("a byte of a record is overwritten", -EINVAL, RESERVE(-16) "*(u8 *)(r10 -1) = 0\n" SUBMIT(-16) END, RING),
	NO("a record is overwritten by a helper", -EACCES, "r6 = r1\n" RESERVE(-16) "r1 = r6\nr2 = 0\n" ARG(3, -16) "r4 = 8\ncall load_bytes#26\n"
	   SUBMIT(-16) END, RING),
	NO("one dynptr is not enough", -EINVAL, RESERVE(-16) RESERVE(-32) SUBMIT(-16) END, RING),
	OK("two records", RESERVE(-16) RESERVE(-32) SUBMIT(-16) DISCARD(-32) END, RING),
	OK("a record of any size", "r2 = *(u32 *)(r1 +0)\nr1 = map[fd:0]\nr3 = 0\n" ARG(4, -16) "call reserve#198\n" SUBMIT(-16) END, RING),
	OK("reserved by a function", ARG(2, -16) "r1 = r2\ncall f\n" SUBMIT(-16) END "f: r4 = r1\nr1 = map[fd:0]\nr2 = 16\nr3 = 0\ncall reserve#198\n" END, RING),
	OK("submitted by a function", RESERVE(-16) ARG(1, -16) "call f\n" END "f: r2 = 0\ncall submit#199\n" END, RING),
};

static const struct both_row rows_use[] = {
	OK("its size", SKB SIZE(-16) "exit\n"),
	NO("the size of nothing", -EINVAL, SIZE(-16) "exit\n"),
	NO("the size of a number", -EACCES, "r1 = 0\ncall kfunc#bpf_dynptr_size\nexit\n"),
	NO("the size of the context", -EINVAL, "call kfunc#bpf_dynptr_size\nexit\n"),
	NO("the size of its second half", -EINVAL, SKB SIZE(-8) "exit\n"),
	NO("the size of one in front of it", -EINVAL, SKB SIZE(-24) "exit\n"),
	OK("is it null", SKB ARG(1, -16) "call kfunc#bpf_dynptr_is_null\nexit\n"),
	OK("is it to be read only", SKB ARG(1, -16) "call kfunc#bpf_dynptr_is_rdonly\nexit\n"),
	OK("adjusted", SKB ARG(1, -16) "r2 = 1\nr3 = 2\ncall kfunc#bpf_dynptr_adjust\nexit\n"),
	NO("adjusted by an address", -EINVAL, SKB ARG(1, -16) "r2 = r10\nr3 = 2\ncall kfunc#bpf_dynptr_adjust\nexit\n"),
	OK("set", SKB ARG(1, -16) "r2 = 1\nr3 = 2\nr4 = 7\ncall kfunc#bpf_dynptr_memset\nexit\n"),
	OK("copied", SKB FROM_SKB(-32) ARG(1, -16) "r2 = 0\n" ARG(3, -32) "r4 = 0\nr5 = 4\ncall kfunc#bpf_dynptr_copy\nexit\n"),
	NO("copied from nothing", -EINVAL, SKB ARG(1, -16) "r2 = 0\n" ARG(3, -32) "r4 = 0\nr5 = 4\ncall kfunc#bpf_dynptr_copy\nexit\n"),
	NO("bytes of it are read", -EACCES, SKB "r0 = *(u64 *)(r10 -16)\nexit\n"),
	NO("a byte of it is read", -EACCES, SKB "r0 = *(u8 *)(r10 -1)\nexit\n"),
	OK("bytes of it are overwritten", SKB "*(u64 *)(r10 -16) = 0\nr0 = *(u64 *)(r10 -16)\nexit\n"),
	NO("overwritten and used", -EINVAL, SKB "*(u8 *)(r10 -16) = 0\n" SIZE(-16) "exit\n"),
	NO("its second half is overwritten", -EINVAL, SKB "*(u8 *)(r10 -1) = 0\n" SIZE(-16) "exit\n"),
	OK("overwritten by a pointer", SKB "*(u64 *)(r10 -16) = r6\nr0 = *(u64 *)(r10 -16)\nr0 = *(u32 *)(r0 +0)\nexit\n"),
	NO("overwritten at a variable place", -EINVAL, SKB "r7 = *(u32 *)(r6 +0)\nr7 &= 8\nr1 = r10\nr1 += -16\nr1 += r7\n*(u8 *)(r1 +0) = 0\n"
	   SIZE(-16) "exit\n"),
	OK("what is beside it is overwritten", SKB "*(u64 *)(r10 -24) = 0\n" SIZE(-16) "exit\n"),
	NO("as memory of a helper", -EACCES, SKB "r1 = map[fd:0]\n" ARG(2, -16) "call lookup#1\n" END, ARRAY),
	OK("read", SKB ARG(1, -64) "r2 = 8\n" ARG(3, -16) "r4 = 0\nr5 = 0\ncall read#201\n" END),
	NO("read into it itself", -EACCES, SKB ARG(1, -16) "r2 = 8\n" ARG(3, -16) "r4 = 0\nr5 = 0\ncall read#201\n" END),
	NO("read more than there is room for", -EINVAL, SKB ARG(1, -64) "r2 = 65\n" ARG(3, -16) "r4 = 0\nr5 = 0\ncall read#201\n" END),
	OK("written", SKB ARG(1, -16) "r2 = 0\n*(u64 *)(r10 -64) = 0\n" ARG(3, -64) "r4 = 8\nr5 = 0\ncall write#202\n" END),
	NO("read from nothing", -EINVAL, ARG(1, -64) "r2 = 8\n" ARG(3, -16) "r4 = 0\nr5 = 0\ncall read#201\n" END),
	OK("written to a packet moves it", "r6 = r1\nr8 = *(u32 *)(r6 +76)\nr9 = *(u32 *)(r6 +80)\nr7 = r8\nr8 += 1\nif r8 > r9 goto out\n" FROM_SKB(-16)
	   "r0 = *(u8 *)(r7 +0)\n" OUT),
	NO("written to a packet, and packet bytes used", -EACCES,
	   "r6 = r1\nr8 = *(u32 *)(r6 +76)\nr9 = *(u32 *)(r6 +80)\nr7 = r8\nr8 += 1\nif r8 > r9 goto out\n" FROM_SKB(-16)
	   "*(u64 *)(r10 -64) = 0\n" ARG(1, -16) "r2 = 0\n" ARG(3, -64) "r4 = 8\nr5 = 0\ncall write#202\nr0 = *(u8 *)(r7 +0)\n" OUT),
	/* clones */
	OK("cloned", SKB CLONE(-16, -32) SIZE(-32) "exit\n"),
	NO("the clone of nothing", -EINVAL, CLONE(-16, -32) END),
	OK("cloned onto itself", SKB CLONE(-16, -16) END),
	OK("the first is overwritten", SKB CLONE(-16, -32) "*(u64 *)(r10 -16) = 0\n" SIZE(-32) "exit\n"),
	OK("a record's clone", RESERVE(-16) CLONE(-16, -32) SUBMIT(-16) END, RING),
	OK("a record's clone is submitted", RESERVE(-16) CLONE(-16, -32) SUBMIT(-32) END, RING),
	NO("a record and its clone are submitted", -EINVAL, RESERVE(-16) CLONE(-16, -32) SUBMIT(-16) SUBMIT(-32) END, RING),
	NO("a clone is used after that", -EINVAL, RESERVE(-16) CLONE(-16, -32) SUBMIT(-16) SIZE(-32) END, RING),
	NO("a record's clone is overwritten", -EINVAL, RESERVE(-16) CLONE(-16, -32) "*(u64 *)(r10 -32) = 0\n" SUBMIT(-16) END, RING),
	/* arguments of functions */
	OK("given to a global function", SKB ARG(1, -16) "call f\n" END "f: call kfunc#bpf_dynptr_size\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	NO("nothing given to a global function", -EINVAL, ARG(1, -16) "call f\n" END "f: call kfunc#bpf_dynptr_size\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	NO("a number given to a global function", -EINVAL, "r1 = 0\ncall f\n" END "f: call kfunc#bpf_dynptr_size\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	NO("it is overwritten there", -EACCES, SKB ARG(1, -16) "call f\n" END "f: *(u64 *)(r1 +0) = 0\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	NO("something is added there", -EACCES, SKB ARG(1, -16) "call f\n" END "f: r1 += 8\ncall kfunc#bpf_dynptr_size\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	OK("it is adjusted there", SKB ARG(1, -16) "call f\n" END "f: r2 = 0\nr3 = 0\ncall kfunc#bpf_dynptr_adjust\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	OK("it is cloned there", SKB ARG(1, -16) "call f\n" END "f: " ARG(2, -16) "call kfunc#bpf_dynptr_clone\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	NO("one is made there", -EFAULT, SKB ARG(1, -16) "call f\n" END "f: r2 = r1\ncall kfunc#bpf_dynptr_clone\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	NO("it is submitted there", -EINVAL, RESERVE(-16) ARG(1, -16) "call f\n" SUBMIT(-16) END "f: r2 = 0\ncall submit#199\nr0 = 0\nexit\n", .funcs = "Sic Gid", RING),
	OK("it is read there", SKB ARG(1, -16) "call f\n" END "f: r3 = r1\n" ARG(1, -8) "r2 = 8\nr4 = 0\nr5 = 0\ncall read#201\nr0 = 0\nexit\n", .funcs = "Sic Gid"),
	OK("given on", SKB ARG(1, -16) "call f\n" END "f: call g\nr0 = 0\nexit\ng: call kfunc#bpf_dynptr_size\nr0 = 0\nexit\n", .funcs = "Sic Gid Gid"),
	OK("made on both paths", "r6 = r1\nr7 = *(u32 *)(r1 +0)\nif r7 == 0 goto two\n" FROM_SKB(-16) "goto on\ntwo: " FROM_SKB(-16) "on: " SIZE(-16) END),
	NO("made on one path", -EINVAL, "r6 = r1\nr7 = *(u32 *)(r1 +0)\nif r7 == 0 goto on\n" FROM_SKB(-16) "on: " SIZE(-16) END),
	NO("two kinds on two paths", -EINVAL, "r6 = r1\nr7 = *(u32 *)(r1 +0)\nif r7 == 0 goto two\n" FROM_SKB(-16) "goto on\ntwo: " RESERVE(-16) "on: " SIZE(-16) END, RING),
};

static const struct both_row rows_slice[] = {
	OK("a slice", SKB SLICE(0, 14) OR_OUT "r0 = *(u8 *)(r0 +13)\n" OUT),
	NO("it is not asked for NULL", -EACCES, SKB SLICE(0, 14) "r0 = *(u8 *)(r0 +13)\n" OUT),
	NO("beyond it", -EACCES, SKB SLICE(0, 14) OR_OUT "r0 = *(u8 *)(r0 +14)\n" OUT),
	NO("before it", -EACCES, SKB SLICE(0, 14) OR_OUT "r0 = *(u8 *)(r0 -1)\n" OUT),
	NO("it is written", -EACCES, SKB SLICE(0, 14) OR_OUT "*(u8 *)(r0 +13) = 1\n" OUT),
	OK("one for writing is written", SKB SLICE_RDWR(0, 14) OR_OUT "*(u8 *)(r0 +13) = 1\n" OUT),
	OK("without a buffer", SKB SLICE_NULL(0, 14) OR_OUT "r0 = *(u8 *)(r0 +13)\n" OUT),
	OK("a large one without a buffer", SKB SLICE_NULL(0, 100000) OR_OUT "r0 = *(u8 *)(r0 +13)\n" OUT),
	NO("a large one with a buffer", -EINVAL, SKB SLICE(0, 65) OR_OUT "r0 = *(u8 *)(r0 +13)\n" OUT),
	OK("of no bytes", SKB SLICE(0, 0) OR_OUT OUT),
	NO("of no bytes, and one read", -EACCES, SKB SLICE(0, 0) OR_OUT "r0 = *(u8 *)(r0 +0)\n" OUT),
	NO("of an unknown size", -EINVAL, SKB "r4 = *(u32 *)(r6 +0)\nr4 &= 7\n" ARG(1, -16) "r2 = 0\n" ARG(3, -64) "call kfunc#bpf_dynptr_slice\n" OUT),
	NO("of an unknown size without a buffer", -EINVAL, SKB "r4 = *(u32 *)(r6 +0)\nr4 &= 7\n" ARG(1, -16) "r2 = 0\nr3 = 0\ncall kfunc#bpf_dynptr_slice\n" OUT),
	NO("of a negative size", -EACCES, SKB SLICE(0, -1) OUT),
	NO("an address as size", -EINVAL, SKB ARG(1, -16) "r2 = 0\n" ARG(3, -64) "r4 = r10\ncall kfunc#bpf_dynptr_slice\n" OUT),
	NO("a number as buffer", -EACCES, SKB ARG(1, -16) "r2 = 0\nr3 = 5\nr4 = 4\ncall kfunc#bpf_dynptr_slice\n" OUT),
	NO("the context as buffer", -EACCES, SKB ARG(1, -16) "r2 = 0\nr3 = r6\nr4 = 4\ncall kfunc#bpf_dynptr_slice\n" OUT),
	OK("a map value as buffer", SKB ARG(1, -16) "r2 = 0\nr3 = map[fd:0][0]+0\nr4 = 16\ncall kfunc#bpf_dynptr_slice\n" OUT, ARRAY),
	NO("a small map value as buffer", -EACCES, SKB ARG(1, -16) "r2 = 0\nr3 = map[fd:0][0]+0\nr4 = 17\ncall kfunc#bpf_dynptr_slice\n" OUT, ARRAY),
	NO("a map value that is only read as buffer", -EACCES, SKB ARG(1, -16) "r2 = 0\nr3 = map[fd:0][0]+0\nr4 = 16\ncall kfunc#bpf_dynptr_slice\n" OUT,
	   .maps = "array:4:16:1:rdonly"),
	OK("a map value or NULL as buffer", SKB "*(u32 *)(r10 -64) = 0\n" ARG(2, -64) "r1 = map[fd:0]\ncall lookup#1\nr3 = r0\n" ARG(1, -16) "r2 = 0\nr4 = 16\n"
	   "call kfunc#bpf_dynptr_slice\n" OUT, .maps = "hash:4:16:4"),
	NO("the dynptr itself as buffer", -EACCES, SKB ARG(1, -16) "r2 = 0\n" ARG(3, -16) "r4 = 8\ncall kfunc#bpf_dynptr_slice\n" OUT),
	OK("from an unknown offset", SKB "r2 = *(u32 *)(r6 +0)\n" ARG(1, -16) ARG(3, -64) "r4 = 8\ncall kfunc#bpf_dynptr_slice\n" OR_OUT "r0 = *(u64 *)(r0 +0)\n" OUT),
	NO("of nothing", -EINVAL, SLICE(0, 14) OUT),
	OK("socket filter", SKB SLICE(0, 14) OR_OUT "r0 = *(u8 *)(r0 +13)\n" OUT, SOCKET),
	NO("socket filter, for writing", -EINVAL, SKB SLICE_RDWR(0, 14) OUT, SOCKET),
	OK("the packet moves", SKB SLICE(0, 14) OR_OUT "r7 = r0\nr1 = r6\nr2 = 40\ncall pull#39\n" OUT),
	NO("the packet moves, and the slice is used", -EACCES, SKB SLICE(0, 14) OR_OUT "r7 = r0\nr1 = r6\nr2 = 40\ncall pull#39\nr0 = *(u8 *)(r7 +0)\n" OUT),
	OK("the packet moves, and the dynptr is used", SKB "r1 = r6\nr2 = 40\ncall pull#39\n" SIZE(-16) END),
	OK("the dynptr is overwritten, and the slice used", SKB SLICE(0, 14) OR_OUT "*(u64 *)(r10 -16) = 0\nr0 = *(u8 *)(r0 +13)\n" OUT),
	OK("two slices", SKB SLICE(0, 14) OR_OUT "r7 = r0\n" SLICE(14, 20) OR_OUT "r0 = *(u8 *)(r0 +19)\nr0 = *(u8 *)(r7 +13)\n" OUT),
	NO("a slice is moved far", -EACCES, SKB SLICE(0, 14) OR_OUT "r1 = *(u32 *)(r6 +0)\nr0 += r1\nr0 = *(u8 *)(r0 +0)\n" OUT),
	OK("a slice is moved a bit", SKB SLICE(0, 14) OR_OUT "r1 = *(u32 *)(r6 +0)\nr1 &= 7\nr0 += r1\nr0 = *(u8 *)(r0 +0)\n" OUT),
	NO("a slice is given to a helper that wants a key", -EACCES, SKB SLICE(0, 16) OR_OUT "r2 = r0\nr1 = map[fd:0]\ncall lookup#1\n" OUT, .maps = "hash:4:16:4"),
	OK("a slice is given to a global function", SKB SLICE_RDWR(0, 16) OR_OUT "r1 = r0\ncall f\n" OUT "f: r0 = 0\nexit\n", .funcs = "Sic Gin"),
	NO("a slice to be read is given to a global function", -EINVAL, SKB SLICE(0, 16) OR_OUT "r1 = r0\ncall f\n" OUT "f: r0 = 0\nexit\n", .funcs = "Sic Gin"),
	NO("a slice + 4 is given to a global function", -EACCES, SKB SLICE_RDWR(0, 16) OR_OUT "r1 = r0\nr1 += 4\ncall f\n" OUT "f: r0 = 0\nexit\n", .funcs = "Sic Gin"),
	OK("of memory", LOCAL(-16) SLICE(0, 8) OR_OUT "r0 = *(u64 *)(r0 +0)\n" OUT, ARRAY),
	OK("of memory, the dynptr is overwritten", LOCAL(-16) SLICE(0, 8) OR_OUT "*(u64 *)(r10 -16) = 0\nr0 = *(u64 *)(r0 +0)\n" OUT, ARRAY),
	OK("of memory, for writing", LOCAL(-16) SLICE_RDWR(0, 8) OR_OUT "*(u64 *)(r0 +0) = 1\n" OUT, ARRAY),
	NO("of memory, for writing, socket filter", -EINVAL, LOCAL(-16) SLICE_RDWR(0, 8) OUT, ARRAY, SOCKET),
	OK("of a record", RESERVE(-16) SLICE(0, 8) "if r0 == 0 goto +1\nr0 = *(u64 *)(r0 +0)\n" SUBMIT(-16) END, RING),
	OK("of XDP", "r6 = r1\nr2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_xdp\n" SLICE(0, 14) OR_OUT "r0 = *(u8 *)(r0 +13)\n" OUT, XDP),
	NO("of XDP, and the packet moves", -EACCES, "r6 = r1\nr2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_xdp\n" SLICE(0, 14) OR_OUT
	   "r7 = r0\nr1 = r6\nr2 = 0\ncall adjust#65\nr0 = *(u8 *)(r7 +13)\n" OUT, XDP),
	/* bpf_dynptr_data() */
	OK("data of memory", LOCAL(-16) DATA(-16, 0, 8) OR_OUT "*(u64 *)(r0 +0) = 1\n" OUT, ARRAY),
	NO("beyond data", -EACCES, LOCAL(-16) DATA(-16, 0, 8) OR_OUT "*(u64 *)(r0 +1) = 1\n" OUT, ARRAY),
	NO("data is not asked for NULL", -EACCES, LOCAL(-16) DATA(-16, 0, 8) "*(u64 *)(r0 +0) = 1\n" OUT, ARRAY),
	NO("data of an unknown size", -EACCES, "r6 = r1\n" LOCAL(-16) "r3 = *(u32 *)(r6 +0)\n" ARG(1, -16) "r2 = 0\ncall data#203\n" OUT, ARRAY),
	NO("data, and the dynptr is overwritten", -EACCES, LOCAL(-16) DATA(-16, 0, 8) OR_OUT "*(u64 *)(r10 -16) = 0\nr0 = *(u64 *)(r0 +0)\n" OUT, ARRAY),
	NO("data, spilled, and the dynptr is overwritten", -EACCES, LOCAL(-16) DATA(-16, 0, 8) OR_OUT "*(u64 *)(r10 -24) = r0\n*(u64 *)(r10 -16) = 0\n"
	   "r0 = *(u64 *)(r10 -24)\nr0 = *(u64 *)(r0 +0)\n" OUT, ARRAY),
	OK("data, and another is overwritten", LOCAL(-16) LOCAL(-32) DATA(-16, 0, 8) OR_OUT "*(u64 *)(r10 -32) = 0\nr0 = *(u64 *)(r0 +0)\n" OUT, ARRAY),
	OK("data of a packet", SKB DATA(-16, 0, 8) OR_OUT "r0 = *(u64 *)(r0 +0)\n" OUT),
	OK("data of a record", RESERVE(-16) DATA(-16, 0, 8) "if r0 == 0 goto +1\n*(u64 *)(r0 +0) = 1\n" SUBMIT(-16) END, RING),
	NO("data of a record that is submitted", -EACCES, RESERVE(-16) DATA(-16, 0, 8) "r6 = r0\n" SUBMIT(-16) "if r6 == 0 goto +1\nr0 = *(u64 *)(r6 +0)\n" END, RING),
	NO("data of a record, through a clone", -EACCES, RESERVE(-16) CLONE(-16, -32) DATA(-32, 0, 8) "r6 = r0\n" SUBMIT(-16)
	   "if r6 == 0 goto +1\nr0 = *(u64 *)(r6 +0)\n" END, RING),
	OK("a slice of a record that is submitted", RESERVE(-16) SLICE(0, 8) "r6 = r0\n" SUBMIT(-16) "if r6 == 0 goto +1\nr0 = *(u64 *)(r6 +0)\n" END, RING),
};

/* ---- iterators ---- */

#define NEW(off, from, to) ARG(1, off) "r2 = " #from "\nr3 = " #to "\ncall kfunc#bpf_iter_num_new\n"
#define NEXT(off) ARG(1, off) "call kfunc#bpf_iter_num_next\n"
#define DESTROY(off) ARG(1, off) "call kfunc#bpf_iter_num_destroy\n"
#define FOR(from, to) NEW(-8, from, to) "l: " NEXT(-8) "if r0 == 0 goto done\n"
#define DONE "goto l\ndone: " DESTROY(-8) END

static const struct both_row rows_iter[] = {
	OK("made and destroyed", NEW(-8, 0, 10) DESTROY(-8) END),
	NO("not destroyed", -EINVAL, NEW(-8, 0, 10) END),
	NO("destroyed twice", -EINVAL, NEW(-8, 0, 10) DESTROY(-8) DESTROY(-8) END),
	NO("not made", -EINVAL, DESTROY(-8) END),
	NO("next of nothing", -EINVAL, NEXT(-8) END),
	NO("next of what is destroyed", -EINVAL, NEW(-8, 0, 10) DESTROY(-8) NEXT(-8) END),
	NO("made over one", -EINVAL, NEW(-8, 0, 10) NEW(-8, 0, 10) DESTROY(-8) END),
	NO("overwritten", -EINVAL, NEW(-8, 0, 10) "*(u64 *)(r10 -8) = 0\n" DESTROY(-8) END),
	NO("overwritten and left", -EINVAL, NEW(-8, 0, 10) "*(u64 *)(r10 -8) = 0\n" END),
	NO("read", -EACCES, NEW(-8, 0, 10) "r6 = *(u64 *)(r10 -8)\n" DESTROY(-8) END),
	NO("at an odd place", -EINVAL, NEW(-12, 0, 10) DESTROY(-12) END),
	NO("above the stack", -EACCES, NEW(0, 0, 10) END),
	NO("below the stack", -EACCES, NEW(-520, 0, 10) END),
	OK("deepest", NEW(-512, 0, 10) DESTROY(-512) END),
	NO("in a map", -EINVAL, "r1 = map[fd:0][0]+0\nr2 = 0\nr3 = 1\ncall kfunc#bpf_iter_num_new\n" END, ARRAY),
	NO("at a number", -EACCES, "r1 = 0\nr2 = 0\nr3 = 1\ncall kfunc#bpf_iter_num_new\n" END),
	NO("from an address", -EINVAL, ARG(1, -8) "r2 = r10\nr3 = 1\ncall kfunc#bpf_iter_num_new\n" END),
	OK("a dynptr goes", "r6 = r1\n" FROM_SKB(-16) NEW(-8, 0, 1) DESTROY(-8) END),
	OK("a loop", FOR(0, 10) DONE),
	OK("a loop without bounds", "r6 = *(u32 *)(r1 +0)\n" ARG(1, -8) "r2 = 0\nr3 = r6\ncall kfunc#bpf_iter_num_new\nl: " NEXT(-8) "if r0 == 0 goto done\n" DONE),
	NO("the element is not asked for NULL", -EACCES, NEW(-8, 0, 10) NEXT(-8) "r1 = *(u32 *)(r0 +0)\n" DESTROY(-8) END),
	OK("the element", FOR(0, 10) "r1 = *(u32 *)(r0 +0)\n" DONE),
	NO("beyond the element", -EACCES, FOR(0, 10) "r1 = *(u64 *)(r0 +0)\n" DONE),
	NO("the element is written", -EACCES, FOR(0, 10) "*(u32 *)(r0 +0) = 1\n" DONE),
	NO("the element is any number", -EACCES, FOR(0, 10) "r1 = *(u32 *)(r0 +0)\nr2 = map[fd:0][0]+0\nr2 += r1\nr3 = *(u8 *)(r2 +0)\n" DONE, ARRAY),
	OK("the element is checked", FOR(0, 10) "r1 = *(u32 *)(r0 +0)\nif r1 > 15 goto l\nr2 = map[fd:0][0]+0\nr2 += r1\nr3 = *(u8 *)(r2 +0)\n" DONE, ARRAY),
	NO("the element of an iterator that is gone", -EACCES, FOR(0, 10) "r6 = r0\n" DESTROY(-8) "r0 = *(u32 *)(r6 +0)\nexit\ndone: " DESTROY(-8) END),
	OK("left early", FOR(0, 10) "r1 = *(u32 *)(r0 +0)\nif r1 == 5 goto done\n" DONE),
	NO("left without destroying", -EINVAL, FOR(0, 10) "r1 = *(u32 *)(r0 +0)\nif r1 == 5 goto out\n" "goto l\ndone: " DESTROY(-8) "out: r0 = 0\nexit\n"),
	OK("a sum", "r6 = 0\n" FOR(0, 10) "r1 = *(u32 *)(r0 +0)\nr6 += r1\n" DONE),
	OK("a counter", "r6 = 0\n" FOR(0, 10) "r6 += 1\n" DONE),
	OK("a counter in the stack", "*(u64 *)(r10 -16) = 0\n" FOR(0, 10) "r1 = *(u64 *)(r10 -16)\nr1 += 1\n*(u64 *)(r10 -16) = r1\n" DONE),
	NO("a counter that is an offset", -EACCES, "r6 = 0\nr7 = map[fd:0][0]+0\n" FOR(0, 10) "r1 = r7\nr1 += r6\nr2 = *(u8 *)(r1 +0)\nr6 += 1\n" DONE, ARRAY),
	NO("a counter that is an offset behind the loop", -EACCES, "r6 = 0\nr7 = map[fd:0][0]+0\n" FOR(0, 10) "r6 += 1\ngoto l\ndone: r7 += r6\n"
	   "r0 = *(u8 *)(r7 +0)\n" DESTROY(-8) END, ARRAY),
	OK("a counter that is an offset and checked", "r6 = 0\nr7 = map[fd:0][0]+0\n" FOR(0, 10) "if r6 > 15 goto done\nr1 = r7\nr1 += r6\nr2 = *(u8 *)(r1 +0)\nr6 += 1\n" DONE, ARRAY),
	OK("an offset that does not change", "r6 = *(u32 *)(r1 +0)\nr6 &= 15\nr7 = map[fd:0][0]+0\n" FOR(0, 10) "r1 = r7\nr1 += r6\nr2 = *(u8 *)(r1 +0)\n" DONE, ARRAY),
	OK("one in another", FOR(0, 10) NEW(-16, 0, 5) "m: " NEXT(-16) "if r0 == 0 goto done2\ngoto m\ndone2: " DESTROY(-16) DONE),
	NO("one in another that is not destroyed", -EINVAL, FOR(0, 10) NEW(-16, 0, 5) "m: " NEXT(-16) "if r0 == 0 goto done2\ngoto m\ndone2: " DONE),
	OK("one in another, summing", "r6 = 0\nr7 = 0\n" FOR(0, 10) "r6 += 1\n" NEW(-16, 0, 5) "m: " NEXT(-16) "if r0 == 0 goto done2\nr7 += r6\ngoto m\ndone2: " DESTROY(-16) DONE),
	OK("next twice", FOR(0, 10) NEXT(-8) "if r0 == 0 goto done\n" DONE),
	OK("next at its end", NEW(-8, 0, 10) "l: " NEXT(-8) "if r0 != 0 goto l\n" NEXT(-8) "if r0 != 0 goto l\n" DESTROY(-8) END),
	OK("in a function", "call f\n" END "f: " FOR(0, 10) DONE),
	OK("made by a function", ARG(1, -8) "call f\nl: " NEXT(-8) "if r0 == 0 goto done\n" DONE "f: r2 = 0\nr3 = 10\ncall kfunc#bpf_iter_num_new\n" END),
	OK("asked by a function", NEW(-8, 0, 10) "l: " ARG(1, -8) "call f\nif r0 == 0 goto done\n" DONE "f: call kfunc#bpf_iter_num_next\nexit\n"),
	OK("destroyed by a function", NEW(-8, 0, 10) ARG(1, -8) "call f\n" END "f: call kfunc#bpf_iter_num_destroy\n" END),
	NO("a stack pointer of the loop is a number then", -EACCES, "r6 = r10\n" FOR(0, 10) "r6 = 5\ngoto l\ndone: r6 = *(u64 *)(r6 -8)\n" DESTROY(-8) END),
	OK("a pointer changes", "r6 = map[fd:0][0]+0\n" FOR(0, 10) "r6 = map[fd:0][0]+0\nr6 += 8\ngoto l\ndone: r6 = *(u64 *)(r6 +0)\n" DESTROY(-8) END, ARRAY),
	NO("a pointer moves on for ever", -EACCES, "r6 = map[fd:0][0]+0\n" FOR(0, 10) "r1 = *(u8 *)(r6 +0)\nr6 += 1\n" DONE, ARRAY),
	NO("an endless loop inside", -EINVAL, FOR(0, 10) "goto l2\nl2: goto l2\n" DONE),
	OK("a bounded loop inside", FOR(0, 10) "r6 = 0\nm: r6 += 1\nif r6 < 5 goto m\n" DONE),
	OK("a record in each round", FOR(0, 10) "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\nif r0 == 0 goto l\nr1 = r0\nr2 = 0\ncall submit#132\n" DONE, RING),
	NO("a record in each round that is kept", -EINVAL, FOR(0, 10) "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall reserve#131\n" DONE, RING),
	OK("XDP", FOR(0, 10) DONE, XDP),
	OK("socket filter", FOR(0, 10) DONE, SOCKET),
};

#define ROWS(name) static void test_##name(void **state) { both_rows(*state, rows_##name, ARRAY_SIZE(rows_##name)); }
ROWS(call)
ROWS(section)
ROWS(make)
ROWS(use)
ROWS(slice)
ROWS(iter)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call), cmocka_unit_test(test_section), cmocka_unit_test(test_make),
		cmocka_unit_test(test_use), cmocka_unit_test(test_slice), cmocka_unit_test(test_iter),
	};

	return both_run("verify kfuncs", tests, ARRAY_SIZE(tests));
}
