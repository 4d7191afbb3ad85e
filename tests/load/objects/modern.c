// SPDX-License-Identifier: BSD-2-Clause
/* modern.c - what a libbpf user writes: maps as BTF, global variables, two programs in a section,
 * global and static functions, a program array that the object fills. */
#define SEC(name) __attribute__((section(name), used))
#define NOINLINE __attribute__((noinline))
#define uint(name, number) int (*name)[number]
#define type(name, t) typeof(t) *name

struct __sk_buff {
	unsigned int len, pkt_type, mark, queue_mapping, protocol;
};

struct pair {
	unsigned int a;
	unsigned short b, c;
};

struct {
	uint(type, 1);
	uint(max_entries, 16);
	type(key, unsigned int);
	type(value, struct pair);
	uint(pinning, 1);
} pairs SEC(".maps");

struct {
	uint(type, 3);
	uint(max_entries, 4);
	uint(key_size, 4);
	int (*values[])(void *);
} jumps SEC(".maps");

extern int third(struct __sk_buff *skb);
extern int first(struct __sk_buff *skb);

struct {
	uint(type, 3);
	uint(max_entries, 4);
	type(key, unsigned int);
	int (*values[])(void *);
} more_jumps SEC(".maps") = { .values = { [1] = (void *)&third, [3] = (void *)&first } };

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value, unsigned long flags) = (void *)2;
static void (*tail_call)(void *ctx, void *map, unsigned int index) = (void *)12;

unsigned int runs;                                  /* .bss */
static int hidden[3];
int start = 5;                             /* .data */
static int steps[2] = { 7, 11 };
const volatile int scale = 3;              /* .rodata */
int special SEC(".data.special") = 1000;

static NOINLINE int step(unsigned int n)
{
	return steps[n & 1] * scale;
}

/* A global function: a verifier looks at it alone. */
NOINLINE int sum(unsigned int a, unsigned int b)
{
	return a + b + special;
}

SEC("tc") int first(struct __sk_buff *skb)
{
	struct pair pair = { .a = 9, .b = 8 }, *found;
	unsigned int key = skb->mark;

	runs++;
	hidden[runs & 1] += 2;
	update(&pairs, &key, &pair, 0);
	tail_call(skb, &more_jumps, skb->mark);
	found = lookup(&pairs, &key);
	return found ? sum(found->a, step(runs)) + start : -1;
}

SEC("tc") int second(struct __sk_buff *skb)
{
	return start + step(0);
}

SEC("tc/tail") int third(struct __sk_buff *skb)
{
	return hidden[1] + step(1) + second(skb);
}

char SEC("license") license_text[] = "Dual BSD/GPL";
