// SPDX-License-Identifier: BSD-2-Clause
/* on_object.c - commands that are the same for every kind of object: pins and ids. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "command/call.h"
#include "object/pin.h"

#define ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY)

/* The path of a pin, and the rule that path_fd and its flag come together. */
static int pin_path_read(struct call *call, u32 known, bool create, char path[PATH_MAX + 1])
{
	struct caller *caller = call->client->caller;
	u32 flags = call->attr->bpf.file_flags;
	char given[PATH_MAX + 1];
	int len, dirfd;

	if (flags & ~(known | FLAG_PATH_FD) ||
	    (!(flags & FLAG_PATH_FD) && call_u32(call, ATTR_OBJ_PATH_FD)))
		return log_error(&call->log, -EINVAL, "pin: flags 0x%x", flags);
	len = user_string(call, given, call->attr->bpf.pathname, PATH_MAX + 1);
	if (len < 0)
		return len;
	if (!len)
		return -ENOENT;
	if (len == PATH_MAX)
		return log_error(&call->log, -ENAMETOOLONG, "pin: a path of %d bytes or more", PATH_MAX);
	dirfd = flags & FLAG_PATH_FD ? (int)call_u32(call, ATTR_OBJ_PATH_FD) : AT_FDCWD;
	if (caller)
		return caller->ops->path(caller, dirfd, given, create, path);
	if (flags & FLAG_PATH_FD && given[0] != '/')
		return log_error(&call->log, -EOPNOTSUPP,
				 "pin %.64s: handles are no directories here", given);
	memcpy(path, given, (size_t)len + 1);
	return 0;
}

/* Whose rights count. NULL: this process's. */
static const struct pin_caller *pin_caller(const struct call *call, struct pin_caller *who)
{
	const struct caller *caller = call->client->caller;

	if (!caller)
		return NULL;
	*who = (struct pin_caller){ caller->uid, caller->gid, !caller->uid };
	return who;
}

int on_obj_pin(struct call *call)
{
	char path[PATH_MAX + 1];
	struct pin_caller who;
	struct object *object;
	int err = pin_path_read(call, 0, true, path);

	if (err == -EINVAL)
		return err;
	if (fd_get_any(call->client, (int)call->attr->bpf.bpf_fd, &object))
		return log_error(&call->log, -EINVAL, "pin: handle %u is not open",
				 call->attr->bpf.bpf_fd);
	if (object->ops->kind == OBJECT_BTF || object->ops->kind == OBJECT_STATS)
		err = log_error(&call->log, -EINVAL, "pin: a %s has no name", object->ops->name);
	if (!err)
		err = pin_object(call->engine, pin_caller(call, &who), path, object, &call->log);
	object_put(object);
	return err;
}

int on_obj_get(struct call *call)
{
	u32 access = call->attr->bpf.file_flags & ACCESS_FLAGS;
	char path[PATH_MAX + 1];
	struct pin_caller who;
	struct object *object;
	int err;

	if (call->attr->bpf.bpf_fd || access == ACCESS_FLAGS)
		return log_error(&call->log, -EINVAL, "pin: nothing gives a handle like that");
	err = pin_path_read(call, ACCESS_FLAGS, false, path);
	if (!err)
		err = pin_find(call->engine, pin_caller(call, &who), path, access, &object);
	if (err)
		return err;
	/* For a program Linux takes the flags and forgets them. */
	if (object->ops->kind == OBJECT_LINK && access)
		err = log_error(&call->log, -EINVAL, "pin %.128s: a %s has no access flags", path,
				object->ops->name);
	else
		err = fd_install(call->client, object, object->ops->kind == OBJECT_MAP ? access : 0);
	if (err < 0)
		object_put_user(object);
	return err;
}

static int next_id(struct call *call, enum object_kind kind)
{
	u32 id;
	int err = call->attr->bpf.start_id < INT_MAX ? call_require(call, RIGHT_SYS_ADMIN) : -EINVAL;

	if (err)
		return err;
	pin_sweep(call->engine);
	err = object_next_id(call->engine, kind, call->attr->bpf.start_id, &id);
	return err ? err : CALL_REPLY(call, next_id, id);
}

int on_prog_next_id(struct call *call) { return next_id(call, OBJECT_PROG); }
int on_map_next_id(struct call *call) { return next_id(call, OBJECT_MAP); }
int on_btf_next_id(struct call *call) { return next_id(call, OBJECT_BTF); }
int on_link_next_id(struct call *call) { return next_id(call, OBJECT_LINK); }

static int by_id(struct call *call, enum object_kind kind, u32 access)
{
	struct object *object;
	int fd;

	pin_sweep(call->engine);
	object = object_find(call->engine, kind, call->attr->bpf.map_id);
	if (!object)
		return -ENOENT;
	fd = fd_install(call->client, object, access);
	if (fd < 0)
		object_put_user(object);
	return fd;
}

int on_prog_by_id(struct call *call) { return by_id(call, OBJECT_PROG, 0); }
int on_link_by_id(struct call *call) { return by_id(call, OBJECT_LINK, 0); }

int on_map_by_id(struct call *call)
{
	u32 access = call->attr->bpf.open_flags;
	int err = access & ~ACCESS_FLAGS ? 0 : call_require(call, RIGHT_SYS_ADMIN);

	if (err)
		return err;
	if (access & ~ACCESS_FLAGS || access == ACCESS_FLAGS)
		return log_error(&call->log, -EINVAL, "map: open_flags 0x%x", access);
	return by_id(call, OBJECT_MAP, access);
}

int on_btf_by_id(struct call *call)
{
	u32 flags = call->attr->bpf.open_flags;
	int err;

	if (flags)
		return log_error(&call->log, flags == FLAG_TOKEN_FD ? -EOPNOTSUPP : -EINVAL,
				 "BTF: open_flags 0x%x", flags);
	err = call_require(call, RIGHT_SYS_ADMIN);
	return err ? err : by_id(call, OBJECT_BTF, 0);
}
