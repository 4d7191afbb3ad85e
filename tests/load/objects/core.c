// SPDX-License-Identifier: BSD-2-Clause
/* core.c - programs that ask the kernel where its fields are. The structures have the kernel's names, or
 * them with a flavour, but other layouts; every number that is left in the program comes from the kernel.
 *
 * tests/load/core.sh loads this by libbpf and by ours, and compares the instructions. */
#include "../core_ask.h"

/* The context, turned round. */
struct __sk_buff {
	__u32 mark, len, hash, cb[5], protocol;
	__u32 no_such_field;
} CORE;

/* A flavour without the rest. */
struct __sk_buff___small {
	__u64 len;
} CORE;

struct tcphdr {
	__u16 window;
	__u16 urg : 1, syn : 1, fin : 1, doff : 4;
} CORE;

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
} CORE;

struct ipv6hdr {
	__u16 payload_len;
	struct in6_addr daddr;
	__u8 version : 4, priority : 4;
} CORE;

struct bpf_fib_lookup {
	__u16 tot_len;        /* in an anonymous union there */
	__u32 ipv4_dst;
} CORE;

struct no_such_type {
	int a;
};

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 77,
	BPF_MAP_TYPE_LPM_TRIE = 78,
	BPF_MAP_TYPE_NO_SUCH = 79,
};

extern int LINUX_KERNEL_VERSION IN(".kconfig");
extern _Bool CONFIG_NO_SUCH_THING IN(".kconfig") __attribute__((weak));
extern long CONFIG_ILLEGAL_POINTER_VALUE IN(".kconfig") __attribute__((weak));
extern int CONFIG_NO_SUCH_NUMBER IN(".kconfig") __attribute__((weak));
extern const void no_such_symbol IN(".ksyms") __attribute__((weak));
extern int no_such_function(int a) IN(".ksyms") __attribute__((weak));


/* Loads of the context at the kernel's offsets. */
SEC("tc")
int context(struct __sk_buff *skb)
{
	struct __sk_buff___small *small = (void *)skb;
	__u32 sum = skb->len + skb->mark + skb->hash + skb->cb[3] + skb->protocol;

	if (exists(skb->no_such_field))
		sum += skb->no_such_field;
	return sum + (int)small->len;
}

/* Questions, whose answers are constants. */
SEC("tc")
int questions(struct __sk_buff *skb)
{
	struct tcphdr *tcp = (void *)0;
	struct ipv6hdr *ip6 = (void *)0;
	struct bpf_fib_lookup *fib = (void *)0;
	__u64 sum = 0;

	sum = sum * 7 + offset_of(tcp->window);
	sum = sum * 7 + size_of(tcp->window);
	sum = sum * 7 + offset_of(tcp->doff);
	sum = sum * 7 + size_of(tcp->doff);
	sum = sum * 7 + lshift(tcp->doff);
	sum = sum * 7 + rshift(tcp->doff);
	sum = sum * 7 + is_signed(tcp->doff);
	sum = sum * 7 + lshift(tcp->syn);
	sum = sum * 7 + offset_of(ip6->daddr.in6_u.u6_addr32[2]);
	sum = sum * 7 + lshift(ip6->version);
	sum = sum * 7 + offset_of(fib->tot_len);
	sum = sum * 7 + offset_of(fib->ipv4_dst);
	sum = sum * 7 + exists(fib->tot_len);
	sum = sum * 7 + exists(skb->no_such_field);
	sum = sum * 7 + type_exists(struct bpf_sock);
	sum = sum * 7 + type_exists(struct no_such_type);
	sum = sum * 7 + type_size(struct in6_addr);
	sum = sum * 7 + type_size(struct no_such_type);
	sum = sum * 7 + enum_exists(enum bpf_map_type, BPF_MAP_TYPE_LPM_TRIE);
	sum = sum * 7 + enum_exists(enum bpf_map_type, BPF_MAP_TYPE_NO_SUCH);
	sum = sum * 7 + enum_value(enum bpf_map_type, BPF_MAP_TYPE_HASH);
	sum = sum * 7 + enum_value(enum bpf_map_type, BPF_MAP_TYPE_LPM_TRIE);
	return (int)(sum ^ sum >> 32);
}

/* Types by number: only whether there is one can be compared. */
SEC("tc")
int numbers(struct __sk_buff *skb)
{
	return !!type_id(struct in6_addr) + 2 * !!type_id(struct no_such_type) +
	       4 * !!type_id_local(struct no_such_type);
}

/* What the kernel says of itself. */
SEC("tc")
int externs(struct __sk_buff *skb)
{
	int version = LINUX_KERNEL_VERSION, sum = version >> 8;
	long far = CONFIG_ILLEGAL_POINTER_VALUE;

	/* 0xdead000000000000 on Linux, which is no `long`: it is read, and only one of the kernels has it. */
	asm volatile("" : : "r"(far));
	if (CONFIG_NO_SUCH_THING)
		sum = 1;
	if (&no_such_symbol)
		sum = 2;
	if (no_such_function)
		sum = no_such_function(sum);
	return sum + CONFIG_NO_SUCH_NUMBER;
}

#ifdef MISSING
/* A value that the kernel does not have, where it is needed: no kernel takes this. */
SEC("tc")
int missing(struct __sk_buff *skb)
{
	return skb->no_such_field;
}
#endif

char _license[] SEC("license") = "Dual BSD/GPL";
