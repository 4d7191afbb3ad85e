// SPDX-License-Identifier: BSD-2-Clause
/* core.h - CO-RE: instructions that depend on the layout of the kernel's types. Private to load/.
 *
 *   .BTF.ext: instruction, type, "0:3:1", kind         what the program says about its own types
 *      -> core_spec: the members on the way, by name
 *      -> the same way through the kernel's types of that name (core_match.h)
 *      -> core_value: what the compiler wrote, what it has to be here
 *      -> core_patch()
 *
 * Where the kernel has no such field, the instruction is made one that no verifier lets run
 * (BPF_POISON), unless it only asks whether the field exists.
 */
#ifndef CLSBPF_LOAD_CORE_H
#define CLSBPF_LOAD_CORE_H

#include "load/core_match.h"
#include "load/file.h"

#define CORE_WAY_MAX 64

/* One step on the way to a field. */
struct core_step {
	u32 type_id;
	u32 index;
	const char *name;         /* of the member or enumerator; NULL: an element of an array */
};

struct core_spec {
	const struct btf_view *view;
	u32 root_id, kind;
	struct core_step step[CORE_WAY_MAX];
	u32 count;
	u64 bit;                  /* of the field, from the beginning of the root */
};

struct core_value {
	u64 before, after;
	u32 size_before, size_after;   /* of a field that is loaded or stored; 0: it does not matter */
	bool check;               /* the instruction must have `before` now */
	bool poison;
	bool size_differs;        /* and its value cannot be read in another size */
};

/** core_spec_parse() - what @reloc says, walked through the object's own types.
 *  Returns 0, -EINVAL or -E2BIG. */
must_check int core_spec_parse(const struct btf_view *local, const struct core_reloc *reloc,
			       struct core_spec *spec);

/** core_spec_match() - the same way through type @kernel_id of the kernel.
 *  Returns 1 with @out filled in, or 0. */
int core_spec_match(struct core_pair *pair, const struct core_spec *spec, u32 kernel_id,
		    struct core_spec *out);

/** core_evaluate() - the value of the relocation here. @kernel: NULL when the kernel has nothing of
 *  the kind. Returns 0, -EINVAL, -E2BIG, -EOPNOTSUPP. */
must_check int core_evaluate(const struct core_spec *local, const struct core_spec *kernel,
			     struct core_value *value);

/** core_patch() - change instruction @at of @prog. Returns 0, -EINVAL (not an instruction that was
 *  made for this relocation), -ERANGE. */
must_check int core_patch(struct load_prog *prog, u32 at, u32 number, const struct core_value *value);

/** core_kernel_types() - the types of the kernel behind @backend: a file where there is one,
 *  otherwise BTF "vmlinux" by its id. They stay with the object, core_kernel_free() ends them.
 *  Returns 0, or -errno after a sentence. */
must_check int core_kernel_types(struct load_object *object, struct backend *backend,
				 struct log *log, const struct btf_view **out);
void core_kernel_free(struct load_file *file);

/** core_apply() - everything for program @number of @object, whose instructions are changed in
 *  place, against the kernel behind @backend. Returns 0, or -errno after a sentence. */
must_check int core_apply(struct load_object *object, struct backend *backend, u32 number,
			  struct log *log);

#endif
