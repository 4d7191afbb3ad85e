// SPDX-License-Identifier: BSD-2-Clause
/* ctx_atomic.c - an atomic operation on a field of the context.
 */
#include "mistake.h"

SEC("tc") int count(struct __sk_buff *skb)
{
#ifdef FIXED
	skb->mark += 1;
#else
	__sync_fetch_and_add(&skb->mark, 1); // REFUSED
#endif
	return TC_ACT_OK;
}
LICENSE("GPL");
