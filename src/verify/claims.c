// SPDX-License-Identifier: BSD-2-Clause
/* claims.c - see claims.h: the join of all states that come to an instruction. */
#include "verify/claims.h"

#include <errno.h>
#include <stdlib.h>

#include "verify/verifier.h"

int claims_create(u32 count, struct claims *claims)
{
	claims->count = count;
	claims->at = calloc(count, sizeof(*claims->at));
	return claims->at ? 0 : -ENOMEM;
}

void claims_destroy(struct claims *claims)
{
	free(claims->at);
	claims->at = NULL;
}

void claims_clear(struct claims *claims)
{
	memset(claims->at, 0, claims->count * sizeof(*claims->at));
}

static void range_join(struct range *a, const struct range *b)
{
	a->bits = tnum_union(a->bits, b->bits);
	a->umin = min_u64(a->umin, b->umin);
	a->umax = max_u64(a->umax, b->umax);
	a->smin = a->smin < b->smin ? a->smin : b->smin;
	a->smax = a->smax > b->smax ? a->smax : b->smax;
	a->umin32 = min_u32(a->umin32, b->umin32);
	a->umax32 = max_u32(a->umax32, b->umax32);
	a->smin32 = a->smin32 < b->smin32 ? a->smin32 : b->smin32;
	a->smax32 = a->smax32 > b->smax32 ? a->smax32 : b->smax32;
}

static enum claim_kind kind_of(const struct reg *reg)
{
	switch ((enum reg_type)reg->type) {
	case REG_NOTHING:
		return CLAIM_ANYTHING;
	case REG_NUMBER:
		return CLAIM_NUMBER;
	case REG_CTX:
		return CLAIM_CTX;
	case REG_PACKET:
		return CLAIM_PACKET;
	case REG_PACKET_META:
		return CLAIM_META;
	case REG_PACKET_END:
		return CLAIM_END;
	case REG_MAP:
		return CLAIM_MAP;
	case REG_MAP_VALUE:
		return CLAIM_VALUE;
	case REG_STACK:
		return CLAIM_STACK;
	case REG_MEM:
		return reg->flags & REG_RINGBUF ? CLAIM_RECORD : CLAIM_OTHER;
	case REG_MAP_KEY:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_BTF:
	case REG_FUNC:
	case REG_DYNPTR:
		break;
	}
	return CLAIM_OTHER;
}

/* What one state says. */
static struct claim claim_of(const struct verifier *v, const struct reg *reg)
{
	struct claim claim = { .kind = (u8)kind_of(reg), .n = reg->n };

	if (claim.kind <= CLAIM_NUMBER)
		return claim;
	claim.null = reg->flags & REG_MAYBE_NULL;
	claim.min = reg->n.smin + reg->off;
	claim.max = reg->n.smax + reg->off;
	if (claim.kind == CLAIM_STACK)
		claim.up = (u8)(v->cur->depth - reg->frame);
	if (reg_is_packet(reg) && reg->room > 0)
		claim.room = reg->room - reg->off;
	if (claim.kind == CLAIM_RECORD)
		claim.size = reg->mem_size;
	if (claim.kind == CLAIM_MAP || claim.kind == CLAIM_VALUE)
		claim.map = reg->map;
	return claim;
}

static void claim_join(struct claim *a, const struct claim *b)
{
	if (a->kind == CLAIM_NOTHING) {
		*a = *b;
		return;
	}
	if (a->kind != b->kind || a->up != b->up || a->size != b->size || a->map != b->map) {
		*a = (struct claim){ .kind = CLAIM_ANYTHING };
		return;
	}
	range_join(&a->n, &b->n);
	a->null |= b->null;
	a->min = a->min < b->min ? a->min : b->min;
	a->max = a->max > b->max ? a->max : b->max;
	a->room = a->room < b->room ? a->room : b->room;
}

void claims_visit(struct verifier *v)
{
	u32 insn = v->cur->insn, live = v->facts[insn].live_regs;

	for (u32 n = 0; n < CLAIM_REGS; n++) {
		struct claim claim;

		if (!(live >> n & 1))
			continue;
		claim = claim_of(v, v_reg(v, n));
		claim_join(&v->options->claims->at[insn][n], &claim);
	}
}
