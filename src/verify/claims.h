// SPDX-License-Identifier: BSD-2-Clause
/* claims.h - what the verifier says that registers hold before each instruction, over all paths.
 *
 * For tests: a run of the program compares what is there with what was said. Only registers that may still
 * be read are spoken of. States are compared in every number while claims are made (prune.c), so that a path
 * which is cut off is inside what was said behind the cut.
 */
#ifndef CLSBPF_VERIFY_CLAIMS_H
#define CLSBPF_VERIFY_CLAIMS_H

#include "verify/range.h"

#define CLAIM_REGS 10

struct map;
struct verifier;

enum claim_kind {
	CLAIM_NOTHING,        /* no path comes here, or the register is not read any more */
	CLAIM_ANYTHING,       /* paths disagree, or it was never set */
	CLAIM_NUMBER,         /* in `n` */
	/* Pointers; NULL only if `null` says so. */
	CLAIM_CTX,
	CLAIM_STACK,          /* of the function `up` calls above, from its R10 */
	CLAIM_PACKET,         /* from data, */
	CLAIM_META,           /* from data_meta: `room` bytes are there */
	CLAIM_END,
	CLAIM_MAP,
	CLAIM_VALUE,          /* of `map` */
	CLAIM_RECORD,         /* of `size` bytes, in a ring buffer */
	CLAIM_OTHER,
};

struct claim {
	u8 kind;              /* enum claim_kind */
	u8 up;
	bool null;
	s32 room;             /* from the pointer on; 0: nothing is promised */
	u32 size;
	s64 min, max;         /* pointers: offset into what they point to */
	const struct map *map;
	struct range n;
};

struct claims {
	u32 count;            /* instructions */
	struct claim (*at)[CLAIM_REGS];
};

/** claims_create() - room for claims about @count instructions. Returns 0 or -ENOMEM. */
must_check int claims_create(u32 count, struct claims *claims);
void claims_destroy(struct claims *claims);

/** claims_clear() - no claims. */
void claims_clear(struct claims *claims);

/** claims_visit() - v->cur comes to its instruction. */
void claims_visit(struct verifier *v);

#endif
