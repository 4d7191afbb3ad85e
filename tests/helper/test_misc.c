// SPDX-License-Identifier: BSD-2-Clause
/* test_misc.c - where packets go, what is known about them, clocks and numbers, maps. */
#include "both.h"

/* The last bytes of the buffer are 0: index 0, and a prefix of no bits. */
#define ZERO_KEY (BOTH_BUFFER - 8)

static const struct row rows[] = {
	{ "redirect", UDP4, 0, {
		{ BPF_FUNC_redirect, { EACH(0, 1, 2, 77, 0xffffffff, 0x100000001), EACH(0, 1, 2, 3, 4, 0x10,
			0x80000000, 0x100000000, -1ull) } } } },
	{ "clone_redirect: flags and devices", UDP4 | TCP6 | BIG, 0, {
		{ BPF_FUNC_clone_redirect, { CTX, EACH(0, 1, 77, 0xffffffff, 0x100000001), EACH(0, 1, 2, 3, 4,
			0x80000000, 0x100000001) } } } },
	{ "clone_redirect: packets", BARE | TAGGED | LLC | TAG_ONLY | CUT_TAG, ROW_COMPLETE, {
		{ BPF_FUNC_clone_redirect, { CTX, EACH(1), EACH(0, 1) } },
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(0), BUF(0), EACH(14), EACH(0) } } } },
	{ "clone_redirect: segments", UDP4, ROW_GSO, {
		{ BPF_FUNC_clone_redirect, { CTX, EACH(1, 77), EACH(0, 1, 2) } } } },
	{ "change_type", UDP4, 0, {
		{ BPF_FUNC_skb_change_type, { CTX, EACH(0, 1, 2, 3) } },
		{ BPF_FUNC_skb_change_type, { CTX, EACH(0, 1, 2, 3, 4, 5, 6, 7, 8, 0xffffffff, 0x100000001) } } } },
	{ "set_hash", UDP4, ROW_HASH, {
		{ BPF_FUNC_set_hash, { CTX, EACH(0, 1, 0xffffffff, 0x123456789) } },
		{ BPF_FUNC_get_hash_recalc, { CTX } } } },
	{ "set_hash_invalid", UDP4, ROW_HASH, {
		{ BPF_FUNC_set_hash, { CTX, EACH(5) } },
		{ BPF_FUNC_set_hash_invalid, { CTX } } } },
	{ "get_hash_recalc", UDP4 | TCP6 | TAGGED | LLC | BARE, ROW_TRUTH, {
		{ BPF_FUNC_get_hash_recalc, { CTX } },
		{ BPF_FUNC_set_hash_invalid, { CTX } },
		{ BPF_FUNC_get_hash_recalc, { CTX } } } },
	{ "get_cgroup_classid, get_route_realm", UDP4, 0, {
		{ BPF_FUNC_get_cgroup_classid, { CTX } }, { BPF_FUNC_get_route_realm, { CTX } } } },
	{ "clocks run", UDP4, ROW_TRUTH, {
		{ BPF_FUNC_ktime_get_ns, { { 0 } } }, { BPF_FUNC_ktime_get_boot_ns, { { 0 } } },
		{ BPF_FUNC_ktime_get_coarse_ns, { { 0 } } }, { BPF_FUNC_jiffies64, { { 0 } } } } },
	{ "numa node", UDP4, 0, { { BPF_FUNC_get_numa_node_id, { { 0 } } } } },
	{ "context stores", UDP4, 0, {
		{ CALL_STORE, { EACH(8), EACH(0, 0xffffffff) } },
		{ CALL_STORE, { EACH(12), EACH(0, 1, 0xfffe, 0xffff, 0x10000, 0x12345) } },
		{ CALL_STORE, { EACH(44), EACH(0, 0xffff, 0x10001) } },
		{ CALL_STORE, { EACH(72), EACH(0, 0xffff, 0x10001) } },
		{ BPF_FUNC_get_numa_node_id, { { 0 } } } } },
	{ "set_tstamp", UDP4 | TCP6 | TAGGED | BARE, 0, {
		{ BPF_FUNC_skb_set_tstamp, { CTX, EACH(0, 1, 12345678901, -1ull), EACH(0, 1, 2, 3, 0xffffffff,
			0x100000001) } } } },
	{ "ecn_set_ce: not capable", UDP4 | TCP6 | TAGGED | QINQ | TRIPLE | BARE | LLC | TAG_ONLY | CUT_TAG, ROW_COMPLETE, {
		{ BPF_FUNC_skb_ecn_set_ce, { CTX } } } },
	{ "ecn_set_ce", UDP4 | TCP6 | TAGGED | QINQ | TRIPLE, ROW_COMPLETE, {
		{ BPF_FUNC_skb_store_bytes, { CTX, EACH(15, 19, 23, 27), BUF(0, 1, 2, 3), EACH(1), EACH(0) } },
		{ BPF_FUNC_skb_ecn_set_ce, { CTX } },
		{ BPF_FUNC_skb_ecn_set_ce, { CTX } } } },
	{ "tunnels, IPsec", UDP4, 0, {
		{ BPF_FUNC_skb_get_tunnel_key, { CTX, BUF(0), EACH(28, 44, 8), EACH(0, 1, 16, 0x1000) } },
		{ BPF_FUNC_skb_get_tunnel_opt, { CTX, BUF(64), EACH(8, 64) } },
		{ BPF_FUNC_skb_get_xfrm_state, { CTX, EACH(0, 1), BUF(128), EACH(20, 24, 28), EACH(0, 1) } } } },
	{ "current task", UDP4, ROW_TRUTH, { { BPF_FUNC_get_current_pid_tgid, { { 0 } } } } },
	{ "its name", UDP4, 0, { { BPF_FUNC_get_current_comm, { BUF(0), EACH(1, 4, 15, 16, 17, 64) } } } },
	{ "in another PID namespace", UDP4, 0, {
		{ BPF_FUNC_get_ns_current_pid_tgid, { EACH(0, 4), EACH(0, 1), BUF(0), EACH(8, 4, 16) } } } },
	{ "array: update, lookup, delete", UDP4, 0, {
		{ BPF_FUNC_map_update_elem, { MAP, BUF(ZERO_KEY), BUF(64), EACH(0, 1, 2, 3, 4, 8, 0x100000000) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(ZERO_KEY) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(ZERO_KEY) } },
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0), BUF(64), EACH(0, 1, 2) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(0) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0) } } }, .map_entries = 1 },
	{ "hash: update, lookup, delete", UDP4, 0, {
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0), BUF(64), EACH(0, 1, 2, 3, 4, 8, 0x100000000) } },
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0, 1), BUF(80), EACH(0, 1, 2) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(0, 1, 2) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0, 1) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(1, 2) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(0) } } },
		.map_type = BPF_MAP_TYPE_HASH, .map_entries = 2 },
	{ "hash: full", UDP4, 0, {
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0), BUF(64), EACH(0, 1) } },
		{ BPF_FUNC_map_update_elem, { MAP, BUF(4), BUF(64), EACH(0, 1, 2) } },
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0), BUF(72), EACH(0, 1, 2) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(0) } } },
		.map_type = BPF_MAP_TYPE_HASH, .map_entries = 1 },
	{ "hash without preallocation: full", UDP4, 0, {
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0), BUF(64), EACH(0, 1) } },
		{ BPF_FUNC_map_update_elem, { MAP, BUF(4), BUF(64), EACH(0, 1, 2) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0) } },
		{ BPF_FUNC_map_update_elem, { MAP, BUF(4), BUF(72), EACH(0, 1, 2) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(4) } } },
		.map_type = BPF_MAP_TYPE_HASH, .map_entries = 1, .map_flags = BPF_F_NO_PREALLOC },
	{ "per-CPU array", UDP4, 0, {
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0), BUF(64), EACH(0, 1, 2, 4) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(0) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0) } } },
		.map_type = BPF_MAP_TYPE_PERCPU_ARRAY, .map_entries = 3 },
	{ "per-CPU hash", UDP4, 0, {
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0), BUF(64), EACH(0, 1, 2, 3, 4) } },
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0, 4), BUF(72), EACH(0, 1, 2) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(0, 4) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0, 4) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0) } } },
		.map_type = BPF_MAP_TYPE_PERCPU_HASH, .map_entries = 2 },
	{ "LRU hash", UDP4, 0, {
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0), BUF(64), EACH(0, 1, 2, 3, 4) } },
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0, 4), BUF(72), EACH(0, 1, 2) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(0, 4) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0, 4) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0) } } },
		.map_type = BPF_MAP_TYPE_LRU_HASH, .map_entries = 64 },
	{ "LPM trie", UDP4, 0, {
		{ BPF_FUNC_map_update_elem, { MAP, BUF(0, ZERO_KEY), BUF(64), EACH(0, 1, 2, 3, 4) } },
		{ BPF_FUNC_map_lookup_elem, { MAP, BUF(0, ZERO_KEY) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(0, ZERO_KEY) } },
		{ BPF_FUNC_map_delete_elem, { MAP, BUF(ZERO_KEY) } } },
		.map_type = BPF_MAP_TYPE_LPM_TRIE, .map_entries = 4, .map_key = 8,
		.map_flags = BPF_F_NO_PREALLOC },
};

int main(int argc, char **argv)
{
	return both_main("misc", rows, ARRAY_SIZE(rows), argc, argv);
}
