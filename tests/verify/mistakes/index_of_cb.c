// SPDX-License-Identifier: BSD-2-Clause
/* index_of_cb.c - skb->cb[] is indexed with a variable.
 */
#include "mistake.h"

SEC("tc") int note(struct __sk_buff *skb)
{
#ifdef FIXED
	switch (skb->mark & 3) {
	case 0: skb->cb[0] = 1; break;
	case 1: skb->cb[1] = 1; break;
	case 2: skb->cb[2] = 1; break;
	case 3: skb->cb[3] = 1; break;
	}
#else
	skb->cb[skb->mark & 3] = 1; // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
