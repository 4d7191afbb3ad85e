// SPDX-License-Identifier: BSD-2-Clause
/* pointer_subtracted.c - an address is subtracted from a number.
 */
#include "mistake.h"

SEC("tc") int offset(struct __sk_buff *skb)
{
	__u64 data = (__u64)skb_data(skb), end = (__u64)skb_data_end(skb);

#ifdef FIXED
	return end - data > 1500 ? TC_ACT_SHOT : TC_ACT_OK;
#else
	return 1500 - data > end ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
#endif
}
LICENSE("GPL");
