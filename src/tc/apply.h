// SPDX-License-Identifier: BSD-2-Clause
/* apply.h - how a message of tc goes to a kernel. tc_apply_*() are in tc.h. */
#ifndef CLSBPF_TC_APPLY_H
#define CLSBPF_TC_APPLY_H

#include "tc/tc.h"
#include "wire/msg.h"

/** apply_send() - backend_rtnl(), and a sentence where the kernel gave only an errno. */
must_check int apply_send(struct backend *backend, const struct msg *msg, backend_sink sink,
			  void *ctx, struct log *log);

/** apply_qdisc() / apply_filter() - tc_apply_*(), and whether it was the kernel that said no. */
must_check int apply_qdisc(struct backend *backend, const struct tc_qdisc_spec *spec,
			   struct log *log, bool *refused);
must_check int apply_filter(struct backend *backend, const struct tc_filter_spec *spec,
			    struct log *log, bool *refused);

#endif
