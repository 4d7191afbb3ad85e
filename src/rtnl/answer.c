// SPDX-License-Identifier: BSD-2-Clause
/* answer.c - what a client gets back: messages of data, and the one that ends them.
 *
 *   NLMSG_ERROR | errno | nlmsghdr of the request | TLVs: sentence, place, rule |
 *   NLMSG_DONE  | errno | TLVs |
 *
 * As on a socket with NETLINK_CAP_ACK and NETLINK_EXT_ACK: the request's payload is never sent back.
 * Not here: handing the messages over (rtnl.c).
 */
#include <errno.h>
#include <stdlib.h>

#include "rtnl/request.h"

int request_refuse(struct request *request, int err, const char *sentence)
{
	request->sentence = sentence;
	return err;
}

int request_parse(struct request *request, enum attr_nest nest, void *fixed, u32 size,
		  u32 strictness, const struct nlattr **tb)
{
	struct attr_error error = { .sentence = NULL };
	u32 skip = NLMSG_ALIGN(size);
	int err;

	if (request->len < size)
		return request_refuse(request, -EINVAL, "Invalid header length");
	memcpy(fixed, request->body, size);
	skip = min_u32(skip, request->len);
	err = attr_parse(nest, request->body + skip, request->len - skip, strictness, tb, &error);
	if (error.sentence) {
		request->sentence = error.sentence;
		request->at = error.at;
		request->policy = error.policy;
	}
	return err;
}

int request_reply(struct request *request, u16 type, u16 flags, u32 payload)
{
	if (request->dump)
		flags |= NLM_F_MULTI;
	return msg_begin(&request->answer->msg, type, flags, request->header->nlmsg_seq, payload);
}

int request_reply_end(struct request *request)
{
	struct answer *answer = request->answer;
	int err = msg_end(&answer->msg);

	if (err)
		return err;
	if (answer->msg.len > answer->room - answer->len) {
		size_t room = answer->room * 2 + answer->msg.len + 4096;
		u8 *bytes = realloc(answer->bytes, room);

		if (!bytes)
			return -ENOMEM;
		answer->bytes = bytes;
		answer->room = room;
	}
	memcpy(answer->bytes + answer->len, answer->msg.bytes, answer->msg.len);
	answer->len += answer->msg.len;
	return 0;
}

void request_put_warning(struct request *request)
{
	if (request->sentence)
		msg_put_str(&request->answer->msg, TCA_EXT_WARN_MSG, request->sentence);
}

/* How Linux names the kind of a rule; 0: it has no name for it, and says nothing. */
static u32 policy_type(enum attr_kind kind)
{
	switch (kind) {
	case ATTR_U8:
		return NL_ATTR_TYPE_U8;
	case ATTR_U16:
		return NL_ATTR_TYPE_U16;
	case ATTR_U32:
		return NL_ATTR_TYPE_U32;
	case ATTR_S32:
		return NL_ATTR_TYPE_S32;
	case ATTR_U64:
		return NL_ATTR_TYPE_U64;
	case ATTR_STRING:
		return NL_ATTR_TYPE_STRING;
	case ATTR_NUL_STRING:
		return NL_ATTR_TYPE_NUL_STRING;
	case ATTR_BINARY:
		return NL_ATTR_TYPE_BINARY;
	case ATTR_FLAG:
		return NL_ATTR_TYPE_FLAG;
	case ATTR_NESTED:
		return NL_ATTR_TYPE_NESTED;
	case ATTR_BITFIELD32:
		return NL_ATTR_TYPE_BITFIELD32;
	case ATTR_NO_ROW:
	case ATTR_ANY:
	case ATTR_MIN:
	case ATTR_REJECT:
		break;
	}
	return NL_ATTR_TYPE_INVALID;
}

static void put_range(struct msg *msg, u64 min, u64 max)
{
	msg_put_u64(msg, NL_POLICY_TYPE_ATTR_MIN_VALUE_U, min);
	msg_put_u64(msg, NL_POLICY_TYPE_ATTR_MAX_VALUE_U, max);
}

static void put_policy(struct msg *msg, const struct attr_row *row)
{
	u32 type = policy_type(row->kind), nest;

	if (!type)
		return;
	nest = msg_nest(msg, NLMSGERR_ATTR_POLICY | NLA_F_NESTED);
	switch (row->kind) {
	case ATTR_U8:
		put_range(msg, row->length, UINT8_MAX);
		break;
	case ATTR_U16:
		put_range(msg, row->length, UINT16_MAX);
		break;
	case ATTR_U32:
		put_range(msg, row->length, UINT32_MAX);
		break;
	case ATTR_U64:
		put_range(msg, row->length, UINT64_MAX);
		break;
	case ATTR_S32:
		msg_put_u64(msg, NL_POLICY_TYPE_ATTR_MIN_VALUE_S,
			    row->length ? row->length : (u64)INT32_MIN);
		msg_put_u64(msg, NL_POLICY_TYPE_ATTR_MAX_VALUE_S, INT32_MAX);
		break;
	case ATTR_STRING:
	case ATTR_NUL_STRING:
	case ATTR_BINARY:
		if (row->length)
			msg_put_u32(msg, NL_POLICY_TYPE_ATTR_MAX_LENGTH, row->length);
		break;
	case ATTR_BITFIELD32:
		msg_put_u32(msg, NL_POLICY_TYPE_ATTR_BITFIELD32_MASK, row->length);
		break;
	case ATTR_FLAG:
	case ATTR_NESTED:
	case ATTR_NO_ROW:
	case ATTR_ANY:
	case ATTR_MIN:
	case ATTR_REJECT:
		break;
	}
	msg_put_u32(msg, NL_POLICY_TYPE_ATTR_TYPE, type);
	msg_nest_end(msg, nest);
}

/* Where and which rule are said of an error only. */
static void put_tlvs(struct request *request, int err)
{
	struct msg *msg = &request->answer->msg;

	if (request->sentence)
		msg_put_str(msg, NLMSGERR_ATTR_MSG, request->sentence);
	if (err && request->at)
		msg_put_u32(msg, NLMSGERR_ATTR_OFFS,
			    (u32)((const u8 *)request->at - (const u8 *)request->header));
	if (err && request->policy)
		put_policy(msg, request->policy);
	if (request->sentence || (err && request->at))
		msg_header(msg)->nlmsg_flags |= NLM_F_ACK_TLVS;
}

int answer_ack(struct request *request, int err)
{
	struct nlmsgerr *error;
	int ret = request_reply(request, NLMSG_ERROR, NLM_F_CAPPED, sizeof(*error));

	if (ret)
		return ret;
	error = msg_payload(&request->answer->msg);
	error->error = err;
	error->msg = *request->header;
	put_tlvs(request, err);
	return request_reply_end(request);
}

int answer_done(struct request *request, int err)
{
	int ret = request_reply(request, NLMSG_DONE, 0, sizeof(err));

	if (ret)
		return ret;
	memcpy(msg_payload(&request->answer->msg), &err, sizeof(err));
	put_tlvs(request, err);
	return request_reply_end(request);
}
