// SPDX-License-Identifier: BSD-2-Clause
/* map.h - what a map is, and the one set of operations that every family fills in.
 *
 * A family is one file with one `struct map_ops` at its foot and one row in map.def. Nobody asks
 * for a map's type to decide what to do: the ops and the flags of the row say it.
 *
 * Two sides use a map. Programs call lookup, update and remove inside a read section and get the
 * address of the value itself. bpf(2) callers call read, write, remove and next_key: they copy,
 * and for per-CPU maps a value is one slot a CPU, each rounded up to 8 bytes.
 */
#ifndef CLSBPF_MAP_MAP_H
#define CLSBPF_MAP_MAP_H

#include <linux/bpf.h>
#include <stdatomic.h>

#include "base/log.h"
#include "object/btf_fields.h"
#include "object/engine.h"
#include "object/fd.h"
#include "object/object.h"

struct btf;
struct map;
struct prog;

/* Linux's ENOTSUPP, which no C library knows: what a map answers where it lacks an operation. */
#define MAP_ENOTSUPP 524

/* Where a walk over the elements is: map_ops.each. All 0 at the beginning. */
struct map_cursor {
	u32 place;
	u32 index;               /* the key of an array's element */
	void *elem;
};

struct map_ops {
	/** check - may a map be made of this? The common rules of map.def held already.
	 *  Returns 0 or the errno that Linux gives, with a sentence in @log. */
	int (*check)(const union bpf_attr *attr, struct log *log);
	/** check_types - may keys and values have these BTF types? Their sizes are right already.
	 *  @key_type 0: the client named none. NULL: any, but the key's must be named. */
	int (*check_types)(const struct map *map, const struct btf *btf, u32 key_type,
			   u32 value_type);
	/** create - the family's own structure; the common members are filled in by map_create(). */
	int (*create)(struct engine *engine, const union bpf_attr *attr, struct map **out);
	void (*destroy)(struct map *map);
	/** release - the last handle and pin are gone; NULL: nothing to do. */
	void (*release)(struct map *map);

	/* The side of programs, inside a read section of the caller. @cpu is the worker's number. */
	void *(*lookup)(struct map *map, const void *key, u32 cpu);
	int (*update)(struct map *map, const void *key, const void *value, u64 flags, u32 cpu);
	int (*remove)(struct map *map, const void *key);
	/** each - the next element of a walk: its key, which stays as long as the read section and
	 *  @cursor, and the value that lookup gives. What is put in or taken out meanwhile may be met or
	 *  not. False: that was the last one. NULL: programs do not walk over elements. */
	bool (*each)(struct map *map, struct map_cursor *cursor, const void **key, void **value, u32 cpu);

	/* The side of bpf(2), inside a read section as well. A value that is a descriptor (MAP_VALUE_FD)
	 * comes as a number of @client's table. */
	int (*read)(struct map *map, const void *key, void *value, u64 flags);
	int (*write)(struct map *map, struct client *client, const void *key, const void *value,
		     u64 flags);
	/** take - read and remove, in one step for other writers; NULL: -MAP_ENOTSUPP. */
	int (*take)(struct map *map, const void *key, void *value, u64 flags);
	/** next_key - the key after @key (NULL or unknown: the first). Returns 0 or -ENOENT. */
	int (*next_key)(struct map *map, const void *key, void *next);

	/** bucket - for the batches of what has buckets; NULL: they go from key to key. Copy the elements
	 *  of the first bucket from *@bucket on that holds any, keys and values as bpf(2) sees them, each
	 *  in a row, @room at most. Returns how many there are, which may be more than @room.
	 *  *@bucket: which one it was, or buckets() at the end. */
	u32 (*bucket)(struct map *map, u32 *bucket, u8 *keys, u8 *values, u32 room);
	u32 (*buckets)(const struct map *map);
	/** hash - SHA-256 of all values, for the info of a frozen map; NULL: it has none. */
	int (*hash)(struct map *map, u8 digest[32]);

	/** claim - map_prog_claim(); NULL: programs of any kind may use the map. */
	int (*claim)(struct map *map, const struct prog *prog);
	/** direct_value - the address and the length of what BPF_PSEUDO_MAP_VALUE with offset @off
	 *  points into; NULL: not possible (-MAP_ENOTSUPP). Returns 0, -EINVAL (beyond
	 *  the end) or -MAP_ENOTSUPP (more than one element). */
	int (*direct_value)(struct map *map, u32 off, u8 **value, u32 *left);

	/** ready - does poll(2) find the map readable? NULL: it never does. */
	bool (*ready)(struct map *map);
	/** wait_fd - an eventfd that is written to whenever Linux would wake who waits for the map; the
	 *  map's own, to be watched and not read (edges, not levels). Returns it or -errno. */
	int (*wait_fd)(struct map *map);
};

enum map_row_flags {
	MAP_PERCPU = 1 << 0,     /* bpf(2) sees one value a CPU */
	MAP_NO_LOOKUP = 1 << 1,  /* programs neither look up nor change elements (program arrays) */
	MAP_VALUE_FD = 1 << 2,   /* what bpf(2) writes is a descriptor, and it reads an id */
	MAP_SHARES = 1 << 3,     /* mmap(2) is possible, if the map was made for it */
	MAP_BATCH = 1 << 4,      /* bpf(2) reads and updates many elements at once */
	MAP_BATCH_DELETE = 1 << 5,
	MAP_CHECK_LATE = 1 << 6, /* who may not make maps is told so before the family's rules are asked */
	MAP_CAP_BPF = 1 << 7,    /* not for unprivileged users */
	/* Special fields that values may have (object/btf_fields.h). */
	MAP_FIELD_LOCK = 1 << 8, /* spin locks */
	MAP_FIELD_WORK = 1 << 9, /* timers, work, lists and trees */
	MAP_FIELD_KPTR = 1 << 10, /* pointers to objects, reference counts */
	MAP_INDEXED = 1 << 11,   /* keys are indices */
};

/* A row of map.def. */
struct map_type {
	u32 type;
	const char *name;        /* "lru_hash", as bpftool prints it */
	const struct map_ops *ops;
	u32 create_flags;        /* flags of BPF_MAP_CREATE that the family knows */
	u32 row_flags;
};

/* Memory of a map that clients may map as well: shared.c. */
struct shared_memory {
	int fd;                  /* a memfd */
	u8 *at;                  /* NULL: none */
	u64 size;
	u64 writable;            /* bytes from its start that a client may map to write */
	bool constant;           /* it may map none of them to write */
};

struct map {
	struct object object;
	const struct map_type *type;
	const struct map_ops *ops;   /* type->ops, one load nearer */
	u32 key_size, value_size, max_entries, flags;
	u64 extra;
	char name[BPF_OBJ_NAME_LEN];
	u32 btf_key_id, btf_value_id;
	struct object *btf;          /* or NULL */
	struct btf_fields *fields;   /* special fields of its values, or NULL */
	_Atomic bool frozen;
	_Atomic u32 writers;         /* bpf(2) writers inside; freezing waits for none: -EBUSY */
	struct shared_memory shared;        /* filled in by the family */
};

/** map_type_find() - the row of a map type, or NULL when the engine does not have it. */
const struct map_type *map_type_find(u32 type);

/** map_type_name() - "hash", "prog_array", ... for every type Linux 6.18 knows, or NULL. */
const char *map_type_name(u32 type);

/** map_create_check() - the part of map_create() that needs no memory: who may not make maps gets these
 *  errnos nevertheless. Returns 0 or an errno of map_create(), or -EPERM where Linux asks for
 *  privileges (@privileged: CAP_SYS_ADMIN) before it is done. */
must_check int map_create_check(const union bpf_attr *attr, bool privileged, struct log *log);

/** map_create() - an unpublished map. @attr: BPF_MAP_CREATE's; BTF references were resolved by the
 *  caller. Returns 0; -EINVAL, -E2BIG, -ENOMEM, -EPERM as Linux 6.18; -EOPNOTSUPP for a type that
 *  Linux has and this engine has not. Each with a sentence in @log. */
must_check int map_create(struct engine *engine, const union bpf_attr *attr, struct log *log,
			  struct map **out);

/** map_value_room() - bytes that bpf(2) copies for one value. */
u32 map_value_room(const struct map *map);

/** map_rights() - what programs may do with the values: bit 0 read, bit 1 write. */
static inline u32 map_rights(const struct map *map)
{
	return (map->flags & BPF_F_WRONLY_PROG ? 0 : 1) | (map->flags & BPF_F_RDONLY_PROG ? 0 : 2);
}

static inline struct map *map_of(struct object *object)
{
	return container_of(object, struct map, object);
}

/* A program array. The layout is public for map_prog_at() alone. */
struct prog_array {
	struct map map;
	_Atomic u64 owner;             /* what may be in it and jump through it; 0: nobody said yet */
	_Atomic(struct prog *) *slot;  /* max_entries; one reference each */
	_Atomic u32 used;              /* no slot from here on was ever filled */
};

/** map_prog_at() - the program in slot @index of a program array, for tail calls: NULL when the slot
 *  is empty or there is none. Inside a read section; valid until its end. */
static inline struct prog *map_prog_at(struct map *map, u32 index)
{
	struct prog_array *array = container_of(map, struct prog_array, map);

	if (unlikely(index >= map->max_entries))
		return NULL;
	return atomic_load_explicit(&array->slot[index], memory_order_acquire);
}

/** map_prog_claim() - may @prog use @map? A program array belongs to the first program that asks,
 *  because it is put in or because it was loaded to jump through it: all that come must be of its
 *  type and expected_attach_type, even when the array is emptied. To be asked for each map of a
 *  program that is loaded. Returns 0 or -EINVAL. */
static inline must_check int map_prog_claim(struct map *map, const struct prog *prog)
{
	return map->ops->claim ? map->ops->claim(map, prog) : 0;
}

/** map_has_lock() - do its values have a bpf_spin_lock? */
static inline bool map_has_lock(const struct map *map)
{
	return map->fields && map->fields->kinds & FIELD_SPIN_LOCK;
}

/** spin_lock_take() / spin_lock_drop() - a bpf_spin_lock. */
void spin_lock_take(u32 *lock);
void spin_lock_drop(u32 *lock);

/** map_stride() - bytes from one value to the next where values lie in a row. */
static inline u32 map_stride(u32 value_size) { return (u32)round_up_u64(value_size, 8); }

#endif
