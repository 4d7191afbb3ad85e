// SPDX-License-Identifier: BSD-2-Clause
/* report.c - a refusal in words */
#include <errno.h>

#include "verify/parts.h"

void report_refusal(struct verifier *v) { log_line(v->log, "instruction %u: %s", v->refusal.insn, v->refusal.text); }
