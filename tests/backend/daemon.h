// SPDX-License-Identifier: BSD-2-Clause
/* daemon.h - an engine with a server in this process, whose clients come over socket pairs. */
#ifndef CLSBPF_TESTS_DAEMON_H
#define CLSBPF_TESTS_DAEMON_H

#include "backend/backend.h"

struct server;

struct daemon {
	struct backend *engine;
	struct server *server;
};

/** daemon_open() - Returns 0 or -errno. */
int daemon_open(struct daemon *daemon);

/** daemon_socket() - the client's end of a new connection, or -1. */
int daemon_socket(struct daemon *daemon);

/** daemon_client() - a new client. Returns 0 or -errno. */
int daemon_client(struct daemon *daemon, struct backend **out);

/** daemon_close() - after its clients, or before: then they find that it has gone. */
void daemon_close(struct daemon *daemon);

#endif
