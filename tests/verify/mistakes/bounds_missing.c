// SPDX-License-Identifier: BSD-2-Clause
/* bounds_missing.c - a header is read, and nothing made sure that the packet has one.
 */
#include "mistake.h"

SEC("tc") int count_tcp(struct __sk_buff *skb)
{
	void *data = skb_data(skb);
	struct iphdr *ip = data + sizeof(struct ethhdr);
#ifdef FIXED
	void *data_end = skb_data_end(skb);

	if (data + 24 > data_end)
		return TC_ACT_OK;
#endif
	return ip->protocol == IPPROTO_TCP ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
}
LICENSE("GPL");
