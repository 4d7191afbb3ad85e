// SPDX-License-Identifier: BSD-2-Clause
/* btf_index.c - the .BTF section of an object: a copy, which data.c changes before it goes to a
 * kernel, and the index of its types. */
#include <errno.h>
#include <stdlib.h>

#include "load/file.h"

int btf_index_types(struct load_object *object, struct log *log)
{
	const struct section *section = elf_section(object->file, ".BTF", NULL);
	struct btf_view *view = &object->file->btf;
	u8 *data;
	int err, more = 0;

	if (!section || !section->data)
		return 0;
	if (section->size > UINT32_MAX)
		return log_error(log, -EINVAL, "%s: section .BTF is damaged", object->path);
	data = malloc(section->size ? section->size : 1);
	if (!data)
		return -ENOMEM;
	memcpy(data, section->data, section->size);
	err = btf_view_open(view, data, (u32)section->size, NULL);
	view->data = data;  /* freed with the object, whatever comes */
	/* Types are changed by data.c; strings must not be changed with them. */
	if (!err && (const u8 *)view->strings < view->end)
		err = -EINVAL;
	while (!err && (more = btf_view_next(view, NULL)) > 0)
		;
	if (!err)
		err = more;
	if (err && err != -ENOMEM)
		return log_error(log, -EINVAL, "%s: section .BTF is damaged", object->path);
	return err;
}
