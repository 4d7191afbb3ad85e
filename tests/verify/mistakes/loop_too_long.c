// SPDX-License-Identifier: BSD-2-Clause
/* loop_too_long.c - a loop with a bound, but of more rounds than can be walked.
 */
#include "mistake.h"

SEC("tc") int mix(struct __sk_buff *skb)
{
	__u32 state = skb->mark;

#ifdef FIXED
	for (int i = 0; i < 1000; i++) {
#else
	for (int i = 0; i < 400000; i++) { // REFUSED
#endif
		asm volatile("" : "+r"(state));
		state = state * 1103515245 + 12345;
	}
	skb->mark = state;
	return TC_ACT_OK;
}
LICENSE("GPL");
