// SPDX-License-Identifier: BSD-2-Clause
/* kernel_types.c - the types that the engine has to tell about: what /sys/kernel/btf/vmlinux is on
 * Linux, for programs that are relocated against the kernel they meet (CO-RE).
 *
 * Compiled for BPF at build time and never run: scripts/btf-bytes takes the BTF out of the object
 * and kernel_btf.c carries it. Only what the engine really has: the contexts of programs, what
 * helpers take and give, and the headers of packets.
 */
#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>

/* As in the kernel: a tag of 4 bytes, which no header for user space has. */
struct vlan_hdr {
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
};

/* The compiler describes a type whose id somebody uses. */
#define TELL(type) ids += __builtin_btf_type_id(*(type *)0, 0)

unsigned long kernel_types(void)
{
	unsigned long ids = 0;

	/* contexts */
	TELL(struct __sk_buff);
	TELL(struct xdp_md);
	/* helpers */
	TELL(struct bpf_sock);
	TELL(struct bpf_tcp_sock);
	TELL(struct bpf_sock_tuple);
	TELL(struct bpf_tunnel_key);
	TELL(struct bpf_xfrm_state);
	TELL(struct bpf_fib_lookup);
	TELL(struct bpf_redir_neigh);
	TELL(struct bpf_flow_keys);
	TELL(struct bpf_lpm_trie_key);
	TELL(struct bpf_spin_lock);
	TELL(struct bpf_timer);
	TELL(struct bpf_dynptr);
	TELL(struct bpf_insn);
	TELL(struct bpf_map_info);
	TELL(struct bpf_prog_info);
	TELL(union bpf_attr);
	/* numbers that come and go */
	TELL(enum bpf_func_id);
	TELL(enum bpf_map_type);
	TELL(enum bpf_prog_type);
	TELL(enum bpf_attach_type);
	TELL(enum bpf_link_type);
	TELL(enum bpf_ret_code);
	TELL(enum bpf_adj_room_mode);
	TELL(enum xdp_action);
	/* headers of packets */
	TELL(struct ethhdr);
	TELL(struct vlan_hdr);
	TELL(struct iphdr);
	TELL(struct ipv6hdr);
	TELL(struct ipv6_opt_hdr);
	TELL(struct icmp6hdr);
	TELL(struct tcphdr);
	TELL(struct udphdr);
	TELL(struct in6_addr);
	return ids;
}

/* Functions that programs call: prototypes from their rows, with the endings that the kernel gives to the
 * names of parameters. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));

#define NONE(n)
#define CHAR(n) char c##n
#define INT(n) int v##n
#define U8(n) u8 v##n
#define U32(n) u32 v##n
#define U64(n) u64 v##n
#define SKB(n) struct __sk_buff *s
#define XDP(n) struct xdp_md *x
#define DYNPTR(n) const struct bpf_dynptr *p##n
#define DYNPTR_UNINIT(n) struct bpf_dynptr *p##n##__uninit
#define ITER_NUM(n) struct bpf_iter_num *it
#define STRING(n) const char *s##n##__ign
#define BUFFER(n) void *buffer__opt
#define BUFFER_SIZE(n) u32 buffer__szk
#define IRQ_FLAGS(n) unsigned long *flags__irq_flag

/* A comma in front of what is there. */
#define COMMA_NONE
#define COMMA_CHAR ,
#define COMMA_INT ,
#define COMMA_U8 ,
#define COMMA_U32 ,
#define COMMA_U64 ,
#define COMMA_DYNPTR ,
#define COMMA_DYNPTR_UNINIT ,
#define COMMA_STRING ,
#define COMMA_BUFFER ,
#define COMMA_BUFFER_SIZE ,

#define RET_VOID void
#define RET_BOOL _Bool
#define RET_INT int
#define RET_U32 u32
#define RET_SLICE void *
#define RET_ELEMENT int *

#define VALUE_VOID
#define VALUE_BOOL 0
#define VALUE_INT 0
#define VALUE_U32 0
#define VALUE_SLICE 0
#define VALUE_ELEMENT 0

#define KFUNC(name, ret, a1, a2, a3, a4, a5, who, flags)                                           \
	__attribute__((btf_decl_tag("bpf_kfunc"))) RET_##ret name(                                 \
		a1(1) COMMA_##a2 a2(2) COMMA_##a3 a3(3) COMMA_##a4 a4(4) COMMA_##a5 a5(5))         \
	{                                                                                          \
		return VALUE_##ret;                                                                \
	}
#include "helper/kfunc.def"
