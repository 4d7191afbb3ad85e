// SPDX-License-Identifier: BSD-2-Clause
/* ref_tail_call.c - a record is held while another program takes over.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} next SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	__u32 *event = bpf_ringbuf_reserve(&events, 4, 0);

	if (!event)
		return TC_ACT_OK;
	*event = skb->len;
#ifdef FIXED
	bpf_ringbuf_submit(event, 0);
	bpf_tail_call(skb, &next, 0);
#else
	bpf_tail_call(skb, &next, 0); // REFUSED
	bpf_ringbuf_submit(event, 0);
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
