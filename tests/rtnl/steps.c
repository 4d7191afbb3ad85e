// SPDX-License-Identifier: BSD-2-Clause
/* steps.c - rows of tables as bytes. */
#include "steps.h"

#include <stdlib.h>

static void put_one(struct msg *msg, const struct put *put)
{
	switch (put->how) {
	case NOTHING:
		msg_put(msg, put->type, NULL, 0);
		break;
	case V8:
		msg_put_u8(msg, put->type, (u8)put->value);
		break;
	case V16:
		msg_put_u16(msg, put->type, (u16)put->value);
		break;
	case V32:
		msg_put_u32(msg, put->type, put->value);
		break;
	case TEXT:
		msg_put_str(msg, put->type, put->text);
		break;
	case BYTES:
		msg_put(msg, put->type, put->text, put->value);
		break;
	}
}

void step_build(const struct step *step, u32 seq, struct msg *msg)
{
	const bool link = step->type == RTM_GETLINK;
	u32 nest = 0, mark = 0;

	if (msg_begin(msg, step->type, step->flags | NLM_F_REQUEST | NLM_F_ACK, seq,
		      link ? sizeof(struct ifinfomsg) : sizeof(struct tcmsg)))
		abort();
	if (link) {
		((struct ifinfomsg *)msg_payload(msg))->ifi_index = step->ifindex;
	} else {
		*(struct tcmsg *)msg_payload(msg) = (struct tcmsg){
			.tcm_ifindex = step->ifindex, .tcm_handle = step->handle,
			.tcm_parent = step->parent, .tcm_info = step->info,
		};
	}
	for (u32 i = 0; i < PUTS && step->put[i].type; i++) {
		const struct put *put = &step->put[i];

		if (put->nest != nest && nest)
			msg_nest_end(msg, mark);
		if (put->nest != nest && put->nest)
			mark = msg_nest(msg, put->nest);
		nest = put->nest;
		put_one(msg, put);
	}
	if (nest)
		msg_nest_end(msg, mark);
	if (msg_end(msg))
		abort();
}
