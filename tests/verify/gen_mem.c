// SPDX-License-Identifier: BSD-2-Clause
/* gen_mem.c - memory in generated programs: stack, context, packet, values of maps. See gen_env.h. */
#include "gen_env.h"

#include "packet/ctx.h"

static const u8 loads[] = { INSN_LDX_B, INSN_LDX_H, INSN_LDX_W, INSN_LDX_DW };
static const u8 signed_loads[] = { INSN_LDXS_B, INSN_LDXS_H, INSN_LDXS_W };
static const u8 stores[] = { INSN_STX_B, INSN_STX_H, INSN_STX_W, INSN_STX_DW };
static const u8 imm_stores[] = { INSN_ST_B, INSN_ST_H, INSN_ST_W, INSN_ST_DW };

void env_call_lost(struct gen *g)
{
	for (u32 n = 0; n <= 5; n++)
		g->env.reg[n].type = G_NONE;
}

void packet_lost(struct gen *g)
{
	struct gval *all[] = { g->env.reg, g->env.slot };
	const u32 count[] = { 11, GEN_SLOTS };

	if (slip(g))
		return;
	for (u32 i = 0; i < 2; i++)
		for (u32 n = 0; n < count[i]; n++)
			if (all[i][n].type == G_PKT || all[i][n].type == G_META || all[i][n].type == G_END)
				all[i][n].type = G_NONE;
}

/* ---- stack ---- */

void stack_touch(struct gen *g, s32 off, u32 size)
{
	for (s32 at = off; at < off + (s32)size; at++) {
		if (at >= 0 || at < -512)
			continue;
		g->env.set[-at - 1] = true;
		g->env.slot[(-at - 1) / 8].type = G_NONE;
	}
}

s32 stack_room(struct gen *g, u32 size, u32 align)
{
	u32 room = (size + align - 1) / align * align, top = g->stack;
	s32 off;

	if (room > top)
		top = room;
	off = -(s32)(align * (1 + roll(g, (top - room) / align + 1))) - (s32)(room - align);
	if (slip(g))
		off += (s32)roll(g, 2 * align + 1) - (s32)align;
	return off;
}

void stack_set(struct gen *g, s32 off, u32 size)
{
	s32 at = off, end = off + (s32)size, skip = slip(g) ? off + (s32)roll(g, size ? size : 1) : 1;

	while (at < end) {
		u32 n = 3;

		while (n && (at + (1 << n) > end || at & ((1 << n) - 1)))
			n--;
		if (skip >= at && skip < at + (1 << n)) {
			at += 1 << n;
			continue;
		}
		if (g->env.set[-at - 1] && g->env.set[-(at + (1 << n) - 1) - 1] && chance(g, 60)) {
			at += 1 << n;
			continue;
		}
		emit(g, imm_stores[n], false, 10, 0, at, chance(g, 50) ? 0 : any_imm(g));
		stack_touch(g, at, 1u << n);
		at += 1 << n;
	}
}

static bool stack_is_set(const struct gen *g, s32 off, u32 size)
{
	for (s32 at = off; at < off + (s32)size; at++)
		if (at >= 0 || at < -512 || !g->env.set[-at - 1])
			return false;
	return true;
}

/* Stores and loads of all sizes. */
void st_stack(struct gen *g)
{
	u32 n = chance(g, 50) ? 3 : roll(g, 4), dst;
	s32 off = stack_room(g, 1u << n, slip(g) ? 1 : 1u << n);

	if (chance(g, 55) || !stack_is_set(g, off, 1u << n)) {
		if (chance(g, 40)) {
			emit(g, imm_stores[n], false, 10, 0, off, any_imm(g));
			stack_touch(g, off, 1u << n);
			return;
		}
		dst = find_num(g, 0);
		emit(g, stores[n], false, 10, dst, off, 0);
		stack_touch(g, off, 1u << n);
		if (n >= 2 && !(off & 7) && off >= -512 && off < 0) {
			struct gval *slot = &g->env.slot[-off / 8 - 1];

			*slot = g->env.reg[dst];
			for (u32 k = 0; n == 2 && k < SAMPLES; k++)
				slot->s[k] &= UINT32_MAX;
			if (n == 2 && !stack_is_set(g, off, 8))
				slot->type = G_NONE;
		}
		return;
	}
	dst = pick_dst(g);
	emit(g, n < 3 && chance(g, 20) ? signed_loads[n] : loads[n], false, dst, 10, off, 0);
	num_unknown(g, dst, 8u << n);
}

/* Whole registers to the stack and back. */
void st_spill(struct gen *g)
{
	u32 first = roll(g, GEN_SLOTS), slot, src;
	s32 off;

	if (chance(g, 50)) {
		off = stack_room(g, 8, 8);
		src = roll(g, 10);
		if (g->env.reg[src].type == G_NONE && !slip(g))
			src = chance(g, 30) ? 10 : find_num(g, 0);
		emit(g, INSN_STX_DW, true, 10, src, off, 0);
		stack_touch(g, off, 8);
		if (off < 0 && off >= -512 && !(off & 7))
			g->env.slot[-off / 8 - 1] = g->env.reg[src];
		return;
	}
	for (u32 i = 0; i < GEN_SLOTS; i++) {
		u32 dst;

		slot = (first + i) % GEN_SLOTS;
		if (g->env.slot[slot].type == G_NONE)
			continue;
		dst = pick_dst(g);
		if (g->env.slot[slot].type > G_NUM && slip(g)) {
			emit(g, loads[roll(g, 3)], false, dst, 10, -8 * (s32)(slot + 1), 0);
			num_unknown(g, dst, 32);
			return;
		}
		emit(g, INSN_LDX_DW, false, dst, 10, -8 * (s32)(slot + 1), 0);
		g->env.reg[dst] = g->env.slot[slot];
		return;
	}
}

/* ---- context ---- */

int ctx_get(struct gen *g)
{
	int n = find_reg(g, G_CTX);
	u32 dst;

	if (slip(g))
		return (int)roll(g, 10);
	if (n >= 0)
		return n;
	for (u32 i = 0; i < GEN_SLOTS; i++) {
		if (g->env.slot[i].type != G_CTX)
			continue;
		dst = pick_dst(g);
		emit(g, INSN_LDX_DW, false, dst, 10, -8 * (s32)(i + 1), 0);
		g->env.reg[dst] = g->env.slot[i];
		return (int)dst;
	}
	return -1;
}

static const struct ctx_field *ctx_pick(struct gen *g, bool write, s32 *off, u32 *size_log)
{
	enum ctx_who who = ctx_who_of(g->prog->type, 0);

	for (u32 tries = 0; tries < 40; tries++) {
		const struct ctx_field *field;

		*size_log = roll(g, 4);
		*off = (s32)(roll(g, ctx_size(who) >> *size_log) << *size_log);
		field = ctx_find((u32)*off, 1u << *size_log, write, who);
		if (field && field->type <= CTX_SCALAR)
			return field;
	}
	*off = 0;
	*size_log = 2;
	return NULL;
}

void st_ctx(struct gen *g)
{
	int ctx = ctx_get(g);
	u32 n, dst;
	s32 off;

	if (ctx < 0)
		return;
	ctx_pick(g, false, &off, &n);
	if (slip(g)) {
		off = (s32)roll(g, 200);
		n = roll(g, 4);
	}
	dst = pick_dst(g);
	emit(g, n < 3 && slip(g) ? signed_loads[n] : loads[n], false, dst, (u32)ctx, off, 0);
	num_unknown(g, dst, 8u << n);
}

void st_ctx_store(struct gen *g)
{
	int ctx = ctx_get(g);
	u32 n, src;
	s32 off;

	if (ctx < 0 || (!ctx_pick(g, true, &off, &n) && !slip(g)))
		return;
	if (slip(g))
		off = (s32)roll(g, 200);
	src = slip(g) ? roll(g, 11) : find_num(g, 1u << ctx);
	if (slip(g))
		emit(g, n == 3 ? INSN_ATOMIC_ADD_DW : INSN_ATOMIC_ADD_W, true, (u32)ctx, src, off, 0);
	else if (chance(g, 25))
		emit(g, imm_stores[n], false, (u32)ctx, 0, off, any_imm(g));
	else
		emit(g, stores[n], true, (u32)ctx, src, off, 0);
}

/* ---- an access ---- */

static const u8 atomics[2][10] = {
	{ INSN_ATOMIC_ADD_W, INSN_ATOMIC_OR_W, INSN_ATOMIC_AND_W, INSN_ATOMIC_XOR_W, INSN_FETCH_ADD_W, INSN_FETCH_OR_W,
	  INSN_FETCH_AND_W, INSN_FETCH_XOR_W, INSN_XCHG_W, INSN_CMPXCHG_W },
	{ INSN_ATOMIC_ADD_DW, INSN_ATOMIC_OR_DW, INSN_ATOMIC_AND_DW, INSN_ATOMIC_XOR_DW, INSN_FETCH_ADD_DW,
	  INSN_FETCH_OR_DW, INSN_FETCH_AND_DW, INSN_FETCH_XOR_DW, INSN_XCHG_DW, INSN_CMPXCHG_DW },
};

static void access_atomic(struct gen *g, u32 reg, s32 off, bool wide)
{
	enum insn_id id = atomics[wide][roll(g, 10)];
	u32 src;

	if (chance(g, 20)) {
		id = chance(g, 50) ? wide ? INSN_LOAD_ACQ_DW : INSN_LOAD_ACQ_W : wide ? INSN_STORE_REL_DW : INSN_STORE_REL_W;
		if (insn_info[id].flags & F_LOAD) {
			u32 dst = pick_dst(g);

			emit(g, id, true, dst, reg, off, 0);
			num_unknown(g, dst, wide ? 64 : 32);
			return;
		}
	}
	if ((id == INSN_CMPXCHG_W || id == INSN_CMPXCHG_DW) && reg != 0 && g->env.reg[0].type != G_NUM && !(g->keep & 1)) {
		emit_movi(g, 0, 3);
		num_set(g, 0, 3);
	}
	src = find_num(g, 1u << reg);
	emit(g, id, true, reg, src, off, 0);
	if (id == INSN_CMPXCHG_W || id == INSN_CMPXCHG_DW)
		num_unknown(g, 0, wide ? 64 : 32);
	else if (insn_info[id].flags & F_FETCH)
		num_unknown(g, src, wide ? 64 : 32);
}

void access_at(struct gen *g, u32 reg, s32 low, s32 high, bool write)
{
	u32 n = roll(g, 4), dst;
	s32 off;

	while (n && low + (1 << n) > high)
		n--;
	if (low + (1 << n) > high && !slip(g))
		return;
	switch (roll(g, 3)) {
	case 0:
		off = high - (1 << n);
		break;
	case 1:
		off = low;
		break;
	default:
		off = low + (high > low ? (s32)roll(g, (u32)(high - low)) : 0);
		if (off + (1 << n) > high)
			off = high - (1 << n);
	}
	if (slip(g))
		off += chance(g, 50) ? 1 : chance(g, 50) ? -1 : high - low;
	if (off < INT16_MIN || off > INT16_MAX)
		off = low;
	if (write && n >= 2 && chance(g, 20) && ((g->env.reg[reg].type != G_PKT && g->env.reg[reg].type != G_META) || slip(g))) {
		/* They must be aligned. */
		off = (s32)((u32)off & ~((1u << n) - 1));
		if (off >= low)
			access_atomic(g, reg, off, n == 3);
		return;
	}
	if (write && chance(g, 45)) {
		if (chance(g, 40)) {
			emit(g, imm_stores[n], false, reg, 0, off, any_imm(g));
			return;
		}
		dst = chance(g, 90) ? find_num(g, 1u << reg) : roll(g, 11);
		if (g->env.reg[dst].type != G_NONE || slip(g))
			emit(g, stores[n], true, reg, dst, off, 0);
		return;
	}
	dst = pick_dst(g);
	emit(g, n < 3 && chance(g, 15) ? signed_loads[n] : loads[n], false, dst, reg, off, 0);
	num_unknown(g, dst, 8u << n);
}

/* ---- packet ---- */

static bool packet_fields(const struct gen *g, s32 *data, s32 *end, s32 *meta)
{
	bool xdp = g->prog->type == BPF_PROG_TYPE_XDP;

	*data = xdp ? 0 : 76;
	*end = xdp ? 4 : 80;
	*meta = xdp ? 8 : 140;
	return g->prog->type != BPF_PROG_TYPE_SOCKET_FILTER;
}

static int packet_load(struct gen *g, enum gtype type)
{
	int ctx = ctx_get(g), saved;
	s32 off[3];
	u32 dst;

	if (ctx < 0 || (!packet_fields(g, &off[0], &off[1], &off[2]) && !slip(g)))
		return -1;
	saved = chance(g, 60) ? pick_saved(g) : -1;
	dst = saved >= 0 ? (u32)saved : pick_dst(g);
	emit(g, slip(g) ? INSN_LDX_DW : INSN_LDX_W, false, dst, (u32)ctx, off[type == G_PKT ? 0 : type == G_END ? 1 : 2], 0);
	g->env.reg[dst] = (struct gval){ .type = (u8)type };
	return (int)dst;
}

/* All that points behind the same base knows of the bytes. */
static void packet_known(struct gen *g, const struct gval *ptr, u32 bytes)
{
	for (u32 n = 0; n < 10; n++) {
		struct gval *v = &g->env.reg[n];

		if (v->type == ptr->type && v->id == ptr->id)
			v->size = max_u32(v->size, bytes);
	}
	for (u32 n = 0; n < GEN_SLOTS; n++) {
		struct gval *v = &g->env.slot[n];

		if (v->type == ptr->type && v->id == ptr->id)
			v->size = max_u32(v->size, bytes);
	}
}

/* The ways to ask whether ptr <= end: of each whether the jump is taken when it is, whether the end stands on the
 * left, and whether it is strict (one byte more is known). */
static const struct {
	u8 id;
	bool taken, swapped, strict;
} checks[] = {
	{ INSN_JGT64, false, false, false }, { INSN_JLE64, true, false, false },
	{ INSN_JLT64, true, false, true }, { INSN_JGE64, false, false, true },
	{ INSN_JLT64, false, true, false }, { INSN_JGE64, true, true, false },
	{ INSN_JGT64, true, true, true }, { INSN_JLE64, false, true, true },
};

/* Make @bytes behind the base of the pointer in @reg known, by a test; the other way leaves. */
static void packet_check(struct gen *g, u32 reg, u32 end, u32 bytes)
{
	const struct gval ptr = g->env.reg[reg];
	u32 how = chance(g, 50) ? 0 : roll(g, ARRAY_SIZE(checks)), far, jump, over = 0;
	bool taken = checks[how].taken;
	struct genv before;
	u32 keep = g->keep;

	g->keep |= 1u << reg | 1u << end;
	far = pick_dst(g);
	if (chance(g, 25)) {
		/* The pointer itself moves there, and stays. */
		far = reg;
		emit(g, INSN_ADD64, false, reg, 0, 0, (s32)bytes - ptr.off);
		g->env.reg[reg].off = (s32)bytes;
	} else {
		emit_mov(g, far, reg);
		emit(g, INSN_ADD64, false, far, 0, 0, (s32)bytes - ptr.off);
		g->env.reg[far] = ptr;
		g->env.reg[far].off = (s32)bytes;
	}
	g->keep = keep;
	if (slip(g))
		taken = !taken;
	jump = emit(g, checks[how].id, true, checks[how].swapped ? end : far, checks[how].swapped ? far : end, 0, 0);
	before = g->env;
	if (!taken) {
		over = emit(g, INSN_JA, false, 0, 0, 0, 0);
		land(g, jump);
	}
	leave(g);
	g->env = before;
	land(g, taken ? jump : over);
	packet_known(g, &ptr, bytes + checks[how].strict);
}

/* Fold what varies into a packet pointer: a new base. */
static void packet_add_number(struct gen *g, u32 reg)
{
	u32 num = find_num(g, 1u << reg);

	if (num == reg)
		return;
	if (num_max(g, &g->env.reg[num]) > 0xffff || chance(g, 70))
		bound(g, num, chance(g, 80) ? 63 : 0xffff);
	emit(g, INSN_ADD64, true, reg, num, 0, 0);
	g->env.reg[reg].id = ++g->ids;
	g->env.reg[reg].size = 0;
	g->env.reg[reg].off = 0;
	if (g->env.reg[num].type == G_NUM && chance(g, 30)) {
		emit(g, INSN_ADD64, false, reg, 0, 0, 14);
		g->env.reg[reg].off = 14;
	}
}

int packet_get(struct gen *g, u32 need)
{
	bool meta = chance(g, 6);
	int reg = find_reg(g, G_PKT), end;
	u32 keep = g->keep;

	if (reg >= 0 && g->env.reg[reg].off >= 0 && g->env.reg[reg].size >= (u32)g->env.reg[reg].off + need && chance(g, 70))
		return reg;
	if (reg < 0 || chance(g, 20))
		reg = packet_load(g, meta ? G_META : G_PKT);
	if (reg < 0)
		return -1;
	g->keep |= 1u << reg;
	if (!meta && chance(g, 25))
		packet_add_number(g, (u32)reg);
	end = find_reg(g, meta ? G_PKT : G_END);
	if (end < 0 || end == reg)
		end = packet_load(g, meta ? G_PKT : G_END);
	if (end >= 0 && g->env.reg[reg].off >= 0 && g->env.reg[reg].off < 1000)
		packet_check(g, (u32)reg, (u32)end, (u32)g->env.reg[reg].off + need + (chance(g, 70) ? 0 : roll(g, 20)));
	g->keep = keep;
	if (end < 0 || g->env.reg[reg].size < (u32)g->env.reg[reg].off + need) {
		/* The pointer moved to what was checked: what is behind it lies before it. */
		return g->env.reg[reg].type == G_PKT && g->env.reg[reg].size ? reg : -1;
	}
	return reg;
}

void st_packet(struct gen *g)
{
	u32 need = chance(g, 60) ? 14 + roll(g, 30) : 1 + roll(g, 20);
	int reg = packet_get(g, need);
	const struct gval *v;

	if (reg < 0)
		return;
	v = &g->env.reg[reg];
	for (u32 i = 0; i < 1 + roll(g, 3) && (v->type == G_PKT || v->type == G_META) && v->off < 4096; i++)
		access_at(g, (u32)reg, -v->off, (s32)v->size - v->off, true);
}

/* ---- values of maps ---- */

/* The address of a value, without a lookup: arrays of one element. */
static int value_direct(struct gen *g, u32 need)
{
	struct both_map map = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = need + (chance(g, 40) ? 0 : roll(g, 64)),
				.max_entries = 1 };
	u32 dst = pick_dst(g), n, off;

	if (chance(g, 15)) {
		map.flags = BPF_F_RDONLY_PROG;
		map.frozen = chance(g, 70);
	}
	n = new_map(g, &map);
	off = chance(g, 60) ? 0 : roll(g, g->prog->map[n].value_size + 1);
	if (g->prog->map[n].value_size < off + need)
		off = 0;
	if (slip(g))
		off = g->prog->map[n].value_size + roll(g, 2);
	emit_imm64(g, INSN_LD_MAP_VALUE, dst, n, off);
	g->env.reg[dst] = (struct gval){ .type = G_VALUE, .map = (u8)n, .off = (s32)off };
	return (int)dst;
}

int value_get(struct gen *g, u32 need)
{
	int reg = find_reg(g, G_VALUE);

	if (reg >= 0) {
		const struct gval *v = &g->env.reg[reg];

		if (!v->null && (s64)v->off + (s64)num_max(g, v) + need <= g->prog->map[v->map].value_size && chance(g, 80))
			return reg;
		if (v->null && slip(g))
			return reg;
	}
	return value_direct(g, need);
}

void st_value(struct gen *g)
{
	int reg = value_get(g, 1 + roll(g, 16));
	const struct gval *v;
	const struct both_map *map;

	if (reg < 0)
		return;
	for (u32 i = 0; i < 1 + roll(g, 3); i++) {
		v = &g->env.reg[reg];
		if (v->type != G_VALUE || v->off > 4096)
			return;
		map = &g->prog->map[v->map];
		access_at(g, (u32)reg, -v->off, (s32)map->value_size - v->off - (s32)min_u64(num_max(g, v), 5000),
			  !(map->flags & BPF_F_RDONLY_PROG) || slip(g));
	}
}

/* ---- what varies ---- */

/* A number that is added to an address must end up inside: the object is as large as the samples say. */
static void var_value(struct gen *g, u32 num, u64 max)
{
	int reg = value_get(g, (u32)max + 8);

	if (reg < 0 || (u32)reg == num)
		return;
	/* Mostly the map that is just large enough. */
	if (g->env.reg[reg].type == G_VALUE && chance(g, 80)) {
		const struct both_map map = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .max_entries = 1,
					      .value_size = (u32)max + (1u << roll(g, 4)) - slip(g) };
		u32 n = new_map(g, &map);

		emit_imm64(g, INSN_LD_MAP_VALUE, (u32)reg, n, 0);
		g->env.reg[reg] = (struct gval){ .type = G_VALUE, .map = (u8)n };
	}
	emit(g, INSN_ADD64, true, (u32)reg, num, 0, 0);
	if (g->env.reg[reg].type != G_VALUE)
		return;
	for (u32 k = 0; k < SAMPLES; k++)
		g->env.reg[reg].s[k] += g->env.reg[num].s[k];
	st_value(g);
}

static void var_stack(struct gen *g, u32 num, u64 max)
{
	u32 n = roll(g, 4), dst = pick_dst(g), size = (u32)max + (1u << n);
	s32 off = -(s32)((size + 7) / 8 * 8) - 8 * (s32)roll(g, 4);

	if (off < -512 || dst == num)
		return;
	/* It must be aligned for certain. */
	if (n && !slip(g)) {
		emit(g, INSN_AND64, false, num, 0, 0, -(1 << n));
		for (u32 k = 0; k < SAMPLES; k++)
			g->env.reg[num].s[k] &= ~((1ull << n) - 1);
	}
	if (!slip(g))
		stack_set(g, off, size);
	emit_mov(g, dst, 10);
	emit(g, INSN_ADD64, true, dst, num, 0, 0);
	if (chance(g, 50)) {
		emit(g, INSN_ADD64, false, dst, 0, 0, off);
		off = 0;
	}
	if (chance(g, 50)) {
		emit(g, loads[n], false, dst, dst, off, 0);
		num_unknown(g, dst, 8u << n);
	} else {
		if (chance(g, 50))
			emit(g, imm_stores[n], false, dst, 0, off, any_imm(g));
		else
			emit(g, stores[n], true, dst, find_num(g, 1u << dst), off, 0);
		for (u32 i = 0; i < GEN_SLOTS; i++)
			g->env.slot[i].type = g->env.slot[i].type == G_NUM ? G_NONE : g->env.slot[i].type;
		g->env.reg[dst].type = G_NONE;
	}
}

void st_var(struct gen *g)
{
	u32 num = find_num(g, 0);

	if (chance(g, 50))
		alu_chain(g, num, 1 + roll(g, 4));
	if (num_max(g, &g->env.reg[num]) > 2000 || chance(g, 60))
		bound(g, num, chance(g, 50) ? 7 + 8 * roll(g, 4) : roll(g, 200));
	if (chance(g, 25))
		alu_chain(g, num, 1);
	var_use(g, num);
}

void var_use(struct gen *g, u32 num)
{
	u32 keep = g->keep;
	u64 max = num_max(g, &g->env.reg[num]);

	if (max > 4096)
		return;
	g->keep |= 1u << num;
	if (chance(g, 70))
		var_value(g, num, max);
	else
		var_stack(g, num, max);
	g->keep = keep;
}

/* ---- pointers as values ---- */

void st_pointer(struct gen *g)
{
	static const u8 wrong[] = { INSN_MUL64, INSN_AND64, INSN_OR64, INSN_LSH64, INSN_ADD32, INSN_SUB32, INSN_XOR64, INSN_MOD64 };
	u32 dst = pick_dst(g), keep = g->keep, src = roll(g, 11);
	const struct gval ptr = g->env.reg[src];

	if (ptr.type <= G_NUM)
		return;
	if (dst == src)
		return;
	emit_mov(g, dst, src);
	g->env.reg[dst] = ptr;
	g->keep |= 1u << src;
	if (slip(g)) {
		emit(g, wrong[roll(g, ARRAY_SIZE(wrong))], chance(g, 30), dst, dst, 0, 1 + (s32)roll(g, 8));
	} else if (ptr.type == G_PKT || ptr.type == G_VALUE || ptr.type == G_STACK || ptr.type == G_META) {
		s32 by = chance(g, 70) ? (s32)roll(g, 16) : any_imm(g);

		if (!ptr.null || slip(g)) {
			emit(g, chance(g, 70) ? INSN_ADD64 : INSN_SUB64, false, dst, 0, 0, by);
			g->env.reg[dst].type = G_NONE;
			if (by < 4096 && by > -4096) {
				g->env.reg[dst].type = ptr.type;
				g->env.reg[dst].off += insn_id_of(&g->insns[g->count - 1]) == INSN_ADD64 ? by : -by;
			}
			if (ptr.type == G_STACK && g->env.reg[dst].off >= 0)
				g->env.reg[dst].type = G_NONE;
			else if (ptr.type == G_STACK && g->env.reg[dst].type == G_STACK && g->env.reg[dst].off >= -504 &&
				 stack_is_set(g, g->env.reg[dst].off, 1)) {
				emit(g, INSN_LDX_B, false, dst, dst, 0, 0);
				num_unknown(g, dst, 8);
			}
		}
	} else if (ptr.type == G_END && find_reg(g, G_PKT) >= 0) {
		emit(g, INSN_SUB64, true, dst, (u32)find_reg(g, G_PKT), 0, 0);
		num_unknown(g, dst, 64);
	}
	g->keep = keep;
}

void st_legacy(struct gen *g)
{
	static const u8 ids[] = { INSN_LD_ABS_B, INSN_LD_ABS_H, INSN_LD_ABS_W, INSN_LD_IND_B, INSN_LD_IND_H, INSN_LD_IND_W };
	enum insn_id id = ids[roll(g, ARRAY_SIZE(ids))];
	int ctx = find_reg(g, G_CTX);
	bool ind = insn_info[id].shape == SHAPE_LD_IND;
	u32 src = ind ? find_num(g, 1u << 6) : 0;

	if (g->env.reg[6].type != G_CTX && !slip(g)) {
		if (ctx < 0 || g->keep & 1u << 6)
			return;
		emit_mov(g, 6, (u32)ctx);
		g->env.reg[6] = g->env.reg[ctx];
	}
	if (g->keep & 1 || ((g->prog->type == BPF_PROG_TYPE_XDP || g->env.refs || g->env.locked) && !slip(g)))
		return;
	emit(g, id, ind, 0, ind ? src : 0, 0, (s32)roll(g, 64));
	env_call_lost(g);
	num_unknown(g, 0, insn_info[id].width);
}
