// SPDX-License-Identifier: BSD-2-Clause
/* null_ringbuf.c - a record may not be had when the ring buffer is full.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	__u32 *event = bpf_ringbuf_reserve(&events, 8, 0);

#ifdef FIXED
	if (!event)
		return TC_ACT_OK;
#endif
	event[0] = skb->len; // REFUSED
	event[1] = skb->ifindex;
	bpf_ringbuf_submit(event, 0);
	return TC_ACT_OK;
}
LICENSE("GPL");
