// SPDX-License-Identifier: BSD-2-Clause
/* reject.c - the one way to refuse a program. What becomes of it is report.c's. */
#include <stdarg.h>
#include <stdio.h>

#include "verify/concerns.h"

int reject(struct verifier *v, int err, enum reason reason, int reg, const char *fmt, ...)
{
	struct refusal *r = &v->refusal;
	va_list args;

	r->err = err;
	r->insn = v->cur ? v->cur->insn : 0;
	r->reason = (u8)reason;
	r->reg = (s8)reg;
	va_start(args, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, args);
	va_end(args);
	return err;
}
