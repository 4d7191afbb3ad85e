// SPDX-License-Identifier: BSD-2-Clause
/* ref_socket_leaked.c - a socket that was looked up is not given back.
 */
#include "mistake.h"

SEC("tc") int is_local(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = { .dport = bpf_htons(80) };
	struct bpf_sock *sock = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple), 0, 0); // REFUSED

	if (!sock)
		return TC_ACT_OK;
#ifdef FIXED
	bpf_sk_release(sock);
#endif
	return TC_ACT_PIPE;
}
LICENSE("GPL");
