// SPDX-License-Identifier: BSD-2-Clause
/* verifier.h - what the verifier knows at one point of one path, and the verifier itself.
 *
 *   struct state     the one that is being walked: full arrays, changed in place
 *     frame[0..depth]  one a function call under way
 *       reg[0..10]       what each register holds
 *       kind[][8]        what each byte of the stack holds, spill[] what was stored as a whole
 *
 *   struct saved     a state put away: only what is live, packed (saved.c)
 *
 *        saved --parent--> saved --parent--> ... --> the start of the program
 *          steps: the instructions from the parent to here
 *
 * A path branches by *choice*: before the instruction that can go two ways changes anything, the state is
 * put away together with the number of the other way (walk_fork()); when it is taken out again, the same
 * instruction is done with v->choice set to that number. So a path is a list of instructions and choices,
 * and nothing ever has to be undone.
 *
 * Each concern has one file and few functions in concerns.h. For each instruction, *require* functions
 * reject and change nothing, *apply* functions change the state and cannot fail (but for memory),
 * and notes go to v->notes[].
 */
#ifndef CLSBPF_VERIFY_VERIFIER_H
#define CLSBPF_VERIFY_VERIFIER_H

#include "isa/insn.h"
#include "map/map.h"
#include "object/btf.h"
#include "packet/ctx.h"
#include "verify/range.h"
#include "verify/verify.h"

#define V_REGS 11
#define V_FRAMES 8          /* MAX_CALL_FRAMES */
#define V_STACK 512         /* MAX_BPF_STACK */
#define V_SLOTS (V_STACK / 8)
#define V_OFF_MAX (1 << 29) /* BPF_MAX_VAR_OFF */
#define V_INSNS 1000000     /* BPF_COMPLEXITY_LIMIT_INSNS: instructions walked */
#define FLAG_TEST_REG_INVARIANTS (1u << 7)  /* BPF_F_TEST_REG_INVARIANTS */
#define V_JUMPS 8192        /* BPF_COMPLEXITY_LIMIT_JMP_SEQ: paths that wait */

enum reg_type {
	REG_NOTHING,        /* never set, or lost: must not be read */
	REG_NUMBER,
	REG_CTX,
	REG_PACKET,
	REG_PACKET_META,
	REG_PACKET_END,
	REG_MAP,            /* a map itself */
	REG_MAP_KEY,
	REG_MAP_VALUE,
	REG_STACK,
	REG_MEM,            /* mem_size bytes of plain memory */
	REG_SOCK_COMMON,
	REG_SOCKET,
	REG_TCP_SOCK,
	REG_BTF,            /* an object of a BTF type */
	REG_FUNC,           /* a function of the program, to be called back */
	REG_DYNPTR,         /* argument of a global function: a dynptr of the caller's */
};

enum reg_flags {
	REG_MAYBE_NULL = 1 << 0,
	REG_RDONLY = 1 << 1,
	REG_RINGBUF = 1 << 2,       /* REG_MEM: a record that was reserved */
	REG_TRUSTED = 1 << 3,
	REG_UNTRUSTED = 1 << 4,
	REG_RCU = 1 << 5,
	REG_PERCPU = 1 << 6,
	REG_ALLOC = 1 << 7,         /* an object of the program's own BTF */
	REG_NON_OWNING = 1 << 8,
	REG_DYNPTR_SLICE = 1 << 9,  /* REG_MEM: packet bytes got from a dynptr: lost when the packet moves */
	REG_ADDS = 1 << 10,         /* REG_NUMBER: `off` more than the numbers with the same id */
	REG_ADDS32 = 1 << 11,       /* the same, of the lower half */
	REG_FAULT_ZERO = 1 << 12,   /* what is not there reads as 0 (probe reads) */
	REG_LOCAL_SLICE = 1 << 13,  /* REG_MEM: memory of the program, got by bpf_dynptr_slice() */
};

/* What a dynptr leads to. */
enum dynptr_kind {
	DYNPTR_NONE,
	DYNPTR_LOCAL,         /* memory of the program */
	DYNPTR_RINGBUF,       /* a record, which must be given back */
	DYNPTR_SKB,
	DYNPTR_SKB_META,
	DYNPTR_XDP,
};

/* Iterators that live on the stack. */
enum iter_kind {
	ITER_OF_NOTHING,
	ITER_NUM,             /* bpf_iter_num: 8 bytes */
};

/* A packet pointer that was found to be the end of the packet, or behind it. */
#define ROOM_AT_END (-1)
#define ROOM_BEYOND_END (-2)

/* What one register, or one spilled 8-byte slot, holds. */
struct reg {
	u8 type;              /* enum reg_type */
	u8 frame;             /* REG_STACK: number of the frame that it points into */
	u16 flags;            /* enum reg_flags */
	s32 off;              /* pointers: the constant part of the offset; numbers: with REG_ADDS */
	struct range n;       /* numbers: it; pointers: the variable part of the offset */
	u32 id; /* pointers and numbers with the same one are copies of one another; 0: of none */
	u32 ref;              /* the reference (struct ref) that it came with; 0: none */
	u32 def32;            /* instruction + 1 that wrote it as a 32-bit result; 0: all 64 bits */
	union {
		u64 what;           /* all of it, for comparing */
		s32 room; /* packet pointers: that many bytes exist from where `off` is 0 (behind
			   * the variable part); or ROOM_AT_END, ROOM_BEYOND_END */
		u32 mem_size;       /* REG_MEM */
		u32 func;           /* REG_FUNC: number of the function */
		u32 btf_id;         /* REG_BTF: type in v->btf or, without REG_ALLOC, the engine's */
		struct map *map;    /* REG_MAP, REG_MAP_KEY, REG_MAP_VALUE */
		struct {            /* in stack slots of kind SLOT_DYNPTR, and REG_DYNPTR */
			u8 dynptr_kind; /* enum dynptr_kind */
			bool dynptr_first;
		};
		struct {            /* in stack slots of kind SLOT_ITER */
			u8 iter_kind, iter_state;
			u32 iter_depth;
		};
	};
	u32 dynptr_id;        /* slots: id of the dynptr; slices: of the dynptr that they are part of */
	u32 map_uid;          /* lookups in a map of maps: one a lookup, so that inner maps differ */
};

/* What `iter_state` of an iterator says. */
enum iter_state { ITER_NONE, ITER_ACTIVE, ITER_DRAINED };

enum slot_kind {
	SLOT_NOTHING,         /* never written */
	SLOT_SPILL,           /* part of spill[] */
	SLOT_MISC,            /* written, by whatever */
	SLOT_ZERO,
	SLOT_DYNPTR,
	SLOT_ITER,
	SLOT_IRQ,
};

/* Byte b of slot i is at R10 - 8 * (i + 1) + b. Slots from `slots` on were never touched. */
struct frame {
	struct reg reg[V_REGS];
	u32 func;             /* number of the function (v->funcs) */
	u32 call;             /* the instruction that called it */
	u32 slots;
	u32 async_id;         /* timers: which callback entry, 0: none */
	bool callback;        /* entered by a helper that calls back, */
	bool async;           /* or later, by a timer */
	u32 callback_depth;   /* how often it was called back on this path */
	s64 ret_min, ret_max; /* callbacks: what they may return */
	u8 kind[V_SLOTS][8];
	struct reg spill[V_SLOTS];  /* where kind is SLOT_SPILL, SLOT_DYNPTR, SLOT_ITER, SLOT_IRQ */
};

enum ref_kind {
	REF_OBJECT,           /* what must be released */
	REF_LOCK,             /* a spin lock that is held */
	REF_RES_LOCK,
	REF_RES_LOCK_IRQ,
	REF_IRQ,              /* saved interrupt flags */
};

struct ref {
	u32 id;
	u32 insn;             /* where it was taken */
	u8 kind;              /* enum ref_kind */
	const void *ptr;      /* locks: the map or object that it is in */
};

struct saved;
struct step;

struct state {
	u32 depth;            /* of the current function */
	u32 insn;             /* being done, or about to be */
	u32 prev;             /* the one before it on this path */
	u32 choice;           /* which way this instruction goes; 0: the first */
	u32 ref_count, ref_room;
	struct ref *refs;
	u32 locks;            /* REF_LOCK, REF_RES_* among them */
	u32 lock_id;          /* id and */
	const void *lock_ptr; /* map or object of the spin lock that is held */
	u32 preempt;          /* bpf_preempt_disable() that are open */
	u32 rcu;              /* bpf_rcu_read_lock() that are open */
	u32 may_goto, unroll; /* depth of may_goto and of callbacks on this path */
	bool speculative;     /* only a processor that runs ahead comes here */
	struct saved *parent; /* the last state kept on this path */
	u32 first;            /* the instruction of that state, or where the function starts */
	struct step *steps;   /* since then */
	u32 step_count, step_room;
	bool insn_step;       /* the last of them is the current instruction's */
	struct frame frame[V_FRAMES];
};

enum step_flags {
	STEP_STACK = 1 << 0,      /* a spill or fill of slot `slot` in frame `frame` */
	STEP_LINKED = 1 << 1,     /* `linked` are numbers that were refined together */
};

/* One instruction on a path that precise.c must know to walk back over. */
struct step {
	u32 insn;
	u32 prev;             /* the instruction that it came from */
	u8 flags, frame, slot, choice;
	u64 linked;           /* STEP_LINKED: linked_add() */
};

#define LINKED_MAX 6

/** linked_add() - one more number of those that a jump refined together: register @which of @frame, or the
 *  number spilled in its slot @which. False: there are LINKED_MAX already. */
static inline bool linked_add(u64 *linked, u32 frame, bool reg, u32 which)
{
	u32 count = *linked & 15;

	if (count == LINKED_MAX)
		return false;
	*linked += 1 | (u64)(frame | (u32)reg << 3 | which << 4) << (4 + 10 * count);
	return true;
}

static inline void linked_get(u64 linked, u32 i, u32 *frame, bool *reg, u32 *which)
{
	u32 one = linked >> (4 + 10 * i) & 1023;

	*frame = one & 7;
	*reg = one >> 3 & 1;
	*which = one >> 4;
}

/* What is known of an instruction before the walk. */
enum insn_mark {
	MARK_PRUNE = 1 << 0,      /* states are compared here */
	MARK_JUMP = 1 << 1,       /* paths may come from elsewhere: a step is kept */
	MARK_CHECKPOINT = 1 << 2, /* a state is always kept here */
	MARK_CALLBACK = 1 << 3,   /* calls something that calls back */
	MARK_ITER_NEXT = 1 << 4,
	MARK_LOOP = 1 << 5,       /* can come back to itself */
	MARK_FASTCALL = 1 << 6,   /* a spill or fill of the fast-call pattern */
};

/* Where ways that only a processor goes end (ahead.c). */
enum barrier { BARRIER_BEFORE = 1, BARRIER_BEHIND = 2 };

struct insn_facts {
	u8 id;                /* enum insn_id */
	bool reg;             /* has a register operand */
	bool late;            /* not well formed, which matters where a path leads here (insn_op.late) */
	u8 slots;             /* 1 or 2 */
	u8 marks;             /* enum insn_mark */
	u16 live_regs;        /* registers that may be read before they are written from here on */
	u16 func;             /* the function that it is in */
	u8 pointer; /* loads and stores: the type of the pointer that it was walked with, 0: none
		       yet, */
	u16 pointer_flags;    /* and its flags (mem_kind_changed()) */
	u8 mask_state;        /* pointer_mask.c */
	u8 barrier;           /* enum barrier */
	u32 mask_limit;
	u64 live_slots;       /* the same of the function's own stack, bit i: slot i */
	u8 kfunc;             /* calls of kernel functions: enum kfunc_id + 1 */
	u32 loop;             /* number of the loop (strongly connected part) that it is in, 0: none */
	struct saved *saved;  /* states kept here, the newest first */
};

/* A function of the program. */
struct func {
	u32 start, end;       /* instructions */
	u32 depth;            /* bytes of stack */
	u32 type_id;          /* BTF_KIND_FUNC, 0: no BTF */
	bool global;          /* linkage global, and not function 0: verified by itself */
	bool verified, called;
	bool async;           /* a timer's */
	bool moves_packet;    /* itself or what it calls */
	bool may_goto, tail_call, might_sleep, ld_abs, throws;
	bool callback;        /* its address is taken */
	u8 arg_count;         /* of BTF (func_args_learn()) */
	struct func_arg *args; /* func.c */
};

/* The refusal. The state that it happened in is v->cur, untouched. */
struct refusal {
	int err;
	u32 insn;
	u8 reason;            /* enum reason */
	s8 reg;               /* the register whose value is at fault, -1: none */
	u32 size;             /* bytes of memory that are wanted, or 0 */
	u32 other_insn;       /* another instruction that matters (where a reference was taken) + 1, or 0 */
	char text[512];       /* the sentence */
};

enum reason {
#define REASON(id, title, suggestion) REASON_##id,
#include "verify/reason.def"
#undef REASON
	REASON_COUNT,
};

struct verifier {
	struct prog *prog;
	const struct bpf_insn *insns;
	u32 count;
	const struct verify_options *options;
	struct log *log;
	bool privileged; /* CAP_PERFMON: pointers may be seen, stack may be read before it was
			    written */
	bool capable;             /* CAP_BPF: loops, functions, numbers that need not matter exactly */
	bool strict_align;        /* BPF_F_STRICT_ALIGNMENT, or a host that cannot do without */
	bool masks;               /* variables were added to pointers that will be masked (pointer_mask.c):
				   * paths whose numbers differ are walked one by one */
	bool test_sync;           /* BPF_F_TEST_REG_INVARIANTS: contradictions are mistakes */
	enum ctx_who who;         /* whose context: ctx.def */
	u32 helper_who;           /* helper.def */
	const struct btf_view *btf;   /* the program's, or NULL */

	struct insn_facts *facts;     /* one an instruction */
	struct insn_note *notes;
	struct func *funcs;
	u32 func_count;
	u32 ids;                      /* the last id given out */
	u32 func;                     /* the one being verified: 0, or a global function */

	bool again;                   /* walks one path again, to see (trace.c): nothing is put away */

	struct state *cur;
	struct saved *todo;           /* paths that wait, the newest first */
	u32 todo_count;
	struct loop_visits *visits;   /* loop.c */
	struct saved *evicted;        /* kept states that are no use, but have descendants */
	u64 memory;                   /* bytes of states put away */
	u32 kept;                     /* states in facts[].saved */

	u32 logged;                   /* paths in the state log */
	u32 logged_line;              /* the source line that it showed last */

	u32 walked;                   /* instructions, of all functions */
	u32 jumps;                    /* conditional jumps walked */
	u32 kept_jumps, kept_walked;  /* and both when the last state was kept */
	struct verify_stats stats;
	struct refusal refusal;
};

/** reject() - refuse the program: the only way to do so. @reg: the register whose value is at fault, or
 *  -1. The sentence says what is wrong in words (no register names where a better one exists), for
 *  somebody who reads their own source. Returns @err. */
int reject(struct verifier *v, int err, enum reason reason, int reg, const char *fmt, ...)
	printf_like(5, 6);

static inline struct frame *v_frame(const struct verifier *v) { return &v->cur->frame[v->cur->depth]; }

/** v_reg() - register @n of the current function. */
static inline struct reg *v_reg(const struct verifier *v, u32 n) { return &v_frame(v)->reg[n]; }

static inline const struct bpf_insn *v_insn(const struct verifier *v) { return &v->insns[v->cur->insn]; }
static inline struct insn_note *v_note(const struct verifier *v) { return &v->notes[v->cur->insn]; }
static inline u32 v_new_id(struct verifier *v) { return ++v->ids; }

static inline bool reg_is_number(const struct reg *reg) { return reg->type == REG_NUMBER; }
static inline bool reg_is_pointer(const struct reg *reg) { return reg->type > REG_NUMBER; }
static inline bool reg_is_const(const struct reg *reg)
{
	return reg_is_number(reg) && range_is_const(&reg->n);
}
/** reg_is_null() - is it the number 0? */
static inline bool reg_is_null(const struct reg *reg)
{
	return reg_is_number(reg) && tnum_equals(reg->n.bits, 0);
}
static inline bool reg_is_packet(const struct reg *reg)
{
	return reg->type == REG_PACKET || reg->type == REG_PACKET_META;
}

/** reg_forget() - nothing may be read any more; reg_set_unknown() - a number, any; reg_set_const() - that
 *  one; reg_set_pointer() - a pointer of @type at offset 0, everything else cleared. */
static inline void reg_forget(struct reg *reg)
{
	*reg = (struct reg){.type = REG_NOTHING, .n = range_unknown};
}
static inline void reg_set_unknown(struct reg *reg)
{
	*reg = (struct reg){.type = REG_NUMBER, .n = range_unknown};
}
static inline void reg_set_const(struct reg *reg, u64 value)
{
	*reg = (struct reg){ .type = REG_NUMBER, .n = range_const(value) };
}
static inline void reg_set_pointer(struct reg *reg, enum reg_type type, u16 flags)
{
	*reg = (struct reg){ .type = type, .flags = flags, .n = range_const(0) };
}

#endif
