// SPDX-License-Identifier: BSD-2-Clause
/* map_write_only.c - an element of a map is read that programs may only write.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 4);
#ifndef FIXED
	__uint(map_flags, BPF_F_WRONLY_PROG);
#endif
} results SEC(".maps");

SEC("tc") int count(struct __sk_buff *skb)
{
	__u32 key = skb->mark & 3;
	__u32 *result = bpf_map_lookup_elem(&results, &key);

	if (!result)
		return TC_ACT_OK;
	*result += 1; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
