// SPDX-License-Identifier: BSD-2-Clause
/* called_back.h - functions of the program that helpers call: bpf_loop(), bpf_for_each_map_elem().
 *
 *  call op --callback_begin--> function ... exit --> called-back op --callback_next--> function ... -->
 * behind the call
 *
 * The interpreter does not call itself: the function is entered as by a local call, but returns to an op
 * of the run state, whose handler asks whether it is called once more. What a call under way needs to go
 * on is in run_state.callbacks, at the depth of the call.
 */
#ifndef CLSBPF_RUN_CALLED_BACK_H
#define CLSBPF_RUN_CALLED_BACK_H

#include "map/map.h"
#include "run/code.h"

struct run_state;

struct callback {
	const struct op *call;       /* of the helper */
	const struct op *func;
	struct map *map;             /* NULL: bpf_loop() */
	struct map_cursor cursor;
	u64 ctx;
	u32 count, limit;            /* times that it was called, and how often at most */
};

/** callback_begin() - the helper call at @op begins. *@to: where to go on, the function or behind the
 *  call. False after a fault. */
bool callback_begin(struct run_state *s, const struct helper *helper, const struct op *op, u64 *r,
		    const struct op **to);

/** callback_next() - the function that was called back has returned, with its result in r[0]. */
bool callback_next(struct run_state *s, u64 *r, const struct op **to);

#endif
