// SPDX-License-Identifier: BSD-2-Clause
/* help_ringbuf.c - ring buffers from inside a program, and the records that a run holds.
 *
 * A program gives a record back by its address alone. Linux finds the ring buffer by a number that it
 * wrote in front of the record; here clients can write there, so the run remembers what it was given.
 */
#include <errno.h>
#include <stdlib.h>

#include "helper/exec.h"
#include "helper/fns.h"
#include "map/ringbuf.h"

#define COMMIT_FLAGS (BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)

static bool records_grow(struct exec *exec)
{
	u32 room = exec->record_room ? 2 * exec->record_room : 16;
	struct exec_record *records;

	if (exec->record_count < exec->record_room)
		return true;
	if (room > EXEC_RECORDS)
		return false;
	records = reallocarray(exec->records, room, sizeof(*records));
	if (!records)
		return false;
	exec->records = records;
	exec->record_room = room;
	return true;
}

static void record_commit(struct exec *exec, void *address, u64 flags, bool discard)
{
	u32 i = exec->record_count;

	/* Most programs hold one. */
	while (i && exec->records[i - 1].address != address)
		i--;
	if (!i)
		return;
	ringbuf_commit(exec->records[i - 1].map, address, flags, discard);
	exec->records[i - 1] = exec->records[--exec->record_count];
}

void exec_drop_records(struct exec *exec)
{
	if (exec->lock)
		spin_lock_drop(exec->lock);
	exec->lock = NULL;
	while (exec->record_count)
		record_commit(exec, exec->records[exec->record_count - 1].address, 0, true);
}

u64 helper_ringbuf_output(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct map *map = u64_ptr(a1);
	void *record;

	if (a4 & ~(u64)COMMIT_FLAGS)
		return (u64)-EINVAL;
	record = ringbuf_reserve(map, a3);
	if (!record)
		return (u64)-EAGAIN;
	if (a3)
		memcpy(record, u64_ptr(a2), a3);
	ringbuf_commit(map, record, a4, false);
	return 0;
}

u64 helper_ringbuf_reserve(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct map *map = u64_ptr(a1);
	void *record;

	if (a3 || !records_grow(exec))
		return 0;
	record = ringbuf_reserve(map, a2);
	if (record)
		exec->records[exec->record_count++] = (struct exec_record){ map, record };
	return ptr_u64(record);
}

u64 helper_ringbuf_submit(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	record_commit(exec, u64_ptr(a1), a2, false);
	return 0;
}

u64 helper_ringbuf_discard(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	record_commit(exec, u64_ptr(a1), a2, true);
	return 0;
}

u64 helper_ringbuf_query(struct exec *exec, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	return ringbuf_query(u64_ptr(a1), a2);
}
