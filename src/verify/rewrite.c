// SPDX-License-Identifier: BSD-2-Clause
/* rewrite.c - what an accepted program is run as: the same without what no path reaches.
 *
 *   insns   0 r1 = 1   1 if r1 == 0 goto 4   2 r0 = 2   3 exit   4 r0 = r9   5 exit
 *   final   0 r1 = 1                         1 r0 = 2   2 exit
 *   origin  0                                2          3
 *
 * Instructions that were never walked go; a condition that always came out the same way becomes a jump
 * or nothing; jumps to the next instruction go. prog->insns stay as they are.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"

struct rewrite {
	const struct verifier *v;
	struct prog *prog;
	struct bpf_insn *insns;   /* of the final program, jumps not yet where they should */
	u32 *origin;
	u32 *place;               /* of each instruction in the final program, or of the next that is there */
	u32 count;
};

static bool falls_through(const struct verifier *v, u32 i)
{
	u8 flags = v->notes[i].flags;

	return insn_info[v->facts[i].id].shape == SHAPE_JCOND && !(flags & NOTE_TAKEN);
}

static bool always_jumps(const struct verifier *v, u32 i)
{
	u8 flags = v->notes[i].flags;

	return insn_info[v->facts[i].id].shape == SHAPE_JCOND && !(flags & NOTE_NOT_TAKEN);
}

static bool target_of(const struct verifier *v, u32 i, u32 *to)
{
	u8 id = v->facts[i].id, shape = insn_info[id].shape;

	if (shape != SHAPE_JA && shape != SHAPE_JCOND && shape != SHAPE_MAY_GOTO)
		return false;
	*to = i + 1 + (u32)(id == INSN_GOTOL ? v->insns[i].imm : v->insns[i].off);
	return true;
}

/* Nothing that is kept stands between @i and @to. */
static bool next_is(const struct rewrite *r, u32 i, u32 to)
{
	for (u32 at = i + 1; at < to; at++)
		if (r->v->notes[at].flags & NOTE_SEEN)
			return false;
	return to > i;
}

static bool is_kept(const struct rewrite *r, u32 i)
{
	const struct verifier *v = r->v;
	u32 to;

	if (!(v->notes[i].flags & NOTE_SEEN) || falls_through(v, i))
		return false;
	if (insn_info[v->facts[i].id].shape == SHAPE_JA || always_jumps(v, i))
		return !target_of(v, i, &to) || !next_is(r, i, to);
	return true;
}

static void take(struct rewrite *r, u32 i)
{
	const struct verifier *v = r->v;

	for (u32 slot = 0; slot < v->facts[i].slots; slot++) {
		r->insns[r->count] = v->insns[i + slot];
		r->origin[r->count++] = i + slot;
	}
}

static void choose(struct rewrite *r)
{
	const struct verifier *v = r->v;

	for (u32 i = 0; i < v->count; i += v->facts[i].slots) {
		r->place[i] = r->count;
		if (is_kept(r, i))
			take(r, i);
	}
}

/* Let the final instruction @at go where its original went. */
static void retarget(struct rewrite *r, u32 at)
{
	const struct verifier *v = r->v;
	u32 i = r->origin[at], to;
	struct bpf_insn *insn = &r->insns[at];
	u8 id = v->facts[i].id;

	if (target_of(v, i, &to)) {
		s32 off = (s32)(r->place[to] - at - 1);

		if (always_jumps(v, i))
			*insn = (struct bpf_insn){ .code = insn_info[INSN_JA].code };
		if (id == INSN_GOTOL)
			insn->imm = off;
		else
			insn->off = (s16)off;
	} else if (id == INSN_CALL_LOCAL || id == INSN_LD_FUNC) {
		insn->imm = (s32)(r->place[i + 1 + (u32)v->insns[i].imm] - at - 1);
	}
}

static int rewrite_try(struct rewrite *r)
{
	struct prog *prog = r->prog;

	r->insns = calloc(r->v->count, sizeof(*r->insns));
	r->origin = calloc(r->v->count, sizeof(*r->origin));
	r->place = calloc(r->v->count, sizeof(*r->place));
	prog->notes = calloc(r->v->count, sizeof(*prog->notes));
	if (!r->insns || !r->origin || !r->place || !prog->notes)
		return -ENOMEM;
	choose(r);
	for (u32 at = 0; at < r->count; at++) {
		prog->notes[at] = r->v->notes[r->origin[at]];
		if (r->v->facts[r->origin[at]].slots)
			retarget(r, at);
	}
	return 0;
}

static bool is_seen(const struct verifier *v, u32 i) { return v->notes[i].flags & NOTE_SEEN; }

/* Linux drops a function that nothing enters, and then misses it where its address is taken; but not when
 * another one has come to its place, nor when there is one function only in the end. */
static int functions_require(struct verifier *v)
{
	char name[FUNC_NAME];
	u32 last = 0;

	for (u32 f = 1; f < v->func_count; f++)
		if (is_seen(v, v->funcs[f].start))
			last = v->funcs[f].start;
	for (u32 i = 0; last && i < v->count; i += v->facts[i].slots) {
		u32 to = i + 1 + (u32)v->insns[i].imm;

		if (v->facts[i].id != INSN_LD_FUNC || !is_seen(v, i) || to <= last)
			continue;
		v->cur->insn = i;
		return reject(v, -EFAULT, REASON_CALLBACK, -1,
			      "the address of %s is taken, but nothing calls it",
			      func_name(v, v->facts[to].func, name));
	}
	return 0;
}

int rewrite_prog(struct verifier *v)
{
	struct rewrite r = { .v = v, .prog = v->prog };
	int err = functions_require(v);

	if (err)
		return err;
	err = rewrite_try(&r);

	free(r.place);
	if (err) {
		free(r.insns);
		free(r.origin);
		free(v->prog->notes);
		v->prog->notes = NULL;
		return reject(v, err, REASON_INTERNAL, -1, "no memory to rewrite %u instructions", v->count);
	}
	v->prog->final = r.insns;
	v->prog->final_count = r.count;
	v->prog->origin = r.origin;
	return 0;
}
