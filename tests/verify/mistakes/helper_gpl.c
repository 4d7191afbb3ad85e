// SPDX-License-Identifier: BSD-2-Clause
/* helper_gpl.c - a helper that is only for the GPL.
 */
#include "mistake.h"

SEC("tc") int trace(struct __sk_buff *skb)
{
	static const char text[] = "packet\n";

	bpf_trace_printk(text, sizeof(text)); // REFUSED
	return TC_ACT_OK;
}
#ifdef FIXED
LICENSE("Dual BSD/GPL");
#else
LICENSE("Proprietary");
#endif
