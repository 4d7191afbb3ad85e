// SPDX-License-Identifier: BSD-2-Clause
/* xlated.h - a loaded program as a kernel gives it out: its instructions, where its functions and
 * source lines begin, and all that as text or JSON in bpftool's form. */
#ifndef CLSBPF_CLI_XLATED_H
#define CLSBPF_CLI_XLATED_H

#include "cli/objects.h"
#include "cli/symbols.h"

struct btf;

/* Everything that one program is told with. Free with xlated_free(). */
struct xlated {
	struct bpf_prog_info info;
	u8 *insns;                      /* xlated_prog_len bytes */
	struct bpf_func_info *funcs;
	struct bpf_line_info *lines;
	u64 *ksyms;                     /* where functions are in Linux, when it compiled them */
	u32 func_count, line_count, ksym_count;
	struct btf *btf;                /* NULL: types and lines have no names */
};

struct xlated_style {
	bool opcodes, lines;            /* bytes of instructions; file and line in front of source */
};

/** xlated_read() - all about the program at @handle. Returns 0 or -errno after a sentence. */
must_check int xlated_read(struct objects *o, int handle, struct xlated *out);
void xlated_free(struct xlated *x);

/** xlated_show() - as text, or as the array @key of JSON. @symbols: kept from call to call. */
void xlated_show(struct out *out, const char *key, const struct xlated *x,
		 const struct xlated_style *style, struct symbols *symbols);

#endif
