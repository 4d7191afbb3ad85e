// SPDX-License-Identifier: BSD-2-Clause
/* null_array.c - the elements of an array are all there, and still the lookup may give NULL.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 4);
} totals SEC(".maps");

SEC("tc") int add_bytes(struct __sk_buff *skb)
{
	__u32 key = skb->mark & 3;
	__u64 *total = bpf_map_lookup_elem(&totals, &key);

#ifdef FIXED
	if (!total)
		return TC_ACT_OK;
#endif
	__sync_fetch_and_add(total, skb->len); // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
