// SPDX-License-Identifier: BSD-2-Clause
/* test_show.c - replies in, text and JSON out: what oracle.sh cannot make Linux say here, and replies
 * that are damaged. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/gen_stats.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake.h"
#include "wire/names.h"

#define INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)

static struct fake fake;

static void message(struct msg *msg, u16 type, u32 ifindex, u32 handle, u32 parent, u32 info,
		    const char *kind)
{
	struct tcmsg *head;

	assert_int_equal(msg_begin(msg, type, NLM_F_MULTI, 0, sizeof(*head)), 0);
	head = msg_payload(msg);
	head->tcm_ifindex = (int)ifindex;
	head->tcm_handle = handle;
	head->tcm_parent = parent;
	head->tcm_info = info;
	msg_put_str(msg, TCA_KIND, kind);
}

static void put_stats(struct msg *msg, u32 backlog)
{
	struct gnet_stats_queue queue = { .qlen = 2, .backlog = backlog, .drops = 3, .requeues = 4,
					  .overlimits = 5 };
	struct gnet_stats_basic basic = { .bytes = 1ull << 40, .packets = 7 };
	u32 nest = msg_nest(msg, TCA_STATS2);

	msg_put(msg, TCA_STATS_BASIC, &basic, sizeof(basic));
	msg_put_u64(msg, TCA_STATS_PKT64, (1ull << 32) + 7);
	msg_put(msg, TCA_STATS_QUEUE, &queue, sizeof(queue));
	msg_nest_end(msg, nest);
}

/* A bpf filter that says everything. */
static void put_bpf(struct msg *msg, const char *name, u32 flags, u32 gen_flags)
{
	const struct sock_filter insns[] = { { 0x28, 0, 0, 12 }, { 0x15, 0, 1, 0x800 }, { 6, 0, 0, ~0u } };
	u32 nest = msg_nest(msg, TCA_OPTIONS);

	msg_put_u32(msg, TCA_BPF_CLASSID, 0x10002);
	msg_put_str(msg, TCA_BPF_NAME, name);
	msg_put_u32(msg, TCA_BPF_FLAGS, flags);
	msg_put_u32(msg, TCA_BPF_FLAGS_GEN, gen_flags);
	msg_put_u16(msg, TCA_BPF_OPS_LEN, ARRAY_SIZE(insns));
	msg_put(msg, TCA_BPF_OPS, insns, sizeof(insns));
	msg_put(msg, TCA_BPF_TAG, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	msg_put_u32(msg, TCA_BPF_ID, 5);
	msg_nest_end(msg, nest);
}

static void expect(const char *options, const char *words, const char *text)
{
	LOG_ON_STACK(log);
	int err = fake_run(&fake, options, words, &log);

	if (err)
		fail_msg("%d: %s", err, log.text);
	assert_string_equal(fake.text, text);
	assert_int_equal(fake.open, 0);
}

static void test_empty(void **state)
{
	fake_init(&fake);
	expect("", "qdisc", "");
	expect("j", "filter show", "[]\n");
	expect("jp", "filter show", "[ ]\n");
}

static void test_stats(void **state)
{
	static const struct { u32 size; const char *text; } sizes[] = {
		{ 0, "0b" }, { 1023, "1023b" }, { 1024, "1Kb" }, { 1039, "1Kb" }, { 1040, "1040b" },
		{ 2033, "2Kb" }, { 2032, "2032b" }, { 1 << 20, "1Mb" }, { (1 << 20) + 1023, "1Mb" },
		{ (1 << 20) + 1024, "1025Kb" }, { 0xffffffff, "4096Mb" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct msg msg = { 0 };
		char text[256];

		fake_init(&fake);
		message(&msg, RTM_NEWQDISC, 1, 0, TC_H_ROOT, 2, "noqueue");
		put_stats(&msg, sizes[i].size);
		fake_reply(&fake, &msg);
		snprintf(text, sizeof(text), "qdisc noqueue 0: dev lo root refcnt 2 \n"
			 " Sent 1099511627776 bytes 4294967303 pkt (dropped 3, overlimits 5 requeues 4) \n"
			 " backlog %s 2p requeues 4\n", sizes[i].text);
		expect("s", "qdisc", text);
		snprintf(text, sizeof(text), "[{\"kind\":\"noqueue\",\"handle\":\"0:\",\"root\":true,"
			 "\"refcnt\":2,\"options\":{},\"bytes\":1099511627776,\"packets\":4294967303,"
			 "\"drops\":3,\"overlimits\":5,\"requeues\":4,\"backlog\":%u,\"qlen\":2}]\n",
			 sizes[i].size);
		expect("sj", "qdisc show dev lo", text);
		msg_free(&msg);
	}
}

static void test_qdiscs(void **state)
{
	struct msg msg = { 0 };

	fake_init(&fake);
	message(&msg, RTM_NEWQDISC, 7, 0xffff0000, TC_H_CLSACT, 1, "clsact");
	msg_put_u32(&msg, TCA_INGRESS_BLOCK, 22);
	fake_reply(&fake, &msg);
	message(&msg, RTM_NEWQDISC, 9, 0x80010000, 0x10000, 3, "new_kind");
	msg_put(&msg, TCA_OPTIONS, "12345678", 8);
	msg_put_u8(&msg, TCA_HW_OFFLOAD, 1);
	fake_reply(&fake, &msg);
	msg_free(&msg);
	/* Device 9 has gone since. */
	expect("", "qdisc", "qdisc clsact ffff: dev em1 parent ffff:fff1 ingress_block 22 \n"
	       "qdisc new_kind 8001: dev if9 parent 1: refcnt 3 offloaded [Unknown qdisc, optlen=8] \n");
	expect("", "qdisc show dev em1", "qdisc clsact ffff: parent ffff:fff1 ingress_block 22 \n");
	expect("", "qdisc show dev lo", "");
	expect("j", "qdisc show handle 8001:",
	       "[{\"kind\":\"new_kind\",\"handle\":\"8001:\",\"dev\":\"if9\",\"parent\":\"1:\",\"refcnt\":3,"
	       "\"offloaded\":true,\"options\":{}}]\n");
	expect("", "qdisc show parent 1:1", "");
}

static void test_filter(void **state)
{
	struct msg msg = { 0 };

	fake_init(&fake);
	message(&msg, RTM_NEWTFILTER, 1, 0xabc, INGRESS, 0x70008, "bpf");
	msg_put_u32(&msg, TCA_CHAIN, 4);
	put_bpf(&msg, "a\tb\"c\\d'\x7f", TCA_BPF_FLAG_ACT_DIRECT,
		TCA_CLS_FLAGS_SKIP_SW | TCA_CLS_FLAGS_IN_HW);
	fake_reply(&fake, &msg);
	msg_free(&msg);
	fake.info.load_time = 99;
	fake.info.created_by_uid = 1000;
	memcpy(fake.info.tag, "\xff\0\x11\x22\x33\x44\x55\x66", 8);
	/* A program without a name, not compiled, without BTF. */
	expect("d", "filter show",
	       "filter dev lo ingress protocol ip pref 7 bpf chain 4 handle 0xabc flowid 1:2 "
	       "a\tb\"c\\d'\x7f direct-action skip_sw in_hw bytecode '3,40 0 0 12,21 0 1 2048,"
	       "6 0 0 4294967295'id 5 name  tag ff00112233445566 load_time 99 created_by_uid 1000 \n");
	memset(fake.info.name, 'n', sizeof(fake.info.name));
	fake.info.jited_prog_len = 1;
	fake.info.btf_id = 8;
	expect("dj", "filter show dev lo ingress pref 7 protocol ip chain 4",
	       "[{\"kind\":\"bpf\",\"options\":{\"handle\":\"0xabc\",\"flowid\":\"1:2\",\"bpf_name\":"
	       "\"a\\tb\\\"c\\\\d'\x7f\",\"direct-action\":true,\"skip_sw\":true,\"in_hw\":true,"
	       "\"bytecode\":{\"length\":3,\"insns\":[{\"code\":40,\"jt\":0,\"jf\":0,\"k\":12},"
	       "{\"code\":21,\"jt\":0,\"jf\":1,\"k\":2048},{\"code\":6,\"jt\":0,\"jf\":0,\"k\":4294967295}]},"
	       "\"prog\":{\"id\":5,\"name\":\"nnnnnnnnnnnnnnn\",\"tag\":\"ff00112233445566\",\"jited\":1,"
	       "\"load_time\":99,\"created_by_uid\":1000,\"btf_id\":8}}}]\n");
	/* Who may not look at programs sees the tag that the filter has. */
	fake.info_err = -EPERM;
	expect("", "filter get dev lo ingress pref 7 protocol ip handle 1 bpf",
	       "filter ingress protocol ip pref 7 bpf chain 4 handle 0xabc flowid 1:2 a\tb\"c\\d'\x7f "
	       "direct-action skip_sw in_hw bytecode '3,40 0 0 12,21 0 1 2048,6 0 0 4294967295'"
	       "id 5 tag 0123456789abcdef \n");
	expect("", "filter show dev em1 egress",
	       "filter dev lo ingress protocol ip pref 7 bpf chain 4 handle 0xabc flowid 1:2 "
	       "a\tb\"c\\d'\x7f direct-action skip_sw in_hw bytecode '3,40 0 0 12,21 0 1 2048,"
	       "6 0 0 4294967295'id 5 tag 0123456789abcdef \n");
}

static void test_other_filter(void **state)
{
	struct msg msg = { 0 };
	LOG_ON_STACK(log);
	u32 nest;

	fake_init(&fake);
	message(&msg, RTM_NEWTFILTER, TCM_IFINDEX_MAGIC_BLOCK, 0x80000800, 22, 0x10300, "new_kind");
	msg_put(&msg, TCA_OPTIONS, "1234", 4);
	fake_reply(&fake, &msg);
	message(&msg, RTM_NEWTFILTER, 1, 1, 0x10000, 0x10300, "bpf");
	nest = msg_nest(&msg, TCA_OPTIONS);
	msg_put(&msg, TCA_BPF_ACT, NULL, 0);
	msg_nest_end(&msg, nest);
	fake_reply(&fake, &msg);
	msg_free(&msg);
	expect("", "filter show",
	       "filter block 22 protocol all pref 1 new_kind fh 80000800 [Unknown filter, optlen=4] \n"
	       "filter dev lo parent 1: protocol all pref 1 bpf handle 0x1 \n");
	assert_int_equal(fake_run(&fake, "", "filter show", &log), 0);
	assert_non_null(strstr(log.text, "Actions of filters are not shown"));
}

/* Each name both ways; iproute2 prints 52 names of numbers and reads one more. */
static void test_names(void **state)
{
	char buf[NAMES_ROOM], number[16];
	u32 named = 0;
	u16 value;

	for (u32 i = 0; i <= UINT16_MAX; i++) {
		const char *name = names_protocol((u16)i, buf);

		named += name[0] != '[';
		if (name[0] != '[') {
			assert_int_equal(names_protocol_parse(name, &value), 0);
			assert_int_equal(value, i);
		} else {
			snprintf(number, sizeof(number), "[%u]", i);
			assert_string_equal(name, number);
			assert_int_equal(names_protocol_parse(name, &value), -EINVAL);
		}
		snprintf(number, sizeof(number), "%#x", i);
		assert_int_equal(names_protocol_parse(number, &value), 0);
		assert_int_equal(value, i);
	}
	assert_int_equal(named, 52);
	assert_int_equal(names_protocol_parse("IPv4", &value), 0);
	assert_int_equal(value, 0x800);
	assert_int_equal(names_protocol_parse("", &value), -EINVAL);
	assert_int_equal(names_protocol_parse("-1", &value), -EINVAL);
	assert_int_equal(names_protocol_parse("10x", &value), -EINVAL);
}

/* ---- damaged replies ---- */

static size_t sample(u8 *out, size_t room)
{
	struct tc_prio_qopt prio = { .bands = 3 };
	struct msg msg = { 0 };

	fake_init(&fake);
	message(&msg, RTM_NEWTFILTER, 1, 1, INGRESS, 0x70008, "bpf");
	msg_put_u32(&msg, TCA_CHAIN, 0);
	put_bpf(&msg, "foo.o:[p1]", 1, 8);
	put_stats(&msg, 100);
	fake_reply(&fake, &msg);
	message(&msg, RTM_NEWQDISC, 1, 0, TC_H_ROOT, 2, "pfifo_fast");
	msg_put(&msg, TCA_OPTIONS, &prio, sizeof(prio));
	put_stats(&msg, 100);
	msg_put_u32(&msg, TCA_EGRESS_BLOCK, 2);
	msg_put_u8(&msg, TCA_HW_OFFLOAD, 1);
	fake_reply(&fake, &msg);
	msg_free(&msg);
	assert_true(fake.reply_len <= room);
	memcpy(out, fake.reply, fake.reply_len);
	return fake.reply_len;
}

static u32 show_damaged(const char *options, const char *words)
{
	LOG_ON_STACK(log);
	int err = fake_run(&fake, options, words, &log);

	if (err && (err != -EBADMSG || !log.len || fake.text_len))
		fail_msg("%d, %zu bytes of text: %s", err, fake.text_len, log.text);
	assert_int_equal(fake.open, 0);
	return !!err;
}

static void test_cut(void **state)
{
	u8 whole[2048];
	size_t len = sample(whole, sizeof(whole));
	u32 refused = 0;

	for (size_t cut = 1; cut < len; cut++) {
		fake.reply_len = cut;
		refused += show_damaged("sd", "filter show");
	}
	/* All but the cut between the two messages. */
	assert_int_equal(refused, len - 2);
}

static void test_mutated(void **state)
{
	u8 whole[2048];
	size_t len = sample(whole, sizeof(whole));
	u64 random = 9;
	u32 refused = 0;

	for (int round = 0; round < 40000; round++) {
		memcpy(fake.reply, whole, len);
		fake.reply_len = len;
		for (u32 i = 0; i < 1 + (u32)round % 4; i++) {
			u8 *at;

			random = random * 6364136223846793005ull + 1442695040888963407ull;
			at = fake.reply + (random >> 33) % len;
			*at = random & 1 ? (u8)(random >> 8) : (u8)(*at + (random >> 8) % 9 - 4);
		}
		refused += show_damaged(round & 1 ? "sdj" : "sd",
					round & 2 ? "filter show" : "qdisc show");
	}
	assert_true(refused > 4000 && refused < 36000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty), cmocka_unit_test(test_stats),
		cmocka_unit_test(test_qdiscs), cmocka_unit_test(test_filter),
		cmocka_unit_test(test_other_filter), cmocka_unit_test(test_names),
		cmocka_unit_test(test_cut), cmocka_unit_test(test_mutated),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
