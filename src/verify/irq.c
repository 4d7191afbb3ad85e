// SPDX-License-Identifier: BSD-2-Clause
/* irq.c - interrupt flags that are saved in a slot of the stack: what was saved last is restored first. */
#include <errno.h>

#include "verify/concerns.h"

/* What was saved last, or NULL. */
static const struct ref *last_saved(const struct verifier *v)
{
	for (u32 i = v->cur->ref_count; i--;)
		if (v->cur->refs[i].kind == REF_IRQ)
			return &v->cur->refs[i];
	return NULL;
}

static int new_require(struct verifier *v, u32 n, const struct object_place *at)
{
	if (at->first < at->frame->slots && memchr(at->frame->kind[at->first], SLOT_IRQ, 8))
		return reject(v, -EINVAL, REASON_SECTION, (int)n,
			      "interrupt flags are saved where others are that were not restored");
	return object_room_require(v, n, 1, at);
}

int irq_flags_require(struct verifier *v, u32 n, bool new)
{
	const struct ref *last = last_saved(v);
	struct object_place at;
	int err = object_place_require(v, n, 1, "what saves interrupt flags", REASON_SECTION, &at);

	if (err || new)
		return err ? err : new_require(v, n, &at);
	if (!object_is(&at, 1, SLOT_IRQ))
		return reject(v, -EINVAL, REASON_SECTION, (int)n, "no interrupt flags are saved here");
	if (last && at.frame->spill[at.first].ref == last->id)
		return 0;
	if (last)
		v->refusal.other_insn = last->insn + 1;
	return reject(v, -EACCES, REASON_SECTION, (int)n,
		      "the flags that were saved last are to be restored first");
}

int irq_flags_make(struct verifier *v, u32 n)
{
	struct object_place at = object_place(v, n);
	int err = object_make(v, &at, 1, SLOT_IRQ);

	return err ? err : ref_take(v, REF_IRQ, NULL, &at.frame->spill[at.first].ref);
}

void irq_flags_drop(struct verifier *v, u32 n)
{
	struct object_place at = object_place(v, n);
	u32 place = (u32)(last_saved(v) - v->cur->refs);
	struct ref *refs = v->cur->refs;

	v->cur->ref_count--;
	memmove(&refs[place], &refs[place + 1], (v->cur->ref_count - place) * sizeof(*refs));
	object_clear(&at, 1);
}
