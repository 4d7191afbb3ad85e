// SPDX-License-Identifier: BSD-2-Clause
/* insn.h - what an instruction is: the enumerations and the table made from insn.def.
 *
 * `struct bpf_insn` of linux/bpf.h is the only encoding in the tree; what it means is found by
 * insn_decode(). Nobody else looks at opcode bytes.
 */
#ifndef CLSBPF_ISA_INSN_H
#define CLSBPF_ISA_INSN_H

#include <linux/bpf.h>

#include "base/log.h"
#include "base/types.h"

enum insn_id {
#define INSN(id, text, code, selector, value, shape, width, flags) INSN_##id,
#include "isa/insn.def"
#undef INSN
	INSN_COUNT,
};

/* Which fields an instruction uses; all others are reserved and must be 0. */
enum insn_shape {
	SHAPE_ALU,      /* dst op= src | imm */
	SHAPE_NEG,      /* dst = -dst */
	SHAPE_MOV,      /* dst = src | imm */
	SHAPE_MOVSX,    /* dst = (sN) src */
	SHAPE_ENDIAN,   /* dst = swapped dst */
	SHAPE_JA,       /* goto pc + off (width 16) or imm (width 32) */
	SHAPE_MAY_GOTO, /* goto pc + off once the loop budget is used up */
	SHAPE_JCOND,    /* if dst op src | imm goto pc + off */
	SHAPE_CALL,     /* helper imm; function at pc + imm; kernel function imm (off: index of a BTF) */
	SHAPE_EXIT,
	SHAPE_LDX,      /* dst = *(src + off) */
	SHAPE_STX,      /* *(dst + off) = src */
	SHAPE_ST,       /* *(dst + off) = imm */
	SHAPE_ATOMIC,   /* *(dst + off) op= src; load_acquire: dst = *(src + off) */
	SHAPE_LD_IMM64, /* dst = imm64, or what src says */
	SHAPE_LD_ABS,   /* R0 = packet[imm] */
	SHAPE_LD_IND,   /* R0 = packet[src + imm] */
};

enum insn_selector { SEL_NONE, SEL_OFF, SEL_IMM, SEL_SRC };

enum insn_flags {
	F_K = 1 << 0,
	F_X = 1 << 1,
	F_WIDE = 1 << 2,
	F_SIGNED = 1 << 3,
	F_FETCH = 1 << 4,
	F_LOAD = 1 << 5,
	F_STORE = 1 << 6,
};

struct insn_info {
	const char *text;
	u8 code;
	u8 selector;
	u16 value;
	u8 shape;
	u8 width;
	u16 flags;
};

extern const struct insn_info insn_info[INSN_COUNT];

/* Refused, but Linux does not notice unless a path leads there. */
enum insn_late {
	LATE_NOT,
	LATE_FORM,      /* a field: before anything else is looked at */
	LATE_CONSTANT,  /* a constant: after the operands */
};

/* The answer of insn_decode(). */
struct insn_op {
	enum insn_id id;
	bool reg;      /* the form with a register operand (BPF_X) where the row has both */
	u8 slots;      /* 1, or 2 for LD_IMM64 */
	u8 late;       /* enum insn_late: the rest is what Linux takes the instruction for */
};

/** insn_decode() - what the instruction at @insn is.
 *  @left: instructions from @insn to the end of the program, at least 1.
 *  @index: its number, for the message.
 *  Checks the opcode, registers (0..10; R10 is not writable) and every reserved field; not jump
 *  targets. Returns 0, -EINVAL, or -EACCES for a write to R10, after a sentence in @log. Source:
 *  RFC 9669; verdicts are those of Linux 6.18. *@op is set as well when op->late says so. */
must_check int insn_decode(const struct bpf_insn *insn, u32 left, u32 index, struct insn_op *op,
			   struct log *log);

/** insn_id_of() - the operation of an instruction; INSN_COUNT if there is no such operation. */
enum insn_id insn_id_of(const struct bpf_insn *insn);

/** insn_id_like() - the same; where the opcode exists and no row fits, what decides where paths go. */
enum insn_id insn_id_like(const struct bpf_insn *insn);

/** insn_imm64() - the 64-bit constant in the two slots of an LD_IMM64. */
static inline u64 insn_imm64(const struct bpf_insn *insn)
{
	return (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
}

#define INSN_MAX 1000000         /* BPF_COMPLEXITY_LIMIT_INSNS, the limit with CAP_BPF */
#define INSN_MAX_FUNCTIONS 256   /* BPF_MAX_SUBPROGS */

/** insn_check_program() - everything about @insns that needs no knowledge of values: every
 *  instruction decodes, jumps and calls go to the start of an instruction inside the program and
 *  inside the same function, the last instruction of a function is an exit or a jump.
 *  Returns 0, -EINVAL, -EACCES or -ENOMEM, with the sentence in @log. */
must_check int insn_check_program(const struct bpf_insn *insns, u32 count, struct log *log);

/** insn_check_shape() - the same for a program that will be verified: what is refused late passes. */
must_check int insn_check_shape(const struct bpf_insn *insns, u32 count, struct log *log);

/** insn_text() - one instruction in the syntax of the kernel's disassembler, into @buf.
 *  @name_of: names for helpers, functions and maps; may be NULL. Returns the text's length. */
struct insn_names {
	/* Each returns the length written, or 0 for "no name": the number is printed. */
	int (*helper)(void *ctx, s32 id, char *buf, size_t room);
	int (*call)(void *ctx, const struct bpf_insn *insn, char *buf, size_t room);
	int (*imm64)(void *ctx, const struct bpf_insn *insn, char *buf, size_t room);
	void *ctx;
};
int insn_text(const struct bpf_insn *insn, const struct insn_names *names, char *buf, size_t room);

/** insn_assemble() - text in the same syntax, one instruction a line, to instructions.
 *  Labels ("name:") may be jump and call targets, `;` and `//` start comments. @insns has room for
 *  @room instructions. Returns their number, or -EINVAL / -E2BIG with line and column in @log. */
must_check int insn_assemble(const char *text, struct bpf_insn *insns, u32 room, struct log *log);

#endif
