// SPDX-License-Identifier: BSD-2-Clause
/* end_arithmetic.c - the last bytes of a packet are looked for from its end.
 */
#include "mistake.h"

SEC("tc") int trailer(struct __sk_buff *skb)
{
	__u8 *data = skb_data(skb), *data_end = skb_data_end(skb), *last;

#ifdef FIXED
	last = data + 63;
	if (last + 1 > data_end)
		return TC_ACT_OK;
#else
	last = data_end - 1; // REFUSED
	if (last < data)
		return TC_ACT_OK;
#endif
	return *last;
}
LICENSE("GPL");
