// SPDX-License-Identifier: BSD-2-Clause
/* rtnl.c - requests of rtnetlink and who answers them. */
#include "rtnl/rtnl.h"

#include <errno.h>

int rtnl_request(struct client *client, const void *request, size_t len, rtnl_sink sink, void *ctx)
{
	return -EOPNOTSUPP;
}
