// SPDX-License-Identifier: BSD-2-Clause
/* test_checked.c - what a program that nobody verified may do, and what happens where it stops.
 *
 * A case is a program. Either it ends with the R0 that is said, or the instruction behind the label
 * `bad` ends it with the errno and the words that are said. Legal accesses at the very edge stand
 * beside the illegal one next to them. The packet has 64 bytes, 0x0800 at 12.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/auxv.h>

#include <cmocka.h>

#include "rig.h"

/* The maps of all cases, by slot. Element 1 of each array and hash is 1, 2, 3, ... */
enum { ARRAY, HASH, RDONLY, WRONLY, JUMPS, ONE, LPM, PERCPU, RING };

struct test {
	const char *name, *text;
	u64 r0;
	int error;              /* 0: it passes */
	const char *words;      /* of the sentence */
	bool here;              /* Linux differs, for a reason that the name says */
};

#define OK(name, r0, text) { name, text, r0, 0, NULL }
#define HERE(name, r0, text) { name, text, r0, 0, NULL, true }
#define BAD(name, error, words, text) { name, text, 0, error, words }

#define DATA "r7 = *(u32 *)(r1 +76)\n"
#define LOOKUP(map) "*(u32 *)(r10 -4) = 1\nr2 = r10\nr2 += -4\nr1 = map[fd:" map "]\ncall unknown#1\n"
#define LOOKUP0(map) "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:" map "]\ncall unknown#1\n"
#define END "r0 = 7\nexit\n"

static const struct test stack[] = {
	OK("lowest word", 5, "r0 = 5\n*(u64 *)(r10 -512) = r0\nr0 = *(u64 *)(r10 -512)\nexit\n"),
	OK("highest byte", 5, "*(u8 *)(r10 -1) = 5\nr0 = *(u8 *)(r10 -1)\nexit\n"),
	HERE("not written is 0, on Linux anything", 0, "r0 = *(u64 *)(r10 -512)\nexit\n"),
	HERE("not written is 0, by register, on Linux anything", 0, "r2 = r10\nr3 = 512\nr2 -= r3\nr0 = *(u64 *)(r2 +0)\nexit\n"),
	OK("no alignment", 0x0506, "*(u16 *)(r10 -15) = 0x0506\nr0 = *(u16 *)(r10 -15)\nexit\n"),
	OK("lowest byte, by register", 9, "r2 = r10\nr2 += -512\n*(u8 *)(r2 +0) = 9\nr0 = *(u8 *)(r2 +0)\nexit\n"),
	BAD("below", -EFAULT, "write of 1 bytes at R10-513: a frame has 512 bytes",
	    "bad: *(u8 *)(r10 -513) = 1\n" END),
	BAD("half below", -EFAULT, "read of 8 bytes at R10-516", "bad: r0 = *(u64 *)(r10 -516)\nexit\n"),
	BAD("above", -EFAULT, "write of 1 bytes at R10+0", "bad: *(u8 *)(r10 +0) = 1\n" END),
	BAD("half above", -EFAULT, "write of 8 bytes at R10-4", "bad: *(u64 *)(r10 -4) = 1\n" END),
	BAD("below, by register", -EFAULT, "at R10-513",
	    "r2 = r10\nr2 += -512\nbad: *(u8 *)(r2 -1) = 9\n" END),
	BAD("above, by register", -EFAULT, "at R10-7",
	    "r2 = r10\nr2 += -7\nbad: r0 = *(u64 *)(r2 +0)\nexit\n"),
	BAD("far above", -EFAULT, "belongs to nothing", "r2 = r10\nr2 += 0x100000\nbad: r0 = *(u64 *)(r2 +0)\nexit\n"),
	BAD("far below", -EFAULT, "belongs to nothing", "r2 = r10\nr2 += -0x1000000\nbad: r0 = *(u64 *)(r2 +0)\nexit\n"),
	BAD("half an address", -EFAULT, "", "r2 = r10\nw2 = w2\nbad: r0 = *(u8 *)(r2 -8)\nexit\n"),
};

static const struct test packet[] = {
	OK("first byte", 0, DATA "r0 = *(u8 *)(r7 +0)\nexit\n"),
	OK("last byte", 185, DATA "r0 = *(u8 *)(r7 +63)\nexit\n"),
	OK("last word, written", 77, DATA "r2 = 77\n*(u64 *)(r7 +56) = r2\nr0 = *(u64 *)(r7 +56)\nexit\n"),
	OK("before the end", 185, "r7 = *(u32 *)(r1 +80)\nr0 = *(u8 *)(r7 -1)\nexit\n"),
	OK("by a context from the stack", 185, "*(u64 *)(r10 -8) = r1\nr2 = *(u64 *)(r10 -8)\n"
	   "r7 = *(u32 *)(r2 +80)\nr0 = *(u8 *)(r7 -1)\nexit\n"),
	OK("size by the two pointers", 64, DATA "r0 = *(u32 *)(r1 +80)\nr0 -= r7\nexit\n"),
	BAD("end", -EFAULT, "read of 1 bytes at packet offset 64: the packet has 64 bytes",
	    DATA "bad: r0 = *(u8 *)(r7 +64)\nexit\n"),
	BAD("half over the end, 2", -EFAULT, "offset 63", DATA "bad: r0 = *(u16 *)(r7 +63)\nexit\n"),
	BAD("half over the end, 4", -EFAULT, "offset 61", DATA "bad: r0 = *(u32 *)(r7 +61)\nexit\n"),
	BAD("half over the end, 8", -EFAULT, "offset 57", DATA "bad: r0 = *(u64 *)(r7 +57)\nexit\n"),
	BAD("signed, over the end", -EFAULT, "offset 61", DATA "bad: r0 = *(s32 *)(r7 +61)\nexit\n"),
	BAD("written over the end", -EFAULT, "write of 8 bytes at packet offset 57",
	    DATA "bad: *(u64 *)(r7 +57) = 1\n" END),
	BAD("before the first", -EFAULT, "offset -1", DATA "bad: r0 = *(u8 *)(r7 -1)\nexit\n"),
	BAD("half before the first", -EFAULT, "offset -7", DATA "bad: r0 = *(u64 *)(r7 -7)\nexit\n"),
	BAD("around the world", -EFAULT, "nothing", DATA "r2 = 0x8000000000000000\nr7 += r2\nbad: r0 = *(u8 *)(r7 +0)\nexit\n"),
	BAD("atomic", -EACCES, "packet bytes cannot be used here",
	    DATA "r2 = 1\nbad: lock *(u32 *)(r7 +0) += r2\n" END),
	BAD("load_acquire", -EACCES, "packet bytes cannot be used here",
	    DATA "bad: r0 = load_acquire((u32 *)(r7 +0))\n" END),
	OK("same place after bytes were stored", 9, "r6 = r1\n" DATA
	   "*(u64 *)(r10 -8) = 9\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\nr5 = 0\ncall unknown#9\n"
	   "r0 = *(u8 *)(r7 +0)\nexit\n"),
	BAD("behind a new end", -EFAULT, "offset 40: the packet has 40 bytes",
	    "r6 = r1\n" DATA "r2 = 40\nr3 = 0\ncall unknown#38\nbad: r0 = *(u8 *)(r7 +40)\nexit\n"),
	OK("before a new end", 17, "r6 = r1\n" DATA
	   "r2 = 40\nr3 = 0\ncall unknown#38\nr0 = *(u8 *)(r7 +39)\nexit\n"),
	BAD("where the packet was before it moved", -EFAULT, "nothing",
	    "r6 = r1\n" DATA "r2 = 4096\nr3 = 0\ncall unknown#43\nif r0 != 0 goto out\n"
	    "bad: r0 = *(u8 *)(r7 +0)\nout: exit\n"),
	OK("grown", 4096, "r6 = r1\nr2 = 4032\nr3 = 0\ncall unknown#43\nr7 = *(u32 *)(r6 +76)\n"
	   "r0 = *(u32 *)(r6 +80)\n*(u8 *)(r0 -1) = 1\nr0 -= r7\nexit\n"),
	BAD("packet load without the context", -EACCES, "R6 is not the context",
	    "r6 = r10\nbad: r0 = *(u8 *)skb[0]\nexit\n"),
	OK("packet load outside ends it", 0, "r6 = r1\nr0 = 5\nr0 = *(u32 *)skb[61]\n" END),
};

static const struct test ctx[] = {
	OK("len", 64, "r0 = *(u32 *)(r1 +0)\nexit\n"),
	OK("last field", 0, "r0 = *(u64 *)(r1 +184)\nexit\n"),
	OK("cb, all of it", 6, "r2 = 6\n*(u64 *)(r1 +56) = r2\n*(u8 *)(r1 +67) = 0\nr0 = *(u8 *)(r1 +56)\nexit\n"),
	BAD("behind the last field", -EACCES, "read of 8 bytes at context offset 192: the context has 192 bytes", "bad: r0 = *(u64 *)(r1 +192)\nexit\n"),
	BAD("far behind it", -EACCES, "at context offset 208: the context has", "bad: r0 = *(u64 *)(r1 +208)\nexit\n"),
	BAD("before it", -EACCES, "at context offset -8: the context has", "bad: r0 = *(u64 *)(r1 -8)\nexit\n"),
	BAD("half before it", -EACCES, "at context offset -2:", "bad: r0 = *(u32 *)(r1 -2)\nexit\n"),
	BAD("a field of other programs", -EACCES, "read of 4 bytes at context offset 88",
	    "bad: r0 = *(u32 *)(r1 +88)\nexit\n"),
	BAD("half a pointer", -EACCES, "read of 2 bytes at context offset 76", "bad: r0 = *(u16 *)(r1 +76)\nexit\n"),
	BAD("two fields at once", -EACCES, "read of 8 bytes at context offset 0", "bad: r0 = *(u64 *)(r1 +0)\nexit\n"),
	BAD("misaligned", -EACCES, "read of 4 bytes at context offset 2", "bad: r0 = *(u32 *)(r1 +2)\nexit\n"),
	BAD("misaligned, by register", -EACCES, "offset 2", "r3 = r1\nr3 += 2\nbad: r0 = *(u32 *)(r3 +0)\nexit\n"),
	BAD("written, but only to be read", -EACCES, "write of 4 bytes at context offset 0",
	    "bad: *(u32 *)(r1 +0) = 1\n" END),
	BAD("packet pointer written", -EACCES, "write of 4 bytes at context offset 76",
	    "bad: *(u32 *)(r1 +76) = r10\n" END),
	BAD("half a mark written", -EACCES, "write of 2 bytes at context offset 8", "bad: *(u16 *)(r1 +8) = 1\n" END),
	BAD("atomic", -EACCES, "context offset 8, which is no memory",
	    "r2 = 1\nbad: lock *(u32 *)(r1 +8) += r2\n" END),
	BAD("store_release", -EACCES, "context offset 8, which is no memory",
	    "r2 = 1\nbad: store_release((u32 *)(r1 +8), r2)\n" END),
	BAD("as memory for a helper", -EACCES, "argument 2 of bpf_map_lookup_elem: read of 4 bytes at context offset 8",
	    "r2 = r1\nr2 += 8\nr1 = map[fd:0]\nbad: call unknown#1\nexit\n"),
	BAD("moved", -EACCES, "argument 1 of bpf_get_hash_recalc is not the context",
	    "r1 += 8\nbad: call unknown#34\nexit\n"),
	BAD("a number", -EACCES, "is not the context", "r1 = 0\nbad: call unknown#34\nexit\n"),
	BAD("spilled, changed, filled", -EACCES, "at context offset 200:",
	    "*(u64 *)(r10 -8) = r1\nr2 = 200\nlock *(u64 *)(r10 -8) += r2\nr3 = *(u64 *)(r10 -8)\n"
	    "bad: r0 = *(u64 *)(r3 +0)\nexit\n"),
};

static const struct test value[] = {
	OK("first", 1, LOOKUP("0") "if r0 == 0 goto out\nr0 = *(u8 *)(r0 +0)\nout: exit\n"),
	OK("last word", 0x100f0e0d0c0b0a09, LOOKUP("0") "r0 = *(u64 *)(r0 +8)\nexit\n"),
	OK("atomic on the last word", 0x100f0e0d0c0b0a09,
	   LOOKUP("0") "r2 = 1\nr2 = atomic64_fetch_add((u64 *)(r0 +8), r2)\nr0 = r2\nexit\n"),
	OK("direct, last byte", 13, "r1 = map[fd:5][0]+12\nr0 = *(u8 *)(r1 +0)\nexit\n"),
	OK("direct, last word", 0x0d0c0b0a09080706, "r1 = map[fd:5][0]+5\nr0 = *(u64 *)(r1 +0)\nexit\n"),
	OK("two neighbours", 0x0201, LOOKUP("0") "r7 = r0\n*(u32 *)(r10 -4) = 2\nr2 = r10\nr2 += -4\n"
	   "r1 = map[fd:0]\ncall unknown#1\nr0 = *(u16 *)(r7 +0)\nexit\n"),
	OK("after it was deleted", 1, LOOKUP("1") "r7 = r0\nr2 = r10\nr2 += -4\nr1 = map[fd:1]\n"
	   "call unknown#3\nr0 = *(u8 *)(r7 +0)\nexit\n"),
	OK("after it was replaced", 1, LOOKUP("1") "r7 = r0\n*(u64 *)(r10 -24) = 9\nr2 = r10\nr2 += -4\n"
	   "r3 = r10\nr3 += -24\nr4 = 0\nr1 = map[fd:1]\ncall unknown#2\nr0 = *(u8 *)(r7 +0)\nexit\n"),
	BAD("null", -EFAULT, "read of 8 bytes at address 0: a null pointer",
	    "*(u32 *)(r10 -4) = 99\nr2 = r10\nr2 += -4\nr1 = map[fd:1]\ncall unknown#1\n"
	    "bad: r0 = *(u64 *)(r0 +0)\nexit\n"),
	BAD("null and something", -EFAULT, "address 4095: a null pointer",
	    "r0 = 0\nbad: *(u64 *)(r0 +4095) = 1\n" END),
	BAD("behind", -EFAULT, "read of 1 bytes at offset 16 of a map value: it has 16 bytes",
	    LOOKUP("0") "bad: r0 = *(u8 *)(r0 +16)\nexit\n"),
	BAD("half behind", -EFAULT, "offset 9", LOOKUP("0") "bad: r0 = *(u64 *)(r0 +9)\nexit\n"),
	BAD("half behind, written", -EFAULT, "write of 8 bytes at offset 9", LOOKUP("0") "bad: *(u64 *)(r0 +9) = 1\n" END),
	BAD("before", -EFAULT, "read of 1 bytes 1 bytes before a map value",
	    LOOKUP("0") "bad: r0 = *(u8 *)(r0 -1)\nexit\n"),
	BAD("half before", -EFAULT, "read of 8 bytes 7 bytes before a map value",
	    LOOKUP("0") "bad: r0 = *(u64 *)(r0 -7)\nexit\n"),
	BAD("over two neighbours", -EFAULT, "offset 12", LOOKUP("0") "r7 = r0\n*(u32 *)(r10 -4) = 2\nr2 = r10\nr2 += -4\n"
	    "r1 = map[fd:0]\ncall unknown#1\nbad: r0 = *(u64 *)(r7 +12)\nexit\n"),
	BAD("atomic, half behind", -EFAULT, "atomic operation of 8 bytes at offset 9",
	    LOOKUP("0") "r2 = 1\nbad: lock *(u64 *)(r0 +9) += r2\n" END),
	BAD("atomic, misaligned", -EACCES, "not a multiple of 4", LOOKUP("0") "r2 = 1\nbad: lock *(u32 *)(r0 +2) += r2\n" END),
	BAD("per-CPU, behind", -EFAULT, "it has 16 bytes", LOOKUP("7") "bad: r0 = *(u8 *)(r0 +16)\nexit\n"),
	BAD("hash, behind", -EFAULT, "it has 12 bytes", LOOKUP("1") "bad: r0 = *(u8 *)(r0 +12)\nexit\n"),
	BAD("hash, its key", -EFAULT, "before a map value", LOOKUP("1") "bad: r0 = *(u32 *)(r0 -8)\nexit\n"),
	BAD("direct, behind", -EFAULT, "offset 13 of a map value: it has 13 bytes",
	    "r1 = map[fd:5][0]+12\nbad: r0 = *(u8 *)(r1 +1)\nexit\n"),
	BAD("direct, half behind", -EFAULT, "offset 6", "r1 = map[fd:5][0]+6\nbad: r0 = *(u64 *)(r1 +0)\nexit\n"),
	BAD("direct, before", -EFAULT, "before a map value", "r1 = map[fd:5][0]+0\nbad: r0 = *(u8 *)(r1 -1)\nexit\n"),
	/* Linux shows its own structures, by BTF. */
	{ "the map itself", "r1 = map[fd:0]\nbad: r0 = *(u64 *)(r1 +0)\nexit\n", 0, -EFAULT, "nothing", true },
	BAD("a lookup of another run", -EFAULT, "", "r1 = map[fd:5][0]+0\nr2 = *(u64 *)(r1 +0)\n"
	    "bad: r0 = *(u8 *)(r2 +0)\nexit\n"),
};

static const struct test access[] = {
	OK("only to be read, read", 1, LOOKUP0("2") "r0 = *(u8 *)(r0 +0)\nexit\n"),
	OK("only to be written, looked up and written", 7, LOOKUP0("3") "*(u8 *)(r0 +15) = 1\n" END),
	BAD("only to be read, written", -EACCES, "programs may not write", LOOKUP0("2") "bad: *(u8 *)(r0 +0) = 1\n" END),
	BAD("only to be read, atomic", -EACCES, "may not write",
	    LOOKUP0("2") "r2 = 1\nbad: lock *(u32 *)(r0 +0) += r2\n" END),
	BAD("only to be read, direct", -EACCES, "may not write", "r1 = map[fd:2][0]+0\nbad: *(u8 *)(r1 +0) = 1\n" END),
	BAD("only to be read, updated", -EACCES, "bpf_map_update_elem: programs may not write this map",
	    "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -24\nr4 = 0\nr1 = map[fd:2]\n"
	    "bad: call unknown#2\nexit\n"),
	BAD("only to be written, direct", -EACCES, "may not read",
	    "r1 = map[fd:3][0]+0\nbad: r0 = *(u8 *)(r1 +0)\nexit\n"),
	OK("only to be written, written", 7, "r1 = map[fd:3][0]+0\n*(u8 *)(r1 +15) = 1\n" END),
	BAD("only to be written, atomic", -EACCES, "may not read",
	    "r2 = 1\nr1 = map[fd:3][0]+0\nbad: lock *(u32 *)(r1 +0) += r2\n" END),
	BAD("only to be written, looked up and read", -EACCES, "may not read",
	    LOOKUP0("3") "bad: r0 = *(u8 *)(r0 +0)\nexit\n"),
	BAD("only to be written, as a key", -EACCES, "may not read",
	    "r2 = map[fd:3][0]+0\nr1 = map[fd:0]\nbad: call unknown#1\nexit\n"),
	BAD("only to be read, as a buffer", -EACCES, "may not write",
	    "r3 = map[fd:2][0]+0\nr2 = 0\nr4 = 4\nbad: call unknown#26\nexit\n"),
};

#define KEY_AT(off) "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += " off "\nr1 = map[fd:0]\n"
#define UPDATE(off) "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += " off "\nr4 = 0\nr1 = map[fd:0]\n"
#define LOAD_BYTES(off, size) "r2 = 0\nr3 = r10\nr3 += " off "\nr4 = " size "\n"
#define DIFF(from, from_size) "r1 = " from "\nr2 = " from_size "\nr3 = 0\nr4 = 0\nr5 = 0\n"

static const struct test arguments[] = {
	OK("key at the top", 7, KEY_AT("-4") "call unknown#1\n" END),
	OK("key at the bottom", 7, KEY_AT("-512") "call unknown#1\n" END),
	OK("value at the bottom", 0, UPDATE("-512") "call unknown#2\nexit\n"),
	OK("value at the top", 0, UPDATE("-16") "call unknown#2\nexit\n"),
	OK("key in the packet", 7, DATA "r2 = r7\nr2 += 60\nr1 = map[fd:0]\ncall unknown#1\n" END),
	OK("key in a map value", 7, "r2 = map[fd:5][0]+9\nr1 = map[fd:0]\ncall unknown#1\n" END),
	OK("the whole frame", 0, LOAD_BYTES("-512", "64") "call unknown#26\nexit\n"),
	OK("the last bytes", 0, LOAD_BYTES("-8", "8") "call unknown#26\nexit\n"),
	OK("nothing at null", 0, DIFF("0", "0") "call unknown#28\nexit\n"),
	OK("all of the packet", 7, DATA DIFF("r7", "64") "call unknown#28\n" END),
	BAD("key over the top", -EFAULT, "argument 2 of bpf_map_lookup_elem: read of 4 bytes at R10-3",
	    KEY_AT("-3") "bad: call unknown#1\n" END),
	BAD("key below the bottom", -EFAULT, "read of 4 bytes at R10-513", KEY_AT("-513") "bad: call unknown#1\n" END),
	BAD("key at the end of the packet", -EFAULT, "argument 2 of bpf_map_lookup_elem: read of 4 bytes at packet offset 61",
	    DATA "r2 = r7\nr2 += 61\nr1 = map[fd:0]\nbad: call unknown#1\n" END),
	BAD("key at the end of a value", -EFAULT, "argument 2 of bpf_map_lookup_elem: read of 4 bytes at offset 10",
	    "r2 = map[fd:5][0]+10\nr1 = map[fd:0]\nbad: call unknown#1\n" END),
	BAD("no key", -EFAULT, "a null pointer", "r2 = 0\nr1 = map[fd:0]\nbad: call unknown#1\n" END),
	BAD("value over the top", -EFAULT, "argument 3 of bpf_map_update_elem: read of 16 bytes at R10-15",
	    UPDATE("-15") "bad: call unknown#2\nexit\n"),
	BAD("value below the bottom", -EFAULT, "R10-513", UPDATE("-513") "bad: call unknown#2\nexit\n"),
	BAD("no map", -EACCES, "argument 1 of bpf_map_lookup_elem is no map of this program",
	    "r2 = r10\nr1 = 0\nbad: call unknown#1\n" END),
	BAD("half a map", -EACCES, "no map of this program", KEY_AT("-4") "r1 += 8\nbad: call unknown#1\n" END),
	BAD("the context as a map", -EACCES, "no map of this program", "r2 = r10\nbad: call unknown#1\n" END),
	BAD("a value as a map", -EACCES, "no map of this program",
	    "r2 = r10\nr1 = map[fd:5][0]+0\nbad: call unknown#1\n" END),
	BAD("a lookup in a program array", -EINVAL, "bpf_map_lookup_elem does not work on a map of type prog_array",
	    "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:4]\nbad: call unknown#1\n" END),
	BAD("an update of a program array", -EINVAL, "does not work on a map of type prog_array",
	    "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr3 = r2\nr4 = 0\nr1 = map[fd:4]\nbad: call unknown#2\n" END),
	BAD("a program array emptied", -EINVAL, "does not work on a map of type prog_array",
	    "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:4]\nbad: call unknown#3\n" END),
	BAD("a tail call through an array", -EINVAL, "bpf_tail_call does not work on a map of type array",
	    "r2 = map[fd:0]\nr3 = 0\nbad: call unknown#12\n" END),
	BAD("a tail call through a number", -EACCES, "argument 2 of bpf_tail_call is no map",
	    "r2 = 1\nr3 = 0\nbad: call unknown#12\n" END),
	BAD("a tail call without the context", -EACCES, "argument 1 of bpf_tail_call is not the context",
	    "r1 = r10\nr2 = map[fd:4]\nr3 = 0\nbad: call unknown#12\n" END),
	BAD("buffer over the top", -EFAULT, "argument 3 of bpf_skb_load_bytes: write of 9 bytes at R10-8",
	    LOAD_BYTES("-8", "9") "bad: call unknown#26\nexit\n"),
	BAD("buffer over the whole stack", -EFAULT, "write of 513 bytes at R10-512",
	    LOAD_BYTES("-512", "513") "bad: call unknown#26\nexit\n"),
	BAD("buffer of nothing", -EACCES, "argument 4 of bpf_skb_load_bytes is a size of 0",
	    LOAD_BYTES("-8", "0") "bad: call unknown#26\nexit\n"),
	BAD("buffer of less than nothing", -EACCES, "argument 4 of bpf_skb_load_bytes is no size: -1",
	    LOAD_BYTES("-8", "-1") "bad: call unknown#26\nexit\n"),
	BAD("buffer of 4 GiB", -EACCES, "is no size: 4294967304",
	    LOAD_BYTES("-8", "0x100000008") "bad: call unknown#26\nexit\n"),
	BAD("buffer of the largest size", -EFAULT, "write of 536870912 bytes",
	    LOAD_BYTES("-8", "0x20000000") "bad: call unknown#26\nexit\n"),
	BAD("buffer in the packet", -EACCES, "argument 3 of bpf_skb_load_bytes: packet bytes cannot be used here",
	    "r3 = *(u32 *)(r1 +76)\nr2 = 0\nr4 = 4\nbad: call unknown#26\nexit\n"),
	BAD("buffer around the world", -EFAULT, "nothing",
	    "r2 = 0\nr3 = -8\nr4 = 16\nbad: call unknown#26\nexit\n"),
	BAD("something at null", -EFAULT, "argument 1 of bpf_csum_diff: read of 4 bytes at address 0: a null pointer",
	    DIFF("0", "4") "bad: call unknown#28\nexit\n"),
	BAD("more than the packet", -EFAULT, "read of 68 bytes at packet offset 0",
	    DATA DIFF("r7", "68") "bad: call unknown#28\nexit\n"),
	BAD("format in the context", -EACCES, "argument 1 of bpf_trace_printk",
	    "r2 = 8\nbad: call unknown#6\n" END),
};

/* R0 counts what was executed before. */
#define LOOP(turns, more) "r0 = 0\nr1 = " turns "\nl: r1 += -1\nif r1 != 0 goto l\n" more
#define FUNCTION(name, next) name ": call " next "\nexit\n"
#define CHAIN8 "call f1\nexit\n" FUNCTION("f1", "f2") FUNCTION("f2", "f3") FUNCTION("f3", "f4") \
	FUNCTION("f4", "f5") FUNCTION("f5", "f6") FUNCTION("f6", "f7")

static const struct test flow[] = {
	OK("a million instructions", 0, LOOP("499998", "r2 = 0\nexit\n")),
	BAD("one more", -E2BIG, "went on after 1000000 instructions", LOOP("499998", "r2 = 0\nr2 = 0\nbad: exit\n")),
	OK("a million with a call at the end", 7, LOOP("499996", "r2 = 0\nr2 = 0\nr2 = 0\ncall unknown#8\n" END)),
	BAD("a million, then a call", -E2BIG, "went on", LOOP("499998", "r2 = 0\nr3 = 0\nbad: call unknown#8\n" END)),
	BAD("for ever", -E2BIG, "went on", "l: goto l2\nl2:\nbad: goto l\n"),
	BAD("for ever, alone", -E2BIG, "went on", "bad: goto pc-1\n"),
	/* On Linux it ends by itself after 8 Mi turns or a quarter of a second. */
	{ "for ever, may_goto", "l:\nbad: may_goto out\ngoto l\nout: r0 = 0\nexit\n", 0, -E2BIG, "went on", true },
	BAD("for ever, calls", -E2BIG, "", "l: call f\ngoto l\nf:\nbad: r0 = 0\nexit\n"),
	OK("eight functions", 8, CHAIN8 "f7: r0 = 8\nexit\n"),
	BAD("nine functions", -E2BIG, "a call deeper than 8 functions", CHAIN8 "f7:\nbad: call f8\nexit\nf8: r0 = 8\nexit\n"),
	BAD("itself", -E2BIG, "a call deeper than 8 functions", "call l2\nexit\nl2:\nbad: call l2\nexit\n"),
	OK("the frame of a caller", 5, "r1 = r10\nr1 += -8\ncall f\nr0 = *(u64 *)(r10 -8)\nexit\n"
	   "f: *(u64 *)(r1 +0) = 5\nr0 = 0\nexit\n"),
	OK("the lowest byte of eight frames", 3, CHAIN8 "f7: *(u8 *)(r10 -512) = 3\nr0 = *(u8 *)(r10 -512)\nexit\n"),
	BAD("below eight frames", -EFAULT, "R10-513", CHAIN8 "f7:\nbad: *(u8 *)(r10 -513) = 3\nr0 = 0\nexit\n"),
	BAD("below eight frames, by register", -EFAULT, "R10-513",
	    CHAIN8 "f7: r1 = r10\nr1 += -513\nbad: *(u8 *)(r1 +0) = 3\nr0 = 0\nexit\n"),
	BAD("the frame of a function that is over", -EFAULT, "R10-520",
	    "call f\nbad: r0 = *(u64 *)(r0 +0)\nexit\nf: *(u64 *)(r10 -8) = 5\nr0 = r10\nr0 += -8\nexit\n"),
	OK("a callee keeps R6 to R9", 30, "r6 = 6\nr7 = 7\nr8 = 8\nr9 = 9\ncall f\nr0 = r6\nr0 += r7\nr0 += r8\n"
	   "r0 += r9\nexit\nf: r6 = 0\nr7 = 0\nr8 = 0\nr9 = 0\nr0 = 0\nexit\n"),
};

/* A load and the comparison of what it loaded are one step of the interpreter: by the packet, by a
 * register into the stack, by R10, from the context, and as classic BPF loads. */
#define ON "r0 = 1\nexit\nl: r0 = 2\nexit\n"
#define SPACE "r3 = r10\nr3 += -8\n*(u64 *)(r10 -8) = 5\nr2 = 0\n"
#define PAIRS(width, eq, r0)                                                                        \
	OK("packet ==, " width, r0, DATA "r2 = *(" width " *)(r7 +12)\nif r2 == " eq " goto l\n" ON), \
	OK("packet == not, " width, 1, DATA "r2 = *(" width " *)(r7 +12)\nif r2 == 5 goto l\n" ON),  \
	OK("packet !=, " width, 2, DATA "r2 = *(" width " *)(r7 +12)\nif r2 != 5 goto l\n" ON),      \
	OK("stack ==, " width, 2, SPACE "r2 = *(" width " *)(r3 +0)\nif r2 == 5 goto l\n" ON),       \
	OK("stack != not, " width, 1, SPACE "r2 = *(" width " *)(r3 +0)\nif r2 != 5 goto l\n" ON),   \
	OK("R10 ==, " width, 2, SPACE "r2 = *(" width " *)(r10 -8)\nif r2 == 5 goto l\n" ON),        \
	OK("R10 != not, " width, 1, SPACE "r2 = *(" width " *)(r10 -8)\nif r2 != 5 goto l\n" ON)
#define ABS "r6 = r1\n"

/* 999998 instructions. */
#define TURNS                                                                                      \
	"r0 = 0\nr1 = 249999\nl: r1 += -1\nr3 = *(u8 *)(r10 -8)\nif r3 != 0 goto out\nif r1 != 0 goto l\n"

static const struct test pairs[] = {
	PAIRS("u8", "8", 2), PAIRS("u16", "8", 2), PAIRS("u32", "0x69620008", 2), PAIRS("u64", "8", 1),
	OK("context ==", 2, "r2 = *(u32 *)(r1 +0)\nif r2 == 64 goto l\n" ON),
	OK("context == not", 1, "r2 = *(u32 *)(r1 +0)\nif r2 == 63 goto l\n" ON),
	OK("context !=", 2, "r2 = *(u32 *)(r1 +0)\nif r2 != 63 goto l\n" ON),
	OK("context, narrow", 2, "r2 = *(u8 *)(r1 +0)\nif r2 == 64 goto l\n" ON),
	OK("looks like the context, and is the stack", 2,
	   SPACE "r1 = r3\nr2 = *(u32 *)(r1 +0)\nif r2 == 5 goto l\n" ON),
	OK("classic ==", 2, ABS "r0 = *(u16 *)skb[12]\nif r0 == 0x800 goto l\n" ON),
	OK("classic == not", 1, ABS "r0 = *(u16 *)skb[12]\nif r0 == 0x806 goto l\n" ON),
	OK("classic !=", 2, ABS "r0 = *(u8 *)skb[12]\nif r0 != 9 goto l\n" ON),
	OK("classic, outside", 0, ABS "r0 = *(u32 *)skb[62]\nif r0 != 9 goto l\n" ON),
	OK("classic, by register", 2, ABS "r2 = 4\nr0 = *(u16 *)skb[r2 + 8]\nif r0 == 0x800 goto l\n" ON),
	OK("another register", 1, DATA "r3 = 0\nr2 = *(u8 *)(r7 +12)\nif r3 == 8 goto l\n" ON),
	OK("a register to compare with", 2, DATA "r3 = 8\nr2 = *(u8 *)(r7 +12)\nif r2 == r3 goto l\n" ON),
	OK("a signed load", 2, "r3 = r10\nr3 += -8\n*(u64 *)(r10 -8) = -1\nr2 = *(s8 *)(r3 +0)\n"
	   "if r2 == -1 goto l\n" ON),
	OK("a jump to the second half", 2, DATA "r2 = 3\nif r7 != 0 goto half\nr2 = *(u8 *)(r7 +12)\n"
	   "half: if r2 == 3 goto l\n" ON),
	OK("the base is overwritten", 2, DATA "r7 = *(u8 *)(r7 +12)\nif r7 == 8 goto l\n" ON),
	OK("twice", 2, DATA "r2 = *(u8 *)(r7 +12)\nif r2 == 9 goto out\nif r2 == 8 goto l\nout: " ON),
	BAD("the load is wrong", -EFAULT, "at packet offset 64", DATA "bad: r2 = *(u8 *)(r7 +64)\nif r2 == 0 goto l\n" ON),
	OK("a million, in pairs", 0, TURNS "r2 = 0\nout: exit\n"),
	BAD("one more, in pairs", -E2BIG, "went on", TURNS "r2 = 0\nr2 = 0\nout:\nbad: exit\n"),
};

/* Records of a ring buffer of 4096 bytes, empty before each: reserved, used, given back. */
#define RESERVE(size) "r6 = r1\nr1 = map[fd:8]\nr2 = " size "\nr3 = 0\ncall unknown#131\n"
#define IF_NULL "if r0 == 0 goto out\nr7 = r0\n"
#define DISCARD "r1 = r7\nr2 = 1\ncall unknown#133\n"
#define OUT "out: r0 = 7\nexit\n"

static const struct test records[] = {
	OK("reserved and discarded", 7, RESERVE("16") IF_NULL DISCARD OUT),
	OK("reserved and submitted", 7, RESERVE("8") IF_NULL "r1 = r7\nr2 = 1\ncall unknown#132\n" OUT),
	OK("first and last byte", 12, RESERVE("13") IF_NULL "*(u8 *)(r7 +0) = 5\n*(u8 *)(r7 +12) = 7\n"
	   "r8 = *(u8 *)(r7 +0)\nr9 = *(u8 *)(r7 +12)\nr8 += r9\n" DISCARD "r0 = r8\nexit\nout: r0 = 12\nexit\n"),
	OK("atomic", 7, RESERVE("16") IF_NULL "r2 = 1\nlock *(u64 *)(r7 +8) += r2\n" DISCARD OUT),
	OK("two, given back in turn", 7, RESERVE("16") IF_NULL "r1 = map[fd:8]\nr2 = 24\nr3 = 0\n"
	   "call unknown#131\nif r0 == 0 goto one\nr8 = r0\n" DISCARD "*(u64 *)(r8 +16) = 1\nr7 = r8\none: " DISCARD OUT),
	OK("of nothing", 7, RESERVE("0") IF_NULL DISCARD OUT),
	OK("larger than all", 7, RESERVE("4096") IF_NULL DISCARD OUT),
	OK("with flags", 7, "r1 = map[fd:8]\nr2 = 8\nr3 = 1\ncall unknown#131\n" IF_NULL DISCARD OUT),
	OK("as a key", 7, RESERVE("4") IF_NULL "*(u32 *)(r7 +0) = 1\nr2 = r7\nr1 = map[fd:0]\n"
	   "call unknown#1\n" DISCARD OUT),
	OK("as a buffer", 7, RESERVE("16") IF_NULL "r1 = r6\nr2 = 0\nr3 = r7\nr4 = 16\ncall unknown#26\n" DISCARD OUT),
	OK("query", 4096, "r1 = map[fd:8]\nr2 = 1\ncall unknown#134\nexit\n"),
	OK("query of nothing", 0, "r1 = map[fd:8]\nr2 = 4\ncall unknown#134\nexit\n"),
	OK("output, flags", 0xffffffffffffffea, "r2 = r10\nr2 += -8\n*(u64 *)(r10 -8) = 1\nr1 = map[fd:8]\nr3 = 8\n"
	   "r4 = 4\ncall unknown#130\nexit\n"),
	OK("output, until it is full", 0xfffffffffffffff5, "r6 = 300\nl: r1 = map[fd:8]\nr2 = map[fd:5][0]+0\nr3 = 13\nr4 = 1\ncall unknown#130\n"
	   "r6 += -1\nif r6 != 0 goto l\nexit\n"),
	BAD("not given back", -EINVAL, "ends with 1 reserved records", RESERVE("8") "if r0 == 0 goto out\nr0 = 7\nbad: exit\n"
	    "out: r0 = 7\nexit\n"),
	BAD("used after it was given back", -EFAULT, "",
	    RESERVE("8") IF_NULL DISCARD "bad: *(u8 *)(r7 +0) = 1\n" OUT),
	BAD("given back twice", -EACCES, "argument 1 of bpf_ringbuf_discard is not the start of a record",
	    RESERVE("8") IF_NULL DISCARD "r1 = r7\nr2 = 1\nbad: call unknown#133\n" OUT),
	BAD("given back from its middle", -EACCES, "argument 1 of bpf_ringbuf_submit is not the start",
	    RESERVE("8") IF_NULL "r1 = r7\nr1 += 1\nr2 = 1\nbad: call unknown#132\n" OUT),
	BAD("null given back", -EACCES, "is not the start of a record", "r1 = 0\nr2 = 0\nbad: call unknown#132\n" END),
	BAD("a map value given back", -EACCES, "is not the start of a record",
	    LOOKUP("0") "if r0 == 0 goto out\nr1 = r0\nr2 = 0\nbad: call unknown#133\n" OUT),
	BAD("behind", -EFAULT, "read of 1 bytes at offset 8 of a reserved record: it has 8 bytes",
	    RESERVE("8") IF_NULL "bad: r0 = *(u8 *)(r7 +8)\n" DISCARD OUT),
	BAD("its header", -EFAULT, "write of 4 bytes 8 bytes before a reserved record",
	    RESERVE("8") IF_NULL "bad: *(u32 *)(r7 -8) = 0\n" DISCARD OUT),
	BAD("half behind", -EFAULT, "offset 6", RESERVE("13") IF_NULL "bad: r0 = *(u64 *)(r7 +6)\n" DISCARD OUT),
	BAD("of nothing, used", -EFAULT, "it has 0 bytes", RESERVE("0") IF_NULL "bad: *(u8 *)(r7 +0) = 1\n" DISCARD OUT),
	BAD("a tail call with a record", -EINVAL, "a tail call with 1 reserved records",
	    RESERVE("8") IF_NULL "r1 = r6\nr2 = map[fd:4]\nr3 = 0\nbad: call unknown#12\n" DISCARD OUT),
	BAD("a packet load that ends it", -EINVAL, "ends with 1 reserved records",
	    RESERVE("8") IF_NULL "bad: r0 = *(u32 *)skb[62]\n" DISCARD OUT),
	BAD("a lookup", -EINVAL, "bpf_map_lookup_elem does not work on a map of type ringbuf",
	    "r2 = r10\nr2 += -8\n*(u64 *)(r10 -8) = 0\nr1 = map[fd:8]\nbad: call unknown#1\n" END),
	BAD("in an array", -EINVAL, "bpf_ringbuf_reserve does not work on a map of type array",
	    "r1 = map[fd:0]\nr2 = 8\nr3 = 0\nbad: call unknown#131\n" END),
	BAD("output of too little", -EFAULT, "argument 2 of bpf_ringbuf_output: read of 9 bytes at R10-8",
	    "r2 = r10\nr2 += -8\nr1 = map[fd:8]\nr3 = 9\nr4 = 0\nbad: call unknown#130\n" END),
};

static struct rig rig;
static struct {
	u64 *consumer, *producer;
	u8 *data;
} ring[2];   /* of the engine, of Linux */

/* The number of the instruction behind the label `bad`. */
static u32 bad_insn(const char *text)
{
	u32 number = 0;

	while (text && *text && strncmp(text, "bad:", 4)) {
		const char *end = strchr(text, '\n');
		char line[256];

		snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
		if (end > text && end[-1] != ':')
			number += strstr(line, "map[") || (strstr(line, "= 0x") && !strstr(line, ") = ") &&
							   !strstr(line, "+= ")) ? 2 : 1;
		text = end + 1;
	}
	return number;
}

static void put_numbers(enum machine machine, u32 slot, u32 key, u32 size)
{
	u8 bytes[64];

	for (u32 i = 0; i < size; i++)
		bytes[i] = (u8)(i + 1);
	assert_int_equal(rig_set(&rig, machine, slot, &key, bytes), 0);
}

static void fill_maps(enum machine machine)
{
	put_numbers(machine, ARRAY, 1, 16);
	put_numbers(machine, HASH, 1, 12);
	put_numbers(machine, RDONLY, 0, 16);
	put_numbers(machine, WRONLY, 0, 16);
	put_numbers(machine, ONE, 0, 13);
	*ring[machine == LINUX].consumer = *ring[machine == LINUX].producer;
}

static void map_ring(enum machine machine)
{
	int side = machine == LINUX, fd = rig.fd[RING][side];
	u64 page = getauxval(AT_PAGESZ);
	void *at;

	assert_int_equal(backend_map_memory(rig_backend(&rig, machine), fd, 0, page,
					    PROT_READ | PROT_WRITE, &at), 0);
	ring[side].consumer = at;
	assert_int_equal(backend_map_memory(rig_backend(&rig, machine), fd, page, page + 8192, PROT_READ,
					    &at), 0);
	ring[side].producer = at;
	ring[side].data = (u8 *)at + page;
}

static void run_engine(const struct test *t)
{
	int fd = rig_text(&rig, CHECKED, BPF_PROG_TYPE_SCHED_CLS, t->text), err;

	if (fd < 0)
		fail_msg("%s: not loaded (%d): %s", t->name, fd, rig.log);
	fill_maps(CHECKED);
	err = rig_run(&rig, CHECKED, fd);
	rig_unload(&rig, CHECKED, fd);
	if (!t->error) {
		if (err)
			fail_msg("%s: stopped at %u: %s", t->name, rig.fault.insn, rig.fault.text);
		if (rig.r0 != t->r0)
			fail_msg("%s: R0 is 0x%llx", t->name, (unsigned long long)rig.r0);
		return;
	}
	if (!err)
		fail_msg("%s: not stopped", t->name);
	assert_int_equal(rig.r0, 0);
	if (rig.fault.error != t->error || !strstr(rig.fault.text, t->words) ||
	    rig.fault.insn != bad_insn(t->text))
		fail_msg("%s: %d at instruction %u (%u): %s", t->name, rig.fault.error, rig.fault.insn,
			 bad_insn(t->text), rig.fault.text);
}

/* What Linux accepts must end as here. It refuses much that is harmless, and must refuse what is
 * stopped here: otherwise a program that works there would not here. */
static bool run_linux(const struct test *t)
{
	int fd = rig_text(&rig, LINUX, BPF_PROG_TYPE_SCHED_CLS, t->text);

	if (fd < 0)
		return false;
	if (t->error)
		fail_msg("%s: Linux accepts it", t->name);
	fill_maps(LINUX);
	assert_int_equal(rig_run(&rig, LINUX, fd), 0);
	rig_unload(&rig, LINUX, fd);
	if ((u32)rig.r0 != (u32)t->r0)
		fail_msg("%s: Linux says R0 is 0x%llx", t->name, (unsigned long long)rig.r0);
	return true;
}

static u32 accepted;

static void run_table(const struct test *tests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		run_engine(&tests[i]);
		if (rig.linux_side && !tests[i].here)
			accepted += run_linux(&tests[i]);
	}
}

static void test_stack(void **state) { run_table(stack, ARRAY_SIZE(stack)); }
static void test_packet(void **state) { run_table(packet, ARRAY_SIZE(packet)); }
static void test_ctx(void **state) { run_table(ctx, ARRAY_SIZE(ctx)); }
static void test_value(void **state) { run_table(value, ARRAY_SIZE(value)); }
static void test_access(void **state) { run_table(access, ARRAY_SIZE(access)); }
static void test_arguments(void **state) { run_table(arguments, ARRAY_SIZE(arguments)); }
static void test_flow(void **state) { run_table(flow, ARRAY_SIZE(flow)); }
static void test_pairs(void **state) { run_table(pairs, ARRAY_SIZE(pairs)); }
static void test_records(void **state) { run_table(records, ARRAY_SIZE(records)); }

/* Pointers that an earlier run left in a map are numbers to a later one, and to other programs. */
static void test_smuggled(void **state)
{
	static const struct { const char *leak, *use, *words; } cases[] = {
		{ "r1 = map[fd:5][0]+0\nr2 = map[fd:0]\n*(u64 *)(r1 +0) = r2\n" END,
		  "r1 = map[fd:5][0]+0\n*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = *(u64 *)(r1 +0)\ncall unknown#1\nexit\n",
		  "no map of this program" },
		{ LOOKUP("0") "r1 = map[fd:5][0]+0\n*(u64 *)(r1 +0) = r0\n" END,
		  "r1 = map[fd:5][0]+0\nr1 = *(u64 *)(r1 +0)\nr0 = *(u8 *)(r1 +0)\nexit\n", "belongs to nothing" },
		{ "r2 = map[fd:5][0]+0\nr3 = map[fd:2][0]+0\n*(u64 *)(r2 +0) = r3\n" END,
		  "r1 = map[fd:5][0]+0\nr1 = *(u64 *)(r1 +0)\nr0 = *(u8 *)(r1 +0)\nexit\n", "belongs to nothing" },
		{ "r3 = subprog[f]\nr2 = map[fd:5][0]+0\n*(u64 *)(r2 +0) = r3\n" END "f: r0 = 0\nexit\n",
		  "r1 = map[fd:5][0]+0\nr1 = *(u64 *)(r1 +0)\nr0 = *(u8 *)(r1 +0)\nexit\n", "a null pointer" },
	};

	fill_maps(CHECKED);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int leak = rig_text(&rig, CHECKED, BPF_PROG_TYPE_SCHED_CLS, cases[i].leak);
		int use = rig_text(&rig, CHECKED, BPF_PROG_TYPE_SCHED_CLS, cases[i].use);

		if (leak < 0 || use < 0)
			fail_msg("case %zu: %s", i, rig.log);
		assert_int_equal(rig_run(&rig, CHECKED, leak), 0);
		assert_int_equal(rig_run(&rig, CHECKED, use), -EFAULT);
		if (!strstr(rig.fault.text, cases[i].words))
			fail_msg("case %zu: %s", i, rig.fault.text);
		rig_unload(&rig, CHECKED, leak);
		rig_unload(&rig, CHECKED, use);
	}
}

/* More values than a run may hold; every one before that can be used to the end of the run. */
static void test_many_values(void **state)
{
	static const char text[] =
		"r6 = 0\nr8 = 0\n"
		"l: *(u32 *)(r10 -4) = r6\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\n"
		"if r0 == 0 goto out\nif r8 != 0 goto pc+1\nr8 = r0\nr6 += 1\n*(u8 *)(r0 +0) = 1\n"
		"*(u8 *)(r8 +0) = 1\ngoto l\n"
		"out: r0 = r6\nexit\n";
	struct rig *big = malloc(sizeof(*big));
	const u32 counts[] = { 65536, 65537 };

	assert_non_null(big);
	rig_open(big);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		int fd;

		rig_map(big, BPF_MAP_TYPE_ARRAY, 4, 1, counts[i], 0);
		fd = rig_text(big, CHECKED, BPF_PROG_TYPE_SCHED_CLS, text);
		assert_true(fd >= 0);
		assert_int_equal(rig_run(big, CHECKED, fd), i ? -EFAULT : 0);
		if (!i)
			assert_int_equal(big->r0, counts[i]);
		else
			assert_non_null(strstr(big->fault.text, "looked up more than 65536 map values"));
		/* And the next run begins with none. */
		assert_int_equal(rig_run(big, CHECKED, fd), i ? -EFAULT : 0);
		rig_unload(big, CHECKED, fd);
		rig_drop_maps(big);
	}
	rig_close(big);
	free(big);
}

/* Records that are given back count no more: there may be more of them in a run than values. */
static void test_many_records(void **state)
{
	static const char text[] =
		"r6 = 70000\nl: r1 = map[fd:0]\nr2 = 0\nr3 = 0\ncall unknown#131\nif r0 == 0 goto out\n"
		"r1 = r0\nr2 = 1\ncall unknown#133\nr6 += -1\nif r6 != 0 goto l\nout: r0 = r6\nexit\n";
	struct rig *big = malloc(sizeof(*big));
	int fd;

	assert_non_null(big);
	rig_open(big);
	rig_map(big, BPF_MAP_TYPE_RINGBUF, 0, 0, 1 << 20, 0);
	fd = rig_text(big, CHECKED, BPF_PROG_TYPE_SCHED_CLS, text);
	assert_true(fd >= 0);
	assert_int_equal(rig_run(big, CHECKED, fd), 0);
	assert_int_equal(big->r0, 0);
	rig_unload(big, CHECKED, fd);
	rig_close(big);
	free(big);
}

/* What a stopped run leaves behind is discarded: consumers pass by it. */
static void test_left_behind(void **state)
{
	static const char text[] = RESERVE("8") RESERVE("100") "*(u32 *)(r0 +97) = 0\n" END;
	int fd = rig_text(&rig, CHECKED, BPF_PROG_TYPE_SCHED_CLS, text);
	const u64 want[] = { BPF_RINGBUF_DISCARD_BIT | 8, BPF_RINGBUF_DISCARD_BIT | 100 };
	u64 at;

	assert_true(fd >= 0);
	fill_maps(CHECKED);
	at = __atomic_load_n(ring[0].consumer, __ATOMIC_RELAXED);
	assert_int_equal(rig_run(&rig, CHECKED, fd), -EFAULT);
	assert_int_equal(get_u32(ring[0].data + at % 4096), want[0]);
	assert_int_equal(get_u32(ring[0].data + (at + 16) % 4096), want[1]);
	rig_unload(&rig, CHECKED, fd);
}

static void test_compared(void **state)
{
	if (rig.linux_side)
		assert_true(accepted > 10);
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stack), cmocka_unit_test(test_packet), cmocka_unit_test(test_ctx),
		cmocka_unit_test(test_value), cmocka_unit_test(test_access),
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_flow),
		cmocka_unit_test(test_smuggled), cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_pairs), cmocka_unit_test(test_records), cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_left_behind),
		cmocka_unit_test(test_compared),
	};
	int err;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	rig_open(&rig);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, 16, 4, 0);
	rig_map(&rig, BPF_MAP_TYPE_HASH, 4, 12, 8, 0);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_WRONLY_PROG);
	rig_map(&rig, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
	rig_map(&rig, BPF_MAP_TYPE_ARRAY, 4, 13, 1, 0);
	rig_map(&rig, BPF_MAP_TYPE_LPM_TRIE, 8, 16, 4, BPF_F_NO_PREALLOC);
	rig_map(&rig, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 4, 0);
	rig_map(&rig, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	map_ring(CHECKED);
	if (rig.linux_side)
		map_ring(LINUX);
	tests[ARRAY_SIZE(tests) - 1].name = rig_linux_name(&rig);
	err = cmocka_run_group_tests_name("checked", tests, NULL, NULL);
	rig_close(&rig);
	return err;
}
