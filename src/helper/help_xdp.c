// SPDX-License-Identifier: BSD-2-Clause
/* help_xdp.c - the two ends and the bytes of a frame, for XDP programs.
 *
 *   head | header 40 | ... data_meta | data ==== tail | ... 320 | head + 4096
 *                                                      fragments: frag_len bytes behind tail
 *
 * On Linux the first bytes of the page belong to struct xdp_frame, and fragments have pages of their
 * own. Here these follow tail directly, so an offset into the frame is one address; each fragment
 * but the last is full. Nothing here is for sk_buffs. Source: net/core/filter.c of Linux 6.18.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "helper/exec.h"
#include "helper/fns.h"

#define FRAME_HEADER 40         /* struct xdp_frame */
#define META_MAX 255            /* and a multiple of 4 */
#define OFFSET_MAX 0xffff

static u64 frame_len(const struct packet *packet)
{
	return (u64)(packet->tail - packet->data) + packet->frag_len;
}

u64 helper_xdp_get_buff_len(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return frame_len(exec->packet);
}

u64 helper_xdp_adjust_head(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	s64 meta = packet->data - packet->data_meta;
	s64 data = packet->data - packet->head + (s32)a2;
	u8 *from = packet->data_meta;

	if (data < FRAME_HEADER + meta || data > packet->tail - packet->head - ETH_HLEN)
		return (u64)-EINVAL;
	packet->data = packet->head + data;
	packet->data_meta = packet->data - meta;
	packet->ctx.len = (u32)(packet->tail - packet->data);
	memmove(packet->data_meta, from, (size_t)meta);
	return 0;
}

u64 helper_xdp_adjust_meta(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	s64 at = packet->data_meta - packet->head + (s32)a2;
	s64 meta = packet->data - packet->head - at;

	if (at < FRAME_HEADER || meta < 0)
		return (u64)-EINVAL;
	if (meta > META_MAX || meta & 3)
		return (u64)-EACCES;
	packet->data_meta = packet->head + at;
	return 0;
}

static void frame_end(struct packet *packet, u8 *tail)
{
	packet->tail = tail;
	packet->ctx.len = (u32)(tail - packet->data);
}

/* The last fragment takes what its page has room for. */
static int frags_grow(struct packet *packet, u32 by)
{
	if (!packet->frag_room)
		return -EOPNOTSUPP;
	if (by > packet->frag_room - 1 - (packet->frag_len - 1) % packet->frag_room)
		return -EINVAL;
	memset(packet->tail + packet->frag_len, 0, by);
	packet->frag_len += by;
	return 0;
}

static int frags_shrink(struct packet *packet, u64 by)
{
	if (by + ETH_HLEN > frame_len(packet))
		return -EINVAL;
	if (by <= packet->frag_len) {
		packet->frag_len -= (u32)by;
		return 0;
	}
	by -= packet->frag_len;
	packet->frag_len = 0;
	frame_end(packet, packet->tail - by);
	return 0;
}

static int frame_resize(struct packet *packet, s64 by)
{
	s64 tail = packet->tail - packet->head + by;
	s64 room = (s64)min_u64((u64)(packet->end - packet->head), PACKET_XDP_FRAME) - PACKET_TAILROOM;

	if (tail > room || tail - (packet->data - packet->head) < ETH_HLEN)
		return -EINVAL;
	if (by > 0)
		memset(packet->tail, 0, (size_t)by);
	frame_end(packet, packet->head + tail);
	return 0;
}

u64 helper_xdp_adjust_tail(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	s64 by = (s32)a2;
	int err;

	if (!packet->frag_len)
		err = frame_resize(packet, by);
	else if (by < 0)
		err = frags_shrink(packet, (u64)-by);
	else
		err = frags_grow(packet, (u32)by);
	return (u64)(s64)err;
}

/* The @len bytes at @offset of the frame, or NULL and @err. */
static u8 *frame_bytes(const struct packet *packet, u32 offset, u32 len, int *err)
{
	*err = offset > OFFSET_MAX ? -EFAULT : (u64)offset + len > frame_len(packet) ? -EINVAL : 0;
	return *err ? NULL : packet->data + offset;
}

u64 helper_xdp_load_bytes(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	int err;
	const u8 *from = frame_bytes(exec->packet, (u32)a2, (u32)a4, &err);

	if (from)
		memmove(u64_ptr(a3), from, (u32)a4);
	return (u64)(s64)err;
}

u64 helper_xdp_store_bytes(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	int err;
	u8 *to = frame_bytes(exec->packet, (u32)a2, (u32)a4, &err);

	if (to)
		memmove(to, u64_ptr(a3), (u32)a4);
	return (u64)(s64)err;
}
