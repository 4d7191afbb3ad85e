// SPDX-License-Identifier: BSD-2-Clause
/* ref_leaked.c - a record of the ring buffer is neither submitted nor discarded on one path.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	__u32 *event = bpf_ringbuf_reserve(&events, 8, 0); // REFUSED

	if (!event)
		return TC_ACT_OK;
	event[0] = skb->len;
	event[1] = skb->ifindex;
	if (skb->mark == 7) {
#ifdef FIXED
		bpf_ringbuf_discard(event, 0);
#endif
		return TC_ACT_SHOT;
	}
	bpf_ringbuf_submit(event, 0);
	return TC_ACT_OK;
}
LICENSE("GPL");
