/* SPDX-License-Identifier: BSD-2-Clause */
/* clsbpf/net.h - headers of packets, as they lie on the wire. Sources: IEEE 802.3 and 802.1Q,
 * RFC 791, 8200, 9293, 768, 792, 4443. */
#ifndef CLSBPF_NET_H
#define CLSBPF_NET_H

#include "bpf.h"

enum {
	ETH_P_IP = 0x0800,
	ETH_P_ARP = 0x0806,
	ETH_P_8021Q = 0x8100,
	ETH_P_8021AD = 0x88a8,
	ETH_P_IPV6 = 0x86dd,
};

enum {
	IPPROTO_ICMP = 1,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_ICMPV6 = 58,
};

struct ethhdr {
	__u8 dest[6], source[6];
	__be16 proto;
};

struct vlanhdr {
	__be16 tci;
	__be16 proto;
};

struct iphdr {
	__u8 version_ihl;
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__u16 check;
	__be32 saddr, daddr;
};

struct ip6hdr {
	__be32 version_flow;
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	__be32 saddr[4], daddr[4];
};

/* The first bytes of TCP and UDP alike. */
struct ports {
	__be16 source, dest;
};

struct tcphdr {
	__be16 source, dest;
	__be32 seq, ack_seq;
	__u8 offset_reserved;
	__u8 flags;
	__be16 window;
	__u16 check;
	__be16 urgent;
};

struct udphdr {
	__be16 source, dest;
	__be16 len;
	__u16 check;
};

#endif
