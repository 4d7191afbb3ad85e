// SPDX-License-Identifier: BSD-2-Clause
/* ctx_read_only.c - a field of the context is written that only the kernel may set.
 */
#include "mistake.h"

SEC("tc") int retype(struct __sk_buff *skb)
{
#ifdef FIXED
	skb->tc_index = ETH_P_IP;
#else
	skb->protocol = bpf_htons(ETH_P_IP); // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
