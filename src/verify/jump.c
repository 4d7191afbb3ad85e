// SPDX-License-Identifier: BSD-2-Clause
/* jump.c - conditional jumps */
#include <errno.h>

#include "verify/parts.h"

int jump_step(struct verifier *v, u32 *next) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
