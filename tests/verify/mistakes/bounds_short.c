// SPDX-License-Identifier: BSD-2-Clause
/* bounds_short.c - one header is checked, and one more is read.
 */
#include "mistake.h"

SEC("tc") int drop_ssh(struct __sk_buff *skb)
{
	void *data = skb_data(skb);
	void *data_end = skb_data_end(skb);
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct tcphdr *tcp = data + sizeof(*eth) + sizeof(*ip);

#ifdef FIXED
	if (data + 38 > data_end)
		return TC_ACT_OK;
#else
	if (data + sizeof(*eth) + sizeof(*ip) > data_end)
		return TC_ACT_OK;
#endif
	if (ip->protocol != IPPROTO_TCP)
		return TC_ACT_OK;
	if (tcp->dest == bpf_htons(22)) // REFUSED
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}
LICENSE("GPL");
