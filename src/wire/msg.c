// SPDX-License-Identifier: BSD-2-Clause
/* msg.c - netlink messages as bytes.
 *
 *   | nlmsghdr | fixed header, zeroed | nlattr value pad | nlattr ( nlattr value pad ... ) | ...
 *
 * Invariant: msg->len is a multiple of four and at most MSG_ROOM. Once something did not fit,
 * nothing more is appended, so what is there is always whole attributes, and msg_end() refuses.
 * Not here: what any attribute means, and which lengths its value may have.
 */
#include "wire/msg.h"

#include <errno.h>
#include <stdlib.h>

int msg_begin(struct msg *msg, u16 type, u16 flags, u32 seq, u32 payload)
{
	u32 len = NLMSG_HDRLEN + NLMSG_ALIGN(payload);
	struct nlmsghdr *header;

	if (payload > MSG_ROOM / 2)
		return -EMSGSIZE;
	if (!msg->bytes) {
		msg->bytes = malloc(MSG_ROOM);
		if (!msg->bytes)
			return -ENOMEM;
	}
	memset(msg->bytes, 0, len);
	msg->len = len;
	msg->overflow = false;
	header = msg_header(msg);
	header->nlmsg_len = len;
	header->nlmsg_type = type;
	header->nlmsg_flags = flags;
	header->nlmsg_seq = seq;
	return 0;
}

struct nlmsghdr *msg_header(struct msg *msg)
{
	return (struct nlmsghdr *)msg->bytes;
}

void *msg_payload(struct msg *msg)
{
	return msg->bytes + NLMSG_HDRLEN;
}

void msg_put(struct msg *msg, u16 type, const void *data, u32 len)
{
	struct nlattr *attr;
	u32 whole;

	if (msg->overflow)
		return;
	if (len > UINT16_MAX - NLA_HDRLEN || NLA_ALIGN(NLA_HDRLEN + len) > MSG_ROOM - msg->len) {
		msg->overflow = true;
		return;
	}
	whole = NLA_ALIGN(NLA_HDRLEN + len);
	attr = (struct nlattr *)(msg->bytes + msg->len);
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((u8 *)attr + NLA_HDRLEN, data, len);
	memset((u8 *)attr + NLA_HDRLEN + len, 0, whole - NLA_HDRLEN - len);
	msg->len += whole;
}

void msg_put_u8(struct msg *msg, u16 type, u8 value)
{
	msg_put(msg, type, &value, sizeof(value));
}

void msg_put_u16(struct msg *msg, u16 type, u16 value)
{
	msg_put(msg, type, &value, sizeof(value));
}

void msg_put_u32(struct msg *msg, u16 type, u32 value)
{
	msg_put(msg, type, &value, sizeof(value));
}

void msg_put_u64(struct msg *msg, u16 type, u64 value)
{
	msg_put(msg, type, &value, sizeof(value));
}

void msg_put_str(struct msg *msg, u16 type, const char *text)
{
	size_t len = strlen(text);

	if (len >= MSG_ROOM)
		msg->overflow = true;
	else
		msg_put(msg, type, text, len + 1);
}

u32 msg_nest(struct msg *msg, u16 type)
{
	u32 mark = msg->len;

	msg_put(msg, type, NULL, 0);
	return mark;
}

void msg_nest_end(struct msg *msg, u32 mark)
{
	struct nlattr *attr;

	/* After an overflow the nest's own header may be missing. */
	if (msg->overflow)
		return;
	if (msg->len - mark > UINT16_MAX) {
		msg->overflow = true;
		return;
	}
	attr = (struct nlattr *)(msg->bytes + mark);
	attr->nla_len = msg->len - mark;
}

int msg_end(struct msg *msg)
{
	if (msg->overflow)
		return -EMSGSIZE;
	msg_header(msg)->nlmsg_len = msg->len;
	return 0;
}

void msg_free(struct msg *msg)
{
	free(msg->bytes);
	msg->bytes = NULL;
	msg->len = 0;
	msg->overflow = false;
}

int msg_parse(const void *data, u32 len, const struct nlattr **tb, u16 max)
{
	const u8 *at = data;

	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	while (len) {
		u32 size, step;

		if (len < NLA_HDRLEN)
			return -EINVAL;
		size = get_u16(at);
		if (size < NLA_HDRLEN || size > len)
			return -EINVAL;
		if ((get_u16(at + sizeof(u16)) & NLA_TYPE_MASK) <= max)
			tb[get_u16(at + sizeof(u16)) & NLA_TYPE_MASK] = (const struct nlattr *)at;
		/* The last value may come without its padding. */
		step = min_u32(NLA_ALIGN(size), len);
		at += step;
		len -= step;
	}
	return 0;
}
