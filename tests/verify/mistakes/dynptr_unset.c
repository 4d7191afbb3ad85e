// SPDX-License-Identifier: BSD-2-Clause
/* dynptr_unset.c - a dynptr is read that nothing was put into.
 */
#include "mistake.h"

__u8 bytes[64];

SEC("tc") int peek(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	__u32 word = 0;

#ifdef FIXED
	bpf_dynptr_from_mem(bytes, sizeof(bytes), 0, &ptr);
#endif
	bpf_dynptr_read(&word, sizeof(word), &ptr, 0, 0); // REFUSED
	return word ? TC_ACT_OK : TC_ACT_SHOT;
}
LICENSE("GPL");
