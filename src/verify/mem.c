// SPDX-License-Identifier: BSD-2-Clause
/* mem.c - loads and stores */
#include <errno.h>

#include "verify/parts.h"

int mem_step(struct verifier *v) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
int mem_require(struct verifier *v, u32 n, s32 off, u32 size, enum mem_use use, bool zero_ok) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
int mem_require_sized(struct verifier *v, u32 n, u32 size_reg, enum mem_use use, bool zero_ok) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
