// SPDX-License-Identifier: BSD-2-Clause
/* on_test_xdp.c - BPF_PROG_TEST_RUN of an XDP program, over a frame that the client gives.
 *
 *   data_in:  | metadata | frame in front | fragments                    |
 *             0      ctx.data         linear end                      data_size_in
 *   linear end: ctx.data_end if the client gave a context, else all, but never more than a page holds
 *
 * data_out begins with the metadata too. All runs see the same frame, as the run before left it. A
 * redirect is returned and not performed. Frames that enter the stack (BPF_F_TEST_XDP_LIVE_FRAMES)
 * are not there. Source: Linux 6.18, asked with every number that is compared here.
 */
#include <errno.h>

#include "command/test_run.h"

#define XDP_PAGE 4096u
#define XDP_META_MAX 216u       /* the headroom without struct xdp_frame */
#define XDP_FRAGS_MAX 17u
#define LIVE_FRAMES 2u          /* BPF_F_TEST_XDP_LIVE_FRAMES */
#define LIVE_BATCH_MAX 256u
#define LIVE_HEADER 112u        /* of a page that holds a live frame */

/* How the bytes of data_in lie in the frame. */
struct layout {
	u32 meta, linear, frags;    /* linear: with the metadata */
};

static int xdp_attr_check(const struct test *t)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	bool live = attr->test.flags & LIVE_FRAMES;
	struct log *log = &t->call->log;

	if (t->prog->attach_type == BPF_XDP_DEVMAP || t->prog->attach_type == BPF_XDP_CPUMAP)
		return log_error(log, -EINVAL, "test run: programs of device and CPU maps have no test run");
	if (attr->test.flags & ~LIVE_FRAMES)
		return log_error(log, -EINVAL, "test run: flags 0x%x", attr->test.flags);
	if (live && attr->test.batch_size > LIVE_BATCH_MAX)
		return log_error(log, -E2BIG, "test run: batches of %u frames; %u are possible",
				 attr->test.batch_size, LIVE_BATCH_MAX);
	if (!live && attr->test.batch_size)
		return log_error(log, -EINVAL, "test run: batch_size is for live frames");
	return 0;
}

/* What data, data_end and data_meta of ctx_in say about data_in. */
static int xdp_ctx_check(const struct test *t)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	const struct xdp_md *ctx = &t->xdp;
	struct log *log = &t->call->log;

	if (ctx->data_meta)
		return log_error(log, -EINVAL, "test run: data_in begins with the metadata, data_meta is 0");
	if (ctx->data_end > attr->test.data_size_in || ctx->data > ctx->data_end)
		return log_error(log, -EINVAL, "test run: data %u and data_end %u in %u bytes", ctx->data,
				 ctx->data_end, attr->test.data_size_in);
	if (ctx->data > XDP_META_MAX || ctx->data % 4)
		return log_error(log, -EINVAL, "test run: %u bytes of metadata; multiples of 4 up to %u are "
				 "possible", ctx->data, XDP_META_MAX);
	if (attr->test.flags & LIVE_FRAMES && (attr->test.data_out || attr->test.ctx_out))
		return log_error(log, -EINVAL, "test run: live frames have no data_out and no ctx_out");
	return 0;
}

static int xdp_layout(const struct test *t, struct layout *l)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	bool live = attr->test.flags & LIVE_FRAMES;
	u32 size = attr->test.data_size_in;
	u32 room = XDP_PAGE - PACKET_HEADROOM - PACKET_TAILROOM - (live ? LIVE_HEADER : 0);

	l->meta = t->has_ctx ? t->xdp.data : 0;
	l->linear = min_u32(t->has_ctx ? t->xdp.data_end : size, room + l->meta);
	l->frags = size - l->linear;
	if (live && l->frags)
		return log_error(&t->call->log, -EINVAL, "test run: a live frame has one piece, of %u bytes "
				 "at most", room);
	if (size - l->meta < TEST_LEN_MIN)
		return log_error(&t->call->log, -EINVAL, "test run: a frame of %u bytes; it has a MAC header",
				 size - l->meta);
	return 0;
}

/* Where the frame says that it comes from. */
static int xdp_from(struct test *t)
{
	u32 ifindex = t->xdp.ingress_ifindex, queue = t->xdp.rx_queue_index;
	struct log *log = &t->call->log;
	u8 mac[6];

	if (t->xdp.egress_ifindex)
		return log_error(log, -EINVAL, "test run: egress_ifindex cannot be set");
	if (ifindex && test_device(t, ifindex, mac))
		return log_error(log, -ENODEV, "test run: there is no device %u", ifindex);
	/* Devices have one queue here. */
	if (queue)
		return log_error(log, -EINVAL, "test run: there is no queue %u", queue);
	t->packet->xdp.ingress_ifindex = ifindex ? ifindex : TEST_LOOPBACK;
	/* As on Linux: only for its loopback a test run says how large fragments are. */
	t->packet->frag_room = t->packet->xdp.ingress_ifindex == TEST_LOOPBACK ? XDP_PAGE : 0;
	return 0;
}

static int xdp_frame_make(struct test *t, const struct layout *l)
{
	u32 frags = min_u32(l->frags, XDP_FRAGS_MAX * XDP_PAGE);
	u64 from = t->call->attr->bpf.test.data_in;
	struct packet *packet;
	int err;

	/* A whole page, and whole pages of fragments. */
	err = packet_create(XDP_PAGE - PACKET_HEADROOM - PACKET_TAILROOM +
			    (u32)round_up_u64(frags, XDP_PAGE), &t->packet);
	if (err)
		return err;
	packet = t->packet;
	/* Programs may move the front into the headroom. */
	memset(packet->head, 0, (size_t)(packet->end - packet->head));
	packet->data = packet->head + PACKET_HEADROOM;
	packet->data_meta = packet->data - l->meta;
	packet->tail = packet->data_meta + l->linear;
	packet->ctx.len = (u32)(packet->tail - packet->data);
	packet->frag_len = frags;
	packet->l2 = true;
	err = user_read(t->call, packet->data_meta, from, l->linear);
	if (!err)
		err = xdp_from(t);
	if (!err)
		err = user_read(t->call, packet->tail, from + l->linear, frags);
	if (!err && frags < l->frags)
		err = log_error(&t->call->log, -ENOMEM, "test run: %u bytes of fragments; %u are possible",
				l->frags, XDP_FRAGS_MAX * XDP_PAGE);
	return err;
}

/* Linux's rule for output that is cut: the fragments are kept whole, and the piece in front of them
 * gives way; where that is too short, nothing is written at all. It is -ENOSPC whatever else happens. */
static int xdp_data_give(const struct test *t)
{
	const union bpf_attr *attr = &t->call->attr->bpf;
	const struct packet *packet = t->packet;
	u32 frags = packet->frag_len, room = attr->test.data_size_out;
	u32 size = (u32)(packet->tail - packet->data_meta) + frags;
	u32 copy = room && size > room ? room : size;
	u64 to = attr->test.data_out;
	int err = 0;

	if (to && copy < frags)
		return -ENOSPC;
	if (to)
		err = user_write(t->call, to, packet->data_meta, copy - frags);
	if (to && !err)
		err = user_write(t->call, to + (copy - frags), packet->tail, frags);
	if (!err)
		err = test_reply(t, size);
	return copy < size ? -ENOSPC : err;
}

static int xdp_give(struct test *t)
{
	int err;

	t->xdp.data = (u32)(t->packet->data - t->packet->data_meta);
	t->xdp.data_end = (u32)(t->packet->tail - t->packet->data_meta);
	err = xdp_data_give(t);
	return err ? err : test_ctx_write(t, sizeof(t->xdp));
}

int test_xdp(struct test *t)
{
	struct layout layout;
	int err = xdp_attr_check(t);

	if (!err)
		err = test_ctx_read(t, sizeof(t->xdp));
	if (!err && t->has_ctx)
		err = xdp_ctx_check(t);
	if (!err)
		err = xdp_layout(t, &layout);
	if (!err)
		err = xdp_frame_make(t, &layout);
	if (!err && t->call->attr->bpf.test.flags & LIVE_FRAMES)
		err = log_error(&t->call->log, -EOPNOTSUPP, "test run: live frames are not supported here");
	if (!err)
		err = test_repeat(t);
	return err ? err : xdp_give(t);
}
