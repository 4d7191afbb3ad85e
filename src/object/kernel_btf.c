// SPDX-License-Identifier: BSD-2-Clause
/* kernel_btf.c - the engine's own BTF, under the name that clients look for: "vmlinux", id 1.
 *
 * The bytes are those of kernel_types.c, taken out of the compiled object at build time.
 */
#include "object/btf.h"
#include "object/engine.h"

static const u8 kernel_types[] = {
#include "object/kernel_btf.inc"
};

int kernel_btf_create(struct engine *engine)
{
	struct btf *btf;
	int err = btf_create(engine, kernel_types, sizeof(kernel_types), NULL, &btf);

	if (err)
		return err;
	btf->name = "vmlinux";
	err = object_publish(&btf->object);
	if (err)
		object_put_user(&btf->object);
	else
		engine->kernel_btf = &btf->object;
	return err;
}
