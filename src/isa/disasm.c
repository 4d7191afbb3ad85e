// SPDX-License-Identifier: BSD-2-Clause
/* disasm.c - an instruction as text, in the syntax of Linux's disassembler (kernel/bpf/disasm.c).
 *
 * What bpftool and the verifier's log print after the "(b7) " of the opcode byte: `r1 += 5`,
 * `if w1 s> 0x5 goto pc+3`, `r1 = *(u32 *)(r6 +4)`. Not here: numbering, jump labels, the names of
 * helpers, functions and maps (the caller's, through struct insn_names).
 *
 * Linux prints every 64-bit constant as a number. What is not a plain number is written so that it
 * can be read back, as bpftool does where it does: `map[fd:3]`, `map[fd:3][0]+8`, `map[idx:0]`,
 * `subprog[+5]`, `btf[id:7]`. A kernel function of a module: `call kernel-function#7 btf 1`.
 * Invariant: asm.c makes the same instruction of what is printed here without names.
 */
#include "isa/insn.h"

struct text {
	struct log out;
	const struct bpf_insn *insn;
	const struct insn_info *row;
	const struct insn_names *names;
	enum insn_id id;
	bool reg;
};

/* Registers of 32-bit operations are called w. */
static char register_letter(const struct text *t)
{
	return t->row->width == 32 ? 'w' : 'r';
}

static void text_alu(struct text *t)
{
	char c = register_letter(t);

	if (t->reg)
		log_add(&t->out, "%c%u %s %c%u", c, t->insn->dst_reg, t->row->text, c,
			t->insn->src_reg);
	else
		log_add(&t->out, "%c%u %s %d", c, t->insn->dst_reg, t->row->text, t->insn->imm);
}

static void text_condition(struct text *t)
{
	char c = register_letter(t);

	log_add(&t->out, "if %c%u %s ", c, t->insn->dst_reg, t->row->text);
	if (t->reg)
		log_add(&t->out, "%c%u", c, t->insn->src_reg);
	else
		log_add(&t->out, "0x%x", t->insn->imm);
	log_add(&t->out, " goto pc%+d", t->insn->off);
}

static const char *width_name(u8 width)
{
	return width == 8 ? "u8" : width == 16 ? "u16" : width == 32 ? "u32" : "u64";
}

static void text_place(struct text *t, u32 base)
{
	log_add(&t->out, "(%s *)(r%u %+d)", width_name(t->row->width), base, t->insn->off);
}

static void text_atomic(struct text *t)
{
	const struct bpf_insn *insn = t->insn;
	const char *name = t->row->text, *bits = t->row->width == 64 ? "64" : "";

	if (t->row->flags & F_LOAD) {
		log_add(&t->out, "r%u = %s(", insn->dst_reg, name);
		text_place(t, insn->src_reg);
		log_add(&t->out, ")");
		return;
	}
	if (t->row->flags & F_STORE) {
		log_add(&t->out, "%s(", name);
	} else if (t->row->flags & F_FETCH) {
		bool compare = t->id == INSN_CMPXCHG_W || t->id == INSN_CMPXCHG_DW;

		log_add(&t->out, "r%u = atomic%s_%s(", compare ? 0 : insn->src_reg, bits, name);
		text_place(t, insn->dst_reg);
		log_add(&t->out, "%s, r%u)", compare ? ", r0" : "", insn->src_reg);
		return;
	} else {
		log_add(&t->out, "lock *");
		text_place(t, insn->dst_reg);
		log_add(&t->out, " %s r%u", name, insn->src_reg);
		return;
	}
	text_place(t, insn->dst_reg);
	log_add(&t->out, ", r%u)", insn->src_reg);
}

/* Let @fn add a name; false: it has none. */
static bool text_named(struct text *t, int (*fn)(void *, const struct bpf_insn *, char *, size_t))
{
	char name[128] = "";
	int len = fn ? fn(t->names->ctx, t->insn, name, sizeof(name)) : 0;

	if (len <= 0)
		return false;
	name[sizeof(name) - 1] = '\0';
	log_add(&t->out, "%s", name);
	return true;
}

static void text_call(struct text *t)
{
	const struct bpf_insn *insn = t->insn;
	char name[128] = "";

	log_add(&t->out, "call ");
	if (t->id != INSN_CALL_HELPER) {
		if (t->names && text_named(t, t->names->call))
			return;
		if (t->id == INSN_CALL_LOCAL) {
			log_add(&t->out, "pc%+d", insn->imm);
			return;
		}
		log_add(&t->out, "kernel-function#%d", insn->imm);
		if (insn->off)
			log_add(&t->out, " btf %d", insn->off);
		return;
	}
	if (!t->names || !t->names->helper ||
	    t->names->helper(t->names->ctx, insn->imm, name, sizeof(name)) <= 0)
		memcpy(name, "unknown", sizeof("unknown"));
	name[sizeof(name) - 1] = '\0';
	log_add(&t->out, "%s#%d", name, insn->imm);
}

static void text_constant(struct text *t)
{
	const struct bpf_insn *insn = t->insn;

	log_add(&t->out, "r%u = ", insn->dst_reg);
	if (t->names && text_named(t, t->names->imm64))
		return;
	switch ((int)t->id) {
	case INSN_LD_MAP_FD:
		log_add(&t->out, "map[fd:%d]", insn->imm);
		return;
	case INSN_LD_MAP_VALUE:
		log_add(&t->out, "map[fd:%d][0]+%u", insn->imm, (u32)insn[1].imm);
		return;
	case INSN_LD_MAP_IDX:
		log_add(&t->out, "map[idx:%d]", insn->imm);
		return;
	case INSN_LD_MAP_IDX_VALUE:
		log_add(&t->out, "map[idx:%d][0]+%u", insn->imm, (u32)insn[1].imm);
		return;
	case INSN_LD_FUNC:
		log_add(&t->out, "subprog[%+d]", insn->imm);
		break;
	case INSN_LD_BTF_ID:
		log_add(&t->out, "btf[id:%d]", insn->imm);
		break;
	default:
		log_add(&t->out, "0x%llx", (unsigned long long)insn_imm64(insn));
		return;
	}
	if (insn[1].imm)
		log_add(&t->out, "[%d]", insn[1].imm);
}

static void text_shape(struct text *t)
{
	const struct bpf_insn *insn = t->insn;
	const char *name = t->row->text;
	char c = register_letter(t);

	switch ((enum insn_shape)t->row->shape) {
	case SHAPE_ALU:
	case SHAPE_MOV:
		text_alu(t);
		return;
	case SHAPE_NEG:
		log_add(&t->out, "%c%u = -%c%u", c, insn->dst_reg, c, insn->dst_reg);
		return;
	case SHAPE_MOVSX:
		log_add(&t->out, "%c%u %s%c%u", c, insn->dst_reg, name, c, insn->src_reg);
		return;
	case SHAPE_ENDIAN:
		log_add(&t->out, "r%u = %s r%u", insn->dst_reg, name, insn->dst_reg);
		return;
	case SHAPE_JA:
		log_add(&t->out, "%s pc%+d", name, t->row->width == 32 ? insn->imm : insn->off);
		return;
	case SHAPE_MAY_GOTO:
		log_add(&t->out, "%s pc%+d", name, insn->off);
		return;
	case SHAPE_JCOND:
		text_condition(t);
		return;
	case SHAPE_CALL:
		text_call(t);
		return;
	case SHAPE_EXIT:
		log_add(&t->out, "%s", name);
		return;
	case SHAPE_LDX:
		log_add(&t->out, "r%u = *(%s *)(r%u %+d)", insn->dst_reg, name, insn->src_reg,
			insn->off);
		return;
	case SHAPE_STX:
		log_add(&t->out, "*(%s *)(r%u %+d) = r%u", name, insn->dst_reg, insn->off,
			insn->src_reg);
		return;
	case SHAPE_ST:
		log_add(&t->out, "*(%s *)(r%u %+d) = %d", name, insn->dst_reg, insn->off,
			insn->imm);
		return;
	case SHAPE_ATOMIC:
		text_atomic(t);
		return;
	case SHAPE_LD_IMM64:
		text_constant(t);
		return;
	case SHAPE_LD_ABS:
		log_add(&t->out, "r0 = *(%s *)skb[%d]", name, insn->imm);
		return;
	case SHAPE_LD_IND:
		log_add(&t->out, "r0 = *(%s *)skb[r%u + %d]", name, insn->src_reg, insn->imm);
		return;
	}
}

int insn_text(const struct bpf_insn *insn, const struct insn_names *names, char *buf, size_t room)
{
	struct text t = { .insn = insn, .names = names, .id = insn_id_of(insn) };

	log_init(&t.out, buf, room);
	if (t.id == INSN_COUNT) {
		log_add(&t.out, "unknown opcode 0x%02x", insn->code);
		return (int)t.out.len;
	}
	t.row = &insn_info[t.id];
	t.reg = insn->code != t.row->code || !(t.row->flags & F_K);
	text_shape(&t);
	return (int)t.out.len;
}
