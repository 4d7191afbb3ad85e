// SPDX-License-Identifier: BSD-2-Clause
/* pin_tree.h - what the files of the pin tree share; everybody else includes pin.h.
 *
 *   pin.c          the calls of pin.h, and how a path is cut into names
 *   pin_memory.c   the tree in memory
 *   pin_dir.c      the tree in a run directory
 *     pin_walk.c     from a path to a node there, with nobody's help but openat(2)
 *     pin_nodes.c    which file is which object, and which is gone
 *     pin_clear.c    removing everything below a directory
 */
#ifndef CLSBPF_OBJECT_PIN_TREE_H
#define CLSBPF_OBJECT_PIN_TREE_H

#include <limits.h>
#include <sys/stat.h>

#include "base/list.h"
#include "object/pin.h"

#define PIN_NODES_MAX (1u << 20)

struct pin_tree_ops {
	int (*pin)(struct pin_tree *tree, const struct pin_caller *caller, const char *path,
		   struct object *object, struct log *log);
	int (*find)(struct pin_tree *tree, const struct pin_caller *caller, const char *path,
		    u32 access, struct object **out);
	int (*unlink)(struct pin_tree *tree, const struct pin_caller *caller, const char *path);
	int (*root_path)(struct pin_tree *tree, char *buf, size_t room);
	void (*destroy)(struct pin_tree *tree);
	/* NULL where there is no such thing. */
	void (*sweep)(struct pin_tree *tree);
	int (*root_add)(struct pin_tree *tree, const struct pin_caller *caller, u32 mode, char *buf,
			size_t room);
	int (*root_remove)(struct pin_tree *tree, const char *path);
};

struct pin_tree {
	const struct pin_tree_ops *ops;
};

must_check int pin_memory_create(struct pin_tree **out);
must_check int pin_dir_create(const char *rundir, struct log *log, u32 *stale,
			      struct pin_tree **out);

/* One name of a path. */
struct pin_step {
	enum pin_step_kind { PIN_END, PIN_NAME, PIN_SELF, PIN_UP } kind;   /* nothing, NAME, ".", ".." */
	const char *name;   /* not NUL-terminated */
	size_t len;
	bool last, slash;   /* no name follows; a slash does */
};

/** pin_step() - the first name of *path, which moves past it. */
struct pin_step pin_step(const char **path);

/** pin_step_check() - may a node have this name? Returns 0, -EPERM or -ENAMETOOLONG, as bpffs. */
must_check int pin_step_check(const struct pin_step *step);

/** pin_below() - what follows @root in @path, or NULL when @path is not at or below it. */
const char *pin_below(const char *path, const char *root);

/* ---- pin_walk.c ---- */

/* A directory that a walk never leaves, and the absolute paths that mean it. */
struct pin_root {
	int fd;
	const char *names[3];   /* NULL where there are fewer */
};

/* Where a walk ended. */
struct pin_place {
	int dir;                  /* the directory of the last name */
	struct stat dir_stat;
	char name[NAME_MAX + 1];  /* the last name; "": the path means the directory itself */
	bool slash;               /* a slash followed it */
	int node;                 /* pin_walk(follow): what has that name, and is no directory; else -1 */
	struct stat node_stat;
};

/** pin_walk() - follow @path from @root by names, "..", and symbolic links that stay inside.
 *  @follow: to the node of the last name, which must be there; else only to its directory.
 *  Give @place back with pin_place_close(). Returns 0 or -errno as bpffs. */
must_check int pin_walk(const struct pin_root *root, const struct pin_caller *caller,
			const char *path, bool follow, struct pin_place *place);
void pin_place_close(struct pin_place *place);

/** pin_may() - do the mode bits of @st allow @caller all of @want (4 read, 2 write, 1 search)? */
bool pin_may(const struct pin_caller *caller, const struct stat *st, u32 want);

/* ---- pin_nodes.c ---- */

struct pin_nodes {
	int events;               /* inotify: a watch for each node */
	struct list all;
	void *by_inode, *by_watch;   /* tsearch(3) */
	u32 count;
};

must_check int pin_nodes_init(struct pin_nodes *nodes);

/** pin_nodes_fini() - forget and put every object. */
void pin_nodes_fini(struct pin_nodes *nodes);

/** pin_nodes_add() - the new file @fd is a pin of @object from now on (one more user reference).
 *  Returns 0, -ENOMEM, -ENOSPC (no more watches), -EEXIST (its inode number is a pin's). */
must_check int pin_nodes_add(struct pin_nodes *nodes, int fd, struct object *object);

/** pin_nodes_find() - the object whose pin the file is, or NULL. @st is of a file held open, and
 *  pin_nodes_sweep() came after it was opened. */
struct object *pin_nodes_find(struct pin_nodes *nodes, const struct stat *st);

/** pin_nodes_sweep() - move the nodes of files that are gone to @gone. */
void pin_nodes_sweep(struct pin_nodes *nodes, struct list *gone);

/** pin_nodes_drop() - put the objects of @gone. Takes locks of its own: hold none. */
void pin_nodes_drop(struct list *gone);

/* ---- pin_clear.c ---- */

/** pin_clear() - remove everything below the directory @root, following nothing. *removed counts up.
 *  Returns 0 or -errno. */
must_check int pin_clear(int root, u32 *removed);

#endif
