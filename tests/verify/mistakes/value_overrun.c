// SPDX-License-Identifier: BSD-2-Clause
/* value_overrun.c - more bytes are read than the map's values have.
 */
#include "mistake.h"

struct small {
	__u32 packets, bytes;
};

struct large {
	__u32 packets, bytes, drops;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
#ifdef FIXED
	__type(value, struct large);
#else
	__type(value, struct small);
#endif
	__uint(max_entries, 1);
} stats SEC(".maps");

SEC("tc") int count_drops(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct large *stat = bpf_map_lookup_elem(&stats, &zero);

	if (!stat)
		return TC_ACT_OK;
	stat->drops++; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
