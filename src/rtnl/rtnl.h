// SPDX-License-Identifier: BSD-2-Clause
/* rtnl.h - the engine's end of rtnetlink. */
#ifndef CLSBPF_RTNL_RTNL_H
#define CLSBPF_RTNL_RTNL_H

#include <linux/netlink.h>

#include "object/fd.h"

/** rtnl_sink - receives one reply message (nlmsghdr and payload). Negative: stop with this error. */
typedef int (*rtnl_sink)(void *ctx, const void *bytes, size_t len);

/** rtnl_request() - handle one request of @len bytes, which are hostile, with strict checking as on
 *  a socket with NETLINK_GET_STRICT_CHK and NETLINK_EXT_ACK: replies go to @sink in order, and end
 *  with the NLMSG_ERROR (the acknowledgement or the error, with its extack sentence) or NLMSG_DONE
 *  that Linux would send. Returns 0 once the answer was delivered, or what @sink returned. */
must_check int rtnl_request(struct client *client, const void *request, size_t len, rtnl_sink sink,
			    void *ctx);

#endif
