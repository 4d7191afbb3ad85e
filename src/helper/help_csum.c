// SPDX-License-Identifier: BSD-2-Clause
/* help_csum.c - mending checksums after a change. Offsets count from the start of the packet. */
#include <errno.h>
#include <linux/bpf.h>

#include "helper/exec.h"
#include "helper/fns.h"
#include "packet/checksum.h"

#define CSUM_OFFSET_MAX 0xffff
#define CSUM_MANGLED_0 0xffff
#define F_IPV6 0x80ull      /* BPF_F_IPV6: newer than the headers */
#define KERNEL_ENOTSUPP 524 /* not an errno of user space, but what programs get */

/* The 16-bit field at @offset, or NULL: odd, too far, or beyond the packet. */
static u8 *check_field(struct packet *packet, u64 offset)
{
	u32 off = (u32)offset;

	if (off > CSUM_OFFSET_MAX || off & 1 || off + 2 > packet->ctx.len)
		return NULL;
	return packet->data + off;
}

u64 helper_l3_csum_replace(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u8 *field = check_field(exec->packet, a2);
	u16 check;

	if (a5 & ~(u64)BPF_F_HDR_FIELD_MASK)
		return (u64)-EINVAL;
	if (!field)
		return (u64)-EFAULT;
	check = get_u16(field);
	switch (a5 & BPF_F_HDR_FIELD_MASK) {
	case 0:
		if (a3)
			return (u64)-EINVAL;
		check = csum_replace_by_diff(check, (u32)a4);
		break;
	case 2:
		check = csum_replace2(check, (u16)a3, (u16)a4);
		break;
	case 4:
		check = csum_replace4(check, (u32)a3, (u32)a4);
		break;
	default:
		return (u64)-EINVAL;
	}
	put_u16(field, check);
	return 0;
}

/* What becomes of a transport checksum whose sum changes from @from to @to. */
static u16 l4_replace(struct packet *packet, u16 check, u32 from, u32 to, bool pseudo)
{
	if (packet->ip_summed == CSUM_PARTIAL) {
		if (!pseudo)
			return check;
		return (u16)~csum_fold(csum_add(csum_sub(csum_unfold(check), from), to));
	}
	if (packet->ip_summed == CSUM_COMPLETE && pseudo)
		packet->csum = ~csum_add(csum_sub(~packet->csum, from), to);
	return csum_replace4(check, from, to);
}

static u16 l4_replace_by_diff(struct packet *packet, u16 check, u32 diff, bool pseudo, bool ipv6)
{
	if (packet->ip_summed == CSUM_PARTIAL) {
		if (!pseudo)
			return check;
		return (u16)~csum_fold(csum_add(diff, csum_unfold(check)));
	}
	if (packet->ip_summed == CSUM_COMPLETE && pseudo && !ipv6)
		packet->csum = ~csum_sub(diff, packet->csum);
	return csum_replace_by_diff(check, diff);
}

u64 helper_l4_csum_replace(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	const u64 known = BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR | F_IPV6 |
			  BPF_F_HDR_FIELD_MASK;
	struct packet *packet = exec->packet;
	bool pseudo = a5 & BPF_F_PSEUDO_HDR, mangled = a5 & BPF_F_MARK_MANGLED_0;
	u8 *field = check_field(packet, a2);
	u16 check;

	if (a5 & ~known)
		return (u64)-EINVAL;
	if (!field)
		return (u64)-EFAULT;
	check = get_u16(field);
	if (mangled && !(a5 & BPF_F_MARK_ENFORCE) && !check)
		return 0;
	switch (a5 & BPF_F_HDR_FIELD_MASK) {
	case 0:
		if (a3)
			return (u64)-EINVAL;
		check = l4_replace_by_diff(packet, check, (u32)a4, pseudo, a5 & F_IPV6);
		break;
	case 2:
		check = l4_replace(packet, check, (u16)a3, (u16)a4, pseudo);
		break;
	case 4:
		check = l4_replace(packet, check, (u32)a3, (u32)a4, pseudo);
		break;
	default:
		return (u64)-EINVAL;
	}
	if (mangled && !check)
		check = CSUM_MANGLED_0;
	put_u16(field, check);
	return 0;
}

u64 helper_csum_diff(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u32 from_size = (u32)a2, to_size = (u32)a4, sum = (u32)a5;

	/* The verifier lets pointers pass that may be NULL, as Linux's does. */
	if ((from_size && !a1) || (to_size && !a3))
		return (u64)-EINVAL;
	if (from_size && to_size)
		sum = csum_sub(csum_bytes(u64_ptr(a3), to_size, sum),
			       csum_bytes(u64_ptr(a1), from_size, 0));
	else if (to_size)
		sum = csum_bytes(u64_ptr(a3), to_size, sum);
	else if (from_size)
		sum = ~csum_bytes(u64_ptr(a1), from_size, ~sum);
	return (u16)~csum_fold(sum);
}

u64 helper_csum_update(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;

	if (packet->ip_summed != CSUM_COMPLETE)
		return (u64)-KERNEL_ENOTSUPP;
	return packet->csum = csum_add(packet->csum, (u32)a2);
}

u64 helper_csum_level(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct packet *packet = exec->packet;
	bool unnecessary = packet->ip_summed == CSUM_UNNECESSARY;

	switch (a2) {
	case BPF_CSUM_LEVEL_QUERY:
		return unnecessary ? packet->csum_level : (u64)-EACCES;
	case BPF_CSUM_LEVEL_INC:
		if (unnecessary && packet->csum_level < 3)
			packet->csum_level++;
		else if (packet->ip_summed == CSUM_NONE) {
			packet->ip_summed = CSUM_UNNECESSARY;
			packet->csum_level = 0;
		}
		return 0;
	case BPF_CSUM_LEVEL_DEC:
		if (unnecessary && !packet->csum_level)
			packet->ip_summed = CSUM_NONE;
		else if (unnecessary)
			packet->csum_level--;
		return 0;
	case BPF_CSUM_LEVEL_RESET:
		if (unnecessary) {
			packet->ip_summed = CSUM_NONE;
			packet->csum_level = 0;
		}
		return 0;
	default:
		return (u64)-EINVAL;
	}
}
