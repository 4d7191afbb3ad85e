// SPDX-License-Identifier: BSD-2-Clause
/* loop_by_packet.c - as many rounds as the packet says.
 */
#include "mistake.h"

SEC("tc") int sum(struct __sk_buff *skb)
{
	__u32 n = skb->len, total = 0;

#ifdef FIXED
	for (__u32 i = 0; i < n && i < 128; i++) {
#else
	for (__u32 i = 0; i < n; i++) { // REFUSED
#endif
		total ^= i * 7;
		asm volatile("" : "+r"(total));
	}
	skb->mark = total;
	return TC_ACT_OK;
}
LICENSE("GPL");
