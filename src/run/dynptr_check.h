// SPDX-License-Identifier: BSD-2-Clause
/* dynptr_check.h - dynptrs in checked mode: a program may write to its stack whatever it likes, and yet
 * what a dynptr holds must be what the engine put there. So a run remembers the dynptrs that were made,
 * by address and content. */
#ifndef CLSBPF_RUN_DYNPTR_CHECK_H
#define CLSBPF_RUN_DYNPTR_CHECK_H

#include "helper/dynptr.h"
#include "helper/helper.h"

struct run_state;

#define DYNPTRS_MAX 4096   /* of one run; addresses, not how often */

struct dynptr_made {
	u64 at;
	struct dynptr is;
};

struct dynptr_set {
	struct dynptr_made *made;
	u32 count, room;
};

/** dynptr_argument() - argument @arg of @helper is at @at: it is one, or there is room for it. */
bool dynptr_argument(struct run_state *s, const struct helper *helper, u32 arg, u64 at);

/** dynptr_called() - the call is over: remember what it made and changed, forget what it gave back.
 *  @released: what was in the one that it gave back. */
bool dynptr_called(struct run_state *s, const struct helper *helper, const u64 *r,
		   const struct dynptr *released);

#endif
