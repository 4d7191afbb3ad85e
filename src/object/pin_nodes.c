// SPDX-License-Identifier: BSD-2-Clause
/* pin_nodes.c - which file is the pin of which object, and which file is gone.
 *
 * A pin is known by device and inode number, whatever its names are. The node has an inotify watch
 * for IN_DELETE_SELF, which comes when the last link is gone and the last open file with it: exactly
 * when bpffs drops its reference. The watch holds the inode, so no descriptor a pin is needed, and
 * asking whether anything went costs one read(2) however many pins there are. fstat(2) of each would
 * cost a call and a descriptor a pin, a watch on directories would miss links elsewhere.
 *
 * Invariant: an inode number is used again only after the event of its last owner is in the queue. So
 * who opens a file, then sweeps, then looks here, never takes it for an older one.
 */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "object/pin_tree.h"

struct pin_node {
	struct list link;      /* nodes->all, or what a sweep found gone */
	dev_t dev;
	ino_t ino;
	int watch;
	bool alive;            /* of nodes_recount() */
	struct object *object;
};

static int by_inode(const void *a, const void *b)
{
	const struct pin_node *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

static int by_watch(const void *a, const void *b)
{
	const struct pin_node *x = a, *y = b;

	return x->watch < y->watch ? -1 : x->watch > y->watch;
}

int pin_nodes_init(struct pin_nodes *nodes)
{
	list_init(&nodes->all);
	nodes->by_inode = nodes->by_watch = NULL;
	nodes->count = 0;
	nodes->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return nodes->events < 0 ? -errno : 0;
}

/* Out of the indexes, into @gone. */
static void nodes_take(struct pin_nodes *nodes, struct pin_node *node, struct list *gone)
{
	tdelete(node, &nodes->by_inode, by_inode);
	tdelete(node, &nodes->by_watch, by_watch);
	list_remove(&node->link);
	list_add_tail(gone, &node->link);
	nodes->count--;
}

void pin_nodes_drop(struct list *gone)
{
	struct pin_node *node, *next;

	list_for_each_safe(node, next, gone, link) {
		list_remove(&node->link);
		object_put_user(node->object);
		free(node);
	}
}

void pin_nodes_fini(struct pin_nodes *nodes)
{
	struct list gone;
	struct pin_node *node, *next;

	list_init(&gone);
	list_for_each_safe(node, next, &nodes->all, link)
		nodes_take(nodes, node, &gone);
	pin_nodes_drop(&gone);
	close(nodes->events);
}

/* tsearch(3) gives the node that is there already, if one is. */
static int nodes_index(struct pin_nodes *nodes, struct pin_node *node)
{
	struct pin_node **found = tsearch(node, &nodes->by_inode, by_inode);

	if (!found)
		return -ENOMEM;
	if (*found != node)
		return -EEXIST;
	if (!tsearch(node, &nodes->by_watch, by_watch)) {
		tdelete(node, &nodes->by_inode, by_inode);
		return -ENOMEM;
	}
	return 0;
}

int pin_nodes_add(struct pin_nodes *nodes, int fd, struct object *object)
{
	struct pin_node *node;
	struct stat st;
	char path[64];
	int err;

	if (nodes->count >= PIN_NODES_MAX)
		return -ENOSPC;
	if (fstat(fd, &st))
		return -errno;
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*node = (struct pin_node){ .dev = st.st_dev, .ino = st.st_ino, .object = object };
	node->watch = inotify_add_watch(nodes->events, path, IN_DELETE_SELF);
	err = node->watch < 0 ? -errno : nodes_index(nodes, node);
	if (err) {
		if (node->watch >= 0)
			(void)inotify_rm_watch(nodes->events, node->watch);
		free(node);
		return err;
	}
	object_get_user(object);
	list_add_tail(&nodes->all, &node->link);
	nodes->count++;
	return 0;
}

struct object *pin_nodes_find(struct pin_nodes *nodes, const struct stat *st)
{
	const struct pin_node key = { .dev = st->st_dev, .ino = st->st_ino };
	struct pin_node **found = tfind(&key, &nodes->by_inode, by_inode);

	return found ? (*found)->object : NULL;
}

static struct pin_node *nodes_of_watch(struct pin_nodes *nodes, int watch)
{
	const struct pin_node key = { .watch = watch };
	struct pin_node **found = tfind(&key, &nodes->by_watch, by_watch);

	return found ? *found : NULL;
}

/* Events were lost: ask the kernel which watches there still are. */
static void nodes_recount(struct pin_nodes *nodes, struct list *gone)
{
	struct pin_node *node, *next;
	char path[64], line[512];
	FILE *info;
	unsigned int watch;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", nodes->events);
	info = fopen(path, "re");
	if (!info)
		return;
	while (fgets(line, sizeof(line), info)) {
		if (sscanf(line, "inotify wd:%x", &watch) != 1)
			continue;
		node = nodes_of_watch(nodes, (int)watch);
		if (node)
			node->alive = true;
	}
	/* A list that broke off says nothing about the rest. */
	list_for_each_safe(node, next, &nodes->all, link) {
		if (!node->alive && !ferror(info))
			nodes_take(nodes, node, gone);
		node->alive = false;
	}
	fclose(info);
}

void pin_nodes_sweep(struct pin_nodes *nodes, struct list *gone)
{
	char queue[4096] __attribute__((aligned(8)));
	bool lost = false;
	ssize_t len;

	if (!nodes->count)
		return;
	while ((len = read(nodes->events, queue, sizeof(queue))) > 0) {
		const struct inotify_event *event;

		for (char *at = queue; at < queue + len; at += sizeof(*event) + event->len) {
			struct pin_node *node;

			event = (const struct inotify_event *)(void *)at;
			lost |= (event->mask & IN_Q_OVERFLOW) != 0;
			/* The end of a watch: after IN_DELETE_SELF, or with its file system. */
			node = event->mask & IN_IGNORED ? nodes_of_watch(nodes, event->wd) : NULL;
			if (node)
				nodes_take(nodes, node, gone);
		}
	}
	if (lost)
		nodes_recount(nodes, gone);
}
