/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf_api.h - the vocabulary of the netdev 1.1 talk: one include, and its modules compile unmodified
 * with `clang -O2 -target bpf -c foo.c -o foo.o`.
 *
 * Maps go into section "maps" as `struct bpf_elf_map`, which iproute2 and clsbpf read. This file
 * stands alone, so that a copy of it beside a module is enough.
 */
#ifndef __BPF_API__
#define __BPF_API__

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;

#ifndef __stringify
#define __stringify_text(x) #x
#define __stringify(x) __stringify_text(x)
#endif
#define __section(name) __attribute__((section(name), used))
#define __section_tail(id, key) __section(__stringify(id) "/" __stringify(key))
#define __section_cls_entry __section("classifier")
#define __section_act_entry __section("action")
#define __section_xdp_entry __section("prog")
#define __section_license __section("license")
#define __section_maps __section("maps")
#define BPF_LICENSE(name) char ____license[] __section_license = name

/* For programs in today's style beside the old one. */
#define __uint(name, value) int (*name)[value]
#define __type(name, value) __typeof__(value) *name
#define __array(name, value) __typeof__(value) *name[]

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_HASH_OF_MAPS = 13,
};

enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };

/* Where a map is pinned: nowhere, below the digest of the object file, or in globals/. */
enum { PIN_NONE = 0, PIN_OBJECT_NS = 1, PIN_GLOBAL_NS = 2 };

struct bpf_elf_map {
	__u32 type;
	__u32 size_key;
	__u32 size_value;
	__u32 max_elem;
	__u32 flags;
	__u32 id;
	__u32 pinning;
	__u32 inner_id;
	__u32 inner_idx;
};

#define __BPF_MAP(name, map_type, map_id, key, value, pin, count)                                  \
	struct bpf_elf_map __section_maps name = {                                                 \
		.type = map_type,                                                                  \
		.size_key = key,                                                                   \
		.size_value = value,                                                               \
		.max_elem = count,                                                                 \
		.id = map_id,                                                                      \
		.pinning = pin,                                                                    \
	}

#define BPF_HASH(name, id, key, value, pin, count) \
	__BPF_MAP(name, BPF_MAP_TYPE_HASH, id, key, value, pin, count)
#define BPF_HASH4(name, id, key, pin, count) BPF_HASH(name, id, key, sizeof(__u32), pin, count)
#define BPF_HASH8(name, id, key, pin, count) BPF_HASH(name, id, key, sizeof(__u64), pin, count)
#define BPF_PERCPU_HASH(name, id, key, value, pin, count) \
	__BPF_MAP(name, BPF_MAP_TYPE_PERCPU_HASH, id, key, value, pin, count)
#define BPF_ARRAY(name, id, value, pin, count) \
	__BPF_MAP(name, BPF_MAP_TYPE_ARRAY, id, sizeof(__u32), value, pin, count)
#define BPF_ARRAY2(name, id, pin, count) BPF_ARRAY(name, id, sizeof(__u16), pin, count)
#define BPF_ARRAY4(name, id, pin, count) BPF_ARRAY(name, id, sizeof(__u32), pin, count)
#define BPF_ARRAY8(name, id, pin, count) BPF_ARRAY(name, id, sizeof(__u64), pin, count)
#define BPF_PERCPU_ARRAY(name, id, value, pin, count) \
	__BPF_MAP(name, BPF_MAP_TYPE_PERCPU_ARRAY, id, sizeof(__u32), value, pin, count)
#define BPF_PROG_ARRAY(name, id, pin, count) \
	__BPF_MAP(name, BPF_MAP_TYPE_PROG_ARRAY, id, sizeof(__u32), sizeof(__u32), pin, count)

struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 data_meta;
	__u64 flow_keys;
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
};

enum {
	TC_ACT_UNSPEC = -1,
	TC_ACT_OK = 0,
	TC_ACT_RECLASSIFY = 1,
	TC_ACT_SHOT = 2,
	TC_ACT_PIPE = 3,
	TC_ACT_STOLEN = 4,
	TC_ACT_QUEUED = 5,
	TC_ACT_REPEAT = 6,
	TC_ACT_REDIRECT = 7,
};

/* What a classifier without direct action returns: a match with the filter's own classid, none, or
 * the number of a class. */
#define BPF_H_DEFAULT -1
#define TC_H_MAJ_MASK 0xFFFF0000U
#define TC_H_MIN_MASK 0x0000FFFFU
#define TC_H_MAJ(h) ((h) & TC_H_MAJ_MASK)
#define TC_H_MIN(h) ((h) & TC_H_MIN_MASK)
/* On the slides the major number is given as it is printed, not shifted. */
#define TC_H_MAKE(maj, min) \
	((((maj) > 0xffff ? (maj) : (__u32)(maj) << 16) & TC_H_MAJ_MASK) | ((min) & TC_H_MIN_MASK))

enum { BPF_F_RECOMPUTE_CSUM = 1, BPF_F_INVALIDATE_HASH = 2 };
enum { BPF_F_PSEUDO_HDR = 16, BPF_F_INGRESS = 1 };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define htons(x) __builtin_bswap16(x)
#define htonl(x) __builtin_bswap32(x)
#else
#define htons(x) (x)
#define htonl(x) (x)
#endif
#define ntohs(x) htons(x)
#define ntohl(x) htonl(x)

#define lock_xadd(ptr, val) ((void)__sync_fetch_and_add(ptr, val))

static void *(*const map_lookup_elem)(void *map, const void *key) = (void *)1;
static int (*const map_update_elem)(void *map, const void *key, const void *value,
				    __u32 flags) = (void *)2;
static int (*const map_delete_elem)(void *map, const void *key) = (void *)3;
static __u64 (*const ktime_get_ns)(void) = (void *)5;
static void (*const trace_printk)(const char *fmt, int fmt_size, ...) = (void *)6;
static __u32 (*const get_prandom_u32)(void) = (void *)7;
static __u32 (*const get_smp_processor_id)(void) = (void *)8;
static int (*const skb_store_bytes)(struct __sk_buff *skb, __u32 off, const void *from, __u32 len,
				    __u32 flags) = (void *)9;
static int (*const l3_csum_replace)(struct __sk_buff *skb, __u32 off, __u32 from, __u32 to,
				    __u32 flags) = (void *)10;
static int (*const l4_csum_replace)(struct __sk_buff *skb, __u32 off, __u32 from, __u32 to,
				    __u32 flags) = (void *)11;
static void (*const tail_call)(struct __sk_buff *skb, void *map, __u32 index) = (void *)12;
static int (*const clone_redirect)(struct __sk_buff *skb, int ifindex, __u32 flags) = (void *)13;
static __u32 (*const get_cgroup_classid)(struct __sk_buff *skb) = (void *)17;
static int (*const skb_vlan_push)(struct __sk_buff *skb, __be16 proto, __u16 tci) = (void *)18;
static int (*const skb_vlan_pop)(struct __sk_buff *skb) = (void *)19;
static int (*const redirect)(int ifindex, __u32 flags) = (void *)23;
static __u32 (*const get_route_realm)(struct __sk_buff *skb) = (void *)24;
static int (*const skb_load_bytes)(struct __sk_buff *skb, __u32 off, void *to,
				   __u32 len) = (void *)26;
static int (*const csum_diff)(const void *from, __u32 from_size, const void *to, __u32 to_size,
			      __u32 seed) = (void *)28;
static int (*const skb_change_type)(struct __sk_buff *skb, __u32 type) = (void *)32;
static __u32 (*const get_hash_recalc)(struct __sk_buff *skb) = (void *)34;

#endif
