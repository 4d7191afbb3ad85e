// SPDX-License-Identifier: BSD-2-Clause
/* code.h - a program as the interpreter runs it: one `struct op` for each slot of its instructions.
 *
 *   insns   i        i + 1 (second half of a 64-bit constant)   i + 2
 *   ops     label    value                                      label
 *
 * The numbers are the same on both sides, so an op's place is its instruction's number. A label is
 * an address inside interp_loop(). There are two arrays, one for each mode, so that a run never asks in
 * which mode it is: checked mode runs prog->insns, the other prog->final if the program was verified.
 */
#ifndef CLSBPF_RUN_CODE_H
#define CLSBPF_RUN_CODE_H

#include "base/log.h"
#include "helper/helper.h"
#include "isa/insn.h"
#include "map/map.h"
#include "object/prog.h"
#include "packet/ctx.h"

struct op {
	union {
		const void *label;
		u64 value;      /* second slot of a 64-bit constant */
	};
	u8 dst, src;
	s16 off;
	s32 imm;                /* of loads and atomics: the kind that does the access (op_kind) */
	s32 jump;               /* of jumps and local calls: bytes from here to the target */
};

_Static_assert(sizeof(struct op) == 24, "an op is three words");

/* What an op is: the row of insn.def in its form, and the variants that only checked mode or a
 * guess about the context make. OP_CHECKED() exists for memory accesses, OP_PROVEN() for loads and stores
 * that the verifier knows to be of plain memory. */
#define OP_K(id) (2 * (id))
#define OP_X(id) (2 * (id) + 1)
#define OP_CHECKED(id) (2 * INSN_COUNT + (id))
#define OP_PROVEN(id) (3 * INSN_COUNT + (id))
enum op_kind {
	OP_CALL_CHECKED = 4 * INSN_COUNT,
	OP_TAIL_CALL,
	OP_CALL_BACK,           /* a helper that calls functions of the program, */
	OP_CALLED_BACK,         /* and where these return to */
	OP_ATOMIC_CHECKED,
	/* Loads that probably are from the context; if not, op->imm says what to do. */
	OP_CTX_DATA,
	OP_CTX_DATA_END,
	OP_CTX_DATA_META,
	OP_CTX_B,
	OP_CTX_H,
	OP_CTX_W,
	OP_CTX_DW,
	OP_MALFORMED,           /* no path leads there */
	OP_STEP,                /* tells of the instruction, then does it */
	/* "r0 = constant" and the exit behind it, in one step. */
	OP_RETURN32,
	OP_RETURN64,
	OP_ONE_KINDS,
	OP_KINDS = 3 * OP_ONE_KINDS,
};

/* Two in one step: a load, and the comparison of what it loaded with a constant, which is the next
 * op and keeps its own kind for those who jump to it. */
#define OP_THEN_JEQ(kind) (OP_ONE_KINDS + (kind))
#define OP_THEN_JNE(kind) (2 * OP_ONE_KINDS + (kind))

/* Memory that a program may use for the whole run: values of maps that it names by address. */
struct direct {
	u64 start;
	u32 len;
	bool read, write;
};

struct code {
	const struct prog *prog;
	enum ctx_who who;
	bool packet_direct;              /* the type reaches packet bytes by address */
	bool reads_any;                  /* calls what reads at any address: to be run checked */
	u8 *starts;                      /* of functions among `checked`, when it takes the address of any */
	u32 depth;                       /* bytes of stack that surely are used, 8..512 */
	u32 helper_count, direct_count;
	const struct helper **helpers;   /* op->imm of a call is a place in it */
	struct direct *direct;
	const void *
		*plain; /* labels of `checked`, where that has OP_STEP; NULL: it is not stepped */
	struct op *checked, *trusted;    /* in one allocation */
};

/** code_origin() - the number in prog->insns of op @place of code->trusted. */
static inline u32 code_origin(const struct code *code, u32 place)
{
	return code->prog->origin ? code->prog->origin[place] : place;
}

/** interp_labels() - the address of each op_kind; NULL where there is no such kind. */
const void *const *interp_labels(void);

#endif
