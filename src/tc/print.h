// SPDX-License-Identifier: BSD-2-Clause
/* print.h - one message of a reply as text or JSON, as iproute2 6.1 prints it. */
#ifndef CLSBPF_TC_PRINT_H
#define CLSBPF_TC_PRINT_H

#include "tc/emit.h"
#include "tc/encode.h"

struct print {
	struct backend *backend;   /* asked for names of devices and about programs */
	struct emit emit;
	/* What the command line said, so that it need not be repeated; 0: nothing. */
	u32 ifindex, parent;
	u16 pref, protocol;
	bool has_chain;
	u32 chain;
	bool actions;              /* a filter had actions, which are not printed */
};

/** print_qdisc() / print_filter() - Returns 0, or -EBADMSG for a message that is none of a qdisc or
 *  filter or is damaged. */
must_check int print_qdisc(struct print *print, const struct reply_tc *reply);
must_check int print_filter(struct print *print, const struct reply_tc *reply);

#endif
