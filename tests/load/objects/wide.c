// SPDX-License-Identifier: BSD-2-Clause
/* wide.c - what test_hostile.c damages by hand: a function of two instructions that another of two
 * calls, with a CO-RE relocation; and a constant that a weak symbol of the kernel is to fill. */
#include "../core_ask.h"

struct no_such {
	int a, b;
} CORE;

extern const void no_such_symbol IN(".ksyms") __attribute__((weak));

static __attribute__((noinline)) int second(struct no_such *from)
{
	return from->b;
}

SEC("tc")
int first(struct no_such *ctx)
{
	return second(ctx);
}

SEC("classifier")
int constant(void *ctx)
{
	return &no_such_symbol != 0;
}
