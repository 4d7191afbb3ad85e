// SPDX-License-Identifier: BSD-2-Clause
/* pin.c - the tree of pins.
 *
 *   root -- "tc" -- "globals" -- "jmp_tc" -> object
 *                \- "<sha1>"  -- "map_sh" -> object
 *
 * A node is either a directory (children) or a pin (object, one user reference). With a run
 * directory every node shows below <rundir>/bpf: a directory as a directory, a pin as an empty
 * file. Those are for people's eyes: what holds is the tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "object/pin.h"

#define PIN_ROOT "/sys/fs/bpf"
#define PIN_NODES_MAX (1u << 20)

struct pin_node {
	struct list link;         /* in the parent's children */
	struct list children;     /* of a directory */
	struct object *object;    /* of a pin; NULL: a directory */
	char name[NAME_MAX + 1];
};

struct pin_tree {
	pthread_mutex_t lock;
	struct pin_node root;
	char *shown;              /* <rundir>/bpf, or NULL */
	u32 count;
};

int pin_tree_create(const char *rundir, struct pin_tree **out)
{
	struct pin_tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -ENOMEM;
	pthread_mutex_init(&tree->lock, NULL);
	list_init(&tree->root.children);
	if (rundir) {
		if (asprintf(&tree->shown, "%s/bpf", rundir) < 0) {
			free(tree);
			return -ENOMEM;
		}
		if (mkdir(tree->shown, 0700) && errno != EEXIST) {
			int err = -errno;

			free(tree->shown);
			free(tree);
			return err;
		}
	}
	*out = tree;
	return 0;
}

/* Free what is below @dir and hide its nodes. @shown: the directory's path, @room bytes in all. */
static void pin_free_below(struct pin_node *dir, char *shown, size_t room)
{
	struct pin_node *node, *next;
	size_t len = shown ? strlen(shown) : 0;

	list_for_each_safe(node, next, &dir->children, link) {
		char *path = shown;

		if (path && snprintf(path + len, room - len, "/%s", node->name) >= (int)(room - len))
			path = NULL;
		list_remove(&node->link);
		if (node->object)
			object_put_user(node->object);
		else
			pin_free_below(node, path, room);
		if (path)
			(void)remove(path);
		if (shown)
			shown[len] = '\0';
		free(node);
	}
}

void pin_tree_destroy(struct pin_tree *tree)
{
	char shown[PATH_MAX];
	bool show;

	if (!tree)
		return;
	show = tree->shown && strlen(tree->shown) < sizeof(shown);
	if (show)
		strcpy(shown, tree->shown);
	pin_free_below(&tree->root, show ? shown : NULL, sizeof(shown));
	pthread_mutex_destroy(&tree->lock);
	free(tree->shown);
	free(tree);
}

static struct pin_node *pin_child(struct pin_node *dir, const char *name, size_t len)
{
	struct pin_node *node;

	list_for_each(node, &dir->children, link)
		if (strlen(node->name) == len && !memcmp(node->name, name, len))
			return node;
	return NULL;
}

/* The next name of a path: *path moves to it, past slashes; returns its length. */
static size_t pin_step(const char **path)
{
	while (**path == '/')
		(*path)++;
	return strcspn(*path, "/");
}

static const char *pin_relative(const char *path)
{
	size_t root = strlen(PIN_ROOT);

	if (!strncmp(path, PIN_ROOT, root) && (path[root] == '/' || !path[root]))
		return path + root;
	return path;
}

static struct pin_node *pin_add(struct pin_tree *tree, struct pin_node *dir, const char *name,
				size_t len, struct object *object)
{
	struct pin_node *node;

	if (tree->count >= PIN_NODES_MAX)
		return NULL;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	memcpy(node->name, name, len);
	list_init(&node->children);
	node->object = object;
	list_add_tail(&dir->children, &node->link);
	tree->count++;
	return node;
}

/* Show or hide one node below the run directory; failing to do so harms nothing. */
static void pin_show(const struct pin_tree *tree, const char *path, bool dir, bool there)
{
	char *shown;
	int fd;

	if (!tree->shown || asprintf(&shown, "%s/%s", tree->shown, path) < 0)
		return;
	if (!there) {
		(void)remove(shown);
	} else if (dir) {
		(void)mkdir(shown, 0700);
	} else {
		fd = open(shown, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	free(shown);
}

static int pin_name_check(const char *name, size_t len)
{
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	return memchr(name, '.', len) ? -EPERM : 0;
}

/* The same for every name of a path, before anything is made for it. */
static int pin_path_check(const char *path)
{
	size_t len;
	int err = 0;

	for (len = pin_step(&path); len && !err; len = pin_step(&path)) {
		err = pin_name_check(path, len);
		path += len;
	}
	return err;
}

/* Walk to the directory that holds the last name of @path. */
static int pin_walk(struct pin_tree *tree, const char *path, struct pin_node **dir,
		    const char **leaf, size_t *leaf_len)
{
	struct pin_node *at = &tree->root;

	for (;;) {
		size_t len = pin_step(&path);
		const char *after = path + len;
		size_t more = pin_step(&after);

		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		if (!more) {
			*dir = at;
			*leaf = path;
			*leaf_len = len;
			return 0;
		}
		at = pin_child(at, path, len);
		if (!at)
			return -ENOENT;
		if (at->object)
			return -ENOTDIR;
		path = after;
	}
}

/* Make the directories above the last name of @path. */
static int pin_make_parents(struct pin_tree *tree, const char *path)
{
	struct pin_node *at = &tree->root;
	const char *whole = path;

	for (;;) {
		size_t len = pin_step(&path);
		const char *after = path + len;
		struct pin_node *next;

		if (!pin_step(&after))
			return 0;
		next = pin_child(at, path, len);
		if (!next) {
			char *prefix = strndup(whole, (size_t)(path + len - whole));

			next = pin_add(tree, at, path, len, NULL);
			if (next && prefix)
				pin_show(tree, prefix, true, true);
			free(prefix);
		}
		if (!next)
			return -ENOMEM;
		if (next->object)
			return -ENOTDIR;
		at = next;
		path = after;
	}
}

int pin_object(struct engine *engine, const char *path, struct object *object, struct log *log)
{
	struct pin_tree *tree = engine->pins;
	struct pin_node *dir;
	const char *leaf;
	size_t len;
	int err;

	path = pin_relative(path);
	err = pin_path_check(path);
	if (err)
		return log_error(log, err, "pin %.128s: a name with a '.', or longer than %d", path,
				 NAME_MAX);
	pthread_mutex_lock(&tree->lock);
	err = pin_make_parents(tree, path);
	if (!err)
		err = pin_walk(tree, path, &dir, &leaf, &len);
	if (!err && !len)
		err = -EEXIST;
	if (!err && pin_child(dir, leaf, len))
		err = log_error(log, -EEXIST, "pin %.128s: there is something of this name", path);
	if (!err) {
		object_get_user(object);
		if (!pin_add(tree, dir, leaf, len, object)) {
			object_put_user(object);
			err = -ENOMEM;
		} else {
			pin_show(tree, path, false, true);
		}
	}
	pthread_mutex_unlock(&tree->lock);
	return err;
}

int pin_find(struct engine *engine, const char *path, struct object **out)
{
	struct pin_tree *tree = engine->pins;
	struct pin_node *dir, *node = NULL;
	const char *leaf;
	size_t len;
	int err;

	path = pin_relative(path);
	pthread_mutex_lock(&tree->lock);
	err = pin_walk(tree, path, &dir, &leaf, &len);
	if (!err) {
		node = len ? pin_child(dir, leaf, len) : &tree->root;
		err = !node ? -ENOENT : !node->object ? -EACCES : 0;
	}
	if (!err) {
		object_get_user(node->object);
		*out = node->object;
	}
	pthread_mutex_unlock(&tree->lock);
	return err;
}

int pin_mkdir(struct engine *engine, const char *path)
{
	struct pin_tree *tree = engine->pins;
	struct pin_node *dir;
	const char *leaf;
	size_t len;
	int err;

	path = pin_relative(path);
	pthread_mutex_lock(&tree->lock);
	err = pin_walk(tree, path, &dir, &leaf, &len);
	if (!err && (!len || pin_child(dir, leaf, len)))
		err = -EEXIST;
	if (!err)
		err = pin_name_check(leaf, len);
	if (!err && !pin_add(tree, dir, leaf, len, NULL))
		err = -ENOMEM;
	if (!err)
		pin_show(tree, path, true, true);
	pthread_mutex_unlock(&tree->lock);
	return err;
}

int pin_unlink(struct engine *engine, const char *path)
{
	struct pin_tree *tree = engine->pins;
	struct pin_node *dir, *node = NULL;
	const char *leaf;
	size_t len;
	int err;

	path = pin_relative(path);
	pthread_mutex_lock(&tree->lock);
	err = pin_walk(tree, path, &dir, &leaf, &len);
	if (!err && !len)
		err = -EPERM;
	if (!err) {
		node = pin_child(dir, leaf, len);
		if (!node)
			err = -ENOENT;
		else if (!node->object && !list_empty(&node->children))
			err = -ENOTEMPTY;
	}
	if (!err) {
		list_remove(&node->link);
		tree->count--;
		pin_show(tree, path, !node->object, false);
	}
	pthread_mutex_unlock(&tree->lock);
	if (!err) {
		if (node->object)
			object_put_user(node->object);
		free(node);
	}
	return err;
}
