// SPDX-License-Identifier: BSD-2-Clause
/* kernel_calls.c - functions that an object declares `extern ... __ksym`: the kernel's types say which
 * number a call of them has.
 *
 *   extern int bpf_strlen(const char *s) __ksym;  -->  FUNC bpf_strlen in the kernel's BTF  -->  call 65834
 *
 * One that is weak and not there, or of another prototype, is absent: a call of it is made one that no
 * verifier lets run, and its address is 0.
 */
#include <errno.h>

#include "load/core.h"

/* The id of function @name that fits @proto; 0: there is none. */
static u32 kernel_func(struct core_pair *pair, const char *name, u32 proto, bool *other)
{
	u32 id = btf_find(pair->kernel, BTF_KIND_FUNC, name);

	if (!id)
		return 0;
	*other = !core_type_fits(pair, proto, btf_type(pair->kernel, id)->type);
	return *other ? 0 : id;
}

static void patch(struct load_prog *prog, const struct load_call *call, u32 id)
{
	struct bpf_insn *insn = &prog->insns[call->insn];

	if (call->address)
		insn->imm = !!id;
	else if (id)
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL,
					   .imm = (s32)id };
}

int kernel_calls_apply(struct load_object *object, struct backend *backend, u32 number, struct log *log)
{
	struct load_prog *prog = &object->progs[number];
	const struct extern_func *funcs = object->file->externs.func;
	struct core_pair pair = { .local = &object->file->btf, .steps = &object->file->core_steps };
	int err = prog->call_count ? core_kernel_types(object, backend, log, &pair.kernel) : 0;

	for (u32 i = 0; !err && i < prog->call_count; i++) {
		const struct load_call *call = &prog->calls[i];
		const struct extern_func *func = &funcs[call->extern_func];
		const char *name = btf_name(&object->file->btf, func->name_off);
		bool other = false;
		u32 id = kernel_func(&pair, name, func->proto, &other);

		if (id || func->weak)
			patch(prog, call, id);
		else
			err = log_error(log, other ? -EINVAL : -ESRCH,
					"%s: program %s, instruction %u: the kernel %s function %s",
					object->path, prog->name, call->insn,
					other ? "knows another" : "has no", name);
	}
	return err;
}
