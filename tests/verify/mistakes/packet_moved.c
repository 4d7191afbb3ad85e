// SPDX-License-Identifier: BSD-2-Clause
/* packet_moved.c - a packet pointer is used after a helper that may have moved the packet.
 */
#include "mistake.h"

SEC("tc") int rewrite(struct __sk_buff *skb)
{
	struct iphdr *ip = skb_data(skb) + sizeof(struct ethhdr);
	__u8 tos = 0x10;

	if ((void *)(ip + 1) > skb_data_end(skb))
		return TC_ACT_OK;
	bpf_skb_store_bytes(skb, sizeof(struct ethhdr) + 1, &tos, 1, 0);
#ifdef FIXED
	ip = skb_data(skb) + sizeof(struct ethhdr);
	if ((void *)(ip + 1) > skb_data_end(skb))
		return TC_ACT_OK;
#endif
	return ip->protocol == IPPROTO_TCP ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
}
LICENSE("GPL");
