// SPDX-License-Identifier: BSD-2-Clause
/* function_ctx.c - a global function reads the packet of a context that may be any number.
 */
#include "mistake.h"

__noinline int length(int from, struct __sk_buff *skb)
{
	return skb->len - from;
}

SEC("tc") int classify(struct __sk_buff *skb)
{
#ifdef FIXED
	return length(14, skb) > 100 ? TC_ACT_SHOT : TC_ACT_OK;
#else
	return length(14, (void *)(long)skb->mark) > 100 ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
#endif
}
LICENSE("GPL");
