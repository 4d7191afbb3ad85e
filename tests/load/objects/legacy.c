// SPDX-License-Identifier: BSD-2-Clause
/* legacy.c - an object of 2016: maps as C structures, slots of a program array by section names, and
 * functions in .text. mark chooses the path: 0 and 2 jump, anything else falls through. */
#define SEC(name) __attribute__((section(name), used))
#define NOINLINE __attribute__((noinline))

struct __sk_buff {
	unsigned int len, pkt_type, mark, queue_mapping, protocol;
};

struct bpf_elf_map {
	unsigned int type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx;
};

struct bpf_elf_map SEC("maps") jumps = {
	.type = 3, .size_key = 4, .size_value = 4, .max_elem = 3, .id = 0x0b,
};
struct bpf_elf_map SEC("maps") shared = {
	.type = 2, .size_key = 4, .size_value = 8, .max_elem = 2, .pinning = 2,
};
struct bpf_elf_map SEC("maps") own = {
	.type = 1, .size_key = 4, .size_value = 4, .max_elem = 8, .flags = 1, .pinning = 1,
};
struct ____btf_map_own {
	unsigned int key;
	unsigned int value;
};
struct ____btf_map_own SEC(".maps.own") ____btf_map_own = {};

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value, unsigned long flags) = (void *)2;
static void (*tail_call)(void *ctx, void *map, unsigned int index) = (void *)12;

static NOINLINE int add(int a, int b)
{
	return a + b;
}

NOINLINE int add_twice(int a, int b)
{
	return add(add(a, b), b);
}

SEC("0x0b/0") int jump_first(struct __sk_buff *skb)
{
	return 40;
}

SEC("0x0b/2") int jump_third(struct __sk_buff *skb)
{
	unsigned int key = 1, *value = lookup(&own, &key);

	return value ? add_twice(*value, 20) : 2;
}

SEC("classifier") int cls_main(struct __sk_buff *skb)
{
	unsigned int key = 1, one = 1;
	unsigned long *count = lookup(&shared, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	update(&own, &key, &one, 0);
	tail_call(skb, &jumps, skb->mark);
	return count ? add(100, (int)*count) : 3;
}

char SEC("license") license_text[] = "GPL";
