// SPDX-License-Identifier: BSD-2-Clause
/* ref_used_after.c - a record is read after it was submitted.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	__u32 *event = bpf_ringbuf_reserve(&events, 4, 0);
	__u32 len = skb->len;

	if (!event)
		return TC_ACT_OK;
	*event = len;
	bpf_ringbuf_submit(event, 0);
#ifdef FIXED
	return len > 1000 ? TC_ACT_SHOT : TC_ACT_OK;
#else
	return *(volatile __u32 *)event > 1000 ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
#endif
}
LICENSE("GPL");
