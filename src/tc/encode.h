// SPDX-License-Identifier: BSD-2-Clause
/* encode.h - specs to rtnetlink messages, and the messages of replies taken apart. */
#ifndef CLSBPF_TC_ENCODE_H
#define CLSBPF_TC_ENCODE_H

#include <linux/gen_stats.h>

#include "tc/tc.h"
#include "wire/attr.h"
#include "wire/msg.h"

#define ENCODE_NAME 256    /* TCA_BPF_NAME of cls_bpf, NUL included */

/** encode_qdisc() - the request of @spec for the device with @ifindex (0: none, or all). @msg may be
 *  used before; msg_free() it. Returns 0, -ENOMEM or -EMSGSIZE. */
must_check int encode_qdisc(const struct tc_qdisc_spec *spec, u32 ifindex, struct msg *msg);

/** encode_filter() - the same, with the program @prog (a handle of the backend; -1: none) and @name,
 *  its annotation. */
must_check int encode_filter(const struct tc_filter_spec *spec, u32 ifindex, int prog,
			     const char *name, struct msg *msg);

/* A qdisc or filter in a reply. */
struct reply_tc {
	struct tcmsg head;
	char kind[16];
	const struct nlattr *tb[ATTR_TC_ROOM];   /* checked by attr.def; inside the message */
};

/** decode_tc() - the message of @len bytes at @bytes. Returns 0, or -EBADMSG: it is none about a
 *  qdisc or filter, is cut, or has no kind. */
must_check int decode_tc(const void *bytes, size_t len, struct reply_tc *out);

/** decode_bpf() - TCA_OPTIONS of a bpf filter into @tb. Returns 0 or -EBADMSG. */
must_check int decode_bpf(const struct reply_tc *reply, const struct nlattr *tb[ATTR_BPF_ROOM]);

/* The numbers of TCA_STATS2. */
struct reply_stats {
	bool basic, queue;         /* what is there */
	u64 bytes, packets;
	struct gnet_stats_queue q;
};

/** decode_stats() - Returns 0 or -EBADMSG; a reply without statistics has neither. */
must_check int decode_stats(const struct reply_tc *reply, struct reply_stats *out);

#endif
