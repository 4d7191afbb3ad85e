// SPDX-License-Identifier: BSD-2-Clause
/* eval.h - what arithmetic, comparisons and byte swaps mean, once, as pure functions.
 *
 * The interpreter, the verifier on constants and the tests of the JIT all use these. With a
 * constant @id everything folds to one operation. An immediate comes in sign-extended to 64 bits.
 * Source: RFC 9669 section 4; division by 0 gives 0, the remainder by 0 leaves dst, shift counts
 * are taken modulo the width.
 */
#ifndef CLSBPF_ISA_EVAL_H
#define CLSBPF_ISA_EVAL_H

#include "isa/insn.h"

#define eval_inline static inline __attribute__((always_inline))

eval_inline u64 eval_sdiv64(s64 a, s64 b)
{
	return !b ? 0 : b == -1 ? -(u64)a : (u64)(a / b);
}

eval_inline u64 eval_smod64(s64 a, s64 b)
{
	return !b ? (u64)a : b == -1 ? 0 : (u64)(a % b);
}

eval_inline u32 eval_sdiv32(s32 a, s32 b)
{
	return !b ? 0 : b == -1 ? -(u32)a : (u32)(a / b);
}

eval_inline u32 eval_smod32(s32 a, s32 b)
{
	return !b ? (u32)a : b == -1 ? 0 : (u32)(a % b);
}

/** eval_alu() - the new dst of an operation of shape ALU, MOV, MOVSX, NEG or ENDIAN. */
eval_inline u64 eval_alu(enum insn_id id, u64 dst, u64 src)
{
	u32 a = (u32)dst, b = (u32)src;

	switch ((int)id) {
	case INSN_ADD64: return dst + src;
	case INSN_SUB64: return dst - src;
	case INSN_MUL64: return dst * src;
	case INSN_DIV64: return src ? dst / src : 0;
	case INSN_SDIV64: return eval_sdiv64((s64)dst, (s64)src);
	case INSN_OR64: return dst | src;
	case INSN_AND64: return dst & src;
	case INSN_LSH64: return dst << (src & 63);
	case INSN_RSH64: return dst >> (src & 63);
	case INSN_MOD64: return src ? dst % src : dst;
	case INSN_SMOD64: return eval_smod64((s64)dst, (s64)src);
	case INSN_XOR64: return dst ^ src;
	case INSN_ARSH64: return (u64)((s64)dst >> (src & 63));
	case INSN_NEG64: return -dst;
	case INSN_MOV64: return src;
	case INSN_MOVSX64_8: return (u64)(s64)(s8)src;
	case INSN_MOVSX64_16: return (u64)(s64)(s16)src;
	case INSN_MOVSX64_32: return (u64)(s64)(s32)src;

	case INSN_ADD32: return a + b;
	case INSN_SUB32: return a - b;
	case INSN_MUL32: return a * b;
	case INSN_DIV32: return b ? a / b : 0;
	case INSN_SDIV32: return eval_sdiv32((s32)a, (s32)b);
	case INSN_OR32: return a | b;
	case INSN_AND32: return a & b;
	case INSN_LSH32: return a << (b & 31);
	case INSN_RSH32: return a >> (b & 31);
	case INSN_MOD32: return b ? a % b : a;
	case INSN_SMOD32: return eval_smod32((s32)a, (s32)b);
	case INSN_XOR32: return a ^ b;
	case INSN_ARSH32: return (u32)((s32)a >> (b & 31));
	case INSN_NEG32: return -a;
	case INSN_MOV32: return b;
	case INSN_MOVSX32_8: return (u32)(s32)(s8)b;
	case INSN_MOVSX32_16: return (u32)(s32)(s16)b;

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

/** eval_cond() - is the condition of a JCOND true? */
eval_inline bool eval_cond(enum insn_id id, u64 dst, u64 src)
{
	u32 a = (u32)dst, b = (u32)src;

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

	case INSN_JEQ32: return a == b;
	case INSN_JGT32: return a > b;
	case INSN_JGE32: return a >= b;
	case INSN_JSET32: return a & b;
	case INSN_JNE32: return a != b;
	case INSN_JSGT32: return (s32)a > (s32)b;
	case INSN_JSGE32: return (s32)a >= (s32)b;
	case INSN_JLT32: return a < b;
	case INSN_JLE32: return a <= b;
	case INSN_JSLT32: return (s32)a < (s32)b;
	case INSN_JSLE32: return (s32)a <= (s32)b;
	}
	__builtin_unreachable();
}

#endif
