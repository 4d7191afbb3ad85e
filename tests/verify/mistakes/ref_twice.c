// SPDX-License-Identifier: BSD-2-Clause
/* ref_twice.c - a record is submitted, and discarded as well.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	__u32 *event = bpf_ringbuf_reserve(&events, 4, 0);

	if (!event)
		return TC_ACT_OK;
	*event = skb->len;
	bpf_ringbuf_submit(event, 0);
#ifndef FIXED
	if (skb->mark)
		bpf_ringbuf_discard(event, 0); // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
