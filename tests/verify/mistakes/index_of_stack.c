// SPDX-License-Identifier: BSD-2-Clause
/* index_of_stack.c - a buffer on the stack is indexed with a number that nothing bounds.
 */
#include "mistake.h"

SEC("tc") int nibble(struct __sk_buff *skb)
{
	volatile __u8 hex[16] = "0123456789abcde";
	__u32 i = skb->mark;

#ifdef FIXED
	if (i >= 16)
		return TC_ACT_OK;
#endif
	skb->priority = hex[i]; // REFUSED
	return TC_ACT_OK;
}
LICENSE("GPL");
