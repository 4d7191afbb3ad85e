// SPDX-License-Identifier: BSD-2-Clause
/* mem.h - one access to memory, as the files that know of one kind of memory each see it.
 *
 *   mem.c       which instruction, alignment, dispatch by the type of the pointer, plain memory
 *   stack.c     stack.h         mem_ctx.c     the context            mem_packet.c  packet, metadata
 *   mem_value.c map values and keys            mem_object.c  sockets, objects of BTF types, maps
 *   atomic.c    atomic instructions            mem_helper.c  what helpers do with memory
 *
 * A function that does an access requires everything first. Then it fills in *out, which may be the
 * register that held the pointer: nobody looks at the pointer after that.
 */
#ifndef CLSBPF_VERIFY_MEM_H
#define CLSBPF_VERIFY_MEM_H

#include "verify/concerns.h"

/* Linux's NET_IP_ALIGN for the checker: headers behind Ethernet's 14 bytes are aligned to 4. */
#define PACKET_ALIGN 2

struct access {
	u32 n;                    /* the register that holds the address, */
	s32 off;                  /* and what is added to it */
	u32 size;                 /* 1, 2, 4, 8; of a helper's access anything */
	bool write;
	bool sign;                /* a load that sign-extends */
	bool helper;              /* what a helper does, not the instruction itself */
	bool zero_ok;             /* a helper's: no bytes at all are fine */
	s32 stored;               /* stores: the register with the value, or -1 */
	const struct reg *value;  /* stores: the value; NULL: a number, any */
};

static inline const char *access_verb(const struct access *a) { return a->write ? "written" : "read"; }

/* ---- mem.c ---- */

/** mem_read() - the current instruction loads: require it, and *@out is what is known of the result.
 *  @out NULL: only require. @atomic: always aligned. */
must_check int mem_read(struct verifier *v, const struct access *a, bool atomic, struct reg *out);
/** mem_write() - the current instruction stores. */
must_check int mem_write(struct verifier *v, const struct access *a, bool atomic);
/** mem_load() - the whole instruction: a load into register @dst; mem_store() - a store. */
must_check int mem_load(struct verifier *v, const struct access *a, u32 dst, bool atomic);
must_check int mem_store(struct verifier *v, const struct access *a, bool atomic);
/** mem_reject() - reject() with a sentence that begins with "4 bytes are read " and goes on with @fmt. */
int mem_reject(struct verifier *v, const struct access *a, int err, enum reason reason, const char *fmt, ...)
	printf_like(5, 6);
/** mem_reject_empty() - no bytes of @what, but some are needed. */
int mem_reject_empty(struct verifier *v, const struct access *a, const char *what);
/** mem_bounds() - [offset, offset + size) is inside @room bytes of @what, whatever the variable part is. */
must_check int mem_bounds(struct verifier *v, const struct access *a, u32 room, const char *what);
/** mem_what() - what a REG_MEM is, for sentences. */
const char *mem_what(const struct reg *reg);
/** mem_no_leak() - the value stored is no pointer, where pointers must not be seen. @where: "a map", ... */
must_check int mem_no_leak(struct verifier *v, const struct access *a, const char *where);
/** mem_kind_changed() - did the current instruction use a pointer of a kind that does not go with this
 *  one, on another path? @loads: it is a plain load. */
bool mem_kind_changed(struct verifier *v, u8 type, u16 flags, bool loads);
/** mem_reject_kind() - because it did; @n: the register with the pointer. */
int mem_reject_kind(struct verifier *v, u32 n);
/** mem_note() - how the current instruction reaches memory. */
void mem_note(struct verifier *v, enum note_access access);
/** mem_loaded() - a number of @size bytes that nothing else is known of. */
void mem_loaded(struct reg *out, u32 size);

/* ---- one kind of memory each: loads have @out, or NULL ---- */

must_check int ctx_access(struct verifier *v, const struct access *a, struct reg *out);
must_check int packet_access(struct verifier *v, const struct access *a, struct reg *out);
must_check int value_access(struct verifier *v, const struct access *a, struct reg *out);
must_check int key_access(struct verifier *v, const struct access *a, struct reg *out);
must_check int socket_access(struct verifier *v, const struct access *a, struct reg *out);
must_check int object_access(struct verifier *v, const struct access *a, struct reg *out);
must_check int map_access(struct verifier *v, const struct access *a, struct reg *out);

/* The same without the load or store, for helpers. */
must_check int packet_require(struct verifier *v, const struct access *a);
must_check int map_value_require(struct verifier *v, const struct access *a);

/* ---- stack.c, stack_helper.c ---- */

must_check int stack_read(struct verifier *v, const struct access *a, struct reg *out);
must_check int stack_write(struct verifier *v, const struct access *a);
/** stack_require_helper() - a helper reads or writes. @raw: it writes all of it and reads nothing. */
must_check int stack_require_helper(struct verifier *v, const struct access *a, bool raw);
/** stack_apply_helper() - and has written. */
must_check int stack_apply_helper(struct verifier *v, const struct access *a, bool raw);

/* ---- atomic.c ---- */

must_check int atomic_step(struct verifier *v);

#endif
