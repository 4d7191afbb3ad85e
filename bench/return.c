// SPDX-License-Identifier: BSD-2-Clause
/* return.c - a classifier that returns at once: what is left is what a packet costs by itself. */
#include "clsbpf/bpf.h"

SEC("classifier")
int at_once(struct __sk_buff *skb)
{
	return TC_ACT_OK;
}

LICENSE("Dual BSD/GPL");
