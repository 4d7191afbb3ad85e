// SPDX-License-Identifier: BSD-2-Clause
/* ctx_arithmetic.c - the context is read at an offset that is not a constant.
 */
#include "mistake.h"

SEC("tc") int field(struct __sk_buff *skb)
{
#ifdef FIXED
	return skb->mark & 4 ? skb->priority : skb->mark;
#else
	return *(__u32 *)((void *)skb + (skb->mark & 4)); // REFUSED
#endif
}
LICENSE("GPL");
