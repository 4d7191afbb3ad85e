// SPDX-License-Identifier: BSD-2-Clause
/* dispatcher.c - a protocol dispatcher: every protocol is a program, the next is a tail call away.
 *
 *   entry -> ip4 -> tcp     web (port 80) gets VLAN 100
 *         -> ip6 -> udp     DNS gets priority 6, short datagrams go to class 1:10
 *         -> arp -> icmp    echo requests get a mark
 *
 * Tagged packets lose their tag at the entry. Any stage can be replaced while packets flow; a slot that
 * is empty falls through to "pass". What one stage learnt the next finds in skb->cb.
 */
#include "clsbpf/bpf.h"
#include "clsbpf/net.h"

#define VLAN_WEB 100
#define CB_L4 0            /* skb->cb[0]: where the transport header begins */

enum { STAGE_IP4, STAGE_IP6, STAGE_ARP, STAGE_TCP, STAGE_UDP, STAGE_ICMP, STAGES };

int stage_ip4(struct __sk_buff *skb);
int stage_ip6(struct __sk_buff *skb);
int stage_arp(struct __sk_buff *skb);
int stage_tcp(struct __sk_buff *skb);
int stage_udp(struct __sk_buff *skb);
int stage_icmp(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, STAGES);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} stages SEC(".maps") = {
	.values = {
		[STAGE_IP4] = (void *)&stage_ip4,
		[STAGE_IP6] = (void *)&stage_ip6,
		[STAGE_ARP] = (void *)&stage_arp,
		[STAGE_TCP] = (void *)&stage_tcp,
		[STAGE_UDP] = (void *)&stage_udp,
		[STAGE_ICMP] = (void *)&stage_icmp,
	},
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STAGES);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline void count(__u32 stage)
{
	__u64 *packets = bpf_map_lookup_elem(&seen, &stage);

	if (packets)
		__sync_fetch_and_add(packets, 1);
}

static __always_inline void next_by_protocol(struct __sk_buff *skb, __u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		bpf_tail_call(skb, &stages, STAGE_TCP);
		break;
	case IPPROTO_UDP:
		bpf_tail_call(skb, &stages, STAGE_UDP);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		bpf_tail_call(skb, &stages, STAGE_ICMP);
		break;
	}
}

SEC("classifier/ip4")
int stage_ip4(struct __sk_buff *skb)
{
	struct iphdr *ip = skb_data(skb) + sizeof(struct ethhdr);

	count(STAGE_IP4);
	if ((void *)(ip + 1) > skb_data_end(skb))
		return TC_ACT_SHOT;
	if (ip->frag_off & bpf_htons(0x1fff))
		return TC_ACT_OK;
	skb->cb[CB_L4] = sizeof(struct ethhdr) + (ip->version_ihl & 15) * 4;
	next_by_protocol(skb, ip->protocol);
	return TC_ACT_OK;
}

SEC("classifier/ip6")
int stage_ip6(struct __sk_buff *skb)
{
	struct ip6hdr *ip = skb_data(skb) + sizeof(struct ethhdr);

	count(STAGE_IP6);
	if ((void *)(ip + 1) > skb_data_end(skb))
		return TC_ACT_SHOT;
	skb->cb[CB_L4] = sizeof(struct ethhdr) + sizeof(*ip);
	next_by_protocol(skb, ip->nexthdr);
	return TC_ACT_OK;
}

SEC("classifier/arp")
int stage_arp(struct __sk_buff *skb)
{
	count(STAGE_ARP);
	skb->priority = 7;
	return TC_ACT_OK;
}

SEC("classifier/tcp")
int stage_tcp(struct __sk_buff *skb)
{
	struct ports ports;

	count(STAGE_TCP);
	if (bpf_skb_load_bytes(skb, skb->cb[CB_L4], &ports, sizeof(ports)))
		return TC_ACT_SHOT;
	if (ports.source == bpf_htons(80) || ports.dest == bpf_htons(80))
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), VLAN_WEB);
	return TC_ACT_OK;
}

SEC("classifier/udp")
int stage_udp(struct __sk_buff *skb)
{
	struct udphdr udp;

	count(STAGE_UDP);
	if (bpf_skb_load_bytes(skb, skb->cb[CB_L4], &udp, sizeof(udp)))
		return TC_ACT_SHOT;
	if (udp.source == bpf_htons(53) || udp.dest == bpf_htons(53))
		skb->priority = 6;
	if (bpf_ntohs(udp.len) < 100)
		skb->tc_classid = 0x10;
	return TC_ACT_OK;
}

SEC("classifier/icmp")
int stage_icmp(struct __sk_buff *skb)
{
	__u8 type;

	count(STAGE_ICMP);
	if (bpf_skb_load_bytes(skb, skb->cb[CB_L4], &type, sizeof(type)))
		return TC_ACT_SHOT;
	/* Echo request of ICMP and of ICMPv6. */
	if (type == 8 || type == 128)
		skb->mark = 0xec40;
	return TC_ACT_OK;
}

SEC("classifier")
int dispatch(struct __sk_buff *skb)
{
	struct ethhdr *eth;

	if (skb->vlan_present || skb->protocol == bpf_htons(ETH_P_8021Q))
		bpf_skb_vlan_pop(skb);
	eth = skb_data(skb);
	if ((void *)(eth + 1) > skb_data_end(skb))
		return TC_ACT_SHOT;
	switch (eth->proto) {
	case bpf_htons(ETH_P_IP):
		bpf_tail_call(skb, &stages, STAGE_IP4);
		break;
	case bpf_htons(ETH_P_IPV6):
		bpf_tail_call(skb, &stages, STAGE_IP6);
		break;
	case bpf_htons(ETH_P_ARP):
		bpf_tail_call(skb, &stages, STAGE_ARP);
		break;
	}
	return TC_ACT_OK;
}

LICENSE("Dual BSD/GPL");
