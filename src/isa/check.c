// SPDX-License-Identifier: BSD-2-Clause
/* check.c - the shape of a whole program: what can be said of it without knowing any value.
 *
 *   function 0        function 1                 a function starts at instruction 0 and wherever
 *   |  jumps stay  |  inside their own  |        a call or a function reference points to
 *   0 ........ exit   call target .. exit
 *
 * Invariant of an accepted program: from every instruction the next one, by falling through, jump
 * or call, is the start of an instruction inside the program. An interpreter needs no more to stay
 * inside it. Not here: what registers hold, endless loops, recursion (verify/ and run/).
 *
 * Linux refuses code that no path leads to, and so does this file.
 */
#include <errno.h>
#include <stdlib.h>

#include "isa/insn.h"

/* What is known of a slot. */
enum { M_START = 1, M_FUNCTION = 2, M_REACHED = 4 };

struct shape {
	const struct bpf_insn *insns;
	u32 count, functions;
	u8 *mark;     /* of each slot */
	u32 *todo;    /* reached, successors not yet: a slot enters once, so @count is room enough */
	u32 todo_len;
	bool late_ok;
	struct log *log;
};

/* Where the instruction at @i jumps to; false: it does not jump. */
static bool jump_target(const struct bpf_insn *insn, u32 i, s64 *target)
{
	const struct insn_info *row = &insn_info[insn_id_like(insn)];

	switch ((int)row->shape) {
	case SHAPE_JA:
		*target = (s64)i + 1 + (row->width == 32 ? insn->imm : insn->off);
		return true;
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
		*target = (s64)i + 1 + insn->off;
		return true;
	}
	return false;
}

static bool calls_function(enum insn_id id)
{
	return id == INSN_CALL_LOCAL || id == INSN_LD_FUNC;
}

static int mark_function(struct shape *s, u32 i)
{
	s64 target = (s64)i + 1 + s->insns[i].imm;

	if (target < 0 || target >= s->count)
		return log_error(s->log, -EINVAL, "instruction %u calls instruction %lld, but the "
				 "program is 0..%u", i, (long long)target, s->count - 1);
	if (!(s->mark[target] & M_FUNCTION) && s->functions++ == INSN_MAX_FUNCTIONS)
		return log_error(s->log, -E2BIG, "instruction %u calls function number %u: a program "
				 "has at most %u", i, s->functions, INSN_MAX_FUNCTIONS);
	s->mark[target] |= M_FUNCTION;
	return 0;
}

static int mark_starts(struct shape *s)
{
	struct insn_op op;

	s->mark[0] |= M_FUNCTION;
	s->functions = 1;
	for (u32 i = 0; i < s->count; i += op.slots) {
		int err = insn_decode(&s->insns[i], s->count - i, i, &op, s->late_ok ? NULL : s->log);

		if (err && s->late_ok && op.late)
			err = 0;
		else if (err && s->late_ok)
			err = insn_decode(&s->insns[i], s->count - i, i, &op, s->log);
		if (!err && calls_function(op.id))
			err = mark_function(s, i);
		if (err)
			return err;
		s->mark[i] |= M_START;
	}
	return 0;
}

static int check_function_end(struct shape *s, u32 last, u32 end)
{
	enum insn_id id = insn_id_like(&s->insns[last]);

	if (id == INSN_EXIT || id == INSN_JA || id == INSN_GOTOL)
		return 0;
	return log_error(s->log, -EINVAL, "instruction %u is the last one before %s and is neither "
			 "an exit nor a jump", last,
			 end == s->count ? "the end of the program" : "another function");
}

/* One function: [@start, @end). */
static int check_function(struct shape *s, u32 start, u32 end)
{
	u32 last = start;
	s64 target;

	for (u32 i = start; i < end; i++) {
		if (!(s->mark[i] & M_START))
			continue;
		last = i;
		if (!jump_target(&s->insns[i], i, &target))
			continue;
		if (target < start || target >= end)
			return log_error(s->log, -EINVAL, "instruction %u jumps to %lld, out of its "
					 "function, which is %u..%u", i, (long long)target, start,
					 end - 1);
		if (!(s->mark[target] & M_START))
			return log_error(s->log, -EINVAL, "instruction %u jumps to %lld, into the "
					 "middle of a 64-bit constant", i, (long long)target);
	}
	return check_function_end(s, last, end);
}

static int check_functions(struct shape *s)
{
	u32 start = 0;

	for (u32 i = 1; i <= s->count; i++) {
		int err;

		if (i < s->count && !(s->mark[i] & M_FUNCTION))
			continue;
		if (i < s->count && !(s->mark[i] & M_START))
			return log_error(s->log, -EINVAL, "a call goes to instruction %u, into the "
					 "middle of a 64-bit constant", i);
		err = check_function(s, start, i);
		if (err)
			return err;
		start = i;
	}
	return 0;
}

static void reach(struct shape *s, u32 i)
{
	if (s->mark[i] & M_REACHED)
		return;
	s->mark[i] |= M_REACHED;
	s->todo[s->todo_len++] = i;
}

static void reach_next(struct shape *s, u32 i)
{
	enum insn_id id = insn_id_like(&s->insns[i]);
	s64 target;

	if (jump_target(&s->insns[i], i, &target))
		reach(s, (u32)target);
	if (calls_function(id))
		reach(s, i + 1 + (u32)s->insns[i].imm);
	if (id != INSN_EXIT && id != INSN_JA && id != INSN_GOTOL)
		reach(s, i + (insn_info[id].flags & F_WIDE ? 2 : 1));
}

static int check_reached(struct shape *s)
{
	reach(s, 0);
	while (s->todo_len)
		reach_next(s, s->todo[--s->todo_len]);
	for (u32 i = 0; i < s->count; i++)
		if ((s->mark[i] & (M_START | M_REACHED)) == M_START)
			return log_error(s->log, -EINVAL, "no path leads to instruction %u", i);
	return 0;
}

static int shape_try(struct shape *s)
{
	int err = mark_starts(s);

	if (!err)
		err = check_functions(s);
	if (!err)
		err = check_reached(s);
	return err;
}

static int check(const struct bpf_insn *insns, u32 count, bool late_ok, struct log *log)
{
	struct shape s = { .insns = insns, .count = count, .late_ok = late_ok, .log = log };
	int err;

	if (!count || count > INSN_MAX)
		return log_error(log, -E2BIG, "a program has 1 to %d instructions, not %u", INSN_MAX,
				 count);
	s.mark = calloc(count, sizeof(*s.mark));
	s.todo = calloc(count, sizeof(*s.todo));
	err = s.mark && s.todo ? shape_try(&s) :
	      log_error(log, -ENOMEM, "no memory to check a program of %u instructions", count);
	free(s.mark);
	free(s.todo);
	return err;
}

int insn_check_program(const struct bpf_insn *insns, u32 count, struct log *log)
{
	return check(insns, count, false, log);
}

int insn_check_shape(const struct bpf_insn *insns, u32 count, struct log *log)
{
	return check(insns, count, true, log);
}
