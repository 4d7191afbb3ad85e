// SPDX-License-Identifier: BSD-2-Clause
/* attr.c - attribute sets from hostile bytes, checked by attr.def.
 *
 * Invariant: an attribute that attr_parse() indexed lies inside the bytes that it was given and is as
 * long as its row says at least. Not here: what attributes mean together (rtnl/, tc/).
 */
#include "wire/attr.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>

/* Newer than the headers that the build must do with. */
enum {
	IFLA_DEVLINK_PORT = 62, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE, IFLA_DPLL_PIN,
	IFLA_MAX_PACING_OFFLOAD_HORIZON, IFLA_NETNS_IMMUTABLE, IFLA_HEADROOM, IFLA_TAILROOM,
};

#define ATTR(nest, id, num, what, len, text)                                                       \
	_Static_assert((int)(id) == (num), #id);
#include "wire/attr.def"
#undef ATTR

#define ATTR(nest, id, num, what, len, text)                                                       \
	[ATTR_##nest][num] = {                                                                     \
		.name = #id, .key = text, .number = num, .length = len, .kind = ATTR_##what,       \
	},
static const struct attr_row rows[ATTR_NESTS][ATTR_ROOM_MAX] = {
#include "wire/attr.def"
};
#undef ATTR

u16 attr_room(enum attr_nest nest)
{
	switch (nest) {
	case ATTR_TC:
	case ATTR_TC_DUMP:
		return ATTR_TC_ROOM;
	case ATTR_BPF:
		return ATTR_BPF_ROOM;
	case ATTR_STATS2:
		return ATTR_STATS2_ROOM;
	case ATTR_LINK:
		return ATTR_LINK_ROOM;
	case ATTR_NESTS:
		break;
	}
	return 0;
}

const struct attr_row *attr_row(enum attr_nest nest, u16 number)
{
	const struct attr_row *row;

	if (nest >= ATTR_NESTS || number >= attr_room(nest))
		return NULL;
	row = &rows[nest][number];
	return row->kind == ATTR_NO_ROW ? NULL : row;
}

/* The size of an integer, 0 for everything else. */
static u32 integer_size(enum attr_kind kind)
{
	switch (kind) {
	case ATTR_U8:
		return sizeof(u8);
	case ATTR_U16:
		return sizeof(u16);
	case ATTR_U32:
	case ATTR_S32:
		return sizeof(u32);
	case ATTR_U64:
		return sizeof(u64);
	case ATTR_NO_ROW:
	case ATTR_ANY:
	case ATTR_STRING:
	case ATTR_NUL_STRING:
	case ATTR_BINARY:
	case ATTR_FLAG:
	case ATTR_NESTED:
	case ATTR_MIN:
	case ATTR_BITFIELD32:
	case ATTR_REJECT:
		break;
	}
	return 0;
}

static int refuse(struct attr_error *error, int err, const char *sentence, const struct nlattr *at,
		  const struct attr_row *policy)
{
	if (error)
		*error = (struct attr_error){ sentence, at, policy };
	return err;
}

/* A terminator that is there does not count, one that must be there must be within the limit. */
static int check_string(const struct attr_row *row, const u8 *value, u32 len)
{
	if (row->kind == ATTR_NUL_STRING) {
		u32 window = row->length ? min_u32(len, row->length + 1u) : len;

		if (!window || !memchr(value, 0, window))
			return -EINVAL;
	}
	if (!len)
		return -ERANGE;
	if (row->length && len - !value[len - 1] > row->length)
		return -ERANGE;
	return 0;
}

/* struct nla_bitfield32: a value and which of its bits are meant. */
static int check_bitfield(const struct attr_row *row, const u8 *value, u32 len)
{
	u32 bits, selector;

	if (len != sizeof(struct nla_bitfield32))
		return -ERANGE;
	bits = get_u32(value);
	selector = get_u32(value + sizeof(bits));
	return selector & ~(u32)row->length || bits & ~(u32)row->length || bits & ~selector
	       ? -EINVAL : 0;
}

static int check_value(const struct attr_row *row, const u8 *value, u32 len)
{
	switch (row->kind) {
	case ATTR_NO_ROW:
	case ATTR_ANY:
		return 0;
	case ATTR_U8:
	case ATTR_U16:
	case ATTR_U32:
	case ATTR_S32:
	case ATTR_U64:
		return len < integer_size(row->kind) ? -ERANGE : 0;
	case ATTR_STRING:
	case ATTR_NUL_STRING:
		return check_string(row, value, len);
	case ATTR_BINARY:
		return row->length && len > row->length ? -ERANGE : 0;
	case ATTR_FLAG:
		return len ? -ERANGE : 0;
	case ATTR_NESTED:
		return len && len < NLA_HDRLEN ? -ERANGE : 0;
	case ATTR_MIN:
		return len < row->length ? -ERANGE : 0;
	case ATTR_BITFIELD32:
		return check_bitfield(row, value, len);
	case ATTR_REJECT:
		return -EINVAL;
	}
	return -EINVAL;
}

/* Rows with a smallest value have 32 bits. */
static bool below(const struct attr_row *row, const u8 *value)
{
	return row->kind == ATTR_S32 ? (s32)get_u32(value) < row->length
				     : get_u32(value) < row->length;
}

static int check_attr(const struct attr_row *row, const struct nlattr *attr, u32 strictness,
		      struct attr_error *error)
{
	u32 len = get_u16(&attr->nla_len) - NLA_HDRLEN, size = integer_size(row->kind);
	bool flag = get_u16(&attr->nla_type) & NLA_F_NESTED;
	int err;

	if (size && len != size && strictness & ATTR_EXACT_LENGTH)
		return refuse(error, -EINVAL, "invalid attribute length", attr, row);
	if (strictness & ATTR_NEST_FLAG) {
		if (row->kind == ATTR_NESTED && !flag)
			return refuse(error, -EINVAL, "NLA_F_NESTED is missing", attr, row);
		if (row->kind != ATTR_NESTED && row->kind > ATTR_ANY && flag)
			return refuse(error, -EINVAL, "NLA_F_NESTED not expected", attr, row);
	}
	if (strictness & ATTR_RULED && row->kind <= ATTR_ANY)
		return refuse(error, -EINVAL, "Unsupported attribute", attr, NULL);
	err = check_value(row, (const u8 *)attr + NLA_HDRLEN, len);
	if (err)
		return refuse(error, err, "Attribute failed policy validation", attr, row);
	if (size && row->length && below(row, (const u8 *)attr + NLA_HDRLEN))
		return refuse(error, -ERANGE, "integer out of range", attr, row);
	return 0;
}

/* From where on attributes of a nest are so new that no old client needs leniency. */
static u16 strict_from(enum attr_nest nest)
{
	return nest == ATTR_LINK ? IFLA_DPLL_PIN : UINT16_MAX;
}

int attr_parse(enum attr_nest nest, const void *data, u32 len, u32 strictness,
	       const struct nlattr **tb, struct attr_error *error)
{
	const u16 room = attr_room(nest);
	const u8 *at = data;
	int err;

	memset(tb, 0, sizeof(*tb) * room);
	while (len >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		u16 size = get_u16(at), type = get_u16(at + sizeof(u16)) & NLA_TYPE_MASK;
		u32 step;

		if (size < NLA_HDRLEN || size > len)
			break;
		if (type && type < room) {
			err = check_attr(&rows[nest][type], attr,
					 type < strict_from(nest) ? strictness : ATTR_STRICT,
					 error);
			if (err)
				return err;
			tb[type] = attr;
		} else if (strictness & ATTR_MAXTYPE) {
			return refuse(error, -EINVAL, "Unknown attribute type", attr, NULL);
		}
		/* The last value may come without its padding. */
		step = min_u32(NLA_ALIGN(size), len);
		at += step;
		len -= step;
	}
	if (!len)
		return 0;
	err = strictness & ATTR_TRAILING ? -EINVAL : 0;
	return refuse(error, err, "bytes leftover after parsing attributes", NULL, NULL);
}

bool attr_is_str(const struct nlattr *attr, const char *text)
{
	const u8 *value = (const u8 *)attr + NLA_HDRLEN;
	u32 len = get_u16(&attr->nla_len) - NLA_HDRLEN;

	while (len && !value[len - 1])
		len--;
	return len == strlen(text) && !memcmp(value, text, len);
}
