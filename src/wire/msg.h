// SPDX-License-Identifier: BSD-2-Clause
/* msg.h - netlink messages as bytes: building and taking apart, with every length checked.
 *
 * Both ends use this: the tc front end builds requests and reads replies, the engine the reverse.
 * The link to the real kernel is backend/kernel.c's (libmnl); no socket here.
 */
#ifndef CLSBPF_WIRE_MSG_H
#define CLSBPF_WIRE_MSG_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/log.h"
#include "base/types.h"

#define MSG_ROOM 65536

/* A message under construction. Overflow is remembered, not fatal: msg_end() reports it. */
struct msg {
	u8 *bytes;      /* MSG_ROOM of them, from msg_begin() */
	u32 len;
	bool overflow;
};

/** msg_begin() - start a message with @payload bytes of fixed header (zeroed) after the nlmsghdr; the
 *  buffer is kept over several messages. Returns 0 or -ENOMEM. */
must_check int msg_begin(struct msg *msg, u16 type, u16 flags, u32 seq, u32 payload);
void *msg_payload(struct msg *msg);
struct nlmsghdr *msg_header(struct msg *msg);

void msg_put(struct msg *msg, u16 type, const void *data, u32 len);
void msg_put_u8(struct msg *msg, u16 type, u8 value);
void msg_put_u16(struct msg *msg, u16 type, u16 value);
void msg_put_u32(struct msg *msg, u16 type, u32 value);
void msg_put_u64(struct msg *msg, u16 type, u64 value);
void msg_put_str(struct msg *msg, u16 type, const char *text);
/** msg_nest() / msg_nest_end() - attributes between the two are inside @type. Returns a mark. */
u32 msg_nest(struct msg *msg, u16 type);
void msg_nest_end(struct msg *msg, u32 mark);

/** msg_end() - fix the length. Returns 0 or -EMSGSIZE when something did not fit. */
must_check int msg_end(struct msg *msg);
void msg_free(struct msg *msg);

/** msg_parse() - index the attributes in [@data, @data + @len): tb[type] for types up to @max; the
 *  last of a kind wins, others are left out. Returns 0 or -EINVAL for a cut or overlapping
 *  attribute. */
must_check int msg_parse(const void *data, u32 len, const struct nlattr **tb, u16 max);

static inline const void *attr_data(const struct nlattr *a) { return (const u8 *)a + NLA_HDRLEN; }
static inline u32 attr_len(const struct nlattr *a) { return a->nla_len - NLA_HDRLEN; }
/* The value of a checked attribute; 0 when @a is NULL. */
static inline u32 attr_u32(const struct nlattr *a) { return a ? get_u32(attr_data(a)) : 0; }
static inline u16 attr_u16(const struct nlattr *a) { return a ? get_u16(attr_data(a)) : 0; }
/** attr_str() - the text of a NUL-terminated string attribute that was checked, or NULL. */
static inline const char *attr_str(const struct nlattr *a) { return a ? attr_data(a) : NULL; }

#endif
