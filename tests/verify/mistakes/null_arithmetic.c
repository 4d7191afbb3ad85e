// SPDX-License-Identifier: BSD-2-Clause
/* null_arithmetic.c - a member's address is computed before the comparison with NULL.
 */
#include "mistake.h"

struct flow {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct flow);
	__uint(max_entries, 64);
} flows SEC(".maps");

SEC("tc") int add_bytes(struct __sk_buff *skb)
{
	__u32 key = skb->mark;
	struct flow *flow = bpf_map_lookup_elem(&flows, &key);
	__u64 *bytes;

#ifdef FIXED
	if (!flow)
		return TC_ACT_OK;
#endif
	bytes = &flow->bytes; // REFUSED
	asm volatile("" : "+r"(bytes));
	if (bytes)
		*bytes += skb->len;
	return TC_ACT_OK;
}
LICENSE("GPL");
