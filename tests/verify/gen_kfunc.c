// SPDX-License-Identifier: BSD-2-Clause
/* gen_kfunc.c - kernel functions in generated programs: iterators, dynptrs of the packet, sections, strings. They
 * are called by the number of their row (../run/kfunc_ids.h). See gen_env.h. */
#include "gen_env.h"

#include "helper/kfunc.h"

static void kfunc(struct gen *g, enum kfunc_id id)
{
	emit(g, INSN_CALL_KFUNC, false, 0, 0, 0, (s32)(slip(g) ? roll(g, KFUNC_COUNT) : id) + 1);
	env_call_lost(g);
	if (kfunc_row(id)->ret != KRET_VOID)
		num_unknown(g, 0, kfunc_row(id)->ret == KRET_BOOL ? 1 : 32);
}

static void stack_arg(struct gen *g, u32 n, s32 off)
{
	emit_mov(g, n, 10);
	emit(g, INSN_ADD64, false, n, 0, 0, slip(g) ? off - 8 + 16 * (s32)roll(g, 2) : off);
}

static bool callable(const struct gen *g, s32 off)
{
	return !(g->keep & 0x3f) && !g->env.locked && off >= -512 && off <= -8 && !(off & 7);
}

/* for (i = start; i < end; i++), by an iterator on the stack. */
void st_iter(struct gen *g)
{
	s32 off = -8 * (s32)(g->stack / 8 + 1 + (u32)roll(g, 3));
	u32 start, null, out = 0, keep = g->keep, stack = g->stack;
	struct genv before;

	if (!callable(g, off) || g->loops > 1 || g->depth > 4)
		return;
	stack_arg(g, 1, off);
	if (chance(g, 60))
		emit_movi(g, 2, (s32)roll(g, 5));
	else
		make_num(g, 2);
	g->keep |= 6;
	if (chance(g, 60))
		emit_movi(g, 3, (s32)roll(g, 1000));
	else
		make_num(g, 3);
	g->keep = keep;
	kfunc(g, KFUNC_bpf_iter_num_new);
	before = g->env;
	start = g->count;
	stack_arg(g, 1, off);
	kfunc(g, KFUNC_bpf_iter_num_next);
	null = emit(g, INSN_JEQ64, false, 0, 0, 0, 0);
	if (chance(g, 60)) {
		int dst = pick_saved(g);

		if (dst >= 0) {
			emit(g, INSN_LDX_W, false, (u32)dst, 0, slip(g) ? 4 : 0, 0);
			num_unknown(g, (u32)dst, 32);
		}
	}
	g->loops++;
	g->depth++;
	loop_body(g);
	if (chance(g, 30)) {
		struct gcond c = cond(g);

		out = c.insn;
	}
	g->loops--;
	g->depth--;
	go_back(g, emit(g, INSN_JA, false, 0, 0, 0, 0), start);
	land(g, null);
	if (out)
		land(g, out);
	env_join(g, &before);
	for (u32 n = 0; n < 6; n++)
		g->env.reg[n].type = G_NONE;
	g->stack = stack;
	if (slip(g))
		return;
	stack_arg(g, 1, off);
	kfunc(g, KFUNC_bpf_iter_num_destroy);
	g->env.reg[0].type = G_NONE;
}

static void slice(struct gen *g, s32 off)
{
	bool writes = g->prog->type != BPF_PROG_TYPE_SOCKET_FILTER && chance(g, 40);
	u32 size = 1 + roll(g, 24), keep = g->keep;

	stack_arg(g, 1, off);
	if (chance(g, 70))
		emit_movi(g, 2, (s32)roll(g, 60));
	else
		make_num(g, 2);
	g->keep |= 6;
	if (chance(g, 50)) {
		arg_stack(g, 3, size, true);
	} else {
		emit_movi(g, 3, 0);
	}
	g->keep = keep;
	emit_movi(g, 4, (s32)size + (slip(g) ? 1 : 0));
	kfunc(g, writes ? KFUNC_bpf_dynptr_slice_rdwr : KFUNC_bpf_dynptr_slice);
	g->env.reg[0] = (struct gval){ .type = G_RECORD, .null = true, .id = ++g->ids, .size = size };
	null_check(g, 0, 0);
	access_at(g, 0, 0, (s32)size, writes || slip(g));
}

/* A dynptr of the packet. */
void st_packet_dynptr(struct gen *g)
{
	s32 off = stack_room(g, 16, 8), copy = off - 16;
	bool xdp = g->prog->type == BPF_PROG_TYPE_XDP;

	if (!callable(g, off) || copy < -512 || !arg_ctx(g, 1))
		return;
	emit_movi(g, 2, slip(g));
	stack_arg(g, 3, off);
	kfunc(g, xdp ? KFUNC_bpf_dynptr_from_xdp : chance(g, 90) || g->prog->type == BPF_PROG_TYPE_SOCKET_FILTER
		 ? KFUNC_bpf_dynptr_from_skb : KFUNC_bpf_dynptr_from_skb_meta);
	stack_touch(g, off, 16);
	for (u32 i = 0; i < 1 + roll(g, 3); i++) {
		switch (roll(g, 6)) {
		case 0: case 1: case 2:
			slice(g, off);
			break;
		case 3:
			stack_arg(g, 1, off);
			emit_movi(g, 2, (s32)roll(g, 8));
			emit_movi(g, 3, (s32)roll(g, 64));
			kfunc(g, KFUNC_bpf_dynptr_adjust);
			break;
		case 4:
			stack_arg(g, 1, off);
			kfunc(g, chance(g, 50) ? KFUNC_bpf_dynptr_size : KFUNC_bpf_dynptr_is_null);
			break;
		default:
			stack_arg(g, 1, off);
			stack_arg(g, 2, copy);
			kfunc(g, KFUNC_bpf_dynptr_clone);
			stack_touch(g, copy, 16);
			slice(g, copy);
			stack_touch(g, copy, 16);
			break;
		}
	}
	/* The packet moves, and slices are lost. */
	if (slip(g) && arg_ctx(g, 1)) {
		emit_movi(g, 2, 0);
		emit(g, INSN_CALL_HELPER, false, 0, 0, 0, 39);
		env_call_lost(g);
	}
	stack_touch(g, off, 16);
}

void st_section(struct gen *g)
{
	s32 off = -8 * (s32)(g->stack / 8 + 1);
	u32 kind = roll(g, 3), refs = g->env.refs;
	static const u8 begins[] = { KFUNC_bpf_rcu_read_lock, KFUNC_bpf_preempt_disable, KFUNC_bpf_local_irq_save };
	static const u8 ends[] = { KFUNC_bpf_rcu_read_unlock, KFUNC_bpf_preempt_enable, KFUNC_bpf_local_irq_restore };
	u32 budget = g->budget;

	if (!callable(g, off))
		return;
	if (kind == 2)
		stack_arg(g, 1, off);
	kfunc(g, begins[kind]);
	/* Nothing that leaves: the section would stay open. */
	for (u32 i = 0; i < roll(g, 3); i++) {
		if (chance(g, 30))
			st_helper(g);
		else if (chance(g, 30))
			st_section(g);
		else
			st_alu(g);
	}
	g->budget = budget;
	release_all(g, g->env.refs & ~refs);
	if (slip(g))
		return;
	if (kind == 2)
		stack_arg(g, 1, off);
	kfunc(g, ends[kind]);
}

void st_string(struct gen *g)
{
	enum kfunc_id id = KFUNC_bpf_strcmp + roll(g, KFUNC_bpf_strnstr - KFUNC_bpf_strcmp + 1);
	u32 keep = g->keep;

	if (!callable(g, -8))
		return;
	for (u32 n = 1; n <= 3; n++) {
		u8 kind = kfunc_row(id)->arg[n - 1];

		if (kind == KARG_STRING && chance(g, 80))
			arg_mem(g, n, 8, true);
		else if (kind != KARG_NONE)
			make_num(g, n);
		g->keep |= 1u << n;
	}
	g->keep = keep;
	kfunc(g, id);
}
