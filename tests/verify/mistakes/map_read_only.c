// SPDX-License-Identifier: BSD-2-Clause
/* map_read_only.c - an element of a map is written that programs may only read.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 4);
#ifndef FIXED
	__uint(map_flags, BPF_F_RDONLY_PROG);
#endif
} settings SEC(".maps");

SEC("tc") int forget(struct __sk_buff *skb)
{
	__u32 key = skb->mark & 3;
	__u32 *setting = bpf_map_lookup_elem(&settings, &key);

	if (!setting)
		return TC_ACT_OK;
	*setting = 0; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
