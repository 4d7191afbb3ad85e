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
	for (u32 i = 0; i < prog->bound_count; i++)
		object_put(prog->bound[i]);
	object_put(prog->btf);
	pthread_mutex_destroy(&prog->bind_lock);
	free(prog->bound);
	free(prog->final);
	free(prog->origin);
	free(prog->notes);
	free(prog->runs);
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
	prog->runs = calloc(1, sizeof(*prog->runs));
	if (!prog->insns || !prog->runs) {
		free(prog->insns);
		free(prog->runs);
		free(prog);
		return -ENOMEM;
	}
	pthread_mutex_init(&prog->bind_lock, NULL);
	prog->insn_count = insn_count;
	object_init(&prog->object, engine, &prog_ops);
	*out = prog;
	return 0;
}

u8 *prog_function_starts(const struct bpf_insn *insns, u32 len, u32 *count)
{
	u8 *starts = calloc(len, 1);

	if (!starts)
		return NULL;
	starts[0] = 1;
	for (u32 i = 0; i < len; i++) {
		const struct bpf_insn *insn = &insns[i];
		bool wide = insn->code == (BPF_LD | BPF_IMM | BPF_DW);
		s64 target = (s64)i + 1 + insn->imm;

		if (((insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL) ||
		     (wide && insn->src_reg == BPF_PSEUDO_FUNC)) &&
		    target >= 0 && target < len)
			starts[target] = 1;
		i += wide;
	}
	*count = 0;
	for (u32 i = 0; i < len; i++)
		*count += starts[i];
	return starts;
}

/* Handles are numbers of one process: the tag must not depend on them. Places in an fd_array are
 * part of the program, for Linux 6.18 too. */
static bool insn_names_handle(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

int prog_tag(const struct bpf_insn *insns, u32 count, u8 tag[PROG_TAG_LEN])
{
	size_t size = count * sizeof(*insns);
	struct bpf_insn *copy = malloc(size ? size : 1);
	u8 digest[SHA256_LEN];

	if (!copy)
		return -ENOMEM;
	memcpy(copy, insns, size);
	for (u32 i = 0; i < count; i++) {
		if (!insn_names_handle(&copy[i]))
			continue;
		copy[i].imm = 0;
		if (++i < count)
			copy[i].imm = 0;
	}
	hash_sha256(copy, size, digest);
	memcpy(tag, digest, PROG_TAG_LEN);
	free(copy);
	return 0;
}
