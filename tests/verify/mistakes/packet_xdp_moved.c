// SPDX-License-Identifier: BSD-2-Clause
/* packet_xdp_moved.c - room was made in front of the packet, and the old pointer is used.
 */
#include "mistake.h"

SEC("xdp") int add_header(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;

	if (bpf_xdp_adjust_head(ctx, -4))
		return XDP_ABORTED;
#ifdef FIXED
	data = (void *)(long)ctx->data;
#endif
	if (data + 4 > (__u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	data[0] = 4; // REFUSED
	return XDP_PASS;
}
LICENSE("GPL");
