// SPDX-License-Identifier: BSD-2-Clause
/* pins.c - where maps of an object are pinned, and the directories that must be there for it.
 *
 *   <root>/tc/<sha1 of the object file>/NAME     PIN_OBJECT_NS: shared by loads of the same file
 *   <root>/tc/globals/NAME                       PIN_GLOBAL_NS, LIBBPF_PIN_BY_NAME
 *
 * A kernel that answers -ENOENT to a pin wants its directories made in its file system first; one
 * that makes them by itself never says so. Where the root refuses directories, that file system is
 * not mounted yet: sysfs lies there. Nobody has to ask which kernel it is.
 * Source of the paths: iproute2's bpf_legacy.c as semantics, observed with strace.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "load/into.h"

#define PIN_DIRECTORY_MODE 0700

int pins_path(struct into *in, const struct load_map *map, char path[PINS_PATH])
{
	char root[PINS_PATH / 2], sha1[2 * sizeof(in->object->sha1) + 1];
	int err;

	path[0] = '\0';
	if (!map->pin_by_name && map->pinning == LOAD_PIN_NONE)
		return 0;
	if (!map->pin_by_name && map->pinning > LOAD_PIN_GLOBAL)
		return log_error(in->log, -EOPNOTSUPP,
				 "%s: map %s: pinning %u: ids of the bpf_pinning file are not supported",
				 in->object->path, map->name, map->pinning);
	if (!*map->name || strchr(map->name, '/'))
		return log_error(in->log, -EINVAL, "%s: a map of the name \"%s\" cannot be pinned",
				 in->object->path, map->name);
	if (map->pin_by_name && in->options->pin_dir) {
		int len = snprintf(path, PINS_PATH, "%s/%s", in->options->pin_dir, map->name);

		return len < PINS_PATH ? 0 : -ENAMETOOLONG;
	}
	err = backend_path(in->backend, BACKEND_PIN_ROOT, root, sizeof(root));
	if (err)
		return log_error(in->log, err, "%s: map %s: there is no place for pins",
				 in->object->path, map->name);
	if (map->pin_by_name || map->pinning == LOAD_PIN_GLOBAL) {
		snprintf(path, PINS_PATH, "%s/tc/globals/%s", root, map->name);
		return 0;
	}
	for (u32 i = 0; i < sizeof(in->object->sha1); i++)
		snprintf(sha1 + 2 * i, 3, "%02x", in->object->sha1[i]);
	snprintf(path, PINS_PATH, "%s/tc/%s/%s", root, sha1, map->name);
	return 0;
}

int pins_open(struct backend *backend, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = ptr_u64(path);
	return backend_bpf(backend, BPF_OBJ_GET, &attr, sizeof(attr));
}

static int pin(struct backend *backend, const char *path, int handle)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = ptr_u64(path);
	attr.bpf_fd = (u32)handle;
	return backend_bpf(backend, BPF_OBJ_PIN, &attr, sizeof(attr));
}

/* Note a name before it is made, so that a name that is there can always be taken back. */
static int note(struct pins *pins, const char *name)
{
	if (pins->count == PINS_MADE_MAX)
		return -E2BIG;
	pins->name[pins->count] = strdup(name);
	if (!pins->name[pins->count])
		return -ENOMEM;
	pins->count++;
	return 0;
}

static void unnote(struct pins *pins)
{
	free(pins->name[--pins->count]);
}

/* A bpf file system at @root, as tc mounts it where none is. */
static int mount_root(struct pins *pins, const char *root)
{
	struct statfs status;

	if (statfs(root, &status))
		return -errno;
	if ((u64)status.f_type == BPF_FS_MAGIC)
		return 0;
	if (mount("bpf", root, "bpf", 0, "mode=0700"))
		return -errno;
	snprintf(pins->mounted, sizeof(pins->mounted), "%s", root);
	return 0;
}

/* The directories of @path behind its first @root bytes. */
static int make_each(struct pins *pins, size_t root, const char *path)
{
	char dir[PINS_PATH];
	int err = 0;

	for (size_t at = root + 1; !err && path[at]; at++) {
		if (path[at] != '/')
			continue;
		snprintf(dir, sizeof(dir), "%.*s", (int)at, path);
		err = note(pins, dir);
		if (!err && mkdir(dir, PIN_DIRECTORY_MODE)) {
			err = errno == EEXIST ? 0 : -errno;
			unnote(pins);
		}
	}
	return err;
}

/* @path again, once its directories are there. Only the pin root is a place where they may be made. */
static int pin_deep(struct pins *pins, struct backend *backend, const char *path, int handle)
{
	char root[PINS_PATH];
	int err = backend_path(backend, BACKEND_PIN_ROOT, root, sizeof(root));

	if (err)
		return err;
	if (strncmp(path, root, strlen(root)) || path[strlen(root)] != '/')
		return -ENOENT;
	err = make_each(pins, strlen(root), path);
	if (!err)
		err = pin(backend, path, handle);
	/* sysfs says -ENOENT where something is to be mounted, -EPERM elsewhere. */
	if ((err != -ENOENT && err != -EPERM && err != -EROFS) || pins->no_mount)
		return err;
	err = mount_root(pins, root);
	if (!err)
		err = make_each(pins, strlen(root), path);
	return err ? err : pin(backend, path, handle);
}

int pins_add(struct pins *pins, struct backend *backend, const char *path, int handle)
{
	int err = pin(backend, path, handle);

	if (err == -ENOENT)
		err = pin_deep(pins, backend, path, handle);
	if (err)
		return err;
	err = note(pins, path);
	if (err)
		(void)backend_unpin(backend, path);
	return err;
}

void pins_undo(struct pins *pins, struct backend *backend)
{
	while (pins->count) {
		(void)backend_unpin(backend, pins->name[pins->count - 1]);
		unnote(pins);
	}
	if (*pins->mounted)
		(void)umount2(pins->mounted, 0);
}

void pins_forget(struct pins *pins)
{
	while (pins->count)
		unnote(pins);
}
