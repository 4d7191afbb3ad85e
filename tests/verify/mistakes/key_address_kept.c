// SPDX-License-Identifier: BSD-2-Clause
/* key_address_kept.c - the address in a map's value is used in the next run.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} kept SEC(".maps");

SEC("tc") int recall(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&kept, &zero);

	if (!value)
		return TC_ACT_OK;
#ifdef FIXED
	return *value ? TC_ACT_SHOT : TC_ACT_OK;
#else
	return *(__u8 *)*value ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
#endif
}
LICENSE("GPL");
