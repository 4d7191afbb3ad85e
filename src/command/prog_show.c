// SPDX-License-Identifier: BSD-2-Clause
/* prog_show.c - see prog_show.h.
 *
 * A note is about the instructions from its own to the next note's. It stays when one of those does, and is
 * about the first that did.
 */
#include <errno.h>
#include <stdlib.h>

#include "command/prog_show.h"

/* The first final instruction that comes from @insn or behind it. */
static u32 final_place(const struct prog *prog, u32 insn)
{
	u32 low = 0, high = prog->final_count;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (prog->origin[mid] < insn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Move the offset @off of a note; @next: that of the next one. False: nothing is left of it. */
static bool note_move(const struct prog *prog, u32 *off, u32 next)
{
	u32 place;

	if (!prog->final)
		return true;
	place = final_place(prog, *off);
	if (place == prog->final_count || prog->origin[place] >= next)
		return false;
	*off = place;
	return true;
}

static int show_notes(const struct prog *prog, struct prog_shown *out)
{
	const struct bpf_func_info *funcs = prog->func_info;
	const struct bpf_line_info *lines = prog->line_info;

	out->funcs = calloc((size_t)prog->func_info_count + 1, sizeof(*out->funcs));
	out->lines = calloc((size_t)prog->line_info_count + 1, sizeof(*out->lines));
	if (!out->funcs || !out->lines)
		return -ENOMEM;
	for (u32 i = 0; i < prog->func_info_count; i++) {
		struct bpf_func_info *to = &out->funcs[out->func_count];

		*to = funcs[i];
		out->func_count += note_move(prog, &to->insn_off, i + 1 < prog->func_info_count ?
					     funcs[i + 1].insn_off : prog->insn_count);
	}
	for (u32 i = 0; i < prog->line_info_count; i++) {
		struct bpf_line_info *to = &out->lines[out->line_count];

		*to = lines[i];
		out->line_count += note_move(prog, &to->insn_off, i + 1 < prog->line_info_count ?
					     lines[i + 1].insn_off : prog->insn_count);
	}
	return 0;
}

int prog_show(const struct prog *prog, struct prog_shown *out)
{
	*out = (struct prog_shown){ .insns = prog->final ? prog->final : prog->insns };
	out->count = prog->final ? prog->final_count : prog->insn_count;
	out->starts = prog_function_starts(out->insns, out->count, &out->functions);
	return out->starts ? show_notes(prog, out) : -ENOMEM;
}

void prog_show_end(struct prog_shown *shown)
{
	free(shown->starts);
	free(shown->funcs);
	free(shown->lines);
}

static void show_insn(const struct prog *prog, const u32 *numbers, u32 count, u32 i, struct bpf_insn *insn)
{
	s64 target = (s64)i + 1 + insn->imm;

	if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL && target >= 0 &&
	    target < count) {
		insn->off = (s16)insn->imm;
		insn->imm = (s32)numbers[target];
	}
	if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
		return;
	if (insn->src_reg == BPF_PSEUDO_MAP_IDX || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE) {
		insn->src_reg = insn->src_reg == BPF_PSEUDO_MAP_IDX ? BPF_PSEUDO_MAP_FD
								    : BPF_PSEUDO_MAP_VALUE;
		insn->imm = (s32)prog->maps[insn->imm]->id;
	}
}

struct bpf_insn *prog_show_insns(const struct prog *prog, const struct prog_shown *shown)
{
	struct bpf_insn *insns = malloc(shown->count * sizeof(*insns));
	u32 *numbers = calloc(shown->count, sizeof(*numbers));

	if (insns && numbers) {
		for (u32 i = 1; i < shown->count; i++)
			numbers[i] = numbers[i - 1] + shown->starts[i];
		memcpy(insns, shown->insns, shown->count * sizeof(*insns));
		for (u32 i = 0; i < shown->count; i++) {
			bool wide = insns[i].code == (BPF_LD | BPF_IMM | BPF_DW);

			show_insn(prog, numbers, shown->count, i, &insns[i]);
			i += wide;
		}
	}
	free(numbers);
	if (!numbers) {
		free(insns);
		return NULL;
	}
	return insns;
}
