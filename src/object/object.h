// SPDX-License-Identifier: BSD-2-Clause
/* object.h - things with handles and a lifetime, most with an id: maps, programs, BTF, links.
 *
 *   refs    everything that keeps the memory: handles, pins, attached filters, map slots, programs
 *   users   handles and pins only. When the last goes, ops->release runs: that is when a program
 *           array is emptied although programs still hold it (kernel/bpf/syscall.c, usercnt).
 *
 * An object is found by id as long as it has a reference. When the last reference goes, the object
 * leaves the id table at once and is destroyed after every reader has left (reclaim.h).
 */
#ifndef CLSBPF_OBJECT_OBJECT_H
#define CLSBPF_OBJECT_OBJECT_H

#include <linux/bpf.h>
#include <stdatomic.h>

#include "base/reclaim.h"
#include "base/types.h"

struct engine;
struct object;

enum object_kind { OBJECT_MAP, OBJECT_PROG, OBJECT_BTF, OBJECT_LINK, OBJECT_STATS, OBJECT_KINDS };

struct object_ops {
	enum object_kind kind;
	const char *name;                        /* "map": for messages */
	void (*release)(struct object *object);  /* no handle and no pin is left; may be NULL */
	void (*destroy)(struct object *object);  /* no reader is left: free everything */
};

struct object {
	const struct object_ops *ops;
	struct engine *engine;
	u32 id;                       /* 0 until object_publish() */
	_Atomic u32 refs;
	_Atomic u32 users;
	struct reclaim_head reclaim;
};

/** object_init() - @object with one reference that is a user reference too, and no id. */
void object_init(struct object *object, struct engine *engine, const struct object_ops *ops);

/** object_publish() - give it an id, after which others can find it. Ids of a kind grow from 1 and
 *  are not used again soon, as Linux's (idr_alloc_cyclic). Returns 0, -ENOMEM or -ENOSPC. */
must_check int object_publish(struct object *object);

/** object_get() / object_put() - one more, one less reference that keeps it alive. */
void object_get(struct object *object);
void object_put(struct object *object);

/** object_get_user() / object_put_user() - the same for a handle or a pin. */
void object_get_user(struct object *object);
void object_put_user(struct object *object);

/** object_find() - the object of @kind with @id, with one more user reference, or NULL. */
struct object *object_find(struct engine *engine, enum object_kind kind, u32 id);

/** object_name_copy() - the name of a map or a program out of its field of the attribute: letters
 *  and digits (of Latin-1, for Linux asks its own isalnum), '_' and '.', zeroes behind them, 15 at
 *  most. Returns 0 or -EINVAL. */
must_check int object_name_copy(char to[BPF_OBJ_NAME_LEN], const char *from);

/** object_next_id() - the smallest id of @kind above @id. Returns 0 or -ENOENT. */
must_check int object_next_id(struct engine *engine, enum object_kind kind, u32 id, u32 *next);

#endif
