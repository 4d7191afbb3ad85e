// SPDX-License-Identifier: BSD-2-Clause
/* packet_moved_by_function.c - the helper that moves the packet is called by a function.
 */
#include "mistake.h"

static __noinline int make_linear(struct __sk_buff *skb, __u32 len)
{
	return bpf_skb_pull_data(skb, len);
}

SEC("tc") int read_ports(struct __sk_buff *skb)
{
	struct ports *ports = skb_data(skb) + sizeof(struct ethhdr) + sizeof(struct iphdr);

	if ((void *)(ports + 1) > skb_data_end(skb))
		return TC_ACT_OK;
	if (make_linear(skb, 64))
		return TC_ACT_OK;
#ifdef FIXED
	ports = skb_data(skb) + sizeof(struct ethhdr) + sizeof(struct iphdr);
	if ((void *)(ports + 1) > skb_data_end(skb))
		return TC_ACT_OK;
#endif
	return ports->dest == bpf_htons(80) ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
}
LICENSE("GPL");
