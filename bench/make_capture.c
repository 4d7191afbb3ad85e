// SPDX-License-Identifier: BSD-2-Clause
/* make_capture.c - a capture to measure with: make_capture FILE BYTES.
 *
 * Ethernet frames of 64 to 500 bytes, all lengths equally often, of FLOWS flows over IPv4: three of
 * four are TCP, one in eight has port 80. Headers and checksums are right. The generator starts from
 * a fixed number, so the same arguments give the same bytes. The file gets its name when it is whole.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "packet/checksum.h"

#define FLOWS 1024
#define FRAME_MIN 64
#define FRAME_MAX 500
#define MAC_LEN 14
#define IP_LEN 20
#define TCP_LEN 20
#define UDP_LEN 8
#define RECORD_LEN 16
#define GAP_NS 800u
#define START_S 1700000000u

struct flow {
	u32 from, to;
	u16 from_port, to_port;
	u32 seq;
	bool tcp;
};

static u64 chance(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state * 0x2545f4914f6cdd1du >> 16;
}

static void make_flows(struct flow *flows, u64 *state)
{
	for (u32 i = 0; i < FLOWS; i++)
		flows[i] = (struct flow){
			.from = 0x0a000000u | (u32)(chance(state) & 0xffffff),
			.to = 0xc0a80000u | (u32)(chance(state) & 0xffff),
			.from_port = (u16)(32768 + chance(state) % 28000),
			.to_port = i % 8 ? (u16)(1 + chance(state) % 10000) : 80,
			.seq = (u32)chance(state),
			.tcp = i % 4 != 3,
		};
}

/* Of the pseudo header and the transport header with payload. */
static u16 transport_check(const u8 *ip, u32 len)
{
	u8 pseudo[4] = { 0, ip[9] };

	put_be16(pseudo + 2, (u16)len);
	return csum_fold(csum_bytes(ip + IP_LEN, len, csum_bytes(pseudo, 4, csum_bytes(ip + 12, 8, 0))));
}

static void make_transport(u8 *ip, u32 len, struct flow *flow)
{
	u8 *at = ip + IP_LEN, *check = at + (flow->tcp ? 16 : 6);

	put_be16(at, flow->from_port);
	put_be16(at + 2, flow->to_port);
	if (flow->tcp) {
		put_be32(at + 4, flow->seq);
		put_be32(at + 8, ~flow->seq);
		put_be16(at + 12, 0x5010);       /* 20 bytes, ACK */
		put_be16(at + 14, 0xffff);
		put_be16(at + 18, 0);
		flow->seq += len - TCP_LEN;
	} else {
		put_be16(at + 4, (u16)len);
	}
	put_u16(check, 0);
	put_u16(check, transport_check(ip, len));
}

/* The payload is there already. */
static void make_frame(u8 *frame, u32 len, struct flow *flow, u16 id)
{
	static const u8 macs[2 * 6] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	u8 *ip = frame + MAC_LEN;

	memcpy(frame, macs, sizeof(macs));
	put_be16(frame + 12, 0x800);
	memset(ip, 0, IP_LEN);
	ip[0] = 0x45;
	put_be16(ip + 2, (u16)(len - MAC_LEN));
	put_be16(ip + 4, id);
	ip[8] = 64;
	ip[9] = flow->tcp ? 6 : 17;
	put_be32(ip + 12, flow->from);
	put_be32(ip + 16, flow->to);
	put_u16(ip + 10, csum_fold(csum_bytes(ip, IP_LEN, 0)));
	make_transport(ip, len - MAC_LEN - IP_LEN, flow);
}

static int write_header(FILE *file)
{
	u8 header[24] = { 0 };

	put_u32(header, 0xa1b2c3d4);
	put_u16(header + 4, 2);
	put_u16(header + 6, 4);
	put_u32(header + 16, 262144);
	put_u32(header + 20, 1);
	return fwrite(header, sizeof(header), 1, file) == 1 ? 0 : -EIO;
}

static int write_records(FILE *file, u64 bytes)
{
	static struct flow flows[FLOWS];
	static u8 payload[65536];
	u8 record[RECORD_LEN + FRAME_MAX];
	u64 state = 1, done = 24, time = 0;

	make_flows(flows, &state);
	for (u32 i = 0; i < sizeof(payload); i++)
		payload[i] = (u8)chance(&state);
	for (u32 n = 0; done < bytes; n++) {
		u64 dice = chance(&state);
		u32 len = FRAME_MIN + (u32)(dice % (FRAME_MAX - FRAME_MIN + 1));

		put_u32(record, START_S + (u32)(time / 1000000000u));
		put_u32(record + 4, (u32)(time % 1000000000u / 1000));
		put_u32(record + 8, len);
		put_u32(record + 12, len);
		memcpy(record + RECORD_LEN, payload + (dice >> 16) % (sizeof(payload) - FRAME_MAX), len);
		make_frame(record + RECORD_LEN, len, &flows[(dice >> 32) % FLOWS], (u16)n);
		if (fwrite(record, RECORD_LEN + len, 1, file) != 1)
			return -errno;
		done += RECORD_LEN + len;
		time += GAP_NS;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char name[4096];
	FILE *file;
	int err;

	if (argc != 3 || snprintf(name, sizeof(name), "%s.part", argv[1]) >= (int)sizeof(name)) {
		fprintf(stderr, "usage: make_capture FILE BYTES\n");
		return 1;
	}
	file = fopen(name, "wb");
	err = file ? write_header(file) : -errno;
	if (!err)
		err = write_records(file, strtoull(argv[2], NULL, 10));
	if (file && fclose(file) && !err)
		err = -errno;
	if (!err && rename(name, argv[1]))
		err = -errno;
	if (err) {
		fprintf(stderr, "make_capture: %s: %s\n", name, strerror(-err));
		remove(name);
	}
	return err ? 1 : 0;
}
