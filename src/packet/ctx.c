// SPDX-License-Identifier: BSD-2-Clause
/* ctx.c - the table of ctx.def, indexed by offset. */
#include "packet/ctx.h"

enum { NOBODY = CTX_NOBODY, TC = CTX_TC, SOCKET = CTX_SOCKET, ALL = CTX_ALL,
       FRAME = CTX_FRAME, DEVMAP = CTX_DEVMAP };

enum ctx_of { SKB, XDP, CONTEXTS };

enum ctx_row {
#define CTX(of, field, ...) ROW_##of##_##field,
#include "packet/ctx.def"
#undef CTX
	ROWS,
};

static const struct ctx_field rows[ROWS] = {
#define CTX(of, field, offset, size, narrow, host, read, write, type, load, store)                 \
	[ROW_##of##_##field] = { #field, offset, size, narrow, host, read, write, CTX_##type,      \
				 CTX_LOAD_##load, CTX_STORE_##store },
#include "packet/ctx.def"
#undef CTX
};

/* 1 + the row of the field at each 4-byte step of a context; fields begin and end on such steps. */
static const u8 row_at[CONTEXTS][sizeof(struct __sk_buff) / 4] = {
#define CTX(of, field, offset, size, ...)                                                          \
	[of][(offset) / 4 ... (offset) / 4 + ((size) + 3) / 4 - 1] = ROW_##of##_##field + 1,
#include "packet/ctx.def"
#undef CTX
};

/* A store, and a load of a field that is not narrow, has the size of the field; cb is an array of
 * whatever fits. */
static bool size_ok(const struct ctx_field *field, u32 size, bool write)
{
	if (field->size == sizeof(((struct __sk_buff *)0)->cb))
		return true;
	return size == field->size || (!write && size >= field->narrow && size < field->size);
}

const struct ctx_field *ctx_find(u32 off, u32 size, bool write, enum ctx_who who)
{
	const u8 *row = row_at[who & CTX_FRAME ? XDP : SKB];
	const struct ctx_field *field;

	if (off >= sizeof(struct __sk_buff) || !size || size > 8 || size & (size - 1) ||
	    off & (size - 1) || !row[off / 4])
		return NULL;
	field = &rows[row[off / 4] - 1];
	if (off < field->offset || off + size > (u32)field->offset + field->size)
		return NULL;
	if (!((write ? field->write : field->read) & who) || !size_ok(field, size, write))
		return NULL;
	return field;
}

const struct ctx_field *ctx_at(u32 off, enum ctx_who who)
{
	const u8 *row = row_at[who & CTX_FRAME ? XDP : SKB];
	const struct ctx_field *field;

	if (off >= sizeof(struct __sk_buff) || !row[off / 4])
		return NULL;
	field = &rows[row[off / 4] - 1];
	return off < (u32)field->offset + field->size ? field : NULL;
}

static u64 plain_read(const struct packet *packet, u32 off, u32 size)
{
	const u8 *at = (const u8 *)&packet->ctx + off;

	switch (size) {
	case 1:
		return *at;
	case 2:
		return get_u16(at);
	case 4:
		return get_u32(at);
	default:
		return get_u64(at);
	}
}

u64 ctx_read(const struct packet *packet, const struct ctx_field *field, u32 off, u32 size)
{
	switch ((enum ctx_load)field->load) {
	case CTX_LOAD_PLAIN:
		return plain_read(packet, ctx_place(field, off, size), size);
	case CTX_LOAD_DATA:
		return ptr_u64(packet->data);
	case CTX_LOAD_DATA_END:
		return ptr_u64(packet->tail);
	case CTX_LOAD_DATA_META:
		return ptr_u64(packet->data_meta);
	case CTX_LOAD_SK:
		return 0;
	}
	return 0;
}

void ctx_write(struct packet *packet, const struct ctx_field *field, u32 off, u32 size, u64 value)
{
	u8 *at = (u8 *)&packet->ctx + off;

	switch ((enum ctx_store)field->store) {
	case CTX_STORE_NONE:
		return;
	case CTX_STORE_PLAIN:
		if (size == 1)
			*at = (u8)value;
		else if (size == 2)
			put_u16(at, (u16)value);
		else if (size == 4)
			put_u32(at, (u32)value);
		else
			put_u64(at, value);
		return;
	case CTX_STORE_U16:
		put_u32(at, (u16)value);
		return;
	case CTX_STORE_QUEUE:
		if ((u32)value < UINT16_MAX)
			put_u32(at, (u32)value);
		return;
	}
}

enum ctx_who ctx_who_of(u32 prog_type, u32 attach_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return CTX_TC;
	case BPF_PROG_TYPE_SOCKET_FILTER:
		return CTX_SOCKET;
	case BPF_PROG_TYPE_XDP:
		return attach_type == BPF_XDP_DEVMAP ? CTX_DEVMAP : CTX_XDP;
	default:
		return CTX_NOBODY;
	}
}
