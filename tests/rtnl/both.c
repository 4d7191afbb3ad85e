// SPDX-License-Identifier: BSD-2-Clause
/* both.c - setting up both sides and comparing what they say. */
#include "both.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command/command.h"
#include "rtnl/rtnl.h"
#include "sched/sched.h"

/* A setup that fails leaves nothing to test. */
static void need(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

typedef int (*bpf_call)(struct both *both, int cmd, union bpf_attr *attr);

static int linux_bpf(struct both *both, int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int engine_bpf(struct both *both, int cmd, union bpf_attr *attr)
{
	return command_bpf(both->client, NULL, cmd, ptr_u64(attr), sizeof(*attr));
}

static int load(struct both *both, bpf_call call, u32 type, s32 result)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = result },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = type, .insns = (uintptr_t)insns, .insn_cnt = ARRAY_SIZE(insns),
		.license = (uintptr_t)"GPL",
	};

	return call(both, BPF_PROG_LOAD, &attr);
}

static u32 prog_id(struct both *both, bpf_call call, u32 fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = {
		.info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info },
	};

	need(!call(both, BPF_OBJ_GET_INFO_BY_FD, &attr), "program info");
	return info.id;
}

static int object_fd(struct both *both, bpf_call call, int which)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1,
	};

	switch (which) {
	case FD_PASS:
		return load(both, call, BPF_PROG_TYPE_SCHED_CLS, 0);
	case FD_DROP:
		return load(both, call, BPF_PROG_TYPE_SCHED_CLS, 2);
	case FD_ACTION:
		return load(both, call, BPF_PROG_TYPE_SCHED_ACT, 2);
	}
	return call(both, BPF_MAP_CREATE, &map);
}

static void linux_objects(struct both *both)
{
	for (int which = FD_PASS; which < FD_END; which++) {
		int fd = object_fd(both, linux_bpf, which);

		need(fd >= 0 && dup2(fd, which) == which, "an object on Linux");
		close(fd);
	}
}

/* The lowest free handle is given out: fill the ones below, then close those. */
static void engine_objects(struct both *both)
{
	int first, fd = 0;

	first = load(both, engine_bpf, BPF_PROG_TYPE_SCHED_CLS, 0);
	while (fd < FD_PASS - 1)
		fd = load(both, engine_bpf, BPF_PROG_TYPE_SCHED_CLS, 0);
	for (int which = FD_PASS; which < FD_END; which++)
		need(object_fd(both, engine_bpf, which) == which, "an object of the engine");
	for (fd = first; fd < FD_PASS; fd++)
		need(!fd_close(both->client, fd), "close");
}

static void engine_open(struct both *both)
{
	need(!backend_engine_create(NULL, &both->backend), "an engine");
	need(!client_create(backend_engine(both->backend), &both->client), "a client");
	both->client->rights = RIGHTS_ALL;
	need(!device_create_pair(backend_engine(both->backend), "v0", "v1"), "a pair");
	engine_objects(both);
}

static void linux_send(struct both *both, const void *bytes, size_t len)
{
	need(send(both->socket, bytes, len, 0) == (ssize_t)len, "send");
}

/* Linux answers while it is asked, and goes on with a dump while it is read: no waiting. */
static void linux_receive(struct both *both)
{
	struct answer_bytes *answer = &both->linux_says;
	ssize_t n;

	answer->len = 0;
	while ((n = recv(both->socket, answer->bytes + answer->len, ANSWER_ROOM - answer->len,
			 MSG_DONTWAIT)) >= 0)
		answer->len += (size_t)n;
	need(errno == EAGAIN, "receive");
}

static void linux_do(struct both *both, struct msg *msg, const char *what)
{
	need(!msg_end(msg), what);
	linux_send(both, msg->bytes, msg->len);
	linux_receive(both);
	errno = -answer_errno(&both->linux_says);
	need(!errno, what);
}

/* The peer is made first, and dumps show devices in the order in which they were made. */
static void linux_pair(struct both *both)
{
	const u16 flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	struct ifinfomsg peer = { .ifi_index = V0 };
	struct msg msg = { .bytes = NULL };
	u32 info, data, other;

	need(!msg_begin(&msg, RTM_NEWLINK, flags, 1, sizeof(struct ifinfomsg)), "a message");
	((struct ifinfomsg *)msg_payload(&msg))->ifi_index = V1;
	msg_put_str(&msg, IFLA_IFNAME, "v1");
	info = msg_nest(&msg, IFLA_LINKINFO);
	msg_put_str(&msg, IFLA_INFO_KIND, "veth");
	data = msg_nest(&msg, IFLA_INFO_DATA);
	other = msg_nest(&msg, VETH_INFO_PEER);
	/* The peer's fixed header stands in front of its attributes. */
	memcpy(msg.bytes + msg.len, &peer, sizeof(peer));
	msg.len += sizeof(peer);
	msg_put_str(&msg, IFLA_IFNAME, "v0");
	msg_nest_end(&msg, other);
	msg_nest_end(&msg, data);
	msg_nest_end(&msg, info);
	linux_do(both, &msg, "a veth pair");
	for (int i = LO; i <= V1; i++) {
		struct ifinfomsg *up;

		need(!msg_begin(&msg, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, sizeof(*up)),
		     "a message");
		up = msg_payload(&msg);
		up->ifi_index = i;
		up->ifi_flags = up->ifi_change = IFF_UP;
		linux_do(both, &msg, "devices that are up");
	}
	/* A carrier that came is seen later, unless somebody asks. */
	for (int i = LO; i <= V1; i++) {
		need(!msg_begin(&msg, RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, 1,
				sizeof(struct ifinfomsg)), "a message");
		((struct ifinfomsg *)msg_payload(&msg))->ifi_index = i;
		linux_do(both, &msg, "devices that have a carrier");
	}
	msg_free(&msg);
}

/* Nothing may be sent behind our back: it would be counted. */
static void linux_quiet(void)
{
	static const char *const files[] = {
		"/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/disable_ipv6",
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		need(write(fd, "1", 1) == 1, files[i]);
		close(fd);
	}
}

static void linux_open(struct both *both)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_CAP_ACK };
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int on = 1, room = ANSWER_ROOM;
	struct utsname name;

	if (geteuid()) {
		both->why = "Linux was not asked: not root";
		return;
	}
	if (uname(&name) || strncmp(name.release, "6.18.", 5)) {
		both->why = "Linux was not asked: it is not 6.18, which the engine follows";
		return;
	}
	if (unshare(CLONE_NEWNET)) {
		both->why = "Linux was not asked: no network namespace can be made";
		return;
	}
	linux_quiet();
	both->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	need(both->socket >= 0 && !bind(both->socket, (void *)&address, sizeof(address)),
	     "a socket");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		need(!setsockopt(both->socket, SOL_NETLINK, options[i], &on, sizeof(on)),
		     "socket options");
	need(!setsockopt(both->socket, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)),
	     "a receive buffer");
	linux_pair(both);
	linux_objects(both);
	both->linux_asked = true;
}

void both_open(struct both *both)
{
	*both = (struct both){ .socket = -1 };
	both->linux_says.bytes = malloc(ANSWER_ROOM);
	both->engine_says.bytes = malloc(ANSWER_ROOM);
	need(both->linux_says.bytes && both->engine_says.bytes, "memory");
	engine_open(both);
	linux_open(both);
	for (u32 i = 0; i < 2; i++) {
		both->id[1][i] = prog_id(both, engine_bpf, FD_PASS + i);
		if (both->linux_asked)
			both->id[0][i] = prog_id(both, linux_bpf, FD_PASS + i);
	}
}

void both_close(struct both *both)
{
	if (both->linux_asked) {
		close(both->socket);
		for (int fd = FD_PASS; fd < FD_END; fd++)
			close(fd);
	}
	client_destroy(both->client);
	backend_destroy(both->backend);
	free(both->linux_says.bytes);
	free(both->engine_says.bytes);
}

void both_renew(struct both *both)
{
	u32 unsupported = both->unsupported;

	both_close(both);
	both_open(both);
	both->unsupported = unsupported;
}

static int engine_sink(void *ctx, const void *bytes, size_t len)
{
	struct answer_bytes *answer = ctx;

	need(len <= ANSWER_ROOM - answer->len, "room for the answer");
	memcpy(answer->bytes + answer->len, bytes, len);
	answer->len += len;
	return 0;
}

/* The attribute @type in [@at, @at + @len), or NULL. */
static u8 *find_attr(u8 *at, size_t len, u16 type)
{
	while (len >= NLA_HDRLEN) {
		size_t size = get_u16(at), step = NLA_ALIGN(size);

		if (size < NLA_HDRLEN || size > len)
			return NULL;
		if ((get_u16(at + 2) & NLA_TYPE_MASK) == type)
			return at;
		if (step >= len)
			return NULL;
		at += step;
		len -= step;
	}
	return NULL;
}

static void mask_id(u8 *message, u32 len, const u32 ids[2])
{
	const u32 skip = NLMSG_HDRLEN + sizeof(struct tcmsg);
	u8 *options = find_attr(message + skip, len - skip, TCA_OPTIONS), *id;

	if (!options)
		return;
	id = find_attr(options + NLA_HDRLEN, get_u16(options) - NLA_HDRLEN, TCA_BPF_ID);
	for (u32 i = 0; id && i < 2; i++)
		if (get_u32(id + NLA_HDRLEN) == ids[i])
			put_u32(id + NLA_HDRLEN, FD_PASS + i);
}

/* Keep what the engine shows of a link. Returns the new length. */
static u32 mask_link(u8 *message, u32 len)
{
	static const u16 shown[] = {
		IFLA_IFNAME, IFLA_TXQLEN, IFLA_OPERSTATE, IFLA_LINKMODE, IFLA_MTU, IFLA_GROUP,
		IFLA_PROMISCUITY, IFLA_CARRIER, IFLA_ADDRESS, IFLA_BROADCAST, IFLA_LINK, IFLA_QDISC,
	};
	u32 from = NLMSG_HDRLEN + sizeof(struct ifinfomsg), to = from;

	while (len - from >= NLA_HDRLEN) {
		u32 step = min_u32(NLA_ALIGN(get_u16(message + from)), len - from);
		bool keep = false;

		for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
			keep |= get_u16(message + from + 2) == shown[i];
		if (keep) {
			memmove(message + to, message + from, step);
			if (get_u16(message + to + 2) == IFLA_ADDRESS)
				memset(message + to + NLA_HDRLEN, 0, step - NLA_HDRLEN);
			to += step;
		}
		from += step;
	}
	put_u32(message, to);
	return to;
}

static void mask(struct answer_bytes *answer, const u32 ids[2])
{
	size_t from = 0, to = 0;

	while (answer->len - from >= NLMSG_HDRLEN) {
		u8 *message = answer->bytes + from;
		u32 len = get_u32(message), step = NLMSG_ALIGN(len);
		u16 type = get_u16(message + 4);

		put_u32(message + offsetof(struct nlmsghdr, nlmsg_pid), 0);
		if (type == RTM_NEWTFILTER || type == RTM_DELTFILTER)
			mask_id(message, len, ids);
		else if (type == RTM_NEWLINK)
			len = mask_link(message, len);
		memmove(answer->bytes + to, message, len);
		to += NLMSG_ALIGN(len);
		from += step;
	}
	answer->len = to;
}

void both_ask(struct both *both, const void *bytes, size_t len)
{
	both->engine_says.len = 0;
	need(!rtnl_request(both->client, bytes, len, engine_sink, &both->engine_says),
	     "the engine's answer");
	mask(&both->engine_says, both->id[1]);
	if (!both->linux_asked)
		return;
	linux_send(both, bytes, len);
	linux_receive(both);
	mask(&both->linux_says, both->id[0]);
}

/* The last message that ends an answer, or NULL. */
static const u8 *answer_end(const struct answer_bytes *answer)
{
	const u8 *end = NULL;
	size_t at = 0;

	while (at < answer->len) {
		u16 type = get_u16(answer->bytes + at + 4);

		if (type == NLMSG_ERROR || type == NLMSG_DONE)
			end = answer->bytes + at;
		at += NLMSG_ALIGN(get_u32(answer->bytes + at));
	}
	return end;
}

int answer_errno(const struct answer_bytes *answer)
{
	const u8 *end = answer_end(answer);

	return end ? (int)get_u32(end + NLMSG_HDRLEN) : 0;
}

const char *answer_sentence(const struct answer_bytes *answer)
{
	const u8 *end = answer_end(answer);
	u32 skip, len;
	u8 *text;

	if (!end || !(get_u16(end + 6) & NLM_F_ACK_TLVS))
		return "";
	len = get_u32(end);
	skip = NLMSG_HDRLEN + (get_u16(end + 4) == NLMSG_DONE ? sizeof(int)
							      : sizeof(struct nlmsgerr));
	text = find_attr(answer->bytes + (end - answer->bytes) + skip, len - skip,
			 NLMSGERR_ATTR_MSG);
	return text ? (const char *)text + NLA_HDRLEN : "";
}

void answer_print(const char *who, const struct answer_bytes *answer)
{
	size_t at = 0;

	printf("#   %s:%s\n", who, answer->len ? "" : " nothing");
	while (at < answer->len) {
		const u8 *message = answer->bytes + at;
		u32 len = get_u32(message);

		printf("#     type %u flags %#x:", get_u16(message + 4), get_u16(message + 6));
		for (u32 i = NLMSG_HDRLEN; i < len; i++)
			printf("%s%02x", i & 3 ? "" : " ", message[i]);
		printf("\n");
		at += NLMSG_ALIGN(len);
	}
	if (*answer_sentence(answer))
		printf("#     \"%s\"\n", answer_sentence(answer));
}

bool both_agree(struct both *both, const char *what, bool *renew)
{
	const struct answer_bytes *a = &both->linux_says, *b = &both->engine_says;

	*renew = false;
	if (!both->linux_asked || (a->len == b->len && !memcmp(a->bytes, b->bytes, a->len)))
		return true;
	if (answer_errno(b) == -EOPNOTSUPP && (strstr(answer_sentence(b), "ngine"))) {
		both->unsupported++;
		*renew = !answer_errno(a);
		return true;
	}
	printf("# %s\n", what);
	answer_print("Linux", a);
	answer_print("engine", b);
	*renew = answer_errno(a) != answer_errno(b);
	return false;
}
