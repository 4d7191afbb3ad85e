// SPDX-License-Identifier: BSD-2-Clause
/* gen_call.c - calls in generated programs: helpers, what they lend, functions. See gen_env.h. */
#include <stdio.h>

#include "gen_env.h"

/* ---- arguments ---- */

void arg_stack(struct gen *g, u32 n, u32 size, bool set)
{
	s32 off = stack_room(g, size, size >= 8 ? 8 : size >= 4 ? 4 : 1);

	if (set)
		stack_set(g, off, size);
	emit_mov(g, n, 10);
	emit(g, INSN_ADD64, false, n, 0, 0, off);
	g->env.reg[n] = (struct gval){ .type = G_STACK, .off = off };
	if (!set)
		stack_touch(g, off, size);
}

/* @size bytes of memory in register @n, of any kind. */
void arg_mem(struct gen *g, u32 n, u32 size, bool set)
{
	int from = -1;

	if (slip(g)) {
		make_num(g, n);
		return;
	}
	if (chance(g, 10) && size < 1000)
		from = packet_get(g, size);
	else if (chance(g, 25) || size > 256)
		from = value_get(g, size);
	if (from < 0 && size <= 256) {
		arg_stack(g, n, size, set);
		return;
	}
	if (from < 0)
		from = value_get(g, size);
	emit_mov(g, n, (u32)from);
	g->env.reg[n] = g->env.reg[from];
	/* Packet pointers may have moved on to what was checked. */
	if ((g->env.reg[n].type == G_PKT || g->env.reg[n].type == G_META) && g->env.reg[n].off + size > g->env.reg[n].size) {
		emit(g, INSN_ADD64, false, n, 0, 0, -g->env.reg[n].off);
		g->env.reg[n].off = 0;
	}
}

static void arg_size(struct gen *g, u32 n, u32 size, bool zero)
{
	if (slip(g)) {
		emit_movi(g, n, chance(g, 40) ? (s32)size + 1 : chance(g, 50) ? 0 : any_imm(g));
		return;
	}
	if (chance(g, 75) || !size) {
		emit_movi(g, n, (s32)size);
		num_set(g, n, size);
		return;
	}
	make_num(g, n);
	bound(g, n, size - !zero);
	if (!zero && !slip(g))
		emit(g, INSN_ADD64, false, n, 0, 0, 1);
}

/* What a call is made of while its arguments are made. */
struct args {
	u32 map;          /* place; of the first argument */
	u32 size;         /* of the memory before a size */
};

static u32 map_for(struct gen *g, const struct helper *helper)
{
	static const struct both_map own[] = {
		{ .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096 },
		{ .type = BPF_MAP_TYPE_QUEUE, .value_size = 8, .max_entries = 4 },
		{ .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 4 },
	};

	if (slip(g) || helper->map_types >> BPF_MAP_TYPE_ARRAY & 1)
		return any_map(g);
	for (u32 i = 0; i < ARRAY_SIZE(own); i++)
		if (helper->map_types >> own[i].type & 1)
			return new_map(g, &own[i]);
	return any_map(g);
}

bool arg_ctx(struct gen *g, u32 n)
{
	int ctx = ctx_get(g);

	if (ctx >= 0 && (u32)ctx != n) {
		emit_mov(g, n, (u32)ctx);
		g->env.reg[n] = g->env.reg[ctx];
	}
	return ctx >= 0;
}

static void arg_any(struct gen *g, u32 n)
{
	u32 src = roll(g, 10);

	if (chance(g, 60) || g->env.reg[src].type == G_NONE) {
		emit_movi(g, n, chance(g, 60) ? 0 : any_imm(g));
		num_set(g, n, 0);
	} else if (src != n) {
		emit_mov(g, n, src);
		g->env.reg[n] = g->env.reg[src];
	}
}

static void argument_mem(struct gen *g, u32 n, const struct arg_info *info, struct args *args)
{
	if (info->flags & ARG_OR_NULL && chance(g, 30)) {
		emit_movi(g, n, 0);
		args->size = 0;
		return;
	}
	args->size = info->flags & ARG_FIXED ? info->size : chance(g, 70) ? 4 * (1 + roll(g, 8)) : 1 + roll(g, 100);
	arg_mem(g, n, args->size, !(info->flags & ARG_UNINIT));
}

/* Returns false when there is nothing of the kind. */
static bool argument(struct gen *g, u32 n, enum helper_arg kind, const struct helper *helper, struct args *args)
{
	const struct both_map *map = &g->prog->map[args->map];
	const struct arg_info *info;

	if (slip(g)) {
		/* Something else. */
		if (chance(g, 30))
			return true;
		kind = chance(g, 50) ? ARG_ANYTHING : chance(g, 50) ? ARG_CTX : ARG_MEM;
	}
	info = &helper_arg_info[kind];
	switch ((int)info->base) {
	case ARG_IS_CTX:
		if (!arg_ctx(g, n))
			return false;
		break;
	case ARG_IS_MAP:
		args->map = map_for(g, helper);
		emit_imm64(g, INSN_LD_MAP_FD, n, args->map, 0);
		g->env.reg[n] = (struct gval){ .type = G_MAP, .map = (u8)args->map };
		break;
	case ARG_IS_KEY:
		arg_mem(g, n, map->key_size, true);
		break;
	case ARG_IS_VALUE:
		if (info->flags & ARG_OR_NULL && chance(g, 40))
			emit_movi(g, n, 0);
		else
			arg_mem(g, n, map->value_size, !(info->flags & ARG_UNINIT));
		break;
	case ARG_IS_MEM:
		argument_mem(g, n, info, args);
		break;
	case ARG_IS_SIZE:
		arg_size(g, n, args->size, info->flags & ARG_ZERO_OK);
		break;
	case ARG_IS_ALLOC_SIZE:
		emit_movi(g, n, 8 + (s32)roll(g, 56));
		break;
	default:
		arg_any(g, n);
		break;
	}
	g->keep |= 1u << n;
	return true;
}

static void after_call(struct gen *g, const struct helper *helper)
{
	env_call_lost(g);
	if (helper->flags & HELPER_MOVES_PACKET)
		packet_lost(g);
	if (helper->ret == RET_INTEGER)
		num_unknown(g, 0, 64);
	if (slip(g))
		g->env.reg[1 + roll(g, 5)].type = G_NUM;
}

/* ---- helpers ---- */

/* Are its arguments such as argument() makes? The others have statements of their own. */
static bool simple(const struct helper *helper)
{
	const u64 known = 1ull << BPF_MAP_TYPE_RINGBUF | 1ull << BPF_MAP_TYPE_ARRAY;

	for (u32 i = 0; i < 5; i++) {
		u8 base = helper_arg(helper, i)->base;

		if (base > ARG_IS_ALLOC_SIZE || (base == ARG_IS_MAP && !(helper->map_types & known)))
			return false;
	}
	return helper->id != BPF_FUNC_map_lookup_elem && !(helper->flags & HELPER_ACQUIRES) && helper->id != 181;
}

static const struct helper *pick_helper(struct gen *g)
{
	u32 who = helper_who_of(g->prog->type);
	bool moves = !g->current || g->func[g->current].moves;

	for (u32 tries = 0; tries < 60; tries++) {
		u32 id = 1 + roll(g, 211);
		const struct helper *helper = helper_find(id, who);

		if (!helper || (!(helper->who & who) && !slip(g)) || helper->flags & HELPER_TAIL_CALL)
			continue;
		if ((helper->flags & HELPER_GPL && g->prog->proprietary && !slip(g)) ||
		    (helper->flags & HELPER_MOVES_PACKET && !moves && !slip(g)))
			continue;
		if ((!simple(helper) && roll(g, 20)) || (!helper->fn && chance(g, 70)))
			continue;
		return helper;
	}
	return NULL;
}

void st_helper(struct gen *g)
{
	const struct helper *helper = pick_helper(g);
	struct args args = { 0 };
	u32 keep = g->keep;

	if (!helper || g->keep & 0x3f || (g->env.locked && !slip(g)))
		return;
	for (u32 i = 0; i < 5 && helper->arg[i] != ARG_NONE; i++)
		if (!argument(g, 1 + i, helper->arg[i], helper, &args)) {
			g->keep = keep;
			return;
		}
	g->keep = keep;
	emit(g, INSN_CALL_HELPER, false, 0, 0, 0, slip(g) ? (s32)roll(g, 220) : (s32)helper->id);
	after_call(g, helper);
	if (g->env.reg[0].type == G_NUM && chance(g, 30)) {
		int saved = pick_saved(g);

		if (saved >= 0) {
			emit_mov(g, (u32)saved, 0);
			g->env.reg[saved] = g->env.reg[0];
		}
	}
}

/* Everything that is a copy of @v is no NULL. */
static void not_null(struct gen *g, u32 id, bool lost)
{
	for (u32 n = 0; n < 10 + GEN_SLOTS; n++) {
		struct gval *v = n < 10 ? &g->env.reg[n] : &g->env.slot[n - 10];

		if (v->type <= G_NUM || v->id != id)
			continue;
		v->null = false;
		if (lost)
			v->type = G_NONE;
	}
}

void null_check(struct gen *g, u32 reg, u32 refs)
{
	bool wide = chance(g, 97), taken = chance(g, 50);
	u32 jump, over, id = g->env.reg[reg].id;
	struct genv before;

	if (slip(g))
		return;
	if (slip(g))
		reg = roll(g, 10);
	if (taken) {
		jump = emit(g, wide ? INSN_JNE64 : INSN_JNE32, false, reg, 0, 0, slip(g));
	} else {
		over = emit(g, wide ? INSN_JEQ64 : INSN_JEQ32, false, reg, 0, 0, 0);
		jump = emit(g, INSN_JA, false, 0, 0, 0, 0);
		land(g, over);
	}
	before = g->env;
	g->env.refs &= ~refs;
	not_null(g, id, true);
	leave(g);
	g->env = before;
	land(g, jump);
	not_null(g, id, false);
}

void st_lookup(struct gen *g)
{
	const struct helper *helper = helper_find(1, helper_who_of(g->prog->type));
	struct args args = { .map = any_map(g) };
	u32 keep = g->keep, reg = 0;
	int saved;

	if (!helper || g->keep & 0x3f || (g->env.locked && !slip(g)))
		return;
	if (!argument(g, 1, ARG_CONST_MAP_PTR, helper, &args) || !argument(g, 2, ARG_MAP_KEY, helper, &args)) {
		g->keep = keep;
		return;
	}
	g->keep = keep;
	emit(g, INSN_CALL_HELPER, false, 0, 0, 0, 1);
	env_call_lost(g);
	g->env.reg[0] = (struct gval){ .type = G_VALUE, .null = true, .map = (u8)args.map, .id = ++g->ids };
	saved = chance(g, 50) ? pick_saved(g) : -1;
	if (saved >= 0) {
		emit_mov(g, (u32)saved, 0);
		g->env.reg[saved] = g->env.reg[0];
		if (chance(g, 50))
			reg = (u32)saved;
	}
	if (chance(g, 90))
		null_check(g, reg, 0);
	if (!g->env.reg[reg].null || slip(g))
		access_at(g, reg, 0, (s32)g->prog->map[args.map].value_size,
			  !(g->prog->map[args.map].flags & BPF_F_RDONLY_PROG) || slip(g));
}

/* ---- what must be given back ---- */

static bool release(struct gen *g, u32 ref)
{
	bool sock;

	for (u32 n = 0; n < 10 + GEN_SLOTS; n++) {
		const struct gval *v = n < 10 ? &g->env.reg[n] : &g->env.slot[n - 10];

		if ((v->type != G_RECORD && v->type != G_SOCK) || v->ref != ref + 1 || v->null || v->off)
			continue;
		sock = v->type == G_SOCK;
		if (n < 10)
			emit_mov(g, 1, n);
		else
			emit(g, INSN_LDX_DW, false, 1, 10, -8 * (s32)(n - 9), 0);
		if (slip(g))
			emit(g, INSN_ADD64, false, 1, 0, 0, 8);
		emit_movi(g, 2, (s32)roll(g, 3));
		emit(g, INSN_CALL_HELPER, false, 0, 0, 0, sock ? 86 : chance(g, 50) ? 132 : 133);
		env_call_lost(g);
		return true;
	}
	return false;
}

static void unlock(struct gen *g)
{
	emit_imm64(g, INSN_LD_MAP_VALUE, 1, g->env.lock_map, 4);
	emit(g, INSN_CALL_HELPER, false, 0, 0, 0, 94);
	env_call_lost(g);
	g->env.locked = false;
}

void release_all(struct gen *g, u32 refs)
{
	if (g->env.locked && !slip(g))
		unlock(g);
	for (u32 ref = 0; ref < GEN_REFS; ref++) {
		if (!(refs >> ref & 1) || slip(g))
			continue;
		release(g, ref);
		g->env.refs &= ~(1u << ref);
		for (u32 n = 0; n < 10 + GEN_SLOTS && !slip(g); n++) {
			struct gval *v = n < 10 ? &g->env.reg[n] : &g->env.slot[n - 10];

			if ((v->type == G_RECORD || v->type == G_SOCK) && v->ref == ref + 1)
				v->type = G_NONE;
		}
	}
}

void st_record(struct gen *g)
{
	const struct both_map map = { .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096 };
	u32 ref = 0, size = 8 + roll(g, 56), keep = g->keep;
	int saved = pick_saved(g);

	while (g->env.refs >> ref & 1)
		ref++;
	if (ref >= GEN_REFS || g->keep & 0x3f || saved < 0 || g->env.locked)
		return;
	emit_imm64(g, INSN_LD_MAP_FD, 1, new_map(g, &map), 0);
	emit_movi(g, 2, (s32)size);
	emit_movi(g, 3, 0);
	emit(g, INSN_CALL_HELPER, false, 0, 0, 0, 131);
	env_call_lost(g);
	g->env.refs |= 1u << ref;
	g->env.reg[0] = (struct gval){ .type = G_RECORD, .null = true, .ref = (u8)(ref + 1), .id = ++g->ids, .size = size };
	emit_mov(g, (u32)saved, 0);
	g->env.reg[saved] = g->env.reg[0];
	null_check(g, chance(g, 50) ? 0 : (u32)saved, 1u << ref);
	g->keep |= 1u << saved;
	access_at(g, (u32)saved, 0, (s32)size, true);
	/* Given back here, or much later. */
	if (chance(g, 60)) {
		block(g, roll(g, 4));
		release_all(g, g->env.refs & 1u << ref);
	}
	g->keep = keep;
}

void st_lock(struct gen *g)
{
	const struct both_map map = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16, .max_entries = 1,
				      .value_type = TYPE_VAL_LOCK };
	u32 n;

	if (g->keep & 0x3f || ((g->env.locked || g->prog->type == BPF_PROG_TYPE_SOCKET_FILTER) && !slip(g)))
		return;
	n = new_map(g, &map);
	emit_imm64(g, INSN_LD_MAP_VALUE, 1, n, slip(g) ? 8 * roll(g, 2) : 4);
	emit(g, INSN_CALL_HELPER, false, 0, 0, 0, 93);
	env_call_lost(g);
	g->env.locked = true;
	g->env.lock_map = (u8)n;
	for (u32 i = 0; i < roll(g, 3); i++) {
		if (chance(g, 50))
			st_alu(g);
		else
			st_value(g);
	}
	if (g->env.locked && !slip(g))
		unlock(g);
}

void st_tail(struct gen *g)
{
	const struct both_map map = { .type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 4 };

	if (g->keep & 0x3f || g->env.locked || (g->env.refs && !slip(g)) || g->func[g->current].callback)
		return;
	if (g->current)
		g->btf = true;
	if (!arg_ctx(g, 1))
		return;
	emit_imm64(g, INSN_LD_MAP_FD, 2, slip(g) ? any_map(g) : new_map(g, &map), 0);
	if (chance(g, 50))
		emit_movi(g, 3, (s32)roll(g, 5));
	else
		make_num(g, 3);
	emit(g, INSN_CALL_HELPER, false, 0, 0, 0, 12);
	env_call_lost(g);
}

/* ---- functions ---- */

/* The argument @letter in register @n, and what the function sees of it. */
static void func_arg(struct gen *g, u32 n, char letter, struct gval *seen)
{
	u32 size = letter == 'P' || letter == 'N' ? 16 : 4;

	switch (letter) {
	case 'c': case 'x':
		if (!arg_ctx(g, n))
			emit_movi(g, n, 0);
		*seen = (struct gval){ .type = G_CTX };
		break;
	case 'p': case 'P': case 'n': case 'N':
		if ((letter == 'p' || letter == 'P') && chance(g, 20))
			emit_movi(g, n, 0);
		else
			arg_mem(g, n, size, true);
		*seen = (struct gval){ .type = G_RECORD, .size = size, .null = letter == 'p' || letter == 'P', .id = ++g->ids };
		break;
	default:
		if (slip(g))
			arg_any(g, n);
		else
			make_num(g, n);
		*seen = g->env.reg[n];
	}
	g->keep |= 1u << n;
}

static char any_letter(struct gen *g)
{
	static const char letters[] = "iilluhcccpPnN";
	char letter = letters[roll(g, sizeof(letters) - 1)];

	return letter == 'c' && g->prog->type == BPF_PROG_TYPE_XDP ? 'x' : letter;
}

static int new_func(struct gen *g, const char *linkage, u32 args, bool callback)
{
	struct gfunc *func = &g->func[g->func_count];
	u32 len;

	if (g->func_count == BOTH_FUNCS)
		return -1;
	*func = (struct gfunc){ .args = args, .callback = callback, .moves = chance(g, 20) };
	len = (u32)snprintf(func->text, sizeof(func->text), "%s", linkage);
	for (u32 i = 0; i < args; i++)
		func->text[len++] = any_letter(g);
	return (int)g->func_count++;
}

static void call_patch(struct gen *g, u32 insn, u32 func)
{
	if (g->patches < ARRAY_SIZE(g->patch))
		g->patch[g->patches++] = (struct gen_patch){ insn, func };
}

void st_call(struct gen *g)
{
	u32 keep = g->keep;
	bool global = chance(g, 35), fresh = false;
	int f = -1;
	struct gfunc *func;

	if (g->keep & 0x3f || (g->env.locked && !slip(g)) || g->patches == ARRAY_SIZE(g->patch))
		return;
	/* One that is called already, mostly of those to come: no recursion. */
	if (g->func_count > g->current + 1 && chance(g, 50))
		f = (int)(g->current + 1 + roll(g, g->func_count - g->current - 1));
	if (f >= 0 && g->func[f].callback)
		f = -1;
	if (slip(g))
		f = (int)roll(g, g->func_count);
	if (f < 0) {
		bool clamp = !global && chance(g, 25);

		f = new_func(g, global ? "Gi" : clamp ? "Sll" : "Si", clamp ? 0 : roll(g, 4), false);
		fresh = true;
		if (f >= 0 && clamp) {
			g->func[f].args = 1;
			g->func[f].clamp = 1 + roll(g, 60);
			g->func[f].moves = false;
		}
	}
	if (f < 0)
		return;
	func = &g->func[f];
	g->btf |= func->text[0] == 'G';
	for (u32 i = 0; i < func->args; i++) {
		struct gval seen;

		func_arg(g, 1 + i, func->text[2 + i], &seen);
		if (fresh)
			func->arg[1 + i] = seen;
	}
	g->keep = keep;
	call_patch(g, emit(g, INSN_CALL_LOCAL, false, 0, 0, 0, 0), (u32)f);
	env_call_lost(g);
	if (func->moves)
		packet_lost(g);
	num_unknown(g, 0, 32);
	for (u32 k = 0; func->clamp && k < SAMPLES; k++)
		g->env.reg[0].s[k] %= func->clamp + 3;
	if (func->clamp && chance(g, 70))
		var_use(g, 0);
}

/* bpf_loop() and bpf_for_each_map_elem(). */
void st_loop_call(struct gen *g)
{
	bool each = chance(g, 40);
	struct gval shared = { .type = G_NUM };
	int f;
	u32 n;

	if (g->keep & 0x3f || g->env.locked || g->patches == ARRAY_SIZE(g->patch))
		return;
	f = new_func(g, each ? "SlVVVV" : "SllV", 0, true);
	if (f < 0)
		return;
	g->btf = true;
	g->func[f].callback_max = 1;
	if (chance(g, 70)) {
		u32 size = 8 * (1 + roll(g, 3));

		arg_stack(g, 3, size, true);
		shared = (struct gval){ .type = G_RECORD, .size = size };
	} else {
		emit_movi(g, 3, 0);
	}
	g->keep |= 1u << 3;
	if (each) {
		n = any_map(g);
		emit_imm64(g, INSN_LD_MAP_FD, 1, n, 0);
		g->func[f].args = 4;
		g->func[f].arg[1] = (struct gval){ .type = G_MAP, .map = (u8)n };
		g->func[f].arg[2] = (struct gval){ .type = G_RECORD, .size = g->prog->map[n].key_size };
		g->func[f].arg[3] = (struct gval){ .type = G_VALUE, .map = (u8)n };
		g->func[f].arg[4] = shared;
	} else {
		make_num(g, 1);
		g->func[f].args = 2;
		g->func[f].arg[1] = (struct gval){ .type = G_NUM };
		g->func[f].arg[2] = shared;
		if (chance(g, 70))
			bound(g, 1, 100);
	}
	g->keep &= ~(1u << 3);
	call_patch(g, g->count, (u32)f);
	emit_imm64(g, INSN_LD_FUNC, 2, 0, 0);
	emit_movi(g, 4, slip(g));
	emit(g, INSN_CALL_HELPER, false, 0, 0, 0, each ? 164 : 181);
	env_call_lost(g);
	if (g->func[f].moves)
		packet_lost(g);
	num_unknown(g, 0, 64);
	/* The callback may have written there. */
	for (u32 i = 0; i < GEN_SLOTS; i++)
		g->env.slot[i].type = g->env.slot[i].type == G_NUM ? G_NONE : g->env.slot[i].type;
}

bool callback_arg(struct gen *g, u32 n, u32 map)
{
	int f = new_func(g, "SiVVV", 0, true);

	if (f < 0)
		return false;
	g->btf = true;
	g->func[f].args = 3;
	g->func[f].arg[1] = (struct gval){ .type = G_MAP, .map = (u8)map };
	g->func[f].arg[2] = (struct gval){ .type = G_RECORD, .size = g->prog->map[map].key_size };
	g->func[f].arg[3] = (struct gval){ .type = G_VALUE, .map = (u8)map };
	call_patch(g, g->count, (u32)f);
	emit_imm64(g, INSN_LD_FUNC, n, 0, 0);
	return true;
}

/* What bounds its argument. */
static void write_clamp(struct gen *g, u32 max)
{
	emit_mov(g, 0, 1);
	g->env.reg[0] = g->env.reg[1];
	bound(g, 0, max);
	if (chance(g, 30))
		emit(g, INSN_ADD64, false, 0, 0, 0, (s32)roll(g, 4));
	emit(g, INSN_EXIT, false, 0, 0, 0, 0);
}

void write_functions(struct gen *g)
{
	for (u32 f = 1; f < g->func_count; f++) {
		for (u32 i = 0; i < g->patches; i++)
			if (g->patch[i].func == f)
				g->insns[g->patch[i].insn].imm = (s32)g->count - (s32)g->patch[i].insn - 1;
		memset(&g->env, 0, sizeof(g->env));
		g->current = f;
		g->env.alive = ALL_ALIVE;
		g->env.reg[10].type = G_STACK;
		g->keep = 1u << 10;
		g->stack = 8 * (1 + roll(g, 20));
		for (u32 n = 1; n <= g->func[f].args && n < 6; n++)
			g->env.reg[n] = g->func[f].arg[n];
		if (g->func[f].clamp) {
			num_unknown(g, 1, 64);
			write_clamp(g, g->func[f].clamp);
			continue;
		}
		g->budget = 1 + roll(g, 8);
		block(g, g->budget);
		leave(g);
	}
	if (!g->btf && !chance(g, 30))
		return;
	for (u32 f = 0; f < g->func_count; f++)
		strcpy(g->prog->func[f], g->func[f].text);
	g->prog->func_count = g->func_count;
}
