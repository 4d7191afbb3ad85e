// SPDX-License-Identifier: BSD-2-Clause
/* help_skb.c - bytes, length, type and hash of the packet. All packets are linear here, so "make
 * writable" is a question of length only. Source: net/core/filter.c of Linux 6.18. */
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>

#include "helper/exec.h"
#include "helper/fns.h"
#include "packet/checksum.h"

#define RELATIVE_OFFSET_MAX 0xffff
/* The most that change_head and change_tail make of a packet: what one page-order-2 buffer holds. */
#define SKB_MAX_LEN 16064

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
