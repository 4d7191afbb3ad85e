// SPDX-License-Identifier: BSD-2-Clause
/* ref_size_variable.c - a record of a size that is not a constant.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	__u32 *event;

#ifdef FIXED
	event = bpf_ringbuf_reserve(&events, 64, 0);
#else
	event = bpf_ringbuf_reserve(&events, skb->len & 63, 0); // REFUSED
#endif
	if (!event)
		return TC_ACT_OK;
	bpf_ringbuf_submit(event, 0);
	return TC_ACT_OK;
}
LICENSE("GPL");
