// SPDX-License-Identifier: BSD-2-Clause
/* wrap.c - a caller around a classifier, written for `clsbpf diff`.
 *
 *   caller:      r6 = ctx; call classifier; r7 = r0
 *                r0 = lookup(map, &0); if r0: store each field of ctx, 8 bytes apart
 *                r0 = r7; exit
 *   classifier:  the program, as a local function
 */
#include <errno.h>
#include <stdlib.h>

#include "load/file.h"

#define HEAD_INSNS 12   /* without the stores: two a field */
#define KEY_OFF -4

static struct bpf_insn insn_of(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	return (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm };
}

/* The caller, up to the classifier that follows it. Returns its length. */
static u32 write_caller(struct bpf_insn *at, const struct load_wrapper *wrapper, u32 length)
{
	u32 n = 0, skip;

	at[n++] = insn_of(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
	at[n] = insn_of(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, (s32)(length - n - 1));
	n++;
	at[n++] = insn_of(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_7, BPF_REG_0, 0, 0);
	at[n++] = insn_of(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, KEY_OFF, 0);
	at[n++] = insn_of(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	at[n++] = insn_of(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, KEY_OFF);
	at[n++] = insn_of(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0,
			  wrapper->map_handle);
	at[n++] = insn_of(0, 0, 0, 0, 0);
	at[n++] = insn_of(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	skip = 2 * wrapper->field_count;
	at[n++] = insn_of(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, (s16)skip, 0);
	for (u32 i = 0; i < wrapper->field_count; i++) {
		at[n++] = insn_of(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_6,
				  (s16)wrapper->field_off[i], 0);
		at[n++] = insn_of(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_1, (s16)(8 * i), 0);
	}
	at[n++] = insn_of(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_7, 0, 0);
	at[n++] = insn_of(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return n;
}

int wrap_prog(const struct load_prog *prog, const struct load_wrapper *wrapper,
	      struct load_prog *out)
{
	u32 head = HEAD_INSNS + 2 * wrapper->field_count;

	if (wrapper->field_count > 1000)
		return -E2BIG;
	*out = *prog;
	out->insns = calloc(head + prog->insn_count, sizeof(*out->insns));
	out->refs = calloc(prog->ref_count ? prog->ref_count : 1, sizeof(*out->refs));
	if (!out->insns || !out->refs) {
		free(out->insns);
		free(out->refs);
		return -ENOMEM;
	}
	write_caller(out->insns, wrapper, head);
	memcpy(out->insns + head, prog->insns, prog->insn_count * sizeof(*prog->insns));
	out->insn_count = head + prog->insn_count;
	for (u32 i = 0; i < prog->ref_count; i++) {
		out->refs[i] = prog->refs[i];
		out->refs[i].insn += head;
	}
	return 0;
}
