// SPDX-License-Identifier: BSD-2-Clause
/* prog.c - the life of a program, and its tag. */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "object/prog.h"

static void prog_destroy(struct object *object)
{
	struct prog *prog = prog_of(object);

	if (prog->code)
		prog->code_free(prog->code);
	for (u32 i = 0; i < prog->map_count; i++)
		object_put(prog->maps[i]);
	object_put(prog->btf);
	free(prog->maps);
	free(prog->func_info);
	free(prog->line_info);
	free(prog->insns);
	free(prog);
}

static const struct object_ops prog_ops = {
	.kind = OBJECT_PROG,
	.name = "program",
	.destroy = prog_destroy,
};

int prog_create(struct engine *engine, u32 insn_count, struct prog **out)
{
	struct prog *prog = calloc(1, sizeof(*prog));

	if (!prog)
		return -ENOMEM;
	prog->insns = calloc(insn_count ? insn_count : 1, sizeof(*prog->insns));
	if (!prog->insns) {
		free(prog);
		return -ENOMEM;
	}
	prog->insn_count = insn_count;
	object_init(&prog->object, engine, &prog_ops);
	*out = prog;
	return 0;
}

/* Handles are numbers of one process: the tag must not depend on them. Places in an fd_array are
 * part of the program, for Linux 6.18 too. */
static bool prog_names_handle(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

int prog_seal_tag(struct prog *prog, const struct bpf_insn *insns)
{
	size_t size = prog->insn_count * sizeof(*insns);
	struct bpf_insn *copy = malloc(size ? size : 1);
	u8 digest[SHA256_LEN];

	if (!copy)
		return -ENOMEM;
	memcpy(copy, insns, size);
	for (u32 i = 0; i < prog->insn_count; i++) {
		if (!prog_names_handle(&copy[i]))
			continue;
		copy[i].imm = 0;
		if (++i < prog->insn_count)
			copy[i].imm = 0;
	}
	hash_sha256(copy, size, digest);
	memcpy(prog->tag, digest, PROG_TAG_LEN);
	free(copy);
	return 0;
}
