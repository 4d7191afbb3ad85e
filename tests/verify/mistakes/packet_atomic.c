// SPDX-License-Identifier: BSD-2-Clause
/* packet_atomic.c - an atomic operation on bytes of the packet.
 */
#include "mistake.h"

SEC("tc") int count_down(struct __sk_buff *skb)
{
	__u32 *word = skb_data(skb);

	if ((void *)(word + 1) > skb_data_end(skb))
		return TC_ACT_OK;
#ifdef FIXED
	*word -= 1;
#else
	__sync_fetch_and_add(word, -1); // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
