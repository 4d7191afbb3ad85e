// SPDX-License-Identifier: BSD-2-Clause
/* pin.h - names that keep objects alive: what bpffs is on Linux.
 *
 * A path is split at '/'; the tree begins at the pin root, and a leading /sys/fs/bpf means the
 * root too, so that the same paths work on both kernels. Pinning makes the directories on the way
 * (there is no mount to make them in); bpffs refuses names with a '.' in them, and so do we. Pins
 * live as long as the engine. With a run directory, each pin shows as a node below <rundir>/bpf.
 */
#ifndef CLSBPF_OBJECT_PIN_H
#define CLSBPF_OBJECT_PIN_H

#include "base/log.h"
#include "object/engine.h"

must_check int pin_tree_create(const char *rundir, struct pin_tree **out);
void pin_tree_destroy(struct pin_tree *tree);

/** pin_object() - name @object (one more user reference). Returns 0, -EEXIST, -ENOENT (directory
 *  missing), -EPERM (a '.' in the name, as bpffs), -ENAMETOOLONG, -ENOMEM. */
must_check int pin_object(struct engine *engine, const char *path, struct object *object,
			  struct log *log);

/** pin_find() - the object at @path with one more user reference.
 *  Returns 0, -ENOENT, -EACCES (a directory). */
must_check int pin_find(struct engine *engine, const char *path, struct object **out);

/** pin_mkdir() / pin_unlink() - 0 or -EEXIST, -ENOENT, -ENOTEMPTY, -EPERM. */
must_check int pin_mkdir(struct engine *engine, const char *path);
must_check int pin_unlink(struct engine *engine, const char *path);

#endif
