// SPDX-License-Identifier: BSD-2-Clause
/* kfunc.c - kernel functions */
#include <errno.h>

#include "verify/parts.h"

int call_kfunc(struct verifier *v, u32 *next) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
