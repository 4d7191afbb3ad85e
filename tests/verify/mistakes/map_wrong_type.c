// SPDX-License-Identifier: BSD-2-Clause
/* map_wrong_type.c - a tail call into a map that holds numbers.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} programs SEC(".maps");

SEC("tc") int dispatch(struct __sk_buff *skb)
{
#ifdef FIXED
	bpf_tail_call(skb, &programs, 1);
#else
	bpf_tail_call(skb, &numbers, 1); // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
