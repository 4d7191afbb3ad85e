// SPDX-License-Identifier: BSD-2-Clause
/* serve.h - an engine for several processes: a socket and its clients.
 *
 *   server --accept--> connection (a thread each): a client of the engine with a table of its own
 *
 * Not here: how the daemon is started and told to stop (cli/verb_serve.c).
 */
#ifndef CLSBPF_SERVE_SERVE_H
#define CLSBPF_SERVE_SERVE_H

#include <sys/types.h>

#include "backend/backend.h"
#include "base/log.h"

#define SERVER_CLIENTS 1024

struct server;

/** server_create() - a server for clients of @engine (backend_engine_create()), which must live longer.
 *  Returns 0 or -ENOMEM. */
must_check int server_create(struct backend *engine, struct server **out);

/** server_listen() - a socket at @path, with @mode and group @gid ((gid_t)-1: that of the process): who
 *  may connect may use the engine. A socket that a dead daemon left is replaced. While it is made the
 *  process' umask is changed. Returns 0, or -errno with a sentence: -EADDRINUSE (somebody listens
 *  there), -EEXIST (something else is there). */
must_check int server_listen(struct server *server, const char *path, mode_t mode, gid_t gid,
			     struct log *log);

/** server_run() - accept clients until @stop can be read. Returns 0 or -errno. */
must_check int server_run(struct server *server, int stop);

/** server_adopt() - the other end of @fd, a connected SOCK_SEQPACKET socket, is one more client. Takes
 *  @fd over. Returns 0, -EAGAIN (SERVER_CLIENTS are there: told to the client) or -errno. */
must_check int server_adopt(struct server *server, int fd);

/** server_destroy() - hang up on every client, wait for the calls they were in, remove the socket. */
void server_destroy(struct server *server);

#endif
