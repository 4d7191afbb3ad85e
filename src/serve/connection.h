// SPDX-License-Identifier: BSD-2-Clause
/* connection.h - what server.c and connection.c know of each other. */
#ifndef CLSBPF_SERVE_CONNECTION_H
#define CLSBPF_SERVE_CONNECTION_H

#include "backend/backend.h"
#include "serve/serve.h"
#include "wire/channel.h"

/* One client. Everything is its thread's own, but for what is marked. */
struct connection {
	struct server *server;
	struct connection *next, **link;   /* the server's: under its lock */
	u32 groups;                        /* subscribed to, a bit each: under the server's lock */
	int fd;
	u32 uid, gid;                      /* of the process at the other end */
	struct backend *backend;           /* the engine as this client */
	bool greeted, broken;              /* it said hello; it broke the rules or hung up */

	/* The call in progress. */
	struct caller caller;
	bool foreign;                      /* the caller is somebody behind the client */
	u32 regions;
	struct remote_region region[REMOTE_REGIONS];
	u64 region_at[REMOTE_REGIONS];     /* where in the request's payload */

	struct message request, answer;
};

/** connection_run() - serve the client until it hangs up or breaks the rules. */
void connection_run(struct connection *connection);

/** server_subscribe() - events of @group go to @connection from now on, or (!@on) no more.
 *  Returns 0 or -EOPNOTSUPP. */
must_check int server_subscribe(struct server *server, struct connection *connection, u32 group,
				bool on);

#endif
