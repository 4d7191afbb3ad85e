// SPDX-License-Identifier: BSD-2-Clause
/* on_batch.c - the commands that do many elements of a map in one call.
 *
 *   keys   | key 0 | key 1 | ...      the client's; `room` of them at a time come over here
 *   values | value 0 | value 1 | ...
 *
 * UPDATE and DELETE go on until an element fails: count comes back as what was done. LOOKUP goes from
 * key to key and hands back the last one (in_batch, out_batch), or, in a hash, from bucket to bucket
 * and hands back the number of the next: a bucket comes whole or, with -ENOSPC, not at all, so that
 * nothing is seen twice or missed. -ENOENT: that was the last one. Order of the checks, and what is
 * written after an error: Linux 6.18's, tried.
 *
 * Not here: single elements (on_map.c).
 */
#include <errno.h>

#include "command/map_call.h"

#define WINDOW 65536u   /* bytes of the client's that are fetched or given at once */

struct batch {
	struct call *call;
	struct map *map;
	u32 key_size, value_size, room;
	u8 *keys, *values;    /* @room each */
};

/* Room for @room elements at least: more where it is worth while. Direct memory is touched one
 * element after the other: what lies behind the last good one need not be there. */
static int batch_room(struct batch *b, u32 room, bool ahead)
{
	u32 both = b->key_size + b->value_size;
	u8 *keys, *values;

	if (ahead && b->call->client->caller)
		room = max_u32(room, min_u32(b->call->attr->bpf.batch.count, WINDOW / both));
	room = max_u32(room, 1);
	keys = reallocarray(b->keys, room, b->key_size);
	if (!keys)
		return -ENOMEM;
	b->keys = keys;
	values = reallocarray(b->values, room, b->value_size);
	if (!values)
		return -ENOMEM;
	b->values = values;
	b->room = room;
	return 0;
}

static void batch_end(struct batch *b)
{
	free(b->keys);
	free(b->values);
}

/* The rules for elem_flags, count and, where anybody looks at them, @flags. 1: there is something to do. */
static int batch_begin(struct batch *b, bool flags)
{
	const union bpf_attr *attr = &b->call->attr->bpf;
	int err = 0;

	if (attr->batch.elem_flags & ~(u64)BPF_F_LOCK)
		err = log_error(&b->call->log, -EINVAL, "map: a batch has no element flags 0x%llx",
				attr->batch.elem_flags);
	if (!err)
		err = map_lock_check(b->call, b->map, attr->batch.elem_flags);
	if (!err && !flags && attr->batch.flags)
		err = log_error(&b->call->log, -EINVAL, "map: a batch has no flags 0x%llx",
				attr->batch.flags);
	return err ? err : attr->batch.count > 0;
}

static int batch_count(struct batch *b, u32 count)
{
	return CALL_REPLY(b->call, batch.count, count);
}

/* Fetch elements @at...; where they do not all exist, the first alone. */
static int batch_fetch(struct batch *b, u32 at, u32 *count, bool values)
{
	const union bpf_attr *attr = &b->call->attr->bpf;
	int err;

	for (;;) {
		err = user_read(b->call, b->keys, attr->batch.keys + (u64)at * b->key_size,
				(u64)*count * b->key_size);
		if (!err && values)
			err = user_read(b->call, b->values, attr->batch.values + (u64)at * b->value_size,
					(u64)*count * b->value_size);
		if (err != -EFAULT || *count == 1)
			return err;
		*count = 1;
	}
}

static int batch_element(struct batch *b, u32 i, bool update)
{
	const u8 *key = b->keys + (size_t)i * b->key_size;
	int err;

	if (update)
		return map_write(b->call, b->map, key, b->values + (size_t)i * b->value_size,
				 b->call->attr->bpf.batch.elem_flags);
	map_enter(b->call);
	err = b->map->ops->remove(b->map, key);
	map_exit(b->call);
	return err;
}

/* UPDATE and DELETE. */
static int batch_change(struct batch *b, bool update)
{
	u32 count = b->call->attr->bpf.batch.count, done = 0, n;
	int err = batch_begin(b, true);

	if (err <= 0)
		return err;
	if (batch_count(b, 0))
		return -EFAULT;
	err = batch_room(b, 1, true);
	if (err)
		return err;
	while (!err && done < count) {
		n = min_u32(b->room, count - done);
		err = batch_fetch(b, done, &n, update);
		for (u32 i = 0; !err && i < n; i++) {
			err = batch_element(b, i, update);
			done += !err;
		}
	}
	return batch_count(b, done) ? -EFAULT : err;
}

/* Give out @n elements as the client's elements @at... */
static int batch_give(struct batch *b, u32 at, u32 n)
{
	const union bpf_attr *attr = &b->call->attr->bpf;
	int err = user_write(b->call, attr->batch.keys + (u64)at * b->key_size, b->keys,
			     (u64)n * b->key_size);

	return err ? err : user_write(b->call, attr->batch.values + (u64)at * b->value_size, b->values,
				      (u64)n * b->value_size);
}

/* Fill the window from behind @key on, and leave the last key there: *n elements, and 0 or -ENOENT. */
static int keys_fill(struct batch *b, u8 *key, bool *begun, u32 want, u32 *n)
{
	const struct map_ops *ops = b->map->ops;
	int err = 0;

	for (*n = 0; *n < want;) {
		u8 *next = b->keys + (size_t)*n * b->key_size;

		map_enter(b->call);
		err = ops->next_key(b->map, *begun ? key : NULL, next);
		if (!err) {
			memcpy(key, next, b->key_size);
			*begun = true;
			err = ops->read(b->map, key, b->values + (size_t)*n * b->value_size, 0);
			/* Deleted meanwhile: the next one. */
			*n += !err;
			err = err == -ENOENT ? 0 : err;
		}
		map_exit(b->call);
		if (err)
			break;
	}
	return err;
}

static int keys_lookup(struct batch *b, u8 *key)
{
	const union bpf_attr *attr = &b->call->attr->bpf;
	bool begun = attr->batch.in_batch != 0;
	u32 total = 0, n;
	int err = begun ? user_read(b->call, key, attr->batch.in_batch, b->key_size) : 0, fault;

	while (!err && total < attr->batch.count) {
		err = keys_fill(b, key, &begun, min_u32(b->room, attr->batch.count - total), &n);
		if (err && err != -ENOENT)
			return err;
		fault = batch_give(b, total, n);
		if (fault)
			return fault;
		total += n;
	}
	if (err && err != -ENOENT)
		return err;
	if (batch_count(b, total) ||
	    (total && user_write(b->call, attr->batch.out_batch, key, b->key_size)))
		return -EFAULT;
	return err;
}

/* Take what was copied out of a bucket; what somebody else took meanwhile is not ours to give. */
static u32 bucket_take(struct batch *b, u32 n)
{
	u32 kept = 0;

	for (u32 i = 0; i < n; i++) {
		u8 *key = b->keys + (size_t)kept * b->key_size;

		memmove(key, b->keys + (size_t)i * b->key_size, b->key_size);
		kept += !b->map->ops->take(b->map, key, b->values + (size_t)kept * b->value_size, 0);
	}
	return kept;
}

/* The next bucket that has anything: its *n elements are in the window and, with @take, nowhere else. */
static int bucket_next(struct batch *b, u32 *bucket, u32 left, bool take, u32 *n)
{
	int err = 0;

	for (;;) {
		map_enter(b->call);
		*n = b->map->ops->bucket(b->map, bucket, b->keys, b->values, b->room);
		if (take && *n <= min_u32(b->room, left))
			*n = bucket_take(b, *n);
		map_exit(b->call);
		if (*n <= b->room || *n > left)
			return 0;
		err = batch_room(b, *n, false);
		if (err)
			return err;
	}
}

static int buckets_lookup(struct batch *b, bool take)
{
	const union bpf_attr *attr = &b->call->attr->bpf;
	u32 bucket = 0, total = 0, count = attr->batch.count, n;
	bool beyond;
	int err = attr->batch.in_batch ?
		  user_read(b->call, &bucket, attr->batch.in_batch, sizeof(bucket)) : 0;

	map_enter(b->call);
	beyond = bucket && bucket >= b->map->ops->buckets(b->map);
	map_exit(b->call);
	if (err || beyond)
		return err ? err : -ENOENT;
	for (;;) {
		err = bucket_next(b, &bucket, count - total, take, &n);
		if (err)
			return err;
		if (bucket == b->map->ops->buckets(b->map)) {
			err = -ENOENT;
			break;
		}
		if (n > count - total) {
			err = total ? 0 : -ENOSPC;
			break;
		}
		err = batch_give(b, total, n);
		if (err)
			return err;
		total += n;
		bucket++;
	}
	if (user_write(b->call, attr->batch.out_batch, &bucket, sizeof(bucket)) ||
	    batch_count(b, total))
		return -EFAULT;
	return err;
}

static int batch_lookup(struct batch *b, bool take)
{
	u8 *key = NULL;
	int err = batch_begin(b, !b->map->ops->bucket);

	if (err <= 0)
		return err;
	if (batch_count(b, 0))
		return -EFAULT;
	err = batch_room(b, 1, !b->map->ops->bucket);
	if (!err && b->map->ops->bucket)
		return buckets_lookup(b, take);
	if (!err)
		key = malloc(b->key_size);
	if (!err)
		err = key ? keys_lookup(b, key) : -ENOMEM;
	free(key);
	return err;
}

/* Which map types have which command: Linux's choice. */
static bool batch_has(const struct map *map, int cmd)
{
	switch (cmd) {
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
		return map->ops->bucket;
	case BPF_MAP_DELETE_BATCH:
		return map->type->row_flags & MAP_BATCH_DELETE;
	default:
		return map->type->row_flags & MAP_BATCH;
	}
}

static int batch_run(struct call *call, int cmd)
{
	bool read = cmd == BPF_MAP_LOOKUP_BATCH || cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH;
	bool write = cmd != BPF_MAP_LOOKUP_BATCH;
	struct batch b = { .call = call };
	int err = map_open(call, (int)call->attr->bpf.batch.map_fd, read, write, &b.map);

	if (err)
		return err;
	b.key_size = b.map->key_size;
	b.value_size = map_value_room(b.map);
	if (!batch_has(b.map, cmd))
		err = log_error(&call->log, -MAP_ENOTSUPP, "map: a %s map has no such batches",
				b.map->type->name);
	else if (read)
		err = batch_lookup(&b, cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH);
	else
		err = batch_change(&b, cmd == BPF_MAP_UPDATE_BATCH);
	batch_end(&b);
	map_close(b.map, write);
	return err;
}

int on_map_lookup_batch(struct call *call) { return batch_run(call, BPF_MAP_LOOKUP_BATCH); }
int on_map_take_batch(struct call *call) { return batch_run(call, BPF_MAP_LOOKUP_AND_DELETE_BATCH); }
int on_map_update_batch(struct call *call) { return batch_run(call, BPF_MAP_UPDATE_BATCH); }
int on_map_delete_batch(struct call *call) { return batch_run(call, BPF_MAP_DELETE_BATCH); }
