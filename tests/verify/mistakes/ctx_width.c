// SPDX-License-Identifier: BSD-2-Clause
/* ctx_width.c - a field of the context is written in part.
 */
#include "mistake.h"

SEC("tc") int low_byte(struct __sk_buff *skb)
{
#ifdef FIXED
	*(volatile __u32 *)&skb->mark = 7;
#else
	*(volatile __u8 *)&skb->mark = 7; // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
