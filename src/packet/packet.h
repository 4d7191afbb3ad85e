// SPDX-License-Identifier: BSD-2-Clause
/* packet.h - a packet and everything known about it: what an sk_buff is on Linux.
 *
 *   buffer:   head ... data_meta ... data ============ tail ... end
 *                      (metadata)    (packet bytes)
 *
 * `ctx` is the first member: its address is what a program gets in R1, and most loads from
 * __sk_buff are one load from it. The exceptions (64-bit pointers behind 32-bit fields, 16-bit
 * stores) are in ctx.def. An XDP program gets the same address and sees an xdp_md there: what that has
 * besides pointers lies in `xdp`, over fields of `ctx` that XDP does not have. Behind tail may follow
 * `frag_len` bytes that only helpers reach, as the fragments of an xdp_buff.
 *
 * Invariants: head <= data_meta <= data <= tail <= end; ctx.len == tail - data; head to end is the
 * buffer, or memory that was lent and lives as long as its lender says. Offsets of headers
 * count from head, as in an sk_buff, so that they survive push and pull. In the engine a packet
 * of an Ethernet device always starts at the MAC header while a program runs, on ingress too.
 */
#ifndef CLSBPF_PACKET_PACKET_H
#define CLSBPF_PACKET_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "base/types.h"

#define PACKET_HEADROOM 256       /* before the bytes of a fresh packet: as XDP_PACKET_HEADROOM */
#define PACKET_TAILROOM 320
#define PACKET_MAX (256 * 1024)   /* bytes of one packet that the engine takes */

/* skb->ip_summed */
enum packet_csum { CSUM_NONE, CSUM_UNNECESSARY, CSUM_COMPLETE, CSUM_PARTIAL };

#define PACKET_NO_OFFSET 0xffffffffu

/* An XDP frame has a page, from head on; the last PACKET_TAILROOM bytes of it are not for packet bytes. */
#define PACKET_XDP_FRAME 4096

struct packet {
	union {
		struct __sk_buff ctx;
		struct xdp_md xdp;
	};

	u8 *head, *data_meta, *data, *tail, *end;
	u8 *buffer;               /* its own allocation, or NULL; see packet_borrow() */
	u32 buffer_size;
	u32 mac_off, net_off, trans_off;  /* from head; PACKET_NO_OFFSET: not set */
	u16 mac_len;
	bool l2;                  /* starts with a MAC header */
	bool at_ingress;          /* tc_at_ingress */

	u8 ip_summed;             /* enum packet_csum */
	u8 csum_level;
	u8 l4_hash, sw_hash;      /* how ctx.hash came about; both 0: not computed */
	u32 csum;                 /* CSUM_COMPLETE */
	u16 csum_start, csum_offset;

	u32 frag_len;             /* XDP only */
	u32 frag_room;            /* what one fragment may have, 0: it never grows */

	u32 cgroup_classid;       /* net_cls id of the sender */
	u32 realm;                /* dst->tclassid */
	u32 gso_type;             /* SKB_GSO_* of Linux */

	u64 number;               /* in its capture, from 1: for messages */
	u64 time_ns;              /* when captured; not what programs see */
	struct packet *next;      /* in the list of whoever owns it */
};

/** packet_create() - an empty packet with room for @room bytes. Returns 0, -ENOMEM, -EMSGSIZE. */
must_check int packet_create(u32 room, struct packet **out);
void packet_destroy(struct packet *packet);

/** packet_fill() - make @packet hold a copy of @len bytes as a fresh Ethernet frame (@l2) or network
 *  packet, with all metadata as an sk_buff of Linux has it after eth_type_trans() or, for !@l2,
 *  after reception on a device without link layer: len, protocol, pkt_type against @mac (6 bytes,
 *  NULL: PACKET_HOST), header offsets; everything else zero. The room grows as needed.
 *  Returns 0, -EMSGSIZE, -ENOMEM. */
must_check int packet_fill(struct packet *packet, const u8 *bytes, u32 len, bool l2, const u8 *mac);

/** packet_borrow() - the same without a copy: @packet uses @bytes in place until it is filled anew or
 *  needs more room, and may change them and the @headroom bytes in front; the caller keeps them
 *  alive. Returns 0, -EMSGSIZE, -EINVAL. */
must_check int packet_borrow(struct packet *packet, u8 *bytes, u32 headroom, u32 len, bool l2,
			     const u8 *mac);

/** packet_untag() - move an outer 802.1Q/802.1ad tag from the bytes into vlan_tci, as Linux does on
 *  reception before tc sees the packet (skb_vlan_untag). Returns 0 or -EINVAL (cut tag). */
must_check int packet_untag(struct packet *packet);

/** packet_is_tagged() - is there something for packet_untag() to do. */
static inline bool packet_is_tagged(const struct packet *packet)
{
	u32 protocol = packet->ctx.protocol;

	return packet->l2 && !packet->ctx.vlan_present &&
	       (protocol == be16(ETH_P_8021Q) || protocol == be16(ETH_P_8021AD));
}

/** packet_retag() - the reverse, for writing a packet out: the tag goes back into the bytes. */
must_check int packet_retag(struct packet *packet);

/** packet_clone() - an independent copy, metadata included. Returns 0 or -ENOMEM. */
must_check int packet_clone(const struct packet *packet, struct packet **out);

static inline u32 packet_headroom(const struct packet *p) { return (u32)(p->data - p->head); }
static inline u32 packet_tailroom(const struct packet *p) { return (u32)(p->end - p->tail); }

/** packet_room() - make sure of @front bytes of headroom and @back of tailroom; pointers into the
 *  packet change. Returns 0 or -ENOMEM, -EMSGSIZE. */
must_check int packet_room(struct packet *packet, u32 front, u32 back);

/** packet_tag_room() - the same for a VLAN tag behind the two MAC addresses, also in a packet that is
 *  too short to have them (one without MAC header, to which a program pushed a tag). */
static inline must_check int packet_tag_room(struct packet *packet)
{
	u32 len = packet->ctx.len;

	return packet_room(packet, 4, len < 2 * ETH_ALEN ? 2 * ETH_ALEN - len : 0);
}

/** packet_push() / packet_pull() - move data by @len bytes towards head / tail; ctx.len follows.
 *  Push needs headroom, pull needs bytes: the caller made sure of it. */
void packet_push(struct packet *packet, u32 len);
void packet_pull(struct packet *packet, u32 len);

/** packet_trim() - set the length to @len, at most the current one plus the tailroom; bytes that
 *  are added become 0. */
void packet_trim(struct packet *packet, u32 len);

/** packet_hash() - the flow hash, computed if it is not there (skb_get_hash). */
u32 packet_hash(struct packet *packet, u64 seed);

#endif
