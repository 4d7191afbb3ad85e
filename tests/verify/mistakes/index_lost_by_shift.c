// SPDX-License-Identifier: BSD-2-Clause
/* index_lost_by_shift.c - the bound is of all 64 bits; a 32-bit shift to the left and back makes a new number of it.
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

SEC("tc") int by_mark(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 i = skb->mark;
	struct table *table = bpf_map_lookup_elem(&tables, &zero);

	if (!table || i >= 16)
		return TC_ACT_OK;
#ifndef FIXED
	/* What a compiler makes of (int)(i << 28) >> 28. */
	asm volatile("%0 <<= 60; %0 s>>= 60" : "+r"(i));
#endif
	table->counter[i]++; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
