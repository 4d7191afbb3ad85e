// SPDX-License-Identifier: BSD-2-Clause
/* gen_env.h - what the generator of programs knows at the place where it writes, and its parts.
 *
 *   gen.c        choice, instructions, functions, the whole
 *   gen_num.c    numbers: where they come from, arithmetic, conditions
 *   gen_mem.c    stack, context, packet, values of maps
 *   gen_call.c   helpers and their arguments, references, locks, functions of the program
 *   gen_flow.c   branches and loops
 *   gen_kfunc.c  kernel functions: iterators, dynptrs of the packet, sections
 *   gen_more.c   sockets, dynptrs, copies of numbers, pointers of two kinds at one place
 *
 * A number is known by SAMPLES values that it may have, all of one run: sample k of every register
 * belongs together. A condition leaves those alive that satisfy it. So "at most" is the largest sample that
 * is alive: a guess, and mostly right, because boundaries are among them.
 */
#ifndef CLSBPF_TESTS_VERIFY_GEN_ENV_H
#define CLSBPF_TESTS_VERIFY_GEN_ENV_H

#include "gen.h"

#include "helper/helper.h"
#include "isa/eval.h"
#include "isa/insn.h"

#define SAMPLES 8
#define ALL_ALIVE ((1u << SAMPLES) - 1)
#define GEN_SLOTS 64
#define GEN_REFS 4

enum gtype {
	G_NONE, G_NUM, G_CTX, G_PKT, G_META, G_END, G_MAP, G_VALUE, G_STACK, G_RECORD, G_SOCK,
};

struct gval {
	u8 type;              /* enum gtype */
	bool null;            /* or NULL */
	u8 map;               /* G_MAP, G_VALUE: place in prog.map */
	u8 ref;               /* G_RECORD, G_SOCK: number of the reference + 1 */
	u32 id;               /* copies of one pointer; packet: of one variable offset */
	s32 off;              /* constant offset: from R10, the value, the packet's base */
	u32 size;             /* G_PKT, G_META: bytes that are there from the base on; G_RECORD */
	u64 s[SAMPLES];       /* numbers; of pointers the variable offset */
};

struct genv {
	struct gval reg[11];
	struct gval slot[GEN_SLOTS];   /* 8-byte stores of something known; at -8 * (slot + 1) */
	bool set[512];                 /* byte at R10 - 1 - n was written */
	u32 alive;                     /* samples */
	u32 refs;                      /* held, as bits */
	bool locked;
	u8 lock_map;
};

/* A function that will be written behind those before it. */
struct gfunc {
	char text[BOTH_FUNC_TEXT];     /* signature */
	struct gval arg[6];            /* what it was called with first; [1..5] */
	u32 args;
	bool callback;
	bool moves;                    /* may move the packet */
	u32 clamp;                     /* returns its first argument, at most this; 0: anything */
	u32 callback_max;              /* what it may return */
};

/* A conditional jump that was written. */
struct gcond {
	u32 insn, dst;
	enum insn_id id;
	int src;                       /* register, or -1: imm */
	s32 imm;
	u32 alive[2];                  /* samples for which it is not taken, and taken */
};

struct gen_patch {
	u32 insn, func;
};

struct gen {
	u64 random;
	const u8 *bytes;               /* choices that were made before, or NULL */
	size_t bytes_left;
	struct gen_prog *out;
	struct both_prog *prog;
	struct bpf_insn *insns;
	u32 count;
	struct genv env;
	u32 keep;                      /* registers not to be written, as bits */
	u32 budget;                    /* statements to come */
	u32 depth;                     /* of branches and loops */
	u32 loops;                     /* under way */
	u32 stack;                     /* bytes that the current function uses */
	u32 slips, slip_odds, slip_from; /* instructions without mistakes */
	u32 ids;
	u8 weight[48];                 /* of statements */
	u32 weights;
	struct gfunc func[BOTH_FUNCS];
	u32 func_count, current;
	bool btf;                      /* functions need types */
	struct gen_patch patch[64];
	u32 patches;
};

/* ---- gen.c ---- */

u32 roll(struct gen *g, u32 below);
static inline bool chance(struct gen *g, u32 percent) { return roll(g, 100) < percent; }
/** slip() - shall a mistake be made here? */
bool slip(struct gen *g);

/** emit() - one instruction of the table; @reg: the form with a register. Returns its number. */
u32 emit(struct gen *g, enum insn_id id, bool reg, u32 dst, u32 src, s32 off, s32 imm);
void emit_imm64(struct gen *g, enum insn_id id, u32 dst, u32 imm, u32 imm_high);
static inline u32 emit_mov(struct gen *g, u32 dst, u32 src) { return emit(g, INSN_MOV64, true, dst, src, 0, 0); }
static inline u32 emit_movi(struct gen *g, u32 dst, s32 imm) { return emit(g, INSN_MOV64, false, dst, 0, 0, imm); }
/** land() - the jump @insn goes here. */
void land(struct gen *g, u32 insn);
/** go_back() - the jump @insn goes to @target. */
void go_back(struct gen *g, u32 insn, u32 target);

/** pick_dst() - a register that may be written, of R0..R9; pick_saved(): of R6..R9, or -1. */
u32 pick_dst(struct gen *g);
int pick_saved(struct gen *g);
/** find_reg() - a register that holds @type, or -1. */
int find_reg(struct gen *g, enum gtype type);
/** statement() - one more statement; block(): about @count. */
void statement(struct gen *g);
void block(struct gen *g, u32 count);

/** new_map() - place of a map like @map, or of one of the program that is like it. */
u32 new_map(struct gen *g, const struct both_map *map);
/** any_map() - place of some map whose values programs see. */
u32 any_map(struct gen *g);

/** leave() - give back what is held, set R0 and exit. */
void leave(struct gen *g);

/* ---- gen_num.c ---- */

void num_set(struct gen *g, u32 dst, u64 value);
void num_unknown(struct gen *g, u32 dst, u32 bits);
u64 num_max(const struct gen *g, const struct gval *v);
s64 num_smin(const struct gen *g, const struct gval *v);
s32 any_imm(struct gen *g);
/** make_num() - some number into @dst. */
void make_num(struct gen *g, u32 dst);
/** find_num() - a register with a number, made if need be; not one of @not. */
u32 find_num(struct gen *g, u32 not);
/** alu_chain() - a few operations on @dst. */
void alu_chain(struct gen *g, u32 dst, u32 count);
/** bound() - make that the number in @dst is at most @max. */
void bound(struct gen *g, u32 dst, u32 max);
/** cond() - a conditional jump on numbers. cond_enter(): the code that follows is on this side of it. */
struct gcond cond(struct gen *g);
void cond_enter(struct gen *g, const struct gcond *c, bool taken);
void st_alu(struct gen *g);
void st_num(struct gen *g);
void st_guard(struct gen *g);
void st_dead(struct gen *g);

/* ---- gen_mem.c ---- */

void env_call_lost(struct gen *g);
void packet_lost(struct gen *g);
/** stack_set() - write the bytes [@off, @off + @size) of the stack, all of them. */
void stack_set(struct gen *g, s32 off, u32 size);
/** stack_room() - an offset for @size bytes of stack, aligned to @align. */
s32 stack_room(struct gen *g, u32 size, u32 align);
void stack_touch(struct gen *g, s32 off, u32 size);
/** packet_get() - a register with at least @need bytes of packet behind it, or -1. */
int packet_get(struct gen *g, u32 need);
/** value_get() - a register that points into a map's value, not NULL; at least @need bytes. */
int value_get(struct gen *g, u32 need);
/** ctx_get() - a register with the context, or -1. */
int ctx_get(struct gen *g);
/** access_at() - a load, store or atomic operation somewhere in [@low, @high) behind register @reg. */
void access_at(struct gen *g, u32 reg, s32 low, s32 high, bool write);
void st_stack(struct gen *g);
void st_spill(struct gen *g);
void st_ctx(struct gen *g);
void st_ctx_store(struct gen *g);
void st_packet(struct gen *g);
void st_value(struct gen *g);
void st_var(struct gen *g);
/** var_use() - an access whose place depends on the number in @num. */
void var_use(struct gen *g, u32 num);
void st_pointer(struct gen *g);
void st_legacy(struct gen *g);

/* ---- gen_call.c ---- */

void release_all(struct gen *g, u32 refs);
void st_helper(struct gen *g);
void st_lookup(struct gen *g);
void st_record(struct gen *g);
void st_lock(struct gen *g);
void st_tail(struct gen *g);
void st_call(struct gen *g);
void st_loop_call(struct gen *g);
void write_functions(struct gen *g);

/** null_check() - a test of the pointer in @reg; if it is NULL, the end. The references @refs (bits) are not held
 *  then. */
void null_check(struct gen *g, u32 reg, u32 refs);
/** arg_ctx() / arg_mem() / arg_stack() - register @n of a call becomes the context, @size bytes of memory of any
 *  kind, of stack; @set: that hold something. */
bool arg_ctx(struct gen *g, u32 n);
void arg_mem(struct gen *g, u32 n, u32 size, bool set);
void arg_stack(struct gen *g, u32 n, u32 size, bool set);

/** callback_arg() - register @n of a call is a function that is called with elements of map @map. False: there are
 *  too many. */
bool callback_arg(struct gen *g, u32 n, u32 map);

/* ---- gen_more.c ---- */

void st_sock(struct gen *g);
void st_dynptr(struct gen *g);
void st_linked(struct gen *g);
void st_mixed(struct gen *g);
void st_memory(struct gen *g);
void st_compare(struct gen *g);
void st_switch(struct gen *g);
void st_timer(struct gen *g);

/* ---- gen_kfunc.c ---- */

void st_iter(struct gen *g);
void st_packet_dynptr(struct gen *g);
void st_section(struct gen *g);
void st_string(struct gen *g);

/* ---- gen_flow.c ---- */

void env_join(struct gen *g, const struct genv *other);
/** loop_body() - statements that may come again: what they change is not known. */
void loop_body(struct gen *g);
void st_if(struct gen *g);
void st_loop(struct gen *g);

#endif
