// SPDX-License-Identifier: BSD-2-Clause
/* helper_unknown.c - a helper that does not exist.
 */
#include "mistake.h"

static long (*const bpf_of_tomorrow)(void *ctx) = (void *)4242;

SEC("tc") int modern(struct __sk_buff *skb)
{
#ifdef FIXED
	return bpf_get_prandom_u32() & 1 ? TC_ACT_OK : TC_ACT_SHOT;
#else
	return bpf_of_tomorrow(skb) ? TC_ACT_OK : TC_ACT_SHOT; // REFUSED
#endif
}
LICENSE("GPL");
