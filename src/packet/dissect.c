// SPDX-License-Identifier: BSD-2-Clause
/* dissect.c - which flow a packet belongs to, as a hash.
 *
 * What is hashed: addresses, the upper protocol, and ports where the packet is not a fragment. The
 * same in both directions, as Linux's flow hash, so that a flow keeps its number on the way back.
 * Nothing here trusts a length: whatever is cut hashes what is there.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "packet/packet.h"

#define EXTENSIONS_MAX 8

struct flow {
	u64 from[2], to[2];
	u32 ports;      /* lower half: smaller port */
	u8 protocol;
	bool l4;
};

static u64 mix(u64 hash, u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static void dissect_ports(const u8 *at, const u8 *end, struct flow *flow)
{
	u16 from, to;

	if (end - at < 4)
		return;
	switch (flow->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_UDPLITE:
		from = get_be16(at);
		to = get_be16(at + 2);
		flow->ports = from < to ? from | (u32)to << 16 : to | (u32)from << 16;
		flow->l4 = true;
		return;
	default:
		return;
	}
}

static void dissect_ip4(const u8 *at, const u8 *end, struct flow *flow)
{
	u32 header;

	if (end - at < 20)
		return;
	header = (at[0] & 15) * 4u;
	flow->protocol = at[9];
	flow->from[0] = get_be32(at + 12);
	flow->to[0] = get_be32(at + 16);
	/* The more-fragments bit or an offset: ports are missing in some fragments, so leave them out. */
	if (header >= 20 && !(get_be16(at + 6) & 0x3fff) && end - at >= header)
		dissect_ports(at + header, end, flow);
}

static void dissect_ip6(const u8 *at, const u8 *end, struct flow *flow)
{
	u8 next;

	if (end - at < 40)
		return;
	next = at[6];
	memcpy(flow->from, at + 8, 16);
	memcpy(flow->to, at + 24, 16);
	at += 40;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    next != IPPROTO_FRAGMENT)
			break;
		if (end - at < 8)
			return;
		if (next == IPPROTO_FRAGMENT) {
			flow->protocol = at[0];
			return;
		}
		next = at[0];
		at += 8 + 8 * at[1];
		if (at > end)
			return;
	}
	flow->protocol = next;
	dissect_ports(at, end, flow);
}

u32 packet_hash(struct packet *packet, u64 seed)
{
	const u8 *at = packet->head + packet->net_off, *end = packet->tail;
	u16 protocol = be16((u16)packet->ctx.protocol);
	struct flow flow = { 0 };
	u64 hash = seed;

	if (packet->l4_hash || packet->sw_hash)
		return packet->ctx.hash;
	for (int tags = 0; tags < 2; tags++)
		if ((protocol == ETH_P_8021Q || protocol == ETH_P_8021AD) && end - at >= 4) {
			protocol = get_be16(at + 2);
			at += 4;
		}
	if (protocol == ETH_P_IP)
		dissect_ip4(at, end, &flow);
	else if (protocol == ETH_P_IPV6)
		dissect_ip6(at, end, &flow);
	/* Sums and exclusive ors do not know a direction. */
	hash = mix(hash, flow.from[0] + flow.to[0]);
	hash = mix(hash, flow.from[1] + flow.to[1]);
	hash = mix(hash, flow.from[0] ^ flow.to[0] ^ flow.from[1] ^ flow.to[1]);
	hash = mix(hash, flow.ports | (u64)flow.protocol << 32 | (u64)protocol << 40);
	packet->ctx.hash = (u32)(hash >> 32) ? (u32)(hash >> 32) : 1;
	packet->sw_hash = 1;
	packet->l4_hash = flow.l4;
	return packet->ctx.hash;
}
