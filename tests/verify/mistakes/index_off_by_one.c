// SPDX-License-Identifier: BSD-2-Clause
/* index_off_by_one.c - the last index that the condition lets through is one behind the table.
 */
#include "mistake.h"

struct table {
	__u64 counter[10];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct table);
	__uint(max_entries, 1);
} tables SEC(".maps");

SEC("tc") int by_priority(struct __sk_buff *skb)
{
	__u32 zero = 0, i = skb->priority;
	struct table *table = bpf_map_lookup_elem(&tables, &zero);

	if (!table)
		return TC_ACT_OK;
#ifdef FIXED
	if (i >= 10)
		return TC_ACT_OK;
#else
	if (i > 10)
		return TC_ACT_OK;
#endif
	table->counter[i]++; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
