// SPDX-License-Identifier: BSD-2-Clause
/* dynptr.h - what is in the 16 bytes of a bpf_dynptr while a program runs. Programs never read them: in
 * trusted mode the verifier saw to it, in checked mode run/dynptr_check.c does.
 *
 *  data     the address of the first byte there is; 0: nothing there. Packets: any number but 0, because
 * their
 *            bytes are where the packet has them now
 *   size     bytes, and above them the kind and whether they may be written
 *   offset   of the first byte that the dynptr leads to
 */
#ifndef CLSBPF_HELPER_DYNPTR_H
#define CLSBPF_HELPER_DYNPTR_H

#include "base/types.h"

struct exec;

/* What verify/verifier.h tells apart as well. */
enum dynptr_of {
	DYNPTR_OF_MEMORY,
	DYNPTR_OF_RECORD,
	DYNPTR_OF_PACKET,
	DYNPTR_OF_FRAME,      /* the packet of an XDP program, fragments included */
	DYNPTR_OF_METADATA,
};

#define DYNPTR_SIZE_MAX ((1u << 24) - 1)
#define DYNPTR_OF_SHIFT 28
#define DYNPTR_RDONLY (1u << 31)

struct dynptr {
	u64 data;
	u32 size;
	u32 offset;
};

static inline struct dynptr dynptr_get(u64 at)
{
	struct dynptr dynptr;

	memcpy(&dynptr, u64_ptr(at), sizeof(dynptr));
	return dynptr;
}

static inline void dynptr_put(u64 at, struct dynptr dynptr) { memcpy(u64_ptr(at), &dynptr, sizeof(dynptr)); }
static inline u32 dynptr_len(const struct dynptr *d) { return d->size & DYNPTR_SIZE_MAX; }
static inline enum dynptr_of dynptr_of(const struct dynptr *d) { return d->size >> DYNPTR_OF_SHIFT & 7; }

#endif
