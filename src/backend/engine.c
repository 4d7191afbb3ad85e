// SPDX-License-Identifier: BSD-2-Clause
/* engine.c - the engine behind the seam, in this process: where its layers are plugged together.
 *
 *   backend -> client (handles) ---> shared: engine: ids, pins, clock (object/), devices (sched/)
 *   backend -> client (handles) -----^
 *              |-- bpf():  command/
 *              '-- rtnl(): rtnl/
 *
 * A backend is one client, who may call from several threads: its calls take turns.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/reply.h"
#include "command/command.h"
#include "map/shared.h"
#include "object/engine.h"
#include "object/fd.h"
#include "object/pin.h"
#include "rtnl/rtnl.h"
#include "sched/sched.h"

/* What all backends of one engine share. */
struct engine_shared {
	struct engine engine;
	_Atomic u32 backends;
	backend_sink trace;        /* who reads the lines of bpf_trace_printk() */
	void *trace_ctx;
};

struct engine_backend {
	struct backend backend;
	struct engine_shared *shared;
	struct client *client;
	pthread_mutex_t lock;      /* of the client: one call at a time */
	u32 seq;
};

static struct engine_backend *engine_of(struct backend *backend)
{
	return container_of(backend, struct engine_backend, backend);
}

static int engine_bpf_for(struct backend *backend, struct caller *caller, int cmd, u64 attr,
			  u32 size)
{
	struct engine_backend *eb = engine_of(backend);
	int ret;

	pthread_mutex_lock(&eb->lock);
	ret = command_bpf(eb->client, caller, cmd, attr, size);
	pthread_mutex_unlock(&eb->lock);
	return ret;
}

static int engine_bpf(struct backend *backend, int cmd, union bpf_attr *attr, u32 size)
{
	return engine_bpf_for(backend, NULL, cmd, ptr_u64(attr), size);
}

static int engine_reply(void *ctx, const void *bytes, size_t len)
{
	struct reply *reply = ctx;
	int err = reply_take(reply, bytes, len);

	return err ? err : reply->err;
}

static int engine_rtnl(struct backend *backend, const struct nlmsghdr *request, backend_sink sink,
		       void *ctx, struct log *log)
{
	struct engine_backend *eb = engine_of(backend);
	struct reply reply = { .sink = sink, .ctx = ctx, .log = log };
	struct nlmsghdr *copy;
	int err;

	pthread_mutex_lock(&eb->lock);
	reply.seq = ++eb->seq;
	err = reply_request(request, reply.seq, &copy);
	if (!err) {
		err = rtnl_request(eb->client, copy, copy->nlmsg_len, engine_reply, &reply);
		free(copy);
		if (!err)
			err = reply.err;
	}
	pthread_mutex_unlock(&eb->lock);
	return err;
}

static int engine_close(struct backend *backend, int handle)
{
	return fd_close(engine_of(backend)->client, handle);
}

/* The object behind a handle, whatever it is; object_put() it. Another thread's call may be under way
 * for a caller with other numbers: these are the client's own. */
static int engine_object(struct backend *backend, int handle, struct object **out, u32 *access)
{
	struct client *client = engine_of(backend)->client;
	int err = -EINVAL;

	for (u32 kind = 0; kind < OBJECT_KINDS && err == -EINVAL; kind++)
		err = fd_get_own(client, handle, kind, out, access);
	return err;
}

static int engine_map_memory(struct backend *backend, int handle, u64 offset, u64 length, int prot,
			     void **out)
{
	struct object *object;
	u32 access = 0;
	int err = engine_object(backend, handle, &object, &access);

	if (err)
		return err;
	err = object->ops->kind == OBJECT_MAP
	      ? map_mmap(map_of(object), access, offset, length, prot, out) : -ENODEV;
	object_put(object);
	return err;
}

static int engine_wait(struct backend *backend, int handle, int timeout_ms)
{
	struct object *object;
	int ret = engine_object(backend, handle, &object, NULL);

	if (ret)
		return ret;
	ret = object->ops->kind == OBJECT_MAP ? map_wait(map_of(object), timeout_ms) : 1;
	object_put(object);
	return ret;
}

static int share_map(struct map *map, u32 access, struct backend_share *out)
{
	int err = map_share(map, access, &out->memory), fd;

	if (err || !map->ops->wait_fd)
		return err;
	fd = map->ops->wait_fd(map);
	if (fd >= 0)
		out->wait = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (out->wait >= 0)
		return 0;
	err = fd < 0 ? fd : -errno;
	if (out->memory >= 0)
		close(out->memory);
	return err;
}

static int engine_share(struct backend *backend, int handle, struct backend_share *out)
{
	static const enum backend_kind kinds[OBJECT_KINDS] = {
		[OBJECT_MAP] = BACKEND_OBJ_MAP, [OBJECT_PROG] = BACKEND_OBJ_PROG,
		[OBJECT_BTF] = BACKEND_OBJ_BTF, [OBJECT_LINK] = BACKEND_OBJ_LINK,
	};
	struct object *object;
	u32 access = 0;
	int err = engine_object(backend, handle, &object, &access);

	if (err)
		return err;
	*out = (struct backend_share){ .kind = kinds[object->ops->kind], .memory = -1, .wait = -1 };
	if (object->ops->kind == OBJECT_MAP)
		err = share_map(map_of(object), access, out);
	object_put(object);
	return err;
}

static void engine_trace(void *ctx, const char *line, size_t len)
{
	struct engine_shared *shared = ctx;

	(void)shared->trace(shared->trace_ctx, line, len);
}

static int engine_subscribe(struct backend *backend, enum backend_group group, backend_sink sink,
			    void *ctx)
{
	struct engine_shared *shared = engine_of(backend)->shared;

	if (group != BACKEND_TRACE)
		return -EOPNOTSUPP;
	shared->engine.trace = NULL;
	shared->trace = sink;
	shared->trace_ctx = ctx;
	shared->engine.trace_ctx = shared;
	shared->engine.trace = sink ? engine_trace : NULL;
	return 0;
}

/* There is no pipe, no file with the kernel's BTF and no configuration to read. */
static int engine_path(struct backend *backend, enum backend_path what, char *buf, size_t room)
{
	static const char release[] = "6.18.0";
	const struct engine *engine = &engine_of(backend)->shared->engine;
	int len = -1;

	if (what == BACKEND_PIN_ROOT)
		return pin_root_path(&engine_of(backend)->shared->engine, buf, room);
	if (what == BACKEND_RELEASE)
		len = snprintf(buf, room, "%s", release);
	else if (what == BACKEND_UNPRIVILEGED_BPF)
		len = snprintf(buf, room, "%u", engine_unprivileged_bpf(engine));
	return len < 0 ? -ENOENT : (size_t)len >= room ? -ENAMETOOLONG : 0;
}

static int engine_unpin(struct backend *backend, const struct caller *caller, const char *path)
{
	struct pin_caller who = { 0 };

	if (caller)
		who = (struct pin_caller){ caller->uid, caller->gid, !caller->uid };
	return pin_unlink(&engine_of(backend)->shared->engine, caller ? &who : NULL, path);
}

static const char *engine_message(struct backend *backend)
{
	return engine_of(backend)->client->message;
}

static void shared_put(struct engine_shared *shared)
{
	if (atomic_fetch_sub(&shared->backends, 1) > 1)
		return;
	if (shared->engine.sched)
		sched_destroy(&shared->engine);
	engine_core_fini(&shared->engine);
	free(shared);
}

static void engine_destroy(struct backend *backend)
{
	struct engine_backend *eb = engine_of(backend);

	client_destroy(eb->client);
	pthread_mutex_destroy(&eb->lock);
	shared_put(eb->shared);
	free(eb);
}

static const struct backend_ops engine_ops = {
	.bpf = engine_bpf,
	.bpf_for = engine_bpf_for,
	.rtnl = engine_rtnl,
	.close = engine_close,
	.map_memory = engine_map_memory,
	.wait = engine_wait,
	.share = engine_share,
	.subscribe = engine_subscribe,
	.path = engine_path,
	.unpin = engine_unpin,
	.message = engine_message,
	.destroy = engine_destroy,
};

static int engine_device_mac(struct engine *engine, u32 ifindex, u8 mac[6])
{
	const struct device *device = device_find(engine, ifindex);

	if (!device)
		return -ENODEV;
	memcpy(mac, device->mac, 6);
	return 0;
}

/* One more client; takes over a reference of @shared, also when it fails. */
static int engine_attach(struct engine_shared *shared, struct backend **out)
{
	struct engine_backend *eb = calloc(1, sizeof(*eb));
	int err = eb ? client_create(&shared->engine, &eb->client) : -ENOMEM;

	if (err) {
		free(eb);
		shared_put(shared);
		return err;
	}
	eb->backend.ops = &engine_ops;
	eb->shared = shared;
	pthread_mutex_init(&eb->lock, NULL);
	*out = &eb->backend;
	return 0;
}

int backend_engine_create(const struct engine_config *config, struct backend **out)
{
	struct engine_shared *shared = calloc(1, sizeof(*shared));
	int err;

	if (!shared)
		return -ENOMEM;
	err = engine_core_init(&shared->engine, config);
	if (err) {
		free(shared);
		return err;
	}
	atomic_init(&shared->backends, 1);
	shared->engine.device_mac = engine_device_mac;
	shared->engine.test_host = &sched_test_host;
	shared->engine.attach_host = &sched_attach_host;
	err = sched_create(&shared->engine);
	if (err) {
		shared_put(shared);
		return err;
	}
	return engine_attach(shared, out);
}

int backend_engine_client(struct backend *engine, struct backend **out)
{
	struct engine_shared *shared;

	if (engine->ops != &engine_ops)
		return -EOPNOTSUPP;
	shared = engine_of(engine)->shared;
	atomic_fetch_add(&shared->backends, 1);
	return engine_attach(shared, out);
}

void backend_engine_rights(struct backend *backend, u32 rights)
{
	engine_of(backend)->client->rights = rights;
}

struct engine *backend_engine(struct backend *backend)
{
	return backend->ops == &engine_ops ? &engine_of(backend)->shared->engine : NULL;
}
