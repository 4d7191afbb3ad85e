// SPDX-License-Identifier: BSD-2-Clause
/* iter.c - iterators on the stack: made by new, asked by next until it gives NULL, ended by destroy.
 *
 *   bpf_iter_num: one slot. Of more than one, the first would have the reference.
 */
#include <errno.h>

#include "verify/concerns.h"

static u32 slots_of(enum iter_kind kind)
{
	switch (kind) {
	case ITER_OF_NOTHING: return 0;
	case ITER_NUM: return 1;
	}
	return 0;
}

static int new_require(struct verifier *v, u32 n, u32 slots, const struct object_place *at)
{
	int err = object_room_require(v, n, slots, at);

	for (u32 i = 0; !err && i < slots; i++)
		if (at->first - i < at->frame->slots && at->frame->kind[at->first - i][0] == SLOT_ITER)
			err = reject(v, -EINVAL, REASON_ITERATOR, (int)n,
				     "an iterator is made where one is already, which was not destroyed");
	return err;
}

int iter_require(struct verifier *v, u32 n, enum iter_kind kind, bool new)
{
	struct object_place at;
	int err = object_place_require(v, n, slots_of(kind), "an iterator", REASON_ITERATOR, &at);

	if (err || new)
		return err ? err : new_require(v, n, slots_of(kind), &at);
	if (object_is(&at, slots_of(kind), SLOT_ITER) && at.frame->spill[at.first].iter_kind == kind &&
	    at.frame->spill[at.first].ref)
		return 0;
	return reject(v, -EINVAL, REASON_ITERATOR, (int)n,
		      "no iterator of this kind is here: it was not made, or is destroyed");
}

struct reg *iter_at(const struct verifier *v, u32 n)
{
	struct object_place at = object_place(v, n);

	return &at.frame->spill[at.first];
}

int iter_make(struct verifier *v, u32 n, enum iter_kind kind)
{
	struct object_place at = object_place(v, n);
	int err = object_make(v, &at, slots_of(kind), SLOT_ITER);
	u32 ref;

	if (!err)
		err = ref_take(v, REF_OBJECT, NULL, &ref);
	if (err)
		return err;
	for (u32 i = 0; i < slots_of(kind); i++) {
		struct reg *reg = &at.frame->spill[at.first - i];

		reg->iter_kind = (u8)kind;
		reg->iter_state = ITER_ACTIVE;
		reg->ref = i ? 0 : ref;
	}
	return 0;
}

void iter_drop(struct verifier *v, u32 n)
{
	struct object_place at = object_place(v, n);
	u32 slots = slots_of(at.frame->spill[at.first].iter_kind);

	if (!ref_release(v, at.frame->spill[at.first].ref))
		object_clear(&at, slots);
}
