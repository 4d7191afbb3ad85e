// SPDX-License-Identifier: BSD-2-Clause
/* lock_twice.c - a spin lock that is held is taken once more.
 */
#include "mistake.h"

struct account {
	struct bpf_spin_lock lock;
	__u32 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct account);
	__uint(max_entries, 1);
} accounts SEC(".maps");

SEC("tc") int charge(struct __sk_buff *skb)
{
	__u32 zero = 0, len = skb->len;
	struct account *account = bpf_map_lookup_elem(&accounts, &zero);

	if (!account)
		return TC_ACT_OK;
	bpf_spin_lock(&account->lock);
	account->packets++;
#ifndef FIXED
	bpf_spin_lock(&account->lock); // REFUSED
#endif
	account->bytes += len;
	bpf_spin_unlock(&account->lock);
	return TC_ACT_OK;
}
LICENSE("GPL");
