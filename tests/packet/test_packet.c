// SPDX-License-Identifier: BSD-2-Clause
/* test_packet.c - the buffer of a packet, checksums, and the flow hash on bytes of all kinds.
 *
 * The buffer is compared with a plain array after every one of many random operations. Sums are
 * compared with RFC 1071 as it is written. What the hash must not do is look behind the end.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/if_packet.h>

#include "packet/checksum.h"
#include "packet/packet.h"

static u64 state = 1;

static u32 random_u32(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(state >> 32);
}

static u32 below(u32 n) { return random_u32() % n; }

static void random_bytes(u8 *bytes, u32 len)
{
	for (u32 i = 0; i < len; i++)
		bytes[i] = (u8)random_u32();
}

/* ---- the buffer ---- */

#define SHADOW (64 * 1024)

struct shadow {
	u8 bytes[SHADOW];
	u32 start, len;   /* in bytes[] */
};

static void check(const struct packet *p, const struct shadow *shadow)
{
	assert_true(p->head <= p->data_meta && p->data_meta <= p->data && p->data <= p->tail &&
		    p->tail <= p->end);
	assert_int_equal(p->tail - p->data, p->ctx.len);
	assert_int_equal(p->ctx.len, shadow->len);
	assert_memory_equal(p->data, shadow->bytes + shadow->start, shadow->len);
}

static void test_fill(void **cursor)
{
	static const u32 lengths[] = { 1, 2, 13, 14, 15, 60, 1514, 65535, PACKET_MAX - 1, PACKET_MAX };
	u8 *bytes = malloc(PACKET_MAX + 1);
	struct packet *p;

	assert_non_null(bytes);
	random_bytes(bytes, PACKET_MAX + 1);
	assert_int_equal(packet_create(PACKET_MAX + 1, &p), -EMSGSIZE);
	assert_int_equal(packet_create(0, &p), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (int l2 = 0; l2 < 2; l2++) {
			int err = packet_fill(p, bytes, lengths[i], l2, NULL);

			assert_int_equal(err, l2 && lengths[i] < 14 ? -EINVAL : 0);
			if (err)
				continue;
			assert_int_equal(p->ctx.len, lengths[i]);
			assert_memory_equal(p->data, bytes, lengths[i]);
			assert_true(packet_headroom(p) >= PACKET_HEADROOM);
			assert_true(packet_tailroom(p) >= PACKET_TAILROOM);
			assert_ptr_equal(p->head + p->mac_off, p->data);
			assert_ptr_equal(p->head + p->net_off, p->data + (l2 ? 14 : 0));
		}
	}
	assert_int_equal(packet_fill(p, bytes, 0, false, NULL), -EINVAL);
	assert_int_equal(packet_fill(p, bytes, PACKET_MAX + 1, true, NULL), -EMSGSIZE);
	/* A refused fill leaves what was there. */
	assert_int_equal(p->ctx.len, PACKET_MAX);
	assert_memory_equal(p->data, bytes, PACKET_MAX);
	packet_destroy(p);
	free(bytes);
}

/* Nothing of the packet before is in the next. */
static void test_fill_again(void **cursor)
{
	u8 bytes[64] = { 0 }, *head;
	struct packet *p, *fresh;

	assert_int_equal(packet_create(64, &p), 0);
	assert_int_equal(packet_create(64, &fresh), 0);
	assert_int_equal(packet_fill(p, bytes, 64, true, NULL), 0);
	head = p->head;
	memset(&p->ctx, 0xff, sizeof(p->ctx));
	p->csum = p->realm = p->cgroup_classid = p->gso_type = 7;
	p->ip_summed = CSUM_PARTIAL;
	p->l4_hash = p->at_ingress = 1;
	assert_int_equal(packet_fill(p, bytes, 64, true, NULL), 0);
	assert_int_equal(packet_fill(fresh, bytes, 64, true, NULL), 0);
	assert_ptr_equal(p->head, head);
	assert_memory_equal(&p->ctx, &fresh->ctx, sizeof(p->ctx));
	assert_int_equal(p->csum | p->realm | p->cgroup_classid | p->gso_type | p->ip_summed |
			 p->l4_hash | p->at_ingress, 0);
	packet_destroy(p);
	packet_destroy(fresh);
}

static void test_room(void **cursor)
{
	u8 bytes[100];
	struct packet *p;
	u32 head, tail;

	random_bytes(bytes, sizeof(bytes));
	assert_int_equal(packet_create(100, &p), 0);
	assert_int_equal(packet_fill(p, bytes, 100, true, NULL), 0);
	for (u32 turn = 0; turn < 20; turn++) {
		u8 *before = p->head;

		head = packet_headroom(p);
		tail = packet_tailroom(p);
		assert_int_equal(packet_room(p, head, tail), 0);
		assert_ptr_equal(p->head, before);
		assert_int_equal(packet_room(p, turn % 2 ? head + 1 : 0, turn % 2 ? 0 : tail + 1), 0);
		assert_true(packet_headroom(p) >= head && packet_tailroom(p) >= (turn % 2 ? 0 : tail + 1));
		assert_memory_equal(p->data, bytes, 100);
		assert_ptr_equal(p->head + p->mac_off, p->data);
		assert_ptr_equal(p->head + p->net_off, p->data + 14);
		assert_int_equal(p->trans_off, PACKET_NO_OFFSET);
	}
	assert_int_equal(packet_room(p, PACKET_MAX + 1, 0), -EMSGSIZE);
	assert_int_equal(packet_room(p, 0, PACKET_MAX + 1), -EMSGSIZE);
	assert_int_equal(packet_room(p, UINT32_MAX, UINT32_MAX), -EMSGSIZE);
	assert_int_equal(packet_room(p, 0, UINT32_MAX - 50), -EMSGSIZE);
	assert_memory_equal(p->data, bytes, 100);
	packet_destroy(p);
}

/* One random operation on both. */
static void step(struct packet **packet, struct shadow *shadow)
{
	struct packet *p = *packet, *clone;
	u32 n = below(below(4) ? 40 : 700);

	switch (below(6)) {
	case 0: /* grow in front */
		if (shadow->start < n || packet_room(p, n, 0))
			return;
		packet_push(p, n);
		random_bytes(p->data, n);
		shadow->start -= n;
		shadow->len += n;
		memcpy(shadow->bytes + shadow->start, p->data, n);
		return;
	case 1:
		n = min_u32(n, shadow->len);
		packet_pull(p, n);
		shadow->start += n;
		shadow->len -= n;
		return;
	case 2: /* grow behind */
		if (shadow->start + shadow->len + n > SHADOW || packet_room(p, 0, n))
			return;
		memset(p->tail, 0xee, packet_tailroom(p));
		packet_trim(p, shadow->len + n);
		memset(shadow->bytes + shadow->start + shadow->len, 0, n);
		shadow->len += n;
		return;
	case 3:
		n = min_u32(n, shadow->len);
		packet_trim(p, shadow->len - n);
		shadow->len -= n;
		return;
	case 4: /* the copy lives on, what it was made of changes and goes */
		assert_int_equal(packet_clone(p, &clone), 0);
		memset(p->head, 0xdd, (size_t)(p->end - p->head));
		packet_destroy(p);
		*packet = clone;
		return;
	case 5:
		if (!shadow->len)
			return;
		n = below(shadow->len);
		p->data[n] ^= 0x55;
		shadow->bytes[shadow->start + n] ^= 0x55;
		return;
	}
}

static void test_steps(void **cursor)
{
	struct shadow *shadow = malloc(sizeof(*shadow));
	struct packet *p;

	assert_non_null(shadow);
	state = 3;
	for (u32 turn = 0; turn < 40; turn++) {
		shadow->start = SHADOW / 2;
		shadow->len = 14 + below(1500);
		random_bytes(shadow->bytes + shadow->start, shadow->len);
		assert_int_equal(packet_create(below(100), &p), 0);
		assert_int_equal(packet_fill(p, shadow->bytes + shadow->start, shadow->len, true, NULL), 0);
		for (u32 i = 0; i < 400; i++) {
			step(&p, shadow);
			check(p, shadow);
		}
		packet_destroy(p);
	}
	free(shadow);
}

/* ---- tags ---- */

static void test_tags(void **cursor)
{
	/* MAC addresses, two tags (802.1ad, 802.1Q), IPv4 */
	u8 bytes[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xa8, 0x12, 0x34, 0x81, 0x00, 0xff, 0xff,
			 0x08, 0x00, 0x45 };
	struct packet *p;

	assert_int_equal(packet_create(64, &p), 0);
	assert_int_equal(packet_fill(p, bytes, 64, true, NULL), 0);
	assert_int_equal(packet_untag(p), 0);
	assert_int_equal(p->ctx.len, 60);
	assert_int_equal(p->ctx.vlan_present, 1);
	assert_int_equal(p->ctx.vlan_tci, 0x1234);
	assert_int_equal(p->ctx.vlan_proto, be16(0x88a8));
	assert_int_equal(p->ctx.protocol, be16(0x8100));
	assert_memory_equal(p->data, bytes, 12);
	assert_memory_equal(p->data + 12, bytes + 16, 48);
	assert_ptr_equal(p->head + p->net_off, p->data + 14);
	assert_int_equal(packet_untag(p), 0);      /* one is taken out: no room for a second */
	assert_int_equal(p->ctx.len, 60);
	assert_int_equal(packet_retag(p), 0);
	assert_int_equal(p->ctx.len, 64);
	assert_memory_equal(p->data, bytes, 64);
	assert_int_equal(p->ctx.vlan_present | p->ctx.vlan_tci | p->ctx.vlan_proto, 0);
	assert_int_equal(packet_retag(p), 0);      /* nothing to put back */
	assert_memory_equal(p->data, bytes, 64);
	for (u32 len = 14; len < 20; len++) {
		assert_int_equal(packet_fill(p, bytes, len, true, NULL), 0);
		assert_int_equal(packet_untag(p), -EINVAL);
		assert_int_equal(p->ctx.len, len);
		assert_memory_equal(p->data, bytes, len);
	}
	assert_int_equal(packet_fill(p, bytes, 20, true, NULL), 0);
	assert_int_equal(packet_untag(p), 0);
	assert_int_equal(p->ctx.len, 16);
	packet_destroy(p);
}

/* A tag for a packet without MAC header, shorter than one, that was lent: nothing behind it changes. */
static void test_short_tag(void **cursor)
{
	for (u32 len = 1; len < 20; len++) {
		u8 bytes[4 + 20 + 16];
		struct packet *p;

		memset(bytes, 0xa5, sizeof(bytes));
		assert_int_equal(packet_create(0, &p), 0);
		assert_int_equal(packet_borrow(p, bytes + 4, 4, len, false, NULL), 0);
		p->ctx.vlan_present = 1;
		p->ctx.vlan_tci = 0x123;
		p->ctx.vlan_proto = be16(0x8100);
		assert_int_equal(packet_retag(p), 0);
		assert_int_equal(p->ctx.len, len + 4);
		for (u32 i = 4 + len; i < sizeof(bytes); i++)
			assert_int_equal(bytes[i], 0xa5);
		packet_destroy(p);
	}
}

/* ---- checksums ---- */

/* RFC 1071, section 4.1, byte by byte, in the byte order of the packet. */
static u16 sum_plain(const u8 *bytes, u32 len, u32 sum)
{
	u64 total = sum;

	for (u32 i = 0; i < len; i++)
		total += i % 2 ? (u64)bytes[i] << 8 : bytes[i];
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return le16((u16)total);
}

static u16 folded(u32 sum) { return (u16)~csum_fold(sum); }

static void test_sums(void **cursor)
{
	static u8 bytes[70000];

	random_bytes(bytes, sizeof(bytes));
	for (u32 off = 0; off < 9; off++) {
		for (u32 len = 0; len < 300; len++) {
			u32 sum = len % 3 ? random_u32() : len % 2 ? 0xffffffff : 0;

			assert_int_equal(folded(csum_bytes(bytes + off, len, sum)),
					 sum_plain(bytes + off, len, (sum & 0xffff) + (sum >> 16)));
		}
	}
	assert_int_equal(folded(csum_bytes(bytes, sizeof(bytes), 0)), sum_plain(bytes, sizeof(bytes), 0));
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(folded(csum_bytes(bytes, sizeof(bytes), 0xffffffff)), 0xffff);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(csum_bytes(bytes, sizeof(bytes), 0), 0);
	/* Sums of parts, the first of which is even, are the sum of the whole. */
	random_bytes(bytes, sizeof(bytes));
	for (u32 i = 0; i < 1000; i++) {
		u32 cut = 2 * below(200), len = cut + below(200);

		assert_int_equal(folded(csum_bytes(bytes + cut, len - cut, csum_bytes(bytes, cut, 0))),
				 sum_plain(bytes, len, 0));
	}
}

static void test_arithmetic(void **cursor)
{
	static const u32 edges[] = { 0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffff0000, 0xfffffffe,
				     0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(edges); j++) {
			u64 wide = (u64)edges[i] + edges[j];
			u32 sum = csum_add(edges[i], edges[j]);

			assert_int_equal(sum, (u32)wide + (u32)(wide >> 32));
			/* Adding and taking away again changes at most the kind of zero. */
			assert_int_equal(folded(csum_sub(sum, edges[j])) % 0xffff, folded(edges[i]) % 0xffff);
		}
		assert_int_equal(folded(edges[i]), (edges[i] & 0xffff) + (edges[i] >> 16) > 0xffff ?
				 (edges[i] & 0xffff) + (edges[i] >> 16) - 0xffff :
				 (edges[i] & 0xffff) + (edges[i] >> 16));
	}
}

/* A header whose checksum is right stays right when bytes change and the checksum is mended. */
static void test_mended(void **cursor)
{
	for (u32 i = 0; i < 20000; i++) {
		u8 header[40];
		u32 at = 4 * below(9), kind = below(3);
		u16 check;

		random_bytes(header, sizeof(header));
		if (!below(4))
			memset(header, below(2) ? 0xff : 0, sizeof(header));
		put_u16(header + 38, 0);
		check = csum_fold(csum_bytes(header, 38, 0));
		if (kind == 0) {
			u32 from = get_u32(header + at), to = below(8) ? random_u32() : 0;

			put_u32(header + at, to);
			check = csum_replace4(check, from, to);
		} else if (kind == 1) {
			u16 from = get_u16(header + at), to = (u16)(below(8) ? random_u32() : 0xffff);

			put_u16(header + at, to);
			check = csum_replace2(check, from, to);
		} else {
			u32 before = csum_bytes(header, 36, 0);

			random_bytes(header, 36);
			check = csum_replace_by_diff(check, csum_sub(csum_bytes(header, 36, 0), before));
		}
		put_u16(header + 38, check);
		/* All ones, or what a header of zeros gives: all zeros. */
		assert_int_equal(sum_plain(header, 40, 0) % 0xffff, 0);
	}
}

/* ---- the flow hash ---- */

struct flow_packet {
	const char *name;
	bool l2;
	u8 bytes[90];
	u32 len;
};

#define MACS 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
#define IP4(proto, frag) 0x45, 0, 0, 60, 0, 0, frag, 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
#define PORTS 0x12, 0x34, 0, 80
#define IP6(next) 0x60, 0, 0, 0, 0, 40, next, 64, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, \
	0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2

enum { TCP4, TCP4_RAW, TCP4_TAG, TCP4_TAGS, UDP4, FRAG4, ICMP4, TCP6, TCP6_RAW, TCP6_EXT, FRAG6, ARP };

static const struct flow_packet flows[] = {
	[TCP4] = { "TCP", true, { MACS, 8, 0, IP4(6, 0x40), PORTS }, 60 },
	[TCP4_RAW] = { "TCP, raw", false, { IP4(6, 0x40), PORTS }, 46 },
	[TCP4_TAG] = { "TCP, tag", true, { MACS, 0x81, 0, 0, 7, 8, 0, IP4(6, 0x40), PORTS }, 64 },
	[TCP4_TAGS] = { "TCP, two tags", true, { MACS, 0x88, 0xa8, 0, 9, 0x81, 0, 0, 7, 8, 0, IP4(6, 0x40), PORTS },
			68 },
	[UDP4] = { "UDP", true, { MACS, 8, 0, IP4(17, 0), PORTS }, 60 },
	[FRAG4] = { "first fragment", true, { MACS, 8, 0, IP4(6, 0x20), PORTS }, 60 },
	[ICMP4] = { "ICMP", true, { MACS, 8, 0, IP4(1, 0), PORTS }, 60 },
	[TCP6] = { "TCP6", true, { MACS, 0x86, 0xdd, IP6(6), PORTS }, 74 },
	[TCP6_RAW] = { "TCP6, raw", false, { IP6(6), PORTS }, 60 },
	[TCP6_EXT] = { "TCP6 behind options", true, { MACS, 0x86, 0xdd, IP6(0), 60, 0, 0, 0, 0, 0, 0, 0,
		       6, 0, 0, 0, 0, 0, 0, 0, PORTS }, 90 },
	[FRAG6] = { "fragment of TCP6", true, { MACS, 0x86, 0xdd, IP6(44), 6, 0, 0, 1, 0, 0, 0, 7, PORTS }, 82 },
	[ARP] = { "ARP", true, { MACS, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 }, 42 },
};

static u32 hash_of(struct packet *p, const u8 *bytes, u32 len, bool l2, u8 behind, bool *l4)
{
	u32 hash;

	assert_int_equal(packet_fill(p, bytes, len, l2, NULL), 0);
	memset(p->tail, behind, packet_tailroom(p));
	hash = packet_hash(p, 99);
	assert_int_not_equal(hash, 0);
	assert_int_equal(p->ctx.hash, hash);
	assert_int_equal(packet_hash(p, 1), hash); /* it is kept */
	*l4 = p->l4_hash;
	return hash;
}

static void test_flows(void **cursor)
{
	static const bool has_ports[] = { [TCP4] = 1, [TCP4_RAW] = 1, [TCP4_TAG] = 1, [TCP4_TAGS] = 1, [UDP4] = 1,
					  [TCP6] = 1, [TCP6_RAW] = 1, [TCP6_EXT] = 1, [ARP] = 0 };
	u32 hash[ARRAY_SIZE(flows)];
	struct packet *p;

	assert_int_equal(packet_create(0, &p), 0);
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		const struct flow_packet *f = &flows[i];
		u8 back[90];
		u32 ip = f->l2 ? 14 : 0;
		bool l4;

		hash[i] = hash_of(p, f->bytes, f->len, f->l2, 0, &l4);
		if (l4 != has_ports[i])
			fail_msg("%s: ports %d", f->name, l4);
		/* Every cut, whatever lies behind the end. */
		for (u32 len = f->l2 ? 14 : 1; len <= f->len; len++) {
			bool ports, other;

			assert_int_equal(hash_of(p, f->bytes, len, f->l2, 0, &ports),
					 hash_of(p, f->bytes, len, f->l2, 0xff, &other));
			assert_int_equal(ports, other);
		}
		/* The way back. */
		if (i == TCP4 || i == TCP4_RAW || i == UDP4) {
			memcpy(back, f->bytes, sizeof(back));
			memcpy(back + ip + 12, f->bytes + ip + 16, 4);
			memcpy(back + ip + 16, f->bytes + ip + 12, 4);
			memcpy(back + ip + 20, f->bytes + ip + 22, 2);
			memcpy(back + ip + 22, f->bytes + ip + 20, 2);
			assert_int_equal(hash_of(p, back, f->len, f->l2, 0, &l4), hash[i]);
			back[ip + 21] ^= 1;
			assert_int_not_equal(hash_of(p, back, f->len, f->l2, 0, &l4), hash[i]);
		}
	}
	/* The same flow wherever its header is; another protocol is another flow. */
	assert_int_equal(hash[TCP4], hash[TCP4_RAW]);
	assert_int_equal(hash[TCP4], hash[TCP4_TAG]);
	assert_int_equal(hash[TCP4], hash[TCP4_TAGS]);
	assert_int_equal(hash[TCP6], hash[TCP6_RAW]);
	assert_int_equal(hash[TCP6], hash[TCP6_EXT]);
	assert_int_not_equal(hash[TCP4], hash[UDP4]);
	assert_int_not_equal(hash[TCP4], hash[FRAG4]);
	assert_int_not_equal(hash[TCP6], hash[FRAG6]);
	packet_destroy(p);
}

/* Bytes that claim to be anything: random, with what a dissector believes in set to extremes. */
static void test_hostile(void **cursor)
{
	static const u16 types[] = { 0x0800, 0x86dd, 0x8100, 0x88a8 };
	struct packet *p;

	state = 5;
	assert_int_equal(packet_create(0, &p), 0);
	for (u32 i = 0; i < 60000; i++) {
		u8 bytes[128];
		bool l2 = below(4), l4, other;
		u32 len = (l2 ? 14 : 1) + below(100);

		random_bytes(bytes, sizeof(bytes));
		put_be16(bytes + 12, types[below(4)]);
		for (u32 at = l2 ? 16 : 0; at < 60; at += 4)
			if (!below(3))
				put_be16(bytes + at, types[below(4)]);
		if (!l2)
			bytes[0] = (u8)(below(2) ? 0x40 | below(16) : 0x60);
		else if (!below(2))
			bytes[14] = (u8)(0x40 | below(16));
		if (!below(2))  /* options behind options */
			for (u32 at = l2 ? 54 : 40; at + 1 < sizeof(bytes); at += 8) {
				bytes[at] = (u8)(below(2) ? 0 : 43);
				bytes[at + 1] = (u8)(below(8) ? below(3) : 255);
			}
		if (!below(2))
			bytes[l2 ? 20 : 6] = 0;
		assert_int_equal(hash_of(p, bytes, len, l2, 0, &l4), hash_of(p, bytes, len, l2, 0xff, &other));
		assert_int_equal(l4, other);
	}
	packet_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill), cmocka_unit_test(test_fill_again), cmocka_unit_test(test_room),
		cmocka_unit_test(test_steps), cmocka_unit_test(test_tags), cmocka_unit_test(test_short_tag),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_mended),
		cmocka_unit_test(test_flows), cmocka_unit_test(test_hostile),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
