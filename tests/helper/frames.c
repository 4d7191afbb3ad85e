// SPDX-License-Identifier: BSD-2-Clause
/* frames.c - packets for the tests of helpers, with checksums that are right. */
#include <linux/if_ether.h>

#include "both.h"
#include "packet/checksum.h"

static u32 eth(u8 *out, u16 type)
{
	static const u8 macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

	memcpy(out, macs, sizeof(macs));
	put_be16(out + 12, type);
	return ETH_HLEN;
}

static u32 tag(u8 *out, u16 tci, u16 type)
{
	put_be16(out, tci);
	put_be16(out + 2, type);
	return 4;
}

static u32 fill(u8 *out, u32 len)
{
	for (u32 i = 0; i < len; i++)
		out[i] = (u8)(i * 37 + 11);
	return len;
}

static u16 sum_of(const u8 *at, u32 len, u32 start)
{
	return csum_fold(csum_bytes(at, len, start));
}

static u32 ip4_udp(u8 *out, u32 payload)
{
	static const u8 header[20] = { 0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 17, 0, 0,
				       10, 0, 0, 1, 10, 0, 0, 2 };
	u32 len = 8 + payload;

	memcpy(out, header, sizeof(header));
	put_be16(out + 2, (u16)(20 + len));
	put_u16(out + 10, sum_of(out, 20, 0));
	put_be16(out + 20, 1234);
	put_be16(out + 22, 53);
	put_be16(out + 24, (u16)len);
	put_be16(out + 26, 0);
	fill(out + 28, payload);
	put_u16(out + 26, sum_of(out + 20, len, csum_bytes(out + 12, 8, be16(17) + be16((u16)len))));
	return 20 + len;
}

static u32 ip6_tcp(u8 *out, u32 payload)
{
	u32 len = 20 + payload;

	memset(out, 0, 60);
	out[0] = 0x60;
	put_be16(out + 4, (u16)len);
	out[6] = 6;
	out[7] = 64;
	out[8] = out[24] = 0xfd;
	out[23] = 1;
	out[39] = 2;
	put_be16(out + 40, 4321);
	put_be16(out + 42, 443);
	out[52] = 0x50;
	out[53] = 0x18;
	fill(out + 60, payload);
	put_u16(out + 56, sum_of(out + 40, len, csum_bytes(out + 8, 32, be16(6) + be16((u16)len))));
	return 40 + len;
}

u32 frame_make(enum frame frame, u8 *out)
{
	u32 n = 0;

	switch (frame) {
	case UDP4:
		n = eth(out, ETH_P_IP);
		return n + ip4_udp(out + n, 56);
	case TCP6:
		n = eth(out, ETH_P_IPV6);
		return n + ip6_tcp(out + n, 1440);
	case TAGGED:
		n = eth(out, ETH_P_8021Q);
		n += tag(out + n, 0x2005, ETH_P_IP);
		return n + ip4_udp(out + n, 56);
	case QINQ:
		n = eth(out, ETH_P_8021AD);
		n += tag(out + n, 0x0064, ETH_P_8021Q);
		n += tag(out + n, 0xf0c8, ETH_P_IP);
		return n + ip4_udp(out + n, 56);
	case TRIPLE:
		n = eth(out, ETH_P_8021Q);
		n += tag(out + n, 1, ETH_P_8021Q);
		n += tag(out + n, 2, ETH_P_8021Q);
		n += tag(out + n, 3, ETH_P_IP);
		return n + ip4_udp(out + n, 56);
	case BARE:
		return eth(out, 0x88b5);
	case CUT_TAG:
		n = eth(out, ETH_P_8021Q);
		return n + fill(out + n, 2);
	case TAG_ONLY:
		n = eth(out, ETH_P_8021Q);
		return n + tag(out + n, 7, 0x0040);
	case LLC:
		n = eth(out, 50);
		return n + fill(out + n, 50);
	case BIG:
		n = eth(out, ETH_P_IP);
		return n + ip4_udp(out + n, BOTH_PACKET - ETH_HLEN - 28);
	}
	return n;
}
