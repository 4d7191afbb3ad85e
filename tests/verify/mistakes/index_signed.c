// SPDX-License-Identifier: BSD-2-Clause
/* index_signed.c - a signed index is compared with the upper bound only.
 */
#include "mistake.h"

struct table {
	__u64 counter[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct table);
	__uint(max_entries, 1);
} tables SEC(".maps");

SEC("tc") int by_tos(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__s64 i = (__s32)skb->mark;
	struct table *table = bpf_map_lookup_elem(&tables, &zero);

	if (!table)
		return TC_ACT_OK;
#ifdef FIXED
	if (i < 0 || i >= 16)
		return TC_ACT_OK;
#else
	if (i >= 16)
		return TC_ACT_OK;
#endif
	table->counter[i]++; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
