// SPDX-License-Identifier: BSD-2-Clause
/* loop.c - loops that end because a state is one that was seen: iterators, callbacks, may_goto.
 *
 * A path that comes back to a state which is still being walked is cut off there. What matters behind
 * the cut is known only when the whole loop was walked; until then the loop is *open*, and its states
 * are compared as if every number mattered (prune.c). At its end the marks go round until
 * none is added (precise_back_edge()).
 *
 *   visit: one way into one loop (strongly connected part of the code, by way of the same calls)
 *     entry       the first state that was kept inside; the loop is at its end when all paths from there are
 *     edges       paths that were cut off, each with the state that it goes on as
 *
 * Source: kernel/bpf/verifier.c of Linux 6.18 (compute_scc and what uses it) for what must hold.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"
#include "verify/saved.h"

#define BUCKETS 256     /* of visits */
#define ROUNDS 64       /* of marks around a loop; then everything matters */

struct loop_edge {
	struct loop_edge *next;
	const struct saved *known;
	struct saved *end;
};

struct loop_visit {
	struct loop_visit *next;
	u32 depth;                  /* of the frame that is in the loop */
	u32 calls[V_FRAMES];        /* the calls that lead to it */
	u32 loop;
	const struct saved *entry;  /* NULL: nobody is inside */
	struct loop_edge *edges;
};

struct loop_visits {
	struct loop_visit *bucket[BUCKETS];
	u32 edges;                  /* of all of them */
};

/* ---- the parts of the code that can come back to themselves ---- */

struct scc {
	struct verifier *v;
	u32 *order, *low;     /* 0: not seen; low UINT32_MAX: done */
	u32 *stack, *path;    /* of instructions; path: the walk's own */
	u8 *edge;             /* the next successor of an instruction on the path */
	u32 stack_len, path_len, orders, loops;
};

/* Successor @n of instruction @i inside its function, or false. */
static bool successor(const struct verifier *v, u32 i, u32 n, u32 *to)
{
	const struct insn_facts *facts = &v->facts[i];
	u8 shape = insn_info[facts->id].shape;
	bool falls = shape != SHAPE_JA && shape != SHAPE_EXIT;

	if (n == 0 && falls) {
		*to = i + facts->slots;
		return true;
	}
	if (n != (falls ? 1 : 0) || (shape != SHAPE_JA && shape != SHAPE_JCOND && shape != SHAPE_MAY_GOTO))
		return false;
	*to = i + 1 + (u32)(facts->id == INSN_GOTOL ? v->insns[i].imm : v->insns[i].off);
	return true;
}

static void scc_enter(struct scc *c, u32 i)
{
	c->order[i] = c->low[i] = ++c->orders;
	c->edge[i] = 0;
	c->stack[c->stack_len++] = i;
	c->path[c->path_len++] = i;
}

/* @i is the first of its part: everything above it on the stack belongs to it. */
static void scc_close(struct scc *c, u32 i)
{
	bool loop = c->stack[c->stack_len - 1] != i || c->v->facts[i].marks & MARK_CALLBACK;
	u32 to, member;

	for (u32 n = 0; !loop && successor(c->v, i, n, &to); n++)
		loop = to == i;
	c->loops += loop;
	do {
		member = c->stack[--c->stack_len];
		c->low[member] = UINT32_MAX;
		if (loop) {
			c->v->facts[member].loop = c->loops;
			c->v->facts[member].marks |= MARK_LOOP;
		}
	} while (member != i);
}

static void scc_walk(struct scc *c, u32 start)
{
	u32 to;

	scc_enter(c, start);
	while (c->path_len) {
		u32 i = c->path[c->path_len - 1];

		if (successor(c->v, i, c->edge[i], &to)) {
			c->edge[i]++;
			if (!c->order[to])
				scc_enter(c, to);
			else if (c->low[to] != UINT32_MAX)
				c->low[i] = min_u32(c->low[i], c->low[to]);
			continue;
		}
		if (c->low[i] == c->order[i])
			scc_close(c, i);
		if (--c->path_len && c->low[i] != UINT32_MAX) {
			u32 from = c->path[c->path_len - 1];

			c->low[from] = min_u32(c->low[from], c->low[i]);
		}
	}
}

/* Whether it would end is not even asked. The instruction is one that goes back. */
static int loop_refuse(struct verifier *v)
{
	u32 to;

	for (u32 i = 0; i < v->count; i++)
		for (u32 n = 0; v->facts[i].loop && successor(v, i, n, &to); n++)
			if (to <= i && v->facts[to].loop == v->facts[i].loop)
				v->cur->insn = i;
	return reject(v, -EINVAL, REASON_LOOP_UNPRIVILEGED, -1,
		      "this jump goes back, and programs of somebody without CAP_BPF must not have loops");
}

int loop_learn(struct verifier *v)
{
	struct scc c = { .v = v };
	u32 *room = calloc(v->count, 4 * sizeof(u32));

	c.edge = calloc(v->count, 1);
	if (room && c.edge) {
		c.order = room;
		c.low = room + v->count;
		c.stack = c.low + v->count;
		c.path = c.stack + v->count;
		for (u32 f = 0; f < v->func_count; f++)
			if (!c.order[v->funcs[f].start])
				scc_walk(&c, v->funcs[f].start);
	}
	free(room);
	free(c.edge);
	v->visits = calloc(1, sizeof(*v->visits));
	if (!room || !c.edge || !v->visits)
		return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory to find loops");
	return v->capable || !c.loops ? 0 : loop_refuse(v);
}

/* ---- visits ---- */

static u32 saved_insn(const struct saved *saved, u32 f)
{
	return f == saved->depth ? saved->insn : saved->frame[f + 1].call;
}

static struct loop_visit **bucket_of(const struct verifier *v, const struct loop_visit *at)
{
	u32 hash = at->loop;

	for (u32 f = 0; f < at->depth; f++)
		hash = hash * 31 + at->calls[f];
	return &v->visits->bucket[hash % BUCKETS];
}

/* The visit that @saved belongs to: by the outermost loop that it is in. *@at: what a new one would be;
 * at->loop is 0 when it is in none. */
static struct loop_visit *visit_of(const struct verifier *v, const struct saved *saved, struct loop_visit *at)
{
	*at = (struct loop_visit){ 0 };
	for (u32 f = 0; f <= saved->depth && !at->loop; f++) {
		u32 insn = saved_insn(saved, f);

		at->loop = v->facts[insn].loop;
		at->depth = f;
		if (!at->loop)
			at->calls[f] = insn;
	}
	if (!at->loop)
		return NULL;
	for (struct loop_visit *visit = *bucket_of(v, at); visit; visit = visit->next)
		if (visit->loop == at->loop && visit->depth == at->depth &&
		    !memcmp(visit->calls, at->calls, at->depth * sizeof(u32)))
			return visit;
	return NULL;
}

int loop_kept(struct verifier *v, struct saved *saved)
{
	struct loop_visit at, *visit = visit_of(v, saved, &at);

	if (!at.loop)
		return 0;
	if (!visit) {
		visit = malloc(sizeof(*visit));
		if (!visit)
			return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for a loop");
		*visit = at;
		visit->next = *bucket_of(v, &at);
		*bucket_of(v, &at) = visit;
	}
	if (!visit->entry)
		visit->entry = saved;
	return 0;
}

static void edges_free(struct verifier *v, struct loop_visit *visit)
{
	while (visit->edges) {
		struct loop_edge *edge = visit->edges;

		visit->edges = edge->next;
		v->visits->edges--;
		saved_free(v, edge->end);
		free(edge);
	}
}

void loop_ended(struct verifier *v, const struct saved *saved)
{
	struct loop_visit at, *visit = visit_of(v, saved, &at);
	bool changed = true;

	if (!visit || visit->entry != saved)
		return;
	for (u32 round = 0; changed && round < ROUNDS; round++) {
		changed = false;
		for (struct loop_edge *edge = visit->edges; edge; edge = edge->next)
			changed |= precise_back_edge(v, edge->known, edge->end);
	}
	for (struct loop_edge *edge = visit->edges; changed && edge; edge = edge->next)
		precise_all(edge->end->parent);
	visit->entry = NULL;
	edges_free(v, visit);
}

bool loop_open(const struct verifier *v, const struct saved *saved)
{
	struct loop_visit at, *visit;

	if (!v->visits->edges)
		return false;
	visit = visit_of(v, saved, &at);
	return visit && visit->edges;
}

int loop_cut(struct verifier *v, const struct saved *known)
{
	struct loop_visit at, *visit = visit_of(v, known, &at);
	struct loop_edge *edge;
	int err;

	if (!visit)
		return reject(v, -EFAULT, REASON_INTERNAL, -1, "a loop that is none ends here");
	edge = calloc(1, sizeof(*edge));
	if (!edge)
		return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for a loop");
	err = saved_pack(v, &edge->end);
	if (err) {
		free(edge);
		return err;
	}
	edge->known = known;
	edge->next = visit->edges;
	visit->edges = edge;
	v->visits->edges++;
	return 0;
}

void loop_forget(struct verifier *v)
{
	for (u32 i = 0; v->visits && i < BUCKETS; i++) {
		while (v->visits->bucket[i]) {
			struct loop_visit *visit = v->visits->bucket[i];

			v->visits->bucket[i] = visit->next;
			edges_free(v, visit);
			free(visit);
		}
	}
}
