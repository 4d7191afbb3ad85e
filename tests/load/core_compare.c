// SPDX-License-Identifier: BSD-2-Clause
/* core_compare.c - the same object by libbpf and by our loader on Linux: core_compare OBJECT...
 *
 * The instructions of every program are compared as they went to the kernel, but for handles. Where
 * libbpf refuses the object, ours has to. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "load/load.h"

#define LOG_ROOM 4096

static u32 compared;

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

/* What only one loader knows: handles, where it put a variable of the kernel, and the number behind a
 * call that must not run. */
static void mask(const struct load_prog *ours, struct bpf_insn *insns)
{
	for (u32 i = 0; i < ours->ref_count; i++) {
		struct bpf_insn *insn = &insns[ours->refs[i].insn];

		insn->src_reg = 0;
		insn[0].imm = insn[1].imm = 0;
	}
	for (u32 i = 0; i < ours->insn_count; i++)
		if (ours->insns[i].code == (BPF_JMP | BPF_CALL) && !ours->insns[i].src_reg &&
		    (ours->insns[i].imm >= 195896080 || !ours->insns[i].imm))
			insns[i].imm = insns[i].src_reg = 0;
}

static bool same_program(const struct load_prog *ours, struct bpf_program *theirs)
{
	size_t count = bpf_program__insn_cnt(theirs);
	struct bpf_insn *insns;
	bool same = true;

	if (count != ours->insn_count) {
		printf("# %s: %u instructions, libbpf has %zu\n", ours->name, ours->insn_count, count);
		return false;
	}
	insns = reallocarray(NULL, count, sizeof(*insns));
	memcpy(insns, bpf_program__insns(theirs), count * sizeof(*insns));
	/* Ours last: it says what is masked. */
	mask(ours, insns);
	mask(ours, ours->insns);
	for (size_t i = 0; i < count; i++) {
		const struct bpf_insn *a = &ours->insns[i], *b = &insns[i];

		if (!memcmp(a, b, sizeof(*a)))
			continue;
		printf("# %s, instruction %zu: %02x off %d imm %d, libbpf has %02x off %d imm %d\n",
		       ours->name, i, a->code, a->off, a->imm, b->code, b->off, b->imm);
		same = false;
	}
	free(insns);
	compared++;
	return same;
}

static int load_all(struct load_object *object, struct backend *backend, struct log *log)
{
	int err = object->prog_count ? 0 : -ENOENT;

	for (u32 i = 0; !err && i < object->prog_count; i++) {
		const struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS,
						      .program = object->progs[i].name };
		struct load_prog *prog;

		err = load_into(object, backend, &options, log, &prog);
	}
	return err;
}

static bool compare(const char *path, struct backend *backend)
{
	struct bpf_object *theirs = bpf_object__open_file(path, NULL);
	char text[LOG_ROOM];
	struct load_object *ours;
	struct bpf_program *prog;
	struct log log;
	bool same = true;
	int err, their_err;

	log_init(&log, text, sizeof(text));
	if (!theirs || load_open(path, &log, &ours)) {
		printf("# %s: cannot be opened: %s\n", path, text);
		return false;
	}
	their_err = bpf_object__load(theirs);
	err = load_all(ours, backend, &log);
	if (!err != !their_err) {
		printf("# %s: %d, libbpf has %d: %s\n", path, err, their_err, text);
		same = false;
	}
	for (u32 i = 0; !err && !their_err && i < ours->prog_count; i++) {
		prog = bpf_object__find_program_by_name(theirs, ours->progs[i].name);
		same &= prog && same_program(&ours->progs[i], prog);
	}
	load_close(ours);
	bpf_object__close(theirs);
	return same;
}

int main(int argc, char **argv)
{
	struct backend *backend;
	bool same = true;

	libbpf_set_print(quiet);
	if (backend_kernel_create(&backend))
		return 2;
	for (int i = 1; i < argc; i++)
		same &= compare(argv[i], backend);
	printf("# %u programs compared\n", compared);
	backend_destroy(backend);
	return same && compared ? 0 : 1;
}
