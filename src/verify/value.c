// SPDX-License-Identifier: BSD-2-Clause
/* value.c - registers: reading, writing, linking copies, and what they hold in words. */
#include <errno.h>
#include <stdio.h>

#include "verify/concerns.h"

/* The instruction that made the lower half is one whose upper half is wanted as 0. */
static void note_zext(struct verifier *v, struct reg *reg)
{
	if (!reg->def32)
		return;
	v->notes[reg->def32 - 1].flags |= NOTE_ZEXT;
	reg->def32 = 0;
}

int value_require(struct verifier *v, u32 n, bool wide)
{
	struct reg *reg = v_reg(v, n);

	if (unlikely(reg->type == REG_NOTHING))
		return reject(v, -EACCES, REASON_UNINIT_REGISTER, (int)n,
			      "R%u is used here, but no value was put into it on this path", n);
	if (wide)
		note_zext(v, reg);
	return 0;
}

void value_written(struct verifier *v, u32 n, u32 bits)
{
	v_reg(v, n)->def32 = bits == 32 ? v->cur->insn + 1 : 0;
}

void value_link(struct verifier *v, struct reg *reg)
{
	if (reg->flags & (REG_ADDS | REG_ADDS32)) {
		/* A copy of a sum is a number of its own. */
		reg->flags &= (u16)~(REG_ADDS | REG_ADDS32);
		reg->off = 0;
		reg->id = 0;
	}
	if (!reg->id && !range_is_const(&reg->n))
		reg->id = v_new_id(v);
}

int value_settle(struct verifier *v, struct reg *reg)
{
	struct tnum bits = reg->n.bits;

	if (likely(!range_is_empty(&reg->n)))
		return 0;
	if (v->test_sync)
		return reject(v, -EFAULT, REASON_INTERNAL, -1,
			      "what is known of a number contradicts itself");
	reg->n = range_unknown;
	reg->n.bits = bits;
	return 0;
}

void value_each(struct verifier *v, void (*fn)(struct reg *reg, void *ctx), void *ctx)
{
	for (u32 f = 0; f <= v->cur->depth; f++) {
		struct frame *frame = &v->cur->frame[f];

		for (u32 n = 0; n < V_REGS; n++)
			fn(&frame->reg[n], ctx);
		for (u32 i = 0; i < frame->slots; i++)
			if (frame->kind[i][0] == SLOT_SPILL)
				fn(&frame->spill[i], ctx);
	}
}

static const char *type_words(const struct reg *reg)
{
	switch ((enum reg_type)reg->type) {
	case REG_NOTHING: return "nothing";
	case REG_NUMBER: return "a number";
	case REG_CTX: return "the context";
	case REG_PACKET: return "a packet pointer";
	case REG_PACKET_META: return "a pointer to packet metadata";
	case REG_PACKET_END: return "the end of the packet";
	case REG_MAP: return "a map";
	case REG_MAP_KEY: return "a pointer to a map key";
	case REG_MAP_VALUE: return "a pointer to a map value";
	case REG_STACK: return "a pointer to the stack";
	case REG_MEM: return reg->flags & REG_RINGBUF ? "a ring buffer record" : "a pointer to memory";
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK: return "a socket";
	case REG_BTF: return "a pointer to an object";
	case REG_FUNC: return "a function";
	case REG_DYNPTR: return "a dynptr";
	}
	return "nothing";
}

const char *value_words(const struct verifier *v, const struct reg *reg, char *buf, size_t room)
{
	char range[96] = "";
	int len;

	if (reg_is_number(reg)) {
		range_text(&reg->n, range, sizeof(range));
		snprintf(buf, room, "a number%s%s", *range ? " " : "", range);
		return buf;
	}
	len = snprintf(buf, room, "%s", type_words(reg));
	if (len > 0 && (size_t)len < room && reg->off)
		len += snprintf(buf + len, room - (size_t)len, " %c %d", reg->off < 0 ? '-' : '+',
				reg->off < 0 ? -reg->off : reg->off);
	if (len > 0 && (size_t)len < room && reg_is_pointer(reg) && !tnum_equals(reg->n.bits, 0)) {
		range_text(&reg->n, range, sizeof(range));
		len += snprintf(buf + len, room - (size_t)len, " + a number%s%s", *range ? " " : "", range);
	}
	if (len > 0 && (size_t)len < room && reg->flags & REG_MAYBE_NULL)
		snprintf(buf + len, room - (size_t)len, ", or NULL");
	return buf;
}
