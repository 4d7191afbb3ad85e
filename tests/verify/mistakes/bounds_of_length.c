// SPDX-License-Identifier: BSD-2-Clause
/* bounds_of_length.c - skb->len is compared instead of data_end.
 */
#include "mistake.h"

SEC("tc") int arp_only(struct __sk_buff *skb)
{
	struct ethhdr *eth = skb_data(skb);
#ifdef FIXED
	void *data_end = skb_data_end(skb);

	if ((void *)eth + 14 > data_end)
		return TC_ACT_OK;
#else
	if (skb->len < sizeof(*eth))
		return TC_ACT_OK;
#endif
	return eth->proto == bpf_htons(ETH_P_ARP) ? TC_ACT_OK : TC_ACT_SHOT; // REFUSED
}
LICENSE("GPL");
