// SPDX-License-Identifier: BSD-2-Clause
/* daemon.c - an engine and a server, without a process of their own. */
#include "daemon.h"

#include <errno.h>
#include <sys/socket.h>

#include "serve/serve.h"

int daemon_open(struct daemon *daemon)
{
	int err;

	daemon->server = NULL;
	err = backend_engine_create(NULL, &daemon->engine);
	return err ? err : server_create(daemon->engine, &daemon->server);
}

int daemon_socket(struct daemon *daemon)
{
	int end[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end))
		return -1;
	/* A server that is full says so to the client. */
	if (server_adopt(daemon->server, end[0]))
		return end[1];
	return end[1];
}

int daemon_client(struct daemon *daemon, struct backend **out)
{
	int fd = daemon_socket(daemon);

	return fd < 0 ? -errno : backend_remote_attach(fd, NULL, out);
}

void daemon_close(struct daemon *daemon)
{
	server_destroy(daemon->server);
	backend_destroy(daemon->engine);
}
