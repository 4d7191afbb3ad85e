// SPDX-License-Identifier: BSD-2-Clause
/* dynptr.c - dynptrs */
#include <errno.h>

#include "verify/parts.h"

int dynptr_require(struct verifier *v, u32 n, enum dynptr_use use, enum dynptr_kind kind)
{
	return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet");
}
const struct reg *dynptr_at(const struct verifier *v, u32 n) { return v_reg(v, n); }
int dynptr_make(struct verifier *v, u32 n, enum dynptr_kind kind, u32 ref)
{
	return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, -1, "not written yet");
}
void dynptr_drop(struct verifier *v, u32 n) { }
