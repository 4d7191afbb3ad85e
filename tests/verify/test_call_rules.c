// SPDX-License-Identifier: BSD-2-Clause
/* test_call_rules.c - what the rows of helper.def do not tell about calls: which helpers there are, constant keys,
 * packets that move, tail calls, constant strings, what is known of results. Rows, asked on both sides. */
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
#define SOCKET .type = BPF_PROG_TYPE_SOCKET_FILTER
#define XDP .type = BPF_PROG_TYPE_XDP

/* ---- which helpers there are ---- */

static const struct both_row rows_exist[] = {
	NO("no such number", -EINVAL, "call x#212\n" END, .says = "unknown func "),
	NO("number 0", -EINVAL, "call x#0\n" END, .says = "unknown func "),
	NO("a large number", -EINVAL, "call x#1000000\n" END, .says = "unknown func "),
	NO("a negative number", -EINVAL, "call x#-5\n" END, .says = "unknown func "),
	NO("not for this type", -EINVAL, "call xdp_adjust_head#44\n" END, .says = "unknown func "),
	NO("not for XDP", -EINVAL, "r2 = 0\nr3 = 0\ncall skb_change_head#43\n" END, XDP, .says = "unknown func "),
	NO("what the loader left open", -EINVAL, "call x#195896080\n" END),
	NO("a symbol that the loader left open", -EINVAL, "call x#2002000000\n" END),
	OK("left open, and not reached", "r1 = 0\nif r1 == 0 goto out\ncall x#195896080\nout: " END),
	OK("not for this type, and not reached", "r1 = 0\nif r1 == 0 goto out\ncall xdp_adjust_head#44\nout: " END),
	OK("no such number, and not reached", "r1 = 0\nif r1 == 0 goto out\ncall x#1000\nout: " END),
	NO("for GPL programs", -EINVAL, "r1 = r10\nr1 += -8\n*(u64 *)(r10 -8) = 0\nr2 = 8\ncall trace_printk#6\n" END,
	   .proprietary = true),
	OK("for others as well", "call ktime_get_ns#5\n" END, .proprietary = true),
	OK("for GPL programs, and not reached", "r1 = 0\nif r1 == 0 goto out\ncall trace_printk#6\nout: " END, .proprietary = true),
	NO("may sleep", -EINVAL, "r1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\ncall copy_from_user#148\n" END),
	NO("licence before arguments", -EINVAL, "call trace_printk#6\n" END, .proprietary = true),
	NO("arguments", -EACCES, "call trace_printk#6\n" END),
};
ROWS(exist)

/* ---- maps ---- */

#define KEY(n) "*(u32 *)(r10 -8) = " #n "\nr2 = r10\nr2 += -8\nr1 = map[fd:0]\n"
#define LOOKUP KEY(0) "call map_lookup_elem#1\n"
#define READ "r0 = *(u64 *)(r0 +0)\nexit\n"

static const struct both_row rows_keys[] = {
	OK("array: a constant key needs no check", KEY(0) "call map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	OK("array: the last", KEY(3) "call map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	NO("array: behind the last", -EACCES, KEY(4) "call map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	NO("array: a negative key", -EACCES, KEY(-1) "call map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	OK("percpu array", KEY(1) "call map_lookup_elem#1\n" READ, .maps = "percpu_array:4:8:4"),
	NO("hash", -EACCES, KEY(0) "call map_lookup_elem#1\n" READ, .maps = "hash:4:8:4"),
	NO("lru", -EACCES, KEY(0) "call map_lookup_elem#1\n" READ, .maps = "lru_hash:4:8:4"),
	NO("a key that is not constant", -EACCES, "r3 = *(u32 *)(r1 +8)\nr3 &= 3\n*(u32 *)(r10 -4) = r3\nr2 = r10\nr2 += -4\n"
	   "r1 = map[fd:0]\ncall map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	OK("from a register", "r3 = 2\n*(u32 *)(r10 -8) = r3\nr2 = r10\nr2 += -8\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ,
	   .maps = "array:4:8:4"),
	OK("a register that is compared", "r3 = *(u32 *)(r1 +8)\nif r3 == 2 goto l\n" END "l: *(u32 *)(r10 -8) = r3\nr2 = r10\n"
	   "r2 += -8\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	NO("a register that is compared at an odd slot", -EACCES, "r3 = *(u32 *)(r1 +8)\nif r3 == 2 goto l\n" END
	   "l: *(u32 *)(r10 -4) = r3\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	NO("of a larger spill", -EACCES, "*(u64 *)(r10 -8) = 1\nr2 = r10\nr2 += -8\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ,
	   .maps = "array:4:8:4"),
	NO("zeroes of a larger one", -EACCES, "*(u64 *)(r10 -8) = 0\nr2 = r10\nr2 += -8\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ,
	   .maps = "array:4:8:4"),
	OK("the upper half of a larger spill", "*(u64 *)(r10 -8) = 1\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall map_lookup_elem#1\n"
	   READ, .maps = "array:4:8:4"),
	NO("bytes one by one", -EACCES, "*(u8 *)(r10 -4) = 1\n*(u8 *)(r10 -3) = 0\n*(u8 *)(r10 -2) = 0\n*(u8 *)(r10 -1) = 0\n"
	   "r2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	OK("zeroes one by one", "*(u8 *)(r10 -4) = 0\n*(u8 *)(r10 -3) = 0\n*(u8 *)(r10 -2) = 0\n*(u8 *)(r10 -1) = 0\n"
	   "r2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	NO("in a map value", -EACCES, "r2 = map[fd:1][0]+0\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ,
	   .maps = "array:4:8:4 array:4:4:1"),
	NO("in a constant map value", -EACCES, "r2 = map[fd:1][0]+0\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ,
	   .maps = "array:4:8:256 array:4:4:1:rdonly:frozen"),
	NO("on two paths, one of them too large", -EACCES, "r3 = *(u32 *)(r1 +8)\nr4 = 1\nif r3 == 0 goto l\nr4 = 9\n"
	   "l: *(u32 *)(r10 -8) = r4\nr2 = r10\nr2 += -8\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ, .maps = "array:4:8:4"),
	OK("in the caller's frame", KEY(1) "call fn\nexit\nfn: r1 = map[fd:0]\ncall map_lookup_elem#1\nr0 = *(u64 *)(r0 +0)\nexit\n",
	   .maps = "array:4:8:4"),
	NO("percpu lookup with a constant key", -EACCES, KEY(0) "r3 = 0\ncall map_lookup_percpu_elem#195\n" READ,
	   .maps = "percpu_array:4:8:4"),
	NO("not set", -EACCES, "r2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall map_lookup_elem#1\n" READ, .maps = "hash:4:8:4"),
	OK("checked", LOOKUP "if r0 == 0 goto out\nr0 = *(u64 *)(r0 +0)\nout: exit\n", .maps = "hash:4:8:4"),
	OK("checked by a copy", LOOKUP "r6 = r0\nif r0 == 0 goto out\nr0 = *(u64 *)(r6 +0)\nout: exit\n", .maps = "hash:4:8:4"),
	NO("checked by another lookup", -EACCES, LOOKUP "r6 = r0\n" LOOKUP "if r0 == 0 goto out\nr0 = *(u64 *)(r6 +0)\nout: exit\n",
	   .maps = "hash:4:8:4"),
	NO("written, and behind the end", -EACCES, LOOKUP "if r0 == 0 goto out\n*(u64 *)(r0 +4) = 0\nout: " END, .maps = "hash:4:8:4"),
};
ROWS(keys)

#define UPDATE "*(u64 *)(r10 -16) = 0\nr3 = r10\nr3 += -16\nr4 = 0\n" KEY(0) "call map_update_elem#2\n" END
#define DELETE KEY(0) "call map_delete_elem#3\n" END

static const struct both_row rows_maps[] = {
	OK("update", UPDATE, .maps = "array:4:8:1"),
	NO("update of a map that programs only read", -EACCES, UPDATE, .maps = "array:4:8:1:rdonly"),
	NO("delete of a map that programs only read", -EACCES, DELETE, .maps = "hash:4:8:1:rdonly"),
	OK("lookup of a map that programs only read", LOOKUP END, .maps = "hash:4:8:1:rdonly"),
	OK("update of a map that programs only write", UPDATE, .maps = "array:4:8:1:wronly"),
	NO("lookup in one, and a read", -EACCES, LOOKUP "if r0 == 0 goto out\nr0 = *(u64 *)(r0 +0)\nout: " END, .maps = "hash:4:8:1:wronly"),
	OK("lookup in one, and a write", LOOKUP "if r0 == 0 goto out\n*(u64 *)(r0 +0) = 1\nout: " END, .maps = "hash:4:8:1:wronly"),
	NO("update of a program array", -EINVAL, UPDATE, .maps = "prog_array:4:4:1"),
	NO("lookup in a program array", -EINVAL, LOOKUP END, .maps = "prog_array:4:4:1"),
	NO("lookup in a ring buffer", -EACCES, LOOKUP END, .maps = "ringbuf:0:0:4096"),
	NO("delete from a ring buffer", -EACCES, DELETE, .maps = "ringbuf:0:0:4096"),
	NO("ringbuf_query of an array", -EINVAL, "r1 = map[fd:0]\nr2 = 0\ncall ringbuf_query#134\n" END, .maps = "array:4:8:1"),
	OK("delete from an array", DELETE, .maps = "array:4:8:1"),
	NO("a map plus something", -EACCES, "r1 = map[fd:0]\nr1 += 8\n" END, .maps = "array:4:8:1"),
	NO("one of two maps that are not of a size", -EINVAL, "r6 = *(u32 *)(r1 +8)\n*(u64 *)(r10 -8) = 0\nr2 = r10\nr2 += -4\n"
	   "r1 = map[fd:0]\nif r6 == 0 goto l\nr1 = map[fd:1]\nl: call map_lookup_elem#1\nif r0 == 0 goto out\n"
	   "r0 = *(u64 *)(r0 +0)\nout: " END, .maps = "hash:4:8:1 hash:8:8:1"),
	OK("one of two maps", "r6 = *(u32 *)(r1 +8)\n*(u64 *)(r10 -8) = 0\nr2 = r10\nr2 += -8\n"
	   "r1 = map[fd:0]\nif r6 == 0 goto l\nr1 = map[fd:1]\nl: call map_lookup_elem#1\nif r0 == 0 goto out\n"
	   "r0 = *(u64 *)(r0 +0)\nout: " END, .maps = "hash:4:8:1 hash:8:8:1"),
	NO("the value argument too small", -EINVAL, "*(u64 *)(r10 -8) = 0\nr3 = r10\nr3 += -8\nr4 = 0\nr2 = r10\nr2 += -8\n"
	   "r1 = map[fd:0]\ncall map_update_elem#2\n" END, .maps = "hash:4:16:1"),
	OK("key and value from a packet", "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nr4 = r2\nr4 += 16\nif r4 > r3 goto out\n"
	   "r3 = r2\nr3 += 8\nr4 = 0\nr1 = map[fd:0]\ncall map_update_elem#2\nout: " END, .maps = "hash:8:8:1"),
	NO("a value longer than what was checked", -EACCES, "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nr4 = r2\nr4 += 16\n"
	   "if r4 > r3 goto out\nr3 = r2\nr3 += 8\nr4 = 0\nr1 = map[fd:0]\ncall map_update_elem#2\nout: " END, .maps = "hash:8:16:1"),
};
ROWS(maps)

/* ---- packets that move ---- */

/* R6 context, R7 packet, 64 bytes of it checked. */
#define PACKET "r6 = r1\nr7 = *(u32 *)(r1 +76)\nr8 = *(u32 *)(r1 +80)\nr2 = r7\nr2 += 64\nif r2 > r8 goto out\n"
#define USE "r0 = *(u8 *)(r7 +0)\nout: " END
#define STORE "*(u64 *)(r10 -8) = 0\nr1 = r6\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\nr5 = 0\ncall skb_store_bytes#9\n"
#define PULL "r1 = r6\nr2 = 0\ncall skb_pull_data#39\n"

static const struct both_row rows_packets[] = {
	OK("nothing in between", PACKET USE),
	NO("skb_store_bytes", -EACCES, PACKET STORE USE),
	NO("l3_csum_replace", -EACCES, PACKET "r1 = r6\nr2 = 0\nr3 = 0\nr4 = 0\nr5 = 0\ncall l3_csum_replace#10\n" USE),
	NO("skb_pull_data", -EACCES, PACKET PULL USE),
	NO("skb_vlan_pop", -EACCES, PACKET "r1 = r6\ncall skb_vlan_pop#19\n" USE),
	OK("skb_change_type leaves it", PACKET "r1 = r6\nr2 = 0\ncall skb_change_type#32\n" USE),
	NO("clone_redirect", -EACCES, PACKET "r1 = r6\nr2 = 1\nr3 = 0\ncall clone_redirect#13\n" USE),
	OK("skb_load_bytes leaves it", PACKET "r1 = r6\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall skb_load_bytes#26\n" USE),
	OK("read again behind it", PACKET PULL "r7 = *(u32 *)(r6 +76)\nr8 = *(u32 *)(r6 +80)\nr2 = r7\nr2 += 64\nif r2 > r8 goto out\n" USE),
	NO("read again without a check", -EACCES, PACKET PULL "r7 = *(u32 *)(r6 +76)\n" USE),
	NO("the old end", -EACCES, PACKET PULL "r7 = *(u32 *)(r6 +76)\nr2 = r7\nr2 += 64\nif r2 > r8 goto out\n" USE),
	NO("a spilled pointer", -EACCES, PACKET "*(u64 *)(r10 -16) = r7\n" PULL "r7 = *(u64 *)(r10 -16)\n" USE),
	NO("in a function", -EACCES, PACKET "r1 = r6\ncall fn\n" USE "fn: r2 = 0\ncall skb_pull_data#39\n" END),
	OK("a function that leaves it", PACKET "r1 = r6\ncall fn\n" USE "fn: r2 = 0\ncall skb_change_type#32\n" END),
	NO("in a global function", -EACCES, PACKET "r1 = r6\ncall fn\n" USE "fn: r2 = 0\ncall skb_pull_data#39\n" END,
	   .funcs = "Sic Gic"),
	OK("a global function that leaves it", PACKET "r1 = r6\ncall fn\n" USE "fn: r2 = 0\ncall skb_change_type#32\n" END,
	   .funcs = "Sic Gic"),
	NO("in a function of a global function", -EACCES, PACKET "r1 = r6\ncall fn\n" USE "fn: call gn\n" END
	   "gn: r2 = 0\ncall skb_pull_data#39\n" END, .funcs = "Sic Gic Sic"),
	NO("the caller's pointer", -EACCES, PACKET "r1 = r6\nr2 = r7\ncall fn\nout: " END
	   "fn: r6 = r2\nr2 = 0\ncall skb_pull_data#39\nr0 = *(u8 *)(r6 +0)\nexit\n"),
	OK("a tail call that does not happen", PACKET "r1 = r6\nr2 = map[fd:0]\nr3 = 0\ncall tail_call#12\n" USE,
	   .maps = "prog_array:4:4:1"),
	NO("metadata", -EACCES, "r6 = r1\nr7 = *(u32 *)(r1 +140)\nr8 = *(u32 *)(r1 +76)\nr2 = r7\nr2 += 4\nif r2 > r8 goto out\n"
	   PULL USE),
	NO("XDP: adjust_head", -EACCES, "r6 = r1\nr7 = *(u32 *)(r1 +0)\nr8 = *(u32 *)(r1 +4)\nr2 = r7\nr2 += 64\nif r2 > r8 goto out\n"
	   "r1 = r6\nr2 = 0\ncall xdp_adjust_head#44\n" USE, XDP),
	NO("XDP: adjust_meta", -EACCES, "r6 = r1\nr7 = *(u32 *)(r1 +0)\nr8 = *(u32 *)(r1 +4)\nr2 = r7\nr2 += 64\nif r2 > r8 goto out\n"
	   "r1 = r6\nr2 = 0\ncall xdp_adjust_meta#54\n" USE, XDP),
	OK("XDP: load_bytes leaves it", "r6 = r1\nr7 = *(u32 *)(r1 +0)\nr8 = *(u32 *)(r1 +4)\nr2 = r7\nr2 += 64\nif r2 > r8 goto out\n"
	   "r1 = r6\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall xdp_load_bytes#189\n" USE, XDP),
	OK("only the way that moves it", PACKET "r2 = *(u32 *)(r6 +8)\nif r2 == 0 goto use\n" PULL END "use: " USE),
	NO("one of the ways moves it", -EACCES, PACKET "r2 = *(u32 *)(r6 +8)\nif r2 == 0 goto use\n" PULL "use: " USE),
	OK("lost and not used", PACKET PULL "out: " END),
	OK("a number from it stays", PACKET "r9 = *(u8 *)(r7 +0)\n" PULL "r0 = r9\nexit\nout: " END),
	OK("a map value found by it stays", PACKET "r2 = r7\nr1 = map[fd:0]\ncall map_lookup_elem#1\nr9 = r0\n" PULL
	   "if r9 == 0 goto out\nr0 = *(u8 *)(r9 +0)\nout: " END, .maps = "hash:4:8:4"),
};
ROWS(packets)

/* ---- tail calls ---- */

#define TAIL(index) "r2 = map[fd:0]\nr3 = " #index "\ncall tail_call#12\n"
#define PROGS .maps = "prog_array:4:4:2"

static const struct both_row rows_tail[] = {
	OK("with a constant", TAIL(0) END, PROGS),
	OK("behind the last", TAIL(7) END, PROGS),
	OK("negative", TAIL(-1) END, PROGS),
	OK("any number", "r3 = *(u32 *)(r1 +8)\nr2 = map[fd:0]\ncall tail_call#12\n" END, PROGS),
	NO("returns nothing", -EACCES, TAIL(0) "exit\n", PROGS),
	NO("another map", -EINVAL, TAIL(0) END, .maps = "array:4:4:2"),
	NO("no context", -EACCES, "r1 = 0\n" TAIL(0) END, PROGS),
	NO("something else than the context", -EACCES, "r1 = r10\n" TAIL(0) END, PROGS),
	OK("in a function", "call fn\n" END "fn: " TAIL(0) END, PROGS, .funcs = "Sic Sic"),
	NO("in a function without types", -EINVAL, "call fn\n" END "fn: " TAIL(0) END, PROGS),
	OK("in a global function", "call fn\n" END "fn: " TAIL(0) END, PROGS, .funcs = "Sic Gic"),
	OK("in a function, and then the packet", PACKET "r1 = r6\ncall fn\nout: " END "fn: " TAIL(0) END, PROGS,
	   .funcs = "Sic Sic"),
	NO("in a function, the packet used behind it", -EACCES, PACKET "r1 = r6\ncall fn\n" USE "fn: " TAIL(0) END, PROGS,
	   .funcs = "Sic Sic"),
	NO("in a global function, the packet used behind it", -EACCES, PACKET "r1 = r6\ncall fn\n" USE "fn: " TAIL(0) END, PROGS,
	   .funcs = "Sic Gic"),
	OK("in a function, the packet used in it", PACKET "r1 = r6\nr2 = r7\ncall fn\nout: " END
	   "fn: r6 = r2\nr2 = map[fd:0]\nr3 = 0\ncall tail_call#12\nr0 = *(u8 *)(r6 +0)\nr0 = 0\nexit\n", PROGS,
	   .funcs = "Sic Sicl"),
	NO("what it returns is any number", -EINVAL, "call fn\nr1 = map[fd:1][0]+0\nr1 += r0\nr0 = *(u8 *)(r1 +0)\nexit\nfn: " TAIL(0) END,
	   .maps = "prog_array:4:4:2 array:4:64:1", .funcs = "Sic Sic"),
	OK("and may be asked about", "call fn\nif r0 > 63 goto out\nr1 = map[fd:1][0]+0\nr1 += r0\nr0 = *(u8 *)(r1 +0)\nexit\nout: " END
	   "fn: " TAIL(0) "r0 = 70\nexit\n", .maps = "prog_array:4:4:2 array:4:64:1", .funcs = "Sic Sic"),
	NO("in a function that returns nothing", -EINVAL, "call fn\n" END "fn: " TAIL(0) END, PROGS, .funcs = "Sic Svc"),
	OK("in a function of a function", "call fn\n" END "fn: call gn\n" END "gn: " TAIL(0) END, PROGS,
	   .funcs = "Sic Sic Sic"),
	OK("the index of a pointer", "r3 = r10\nr2 = map[fd:0]\ncall tail_call#12\n" END, PROGS),
	OK("XDP", TAIL(0) END, PROGS, XDP),
	OK("socket filter", TAIL(0) END, PROGS, SOCKET),
	NO("with a map value for the map", -EACCES, "r2 = map[fd:1][0]+0\nr3 = 0\ncall tail_call#12\n" END,
	   .maps = "prog_array:4:4:2 array:4:8:1"),
	OK("one of two", "r6 = *(u32 *)(r1 +8)\nr2 = map[fd:0]\nif r6 == 0 goto l\nr2 = map[fd:1]\nl: r3 = 0\ncall tail_call#12\n" END,
	   .maps = "prog_array:4:4:2 prog_array:4:4:3"),
};
ROWS(tail)

/* ---- constant strings, formats, sizes ---- */

/* Frozen maps of 256 bytes hold every byte: 0x25 '%' at 36, "%&'" and so on; 0 at 255. */
#define STRINGS "array:4:256:1:rdonly:frozen"
#define NCMP(string) "*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\n" string "call strncmp#182\n" END
#define PRINT(size, from, bytes) "r1 = r10\nr1 += -64\nr2 = " #size "\nr3 = map[fd:0][0]+" #from "\nr4 = r10\nr4 += -128\nr5 = " #bytes    \
	"\ncall snprintf#165\n" END

static const struct both_row rows_strings[] = {
	OK("a string", NCMP("r3 = map[fd:0][0]+0\n"), .maps = STRINGS),
	OK("its end alone", NCMP("r3 = map[fd:0][0]+255\n"), .maps = STRINGS),
	NO("without an end", -EINVAL, NCMP("r3 = map[fd:0][0]+0\n"), .maps = "array:4:64:1:rdonly:frozen"),
	NO("behind the value", -EINVAL, NCMP("r3 = map[fd:0][0]+256\n"), .maps = STRINGS),
	NO("moved behind the value", -EACCES, NCMP("r3 = map[fd:0][0]+0\nr3 += 256\n"), .maps = STRINGS),
	NO("moved before the value", -EACCES, NCMP("r3 = map[fd:0][0]+0\nr3 += -1\n"), .maps = STRINGS),
	NO("not frozen", -EACCES, NCMP("r3 = map[fd:0][0]+0\n"), .maps = "array:4:256:1:rdonly"),
	NO("frozen, but not for programs", -EACCES, NCMP("r3 = map[fd:0][0]+0\n"), .maps = "array:4:256:1:frozen"),
	NO("on the stack", -EACCES, NCMP("r3 = r10\nr3 += -8\n")),
	NO("at a variable place", -EACCES, "r6 = *(u8 *)(r1 +8)\n" NCMP("r3 = map[fd:0][0]+0\nr3 += r6\n"), .maps = STRINGS),
	OK("by a constant that was added", "r6 = 8\n" NCMP("r3 = map[fd:0][0]+0\nr3 += r6\n"), .maps = STRINGS),
	NO("in one of several elements", -EACCES, "*(u32 *)(r10 -12) = 0\nr2 = r10\nr2 += -12\nr1 = map[fd:0]\ncall map_lookup_elem#1\n"
	   "if r0 == 0 goto out\nr6 = r0\n" NCMP("r3 = r6\n") "out: " END, .maps = "hash:4:256:2"),
	NO("in one of several elements of an array", -524, "*(u32 *)(r10 -12) = 0\nr2 = r10\nr2 += -12\nr1 = map[fd:0]\n"
	   "call map_lookup_elem#1\nif r0 == 0 goto out\nr6 = r0\n" NCMP("r3 = r6\n") "out: " END,
	   .maps = "array:4:256:2:rdonly:frozen"),
	OK("a format without conversions", PRINT(64, 128, 0), .maps = STRINGS),
	OK("and with an argument", PRINT(64, 128, 8), .maps = STRINGS),
	NO("a format with a bad conversion", -EINVAL, PRINT(64, 0, 8), .maps = STRINGS),
	NO("half an argument", -EINVAL, PRINT(64, 128, 12), .maps = STRINGS),
	OK("thirteen arguments", PRINT(64, 128, 104), .maps = STRINGS),
	OK("no room", "r1 = 0\nr2 = 0\nr3 = map[fd:0][0]+128\nr4 = 0\nr5 = 0\ncall snprintf#165\n" END, .maps = STRINGS),
	NO("a size that may be 0", -EACCES, "r2 = *(u8 *)(r1 +8)\n*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\nr2 &= 7\n"
	   "r3 = map[fd:0][0]+0\ncall strncmp#182\n" END, .maps = STRINGS),
	NO("a size that may be negative", -EACCES, "r2 = *(u32 *)(r1 +8)\nr2 <<= 32\nr2 s>>= 32\n*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\n"
	   "if r2 s> 8 goto out\nr3 = map[fd:0][0]+0\ncall strncmp#182\nout: " END, .maps = STRINGS),
	NO("a size without bound", -EACCES, "r2 = *(u32 *)(r1 +8)\n*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\n"
	   "r3 = map[fd:0][0]+0\ncall strncmp#182\n" END, .maps = STRINGS),
	OK("a size in bounds", "r2 = *(u8 *)(r1 +8)\n*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\nr2 &= 7\nr2 += 1\n"
	   "r3 = map[fd:0][0]+0\ncall strncmp#182\n" END, .maps = STRINGS),
	OK("strtol", "*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -16\ncall strtol#105\nr0 = *(u64 *)(r10 -16)\nexit\n"),
	NO("strtol to a place that is not aligned", -EACCES, "*(u64 *)(r10 -8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -20\n"
	   "call strtol#105\n" END),
	NO("strtol over a pointer", -EACCES, "*(u64 *)(r10 -8) = 0\n*(u64 *)(r10 -16) = r1\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -16\n"
	   "call strtol#105\nr1 = *(u64 *)(r10 -16)\nr0 = *(u32 *)(r1 +0)\nexit\n"),
};
ROWS(strings)

/* ---- results ---- */

#define ARRAY64 .maps = "array:4:64:1"

static const struct both_row rows_results[] = {
	NO("any number", -EINVAL, "call get_prandom_u32#7\nr1 = map[fd:0][0]+0\nr1 += r0\nr0 = *(u8 *)(r1 +0)\nexit\n", ARRAY64),
	OK("R0 alone is set", "call get_prandom_u32#7\nexit\n"),
	NO("R1 is lost", -EACCES, "call get_prandom_u32#7\nr0 = r1\nexit\n"),
	NO("R5 is lost", -EACCES, "r5 = 1\ncall get_prandom_u32#7\nr0 = r5\nexit\n"),
	OK("R6 stays", "r6 = 1\ncall get_prandom_u32#7\nr0 = r6\nexit\n"),
	NO("nothing is returned", -EACCES, "r1 = map[fd:0]\nr2 = 8\nr3 = 0\ncall ringbuf_reserve#131\nif r0 == 0 goto out\nr1 = r0\nr2 = 0\n"
	   "call ringbuf_submit#132\nexit\nout: " END, .maps = "ringbuf:0:0:4096"),
	OK("a CPU number has a bound", "call get_smp_processor_id#8\nr1 = map[fd:0][0]+0\nr1 += r0\nr0 = *(u8 *)(r1 +0)\nexit\n", ARRAY64),
	NO("but not that one", -EACCES, "call get_smp_processor_id#8\nr1 = map[fd:0][0]+63\nr1 += r0\nr0 = *(u8 *)(r1 +0)\nexit\n", ARRAY64),
	OK("what is read of a socket", "r1 = *(u64 *)(r1 +168)\nif r1 == 0 goto out\ncall sk_fullsock#95\nif r0 == 0 goto out\n"
	   "r0 = *(u32 *)(r0 +44)\nexit\nout: " END),
	NO("sockets are not written to", -EACCES, "r1 = *(u64 *)(r1 +168)\nif r1 == 0 goto out\ncall sk_fullsock#95\nif r0 == 0 goto out\n"
	   "*(u32 *)(r0 +44) = 0\nout: " END),
	NO("or NULL", -EACCES, "r1 = *(u64 *)(r1 +168)\nif r1 == 0 goto out\ncall sk_fullsock#95\nr0 = *(u32 *)(r0 +4)\nout: " END),
	OK("NULL is a number", "r1 = *(u64 *)(r1 +168)\nif r1 == 0 goto out\ncall sk_fullsock#95\nif r0 != 0 goto out\nexit\nout: " END),
};
ROWS(results)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exist), cmocka_unit_test(test_keys), cmocka_unit_test(test_maps),
		cmocka_unit_test(test_packets), cmocka_unit_test(test_tail), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_results),
	};

	return both_run("call rules", tests, ARRAY_SIZE(tests));
}
