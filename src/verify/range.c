// SPDX-License-Identifier: BSD-2-Clause
/* range.c - what is known of a number */
#include <stdio.h>

#include "verify/range.h"

const struct range range_unknown = {
	.bits = { 0, UINT64_MAX }, .umin = 0, .umax = UINT64_MAX, .smin = INT64_MIN, .smax = INT64_MAX,
	.umin32 = 0, .umax32 = UINT32_MAX, .smin32 = INT32_MIN, .smax32 = INT32_MAX,
};

struct range range_const(u64 value)
{
	return (struct range){
		.bits = { value, 0 }, .umin = value, .umax = value, .smin = (s64)value, .smax = (s64)value,
		.umin32 = (u32)value, .umax32 = (u32)value, .smin32 = (s32)value, .smax32 = (s32)value,
	};
}

void range_text(const struct range *a, char *buf, size_t room)
{
	snprintf(buf, room, "%llu..%llu", (unsigned long long)a->umin, (unsigned long long)a->umax);
}

bool range_in(const struct range *a, const struct range *b)
{
	return a->umin <= b->umin && a->umax >= b->umax && a->smin <= b->smin && a->smax >= b->smax &&
	       a->umin32 <= b->umin32 && a->umax32 >= b->umax32 && a->smin32 <= b->smin32 &&
	       a->smax32 >= b->smax32;
}
