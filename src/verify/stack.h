// SPDX-License-Identifier: BSD-2-Clause
/* stack.h - places on a stack: what stack.c and stack_helper.c share. */
#ifndef CLSBPF_VERIFY_STACK_H
#define CLSBPF_VERIFY_STACK_H

#include "verify/mem.h"

/* Where an access goes: the lowest and the highest offset of its first byte from R10 of @frame. */
struct place {
	struct frame *frame;
	u32 number;           /* of the frame */
	s64 min, max;
	bool fixed;           /* both are the same, because the offset is a constant */
};

static inline u32 slot_of(s64 off) { return (u32)(-off - 1) / 8; }
static inline u32 byte_of(s64 off) { return (u32)off & 7; }
static inline u8 *kind_at(struct frame *frame, s64 off) { return &frame->kind[slot_of(off)][byte_of(off)]; }

static inline bool slot_is_object(const u8 kind[8])
{
	return kind[0] == SLOT_DYNPTR || kind[0] == SLOT_ITER || kind[0] == SLOT_IRQ;
}

/** slot_is_special() - is more in it than bytes? */
static inline bool slot_is_special(const u8 kind[8]) { return kind[0] == SLOT_SPILL || slot_is_object(kind); }

/** spill_size() - bytes of the spill that begins in a slot. */
static inline u32 spill_size(const u8 kind[8])
{
	u32 size = 0;

	while (size < 8 && kind[size] == SLOT_SPILL)
		size++;
	return size;
}

/** fill_in_place() - does a load of @size bytes at @off give the lower ones of a spill of @whole? */
static inline bool fill_in_place(s64 off, u32 size, u32 whole)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return !byte_of(off);
#else
	return byte_of(off) == whole - size;
#endif
}

/** stack_locate() - where @a goes; it is inside the stack. What is used now counts for the depth of the
 *  function. */
must_check int stack_locate(struct verifier *v, const struct access *a, struct place *at);
/** stack_grow() - the stack of frame @number is in use down to @low. */
void stack_grow(struct verifier *v, u32 number, s64 low);
/** stack_require_written() - every byte that @a may read holds something that it may see. */
must_check int stack_require_written(struct verifier *v, const struct access *a, const struct place *at);
/** stack_overwrite() - slot_overwrite() for objects in [@first, @end). */
must_check int stack_overwrite(struct verifier *v, struct frame *frame, s64 first, s64 end);
/** stack_scrub() - a slot of which a part is overwritten is bytes from now on. */
void stack_scrub(struct frame *frame, u32 slot);

#endif
