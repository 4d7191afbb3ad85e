// SPDX-License-Identifier: BSD-2-Clause
/* eval.h - what the operations compute: arithmetic, moves, byte order and conditions, as functions.
 *
 * Everything here is pure and forced inline: with a constant @id a call folds to the one operation.
 * Readers: the interpreter, the verifier (on constants), the JIT's tests. Not here: memory, atomics,
 * calls and the program counter, which need more than two values.
 *
 * Operands: @dst and @src are whole registers; an immediate comes sign-extended to 64 bits. The
 * operations on 32 bits look at the lower halves only and give a result whose upper half is 0.
 *
 * No operation is undefined: x / 0 = 0; x % 0 = x; the smallest number / -1 is itself, % -1 is 0;
 * a shift looks at the lower 6 (5) bits of its amount.
 * Source: RFC 9669 sections 4.1-4.3; Linux 6.18 is asked about every row in tests/isa/test_eval.c.
 */
#ifndef CLSBPF_ISA_EVAL_H
#define CLSBPF_ISA_EVAL_H

#include "isa/insn.h"

#define eval_inline static inline __attribute__((always_inline))

eval_inline u64 eval_div64(u64 dst, u64 src) { return src ? dst / src : 0; }
eval_inline u64 eval_mod64(u64 dst, u64 src) { return src ? dst % src : dst; }
eval_inline u32 eval_div32(u32 dst, u32 src) { return src ? dst / src : 0; }
eval_inline u32 eval_mod32(u32 dst, u32 src) { return src ? dst % src : dst; }

/* The divisor -1 apart: INT_MIN / -1 overflows in C and traps on x86. */
eval_inline u64 eval_sdiv64(u64 dst, u64 src)
{
	if (src + 1 <= 1)
		return src ? 0 - dst : 0;
	return (u64)((s64)dst / (s64)src);
}

eval_inline u64 eval_smod64(u64 dst, u64 src)
{
	if (src + 1 <= 1)
		return src ? 0 : dst;
	return (u64)((s64)dst % (s64)src);
}

eval_inline u32 eval_sdiv32(u32 dst, u32 src)
{
	if (src + 1 <= 1)
		return src ? 0 - dst : 0;
	return (u32)((s32)dst / (s32)src);
}

eval_inline u32 eval_smod32(u32 dst, u32 src)
{
	if (src + 1 <= 1)
		return src ? 0 : dst;
	return (u32)((s32)dst % (s32)src);
}

/** eval_alu64() - the 64-bit rows of SHAPE_ALU, NEG, MOV and MOVSX. */
eval_inline u64 eval_alu64(enum insn_id id, u64 dst, u64 src)
{
	switch ((int)id) {
	case INSN_ADD64: return dst + src;
	case INSN_SUB64: return dst - src;
	case INSN_MUL64: return dst * src;
	case INSN_DIV64: return eval_div64(dst, src);
	case INSN_SDIV64: return eval_sdiv64(dst, src);
	case INSN_OR64: return dst | src;
	case INSN_AND64: return dst & src;
	case INSN_LSH64: return dst << (src & 63);
	case INSN_RSH64: return dst >> (src & 63);
	case INSN_MOD64: return eval_mod64(dst, src);
	case INSN_SMOD64: return eval_smod64(dst, src);
	case INSN_XOR64: return dst ^ src;
	case INSN_ARSH64: return (u64)((s64)dst >> (src & 63));
	case INSN_NEG64: return 0 - dst;
	case INSN_MOV64: return src;
	case INSN_MOVSX64_8: return (u64)(s64)(s8)src;
	case INSN_MOVSX64_16: return (u64)(s64)(s16)src;
	case INSN_MOVSX64_32: return (u64)(s64)(s32)src;
	}
	__builtin_unreachable();
}

/** eval_alu32() - the 32-bit rows of SHAPE_ALU, NEG, MOV and MOVSX; the caller zero-extends. */
eval_inline u32 eval_alu32(enum insn_id id, u32 dst, u32 src)
{
	switch ((int)id) {
	case INSN_ADD32: return dst + src;
	case INSN_SUB32: return dst - src;
	case INSN_MUL32: return dst * src;
	case INSN_DIV32: return eval_div32(dst, src);
	case INSN_SDIV32: return eval_sdiv32(dst, src);
	case INSN_OR32: return dst | src;
	case INSN_AND32: return dst & src;
	case INSN_LSH32: return dst << (src & 31);
	case INSN_RSH32: return dst >> (src & 31);
	case INSN_MOD32: return eval_mod32(dst, src);
	case INSN_SMOD32: return eval_smod32(dst, src);
	case INSN_XOR32: return dst ^ src;
	case INSN_ARSH32: return (u32)((s32)dst >> (src & 31));
	case INSN_NEG32: return 0 - dst;
	case INSN_MOV32: return src;
	case INSN_MOVSX32_8: return (u32)(s32)(s8)src;
	case INSN_MOVSX32_16: return (u32)(s32)(s16)src;
	}
	__builtin_unreachable();
}

/** eval_endian() - the rows of SHAPE_ENDIAN: @dst from or to an order of bytes, zero-extended. */
eval_inline u64 eval_endian(enum insn_id id, u64 dst)
{
	switch ((int)id) {
	case INSN_LE16: return le16((u16)dst);
	case INSN_LE32: return le32((u32)dst);
	case INSN_LE64: return le64(dst);
	case INSN_BE16: return be16((u16)dst);
	case INSN_BE32: return be32((u32)dst);
	case INSN_BE64: return be64(dst);
	case INSN_BSWAP16: return __builtin_bswap16((u16)dst);
	case INSN_BSWAP32: return __builtin_bswap32((u32)dst);
	case INSN_BSWAP64: return __builtin_bswap64(dst);
	}
	__builtin_unreachable();
}

/** eval_is_alu() - can eval_alu() be asked about @id. */
eval_inline bool eval_is_alu(enum insn_id id)
{
	return id <= INSN_BSWAP64;
}

/** eval_is_cond() - can eval_cond() be asked about @id. */
eval_inline bool eval_is_cond(enum insn_id id)
{
	return id >= INSN_JEQ64 && id <= INSN_JSLE32;
}

/** eval_alu() - the new value of dst, for a row where eval_is_alu(); for others: undefined.
 *  @src is ignored where the shape has none. */
eval_inline u64 eval_alu(enum insn_id id, u64 dst, u64 src)
{
	if (id <= INSN_MOVSX64_32)
		return eval_alu64(id, dst, src);
	if (id <= INSN_MOVSX32_16)
		return eval_alu32(id, (u32)dst, (u32)src);
	return eval_endian(id, dst);
}

/** eval_cond() - is the jump taken, for a row where eval_is_cond(); for others: undefined. */
eval_inline bool eval_cond(enum insn_id id, u64 dst, u64 src)
{
	u32 dst32 = (u32)dst, src32 = (u32)src;

	switch ((int)id) {
	case INSN_JEQ64: return dst == src;
	case INSN_JGT64: return dst > src;
	case INSN_JGE64: return dst >= src;
	case INSN_JSET64: return dst & src;
	case INSN_JNE64: return dst != src;
	case INSN_JSGT64: return (s64)dst > (s64)src;
	case INSN_JSGE64: return (s64)dst >= (s64)src;
	case INSN_JLT64: return dst < src;
	case INSN_JLE64: return dst <= src;
	case INSN_JSLT64: return (s64)dst < (s64)src;
	case INSN_JSLE64: return (s64)dst <= (s64)src;
	case INSN_JEQ32: return dst32 == src32;
	case INSN_JGT32: return dst32 > src32;
	case INSN_JGE32: return dst32 >= src32;
	case INSN_JSET32: return dst32 & src32;
	case INSN_JNE32: return dst32 != src32;
	case INSN_JSGT32: return (s32)dst32 > (s32)src32;
	case INSN_JSGE32: return (s32)dst32 >= (s32)src32;
	case INSN_JLT32: return dst32 < src32;
	case INSN_JLE32: return dst32 <= src32;
	case INSN_JSLT32: return (s32)dst32 < (s32)src32;
	case INSN_JSLE32: return (s32)dst32 <= (s32)src32;
	}
	__builtin_unreachable();
}

/** eval_load() - @raw, the bytes that a load of @width bits found, as the register gets them. */
eval_inline u64 eval_load(u64 raw, u8 width, bool is_signed)
{
	u32 shift = 64 - width;

	return is_signed ? (u64)((s64)(raw << shift) >> shift) : raw << shift >> shift;
}

#endif
