// SPDX-License-Identifier: BSD-2-Clause
/* ref_in_the_middle.c - not the record is submitted, but a place inside it.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	__u32 *event = bpf_ringbuf_reserve(&events, 8, 0);

	if (!event)
		return TC_ACT_OK;
	event[0] = skb->len;
	event[1] = skb->ifindex;
#ifdef FIXED
	bpf_ringbuf_submit(event, 0);
#else
	bpf_ringbuf_submit(event + 1, 0); // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
