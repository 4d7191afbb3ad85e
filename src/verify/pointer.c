// SPDX-License-Identifier: BSD-2-Clause
/* pointer.c - arithmetic with pointers */
#include <errno.h>

#include "verify/parts.h"

int pointer_add(struct verifier *v, u32 dst, const struct reg *ptr, const struct reg *num, bool subtract) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
int pointer_sane(struct verifier *v, const struct reg *reg, u32 n) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
