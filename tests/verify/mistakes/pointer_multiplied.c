// SPDX-License-Identifier: BSD-2-Clause
/* pointer_multiplied.c - an address is multiplied.
 */
#include "mistake.h"

SEC("tc") int hash(struct __sk_buff *skb)
{
#ifdef FIXED
	__u64 value = skb->hash;
#else
	__u64 value = (__u64)skb_data(skb);
#endif

	value *= 0x9e3779b97f4a7c15; // REFUSED
	return value >> 63 ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
