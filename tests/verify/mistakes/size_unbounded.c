// SPDX-License-Identifier: BSD-2-Clause
/* size_unbounded.c - as many bytes as the packet says are copied into a buffer.
 */
#include "mistake.h"

SEC("tc") int options(struct __sk_buff *skb)
{
	__u8 buf[40] = {};
	__u32 len = skb->mark;

#ifdef FIXED
	if (len < 1 || len > 40)
		return TC_ACT_OK;
#endif
	bpf_skb_load_bytes(skb, 34, buf, len); // REFUSED
	return buf[0] == 1 ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
