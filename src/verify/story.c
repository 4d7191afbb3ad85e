// SPDX-License-Identifier: BSD-2-Clause
/* story.c - values and checks of a trace: which are wanted, what they were, what was made from what. */
#include "verify/explain.h"

#define BACK_MAX 64     /* points that one value is followed back over */

void story_want(struct story *s, u32 at)
{
	u32 i = s->count;

	while (i && s->look[i - 1].at > at)
		i--;
	if (s->count == LOOKS_MAX || (i && s->look[i - 1].at == at))
		return;
	memmove(&s->look[i + 1], &s->look[i], (s->count - i) * sizeof(s->look[0]));
	s->look[i] = (struct look){ .at = at };
	s->count++;
}

void story_want_back(struct story *s, point_ref ref)
{
	point_ref queue[BACK_MAX] = { ref };
	u32 count = ref ? 1 : 0;

	for (u32 i = 0; i < count; i++) {
		const struct point *p = &s->trace.at[queue[i] - 1];

		story_want(s, queue[i] - 1);
		for (u32 n = 0; n < 2; n++) {
			bool known = !p->from[n] || count == BACK_MAX;

			for (u32 k = 0; !known && k < count; k++)
				known = queue[k] == p->from[n];
			if (!known)
				queue[count++] = p->from[n];
		}
	}
}

int story_look(struct story *s)
{
	return trace_look(&s->trace, s->look, s->count);
}

const struct look *story_at(const struct story *s, u32 at)
{
	u32 low = 0, high = s->count;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (s->look[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->count && s->look[low].at == at && s->look[low].seen ? &s->look[low] : NULL;
}

u32 story_checks(const struct story *s, u8 flags, u32 *at)
{
	const struct trace *t = &s->trace;
	u32 count = 0;

	for (u32 k = t->count; k-- && count < CHECKS_MAX;) {
		bool known = !(t->at[k].flags & flags);

		for (u32 i = 0; !known && i < count; i++)
			known = t->at[at[i]].insn == t->at[k].insn;
		if (!known)
			at[count++] = k;
	}
	for (u32 i = 0; i < count / 2; i++) {
		u32 swap = at[i];

		at[i] = at[count - 1 - i];
		at[count - 1 - i] = swap;
	}
	return count;
}

bool story_made_from(const struct story *s, point_ref ref, point_ref from)
{
	point_ref queue[BACK_MAX] = { ref };
	u32 count = ref ? 1 : 0;

	for (u32 i = 0; i < count; i++) {
		const struct point *p = &s->trace.at[queue[i] - 1];

		if (queue[i] == from)
			return true;
		for (u32 n = 0; n < 2; n++) {
			bool known = !p->from[n] || count == BACK_MAX;

			for (u32 k = 0; !known && k < count; k++)
				known = queue[k] == p->from[n];
			if (!known)
				queue[count++] = p->from[n];
		}
	}
	return false;
}

/* Which operand of an addition the result is one of: the pointer, or the number that is not constant. */
static bool follows_second(const struct look *look)
{
	if (reg_is_pointer(&look->dst))
		return false;
	return reg_is_pointer(&look->src) || (reg_is_const(&look->dst) && !reg_is_const(&look->src));
}

point_ref story_back(const struct story *s, point_ref ref, point_ref *other)
{
	const struct trace *t = &s->trace;
	const struct point *p = &t->at[ref - 1];
	const struct look *look = story_at(s, ref - 1);
	bool second;

	*other = 0;
	switch (trace_shape(t, ref - 1)) {
	case SHAPE_ALU:
		second = look && t->v->facts[p->insn].reg && follows_second(look);
		if (t->v->facts[p->insn].reg)
			*other = p->from[second ? 0 : 1];
		return p->from[second ? 1 : 0];
	case SHAPE_CALL:
		return p->flags & POINT_LOSES ? p->from[0] : 0;
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
	case SHAPE_LDX:
	case SHAPE_STX:
	case SHAPE_EXIT:
		return p->from[0];
	case SHAPE_ATOMIC:
	case SHAPE_ST:
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
	case SHAPE_LD_IMM64:
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		return 0;
	}
	return 0;
}
