// SPDX-License-Identifier: BSD-2-Clause
/* number_as_pointer.c - a number from the packet is used as an address.
 */
#include "mistake.h"

SEC("tc") int follow(struct __sk_buff *skb)
{
#ifdef FIXED
	return skb->cb[0];
#else
	return *(__u32 *)(long)skb->cb[0]; // REFUSED
#endif
}
LICENSE("GPL");
