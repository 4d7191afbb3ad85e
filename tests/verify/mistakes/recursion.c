// SPDX-License-Identifier: BSD-2-Clause
/* recursion.c - a function that calls itself.
 */
#include "mistake.h"

static __noinline int depth(struct __sk_buff *skb, int n)
{
#ifdef FIXED
	int result = 1;

	for (int i = 1; i <= (n & 7); i++)
		result *= i;
	return result;
#else
	int result;

	if (n <= 1)
		return skb->len;
	result = depth(skb, n - 1); // REFUSED
	asm volatile("" : "+r"(result));
	return result * n;
#endif
}

SEC("tc") int factorial(struct __sk_buff *skb)
{
	return depth(skb, skb->mark & 7) > 100 ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
