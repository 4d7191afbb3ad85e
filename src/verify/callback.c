// SPDX-License-Identifier: BSD-2-Clause
/* callback.c - functions that helpers call back */
#include <errno.h>

#include "verify/parts.h"

int call_back(struct verifier *v, u32 func,
	      int (*set)(struct verifier *v, struct frame *caller, struct frame *callee),
	      bool async, u32 *next) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
