// SPDX-License-Identifier: BSD-2-Clause
/* ksyms.c - programs that call functions of the kernel: there, not there and weak, not there, another one. */
#include "../core_ask.h"

#define KSYM __attribute__((section(".ksyms")))
#define WEAK __attribute__((weak))

struct bpf_dynptr {
	__u64 opaque[2];
};

struct bpf_iter_num {
	__u64 opaque[1];
};

/* As far as it is used. */
struct __sk_buff {
	__u32 len, pkt_type, mark;
};

extern int bpf_strlen(const char *s) KSYM;
extern int bpf_strchr(const char *s, char c) KSYM WEAK;
extern int bpf_no_such_function(int a) KSYM WEAK;
extern int bpf_none_at_all(int a) KSYM;
extern int bpf_strnlen(int a) KSYM WEAK;      /* has another prototype there */
extern int bpf_strrchr(int a) KSYM;           /* the same, and is wanted */
extern int bpf_dynptr_from_skb(struct __sk_buff *s, __u64 flags, struct bpf_dynptr *ptr) KSYM;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer, __u32 size) KSYM;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) KSYM;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) KSYM;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) KSYM;

SEC("tc")
int strings(struct __sk_buff *skb)
{
	char text[8] = "hello";
	int place = 0;

	__asm__ volatile("" : : "r"(text) : "memory");
	if (bpf_strchr)
		place = bpf_strchr(text, 'l');
	return bpf_strlen(text) * 10 + place;
}

SEC("tc")
int absent(struct __sk_buff *skb)
{
	if (bpf_no_such_function)
		return bpf_no_such_function(1);
	return 7;
}

SEC("tc")
int changed(struct __sk_buff *skb)
{
	if (bpf_strnlen)
		return bpf_strnlen(1);
	return 8;
}

SEC("tc")
int packet(struct __sk_buff *skb)
{
	struct bpf_dynptr dynptr;
	const __u8 *bytes;
	__u64 buffer[2];

	bpf_dynptr_from_skb(skb, 0, &dynptr);
	bytes = bpf_dynptr_slice(&dynptr, 12, buffer, 2);
	return bytes ? bytes[0] << 8 | bytes[1] : -1;
}

static __attribute__((noinline)) int sum_to(int n)
{
	struct bpf_iter_num it;
	int *i, sum = 0;

	bpf_iter_num_new(&it, 0, n);
	while ((i = bpf_iter_num_next(&it)))
		sum += *i;
	bpf_iter_num_destroy(&it);
	return sum;
}

SEC("tc")
int numbers(struct __sk_buff *skb)
{
	return sum_to(10) + sum_to(skb->mark);
}

SEC("tc")
int missing(struct __sk_buff *skb)
{
	return bpf_none_at_all(1);
}

SEC("tc")
int other(struct __sk_buff *skb)
{
	return bpf_strrchr(1);
}


char _license[] SEC("license") = "GPL";
