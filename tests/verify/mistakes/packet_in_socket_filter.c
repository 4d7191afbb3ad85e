// SPDX-License-Identifier: BSD-2-Clause
/* packet_in_socket_filter.c - a socket filter cannot see the packet through pointers.
 */
#include "mistake.h"

SEC("socket") int only_ip(struct __sk_buff *skb)
{
#ifdef FIXED
	__be16 proto = 0;

	bpf_skb_load_bytes(skb, offsetof(struct ethhdr, proto), &proto, sizeof(proto));
	return proto == bpf_htons(ETH_P_IP) ? -1 : 0;
#else
	struct ethhdr *eth = skb_data(skb);

	if ((void *)(eth + 1) > skb_data_end(skb)) // REFUSED
		return 0;
	return eth->proto == bpf_htons(ETH_P_IP) ? -1 : 0;
#endif
}
LICENSE("GPL");
