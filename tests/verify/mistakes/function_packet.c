// SPDX-License-Identifier: BSD-2-Clause
/* function_packet.c - a byte of the packet is passed to a global function, and nothing made sure that it is there.
 */
#include "mistake.h"

__noinline int first(__u8 *byte)
{
	return byte ? *byte : 0;
}

SEC("tc") int classify(struct __sk_buff *skb)
{
	__u8 *data = skb_data(skb);

#ifdef FIXED
	if ((void *)(data + 1) > skb_data_end(skb))
		return TC_ACT_OK;
#endif
	return first(data); // REFUSED
}
LICENSE("GPL");
