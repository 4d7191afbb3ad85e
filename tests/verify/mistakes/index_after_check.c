// SPDX-License-Identifier: BSD-2-Clause
/* index_after_check.c - the index is changed after it was compared.
 */
#include "mistake.h"

struct table {
	__u8 seen[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct table);
	__uint(max_entries, 1);
} tables SEC(".maps");

SEC("tc") int by_mark(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 i = skb->mark;
	struct table *table = bpf_map_lookup_elem(&tables, &zero);

	if (!table || i >= 32)
		return TC_ACT_OK;
	i = i * 2 + 1;
	asm volatile("" : "+r"(i));
#ifdef FIXED
	if (i >= 32)
		return TC_ACT_OK;
#endif
	table->seen[i] = 1; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
