// SPDX-License-Identifier: BSD-2-Clause
/* test_csum.c - helpers that mend checksums. */
#include "both.h"

#define F_PSEUDO BPF_F_PSEUDO_HDR
#define F_MANGLED BPF_F_MARK_MANGLED_0
#define F_ENFORCE BPF_F_MARK_ENFORCE
#define F_V6 0x80   /* BPF_F_IPV6: newer than the headers */
#define VALUES 0, 1, 0xffff, 0x1234, 0x10000, 0xffff0000, 0x0a000001, 0xffffffff, 0x1122334455667788

static const struct row rows[] = {
	{ "l3_csum_replace: values and sizes", UDP4, ROW_COMPLETE, {
		{ BPF_FUNC_l3_csum_replace, { CTX, EACH(24), EACH(VALUES), EACH(VALUES),
			EACH(0, 2, 4) } } } },
	{ "l3_csum_replace: offsets", UDP4 | BARE, 0, {
		{ BPF_FUNC_l3_csum_replace, { CTX, EACH(0, 1, 2, 12, 13, 14, 24, 25, 95, 96, 97, 98, 0xfffe,
			0xffff, 0x10000, 0x80000018, 0xfffffffe, 0xffffffff, 0x100000018), EACH(0, 1),
			EACH(0, 0x1111), EACH(0, 2, 4) } } } },
	{ "l3_csum_replace: flags", UDP4, 0, {
		{ BPF_FUNC_l3_csum_replace, { CTX, EACH(24, 25), EACH(0, 1), EACH(0x1111), EACH(1, 3, 5, 6,
			8, 15, 16, 18, 32, 34, 64, 66, 128, 130, 0x100000002, 0x8000000000000002) } } } },
	{ "l4_csum_replace: values and sizes", UDP4, ROW_COMPLETE, {
		{ BPF_FUNC_l4_csum_replace, { CTX, EACH(40), EACH(VALUES), EACH(VALUES),
			EACH(0, 2, 4, F_PSEUDO, F_PSEUDO | 2, F_PSEUDO | 4) } } } },
	{ "l4_csum_replace: offsets", UDP4 | BARE, 0, {
		{ BPF_FUNC_l4_csum_replace, { CTX, EACH(0, 1, 12, 13, 40, 41, 96, 97, 98, 0xfffe, 0xffff,
			0x10000, 0xfffffffe, 0x100000028), EACH(0, 1), EACH(0, 0x1111),
			EACH(0, 2, 4, F_MANGLED | 2) } } } },
	{ "l4_csum_replace: flags", UDP4 | TCP6, ROW_COMPLETE, {
		{ BPF_FUNC_l4_csum_replace, { CTX, EACH(40, 70), EACH(0, 0x0100007f), EACH(0x1111),
			EACH(F_MANGLED, F_MANGLED | 2, F_MANGLED | 4, F_MANGLED | F_PSEUDO | 4,
			     F_ENFORCE | 2, F_ENFORCE | F_MANGLED | 4, F_ENFORCE | F_PSEUDO, F_V6, F_V6 | 2,
			     F_V6 | F_PSEUDO, F_V6 | F_PSEUDO | 4, F_V6 | F_MANGLED | F_PSEUDO,
			     1, 3, 5, 8, 15, 0x100, 0x102, 0x200, 0x100000002, -1ull) } } } },
	/* A UDP checksum of 0 says that there is none. */
	{ "l4_csum_replace: a field of 0", UDP4, ROW_COMPLETE, {
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(40), BUF(0), EACH(2), EACH(1) } },
		{ BPF_FUNC_csum_diff, { BUF(0), EACH(4), NIL, EACH(0), EACH(0) } },
		{ BPF_FUNC_l4_csum_replace, { CTX, EACH(40), EACH(0x6005, 0x5f05), EACH(0, 1),
			EACH(2, F_MANGLED | 2, F_MANGLED | F_ENFORCE | 2) } },
		{ BPF_FUNC_l4_csum_replace, { CTX, EACH(40), EACH(0, 0xffff), EACH(0, 0xffff, 0x4321),
			EACH(0, 2, F_MANGLED | 2, F_MANGLED | F_ENFORCE | 2, F_MANGLED | F_ENFORCE) } } } },
	{ "l3 and l4: an address is replaced", UDP4 | TAGGED, ROW_COMPLETE, {
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(26), BUF(8), EACH(4), EACH(0, 1) } },
		{ BPF_FUNC_l3_csum_replace, { CTX, EACH(24), EACH(0x0100000a), EACH(0x8e33d87d), EACH(4) } },
		{ BPF_FUNC_l4_csum_replace, { CTX, EACH(40), EACH(0x0100000a), EACH(0x8e33d87d),
			EACH(F_PSEUDO | 4, F_PSEUDO | F_MANGLED | 4) } } } },
	{ "csum_diff: sizes", UDP4, 0, {
		{ BPF_FUNC_csum_diff, { BUF(0), EACH(0, 4, 8, 40, 252, 256, 508, 512), BUF(1024),
			EACH(0, 4, 8, 40, 256, 508, 512), EACH(0, 1, 0xffff, 0x12345678, 0xffffffff,
			0x100000001) } } } },
	{ "csum_diff: large", UDP4, 0, {
		{ BPF_FUNC_csum_diff, { BUF(0), EACH(0, 516, 1024, 4096), BUF(1024, 1025, 1027),
			EACH(0, 516, 1024, 4096), EACH(0, 0xffffffff) } } } },
	{ "csum_diff: sizes that are no words", UDP4, 0, {
		{ BPF_FUNC_csum_diff, { BUF(0), EACH(0, 1, 2, 3, 4, 5, 6), BUF(64), EACH(0, 1, 2, 3, 4, 7),
			EACH(0, 9) } } } },
	{ "csum_diff: nothing in front", UDP4, 0, {
		{ BPF_FUNC_csum_diff, { NIL, EACH(0), BUF(0, 1, 2, 3), EACH(0, 4, 20, 512),
			EACH(0, 1, 0xfffffffe, 0xffffffff) } } } },
	{ "csum_diff: nothing behind", UDP4, 0, {
		{ BPF_FUNC_csum_diff, { BUF(0, 1, 2, 3), EACH(0, 4, 20, 512), NIL, EACH(0),
			EACH(0, 1, 0xfffffffe, 0xffffffff) } } } },
	{ "csum_diff: nothing at all", UDP4, 0, {
		{ BPF_FUNC_csum_diff, { NIL, EACH(0), NIL, EACH(0), EACH(0, 1, 0xffff, 0x10000, 0xffffffff,
			-1ull) } } } },
	{ "csum_diff: packet bytes", UDP4, 0, {
		{ BPF_FUNC_csum_diff, { PKT(14, 15, 34), EACH(4, 20, 64), BUF(0), EACH(0, 4, 20),
			EACH(0, 0xffff) } } } },
	{ "csum_update", UDP4, ROW_COMPLETE, {
		{ BPF_FUNC_csum_update, { CTX, EACH(0, 1, 0xffff, 0xffffffff, 0x100000001) } },
		{ BPF_FUNC_csum_update, { CTX, EACH(0, 0xfffe, 0xffffffff, 0x80000000) } } } },
	{ "csum_level", UDP4, ROW_COMPLETE, {
		{ BPF_FUNC_csum_level, { CTX, EACH(0, 1, 2, 3, 4, 0xffffffff, 0x100000000) } },
		{ BPF_FUNC_csum_level, { CTX, EACH(0, 1, 2, 3) } },
		{ BPF_FUNC_csum_level, { CTX, EACH(0, 1, 2, 3) } },
		{ BPF_FUNC_csum_level, { CTX, EACH(0, 1) } } } },
	{ "csum_level: more than three", UDP4, 0, {
		{ BPF_FUNC_csum_level, { CTX, EACH(1) } }, { BPF_FUNC_csum_level, { CTX, EACH(1) } },
		{ BPF_FUNC_csum_level, { CTX, EACH(1) } }, { BPF_FUNC_csum_level, { CTX, EACH(1) } },
		{ BPF_FUNC_csum_level, { CTX, EACH(1, 2, 3) } },
		{ BPF_FUNC_csum_level, { CTX, EACH(0, 2) } } } },
};

int main(int argc, char **argv)
{
	return both_main("csum", rows, ARRAY_SIZE(rows), argc, argv);
}
