// SPDX-License-Identifier: BSD-2-Clause
/* value_too_small.c - the new value on the stack is smaller than the map's values.
 */
#include "mistake.h"

struct flow {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct flow);
	__uint(max_entries, 64);
} flows SEC(".maps");

SEC("tc") int insert(struct __sk_buff *skb)
{
#ifdef FIXED
	struct flow flow = { 1, skb->len };
	__u32 key = skb->mark;
#else
	struct {
		__u32 key;
		__u32 flow;
	} pair = { skb->mark, skb->len };
	__u32 key = skb->mark;
#endif

#ifdef FIXED
	bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
#else
	bpf_map_update_elem(&flows, &pair.key, &pair.flow, BPF_ANY); // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
