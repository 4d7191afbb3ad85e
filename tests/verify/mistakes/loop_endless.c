// SPDX-License-Identifier: BSD-2-Clause
/* loop_endless.c - a loop whose condition nothing in it changes.
 */
#include "mistake.h"

SEC("tc") int wait(struct __sk_buff *skb)
{
	__u32 rounds = skb->mark;

#ifdef FIXED
	for (int i = 0; i < 8 && rounds; i++) {
		asm volatile("" : "+r"(rounds));
		rounds >>= 1;
	}
#else
	while (rounds) { // REFUSED
		asm volatile("" : "+r"(rounds));
	}
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
