// SPDX-License-Identifier: BSD-2-Clause
/* size_too_large.c - a helper is told to fill more bytes than the buffer has.
 */
#include "mistake.h"

SEC("tc") int addresses(struct __sk_buff *skb)
{
	__u32 saddr = 0;

#ifdef FIXED
	bpf_skb_load_bytes(skb, 26, &saddr, 4);
#else
	bpf_skb_load_bytes(skb, 26, &saddr, 8); // REFUSED
#endif
	return saddr == bpf_htonl(0x0a000001) ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
