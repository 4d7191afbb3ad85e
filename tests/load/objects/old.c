// SPDX-License-Identifier: BSD-2-Clause
/* old.c - maps from before struct bpf_elf_map had all its words: the first WORDS of them. A static
 * function beside the program, which only a symbol of its section names. */
#define SEC(name) __attribute__((section(name), used))

struct __sk_buff {
	unsigned int len, pkt_type, mark;
};

struct bpf_map_def {
	unsigned int word[WORDS];
};

struct bpf_map_def SEC("maps") table = { { 2, 4, 4, 16 } };
struct bpf_map_def SEC("maps") cache = { { 1, 8, 16, 32 } };

static void *(*lookup)(void *map, const void *key) = (void *)1;

static __attribute__((noinline)) SEC("classifier") unsigned int index_of(struct __sk_buff *skb)
{
	return skb->mark & 15;
}

SEC("classifier") int cls_main(struct __sk_buff *skb)
{
	unsigned int key = index_of(skb), *value = lookup(&table, &key);
	unsigned long long other = key;

	return value ? *value + !!lookup(&cache, &other) + key : -1;
}

char SEC("license") license_text[] = "GPL";
