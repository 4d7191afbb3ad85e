// SPDX-License-Identifier: BSD-2-Clause
/* flow.c - the instructions before the walk: what each one is, where functions are, where paths meet.
 *
 * isa/check.c has already said that every jump and call lands on an instruction inside the program.
 * States are compared (MARK_PRUNE) where paths meet and at jumps; kept always (MARK_CHECKPOINT) where
 * a loop can only be left because two states are equal: iterators, callbacks, may_goto.
 */
#include <errno.h>
#include <stdlib.h>

#include "verify/concerns.h"

static u32 target(const struct verifier *v, u32 i)
{
	const struct bpf_insn *insn = &v->insns[i];

	return i + 1 + (u32)(v->facts[i].id == INSN_GOTOL ? insn->imm : insn->off);
}

static u32 called(const struct verifier *v, u32 i)
{
	return i + 1 + (u32)v->insns[i].imm;
}

int flow_func_at(const struct verifier *v, u32 insn)
{
	u32 low = 0, high = v->func_count;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (v->funcs[mid].start < insn)
			low = mid + 1;
		else
			high = mid;
	}
	return low < v->func_count && v->funcs[low].start == insn ? (int)low : -1;
}

static int decode_all(struct verifier *v)
{
	struct insn_op op;

	for (u32 i = 0; i < v->count; i += op.slots) {
		if (insn_decode(&v->insns[i], v->count - i, i, &op, NULL) && !op.late)
			return reject(v, -EINVAL, REASON_INTERNAL, -1, "instruction %u is none", i);
		v->facts[i].id = (u8)op.id;
		v->facts[i].reg = op.reg;
		v->facts[i].late = op.late == LATE_FORM;
		v->facts[i].slots = op.slots;
	}
	return 0;
}

static int find_functions(struct verifier *v)
{
	u32 count;
	u8 *starts = prog_function_starts(v->insns, v->count, &count);
	u32 func = 0;

	if (!starts)
		return reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for functions");
	v->funcs = calloc(count, sizeof(*v->funcs));
	for (u32 i = 0; v->funcs && i < v->count; i++) {
		if (starts[i]) {
			func = v->func_count++;
			v->funcs[func].start = i;
		}
		v->funcs[func].end = i + 1;
		v->facts[i].func = (u16)func;
	}
	free(starts);
	return v->funcs ? 0 : reject(v, -ENOMEM, REASON_INTERNAL, -1, "no memory for functions");
}

static void mark_call(struct verifier *v, u32 i)
{
	const struct bpf_insn *insn = &v->insns[i];
	struct func *func = &v->funcs[v->facts[i].func];
	u8 marks = v->facts[i].id == INSN_CALL_KFUNC ? kfunc_marks(v, i) : call_marks(v, insn);

	v->facts[i].marks |= marks;
	if (marks & MARK_CHECKPOINT)
		v->facts[i].marks |= MARK_PRUNE;
	if (marks & MARK_CALLBACK)
		v->facts[i].marks |= MARK_JUMP;
	v->facts[i + 1].marks |= MARK_PRUNE | MARK_JUMP;
	if (v->facts[i].id == INSN_CALL_LOCAL)
		v->facts[called(v, i)].marks |= MARK_PRUNE | MARK_JUMP;
	if (v->facts[i].id == INSN_CALL_HELPER && insn->imm == BPF_FUNC_tail_call)
		func->tail_call = true;
}

static void mark(struct verifier *v, u32 i)
{
	switch ((enum insn_shape)insn_info[v->facts[i].id].shape) {
	case SHAPE_JA:
		v->facts[target(v, i)].marks |= MARK_PRUNE | MARK_JUMP;
		break;
	case SHAPE_MAY_GOTO:
		v->facts[i].marks |= MARK_CHECKPOINT;
		v->funcs[v->facts[i].func].may_goto = true;
		/* fallthrough */
	case SHAPE_JCOND:
		v->facts[i].marks |= MARK_PRUNE;
		v->facts[target(v, i)].marks |= MARK_PRUNE | MARK_JUMP;
		break;
	case SHAPE_CALL:
		mark_call(v, i);
		break;
	case SHAPE_LD_IMM64:
		if (v->facts[i].id != INSN_LD_FUNC)
			break;
		v->funcs[flow_func_at(v, called(v, i))].callback = true;
		v->facts[called(v, i)].marks |= MARK_PRUNE | MARK_JUMP;
		break;
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		v->funcs[v->facts[i].func].ld_abs = true;
		break;
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
		break;
	}
}

/* What a function does, those that it calls do as well. */
static void spread(struct verifier *v)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 i = 0; i < v->count; i += v->facts[i].slots) {
			struct func *from, *to;

			if (v->facts[i].id != INSN_CALL_LOCAL && v->facts[i].id != INSN_LD_FUNC)
				continue;
			to = &v->funcs[v->facts[i].func];
			from = &v->funcs[flow_func_at(v, called(v, i))];
			if ((from->moves_packet && !to->moves_packet) ||
			    (from->might_sleep && !to->might_sleep)) {
				to->moves_packet |= from->moves_packet;
				to->might_sleep |= from->might_sleep;
				changed = true;
			}
		}
	}
}

int flow_learn(struct verifier *v)
{
	int err = decode_all(v);

	if (!err)
		err = find_functions(v);
	if (!err)
		err = kfunc_learn(v);
	for (u32 i = 0; !err && i < v->count; i += v->facts[i].slots)
		mark(v, i);
	if (!err)
		spread(v);
	return err;
}
