// SPDX-License-Identifier: BSD-2-Clause
/* prune.c - was a state like this one walked already? */
#include "verify/parts.h"
#include "verify/saved.h"

int prune_here(struct verifier *v, bool *done)
{
	*done = false;
	return 0;
}
