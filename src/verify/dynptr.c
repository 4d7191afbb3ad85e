// SPDX-License-Identifier: BSD-2-Clause
/* dynptr.c - dynptrs: an address with its size and rights, which only the kernel's functions see.
 *
 *   on the stack   two slots; one that leads to a record of a ring buffer comes with a reference
 *   REG_DYNPTR     the caller's, as argument of a global function or callback: to be read only
 *
 * Copies (bpf_dynptr_clone()) share the reference and end with it. What points into one knows it by
 * `dynptr_id`.
 */
#include <errno.h>

#include "verify/concerns.h"

#define SLOTS 2

static const char *kind_words(enum dynptr_kind kind)
{
	switch (kind) {
	case DYNPTR_NONE: return "anything";
	case DYNPTR_LOCAL: return "memory of the program";
	case DYNPTR_RINGBUF: return "a record of a ring buffer";
	case DYNPTR_SKB:
	case DYNPTR_XDP: return "the packet";
	case DYNPTR_SKB_META: return "the packet's metadata";
	}
	return "";
}

static int new_require(struct verifier *v, u32 n)
{
	struct object_place at;
	int err;

	if (v_reg(v, n)->type == REG_DYNPTR)
		return reject(v, -EINVAL, REASON_DYNPTR, (int)n,
			      "a dynptr is made here in place of the caller's, which only can be read");
	err = object_place_require(v, n, SLOTS, "a dynptr", REASON_DYNPTR, &at);
	return err ? err : object_room_require(v, n, SLOTS, &at);
}

static int stack_require(struct verifier *v, u32 n)
{
	struct object_place at;
	int err = object_place_require(v, n, SLOTS, "a dynptr", REASON_DYNPTR, &at);

	if (err || (object_is(&at, SLOTS, SLOT_DYNPTR) && at.frame->spill[at.first].dynptr_first))
		return err;
	return reject(v, -EINVAL, REASON_DYNPTR, (int)n,
		      "no dynptr is here: it was not made, or is given back");
}

/* What is given back was taken. */
static int owned_require(struct verifier *v, u32 n)
{
	if (v_reg(v, n)->type == REG_DYNPTR)
		return reject(v, -EINVAL, REASON_DYNPTR, (int)n, "a dynptr of the caller is given back");
	if (dynptr_at(v, n)->ref)
		return 0;
	return reject(v, -EINVAL, REASON_DYNPTR, (int)n,
		      "nothing is to be given back of a dynptr that leads to %s",
		      kind_words(dynptr_at(v, n)->dynptr_kind));
}

int dynptr_require(struct verifier *v, u32 n, enum dynptr_use use, enum dynptr_kind kind)
{
	bool in_reg = v_reg(v, n)->type == REG_DYNPTR;
	int err;

	if (use == DYNPTR_NEW)
		return new_require(v, n);
	if (in_reg && use == DYNPTR_CHANGE)
		return reject(v, -EINVAL, REASON_DYNPTR, (int)n, "a dynptr of the caller is changed");
	if (in_reg && (v_reg(v, n)->off || !tnum_equals(v_reg(v, n)->n.bits, 0)))
		return reject(v, -EACCES, REASON_DYNPTR, (int)n,
			      "something was added to the address of a dynptr");
	err = in_reg ? 0 : stack_require(v, n);
	if (!err && use == DYNPTR_GIVE_BACK)
		err = owned_require(v, n);
	if (!err && kind && kind != dynptr_at(v, n)->dynptr_kind)
		err = reject(v, -EINVAL, REASON_DYNPTR, (int)n, "the dynptr must lead to %s, and leads to %s",
			     kind_words(kind), kind_words(dynptr_at(v, n)->dynptr_kind));
	return err;
}

const struct reg *dynptr_at(const struct verifier *v, u32 n)
{
	struct object_place at = object_place(v, n);

	return v_reg(v, n)->type == REG_DYNPTR ? v_reg(v, n) : &at.frame->spill[at.first];
}

int dynptr_make(struct verifier *v, u32 n, enum dynptr_kind kind, u32 ref)
{
	struct object_place at = object_place(v, n);
	u32 id = v_new_id(v);
	int err = object_make(v, &at, SLOTS, SLOT_DYNPTR);

	if (!err && kind == DYNPTR_RINGBUF && !ref)
		err = ref_take(v, REF_OBJECT, NULL, &ref);
	if (err)
		return err;
	for (u32 i = 0; i < SLOTS; i++) {
		struct reg *reg = &at.frame->spill[at.first - i];

		reg->dynptr_kind = (u8)kind;
		reg->dynptr_first = !i;
		reg->dynptr_id = id;
		reg->ref = ref;
	}
	return 0;
}

void dynptr_drop(struct verifier *v, u32 n)
{
	struct object_place at = object_place(v, n);
	u32 ref = at.frame->spill[at.first].ref;

	if (ref_release(v, ref))
		return;
	for (u32 f = 0; f <= v->cur->depth; f++) {
		struct frame *frame = &v->cur->frame[f];

		for (u32 slot = 0; slot < frame->slots; slot++)
			if (frame->kind[slot][0] == SLOT_DYNPTR && frame->spill[slot].ref == ref)
				dynptr_end(v, frame, slot);
	}
}
