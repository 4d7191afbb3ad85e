// SPDX-License-Identifier: BSD-2-Clause
/* explain.c - which story a refusal is, and the events that it is made of.
 *
 * A story is told of the value at fault: where it came from, what was done to it, what was compared with
 * what. Events are in the order of the path, and each is true by itself: what is not certain is not
 * said.
 */
#include "verify/explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "helper/helper.h"
#include "object/btf.h"
#include "object/prog.h"

static void add(struct explanation *e, u32 insn, const char *fmt, ...) printf_like(3, 4);

/* One more event; when there are too many, those in the middle go. */
static void add(struct explanation *e, u32 insn, const char *fmt, ...)
{
	struct because *b;
	va_list args;

	if (e->count == BECAUSE_MAX) {
		memmove(&e->because[2], &e->because[3], (BECAUSE_MAX - 3) * sizeof(e->because[0]));
		e->count--;
		e->left_out++;
	}
	b = &e->because[e->count++];
	b->insn = insn;
	va_start(args, fmt);
	vsnprintf(b->text, sizeof(b->text), fmt, args);
	va_end(args);
}

const char *call_name(const struct verifier *v, u32 insn, char *buf, size_t room)
{
	const struct bpf_insn *call = &v->insns[insn];
	const char *name = NULL;
	struct source src;

	switch ((int)v->facts[insn].id) {
	case INSN_CALL_HELPER:
		name = helper_name((u32)call->imm);
		if (name)
			snprintf(buf, room, "bpf_%s()", name);
		else
			snprintf(buf, room, "helper %d", call->imm);
		return buf;
	case INSN_CALL_LOCAL:
		source_find(v, insn + 1 + (u32)call->imm, &src);
		if (*src.function)
			snprintf(buf, room, "%s()", src.function);
		else
			snprintf(buf, room, "the function at instruction %u", insn + 1 + (u32)call->imm);
		return buf;
	}
	snprintf(buf, room, "kernel function %d", call->imm);
	return buf;
}

static const char *words(const struct story *s, const struct reg *reg, char *buf, size_t room)
{
	return value_words(s->v, reg, buf, room);
}

static u32 insn_at(const struct story *s, point_ref ref) { return s->trace.at[ref - 1].insn; }

void explain_say(struct explanation *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->sentence, sizeof(e->sentence), fmt, args);
	va_end(args);
}

/* " at line 12", or nothing. */
static const char *at_line(const struct story *s, u32 insn, char *buf, size_t room)
{
	struct source src;

	*buf = '\0';
	if (source_find(s->v, insn, &src))
		snprintf(buf, room, " at line %u", src.line);
	return buf;
}

/* ---- pointers that are none any more, and values that were never set ---- */

/* The call in the current function that what happened at @at is part of. */
static u32 seen_from_here(const struct story *s, u32 at)
{
	const struct trace *t = &s->trace;
	u32 depth = s->v->cur->depth;

	while (at && t->at[at].depth > depth)
		at--;
	return at;
}

static bool is_packet_type(u8 type)
{
	return type == REG_PACKET || type == REG_PACKET_META || type == REG_PACKET_END;
}

static void explain_lost(struct story *s, point_ref ref, struct explanation *e)
{
	const struct trace *t = &s->trace;
	const struct point *p = &t->at[ref - 1];
	point_ref origin = p->from[0], back, other;
	u32 call = t->at[seen_from_here(s, ref - 1)].insn;
	char name[NAME_ROOM], outer[NAME_ROOM], line[32];

	call_name(s->v, p->insn, name, sizeof(name));
	at_line(s, call, line, sizeof(line));
	for (back = origin; back; back = story_back(s, back, &other))
		origin = back;
	if (origin)
		add(e, insn_at(s, origin), "the pointer comes from here");
	if (call != p->insn)
		add(e, call, "%s calls %s", call_name(s->v, call, outer, sizeof(outer)), name);
	if (is_packet_type(p->lost)) {
		explain_say(e, "a packet pointer is used that was lost%s: %s may move the packet",
			    line, name);
		add(e, p->insn, "%s may move the packet: pointers into it are lost", name);
		if (origin)
			suggest_room(s, insn_at(s, origin), e);
		if (!*e->instead)
			snprintf(e->instead, sizeof(e->instead),
				 "get the pointer from the context again after %s, and compare "
				 "it with the end of the packet again",
				 name);
	} else {
		explain_say(e, "a pointer is used whose memory was given back%s by %s", line, name);
		add(e, p->insn, "%s takes it back: what pointed to it is lost", name);
		snprintf(e->instead, sizeof(e->instead), "use it before %s, or not at all", name);
	}
}

static void explain_nothing(struct story *s, point_ref ref, struct explanation *e)
{
	char name[NAME_ROOM];

	if (!ref) {
		struct source src;

		source_find(s->v, v_insn(s->v) - s->v->insns, &src);
		add(e, s->v->funcs[v_frame(s->v)->func].start,
		    "from the start of %s%s to here nothing sets it",
		    *src.function ? src.function : "the function", *src.function ? "()" : "");
		return;
	}
	if (trace_shape(&s->trace, ref - 1) == SHAPE_CALL)
		add(e, insn_at(s, ref), "%s leaves nothing in it",
		    call_name(s->v, insn_at(s, ref), name, sizeof(name)));
}

/* The last event before the value was lost, on the way back from @ref, or 0. */
static point_ref find_loss(const struct story *s, point_ref ref)
{
	point_ref other;

	for (; ref; ref = story_back(s, ref, &other))
		if (s->trace.at[ref - 1].flags & POINT_LOSES)
			return ref;
	return 0;
}

/* ---- packet pointers ---- */

static const struct reg *packet_of(const struct look *look, const struct reg **after)
{
	bool first = reg_is_packet(&look->dst);

	*after = first ? &look->out : &look->out_src;
	return first ? &look->dst : &look->src;
}

/* A comparison with the end of the packet teaches nothing about a pointer that may have wrapped around. */
static bool too_far(const struct reg *packet)
{
	return packet->n.umax > UINT16_MAX || packet->n.umax + (u64)packet->off > UINT16_MAX;
}

/* What one comparison with the end of the packet is worth for @end. */
static void tell_check(struct story *s, u32 at, const struct reg *end, bool others, struct explanation *e)
{
	const struct look *look = story_at(s, at);
	const struct reg *after, *packet;
	u32 insn = s->trace.at[at].insn;

	if (!look)
		return;
	packet = packet_of(look, &after);
	if (packet->id != end->id || packet->type != end->type) {
		if (others)
			add(e, insn, "this compares another pointer: one %s",
			    end->id ? "without the number that was added, or with another one"
				    : "with a number added to it");
	} else if (after->room > 0 && after->room != packet->room) {
		add(e, insn, "this makes sure of %d bytes, no more", after->room);
	} else if (too_far(packet)) {
		add(e, insn,
		    "this says nothing: with a number above %u in it, the pointer may have wrapped "
		    "around",
		    UINT16_MAX);
	} else if (packet->room <= 0) {
		add(e, insn, "the way that was taken here is the one of packets that are too short");
	}
}

static bool same_family(const struct look *look, const struct reg *end)
{
	const struct reg *after, *packet = packet_of(look, &after);

	return packet->id == end->id && packet->type == end->type;
}

static void explain_packet(struct story *s, point_ref ref, const struct reg *end, struct explanation *e)
{
	u32 checks[CHECKS_MAX], count = story_checks(s, POINT_ROOM_CHECK, checks), next = 0;
	point_ref way[16], other, added = 0;
	u32 steps = 0;
	bool same = false;
	char text[NAME_ROOM + 48];

	for (u32 i = 0; i < count && !same; i++) {
		const struct look *look = story_at(s, checks[i]);

		same = look && same_family(look, end);
	}
	for (point_ref back = ref; back && steps < ARRAY_SIZE(way); back = story_back(s, back, &other))
		way[steps++] = back;
	while (steps--) {
		const struct look *look = story_at(s, way[steps] - 1);
		enum insn_shape shape = trace_shape(&s->trace, way[steps] - 1);

		while (next < count && checks[next] < way[steps] - 1)
			tell_check(s, checks[next++], end, !same, e);
		if (!look)
			continue;
		if (shape == SHAPE_LDX && look->src.type == REG_CTX)
			add(e, insn_at(s, way[steps]), "the pointer comes from here");
		else if (shape == SHAPE_ALU && s->v->facts[insn_at(s, way[steps])].reg) {
			const struct reg *number = reg_is_number(&look->src) ? &look->src : &look->dst;

			if (reg_is_const(number))
				continue;
			added = way[steps];
			add(e, insn_at(s, added),
			    "%s is added to it here: what was compared before counts no more",
			    words(s, number, text, sizeof(text)));
		}
	}
	while (next < count)
		tell_check(s, checks[next++], end, !same, e);
	if (!count)
		add(e, s->v->refusal.insn, "on the way here, nothing is compared with the end of the packet");
	if (added && too_far(end))
		suggest_smaller(s, insn_at(s, added), UINT16_MAX - (s64)end->off - s->v->refusal.size, e);
	else
		suggest_room(s, UINT32_MAX, e);
}

/* ---- NULL ---- */

static const char *why_null(const struct verifier *v, u32 insn)
{
	if (v->facts[insn].id != INSN_CALL_HELPER)
		return "may give NULL";
	switch (v->insns[insn].imm) {
	case BPF_FUNC_map_lookup_elem:
		return "gives NULL when there is no such element";
	case BPF_FUNC_ringbuf_reserve:
		return "gives NULL when there is no room for the record";
	case BPF_FUNC_sk_lookup_tcp:
	case BPF_FUNC_sk_lookup_udp:
	case BPF_FUNC_skc_lookup_tcp:
		return "gives NULL when there is no such socket";
	case BPF_FUNC_dynptr_data:
		return "gives NULL when the dynptr is empty or too short";
	default:
		return "may give NULL";
	}
}

/* What the program calls the pointer that was made at @insn. */
static const char *pointer_name(const struct story *s, u32 insn, char *buf, size_t room)
{
	struct source src;

	if (!source_find(s->v, insn, &src) || !source_assigned(&src, buf, room))
		snprintf(buf, room, "a pointer");
	return buf;
}

/* The pointer is one that a global function was called with. */
static void explain_null_argument(struct story *s, struct explanation *e)
{
	const char *name = source_param(s->v, e->insn, 0);
	struct source src;

	source_find(s->v, e->insn, &src);
	for (u32 n = 1; n < V_REGS && name; n++) {
		char base[NAME_ROOM], index[NAME_ROOM];

		if (source_access(&src, base, index, sizeof(base)) == ACCESS_NONE)
			return;
		if (!strcmp(base, name))
			explain_say(e,
				    "%s may be NULL here: it is an argument of the global function "
				    "%s(), and on this way it was "
				    "not compared with NULL",
				    name, src.function);
		name = source_param(s->v, e->insn, n);
	}
}

static void explain_null(struct story *s, point_ref ref, const struct reg *end, struct explanation *e)
{
	u32 checks[CHECKS_MAX], count = story_checks(s, POINT_NULL_CHECK, checks);
	point_ref origin = ref, back, other;
	char name[NAME_ROOM], what[NAME_ROOM], line[32];

	for (back = ref; back; back = story_back(s, back, &other))
		origin = back;
	for (u32 i = 0; i < count; i++) {
		const struct look *look = story_at(s, checks[i]);

		if (look && look->dst.id != end->id && look->dst.type == end->type)
			add(e, s->trace.at[checks[i]].insn, "this compares another pointer with NULL");
	}
	if (origin && trace_shape(&s->trace, origin - 1) == SHAPE_CALL) {
		add(e, insn_at(s, origin), "%s %s", call_name(s->v, insn_at(s, origin), name, sizeof(name)),
		    why_null(s->v, insn_at(s, origin)));
		explain_say(e,
			    "%s may be NULL here: %s gave it%s, and on this way it was not "
			    "compared with NULL",
			    pointer_name(s, insn_at(s, origin), what, sizeof(what)), name,
			    at_line(s, insn_at(s, origin), line, sizeof(line)));
		suggest_null(s, insn_at(s, origin), e);
	} else if (origin) {
		add(e, insn_at(s, origin), "this may give NULL");
		suggest_null(s, insn_at(s, origin), e);
	} else {
		add(e, s->v->funcs[v_frame(s->v)->func].start,
		    "a global function is verified by itself: what it is called with may be NULL");
		suggest_null(s, UINT32_MAX, e);
		explain_null_argument(s, e);
	}
}

/* ---- numbers ---- */

static u64 width(const struct range *n)
{
	return min_u64(n->umax - n->umin, (u64)n->smax - (u64)n->smin);
}

/* Was something known of the number, and is it gone? */
static bool is_loss(const struct range *before, const struct range *after)
{
	return width(before) < UINT32_MAX &&
	       (width(after) >= UINT32_MAX || (before->smin >= 0 && after->smin < 0));
}

static void tell_number(struct story *s, point_ref ref, struct explanation *e)
{
	const struct look *look = story_at(s, ref - 1);
	u32 insn = insn_at(s, ref);
	char text[160], name[NAME_ROOM];

	if (!look)
		return;
	switch (trace_shape(&s->trace, ref - 1)) {
	case SHAPE_LDX:
		if (!s->trace.at[ref - 1].from[0])
			add(e, insn, "%s is read here", words(s, &look->out, text, sizeof(text)));
		return;
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		add(e, insn, "it is read from the packet here");
		return;
	case SHAPE_CALL:
		if (!(s->trace.at[ref - 1].flags & POINT_ENTERS))
			add(e, insn, "%s gives %s", call_name(s->v, insn, name, sizeof(name)),
			    words(s, &look->out, text, sizeof(text)));
		return;
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
	case SHAPE_ATOMIC:
	case SHAPE_STX:
	case SHAPE_ST:
	case SHAPE_EXIT:
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
	case SHAPE_LD_IMM64:
		return;
	}
}

/* What goes into an operation on numbers: the operand that is not constant. */
static const struct reg *operand(const struct story *s, const struct look *look)
{
	u32 insn = s->trace.at[look->at].insn;
	enum insn_shape shape = trace_shape(&s->trace, look->at);

	if (shape == SHAPE_MOV || shape == SHAPE_MOVSX || (reg_is_const(&look->dst) && s->v->facts[insn].reg))
		return &look->src;
	return &look->dst;
}

static bool computes(const struct story *s, point_ref ref)
{
	enum insn_shape shape = trace_shape(&s->trace, ref - 1);

	return shape == SHAPE_ALU || shape == SHAPE_NEG || shape == SHAPE_MOV || shape == SHAPE_MOVSX ||
	       shape == SHAPE_ENDIAN;
}

/* A run of operations on one line is one event. @way: back from the number; returns the place
 * behind the run. */
static u32 tell_operations(struct story *s, const point_ref *way, u32 at, struct explanation *e)
{
	const struct look *first = story_at(s, way[at] - 1), *last = first;
	const struct reg *in;
	char text[160], before[160];
	struct source src, next;
	u32 i = at;

	if (!first)
		return at;
	source_find(s->v, insn_at(s, way[at]), &src);
	while (i && computes(s, way[i - 1]) && story_at(s, way[i - 1] - 1) &&
	       source_find(s->v, insn_at(s, way[i - 1]), &next) && next.line == src.line)
		last = story_at(s, way[--i] - 1);
	in = operand(s, first);
	/* A copy is no event. */
	if (!reg_is_number(in) || !reg_is_number(&last->out) ||
	    (range_in(&in->n, &last->out.n) && range_in(&last->out.n, &in->n)))
		return i;
	if (is_loss(&in->n, &last->out.n))
		add(e, insn_at(s, way[i]), "its bounds are lost here: %s becomes %s",
		    words(s, in, before, sizeof(before)), words(s, &last->out, text, sizeof(text)));
	else
		add(e, insn_at(s, way[i]), "here it becomes %s", words(s, &last->out, text, sizeof(text)));
	return i;
}

static bool narrows(const struct reg *before, const struct reg *after)
{
	return reg_is_number(before) && reg_is_number(after) && !range_in(&after->n, &before->n);
}

/* A comparison on the way: of the number itself, or of one that was made from the same. Returns
 * whether it is one. */
static bool tell_bound(struct story *s, u32 at, const point_ref *way, u32 steps, struct explanation *e)
{
	const struct point *p = &s->trace.at[at];
	const struct look *look = story_at(s, at);
	char text[160];

	for (u32 n = 0; look && n < 2; n++) {
		const struct reg *before = n ? &look->src : &look->dst,
				 *after = n ? &look->out_src : &look->out;

		if (!p->from[n] || reg_is_const(before) || !narrows(before, after))
			continue;
		for (u32 i = 0; i < steps; i++) {
			if (way[i] != p->from[n] && !story_made_from(s, way[i], p->from[n]))
				continue;
			if (i && way[i - 1] - 1 < at)
				add(e, p->insn,
				    "this bounds what it was made from, when it was made already: "
				    "%s",
				    words(s, after, text, sizeof(text)));
			else
				add(e, p->insn, "from here on it is %s", words(s, after, text, sizeof(text)));
			return true;
		}
		for (u32 i = 0; i < steps; i++) {
			if (!story_made_from(s, p->from[n], way[i]))
				continue;
			add(e, p->insn, "this bounds another number that was made from it: %s",
			    words(s, after, text, sizeof(text)));
			return true;
		}
	}
	return false;
}

/* Nothing bounds the number. What the last comparison on the way bounds may be mistaken for it. */
static void tell_other_bound(struct story *s, const u32 *checks, u32 count, struct explanation *e)
{
	const struct look *look = count ? story_at(s, checks[count - 1]) : NULL;
	u32 insn = count ? s->trace.at[checks[count - 1]].insn : 0;
	char text[160];

	if (!look || (!narrows(&look->dst, &look->out) && !narrows(&look->src, &look->out_src)))
		return;
	add(e, insn, "this bounds another number: %s", words(s, narrows(&look->dst, &look->out) ? &look->out :
							     &look->out_src, text, sizeof(text)));
}

static void explain_number(struct story *s, point_ref ref, const struct reg *number, struct explanation *e)
{
	u32 checks[CHECKS_MAX], count = story_checks(s, POINT_NUMBER_CHECK, checks), next = 0;
	point_ref way[24], other;
	u32 steps = 0;
	bool bounded = false;

	for (point_ref back = ref; back && steps < ARRAY_SIZE(way); back = story_back(s, back, &other))
		way[steps++] = back;
	for (u32 i = steps; i--;) {
		while (next < count && checks[next] < way[i] - 1)
			bounded |= tell_bound(s, checks[next++], way, steps, e);
		if (computes(s, way[i]))
			i = tell_operations(s, way, i, e);
		else
			tell_number(s, way[i], e);
	}
	while (next < count)
		bounded |= tell_bound(s, checks[next++], way, steps, e);
	if (!bounded)
		tell_other_bound(s, checks, count, e);
	suggest_bound(s, ref, number, e);
}

/* The number that was added last to the pointer of @ref and is not constant; 0: none. */
static point_ref variable_part(const struct story *s, point_ref ref, const struct reg **number)
{
	point_ref other;

	while (ref) {
		const struct look *look = story_at(s, ref - 1);
		point_ref back = story_back(s, ref, &other);

		if (look && trace_shape(&s->trace, ref - 1) == SHAPE_ALU &&
		    s->v->facts[insn_at(s, ref)].reg) {
			*number = reg_is_number(&look->src) ? &look->src : &look->dst;
			if (reg_is_number(*number) && !reg_is_const(*number))
				return other;
		}
		ref = back;
	}
	return 0;
}

static void explain_offset(struct story *s, point_ref ref, struct explanation *e)
{
	const struct reg *number = NULL;
	point_ref made = variable_part(s, ref, &number);

	if (made)
		explain_number(s, made, number, e);
}

static void explain_origin(struct story *s, point_ref ref, struct explanation *e)
{
	point_ref origin = 0, other;
	char name[NAME_ROOM], text[160];
	const struct look *look;

	for (; ref; ref = story_back(s, ref, &other))
		origin = ref;
	look = origin ? story_at(s, origin - 1) : NULL;
	if (!look || !reg_is_pointer(&look->out))
		return;
	if (trace_shape(&s->trace, origin - 1) == SHAPE_CALL)
		add(e, insn_at(s, origin), "%s gives %s",
		    call_name(s->v, insn_at(s, origin), name, sizeof(name)),
		    words(s, &look->out, text, sizeof(text)));
	else if (insn_at(s, origin) != s->v->refusal.insn)
		add(e, insn_at(s, origin), "%s comes from here", words(s, &look->out, text, sizeof(text)));
}

/* ---- the value in register @reg ---- */

/* Is what is refused that a number is added to a pointer? Then the number is at fault. */
static bool is_index_addition(const struct verifier *v)
{
	const struct insn_facts *facts = &v->facts[v->cur->insn];

	return v->refusal.reason == REASON_POINTER_UNBOUNDED &&
	       insn_info[facts->id].shape == SHAPE_ALU && facts->reg;
}

static void explain_value(struct story *s, u32 n, struct explanation *e)
{
	const struct trace *t = &s->trace;
	const struct reg *end = &t->end[n];
	point_ref ref = t->reg[s->v->cur->depth][n], loss;
	u32 checks[CHECKS_MAX];
	u8 flags[] = { POINT_ROOM_CHECK, POINT_NULL_CHECK, POINT_NUMBER_CHECK };

	if (!t->exact)
		return;
	story_want_back(s, ref);
	if (is_index_addition(s->v)) {
		n = reg_is_number(&t->end[v_insn(s->v)->src_reg]) ? v_insn(s->v)->src_reg
								  : v_insn(s->v)->dst_reg;
		end = &t->end[n];
		ref = t->reg[s->v->cur->depth][n];
		story_want_back(s, ref);
	}
	for (u32 k = 0; k < ARRAY_SIZE(flags); k++)
		for (u32 count = story_checks(s, flags[k], checks), i = 0; i < count; i++)
			story_want(s, checks[i]);
	for (u32 k = t->count; k-- && s->count < LOOKS_MAX;)
		if (t->at[k].flags & POINT_ROOM_CHECK) {
			story_want_back(s, t->at[k].from[0]);
			story_want_back(s, t->at[k].from[1]);
			break;
		}
	if (story_look(s))
		return;
	loss = find_loss(s, ref);
	if (loss && !reg_is_pointer(end))
		explain_lost(s, loss, e);
	else if (end->type == REG_NOTHING)
		explain_nothing(s, ref, e);
	else if (end->flags & REG_MAYBE_NULL)
		explain_null(s, ref, end, e);
	else if (reg_is_number(end))
		explain_number(s, ref, end, e);
	else if (reg_is_packet(end))
		explain_packet(s, ref, end, e);
	else if (!range_is_const(&end->n))
		explain_offset(s, ref, e);
	else
		explain_origin(s, ref, e);
}

/* ---- what is held, and loops ---- */

/* The last branches on the way from @from to the end, where the line that follows shows which way it went. */
static void tell_branches(struct story *s, u32 from, struct explanation *e)
{
	const struct trace *t = &s->trace;
	struct source at, then;

	for (u32 k = from; k + 1 < t->count; k++) {
		u32 next = k + 1;

		if (trace_shape(t, k) != SHAPE_JCOND || !source_find(s->v, t->at[k].insn, &at))
			continue;
		while (next + 1 < t->count &&
		       (!source_find(s->v, t->at[next].insn, &then) || then.line == at.line))
			next++;
		if (source_find(s->v, t->at[next].insn, &then) && then.line != at.line)
			add(e, t->at[k].insn, "from here the way goes on at line %u", then.line);
	}
}

static void explain_held(struct story *s, u32 taken, struct explanation *e)
{
	const struct trace *t = &s->trace;
	char name[NAME_ROOM];
	u32 k = t->count;

	if (insn_info[s->v->facts[e->insn].id].shape == SHAPE_EXIT)
		e->insn = taken;
	while (k && t->at[k - 1].insn != taken)
		k--;
	add(e, taken, "%s takes it", call_name(s->v, taken, name, sizeof(name)));
	if (k)
		tell_branches(s, k, e);
	add(e, s->v->refusal.insn, "here it is still held");
	suggest_release(s->v, taken, e);
}

/* The way goes round: which jump back was walked last, and how often. */
static void explain_loop(struct story *s, struct explanation *e)
{
	const struct trace *t = &s->trace;
	u32 k = t->count - 1, rounds = 0, head, back;
	char text[160];

	while (k && (t->at[k].insn > t->at[k - 1].insn || t->at[k].depth != t->at[k - 1].depth))
		k--;
	if (!k)
		return;
	head = t->at[k].insn;
	back = t->at[k - 1].insn;
	for (u32 i = 1; i < t->count; i++)
		rounds += t->at[i].insn == head && t->at[i - 1].insn == back;
	e->insn = back;
	add(e, back, "the loop comes back from here; on this way it has gone round %u times", rounds);
	if (s->v->refusal.reason == REASON_TOO_LARGE)
		explain_say(
			e,
			"a loop is not at its end after %u rounds, and %u instructions are walked",
			rounds, s->v->walked);
	suggest_rounds(s, k, rounds, e);
	/* What its end depends on. */
	while (k && trace_shape(t, k - 1) != SHAPE_JCOND)
		k--;
	if (!k)
		return;
	story_want(s, k - 1);
	if (!story_look(s) && story_at(s, k - 1)) {
		const struct look *look = story_at(s, k - 1);
		char other[160] = "";

		if (s->v->facts[t->at[k - 1].insn].reg)
			value_words(s->v, &look->src, other, sizeof(other));
		else
			snprintf(other, sizeof(other), "%d", s->v->insns[t->at[k - 1].insn].imm);
		add(e, t->at[k - 1].insn, "whether it ends depends on %s, compared with %s",
		    words(s, &look->dst, text, sizeof(text)), other);
	}
}

static bool is_loop(const struct verifier *v)
{
	return v->refusal.reason == REASON_TOO_LARGE || v->refusal.reason == REASON_ENDLESS_LOOP;
}

void explain(struct verifier *v, struct explanation *e)
{
	struct story *s;

	*e = (struct explanation){ .insn = v->refusal.insn };
	/* What is refused before any path is walked has none; when memory is short, less is said. */
	s = v->walked && v->refusal.err != -ENOMEM && v->refusal.err != -EINTR ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return;
	s->v = v;
	if (!trace_open(v, &s->trace)) {
		statelog_way(v, &s->trace);
		if (v->refusal.other_insn)
			explain_held(s, v->refusal.other_insn - 1, e);
		else if (is_loop(v))
			explain_loop(s, e);
		else if (v->refusal.reg >= 0)
			explain_value(s, (u32)v->refusal.reg, e);
	}
	if (!*e->instead)
		suggest_by_reason(v, e);
	trace_close(&s->trace);
	free(s);
}
