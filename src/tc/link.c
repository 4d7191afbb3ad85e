// SPDX-License-Identifier: BSD-2-Clause
/* link.c - names and numbers of devices: RTM_GETLINK for one of them. */
#include "tc/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>

#include "wire/msg.h"

struct link {
	u32 ifindex;
	char name[IFNAMSIZ];
};

/* Of an RTM_NEWLINK: the two things that are asked for. */
static int link_reply(void *ctx, const void *bytes, size_t len)
{
	const size_t head = NLMSG_HDRLEN + sizeof(struct ifinfomsg);
	const struct nlmsghdr *header = bytes;
	struct link *link = ctx;
	const struct nlattr *tb[IFLA_IFNAME + 1], *name;
	struct ifinfomsg info;

	if (len < head || header->nlmsg_len < head || header->nlmsg_len > len)
		return -EBADMSG;
	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	memcpy(&info, (const u8 *)bytes + NLMSG_HDRLEN, sizeof(info));
	/* By number only: the rows of attr.def say what a client may send, and this is an answer. */
	if (info.ifi_index <= 0 || msg_parse((const u8 *)bytes + head,
					     header->nlmsg_len - (u32)head, tb, IFLA_IFNAME))
		return -EBADMSG;
	link->ifindex = (u32)info.ifi_index;
	name = tb[IFLA_IFNAME];
	if (name)
		snprintf(link->name, sizeof(link->name), "%.*s", (int)attr_len(name),
			 (const char *)attr_data(name));
	return 0;
}

/* By @name, or by @ifindex when @name is NULL. */
static int link_get(struct backend *backend, const char *name, u32 ifindex, struct link *out)
{
	struct msg msg = { 0 };
	struct ifinfomsg *info;
	int err = msg_begin(&msg, RTM_GETLINK, NLM_F_REQUEST, 0, sizeof(*info));

	memset(out, 0, sizeof(*out));
	if (!err) {
		info = msg_payload(&msg);
		info->ifi_index = (int)ifindex;
		if (name)
			msg_put_str(&msg, IFLA_IFNAME, name);
		err = msg_end(&msg);
	}
	if (!err)
		err = backend_rtnl(backend, msg_header(&msg), link_reply, out, NULL);
	msg_free(&msg);
	if (!err && !out->ifindex)
		err = -ENODEV;
	return err;
}

int link_index(struct backend *backend, const char *name, u32 *out, struct log *log)
{
	struct link link = { 0 };
	int err = name[0] ? link_get(backend, name, 0, &link) : 0;

	*out = link.ifindex;
	return err ? log_error(log, err, "Cannot find device \"%s\"", name) : 0;
}

int link_name(struct backend *backend, u32 ifindex, char name[IFNAMSIZ])
{
	struct link link = { 0 };
	int err = ifindex ? link_get(backend, NULL, ifindex, &link) : -ENODEV;

	if (!err && !link.name[0])
		err = -ENODEV;
	if (err)
		snprintf(name, IFNAMSIZ, "if%u", ifindex);
	else
		memcpy(name, link.name, IFNAMSIZ);
	return err;
}
