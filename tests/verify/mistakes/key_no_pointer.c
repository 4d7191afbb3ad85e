// SPDX-License-Identifier: BSD-2-Clause
/* key_no_pointer.c - the key itself is passed instead of its address.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 64);
} marks SEC(".maps");

SEC("tc") int known(struct __sk_buff *skb)
{
#ifdef FIXED
	__u32 key = skb->mark;

	return bpf_map_lookup_elem(&marks, &key) ? TC_ACT_OK : TC_ACT_SHOT;
#else
	return bpf_map_lookup_elem(&marks, (void *)(long)skb->mark) ? TC_ACT_OK : TC_ACT_SHOT; // REFUSED
#endif
}
LICENSE("GPL");
