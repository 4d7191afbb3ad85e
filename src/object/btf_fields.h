// SPDX-License-Identifier: BSD-2-Clause
/* btf_fields.h - special fields: parts of a structure that are the engine's, not the program's (locks,
 * timers, lists, pointers to objects), told by the names of their types. */
#ifndef CLSBPF_OBJECT_BTF_FIELDS_H
#define CLSBPF_OBJECT_BTF_FIELDS_H

#include "isa/btf_read.h"

enum btf_field_kind {
	FIELD_SPIN_LOCK = 1 << 0,
	FIELD_RES_SPIN_LOCK = 1 << 1,
	FIELD_TIMER = 1 << 2,
	FIELD_WORKQUEUE = 1 << 3,
	FIELD_TASK_WORK = 1 << 4,
	FIELD_LIST_HEAD = 1 << 5,
	FIELD_LIST_NODE = 1 << 6,
	FIELD_RB_ROOT = 1 << 7,
	FIELD_RB_NODE = 1 << 8,
	FIELD_REFCOUNT = 1 << 9,
	FIELD_KPTR_UNREF = 1 << 10,
	FIELD_KPTR_REF = 1 << 11,
	FIELD_KPTR_PERCPU = 1 << 12,
	FIELD_UPTR = 1 << 13,
};

#define FIELD_KPTRS (FIELD_KPTR_UNREF | FIELD_KPTR_REF | FIELD_KPTR_PERCPU)
#define FIELD_ROOTS (FIELD_LIST_HEAD | FIELD_RB_ROOT)
#define FIELD_NODES (FIELD_LIST_NODE | FIELD_RB_NODE)
/* What may be in a structure that programs allocate, and what in the values of a map. */
#define FIELDS_OF_OBJECTS                                                                          \
	(FIELD_SPIN_LOCK | FIELD_RES_SPIN_LOCK | FIELD_ROOTS | FIELD_NODES | FIELD_REFCOUNT |      \
	 FIELD_KPTRS)
#define FIELDS_OF_MAPS                                                                             \
	(FIELD_SPIN_LOCK | FIELD_RES_SPIN_LOCK | FIELD_TIMER | FIELD_WORKQUEUE | FIELD_TASK_WORK |  \
	 FIELD_ROOTS | FIELD_REFCOUNT | FIELD_KPTRS | FIELD_UPTR)

#define BTF_FIELDS_MAX 11   /* of one structure */

struct btf_field {
	u32 kind;               /* one of enum btf_field_kind */
	u32 off, size;
	u32 type_id;            /* pointers: the structure; roots: that of the elements; or 0 */
	const char *node;       /* roots: the member of an element that links it */
};

struct btf_fields {
	u32 count;
	u32 kinds;              /* all of them */
	struct btf_field at[BTF_FIELDS_MAX];
};

/* The structures of a blob that have special fields, by id. */
struct btf_owner {
	u32 id, kinds;
};

struct btf_owners {
	struct btf_owner *row;
	u32 count;
};

/** btf_fields_find() - the special fields of the kinds @kinds in structure or section @id, by offset.
 *  @size: bytes that its values have. Returns 0, also when there are none; what Linux finds wrong
 *  with them: -EINVAL, -E2BIG (twice, or too many), -EEXIST (overlap), -ENOENT (lists of what is not
 *  there), -EFAULT; or -ENOMEM. */
must_check int btf_fields_find(const struct btf_view *view, u32 id, u32 kinds, u32 size,
			       struct btf_fields *out);

/** btf_fields_owned() - may the owner of @fields own what its lists, trees and user pointers lead
 *  to? Returns 0, -ELOOP, -EFAULT, -E2BIG or -EINVAL. */
must_check int btf_fields_owned(const struct btf_view *view, const struct btf_owners *owners,
				const struct btf_fields *fields);

/** btf_owners_find() - check the special fields of every structure. Returns 0 or an errno of the two
 *  functions above with a sentence. Free out->row. */
must_check int btf_owners_find(const struct btf_view *view, struct log *log, struct btf_owners *out);

#endif
