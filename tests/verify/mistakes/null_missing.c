// SPDX-License-Identifier: BSD-2-Clause
/* null_missing.c - the result of a lookup is used as if there always were one.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 64);
} packets SEC(".maps");

SEC("tc") int count(struct __sk_buff *skb)
{
	__u32 key = skb->mark;
	__u64 *value = bpf_map_lookup_elem(&packets, &key);

#ifdef FIXED
	if (!value)
		return TC_ACT_OK;
#endif
	*value += 1; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
