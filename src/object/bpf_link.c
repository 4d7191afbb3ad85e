// SPDX-License-Identifier: BSD-2-Clause
/* bpf_link.c - the life of a link. What being attached means is its owner's (link_ops). */
#include "object/bpf_link.h"

/* No handle and no pin is left. */
static void link_release(struct object *object)
{
	struct link *link = link_of(object);

	link->ops->detach(link);
}

static void link_destroy(struct object *object)
{
	struct link *link = link_of(object);

	object_put(&link->prog->object);
	link->ops->free(link);
}

static const struct object_ops link_object_ops = {
	.kind = OBJECT_LINK,
	.name = "link",
	.release = link_release,
	.destroy = link_destroy,
};

void link_init(struct link *link, struct engine *engine, const struct link_ops *ops,
	       struct prog *prog, u32 attach_type)
{
	object_init(&link->object, engine, &link_object_ops);
	link->ops = ops;
	object_get(&prog->object);
	link->prog = prog;
	link->attach_type = attach_type;
}
