// SPDX-License-Identifier: BSD-2-Clause
/* rodata_written.c - a constant of the program is written through a pointer.
 */
#include "mistake.h"

#ifdef FIXED
volatile __u32 limit = 100;
#else
const volatile __u32 limit = 100;
#endif

SEC("tc") int adapt(struct __sk_buff *skb)
{
	if (skb->len < limit)
		return TC_ACT_OK;
	*(volatile __u32 *)&limit = skb->len; // REFUSED
	return TC_ACT_SHOT;
}
LICENSE("GPL");
