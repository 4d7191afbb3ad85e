// SPDX-License-Identifier: BSD-2-Clause
/* packet_offset_large.c - an offset that may be anything is added to the packet pointer: the comparison with
 * data_end says nothing, because the sum may have wrapped around.
 */
#include "mistake.h"

SEC("tc") int byte_at_mark(struct __sk_buff *skb)
{
	__u8 *data = skb_data(skb);
	__u8 *data_end = skb_data_end(skb);
	__u32 offset = skb->mark;

#ifdef FIXED
	if (offset > 1500)
		return TC_ACT_OK;
#endif
	if (data + offset + 1 > data_end)
		return TC_ACT_OK;
	return data[offset] ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
}
LICENSE("GPL");
