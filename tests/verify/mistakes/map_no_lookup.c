// SPDX-License-Identifier: BSD-2-Clause
/* map_no_lookup.c - a ring buffer has no elements to look up.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 64);
} seen SEC(".maps");

SEC("tc") int known(struct __sk_buff *skb)
{
	__u32 key = skb->mark;

#ifdef FIXED
	return bpf_map_lookup_elem(&seen, &key) ? TC_ACT_OK : TC_ACT_SHOT;
#else
	return bpf_map_lookup_elem(&events, &key) ? TC_ACT_OK : TC_ACT_SHOT; // REFUSED
#endif
}
LICENSE("GPL");
