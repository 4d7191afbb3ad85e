// SPDX-License-Identifier: BSD-2-Clause
/* firewall.c - a stateless firewall: addresses that are blocked by prefix, rules by 5-tuple, counters.
 *
 *   packet -> source in blocked4 / blocked6?          -> drop
 *          -> rule for (addresses, ports, protocol)?  -> its verdict
 *          -> rule for (port, protocol) alone?        -> its verdict
 *          -> pass
 *
 * Counters are one slot a rule, per CPU. Fragments but the first have no ports and match rules of
 * port 0.
 */
#include "clsbpf/bpf.h"
#include "clsbpf/net.h"

#define RULES_MAX 1024
#define COUNTER_PASS 0     /* no rule said anything */
#define COUNTER_BLOCKED 1  /* by prefix */
#define COUNTER_SHORT 2    /* cut headers */

struct prefix4 {
	__u32 len;
	__be32 addr;
};

struct prefix6 {
	__u32 len;
	__be32 addr[4];
};

/* Addresses of IPv4 stand in the first word. All zero but port and protocol: any address. */
struct tuple {
	__be32 from[4], to[4];
	__be16 from_port, to_port;
	__u8 protocol;
	__u8 zero[3];
};

struct rule {
	__u32 drop;
	__u32 counter;
};

struct count {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix4);
	__type(value, __u32);
} blocked4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix6);
	__type(value, __u32);
} blocked6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RULES_MAX);
	__type(key, struct tuple);
	__type(value, struct rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct count);
} counters SEC(".maps");

static __always_inline void count(struct __sk_buff *skb, __u32 counter)
{
	struct count *slot = bpf_map_lookup_elem(&counters, &counter);

	if (slot) {
		slot->packets++;
		slot->bytes += skb->len;
	}
}

static __always_inline void read_ports(void *at, void *end, struct tuple *tuple)
{
	struct ports *ports = at;

	if (tuple->protocol != IPPROTO_TCP && tuple->protocol != IPPROTO_UDP)
		return;
	if ((void *)(ports + 1) > end)
		return;
	tuple->from_port = ports->source;
	tuple->to_port = ports->dest;
}

/* 1: the source is blocked; 0: @tuple is filled; -1: the header is cut. */
static __always_inline int read_ip4(void *at, void *end, struct tuple *tuple)
{
	struct prefix4 key = { .len = 32 };
	struct iphdr *ip = at;
	__u32 header;

	if ((void *)(ip + 1) > end)
		return -1;
	header = (ip->version_ihl & 15) * 4;
	if (header < sizeof(*ip))
		return -1;
	tuple->from[0] = ip->saddr;
	tuple->to[0] = ip->daddr;
	tuple->protocol = ip->protocol;
	if (!(ip->frag_off & bpf_htons(0x1fff)))
		read_ports(at + header, end, tuple);
	key.addr = ip->saddr;
	return bpf_map_lookup_elem(&blocked4, &key) ? 1 : 0;
}

static __always_inline int read_ip6(void *at, void *end, struct tuple *tuple)
{
	struct prefix6 key = { .len = 128 };
	struct ip6hdr *ip = at;

	if ((void *)(ip + 1) > end)
		return -1;
	for (int i = 0; i < 4; i++) {
		tuple->from[i] = ip->saddr[i];
		tuple->to[i] = ip->daddr[i];
		key.addr[i] = ip->saddr[i];
	}
	tuple->protocol = ip->nexthdr;
	read_ports(ip + 1, end, tuple);
	return bpf_map_lookup_elem(&blocked6, &key) ? 1 : 0;
}

static __always_inline struct rule *find_rule(struct tuple *tuple)
{
	struct rule *rule = bpf_map_lookup_elem(&rules, tuple);
	struct tuple any = { .to_port = tuple->to_port, .protocol = tuple->protocol };

	return rule ? rule : bpf_map_lookup_elem(&rules, &any);
}

SEC("classifier")
int firewall(struct __sk_buff *skb)
{
	void *data = skb_data(skb), *end = skb_data_end(skb);
	struct tuple tuple = { 0 };
	struct ethhdr *eth = data;
	void *at = eth + 1;
	struct rule *rule;
	__be16 proto;
	int read = 0;

	if (at > end)
		return TC_ACT_SHOT;
	proto = eth->proto;
	if (proto == bpf_htons(ETH_P_8021Q) || proto == bpf_htons(ETH_P_8021AD)) {
		struct vlanhdr *vlan = at;

		at = vlan + 1;
		if (at > end) {
			count(skb, COUNTER_SHORT);
			return TC_ACT_SHOT;
		}
		proto = vlan->proto;
	}
	if (proto == bpf_htons(ETH_P_IP))
		read = read_ip4(at, end, &tuple);
	else if (proto == bpf_htons(ETH_P_IPV6))
		read = read_ip6(at, end, &tuple);
	if (read) {
		count(skb, read > 0 ? COUNTER_BLOCKED : COUNTER_SHORT);
		return TC_ACT_SHOT;
	}
	rule = find_rule(&tuple);
	count(skb, rule ? rule->counter : COUNTER_PASS);
	return rule && rule->drop ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE("Dual BSD/GPL");
