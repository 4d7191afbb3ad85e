// SPDX-License-Identifier: BSD-2-Clause
/* index_missing.c - a table is indexed with a number that nothing bounds.
 */
#include "mistake.h"

struct table {
	__u32 counter[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct table);
	__uint(max_entries, 1);
} tables SEC(".maps");

SEC("tc") int by_mark(struct __sk_buff *skb)
{
	__u32 zero = 0, i = skb->mark;
	struct table *table = bpf_map_lookup_elem(&tables, &zero);

	if (!table)
		return TC_ACT_OK;
#ifdef FIXED
	if (i >= 16)
		return TC_ACT_OK;
#endif
	table->counter[i]++; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
