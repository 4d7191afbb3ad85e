// SPDX-License-Identifier: BSD-2-Clause
/* suggest.c - the code that is missing, with the names and numbers of the program that lacks it.
 *
 * A suggestion that names things must name them right: where the source does not show an expression that
 * can be used, the reason's own words (reason.def) stand. */
#include "verify/explain.h"

#include <stdio.h>
#include <stdlib.h>

#include "object/prog.h"

const char *suggest_verdict(const struct verifier *v)
{
	switch (v->prog->type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return v->func ? "0" : "TC_ACT_OK";
	case BPF_PROG_TYPE_XDP:
		return v->func ? "0" : "XDP_PASS";
	default:
		return "0";
	}
}

/* "if (CONDITION) return VERDICT;" in front of the line that @e points at; @first: a statement before it. */
static void guard(const struct verifier *v, struct explanation *e, const char *first, const char *condition)
{
	struct source src;
	bool main = !v->facts[e->insn].func;

	if (!source_find(v, e->insn, &src))
		return;
	snprintf(e->instead, sizeof(e->instead), "%sif (%s) return %s;", first, condition,
		 main ? suggest_verdict(v) : "0");
	e->code = true;
	e->before = src.line;
}

/* What the program calls the end of the packet, or how to get it. */
static void end_name(const struct story *s, const struct explanation *e, bool again, char *buf, size_t room)
{
	const struct trace *t = &s->trace;
	const char *ctx = source_param(s->v, e->insn, 0);
	struct source at, here;

	source_find(s->v, e->insn, &here);
	for (u32 k = again ? 0 : t->count; k--;) {
		const struct look *look = trace_shape(t, k) == SHAPE_LDX ? story_at(s, k) : NULL;

		if (!look || look->out.type != REG_PACKET_END || !source_find(s->v, t->at[k].insn, &at))
			continue;
		snprintf(buf, room, "(void *)");
		if (at.line < here.line && !strcmp(at.file, here.file) &&
		    source_assigned(&at, buf + strlen(buf), room - strlen(buf)))
			return;
	}
	snprintf(buf, room, "(void *)(long)%s->data_end", ctx ? ctx : "skb");
}

/* The pointer behind what the program reads or writes at @src, or gives to a function. */
static bool used_end(const struct verifier *v, const struct source *src, char *base, char *buf, size_t room)
{
	char index[NAME_ROOM];

	if (v->refusal.size && insn_info[v->facts[v->cur->insn].id].shape == SHAPE_CALL) {
		if (v->refusal.reg < 1 || !source_argument(src, (u32)v->refusal.reg - 1, base, NAME_ROOM))
			return false;
		snprintf(buf, room, "(void *)(%s) + %u", base, v->refusal.size);
		return true;
	}
	switch (source_access(src, base, index, NAME_ROOM)) {
	case ACCESS_MEMBER:
	case ACCESS_STAR:
		snprintf(buf, room, "(void *)(%s + 1)", base);
		return true;
	case ACCESS_INDEX:
		snprintf(buf, room, "(void *)(%s + %s + 1)", base, index);
		return true;
	case ACCESS_NONE:
		return false;
	}
	return false;
}

void suggest_room(struct story *s, u32 origin, struct explanation *e)
{
	char base[NAME_ROOM], used[2 * NAME_ROOM + 32], end[NAME_ROOM], name[NAME_ROOM], value[NAME_ROOM];
	char text[CONDITION_TEXT];
	char first[2 * NAME_ROOM + 8] = "";
	bool again = origin != UINT32_MAX;
	struct source src, from;

	if (!source_find(s->v, e->insn, &src) || !used_end(s->v, &src, base, used, sizeof(used)))
		return;
	if (again && (!source_find(s->v, origin, &from) ||
		      !source_assignment(&from, name, value, sizeof(name)) || strcmp(name, base)))
		return;
	end_name(s, e, again, end, sizeof(end));
	snprintf(text, sizeof(text), "%s > %s", used, end);
	if (again)
		snprintf(first, sizeof(first), "%s = %s; ", name, value);
	guard(s->v, e, first, text);
}

void suggest_smaller(struct story *s, u32 insn, s64 most, struct explanation *e)
{
	char base[NAME_ROOM], index[NAME_ROOM], text[CONDITION_TEXT];
	struct source src;

	if (most < 0 || !source_find(s->v, e->insn, &src))
		return;
	source_access(&src, base, index, sizeof(base));
	if (!*index || !source_find(s->v, insn, &src))
		return;
	snprintf(text, sizeof(text), "%s > %lld", index, (long long)most);
	guard(s->v, e, "", text);
	e->before = src.line;
}

static bool is_name(const char *text)
{
	for (; *text; text++)
		if (!(*text >= 'a' && *text <= 'z') && !(*text >= 'A' && *text <= 'Z') &&
		    !(*text >= '0' && *text <= '9') && *text != '_')
			return false;
	return true;
}

void suggest_null(struct story *s, u32 origin, struct explanation *e)
{
	char base[NAME_ROOM], index[NAME_ROOM], text[NAME_ROOM + 2];
	struct source src;

	if (origin == UINT32_MAX || !source_find(s->v, origin, &src) ||
	    !source_assigned(&src, base, sizeof(base))) {
		if (!source_find(s->v, e->insn, &src) ||
		    source_access(&src, base, index, sizeof(base)) == ACCESS_NONE || !is_name(base))
			return;
	}
	snprintf(text, sizeof(text), "!%s", base);
	guard(s->v, e, "", text);
}

/* ---- bounds ---- */

/* The number was made from one that the program indexes with, times this. */
static u64 stride(const struct story *s, point_ref *ref)
{
	const struct trace *t = &s->trace;
	const struct bpf_insn *insn;
	point_ref other;
	u64 by;

	if (!*ref)
		return 1;
	insn = &t->v->insns[t->at[*ref - 1].insn];
	if (t->v->facts[t->at[*ref - 1].insn].reg)
		return 1;
	switch ((int)trace_op(t, *ref - 1)) {
	case INSN_LSH64:
	case INSN_LSH32:
		by = 1ull << (insn->imm & 31);
		break;
	case INSN_MUL64:
	case INSN_MUL32:
		by = insn->imm > 0 ? (u64)insn->imm : 1;
		break;
	default:
		return 1;
	}
	*ref = story_back(s, *ref, &other);
	return by;
}

/* How many bytes the object has that @reg points into, or 0. */
static u64 object_size(const struct reg *reg)
{
	switch ((enum reg_type)reg->type) {
	case REG_MAP_VALUE: return reg->map->value_size;
	case REG_MAP_KEY: return reg->map->key_size;
	case REG_MEM: return reg->mem_size;
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_STACK:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_BTF:
	case REG_FUNC:
	case REG_DYNPTR:
		return 0;
	}
	return 0;
}

/* The value that was scaled: what it was before. */
static bool may_be_negative(const struct story *s, point_ref ref, const struct reg *number)
{
	const struct look *look = ref ? story_at(s, ref - 1) : NULL;
	const struct reg *reg = look ? &look->out : number;

	return reg->n.smin < 0 && reg->n.smin != INT64_MIN;
}

/* The pointer that the index is added to, and how many bytes behind it are used. */
static const struct reg *indexed(const struct verifier *v, s64 *used)
{
	const struct bpf_insn *insn = v_insn(v);
	const struct reg *dst = v_reg(v, insn->dst_reg);

	if (insn_info[v->facts[v->cur->insn].id].shape == SHAPE_ALU) {
		*used = 1;
		return reg_is_pointer(dst) ? dst : v_reg(v, insn->src_reg);
	}
	*used = insn->off + insn_info[v->facts[v->cur->insn].id].width / 8;
	return v_reg(v, (u32)v->refusal.reg);
}

static void suggest_index(struct story *s, point_ref ref, const struct reg *number, struct explanation *e)
{
	const struct verifier *v = s->v;
	char base[NAME_ROOM], index[NAME_ROOM], bound[2 * NAME_ROOM + 24], text[CONDITION_TEXT];
	u64 by = stride(s, &ref), size;
	const struct reg *reg;
	struct source src;
	s64 used;

	if (!source_find(v, e->insn, &src))
		return;
	reg = indexed(v, &used);
	size = object_size(reg);
	source_access(&src, base, index, sizeof(base));
	if (!*index)
		return;
	if (size && (s64)size - reg->off - used >= 0)
		snprintf(bound, sizeof(bound), "%llu",
			 (unsigned long long)((s64)size - reg->off - used) / by + 1);
	else if (reg->type == REG_STACK && is_name(base))
		snprintf(bound, sizeof(bound), "sizeof(%s) / sizeof(%s[0])", base, base);
	else
		return;
	if (may_be_negative(s, ref, number))
		snprintf(text, sizeof(text), "%s < 0 || %s >= %s", index, index, bound);
	else
		snprintf(text, sizeof(text), "%s >= %s", index, bound);
	guard(v, e, "", text);
}

static void suggest_size(struct story *s, struct explanation *e)
{
	const struct verifier *v = s->v;
	u32 reg = (u32)v->refusal.reg;
	char size[NAME_ROOM], buffer[NAME_ROOM], text[CONDITION_TEXT];
	const char *name = buffer;
	struct source src;

	if (reg < 2 || !source_find(v, e->insn, &src) ||
	    !source_argument(&src, reg - 1, size, sizeof(size)) ||
	    !source_argument(&src, reg - 2, buffer, sizeof(buffer)) || !is_name(size))
		return;
	if (*name == '&')
		name++;
	if (!is_name(name))
		return;
	snprintf(text, sizeof(text), "%s < 1 || %s > (unsigned)sizeof(%s)", size, size, name);
	guard(v, e, "", text);
}

void suggest_bound(struct story *s, point_ref ref, const struct reg *number, struct explanation *e)
{
	u8 shape = insn_info[s->v->facts[s->v->cur->insn].id].shape;

	if (shape == SHAPE_ALU || shape == SHAPE_LDX || shape == SHAPE_STX || shape == SHAPE_ST ||
	    shape == SHAPE_ATOMIC)
		suggest_index(s, ref, number, e);
	else if (shape == SHAPE_CALL)
		suggest_size(s, e);
}

/* ---- giving back ---- */

/* What gives back what a helper took: the call around its name; `argument`: the one that names it, or -1 for
 * the result. */
static const struct {
	u32 helper;
	s32 argument;
	const char *before, *after;
} releases[] = {
	{ BPF_FUNC_ringbuf_reserve, -1, "bpf_ringbuf_discard(", ", 0);" },
	{ BPF_FUNC_ringbuf_reserve_dynptr, 3, "bpf_ringbuf_discard_dynptr(", ", 0);" },
	{ BPF_FUNC_sk_lookup_tcp, -1, "bpf_sk_release(", ");" },
	{ BPF_FUNC_sk_lookup_udp, -1, "bpf_sk_release(", ");" },
	{ BPF_FUNC_skc_lookup_tcp, -1, "bpf_sk_release(", ");" },
	{ BPF_FUNC_spin_lock, 0, "bpf_spin_unlock(", ");" },
};

void suggest_release(struct verifier *v, u32 insn, struct explanation *e)
{
	char name[NAME_ROOM];
	struct source src;

	if (v->facts[insn].id != INSN_CALL_HELPER || !source_find(v, insn, &src))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		if (releases[i].helper != (u32)v->insns[insn].imm)
			continue;
		if (releases[i].argument < 0
			    ? source_assigned(&src, name, sizeof(name))
			    : source_argument(&src, (u32)releases[i].argument, name, sizeof(name)))
			snprintf(e->instead, sizeof(e->instead), "%s%s%s   on every way to the end",
				 releases[i].before, name, releases[i].after);
	}
}

/* ---- loops ---- */

void suggest_rounds(struct story *s, u32 at, u32 rounds, struct explanation *e)
{
	const struct trace *t = &s->trace;
	u32 per_round = rounds ? s->v->walked / rounds : 0;
	struct source src;

	if (s->v->refusal.reason != REASON_TOO_LARGE || !per_round ||
	    !source_find(s->v, t->at[at ? at - 1 : 0].insn, &src))
		return;
	snprintf(e->instead, sizeof(e->instead),
		 "a constant bound in the condition of the loop at line %u: a round is about %u "
		 "instructions, and all paths together may have %u; or bpf_loop(), whose body is "
		 "walked only a few times",
		 src.line, per_round, V_INSNS);
}
