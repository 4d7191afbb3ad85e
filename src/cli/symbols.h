// SPDX-License-Identifier: BSD-2-Clause
/* symbols.h - what is at an address of the Linux kernel: /proc/kallsyms.
 *
 * Linux gives out programs with calls as distances from one of its functions. A program in which no
 * such call stands, from whichever kernel, never opens the file.
 */
#ifndef CLSBPF_CLI_SYMBOLS_H
#define CLSBPF_CLI_SYMBOLS_H

#include "base/types.h"

#define SYMBOL_NAME 128

struct symbol_at {
	u64 address;
	char name[SYMBOL_NAME];
};

struct symbols {
	struct symbol_at *at;           /* by address */
	size_t count;
	u64 call_base;                  /* where distances begin; 0: it is not to be had */
	bool read;
};

/** symbols_name() - the name of what begins at @address, or NULL. Reads the file at the first call. */
const char *symbols_name(struct symbols *symbols, u64 address);

/** symbols_call() - the address that a call of @distance goes to; 0 when it is not to be had. */
u64 symbols_call(struct symbols *symbols, s32 distance);

void symbols_free(struct symbols *symbols);

#endif
