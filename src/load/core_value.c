// SPDX-License-Identifier: BSD-2-Clause
/* core_value.c - from a place in the kernel's types to a number, and from the number to the
 * instruction that carries it.
 *
 *   ALU, immediate:   imm        LDX, ST, STX: off, and the width        LD_IMM64: both halves
 */
#include <errno.h>

#include "load/core.h"

#define POISON 0xbad2310    /* the helper that a poisoned instruction calls: libbpf's number */

/* Where a field lies, as a load would find it. */
struct place {
	u32 type_id;              /* behind modifiers */
	u64 byte, bit;
	u32 bytes, bits;
	bool is_bits;             /* a bit-field */
};

static u32 member_bits(const struct btf_type *holder, const struct btf_member *member)
{
	return BTF_INFO_KFLAG(holder->info) ? BTF_MEMBER_BITFIELD_SIZE(member->offset) : 0;
}

/* A bit-field is loaded by the smallest aligned load that holds all of it. */
static int place_bits(struct place *place, u32 unit)
{
	if (!unit || unit & (unit - 1))
		return -EINVAL;
	for (;; unit *= 2) {
		if (unit > 8)
			return -E2BIG;
		place->byte = place->bit / 8 / unit * unit;
		if (place->bit + place->bits - place->byte * 8 <= unit * 8ull)
			break;
	}
	place->bytes = unit;
	return 0;
}

static int place_find(const struct core_spec *spec, struct place *place)
{
	const struct core_step *last = &spec->step[spec->count - 1];
	const struct btf_type *holder = btf_type(spec->view, last->type_id), *type;
	const struct btf_member *member;

	place->bit = spec->bit;
	if (!last->name) {
		place->type_id = last->type_id;
		place->byte = spec->bit / 8;
		return btf_size_of(spec->view, last->type_id, &place->bytes);
	}
	member = &btf_members(holder)[last->index];
	place->type_id = btf_skip(spec->view, member->type);
	type = btf_type(spec->view, place->type_id);
	place->bits = member_bits(holder, member);
	place->is_bits = place->bits > 0;
	if (!type)
		return -EINVAL;
	if (place->is_bits)
		return place_bits(place, type->size);
	if (btf_size_of(spec->view, place->type_id, &place->bytes))
		return -EINVAL;
	place->byte = spec->bit / 8;
	place->bits = place->bytes * 8;
	return 0;
}

static bool place_is_signed(const struct core_spec *spec, const struct place *place)
{
	const struct btf_type *type = btf_type(spec->view, place->type_id);

	switch (btf_kind(type)) {
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return BTF_INFO_KFLAG(type->info);
	case BTF_KIND_INT:
		return BTF_INT_ENCODING(get_u32(type + 1)) & BTF_INT_SIGNED;
	default:
		return false;
	}
}

/* The value on one side. *exact: the instruction must carry it as it stands. */
static int field_value(const struct core_spec *spec, u64 *value, bool *exact, struct place *place)
{
	int err;

	*exact = true;
	if (spec->kind == BPF_CORE_FIELD_EXISTS) {
		*value = 1;
		return 0;
	}
	err = place_find(spec, place);
	if (err)
		return err;
	if (!spec->step[spec->count - 1].name && spec->kind != BPF_CORE_FIELD_BYTE_OFFSET &&
	    spec->kind != BPF_CORE_FIELD_BYTE_SIZE)
		return -EINVAL;
	switch (spec->kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
		*value = place->byte;
		*exact = !place->is_bits;
		return 0;
	case BPF_CORE_FIELD_BYTE_SIZE:
		*value = place->bytes;
		*exact = !place->is_bits;
		return 0;
	case BPF_CORE_FIELD_SIGNED:
		*value = place_is_signed(spec, place);
		return 0;
	case BPF_CORE_FIELD_LSHIFT_U64:
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		*value = 64 - (place->bit + place->bits - place->byte * 8);
#else
		*value = (8 - place->bytes) * 8 + (place->bit - place->byte * 8);
#endif
		*exact = false;
		return 0;
	case BPF_CORE_FIELD_RSHIFT_U64:
		*value = 64 - place->bits;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int side_value(const struct core_spec *spec, u64 *value, bool *exact, struct place *place)
{
	u32 size;

	*exact = true;
	switch (spec->kind) {
	case BPF_CORE_TYPE_ID_LOCAL:
	case BPF_CORE_TYPE_ID_TARGET:
		*value = spec->root_id;
		*exact = false;    /* linking renumbers types */
		return 0;
	case BPF_CORE_TYPE_EXISTS:
	case BPF_CORE_TYPE_MATCHES:
	case BPF_CORE_ENUMVAL_EXISTS:
		*value = 1;
		return 0;
	case BPF_CORE_TYPE_SIZE:
		if (btf_size_of(spec->view, spec->root_id, &size))
			return -EINVAL;
		*value = size;
		return 0;
	case BPF_CORE_ENUMVAL_VALUE:
		core_enumerator(spec->view, btf_type(spec->view, spec->step[0].type_id),
				spec->step[0].index, value);
		return 0;
	default:
		return field_value(spec, value, exact, place);
	}
}

/* Where the kernel has nothing: a question is answered, a size is 0, the rest cannot be. */
static void no_value(u32 kind, struct core_value *value)
{
	switch (kind) {
	case BPF_CORE_FIELD_EXISTS:
	case BPF_CORE_TYPE_EXISTS:
	case BPF_CORE_TYPE_MATCHES:
	case BPF_CORE_TYPE_SIZE:
	case BPF_CORE_TYPE_ID_TARGET:
	case BPF_CORE_ENUMVAL_EXISTS:
		value->after = 0;
		break;
	default:
		value->poison = true;
	}
}

/* May a value of one size be read as one of another? Pointers, which are numbers of 64 bits in BPF,
 * and integers without a sign: both only grow zeros. */
static bool sizes_convert(const struct core_spec *local, const struct place *before,
			  const struct core_spec *kernel, const struct place *after)
{
	const struct btf_type *a = btf_type(local->view, before->type_id);
	const struct btf_type *b = btf_type(kernel->view, after->type_id);

	if (!a || !b)
		return false;
	if (btf_kind(a) == BTF_KIND_PTR && btf_kind(b) == BTF_KIND_PTR)
		return true;
	return btf_kind(a) == BTF_KIND_INT && btf_kind(b) == BTF_KIND_INT &&
	       !place_is_signed(local, before) && !place_is_signed(kernel, after);
}

int core_evaluate(const struct core_spec *local, const struct core_spec *kernel,
		  struct core_value *value)
{
	struct place before = { 0 }, after = { 0 };
	bool exact;
	int err;

	*value = (struct core_value){ 0 };
	err = side_value(local, &value->before, &value->check, &before);
	if (err)
		return err;
	if (local->kind == BPF_CORE_TYPE_ID_LOCAL) {
		value->after = value->before;
		return 0;
	}
	if (!kernel) {
		no_value(local->kind, value);
		return 0;
	}
	err = side_value(kernel, &value->after, &exact, &after);
	if (err)
		return err;
	if (local->kind == BPF_CORE_FIELD_BYTE_OFFSET && !before.is_bits && !after.is_bits &&
	    before.bytes != after.bytes) {
		value->size_before = before.bytes;
		value->size_after = after.bytes;
		value->size_differs = !sizes_convert(local, &before, kernel, &after);
	}
	return 0;
}

static bool is_wide(const struct bpf_insn *insn) { return insn->code == (BPF_LD | BPF_IMM | BPF_DW); }

static void poison(struct load_prog *prog, u32 at, u32 number)
{
	u32 last = at + is_wide(&prog->insns[at]);

	for (u32 i = at; i <= last; i++)
		prog->insns[i] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
						    .imm = (s32)(POISON + number) };
}

static int patch_width(struct bpf_insn *insn, const struct core_value *value)
{
	static const u8 width[9] = { [1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW };
	u8 now = insn->code & 0x18;

	if (value->size_before == value->size_after)
		return 0;
	if (value->size_before > 8 || width[value->size_before] != now || value->size_after > 8 ||
	    (value->size_after != 4 && !width[value->size_after]))
		return -EINVAL;
	insn->code = (u8)((insn->code & ~0x18) | width[value->size_after]);
	return 0;
}

static int patch_wide(struct bpf_insn *insn, const struct core_value *value)
{
	u64 now = (u64)(u32)insn[1].imm << 32 | (u32)insn[0].imm;

	if (value->check && now != value->before)
		return -EINVAL;
	insn[0].imm = (s32)value->after;
	insn[1].imm = (s32)(value->after >> 32);
	return 0;
}

int core_patch(struct load_prog *prog, u32 at, u32 number, const struct core_value *value)
{
	struct bpf_insn *insn = &prog->insns[at];

	/* The second half of a constant, made to look like the first of another one. */
	if (is_wide(insn) && at + 1 == prog->insn_count)
		return -EINVAL;
	if (value->poison) {
		poison(prog, at, number);
		return 0;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_SRC(insn->code) != BPF_K ||
		    (value->check && (u32)insn->imm != (u32)value->before))
			return -EINVAL;
		insn->imm = (s32)value->after;
		return 0;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		if (value->check && (s64)insn->off != (s64)value->before)
			return -EINVAL;
		if (value->after > INT16_MAX)
			return -ERANGE;
		if (value->size_differs) {
			poison(prog, at, number);
			return 0;
		}
		insn->off = (s16)value->after;
		return patch_width(insn, value);
	case BPF_LD:
		return is_wide(insn) && !insn->src_reg ? patch_wide(insn, value) : -EINVAL;
	default:
		return -EINVAL;
	}
}
