// SPDX-License-Identifier: BSD-2-Clause
/* callback_returns.c - a callback returns something else than 0 (go on) or 1 (stop).
 */
#include "mistake.h"

struct sum {
	__u32 total;
};

static long add(__u32 i, struct sum *sum)
{
	sum->total += i;
#ifdef FIXED
	return 0;
#else
	return sum->total; // REFUSED
#endif
}

SEC("tc") int gauss(struct __sk_buff *skb)
{
	struct sum sum = { 0 };

	bpf_loop(10, add, &sum, 0);
	return sum.total > 40 ? TC_ACT_OK : TC_ACT_SHOT;
}
LICENSE("GPL");
