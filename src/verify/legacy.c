// SPDX-License-Identifier: BSD-2-Clause
/* legacy.c - packet loads of classic BPF */
#include <errno.h>

#include "verify/parts.h"

int legacy_step(struct verifier *v) { return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet"); }
