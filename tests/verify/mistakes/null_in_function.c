// SPDX-License-Identifier: BSD-2-Clause
/* null_in_function.c - a pointer argument of a global function may be NULL, whatever its callers pass.
 */
#include "mistake.h"

struct totals {
	__u64 packets, bytes;
};

__noinline int account(struct totals *totals, int len)
{
#ifdef FIXED
	if (!totals)
		return 0;
#endif
	totals->bytes += len; // REFUSED
	totals->packets += 1;
	return totals->packets > 1000;
}

SEC("tc") int limit(struct __sk_buff *skb)
{
	struct totals totals = { skb->mark, skb->len };

	return account(&totals, skb->len) ? TC_ACT_SHOT : TC_ACT_OK;
}
LICENSE("GPL");
