// SPDX-License-Identifier: BSD-2-Clause
/* bpf_link.h - a program's place at a hook as an object of its own, and what hooks offer bpf(2).
 *
 *   handle, pin --users--> link --reference--> program
 *                            ^
 *   hook's list -------------'   without a reference: a link that goes leaves the list first
 *
 * When the last handle and pin go, the link leaves its hook (ops->detach). It may leave earlier, by
 * BPF_LINK_DETACH or with its device; then it is a link to nowhere that still names its program.
 *
 * Hooks are in layers above (sched/). They plug a struct attach_host into the engine, so that
 * command/ need not see them.
 */
#ifndef CLSBPF_OBJECT_BPF_LINK_H
#define CLSBPF_OBJECT_BPF_LINK_H

#include "object/object.h"
#include "object/prog.h"

/* Of linux/bpf.h, which may be too old to have them. */
enum {
	LINK_TYPE_TCX = 11,
	ATTACH_TCX_INGRESS = 46,
	ATTACH_TCX_EGRESS = 47,
};

enum attach_flag {
	ATTACH_REPLACE = 1 << 2,
	ATTACH_BEFORE = 1 << 3,
	ATTACH_AFTER = 1 << 4,
	ATTACH_ID = 1 << 5,       /* what is relative to is named by id, not by handle */
	ATTACH_LINK = 1 << 13,    /* it is a link, not a program */
};

/* Programs of one hook: Linux's array has 64 places, of which one ends it. */
#define ATTACH_MAX 63

struct link;

struct link_state {
	u32 prog_id;
	u32 ifindex;              /* 0: attached nowhere any more */
};

struct link_ops {
	u32 type;                 /* LINK_TYPE_* */
	/** detach() - leave the hook; nothing happens to one that has left. */
	void (*detach)(struct link *link);
	/** update() - run @prog from now on. @old (or NULL): only if that is its program now. The link
	 *  takes its own reference of @prog. Returns 0, -ENOLINK, -EPERM, -EEXIST, -EINVAL, -ENOMEM. */
	int (*update)(struct link *link, struct prog *prog, const struct prog *old);
	void (*show)(struct link *link, struct link_state *state);
	/** free() - the memory that holds @link; nobody sees it any more. */
	void (*free)(struct link *link);
};

struct link {
	struct object object;
	const struct link_ops *ops;
	struct prog *prog;        /* one reference; changes under the lock of the hook's owner */
	u32 attach_type;
};

/** link_init() - @link, in the memory of its owner, with one user reference and no id. It takes a
 *  reference of @prog. From now on it is freed by its last object_put(). */
void link_init(struct link *link, struct engine *engine, const struct link_ops *ops,
	       struct prog *prog, u32 attach_type);

static inline struct link *link_of(struct object *object)
{
	return container_of(object, struct link, object);
}

/* Where a program is to go. Handles and ids are looked up before, by whoever knows the client; what
 * went wrong there counts when Linux would look. */
struct attach_spec {
	u32 ifindex;
	u32 type;                 /* ATTACH_TCX_INGRESS, ATTACH_TCX_EGRESS */
	u32 flags;                /* enum attach_flag; unknown bits are let through, as on Linux */
	u64 revision;             /* that the list must have; 0: any */
	int relative_err;
	const struct prog *relative_prog;   /* or NULL: the first or the last place */
	struct link *relative_link;         /* or NULL; with one, its program is meant */
	int replace_err;
	const struct prog *replace;         /* ATTACH_REPLACE: whose place it takes */
};

/* What is attached to one hook, in the order in which it runs. */
struct attach_list {
	u64 revision;
	u32 count;
	u32 prog_id[ATTACH_MAX];
	u32 link_id[ATTACH_MAX];  /* 0: attached without a link */
};

struct attach_host {
	/** attach() - @prog, of which the hook takes its own reference. Returns 0, -ENODEV, -ESTALE,
	 *  -EEXIST, -ENOENT, -EBUSY, -ERANGE, -EINVAL, -ENOMEM or an error of @spec. */
	int (*attach)(struct engine *engine, const struct attach_spec *spec, struct prog *prog);
	/** detach() - @prog, or NULL: the one in the place that @spec says. Errors as attach(). */
	int (*detach)(struct engine *engine, const struct attach_spec *spec,
		      const struct prog *prog);
	/** query() - Returns 0 or -ENODEV. */
	int (*query)(struct engine *engine, u32 ifindex, u32 type, struct attach_list *list);
	/** link() - attach @prog by a new link that has an id. Errors as attach(), and -ENOSPC. */
	int (*link)(struct engine *engine, const struct attach_spec *spec, struct prog *prog,
		    struct link **out);
};

#endif
