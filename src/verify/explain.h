// SPDX-License-Identifier: BSD-2-Clause
/* explain.h - why a program was refused: the events that led there, and what to write instead.
 *
 *   explain.c   which story it is, and its events      suggest.c, advice.c   what to write instead
 *   story.c     values and checks of a trace           report.c             text or JSON of all that
 */
#ifndef CLSBPF_VERIFY_EXPLAIN_H
#define CLSBPF_VERIFY_EXPLAIN_H

#include "verify/lines.h"
#include "verify/trace.h"

#define BECAUSE_MAX 6
#define BECAUSE_TEXT 224
#define INSTEAD_TEXT 768
#define CONDITION_TEXT 384
#define SENTENCE_TEXT 512
#define NAME_ROOM 80           /* of an expression that is quoted */

struct because {
	u32 insn;
	char text[BECAUSE_TEXT];
};

struct explanation {
	char sentence[SENTENCE_TEXT]; /* better than the refusal's own, or "" */
	u32 insn;                    /* where the finger points */
	struct because because[BECAUSE_MAX];
	u32 count;
	u32 left_out;                /* events in the middle that are not shown */
	char instead[INSTEAD_TEXT];      /* code, or what to do in words */
	bool code;                   /* it is a statement to put before line `before` */
	u32 before;
};

/** explain() - explain v->refusal. What cannot be found out is left out. */
void explain(struct verifier *v, struct explanation *e);

/** explain_say() - a better sentence than the refusal's own. */
void explain_say(struct explanation *e, const char *fmt, ...) printf_like(2, 3);

/* ---- story.c ---- */

#define LOOKS_MAX 192
#define CHECKS_MAX 48

struct story {
	struct verifier *v;
	struct trace trace;
	struct look look[LOOKS_MAX];   /* sorted */
	u32 count;
};

/** story_want() - values at place @at of the path are wanted. */
void story_want(struct story *s, u32 at);
/** story_want_back() - the same for what made @ref, and what made that, and so on. */
void story_want_back(struct story *s, point_ref ref);
/** story_look() - get all values that are wanted. Returns 0 or -ENOMEM. */
must_check int story_look(struct story *s);
/** story_at() - the values at place @at, or NULL when they were not wanted or the walk did not get there. */
const struct look *story_at(const struct story *s, u32 at);

/** story_checks() - the last @flags (enum point_flags) point of each instruction, the earliest
 * first; CHECKS_MAX at most. Returns their number. */
u32 story_checks(const struct story *s, u8 flags, u32 *at);

/** story_copied() - was @ref made from @from by copying alone? */
bool story_made_from(const struct story *s, point_ref ref, point_ref from);

/** story_back() - the point that the pointer or number of @ref was made from, one step back; *@other is the
 *  other operand of an addition, 0: none. Needs looks. Returns 0 at its origin. */
point_ref story_back(const struct story *s, point_ref ref, point_ref *other);

/* ---- suggest.c ---- */

/** suggest_room() - compare the packet pointer that is used with the end of the packet. @origin:
 * where to get it again, because it was lost; UINT32_MAX: it is there. */
void suggest_room(struct story *s, u32 origin, struct explanation *e);
/** suggest_smaller() - bound the number that was added to a packet pointer at @insn: @most at most. */
void suggest_smaller(struct story *s, u32 insn, s64 most, struct explanation *e);
/** suggest_null() - compare with NULL what was made at @origin; UINT32_MAX: what is used. */
void suggest_null(struct story *s, u32 origin, struct explanation *e);
/** suggest_bound() - compare an index or size with its bounds; @ref: the number. */
void suggest_bound(struct story *s, point_ref ref, const struct reg *number, struct explanation *e);
/** suggest_release() - give back what was taken at @insn. */
void suggest_release(struct verifier *v, u32 insn, struct explanation *e);
/** suggest_rounds() - a loop that was walked @rounds times ends at place @at of the path: let it
 * end earlier. */
void suggest_rounds(struct story *s, u32 at, u32 rounds, struct explanation *e);
/** suggest_by_reason() - what goes with a reason and the names of this program, where @e has
 * nothing yet. (advice.c) */
void suggest_by_reason(struct verifier *v, struct explanation *e);
/** suggest_verdict() - what a program of this type returns when it has nothing to say: "TC_ACT_OK". */
const char *suggest_verdict(const struct verifier *v);

#endif
