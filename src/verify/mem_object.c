// SPDX-License-Identifier: BSD-2-Clause
/* mem_object.c - what is behind pointers to the kernel's objects: sockets, as bpf_sock and bpf_tcp_sock
 * show them; objects of BTF types; maps themselves.
 */
#include <errno.h>

#include "verify/mem.h"

/* How a field of a socket may be loaded. */
enum sock_width {
	WHOLE,          /* all 4 bytes */
	FIRST,          /* or fewer of them, from the first one on */
	ANY,            /* 1, 2 or 4 bytes, wherever */
	PORT,           /* 2 bytes and the 2 behind them that are 0, together; or a part of the first 2 */
};

struct sock_field {
	u16 off, len;
	u8 width;
	bool full;      /* not of a socket that may be a small one (sock_common) */
};

#define FIELD(name, width, full)                                                                    \
	{ offsetof(struct bpf_sock, name), sizeof(((struct bpf_sock *)0)->name), width, full }

static const struct sock_field sock_fields[] = {
	FIELD(bound_dev_if, WHOLE, false), FIELD(family, FIRST, false), FIELD(type, FIRST, true),
	FIELD(protocol, FIRST, true), FIELD(mark, WHOLE, true), FIELD(priority, WHOLE, true),
	FIELD(src_ip4, ANY, false), FIELD(src_ip6, ANY, false), FIELD(src_port, FIRST, false),
	FIELD(dst_port, PORT, false), FIELD(dst_ip4, ANY, false), FIELD(dst_ip6, ANY, false),
	FIELD(state, FIRST, false), FIELD(rx_queue_mapping, FIRST, false),
};

static bool sock_may(s64 off, u32 size, bool full)
{
	for (size_t i = 0; i < ARRAY_SIZE(sock_fields); i++) {
		const struct sock_field *field = &sock_fields[i];

		if (off < field->off || off >= field->off + field->len)
			continue;
		if (off % size || size > 4 || (field->full && !full))
			return false;
		switch ((enum sock_width)field->width) {
		case WHOLE:
			return size == 4;
		case FIRST:
			return off == field->off;
		case ANY:
		case PORT:
			return true;
		}
	}
	return false;
}

static bool tcp_sock_may(s64 off, u32 size)
{
	if (off < 0 || off >= (s64)sizeof(struct bpf_tcp_sock) || off % size)
		return false;
	if (off == offsetof(struct bpf_tcp_sock, bytes_received) ||
	    off == offsetof(struct bpf_tcp_sock, bytes_acked))
		return size == 8;
	return size == 4;
}

int socket_access(struct verifier *v, const struct access *a, struct reg *out)
{
	const struct reg *reg = v_reg(v, a->n);
	s64 off = (s64)reg->off + a->off;
	bool tcp = reg->type == REG_TCP_SOCK;

	if (a->write)
		return reject(v, -EACCES, REASON_SOCKET_FIELD, (int)a->n,
			      "a field of a socket is written, but it is only to be read");
	if (reg->n.smin < 0 ||
	    !(tcp ? tcp_sock_may(off, a->size) : sock_may(off, a->size, reg->type == REG_SOCKET)))
		return mem_reject(v, a, -EACCES, REASON_SOCKET_FIELD,
				  "at offset %lld of struct %s, which is no field%s", (long long)off,
				  tcp ? "bpf_tcp_sock" : "bpf_sock",
				  reg->type == REG_SOCK_COMMON ? " of a socket that may be a request socket"
							       : "");
	/* Linux finds out only when it is to make code of it. */
	if (tcp && (off == offsetof(struct bpf_tcp_sock, bytes_received) + 4 ||
		    off == offsetof(struct bpf_tcp_sock, bytes_acked) + 4))
		return mem_reject(v, a, -EFAULT, REASON_SOCKET_FIELD,
				  "at offset %lld of struct bpf_tcp_sock, the upper half of a field",
				  (long long)off);
	mem_note(v, NOTE_OBJECT);
	if (out)
		mem_loaded(out, a->size);
	return 0;
}

static int object_reject(struct verifier *v, const struct access *a, int err, const char *why)
{
	return reject(v, err, REASON_OBJECT_ACCESS, (int)a->n, "a kernel object is %s%s", access_verb(a),
		      why);
}

int object_access(struct verifier *v, const struct access *a, struct reg *out)
{
	const struct reg *reg = v_reg(v, a->n);

	if (!v->privileged)
		return object_reject(v, a, -EPERM, ", which needs privileges");
	if (!v->prog->gpl && !(reg->flags & REG_ALLOC))
		return object_reject(v, a, -EINVAL, ", which only programs under the GPL may do");
	if ((s64)reg->off + a->off < 0 || !tnum_equals(reg->n.bits, 0) || reg->flags & REG_PERCPU)
		return object_reject(v, a, -EACCES, " at an offset that is negative or not constant");
	if (a->write && !(reg->flags & REG_ALLOC))
		return object_reject(v, a, -EACCES, ", but it is only to be read");
	return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, (int)a->n,
		      "the engine does not have the kernel's objects");
}

int map_access(struct verifier *v, const struct access *a, struct reg *out)
{
	const struct reg *reg = v_reg(v, a->n);

	if (!v->privileged)
		return reject(v, -EPERM, REASON_OBJECT_ACCESS, (int)a->n,
			      "the fields of a map itself are %s, which needs privileges", access_verb(a));
	if ((s64)reg->off + a->off < 0 || a->write)
		return reject(v, -EACCES, REASON_OBJECT_ACCESS, (int)a->n,
			      "a map itself is %s, where its elements are meant: look them up",
			      access_verb(a));
	return reject(v, -EOPNOTSUPP, REASON_UNSUPPORTED, (int)a->n,
		      "a map itself is read: the engine does not have Linux's struct bpf_map");
}
