// SPDX-License-Identifier: BSD-2-Clause
/* alu.c - arithmetic */
#include <errno.h>

#include "verify/parts.h"

int alu_step(struct verifier *v) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
