// SPDX-License-Identifier: BSD-2-Clause
/* pin_memory.c - the tree of pins of an engine without a run directory.
 *
 *   root -- "tc" -- "globals" -- "jmp_tc" -> object
 *                \- "<sha1>"  -- "map_sh" -> object
 *
 * A node is either a directory (children) or a pin (object, one user reference). All in one process:
 * there are no owners, modes, or links here.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "object/pin_tree.h"

struct memory_node {
	struct list link;             /* in the parent's children */
	struct list children;         /* of a directory */
	struct memory_node *parent;   /* NULL: the root */
	struct object *object;        /* of a pin; NULL: a directory */
	char name[NAME_MAX + 1];
};

struct memory_tree {
	struct pin_tree tree;
	pthread_mutex_t lock;
	struct memory_node root;
	u32 count;
};

static struct memory_tree *memory_of(struct pin_tree *tree)
{
	return container_of(tree, struct memory_tree, tree);
}

/* By the way up and not by recursion, for a tree is as deep as a client likes. */
static void memory_destroy(struct pin_tree *tree)
{
	struct memory_tree *m = memory_of(tree);
	struct memory_node *at = &m->root;

	while (at) {
		struct memory_node *node = at;

		if (!list_empty(&at->children)) {
			at = container_of(at->children.next, struct memory_node, link);
			continue;
		}
		at = node->parent;
		if (!at)
			break;
		list_remove(&node->link);
		object_put_user(node->object);
		free(node);
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static struct memory_node *memory_child(struct memory_node *dir, const struct pin_step *step)
{
	struct memory_node *node;

	list_for_each(node, &dir->children, link)
		if (strlen(node->name) == step->len && !memcmp(node->name, step->name, step->len))
			return node;
	return NULL;
}

static int memory_add(struct memory_tree *m, struct memory_node *dir, const struct pin_step *step,
		      struct object *object, struct memory_node **out)
{
	struct memory_node *node;

	if (m->count >= PIN_NODES_MAX)
		return -ENOSPC;
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	memcpy(node->name, step->name, step->len);
	list_init(&node->children);
	node->parent = dir;
	node->object = object;
	list_add_tail(&dir->children, &node->link);
	m->count++;
	*out = node;
	return 0;
}

/* To the directory of the last name of @path. @make: directories that are missing. *leaf is no name
 * where the path means that directory itself. */
static int memory_walk(struct memory_tree *m, const char *path, bool make, struct memory_node **dir,
		       struct pin_step *leaf)
{
	const char *below = pin_below(path, PIN_ROOT);
	struct memory_node *at = &m->root, *next;
	int err;

	if (below)
		path = below;
	for (;;) {
		*leaf = pin_step(&path);
		*dir = at;
		if (leaf->kind == PIN_END)
			return 0;
		if (leaf->kind == PIN_UP && at->parent)
			at = at->parent;
		if (leaf->kind != PIN_NAME)
			continue;
		err = pin_step_check(leaf);
		if (err || leaf->last)
			return err;
		next = memory_child(at, leaf);
		if (!next)
			err = make ? memory_add(m, at, leaf, NULL, &next) : -ENOENT;
		if (err)
			return err;
		if (next->object)
			return -ENOTDIR;
		at = next;
	}
}

/* Could every name of @path be made? Asked before any of them is. */
static int memory_path_check(const char *path)
{
	for (;;) {
		struct pin_step step = pin_step(&path);
		int err = step.kind == PIN_NAME ? pin_step_check(&step) : 0;

		if (err || step.kind == PIN_END)
			return err;
		if (step.last && step.slash)
			return -ENOENT;
	}
}

static int memory_pin_locked(struct memory_tree *m, const char *path, struct object *object)
{
	struct memory_node *dir, *node;
	struct pin_step leaf;
	int err = memory_walk(m, path, false, &dir, &leaf);

	if (err == -ENOENT) {
		err = memory_path_check(path);
		if (!err)
			err = memory_walk(m, path, true, &dir, &leaf);
	}
	if (err)
		return err;
	if (leaf.kind != PIN_NAME || memory_child(dir, &leaf))
		return -EEXIST;
	if (leaf.slash)
		return -ENOENT;
	err = memory_add(m, dir, &leaf, object, &node);
	if (!err)
		object_get_user(object);
	return err;
}

static int memory_pin(struct pin_tree *tree, const struct pin_caller *caller, const char *path,
		      struct object *object, struct log *log)
{
	struct memory_tree *m = memory_of(tree);
	int err;

	pthread_mutex_lock(&m->lock);
	err = memory_pin_locked(m, path, object);
	pthread_mutex_unlock(&m->lock);
	return err;
}

static int memory_find_locked(struct memory_tree *m, const char *path, struct object **out)
{
	struct memory_node *dir, *node;
	struct pin_step leaf;
	int err = memory_walk(m, path, false, &dir, &leaf);

	if (err)
		return err;
	node = leaf.kind == PIN_NAME ? memory_child(dir, &leaf) : dir;
	if (!node)
		return -ENOENT;
	if (!node->object)
		return -EACCES;
	if (leaf.slash)
		return -ENOTDIR;
	object_get_user(node->object);
	*out = node->object;
	return 0;
}

static int memory_find(struct pin_tree *tree, const struct pin_caller *caller, const char *path,
		       u32 access, struct object **out)
{
	struct memory_tree *m = memory_of(tree);
	int err;

	pthread_mutex_lock(&m->lock);
	err = memory_find_locked(m, path, out);
	pthread_mutex_unlock(&m->lock);
	return err;
}

/* Take a node out of the tree and give it away. */
static int memory_take(struct memory_tree *m, const char *path, struct memory_node **out)
{
	struct memory_node *dir, *node;
	struct pin_step leaf;
	int err = memory_walk(m, path, false, &dir, &leaf);

	if (err)
		return err;
	if (leaf.kind != PIN_NAME)
		return -EBUSY;
	node = memory_child(dir, &leaf);
	if (!node)
		return -ENOENT;
	if (node->object && leaf.slash)
		return -ENOTDIR;
	if (!list_empty(&node->children))
		return -ENOTEMPTY;
	list_remove(&node->link);
	m->count--;
	*out = node;
	return 0;
}

static int memory_unlink(struct pin_tree *tree, const struct pin_caller *caller, const char *path)
{
	struct memory_tree *m = memory_of(tree);
	struct memory_node *node;
	int err;

	pthread_mutex_lock(&m->lock);
	err = memory_take(m, path, &node);
	pthread_mutex_unlock(&m->lock);
	if (!err) {
		object_put_user(node->object);
		free(node);
	}
	return err;
}

static int memory_root_path(struct pin_tree *tree, char *buf, size_t room)
{
	if (sizeof(PIN_ROOT) > room)
		return -ENAMETOOLONG;
	memcpy(buf, PIN_ROOT, sizeof(PIN_ROOT));
	return 0;
}

static const struct pin_tree_ops memory_ops = {
	.pin = memory_pin,
	.find = memory_find,
	.unlink = memory_unlink,
	.root_path = memory_root_path,
	.destroy = memory_destroy,
};

int pin_memory_create(struct pin_tree **out)
{
	struct memory_tree *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->tree.ops = &memory_ops;
	pthread_mutex_init(&m->lock, NULL);
	list_init(&m->root.children);
	*out = &m->tree;
	return 0;
}
