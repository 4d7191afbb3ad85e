// SPDX-License-Identifier: BSD-2-Clause
/* gen_more.c - sockets, dynptrs, copies of numbers, pointers of two kinds at one place. See gen_env.h. */
#include "gen_env.h"

static int free_ref(const struct gen *g)
{
	for (int ref = 0; ref < GEN_REFS; ref++)
		if (!(g->env.refs >> ref & 1))
			return ref;
	return -1;
}

/* ---- sockets ---- */

/* The socket of the packet, or one that is looked up. Returns the register, or -1. */
static int sock_get(struct gen *g, u32 *refs)
{
	int saved = pick_saved(g), ref = free_ref(g), ctx = ctx_get(g);
	bool look = g->prog->type == BPF_PROG_TYPE_XDP || chance(g, 40);
	struct gval sock = { .type = G_SOCK, .null = true, .id = ++g->ids };

	if (saved < 0 || ctx < 0 || ref < 0 || g->env.locked)
		return -1;
	if (look && g->prog->type == BPF_PROG_TYPE_SOCKET_FILTER && !slip(g))
		look = false;
	if (look) {
		static const u8 ids[] = { 84, 85, 99 };
		u32 keep = g->keep;

		if (!arg_ctx(g, 1))
			return -1;
		g->keep |= 2;
		arg_mem(g, 2, 36, true);
		g->keep = keep;
		emit_movi(g, 3, chance(g, 50) ? 12 : 36);
		emit_movi(g, 4, -1);
		emit_movi(g, 5, 0);
		emit(g, INSN_CALL_HELPER, false, 0, 0, 0, ids[roll(g, ARRAY_SIZE(ids))]);
		env_call_lost(g);
		sock.ref = (u8)(ref + 1);
		g->env.refs |= *refs = 1u << ref;
		emit_mov(g, (u32)saved, 0);
	} else {
		emit(g, INSN_LDX_DW, false, (u32)saved, (u32)ctx, 168, 0);
	}
	g->env.reg[saved] = sock;
	return saved;
}

static void sock_read(struct gen *g, u32 reg)
{
	static const u8 fields[] = { 4, 4, 4, 0, 8, 12, 16, 20, 24, 28, 44, 48, 52, 56, 72, 76 };
	static const u8 ids[] = { INSN_LDX_W, INSN_LDX_W, INSN_LDX_W, INSN_LDX_H, INSN_LDX_B };
	u32 dst = pick_dst(g);

	emit(g, slip(g) ? INSN_STX_W : ids[roll(g, ARRAY_SIZE(ids))], true, dst, reg,
	     slip(g) ? (s32)roll(g, 90) : fields[roll(g, ARRAY_SIZE(fields))], 0);
	num_unknown(g, dst, 32);
}

void st_sock(struct gen *g)
{
	static const u8 casts[] = { 95, 96, 98 };
	u32 refs = 0, keep = g->keep;
	int reg = g->keep & 0x3f ? -1 : sock_get(g, &refs);

	if (reg < 0)
		return;
	null_check(g, (u32)reg, refs);
	g->keep |= 1u << reg;
	if (chance(g, 70))
		sock_read(g, (u32)reg);
	if (chance(g, 40) && g->prog->type != BPF_PROG_TYPE_XDP) {
		emit_mov(g, 1, (u32)reg);
		emit(g, INSN_CALL_HELPER, false, 0, 0, 0, casts[roll(g, ARRAY_SIZE(casts))]);
		env_call_lost(g);
		g->env.reg[0] = (struct gval){ .type = G_SOCK, .null = true, .id = ++g->ids };
		null_check(g, 0, 0);
		sock_read(g, 0);
	}
	block(g, roll(g, 2));
	g->keep = keep;
	release_all(g, g->env.refs & refs);
	if (refs && slip(g))
		sock_read(g, (u32)reg);
}

/* ---- dynptrs ---- */

static void dynptr_arg(struct gen *g, u32 n, s32 off)
{
	emit_mov(g, n, 10);
	emit(g, INSN_ADD64, false, n, 0, 0, slip(g) ? off + 8 : off);
}

static void call_plain(struct gen *g, u32 id)
{
	emit(g, INSN_CALL_HELPER, false, 0, 0, 0, (s32)id);
	env_call_lost(g);
	num_unknown(g, 0, 64);
}

/* A dynptr on the stack is made, used and, of a ring buffer, given back. */
void st_dynptr(struct gen *g)
{
	const struct both_map ring = { .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096 };
	const struct both_map values = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 64, .max_entries = 1 };
	s32 off = stack_room(g, 16, 8);
	bool ringbuf = chance(g, 50);
	u32 uses = 1 + roll(g, 3);

	if (g->keep & 0x3f || g->env.locked || off < -512)
		return;
	if (ringbuf) {
		emit_imm64(g, INSN_LD_MAP_FD, 1, new_map(g, &ring), 0);
		emit_movi(g, 2, 32);
		emit_movi(g, 3, 0);
		dynptr_arg(g, 4, off);
		call_plain(g, 198);
	} else {
		emit_imm64(g, INSN_LD_MAP_VALUE, 1, new_map(g, &values), 0);
		emit_movi(g, 2, slip(g) ? 65 : 64);
		emit_movi(g, 3, 0);
		dynptr_arg(g, 4, off);
		call_plain(g, 197);
	}
	stack_touch(g, off, 16);
	for (u32 i = 0; i < uses; i++) {
		switch (roll(g, 4)) {
		case 0:
			arg_stack(g, 1, 8, false);
			emit_movi(g, 2, 8);
			dynptr_arg(g, 3, off);
			emit_movi(g, 4, (s32)roll(g, 40));
			emit_movi(g, 5, 0);
			call_plain(g, 201);
			break;
		case 1:
			dynptr_arg(g, 1, off);
			emit_movi(g, 2, (s32)roll(g, 40));
			g->keep |= 6;
			arg_stack(g, 3, 8, true);
			g->keep &= ~6u;
			emit_movi(g, 4, 8);
			emit_movi(g, 5, 0);
			call_plain(g, 202);
			break;
		case 2:
			dynptr_arg(g, 1, off);
			/* Atomic operations need it to be aligned, which the verifier cannot know. */
			emit_movi(g, 2, 8 * (s32)roll(g, 3));
			emit_movi(g, 3, 16);
			call_plain(g, 203);
			g->env.reg[0] = (struct gval){ .type = G_RECORD, .null = true, .id = ++g->ids, .size = 16 };
			if (ringbuf) {
				/* The end would have to give it back. */
				u32 over = emit(g, INSN_JEQ64, false, 0, 0, 0, 0);

				g->env.reg[0].null = false;
				access_at(g, 0, 0, 16, true);
				land(g, over);
				g->env.reg[0].type = G_NONE;
			} else {
				null_check(g, 0, 0);
				access_at(g, 0, 0, 16, true);
			}
			break;
		default:
			if (slip(g))
				emit(g, INSN_ST_DW, false, 10, 0, off + 8 * (s32)roll(g, 2), 0);
			break;
		}
	}
	if (ringbuf && !slip(g)) {
		dynptr_arg(g, 1, off);
		emit_movi(g, 2, 0);
		call_plain(g, chance(g, 50) ? 199 : 200);
		g->env.reg[0].type = G_NONE;
	}
	stack_touch(g, off, 16);
}

/* ---- copies of numbers ---- */

/* A number, copies of it with constants added, by way of the stack or not; one of them is compared, another used. */
void st_linked(struct gen *g)
{
	u32 first = find_num(g, 0), second, keep = g->keep;
	s32 by = (s32)roll(g, 12) - 2;
	struct gcond c = { .id = chance(g, 60) ? INSN_JLE64 : chance(g, 50) ? INSN_JLT64 : INSN_JLE32, .src = -1,
			   .imm = 8 + (s32)roll(g, 60) };
	struct genv before;

	g->keep |= 1u << first;
	second = pick_dst(g);
	if (second == first) {
		g->keep = keep;
		return;
	}
	if (chance(g, 70)) {
		emit(g, chance(g, 85) ? INSN_MOV64 : INSN_MOV32, true, second, first, 0, 0);
	} else {
		s32 off = stack_room(g, 8, 8);

		emit(g, INSN_STX_DW, true, 10, first, off, 0);
		emit(g, INSN_LDX_DW, false, second, 10, off, 0);
		stack_touch(g, off, 8);
	}
	g->env.reg[second] = g->env.reg[first];
	if (chance(g, 60)) {
		emit(g, chance(g, 80) ? INSN_ADD64 : chance(g, 50) ? INSN_SUB64 : INSN_ADD32, false, second, 0, 0, by);
		for (u32 k = 0; k < SAMPLES; k++)
			g->env.reg[second].s[k] += (u64)(s64)by;
	}
	c.dst = chance(g, 50) ? first : second;
	for (u32 k = 0; k < SAMPLES; k++)
		c.alive[eval_cond(c.id, g->env.reg[c.dst].s[k], (u64)(s64)c.imm)] |= 1u << k;
	c.insn = emit(g, c.id, false, c.dst, 0, 0, c.imm);
	before = g->env;
	leave(g);
	g->env = before;
	land(g, c.insn);
	cond_enter(g, &c, true);
	/* What was not compared lies as much above or below. */
	for (u32 k = 0; k < SAMPLES; k++) {
		if (c.dst == first)
			g->env.reg[second].s[k] = g->env.reg[first].s[k] + (u64)(s64)by;
		else
			g->env.reg[first].s[k] = g->env.reg[second].s[k] - (u64)(s64)by;
	}
	g->keep = keep;
	var_use(g, c.dst == first ? second : first);
}

/* ---- pointers ---- */

static int any_pointer(struct gen *g)
{
	u32 first = roll(g, 11);

	for (u32 i = 0; i < 11; i++) {
		const struct gval *v = &g->env.reg[(first + i) % 11];

		if (v->type > G_NUM && v->type != G_MAP && v->type != G_END && !v->null)
			return (int)((first + i) % 11);
	}
	return -1;
}

/* One register, one of two pointers (or one pointer at two offsets), one access. */
void st_mixed(struct gen *g)
{
	int a = any_pointer(g), b = any_pointer(g);
	u32 dst, over, keep = g->keep;
	struct gcond c;
	struct gval seen;

	if (a < 0 || b < 0)
		return;
	if (g->env.reg[a].type != g->env.reg[b].type && !slip(g))
		b = a;
	g->keep |= 1u << a | 1u << b;
	dst = pick_dst(g);
	c = cond(g);
	if (!(g->keep >> dst & 1) && dst != c.dst && (int)dst != c.src) {
		emit_mov(g, dst, (u32)a);
		over = emit(g, INSN_JA, false, 0, 0, 0, 0);
		land(g, c.insn);
		emit_mov(g, dst, (u32)b);
		land(g, over);
		seen = g->env.reg[a];
		g->env.reg[dst] = seen;
		if (seen.type == G_CTX)
			emit(g, INSN_LDX_W, false, dst, dst, 0, 0);
		else if (seen.type == G_PKT && seen.off >= 0 && seen.size > (u32)seen.off)
			emit(g, INSN_LDX_B, false, dst, dst, 0, 0);
		else if (seen.type == G_VALUE || seen.type == G_RECORD)
			emit(g, INSN_LDX_B, false, dst, dst, 0, 0);
		else if (seen.type == G_STACK)
			emit(g, INSN_ST_DW, false, dst, 0, -8, 0);
		if (seen.type == G_STACK)
			stack_touch(g, -8, 8);
		num_unknown(g, dst, 32);
	}
	g->keep = keep;
}

/* Memory that others lent: arguments of functions, records. */
void st_memory(struct gen *g)
{
	int reg = find_reg(g, G_RECORD);
	const struct gval *v;

	if (reg < 0 || g->keep >> reg & 1)
		return;
	v = &g->env.reg[reg];
	if (v->null) {
		if (v->ref)
			return;
		null_check(g, (u32)reg, 0);
	}
	for (u32 i = 0; i < 1 + roll(g, 2) && v->type == G_RECORD; i++)
		access_at(g, (u32)reg, -v->off, (s32)v->size - v->off, true);
}

/* Comparisons of pointers with one another, with NULL and with numbers. */
void st_compare(struct gen *g)
{
	static const u8 ids[] = { INSN_JEQ64, INSN_JNE64, INSN_JGT64, INSN_JLT64, INSN_JGE64, INSN_JLE64, INSN_JSET64, INSN_JEQ32 };
	int a = any_pointer(g), b = chance(g, 50) ? any_pointer(g) : (int)find_num(g, 0);
	enum insn_id id = ids[chance(g, 60) ? roll(g, 2) : roll(g, ARRAY_SIZE(ids))];
	u32 jump;

	if (a < 0 || b < 0)
		return;
	if (chance(g, 50))
		jump = emit(g, id, false, (u32)a, 0, 0, chance(g, 80) ? 0 : any_imm(g));
	else if (chance(g, 50))
		jump = emit(g, id, true, (u32)a, (u32)b, 0, 0);
	else
		jump = emit(g, id, true, (u32)b, (u32)a, 0, 0);
	if (chance(g, 50))
		emit_movi(g, pick_dst(g), any_imm(g));
	land(g, jump);
}

/* A number that is one of a few, by what another one is; then it says where an access goes. */
void st_switch(struct gen *g)
{
	u32 by = find_num(g, 0), dst, keep = g->keep, cases = 2 + roll(g, 5), ends[8];
	struct gval *v;

	g->keep |= 1u << by;
	dst = pick_dst(g);
	v = &g->env.reg[dst];
	if (dst == by) {
		g->keep = keep;
		return;
	}
	for (u32 i = 0; i < cases; i++) {
		u32 value = roll(g, 60), over = emit(g, chance(g, 80) ? INSN_JNE64 : INSN_JGT64, false, by, 0, 0, (s32)i);

		emit_movi(g, dst, (s32)value);
		ends[i] = emit(g, INSN_JA, false, 0, 0, 0, 0);
		land(g, over);
		v->s[i % SAMPLES] = value;
	}
	emit_movi(g, dst, 7);
	v->type = G_NUM;
	for (u32 k = cases; k < SAMPLES; k++)
		v->s[k] = 7;
	for (u32 i = 0; i < cases; i++)
		land(g, ends[i]);
	g->env.alive = ALL_ALIVE;
	g->keep = keep;
	if (chance(g, 70))
		var_use(g, dst);
}

/* A timer in a map's value. */
void st_timer(struct gen *g)
{
	const struct both_map map = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 24, .max_entries = 1,
				      .value_type = TYPE_VAL_TIMER };
	u32 n, what = roll(g, 4);

	if (g->keep & 0x3f || g->env.locked || g->patches == ARRAY_SIZE(g->patch) || g->prog->type == BPF_PROG_TYPE_SOCKET_FILTER)
		return;
	n = new_map(g, &map);
	emit_imm64(g, INSN_LD_MAP_VALUE, 1, n, slip(g) ? 8 : 0);
	switch (what) {
	case 0:
		emit_imm64(g, INSN_LD_MAP_FD, 2, slip(g) ? any_map(g) : n, 0);
		emit_movi(g, 3, 1);
		break;
	case 1:
		if (!callback_arg(g, 2, n)) {
			emit_movi(g, 1, 0);
			return;
		}
		break;
	case 2:
		emit_movi(g, 2, 1000);
		emit_movi(g, 3, 0);
		break;
	default:
		break;
	}
	call_plain(g, 169 + what);
	num_unknown(g, 0, 64);
}
