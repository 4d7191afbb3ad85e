// SPDX-License-Identifier: BSD-2-Clause
/* dynptr_slice_after.c - memory of a dynptr is used after the record was given back.
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	struct bpf_dynptr event;
	__u32 *words;

	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &event);
	words = bpf_dynptr_data(&event, 0, 8);
	if (!words) {
		bpf_ringbuf_discard_dynptr(&event, 0);
		return TC_ACT_OK;
	}
#ifdef FIXED
	words[0] = skb->len;
#endif
	bpf_ringbuf_submit_dynptr(&event, 0);
#ifndef FIXED
	words[0] = skb->len; // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
