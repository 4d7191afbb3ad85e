// SPDX-License-Identifier: BSD-2-Clause
/* mem.c - loads and stores: alignment, then what the pointer points to, then how wide the result is.
 *
 *   mem_step -> load / store (atomic.c) -> mem_read / mem_write -> one of mem.h's kinds of memory
 *
 * Plain memory (REG_MEM) and the check of bounds that several kinds share are here as well.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "verify/mem.h"

/* ---- what kinds have in common ---- */

void mem_note(struct verifier *v, enum note_access access)
{
	struct insn_note *note = v_note(v);

	/* Paths that disagree have nothing in common but that it is memory. */
	note->access = note->access == NOTE_NO_ACCESS || note->access == access ? (u8)access : NOTE_MEM;
}

int mem_reject(struct verifier *v, const struct access *a, int err, enum reason reason, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	v->refusal.size = a->size;
	return reject(v, err, reason, (int)a->n, "%u byte%s %s %s", a->size, a->size == 1 ? " is" : "s are",
		      access_verb(a), text);
}

void mem_loaded(struct reg *out, u32 size)
{
#define WIDTH(n, min32, max32)                                                                       \
	{ .bits = { 0, n }, .umax = n, .smax = n, .umax32 = (u32)(n), .smin32 = min32, .smax32 = max32 }
	static const struct range of[] = {
		[1] = WIDTH(UINT8_MAX, 0, UINT8_MAX),
		[2] = WIDTH(UINT16_MAX, 0, UINT16_MAX),
		[4] = WIDTH(UINT32_MAX, INT32_MIN, INT32_MAX),
	};
#undef WIDTH

	*out = (struct reg){ .type = REG_NUMBER, .n = size < 8 ? of[size] : range_unknown };
}

int mem_no_leak(struct verifier *v, const struct access *a, const char *where)
{
	char words[128];

	if (v->privileged || a->stored < 0 || !a->value || !reg_is_pointer(a->value))
		return 0;
	return reject(v, -EACCES, REASON_POINTER_LEAK, a->stored,
		      "%s is stored in %s, where its address could be read",
		      value_words(v, a->value, words, sizeof(words)), where);
}

int mem_unmodified(struct verifier *v, u32 n)
{
	const struct reg *reg = v_reg(v, n);
	char words[128];

	if (!reg->off && tnum_equals(reg->n.bits, 0))
		return 0;
	return reject(v, -EACCES, REASON_POINTER_MODIFIED, (int)n, "%s is used, but %s",
		      value_words(v, reg, words, sizeof(words)), tnum_is_const(reg->n.bits) ?
		      "such a pointer must be as it came" : "its offset would have to be a constant");
}

/* Kinds of pointers for which the instruction is translated in a way that fits no other. */
static bool is_own_kind(u8 type)
{
	switch ((enum reg_type)type) {
	case REG_CTX:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_BTF:
		return true;
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_STACK:
	case REG_MEM:
	case REG_FUNC:
	case REG_DYNPTR:
		break;
	}
	return false;
}

static bool is_mem_or_object(u8 type) { return type == REG_MEM || type == REG_BTF; }

bool mem_kind_changed(struct verifier *v, u8 type, u16 flags, bool loads)
{
	struct insn_facts *facts = &v->facts[v->cur->insn];

	if (!facts->pointer) {
		facts->pointer = type;
		facts->pointer_flags = flags;
		return false;
	}
	if ((facts->pointer == type && facts->pointer_flags == flags) ||
	    (!is_own_kind(facts->pointer) && !is_own_kind(type)))
		return false;
	if (!loads || !is_mem_or_object(facts->pointer) || !is_mem_or_object(type))
		return true;
	/* Trusted on one path and not on another: it is not. */
	facts->pointer = type == REG_MEM ? type : facts->pointer;
	facts->pointer_flags |= flags;
	return false;
}

int mem_reject_kind(struct verifier *v, u32 n)
{
	return reject(v, -EINVAL, REASON_MEM_KINDS, (int)n,
		      "the same load or store is used for the context, a socket or a kernel object on one "
		      "path and for something else on another");
}

int mem_reject_empty(struct verifier *v, const struct access *a, const char *what)
{
	return reject(v, -EACCES, REASON_SIZE_ZERO, (int)a->n,
		      "a helper is given no bytes of %s, but it needs some", what);
}

int mem_bounds(struct verifier *v, const struct access *a, u32 room, const char *what)
{
	const struct reg *reg = v_reg(v, a->n);
	const struct range *n = &reg->n;
	enum reason reason = tnum_is_const(n->bits) ? REASON_MEM_BOUNDS : REASON_POINTER_UNBOUNDED;
	s64 off = (s64)reg->off + a->off, low, high;

	if (unlikely(!a->size && !a->zero_ok))
		return mem_reject_empty(v, a, what);
	low = n->smin <= -V_OFF_MAX ? n->smin : n->smin >= V_OFF_MAX ? V_OFF_MAX : off + n->smin;
	if (unlikely(low < 0))
		return mem_reject(v, a, -EACCES, reason, "at an offset of %s that %s negative (%lld)", what,
				  reason == REASON_MEM_BOUNDS ? "is" : "may be", (long long)low);
	if (unlikely(n->umax >= V_OFF_MAX))
		return mem_reject(v, a, -EACCES, REASON_POINTER_UNBOUNDED,
				  "at an offset of %s that may be anything", what);
	high = off + (s64)n->umax;
	if (unlikely(high + a->size > room))
		return mem_reject(v, a, -EACCES, reason, "at offset %s%lld of %s, but it has %u byte%s",
				  low == high ? "" : "up to ", (long long)high, what, room,
				  room == 1 ? "" : "s");
	return 0;
}

/* ---- plain memory ---- */

const char *mem_what(const struct reg *reg)
{
	return reg->flags & REG_RINGBUF ? "the ring buffer record" :
	       reg->flags & REG_DYNPTR_SLICE ? "the slice" : "the memory";
}

static int plain_access(struct verifier *v, const struct access *a, struct reg *out)
{
	const struct reg *reg = v_reg(v, a->n);
	/* Reads of what may be anywhere are probes, which give 0 where nothing is. */
	bool probe = reg->flags & REG_RDONLY && reg->flags & REG_UNTRUSTED;
	int err = 0;

	if (a->write && reg->flags & REG_RDONLY)
		return mem_reject(v, a, -EACCES, REASON_MEM_READONLY, "in %s, but it is only to be read",
				  mem_what(reg));
	if (a->write)
		err = mem_no_leak(v, a, "memory that others see");
	if (!err && !probe)
		err = mem_bounds(v, a, reg->mem_size, mem_what(reg));
	if (err)
		return err;
	mem_note(v, probe ? NOTE_OBJECT : NOTE_MEM);
	if (out)
		mem_loaded(out, a->size);
	return 0;
}

/* ---- alignment ---- */

static int require_aligned(struct verifier *v, const struct access *a, bool atomic)
{
	const struct reg *reg = v_reg(v, a->n);
	bool strict = v->strict_align || atomic || reg->type == REG_STACK;
	s64 off = (s64)reg->off + a->off;

	if (!strict || a->size == 1)
		return 0;
	if (reg_is_packet(reg))
		off += PACKET_ALIGN;
	if (likely(tnum_is_const(reg->n.bits)) ? !((reg->n.bits.value + (u64)off) & (a->size - 1)) :
	    tnum_is_aligned(tnum_add(reg->n.bits, tnum_const((u64)off)), a->size))
		return 0;
	return mem_reject(v, a, -EACCES, REASON_MEM_ALIGNMENT,
			  "at an offset (%lld%s) that is no multiple of %u", (long long)off,
			  tnum_is_const(reg->n.bits) ? "" : " and more", a->size);
}

/* ---- the kinds ---- */

static int not_memory(struct verifier *v, const struct access *a)
{
	const struct reg *reg = v_reg(v, a->n);
	char words[128];

	if (reg->flags & REG_MAYBE_NULL && !reg_is_number(reg))
		return reject(v, -EACCES, REASON_POINTER_NULL, (int)a->n,
			      "%s is used to %s memory without a check that it is not NULL",
			      value_words(v, reg, words, sizeof(words)), a->write ? "write" : "read");
	return reject(v, -EACCES, REASON_MEM_NO_POINTER, (int)a->n,
		      "%s is used as the address of memory that is %s",
		      value_words(v, reg, words, sizeof(words)), access_verb(a));
}

static int dispatch(struct verifier *v, const struct access *a, struct reg *out)
{
	const struct reg *reg = v_reg(v, a->n);

	if (reg->flags & REG_MAYBE_NULL)
		return not_memory(v, a);
	switch ((enum reg_type)reg->type) {
	case REG_STACK:
		return a->write ? stack_write(v, a) : stack_read(v, a, out);
	case REG_CTX:
		return ctx_access(v, a, out);
	case REG_PACKET:
	case REG_PACKET_META:
		return packet_access(v, a, out);
	case REG_MAP_VALUE:
		return value_access(v, a, out);
	case REG_MAP_KEY:
		return key_access(v, a, out);
	case REG_MEM:
		return plain_access(v, a, out);
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
		return socket_access(v, a, out);
	case REG_BTF:
		return object_access(v, a, out);
	case REG_MAP:
		return map_access(v, a, out);
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_PACKET_END:
	case REG_FUNC:
	case REG_DYNPTR:
		break;
	}
	return not_memory(v, a);
}

int mem_read(struct verifier *v, const struct access *a, bool atomic, struct reg *out)
{
	int err = require_aligned(v, a, atomic);

	if (!err)
		err = dispatch(v, a, out);
	if (err || !out || a->size == 8 || !reg_is_number(out))
		return err;
	if (a->sign)
		out->n = range_sext(&out->n, a->size);
	else if (out->n.umax >> (a->size * 8))
		out->n = range_zext(&out->n, a->size);
	return 0;
}

int mem_write(struct verifier *v, const struct access *a, bool atomic)
{
	int err = require_aligned(v, a, atomic);

	return err ? err : dispatch(v, a, NULL);
}

/* ---- instructions ---- */

int mem_load(struct verifier *v, const struct access *a, u32 dst, bool atomic)
{
	const struct reg *reg = v_reg(v, a->n);
	bool changed;
	int err = value_require(v, a->n, true);

	if (err)
		return err;
	changed = mem_kind_changed(v, reg->type, reg->flags, !atomic);
	err = mem_read(v, a, atomic, changed ? NULL : v_reg(v, dst));
	if (!err && changed)
		err = mem_reject_kind(v, a->n);
	if (!err)
		value_written(v, dst, a->size == 8 || a->sign || reg_is_pointer(v_reg(v, dst)) ? 64 : 32);
	return err;
}

int mem_store(struct verifier *v, const struct access *a, bool atomic)
{
	const struct reg *reg = v_reg(v, a->n);
	int err = 0;

	if (a->stored >= 0)
		err = value_require(v, (u32)a->stored, a->size == 8 || reg_is_pointer(a->value));
	if (!err)
		err = value_require(v, a->n, true);
	if (!err)
		err = mem_write(v, a, atomic);
	if (!err && mem_kind_changed(v, reg->type, reg->flags, false))
		err = mem_reject_kind(v, a->n);
	return err;
}

int mem_step(struct verifier *v)
{
	const struct bpf_insn *insn = v_insn(v);
	const struct insn_info *info = &insn_info[v->facts[v->cur->insn].id];
	struct access a = { .off = insn->off, .size = info->width / 8, .stored = -1 };
	struct reg constant;

	if (info->shape == SHAPE_ATOMIC)
		return atomic_step(v);
	if (info->shape == SHAPE_LDX) {
		a.n = insn->src_reg;
		a.sign = info->flags & F_SIGNED;
		return mem_load(v, &a, insn->dst_reg, false);
	}
	if (info->shape == SHAPE_STX) {
		a.stored = insn->src_reg;
		a.value = v_reg(v, insn->src_reg);
	} else {
		reg_set_const(&constant, (u64)(s64)insn->imm);
		a.value = &constant;
	}
	a.n = insn->dst_reg;
	a.write = true;
	return mem_store(v, &a, false);
}
