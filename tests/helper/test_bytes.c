// SPDX-License-Identifier: BSD-2-Clause
/* test_bytes.c - helpers that read, write, lengthen and shorten packets. */
#include "both.h"

#define OFFSETS 0, 1, 13, 14, 33, 97, 98, 99, 0xfffe, 0xffff, 0x10000, 0x7fffffff, 0x80000000,     \
		0xfffffffe, 0xffffffff, 0x100000000
#define SIZES 1, 2, 3, 4, 14, 84, 98, 99, 512

static const struct row rows[] = {
	{ "store_bytes: offsets and sizes", UDP4, ROW_COMPLETE, {
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(OFFSETS), BUF(0), EACH(SIZES), EACH(0) } } } },
	{ "store_bytes: flags", UDP4, ROW_COMPLETE | ROW_HASH, {
		{ BPF_FUNC_set_hash, { CTX, EACH(0x1234) } },
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(16, 50, 98), BUF(1), EACH(2, 4, 6),
			EACH(1, 2, 3, 4, 5, 8, 0x10, 0x100, 0x80000000, 0x100000000, -1ull) } } } },
	{ "store_bytes: sum kept at odd places", UDP4 | TCP6, ROW_COMPLETE, {
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(13, 14, 15, 17, 90, 91), BUF(3),
			EACH(1, 2, 3, 7, 8), EACH(1) } } } },
	{ "store_bytes: all of a packet", BARE | BIG, 0, {
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(0, 1, 10), BUF(0),
			EACH(1, 4, 13, 14, 15, 3702, 3712, 3713), EACH(0, 1) } } } },
	{ "store_bytes: a type is only bytes", UDP4 | TAGGED, 0, {
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(0, 6, 12), BUF(0), EACH(2, 6), EACH(0) } } } },
	{ "load_bytes: offsets and sizes", UDP4, ROW_SOCKET, {
		{ BPF_FUNC_skb_load_bytes, { CTX, EACH(OFFSETS), BUF(32), EACH(SIZES) } } } },
	{ "load_bytes: all of a packet", BARE | BIG, ROW_SOCKET, {
		{ BPF_FUNC_skb_load_bytes, { CTX, EACH(0, 1, 10, 14), BUF(0),
			EACH(1, 4, 13, 14, 15, 3698, 3702, 3712, 3713) } } } },
	{ "load_bytes_relative: offsets and sizes", UDP4, ROW_SOCKET, {
		{ BPF_FUNC_skb_load_bytes_relative, { CTX, EACH(OFFSETS), BUF(32), EACH(SIZES),
			EACH(0, 1) } } } },
	{ "load_bytes_relative: from where", UDP4 | TCP6 | TAGGED | BARE | LLC, ROW_SOCKET, {
		{ BPF_FUNC_skb_load_bytes_relative, { CTX, EACH(0, 12), BUF(0), EACH(1, 4),
			EACH(0, 1, 2, 3, 0xffffffff, 0x100000000, 0x100000001) } } } },
	{ "load_bytes_relative: after changes of the head", UDP4 | TAGGED, 0, {
		{ BPF_FUNC_skb_change_head, { CTX, EACH(0, 14), EACH(0) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(0, 0x81), EACH(5) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(0x81), EACH(6) } },
		{ BPF_FUNC_skb_load_bytes_relative, { CTX, EACH(0, 4), BUF(0), EACH(16), EACH(0, 1) } },
		{ BPF_FUNC_skb_vlan_pop, { CTX } },
		{ BPF_FUNC_skb_load_bytes_relative, { CTX, EACH(0), BUF(64), EACH(16), EACH(0, 1) } } } },
	{ "pull_data", UDP4 | BIG | BARE, ROW_COMPLETE, {
		{ BPF_FUNC_skb_pull_data, { CTX, EACH(0, 1, 14, 97, 98, 99, 3712, 3713, 0xffff, 0x7fffffff,
			0x80000000, 0xffffffff, 0x100000000) } } } },
	{ "change_tail: lengths", UDP4 | TCP6 | BARE | BIG, ROW_COMPLETE, {
		{ BPF_FUNC_skb_change_tail, { CTX, EACH(0, 1, 13, 14, 15, 33, 34, 97, 98, 99, 100, 1514,
			3711, 3712, 3713, 4096, 9000, 16063, 16064, 16065, 0xffff, 0x80000000, 0xffffffff,
			0x100000062), EACH(0) } } } },
	{ "change_tail: flags", UDP4, 0, {
		{ BPF_FUNC_skb_change_tail, { CTX, EACH(60, 98), EACH(1, 2, 0x100000000, -1ull) } } } },
	{ "change_tail: cut and lengthened", UDP4, ROW_COMPLETE | ROW_HASH, {
		{ BPF_FUNC_set_hash, { CTX, EACH(7) } },
		{ BPF_FUNC_skb_change_tail, { CTX, EACH(60, 61, 98), EACH(0) } },
		{ BPF_FUNC_skb_change_tail, { CTX, EACH(59, 70, 98, 2000), EACH(0) } },
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(40), BUF(0), EACH(8), EACH(0, 1) } } } },
	{ "of segments", UDP4 | BIG, ROW_GSO, {
		{ BPF_FUNC_skb_change_tail, { CTX, EACH(60, 98, 3712, 4000, 16064, 16065), EACH(0) } },
		{ BPF_FUNC_skb_change_head, { CTX, EACH(0, 14, 16040), EACH(0) } },
		{ BPF_FUNC_skb_pull_data, { CTX, EACH(0, 60, 0x10000) } },
		{ BPF_FUNC_skb_vlan_push, { CTX, EACH(0), EACH(5) } } } },
	{ "change_head of segments", UDP4 | BIG, ROW_GSO, {
		{ BPF_FUNC_skb_change_head, { CTX, EACH(0, 14, 16040, 20000), EACH(0) } } } },
	{ "change_head: lengths", UDP4 | TCP6 | BARE | BIG, ROW_COMPLETE, {
		{ BPF_FUNC_skb_change_head, { CTX, EACH(0, 1, 2, 13, 14, 15, 64, 256, 257, 1000, 4096, 9000,
			12352, 12353, 14550, 15966, 15967, 16050, 16051, 0xffff, 0x7fffffff, 0xffffffff,
			0x100000010), EACH(0) } } } },
	{ "change_head: flags", UDP4, 0, {
		{ BPF_FUNC_skb_change_head, { CTX, EACH(0, 14), EACH(1, 2, 0x100000000, -1ull) } } } },
	{ "change_head: then other things", UDP4 | TAGGED, ROW_COMPLETE, {
		{ BPF_FUNC_skb_change_head, { CTX, EACH(14, 20), EACH(0) } },
		{ BPF_FUNC_skb_change_tail, { CTX, EACH(13, 14, 20, 28, 34, 50, 130), EACH(0) } },
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(0), BUF(0), EACH(14), EACH(0, 1) } },
		{ BPF_FUNC_skb_load_bytes_relative, { CTX, EACH(0), BUF(64), EACH(4), EACH(0, 1) } } } },
};

int main(int argc, char **argv)
{
	return both_main("bytes", rows, ARRAY_SIZE(rows), argc, argv);
}
