// SPDX-License-Identifier: BSD-2-Clause
/* prog_show.h - a program as the info of BPF_OBJ_GET_INFO_BY_FD shows it: what it runs as. */
#ifndef CLSBPF_COMMAND_PROG_SHOW_H
#define CLSBPF_COMMAND_PROG_SHOW_H

#include "object/prog.h"

struct prog_shown {
	const struct bpf_insn *insns;   /* maps named by place */
	u32 count;
	u8 *starts;                     /* 1 where a function starts */
	u32 functions;
	struct bpf_func_info *funcs;    /* of these instructions */
	struct bpf_line_info *lines;
	u32 func_count, line_count;
};

/** prog_show() - what @prog runs as: without what the verifier found to be dead, notes moved accordingly.
 *  Returns 0 or -ENOMEM; give it back with prog_show_end() in both cases. */
must_check int prog_show(const struct prog *prog, struct prog_shown *out);
void prog_show_end(struct prog_shown *shown);

/** prog_show_insns() - a copy of the instructions as Linux shows them: ids of maps where a client can do
 *  nothing with our places; of a call how far away the function is in off, and its number in imm. malloc()ed;
 *  NULL: no memory. */
struct bpf_insn *prog_show_insns(const struct prog *prog, const struct prog_shown *shown);

#endif
