// SPDX-License-Identifier: BSD-2-Clause
/* test_malformed.c - requests that nobody means: cut, with attributes of every length, with bits
 * turned over, several in a buffer.
 *
 * Both sides get the same bytes and must give the same bytes back. Where Linux cannot be asked, the
 * engine must live, and end each answer that it gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>

#include "steps.h"

#define SHOWN 12
#define FLIPS 6000
#define LONGEST 8

static const struct step setup[] = {
	{ "clsact", RTM_NEWQDISC, ADD, V0, CLSACT_MAJOR, AT_CLSACT, .put = { KIND("clsact") } },
	{ "filter", RTM_NEWTFILTER, ADD, V0, 1, AT_INGRESS, INFO(7, ALL),
	  .put = { KIND("bpf"), FD(FD_PASS), DA } },
};

/* What is mutilated. Options come last, so that they can be added to. */
static const struct step bases[] = {
	{ "qdisc add", RTM_NEWQDISC, ADD | ECHO, V1, CLSACT_MAJOR, AT_CLSACT,
	  .put = { KIND("clsact") } },
	{ "qdisc change", RTM_NEWQDISC, ECHO, V0, CLSACT_MAJOR, AT_CLSACT,
	  .put = { KIND("clsact") } },
	{ "qdisc del", RTM_DELQDISC, ECHO, V1, CLSACT_MAJOR, AT_CLSACT, .put = { KIND("clsact") } },
	{ "qdisc get", RTM_GETQDISC, ECHO, V0, CLSACT_MAJOR, AT_CLSACT },
	{ "qdisc dump", RTM_GETQDISC, DUMP },
	{ "filter add", RTM_NEWTFILTER, ADD | ECHO, V0, 0, AT_INGRESS, INFO(7, ALL),
	  .put = { KIND("bpf"), CHAIN(0), NAME("a name"), FD(FD_DROP), CLASSID(0x10001), DA } },
	{ "filter add with a pref of its own", RTM_NEWTFILTER, ADD | ECHO, V0, 0, AT_EGRESS,
	  INFO(0, ETH_P_IP), .put = { KIND("bpf"), FD(FD_DROP), GEN(TCA_CLS_FLAGS_SKIP_HW) } },
	{ "filter change", RTM_NEWTFILTER, ECHO, V0, 1, AT_INGRESS, INFO(7, ALL),
	  .put = { KIND("bpf"), FD(FD_PASS) } },
	{ "filter get", RTM_GETTFILTER, 0, V0, 1, AT_INGRESS, INFO(7, ALL), .put = { KIND("bpf") } },
	{ "filter dump", RTM_GETTFILTER, DUMP, V0, 0, AT_INGRESS, .put = { CHAIN(0) } },
	{ "filter del", RTM_DELTFILTER, ECHO, V0, 2, AT_INGRESS, INFO(7, ALL),
	  .put = { KIND("bpf") } },
	{ "filter flush", RTM_DELTFILTER, ECHO, V0, 0, AT_EGRESS },
	{ "link", RTM_GETLINK, 0, 0, .put = { { 0, IFLA_IFNAME, TEXT, 0, "v1" } } },
	{ "link dump", RTM_GETLINK, DUMP, 0, .put = { { 0, IFLA_EXT_MASK, V32, 1 } } },
};

struct run {
	struct both both;
	u32 wrong, asked, renewed;
};

static void ready(struct run *run)
{
	struct msg msg = { .bytes = NULL };

	for (size_t i = 0; i < ARRAY_SIZE(setup); i++) {
		step_build(&setup[i], 1, &msg);
		both_ask(&run->both, msg.bytes, msg.len);
		if (answer_errno(&run->both.engine_says) || answer_errno(&run->both.linux_says)) {
			printf("# %s: cannot be set up\n", setup[i].what);
			run->wrong++;
		}
	}
	msg_free(&msg);
}

static void begin(struct run *run)
{
	*run = (struct run){ .wrong = 0 };
	both_open(&run->both);
	if (run->both.why)
		printf("# %s\n", run->both.why);
	ready(run);
}

static void finish(struct run *run)
{
	printf("# %u requests, %u of them for what the engine has not, %u times begun again\n",
	       run->asked, run->both.unsupported, run->renewed);
	both_close(&run->both);
	assert_int_equal(run->wrong, 0);
}

/* Messages one behind the other, and nothing else. */
static bool well_formed(const struct answer_bytes *answer)
{
	size_t at = 0;

	while (at < answer->len) {
		u32 len = answer->len - at >= NLMSG_HDRLEN ? get_u32(answer->bytes + at) : 0;

		if (len < NLMSG_HDRLEN || len > answer->len - at)
			return false;
		at += NLMSG_ALIGN(len);
	}
	return true;
}

static void ask(struct run *run, const void *bytes, size_t len, const char *what, u32 a, u32 b)
{
	bool renew, good;
	char text[128];

	both_ask(&run->both, bytes, len);
	run->asked++;
	snprintf(text, sizeof(text), "%s, %u, %u", what, a, b);
	good = well_formed(&run->both.engine_says);
	if (run->wrong < SHOWN)
		good &= both_agree(&run->both, text, &renew);
	else
		renew = false;
	run->wrong += !good;
	if (renew) {
		run->renewed++;
		both_renew(&run->both);
		ready(run);
	}
}

/* Every message ends at every byte; with the length in its header, or with the one it had. */
static void test_cut(void **state)
{
	struct msg msg = { .bytes = NULL };
	struct run run;

	begin(&run);
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		step_build(&bases[i], 1, &msg);
		for (u32 len = msg.len; --len;) {
			ask(&run, msg.bytes, len, bases[i].what, len, 0);
			if (len < NLMSG_HDRLEN)
				continue;
			msg_header(&msg)->nlmsg_len = len;
			ask(&run, msg.bytes, len, bases[i].what, len, 1);
			msg_header(&msg)->nlmsg_len = msg.len;
		}
	}
	msg_free(&msg);
	finish(&run);
}

/* @bytes of an attribute that is added to the message, inside its options if @inside. */
static void append(struct msg *msg, bool inside, u16 type, const u8 *bytes, u32 len)
{
	const u32 skip = NLMSG_HDRLEN + sizeof(struct tcmsg);
	struct nlattr *options = NULL;

	for (u32 at = skip; inside && at < msg->len; at += NLA_ALIGN(get_u16(msg->bytes + at)))
		options = (struct nlattr *)(msg->bytes + at);
	msg_put(msg, type, bytes, len);
	if (options)
		options->nla_len = (u16)(msg->len - (u32)((u8 *)options - msg->bytes));
	if (msg_end(msg))
		abort();
}

static void every_length(struct run *run, const struct step *base, bool inside, u16 types)
{
	static const u8 values[][LONGEST] = {
		{ 0 }, { 1, 0, 0, 0, 1 }, { 'b', 'p', 'f' },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	struct msg msg = { .bytes = NULL };

	for (u16 type = 0; type < types; type++) {
		for (u32 n = 0; n < ARRAY_SIZE(values) * (LONGEST + 1) * 2; n++) {
			const u8 *value = values[n / 2 % ARRAY_SIZE(values)];
			u16 flag = n & 1 ? NLA_F_NESTED : 0;

			/* A low number is a file of this process for Linux. */
			if (inside && type == TCA_BPF_FD && get_u32(value) < FD_NONE)
				continue;
			step_build(base, 1, &msg);
			append(&msg, inside, type | flag, value, n / 2 / ARRAY_SIZE(values));
			ask(run, msg.bytes, msg.len, base->what, type, n);
		}
	}
	msg_free(&msg);
}

static void test_attributes(void **state)
{
	struct run run;

	begin(&run);
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		bool link = bases[i].type == RTM_GETLINK;

		every_length(&run, &bases[i], false, link ? 73 : 19);
	}
	finish(&run);
}

static void test_options(void **state)
{
	struct run run;

	begin(&run);
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++)
		if (bases[i].type == RTM_NEWTFILTER)
			every_length(&run, &bases[i], true, 14);
	finish(&run);
}

static u32 next_random(u32 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* One to three bits. The type stays: other types are other people's, and Linux would obey. */
static void test_flips(void **state)
{
	const u32 type_at = offsetof(struct nlmsghdr, nlmsg_type);
	struct msg msg = { .bytes = NULL };
	u32 seed = 0x2016;
	struct run run;

	begin(&run);
	for (u32 i = 0; i < FLIPS; i++) {
		const struct step *base = &bases[next_random(&seed) % ARRAY_SIZE(bases)];
		u32 len, count = 1 + next_random(&seed) % 3;

		step_build(base, i, &msg);
		while (count--) {
			u32 bit = next_random(&seed) % (msg.len * 8);

			if (bit / 8 - type_at >= sizeof(u16))
				msg.bytes[bit / 8] ^= 1u << (bit & 7);
		}
		/* What is behind a shorter message would be another one, of any type. */
		len = max_u32(min_u32(msg.len, msg_header(&msg)->nlmsg_len), NLMSG_HDRLEN);
		ask(&run, msg.bytes, len, base->what, i, 0);
	}
	msg_free(&msg);
	finish(&run);
}

/* Every type of message, with and without a payload, to the engine alone. */
static void test_types(void **state)
{
	u8 bytes[64] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *header = (struct nlmsghdr *)bytes;
	struct run run;

	begin(&run);
	run.both.linux_asked = false;
	for (u32 type = 0; type < 300; type++) {
		for (u32 n = 0; n < 8; n++) {
			*header = (struct nlmsghdr){
				.nlmsg_len = n & 1 ? sizeof(bytes) : NLMSG_HDRLEN + (n >> 1 & 1),
				.nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (n & 4 ? NLM_F_DUMP : 0),
			};
			ask(&run, bytes, header->nlmsg_len, "type", type, n);
			if (!run.both.engine_says.len)
				run.wrong++;
		}
	}
	run.both.linux_asked = !run.both.why;
	finish(&run);
}

/* Requests of a buffer, by their place in bases; ~0 ends. @flags replace those of all. */
static const struct {
	const char *what;
	u16 flags;
	u8 base[6];
	u8 count;
	u32 cut;
} buffers[] = {
	{ "three", NLM_F_REQUEST | NLM_F_ACK, { 1, 8, 12 }, 3 },
	{ "none of them asks for an end", NLM_F_REQUEST, { 1, 8, 12 }, 3 },
	{ "no requests", NLM_F_ACK, { 1, 8, 12 }, 3 },
	{ "neither", 0, { 1, 8, 12 }, 3 },
	{ "one that fails in the middle", NLM_F_REQUEST, { 8, 0, 8 }, 3 },
	{ "the last one is cut", NLM_F_REQUEST | NLM_F_ACK, { 8, 8, 8 }, 3, 8 },
	{ "the last header is cut", NLM_F_REQUEST | NLM_F_ACK, { 8, 8, 3 }, 3, 28 },
	{ "the padding is missing", NLM_F_REQUEST | NLM_F_ACK, { 12, 8 }, 2, 1 },
	{ "add, show, del", NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_ECHO, { 0, 3, 2 }, 3 },
	{ "change one that is not there", NLM_F_REQUEST, { 5, 10 }, 2 },
};

static void test_buffers(void **state)
{
	struct msg msg = { .bytes = NULL };
	struct run run;
	u8 bytes[2048];

	begin(&run);
	for (size_t i = 0; i < ARRAY_SIZE(buffers); i++) {
		u32 len = 0;

		for (u32 n = 0; n < buffers[i].count; n++) {
			step_build(&bases[buffers[i].base[n]], n, &msg);
			msg_header(&msg)->nlmsg_flags = buffers[i].flags;
			assert_true(len + msg.len <= sizeof(bytes));
			memcpy(bytes + len, msg.bytes, msg.len);
			len += msg.len;
		}
		ask(&run, bytes, len - buffers[i].cut, buffers[i].what, 0, 0);
	}
	msg_free(&msg);
	finish(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_buffers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rtnl malformed", tests, NULL, NULL);
}
