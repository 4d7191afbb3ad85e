// SPDX-License-Identifier: BSD-2-Clause
/* pin_dir.c - the tree of pins in a run directory: the file system is the tree.
 *
 *   <rundir>/lock       held while an engine has the directory
 *   <rundir>/bpf/       the tree; a pin is a file of mode 0600 that says what it is
 *   <rundir>/roots/N/   trees that were mounted elsewhere
 *
 * Nothing here mirrors the directories: a path is looked up in the file system every time, so what
 * others do with its calls just works. What this file adds is which file is which object, and the
 * rights of callers who are not this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "object/pin_tree.h"

struct dir_tree {
	struct pin_tree tree;
	pthread_mutex_t lock;      /* of nodes; a new file becomes a pin under it */
	struct pin_nodes nodes;
	int rundir, lock_file, bpf, roots;   /* -1: not open */
	char *given, *real, *real_roots;     /* absolute paths of bpf and roots */
	u32 last_root;
};

static struct dir_tree *dir_of(struct pin_tree *tree)
{
	return container_of(tree, struct dir_tree, tree);
}

static void dir_sweep(struct pin_tree *tree)
{
	struct dir_tree *d = dir_of(tree);
	struct list gone;

	list_init(&gone);
	pthread_mutex_lock(&d->lock);
	pin_nodes_sweep(&d->nodes, &gone);
	pthread_mutex_unlock(&d->lock);
	pin_nodes_drop(&gone);
}

/* The number of a root at the beginning of @path: "/12/..." */
static bool dir_root_number(const char **path, char number[16])
{
	struct pin_step step = pin_step(path);

	if (step.kind != PIN_NAME || step.len > 10 || strspn(step.name, "0123456789") != step.len)
		return false;
	memcpy(number, step.name, step.len);
	number[step.len] = '\0';
	return true;
}

/* The root that *path begins with; *path becomes what follows. root->fd is to be closed.
 * Returns 0, -EACCES (no root's), or -errno. */
static int dir_root(struct dir_tree *d, const char **path, struct pin_root *root)
{
	const char *rest = pin_below(*path, d->real_roots);
	char number[16];

	if (rest && dir_root_number(&rest, number)) {
		*root = (struct pin_root){ .fd = openat(d->roots, number, O_PATH | O_DIRECTORY |
							O_NOFOLLOW | O_CLOEXEC) };
	} else {
		*root = (struct pin_root){ .names = { PIN_ROOT, d->real, d->given } };
		rest = **path != '/' ? *path : NULL;
		for (size_t i = 0; i < ARRAY_SIZE(root->names) && !rest; i++)
			rest = pin_below(*path, root->names[i]);
		if (!rest)
			return -EACCES;
		root->fd = openat(d->bpf, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	*path = rest;
	return root->fd < 0 ? -errno : 0;
}

static int dir_walk(struct dir_tree *d, const struct pin_caller *caller, const char *path,
		    bool follow, struct pin_place *place)
{
	struct pin_root root;
	int err = dir_root(d, &path, &root);

	if (err)
		return err;
	err = pin_walk(&root, caller, path, follow, place);
	close(root.fd);
	return err;
}

/* What a user sees who looks into the node, and its owner. Only root gives files away. */
static int node_dress(int fd, const struct pin_caller *caller, const struct stat *dir,
		      const struct object *object)
{
	if (fchmod(fd, 0600))
		return -errno;
	if (dprintf(fd, "%s %u\n", object->ops->name, object->id) < 0)
		return -errno;
	if (!geteuid() && fchown(fd, caller->uid, dir->st_mode & S_ISGID ? dir->st_gid : caller->gid))
		return -errno;
	return 0;
}

/* Under the lock from the first moment that others can see the file: it is never there without being
 * a pin. */
static int node_make(struct dir_tree *d, const struct pin_caller *caller,
		     const struct pin_place *place, struct object *object, struct list *gone)
{
	int fd = openat(place->dir, place->name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
			0600);
	int err;

	if (fd < 0)
		return -errno;
	pin_nodes_sweep(&d->nodes, gone);
	err = node_dress(fd, caller, &place->dir_stat, object);
	if (!err)
		err = pin_nodes_add(&d->nodes, fd, object);
	if (err)
		(void)unlinkat(place->dir, place->name, 0);
	close(fd);
	return err;
}

static int place_pin(struct dir_tree *d, const struct pin_caller *caller,
		     const struct pin_place *place, struct object *object, struct log *log)
{
	struct list gone;
	struct stat st;
	int err;

	/* In the order of Linux: what is there, then what may be made. */
	if (!*place->name || !fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW))
		return -EEXIST;
	if (errno != ENOENT)
		return -errno;
	if (place->slash)
		return -ENOENT;
	if (!pin_may(caller, &place->dir_stat, 2 | 1))
		return -EACCES;
	list_init(&gone);
	pthread_mutex_lock(&d->lock);
	err = node_make(d, caller, place, object, &gone);
	pthread_mutex_unlock(&d->lock);
	pin_nodes_drop(&gone);
	if (err == -ENOSPC)
		return log_error(log, err, "pin %.128s: no room, or more pins than "
				 "fs.inotify.max_user_watches allows", place->name);
	return err;
}

static int dir_pin(struct pin_tree *tree, const struct pin_caller *caller, const char *path,
		   struct object *object, struct log *log)
{
	struct dir_tree *d = dir_of(tree);
	struct pin_place place;
	struct pin_root root;
	int err = dir_root(d, &path, &root);

	if (err)
		return err == -EACCES ? -EPERM : err;
	err = pin_walk(&root, caller, path, false, &place);
	close(root.fd);
	if (err)
		return err;
	err = place_pin(d, caller, &place, object, log);
	pin_place_close(&place);
	return err;
}

static int dir_find(struct pin_tree *tree, const struct pin_caller *caller, const char *path,
		    u32 access, struct object **out)
{
	u32 want = access == BPF_F_RDONLY ? 4 : access == BPF_F_WRONLY ? 2 : 4 | 2;
	struct dir_tree *d = dir_of(tree);
	struct pin_place place;
	struct object *object;
	struct list gone;
	int err = dir_walk(d, caller, path, true, &place);

	if (err)
		return err;
	if (place.node < 0 || !pin_may(caller, &place.node_stat, want)) {
		pin_place_close(&place);
		return -EACCES;
	}
	list_init(&gone);
	pthread_mutex_lock(&d->lock);
	pin_nodes_sweep(&d->nodes, &gone);
	object = pin_nodes_find(&d->nodes, &place.node_stat);
	if (object)
		object_get_user(object);
	pthread_mutex_unlock(&d->lock);
	pin_nodes_drop(&gone);
	pin_place_close(&place);
	if (!object)
		return -EACCES;
	*out = object;
	return 0;
}

static int place_unlink(const struct pin_caller *caller, const struct pin_place *place)
{
	struct stat st;

	if (!*place->name)
		return -EBUSY;
	if (fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (!pin_may(caller, &place->dir_stat, 2 | 1))
		return -EACCES;
	if (place->dir_stat.st_mode & S_ISVTX && !caller->override &&
	    caller->uid != place->dir_stat.st_uid && caller->uid != st.st_uid)
		return -EPERM;
	if (place->slash && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return unlinkat(place->dir, place->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) ? -errno : 0;
}

static int dir_unlink(struct pin_tree *tree, const struct pin_caller *caller, const char *path)
{
	struct pin_place place;
	int err = dir_walk(dir_of(tree), caller, path, false, &place);

	if (err)
		return err;
	err = place_unlink(caller, &place);
	pin_place_close(&place);
	dir_sweep(tree);
	return err;
}

static int dir_root_path(struct pin_tree *tree, char *buf, size_t room)
{
	return snprintf(buf, room, "%s", dir_of(tree)->real) >= (int)room ? -ENAMETOOLONG : 0;
}

static int dir_root_add(struct pin_tree *tree, const struct pin_caller *caller, u32 mode, char *buf,
			size_t room)
{
	struct dir_tree *d = dir_of(tree);
	char number[16];
	int fd, err = 0;

	pthread_mutex_lock(&d->lock);
	snprintf(number, sizeof(number), "%u", ++d->last_root);
	pthread_mutex_unlock(&d->lock);
	if (snprintf(buf, room, "%s/%s", d->real_roots, number) >= (int)room)
		return -ENAMETOOLONG;
	if (mkdirat(d->roots, number, 0700))
		return -errno;
	fd = openat(d->roots, number, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (!geteuid() && fchown(fd, caller->uid, caller->gid)) || fchmod(fd, mode & 07777)) {
		err = -errno;
		(void)unlinkat(d->roots, number, AT_REMOVEDIR);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int dir_root_remove(struct pin_tree *tree, const char *path)
{
	struct dir_tree *d = dir_of(tree);
	const char *rest = pin_below(path, d->real_roots);
	char number[16];
	u32 removed = 0;
	int fd, err;

	if (!rest || !dir_root_number(&rest, number) || pin_step(&rest).kind != PIN_END)
		return -EINVAL;
	fd = openat(d->roots, number, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EINVAL : -errno;
	err = pin_clear(fd, &removed);
	close(fd);
	if (!err && unlinkat(d->roots, number, AT_REMOVEDIR))
		err = -errno;
	dir_sweep(tree);
	return err;
}

static void dir_free(struct dir_tree *d)
{
	const int fds[] = { d->roots, d->bpf, d->lock_file, d->rundir };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(d->given);
	free(d->real);
	free(d->real_roots);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

/* What cannot be removed is stale for the next engine. */
static void dir_destroy(struct pin_tree *tree)
{
	struct dir_tree *d = dir_of(tree);
	u32 removed = 0;

	pin_nodes_fini(&d->nodes);
	if (!pin_clear(d->bpf, &removed) && !pin_clear(d->roots, &removed))
		(void)unlinkat(d->rundir, "roots", AT_REMOVEDIR);
	dir_free(d);
}

static const struct pin_tree_ops dir_ops = {
	.pin = dir_pin,
	.find = dir_find,
	.unlink = dir_unlink,
	.sweep = dir_sweep,
	.root_path = dir_root_path,
	.root_add = dir_root_add,
	.root_remove = dir_root_remove,
	.destroy = dir_destroy,
};

/* A folder of the run directory that is ours and empty. */
static int dir_folder(struct dir_tree *d, const char *name, u32 *stale, struct log *log, int *out)
{
	struct stat st;
	int err;

	if (mkdirat(d->rundir, name, 0700) && errno != EEXIST)
		return log_error(log, -errno, "run directory: %s cannot be made: %m", name);
	*out = openat(d->rundir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*out < 0 || fstat(*out, &st))
		return log_error(log, -errno, "run directory: %s cannot be opened: %m", name);
	if (st.st_uid != geteuid())
		return log_error(log, -EPERM, "run directory: %s belongs to another user", name);
	err = pin_clear(*out, stale);
	if (err)
		return log_error(log, err, "run directory: %s has stale nodes that cannot be removed: %s",
				 name, strerror(-err));
	return 0;
}

static int dir_names(struct dir_tree *d, const char *rundir)
{
	char *real = realpath(rundir, NULL);
	int err = 0;

	if (!real)
		return -errno;
	if (asprintf(&d->given, "%s/bpf", *rundir == '/' ? rundir : real) < 0 ||
	    asprintf(&d->real, "%s/bpf", real) < 0 || asprintf(&d->real_roots, "%s/roots", real) < 0)
		err = -ENOMEM;
	free(real);
	return err;
}

static int dir_take(struct dir_tree *d, const char *rundir, struct log *log)
{
	struct stat st;
	int err;

	d->rundir = open(rundir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = d->rundir < 0 || fstat(d->rundir, &st) ? -errno : dir_names(d, rundir);
	if (err)
		return log_error(log, err, "run directory %.200s: %s", rundir, strerror(-err));
	if (st.st_uid != geteuid())
		return log_error(log, -EPERM, "run directory %.200s: it belongs to another user", rundir);
	d->lock_file = openat(d->rundir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->lock_file >= 0 && !flock(d->lock_file, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return log_error(log, -EBUSY, "run directory %.200s: another engine is using it", rundir);
	return log_error(log, -errno, "run directory %.200s: it cannot be locked: %m", rundir);
}

int pin_dir_create(const char *rundir, struct log *log, u32 *stale, struct pin_tree **out)
{
	struct dir_tree *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->tree.ops = &dir_ops;
	pthread_mutex_init(&d->lock, NULL);
	d->rundir = d->lock_file = d->bpf = d->roots = -1;
	err = dir_take(d, rundir, log);
	if (!err)
		err = dir_folder(d, "bpf", stale, log, &d->bpf);
	if (!err)
		err = dir_folder(d, "roots", stale, log, &d->roots);
	if (!err) {
		err = pin_nodes_init(&d->nodes);
		if (err)
			(void)log_error(log, err, "run directory: no inotify to watch pins with: %s",
					strerror(-err));
	}
	if (err) {
		dir_free(d);
		return err;
	}
	*out = &d->tree;
	return 0;
}
