// SPDX-License-Identifier: BSD-2-Clause
/* gen_frame.c - frames of a generator. Source of the formats: RFC 791, RFC 768. */
#include "io/gen_frame.h"

#include <linux/if_ether.h>

#include "packet/checksum.h"

#define IP_AT ETH_HLEN
#define IP_LEN 20
#define UDP_AT (IP_AT + IP_LEN)
#define PORT_DISCARD 9
#define PORTS 60000u

void gen_frame_make(u8 *frame, u32 size, const u8 mac[6])
{
	static const u8 from[6] = { 2, 0, 0, 0, 0xff, 1 }, to_ip[4] = { 192, 0, 2, 1 };
	u8 *ip = frame + IP_AT, *udp = frame + UDP_AT;

	memset(frame, 0, size);
	memcpy(frame, mac, 6);
	memcpy(frame + 6, from, 6);
	put_be16(frame + 12, ETH_P_IP);
	ip[0] = 0x45;
	put_be16(ip + 2, (u16)(size - IP_AT));
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 16, to_ip, 4);
	put_be16(udp + 2, PORT_DISCARD);
	put_be16(udp + 4, (u16)(size - UDP_AT));
	gen_frame_flow(frame, 0);
}

void gen_frame_flow(u8 *frame, u32 flow)
{
	u8 *ip = frame + IP_AT;

	put_be32(ip + 12, 10u << 24 | (flow & 0xffffff));
	put_u16(ip + 10, 0);
	put_u16(ip + 10, csum_fold(csum_bytes(ip, IP_LEN, 0)));
	put_be16(frame + UDP_AT, (u16)(1024 + flow % PORTS));
}
