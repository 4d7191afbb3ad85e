// SPDX-License-Identifier: BSD-2-Clause
/* ring.bpf.c - what skeleton.c loads: a counter, a ring buffer, a global, a classifier. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

__u64 packets;
const volatile __u32 step = 1;

SEC("tc")
int count(struct __sk_buff *skb)
{
	__u32 key = skb->len;
	__u64 one = 1, *n = bpf_map_lookup_elem(&seen, &key);

	packets += step;
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
	bpf_ringbuf_output(&ring, &key, sizeof(key), 0);
	return 7;
}

char LICENSE[] SEC("license") = "GPL";
