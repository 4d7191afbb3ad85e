// SPDX-License-Identifier: BSD-2-Clause
/* callback.c - functions that helpers call back */
#include <errno.h>

#include "verify/parts.h"

int call_back(struct verifier *v, u32 id, u32 func, bool *entered, u32 *next)
{
	return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet");
}
