// SPDX-License-Identifier: BSD-2-Clause
/* stack_functions.c - the stacks of a function and its callee are together more than 512 bytes.
 */
#include "mistake.h"

static __noinline int inner(struct __sk_buff *skb, __u32 off)
{
#ifdef FIXED
	volatile __u8 buf[160];
#else
	volatile __u8 buf[320]; // the stack of inner()
#endif

	for (int i = 0; i < sizeof(buf); i++)
		buf[i] = off;
	return buf[off & 127];
}

SEC("tc") int outer(struct __sk_buff *skb)
{
	volatile __u8 buf[256];

	for (int i = 0; i < sizeof(buf); i++)
		buf[i] = i;
	return inner(skb, buf[skb->mark & 255]) ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
}
LICENSE("GPL");
