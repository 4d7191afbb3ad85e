// SPDX-License-Identifier: BSD-2-Clause
/* interp.c - the interpreter: one piece of code for each kind of op, each ending in a jump to the next.
 *
 *   op -> label: do it; op++ -> label: do it; op++ -> ...
 *
 * What operations compute is eval.h; which exist is insn.def: the shape of a row chooses the macro
 * that makes its handlers. In checked mode loads and stores compare the address with the packet
 * and with the stack here, and go to checked.c with everything else.
 *
 * The budget costs nothing where instructions follow each other: `end` is the place where it would
 * be used up if the program went straight on from here. A jump moves `end` along, so that
 * (end - op) is what is left; jumps, calls and exits look at it. No loop is without one.
 */
#include <errno.h>

#include "isa/eval.h"
#include "run/state.h"

#define OP_BYTES sizeof(struct op)
/* As good as endless: 2^58 instructions take years. */
#define NO_BUDGET (1ull << 58)

/* The packet offsets of classic BPF below 0: from the network header and from the MAC header. */
#define NET_OFF (-0x100000)
#define LL_OFF (-0x200000)

/* Bytes that a packet load at a negative offset finds, or NULL. */
static const u8 *packet_below(const struct packet *p, s32 off, u32 size)
{
	bool net = off >= NET_OFF;
	u32 header = net ? p->net_off : p->mac_off;
	const u8 *at;

	if (off >= 0 || off < LL_OFF || header == PACKET_NO_OFFSET)
		return NULL;
	at = p->head + header;
	off -= net ? NET_OFF : LL_OFF;
	if (at > p->tail || p->tail - at < (s64)off + size)
		return NULL;
	return at + off;
}

eval_inline u64 packet_value(const u8 *bytes, u32 width)
{
	return width == 8 ? *bytes : width == 16 ? get_be16(bytes) : get_be32(bytes);
}

eval_inline u64 memory_load(u64 at, u32 width)
{
	const void *p = u64_ptr(at);

	return width == 8 ? *(const u8 *)p : width == 16 ? get_u16(p) :
	       width == 32 ? get_u32(p) : get_u64(p);
}

eval_inline void memory_store(u64 at, u32 width, u64 value)
{
	void *p = u64_ptr(at);

	if (width == 8)
		*(u8 *)p = (u8)value;
	else if (width == 16)
		put_u16(p, (u16)value);
	else if (width == 32)
		put_u32(p, (u32)value);
	else
		put_u64(p, value);
}

/* Maps are shared between threads: these are the machine's own atomic operations. Those that return
 * the old value are full barriers, the others order nothing, as on Linux. */
#define ATOMIC_CASES(W, type)                                                                      \
	case INSN_ATOMIC_ADD_##W: __atomic_fetch_add((type *)p, (type)v, __ATOMIC_RELAXED); return;\
	case INSN_ATOMIC_OR_##W: __atomic_fetch_or((type *)p, (type)v, __ATOMIC_RELAXED); return;  \
	case INSN_ATOMIC_AND_##W: __atomic_fetch_and((type *)p, (type)v, __ATOMIC_RELAXED); return;\
	case INSN_ATOMIC_XOR_##W: __atomic_fetch_xor((type *)p, (type)v, __ATOMIC_RELAXED); return;\
	case INSN_FETCH_ADD_##W: *src = __atomic_fetch_add((type *)p, (type)v, __ATOMIC_SEQ_CST);  \
		return;                                                                            \
	case INSN_FETCH_OR_##W: *src = __atomic_fetch_or((type *)p, (type)v, __ATOMIC_SEQ_CST);    \
		return;                                                                            \
	case INSN_FETCH_AND_##W: *src = __atomic_fetch_and((type *)p, (type)v, __ATOMIC_SEQ_CST);  \
		return;                                                                            \
	case INSN_FETCH_XOR_##W: *src = __atomic_fetch_xor((type *)p, (type)v, __ATOMIC_SEQ_CST);  \
		return;                                                                            \
	case INSN_XCHG_##W: *src = __atomic_exchange_n((type *)p, (type)v, __ATOMIC_SEQ_CST);      \
		return;                                                                            \
	case INSN_CMPXCHG_##W: {                                                                   \
		type old = (type)r[0];                                                             \
		__atomic_compare_exchange_n((type *)p, &old, (type)v, false, __ATOMIC_SEQ_CST,     \
					    __ATOMIC_SEQ_CST);                                     \
		r[0] = old;                                                                        \
		return;                                                                            \
	}
#define ATOMIC_ORDER_CASES(W, type)                                                                \
	case INSN_LOAD_ACQ_##W: r[op->dst] = __atomic_load_n((type *)p, __ATOMIC_ACQUIRE); return; \
	case INSN_STORE_REL_##W: __atomic_store_n((type *)p, (type)v, __ATOMIC_RELEASE); return;

eval_inline void atomic_do(enum insn_id id, u64 at, u64 *r, const struct op *op)
{
	u64 *src = &r[op->src], v = *src;
	void *p = u64_ptr(at);

	switch ((int)id) {
	ATOMIC_CASES(W, u32)
	ATOMIC_CASES(DW, u64)
	ATOMIC_ORDER_CASES(B, u8)
	ATOMIC_ORDER_CASES(H, u16)
	ATOMIC_ORDER_CASES(W, u32)
	ATOMIC_ORDER_CASES(DW, u64)
	}
}

eval_inline u64 atomic_address(u16 flags, const u64 *r, const struct op *op)
{
	return r[flags & F_LOAD ? op->src : op->dst] + (u64)(s64)op->off;
}

/* Which handlers the rows of a shape have. */
#define PAIR(kind, label) [OP_THEN_JEQ(kind)] = &&label##_jeq, [OP_THEN_JNE(kind)] = &&label##_jne
#define LABEL_K(id) [OP_K(INSN_##id)] = &&K_##id
#define LABEL_X(id) [OP_X(INSN_##id)] = &&X_##id
#define LABEL_C(id) [OP_CHECKED(INSN_##id)] = &&C_##id
#define LABEL_P(id) [OP_PROVEN(INSN_##id)] = &&P_##id
#define LABELS_ALU(id) LABEL_K(id), LABEL_X(id),
#define LABELS_MOV(id) LABEL_K(id), LABEL_X(id),
#define LABELS_NEG(id) LABEL_K(id),
#define LABELS_MOVSX(id) LABEL_X(id),
#define LABELS_ENDIAN(id) LABEL_K(id),
#define LABELS_JA(id) LABEL_K(id),
#define LABELS_MAY_GOTO(id) LABEL_K(id),
#define LABELS_JCOND(id) LABEL_K(id), LABEL_X(id),
#define LABELS_CALL(id)
#define LABELS_EXIT(id) LABEL_K(id),
#define LABELS_LDX(id) LABEL_X(id), LABEL_C(id), LABEL_P(id), PAIR(OP_X(INSN_##id), X_##id),       \
	PAIR(OP_CHECKED(INSN_##id), C_##id), PAIR(OP_PROVEN(INSN_##id), P_##id),
#define LABELS_STX(id) LABEL_X(id), LABEL_C(id), LABEL_P(id),
#define LABELS_ST(id) LABEL_K(id), LABEL_C(id), LABEL_P(id),
#define LABELS_ATOMIC(id) LABEL_X(id),
#define LABELS_LD_IMM64(id)
#define LABELS_LD_ABS(id) LABEL_K(id), PAIR(OP_K(INSN_##id), K_##id),
#define LABELS_LD_IND(id) LABEL_X(id), PAIR(OP_X(INSN_##id), X_##id),

#define DST r[op->dst]
#define SRC r[op->src]
#define IMM ((u64)(s64)op->imm)
#define OFF ((u64)(s64)op->off)

#define NEXT goto *(++op)->label

/* Go on @by bytes further, having executed the op at hand. */
#define GO_BY(by)                                                                                  \
	do {                                                                                       \
		s64 by_ = (by);                                                                    \
		op = (const struct op *)((const u8 *)op + by_);                                    \
		end += (u64)by_ - OP_BYTES;                                                        \
		if (unlikely(ptr_u64(op) > end))                                                   \
			goto over_budget;                                                          \
		goto *op->label;                                                                   \
	} while (0)
#define JUMP GO_BY(op->jump)
#define GO(to) GO_BY((s64)(ptr_u64(to) - ptr_u64(op)))

/* The next op, which compares what was loaded with a constant: its dst is the same. */
#define THEN_JUMP(id)                                                                              \
	do {                                                                                       \
		op++;                                                                              \
		if (eval_cond(id, DST, IMM))                                                       \
			JUMP;                                                                      \
		NEXT;                                                                              \
	} while (0)

/* Handlers of a load: alone, and with the comparison that follows. */
#define LOAD_HANDLERS(label, HANDLE, ...)                                                          \
	label: HANDLE(NEXT, __VA_ARGS__)                                                           \
	label##_jeq: HANDLE(THEN_JUMP(INSN_JEQ64), __VA_ARGS__)                                    \
	label##_jne: HANDLE(THEN_JUMP(INSN_JNE64), __VA_ARGS__)

#define STOP_IF_OVER                                                                               \
	do {                                                                                       \
		if (unlikely(ptr_u64(op) >= end))                                                  \
			goto over_budget;                                                          \
	} while (0)

/* Is an access of @width bits at @at in the packet, or in the stack that is in use? */
#define IN_PACKET(at, width) ((at) - s->data < s->bound[(width) == 64 ? 3 : (width) / 16])
#define IN_STACK(at, width) ((at) - s->stack_low <= s->stack_room - (width) / 8)

/* The handlers of a row, by shape. */
#define HANDLE_ALU(id, width, flags)                                                               \
	K_##id: DST = eval_alu(INSN_##id, DST, IMM); NEXT;                                         \
	X_##id: DST = eval_alu(INSN_##id, DST, SRC); NEXT;
#define HANDLE_MOV HANDLE_ALU
#define HANDLE_NEG(id, width, flags) K_##id: DST = eval_alu(INSN_##id, DST, 0); NEXT;
#define HANDLE_ENDIAN HANDLE_NEG
#define HANDLE_MOVSX(id, width, flags) X_##id: DST = eval_alu(INSN_##id, 0, SRC); NEXT;
#define HANDLE_JA(id, width, flags) K_##id: JUMP;
#define HANDLE_MAY_GOTO(id, width, flags)                                                          \
	K_##id:                                                                                    \
	if (s->may_goto) {                                                                         \
		s->may_goto--;                                                                     \
		NEXT;                                                                              \
	}                                                                                          \
	JUMP;
#define HANDLE_JCOND(id, width, flags)                                                             \
	K_##id:                                                                                    \
	if (eval_cond(INSN_##id, DST, IMM))                                                        \
		JUMP;                                                              \
	NEXT;                                                                                      \
	X_##id:                                                                                    \
	if (eval_cond(INSN_##id, DST, SRC))                                                        \
		JUMP;                                                              \
	NEXT;
#define HANDLE_CALL(id, width, flags)
#define HANDLE_EXIT(id, width, flags)
#define LDX_CHECKED(then, id, width, flags)                                                        \
	at = SRC + OFF;                                                                            \
	if (unlikely(!IN_PACKET(at, width)))                                                       \
		goto elsewhere_##id;                                                               \
	DST = eval_load(memory_load(at, width), width, (flags) & F_SIGNED);                        \
	then;
#define LDX_TRUSTED(then, id, width, flags)                                                        \
	at = SRC + OFF;                                                                            \
	if (likely(at - ptr_u64(packet) >= sizeof(packet->ctx))) {                                 \
		DST = eval_load(memory_load(at, width), width, (flags) & F_SIGNED);                \
		then;                                                                              \
	}                                                                                          \
	goto slow_##id;
#define LDX_PROVEN(then, id, width, flags)                                                         \
	DST = eval_load(memory_load(SRC + OFF, width), width, (flags) & F_SIGNED);                 \
	then;
#define HANDLE_LDX(id, width, flags)                                                               \
	LOAD_HANDLERS(P_##id, LDX_PROVEN, id, width, flags)                                        \
	LOAD_HANDLERS(C_##id, LDX_CHECKED, id, width, flags)                                       \
	LOAD_HANDLERS(X_##id, LDX_TRUSTED, id, width, flags)                                       \
	elsewhere_##id:                                                                            \
	if (IN_STACK(at, width)) {                                                                 \
		DST = eval_load(memory_load(at, width), width, (flags) & F_SIGNED);                \
		NEXT;                                                                              \
	}                                                                                          \
	slow_##id:                                                                                 \
	if (!checked_load(s, INSN_##id, at, &value))                                               \
		goto fault;                                                                        \
	DST = value;                                                                               \
	NEXT;
#define HANDLE_STORE(id, width, label, what)                                                       \
	P_##id:                                                                                    \
	memory_store(DST + OFF, width, what);                                                      \
	NEXT;                                                                                      \
	C_##id:                                                                                    \
	at = DST + OFF;                                                                            \
	if (likely(IN_PACKET(at, width) || IN_STACK(at, width))) {                                 \
		memory_store(at, width, what);                                                     \
		NEXT;                                                                              \
	}                                                                                          \
	goto slow_##id;                                                                            \
	label:                                                                                     \
	at = DST + OFF;                                                                            \
	if (likely(at - ptr_u64(packet) >= sizeof(packet->ctx))) {                                 \
		memory_store(at, width, what);                                                     \
		NEXT;                                                                              \
	}                                                                                          \
	slow_##id:                                                                                 \
	if (!checked_store(s, at, (width) / 8, what))                                              \
		goto fault;                                                                        \
	NEXT;
#define HANDLE_STX(id, width, flags) HANDLE_STORE(id, width, X_##id, SRC)
#define HANDLE_ST(id, width, flags) HANDLE_STORE(id, width, K_##id, IMM)
#define HANDLE_ATOMIC(id, width, flags)                                                            \
	X_##id: atomic_do(INSN_##id, atomic_address(flags, r, op), r, op); NEXT;
#define HANDLE_LD_IMM64(id, width, flags)
/* An offset below 0 is far above every length here. A load of nothing ends the function with 0. */
#define LD_PACKET(then, id, width, offset)                                                         \
	if (unlikely(r[6] != ptr_u64(packet)))                                                     \
		goto not_ctx;                                                                      \
	at = ptr_u64(packet->data) + (u32)(offset);                                                \
	if (unlikely(at + (width) / 8 > ptr_u64(packet->tail)))                                    \
		goto beyond_##id;                                                                  \
	r[0] = packet_value(u64_ptr(at), width);                                                   \
	then;
#define LD_BEYOND(id, width, offset)                                                               \
	beyond_##id:                                                                               \
	bytes = packet_below(packet, (s32)(offset), (width) / 8);                                  \
	if (!bytes) {                                                                              \
		r[0] = 0;                                                                          \
		goto K_EXIT;                                                                       \
	}                                                                                          \
	r[0] = packet_value(bytes, width);                                                         \
	NEXT;
#define HANDLE_LD_ABS(id, width, flags)                                                            \
	LOAD_HANDLERS(K_##id, LD_PACKET, id, width, op->imm)                                       \
	LD_BEYOND(id, width, op->imm)
#define HANDLE_LD_IND(id, width, flags)                                                            \
	LOAD_HANDLERS(X_##id, LD_PACKET, id, width, (u32)op->imm + (u32)SRC)                       \
	LD_BEYOND(id, width, (u32)op->imm + (u32)SRC)

/* A load that probably is from the context. */
#define LD_CTX(then, what)                                                                         \
	if (unlikely(SRC != ptr_u64(packet)))                                                      \
		goto *labels[op->imm];                                                             \
	DST = (what);                                                                              \
	then;
#define HANDLE_CTX(label, what) label: LD_CTX(NEXT, what)
#define HANDLE_CTX_PAIR(label, what) LOAD_HANDLERS(label, LD_CTX, what)

u64 interp_loop(struct run_state *s, const struct prog *prog, const void *const **labels_out)
{
	static const void *const labels[OP_KINDS] = {
#define INSN(id, text, code, selector, value, shape, width, flags) LABELS_##shape(id)
#include "isa/insn.def"
#undef INSN
		LABEL_K(CALL_HELPER),
		LABEL_K(CALL_LOCAL),
		LABEL_K(LD_IMM64),
		[OP_CALL_CHECKED] = &&call_checked,
		[OP_TAIL_CALL] = &&tail_call,
		[OP_CALL_BACK] = &&call_back,
		[OP_CALLED_BACK] = &&called_back,
		[OP_ATOMIC_CHECKED] = &&atomic_checked,
		[OP_CTX_DATA] = &&ctx_data,
		[OP_CTX_DATA_END] = &&ctx_data_end,
		[OP_CTX_DATA_META] = &&ctx_data_meta,
		[OP_CTX_B] = &&ctx_b,
		[OP_CTX_H] = &&ctx_h,
		[OP_CTX_W] = &&ctx_w,
		[OP_CTX_DW] = &&ctx_dw,
		PAIR(OP_CTX_B, ctx_b),
		PAIR(OP_CTX_H, ctx_h),
		PAIR(OP_CTX_W, ctx_w),
		PAIR(OP_CTX_DW, ctx_dw),
		[OP_MALFORMED] = &&malformed,
		[OP_STEP] = &&step,
		[OP_RETURN32] = &&return32,
		[OP_RETURN64] = &&return64,
	};
	struct packet *packet;
	const struct op *op, *to;
	union {
		u64 r[12];
		u64_pair pair[6];
	} regs;
	u64 *const r = regs.r;
	u64 end, at, value;
	const u8 *bytes;

	if (unlikely(labels_out)) {
		*labels_out = labels;
		return 0;
	}
	state_start(s, prog);
	packet = s->exec->packet;
	/* Of memset() compilers make a string instruction, which is slow to start. */
	regs.pair[0] = (u64_pair){ 0, ptr_u64(packet) };
	for (u32 i = 1; i < 5; i++)
		regs.pair[i] = (u64_pair){ 0, 0 };
	r[10] = state_top(s);
	op = s->checked ? s->code->checked : s->code->trusted;
	end = ptr_u64(op) + (s->checked ? RUN_BUDGET : NO_BUDGET) * OP_BYTES;
	goto *op->label;

#define INSN(id, text, code, selector, value, shape, width, flags) HANDLE_##shape(id, width, flags)
#include "isa/insn.def"
#undef INSN

	HANDLE_CTX(ctx_data, ptr_u64(packet->data))
	HANDLE_CTX(ctx_data_end, ptr_u64(packet->tail))
	HANDLE_CTX(ctx_data_meta, ptr_u64(packet->data_meta))
	HANDLE_CTX_PAIR(ctx_b, memory_load(ptr_u64(packet) + OFF, 8))
	HANDLE_CTX_PAIR(ctx_h, memory_load(ptr_u64(packet) + OFF, 16))
	HANDLE_CTX_PAIR(ctx_w, memory_load(ptr_u64(packet) + OFF, 32))
	HANDLE_CTX_PAIR(ctx_dw, memory_load(ptr_u64(packet) + OFF, 64))

K_LD_IMM64:
	DST = op[1].value;
	/* One instruction in two places. */
	end += OP_BYTES;
	op++;
	NEXT;

atomic_checked:
	if (!checked_atomic(s, op->imm / 2, atomic_address(insn_info[op->imm / 2].flags, r, op)))
		goto fault;
	goto *labels[op->imm];

K_CALL_HELPER:
	STOP_IF_OVER;
	r[0] = s->code->helpers[op->imm]->fn(s->exec, r[1], r[2], r[3], r[4], r[5]);
	NEXT;

call_checked:
	STOP_IF_OVER;
	if (!checked_call(s, s->code->helpers[op->imm], r))
		goto fault;
	NEXT;

step:
	if (s->step)
		s->step(s->step_ctx, s->code->prog, (u32)(op - s->code->checked), r);
	goto *s->code->plain[op - s->code->checked];

tail_call:
	STOP_IF_OVER;
	{
		bool was_checked = s->checked, taken;

		if (!state_tail_call(s, s->code->helpers[op->imm], r, &taken))
			goto fault;
		if (!taken)
			NEXT;
		if (s->checked && !was_checked)
			end = ptr_u64(op + 1) + RUN_BUDGET * OP_BYTES;
		GO(s->checked ? s->code->checked : s->code->trusted);
	}

call_back:
	STOP_IF_OVER;
	if (!callback_begin(s, s->code->helpers[op->imm], op, r, &to))
		goto fault;
	GO(to);

called_back:
	/* As if it were the call again, which is an op of the program. */
	to = s->callbacks[s->depth].call;
	end += ptr_u64(to) - ptr_u64(op);
	op = to;
	if (!callback_next(s, r, &to))
		goto fault;
	GO(to);

K_CALL_LOCAL:
	if (!state_push(s, op, r))
		goto fault;
	JUMP;

return32:
	r[0] = (u32)op->imm;
	op++;
	goto K_EXIT;

return64:
	r[0] = IMM;
	op++;
K_EXIT:
	STOP_IF_OVER;
	if (!s->depth) {
		if (unlikely(s->exec->record_count || s->exec->lock))
			goto held;
		return r[0];
	}
	GO(state_pop(s, r) + 1);

held:
	if (s->checked) {
		if (s->exec->lock)
			state_fault(s, -EINVAL, "the program ends while it holds a spin lock");
		else
			state_fault(s, -EINVAL, "the program ends with %u reserved records that were neither "
				    "submitted nor discarded", s->exec->record_count);
		goto fault;
	}
	exec_drop_records(s->exec);
	return r[0];

malformed:
	state_fault(s, -EINVAL, "the instruction is not well formed");
	goto fault;

not_ctx:
	state_fault(s, -EACCES, "R6 is not the context, which packet loads need there");
	goto fault;

over_budget:
	if (op == &s->called_back[1])
		op = s->callbacks[s->depth].call;
	state_fault(s, -E2BIG, "the program went on after %u instructions", RUN_BUDGET);
fault:
	exec_drop_records(s->exec);
	s->fault.insn = s->checked ? (u32)(op - s->code->checked) :
			code_origin(s->code, (u32)(op - s->code->trusted));
	return 0;
}
