// SPDX-License-Identifier: BSD-2-Clause
/* constant.c - 64-bit constants */
#include <errno.h>

#include "verify/parts.h"

int constant_step(struct verifier *v) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
