// SPDX-License-Identifier: BSD-2-Clause
/* dynptr_leaked.c - a dynptr with a record of the ring buffer is not given back.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	struct bpf_dynptr event;
	__u32 len = skb->len;

	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &event); // REFUSED
	bpf_dynptr_write(&event, 0, &len, sizeof(len), 0);
#ifdef FIXED
	bpf_ringbuf_submit_dynptr(&event, 0);
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
