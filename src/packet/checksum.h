// SPDX-License-Identifier: BSD-2-Clause
/* checksum.h - the Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * A "sum" is a 32-bit one's complement accumulator in the byte order of the packet; fold it to get
 * the 16 bits that, complemented, stand in a header.
 */
#ifndef CLSBPF_PACKET_CHECKSUM_H
#define CLSBPF_PACKET_CHECKSUM_H

#include "base/types.h"

/** csum_add() - one's complement addition. */
static inline u32 csum_add(u32 sum, u32 addend)
{
	sum += addend;
	return sum + (sum < addend);
}

static inline u32 csum_sub(u32 sum, u32 subtrahend)
{
	return csum_add(sum, ~subtrahend);
}

/* @sum of bytes that begin @offset bytes into what is summed: at an odd place halves trade sides. */
static inline u32 csum_shift(u32 sum, u32 offset)
{
	return offset & 1 ? sum >> 8 | sum << 24 : sum;
}

/** csum_fold() - the complement of the 16-bit sum: what stands in a header. */
static inline u16 csum_fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static inline u32 csum_unfold(u16 check)
{
	return check;
}

/** csum_bytes() - the sum of @len bytes at @data, any alignment, added to @sum. */
u32 csum_bytes(const void *data, u32 len, u32 sum);

/** csum_replace_by_diff() - the header value @check after @diff was added to the bytes summed. */
static inline u16 csum_replace_by_diff(u16 check, u32 diff)
{
	return csum_fold(csum_add(diff, ~csum_unfold(check)));
}

/** csum_replace4() / csum_replace2() - the header value after @from became @to. */
static inline u16 csum_replace4(u16 check, u32 from, u32 to)
{
	return csum_fold(csum_add(csum_add(~csum_unfold(check), ~from), to));
}

static inline u16 csum_replace2(u16 check, u16 from, u16 to)
{
	/* RFC 1624 equation 3, in 16 bits. */
	u32 sum = (u16)~check + (u32)(u16)~from + to;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

#endif
