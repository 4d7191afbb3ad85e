// SPDX-License-Identifier: BSD-2-Clause
/* gen.c - see gen.h and gen_env.h: choice, instructions, and a program as a whole. */
#include "gen_env.h"

u32 roll(struct gen *g, u32 below)
{
	if (g->bytes_left >= 2) {
		u32 word = get_u16(g->bytes);

		g->bytes += 2;
		g->bytes_left -= 2;
		/* As large numbers as the generator's are asked for as well. */
		return (word | word << 16) % below;
	}
	g->random = g->random * 6364136223846793005u + 1442695040888963407u;
	return (u32)((g->random >> 33) % below);
}

bool slip(struct gen *g)
{
	if (!g->slips || g->count < g->slip_from || roll(g, g->slip_odds))
		return false;
	g->slips--;
	g->out->mistakes++;
	return true;
}

/* ---- instructions ---- */

u32 emit(struct gen *g, enum insn_id id, bool reg, u32 dst, u32 src, s32 off, s32 imm)
{
	const struct insn_info *info = &insn_info[id];
	struct bpf_insn insn = { .code = info->code, .dst_reg = dst & 15, .src_reg = src & 15, .off = (s16)off,
				 .imm = imm };

	if (reg && (info->flags & (F_K | F_X)) == (F_K | F_X))
		insn.code |= BPF_X;
	if (info->selector == SEL_OFF)
		insn.off = (s16)info->value;
	if (info->selector == SEL_IMM)
		insn.imm = info->value;
	if (info->selector == SEL_SRC)
		insn.src_reg = info->value & 15;
	if (g->count < GEN_INSNS)
		g->insns[g->count++] = insn;
	return g->count - 1;
}

void emit_imm64(struct gen *g, enum insn_id id, u32 dst, u32 imm, u32 imm_high)
{
	emit(g, id, false, dst, 0, 0, (s32)imm);
	if (g->count < GEN_INSNS)
		g->insns[g->count++] = (struct bpf_insn){ .imm = (s32)imm_high };
}

void land(struct gen *g, u32 insn) { go_back(g, insn, g->count); }

void go_back(struct gen *g, u32 insn, u32 target)
{
	s32 off = (s32)target - (s32)insn - 1;

	if (insn_id_of(&g->insns[insn]) == INSN_GOTOL)
		g->insns[insn].imm = off;
	else
		g->insns[insn].off = (s16)off;
}

/* ---- registers ---- */

u32 pick_dst(struct gen *g)
{
	for (u32 tries = 0; tries < 20; tries++) {
		u32 n = roll(g, 10);

		if (g->keep >> n & 1 || (g->env.reg[n].ref && g->env.reg[n].type >= G_RECORD && tries < 19))
			continue;
		/* What is hard to come by is written over less often. */
		if (g->env.reg[n].type > G_NUM && tries < 8 && chance(g, 70))
			continue;
		return n;
	}
	return 0;
}

int pick_saved(struct gen *g)
{
	u32 first = 6 + roll(g, 4);

	for (u32 i = 0; i < 4; i++) {
		u32 n = 6 + (first - 6 + i) % 4;

		if (!(g->keep >> n & 1) && (g->env.reg[n].type <= G_NUM || (i > 1 && g->env.reg[n].type < G_RECORD)))
			return (int)n;
	}
	return -1;
}

int find_reg(struct gen *g, enum gtype type)
{
	u32 first = roll(g, 10);

	for (u32 i = 0; i < 10; i++)
		if (g->env.reg[(first + i) % 10].type == type)
			return (int)((first + i) % 10);
	return -1;
}

/* ---- maps ---- */

u32 new_map(struct gen *g, const struct both_map *map)
{
	struct both_prog *prog = g->prog;

	for (u32 i = 0; i < prog->map_count; i++)
		if (both_map_same(&prog->map[i], map) && chance(g, 70))
			return i;
	if (prog->map_count == BOTH_MAPS) {
		for (u32 i = 0; i < BOTH_MAPS; i++)
			if (prog->map[i].type == map->type)
				return i;
		return 0;
	}
	prog->map[prog->map_count] = *map;
	return prog->map_count++;
}

u32 any_map(struct gen *g)
{
	static const u32 sizes[] = { 1, 2, 4, 8, 12, 16, 20, 32, 48, 64, 100, 128, 256, 1024, 4096 };
	static const u8 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
				    BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH,
				    BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LPM_TRIE };
	struct both_map map = { .type = types[roll(g, ARRAY_SIZE(types))], .key_size = 4,
				.value_size = sizes[roll(g, ARRAY_SIZE(sizes))], .max_entries = chance(g, 50) ? 1 : 4 };

	for (u32 tries = 0; tries < 4 && g->prog->map_count; tries++) {
		u32 n = roll(g, g->prog->map_count);
		u32 type = g->prog->map[n].type;

		if (type != BPF_MAP_TYPE_RINGBUF && type != BPF_MAP_TYPE_PROG_ARRAY && chance(g, 60))
			return n;
	}
	if (map.type == BPF_MAP_TYPE_ARRAY && chance(g, 25)) {
		map.flags = BPF_F_RDONLY_PROG;
		map.frozen = chance(g, 70);
		map.max_entries = 1;
		map.value_size = sizes[roll(g, 10)];
	} else if (map.type <= BPF_MAP_TYPE_ARRAY && chance(g, 10)) {
		map.flags = BPF_F_WRONLY_PROG;
	}
	if (map.type == BPF_MAP_TYPE_HASH || map.type == BPF_MAP_TYPE_PERCPU_HASH)
		map.key_size = sizes[roll(g, 8)];
	if (map.type == BPF_MAP_TYPE_LPM_TRIE) {
		map.key_size = 8;
		map.flags = BPF_F_NO_PREALLOC;
	}
	return new_map(g, &map);
}

/* ---- statements ---- */

static const struct {
	void (*write)(struct gen *g);
	u8 weight;
} statements[] = {
	{ st_num, 8 }, { st_alu, 14 }, { st_guard, 10 }, { st_dead, 3 }, { st_stack, 10 }, { st_spill, 8 },
	{ st_ctx, 6 }, { st_ctx_store, 4 }, { st_packet, 10 }, { st_value, 8 }, { st_var, 12 }, { st_pointer, 3 },
	{ st_legacy, 1 }, { st_helper, 12 }, { st_lookup, 8 }, { st_record, 4 }, { st_lock, 2 }, { st_tail, 1 },
	{ st_call, 5 }, { st_loop_call, 2 }, { st_if, 14 }, { st_loop, 5 }, { st_sock, 2 }, { st_dynptr, 2 },
	{ st_linked, 5 }, { st_mixed, 3 }, { st_memory, 4 }, { st_compare, 2 },
	{ st_switch, 4 }, { st_timer, 1 }, { st_iter, 3 }, { st_packet_dynptr, 2 }, { st_section, 2 }, { st_string, 1 },
};

/* Programs differ in what they mostly do. */
static void choose_weights(struct gen *g)
{
	g->weights = 0;
	for (u32 i = 0; i < ARRAY_SIZE(statements); i++) {
		static const u8 times[] = { 0, 1, 1, 1, 2, 4 };

		g->weight[i] = (u8)(statements[i].weight * times[roll(g, ARRAY_SIZE(times))]);
		g->weights += g->weight[i];
	}
	if (!g->weights) {
		g->weight[1] = 1;
		g->weights = 1;
	}
}

void statement(struct gen *g)
{
	u32 n = roll(g, g->weights), i = 0;

	if (g->count > GEN_INSNS - 800)
		return;
	while (n >= g->weight[i])
		n -= g->weight[i++];
	statements[i].write(g);
}

void block(struct gen *g, u32 count)
{
	for (u32 i = 0; i < count && g->budget; i++) {
		g->budget--;
		statement(g);
	}
}

void leave(struct gen *g)
{
	u32 max = g->func[g->current].callback_max;

	release_all(g, g->env.refs);
	if (g->func[g->current].callback) {
		if (slip(g))
			max += 1 + roll(g, 3);
		else if (chance(g, 20) && g->env.reg[0].type == G_NUM && num_max(g, &g->env.reg[0]) <= max) {
			emit(g, INSN_EXIT, false, 0, 0, 0, 0);
			return;
		}
		emit_movi(g, 0, (s32)roll(g, max + 1));
	} else if (g->current && slip(g)) {
		emit_mov(g, 0, 10);
	} else if (!slip(g) && (g->env.reg[0].type != G_NUM || chance(g, 30))) {
		if (chance(g, 20))
			make_num(g, 0);
		else
			emit_movi(g, 0, any_imm(g));
	}
	emit(g, INSN_EXIT, false, 0, 0, 0, 0);
}

/* ---- the whole ---- */

static void start_main(struct gen *g)
{
	memset(&g->env, 0, sizeof(g->env));
	g->env.alive = ALL_ALIVE;
	g->env.reg[1].type = G_CTX;
	g->env.reg[10].type = G_STACK;
	g->keep = 1u << 10;
	g->stack = chance(g, 10) ? 512 : 16 + 8 * roll(g, 24);
	if (slip(g))
		g->stack = 520;
	if (chance(g, 85)) {
		emit_mov(g, 6, 1);
		g->env.reg[6] = g->env.reg[1];
		g->keep |= 1u << 6;
	}
}

/* Changes that no plan explains. */
static void damage(struct gen *g)
{
	struct bpf_insn *insn = &g->insns[roll(g, g->count)];

	g->out->mistakes++;
	switch (roll(g, 8)) {
	case 0:
		insn->dst_reg = roll(g, 11) & 15;
		break;
	case 1:
		insn->src_reg = roll(g, 11) & 15;
		break;
	case 2:
		insn->off = (s16)(insn->off + (s32)roll(g, 9) - 4);
		break;
	case 3:
		insn->imm = any_imm(g);
		break;
	case 4:
		insn->imm += (s32)roll(g, 5) - 2;
		break;
	case 5:
		insn->code ^= (u8)(1u << roll(g, 8));
		break;
	case 6:
		*insn = g->insns[roll(g, g->count)];
		break;
	case 7:
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
		break;
	}
}

static void gen_prog(struct gen *g, struct gen_prog *out)
{
	static const u8 types[] = { BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_CLS,
				    BPF_PROG_TYPE_SCHED_ACT, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SOCKET_FILTER };

	g->out = out;
	g->prog = &out->prog;
	out->mistakes = 0;
	memset(&out->prog, 0, sizeof(out->prog));
	out->prog.insns = g->insns = out->insns;
	for (u32 i = 0; i < 8; i++)
		roll(g, 2);
	out->prog.type = types[roll(g, ARRAY_SIZE(types))];
	out->prog.proprietary = chance(g, 4);
	if (out->prog.type == BPF_PROG_TYPE_XDP && chance(g, 15))
		out->prog.attach_type = chance(g, 50) ? BPF_XDP_DEVMAP : BPF_XDP_CPUMAP;
	if (chance(g, 6))
		out->prog.flags = 1u << roll(g, 4);
	g->slips = chance(g, 55) ? 0 : 1 + chance(g, 15);
	g->slip_odds = 3 + roll(g, 4) * roll(g, 12);
	g->slip_from = roll(g, 2) * roll(g, 100);
	choose_weights(g);
	g->budget = 2 + roll(g, 1u << (1 + roll(g, chance(g, 4) ? 9 : 6)));
	strcpy(g->func[0].text, "Si");
	g->func_count = 1;
	start_main(g);
	block(g, g->budget);
	leave(g);
	write_functions(g);
	if (chance(g, 8))
		damage(g);
	out->prog.count = g->count;
}

void gen_make(u64 seed, struct gen_prog *out)
{
	struct gen g = { .random = seed * 0x9e3779b97f4a7c15u + 12345 };

	out->seed = seed;
	gen_prog(&g, out);
}

void gen_make_from(const u8 *bytes, size_t len, struct gen_prog *out)
{
	struct gen g = { .bytes = bytes, .bytes_left = len };

	out->seed = len;
	gen_prog(&g, out);
}
