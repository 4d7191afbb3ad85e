// SPDX-License-Identifier: BSD-2-Clause
/* reduce.h - less of a program while something stays as it is. */
#ifndef CLSBPF_TESTS_VERIFY_REDUCE_H
#define CLSBPF_TESTS_VERIFY_REDUCE_H

#include "gen.h"

/** reduce_prog() - take instructions out of @prog as long as @keeps says yes of what is left; jumps and calls
 *  go where they went, or to what followed. */
void reduce_prog(struct gen_prog *prog, bool (*keeps)(void *ctx, const struct gen_prog *prog), void *ctx);

/** reduce_text() - @prog as input of try_both. Returns the length. */
size_t reduce_text(const struct gen_prog *prog, char *buf, size_t room);

#endif
