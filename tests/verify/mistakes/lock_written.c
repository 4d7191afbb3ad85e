// SPDX-License-Identifier: BSD-2-Clause
/* lock_written.c - the lock itself is overwritten with the value that it protects.
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

SEC("tc") int reset(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct account *account = bpf_map_lookup_elem(&accounts, &zero);

	if (!account)
		return TC_ACT_OK;
#ifdef FIXED
	account->packets = 0;
	account->bytes = 0;
#else
	account->lock.val = 0; // REFUSED
	account->bytes = 0;
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
