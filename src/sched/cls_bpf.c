// SPDX-License-Identifier: BSD-2-Clause
/* cls_bpf.c - the instances of a cls_bpf classifier: handles, order, replacement.
 *
 *   tp->filters:  newest -> ... -> oldest       the order in which packets meet them
 *
 * Every change reserves the chain's next view first, so that it cannot fail half way.
 * Not here: running them (chain.c), and what netlink says about them (rtnl/).
 */
#include "sched/cls_bpf.h"

#include <errno.h>
#include <stdlib.h>

static void filter_free(struct reclaim_head *head)
{
	struct cls_bpf *filter = container_of(head, struct cls_bpf, reclaim);

	object_put(&filter->prog->object);
	free(filter->name);
	free(filter);
}

void cls_bpf_release(struct cls_bpf *filter)
{
	reclaim_defer(filter->prog->object.engine->reclaim, &filter->reclaim, filter_free);
}

struct cls_bpf *cls_bpf_find(struct tp *tp, u32 handle)
{
	struct cls_bpf *filter;

	if (!handle)
		return NULL;
	list_for_each(filter, &tp->filters, link)
		if (filter->handle == handle)
			return filter;
	return NULL;
}

/* The program's reference is the caller's until nothing can fail. */
static int filter_make(const struct cls_bpf_spec *spec, struct cls_bpf **out)
{
	struct cls_bpf *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	if (spec->name) {
		filter->name = strdup(spec->name);
		if (!filter->name) {
			free(filter);
			return -ENOMEM;
		}
	}
	list_init(&filter->link);
	filter->prog = spec->prog;
	filter->handle = spec->handle;
	filter->classid = spec->classid;
	filter->flags = spec->flags;
	filter->gen_flags = spec->gen_flags;
	*out = filter;
	return 0;
}

/* No handle below tp->lowest is free. */
static int handle_choose(struct tp *tp, u32 wanted, u32 *handle)
{
	if (wanted) {
		if (cls_bpf_find(tp, wanted))
			return -ENOSPC;
		*handle = wanted;
		return 0;
	}
	while (tp->lowest <= INT32_MAX && cls_bpf_find(tp, tp->lowest))
		tp->lowest++;
	if (tp->lowest > INT32_MAX)
		return -ENOSPC;
	*handle = tp->lowest;
	return 0;
}

int cls_bpf_add(struct chain *chain, struct tp *tp, const struct cls_bpf_spec *spec,
		struct cls_bpf **out)
{
	struct cls_bpf *filter;
	struct chain_view *view;
	u32 handle;
	int err;

	err = handle_choose(tp, spec->handle, &handle);
	if (err)
		return err;
	err = chain_reserve(chain, 1, &view);
	if (err)
		return err;
	err = filter_make(spec, &filter);
	if (err) {
		free(view);
		return err;
	}
	filter->handle = handle;
	list_add(&tp->filters, &filter->link);
	chain_publish(chain, view);
	*out = filter;
	return 0;
}

int cls_bpf_replace(struct chain *chain, struct tp *tp, struct cls_bpf *old,
		    const struct cls_bpf_spec *spec, struct cls_bpf **out)
{
	struct cls_bpf *filter;
	struct chain_view *view;
	int err;

	err = chain_reserve(chain, 0, &view);
	if (err)
		return err;
	err = filter_make(spec, &filter);
	if (err) {
		free(view);
		return err;
	}
	filter->handle = old->handle;
	list_insert(&filter->link, old->link.prev, &old->link);
	list_remove(&old->link);
	chain_publish(chain, view);
	cls_bpf_release(old);
	*out = filter;
	return 0;
}

int cls_bpf_remove(struct chain *chain, struct tp *tp, struct cls_bpf *filter)
{
	struct chain_view *view;
	int err;

	err = chain_reserve(chain, 0, &view);
	if (err)
		return err;
	list_remove(&filter->link);
	if (filter->handle < tp->lowest)
		tp->lowest = filter->handle;
	chain_publish(chain, view);
	cls_bpf_release(filter);
	return 0;
}
