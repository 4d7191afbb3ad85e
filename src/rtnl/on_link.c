// SPDX-License-Identifier: BSD-2-Clause
/* on_link.c - RTM_GETLINK: devices by ifindex, by name, or all of them.
 *
 * What a front end needs to put names to numbers and to show a device; what is sent has the order
 * and the bytes of Linux 6.18, but less is sent. Devices are not made or changed here: the owner of
 * an engine does that (device_create()).
 */
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <sys/socket.h>

#include "rtnl/request.h"
#include "sched/device.h"

#define LINK_TXQLEN 1000

static void put_link(struct msg *msg, const struct device *device)
{
	static const u8 zero[ETH_ALEN], ones[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const bool loopback = device->arphrd == ARPHRD_LOOPBACK;
	struct ifinfomsg *info = msg_payload(msg);

	info->ifi_family = AF_UNSPEC;
	info->ifi_type = device->arphrd;
	info->ifi_index = (int)device->ifindex;
	info->ifi_flags = device->flags;
	msg_put_str(msg, IFLA_IFNAME, device->name);
	msg_put_u32(msg, IFLA_TXQLEN, LINK_TXQLEN);
	msg_put_u8(msg, IFLA_OPERSTATE, loopback ? IF_OPER_UNKNOWN : IF_OPER_UP);
	msg_put_u8(msg, IFLA_LINKMODE, IF_LINK_MODE_DEFAULT);
	msg_put_u32(msg, IFLA_MTU, device->mtu);
	msg_put_u32(msg, IFLA_GROUP, 0);
	msg_put_u32(msg, IFLA_PROMISCUITY, 0);
	msg_put_u8(msg, IFLA_CARRIER, 1);
	if (device_has_mac(device)) {
		msg_put(msg, IFLA_ADDRESS, device->mac, ETH_ALEN);
		msg_put(msg, IFLA_BROADCAST, loopback ? zero : ones, ETH_ALEN);
	}
	if (device->peer)
		msg_put_u32(msg, IFLA_LINK, device->peer->ifindex);
	msg_put_str(msg, IFLA_QDISC, "noqueue");
}

static int reply_link(struct request *request, const struct device *device, u16 flags)
{
	int err = request_reply(request, RTM_NEWLINK, flags, sizeof(struct ifinfomsg));

	if (err)
		return err;
	put_link(&request->answer->msg, device);
	return request_reply_end(request);
}

/* What Linux checks of a request on a socket with NETLINK_GET_STRICT_CHK. @allowed: attributes that
 * may be there, with a 0 behind the last. */
static int parse_strictly(struct request *request, struct ifinfomsg *info,
			  const struct nlattr **tb, const u16 *allowed, const char *sentence)
{
	int err = request_parse(request, ATTR_LINK, info, sizeof(*info),
				ATTR_TRAILING | ATTR_MAXTYPE, tb);

	for (u16 i = 0; !err && i < ATTR_LINK_ROOM; i++) {
		const u16 *may = allowed;

		while (*may && *may != i)
			may++;
		if (tb[i] && !*may)
			err = request_refuse(request, -EINVAL, sentence);
	}
	return err;
}

static bool header_has_more(const struct request *request)
{
	struct ifinfomsg info;

	memcpy(&info, request->body, sizeof(info));
	return info.__ifi_pad || info.ifi_type || info.ifi_flags || info.ifi_change;
}

/* A name as the attribute has it, which need not end in NUL. */
static struct device *find_by_name(struct engine *engine, const struct nlattr *attr)
{
	char name[IFNAMSIZ] = "";
	u32 len = (u32)strnlen(attr_data(attr), attr_len(attr));

	if (len >= sizeof(name))
		return NULL;
	memcpy(name, attr_data(attr), len);
	return device_find_name(engine, name);
}

int on_link_get(struct request *request)
{
	static const u16 allowed[] = {
		IFLA_IFNAME, IFLA_ALT_IFNAME, IFLA_EXT_MASK, IFLA_TARGET_NETNSID, 0
	};
	const struct nlattr *tb[ATTR_LINK_ROOM], *name;
	const struct device *device = NULL;
	struct ifinfomsg info;
	int err;

	if (request->len < sizeof(info))
		return request_refuse(request, -EINVAL, "Invalid header for get link");
	if (header_has_more(request))
		return request_refuse(request, -EINVAL,
				      "Invalid values in header for get link request");
	err = parse_strictly(request, &info, tb, allowed,
			     "Unsupported attribute in get link request");
	if (err)
		return err;
	if (tb[IFLA_TARGET_NETNSID])
		return -EINVAL;
	name = tb[IFLA_IFNAME] ? tb[IFLA_IFNAME] : tb[IFLA_ALT_IFNAME];
	if (info.ifi_index > 0)
		device = device_find(request->engine, (u32)info.ifi_index);
	else if (name)
		device = find_by_name(request->engine, name);
	else
		return -EINVAL;
	return device ? reply_link(request, device, 0) : -ENODEV;
}

/* Families that list links of their own. */
static bool family_has_links(u8 family)
{
	return family == AF_BRIDGE || family == RTNL_FAMILY_IPMR || family == RTNL_FAMILY_IP6MR;
}

static bool names_kind(const struct nlattr *link_info)
{
	const struct nlattr *tb[IFLA_INFO_KIND + 1];
	/* What cannot be read names nothing that could be looked for. */
	int err = msg_parse(attr_data(link_info), attr_len(link_info), tb, IFLA_INFO_KIND);

	return !err && tb[IFLA_INFO_KIND];
}

int on_link_dump(struct request *request)
{
	static const u16 allowed[] = {
		IFLA_TARGET_NETNSID, IFLA_EXT_MASK, IFLA_MASTER, IFLA_LINKINFO, 0
	};
	const struct device_table *table = device_table(request->engine);
	const struct nlattr *tb[ATTR_LINK_ROOM];
	struct ifinfomsg info;
	u32 master;
	int err;

	if (family_has_links(request->body[0]))
		return request_refuse(request, -EOPNOTSUPP,
				      "The engine has no links of bridges and multicast routing");
	if (request->len < sizeof(info))
		return request_refuse(request, -EINVAL, "Invalid header for link dump");
	memcpy(&info, request->body, sizeof(info));
	if (header_has_more(request))
		return request_refuse(request, -EINVAL,
				      "Invalid values in header for link dump request");
	if (info.ifi_index)
		return request_refuse(request, -EINVAL,
				      "Filter by device index not supported for link dumps");
	err = parse_strictly(request, &info, tb, allowed,
			     "Unsupported attribute in link dump request");
	if (err)
		return err;
	if (tb[IFLA_TARGET_NETNSID])
		return request_refuse(request, -EINVAL,
				      "Invalid target network namespace id");
	if (tb[IFLA_LINKINFO] && names_kind(tb[IFLA_LINKINFO]))
		return request_refuse(request, -EOPNOTSUPP,
				      "The engine does not choose devices by kind");
	/* No device has a master: ~0 asks for those that have none, any other for none of them. */
	master = attr_u32(tb[IFLA_MASTER]);
	if (master && master != UINT32_MAX)
		return 0;
	for (u32 i = 0; !err && i < table->count; i++)
		err = reply_link(request, table->device[i], master ? NLM_F_DUMP_FILTERED : 0);
	return err;
}
