// SPDX-License-Identifier: BSD-2-Clause
/* translate.c - prog->insns and prog->final to the two arrays of ops, once, when a program is
 * loaded.
 *
 *   check      the program's shape (isa), helpers, constants that name maps
 *   translate  one op an instruction, walking once from the first to the last
 *
 * What the verifier noted chooses the handlers of a verified program. For others it guesses which
 * registers hold the context or R10, by looking at moves in the order of the text and at nothing
 * else. A guess chooses the faster of two handlers that both ask before they act; a wrong one costs
 * a nanosecond.
 *
 * Invariant: every op has a label; its target, where it has one, is an op of the same array.
 */
#include <errno.h>
#include <stdlib.h>

#include "helper/kfunc.h"
#include "object/btf.h"
#include "object/note.h"
#include "run/run.h"
#include "run/state.h"

enum guess { GUESS_NOTHING, GUESS_CTX, GUESS_FRAME };

struct translation {
	struct prog *prog;
	struct code *code;
	const void *const *labels;
	struct log *log;
	bool checked;           /* which of the two is being made */
	const struct bpf_insn *insns;
	const struct insn_note *notes;  /* of these, or NULL */
	u32 count;
	struct op *ops;
	u8 guess[11];
	u32 kind;               /* of the instruction's op */
	u32 load;               /* of the instruction before, when it loads @loaded; else OP_KINDS */
	u8 loaded;
	u32 result;             /* the same when it sets R0 to a constant: OP_RETURN32 or 64 */
	u32 at;                 /* instruction being translated */
	u32 helper_room;
};

static void code_free(struct code *code)
{
	free(code->helpers);
	free(code->starts);
	free(code->direct);
	free(code->plain);
	free(code->checked);
	free(code);
}

/* What the verifier found to be reached is asked about in prog->final. Linux does not look at the rest. */
static bool may_be_dead(const struct translation *t)
{
	return t->checked && t->prog->final;
}

static bool may_call(const struct translation *t, const struct helper *helper, u32 who)
{
	return helper && helper->fn && helper->who & who && (t->prog->gpl || !(helper->flags & HELPER_GPL));
}

/* Licence, program type and existence, in the order in which Linux looks. Clients find out which helpers
 * there are by the words "unknown func " in the log: libbpf_probe_bpf_helper(). */
static int check_helper(const struct translation *t, u32 id, const struct helper **out)
{
	u32 who = helper_who_of(t->prog->type);
	const struct helper *helper = helper_find(id, who);
	const char *name = helper_name(id);
	static const struct helper absent;

	*out = &absent;
	if (helper_is_poison(id) || (may_be_dead(t) && !may_call(t, helper, who)))
		return 0;
	if (!helper && !name)
		return log_error(t->log, -EINVAL, "instruction %u calls the unknown func #%u: there is no "
				 "such helper", t->at, id);
	if (!helper || !(helper->who & who))
		return log_error(t->log, -EINVAL, "instruction %u calls the unknown func bpf_%s#%u: it is "
				 "not for programs of this type", t->at, name, id);
	if (helper->flags & HELPER_GPL && !t->prog->gpl)
		return log_error(t->log, -EINVAL, "instruction %u calls bpf_%s (helper %u), which only "
				 "programs with a GPL-compatible licence may call, and the licence of "
				 "this program is not one", t->at, helper->name, id);
	if (!helper->fn)
		return log_error(t->log, -EOPNOTSUPP, "instruction %u calls the unknown func bpf_%s#%u: this "
				 "engine does not have it", t->at, name, id);
	*out = helper;
	return 0;
}

/* The same for functions that the engine's BTF names. */
static int check_kfunc(struct translation *t, const struct bpf_insn *insn, const struct helper **out)
{
	const struct btf *kernel = btf_of(t->prog->object.engine->kernel_btf);
	int id = insn->off ? -1 : kfunc_find(&kernel->view, (u32)insn->imm);
	u32 who = helper_who_of(t->prog->type);
	static const struct helper absent;

	*out = &absent;
	if (may_be_dead(t) && (id < 0 || !(kfunc_row((u32)id)->who & who)))
		return 0;
	if (id < 0)
		return log_error(t->log, -EINVAL, "instruction %u calls function %d of the kernel's types, "
				 "which is none", t->at, insn->imm);
	if (!t->prog->gpl)
		return log_error(t->log, -EINVAL, "instruction %u calls %s, which only programs with a "
				 "GPL-compatible licence may call", t->at, kfunc_row((u32)id)->name);
	if (!(kfunc_row((u32)id)->who & who))
		return log_error(t->log, -EACCES, "instruction %u calls %s, which is not for programs of "
				 "this type", t->at, kfunc_row((u32)id)->name);
	t->code->reads_any |= (kfunc_row((u32)id)->flags & KFUNC_READS_ANY) != 0;
	*out = kfunc_call((u32)id, who);
	return 0;
}

static int helper_place(struct translation *t, const struct helper *helper, s32 *place)
{
	struct code *code = t->code;

	for (u32 i = 0; i < code->helper_count; i++) {
		if (code->helpers[i] == helper) {
			*place = (s32)i;
			return 0;
		}
	}
	if (code->helper_count == t->helper_room) {
		u32 room = t->helper_room ? 2 * t->helper_room : 8;
		const struct helper **helpers = reallocarray(code->helpers, room, sizeof(*helpers));

		if (!helpers)
			return -ENOMEM;
		code->helpers = helpers;
		t->helper_room = room;
	}
	*place = (s32)code->helper_count;
	code->helpers[code->helper_count++] = helper;
	return 0;
}

static int prog_map(const struct translation *t, s32 index, struct map **out)
{
	if (index < 0 || (u32)index >= t->prog->map_count)
		return log_error(t->log, -EINVAL, "instruction %u names map %d, but the program has %u",
				 t->at, index, t->prog->map_count);
	*out = map_of(t->prog->maps[index]);
	return 0;
}

/* Where offset @off into the map's value is. The whole value becomes memory of the program. */
static int map_address(struct translation *t, struct map *map, u32 off, u64 *value)
{
	struct code *code = t->code;
	u8 *start, *at;
	u32 len, left;
	int err;

	if (!map->ops->direct_value)
		return log_error(t->log, -EINVAL, "instruction %u takes the address of a value, which "
				 "maps of type %s do not have", t->at, map->type->name);
	err = map->ops->direct_value(map, 0, &start, &len);
	if (!err)
		err = map->ops->direct_value(map, off, &at, &left);
	if (err)
		return log_error(t->log, err, "instruction %u takes the address of offset %u in a map "
				 "value of %u bytes", t->at, off, map->value_size);
	*value = ptr_u64(at);
	for (u32 i = 0; i < code->direct_count; i++)
		if (code->direct[i].start == ptr_u64(start))
			return 0;
	code->direct[code->direct_count++] = (struct direct){
		.start = ptr_u64(start), .len = len,
		.read = !(map->flags & BPF_F_WRONLY_PROG),
		.write = !(map->flags & BPF_F_RDONLY_PROG),
	};
	return 0;
}

/* A function's address is wanted: checked mode will ask what is one. */
static int starts_needed(struct translation *t)
{
	u32 count;

	if (!t->code->starts)
		t->code->starts = prog_function_starts(t->prog->insns, t->prog->insn_count, &count);
	return t->code->starts ? 0 : -ENOMEM;
}

static int imm64_value(struct translation *t, enum insn_id id, const struct bpf_insn *insn,
		       u64 *value)
{
	struct map *map = NULL;
	int err;

	switch ((int)id) {
	case INSN_LD_IMM64:
		*value = insn_imm64(insn);
		return 0;
	case INSN_LD_MAP_IDX:
		err = prog_map(t, insn->imm, &map);
		if (!err)
			*value = ptr_u64(map);
		return err;
	case INSN_LD_MAP_IDX_VALUE:
		err = prog_map(t, insn->imm, &map);
		return err ? err : map_address(t, map, (u32)insn[1].imm, value);
	case INSN_LD_FUNC:
		*value = (u64)((s64)t->at + 1 + insn->imm);
		return starts_needed(t);
	case INSN_LD_BTF_ID:
		return log_error(t->log, -EOPNOTSUPP, "instruction %u takes the address of a kernel "
				 "variable: this engine has none", t->at);
	}
	return log_error(t->log, -EINVAL, "instruction %u names a map by a handle", t->at);
}

/* Is an access of @size bytes at R10 + @off inside the frame? Then nothing is left to check. */
static bool in_frame(struct translation *t, u8 base, s16 off, u32 size)
{
	if (base != BPF_REG_10 || off < -RUN_STACK || off + (s32)size > 0)
		return false;
	t->code->depth = max_u32(t->code->depth, (u32)-off);
	return true;
}

/* The kind of a load that is guessed to be from the context, or the kind @other. */
static u32 ctx_kind(const struct translation *t, const struct bpf_insn *insn, u32 size, u32 other)
{
	const struct ctx_field *field;

	if (t->guess[insn->src_reg] != GUESS_CTX || insn->off < 0)
		return other;
	field = ctx_find((u32)insn->off, size, false, t->code->who);
	if (!field || ctx_place(field, (u32)insn->off, size) != (u32)insn->off)
		return other;
	switch ((enum ctx_load)field->load) {
	case CTX_LOAD_PLAIN:
		return size == 1 ? OP_CTX_B : size == 2 ? OP_CTX_H : size == 4 ? OP_CTX_W : OP_CTX_DW;
	case CTX_LOAD_DATA:
		return OP_CTX_DATA;
	case CTX_LOAD_DATA_END:
		return OP_CTX_DATA_END;
	case CTX_LOAD_DATA_META:
		return OP_CTX_DATA_META;
	case CTX_LOAD_SK:
		return other;
	}
	return other;
}

/* What registers may hold after the instruction. */
static void guess_next(struct translation *t, enum insn_id id, bool reg, const struct bpf_insn *insn)
{
	u8 *guess = t->guess;

	switch ((enum insn_shape)insn_info[id].shape) {
	case SHAPE_MOV:
		guess[insn->dst_reg] = reg && id == INSN_MOV64 ? guess[insn->src_reg] : GUESS_NOTHING;
		return;
	case SHAPE_ALU:
		/* `r2 = r10; r2 += -16`: the stack will be used that deep. */
		if (id == INSN_ADD64 && !reg && guess[insn->dst_reg] == GUESS_FRAME && insn->imm < 0 &&
		    insn->imm >= -RUN_STACK)
			t->code->depth = max_u32(t->code->depth, (u32)-insn->imm);
		guess[insn->dst_reg] = GUESS_NOTHING;
		return;
	case SHAPE_CALL:
		memset(guess, GUESS_NOTHING, 6);
		return;
	case SHAPE_EXIT:
		/* Perhaps another function begins, and many take the context. */
		guess[BPF_REG_1] = GUESS_CTX;
		return;
	case SHAPE_NEG:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
	case SHAPE_LDX:
	case SHAPE_LD_IMM64:
		guess[insn->dst_reg] = GUESS_NOTHING;
		return;
	case SHAPE_JA:
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
	case SHAPE_STX:
	case SHAPE_ST:
	case SHAPE_ATOMIC:
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		return;
	}
}

/* @off instructions from the next one. A program is far shorter than s32 can say. */
static s32 op_jump(s32 off)
{
	return (off + 1) * (s32)sizeof(struct op);
}

static int translate_call(struct translation *t, enum insn_id id, const struct bpf_insn *insn,
			  struct op *to)
{
	const struct helper *helper = NULL;
	int err;

	if (id == INSN_CALL_LOCAL) {
		to->jump = op_jump(insn->imm);
		return 0;
	}
	err = id == INSN_CALL_KFUNC ? check_kfunc(t, insn, &helper) :
				      check_helper(t, (u32)insn->imm, &helper);
	if (!err)
		err = helper_place(t, helper, &to->imm);
	if (err)
		return err;
	if (helper->flags & HELPER_TAIL_CALL)
		t->kind = OP_TAIL_CALL;
	else if (helper->flags & HELPER_CALLS_BACK)
		t->kind = OP_CALL_BACK;
	else
		t->kind = t->checked ? OP_CALL_CHECKED : OP_K(INSN_CALL_HELPER);
	return 0;
}

/* The kind of a load or store of plain kind @plain that may go anywhere, or where the verifier said. */
static u32 access_kind(const struct translation *t, const struct insn_op *op, u32 plain)
{
	if (t->checked)
		return OP_CHECKED(op->id);
	if (!t->notes || t->notes[t->at].access == NOTE_NO_ACCESS || t->notes[t->at].access == NOTE_CTX ||
	    t->notes[t->at].access == NOTE_OBJECT)
		return plain;
	return OP_PROVEN(op->id);
}

static void translate_load(struct translation *t, const struct insn_op *op, const struct bpf_insn *insn,
			   struct op *to)
{
	const struct insn_info *row = &insn_info[op->id];
	u32 kind = OP_X(op->id);

	if (!in_frame(t, insn->src_reg, insn->off, row->width / 8))
		kind = access_kind(t, op, kind);
	else if (!t->checked)
		kind = OP_PROVEN(op->id);
	to->imm = (s32)kind;
	t->kind = row->flags & F_SIGNED || kind == OP_PROVEN(op->id) ? kind :
		  ctx_kind(t, insn, row->width / 8, kind);
}

static int check_packet_load(const struct translation *t)
{
	if (t->code->who & CTX_ALL)
		return 0;
	return log_error(t->log, -EINVAL, "instruction %u loads from the packet as classic BPF does, "
			 "which programs of this type cannot", t->at);
}

/* One instruction; the common fields and the plain kind are there. */
static int translate_one(struct translation *t, const struct insn_op *op, const struct bpf_insn *insn,
			 struct op *to)
{
	const struct insn_info *row = &insn_info[op->id];
	u32 plain = op->reg ? OP_X(op->id) : OP_K(op->id);

	switch ((enum insn_shape)row->shape) {
	case SHAPE_JA:
		to->jump = op_jump(row->width == 16 ? insn->off : insn->imm);
		return 0;
	case SHAPE_CALL:
		return translate_call(t, op->id, insn, to);
	case SHAPE_LDX:
		translate_load(t, op, insn, to);
		return 0;
	case SHAPE_STX:
	case SHAPE_ST:
		if (!in_frame(t, insn->dst_reg, insn->off, row->width / 8))
			t->kind = access_kind(t, op, plain);
		else if (!t->checked)
			t->kind = OP_PROVEN(op->id);
		return 0;
	case SHAPE_ATOMIC:
		to->imm = (s32)plain;
		if (t->checked)
			t->kind = OP_ATOMIC_CHECKED;
		return 0;
	case SHAPE_LD_IMM64:
		t->kind = OP_K(INSN_LD_IMM64);
		return imm64_value(t, op->id, insn, &to[1].value);
	case SHAPE_LD_ABS:
	case SHAPE_LD_IND:
		return check_packet_load(t);
	case SHAPE_ALU:
	case SHAPE_NEG:
	case SHAPE_MOV:
	case SHAPE_MOVSX:
	case SHAPE_ENDIAN:
	case SHAPE_EXIT:
		return 0;
	case SHAPE_MAY_GOTO:
	case SHAPE_JCOND:
		to->jump = op_jump(insn->off);
		return 0;
	}
	return -EINVAL;
}

/* The instruction before loads what this one compares: its op does both. */
static void join_load(struct translation *t, const struct insn_op *op, const struct bpf_insn *insn)
{
	const void *label;

	if (op->reg || insn->dst_reg != t->loaded || (op->id != INSN_JEQ64 && op->id != INSN_JNE64))
		return;
	label = t->labels[op->id == INSN_JEQ64 ? OP_THEN_JEQ(t->load) : OP_THEN_JNE(t->load)];
	if (label)
		t->ops[t->at - 1].label = label;
}

/* The op's place in pairs: the second of one, and perhaps the first of the next. */
static void translate_pair(struct translation *t, const struct insn_op *op,
			   const struct bpf_insn *insn)
{
	u8 shape = insn_info[op->id].shape;

	if (t->load != OP_KINDS)
		join_load(t, op, insn);
	if (t->result != OP_KINDS && op->id == INSN_EXIT)
		t->ops[t->at - 1].label = t->labels[t->result];
	t->result = shape == SHAPE_MOV && !op->reg && insn->dst_reg == BPF_REG_0
		    ? op->id == INSN_MOV32 ? OP_RETURN32 : OP_RETURN64 : OP_KINDS;
	if (shape == SHAPE_LDX || shape == SHAPE_LD_ABS || shape == SHAPE_LD_IND) {
		t->load = t->kind;
		t->loaded = shape == SHAPE_LDX ? insn->dst_reg : BPF_REG_0;
	} else {
		t->load = OP_KINDS;
	}
}

static int translate_all(struct translation *t)
{
	struct insn_op op;

	memset(t->guess, GUESS_NOTHING, sizeof(t->guess));
	t->guess[BPF_REG_1] = GUESS_CTX;
	t->guess[BPF_REG_10] = GUESS_FRAME;
	t->load = t->result = OP_KINDS;
	for (t->at = 0; t->at < t->count; t->at += op.slots) {
		const struct bpf_insn *insn = &t->insns[t->at];
		struct op *to = &t->ops[t->at];
		int err = insn_decode(insn, t->count - t->at, t->at, &op, may_be_dead(t) ? NULL : t->log);

		if (err && op.late && may_be_dead(t)) {
			*to = (struct op){ .label = t->labels[OP_MALFORMED] };
			t->load = t->result = OP_KINDS;
			continue;
		}
		if (err)
			return err;
		t->kind = op.reg ? OP_X(op.id) : OP_K(op.id);
		*to = (struct op){
			.dst = insn->dst_reg, .src = insn->src_reg, .off = insn->off, .imm = insn->imm,
		};
		err = translate_one(t, &op, insn, to);
		if (err)
			return err;
		to->label = t->labels[t->kind];
		if (t->checked && t->code->plain) {
			t->code->plain[t->at] = to->label;
			to->label = t->labels[OP_STEP];
		} else {
			translate_pair(t, &op, insn);
		}
		guess_next(t, op.id, op.reg, insn);
	}
	return 0;
}

static int translate_both(struct translation *t)
{
	const struct prog *prog = t->prog;
	int err;

	t->checked = true;
	t->insns = prog->insns;
	t->count = prog->insn_count;
	t->ops = t->code->checked;
	err = translate_all(t);
	if (err)
		return err;
	t->checked = false;
	t->ops = t->code->trusted;
	if (prog->final) {
		t->insns = prog->final;
		t->count = prog->final_count;
		t->notes = prog->notes;
	}
	err = translate_all(t);
	t->code->depth = (u32)round_up_u64(t->code->depth, 8);
	return err;
}

static int code_create(struct prog *prog, struct code **out)
{
	struct code *code = calloc(1, sizeof(*code));

	if (!code)
		return -ENOMEM;
	code->prog = prog;
	code->who = ctx_who_of(prog->type, prog->attach_type);
	/* A socket filter has no way to learn where packet bytes are. */
	code->packet_direct = code->who != CTX_SOCKET;
	code->depth = 8;
	code->checked = calloc((size_t)prog->insn_count +
				       (prog->final ? prog->final_count : prog->insn_count),
			       sizeof(*code->checked));
	code->direct = calloc(prog->map_count ? prog->map_count : 1, sizeof(*code->direct));
	if (!code->checked || !code->direct) {
		code_free(code);
		return -ENOMEM;
	}
	code->trusted = code->checked + prog->insn_count;
	*out = code;
	return 0;
}

static int prepare(struct prog *prog, struct log *log, bool steps)
{
	struct translation t = { .prog = prog, .labels = interp_labels(), .log = log };
	int err = code_create(prog, &t.code);

	if (!err && steps) {
		t.code->plain = calloc(prog->insn_count, sizeof(*t.code->plain));
		err = t.code->plain ? 0 : -ENOMEM;
	}
	if (err) {
		if (t.code)
			code_free(t.code);
		return log_error(log, err, "no memory to translate %u instructions", prog->insn_count);
	}
	err = translate_both(&t);
	if (err) {
		code_free(t.code);
		return err;
	}
	prog->code = t.code;
	prog->code_free = code_free;
	return 0;
}

int run_prepare(struct prog *prog, struct log *log)
{
	int err = (prog->final ? insn_check_shape : insn_check_program)(prog->insns, prog->insn_count, log);

	return err ? err : prepare(prog, log, false);
}

int run_prepare_steps(struct prog *prog)
{
	struct code *code = prog->code;
	int err = prepare(prog, NULL, true);

	if (!err)
		code_free(code);
	return err;
}
