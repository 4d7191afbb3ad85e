// SPDX-License-Identifier: BSD-2-Clause
/* tcx.c - lists of programs at a device's hooks: their order, what changes it, running them.
 *
 * A change names a place in two ways at once: by the program that goes or is replaced, and by a
 * program or link that it is before or after. Where they disagree the answer is -ERANGE. The order
 * of the checks and the places at the ends of the list (-1 is "in front of the first") are Linux's.
 *
 * Not here: handles and ids of a client (command/), clsact (clsact.c).
 * Source: Linux 6.18, observed by tests/command/test_tcx.c and tests/sched/test_hooks.c.
 */
#include "sched/tcx.h"

#include <errno.h>
#include <stdlib.h>

#include "sched/clsact.h"

/* What a program says, as tcx numbers it. */
enum { TCX_NEXT = -1, TCX_PASS = 0, TCX_DROP = 2, TCX_REDIRECT = 7 };

struct tcx_link {
	struct link link;
	struct device *device;     /* NULL: nowhere any more. Under sched's lock */
	struct tcx_view *spare;    /* for the list without it; NULL: used */
};

/* The list of one hook as it is now, and as it becomes. */
struct tcx_change {
	struct device *device;
	struct tcx_hook *hook;
	const struct tcx_view *old;
	struct tcx_view *view;     /* the new one; NULL: made when it is needed */
};

/* ---- packets ---- */

bool tcx_run(struct exec *exec, const struct tcx_view *view, struct packet *packet,
	     struct verdict *verdict)
{
	s32 code = TCX_NEXT;

	for (u32 i = 0; i < view->count && code == TCX_NEXT; i++) {
		code = (s32)run_prog(exec, view->entry[i].prog);
		if (!code && unlikely(run_fault(exec)->prog)) {
			verdict->action = TC_ACT_SHOT;
			verdict->fault = run_fault(exec);
			return true;
		}
	}
	switch (code) {
	case TCX_PASS:
		verdict->classid = packet->ctx.tc_classid & 0xffff;
		break;
	case TCX_DROP:
		break;
	case TCX_REDIRECT:
		verdict->ifindex = exec->redirect_ifindex;
		verdict->to_ingress = exec->redirect_flags & BPF_F_INGRESS;
		break;
	default:
		return false; /* a code that nobody knows ends the list, and clsact goes on */
	}
	verdict->action = code;
	return true;
}

/* ---- places ---- */

#define NO_PLACE (-ERANGE)  /* below -1: nothing has named a place yet */

static int count_of(const struct tcx_view *view)
{
	return view ? (int)view->count : 0;
}

static bool list_has(const struct tcx_view *view, const struct prog *prog)
{
	for (int i = 0; i < count_of(view); i++)
		if (view->entry[i].prog == prog)
			return true;
	return false;
}

/* The place of @prog if it is there by @link (NULL: without one). */
static int place_exact(const struct tcx_view *view, const struct prog *prog,
		       const struct tcx_link *link)
{
	for (int i = 0; i < count_of(view); i++)
		if (view->entry[i].prog == prog)
			return view->entry[i].link == link ? i : -EBUSY;
	return -ENOENT;
}

/* What a change is relative to. A link that is not of this kind is in no list of ours. */
struct relative {
	const struct prog *prog;
	const struct link *link;
};

static int relative_find(const struct attach_spec *spec, const struct prog *prog,
			 struct relative *relative)
{
	*relative = (struct relative){ .prog = spec->relative_prog, .link = spec->relative_link };
	if (spec->relative_err)
		return spec->relative_err;
	if (relative->link)
		relative->prog = relative->link->prog;
	return relative->prog && prog && relative->prog->type != prog->type ? -EINVAL : 0;
}

static int place_relative(const struct tcx_view *view, const struct relative *relative)
{
	for (int i = 0; i < count_of(view); i++) {
		const struct tcx_link *link = view->entry[i].link;

		if (view->entry[i].prog == relative->prog &&
		    (!relative->link || (link && relative->link == &link->link)))
			return i;
	}
	return -ENOENT;
}

static int place_before(const struct tcx_view *view, const struct relative *relative)
{
	int place = relative->prog ? place_relative(view, relative) : 0;

	return place < 0 ? place : place - 1;
}

static int place_after(const struct tcx_view *view, const struct relative *relative)
{
	int place = relative->prog ? place_relative(view, relative) : count_of(view) - 1;

	return place < 0 && relative->prog ? place : place + 1;
}

/* @place is what else is known of it, or NO_PLACE. Returns the place that all agree on or an error
 * below -1. *flags become what the place is to be taken as. */
static int place_choose(const struct tcx_view *view, const struct relative *relative, u32 *flags,
			int place)
{
	if (*flags & ATTACH_BEFORE) {
		int before = place_before(view, relative);

		if (before < -1)
			return before;
		if (place >= -1 && before != place)
			return -ERANGE;
		place = before;
	}
	if (*flags & ATTACH_AFTER) {
		int after = place_after(view, relative);

		if (after < -1)
			return after;
		if (place >= -1 && after != place)
			return -ERANGE;
		place = after;
	}
	if (place < -1) {
		if (relative->prog || *flags)
			return -EINVAL;
		*flags = ATTACH_AFTER;
		place = count_of(view);
	}
	/* Linux means it for what is attached, and refuses to detach behind the end of a full list. */
	return place < ATTACH_MAX ? place : -ERANGE;
}

/* ---- changes ---- */

static void view_free(struct reclaim_head *head)
{
	free(container_of(head, struct tcx_view, reclaim));
}

static void change_of(struct device *device, u32 type, struct tcx_change *change)
{
	change->device = device;
	change->hook = &device->tcx[type == ATTACH_TCX_INGRESS ? CLSACT_INGRESS : CLSACT_EGRESS];
	change->old = atomic_load_explicit(&change->hook->view, memory_order_relaxed);
	change->view = NULL;
}

static int change_begin(struct engine *engine, u32 ifindex, u32 type, struct tcx_change *change)
{
	struct device *device = device_find(engine, ifindex);

	if (!device)
		return -ENODEV;
	change_of(device, type, change);
	return 0;
}

static u64 revision_of(const struct tcx_hook *hook)
{
	return 1 + hook->changes;
}

static int change_copy(struct tcx_change *change)
{
	if (!change->view)
		change->view = malloc(sizeof(*change->view));
	if (!change->view)
		return -ENOMEM;
	change->view->count = 0;
	if (change->old) {
		change->view->count = change->old->count;
		memcpy(change->view->entry, change->old->entry,
		       sizeof(*change->old->entry) * change->old->count);
	}
	return 0;
}

/* Packets see the new list from now on. What counts changes goes with the last program, unless there
 * is a clsact. */
static void change_publish(struct tcx_change *change)
{
	struct reclaim *reclaim = change->device->engine->reclaim;
	struct tcx_view *old = (struct tcx_view *)(uintptr_t)change->old;

	if (!change->view->count) {
		free(change->view);
		change->view = NULL;
	}
	atomic_store_explicit(&change->hook->view, change->view, memory_order_release);
	change->hook->changes = change->view || clsact_of(change->device) ?
				change->hook->changes + 1 : 0;
	if (old)
		reclaim_defer(reclaim, &old->reclaim, view_free);
}

static int change_insert(struct tcx_change *change, int place, struct prog *prog,
			 struct tcx_link *link)
{
	struct tcx_entry *entry;
	int err = change_copy(change);

	if (err)
		return err;
	entry = change->view->entry + place;
	memmove(entry + 1, entry, sizeof(*entry) * (change->view->count - (u32)place));
	*entry = (struct tcx_entry){ .prog = prog, .link = link };
	change->view->count++;
	change_publish(change);
	return 0;
}

static int change_replace(struct tcx_change *change, int place, struct prog *prog)
{
	int err = change_copy(change);

	if (err)
		return err;
	change->view->entry[place].prog = prog;
	change_publish(change);
	return 0;
}

static int change_remove(struct tcx_change *change, int place)
{
	struct tcx_entry *entry;
	int err = change_copy(change);

	if (err)
		return err;
	entry = change->view->entry + place;
	change->view->count--;
	memmove(entry, entry + 1, sizeof(*entry) * (change->view->count - (u32)place));
	change_publish(change);
	return 0;
}

/* ---- attach, detach ---- */

static int attach_one(struct tcx_change *change, const struct attach_spec *spec, struct prog *prog,
		      struct tcx_link *link)
{
	const struct prog *replace = spec->flags & ATTACH_REPLACE ? spec->replace : NULL;
	struct relative relative;
	u32 flags = spec->flags;
	int place = NO_PLACE, err;

	if (spec->revision && spec->revision != revision_of(change->hook))
		return -ESTALE;
	if (list_has(change->old, prog))
		return -EEXIST;
	err = relative_find(spec, prog, &relative);
	if (err)
		return err;
	if (flags & ATTACH_REPLACE) {
		place = place_exact(change->old, replace, link);
		if (place < 0)
			return place;
	} else if (count_of(change->old) == ATTACH_MAX) {
		return -ERANGE;
	}
	place = place_choose(change->old, &relative, &flags, place);
	if (place < -1)
		return place;
	if (flags & ATTACH_REPLACE) {
		struct prog *old = change->old->entry[place].prog;

		err = change_replace(change, place, prog);
		if (!err)
			object_put(&old->object);
		return err;
	}
	return change_insert(change, flags & ATTACH_BEFORE ? place + 1 : place, prog, link);
}

static int tcx_attach(struct engine *engine, const struct attach_spec *spec, struct prog *prog)
{
	struct tcx_change change;
	int err;

	sched_lock(engine);
	err = change_begin(engine, spec->ifindex, spec->type, &change);
	if (!err && spec->flags & ATTACH_REPLACE)
		err = spec->replace_err;
	if (!err)
		err = attach_one(&change, spec, prog, NULL);
	if (!err)
		object_get(&prog->object);
	sched_unlock(engine);
	return err;
}

static int detach_place(const struct tcx_change *change, const struct attach_spec *spec,
			const struct prog *prog)
{
	struct relative relative;
	u32 flags = spec->flags;
	int place = NO_PLACE, err;

	if (!change->old && !clsact_of(change->device))
		return -ENOENT;
	if (flags & ATTACH_REPLACE)
		return -EINVAL;
	if (spec->revision && spec->revision != revision_of(change->hook))
		return -ESTALE;
	if (!change->old)
		return -ENOENT;
	err = relative_find(spec, prog, &relative);
	if (err)
		return err;
	if (prog) {
		place = place_exact(change->old, prog, NULL);
		if (place < 0)
			return place;
	}
	place = place_choose(change->old, &relative, &flags, place);
	if (place < -1)
		return place;
	/* Beyond an end is the program at that end. */
	place = place < 0 ? 0 : place == count_of(change->old) ? place - 1 : place;
	return change->old->entry[place].link ? -EBUSY : place;
}

static int tcx_detach(struct engine *engine, const struct attach_spec *spec,
		      const struct prog *prog)
{
	struct tcx_change change;
	struct prog *gone = NULL;
	int place;

	sched_lock(engine);
	place = change_begin(engine, spec->ifindex, spec->type, &change);
	if (!place)
		place = detach_place(&change, spec, prog);
	if (place >= 0) {
		gone = change.old->entry[place].prog;
		place = change_remove(&change, place);
	}
	if (!place)
		object_put(&gone->object);
	sched_unlock(engine);
	return place;
}

static int tcx_query(struct engine *engine, u32 ifindex, u32 type, struct attach_list *list)
{
	struct tcx_change change;
	int err;

	sched_lock(engine);
	err = change_begin(engine, ifindex, type, &change);
	if (!err) {
		list->revision = revision_of(change.hook);
		list->count = (u32)count_of(change.old);
		for (u32 i = 0; i < list->count; i++) {
			const struct tcx_link *link = change.old->entry[i].link;

			list->prog_id[i] = change.old->entry[i].prog->object.id;
			list->link_id[i] = link ? link->link.object.id : 0;
		}
	}
	sched_unlock(engine);
	return err;
}

/* ---- links ---- */

static struct tcx_link *tcx_link_of(struct link *link)
{
	return container_of(link, struct tcx_link, link);
}

static int link_place(const struct tcx_link *link, struct tcx_change *change)
{
	change_of(link->device, link->link.attach_type, change);
	return place_exact(change->old, link->link.prog, link);
}

static void tcx_link_detach(struct link *base)
{
	struct engine *engine = base->object.engine;
	struct tcx_link *link = tcx_link_of(base);
	struct tcx_change change;

	/* Pins live longer than devices when an engine ends; then nobody is left to keep out. */
	if (!engine->sched)
		return;
	sched_lock(engine);
	if (link->device) {
		int place = link_place(link, &change);

		change.view = link->spare;
		link->spare = NULL;
		link->device = NULL;
		(void)!change_remove(&change, place);
	}
	sched_unlock(engine);
}

static int tcx_link_update(struct link *base, struct prog *prog, const struct prog *old)
{
	struct engine *engine = base->object.engine;
	struct tcx_link *link = tcx_link_of(base);
	struct tcx_change change;
	struct prog *now;
	int err = 0, place;

	sched_lock(engine);
	now = base->prog;
	if (!link->device)
		err = -ENOLINK;
	else if (old && old != now)
		err = -EPERM;
	if (err || now == prog)
		goto out;
	place = link_place(link, &change);
	if (list_has(change.old, prog))
		err = -EEXIST;
	else if (prog->type != now->type)
		err = -EINVAL;
	else
		err = change_replace(&change, place, prog);
	if (!err) {
		object_get(&prog->object);
		base->prog = prog;
		object_put(&now->object);
	}
out:
	sched_unlock(engine);
	return err;
}

static void tcx_link_show(struct link *base, struct link_state *state)
{
	struct engine *engine = base->object.engine;
	const struct tcx_link *link = tcx_link_of(base);

	sched_lock(engine);
	state->prog_id = base->prog->object.id;
	state->ifindex = link->device ? link->device->ifindex : 0;
	sched_unlock(engine);
}

static void tcx_link_free(struct link *base)
{
	struct tcx_link *link = tcx_link_of(base);

	free(link->spare);
	free(link);
}

static const struct link_ops tcx_link_ops = {
	.type = LINK_TYPE_TCX,
	.detach = tcx_link_detach,
	.update = tcx_link_update,
	.show = tcx_link_show,
	.free = tcx_link_free,
};

static int tcx_link_create(struct engine *engine, const struct attach_spec *spec, struct prog *prog,
			   struct link **out)
{
	struct tcx_link *link = calloc(1, sizeof(*link));
	struct tcx_change change;
	int err;

	if (!link)
		return -ENOMEM;
	link_init(&link->link, engine, &tcx_link_ops, prog, spec->type);
	link->spare = malloc(sizeof(*link->spare));
	err = link->spare ? object_publish(&link->link.object) : -ENOMEM;
	if (!err) {
		sched_lock(engine);
		err = change_begin(engine, spec->ifindex, spec->type, &change);
		if (!err)
			err = attach_one(&change, spec, prog, link);
		if (!err)
			link->device = change.device;
		sched_unlock(engine);
	}
	if (err) {
		object_put_user(&link->link.object);
		return err;
	}
	*out = &link->link;
	return 0;
}

/* ---- devices ---- */

void tcx_flush(struct device *device)
{
	for (u32 i = 0; i < ARRAY_SIZE(device->tcx); i++) {
		struct tcx_view *view = atomic_exchange(&device->tcx[i].view, NULL);

		if (!view)
			continue;
		for (u32 n = 0; n < view->count; n++) {
			if (view->entry[n].link)
				view->entry[n].link->device = NULL;
			else
				object_put(&view->entry[n].prog->object);
		}
		reclaim_defer(device->engine->reclaim, &view->reclaim, view_free);
	}
}

void tcx_clsact_gone(struct device *device)
{
	for (u32 i = 0; i < ARRAY_SIZE(device->tcx); i++)
		if (!atomic_load_explicit(&device->tcx[i].view, memory_order_relaxed))
			device->tcx[i].changes = 0;
}

const struct attach_host sched_attach_host = {
	.attach = tcx_attach,
	.detach = tcx_detach,
	.query = tcx_query,
	.link = tcx_link_create,
};
