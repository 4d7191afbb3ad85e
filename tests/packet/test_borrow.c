// SPDX-License-Identifier: BSD-2-Clause
/* test_borrow.c - packets that use bytes in place: nothing outside of what was lent changes, and
 * a packet that needs more room leaves for its own buffer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "packet/packet.h"

#define ROOM 1024
#define AT 300          /* where the packet begins */
#define LEN 60
#define HEADROOM 40     /* lent in front */

struct loan {
	u8 bytes[ROOM];
	struct packet *packet;
};

static u8 pattern(u32 i)
{
	return (u8)(i * 7 + 1);
}

static int lend(void **state)
{
	static struct loan loan;

	for (u32 i = 0; i < ROOM; i++)
		loan.bytes[i] = pattern(i);
	memset(loan.bytes + AT, 2, 12);
	put_be16(loan.bytes + AT + 12, 0x800);
	*state = &loan;
	return packet_create(0, &loan.packet) ||
	       packet_borrow(loan.packet, loan.bytes + AT, HEADROOM, LEN, true, NULL);
}

static int take_back(void **state)
{
	struct loan *loan = *state;

	packet_destroy(loan->packet);
	return 0;
}

/* What was not lent is as it was. */
static void assert_rest(const struct loan *loan)
{
	for (u32 i = 0; i < ROOM; i++)
		if (i < AT - HEADROOM || i >= AT + LEN)
			assert_int_equal(loan->bytes[i], pattern(i));
}

static void test_in_place(void **state)
{
	struct loan *loan = *state;
	struct packet *p = loan->packet;

	assert_ptr_equal(p->data, loan->bytes + AT);
	assert_int_equal(p->ctx.len, LEN);
	assert_int_equal(p->ctx.protocol, be16(0x800));
	assert_int_equal(packet_headroom(p), HEADROOM);
	assert_int_equal(packet_tailroom(p), 0);
	assert_ptr_equal(p->head + p->net_off, loan->bytes + AT + 14);
	assert_int_equal(packet_room(p, HEADROOM, 0), 0);
	packet_push(p, HEADROOM);
	memset(p->data, 0xee, HEADROOM + LEN);
	assert_ptr_equal(p->data, loan->bytes + AT - HEADROOM);
	assert_rest(loan);
}

static void test_leave(void **state)
{
	static const u32 rooms[][2] = { { HEADROOM + 1, 0 }, { 0, 1 }, { 1000, 1000 } };
	struct loan *loan = *state;
	struct packet *p = loan->packet;

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		assert_int_equal(packet_borrow(p, loan->bytes + AT, HEADROOM, LEN, true, NULL), 0);
		assert_int_equal(packet_room(p, rooms[i][0], rooms[i][1]), 0);
		assert_true(p->data < loan->bytes || p->data >= loan->bytes + ROOM);
		assert_true(packet_headroom(p) >= rooms[i][0]);
		assert_true(packet_tailroom(p) >= rooms[i][1]);
		assert_memory_equal(p->data, loan->bytes + AT, LEN);
		assert_ptr_equal(p->head + p->net_off, p->data + 14);
		packet_push(p, rooms[i][0]);
		packet_trim(p, p->ctx.len + rooms[i][1]);
		memset(p->data, 0xee, p->ctx.len);
		assert_rest(loan);
	}
}

static void test_fill_after(void **state)
{
	struct loan *loan = *state;
	struct packet *p = loan->packet, *clone;

	assert_int_equal(packet_clone(p, &clone), 0);
	assert_int_equal(packet_fill(p, loan->bytes + AT, LEN, true, NULL), 0);
	assert_true(packet_headroom(p) == PACKET_HEADROOM && packet_tailroom(p) >= PACKET_TAILROOM);
	memset(p->data, 0xee, LEN);
	assert_memory_equal(clone->data, loan->bytes + AT, LEN);
	memset(clone->data, 0xdd, LEN);
	assert_int_equal(loan->bytes[AT], 2);
	assert_rest(loan);
	packet_destroy(clone);
}

static void test_tag(void **state)
{
	struct loan *loan = *state;
	struct packet *p = loan->packet;
	u8 before[LEN];

	put_be16(loan->bytes + AT + 12, 0x8100);
	memcpy(before, loan->bytes + AT, LEN);
	assert_int_equal(packet_borrow(p, loan->bytes + AT, 0, LEN, true, NULL), 0);
	assert_int_equal(packet_untag(p), 0);
	assert_int_equal(p->ctx.len, LEN - 4);
	assert_int_equal(p->ctx.vlan_tci, get_be16(before + 14));
	assert_int_equal(packet_retag(p), 0);
	assert_int_equal(p->ctx.len, LEN);
	assert_memory_equal(p->data, before, LEN);
	assert_rest(loan);
}

static void test_refused(void **state)
{
	struct loan *loan = *state;

	assert_int_equal(packet_borrow(loan->packet, loan->bytes, 0, 13, true, NULL), -EINVAL);
	assert_int_equal(packet_borrow(loan->packet, loan->bytes, 0, 0, false, NULL), -EINVAL);
	assert_int_equal(packet_borrow(loan->packet, loan->bytes, 0, PACKET_MAX + 1, true, NULL),
			 -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_place, lend, take_back),
		cmocka_unit_test_setup_teardown(test_leave, lend, take_back),
		cmocka_unit_test_setup_teardown(test_fill_after, lend, take_back),
		cmocka_unit_test_setup_teardown(test_tag, lend, take_back),
		cmocka_unit_test_setup_teardown(test_refused, lend, take_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("borrow", tests, NULL, NULL);
}
