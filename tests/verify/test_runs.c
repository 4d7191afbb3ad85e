// SPDX-License-Identifier: BSD-2-Clause
/* test_runs.c - what is accepted runs, and does what it does on Linux: kernel functions, dynptrs, iterators, callbacks.
 *
 *   row -> PROG_LOAD, BPF_PROG_TEST_RUN on Linux | on an engine that verifies | on one that checks while it runs
 *       -> the same errno, return value and packet
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "both.h"

#include "object/engine.h"

#define LEN 64
#define ROOM 512

enum { VERIFIED, LINUX, CHECKED, RUNS };

struct outcome {
	int err;
	u32 ret, len;
	u8 data[ROOM];
};

struct sides {
	struct both *both;
	struct both plain;     /* its engine does not verify */
};

#define R(name, text, ...) { name, 0, text, __VA_ARGS__ }
#define ARRAY .maps = "array:4:64:1"
#define RING .maps = "ringbuf:0:0:4096"
#define XDP .type = BPF_PROG_TYPE_XDP
#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER

#define ARG(n, off) "r" #n " = r10\nr" #n " += " #off "\n"
#define FROM_SKB(off) "r1 = r6\nr2 = 0\nr3 = r10\nr3 += " #off "\ncall kfunc#bpf_dynptr_from_skb\n"
#define SKB "r6 = r1\n" FROM_SKB(-16)
#define FRAME "r6 = r1\nr2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_xdp\n"
#define SIZE(off) ARG(1, off) "call kfunc#bpf_dynptr_size\n"
#define SLICE(off, len) ARG(1, -16) "r2 = " #off "\n" ARG(3, -64) "r4 = " #len "\ncall kfunc#bpf_dynptr_slice\n"
#define SLICE_RDWR(off, len) ARG(1, -16) "r2 = " #off "\n" ARG(3, -64) "r4 = " #len "\ncall kfunc#bpf_dynptr_slice_rdwr\n"
#define SLICE_NULL(off, len) ARG(1, -16) "r2 = " #off "\nr3 = 0\nr4 = " #len "\ncall kfunc#bpf_dynptr_slice\n"
#define IS_NULL "if r0 == 0 goto +1\nr0 = 1\nexit\n"
#define ADJUST(off, from, to) ARG(1, off) "r2 = " #from "\nr3 = " #to "\ncall kfunc#bpf_dynptr_adjust\n"
#define READ(off, at, len) ARG(1, -64) "r2 = " #len "\n" ARG(3, off) "r4 = " #at "\nr5 = 0\ncall read#201\n"
#define WRITE(off, at, len, flags) ARG(1, off) "r2 = " #at "\n" ARG(3, -64) "r4 = " #len "\nr5 = " #flags "\ncall write#202\n"
#define BUFFER "r1 = 0x1122334455667788 ll\n*(u64 *)(r10 -64) = r1\n*(u64 *)(r10 -56) = r1\n*(u64 *)(r10 -48) = r1\n*(u64 *)(r10 -40) = r1\n"
#define CLONE(from, to) ARG(1, from) ARG(2, to) "call kfunc#bpf_dynptr_clone\n"
#define COPY(to, to_off, from, from_off, len) ARG(1, to) "r2 = " #to_off "\n" ARG(3, from) "r4 = " #from_off "\nr5 = " #len "\ncall kfunc#bpf_dynptr_copy\n"
#define MEMSET(off, at, len, value) ARG(1, off) "r2 = " #at "\nr3 = " #len "\nr4 = " #value "\ncall kfunc#bpf_dynptr_memset\n"
#define VALUE "r1 = map[fd:0][0]+0\n"
#define LOCAL(off, size) VALUE "r2 = " #size "\nr3 = 0\n" ARG(4, off) "call from_mem#197\n"
#define RESERVE(off, size) "r1 = map[fd:0]\nr2 = " #size "\nr3 = 0\n" ARG(4, off) "call reserve#198\n"
#define SUBMIT(off) ARG(1, off) "r2 = 0\ncall submit#199\n"
#define DATA(off, at, len) ARG(1, off) "r2 = " #at "\nr3 = " #len "\ncall data#203\n"
/* The bytes of the buffer, mixed. */
#define MIXED "r0 = *(u64 *)(r10 -64)\nr1 = *(u64 *)(r10 -56)\nr0 *= 7\nr0 += r1\nr1 = r0\nr1 >>= 32\nr0 ^= r1\nexit\n"

static const struct both_row rows_dynptr[] = {
	R("from the packet", SKB "exit\n"),
	R("its size", SKB SIZE(-16) "exit\n"),
	R("with flags", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\nexit\n"),
	R("with flags there is none", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" SIZE(-16) "exit\n"),
	R("is it null", SKB ARG(1, -16) "call kfunc#bpf_dynptr_is_null\nr0 &= 255\nexit\n"),
	R("is none null", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" ARG(1, -16) "call kfunc#bpf_dynptr_is_null\nr0 &= 255\nexit\n"),
	R("is it read-only", SKB ARG(1, -16) "call kfunc#bpf_dynptr_is_rdonly\nr0 &= 255\nexit\n"),
	R("is it read-only, socket filter", SKB ARG(1, -16) "call kfunc#bpf_dynptr_is_rdonly\nr0 &= 255\nexit\n", SOCKET),
	R("its size, socket filter", SKB SIZE(-16) "exit\n", SOCKET),
	R("a slice", SKB SLICE(20, 8) "if r0 == 0 goto +2\nr1 = *(u64 *)(r0 +0)\nr0 = r1\nexit\n"),
	R("a slice, socket filter", SKB SLICE(20, 8) "if r0 == 0 goto +2\nr1 = *(u64 *)(r0 +0)\nr0 = r1\nexit\n", SOCKET),
	R("the whole packet", SKB SLICE_NULL(0, 64) IS_NULL),
	R("one byte more", SKB SLICE_NULL(0, 65) IS_NULL),
	R("one byte too far", SKB SLICE_NULL(1, 64) IS_NULL),
	R("far away", SKB SLICE_NULL(-1, 1) IS_NULL),
	R("no bytes at the end", SKB SLICE_NULL(64, 0) IS_NULL),
	R("no bytes behind it", SKB SLICE_NULL(65, 0) IS_NULL),
	R("a slice is changed", SKB SLICE_RDWR(20, 8) "if r0 == 0 goto +3\nr1 = 0x1234 ll\n*(u64 *)(r0 +0) = r1\nr0 = 0\nexit\n"),
	R("adjusted", SKB ADJUST(-16, 10, 20) "r6 = r0\n" SIZE(-16) "r0 += r6\nexit\n"),
	R("adjusted twice", SKB ADJUST(-16, 10, 20) ADJUST(-16, 2, 5) SLICE(0, 1) "if r0 == 0 goto +1\nr0 = *(u8 *)(r0 +0)\nexit\n"),
	R("adjusted to nothing", SKB ADJUST(-16, 10, 10) SIZE(-16) "exit\n"),
	R("adjusted to less than nothing", SKB ADJUST(-16, 10, 9) "exit\n"),
	R("adjusted to all", SKB ADJUST(-16, 0, 64) "exit\n"),
	R("adjusted to more", SKB ADJUST(-16, 0, 65) "exit\n"),
	R("adjusted from behind", SKB ADJUST(-16, 65, 66) "exit\n"),
	R("adjusted none", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" ADJUST(-16, 0, 0) "exit\n"),
	R("beyond what it was adjusted to", SKB ADJUST(-16, 10, 20) SLICE_NULL(0, 11) IS_NULL),
	R("read", SKB READ(-16, 20, 16) MIXED),
	R("read, adjusted", SKB ADJUST(-16, 4, 60) READ(-16, 20, 16) MIXED),
	R("read beyond", SKB BUFFER READ(-16, 60, 16) "exit\n"),
	R("read beyond, the buffer", SKB BUFFER READ(-16, 60, 16) MIXED),
	R("read no bytes", SKB READ(-16, 60, 0) "exit\n"),
	R("read with flags", SKB ARG(1, -64) "r2 = 8\n" ARG(3, -16) "r4 = 0\nr5 = 1\ncall read#201\nexit\n"),
	R("written", SKB BUFFER WRITE(-16, 20, 16, 0) "exit\n"),
	R("written with BPF_F_INVALIDATE_HASH", SKB BUFFER WRITE(-16, 20, 16, 2) "exit\n"),
	R("written with no such flag", SKB BUFFER WRITE(-16, 20, 16, 4) "exit\n"),
	R("written beyond", SKB BUFFER WRITE(-16, 60, 16, 0) "exit\n"),
	R("written by a socket filter", SKB BUFFER WRITE(-16, 20, 16, 0) "exit\n", SOCKET),
	R("set", SKB MEMSET(-16, 20, 16, 7) "exit\n"),
	R("set beyond", SKB MEMSET(-16, 60, 16, 7) "exit\n"),
	R("set nothing", SKB MEMSET(-16, 64, 0, 7) "exit\n"),
	R("set none", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" MEMSET(-16, 0, 0, 7) "exit\n"),
	R("set none, a byte", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" MEMSET(-16, 0, 1, 7) "exit\n"),
	R("set by a socket filter", SKB MEMSET(-16, 20, 16, 7) "exit\n", SOCKET),
	R("set by a socket filter, beyond", SKB MEMSET(-16, 60, 16, 7) "exit\n", SOCKET),
	R("cloned", SKB CLONE(-16, -32) "r6 = r0\n" SIZE(-32) "r0 += r6\nexit\n"),
	R("cloned, and the first adjusted", SKB CLONE(-16, -32) ADJUST(-16, 10, 20) SIZE(-32) "exit\n"),
	R("cloned none", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" CLONE(-16, -32) "r6 = r0\n" SIZE(-32) "r0 *= 2\nr0 += r6\nexit\n"),
	R("copied", SKB FROM_SKB(-32) COPY(-16, 0, -32, 20, 14) "exit\n"),
	R("copied over itself", SKB FROM_SKB(-32) COPY(-16, 20, -32, 24, 30) "exit\n"),
	R("copied beyond", SKB FROM_SKB(-32) COPY(-16, 0, -32, 60, 14) "exit\n"),
	R("copied to beyond", SKB FROM_SKB(-32) COPY(-16, 60, -32, 20, 14) "exit\n"),
	R("copied both beyond", SKB FROM_SKB(-32) COPY(-16, 60, -32, 60, 14) "exit\n"),
	R("copied none", SKB "r1 = r6\nr2 = 1\n" ARG(3, -32) "call kfunc#bpf_dynptr_from_skb\n" COPY(-16, 0, -32, 0, 1) "exit\n"),
	R("copied to none", SKB "r1 = r6\nr2 = 1\n" ARG(3, -32) "call kfunc#bpf_dynptr_from_skb\n" COPY(-32, 0, -16, 0, 1) "exit\n"),
	R("copied none to none", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb\n" COPY(-16, 0, -16, 0, 0) "exit\n"),
	R("copied by a socket filter", SKB FROM_SKB(-32) COPY(-16, 0, -32, 20, 14) "exit\n", SOCKET),
	R("copied to memory", "r6 = r1\n" LOCAL(-32, 64) FROM_SKB(-16) COPY(-32, 0, -16, 20, 16) "r1 = map[fd:0][0]+0\nr0 = *(u64 *)(r1 +8)\nexit\n", ARRAY),
	R("copied from memory", "r6 = r1\n" VALUE "r2 = 0x1122334455667788 ll\n*(u64 *)(r1 +8) = r2\n" LOCAL(-32, 64) FROM_SKB(-16)
	  COPY(-16, 20, -32, 4, 16) "exit\n", ARRAY),
	R("metadata", "r2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb_meta\nr6 = r0\n" SIZE(-16) "r0 += r6\nexit\n"),
	R("metadata with flags", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb_meta\nexit\n"),
	R("metadata, a slice", "r2 = 0\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_skb_meta\n" SLICE_NULL(0, 1) IS_NULL),
	R("the packet grows", SKB "r1 = r6\nr2 = 80\nr3 = 0\ncall change_tail#38\n" SIZE(-16) "exit\n"),
	R("the packet shrinks", SKB "r1 = r6\nr2 = 30\nr3 = 0\ncall change_tail#38\n" SLICE_NULL(20, 20) IS_NULL),
	R("the packet shrinks, and bytes are read", SKB "r1 = r6\nr2 = 30\nr3 = 0\ncall change_tail#38\n" READ(-16, 20, 16) "exit\n"),
};

static const struct both_row rows_memory[] = {
	R("of memory", LOCAL(-16, 64) "r6 = r0\n" SIZE(-16) "r0 += r6\nexit\n", ARRAY),
	R("of no memory", LOCAL(-16, 0) "r6 = r0\n" SIZE(-16) "r0 += r6\nexit\n", ARRAY),
	R("of memory, with flags", VALUE "r2 = 64\nr3 = 1\n" ARG(4, -16) "call from_mem#197\nexit\n", ARRAY),
	R("its data", LOCAL(-16, 64) DATA(-16, 8, 8) "if r0 == 0 goto +4\n*(u64 *)(r0 +0) = 77\nr1 = map[fd:0][0]+8\nr0 = *(u64 *)(r1 +0)\nexit\n", ARRAY),
	R("no data beyond", LOCAL(-16, 64) DATA(-16, 60, 8) IS_NULL, ARRAY),
	R("no data of a packet", SKB DATA(-16, 0, 8) IS_NULL),
	R("a slice of memory", LOCAL(-16, 64) SLICE_RDWR(8, 8) "if r0 == 0 goto +3\nr1 = 77\n*(u64 *)(r0 +0) = r1\nr0 = 3\nexit\n", ARRAY),
	R("written to memory", LOCAL(-16, 64) BUFFER WRITE(-16, 8, 16, 0) VALUE "r0 = *(u64 *)(r1 +12)\nexit\n", ARRAY),
	R("written to memory with flags", LOCAL(-16, 64) BUFFER WRITE(-16, 8, 16, 1) "exit\n", ARRAY),
	R("read from memory", VALUE "r2 = 0x1122334455667788 ll\n*(u64 *)(r1 +8) = r2\n" LOCAL(-16, 64) READ(-16, 6, 16) MIXED, ARRAY),
	R("memory is set", LOCAL(-16, 64) MEMSET(-16, 3, 40, 9) VALUE "r0 = *(u64 *)(r1 +2)\nexit\n", ARRAY),
	R("a record", RESERVE(-16, 16) "r6 = r0\n" SIZE(-16) "r7 = r0\n" SUBMIT(-16) "r0 = r6\nr0 += r7\nexit\n", RING),
	R("a record that is too large", RESERVE(-16, 5000) "r6 = r0\n" SUBMIT(-16) "r0 = r6\nexit\n", RING),
	R("a record with flags", "r1 = map[fd:0]\nr2 = 8\nr3 = 1\n" ARG(4, -16) "call reserve#198\nr6 = r0\n" SUBMIT(-16) "r0 = r6\nexit\n", RING),
	R("a record, written and read", RESERVE(-16, 32) BUFFER WRITE(-16, 8, 16, 0) READ(-16, 4, 16) "r6 = *(u64 *)(r10 -64)\n" SUBMIT(-16) "r0 = r6\nexit\n", RING),
	R("a record, its data", RESERVE(-16, 32) DATA(-16, 8, 8) "r6 = 0\nif r0 == 0 goto +2\n*(u64 *)(r0 +0) = 5\nr6 = *(u64 *)(r0 +0)\n" SUBMIT(-16) "r0 = r6\nexit\n", RING),
	R("a record is discarded", RESERVE(-16, 32) ARG(1, -16) "r2 = 0\ncall discard#200\n" RESERVE(-16, 32) "r6 = r0\n" SUBMIT(-16) "r0 = r6\nexit\n", RING),
	R("a record, a clone of it submitted", RESERVE(-16, 32) CLONE(-16, -32) SUBMIT(-32) "r1 = map[fd:0]\nr2 = 0\ncall query#134\nexit\n", RING),
	R("what is in the buffer", RESERVE(-16, 32) SUBMIT(-16) "r1 = map[fd:0]\nr2 = 1\ncall query#134\nexit\n", RING),
};

static const struct both_row rows_frame[] = {
	R("from a frame", FRAME "r7 = r0\n" SIZE(-16) "r0 += r7\nexit\n", XDP),
	R("with flags", "r2 = 1\n" ARG(3, -16) "call kfunc#bpf_dynptr_from_xdp\nexit\n", XDP),
	R("a slice", FRAME SLICE(20, 8) "if r0 == 0 goto +2\nr1 = *(u64 *)(r0 +0)\nr0 = r1\nexit\n", XDP),
	R("a slice is changed", FRAME SLICE_RDWR(20, 8) "if r0 == 0 goto +3\nr1 = 0x1234 ll\n*(u64 *)(r0 +0) = r1\nr0 = 2\nexit\n", XDP),
	R("one byte more", FRAME SLICE_NULL(0, 65) IS_NULL, XDP),
	R("read", FRAME READ(-16, 20, 16) MIXED, XDP),
	R("read beyond", FRAME READ(-16, 60, 16) "exit\n", XDP),
	R("written", FRAME BUFFER WRITE(-16, 20, 16, 0) "exit\n", XDP),
	R("written with flags", FRAME BUFFER WRITE(-16, 20, 16, 1) "exit\n", XDP),
	R("set", FRAME MEMSET(-16, 20, 16, 7) "exit\n", XDP),
	R("the frame shrinks", FRAME "r1 = r6\nr2 = -40\ncall adjust_tail#65\n" SLICE_NULL(20, 20) IS_NULL, XDP),
	R("the frame shrinks, and bytes are read", FRAME "r1 = r6\nr2 = -40\ncall adjust_tail#65\n" READ(-16, 20, 16) "exit\n", XDP),
};

/* ---- iterators ---- */

#define NEW(off, from, to) ARG(1, off) "r2 = " #from "\nr3 = " #to "\ncall kfunc#bpf_iter_num_new\n"
#define NEXT(off) ARG(1, off) "call kfunc#bpf_iter_num_next\n"
#define DESTROY(off) ARG(1, off) "call kfunc#bpf_iter_num_destroy\n"
#define SUM(from, to) "r6 = 0\n" NEW(-8, from, to) "r7 = r0\nl: " NEXT(-8) "if r0 == 0 goto done\nr1 = *(s32 *)(r0 +0)\nr6 += 1000\nr6 += r1\ngoto l\n" \
	"done: " DESTROY(-8) "r0 = r6\nr0 += r7\nexit\n"

static const struct both_row rows_iter[] = {
	R("0..9", SUM(0, 10)), R("5..9", SUM(5, 10)), R("-3..2", SUM(-3, 3)), R("none", SUM(3, 3)), R("backwards", SUM(3, 2)),
	R("one", SUM(3, 4)), R("from the least", SUM(-2147483648, -2147483645)), R("to the most", SUM(2147483640, 2147483647)),
	R("all", SUM(-2147483648, 2147483647)), R("8 Mi and one", SUM(0, 8388609)),
	R("8 Mi", NEW(-8, 0, 8388608) "r6 = r0\n" DESTROY(-8) "r0 = r6\nexit\n"),
	R("next at its end", NEW(-8, 0, 2) NEXT(-8) NEXT(-8) NEXT(-8) NEXT(-8) "r6 = r0\n" DESTROY(-8) "r0 = r6\nif r6 == 0 goto +1\nr0 = 1\nexit\n"),
	R("one in another", "r6 = 0\n" NEW(-8, 0, 5) "l: " NEXT(-8) "if r0 == 0 goto done\n" NEW(-16, 0, 7) "m: " NEXT(-16) "if r0 == 0 goto inner\n"
	  "r6 += 1\ngoto m\ninner: " DESTROY(-16) "goto l\ndone: " DESTROY(-8) "r0 = r6\nexit\n"),
};

/* ---- strings ---- */

/* map 0 holds text at 0, 16, 32 and 48 */
#define TEXTS "r6 = map[fd:0][0]+0\nr1 = 0x006f6c6c6568 ll\n*(u64 *)(r6 +0) = r1\nr1 = 0x00006c6c65 ll\n*(u64 *)(r6 +16) = r1\n" \
	"r1 = 0x4f4c4c4548 ll\n*(u64 *)(r6 +32) = r1\nr1 = 0x80ff ll\n*(u64 *)(r6 +48) = r1\n"
#define AT(n, off) "r" #n " = r6\nr" #n " += " #off "\n"
#define TWO(name, a, b) R(#name " " #a " " #b, TEXTS AT(1, a) AT(2, b) "call kfunc#bpf_" #name "\nexit\n", ARRAY)
#define ONE(name, a, c) R(#name " " #a " " #c, TEXTS AT(1, a) "r2 = " #c "\ncall kfunc#bpf_" #name "\nexit\n", ARRAY)

static const struct both_row rows_text[] = {
	TWO(strcmp, 0, 0), TWO(strcmp, 0, 16), TWO(strcmp, 16, 0), TWO(strcmp, 0, 32), TWO(strcmp, 48, 0), TWO(strcmp, 0, 48),
	TWO(strcasecmp, 0, 32), TWO(strcasecmp, 32, 0), TWO(strcasecmp, 0, 16), TWO(strcasecmp, 48, 0),
	TWO(strspn, 0, 0), TWO(strspn, 0, 16), TWO(strspn, 1, 16), TWO(strspn, 0, 32), TWO(strspn, 5, 0),
	TWO(strcspn, 0, 0), TWO(strcspn, 0, 16), TWO(strcspn, 1, 16), TWO(strcspn, 0, 32), TWO(strcspn, 0, 5),
	TWO(strstr, 0, 16), TWO(strstr, 0, 0), TWO(strstr, 16, 0), TWO(strstr, 0, 5), TWO(strstr, 5, 0), TWO(strstr, 0, 32),
	ONE(strchr, 0, 108), ONE(strchr, 0, 104), ONE(strchr, 0, 120), ONE(strchr, 0, 0), ONE(strchr, 48, 255), ONE(strchr, 48, -1), ONE(strchr, 0, 364),
	ONE(strchrnul, 0, 108), ONE(strchrnul, 0, 120), ONE(strchrnul, 0, 0), ONE(strchrnul, 5, 1),
	ONE(strrchr, 0, 108), ONE(strrchr, 0, 104), ONE(strrchr, 0, 120), ONE(strrchr, 0, 0), ONE(strrchr, 0, 364), ONE(strrchr, 48, -128), ONE(strrchr, 48, 128),
	ONE(strnlen, 0, 0), ONE(strnlen, 0, 3), ONE(strnlen, 0, 5), ONE(strnlen, 0, 6), ONE(strnlen, 0, 100), ONE(strnlen, 0, -1),
	ONE(strlen, 0, 0), ONE(strlen, 5, 0), ONE(strlen, 48, 0),
	R("strcasecmp of letters with accents", "r6 = map[fd:0][0]+0\n*(u32 *)(r6 +0) = 0xc0ded6\n*(u32 *)(r6 +16) = 0xe0fef6\n" AT(1, 0) AT(2, 16)
	  "call kfunc#bpf_strcasecmp\nexit\n", ARRAY),
	R("strcasecmp of signs", "r6 = map[fd:0][0]+0\n*(u32 *)(r6 +0) = 0xd7\n*(u32 *)(r6 +16) = 0xf7\n" AT(1, 0) AT(2, 16)
	  "call kfunc#bpf_strcasecmp\nexit\n", ARRAY),
	R("strcasecmp of [", "r6 = map[fd:0][0]+0\n*(u32 *)(r6 +0) = 0x5b\n*(u32 *)(r6 +16) = 0x7b\n" AT(1, 0) AT(2, 16)
	  "call kfunc#bpf_strcasecmp\nexit\n", ARRAY),
	R("strnchr 4", TEXTS AT(1, 0) "r2 = 4\nr3 = 111\ncall kfunc#bpf_strnchr\nexit\n", ARRAY),
	R("strnchr 5", TEXTS AT(1, 0) "r2 = 5\nr3 = 111\ncall kfunc#bpf_strnchr\nexit\n", ARRAY),
	R("strnchr 0", TEXTS AT(1, 0) "r2 = 0\nr3 = 104\ncall kfunc#bpf_strnchr\nexit\n", ARRAY),
	R("strnchr 6, the end", TEXTS AT(1, 0) "r2 = 6\nr3 = 0\ncall kfunc#bpf_strnchr\nexit\n", ARRAY),
	R("strnstr 3", TEXTS AT(1, 0) AT(2, 16) "r3 = 3\ncall kfunc#bpf_strnstr\nexit\n", ARRAY),
	R("strnstr 4", TEXTS AT(1, 0) AT(2, 16) "r3 = 4\ncall kfunc#bpf_strnstr\nexit\n", ARRAY),
	R("strnstr 0", TEXTS AT(1, 0) AT(2, 16) "r3 = 0\ncall kfunc#bpf_strnstr\nexit\n", ARRAY),
	R("strnstr of nothing in 0", TEXTS AT(1, 0) AT(2, 5) "r3 = 0\ncall kfunc#bpf_strnstr\nexit\n", ARRAY),
	R("strnstr 5 of itself", TEXTS AT(1, 0) AT(2, 0) "r3 = 5\ncall kfunc#bpf_strnstr\nexit\n", ARRAY),
	R("strlen of NULL", "r1 = 0\ncall kfunc#bpf_strlen\nexit\n"),
	R("strlen of a small number", "r1 = 77\ncall kfunc#bpf_strlen\nexit\n"),
	R("strlen of a number that is none of the kernel's addresses", "r1 = 0x7fff12345678 ll\ncall kfunc#bpf_strlen\nexit\n"),
	R("strlen of an address where nothing is", "r1 = 0xfffffffffffff000 ll\ncall kfunc#bpf_strlen\nexit\n"),
	R("strcmp with NULL", TEXTS AT(1, 0) "r2 = 0\ncall kfunc#bpf_strcmp\nexit\n", ARRAY),
	R("strlen of the stack", "r1 = 0x006f6c6c6568 ll\n*(u64 *)(r10 -8) = r1\n" ARG(1, -8) "call kfunc#bpf_strlen\nexit\n"),
	R("strlen of what was looked up", "*(u32 *)(r10 -4) = 0\n" ARG(2, -4) "r1 = map[fd:0]\ncall lookup#1\nif r0 != 0 goto +1\nexit\nr1 = 0x41414141 ll\n"
	  "*(u64 *)(r0 +16) = r1\nr1 = r0\nr1 += 16\ncall kfunc#bpf_strlen\nexit\n", ARRAY),
};

static const struct both_row rows_section[] = {
	R("RCU", "call kfunc#bpf_rcu_read_lock\ncall kfunc#bpf_rcu_read_unlock\nr0 = 5\nexit\n"),
	R("preemption", "call kfunc#bpf_preempt_disable\ncall kfunc#bpf_preempt_enable\nr0 = 5\nexit\n"),
	R("interrupts", ARG(1, -8) "call kfunc#bpf_local_irq_save\n" ARG(1, -8) "call kfunc#bpf_local_irq_restore\nr0 = 5\nexit\n"),
	R("a dead call of what there is not", "r0 = 5\nif r0 == 5 goto +1\ncall kfunc#bpf_dynptr_from_xdp\nexit\n"),
};

/* ---- functions and callbacks of verified programs ---- */

#define LOOP(n) "r1 = " #n "\nr2 = subprog[cb]\nr3 = r10\nr3 += -8\nr4 = 0\ncall loop#181\n"

static const struct both_row rows_back[] = {
	R("a static function", "r1 = 5\ncall f\nr0 += 1\nexit\nf: r0 = r1\nr0 *= 2\nexit\n"),
	R("a global function", "r1 = 5\ncall f\nr0 += 1\nexit\nf: r0 = r1\nr0 *= 2\nexit\n", .funcs = "Sic Gii"),
	R("a function behind dead code", "r1 = 5\nif r1 == 5 goto +2\nr1 = 6\nr1 += 1\ncall f\nexit\nf: if r1 == 5 goto +1\nr1 = 9\nr0 = r1\nexit\n"),
	R("bpf_loop", "*(u64 *)(r10 -8) = 0\n" LOOP(10) "r6 = *(u64 *)(r10 -8)\nr0 *= 1000\nr0 += r6\nexit\n"
	  "cb: r3 = *(u64 *)(r2 +0)\nr3 += r1\n*(u64 *)(r2 +0) = r3\nr0 = 0\nexit\n", .funcs = "Sic Sip"),
	R("bpf_loop behind dead code", "r1 = 0\nif r1 == 0 goto +2\nr1 = 5\nr1 += 1\n*(u64 *)(r10 -8) = 0\n" LOOP(10) "exit\n"
	  "cb: r3 = 0\nif r3 == 0 goto +1\nr3 = 7\nr0 = r1\nr0 >>= 2\nr0 &= 1\nexit\n", .funcs = "Sic Sip"),
	R("each element", "*(u64 *)(r10 -8) = 0\nr1 = map[fd:0]\nr2 = subprog[cb]\nr3 = r10\nr3 += -8\nr4 = 0\ncall each#164\nr6 = *(u64 *)(r10 -8)\nr0 *= 1000\nr0 += r6\nexit\n"
	  "cb: r3 = *(u32 *)(r2 +0)\nr1 = *(u64 *)(r4 +0)\nr1 += r3\n*(u64 *)(r4 +0) = r1\nr0 = 0\nexit\n", .maps = "array:4:8:5", .funcs = "Sic Sip"),
	R("a loop that is never gone round", LOOP(0) "exit\ncb: r0 = 0\nexit\n", .funcs = "Sic Sip"),
};

static void run(struct both *both, enum both_side side, const struct both_prog *prog, struct outcome *out)
{
	u8 in[LEN];
	union bpf_attr attr;
	int fd;

	memset(out, 0, sizeof(*out));
	for (u32 i = 0; i < LEN; i++)
		in[i] = (u8)(i * 7);
	put_be16(in + 12, 0x0800);
	both_drop_maps(both);
	fd = both_load(both, side, prog, 0);
	if (fd < 0) {
		out->err = fd;
		return;
	}
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)fd;
	attr.test.data_in = ptr_u64(in);
	attr.test.data_size_in = LEN;
	attr.test.data_out = ptr_u64(out->data);
	attr.test.data_size_out = ROOM;
	attr.test.repeat = 1;
	out->err = backend_bpf(both->side[side], BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	out->ret = attr.test.retval;
	out->len = attr.test.data_size_out;
	backend_close(both->side[side], fd);
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->err == b->err && a->ret == b->ret && a->len == b->len && !memcmp(a->data, b->data, sizeof(a->data));
}

static void say(const char *name, const char *who, const struct outcome *is, const struct outcome *be)
{
	u32 at = 0;

	while (at < sizeof(is->data) && is->data[at] == be->data[at])
		at++;
	print_error("%s: %s answers %d, returns 0x%x, leaves %u bytes; Linux %d, 0x%x, %u; first byte that differs: %u\n",
		    name, who, is->err, is->ret, is->len, be->err, be->ret, be->len, at);
}

static void rows_run(struct sides *sides, const struct both_row *rows, size_t count)
{
	static struct outcome of[RUNS];
	u32 wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct both_prog prog;
		struct bpf_insn *insns;

		both_row_prog(&rows[i], &prog, &insns);
		run(sides->both, BOTH_ENGINE, &prog, &of[VERIFIED]);
		run(&sides->plain, BOTH_ENGINE, &prog, &of[CHECKED]);
		of[LINUX] = of[VERIFIED];
		if (sides->both->side[BOTH_LINUX])
			run(sides->both, BOTH_LINUX, &prog, &of[LINUX]);
		free(insns);
		if (of[LINUX].err) {
			print_error("%s: Linux answers %d\n", rows[i].name, of[LINUX].err);
			wrong++;
		}
		if (!same(&of[VERIFIED], &of[LINUX])) {
			say(rows[i].name, "verified, it", &of[VERIFIED], &of[LINUX]);
			wrong++;
		}
		if (!same(&of[CHECKED], &of[LINUX])) {
			say(rows[i].name, "checked, it", &of[CHECKED], &of[LINUX]);
			wrong++;
		}
	}
	if (wrong)
		fail_msg("%u runs went otherwise", wrong);
}

static void sides_run(void **state, const struct both_row *rows, size_t count)
{
	const struct engine_config config = { .cpus = 2, .fixed_seed = true, .seed = 7 };
	struct sides sides = { .both = *state };

	sides.plain.btf[BOTH_ENGINE] = sides.plain.btf[BOTH_LINUX] = -1;
	assert_int_equal(backend_engine_create(&config, &sides.plain.side[BOTH_ENGINE]), 0);
	rows_run(&sides, rows, count);
	both_drop_maps(&sides.plain);
	backend_destroy(sides.plain.side[BOTH_ENGINE]);
	free(sides.plain.kept);
}

#define ROWS(name) static void test_##name(void **state) { sides_run(state, rows_##name, ARRAY_SIZE(rows_##name)); }
ROWS(dynptr)
ROWS(memory)
ROWS(frame)
ROWS(iter)
ROWS(text)
ROWS(section)
ROWS(back)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dynptr), cmocka_unit_test(test_memory), cmocka_unit_test(test_frame),
		cmocka_unit_test(test_iter), cmocka_unit_test(test_text), cmocka_unit_test(test_section),
		cmocka_unit_test(test_back),
	};

	return both_run("verify runs", tests, ARRAY_SIZE(tests));
}
