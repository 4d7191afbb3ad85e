// SPDX-License-Identifier: BSD-2-Clause
/* divide_by_zero.c - a division by the constant 0.
 */
#include "mistake.h"

SEC("tc") int share(struct __sk_buff *skb)
{
	__u64 len = skb->len;

#ifdef FIXED
	asm volatile("%0 /= 2" : "+r"(len));
#else
	asm volatile("%0 /= 0" : "+r"(len)); // REFUSED
#endif
	return len > 100 ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
