// SPDX-License-Identifier: BSD-2-Clause
/* checksum.c - summing bytes, eight at a time. */
#include "packet/checksum.h"

u32 csum_bytes(const void *data, u32 len, u32 sum)
{
	const u8 *at = data;
	u64 total = sum;
	u32 half;

	while (len >= 8) {
		u64 word = get_u64(at);

		total += word;
		total += total < word;
		at += 8;
		len -= 8;
	}
	if (len) {
		u64 rest = 0;

		memcpy(&rest, at, len);
		total += rest;
		total += total < rest;
	}
	half = (u32)total;
	return csum_add(half, (u32)(total >> 32));
}
