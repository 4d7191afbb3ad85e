// SPDX-License-Identifier: BSD-2-Clause
/* pin.c - the calls of pin.h for either kind of tree, and the rules for paths that both keep. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "object/pin.h"
#include "object/pin_tree.h"

struct pin_step pin_step(const char **path)
{
	const char *at = *path + strspn(*path, "/");
	struct pin_step step = { .name = at, .len = strcspn(at, "/") };
	const char *after = at + step.len;

	step.slash = *after == '/';
	step.last = !after[strspn(after, "/")];
	step.kind = !step.len ? PIN_END :
		    step.len == 1 && at[0] == '.' ? PIN_SELF :
		    step.len == 2 && at[0] == '.' && at[1] == '.' ? PIN_UP : PIN_NAME;
	*path = after;
	return step;
}

int pin_step_check(const struct pin_step *step)
{
	if (memchr(step->name, '.', step->len))
		return -EPERM;
	return step->len > NAME_MAX ? -ENAMETOOLONG : 0;
}

const char *pin_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return !strncmp(path, root, len) && (path[len] == '/' || !path[len]) ? path + len : NULL;
}

/* This process, where the call comes from nobody else. */
static const struct pin_caller *pin_caller(const struct pin_caller *caller, struct pin_caller *self)
{
	if (caller)
		return caller;
	*self = (struct pin_caller){ geteuid(), getegid(), !geteuid() };
	return self;
}

int pin_tree_create(const char *rundir, struct log *log, u32 *stale, struct pin_tree **out)
{
	*stale = 0;
	return rundir ? pin_dir_create(rundir, log, stale, out) : pin_memory_create(out);
}

void pin_tree_destroy(struct pin_tree *tree)
{
	if (tree)
		tree->ops->destroy(tree);
}

int pin_object(struct engine *engine, const struct pin_caller *caller, const char *path,
	       struct object *object, struct log *log)
{
	struct pin_caller self;
	int err = engine->pins->ops->pin(engine->pins, pin_caller(caller, &self), path, object, log);

	if (err == -EPERM)
		return log_error(log, err, "pin %.128s: a name with a '.', or not a place for pins", path);
	if (err == -EEXIST)
		return log_error(log, err, "pin %.128s: there is something of this name", path);
	return err;
}

int pin_find(struct engine *engine, const struct pin_caller *caller, const char *path, u32 access,
	     struct object **out)
{
	struct pin_caller self;

	return engine->pins->ops->find(engine->pins, pin_caller(caller, &self), path, access, out);
}

int pin_unlink(struct engine *engine, const struct pin_caller *caller, const char *path)
{
	struct pin_caller self;

	return engine->pins->ops->unlink(engine->pins, pin_caller(caller, &self), path);
}

void pin_sweep(struct engine *engine)
{
	if (engine->pins->ops->sweep)
		engine->pins->ops->sweep(engine->pins);
}

int pin_root_path(struct engine *engine, char *buf, size_t room)
{
	return engine->pins->ops->root_path(engine->pins, buf, room);
}

int pin_root_add(struct engine *engine, const struct pin_caller *caller, u32 mode, char *buf,
		 size_t room)
{
	struct pin_caller self;

	if (!engine->pins->ops->root_add)
		return -EOPNOTSUPP;
	return engine->pins->ops->root_add(engine->pins, pin_caller(caller, &self), mode, buf, room);
}

int pin_root_remove(struct engine *engine, const char *path)
{
	return engine->pins->ops->root_remove ? engine->pins->ops->root_remove(engine->pins, path)
					      : -EINVAL;
}
