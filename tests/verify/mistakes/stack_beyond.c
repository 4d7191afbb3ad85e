// SPDX-License-Identifier: BSD-2-Clause
/* stack_beyond.c - an element behind the end of an array on the stack is written.
 */
#include "mistake.h"

SEC("tc") int fill(struct __sk_buff *skb)
{
	__u64 words[4] = {}, *word = words;
#ifdef FIXED
	int n = 4;
#else
	int n = 5;
#endif

	asm volatile("" : "+r"(word));
	for (int i = 0; i < n; i++)
		word[i] = skb->len; // REFUSED
	return words[0] ? TC_ACT_OK : TC_ACT_SHOT;
}
LICENSE("GPL");
