// SPDX-License-Identifier: BSD-2-Clause
/* stack.c - the stack */
#include <errno.h>

#include "verify/parts.h"

int stack_written(struct verifier *v, u32 frame, s32 off, u32 size) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
int stack_offset(struct verifier *v, u32 n, s32 *off) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
