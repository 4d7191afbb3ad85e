// SPDX-License-Identifier: BSD-2-Clause
/* region.c - the treap of region.h. Nothing here recurses. */
#include <errno.h>
#include <stdlib.h>

#include "run/region.h"

/* Finalizer of splitmix64: every bit of the input moves every bit of the output. */
static u32 priority_of(const struct region_set *set, u64 start)
{
	u64 x = start ^ set->secret;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (u32)(x >> 32);
}

/* A node for one more. */
static int region_take(struct region_set *set, u32 *n)
{
	u32 room = set->room ? 2 * set->room : 16;
	struct region *node;

	*n = set->free;
	if (set->free) {
		set->free = set->node[set->free].kid[0];
		return 0;
	}
	if (set->count == REGIONS_MAX)
		return -E2BIG;
	*n = set->count + 1;
	if (*n < set->room) {
		set->count++;
		return 0;
	}
	node = reallocarray(set->node, room, sizeof(*node));
	if (!node)
		return -ENOMEM;
	set->node = node;
	set->room = room;
	set->count++;
	return 0;
}

static struct region *region_at(struct region_set *set, u64 start)
{
	for (u32 t = set->root; t; t = set->node[t].kid[start > set->node[t].start])
		if (set->node[t].start == start)
			return &set->node[t];
	return NULL;
}

/* Put node @n at the place where its priority belongs; what was there is split around it. */
static void region_link(struct region_set *set, u32 n)
{
	struct region *node = set->node, *new = &node[n];
	u32 *link = &set->root, *below, *above, t;

	while (*link && node[*link].priority >= new->priority)
		link = &node[*link].kid[new->start > node[*link].start];
	t = *link;
	*link = n;
	below = &new->kid[0];
	above = &new->kid[1];
	while (t) {
		u32 **side = node[t].start < new->start ? &below : &above;
		u32 *inner = &node[t].kid[side == &below];

		**side = t;
		*side = inner;
		t = *inner;
	}
	*below = *above = 0;
}

int region_add(struct region_set *set, u64 start, u32 len, u32 access)
{
	struct region *old = region_at(set, start);
	u32 n;
	int err;

	if (old) {
		old->len = len;
		old->access = access;
		return 0;
	}
	err = region_take(set, &n);
	if (err)
		return err;
	set->node[n] = (struct region){
		.start = start, .len = len, .access = access,
		.priority = priority_of(set, start),
	};
	region_link(set, n);
	return 0;
}

/* One tree of two, all of whose starts are below and above each other. */
static void region_join(struct region *node, u32 *link, u32 below, u32 above)
{
	while (below && above) {
		bool lower = node[below].priority >= node[above].priority;
		u32 *top = lower ? &below : &above;

		*link = *top;
		link = &node[*top].kid[lower];
		*top = *link;
	}
	*link = below ? below : above;
}

void region_remove(struct region_set *set, u64 start)
{
	struct region *node = set->node;
	u32 *link = &set->root, n;

	while (*link && node[*link].start != start)
		link = &node[*link].kid[start > node[*link].start];
	n = *link;
	if (!n)
		return;
	region_join(node, link, node[n].kid[0], node[n].kid[1]);
	node[n].kid[0] = set->free;
	set->free = n;
}

const struct region *region_before(const struct region_set *set, u64 at)
{
	const struct region *best = NULL;

	for (u32 t = set->root; t;) {
		const struct region *node = &set->node[t];

		if (node->start <= at)
			best = node;
		t = node->kid[node->start <= at];
	}
	return best;
}
