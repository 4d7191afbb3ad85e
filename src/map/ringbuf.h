// SPDX-License-Identifier: BSD-2-Clause
/* ringbuf.h - ring buffers from the side of programs. Each call is inside a read section. */
#ifndef CLSBPF_MAP_RINGBUF_H
#define CLSBPF_MAP_RINGBUF_H

#include "map/map.h"

/** ringbuf_reserve() - room for a record of @size bytes, which are what they were. NULL: no room, or
 *  larger than any record. The consumer waits for it until ringbuf_commit(). */
void *ringbuf_reserve(struct map *map, u64 size);

/** ringbuf_commit() - give @record, which ringbuf_reserve() gave, to the consumer, or let it pass by it
 *  (@discard). @flags: BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP; other bits mean nothing. */
void ringbuf_commit(struct map *map, void *record, u64 flags, bool discard);

/** ringbuf_query() - BPF_RB_AVAIL_DATA, _RING_SIZE, _CONS_POS, _PROD_POS; 0 for anything else. */
u64 ringbuf_query(struct map *map, u64 what);

#endif
