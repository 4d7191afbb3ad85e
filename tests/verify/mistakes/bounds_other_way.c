// SPDX-License-Identifier: BSD-2-Clause
/* bounds_other_way.c - the condition is the wrong way round: short packets go on.
 */
#include "mistake.h"

SEC("tc") int mark_arp(struct __sk_buff *skb)
{
	void *data = skb_data(skb);
	void *data_end = skb_data_end(skb);
	struct ethhdr *eth = data;

#ifdef FIXED
	if (data + sizeof(*eth) > data_end)
		return TC_ACT_OK;
#else
	if (data + sizeof(*eth) < data_end)
		return TC_ACT_OK;
#endif
	if (eth->proto == bpf_htons(ETH_P_ARP)) // REFUSED
		skb->mark = 1;
	return TC_ACT_OK;
}
LICENSE("GPL");
