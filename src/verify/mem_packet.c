// SPDX-License-Identifier: BSD-2-Clause
/* mem_packet.c - packet bytes and metadata: only those that a comparison with the end has shown to be there.
 *
 *   data + n ... data + n + room     n: the variable part of the pointer, which counts for nothing: the
 *                                    comparison was made with it in
 */
#include <errno.h>

#include "verify/mem.h"

static const char *what(const struct reg *reg)
{
	return reg->type == REG_PACKET_META ? "packet metadata" : "the packet";
}

int packet_require(struct verifier *v, const struct access *a)
{
	const struct reg *reg = v_reg(v, a->n);
	s64 off = (s64)reg->off + a->off;

	if (unlikely(reg->n.smin < 0))
		return mem_reject(v, a, -EACCES, REASON_PACKET_BOUNDS,
				  "at an offset of %s that may be negative", what(reg));
	if (unlikely(reg->room < 0))
		return mem_reject(v, a, -EINVAL, REASON_PACKET_BOUNDS, "at the end of %s, or behind it",
				  what(reg));
	if (likely(off >= 0 && off + a->size <= reg->room && (a->size || a->zero_ok)))
		return 0;
	if (!a->size && !a->zero_ok)
		return mem_reject_empty(v, a, what(reg));
	if (off < 0)
		return mem_reject(v, a, -EACCES, REASON_PACKET_BOUNDS, "at offset %lld, before %s begins",
				  (long long)off, what(reg));
	if (!reg->room)
		return mem_reject(v, a, -EACCES, REASON_PACKET_BOUNDS,
				  "at offset %lld of %s, but no check has shown that %s there",
				  (long long)off, what(reg), a->size == 1 ? "it is" : "they are");
	return mem_reject(v, a, -EACCES, REASON_PACKET_BOUNDS,
			  "at offset %lld of %s, but only %d byte%s known to be there", (long long)off,
			  what(reg), reg->room, reg->room == 1 ? " is" : "s are");
}

int packet_access(struct verifier *v, const struct access *a, struct reg *out)
{
	int err = 0;

	if (a->write && v->helper_who & WHO_SOCKET)
		return reject(v, -EACCES, REASON_PACKET_READONLY, (int)a->n,
			      "the packet is written, but a socket filter may only read it");
	if (a->write)
		err = mem_no_leak(v, a, "the packet");
	if (!err)
		err = packet_require(v, a);
	if (err)
		return err;
	mem_note(v, NOTE_PACKET);
	if (out)
		mem_loaded(out, a->size);
	return 0;
}
