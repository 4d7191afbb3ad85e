// SPDX-License-Identifier: BSD-2-Clause
/* region.h - the pieces of memory that a run was given: map values that lookups returned, and records
 * of ring buffers until it gives them back.
 *
 * A treap: a search tree by start address, a heap by priorities that a program cannot guess, so its
 * depth is logarithmic whatever a program looks up. Regions do not overlap. Nodes live in one
 * array that grows up to REGIONS_MAX; clearing is two stores, and an unused set costs nothing.
 */
#ifndef CLSBPF_RUN_REGION_H
#define CLSBPF_RUN_REGION_H

#include "base/types.h"

#define REGIONS_MAX 65536

struct region {
	u64 start;
	u32 len;
	u32 priority;
	u32 kid[2];        /* places in the array; 0: none */
	u32 access;        /* enum access, REGION_RECORD */
};

/* A record of a ring buffer and not a map value; beside the bits of enum access. */
#define REGION_RECORD 4u

struct region_set {
	struct region *node;  /* [0] is not used */
	u32 root, count, room;
	u32 free;             /* first of the nodes below `count` that are in no tree, by kid[0] */
	u64 secret;
};

static inline void region_clear(struct region_set *set) { set->root = set->count = set->free = 0; }

/** region_add() - give [@start, @start + @len). Returns 0, -ENOMEM, or -E2BIG when the set is full. */
must_check int region_add(struct region_set *set, u64 start, u32 len, u32 access);

/** region_remove() - take the region back that starts at @start, if there is one. */
void region_remove(struct region_set *set, u64 start);

/** region_before() - the last region that starts at or below @at, or NULL. */
const struct region *region_before(const struct region_set *set, u64 at);

#endif
