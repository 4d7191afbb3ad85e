// SPDX-License-Identifier: BSD-2-Clause
/* reduce.c - see reduce.h: ranges of instructions go, large ones first. */
#include <stdio.h>
#include <stdlib.h>

#include "reduce.h"

#include "isa/insn.h"
#include "map/map.h"

#define NOT_A_JUMP UINT32_MAX

/* Where the instruction @i may go, or NOT_A_JUMP. */
static u32 target(const struct bpf_insn *insns, u32 i)
{
	enum insn_id id = insn_id_of(&insns[i]);

	if (id == INSN_COUNT)
		return NOT_A_JUMP;
	switch ((enum insn_shape)insn_info[id].shape) {
	case SHAPE_JA:
		return i + 1 + (u32)(id == INSN_GOTOL ? insns[i].imm : insns[i].off);
	case SHAPE_JCOND:
	case SHAPE_MAY_GOTO:
		return i + 1 + (u32)(s32)insns[i].off;
	case SHAPE_CALL:
		return id == INSN_CALL_LOCAL ? i + 1 + (u32)insns[i].imm : NOT_A_JUMP;
	case SHAPE_LD_IMM64:
		return id == INSN_LD_FUNC ? i + 1 + (u32)insns[i].imm : NOT_A_JUMP;
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
	case SHAPE_EXIT:
	case SHAPE_LDX:
	case SHAPE_STX:
	case SHAPE_ST:
	case SHAPE_ATOMIC:
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		break;
	}
	return NOT_A_JUMP;
}

static void retarget(struct bpf_insn *insn, s32 off)
{
	switch ((int)insn_id_of(insn)) {
	case INSN_GOTOL: case INSN_CALL_LOCAL: case INSN_LD_FUNC:
		insn->imm = off;
		break;
	default:
		insn->off = (s16)off;
	}
}

static u32 slots(const struct bpf_insn *insn) { return insn->code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1; }

/* Which function an instruction belongs to: the functions begin where calls go. */
static void functions(const struct gen_prog *prog, u8 *starts)
{
	memset(starts, 0, prog->prog.count);
	starts[0] = 1;
	for (u32 i = 0; i < prog->prog.count; i += slots(&prog->insns[i])) {
		enum insn_id id = insn_id_of(&prog->insns[i]);
		u32 to = target(prog->insns, i);

		if ((id == INSN_CALL_LOCAL || id == INSN_LD_FUNC) && to < prog->prog.count)
			starts[to] = 1;
	}
}

/* @from without [@at, @at + @count). Returns false when nothing would be left. */
static bool without(const struct gen_prog *from, u32 at, u32 count, struct gen_prog *out)
{
	static u32 place[GEN_INSNS + 2];   /* one process, one thread */
	static u8 old_starts[GEN_INSNS], new_starts[GEN_INSNS];
	u32 n = 0, func = 0, funcs = 0;

	*out = *from;
	out->prog.insns = out->insns;
	for (u32 i = 0; i < from->prog.count; i++) {
		place[i] = n;
		if (i >= at && i < at + count)
			continue;
		out->insns[n++] = from->insns[i];
	}
	place[from->prog.count] = n;
	out->prog.count = n;
	if (!n)
		return false;
	for (u32 i = 0; i < from->prog.count; i += slots(&from->insns[i])) {
		u32 to = target(from->insns, i);

		if ((i >= at && i < at + count) || to == NOT_A_JUMP || to > from->prog.count)
			continue;
		retarget(&out->insns[place[i]], (s32)place[to] - (s32)place[i] - 1);
	}
	if (!from->prog.func_count)
		return true;
	functions(from, old_starts);
	functions(out, new_starts);
	for (u32 i = 0; i < from->prog.count; i++) {
		func += i && old_starts[i];
		if ((i < at || i >= at + count) && new_starts[place[i]] && funcs < BOTH_FUNCS && func < BOTH_FUNCS)
			memcpy(out->prog.func[funcs++], from->prog.func[func], BOTH_FUNC_TEXT);
	}
	out->prog.func_count = funcs;
	return true;
}

void reduce_prog(struct gen_prog *prog, bool (*keeps)(void *ctx, const struct gen_prog *prog), void *ctx)
{
	struct gen_prog *less = malloc(sizeof(*less));
	bool again = true;

	if (!less)
		return;
	while (again) {
		again = false;
		for (u32 size = prog->prog.count / 2; size; size /= 2) {
			for (u32 at = 0; at < prog->prog.count;) {
				u32 end = at;

				while (end < prog->prog.count && end < at + size)
					end += slots(&prog->insns[end]);
				if (without(prog, at, end - at, less) && keeps(ctx, less)) {
					*prog = *less;
					prog->prog.insns = prog->insns;
					again = true;
				} else {
					at = end;
				}
			}
		}
	}
	free(less);
}

static size_t map_text(const struct both_map *m, char *buf, size_t room)
{
	static const char *const types[] = { [TYPE_VAL_LOCK] = ":lock", [TYPE_VAL_TIMER] = ":timer", [TYPE_VAL_BOTH] = ":both" };
	const char *words = m->value_type && m->value_type < ARRAY_SIZE(types) ? types[m->value_type] : "";
	char flags[16] = "", inner[16] = "";

	if (m->flags)
		snprintf(flags, sizeof(flags), ":0x%x", m->flags);
	if (m->inner)
		snprintf(inner, sizeof(inner), ":in=%u", m->inner - 1);
	return (size_t)snprintf(buf, room, "# -m %s:%u:%u:%u%s%s%s%s\n", map_type_name(m->type), m->key_size, m->value_size,
				m->max_entries, flags, words, m->frozen ? ":frozen" : "", inner);
}

size_t reduce_text(const struct gen_prog *prog, char *buf, size_t room)
{
	const struct both_prog *p = &prog->prog;
	size_t len;

	len = (size_t)snprintf(buf, room, "# -t %u -F 0x%x%s\n", p->type, p->flags, p->proprietary ? " -p" : "");
	for (u32 i = 0; i < p->map_count && len < room; i++)
		len += map_text(&p->map[i], buf + len, room - len);
	for (u32 i = 0; i < p->func_count && len < room; i++)
		len += (size_t)snprintf(buf + len, room - len, "# -f %s\n", p->func[i]);
	for (u32 i = 0; i < p->count && len + 256 < room; i += slots(&prog->insns[i])) {
		char text[200];

		/* What is no instruction has no text. */
		insn_text(&prog->insns[i], NULL, text, sizeof(text));
		len += (size_t)snprintf(buf + len, room - len, "%s\n", text);
	}
	return len;
}
