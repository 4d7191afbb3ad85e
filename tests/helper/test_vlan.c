// SPDX-License-Identifier: BSD-2-Clause
/* test_vlan.c - pushing and popping tags, beside the bytes and in them. Protocols are given as
 * programs give them, in network order. */
#include "both.h"

#define Q 0x0081
#define AD 0xa888
#define ALL (UDP4 | TCP6 | TAGGED | QINQ | TRIPLE | BARE | CUT_TAG | TAG_ONLY | LLC)

static const struct row rows[] = {
	{ "vlan_push: protocols and tags", ALL, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(0, Q, AD, 0x0008, 0x8100, 0xffff, 0x10081, 0x100000081),
			EACH(0, 1, 0x1fff, 0xffff, 0x10001) } } } },
	{ "vlan_push: twice", ALL, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(0, 0x1005) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(0, 0x0fff) } } } },
	{ "vlan_push: three times", UDP4 | TAGGED | BARE, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(5) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q), EACH(6) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(AD), EACH(7) } },
		{ BPF_FUNC_skb_load_bytes, { CTX, EACH(12), BUF(0), EACH(2, 8) } } } },
	{ "vlan_pop", ALL, ROW_COMPLETE, { { BPF_FUNC_skb_vlan_pop, { CTX } } } },
	{ "vlan_pop: twice", ALL, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_pop, { CTX } }, { BPF_FUNC_skb_vlan_pop, { CTX } } } },
	{ "vlan_pop: until nothing is left", ALL, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_pop, { CTX } }, { BPF_FUNC_skb_vlan_pop, { CTX } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } }, { BPF_FUNC_skb_vlan_pop, { CTX } } } },
	{ "vlan_pop what was pushed", ALL, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(0x2123) } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } } } },
	{ "vlan_pop twice what was pushed twice", ALL, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(0x2123) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(0x0456) } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } }, { BPF_FUNC_skb_vlan_pop, { CTX } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } } } },
	{ "vlan_pop: one of three, another pushed", TRIPLE | QINQ, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_pop, { CTX } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(9) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(10) } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } } } },
	{ "a tag, then longer and shorter", UDP4 | TAGGED, ROW_COMPLETE, {
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q), EACH(9) } },
		{ BPF_FUNC_skb_change_tail, { CTX, EACH(14, 60, 200), EACH(0) } },
		{ BPF_FUNC_skb_change_head, { CTX, EACH(0, 14), EACH(0) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q, AD), EACH(10) } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } } } },
	{ "a type written, then a pop", UDP4 | TAGGED, 0, {
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(12), BUF(0), EACH(2), EACH(0) } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q), EACH(1) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(Q), EACH(2) } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } } } },
};

int main(int argc, char **argv)
{
	return both_main("vlan", rows, ARRAY_SIZE(rows), argc, argv);
}
