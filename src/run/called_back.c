// SPDX-License-Identifier: BSD-2-Clause
/* called_back.c - see called_back.h. */
#include <errno.h>

#include "run/state.h"

#define LOOPS_MAX (1u << 23)   /* BPF_MAX_LOOPS */

/* The arguments of the next call; false when there is none. */
static bool next_arguments(struct run_state *s, struct callback *c, u64 *r)
{
	const void *key;
	void *value;

	if (c->count == c->limit)
		return false;
	if (!c->map) {
		r[1] = c->count;
		r[2] = c->ctx;
		r[3] = 0;
	} else {
		if (!c->map->ops->each(c->map, &c->cursor, &key, &value, s->exec->cpu))
			return false;
		r[1] = ptr_u64(c->map);
		r[2] = ptr_u64(key);
		r[3] = ptr_u64(value);
	}
	r[4] = c->map ? c->ctx : 0;
	r[5] = 0;
	c->count++;
	return true;
}

/* In checked mode the element becomes memory of the program. */
static bool grant_element(struct run_state *s, const struct map *map, const u64 *r)
{
	int err = region_add(&s->regions, r[2], map->key_size, ACCESS_READ);

	if (!err)
		err = region_add(&s->regions, r[3], map->value_size, map_rights(map));
	return !err || state_fault(s, err, "this run walked over too many map elements");
}

/* Enter the function once more, or go on behind the call. */
static bool proceed(struct run_state *s, struct callback *c, u64 *r, const struct op **to)
{
	struct frame *frame;

	if (!next_arguments(s, c, r)) {
		r[0] = c->count;
		*to = c->call + 1;
		return true;
	}
	if (s->checked && c->map && !grant_element(s, c->map, r))
		return false;
	if (!state_push(s, c->call, r))
		return false;
	frame = &s->frames[s->depth - 1];
	frame->ret = &s->called_back[0];
	*to = c->func;
	return true;
}

/* Is @number (in checked mode) that of an instruction with which a function starts? */
static bool is_function(const struct code *code, u64 number)
{
	return code->starts && number < code->prog->insn_count && code->starts[number];
}

bool callback_begin(struct run_state *s, const struct helper *helper, const struct op *op, u64 *r,
		    const struct op **to)
{
	bool loop = helper->id == BPF_FUNC_loop;
	struct callback *c = &s->callbacks[s->depth];
	const struct op *func;

	if (s->checked && !checked_arguments(s, helper, r))
		return false;
	if (s->checked && !is_function(s->code, r[2]))
		return state_fault(s, -EACCES, "argument 2 of bpf_%s is no function of the program",
				   helper->name);
	*to = op + 1;
	if (r[4] || (loop && (u32)r[1] > LOOPS_MAX)) {
		r[0] = (u64)(r[4] ? -EINVAL : -E2BIG);
		return true;
	}
	func = (s->checked ? s->code->checked : s->code->trusted) + r[2];
	*c = (struct callback){ .call = op, .func = func, .map = loop ? NULL : u64_ptr(r[1]),
				.ctx = r[3], .limit = loop ? (u32)r[1] : UINT32_MAX };
	if (c->map && !c->map->ops->each)
		return state_fault(s, -EINVAL, "the elements of a map of type %s cannot be walked",
				   c->map->type->name);
	return proceed(s, c, r, to);
}

bool callback_next(struct run_state *s, u64 *r, const struct op **to)
{
	struct callback *c = &s->callbacks[s->depth];

	if (!r[0])
		return proceed(s, c, r, to);
	r[0] = c->count;
	*to = c->call + 1;
	return true;
}
