// SPDX-License-Identifier: BSD-2-Clause
/* expression.h - tcpdump expressions that choose packets of a capture: libpcap's compiler. */
#ifndef CLSBPF_IO_EXPRESSION_H
#define CLSBPF_IO_EXPRESSION_H

#include "base/log.h"

struct expression;

/** expression_compile() - @text for Ethernet (@l2) or raw IP packets.
 *  Returns 0, -EINVAL with libpcap's sentence, or -ENOMEM. */
must_check int expression_compile(const char *text, bool l2, struct log *log,
				  struct expression **out);

/** expression_matches() - does the packet of @wire_len bytes, @len of them at @bytes, match? */
bool expression_matches(const struct expression *expression, const u8 *bytes, u32 wire_len, u32 len);

void expression_free(struct expression *expression);

#endif
