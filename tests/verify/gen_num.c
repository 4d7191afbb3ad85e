// SPDX-License-Identifier: BSD-2-Clause
/* gen_num.c - numbers of generated programs: see gen_env.h. */
#include "gen_env.h"

static u64 random64(struct gen *g)
{
	u64 value = (u64)roll(g, 1u << 31) << 33 ^ (u64)roll(g, 1u << 31) << 16 ^ roll(g, 1u << 31);

	return value >> roll(g, 64);
}

void num_set(struct gen *g, u32 dst, u64 value)
{
	g->env.reg[dst] = (struct gval){ .type = G_NUM };
	for (u32 i = 0; i < SAMPLES; i++)
		g->env.reg[dst].s[i] = value;
}

/* A number of which only the lowest @bits may be set. */
void num_unknown(struct gen *g, u32 dst, u32 bits)
{
	u64 max = bits == 64 ? UINT64_MAX : (1ull << bits) - 1, half = 1ull << (bits - 1);
	const u64 edge[5] = { 0, max, half, half - 1, 1 };
	u32 shift = roll(g, SAMPLES);

	g->env.reg[dst] = (struct gval){ .type = G_NUM };
	for (u32 i = 0; i < SAMPLES; i++) {
		u32 which = (i + shift) % SAMPLES;

		g->env.reg[dst].s[i] = which < 5 ? edge[which] : random64(g) & max;
	}
}

u64 num_max(const struct gen *g, const struct gval *v)
{
	u64 max = 0;

	for (u32 i = 0; i < SAMPLES; i++)
		if (g->env.alive >> i & 1)
			max = max_u64(max, v->s[i]);
	return max;
}

s64 num_smin(const struct gen *g, const struct gval *v)
{
	s64 min = INT64_MAX;

	for (u32 i = 0; i < SAMPLES; i++)
		if (g->env.alive >> i & 1 && (s64)v->s[i] < min)
			min = (s64)v->s[i];
	return min == INT64_MAX ? 0 : min;
}

s32 any_imm(struct gen *g)
{
	static const s32 edges[] = { 0, 1, -1, 2, 3, 4, 7, 8, 9, 14, 15, 16, 20, 31, 32, 33, 34, 42, 63, 64, 100, 127, 128, 255,
				     256, 512, 1500, 4095, 4096, 32767, 32768, 65535, 65536, INT32_MAX, INT32_MIN,
				     -2, -4, -8, -16, -128, -256 };

	if (chance(g, 70))
		return edges[roll(g, ARRAY_SIZE(edges))];
	return (s32)random64(g);
}

/* Constants that leave something to know: masks and small numbers. */
static s32 alu_imm(struct gen *g, enum insn_id id)
{
	bool wide = insn_info[id].width == 64;

	switch ((int)id) {
	case INSN_LSH64: case INSN_RSH64: case INSN_ARSH64: case INSN_LSH32: case INSN_RSH32: case INSN_ARSH32:
		if (slip(g))
			return wide ? 64 : 32;
		if (chance(g, 40))
			return wide ? (s32)(8 * (1 + roll(g, 7))) : (s32)(8 * (1 + roll(g, 3)));
		return (s32)roll(g, wide ? 64 : 32);
	case INSN_DIV64: case INSN_MOD64: case INSN_DIV32: case INSN_MOD32:
	case INSN_SDIV64: case INSN_SMOD64: case INSN_SDIV32: case INSN_SMOD32:
		if (slip(g))
			return 0;
		return chance(g, 80) ? 1 + (s32)roll(g, 100) : (any_imm(g) | 1);
	case INSN_AND64: case INSN_AND32:
		if (chance(g, 70))
			return (s32)((1u << roll(g, 12)) - 1);
		return any_imm(g);
	}
	return chance(g, 60) ? (s32)roll(g, 256) : any_imm(g);
}

static const u8 alu_ids[] = {
	INSN_ADD64, INSN_SUB64, INSN_MUL64, INSN_DIV64, INSN_OR64, INSN_AND64, INSN_LSH64, INSN_RSH64, INSN_MOD64,
	INSN_XOR64, INSN_ARSH64, INSN_ADD32, INSN_SUB32, INSN_MUL32, INSN_DIV32, INSN_OR32, INSN_AND32, INSN_LSH32,
	INSN_RSH32, INSN_MOD32, INSN_XOR32, INSN_ARSH32, INSN_ADD64, INSN_AND64, INSN_LSH64, INSN_RSH64, INSN_ADD32,
	INSN_AND64, INSN_ADD64, INSN_SUB64, INSN_ARSH64, INSN_ARSH32,
};
static const u8 rare_ids[] = { INSN_SDIV64, INSN_SMOD64, INSN_SDIV32, INSN_SMOD32 };
static const u8 one_ids[] = {
	INSN_NEG64, INSN_NEG32, INSN_LE16, INSN_LE32, INSN_LE64, INSN_BE16, INSN_BE32, INSN_BE64, INSN_BSWAP16,
	INSN_BSWAP32, INSN_BSWAP64,
};
static const u8 move_ids[] = {
	INSN_MOV64, INSN_MOV64, INSN_MOV32, INSN_MOV32, INSN_MOVSX64_8, INSN_MOVSX64_16, INSN_MOVSX64_32, INSN_MOVSX32_8,
	INSN_MOVSX32_16,
};

static void alu(struct gen *g, enum insn_id id, u32 dst, int src, s32 imm)
{
	struct gval *to = &g->env.reg[dst];
	struct gval from = src >= 0 ? g->env.reg[src] : (struct gval){ 0 };

	emit(g, id, src >= 0, dst, src >= 0 ? (u32)src : 0, 0, src >= 0 ? 0 : imm);
	to->type = G_NUM;
	for (u32 i = 0; i < SAMPLES; i++)
		to->s[i] = eval_alu(id, to->s[i], src >= 0 ? from.s[i] : (u64)(s64)imm);
}

/* Some other register with a number, or -1. */
static int other_num(struct gen *g, u32 dst)
{
	u32 first = roll(g, 10);

	for (u32 i = 0; i < 10; i++) {
		u32 n = (first + i) % 10;

		if (n != dst && g->env.reg[n].type == G_NUM)
			return (int)n;
	}
	return -1;
}

void alu_chain(struct gen *g, u32 dst, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		enum insn_id id = chance(g, 6) ? rare_ids[roll(g, ARRAY_SIZE(rare_ids))]
					       : alu_ids[roll(g, ARRAY_SIZE(alu_ids))];
		int src = chance(g, 35) ? chance(g, 10) ? (int)dst : other_num(g, dst) : -1;

		if (chance(g, 6)) {
			id = one_ids[roll(g, ARRAY_SIZE(one_ids))];
			emit(g, id, false, dst, 0, 0, 0);
			for (u32 k = 0; k < SAMPLES; k++)
				g->env.reg[dst].s[k] = eval_alu(id, g->env.reg[dst].s[k], 0);
			continue;
		}
		alu(g, id, dst, src, src < 0 ? alu_imm(g, id) : 0);
	}
}

void bound(struct gen *g, u32 dst, u32 max)
{
	struct gval *v = &g->env.reg[dst];
	u32 skip, mask = 1;

	if (slip(g))
		return;
	while (mask - 1 < max && mask < 1u << 30)
		mask <<= 1;
	if (mask - 1 > max)
		mask >>= 1;
	switch (roll(g, 12)) {
	case 0: case 1: case 2: case 3: case 4: case 5:
		alu(g, chance(g, 70) ? INSN_AND64 : INSN_AND32, dst, -1, (s32)(mask - 1));
		return;
	case 6:
		if (max < INT32_MAX && chance(g, 30)) {
			alu(g, chance(g, 70) ? INSN_MOD64 : INSN_MOD32, dst, -1, (s32)max + 1);
			return;
		}
		break;
	case 7: case 8:
		alu(g, INSN_LSH64, dst, -1, 64 - __builtin_ctz(mask));
		alu(g, INSN_RSH64, dst, -1, 64 - __builtin_ctz(mask));
		return;
	default:
		break;
	}
	/* if dst <= max goto ok; leave */
	skip = emit(g, chance(g, 80) ? INSN_JLE64 : INSN_JLE32, false, dst, 0, 0, (s32)max);
	if (insn_id_of(&g->insns[skip]) == INSN_JLE32 && num_max(g, v) > UINT32_MAX)
		g->insns[skip].code = insn_info[INSN_JLE64].code;
	{
		const struct genv before = g->env;

		if (chance(g, 70))
			leave(g);
		else
			emit_movi(g, dst, (s32)max);
		g->env = before;
	}
	land(g, skip);
	for (u32 i = 0; i < SAMPLES; i++)
		if (v->s[i] > max)
			v->s[i] = i & 1 ? max : v->s[i] % ((u64)max + 1);
}

/* A narrow piece of what was stored before. */
static bool num_from_stack(struct gen *g, u32 dst)
{
	static const u8 ids[] = { INSN_LDX_DW, INSN_LDX_W, INSN_LDX_H, INSN_LDX_B, INSN_LDXS_B, INSN_LDXS_H, INSN_LDXS_W };
	u32 first = roll(g, GEN_SLOTS);

	for (u32 i = 0; i < GEN_SLOTS; i++) {
		u32 n = (first + i) % GEN_SLOTS;
		enum insn_id id = ids[chance(g, 60) ? 0 : roll(g, ARRAY_SIZE(ids))];
		u32 width = insn_info[id].width, part = width == 64 || chance(g, 60) ? 0 : width / 8 * roll(g, 64 / width);

		if (g->env.slot[n].type != G_NUM)
			continue;
		emit(g, id, false, dst, 10, -8 * (s32)(n + 1) + (s32)part, 0);
		g->env.reg[dst] = g->env.slot[n];
		for (u32 k = 0; k < SAMPLES; k++)
			g->env.reg[dst].s[k] = eval_load(g->env.slot[n].s[k] >> (8 * part), (u8)width,
							 insn_info[id].flags & F_SIGNED);
		return true;
	}
	return false;
}

void make_num(struct gen *g, u32 dst)
{
	int other = other_num(g, dst);
	int ctx = find_reg(g, G_CTX);

	switch (roll(g, 10)) {
	case 0:
		num_set(g, dst, (u64)(s64)any_imm(g));
		emit_movi(g, dst, (s32)g->env.reg[dst].s[0]);
		return;
	case 1: case 2:
		if (other >= 0) {
			enum insn_id id = move_ids[roll(g, ARRAY_SIZE(move_ids))];

			alu(g, id, dst, other, 0);
			return;
		}
		break;
	case 3:
		if (num_from_stack(g, dst))
			return;
		break;
	case 4:
		if (chance(g, 30)) {
			u64 value = random64(g);

			emit_imm64(g, INSN_LD_IMM64, dst, (u32)value, (u32)(value >> 32));
			num_set(g, dst, value);
			return;
		}
		break;
	}
	if (ctx >= 0) {
		/* Fields that every type reads: len and mark of an sk_buff, ingress_ifindex and queue of a frame. */
		bool xdp = g->prog->type == BPF_PROG_TYPE_XDP;
		enum insn_id id = xdp || chance(g, 60) ? INSN_LDX_W : chance(g, 50) ? INSN_LDX_B : INSN_LDX_H;
		u32 field = xdp ? 12 + 4 * roll(g, 2) : 8 * roll(g, 2);

		emit(g, id, false, dst, (u32)ctx, (s32)field, 0);
		num_unknown(g, dst, insn_info[id].width);
		return;
	}
	num_set(g, dst, (u64)(s64)any_imm(g));
	emit_movi(g, dst, (s32)g->env.reg[dst].s[0]);
}

u32 find_num(struct gen *g, u32 not)
{
	u32 first = roll(g, 10), dst;

	if (slip(g)) {
		for (u32 i = 0; i < 10; i++)
			if (g->env.reg[(first + i) % 10].type != G_NUM)
				return (first + i) % 10;
	}
	for (u32 i = 0; i < 10 && chance(g, 85); i++) {
		u32 n = (first + i) % 10;

		if (g->env.reg[n].type == G_NUM && !(not >> n & 1) && !(g->keep >> n & 1))
			return n;
	}
	for (u32 tries = 0; tries < 20; tries++) {
		dst = pick_dst(g);
		if (!(not >> dst & 1))
			break;
	}
	make_num(g, dst);
	return dst;
}

void st_num(struct gen *g)
{
	u32 dst = pick_dst(g);

	make_num(g, dst);
	if (chance(g, 30))
		alu_chain(g, dst, 1);
}

void st_alu(struct gen *g)
{
	u32 dst = find_num(g, 0);

	alu_chain(g, dst, 1 + roll(g, 5));
}

static const u8 cond_ids[] = {
	INSN_JEQ64, INSN_JGT64, INSN_JGE64, INSN_JSET64, INSN_JNE64, INSN_JSGT64, INSN_JSGE64, INSN_JLT64, INSN_JLE64,
	INSN_JSLT64, INSN_JSLE64, INSN_JEQ32, INSN_JGT32, INSN_JGE32, INSN_JSET32, INSN_JNE32, INSN_JSGT32, INSN_JSGE32,
	INSN_JLT32, INSN_JLE32, INSN_JSLT32, INSN_JSLE32,
};

/* A constant near what the number may be. */
static s32 cond_imm(struct gen *g, u32 dst)
{
	u64 near = g->env.reg[dst].s[roll(g, SAMPLES)];

	if (chance(g, 30) || (near > INT32_MAX && near < (u64)INT32_MIN))
		return chance(g, 60) ? (s32)roll(g, 300) : any_imm(g);
	return (s32)near + (s32)roll(g, 3) - 1;
}

struct gcond cond(struct gen *g)
{
	struct gcond c = { .dst = find_num(g, 0), .id = cond_ids[roll(g, ARRAY_SIZE(cond_ids))] };

	c.src = chance(g, 25) ? other_num(g, c.dst) : -1;
	c.imm = c.src < 0 ? cond_imm(g, c.dst) : 0;
	for (u32 k = 0; k < SAMPLES; k++) {
		u64 with = c.src < 0 ? (u64)(s64)c.imm : g->env.reg[c.src].s[k];

		if (g->env.alive >> k & 1)
			c.alive[eval_cond(c.id, g->env.reg[c.dst].s[k], with)] |= 1u << k;
	}
	c.insn = emit(g, c.id, c.src >= 0, c.dst, c.src >= 0 ? (u32)c.src : 0, 0, c.imm);
	return c;
}

/* Dead samples become such as the condition lets through, at its edge: what is known of the number then. */
void cond_enter(struct gen *g, const struct gcond *c, bool taken)
{
	struct gval *v = &g->env.reg[c->dst];

	g->env.alive = c->alive[taken];
	for (u32 k = 0; k < SAMPLES; k++) {
		u64 with = c->src < 0 ? (u64)(s64)c->imm : g->env.reg[c->src].s[k];
		u64 try[] = { with, with + 1, with - 1 };

		if (g->env.alive >> k & 1 || chance(g, 20))
			continue;
		for (u32 i = 0; i < ARRAY_SIZE(try); i++) {
			if (eval_cond(c->id, try[i], with) == taken) {
				v->s[k] = try[i];
				g->env.alive |= 1u << k;
				break;
			}
		}
	}
	if (!g->env.alive)
		g->env.alive = ALL_ALIVE;
}

/* A condition, and an end where it does not hold: what is learned stays for what follows. */
void st_guard(struct gen *g)
{
	struct gcond c = cond(g);
	const struct genv before = g->env;
	bool taken = chance(g, 30) || __builtin_popcount(c.alive[1]) > __builtin_popcount(c.alive[0]);
	u32 over = 0;

	if (!taken) {
		over = emit(g, INSN_JA, false, 0, 0, 0, 0);
		land(g, c.insn);
	}
	leave(g);
	g->env = before;
	land(g, taken ? c.insn : over);
	cond_enter(g, &c, taken);
}

/* What must not be, at a place that the samples say is not reached. */
static void bad(struct gen *g)
{
	switch (roll(g, 4)) {
	case 0:
		emit(g, INSN_LDX_DW, false, 0, 10, 8, 0);
		break;
	case 1:
		emit_movi(g, 1, 0);
		emit(g, INSN_LDX_W, false, 0, 1, 0, 0);
		break;
	case 2:
		emit(g, INSN_ST_B, false, 10, 0, -513, 1);
		break;
	default:
		emit(g, INSN_CALL_HELPER, false, 0, 0, 0, 5);
		emit_mov(g, 0, 3);
		break;
	}
}

/* Conditions until one is the same for all samples; the other way is bad. Does the verifier know as much? */
void st_dead(struct gen *g)
{
	struct gcond c;
	u32 over;

	for (u32 i = 0; i < 5; i++) {
		c = cond(g);
		if (!c.alive[0] || !c.alive[1])
			break;
		/* It goes nowhere else. */
		g->insns[c.insn].off = 0;
		cond_enter(g, &c, chance(g, 50));
	}
	if (c.alive[0] && c.alive[1]) {
		g->env.alive = ALL_ALIVE;
		return;
	}
	if (c.alive[1]) {
		bad(g);
		land(g, c.insn);
		return;
	}
	over = emit(g, INSN_JA, false, 0, 0, 0, 0);
	land(g, c.insn);
	bad(g);
	land(g, over);
}
