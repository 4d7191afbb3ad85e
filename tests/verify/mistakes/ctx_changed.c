// SPDX-License-Identifier: BSD-2-Clause
/* ctx_changed.c - a helper gets the context with something added to it.
 */
#include "mistake.h"

SEC("tc") int cut(struct __sk_buff *skb)
{
#ifdef FIXED
	return bpf_skb_pull_data(skb, 14) ? TC_ACT_SHOT : TC_ACT_OK;
#else
	return bpf_skb_pull_data((void *)skb + 4, 14) ? TC_ACT_SHOT : TC_ACT_OK; // REFUSED
#endif
}
LICENSE("GPL");
