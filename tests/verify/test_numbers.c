// SPDX-License-Identifier: BSD-2-Clause
/* test_numbers.c - arithmetic, pointers and conditions: does the verifier say what Linux says?
 *
 *   bounds     a number is made, and used as an offset into a map value: of as many bytes as it can reach it
 *              is accepted, of one byte less refused
 *   pointers   every operation on every kind of pointer, with operands that are known, bounded, or not
 *   decided    a condition that can only go one way: the other way uses a register that was never set
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

#define ANY "r1 = *(u64 *)(r10 -8)\n"
#define ANY32 "r1 = *(u32 *)(r10 -8)\n"
#define ANY8 "r1 = *(u8 *)(r10 -8)\n"
#define END "r0 = 0\nexit\n"
#define OUT "out: r0 = 0\nexit\n"

/* r1 is at most @most, and can be that. */
#define MOST(name, most, less, text) \
	OK(name, text "r6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT, .maps = "array:4:" #most ":1"), \
	NO(name ", one byte less", -EACCES, text "r6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT, \
	   .maps = "array:4:" #less ":1")

static const struct both_row rows_arithmetic[] = {
	MOST("and", 32, 31, ANY "r1 &= 31\n"),
	MOST("and of 32 bits", 32, 31, ANY "w1 &= 31\n"),
	MOST("and of two bounds", 16, 15, ANY8 "r2 = *(u8 *)(r10 -16)\nr2 &= 15\nr1 &= r2\n"),
	MOST("or", 32, 31, ANY "r1 &= 16\nr1 |= 15\n"),
	MOST("xor", 64, 63, ANY "r1 &= 31\nr1 ^= 32\n"),
	MOST("a sum", 266, 265, ANY8 "r1 += 10\n"),
	MOST("a sum that all wrap", 264, 263, ANY8 "r1 += -256\nr1 += 264\n"),
	MOST("a sum of 32 bits that all wrap", 256, 255, ANY8 "w1 += -256\nw1 += 256\n"),
	MOST("a difference", 256, 255, ANY8 "r2 = 255\nr2 -= r1\nr1 = r2\n"),
	MOST("a difference of 32 bits", 256, 255, ANY8 "w2 = 255\nw2 -= w1\nw1 = w2\n"),
	MOST("the negative one", 256, 255, ANY8 "r1 = -r1\nr1 += 255\n"),
	MOST("the negative one of 32 bits", 256, 255, ANY8 "w1 = -w1\nw1 += 255\n"),
	MOST("a product", 766, 765, ANY8 "r1 *= 3\n"),
	MOST("a product of bits", 13, 12, ANY "r1 &= 4\nr1 *= 3\n"),
	MOST("a product of negative numbers", 766, 765, ANY8 "r1 *= -3\nr1 += 765\n"),
	MOST("up", 2041, 2040, ANY8 "r1 <<= 3\n"),
	MOST("up, of 32 bits", 2041, 2040, ANY8 "w1 <<= 3\n"),
	MOST("down", 32, 31, ANY8 "r1 >>= 3\n"),
	MOST("down, of 64 bits", 16, 15, ANY "r1 >>= 60\n"),
	MOST("down, of 32 bits", 16, 15, ANY "w1 >>= 28\n"),
	MOST("down with the sign", 16, 15, ANY "r1 s>>= 60\nr1 += 8\n"),
	MOST("down with the sign, of 32 bits", 16, 15, ANY "w1 s>>= 28\nw1 += 8\nw1 &= 15\n"),
	MOST("up and down: the lower half with its sign", 16, 15, ANY "r1 &= 15\nr1 <<= 32\nr1 s>>= 32\n"),
	MOST("by a register", 16, 15, ANY "r2 = 60\nr1 >>= r2\n"),
	MOST("a move of 32 bits", 256, 255, ANY8 "r2 = 0x100000000\nr1 |= r2\nw1 = w1\n"),
	MOST("with the sign of 8 bits", 256, 255, ANY "r1 = (s8)r1\nr1 += 128\n"),
	MOST("with the sign of 8 bits, into 32", 256, 255, ANY "w1 = (s8)w1\nw1 += 128\n"),
	MOST("with the sign of 16 bits", 65536, 65535, ANY "r1 = (s16)r1\nr1 += 32768\n"),
	MOST("with a sign that is never there", 128, 127, ANY "r1 &= 127\nr1 = (s8)r1\n"),
	MOST("bytes swapped", 16, 15, ANY "r1 &= 0xf00\nr1 = bswap16 r1\n"),
	MOST("bytes of the network", 65536, 65535, ANY "r1 = be16 r1\n"),
	MOST("bytes of the host", 65536, 65535, ANY "r1 = le16 r1\n"),
	MOST("one of two by a sign", 8, 7, ANY "r1 s>>= 63\nr1 &= 7\n"),
	MOST("one of two by a sign, of 32 bits", 8, 7, ANY "w1 s>>= 31\nw1 &= 7\n"),
	NO("a shift by what is not known", -EINVAL, ANY8 "r2 = *(u8 *)(r10 -16)\nr2 &= 1\nr1 >>= r2\n"
	   "r6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT, .maps = "array:4:256:1"),
	NO("a quotient", -EINVAL, ANY8 "r1 /= 3\nr6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT,
	   .maps = "array:4:256:1"),
	NO("a remainder", -EINVAL, ANY8 "r1 %= 3\nr6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT,
	   .maps = "array:4:256:1"),
	NO("divided by 0", -EINVAL, ANY "r1 /= 0\n" END),
	NO("the remainder by 0", -EINVAL, ANY "w1 %= 0\n" END),
	NO("divided by 0 with signs", -EINVAL, ANY "r1 s/= 0\n" END),
	OK("divided by a register that is 0", ANY "r2 = 0\nr1 /= r2\n" END),
	NO("shifted by 64", -EINVAL, ANY "r1 <<= 64\n" END),
	NO("shifted by 32 of 32", -EINVAL, ANY "w1 >>= 32\n" END),
	NO("shifted by a negative number", -EINVAL, ANY "r1 s>>= -1\n" END),
	OK("shifted by a register that is 64", ANY "r2 = 64\nr1 <<= r2\n" END),
	NO("a register that was never set", -EACCES, "r1 += r9\n" END),
	NO("a register that was never set, changed", -EACCES, "r9 += 1\n" END),
	NO("a register that was never set, moved", -EACCES, "r1 = r9\n" END),
	NO("a register that was never set, swapped", -EACCES, "r9 = be16 r9\n" END),
	NO("32 bits of a register that was never set", -EACCES, "w1 = w9\n" END),
};

ROWS(arithmetic)

static const struct both_row rows_conditions[] = {
	MOST("<", 16, 15, ANY "if r1 >= 16 goto out\n"),
	MOST("<=", 17, 16, ANY "if r1 > 16 goto out\n"),
	MOST("< jumps", 16, 15, ANY "if r1 < 16 goto in\ngoto out\nin:\n"),
	MOST("of 32 bits only", 16, 15, ANY32 "if w1 >= 16 goto out\n"),
	NO("of 32 bits only, of a number of 64", -EINVAL, ANY "if w1 >= 16 goto out\n"
	   "r6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT, .maps = "array:4:16:1"),
	MOST("signed, from both sides", 16, 15, ANY "if r1 s> 15 goto out\nif r1 s< 0 goto out\n"),
	MOST("signed, from both sides, of 32 bits", 16, 15, ANY32 "if w1 s> 15 goto out\nif w1 s< 0 goto out\n"),
	MOST("signed, moved", 21, 20, ANY "if r1 s>= 11 goto out\nif r1 s<= -11 goto out\nr1 += 10\n"),
	MOST("equal", 8, 7, ANY "if r1 != 7 goto out\n"),
	MOST("not equal to its edge", 16, 15, ANY "r1 &= 15\nif r1 == 0 goto out\nr1 += -1\nr1 += 1\n"),
	MOST("not equal to the other edge", 15, 14, ANY "r1 &= 15\nif r1 == 15 goto out\n"),
	MOST("a bit that is not set", 16, 15, ANY "r1 &= 31\nif r1 & 16 goto out\n"),
	MOST("bits that are not set", 16, 15, ANY "if r1 & -16 goto out\n"),
	MOST("the other operand", 16, 15, ANY "r2 = 16\nif r2 <= r1 goto out\n"),
	MOST("against a bounded number", 255, 254, ANY "r2 = *(u8 *)(r10 -16)\nif r1 >= r2 goto out\n"),
	MOST("equal to a bounded number", 256, 255, ANY "r2 = *(u8 *)(r10 -16)\nif r1 != r2 goto out\n"),
	MOST("one number that both the bits and the bounds allow", 3, 2, ANY "r1 &= 2\nif r1 == 0 goto out\n"),
	MOST("the copy", 16, 15, ANY "r2 = r1\nif r2 >= 16 goto out\n"),
	MOST("the copy of 32 bits", 16, 15, ANY32 "w2 = w1\nif r2 >= 16 goto out\n"),
	NO("no copy: more than 32 bits", -EINVAL, ANY "w2 = w1\nif r2 >= 16 goto out\n"
	   "r6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT, .maps = "array:4:16:1"),
	MOST("the sum of a copy", 21, 20, ANY "r2 = r1\nr1 += 5\nif r2 >= 16 goto out\n"),
	MOST("the copy of a sum", 16, 15, ANY "r2 = r1\nr2 += 5\nif r2 > 20 goto out\nif r2 < 5 goto out\n"),
	MOST("the difference of a copy", 16, 15, ANY "r2 = r1\nr2 -= -5\nif r2 > 20 goto out\nif r2 < 5 goto out\n"),
	MOST("the sum of a copy, of 32 bits", 21, 20, ANY32 "r2 = r1\nw1 += 5\nif r2 >= 16 goto out\n"),
	NO("the sum of a sum", -EINVAL, ANY "r2 = r1\nr1 += 5\nr1 += 1\nif r2 >= 16 goto out\n"
	   "r6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT, .maps = "array:4:64:1"),
	NO("a product is no copy", -EINVAL, ANY "r2 = r1\nr1 *= 2\nif r2 >= 16 goto out\n"
	   "r6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\n" OUT, .maps = "array:4:64:1"),
	MOST("seven copies that are never read", 16, 15, ANY "r2 = r1\nr3 = r1\nr4 = r1\nr5 = r1\nr7 = r1\nr8 = r1\n"
	     "if r8 >= 16 goto out\n"),
	NO("seven copies that are read: only six learn", -EINVAL, ANY "r2 = r1\nr3 = r1\nr4 = r1\nr5 = r1\nr7 = r1\n"
	   "r8 = r1\nif r8 >= 16 goto out\nr6 = map[fd:0][0]+0\nr6 += r1\nr0 = *(u8 *)(r6 +0)\nr0 = r2\nr0 = r3\n"
	   "r0 = r4\nr0 = r5\nr0 = r7\n" OUT, .maps = "array:4:16:1"),
};

ROWS(conditions)

/* The way that cannot be gone reads R9, which was never set. */
#define NEVER(name, text) OK(name " is never so", text " goto bad\n" END "bad: r0 = r9\nexit\n")
#define MAYBE(name, text) NO(name " may be so", -EACCES, text " goto bad\n" END "bad: r0 = r9\nexit\n")
#define ALWAYS(name, text) OK(name " is always so", text " goto out\nr0 = r9\nexit\n" OUT)

static const struct both_row rows_decided[] = {
	NEVER("5 > 5", "r1 = 5\nif r1 > 5"),
	ALWAYS("5 >= 5", "r1 = 5\nif r1 >= 5"),
	NEVER("a byte > 255", ANY8 "if r1 > 255"),
	MAYBE("a byte > 254", ANY8 "if r1 > 254"),
	NEVER("a byte s< 0", ANY8 "if r1 s< 0"),
	ALWAYS("-1 as 32 bits > a byte", ANY8 "w2 = -1\nif w2 > w1"),
	NEVER("a byte == 256", ANY8 "if r1 == 256"),
	ALWAYS("a byte != 256", ANY8 "if r1 != 256"),
	NEVER("even == odd", ANY "r1 &= -2\nif r1 == 5"),
	ALWAYS("even != odd of two registers", ANY "r2 = *(u64 *)(r10 -16)\nr1 &= -2\nr2 |= 1\nif r1 != r2"),
	NEVER("a bit that is 0", ANY "r1 &= 15\nif r1 & 16"),
	ALWAYS("a bit that is 1", ANY "r1 |= 16\nif r1 & 16"),
	MAYBE("a bit", ANY "if r1 & 16"),
	NEVER("a bit of a register that is 0", ANY "r1 &= 15\nr2 = 16\nif r2 & r1"),
	MAYBE("a number > itself", ANY "if r1 > r1"),
	NEVER("the address of a map == 0", "r1 = map[fd:0]\nif r1 == 0"),
	NEVER("32 bits of the address of a map == 0", "r1 = map[fd:0]\nif w1 == 0"),
	ALWAYS("0 != the address of a map value", "r1 = map[fd:0][0]+0\nr2 = 0\nif r2 != r1"),
	MAYBE("the address of a map == 5", "r1 = map[fd:0]\nif r1 == 5"),
	MAYBE("the stack == 0", "if r10 == 0"),
	MAYBE("the context == 0", "if r1 == 0"),
	OK("a packet that ends here goes on", "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nif r2 < r3 goto out\n"
	   "if r2 < r3 goto bad\n" OUT "bad: r0 = r9\nexit\n"),
	OK("a packet that ended before goes on", "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\nif r2 <= r3 goto out\n"
	   "if r3 >= r2 goto bad\n" OUT "bad: r0 = r9\nexit\n"),
	NO("a packet that ends here, or before", -EACCES, "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\n"
	   "if r2 < r3 goto out\nif r2 <= r3 goto bad\n" OUT "bad: r0 = r9\nexit\n"),
};

/* Rows that name a map need it. */
static void test_decided(void **state)
{
	struct both_row rows[ARRAY_SIZE(rows_decided)];

	memcpy(rows, rows_decided, sizeof(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strstr(rows[i].text, "map["))
			rows[i].maps = "array:4:16:1";
	both_rows(*state, rows, ARRAY_SIZE(rows));
}

#define PACKET "r2 = *(u32 *)(r1 +76)\nr3 = *(u32 *)(r1 +80)\n"
#define READ(n) "r0 = *(u8 *)(r2 +" #n ")\n"

/* Byte 13 is there, byte 14 is not. */
#define BYTES(name, text) \
	OK(name, PACKET "r4 = r2\n" text "in: r0 = *(u8 *)(r2 +13)\n" OUT), \
	NO(name ", one more", -EACCES, PACKET "r4 = r2\n" text "in: r0 = *(u8 *)(r2 +14)\n" OUT)

static const struct both_row rows_packet[] = {
	BYTES("p > end", "r4 += 14\nif r4 > r3 goto out\n"),
	BYTES("p >= end", "r4 += 13\nif r4 >= r3 goto out\n"),
	BYTES("p < end jumps", "r4 += 13\nif r4 < r3 goto in\ngoto out\n"),
	BYTES("p <= end jumps", "r4 += 14\nif r4 <= r3 goto in\ngoto out\n"),
	BYTES("end < p", "r4 += 14\nif r3 < r4 goto out\n"),
	BYTES("end <= p", "r4 += 13\nif r3 <= r4 goto out\n"),
	BYTES("end > p jumps", "r4 += 13\nif r3 > r4 goto in\ngoto out\n"),
	BYTES("end >= p jumps", "r4 += 14\nif r3 >= r4 goto in\ngoto out\n"),
	NO("p == end", -EACCES, PACKET "r4 = r2\nr4 += 14\nif r4 == r3 goto in\ngoto out\nin: " READ(13) OUT),
	NO("32 bits of p > end", -EACCES, PACKET "r4 = r2\nr4 += 14\nif w4 > w3 goto out\n" READ(13) OUT),
	NO("signed p > end", -EACCES, PACKET "r4 = r2\nr4 += 14\nif r4 s> r3 goto out\n" READ(13) OUT),
	NO("the wrong way", -EACCES, PACKET "r4 = r2\nr4 += 14\nif r4 > r3 goto in\ngoto out\nin: " READ(13) OUT),
	NO("a negative offset", -EACCES, PACKET "r4 = r2\nr4 += -2\nif r4 > r3 goto out\n" READ(0) OUT),
	NO("no bytes", -EACCES, PACKET "if r2 >= r3 goto out\nr4 = r2\nr4 += 1\nr0 = *(u8 *)(r4 +0)\n" OUT),
	OK("the same variable part", PACKET "r4 = *(u8 *)(r10 -8)\nr2 += r4\nr5 = r2\nr5 += 14\n"
	   "if r5 > r3 goto out\n" READ(13) OUT),
	NO("another variable part", -EACCES, PACKET "r4 = *(u8 *)(r10 -8)\nr5 = r2\nr5 += r4\nr2 += r4\nr5 += 14\n"
	   "if r5 > r3 goto out\n" READ(13) OUT),
	OK("an offset that is as large as packets are", PACKET "r4 = *(u16 *)(r10 -8)\nif r4 > 65521 goto out\n"
	   "r2 += r4\nr5 = r2\nr5 += 14\nif r5 > r3 goto out\n" READ(13) OUT),
	NO("an offset that may be larger", -EACCES, PACKET "r4 = *(u16 *)(r10 -8)\nr2 += r4\nr5 = r2\nr5 += 14\n"
	   "if r5 > r3 goto out\n" READ(13) OUT),
	NO("back by a number", -EACCES, PACKET "r4 = r2\nr4 += 14\nif r4 > r3 goto out\nr5 = *(u8 *)(r10 -8)\nr5 &= 7\n"
	   "r2 += 8\nr2 -= r5\n" READ(5) OUT),
	OK("metadata", "r2 = *(u32 *)(r1 +140)\nr3 = *(u32 *)(r1 +76)\nr4 = r2\nr4 += 4\nif r4 > r3 goto out\n" READ(3) OUT),
	NO("metadata, too much", -EACCES, "r2 = *(u32 *)(r1 +140)\nr3 = *(u32 *)(r1 +76)\nr4 = r2\nr4 += 4\n"
	   "if r4 > r3 goto out\n" READ(4) OUT),
	NO("metadata against the end of the packet", -EACCES, "r2 = *(u32 *)(r1 +140)\nr3 = *(u32 *)(r1 +80)\nr4 = r2\n"
	   "r4 += 4\nif r4 > r3 goto out\n" READ(3) OUT),
	NO("metadata against a packet pointer that moved", -EACCES, "r2 = *(u32 *)(r1 +140)\nr3 = *(u32 *)(r1 +76)\n"
	   "r3 += 1\nr4 = r2\nr4 += 4\nif r4 > r3 goto out\n" READ(3) OUT),
};

ROWS(packet)

#define LOOKUP "*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[fd:0]\ncall unknown#1\n"
#define MAP .maps = "hash:4:16:4"

static const struct both_row rows_null[] = {
	OK("== 0", LOOKUP "if r0 == 0 goto out\nr0 = *(u8 *)(r0 +0)\n" OUT, MAP),
	OK("!= 0 jumps", LOOKUP "if r0 != 0 goto in\ngoto out\nin: r0 = *(u8 *)(r0 +0)\n" OUT, MAP),
	NO("== 0 jumps", -EACCES, LOOKUP "if r0 == 0 goto in\ngoto out\nin: r0 = *(u8 *)(r0 +0)\n" OUT, MAP),
	NO("not asked", -EACCES, LOOKUP "r0 = *(u8 *)(r0 +0)\n" OUT, MAP),
	NO("32 bits asked", -EACCES, LOOKUP "if w0 == 0 goto out\nr0 = *(u8 *)(r0 +0)\n" OUT, MAP),
	NO("a register that is 0", -EACCES, LOOKUP "r1 = 0\nif r0 == r1 goto out\nr0 = *(u8 *)(r0 +0)\n" OUT, MAP),
	NO("> 0", -EACCES, LOOKUP "if r0 > 0 goto in\ngoto out\nin: r0 = *(u8 *)(r0 +0)\n" OUT, MAP),
	OK("the copy", LOOKUP "r6 = r0\nif r0 == 0 goto out\nr0 = *(u8 *)(r6 +0)\n" OUT, MAP),
	OK("the copy on the stack", LOOKUP "*(u64 *)(r10 -16) = r0\nif r0 == 0 goto out\nr6 = *(u64 *)(r10 -16)\n"
	   "r0 = *(u8 *)(r6 +0)\n" OUT, MAP),
	NO("another lookup", -EACCES, LOOKUP "r6 = r0\n" LOOKUP "if r0 == 0 goto out\nr0 = *(u8 *)(r6 +0)\n" OUT, MAP),
	OK("what is NULL is the number 0", LOOKUP "if r0 != 0 goto out\nr6 = map[fd:1][0]+0\nr6 += r0\n"
	   "r0 = *(u8 *)(r6 +15)\n" OUT, .maps = "hash:4:16:4 array:4:16:1"),
	NO("computed with before", -EACCES, LOOKUP "r0 += 4\nif r0 == 0 goto out\nr0 = *(u8 *)(r0 +0)\n" OUT, MAP),
	OK("equal to what is not NULL", LOOKUP "r6 = map[fd:1][0]+0\nif r0 != r6 goto out\nr0 = *(u8 *)(r0 +0)\n" OUT,
	   .maps = "hash:4:16:4 array:4:16:1"),
	NO("different from what is not NULL", -EACCES, LOOKUP "r6 = map[fd:1][0]+0\nif r0 == r6 goto out\n"
	   "r0 = *(u8 *)(r0 +0)\n" OUT, .maps = "hash:4:16:4 array:4:16:1"),
};

ROWS(null)

/* ---- every operation on every kind of pointer ---- */

struct kind {
	const char *name, *text, *maps;   /* puts it into R2 */
};

static const struct kind kinds[] = {
	{ "the context", "r2 = r1\n", NULL },
	{ "the stack", "r2 = r10\nr2 += -16\n", NULL },
	{ "a packet", "r2 = *(u32 *)(r1 +76)\n", NULL },
	{ "metadata", "r2 = *(u32 *)(r1 +140)\n", NULL },
	{ "the end of a packet", "r2 = *(u32 *)(r1 +80)\n", NULL },
	{ "a map", "r2 = map[fd:0]\n", "array:4:16:1" },
	{ "a map value", "r2 = map[fd:0][0]+8\n", "array:4:16:1" },
	{ "a map value or NULL", LOOKUP "r2 = r0\n", "hash:4:16:4" },
	{ "a socket or NULL", "r2 = *(u64 *)(r1 +168)\n", NULL },
	{ "a socket", "r2 = *(u64 *)(r1 +168)\nif r2 == 0 goto out\n", NULL },
	{ "a number", "r2 = *(u64 *)(r10 -8)\n", NULL },
};

/* R3: the other operand. */
static const struct kind others[] = {
	{ "0", "r3 = 0\n", NULL },
	{ "a constant", "r3 = 8\n", NULL },
	{ "the most negative number", "r3 = 0x8000000000000000\n", NULL },
	{ "a large constant", "r3 = 0x20000000\n", NULL },
	{ "a constant that is just not too large", "r3 = 0x1fffffff\n", NULL },
	{ "a byte", "r3 = *(u8 *)(r10 -8)\n", NULL },
	{ "a byte with a sign", "r3 = *(s8 *)(r10 -8)\n", NULL },
	{ "32 bits", "r3 = *(u32 *)(r10 -8)\n", NULL },
	{ "any number", "r3 = *(u64 *)(r10 -8)\n", NULL },
	{ "the stack", "r3 = r10\n", NULL },
};

static void ask_kind(struct both *both, const struct kind *kind, const struct kind *other, enum insn_id id,
		     bool swapped)
{
	const struct insn_info *info = &insn_info[id];
	char text[512], what[160];
	struct both_row row = { .name = what, .text = text, .maps = kind->maps };
	struct both_prog prog;
	struct bpf_insn *insns;

	snprintf(what, sizeof(what), "%s %s %s", kind->name, info->text, other->name);
	snprintf(text, sizeof(text), "%s%s%c%c %s %c%c\n" OUT, kind->text, other->text, info->width == 64 ? 'r' : 'w',
		 swapped ? '3' : '2', info->text, info->width == 64 ? 'r' : 'w', swapped ? '2' : '3');
	both_row_prog(&row, &prog, &insns);
	both_ask(both, &prog, 0);
	free(insns);
	if (both->verdict[BOTH_ENGINE].err != both->verdict[BOTH_LINUX].err)
		fail_msg("%s%s: engine %d, Linux %d", what, swapped ? ", swapped" : "",
			 both->verdict[BOTH_ENGINE].err, both->verdict[BOTH_LINUX].err);
}

static void test_kinds(void **state)
{
	for (int id = 0; id < INSN_COUNT; id++)
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
			for (size_t o = 0; insn_info[id].shape == SHAPE_ALU && o < ARRAY_SIZE(others); o++) {
				ask_kind(*state, &kinds[k], &others[o], id, false);
				ask_kind(*state, &kinds[k], &others[o], id, true);
			}
}

/* Without Linux the matrix says nothing; these say what is most of it. */
static const struct both_row rows_pointers[] = {
	NO("32 bits", -EACCES, "w10 = 0\n" END),
	NO("a pointer and a pointer", -EACCES, "r2 = r10\nr2 += r1\n" END),
	OK("the distance of two pointers", "r2 = r10\nr2 -= r1\n" END),
	OK("the distance in 32 bits", "r2 = r10\nw2 -= w1\n" END),
	NO("32 bits of a pointer", -EACCES, "r2 = r10\nw2 += 4\n" END),
	NO("a product", -EACCES, "r2 = r10\nr2 *= 4\n" END),
	NO("bits", -EACCES, "r2 = r10\nr2 &= -8\n" END),
	NO("a number from the stack", -EACCES, ANY8 "r2 = r10\nr2 -= r1\n" END),
	NO("a pointer from a number", -EACCES, "r2 = 8\nr2 -= r10\n" END),
	OK("a pointer to a number", "r2 = -8\nr2 += r10\n*(u8 *)(r2 +0) = 0\n" END),
	NO("any number", -EINVAL, ANY "r2 = r10\nr2 += r1\n" END),
	NO("the end of the packet", -EACCES, "r2 = *(u32 *)(r1 +80)\nr2 += 1\n" END),
	OK("a map and 0", "r2 = map[fd:0]\nr2 += 0\n" END, .maps = "array:4:16:1"),
	NO("a map and 1", -EACCES, "r2 = map[fd:0]\nr2 += 1\n" END, .maps = "array:4:16:1"),
	OK("the negative of a pointer", "r2 = r10\nr2 = -r2\n" END),
	OK("a part of a pointer", "w2 = w10\nr2 = (s8)r10\nw2 = (s16)w10\n" END),
	NO("what is left of a pointer is a number", -EACCES, "w2 = w10\nr0 = *(u8 *)(r2 -8)\n" END),
	OK("a copy", "r2 = r10\n*(u8 *)(r2 -1) = 0\n" END),
	NO("offsets that add up", -EINVAL, "r2 = r10\nr2 += 0x1fffffff\nr2 += 1\n" END),
	OK("offsets that add up to less", "r2 = r10\nr2 += 0x1ffffffe\nr2 += 1\n" END),
};

ROWS(pointers)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_conditions), cmocka_unit_test(test_decided),
		cmocka_unit_test(test_packet), cmocka_unit_test(test_null), cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_kinds),
	};

	return both_run("verify numbers", tests, ARRAY_SIZE(tests));
}
