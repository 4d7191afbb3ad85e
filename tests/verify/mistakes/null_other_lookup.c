// SPDX-License-Identifier: BSD-2-Clause
/* null_other_lookup.c - one lookup is compared with NULL, and the result of a second is used.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 64);
} seen SEC(".maps");

SEC("tc") int refresh(struct __sk_buff *skb)
{
	__u32 key = skb->mark;
	__u64 *entry;

	if (!bpf_map_lookup_elem(&seen, &key))
		return TC_ACT_OK;
	entry = bpf_map_lookup_elem(&seen, &key);
#ifdef FIXED
	if (!entry)
		return TC_ACT_OK;
#endif
	*entry = bpf_ktime_get_ns(); // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
