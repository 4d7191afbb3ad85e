// SPDX-License-Identifier: BSD-2-Clause
/* fake.c - a kernel for tests of the front end. */
#include "fake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void say(struct fake *fake, const char *fmt, ...) printf_like(2, 3);

static void say(struct fake *fake, const char *fmt, ...)
{
	size_t len = strlen(fake->asked);
	va_list args;

	va_start(args, fmt);
	vsnprintf(fake->asked + len, sizeof(fake->asked) - len, fmt, args);
	va_end(args);
}

/* " 1:62706600" for a value, " 2{...}" for TCA_OPTIONS. Padding must be there and zero. */
static void render_attrs(struct fake *fake, const u8 *at, size_t len, bool nested)
{
	while (len) {
		u32 size, type, step;

		assert_true(len >= NLA_HDRLEN);
		size = get_u16(at);
		type = get_u16(at + 2);
		step = NLA_ALIGN(size);
		assert_true(size >= NLA_HDRLEN && step <= len);
		if (type == TCA_OPTIONS && !nested) {
			say(fake, " %u{", type);
			render_attrs(fake, at + NLA_HDRLEN, size - NLA_HDRLEN, true);
			say(fake, " }");
		} else {
			say(fake, " %u:", type);
			for (u32 i = NLA_HDRLEN; i < size; i++)
				say(fake, "%02x", at[i]);
		}
		for (u32 i = size; i < step; i++)
			assert_int_equal(at[i], 0);
		at += step;
		len -= step;
	}
}

static void render(struct fake *fake, const struct nlmsghdr *request)
{
	const size_t head = NLMSG_HDRLEN + sizeof(struct tcmsg);
	struct tcmsg tc;

	assert_true(request->nlmsg_len >= head);
	memcpy(&tc, (const u8 *)request + NLMSG_HDRLEN, sizeof(tc));
	assert_int_equal(tc.tcm_family, 0);
	say(fake, "%s%u %x dev %d handle %x parent %x info %x", fake->asked[0] ? "\n" : "",
	    request->nlmsg_type, request->nlmsg_flags, tc.tcm_ifindex, tc.tcm_handle, tc.tcm_parent,
	    tc.tcm_info);
	render_attrs(fake, (const u8 *)request + head, request->nlmsg_len - head, false);
}

/* RTM_GETLINK by name or number. */
static int fake_link(const struct nlmsghdr *request, backend_sink sink, void *ctx)
{
	static const struct { const char *name; int ifindex; } links[] = { { "lo", 1 }, { "em1", 7 } };
	const struct ifinfomsg *asked = (const void *)((const u8 *)request + NLMSG_HDRLEN);
	const size_t head = NLMSG_HDRLEN + sizeof(*asked);
	const struct nlattr *tb[IFLA_IFNAME + 1];
	struct msg msg = { 0 };
	int err = -ENODEV;

	assert_int_equal(msg_parse((const u8 *)request + head, request->nlmsg_len - (u32)head, tb,
				   IFLA_IFNAME), 0);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		struct ifinfomsg *info;

		if (tb[IFLA_IFNAME] ? strcmp(attr_str(tb[IFLA_IFNAME]), links[i].name) != 0
				    : asked->ifi_index != links[i].ifindex)
			continue;
		assert_int_equal(msg_begin(&msg, RTM_NEWLINK, 0, 0, sizeof(*info)), 0);
		info = msg_payload(&msg);
		info->ifi_index = links[i].ifindex;
		msg_put_str(&msg, IFLA_IFNAME, links[i].name);
		/* A client may not send this one; Linux does. */
		msg_put(&msg, IFLA_PERM_ADDRESS, "\2\0\0\0\0\1", 6);
		assert_int_equal(msg_end(&msg), 0);
		err = sink(ctx, msg.bytes, msg.len);
	}
	msg_free(&msg);
	return err;
}

static int fake_rtnl(struct backend *backend, const struct nlmsghdr *request, backend_sink sink,
		     void *ctx, struct log *log)
{
	struct fake *fake = container_of(backend, struct fake, backend);
	size_t at = 0;
	int err = 0;

	if (request->nlmsg_type == RTM_GETLINK)
		return fake_link(request, sink, ctx);
	render(fake, request);
	while (sink && !err && at < fake->reply_len) {
		u32 len = max_u32(get_u32(fake->reply + at), 1);

		/* Damaged on purpose: as far as there are bytes. */
		len = min_u32(len, (u32)(fake->reply_len - at));
		err = sink(ctx, fake->reply + at, len);
		at += NLMSG_ALIGN(len);
	}
	if (fake->sentence)
		log_line(log, "%s", fake->sentence);
	return err ? err : fake->err;
}

static int fake_bpf(struct backend *backend, int cmd, union bpf_attr *attr, u32 size)
{
	struct fake *fake = container_of(backend, struct fake, backend);

	if (cmd == BPF_OBJ_GET) {
		snprintf(fake->path, sizeof(fake->path), "%s", (char *)u64_ptr(attr->pathname));
		if (strstr(fake->path, "nothing"))
			return -ENOENT;
		fake->open++;
		return FAKE_PROG;
	}
	if (cmd == BPF_PROG_GET_FD_BY_ID) {
		if (fake->info_err)
			return fake->info_err;
		fake->open++;
		return FAKE_PROG;
	}
	if (cmd == BPF_OBJ_GET_INFO_BY_FD) {
		assert_true(attr->info.info_len >= sizeof(fake->info));
		memcpy(u64_ptr(attr->info.info), &fake->info, sizeof(fake->info));
		return 0;
	}
	return -EINVAL;
}

static int fake_close(struct backend *backend, int handle)
{
	struct fake *fake = container_of(backend, struct fake, backend);

	assert_int_equal(handle, FAKE_PROG);
	fake->open--;
	return 0;
}

static int fake_path(struct backend *backend, enum backend_path what, char *buf, size_t room)
{
	snprintf(buf, room, "/pins");
	return 0;
}

static const struct backend_ops ops = {
	.bpf = fake_bpf, .rtnl = fake_rtnl, .close = fake_close, .path = fake_path,
};

void fake_init(struct fake *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->backend.ops = &ops;
}

void fake_reply(struct fake *fake, struct msg *msg)
{
	assert_int_equal(msg_end(msg), 0);
	assert_true(msg->len <= sizeof(fake->reply) - fake->reply_len);
	memcpy(fake->reply + fake->reply_len, msg->bytes, msg->len);
	fake->reply_len += msg->len;
}

static void fake_write(void *ctx, const char *text, size_t len)
{
	struct fake *fake = ctx;

	if (len > sizeof(fake->text) - 1 - fake->text_len)
		len = sizeof(fake->text) - 1 - fake->text_len;
	memcpy(fake->text + fake->text_len, text, len);
	fake->text_len += len;
	fake->text[fake->text_len] = '\0';
}

int fake_split(const char *words, char *copy, size_t room, char **argv, int max)
{
	char *save = NULL, *word;
	int argc = 0;

	snprintf(copy, room, "%s", words);
	for (word = strtok_r(copy, " ", &save); word && argc < max; word = strtok_r(NULL, " ", &save)) {
		if (!strcmp(word, "_"))
			word[0] = '\0';
		argv[argc++] = word;
	}
	return argc;
}

int fake_run(struct fake *fake, const char *options, const char *words, struct log *log)
{
	struct tc_output out = {
		.json = strchr(options, 'j'), .pretty = strchr(options, 'p'),
		.details = strchr(options, 'd'), .stats = strchr(options, 's'),
		.write = fake_write, .ctx = fake,
	};
	char copy[1024], *argv[64];
	int argc = fake_split(words, copy, sizeof(copy), argv, 64);

	fake->asked[0] = '\0';
	fake->text[0] = '\0';
	fake->text_len = 0;
	return tc_run(&fake->backend, argc, argv, &out, log);
}
