// SPDX-License-Identifier: BSD-2-Clause
/* note.h - what verification found out about one instruction: written by verify/, read by run/ and jit/,
 * which do not know one another. */
#ifndef CLSBPF_OBJECT_NOTE_H
#define CLSBPF_OBJECT_NOTE_H

#include "base/types.h"

/* How an instruction reaches memory. */
enum note_access {
	NOTE_NO_ACCESS,
	NOTE_STACK,
	NOTE_CTX,               /* a field of ctx.def */
	NOTE_PACKET,
	NOTE_MAP_VALUE,
	NOTE_MEM,               /* other plain memory that was bounds-checked */
	NOTE_OBJECT,            /* behind a pointer of BTF type: a fault reads as 0 */
};

enum note_flags {
	NOTE_SEEN = 1 << 0,       /* some path leads here */
	NOTE_ZEXT = 1 << 1,       /* the upper half of what this 32-bit operation writes is read */
	NOTE_TAKEN = 1 << 2,      /* a conditional jump that was taken on some path, */
	NOTE_NOT_TAKEN = 1 << 3,  /* and one that was not */
	NOTE_MIXED = 1 << 4,      /* paths disagree about map or constant key */
	NOTE_KEY = 1 << 5,        /* `key` holds */
	NOTE_SPILL = 1 << 6,      /* of a call: the fast-call pattern around it may go */
};

/* What is known of one instruction after acceptance. */
struct insn_note {
	u8 flags;               /* enum note_flags */
	u8 access;              /* enum note_access */
	u16 callback;           /* helper calls: number + 1 of the function that is called back */
	u32 map;                /* calls with a map argument: place in prog->maps + 1, when it is constant */
	u32 key;                /* and the constant index into it, when NOTE_KEY */
};

#endif
