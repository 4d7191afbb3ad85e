// SPDX-License-Identifier: BSD-2-Clause
/* server.c - the socket and the list of clients.
 *
 * Invariant: a connection is in the list from before its thread begins until nothing of it is left but
 * its memory; `clients` counts them, and the server is not freed before it is 0. A connection's
 * descriptor is closed under the lock, so that whoever finds it in the list may use it.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve/connection.h"
#include "serve/serve.h"

#define BACKLOG 128
#define PAUSE_MS 100     /* when there are no descriptors for another client */

struct server {
	struct backend *engine;
	pthread_mutex_t lock;
	pthread_cond_t left;              /* a client has left */
	struct connection *connections;
	u32 clients;
	int fd;                           /* listens, or -1 */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t dev;                        /* of the socket file: only our own is removed */
	ino_t ino;
};

/* From any thread, in the middle of a run: nobody is waited for, a client that does not read loses it. */
static int server_trace(void *ctx, const void *bytes, size_t len)
{
	struct server *server = ctx;
	struct remote_frame frame = { .type = REMOTE_EVENT, .value = BACKEND_TRACE,
				      .payload = min_u64(len, REMOTE_INLINE) };

	pthread_mutex_lock(&server->lock);
	for (struct connection *c = server->connections; c; c = c->next)
		if (c->groups & 1u << BACKEND_TRACE && channel_send(c->fd, &frame, bytes, MSG_DONTWAIT))
			continue;
	pthread_mutex_unlock(&server->lock);
	return 0;
}

int server_subscribe(struct server *server, struct connection *connection, u32 group, bool on)
{
	u32 bit;

	if (group != BACKEND_TRACE)
		return -EOPNOTSUPP;
	bit = 1u << group;
	pthread_mutex_lock(&server->lock);
	connection->groups = on ? connection->groups | bit : connection->groups & ~bit;
	pthread_mutex_unlock(&server->lock);
	return 0;
}

int server_create(struct backend *engine, struct server **out)
{
	struct server *server = calloc(1, sizeof(*server));
	int err;

	if (!server)
		return -ENOMEM;
	server->engine = engine;
	server->fd = -1;
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->left, NULL);
	err = backend_subscribe(engine, BACKEND_TRACE, server_trace, server);
	if (err) {
		server_destroy(server);
		return err;
	}
	*out = server;
	return 0;
}

/* ---- clients ---- */

static void connection_free(struct connection *connection)
{
	if (connection->backend)
		backend_destroy(connection->backend);
	free(connection);
}

/* The connection's handles go before it is out of the list: who waits for that finds them gone. */
static void *connection_thread(void *arg)
{
	struct connection *connection = arg;
	struct server *server = connection->server;

	connection_run(connection);
	backend_destroy(connection->backend);
	connection->backend = NULL;
	pthread_mutex_lock(&server->lock);
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	close(connection->fd);
	connection_free(connection);
	server->clients--;
	pthread_cond_signal(&server->left);
	pthread_mutex_unlock(&server->lock);
	return NULL;
}

static int connection_create(struct server *server, int fd, struct connection **out)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int err;

	if (!connection)
		return -ENOMEM;
	connection->server = server;
	connection->fd = fd;
	message_init(&connection->request);
	message_init(&connection->answer);
	err = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) ? -errno : 0;
	if (!err)
		err = backend_engine_client(server->engine, &connection->backend);
	if (err) {
		connection_free(connection);
		return err;
	}
	connection->uid = peer.uid;
	connection->gid = peer.gid;
	*out = connection;
	return 0;
}

static int connection_start(struct connection *connection)
{
	struct server *server = connection->server;
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_mutex_lock(&server->lock);
	err = server->clients >= SERVER_CLIENTS ? -EAGAIN :
	      -pthread_create(&thread, &attributes, connection_thread, connection);
	if (!err) {
		connection->next = server->connections;
		connection->link = &server->connections;
		if (connection->next)
			connection->next->link = &connection->next;
		server->connections = connection;
		server->clients++;
	}
	pthread_mutex_unlock(&server->lock);
	pthread_attr_destroy(&attributes);
	return err;
}

/* To a client that is not let in. */
static void turn_away(int fd, int err)
{
	static const char text[] = "the daemon has no room for another client";
	struct remote_frame frame = { .type = REMOTE_RESULT, .value = err,
				      .payload = sizeof(text) - 1 };

	if (channel_send(fd, &frame, text, MSG_DONTWAIT) == 0)
		shutdown(fd, SHUT_WR);
	close(fd);
}

int server_adopt(struct server *server, int fd)
{
	struct connection *connection;
	int err = connection_create(server, fd, &connection);

	if (!err) {
		err = connection_start(connection);
		if (err)
			connection_free(connection);
	}
	if (err)
		turn_away(fd, err);
	return err;
}

/* ---- the socket ---- */

/* Is a daemon behind the socket file? */
static bool somebody_listens(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool answered = fd >= 0 &&
			(!connect(fd, (const struct sockaddr *)address, sizeof(*address)) ||
			 errno != ECONNREFUSED);

	if (fd >= 0)
		close(fd);
	return answered;
}

/* Bind, in place of what a dead daemon left. */
static int socket_bind(struct server *server, const struct sockaddr_un *address, struct log *log)
{
	const char *path = address->sun_path;
	struct stat found;

	if (!bind(server->fd, (const struct sockaddr *)address, sizeof(*address)))
		return 0;
	if (errno != EADDRINUSE)
		return log_error(log, -errno, "%s: %s", path, strerror(errno));
	if (!lstat(path, &found) && !S_ISSOCK(found.st_mode))
		return log_error(log, -EEXIST, "%s: there is something that is no socket", path);
	if (somebody_listens(address))
		return log_error(log, -EADDRINUSE, "%s: another daemon listens there", path);
	if (unlink(path) || bind(server->fd, (const struct sockaddr *)address, sizeof(*address)))
		return log_error(log, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* Nobody may connect before the permissions are right: listen() comes last. The file is made with its
 * mode, and its group is set without following a link: others may write to its directory. */
static int socket_open(struct server *server, const struct sockaddr_un *address, mode_t mode,
		       gid_t gid, struct log *log)
{
	const char *path = address->sun_path;
	struct stat made;
	mode_t mask;
	int err;

	if (fchmod(server->fd, mode))
		return log_error(log, -errno, "%s: its permissions: %s", path, strerror(errno));
	mask = umask(0);
	err = socket_bind(server, address, log);
	umask(mask);
	if (err)
		return err;
	strcpy(server->path, path);
	if (lstat(path, &made))
		return log_error(log, -errno, "%s: %s", path, strerror(errno));
	server->dev = made.st_dev;
	server->ino = made.st_ino;
	if (gid != (gid_t)-1 && lchown(path, (uid_t)-1, gid))
		return log_error(log, -errno, "%s: its group: %s", path, strerror(errno));
	if (listen(server->fd, BACKLOG))
		return log_error(log, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

int server_listen(struct server *server, const char *path, mode_t mode, gid_t gid, struct log *log)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return log_error(log, -ENAMETOOLONG, "%s: a socket's path has %zu bytes at most", path,
				 sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	server->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return log_error(log, -errno, "no socket: %s", strerror(errno));
	return socket_open(server, &address, mode, gid, log);
}

int server_run(struct server *server, int stop)
{
	struct pollfd waiting[2] = { { .fd = stop, .events = POLLIN },
				     { .fd = server->fd, .events = POLLIN } };

	for (;;) {
		int fd;

		if (poll(waiting, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (waiting[0].revents)
			return 0;
		if (!waiting[1].revents)
			continue;
		fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			(void)poll(waiting, 1, errno == EMFILE || errno == ENFILE ? PAUSE_MS : 0);
		else if (server_adopt(server, fd))
			continue;
	}
}

static void socket_remove(struct server *server)
{
	struct stat found;

	if (server->fd >= 0)
		close(server->fd);
	if (server->path[0] && !lstat(server->path, &found) && found.st_dev == server->dev &&
	    found.st_ino == server->ino)
		unlink(server->path);
}

void server_destroy(struct server *server)
{
	if (!server)
		return;
	socket_remove(server);
	pthread_mutex_lock(&server->lock);
	for (struct connection *c = server->connections; c; c = c->next)
		shutdown(c->fd, SHUT_RDWR);
	while (server->clients)
		pthread_cond_wait(&server->left, &server->lock);
	pthread_mutex_unlock(&server->lock);
	(void)!backend_subscribe(server->engine, BACKEND_TRACE, NULL, NULL);
	pthread_cond_destroy(&server->left);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
