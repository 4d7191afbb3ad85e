// SPDX-License-Identifier: BSD-2-Clause
/* exit.c - the end of a function: of one that was called, of a callback, of the program.
 *
 *   static function     its R0 becomes the caller's, which goes on behind the call
 *   callback            R0 must be what the helper knows; the helper's call comes again
 *   asynchronous callback, global function, program     the path ends
 */
#include <errno.h>

#include "verify/concerns.h"

static int number_require(struct verifier *v, int err, const char *what)
{
	char words[160];

	if (reg_is_number(v_reg(v, 0)))
		return 0;
	return reject(v, err, REASON_RETURN_VALUE, 0, "%s must return a number, and this is %s", what,
		      value_words(v, v_reg(v, 0), words, sizeof(words)));
}

/* What the caller will do depends on the number. */
static int range_require(struct verifier *v, const char *what)
{
	const struct frame *frame = v_frame(v);
	const struct range *n = &v_reg(v, 0)->n;
	char words[160];
	int err = precise_reg(v, 0);

	if (err || (n->smin >= frame->ret_min && n->smax <= frame->ret_max))
		return err;
	return reject(v, -EINVAL, REASON_RETURN_VALUE, 0, "%s must return %lld%s, and this is %s", what,
		      (long long)frame->ret_min, frame->ret_max == frame->ret_min ? "" : " or 1",
		      value_words(v, v_reg(v, 0), words, sizeof(words)));
}

static int exit_callback(struct verifier *v, u32 *next)
{
	u32 call = v_frame(v)->call;
	int err = number_require(v, -EACCES, "a callback");

	if (!err)
		err = range_require(v, "a callback");
	if (err)
		return err;
	v->cur->depth--;
	widen_numbers(v, call);
	*next = call;
	return 0;
}

static int exit_static(struct verifier *v, u32 *next)
{
	struct frame *callee = v_frame(v);

	v->cur->depth--;
	*v_reg(v, 0) = callee->reg[0];
	*next = callee->call + 1;
	return 0;
}

static int exit_called(struct verifier *v, u32 *next)
{
	if (v_reg(v, 0)->type == REG_STACK)
		return reject(v, -EINVAL, REASON_RETURN_VALUE, 0,
			      "a pointer to the stack is returned, but the stack of a function ends with it");
	return v_frame(v)->callback ? exit_callback(v, next) : exit_static(v, next);
}

static int exit_last(struct verifier *v)
{
	int err = ref_require_none(v, "at the end", false);

	if (!err)
		err = value_require(v, 0, true);
	if (err)
		return err;
	if (!v->privileged && reg_is_pointer(v_reg(v, 0)))
		return reject(v, -EACCES, REASON_POINTER_LEAK, 0, "the program returns an address");
	if (v_frame(v)->async) {
		err = number_require(v, -EINVAL, "an asynchronous callback");
		return err ? err : range_require(v, "an asynchronous callback");
	}
	return v_frame(v)->func ? number_require(v, -EINVAL, "a global function") : 0;
}

int exit_step(struct verifier *v, u32 *next, bool *done)
{
	*done = !v->cur->depth;
	return *done ? exit_last(v) : exit_called(v, next);
}
