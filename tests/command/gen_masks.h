// SPDX-License-Identifier: BSD-2-Clause
/* gen_masks.h - which bytes of a generated call's outputs need not be the same, and which answers. */
#ifndef CLSBPF_TESTS_GEN_MASKS_H
#define CLSBPF_TESTS_GEN_MASKS_H

#include "gen_world.h"

#define ATTR_SIZE 168
#define GEN_ATTR 4300
#define GEN_TOKEN_CREATE 36
#define GEN_STREAM_READ 37

struct gen_call {
	int cmd;
	u8 attr[GEN_ATTR];         /* as Linux gets it */
	u32 size;
	bool privileged;
	u64 address;               /* of the attribute; 0: where it is */
	const struct thing *thing; /* the object that it is about */
	const struct thing *id;    /* whose id stands at id_off */
	u32 id_off;
};

/** gen_may_answer() - is this pair of different answers one of docs/compat.md? */
bool gen_may_answer(const struct gen_world *world, const struct gen_call *call, int theirs, int ours);

/** gen_part_taken() - did each side take elements of its own choice out of a hash? */
bool gen_part_taken(const struct gen_call *call);

/** gen_compare() - what both sides wrote. Returns 0, or 1 plus the offset of the first byte that differs:
 *  in the attribute, or from 0x1000 on in the area. */
u32 gen_compare(const struct gen_world *world, const struct gen_call *call, const u8 *their_attr,
		const u8 *our_attr, const u8 *their_area, const u8 *our_area);

#endif
