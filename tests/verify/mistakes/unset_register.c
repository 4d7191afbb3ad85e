// SPDX-License-Identifier: BSD-2-Clause
/* unset_register.c - a value that inline assembly never set.
 */
#include "mistake.h"

SEC("tc") int undefined(struct __sk_buff *skb)
{
	__u64 value;

#ifdef FIXED
	asm volatile("%0 = 1" : "=r"(value));
#else
	asm volatile("%0 = r7" : "=r"(value)); // REFUSED
#endif
	return value ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
