// SPDX-License-Identifier: BSD-2-Clause
/* help_vlan.c - VLAN tags. A packet's outermost tag is kept beside the bytes (vlan_tci); a second
 * one goes into them. Source: skb_vlan_push() and skb_vlan_pop() of Linux 6.18. */
#include <errno.h>
#include <linux/if_ether.h>

#include "helper/exec.h"
#include "helper/fns.h"
#include "packet/checksum.h"

#define VLAN_LEN 4
#define ETHERTYPE_MIN 0x0600

static bool is_vlan(u32 protocol)
{
	return protocol == be16(ETH_P_8021Q) || protocol == be16(ETH_P_8021AD);
}

/* The tag beside the bytes goes into them, in front of the ethertype. */
static int tag_into_bytes(struct packet *packet)
{
	u32 proto = packet->ctx.vlan_proto;
	int err = packet_tag_room(packet);

	if (err)
		return err;
	packet_push(packet, VLAN_LEN);
	memmove(packet->data, packet->data + VLAN_LEN, 2 * ETH_ALEN);
	put_u16(packet->data + 2 * ETH_ALEN, (u16)proto);
	put_be16(packet->data + ETH_HLEN, (u16)packet->ctx.vlan_tci);
	packet->mac_off -= VLAN_LEN;
	packet->net_off -= VLAN_LEN;
	packet->ctx.protocol = proto;
	if (packet->ip_summed == CSUM_COMPLETE)
		packet->csum = csum_bytes(packet->data + 2 * ETH_ALEN, VLAN_LEN, packet->csum);
	return 0;
}

static void tag_put(struct packet *packet, u32 proto, u32 tci)
{
	packet->ctx.vlan_present = 1;
	packet->ctx.vlan_proto = proto;
	packet->ctx.vlan_tci = tci;
}

u64 helper_skb_vlan_push(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	u32 proto = (u16)a2;
	int err;

	if (!is_vlan(proto))
		proto = be16(ETH_P_8021Q);
	if (packet->ctx.vlan_present) {
		err = tag_into_bytes(packet);
		if (err)
			return (u64)(s64)err;
	}
	tag_put(packet, proto, (u16)a3);
	return 0;
}

/* Take the first tag out of the bytes. */
static int tag_from_bytes(struct packet *packet, u32 *tci)
{
	const u8 *inner;
	u16 type;

	if (packet->ctx.len < ETH_HLEN + VLAN_LEN)
		return -ENOMEM;
	if (packet->ip_summed == CSUM_COMPLETE)
		packet->csum = csum_sub(packet->csum,
					csum_bytes(packet->data + 2 * ETH_ALEN, VLAN_LEN, 0));
	*tci = get_be16(packet->data + ETH_HLEN);
	memmove(packet->data + VLAN_LEN, packet->data, 2 * ETH_ALEN);
	packet_pull(packet, VLAN_LEN);
	packet->mac_off += VLAN_LEN;
	type = get_be16(packet->data + 2 * ETH_ALEN);
	inner = packet->data + ETH_HLEN;
	if (type >= ETHERTYPE_MIN)
		packet->ctx.protocol = be16(type);
	else if (inner + 2 <= packet->tail && get_u16(inner) == 0xffff)
		packet->ctx.protocol = be16(ETH_P_802_3);
	else
		packet->ctx.protocol = be16(ETH_P_802_2);
	if (packet->net_off < packet->mac_off + ETH_HLEN)
		packet->net_off = packet->mac_off + ETH_HLEN;
	packet->mac_len = (u16)(packet->net_off - packet->mac_off);
	return 0;
}

u64 helper_skb_vlan_pop(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	u32 proto, tci;
	int err;

	if (packet->ctx.vlan_present) {
		packet->ctx.vlan_present = packet->ctx.vlan_tci = packet->ctx.vlan_proto = 0;
	} else {
		if (!is_vlan(packet->ctx.protocol))
			return 0;
		err = tag_from_bytes(packet, &tci);
		if (err)
			return (u64)(s64)err;
	}
	/* The next tag moves out of the bytes to where the popped one was. */
	if (!is_vlan(packet->ctx.protocol))
		return 0;
	proto = packet->ctx.protocol;
	err = tag_from_bytes(packet, &tci);
	if (err)
		return (u64)(s64)err;
	tag_put(packet, proto, tci);
	return 0;
}
