// SPDX-License-Identifier: BSD-2-Clause
/* lock_call.c - a helper is called while a spin lock is held.
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

SEC("tc") int stamp(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct account *account = bpf_map_lookup_elem(&accounts, &zero);
	__u64 now;

	if (!account)
		return TC_ACT_OK;
#ifdef FIXED
	now = bpf_ktime_get_ns();
	bpf_spin_lock(&account->lock);
#else
	bpf_spin_lock(&account->lock);
	now = bpf_ktime_get_ns(); // REFUSED
#endif
	account->bytes = now;
	bpf_spin_unlock(&account->lock);
	return TC_ACT_OK;
}
LICENSE("GPL");
