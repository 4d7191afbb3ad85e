// SPDX-License-Identifier: BSD-2-Clause
/* fd.c - file tables. A table holds one user reference for each handle. */
#include <errno.h>
#include <stdlib.h>

#include "object/fd.h"

int client_create(struct engine *engine, struct client **out)
{
	struct client *client = calloc(1, sizeof(*client));
	int err;

	if (!client)
		return -ENOMEM;
	err = reclaim_slot_get(engine->reclaim, &client->slot);
	if (err) {
		free(client);
		return err;
	}
	client->engine = engine;
	client->rights = RIGHTS_ALL;
	pthread_mutex_init(&client->lock, NULL);
	*out = client;
	return 0;
}

void client_destroy(struct client *client)
{
	if (!client)
		return;
	for (u32 i = 0; i < client->room; i++)
		if (client->handle[i])
			object_put_user(client->handle[i]);
	reclaim_slot_put(client->engine->reclaim, client->slot);
	pthread_mutex_destroy(&client->lock);
	free(client->handle);
	free(client->access);
	free(client);
}

static int fd_grow(struct client *client)
{
	u32 room = client->room ? 2 * client->room : 64;
	struct object **handle;
	u32 *access;

	if (client->room >= FD_MAX)
		return -EMFILE;
	handle = reallocarray(client->handle, room, sizeof(*handle));
	if (!handle)
		return -ENOMEM;
	client->handle = handle;
	access = reallocarray(client->access, room, sizeof(*access));
	if (!access)
		return -ENOMEM;
	client->access = access;
	memset(handle + client->room, 0, (room - client->room) * sizeof(*handle));
	client->room = room;
	return 0;
}

int fd_install(struct client *client, struct object *object, u32 access)
{
	int fd = 0;
	u32 i;

	pthread_mutex_lock(&client->lock);
	for (i = client->lowest; i < client->room && client->handle[i]; i++)
		;
	if (i == client->room)
		fd = fd_grow(client);
	if (!fd) {
		client->handle[i] = object;
		client->access[i] = access;
		client->lowest = i + 1;
		fd = (int)i + FD_FIRST;
	}
	pthread_mutex_unlock(&client->lock);
	return fd;
}

static struct object *fd_lookup(struct client *client, s64 fd, u32 *access)
{
	struct object *object = NULL;

	pthread_mutex_lock(&client->lock);
	if (fd >= FD_FIRST && fd - FD_FIRST < client->room) {
		object = client->handle[fd - FD_FIRST];
		if (object) {
			object_get(object);
			if (access)
				*access = client->access[fd - FD_FIRST];
		}
	}
	pthread_mutex_unlock(&client->lock);
	return object;
}

s64 fd_translate(const struct client *client, s64 fd)
{
	struct caller *caller = client->caller;

	return caller ? caller->ops->handle(caller, (int)fd) : fd;
}

/* The reason why nothing was found: what a caller's descriptor was translated to may be one itself. */
static int fd_error(const struct client *client, s64 handle)
{
	return client->caller && handle == -EINVAL ? -EINVAL : -EBADF;
}

int fd_get_own(struct client *client, s64 handle, enum object_kind kind, struct object **out,
	       u32 *access)
{
	struct object *object = fd_lookup(client, handle, access);

	if (!object)
		return fd_error(client, handle);
	if (object->ops->kind != kind) {
		object_put(object);
		return -EINVAL;
	}
	*out = object;
	return 0;
}

int fd_get(struct client *client, s64 fd, enum object_kind kind, struct object **out, u32 *access)
{
	return fd_get_own(client, fd_translate(client, fd), kind, out, access);
}

int fd_get_any(struct client *client, s64 fd, struct object **out)
{
	s64 handle = fd_translate(client, fd);

	*out = fd_lookup(client, handle, NULL);
	return *out ? 0 : fd_error(client, handle);
}

int fd_close(struct client *client, s64 fd)
{
	struct object *object = NULL;
	u32 i = (u32)(fd - FD_FIRST);

	pthread_mutex_lock(&client->lock);
	if (fd >= FD_FIRST && fd - FD_FIRST < client->room) {
		object = client->handle[i];
		client->handle[i] = NULL;
		if (object && i < client->lowest)
			client->lowest = i;
	}
	pthread_mutex_unlock(&client->lock);
	if (!object)
		return -EBADF;
	object_put_user(object);
	return 0;
}
