// SPDX-License-Identifier: BSD-2-Clause
/* size_signed.c - a size is signed: a negative one passes the comparison.
 */
#include "mistake.h"

SEC("tc") int header(struct __sk_buff *skb)
{
	__u8 buf[64] = {};
	__s64 len = (__s32)skb->mark;

#ifdef FIXED
	if (len < 1 || len > 64)
		return TC_ACT_OK;
#else
	if (len > 64)
		return TC_ACT_OK;
	asm volatile("" : "+r"(len));
#endif
	bpf_skb_load_bytes(skb, 0, buf, len); // REFUSED
	return buf[0] == 1 ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
