// SPDX-License-Identifier: BSD-2-Clause
/* test_words.c - words in; the request that a kernel gets out, byte for byte, or the sentence. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake.h"
#include "tc/grammar.h"

/* How fake.c writes requests: type flags dev handle parent info, attributes. Types: 36 and 37 new and
 * del qdisc, 38 get; 44 and 45 new and del filter, 46 get. Kinds: 62706600 "bpf". */
#define CLSACT "1:636c7361637400"
#define BPF "1:62706600"
#define PIN "6:2a000000 7:783a5b2a66736f626a5d00"     /* FD 42, NAME "x:[*fsobj]" */
#define AT " dev 1 handle "

static const struct row {
	const char *words;
	int err;
	const char *asked;         /* or the first line of the log, after an error */
} rows[] = {
	/* qdisc */
	{ "qdisc add dev lo clsact", 0, "36 601" AT "ffff0000 parent fffffff1 info 0 " CLSACT },
	{ "q a dev lo clsact", 0, "36 601" AT "ffff0000 parent fffffff1 info 0 " CLSACT },
	{ "qdisc replace dev lo clsact", 0, "36 501" AT "ffff0000 parent fffffff1 info 0 " CLSACT },
	{ "qdisc change dev lo clsact", 0, "36 1" AT "ffff0000 parent fffffff1 info 0 " CLSACT },
	{ "qdisc del dev lo clsact", 0, "37 1" AT "ffff0000 parent fffffff1 info 0 " CLSACT },
	{ "qdisc add dev lo handle 1: clsact", 0,
	  "36 601" AT "ffff0000 parent fffffff1 info 0 " CLSACT },
	{ "qdisc add dev lo ingress", 0,
	  "36 601" AT "ffff0000 parent fffffff1 info 0 1:696e677265737300" },
	{ "qdisc del dev lo root", 0, "37 1" AT "0 parent ffffffff info 0" },
	{ "qdisc del dev lo handle 8001: root", 0, "37 1" AT "80010000 parent ffffffff info 0" },
	{ "qdisc del dev lo parent 1:2 tbf", 0, "37 1" AT "0 parent 10002 info 0 1:74626600" },
	{ "qdisc add", 0, "36 601 dev 0 handle 0 parent 0 info 0" },
	{ "qdisc", 0, "38 301 dev 0 handle 0 parent 0 info 0" },
	{ "qdisc show dev em1", 0, "38 301 dev 7 handle 0 parent 0 info 0" },
	{ "qdisc show dev em1 dev lo root", 0, "38 301" AT "0 parent 0 info 0" },
	{ "qdisc lst invisible", 0, "38 301 dev 0 handle 0 parent 0 info 0 10:" },
	/* filter: where */
	{ "filter add dev lo ingress bpf fd x", 0,
	  "44 601" AT "0 parent fffffff2 info 300 " BPF " 2{ " PIN " }" },
	{ "filter add dev em1 egress bpf fd x", 0,
	  "44 601 dev 7 handle 0 parent fffffff3 info 300 " BPF " 2{ " PIN " }" },
	{ "filter add dev lo parent ffff:fff2 bpf fd x", 0,
	  "44 601" AT "0 parent fffffff2 info 300 " BPF " 2{ " PIN " }" },
	{ "filter add dev lo root bpf fd x", 0,
	  "44 601" AT "0 parent ffffffff info 300 " BPF " 2{ " PIN " }" },
	{ "filter replace dev lo parent 1: bpf fd x", 0,
	  "44 401" AT "0 parent 10000 info 300 " BPF " 2{ " PIN " }" },
	/* which: pref, protocol in network order, handle, chain */
	{ "filter add dev lo ingress pref 1 protocol ip handle 0x10 chain 3 bpf fd x", 0,
	  "44 601" AT "10 parent fffffff2 info 10008 11:03000000 " BPF " 2{ " PIN " }" },
	{ "filter add dev lo ingress priority 0xffff proto 802.1Q chain 0 bpf fd x", 0,
	  "44 601" AT "0 parent fffffff2 info ffff0081 11:00000000 " BPF " 2{ " PIN " }" },
	{ "filter add dev lo ingress p 010 prot IPv4 bpf fd x", 0,
	  "44 601" AT "0 parent fffffff2 info 80008 " BPF " 2{ " PIN " }" },
	{ "filter change dev lo ingress pref 1 handle 4294967295 bpf fd x", 0,
	  "44 1" AT "ffffffff parent fffffff2 info 10000 " BPF " 2{ " PIN " }" },
	{ "filter del dev lo ingress", 0, "45 1" AT "0 parent fffffff2 info 0" },
	{ "filter del dev lo ingress pref 49152", 0, "45 1" AT "0 parent fffffff2 info c0000000" },
	{ "filter del dev lo ingress pref 5 protocol ip handle 1 bpf", 0,
	  "45 1" AT "1 parent fffffff2 info 50008 " BPF },
	{ "filter del dev lo ingress pref 5 u32", 0,
	  "45 1" AT "0 parent fffffff2 info 50000 1:75333200" },
	{ "filter get dev lo egress pref 1 protocol all handle 1 bpf", 0,
	  "46 9" AT "1 parent fffffff3 info 10300 " BPF },
	{ "filter show dev lo ingress", 0, "46 301" AT "0 parent fffffff2 info 0" },
	{ "filter l dev lo egress protocol ip pref 7 handle zz chain 1", 0,
	  "46 301" AT "0 parent fffffff3 info 70008 11:01000000" },
	{ "filter", 0, "46 301 dev 0 handle 0 parent 0 info 0" },
	{ "filter add dev lo ingress", 0, "44 601" AT "0 parent fffffff2 info 300" },
	/* bpf */
	{ "filter add dev lo ingress bpf", 0, "44 601" AT "0 parent fffffff2 info 300 " BPF },
	{ "filter add dev lo ingress bpf da", 0,
	  "44 601" AT "0 parent fffffff2 info 300 " BPF " 2{ 8:01000000 }" },
	{ "filter add dev lo ingress bpf da fd /a/x", 0,
	  "44 601" AT "0 parent fffffff2 info 300 " BPF " 2{ " PIN " 8:01000000 }" },
	{ "filter add dev lo ingress bpf pinned x direct-action", 0,
	  "44 601" AT "0 parent fffffff2 info 300 " BPF " 2{ " PIN " 8:01000000 }" },
	{ "filter add dev lo ingress bpf object-p x sec s program p verb d", 0,
	  "44 601" AT "0 parent fffffff2 info 300 " BPF " 2{ " PIN " 8:01000000 }" },
	{ "filter add dev lo ingress bpf run fd x skip_hw classid 1:ff", 0,
	  "44 601" AT "0 parent fffffff2 info 300 " BPF " 2{ 3:ff000100 " PIN " 9:01000000 }" },
	{ "filter add dev lo ingress bpf flowid 7 fd x skip_sw skip_hw flowid :a", 0,
	  "44 601" AT "0 parent fffffff2 info 300 " BPF " 2{ 3:0a000000 " PIN " 9:03000000 }" },
	{ "filter del dev lo ingress pref 1 handle 1 bpf da fd nothing", 0,
	  "45 1" AT "1 parent fffffff2 info 10000 " BPF " 2{ 8:01000000 }" },

	/* words that do not fit */
	{ "frob", -EINVAL, "Object \"frob\" is unknown, try \"tc help\"." },
	{ "_ show", -EINVAL, "Object \"\" is unknown, try \"tc help\"." },
	{ "qdisc frob", -EINVAL, "Command \"frob\" is unknown, try \"tc qdisc help\"." },
	{ "qdisc get dev lo", -EINVAL, "Command \"get\" is unknown, try \"tc qdisc help\"." },
	{ "filter _", -EINVAL, "Command \"\" is unknown, try \"tc filter help\"." },
	{ "qdisc show foo", -EINVAL, "What is \"foo\"? Try \"tc qdisc help\"." },
	{ "qdisc show dev", -EINVAL, "Command line is not complete. Try option \"help\"" },
	{ "qdisc show root clsact", -EINVAL,
	  "Error: argument \"clsact\" is wrong: parent is already specified" },
	{ "qdisc show handle zz", -EINVAL, "Error: argument \"zz\" is wrong: invalid handle ID" },
	{ "qdisc show parent zz", -EINVAL, "Error: argument \"zz\" is wrong: invalid parent ID" },
	{ "qdisc add dev lo dev lo", -EINVAL, "Error: duplicate \"dev\": \"lo\" is the second value." },
	{ "qdisc add dev lo root clsact", -EINVAL, "Error: \"clsact\" is duplicate parent ID" },
	{ "qdisc add dev lo root parent 1:", -EINVAL,
	  "Error: duplicate \"parent\": \"1:\" is the second value." },
	{ "qdisc add dev lo handle 10000 root", -EINVAL,
	  "Error: argument \"10000\" is wrong: invalid qdisc ID" },
	{ "qdisc add dev lo clsact foo", -EINVAL, "What is \"foo\"?" },
	{ "qdisc add dev lo root htb default 3", -EOPNOTSUPP,
	  "qdiscs of kind \"htb\" are not supported yet." },
	{ "qdisc add dev lo ingress_block 3 clsact", -EOPNOTSUPP,
	  "\"ingress_block\" is not supported yet." },
	{ "qdisc add dev nothing clsact", -ENODEV, "Cannot find device \"nothing\"" },
	{ "qdisc show dev averyveryverylongname", -ENODEV, "Cannot find device \"averyveryverylo\"" },
	{ "filter show dev lo bpf", -EINVAL, "What is \"bpf\"? Try \"tc filter help\"." },
	{ "filter show dev lo ingress egress", -EINVAL, "Error: \"egress\" is duplicate parent ID" },
	{ "filter show dev lo ingress handle 1 handle 2", -EINVAL,
	  "Error: duplicate \"handle\": \"2\" is the second value." },
	{ "filter show dev lo pref x", -EINVAL, "Error: argument \"x\" is wrong: invalid preference" },
	{ "filter add dev lo ingress pref 65536 bpf", -EINVAL,
	  "Error: argument \"65536\" is wrong: invalid priority value" },
	{ "filter add dev lo ingress pref _ bpf", -EINVAL,
	  "Error: argument \"\" is wrong: invalid priority value" },
	{ "filter add dev lo ingress pref 1 prio 2 bpf", -EINVAL,
	  "Error: duplicate \"priority\": \"2\" is the second value." },
	{ "filter add dev lo ingress protocol nope bpf", -EINVAL,
	  "Error: argument \"nope\" is wrong: invalid protocol" },
	{ "filter add dev lo ingress protocol 65536 bpf", -EINVAL,
	  "Error: argument \"65536\" is wrong: invalid protocol" },
	{ "filter add dev lo ingress chain -1 bpf", -EINVAL,
	  "Error: argument \"-1\" is wrong: invalid chain index value" },
	{ "filter add dev lo ingress handle 1", -EINVAL,
	  "Must specify filter type when using \"handle\"" },
	{ "filter add dev lo ingress handle 08 bpf fd x", -EINVAL, "Illegal \"handle\"" },
	{ "filter add dev lo ingress handle 4294967296 bpf fd x", -EINVAL, "Illegal \"handle\"" },
	{ "filter add dev lo ingress parent 1: bpf fd x", -EINVAL,
	  "Error: duplicate \"parent\": \"1:\" is the second value." },
	{ "filter add dev lo ingress bpf obj", -EINVAL,
	  "Command line is not complete. Try option \"help\"" },
	{ "filter add dev lo ingress bpf run", -EINVAL,
	  "Command line is not complete. Try option \"help\"" },
	{ "filter add dev lo ingress bpf section p1", -EINVAL, "What mode is \"section\"?" },
	{ "filter add dev lo ingress bpf fd x verbose sec p1", -EINVAL, "What is \"sec\"?" },
	{ "filter add dev lo ingress bpf fd x program p sec p1", -EINVAL, "What is \"sec\"?" },
	{ "filter add dev lo ingress bpf fd x progra p", -EINVAL, "What is \"progra\"?" },
	{ "filter add dev lo ingress bpf fd x da fd x", -EINVAL, "What is \"fd\"?" },
	{ "filter add dev lo ingress bpf run fd x run fd x", -EINVAL,
	  "Error: duplicate \"run\": \"fd\" is the second value." },
	{ "filter add dev lo ingress bpf fd x classid 1:2:3", -EINVAL, "Illegal \"classid\"" },
	{ "filter add dev lo ingress bpf fd x classid 10000:1", -EINVAL, "Illegal \"classid\"" },
	{ "filter add dev lo ingress bpf fd x flowid 100000000", -EINVAL, "Illegal \"flowid\"" },
	{ "filter add dev lo ingress bpf fd nothing", -ENOENT,
	  "Couldn't retrieve pinned program 'nothing': No such file or directory" },
	{ "filter add dev lo ingress bpf obj /nowhere/nothing.o", -ENOENT, NULL },
	{ "filter add dev lo ingress bpf fd x action ok", -EOPNOTSUPP,
	  "\"action\" is not supported yet." },
	{ "filter add dev lo ingress bpf fd x police", -EOPNOTSUPP,
	  "\"police\" is not supported yet." },
	{ "filter add dev lo ingress bpf fd x export u", -EOPNOTSUPP,
	  "\"export\" is not supported yet." },
	{ "filter add dev lo ingress bpf bytecode 1,6_0_0_0", -EOPNOTSUPP,
	  "\"bytecode\" is not supported yet." },
	{ "filter add dev lo ingress bpf bcf f", -EOPNOTSUPP, "\"bcf\" is not supported yet." },
	{ "filter add dev lo ingress u32 match", -EOPNOTSUPP,
	  "filters of kind \"u32\" are not supported yet." },
	{ "filter add block 1 bpf fd x", -EOPNOTSUPP, "\"block\" is not supported yet." },
	{ "filter add dev lo estimator 1 2 bpf fd x", -EOPNOTSUPP,
	  "\"estimator\" is not supported yet." },
	{ "filter get dev lo egress pref 1 handle 1 bpf", -EINVAL, "Must specify filter protocol" },
	{ "filter get dev lo egress protocol ip handle 1 bpf", -EINVAL,
	  "Must specify filter priority" },
	{ "filter get dev lo pref 1 protocol ip handle 1 bpf", -EINVAL,
	  "Must specify filter parent" },
	{ "filter get dev lo egress pref 1 protocol ip handle 1", -EINVAL,
	  "Must specify filter type" },
	{ "filter get egress pref 1 protocol ip handle 1 bpf", -EINVAL,
	  "Must specify netdevice \"dev\"" },
	{ "filter get dev lo egress pref 1 protocol ip bpf", -EINVAL,
	  "Must specify filter \"handle\"" },
	{ "filter get dev lo egress pref 1 protocol ip handle 1 bpf da", -EINVAL,
	  "Garbage instead of arguments \"da ...\". Try \"tc filter help\"." },
	{ "actions ls", -EOPNOTSUPP, "\"actions\" is not supported yet." },
	{ "class show dev lo", -EOPNOTSUPP, "\"class\" is not supported yet." },
	{ "chain show dev lo", -EOPNOTSUPP, "\"chain\" is not supported yet." },
	{ "monitor", -EOPNOTSUPP, "\"monitor\" is not supported yet." },
	{ "exec bpf", -EOPNOTSUPP, "\"exec\" is not supported yet." },
};

static void test_row(void **state)
{
	const struct row *row = *state;
	struct fake fake;
	LOG_ON_STACK(log);
	int err;

	fake_init(&fake);
	/* Names with spaces are not words of these tests: "m:x" and "x" are pins. */
	err = fake_run(&fake, "", row->words, &log);
	if (err != row->err)
		fail_msg("%d: %s", err, log.text);
	assert_int_equal(fake.open, 0);
	if (err)
		assert_string_equal(fake.asked, "");
	if (err && log.len)
		log.text[log.len - 1] = '\0';
	if (row->asked)
		assert_string_equal(err ? log.text : fake.asked, row->asked);
	assert_true(!err || log.len);
	assert_int_equal(fake.text_len, 0);
}

/* Where the pins of "m:NAME" are, and what the kernel calls a filter from there. */
static void test_pin_folder(void **state)
{
	struct fake fake;

	fake_init(&fake);
	assert_int_equal(fake_run(&fake, "", "filter add dev lo ingress bpf fd m:x", NULL), 0);
	assert_string_equal(fake.path, "/pins/tc/x");
	assert_non_null(strstr(fake.asked, "7:6d3a783a5b2a66736f626a5d00"));     /* "m:x:[*fsobj]" */
	assert_int_equal(fake.open, 0);
}

/* A program that is loaded already stays the caller's. */
static void test_loaded(void **state)
{
	struct tc_filter_spec spec = {
		.verb = TC_ADD, .dev = "lo", .parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
		.kind = "bpf", .bpf = { .handle = 0, .name = "p", .direct_action = true },
	};
	struct fake fake;

	fake_init(&fake);
	assert_int_equal(tc_apply_filter(&fake.backend, &spec, NULL), 0);
	assert_string_equal(fake.asked, "44 601" AT "0 parent fffffff3 info 300 " BPF
			    " 2{ 6:00000000 7:7000 8:01000000 }");
	assert_int_equal(fake.open, 0);
}

/* The kernel's sentence comes first; without one, the errno's. Either way nothing stays open. */
static void test_refused(void **state)
{
	struct fake fake;
	LOG_ON_STACK(log);

	fake_init(&fake);
	fake.err = -EEXIST;
	fake.sentence = "Filter already exists";
	assert_int_equal(fake_run(&fake, "", "filter add dev lo ingress bpf fd x", &log), -EEXIST);
	assert_string_equal(log.text, "Error: Filter already exists.\n");
	assert_int_equal(fake.open, 0);
	log_init(&log, log_text, sizeof(log_text));
	log.text[0] = '\0';
	fake.sentence = NULL;
	fake.err = -EPERM;
	assert_int_equal(fake_run(&fake, "j", "qdisc show", &log), -EPERM);
	assert_string_equal(log.text, "RTNETLINK answers: Operation not permitted\n");
	assert_int_equal(fake.text_len, 0);
}

static void test_help(void **state)
{
	static const char *const words[] = {
		"_", "help", "qdisc help", "qdisc show help", "qdisc add dev lo help", "filter help",
		"filter show help", "filter add help", "filter add dev lo ingress bpf help",
	};
	struct fake fake;

	fake_init(&fake);
	for (size_t i = 1; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(fake_run(&fake, "", words[i], NULL), 0);
		assert_true(!strncmp(fake.text, "Usage: ", 7) && !strstr(fake.text, "(null)"));
		assert_string_equal(fake.asked, "");
	}
	assert_int_equal(fake_run(&fake, "", "", NULL), 0);
	assert_true(!strncmp(fake.text, "Usage: ", 7));
}

/* ---- any words at all ---- */

static u32 draw(u64 *random, u32 below)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(*random >> 33) % below;
}

/* A keyword of the grammar, often cut short, or one of the values that they take. */
static const char *random_word(u64 *random, char *buf, size_t room)
{
	static const char *const values[] = {
		"lo", "em1", "x", "ffff:", "ffff:fff2", "1", "0", "-1", ":", "99999999999999999999",
		"0x", "root", "none", "ip", "all", "bpf", "u32", "clsact", "nothing", "m:x", "m:", "_",
	};
	const struct grammar_row *row;

	if (!draw(random, 3))
		return values[draw(random, ARRAY_SIZE(values))];
	do {
		row = grammar_option((enum scope)draw(random, SCOPE_BPF_FILE + 1), draw(random, 14));
	} while (!row);
	snprintf(buf, room, "%s", row->keyword);
	if (!draw(random, 4))
		buf[1 + draw(random, (u32)strlen(buf))] = '\0';
	return buf;
}

static void test_random(void **state)
{
	static const char *const starts[] = {
		"", "qdisc ", "filter ", "filter add dev lo ingress bpf ", "filter show ",
		"filter get dev lo egress pref 1 protocol all ", "qdisc show ", "qdisc add ",
		"filter add dev lo ingress bpf fd x ",
	};
	static struct fake fake;
	u64 random = 5;
	u32 accepted = 0, refused = 0;

	fake_init(&fake);
	for (int round = 0; round < 60000; round++) {
		char line[512], word[32];
		LOG_ON_STACK(log);
		u32 count = draw(&random, 7);
		int err;

		snprintf(line, sizeof(line), "%s", starts[draw(&random, ARRAY_SIZE(starts))]);
		for (u32 i = 0; i < count; i++) {
			size_t len = strlen(line);

			snprintf(line + len, sizeof(line) - len, "%s ",
				 random_word(&random, word, sizeof(word)));
		}
		err = fake_run(&fake, "", line, &log);
		if (err && !log.len)
			fail_msg("%s: %d and no sentence", line, err);
		if (err > 0 || fake.open)
			fail_msg("%s: %d, %d open", line, err, fake.open);
		accepted += !err;
		refused += !!err;
	}
	assert_true(accepted > 5000 && refused > 5000);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(rows) + 5] = {
		cmocka_unit_test(test_pin_folder), cmocka_unit_test(test_loaded),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_help),
		cmocka_unit_test(test_random),
	};
	static struct row copies[ARRAY_SIZE(rows)];

	cmocka_set_message_output(CM_OUTPUT_TAP);
	memcpy(copies, rows, sizeof(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		tests[i + 5] = (struct CMUnitTest){ .name = rows[i].words, .test_func = test_row,
						    .initial_state = &copies[i] };
	return _cmocka_run_group_tests("words", tests, ARRAY_SIZE(tests), NULL, NULL);
}
