// SPDX-License-Identifier: BSD-2-Clause
/* mem_helper.c - memory that is given to helpers: bytes that they read or write, of a size that is known
 * or that a register bounds.
 *
 * What the helper writes to the stack is written here, as soon as it was required.
 */
#include <errno.h>

#include "verify/mem.h"

#define SIZE_MAX_VAR (1u << 29)   /* BPF_MAX_VAR_SIZ */

static int require_plain(struct verifier *v, const struct access *a)
{
	const struct reg *reg = v_reg(v, a->n);

	if (a->write && reg->flags & REG_RDONLY)
		return reject(v, -EACCES, REASON_MEM_READONLY, (int)a->n,
			      "a helper writes to %s, but it is only to be read", mem_what(reg));
	return mem_bounds(v, a, reg->mem_size, mem_what(reg));
}

static int require_key(struct verifier *v, struct access *a)
{
	if (a->write)
		return reject(v, -EACCES, REASON_MAP_READONLY, (int)a->n,
			      "a helper writes to the key of a map element");
	a->zero_ok = false;
	return mem_bounds(v, a, v_reg(v, a->n)->map->key_size, "the map key");
}

static int not_memory(struct verifier *v, const struct access *a)
{
	const struct reg *reg = v_reg(v, a->n);
	char words[128];

	/* No bytes at NULL are fine, whatever was meant to be there. */
	if (a->zero_ok && !a->size && reg_is_null(reg))
		return 0;
	if (reg->flags & REG_MAYBE_NULL && reg_is_pointer(reg))
		return reject(v, -EACCES, REASON_POINTER_NULL, (int)a->n,
			      "%s is given to a helper without a check that it is not NULL",
			      value_words(v, reg, words, sizeof(words)));
	return reject(v, -EACCES, REASON_MEM_NO_POINTER, (int)a->n,
		      "%s is given to a helper that wants memory", value_words(v, reg, words, sizeof(words)));
}

static int require(struct verifier *v, struct access *a, bool raw)
{
	const struct reg *reg = v_reg(v, a->n);
	int err;

	if (reg->flags & REG_MAYBE_NULL)
		return not_memory(v, a);
	switch ((enum reg_type)reg->type) {
	case REG_STACK:
		err = stack_require_helper(v, a, raw);
		return err || !a->write ? err : stack_apply_helper(v, a, raw);
	case REG_PACKET:
	case REG_PACKET_META:
		return packet_require(v, a);
	case REG_MAP_KEY:
		return require_key(v, a);
	case REG_MAP_VALUE:
		return map_value_require(v, a);
	case REG_MEM:
		return require_plain(v, a);
	case REG_BTF:
		return object_access(v, a, NULL);
	case REG_NOTHING:
	case REG_NUMBER:
	case REG_CTX:
	case REG_PACKET_END:
	case REG_MAP:
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_FUNC:
	case REG_DYNPTR:
		break;
	}
	return not_memory(v, a);
}

int mem_require(struct verifier *v, u32 n, s32 off, u32 size, enum mem_use use, bool zero_ok)
{
	struct access a = { .n = n, .off = off, .size = size, .write = use & MEM_WRITE, .helper = true,
			    .zero_ok = zero_ok, .stored = -1 };

	return require(v, &a, use == MEM_WRITE);
}

int mem_require_sized(struct verifier *v, u32 n, u32 size_reg, enum mem_use use, bool zero_ok)
{
	const struct range *size = &v_reg(v, size_reg)->n;
	struct access a = { .n = n, .write = use & MEM_WRITE, .helper = true, .zero_ok = zero_ok,
			    .stored = -1 };
	int err;

	if (size->smin < 0)
		return reject(v, -EACCES, REASON_SIZE_UNBOUNDED, (int)size_reg,
			      "the size of the memory that a helper is given may be negative (%lld)",
			      (long long)size->smin);
	if (!size->umin && !zero_ok)
		return reject(v, -EACCES, REASON_SIZE_ZERO, (int)size_reg,
			      "the size of the memory that a helper is given %s 0, but it needs some",
			      range_is_const(size) ? "is" : "may be");
	if (size->umax >= SIZE_MAX_VAR)
		return reject(v, -EACCES, REASON_SIZE_UNBOUNDED, (int)size_reg,
			      "the size of the memory that a helper is given has no bound");
	a.size = (u32)size->umax;
	/* Fewer bytes than the most may be written: those that are left must hold something. */
	err = require(v, &a, use == MEM_WRITE && range_is_const(size));
	return err ? err : precise_reg(v, size_reg);
}
