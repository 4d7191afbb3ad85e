// SPDX-License-Identifier: BSD-2-Clause
/* key_in_packet.c - a map key is taken straight from the packet, which may be too short for it.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __be32);
	__type(value, __u64);
	__uint(max_entries, 64);
} blocked SEC(".maps");

SEC("tc") int by_source(struct __sk_buff *skb)
{
	struct iphdr *ip = skb_data(skb) + sizeof(struct ethhdr);

#ifdef FIXED
	if ((void *)ip + 16 > skb_data_end(skb))
		return TC_ACT_OK;
#else
	if ((void *)&ip->saddr > skb_data_end(skb))
		return TC_ACT_OK;
#endif
	return bpf_map_lookup_elem(&blocked, &ip->saddr) ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
}
LICENSE("GPL");
