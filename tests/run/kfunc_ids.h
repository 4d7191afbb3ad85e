// SPDX-License-Identifier: BSD-2-Clause
/* kfunc_ids.h - kernel functions in tests: the same program names them by other ids on either side.
 *
 *   "call kfunc#bpf_strlen"  --kfunc_text()-->  "call kernel-function#19"   the number of the row in kfunc.def + 1
 *                            --kfunc_name()-->  the id of that side
 */
#ifndef CLSBPF_TESTS_KFUNC_IDS_H
#define CLSBPF_TESTS_KFUNC_IDS_H

#include "isa/insn.h"

struct engine;

/** kfunc_text() - @text for the assembler; to be freed. NULL: it names none that there is. */
char *kfunc_text(const char *text);

/** kfunc_name() - the numbers of rows in @insns become ids of @engine, or of the running kernel (NULL). */
void kfunc_name(const struct engine *engine, struct bpf_insn *insns, u32 count);

#endif
