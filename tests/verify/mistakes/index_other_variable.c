// SPDX-License-Identifier: BSD-2-Clause
/* index_other_variable.c - the bound is of one variable, and another is the index.
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

SEC("tc") int by_queue(struct __sk_buff *skb)
{
	__u32 zero = 0, queue = skb->queue_mapping, i = skb->tc_index;
	struct table *table = bpf_map_lookup_elem(&tables, &zero);

	if (!table)
		return TC_ACT_OK;
#ifdef FIXED
	if (i >= 16)
		return TC_ACT_OK;
#else
	if (queue >= 16)
		return TC_ACT_OK;
#endif
	table->counter[i] += queue; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
