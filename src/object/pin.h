// SPDX-License-Identifier: BSD-2-Clause
/* pin.h - names that keep objects alive: what bpffs is on Linux.
 *
 * There are two kinds of tree behind the same calls:
 *
 *   in memory (pin_memory.c)   for an engine without a run directory. Pinning makes the directories
 *                              on the way, for there is no file system to make them in; every path
 *                              leads into the tree, a leading /sys/fs/bpf means its root.
 *   in a directory             <rundir>/bpf is the tree and a pin is a file in it, so that rename(2),
 *   (pin_dir.c)                link(2), chmod(2), unlink(2) and mkdir(2) by anybody mean what they
 *                              mean on bpffs. /sys/fs/bpf is another name of <rundir>/bpf.
 *
 * A path that does not begin with '/' begins at the root. Names with a '.' in them are refused, as
 * bpffs does. Pins live as long as the engine.
 */
#ifndef CLSBPF_OBJECT_PIN_H
#define CLSBPF_OBJECT_PIN_H

#include "base/log.h"
#include "object/engine.h"

#define PIN_ROOT "/sys/fs/bpf"

/* Whose rights count. A tree in memory has no owners and modes: nobody could change them. */
struct pin_caller {
	u32 uid, gid;
	bool override;   /* CAP_DAC_OVERRIDE */
};

/** pin_tree_create() - the tree of an engine. @rundir: its run directory, which must be there, or NULL
 *  for a tree in memory. *stale: how many nodes of an engine that ended without cleaning up were
 *  removed. Returns 0, -ENOMEM; with a run directory, each with a sentence in @log (may be NULL):
 *  -EBUSY (another engine has it), -EPERM (of another user), or what its file system says. */
must_check int pin_tree_create(const char *rundir, struct log *log, u32 *stale,
			       struct pin_tree **out);

/** pin_tree_destroy() - drop every pin and remove its node. NULL is allowed. */
void pin_tree_destroy(struct pin_tree *tree);

/** pin_object() - name @object (one more user reference). @caller: NULL for this process.
 *  Returns 0; -EEXIST, -ENOENT, -ENOTDIR, -ELOOP, -EPERM (a '.' in a name; no place in this tree),
 *  -EACCES, -ENAMETOOLONG as bpffs; -ENOMEM, -ENOSPC. */
must_check int pin_object(struct engine *engine, const struct pin_caller *caller, const char *path,
			  struct object *object, struct log *log);

/** pin_find() - the object at @path with one more user reference. @access: BPF_F_RDONLY, BPF_F_WRONLY
 *  or 0 (both), which the mode of the node must allow.
 *  Returns 0, or -errno as bpffs: -EACCES is also the answer for what is no pin. */
must_check int pin_find(struct engine *engine, const struct pin_caller *caller, const char *path,
			u32 access, struct object **out);

/** pin_unlink() - what remove(3) does to a pin or an empty directory. Returns 0 or -errno. */
must_check int pin_unlink(struct engine *engine, const struct pin_caller *caller,
			  const char *path);

/** pin_sweep() - drop the pins whose last link was removed behind our back. Called before anything
 *  that could see the difference; a read of a queue when there are pins in a directory. */
void pin_sweep(struct engine *engine);

/** pin_root_path() - where the tree is: a directory that mkdir(2) and the like work in, if there is a
 *  run directory; else /sys/fs/bpf. Returns 0 or -ENAMETOOLONG. */
must_check int pin_root_path(struct engine *engine, char *buf, size_t room);

/** pin_root_add() - another, empty tree, of @mode and owned by @caller, as mount("bpf") makes one.
 *  It is named by the path of its directory alone, which goes to @buf: where a client mounts it is a
 *  fact of the client's mount namespace. Returns 0, -EOPNOTSUPP (a tree in memory), -ENAMETOOLONG, or
 *  what the file system says. */
must_check int pin_root_add(struct engine *engine, const struct pin_caller *caller, u32 mode,
			    char *buf, size_t room);

/** pin_root_remove() - the end of what pin_root_add() made: its pins go. Returns 0, -EINVAL (@path is
 *  none) or what the file system says. */
must_check int pin_root_remove(struct engine *engine, const char *path);

#endif
