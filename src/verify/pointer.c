// SPDX-License-Identifier: BSD-2-Clause
/* pointer.c - arithmetic with pointers: a number may be added to most and taken from some, nothing else.
 *
 *   pointer = where it points into + off + n       off: constants, summed up;  n: the rest, a range
 *
 * Whether there is anything at that place is asked when it is used (mem.c); here only offsets that no check
 * could bound any more are refused.
 */
#include <errno.h>

#include "verify/concerns.h"

#define WORDS 160

/* Pointers of which no field can be known, or where there is nothing behind the start. */
static bool takes_offset(const struct reg *ptr)
{
	switch ((enum reg_type)ptr->type) {
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_STACK:
	case REG_MEM:
	case REG_BTF:
	case REG_FUNC:
	case REG_DYNPTR:
		return true;
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
		return false;
	}
	return false;
}

static int offset_require(struct verifier *v, const struct range *n, s64 off, const struct reg *ptr)
{
	char words[WORDS];

	if (n->smin == INT64_MIN)
		return reject(v, -EINVAL, REASON_POINTER_UNBOUNDED, v_insn(v)->dst_reg,
			      "%s gets an offset that has no lower bound",
			      value_words(v, ptr, words, sizeof(words)));
	if (n->smin >= V_OFF_MAX || n->smin <= -V_OFF_MAX || off >= V_OFF_MAX || off <= -V_OFF_MAX)
		return reject(v, -EINVAL, REASON_POINTER_UNBOUNDED, v_insn(v)->dst_reg,
			      "%s gets an offset that is out of reach: %lld",
			      value_words(v, ptr, words, sizeof(words)), (long long)(n->smin + off));
	return 0;
}

/* ---- unprivileged programs: their pointers stay inside what they point to ---- */

static int inside_require(struct verifier *v, const struct reg *ptr)
{
	s64 first = ptr->off + ptr->n.smin, last = ptr->off + (s64)ptr->n.umax;
	u32 n = v_insn(v)->dst_reg;
	u32 size;

	if (v->privileged)
		return 0;
	if (ptr->type == REG_STACK) {
		if (!range_is_const(&ptr->n))
			return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, (int)n,
				      "a pointer to the stack gets an offset that varies, which only "
				      "privileged programs may do");
		first = ptr->off + (s64)ptr->n.bits.value;
		if (first < 0 && first >= -V_STACK)
			return 0;
		return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, (int)n,
			      "a pointer leaves the stack, at offset %lld", (long long)first);
	}
	if (ptr->type != REG_MAP_VALUE)
		return 0;
	size = ptr->map->value_size;
	if (ptr->n.smin != INT64_MIN && first >= 0 && first < size && ptr->n.umax < V_OFF_MAX && last < size)
		return 0;
	return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, (int)n,
		      "a pointer leaves the map value of %u bytes, which only privileged programs may do",
		      size);
}

/* ---- adding ---- */

/* a + b or a - b of offsets: what wraps around is unknown. */
static struct range offset_sum(const struct range *a, const struct range *b, bool subtract)
{
	struct range out = range_unknown;

	if (subtract) {
		if (__builtin_sub_overflow(a->smin, b->smax, &out.smin) ||
		    __builtin_sub_overflow(a->smax, b->smin, &out.smax)) {
			out.smin = INT64_MIN;
			out.smax = INT64_MAX;
		}
		if (a->umin >= b->umax) {
			out.umin = a->umin - b->umax;
			out.umax = a->umax - b->umin;
		}
		out.bits = tnum_sub(a->bits, b->bits);
	} else {
		if (__builtin_add_overflow(a->smin, b->smin, &out.smin) ||
		    __builtin_add_overflow(a->smax, b->smax, &out.smax)) {
			out.smin = INT64_MIN;
			out.smax = INT64_MAX;
		}
		if (__builtin_add_overflow(a->umin, b->umin, &out.umin) ||
		    __builtin_add_overflow(a->umax, b->umax, &out.umax)) {
			out.umin = 0;
			out.umax = UINT64_MAX;
		}
		out.bits = tnum_add(a->bits, b->bits);
	}
	return out;
}

/* The lower half of a pointer's offset follows from the whole. */
static void forget_half(struct range *a)
{
	a->umin32 = 0;
	a->umax32 = UINT32_MAX;
	a->smin32 = INT32_MIN;
	a->smax32 = INT32_MAX;
}

/* @ptr with the offset @num more, or less. */
static struct reg moved(struct verifier *v, const struct reg *ptr, const struct range *num, bool subtract)
{
	s64 constant = subtract ? ptr->off - num->smin : ptr->off + num->smin;
	struct reg out = *ptr;

	if (range_is_const(num) && constant == (s32)constant) {
		out.off = (s32)constant;
		if (range_is_const(&out.n))
			return out;
		forget_half(&out.n);
	} else {
		out.n = offset_sum(&ptr->n, num, subtract);
		if (reg_is_packet(ptr)) {
			/* Bytes that are known to be there are still there before the pointer, not behind. */
			out.id = v_new_id(v);
			if (!subtract || num->smin < 0)
				out.room = 0;
		}
	}
	range_sync(&out.n);
	return out;
}

static int refuse_operation(struct verifier *v, enum insn_id id, const struct reg *ptr, int err)
{
	char words[WORDS];

	return reject(v, err, REASON_POINTER_ARITHMETIC, v_insn(v)->dst_reg,
		      "%s is changed by %s, which gives no pointer",
		      value_words(v, ptr, words, sizeof(words)), insn_info[id].text);
}

static int operation_require(struct verifier *v, enum insn_id id, const struct reg *ptr,
			     const struct reg *num)
{
	u32 n = v_insn(v)->dst_reg;
	char words[WORDS];

	value_words(v, ptr, words, sizeof(words));
	if (id != INSN_ADD64 && id != INSN_SUB64)
		return refuse_operation(v, id, ptr, -EACCES);
	if (id == INSN_SUB64 && num == v_reg(v, n))
		return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, (int)n,
			      "%s is taken from a number", words);
	if (id == INSN_SUB64 && ptr->type == REG_STACK)
		return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, (int)n,
			      "a number is taken from %s: add the negative one", words);
	return 0;
}

/* As if the variable were 0. */
static int add_ahead(struct verifier *v, const struct reg *ptr)
{
	u32 n = v_insn(v)->dst_reg;
	struct reg same = *ptr;

	ahead_begin(v);
	forget_half(&same.n);
	*v_reg(v, n) = same;
	value_written(v, n, 64);
	return 0;
}

static int add(struct verifier *v, enum insn_id id, const struct reg *ptr, const struct reg *num)
{
	bool subtract = id == INSN_SUB64;
	u32 n = v_insn(v)->dst_reg;
	struct pointer_mask mask = { 0 };
	struct reg result;
	int err = offset_require(v, &num->n, num->off, ptr);

	/* The errno stays: what the operation is says more than how far it would lead. */
	if (err && id != INSN_ADD64 && id != INSN_SUB64)
		return refuse_operation(v, id, ptr, err);
	if (!err)
		err = offset_require(v, &ptr->n, ptr->off, ptr);
	if (!err && v->cur->choice == POINTER_AHEAD)
		return add_ahead(v, ptr);
	if (!err && (id == INSN_ADD64 || subtract))
		err = pointer_mask_begin(v, ptr, num, subtract, &mask);
	if (!err)
		err = operation_require(v, id, ptr, num);
	if (err)
		return err;
	result = moved(v, ptr, &num->n, subtract);
	err = offset_require(v, &result.n, result.off, ptr);
	if (!err)
		err = inside_require(v, &result);
	if (!err)
		err = pointer_mask_end(v, &result, &mask);
	if (err)
		return err;
	*v_reg(v, n) = result;
	value_written(v, n, 64);
	return 0;
}

static bool is_contradiction(const struct range *n)
{
	return (range_is_const(n) && (n->smin != n->smax || n->umin != n->umax)) || n->smin > n->smax ||
	       n->umin > n->umax;
}

static int number_instead(struct verifier *v, u32 bits)
{
	u32 n = v_insn(v)->dst_reg;

	reg_set_unknown(v_reg(v, n));
	value_written(v, n, bits);
	return 0;
}

/* May anything be done with @ptr, and @num, at all? */
static int kind_require(struct verifier *v, enum insn_id id, const struct reg *ptr, const struct reg *num)
{
	u32 n = v_insn(v)->dst_reg;
	char words[WORDS];

	value_words(v, ptr, words, sizeof(words));
	if (insn_info[id].width == 32)
		return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, (int)n,
			      "32 bits of %s are computed with: an address has 64", words);
	if (ptr->flags & REG_MAYBE_NULL)
		return reject(v, -EACCES, REASON_POINTER_NULL, (int)n,
			      "%s is computed with before it was compared with NULL", words);
	if (ptr->type == REG_MEM && ptr->flags & REG_UNTRUSTED)
		return 0;
	if (ptr->type == REG_MAP && id == INSN_ADD64 && tnum_equals(num->n.bits, 0))
		return 0;
	if (!takes_offset(ptr))
		return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, (int)n, "%s is computed with, "
			      "and there is nothing beside it", words);
	return 0;
}

int pointer_alu(struct verifier *v, enum insn_id id, struct reg *dst, const struct reg *src)
{
	bool subtract = id == INSN_SUB64 || id == INSN_SUB32;
	const struct reg *ptr = reg_is_number(dst) ? src : dst, *num = ptr == src ? dst : src;
	u32 bits = insn_info[id].width;
	int err;

	if (!reg_is_number(num)) {
		if (subtract && v->privileged)
			return number_instead(v, bits);
		return reject(v, -EACCES, REASON_POINTER_ARITHMETIC, v_insn(v)->dst_reg,
			      "two pointers are computed with: only their distance is a number, and only for "
			      "privileged programs");
	}
	if (is_contradiction(&num->n) || (subtract && bits == 32 && v->privileged))
		return number_instead(v, bits);
	err = kind_require(v, id, ptr, num);
	if (err)
		return err;
	if (ptr->type == REG_MEM && ptr->flags & REG_UNTRUSTED)
		return 0;
	return add(v, id, ptr, num);
}
