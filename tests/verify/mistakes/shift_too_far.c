// SPDX-License-Identifier: BSD-2-Clause
/* shift_too_far.c - a shift by as many bits as the number has.
 */
#include "mistake.h"

SEC("tc") int upper(struct __sk_buff *skb)
{
	__u64 mark = skb->mark;

#ifdef FIXED
	asm volatile("%0 >>= 32" : "+r"(mark));
#else
	asm volatile("%0 >>= 64" : "+r"(mark)); // REFUSED
#endif
	return mark ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
