// SPDX-License-Identifier: BSD-2-Clause
/* bounds_wrong_pointer.c - the header behind the IP options is read, but the check is of the place where it
 * would be without options.
 */
#include "mistake.h"

SEC("tc") int drop_ssh(struct __sk_buff *skb)
{
	void *data = skb_data(skb);
	void *data_end = skb_data_end(skb);
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct tcphdr *tcp;

	if (data + sizeof(struct ethhdr) + sizeof(*ip) + sizeof(*tcp) > data_end)
		return TC_ACT_OK;
	tcp = (void *)ip + (ip->version_ihl & 15) * 4;
#ifdef FIXED
	if ((void *)tcp + 4 > data_end)
		return TC_ACT_OK;
#endif
	if (tcp->dest == bpf_htons(22)) // REFUSED
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}
LICENSE("GPL");
