// SPDX-License-Identifier: BSD-2-Clause
/* helper_type.c - a socket filter calls a helper that changes packets.
 */
#include "mistake.h"

SEC("socket") int scrub(struct __sk_buff *skb)
{
#ifdef FIXED
	__u8 tos = 0;

	bpf_skb_load_bytes(skb, 15, &tos, 1);
	return tos ? 0 : -1;
#else
	__u8 zero = 0;

	bpf_skb_store_bytes(skb, 15, &zero, 1, 0); // REFUSED
	return -1;
#endif
}
LICENSE("GPL");
