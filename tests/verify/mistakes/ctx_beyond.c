// SPDX-License-Identifier: BSD-2-Clause
/* ctx_beyond.c - what lies behind the context is read.
 */
#include "mistake.h"

SEC("tc") int beyond(struct __sk_buff *skb)
{
#ifdef FIXED
	return skb->gso_size;
#else
	return *(__u32 *)((void *)skb + 200); // REFUSED
#endif
}
LICENSE("GPL");
