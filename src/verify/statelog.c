// SPDX-License-Identifier: BSD-2-Clause
/* statelog.c - the state log: what was walked, for people who want to see it.
 *
 *   path 2 from 7, way 1: R0 a number 0; R10 a pointer to the stack        level 1 and 2: a path begins,
 *   line 18: if (data + 34 > data_end)                                     level 2: lines and
 *     4: r3 += 34            R3 a packet pointer                           instructions, with what the
 *     5: if r3 > r2 goto +7  R3 a packet pointer + 34; R2 the end ...      registers hold that they read
 *   path 2 ends at 13                                                      level 1 and 2
 *
 * It is written while the program is walked and does not stay on a refusal at level 1: then the way that led
 * there is told instead (statelog_way()).
 */
#include <stdio.h>

#include "map/map.h"
#include "object/prog.h"
#include "verify/lines.h"
#include "verify/trace.h"

#define WAY_MAX 12     /* branches of the way to a refusal that are told */

/* ---- instructions as text ---- */

static int name_helper(void *ctx, s32 id, char *buf, size_t room)
{
	const char *name = helper_name((u32)id);

	return name ? snprintf(buf, room, "bpf_%s", name) : 0;
}

static int name_constant(void *ctx, const struct bpf_insn *insn, char *buf, size_t room)
{
	const struct verifier *v = ctx;
	const struct map *map;

	if ((insn->src_reg != BPF_PSEUDO_MAP_IDX && insn->src_reg != BPF_PSEUDO_MAP_IDX_VALUE) ||
	    (u32)insn->imm >= v->prog->map_count)
		return 0;
	map = map_of(v->prog->maps[insn->imm]);
	if (insn->src_reg == BPF_PSEUDO_MAP_IDX)
		return snprintf(buf, room, "map[%s]", map->name);
	return snprintf(buf, room, "map[%s] value + %u", map->name, (u32)insn[1].imm);
}

const char *statelog_code(const struct verifier *v, u32 insn, char *buf, size_t room)
{
	const struct insn_names names = { .helper = name_helper, .imm64 = name_constant,
					  .ctx = (void *)(uintptr_t)v };

	insn_text(&v->insns[insn], &names, buf, room);
	return buf;
}

/* ---- states ---- */

static void add_reg(const struct verifier *v, const char *before, const char *name, u32 n,
		    const struct reg *reg)
{
	char text[256];

	log_add(v->options->states, "%s%s%u %s", before, name, n, value_words(v, reg, text, sizeof(text)));
}

/* What frame @f holds. */
static void add_frame(const struct verifier *v, u32 f)
{
	const struct frame *frame = &v->cur->frame[f];
	const char *comma = "";

	for (u32 n = 0; n < V_REGS; n++) {
		if (frame->reg[n].type == REG_NOTHING)
			continue;
		add_reg(v, comma, "R", n, &frame->reg[n]);
		comma = "; ";
	}
	for (u32 i = 0; i < frame->slots; i++) {
		if (frame->kind[i][0] != SLOT_SPILL)
			continue;
		add_reg(v, comma, "stack -", 8 * (i + 1), &frame->spill[i]);
		comma = "; ";
	}
}

void statelog_path(struct verifier *v)
{
	struct log *log = v->options->states;

	log_add(log, "path %u from %u", ++v->logged, v->cur->insn);
	if (v->cur->choice)
		log_add(log, ", way %u", v->cur->choice);
	log_add(log, ": ");
	for (u32 f = 0; f <= v->cur->depth; f++) {
		if (f)
			log_add(log, " | called at %u: ", v->cur->frame[f].call);
		add_frame(v, f);
	}
	log_add(log, "\n");
	v->logged_line = 0;
}

void statelog_end(struct verifier *v)
{
	struct log *log = v->options->states;

	if (insn_info[v->facts[v->cur->insn].id].shape == SHAPE_EXIT)
		log_line(log, "path %u ends at %u", v->logged, v->cur->insn);
	else
		log_line(log, "path %u goes on from %u as one before it", v->logged, v->cur->insn);
}

static void add_source(struct verifier *v)
{
	struct source src;
	const char *text;

	if (!source_find(v, v->cur->insn, &src) || src.line == v->logged_line)
		return;
	v->logged_line = src.line;
	for (text = src.text; *text == ' ' || *text == '\t'; text++)
		;
	log_line(v->options->states, "line %u: %s", src.line, text);
}

/* Registers that an instruction reads: of calls, the arguments that are there. */
static u32 reads(const struct verifier *v)
{
	const struct insn_facts *facts = &v->facts[v->cur->insn];
	const struct bpf_insn *insn = v_insn(v);
	u32 dst = 1u << insn->dst_reg, src = facts->reg ? 1u << insn->src_reg : 0;

	switch ((enum insn_shape)insn_info[facts->id].shape) {
	case SHAPE_ALU:
	case SHAPE_JCOND:
		return dst | src;
	case SHAPE_NEG:
	case SHAPE_ENDIAN:
	case SHAPE_ST:
		return dst;
	case SHAPE_MOV:
	case SHAPE_MOVSX:
		return src;
	case SHAPE_LDX:
	case SHAPE_LD_IND:
		return 1u << insn->src_reg;
	case SHAPE_STX:
	case SHAPE_ATOMIC:
		return dst | 1u << insn->src_reg;
	case SHAPE_CALL:
		return 0x3e;
	case SHAPE_EXIT:
		return 1;
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_LD_IMM64:
	case SHAPE_LD_ABS:
		return 0;
	}
	return 0;
}

void statelog_insn(struct verifier *v)
{
	struct log *log = v->options->states;
	const char *comma = "";
	char text[160];
	u32 regs = reads(v);

	add_source(v);
	statelog_code(v, v->cur->insn, text, sizeof(text));
	log_add(log, "%*s%u: %-*s ", (int)(2 + 2 * v->cur->depth), "", v->cur->insn, regs ? 32 : 0, text);
	for (u32 n = 0; n < V_REGS; n++) {
		if (!(regs >> n & 1) || v_reg(v, n)->type == REG_NOTHING)
			continue;
		add_reg(v, comma, "R", n, v_reg(v, n));
		comma = "; ";
	}
	log_add(log, "\n");
}

/* ---- the way to a refusal ---- */

static bool is_branch(const struct trace *t, u32 k)
{
	enum insn_shape shape = trace_shape(t, k);

	return shape == SHAPE_JCOND || shape == SHAPE_MAY_GOTO ||
	       (shape == SHAPE_CALL && t->at[k].flags & POINT_ENTERS);
}

void statelog_way(struct verifier *v, const struct trace *t)
{
	struct log *log = v->options->states;
	u32 branches = 0, skip;
	struct source src;
	char text[160];

	if (!log || (v->options->log_level & (VERIFY_LOG_PATHS | VERIFY_LOG_STATES)) != VERIFY_LOG_PATHS)
		return;
	log_clear(log);
	for (u32 k = 0; k + 1 < t->count; k++)
		branches += is_branch(t, k);
	skip = branches > WAY_MAX ? branches - WAY_MAX : 0;
	log_line(log, "the way here: %u instructions, %u branches%s", t->count, branches,
		 skip ? "; the last:" : "");
	for (u32 k = 0; k + 1 < t->count; k++) {
		if (!is_branch(t, k) || (skip && skip--))
			continue;
		log_add(log, "  %u: %s -> %u", t->at[k].insn,
			statelog_code(v, t->at[k].insn, text, sizeof(text)), t->at[k + 1].insn);
		if (source_find(v, t->at[k].insn, &src))
			log_add(log, "   (line %u)", src.line);
		log_add(log, "\n");
	}
}
