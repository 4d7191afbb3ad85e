// SPDX-License-Identifier: BSD-2-Clause
/* btf.h - type information as loaded by BPF_BTF_LOAD: hostile input, checked once, kept for its
 * readers.
 *
 *   header (btf.c) -> the form of each type (btf_form.c) -> what types say of one another
 *   (btf_link.c) -> special fields of structures (btf_fields.c)
 *
 * After btf_create() all names are in range, references that matter name what they should, nothing
 * contains itself, and it is known where modifiers end and how large arrays are. A reference
 * that nobody had to follow may still be bad; isa/btf_read.h takes any.
 */
#ifndef CLSBPF_OBJECT_BTF_H
#define CLSBPF_OBJECT_BTF_H

#include "base/log.h"
#include "isa/btf_read.h"
#include "object/btf_fields.h"
#include "object/object.h"

#define BTF_BLOB_MAX (16u << 20)  /* bytes */
#define BTF_ENOTSUPP 524          /* what Linux answers; user space has no name for it */

struct btf {
	struct object object;
	const char *name;          /* of the kernel's own; NULL: a client's */
	u8 *room;                  /* of the blob, which begins where its types are aligned */
	struct btf_view view;
	struct btf_owners owners;  /* structures with special fields */
};

/** btf_create() - check @size bytes at @data (copied) as Linux 6.18 does. Returns 0; -EINVAL, -E2BIG,
 *  -EEXIST, -ELOOP, -ENOENT, -EFAULT or -BTF_ENOTSUPP as Linux, with a sentence in @log; -ENOMEM. */
must_check int btf_create(struct engine *engine, const void *data, u32 size, struct log *log,
			  struct btf **out);

/** btf_form_check() - is type @id, which was indexed last, well-formed by itself? Returns 0, -EINVAL
 *  or -BTF_ENOTSUPP with a sentence. */
must_check int btf_form_check(const struct btf_view *view, u32 id, struct log *log);

/** kernel_btf_create() - the engine's own types as BTF "vmlinux", kept in engine->kernel_btf.
 *  Returns 0 or -ENOMEM. */
must_check int kernel_btf_create(struct engine *engine);

/** btf_name_ok() - is the string at @off an identifier, or no name at all (@off 0)? */
bool btf_name_ok(const struct btf_view *view, u32 off);

/** btf_links_check() - do the types fit together? Works out view->ends and view->sizes, which
 *  go with the view, also when it fails. Returns 0, or -EINVAL, -E2BIG (more than 32 deep), -EEXIST
 *  (a ring) with a sentence, or -ENOMEM. */
must_check int btf_links_check(struct btf_view *view, struct log *log);

static inline struct btf *btf_of(struct object *object)
{
	return container_of(object, struct btf, object);
}

#endif
