// SPDX-License-Identifier: BSD-2-Clause
/* bounds_off_by_one.c - the check lets a packet through that is one byte too short.
 */
#include "mistake.h"

SEC("tc") int first_byte(struct __sk_buff *skb)
{
	__u8 *data = skb_data(skb);
	__u8 *data_end = skb_data_end(skb);

#ifdef FIXED
	if (data + 24 > data_end)
		return TC_ACT_OK;
#else
	if (data + 23 > data_end)
		return TC_ACT_OK;
#endif
	return data[23] == IPPROTO_UDP ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
}
LICENSE("GPL");
