// SPDX-License-Identifier: BSD-2-Clause
/* object.c - references and ids. The rules are in object.h.
 *
 * An id table is a sorted array of (id, object): ids only grow until they wrap, so appending keeps
 * the order and finding is a binary search. Everything here happens on the control path.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "object/engine.h"
#include "object/object.h"

void object_init(struct object *object, struct engine *engine, const struct object_ops *ops)
{
	object->ops = ops;
	object->engine = engine;
	object->id = 0;
	atomic_init(&object->refs, 1);
	atomic_init(&object->users, 1);
}

/* The place of the first id that is not below @id. */
static u32 id_place(const struct id_table *table, u32 id)
{
	u32 low = 0, high = table->count;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (table->slot[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The next id after the last one given, from 1 again at the end, that is free. */
static u32 id_choose(const struct id_table *table)
{
	u32 id = table->last;

	for (u32 tries = 0; tries <= table->count; tries++) {
		u32 place;

		id = id >= INT_MAX ? 1 : id + 1;
		place = id_place(table, id);
		if (place == table->count || table->slot[place]->id != id)
			return id;
	}
	return 0;
}

int object_publish(struct object *object)
{
	struct id_table *table = &object->engine->ids[object->ops->kind];
	int err = 0;
	u32 id, place;

	pthread_mutex_lock(&table->lock);
	if (table->count == table->room) {
		u32 room = table->room ? 2 * table->room : 64;
		struct object **slot = reallocarray(table->slot, room, sizeof(*slot));

		if (!slot) {
			err = -ENOMEM;
			goto out;
		}
		table->slot = slot;
		table->room = room;
	}
	id = id_choose(table);
	if (!id) {
		err = -ENOSPC;
		goto out;
	}
	place = id_place(table, id);
	memmove(table->slot + place + 1, table->slot + place,
		(table->count - place) * sizeof(*table->slot));
	table->slot[place] = object;
	table->count++;
	table->last = id;
	object->id = id;
out:
	pthread_mutex_unlock(&table->lock);
	return err;
}

static void object_unpublish(struct object *object)
{
	struct id_table *table = &object->engine->ids[object->ops->kind];
	u32 place;

	if (!object->id)
		return;
	pthread_mutex_lock(&table->lock);
	place = id_place(table, object->id);
	if (place < table->count && table->slot[place] == object) {
		table->count--;
		memmove(table->slot + place, table->slot + place + 1,
			(table->count - place) * sizeof(*table->slot));
	}
	pthread_mutex_unlock(&table->lock);
}

void object_get(struct object *object)
{
	atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
}

static void object_reclaimed(struct reclaim_head *head)
{
	struct object *object = container_of(head, struct object, reclaim);

	object->ops->destroy(object);
}

void object_put(struct object *object)
{
	if (!object || atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) != 1)
		return;
	object_unpublish(object);
	reclaim_defer(object->engine->reclaim, &object->reclaim, object_reclaimed);
}

void object_get_user(struct object *object)
{
	object_get(object);
	atomic_fetch_add_explicit(&object->users, 1, memory_order_relaxed);
}

void object_put_user(struct object *object)
{
	if (!object)
		return;
	if (atomic_fetch_sub_explicit(&object->users, 1, memory_order_acq_rel) == 1 &&
	    object->ops->release)
		object->ops->release(object);
	object_put(object);
}

/* One more user reference, unless the last reference has gone already. */
static bool object_revive(struct object *object)
{
	u32 refs = atomic_load(&object->refs);

	while (refs)
		if (atomic_compare_exchange_weak(&object->refs, &refs, refs + 1)) {
			atomic_fetch_add(&object->users, 1);
			return true;
		}
	return false;
}

struct object *object_find(struct engine *engine, enum object_kind kind, u32 id)
{
	struct id_table *table = &engine->ids[kind];
	struct object *found = NULL;
	u32 place;

	pthread_mutex_lock(&table->lock);
	place = id_place(table, id);
	if (place < table->count && table->slot[place]->id == id &&
	    object_revive(table->slot[place]))
		found = table->slot[place];
	pthread_mutex_unlock(&table->lock);
	return found;
}

static bool name_has(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7); /* the letters of Latin-1 */
}

int object_name_copy(char to[BPF_OBJ_NAME_LEN], const char *from)
{
	memset(to, 0, BPF_OBJ_NAME_LEN);
	for (u32 i = 0; i < BPF_OBJ_NAME_LEN; i++) {
		if (!from[i])
			return 0;
		if (!name_has((u8)from[i]))
			return -EINVAL;
		to[i] = from[i];
	}
	return -EINVAL;
}

int object_next_id(struct engine *engine, enum object_kind kind, u32 id, u32 *next)
{
	struct id_table *table = &engine->ids[kind];
	int err = -ENOENT;
	u32 place;

	if (id >= INT_MAX)
		return -EINVAL;
	pthread_mutex_lock(&table->lock);
	place = id_place(table, id + 1);
	if (place < table->count) {
		*next = table->slot[place]->id;
		err = 0;
	}
	pthread_mutex_unlock(&table->lock);
	return err;
}
