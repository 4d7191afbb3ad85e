// SPDX-License-Identifier: BSD-2-Clause
/* attr.h - what attr.def says about attributes, and sets of attributes checked by it.
 *
 * The engine checks requests with it as Linux's nla_policy does, with the same errno, sentence and
 * place in the message; a front end finds how an attribute of an answer is called and stored.
 */
#ifndef CLSBPF_WIRE_ATTR_H
#define CLSBPF_WIRE_ATTR_H

#include <linux/netlink.h>

#include "base/types.h"

enum attr_nest { ATTR_TC, ATTR_TC_DUMP, ATTR_BPF, ATTR_STATS2, ATTR_LINK, ATTR_NESTS };

enum attr_kind {
	ATTR_NO_ROW, ATTR_ANY, ATTR_U8, ATTR_U16, ATTR_U32, ATTR_S32, ATTR_U64, ATTR_STRING,
	ATTR_NUL_STRING, ATTR_BINARY, ATTR_FLAG, ATTR_NESTED, ATTR_MIN, ATTR_BITFIELD32, ATTR_REJECT,
};

struct attr_row {
	const char *name;      /* "TCA_KIND" */
	const char *key;       /* "kind", "" where nothing is printed */
	u16 number;
	u16 length;            /* attr.def */
	enum attr_kind kind;
};

/* Arrays that attr_parse() fills for these nests have this many elements. */
#define ATTR_TC_ROOM 17        /* numbers to TCA_EXT_WARN_MSG */
#define ATTR_BPF_ROOM 12       /* TCA_BPF_ID */
#define ATTR_STATS2_ROOM 9     /* TCA_STATS_PKT64 */
#define ATTR_LINK_ROOM 70      /* IFLA_TAILROOM of Linux 6.18 */
#define ATTR_ROOM_MAX ATTR_LINK_ROOM

/* How strict: what Linux's NL_VALIDATE_* mean. Requests to tc are parsed ATTR_LIBERAL, requests for
 * links on a socket with NETLINK_GET_STRICT_CHK with ATTR_TRAILING | ATTR_MAXTYPE. */
enum attr_strictness {
	ATTR_LIBERAL = 0,
	ATTR_TRAILING = 1,       /* no bytes behind the last attribute */
	ATTR_MAXTYPE = 2,        /* no number beyond those that the nest has */
	ATTR_RULED = 4,          /* none that has no rule */
	ATTR_EXACT_LENGTH = 8,   /* integers are not longer than they are */
	ATTR_NEST_FLAG = 16,     /* NLA_F_NESTED exactly where it belongs */
	ATTR_STRICT = 31,
};

/* Why a set was refused. */
struct attr_error {
	const char *sentence;
	const struct nlattr *at;        /* the attribute, or NULL */
	const struct attr_row *policy;  /* the row that it broke, or NULL */
};

/** attr_row() - the row of attribute @number in @nest, or NULL. */
const struct attr_row *attr_row(enum attr_nest nest, u16 number);

/** attr_room() - how many elements an array for @nest has: the largest number and one more. */
u16 attr_room(enum attr_nest nest);

/** attr_parse() - check the attributes in [@data, @data + @len) by the rows of @nest and index them:
 *  @tb[number], attr_room(@nest) elements, NULL where there is none; the last of a kind wins.
 *  @error may be NULL. A sentence may be set although 0 is returned: bytes behind the last attribute
 *  that @strictness lets pass.
 *  Returns 0, -EINVAL or -ERANGE, as lib/nlattr.c of Linux 6.18 does. */
must_check int attr_parse(enum attr_nest nest, const void *data, u32 len, u32 strictness,
			  const struct nlattr **tb, struct attr_error *error);

/** attr_is_str() - the value is @text; NULs behind it do not count, as for Linux's nla_strcmp(). */
bool attr_is_str(const struct nlattr *attr, const char *text);

#endif
