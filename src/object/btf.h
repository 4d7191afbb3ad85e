// SPDX-License-Identifier: BSD-2-Clause
/* btf.h - type information as loaded by BPF_BTF_LOAD: checked for its form, kept for its readers.
 *
 * The blob is hostile input. btf_create() checks the header, that every type lies inside the type
 * section, that every name and type reference is in range; cycles and semantics are checked where
 * types are followed.
 */
#ifndef CLSBPF_OBJECT_BTF_H
#define CLSBPF_OBJECT_BTF_H

#include <linux/btf.h>

#include "base/log.h"
#include "object/object.h"

#define BTF_BLOB_MAX (16u << 20)  /* bytes */

struct btf {
	struct object object;
	u8 *data;                  /* the whole blob */
	u32 size;
	const char *strings;       /* inside data */
	u32 strings_len;
	const struct btf_type **types;  /* types[0] is void (NULL) */
	u32 type_count;            /* including void */
};

/** btf_create() - parse and check @size bytes at @data (copied). Returns 0, -EINVAL with a
 *  sentence in @log, -E2BIG (over 16 MiB) or -ENOMEM. */
must_check int btf_create(struct engine *engine, const void *data, u32 size, struct log *log,
			  struct btf **out);

/** btf_type() - type @id, or NULL for void and ids out of range. */
const struct btf_type *btf_type(const struct btf *btf, u32 id);

/** btf_name() - the string at @off, or "" when out of range. */
const char *btf_name(const struct btf *btf, u32 off);

/** btf_size_of() - the size of type @id in bytes, following typedefs, qualifiers and arrays, at
 *  most 32 deep. Returns 0 or -EINVAL. */
must_check int btf_size_of(const struct btf *btf, u32 id, u32 *size);

/** btf_resolve() - the type behind typedefs, qualifiers, type tags and variables of type @id, at most
 *  32 deep, or NULL. */
const struct btf_type *btf_resolve(const struct btf *btf, u32 id);

static inline struct btf *btf_of(struct object *object)
{
	return container_of(object, struct btf, object);
}

#endif
