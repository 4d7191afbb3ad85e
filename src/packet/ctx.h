// SPDX-License-Identifier: BSD-2-Clause
/* ctx.h - access to the context of a program, one lookup in the table made from ctx.def.
 *
 * The verifier asks ctx_find() whether an access is allowed; the interpreter and the JIT ask it
 * how the access is done. Nothing is ever rewritten in the instructions.
 */
#ifndef CLSBPF_PACKET_CTX_H
#define CLSBPF_PACKET_CTX_H

#include "base/types.h"
#include "packet/packet.h"

enum ctx_who {
	CTX_NOBODY = 0, CTX_TC = 1, CTX_SOCKET = 2, CTX_ALL = 3,
	CTX_XDP = 4, CTX_DEVMAP = 8, CTX_FRAME = 12, /* whose context is an xdp_md */
};
enum ctx_type { CTX_SCALAR, CTX_PACKET, CTX_PACKET_META, CTX_PACKET_END, CTX_SOCK_COMMON };

enum ctx_load {
	CTX_LOAD_PLAIN,
	CTX_LOAD_DATA,       /* packet->data, 64 bits */
	CTX_LOAD_DATA_END,   /* packet->tail */
	CTX_LOAD_DATA_META,
	CTX_LOAD_SK,         /* the socket, or NULL */
};

enum ctx_store {
	CTX_STORE_NONE,
	CTX_STORE_PLAIN,
	CTX_STORE_U16,       /* truncated: the field of an sk_buff has 16 bits */
	CTX_STORE_QUEUE,     /* as U16, and 65535 or more is not stored at all */
};

struct ctx_field {
	const char *name;
	u16 offset;
	u8 size, narrow, host;
	u8 read, write;      /* enum ctx_who */
	u8 type, load, store;
};

/** ctx_find() - the field that holds [@off, @off + @size), or NULL: between fields, beyond the end,
 *  misaligned, or an access of a size that the field does not allow.
 *  @write: it is a store. @who: the one program class that asks. */
const struct ctx_field *ctx_find(u32 off, u32 size, bool write, enum ctx_who who);

/** ctx_at() - the field at offset @off of @who's context, whoever may use it and how; NULL: there is none. */
const struct ctx_field *ctx_at(u32 off, enum ctx_who who);

/** ctx_place() - where in the context a load of @size bytes at @off looks: see `host` in ctx.def. */
static inline u32 ctx_place(const struct ctx_field *field, u32 off, u32 size)
{
	return size < field->host ? off : field->offset;
}

/** ctx_read() - what a load of @size bytes at @off gives. @field: ctx_find()'s answer. */
u64 ctx_read(const struct packet *packet, const struct ctx_field *field, u32 off, u32 size);

/** ctx_write() - a store of the low @size bytes of @value. */
void ctx_write(struct packet *packet, const struct ctx_field *field, u32 off, u32 size, u64 value);

/** ctx_who_of() - the class of a program by its type and expected_attach_type; CTX_NOBODY when its
 *  context is not in the table. */
enum ctx_who ctx_who_of(u32 prog_type, u32 attach_type);

/** ctx_size() - bytes of the context of @who. */
static inline u32 ctx_size(enum ctx_who who)
{
	return who & CTX_FRAME ? sizeof(struct xdp_md) : sizeof(struct __sk_buff);
}

#endif
