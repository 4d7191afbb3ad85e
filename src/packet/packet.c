// SPDX-License-Identifier: BSD-2-Clause
/* packet.c - the buffer of a packet, and how a fresh one comes to be.
 *
 * head to end belongs to its packet alone, be it its buffer or lent: a clone copies. What an
 * sk_buff would share until somebody writes is copied at once here, so that a write never has to
 * ask. Checksums, lengths and offsets are the business of whoever changes bytes (helper/).
 */
#include "packet/packet.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>

#define ETH_802_3_MIN 0x0600   /* below: a length, not a type */
#define VLAN_LEN 4

int packet_create(u32 room, struct packet **out)
{
	struct packet *packet;
	u32 size;

	if (room > PACKET_MAX)
		return -EMSGSIZE;
	packet = calloc(1, sizeof(*packet));
	if (!packet)
		return -ENOMEM;
	size = PACKET_HEADROOM + room + PACKET_TAILROOM;
	packet->buffer = malloc(size);
	if (!packet->buffer) {
		free(packet);
		return -ENOMEM;
	}
	packet->buffer_size = size;
	packet->head = packet->buffer;
	packet->end = packet->head + size;
	packet->data = packet->data_meta = packet->tail = packet->head + PACKET_HEADROOM;
	packet->mac_off = packet->net_off = packet->trans_off = PACKET_NO_OFFSET;
	*out = packet;
	return 0;
}

void packet_destroy(struct packet *packet)
{
	if (!packet)
		return;
	free(packet->buffer);
	free(packet);
}

/* Everything known about a packet but its buffer becomes as it is in a fresh one. */
static void packet_reset(struct packet *packet)
{
	u8 *buffer = packet->buffer;
	u32 buffer_size = packet->buffer_size;
	size_t size = sizeof(*packet);

	/* Of a known size compilers make a string instruction, which starts slowly: 20 ns. */
	__asm__("" : "+r"(size));
	memset(packet, 0, size);
	packet->buffer = buffer;
	packet->buffer_size = buffer_size;
	packet->trans_off = PACKET_NO_OFFSET;
}

/* The ethertype of a frame in network byte order, as eth_type_trans() finds it. */
static u16 frame_protocol(const u8 *bytes, u32 len)
{
	u16 type = get_be16(bytes + 2 * ETH_ALEN);

	if (type >= ETH_802_3_MIN)
		return be16(type);
	/* Novell's raw 802.3 has a checksum field of all ones where 802.2 has its header. */
	if (len >= ETH_HLEN + 2 && get_u16(bytes + ETH_HLEN) == 0xffff)
		return be16(ETH_P_802_3);
	return be16(ETH_P_802_2);
}

static u32 frame_pkt_type(const u8 *to, const u8 *mac)
{
	static const u8 broadcast[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (to[0] & 1)
		return memcmp(to, broadcast, ETH_ALEN) ? PACKET_MULTICAST : PACKET_BROADCAST;
	return mac && memcmp(to, mac, ETH_ALEN) ? PACKET_OTHERHOST : PACKET_HOST;
}

static u16 raw_protocol(const u8 *bytes, u32 len)
{
	u8 version = len ? bytes[0] >> 4 : 0;

	return version == 4 ? be16(ETH_P_IP) : version == 6 ? be16(ETH_P_IPV6) : 0;
}

/* A buffer of @size bytes; what was in it is lost. */
static int packet_grow(struct packet *packet, u32 size)
{
	u8 *buffer;

	if (likely(packet->buffer_size >= size))
		return 0;
	buffer = malloc(size);
	if (!buffer)
		return -ENOMEM;
	free(packet->buffer);
	packet->buffer = buffer;
	packet->buffer_size = size;
	return 0;
}

static int packet_length_check(u32 len, bool l2)
{
	if (unlikely(len > PACKET_MAX))
		return -EMSGSIZE;
	return unlikely(len < (l2 ? ETH_HLEN : 1)) ? -EINVAL : 0;
}

/* A fresh packet of the @len bytes at @data; head and end are set. */
static void packet_begin(struct packet *packet, u8 *data, u32 len, bool l2, const u8 *mac)
{
	packet->data = packet->data_meta = data;
	packet->tail = data + len;
	packet->ctx.len = packet->ctx.wire_len = len;
	packet->l2 = l2;
	packet->mac_off = packet->net_off = (u32)(data - packet->head);
	if (!l2) {
		packet->ctx.protocol = raw_protocol(data, len);
		return;
	}
	packet->mac_len = ETH_HLEN;
	packet->net_off += ETH_HLEN;
	packet->ctx.protocol = frame_protocol(data, len);
	packet->ctx.pkt_type = frame_pkt_type(data, mac);
}

int packet_fill(struct packet *packet, const u8 *bytes, u32 len, bool l2, const u8 *mac)
{
	int err = packet_length_check(len, l2);

	if (!err)
		err = packet_grow(packet, PACKET_HEADROOM + len + PACKET_TAILROOM);
	if (err)
		return err;
	packet_reset(packet);
	packet->head = packet->buffer;
	packet->end = packet->buffer + packet->buffer_size;
	memcpy(packet->head + PACKET_HEADROOM, bytes, len);
	packet_begin(packet, packet->head + PACKET_HEADROOM, len, l2, mac);
	return 0;
}

int packet_borrow(struct packet *packet, u8 *bytes, u32 headroom, u32 len, bool l2, const u8 *mac)
{
	int err = packet_length_check(len, l2);

	if (err)
		return err;
	packet_reset(packet);
	packet->head = bytes - min_u32(headroom, PACKET_HEADROOM);
	packet->end = bytes + len;
	packet_begin(packet, bytes, len, l2, mac);
	return 0;
}

int packet_untag(struct packet *packet)
{
	u8 *data = packet->data;

	if (!packet_is_tagged(packet))
		return 0;
	if (packet->ctx.len < ETH_HLEN + VLAN_LEN + 2)
		return -EINVAL;
	packet->ctx.vlan_present = 1;
	packet->ctx.vlan_tci = get_be16(data + ETH_HLEN);
	packet->ctx.vlan_proto = packet->ctx.protocol;
	memmove(data + VLAN_LEN, data, 2 * ETH_ALEN);
	packet_pull(packet, VLAN_LEN);
	packet->mac_off += VLAN_LEN;
	packet->net_off = packet->mac_off + ETH_HLEN;
	packet->ctx.protocol = frame_protocol(packet->data, packet->ctx.len);
	return 0;
}

int packet_retag(struct packet *packet)
{
	u16 proto = (u16)packet->ctx.vlan_proto;
	int err;

	if (!packet->ctx.vlan_present)
		return 0;
	err = packet_tag_room(packet);
	if (err)
		return err;
	packet_push(packet, VLAN_LEN);
	memmove(packet->data, packet->data + VLAN_LEN, 2 * ETH_ALEN);
	put_u16(packet->data + 2 * ETH_ALEN, proto);
	put_be16(packet->data + ETH_HLEN, (u16)packet->ctx.vlan_tci);
	packet->mac_off -= VLAN_LEN;
	packet->ctx.protocol = proto;
	packet->ctx.vlan_present = packet->ctx.vlan_tci = packet->ctx.vlan_proto = 0;
	return 0;
}

int packet_clone(const struct packet *packet, struct packet **out)
{
	size_t size = (size_t)(packet->end - packet->head);
	struct packet *clone = malloc(sizeof(*clone));

	if (!clone)
		return -ENOMEM;
	*clone = *packet;
	clone->next = NULL;
	clone->buffer = malloc(size);
	if (!clone->buffer) {
		free(clone);
		return -ENOMEM;
	}
	clone->buffer_size = (u32)size;
	clone->head = clone->buffer;
	clone->end = clone->head + size;
	clone->data = clone->head + (packet->data - packet->head);
	clone->data_meta = clone->head + (packet->data_meta - packet->head);
	clone->tail = clone->head + (packet->tail - packet->head);
	memcpy(clone->data_meta, packet->data_meta, (size_t)(packet->tail - packet->data_meta));
	*out = clone;
	return 0;
}

static u32 shifted(u32 offset, u32 by)
{
	return offset == PACKET_NO_OFFSET ? offset : offset + by;
}

int packet_room(struct packet *packet, u32 front, u32 back)
{
	u32 head_now = (u32)(packet->data_meta - packet->head);
	u32 used = (u32)(packet->tail - packet->data_meta);
	u32 meta = (u32)(packet->data - packet->data_meta);
	u32 shift, size;
	u8 *head = packet->buffer;

	if (front <= head_now && back <= packet_tailroom(packet))
		return 0;
	if (front > PACKET_MAX || back > PACKET_MAX || used + front + back > 2 * PACKET_MAX)
		return -EMSGSIZE;
	shift = front > head_now ? front - head_now + PACKET_HEADROOM : 0;
	size = head_now + shift + used + back + PACKET_TAILROOM;
	if (packet->head == packet->buffer || packet->buffer_size < size) {
		head = malloc(size);
		if (!head)
			return -ENOMEM;
	}
	memcpy(head + head_now + shift, packet->data_meta, used);
	if (head != packet->buffer) {
		free(packet->buffer);
		packet->buffer = head;
		packet->buffer_size = size;
	}
	packet->head = head;
	packet->end = head + packet->buffer_size;
	packet->data_meta = head + head_now + shift;
	packet->data = packet->data_meta + meta;
	packet->tail = packet->data_meta + used;
	packet->mac_off = shifted(packet->mac_off, shift);
	packet->net_off = shifted(packet->net_off, shift);
	packet->trans_off = shifted(packet->trans_off, shift);
	return 0;
}

void packet_push(struct packet *packet, u32 len)
{
	packet->data -= len;
	packet->data_meta = packet->data;
	packet->ctx.len += len;
}

void packet_pull(struct packet *packet, u32 len)
{
	packet->data += len;
	packet->data_meta = packet->data;
	packet->ctx.len -= len;
}

void packet_trim(struct packet *packet, u32 len)
{
	if (len > packet->ctx.len)
		memset(packet->tail, 0, len - packet->ctx.len);
	packet->tail = packet->data + len;
	packet->ctx.len = len;
}
