// SPDX-License-Identifier: BSD-2-Clause
/* pointers_added.c - two pointers are added.
 */
#include "mistake.h"

SEC("tc") int middle(struct __sk_buff *skb)
{
	__u64 data = (__u64)skb_data(skb), end = (__u64)skb_data_end(skb);
	__u8 *byte;

#ifdef FIXED
	byte = (void *)data;
#else
	byte = (void *)((data + end) / 2); // REFUSED
#endif
	if ((void *)(byte + 1) > (void *)end)
		return TC_ACT_OK;
	return *byte;
}
LICENSE("GPL");
