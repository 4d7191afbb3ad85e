// SPDX-License-Identifier: BSD-2-Clause
/* key_too_small.c - the key on the stack is smaller than the map's keys.
 */
#include "mistake.h"

struct key {
	__u32 source, dest;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct key);
	__type(value, __u64);
	__uint(max_entries, 64);
} flows SEC(".maps");

SEC("tc") int known(struct __sk_buff *skb)
{
#ifdef FIXED
	struct key key = { skb->mark, skb->priority };
#else
	__u32 key = skb->mark;
#endif

	return bpf_map_lookup_elem(&flows, &key) ? TC_ACT_OK : TC_ACT_SHOT; // REFUSED
}
LICENSE("GPL");
