// SPDX-License-Identifier: BSD-2-Clause
/* core.c - all relocations of a program against a kernel's types.
 *
 * Several types of the kernel may have the wanted name. They all count, as long as those that fit say
 * the same: otherwise nobody knows which one the program will meet.
 */
#include <errno.h>
#include <stdlib.h>

#include "load/core.h"

/* The kernel's types that are called like a type of the object: most relocations of a program are
 * about a few types, and a kernel has 100,000. */
struct candidates {
	u32 local_id;
	u32 *id;
	u32 count;
};

struct core {
	struct load_object *object;
	struct core_pair pair;
	struct load_prog *prog;
	struct log *log;
	struct candidates *known;
	u32 known_count;
};

static int candidates_add(struct candidates *to, u32 id)
{
	u32 *ids = reallocarray(to->id, to->count + 1, sizeof(*ids));

	if (!ids)
		return -ENOMEM;
	to->id = ids;
	to->id[to->count++] = id;
	return 0;
}

static int candidates_collect(struct core *core, struct candidates *out)
{
	const struct btf_view *kernel = core->pair.kernel;
	const struct btf_type *local = btf_type(core->pair.local, out->local_id);
	const char *name = btf_name(core->pair.local, local->name_off);
	int err = 0;

	for (u32 id = 1; !err && id < kernel->type_count; id++) {
		const struct btf_type *type = btf_type(kernel, id);

		if (core_same_kind(local, type) && type->name_off && core_step(&core->pair) &&
		    core_same_name(name, btf_name(kernel, type->name_off)))
			err = candidates_add(out, id);
	}
	return err;
}

static int candidates_find(struct core *core, u32 local_id, const struct candidates **out)
{
	struct candidates *known;
	int err;

	for (u32 i = 0; i < core->known_count; i++) {
		if (core->known[i].local_id == local_id) {
			*out = &core->known[i];
			return 0;
		}
	}
	known = reallocarray(core->known, core->known_count + 1, sizeof(*known));
	if (!known)
		return -ENOMEM;
	core->known = known;
	known += core->known_count++;
	*known = (struct candidates){ .local_id = local_id };
	err = candidates_collect(core, known);
	*out = known;
	return err;
}

static bool same_value(const struct core_value *a, const struct core_value *b)
{
	return a->after == b->after && a->poison == b->poison && a->size_after == b->size_after &&
	       a->size_differs == b->size_differs;
}

/* The one answer of all candidates that fit, or that of none. */
static int value_find(struct core *core, const struct core_spec *spec,
		      const struct candidates *candidates, struct core_value *value)
{
	bool found = false;

	for (u32 i = 0; i < candidates->count; i++) {
		struct core_spec kernel;
		struct core_value other;
		int err;

		if (!core_spec_match(&core->pair, spec, candidates->id[i], &kernel))
			continue;
		err = core_evaluate(spec, &kernel, &other);
		if (err)
			return err;
		if (found && !same_value(&other, value))
			return -EEXIST;
		*value = other;
		found = true;
	}
	return found ? 0 : core_evaluate(spec, NULL, value);
}

static int core_refused(const struct core *core, const struct core_reloc *reloc, int err)
{
	const struct btf_type *type = btf_type(core->pair.local, reloc->type_id);
	const char *why = "the record is damaged, or not about this instruction";

	if (err == -EEXIST)
		why = "types of the kernel with this name disagree";
	else if (err == -EOPNOTSUPP)
		why = "this kind of relocation is not supported";
	else if (err == -ERANGE)
		why = "the field is too far away for one instruction";
	else if (err == -ENOMEM)
		why = "not enough memory";
	else if (err == -ETIME)
		why = "comparing the types of this object takes too long";
	return log_error(core->log, err == -EEXIST ? -EINVAL : err,
			 "%s: program %s, instruction %u: CO-RE relocation %u of %s, \"%.32s\": %s",
			 core->object->path, core->prog->name, reloc->insn, reloc->kind,
			 type ? btf_name(core->pair.local, type->name_off) : "a type that is not there",
			 reloc->access, why);
}

static int core_one(struct core *core, const struct core_reloc *reloc, u32 number)
{
	const struct btf_type *type = btf_type(core->pair.local, reloc->type_id);
	const struct candidates *candidates = NULL;
	struct core_value value;
	struct core_spec spec;
	int err;

	if (!type || reloc->insn >= core->prog->insn_count)
		return -EINVAL;
	err = core_spec_parse(core->pair.local, reloc, &spec);
	if (!err && reloc->kind == BPF_CORE_TYPE_ID_LOCAL)
		err = core_evaluate(&spec, NULL, &value);
	else if (!err && !*btf_name(core->pair.local, type->name_off))
		err = -EOPNOTSUPP;   /* nothing to look for */
	else if (!err)
		err = candidates_find(core, reloc->type_id, &candidates) ?:
		      value_find(core, &spec, candidates, &value);
	if (!*core->pair.steps)
		err = -ETIME;
	return err ? err : core_patch(core->prog, reloc->insn, number, &value);
}

int core_apply(struct load_object *object, struct backend *backend, u32 number, struct log *log)
{
	struct core core = { .object = object, .prog = &object->progs[number], .log = log,
			     .pair = { .local = &object->file->btf,
				       .steps = &object->file->core_steps } };
	struct core_reloc *relocs;
	u32 count;
	int err = notes_core(object, number, &relocs, &count);

	/* Most programs ask nothing: then nobody reads the kernel's types. */
	if (!err && count)
		err = core_kernel_types(object, backend, log, &core.pair.kernel);
	for (u32 i = 0; !err && i < count; i++) {
		err = core_one(&core, &relocs[i], i);
		if (err)
			err = core_refused(&core, &relocs[i], err);
	}
	for (u32 i = 0; i < core.known_count; i++)
		free(core.known[i].id);
	free(core.known);
	free(relocs);
	return err;
}
