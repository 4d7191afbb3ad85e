// SPDX-License-Identifier: BSD-2-Clause
/* help_skb.c - bytes, length, type and hash of the packet. All packets are linear here, so "make
 * writable" is a question of length only. Source: net/core/filter.c of Linux 6.18. */
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "helper/exec.h"
#include "helper/fns.h"
#include "packet/checksum.h"

#define RELATIVE_OFFSET_MAX 0xffff
/* The most that change_head and change_tail make of a packet: what one page-order-2 buffer holds. */
#define SKB_MAX_LEN 16064
#define VLAN_LEN 4

/* The clock of a time stamp: newer than the headers. */
enum { TSTAMP_REALTIME, TSTAMP_MONOTONIC, TSTAMP_TAI };

static bool inside(const struct packet *packet, u64 offset, u64 len)
{
	return offset <= INT_MAX && offset + len <= packet->ctx.len;
}

static void hash_clear(struct packet *packet)
{
	packet->ctx.hash = 0;
	packet->l4_hash = packet->sw_hash = 0;
}

u64 helper_skb_store_bytes(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	u32 offset = (u32)a2, len = (u32)a4;
	bool recompute = a5 & BPF_F_RECOMPUTE_CSUM && packet->ip_summed == CSUM_COMPLETE;
	u8 *at;

	if (a5 & ~(u64)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return (u64)-EINVAL;
	if (!inside(packet, offset, len))
		return (u64)-EFAULT;
	at = packet->data + offset;
	if (recompute)
		packet->csum = csum_sub(packet->csum, csum_shift(csum_bytes(at, len, 0), offset));
	memmove(at, u64_ptr(a3), len);
	if (recompute)
		packet->csum = csum_add(packet->csum, csum_shift(csum_bytes(at, len, 0), offset));
	if (a5 & BPF_F_INVALIDATE_HASH)
		hash_clear(packet);
	return 0;
}

u64 helper_skb_load_bytes(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u32 offset = (u32)a2, len = (u32)a4;

	if (!inside(exec->packet, offset, len)) {
		memset(u64_ptr(a3), 0, len);
		return (u64)-EFAULT;
	}
	memmove(u64_ptr(a3), exec->packet->data + offset, len);
	return 0;
}

u64 helper_skb_load_bytes_relative(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const struct packet *packet = exec->packet;
	u32 offset = (u32)a2, len = (u32)a4, start = PACKET_NO_OFFSET;
	u32 end = (u32)(packet->tail - packet->head);

	if ((u32)a5 == BPF_HDR_START_MAC)
		start = packet->mac_off;
	else if ((u32)a5 == BPF_HDR_START_NET)
		start = packet->net_off;
	if (start == PACKET_NO_OFFSET || offset > RELATIVE_OFFSET_MAX ||
	    (u64)start + offset + len > end) {
		memset(u64_ptr(a3), 0, len);
		return (u64)-EFAULT;
	}
	memmove(u64_ptr(a3), packet->head + start + offset, len);
	return 0;
}

u64 helper_skb_pull_data(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return (u32)a2 > exec->packet->ctx.len ? (u64)-ENOMEM : 0;
}

u64 helper_skb_change_type(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	if (exec->packet->ctx.pkt_type > PACKET_OTHERHOST || (u32)a2 > PACKET_OTHERHOST)
		return (u64)-EINVAL;
	exec->packet->ctx.pkt_type = (u32)a2;
	return 0;
}

u64 helper_get_hash_recalc(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return packet_hash(exec->packet, exec->engine->seed);
}

u64 helper_set_hash_invalid(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	hash_clear(exec->packet);
	return 0;
}

u64 helper_set_hash(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	exec->packet->ctx.hash = (u32)a2;
	exec->packet->l4_hash = exec->packet->sw_hash = 1;
	return 0;
}

/* What a packet must keep: the headers found so far, and the checksum that is still to be written. */
static u32 min_len(const struct packet *packet)
{
	u32 data = (u32)(packet->data - packet->head), len = 0;

	if (packet->net_off != PACKET_NO_OFFSET && packet->net_off > data)
		len = packet->net_off - data;
	if (packet->trans_off != PACKET_NO_OFFSET && packet->trans_off > data)
		len = packet->trans_off - data;
	if (packet->ip_summed == CSUM_PARTIAL && (u32)packet->csum_start + packet->csum_offset + 2 > data)
		len = (u32)packet->csum_start + packet->csum_offset + 2 - data;
	return len;
}

u64 helper_skb_change_tail(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	u32 len = (u32)a2;
	int err;

	if (a3 || len > SKB_MAX_LEN || len < min_len(packet))
		return (u64)-EINVAL;
	if (len > packet->ctx.len) {
		err = packet_room(packet, 0, len - packet->ctx.len);
		if (err)
			return (u64)(s64)err;
	}
	/* Linux does not go through the bytes: it forgets what their sum was. */
	if (len != packet->ctx.len && packet->ip_summed == CSUM_COMPLETE)
		packet->ip_summed = CSUM_NONE;
	packet_trim(packet, len);
	/* It is cut into segments no more. */
	packet->ctx.gso_size = packet->ctx.gso_segs = packet->gso_type = 0;
	return 0;
}

u64 helper_skb_change_head(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	u32 room = (u32)a2;

	if (a3 || (s32)room < 0 || (!packet->ctx.gso_size && packet->ctx.len + room > SKB_MAX_LEN))
		return (u64)-EINVAL;
	if (packet_room(packet, room, 0))
		return (u64)-ENOMEM;
	packet_push(packet, room);
	memset(packet->data, 0, room);
	packet->mac_off = (u32)(packet->data - packet->head);
	packet->mac_len = (u16)(packet->net_off - packet->mac_off);
	return 0;
}

u64 helper_skb_set_tstamp(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct __sk_buff *ctx = &exec->packet->ctx;

	if (ctx->protocol != be16(ETH_P_IP) && ctx->protocol != be16(ETH_P_IPV6))
		return (u64)-EOPNOTSUPP;
	if ((u32)a3 > TSTAMP_TAI || ((u32)a3 != TSTAMP_REALTIME && !a2))
		return (u64)-EINVAL;
	ctx->tstamp = a2;
	ctx->tstamp_type = (u8)a3;
	return 0;
}

/* The protocol behind 802.1Q tags, as Linux finds it: 0 when the packet ends before. */
static u16 inner_protocol(const struct packet *packet)
{
	u16 protocol = (u16)packet->ctx.protocol;
	u64 at = packet->mac_len >= VLAN_LEN ? packet->mac_len - VLAN_LEN : ETH_HLEN;

	for (; protocol == be16(ETH_P_8021Q) || protocol == be16(ETH_P_8021AD); at += VLAN_LEN) {
		if (!inside(packet, at, VLAN_LEN))
			return 0;
		protocol = get_u16(packet->data + at + 2);
	}
	return protocol;
}

static u64 ecn_set_ip4(u8 *header)
{
	u32 ecn = (header[1] + 1u) & 3, sum;

	/* Not for this network, or marked already. */
	if (!(ecn & 2))
		return !ecn;
	sum = get_u16(header + 10) + (u32)(u16)(be16(0xfffb) + be16((u16)ecn));
	put_u16(header + 10, (u16)(sum + (sum >> 16)));
	header[1] |= 3;
	return 1;
}

static u64 ecn_set_ip6(struct packet *packet, u8 *header)
{
	u32 from = get_u32(header), to = from | be32(3u << 20);

	if (!(from & be32(3u << 20)))
		return 0;
	put_u32(header, to);
	if (packet->ip_summed == CSUM_COMPLETE)
		packet->csum = csum_add(csum_sub(packet->csum, from), to);
	return 1;
}

u64 helper_skb_ecn_set_ce(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	u16 protocol = inner_protocol(packet);
	bool ip4 = protocol == be16(ETH_P_IP);
	u32 len = ip4 ? 20 : 40;
	u8 *header = packet->head + packet->net_off;

	if ((!ip4 && protocol != be16(ETH_P_IPV6)) || packet->ctx.len < len || header + len > packet->tail)
		return 0;
	return ip4 ? ecn_set_ip4(header) : ecn_set_ip6(packet, header);
}

/* ---- what packets here never come with: tunnels, IPsec, sockets of control groups ---- */

u64 helper_skb_get_tunnel_key(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	memset(u64_ptr(a2), 0, (u32)a3);
	return (u64)-EINVAL;
}

u64 helper_skb_get_tunnel_opt(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	memset(u64_ptr(a2), 0, (u32)a3);
	return (u64)-ENOENT;
}

u64 helper_skb_get_xfrm_state(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	memset(u64_ptr(a3), 0, (u32)a4);
	return (u64)-EINVAL;
}

u64 helper_skb_cgroup_id(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_skb_ancestor_cgroup_id(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return 0;
}

u64 helper_skb_cgroup_classid(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return exec->packet->cgroup_classid;
}
