// SPDX-License-Identifier: BSD-2-Clause
/* dynptr_check.c - see dynptr_check.h. */
#include <errno.h>
#include <stdlib.h>

#include "run/state.h"

static struct dynptr_made *find(struct dynptr_set *set, u64 at)
{
	for (u32 i = set->count; i--;)
		if (set->made[i].at == at)
			return &set->made[i];
	return NULL;
}

static int remember(struct dynptr_set *set, u64 at)
{
	struct dynptr_made *made = find(set, at);

	if (!made && set->count == DYNPTRS_MAX)
		return -E2BIG;
	if (!made && set->count == set->room) {
		u32 room = set->room ? 2 * set->room : 8;
		struct dynptr_made *more = reallocarray(set->made, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		set->made = more;
		set->room = room;
	}
	if (!made)
		made = &set->made[set->count++];
	*made = (struct dynptr_made){ at, dynptr_get(at) };
	return 0;
}

/* Copies of a dynptr go with it. */
static void forget(struct dynptr_set *set, u64 data)
{
	for (u32 i = 0; i < set->count;) {
		if (set->made[i].is.data == data)
			set->made[i] = set->made[--set->count];
		else
			i++;
	}
}

bool dynptr_argument(struct run_state *s, const struct helper *helper, u32 arg, u64 at)
{
	const struct arg_info *info = helper_arg(helper, arg);
	const struct dynptr_made *made;
	struct dynptr is;

	if (at % 8 || !checked_stack(s, at, sizeof(is)))
		return state_fault(s, -EACCES, "argument %u of bpf_%s is not 16 aligned bytes of the stack",
				   arg + 1, helper->name);
	if (info->flags & ARG_UNINIT)
		return true;
	made = find(&s->dynptrs, at);
	is = dynptr_get(at);
	if (made && !memcmp(&made->is, &is, sizeof(is)) &&
	    (!(info->flags & ARG_RINGBUF) || !is.data || dynptr_of(&is) == DYNPTR_OF_RECORD))
		return true;
	return state_fault(s, -EACCES, "argument %u of bpf_%s is no dynptr that the call can use", arg + 1,
			   helper->name);
}

/* A record is memory of the program while it has it. */
static int record_grant(struct run_state *s, const struct dynptr *is)
{
	if (!is->data || dynptr_of(is) != DYNPTR_OF_RECORD)
		return 0;
	return region_add(&s->regions, is->data, dynptr_len(is), ACCESS_BOTH);
}

static int argument_called(struct run_state *s, const struct arg_info *info, u64 at,
			   const struct dynptr *released)
{
	const struct dynptr is = dynptr_get(at);
	int err = 0;

	if (info->flags & ARG_RELEASE && released->data) {
		region_remove(&s->regions, released->data);
		forget(&s->dynptrs, released->data);
	}
	if (info->flags & ARG_RINGBUF && info->flags & ARG_UNINIT)
		err = record_grant(s, &is);
	return err ? err : remember(&s->dynptrs, at);
}

bool dynptr_called(struct run_state *s, const struct helper *helper, const u64 *r,
		   const struct dynptr *released)
{
	int err = 0;

	for (u32 i = 0; !err && i < 5 && helper->arg[i] != ARG_NONE; i++)
		if (helper_arg(helper, i)->base == ARG_IS_DYNPTR)
			err = argument_called(s, helper_arg(helper, i), r[i + 1], released);
	return !err || state_fault(s, err, "this run made more than %u dynptrs", DYNPTRS_MAX);
}
