// SPDX-License-Identifier: BSD-2-Clause
/* concerns.h - what the files of this folder do for one another, by file.
 *
 * Functions return 0 or the errno that reject() was given, unless they say otherwise.
 */
#ifndef CLSBPF_VERIFY_CONCERNS_H
#define CLSBPF_VERIFY_CONCERNS_H

#include "helper/helper.h"
#include "verify/verifier.h"

/* ---- flow.c: functions, targets, where states are kept; live.c: what is read later ---- */

/** flow_learn() - fill v->facts (but for what is live) and v->funcs. */
must_check int flow_learn(struct verifier *v);
/** live_learn() - fill live_regs and live_slots. Static: over every path of the code. */
must_check int live_learn(struct verifier *v);
/** flow_func_at() - the number of the function that starts at @insn, or -1. */
int flow_func_at(const struct verifier *v, u32 insn);

/* ---- saved.c: states put away ---- */

/** walk_fork() - the current instruction can also go way @choice (at least 1): put the state, as it is
 *  now, away for that. To be called before anything is changed. */
must_check int walk_fork(struct verifier *v, u32 choice);
/** saved_pack() - put what is live of the current state away, its steps included.
 *  Returns 0 or -ENOMEM (by reject()). */
must_check int saved_pack(struct verifier *v, struct saved **out);
/** saved_unpack() - make @saved the current state. Returns 0 or -ENOMEM. */
must_check int saved_unpack(struct verifier *v, const struct saved *saved);
void saved_free(struct verifier *v, struct saved *saved);

struct saved;

/* ---- walk.c: one path after the other ---- */

/** walk_function() - verify function @func (0, or a global one) from its start. */
must_check int walk_function(struct verifier *v, u32 func);
/** walk_restart() - the current path is at its end, and another begins with @func, which knows nothing of it
 *  (an asynchronous callback); its registers are to be set. */
void walk_restart(struct verifier *v, u32 func);

/** walk_begin() - the state that function @func starts with. */
must_check int walk_begin(struct verifier *v, u32 func);
/** walk_step() - do the current instruction; *@next comes after it, or *@done: the path is at its end. */
must_check int walk_step(struct verifier *v, u32 *next, bool *done);

/** step_note() - the current instruction is one that precise.c must know the path through. */
must_check int step_note(struct verifier *v);
/** step_note_stack() - the current instruction spills to or fills from slot @slot of frame @frame. */
must_check int step_note_stack(struct verifier *v, u32 frame, u32 slot);
/** step_note_linked() - the current instruction (a jump) refined these numbers together. */
must_check int step_note_linked(struct verifier *v, u64 linked);

/* ---- prune.c: was a state like this one walked already? ---- */

/** prune_here() - at a pruning point, before the instruction: *@done when what follows is known to be
 *  safe. Keeps the state when it is time to. */
must_check int prune_here(struct verifier *v, bool *done);

/* ---- precise.c: which numbers of kept states matter exactly ---- */

/** precise_reg() - safety depends on the number in register @n of the current function. Numbers that it
 *  was made from are marked in the states kept on this path. */
must_check int precise_reg(struct verifier *v, u32 n);
/** precise_slot() - the same for the number spilled in slot @slot of frame @frame. */
must_check int precise_slot(struct verifier *v, u32 frame, u32 slot);

/** precise_as() - @known is what the current state counts as: what matters there matters here. */
void precise_as(struct verifier *v, const struct saved *known);
/** precise_back_edge() - the same for a path that ended at @end. Returns whether a mark was added. */
bool precise_back_edge(struct verifier *v, const struct saved *known, const struct saved *end);
/** precise_all() - everything matters in @from and all states before it. */
void precise_all(struct saved *from);

/* ---- loop.c: loops that end because a state is one that was seen ---- */

/** loop_learn() - fill facts[].loop. */
must_check int loop_learn(struct verifier *v);
/** loop_kept() / loop_ended() - state @saved was kept; all paths from it are at their end. */
must_check int loop_kept(struct verifier *v, struct saved *saved);
void loop_ended(struct verifier *v, const struct saved *saved);
/** loop_open() - may more of the numbers of @saved matter than is marked, because a path through its loop
 *  was cut off and the loop is not at its end? */
bool loop_open(const struct verifier *v, const struct saved *saved);
/** loop_cut() - the current path is cut off, because it goes on as @known did, in an open loop. */
must_check int loop_cut(struct verifier *v, const struct saved *known);
void loop_forget(struct verifier *v);

/* ---- value.c: reading and writing registers ---- */

/** value_require() - register @n may be read (all 64 bits when @wide: notes NOTE_ZEXT where it was made). */
must_check int value_require(struct verifier *v, u32 n, bool wide);
/** value_written() - register @n has got a new value of @bits (64 or 32) by the current instruction. */
void value_written(struct verifier *v, u32 n, u32 bits);
/** value_lost() - what was in @reg (a pointer) is no more: any number, to those who may see
 * pointers; nothing to others. */
void value_lost(const struct verifier *v, struct reg *reg);
/** value_link() - a number that is copied gets an id, so that copies learn from one another. */
void value_link(struct verifier *v, struct reg *reg);
/** value_settle() - when no number is left in @reg, this path cannot be, and nothing has shown it
 * so far: only its bits count from now on. -EFAULT where the client asked for that
 * (BPF_F_TEST_REG_INVARIANTS). */
must_check int value_settle(struct verifier *v, struct reg *reg);
/** value_each() - call @fn for every register and spilled slot of every frame. */
void value_each(struct verifier *v, void (*fn)(struct reg *reg, void *ctx), void *ctx);
/** value_words() - what @reg holds, in words for messages: "a packet pointer + 14", "a number 0..255". */
const char *value_words(const struct verifier *v, const struct reg *reg, char *buf, size_t room);

/* ---- alu.c, pointer.c: arithmetic ---- */

/** alu_step() - SHAPE_ALU, NEG, MOV, MOVSX, ENDIAN. */
must_check int alu_step(struct verifier *v);
/** pointer_alu() - operation @id on @dst, the current instruction's register, and @src, where one is a
 *  pointer or both are; numbers matter already. */
must_check int pointer_alu(struct verifier *v, enum insn_id id, struct reg *dst, const struct reg *src);
/** pointer_mask_numbers() - the same on two numbers: may the instruction, which perhaps added to a pointer on
 *  another path, do that here? (Unprivileged programs: see pointer_mask.c.) */
must_check int pointer_mask_numbers(struct verifier *v, enum insn_id id);

/* v->cur->choice of arithmetic on a pointer: what follows as if nothing was added. */
#define POINTER_AHEAD 1
/* The limit of pointer_mask.c for one pointer and offset. */
struct pointer_mask {
	bool left;            /* the pointer goes down */
	u32 state, limit;
};
/** pointer_mask_begin() / pointer_mask_end() - may the offset @num be added to (or, @subtract, taken from)
 *  @ptr, a copy of which is @result afterwards? */
must_check int pointer_mask_begin(struct verifier *v, const struct reg *ptr, const struct reg *num,
				  bool subtract, struct pointer_mask *mask);
must_check int pointer_mask_end(struct verifier *v, const struct reg *result, struct pointer_mask *mask);

/* ---- ahead.c: what a processor may do ahead of time (nothing of it with CAP_PERFMON) ---- */

/** ahead_fork() - walk_fork() for a way that only a processor goes which runs ahead. When it is taken,
 *  ahead_begin() must be the first that is done. */
must_check int ahead_fork(struct verifier *v, u32 choice);
void ahead_begin(struct verifier *v);
/** ahead_ends() / ahead_ends_behind() - does the current path end before, or behind, this instruction? */
bool ahead_ends(const struct verifier *v);
bool ahead_ends_behind(const struct verifier *v);
/** ahead_forgives() - is mistake @err one of a path on which nothing can happen? It ends here then. */
bool ahead_forgives(struct verifier *v, int err);
/** ahead_store() - the current instruction stores @size bytes, a @pointer or not, into a slot of
 * these kinds. */
void ahead_store(struct verifier *v, const u8 kind[8], u32 size, bool pointer);

/* ---- jump.c, learn.c: conditions ---- */

/** jump_step() - SHAPE_JA, JCOND, MAY_GOTO: sets *@next. By v->cur->choice: 0 falls through, 1 jumps. */
must_check int jump_step(struct verifier *v, u32 *next);

/* ---- constant.c: LD_IMM64; legacy.c: LD_ABS and LD_IND ---- */
must_check int constant_step(struct verifier *v);
/** legacy_step() - sets *@next where the function ends. */
must_check int legacy_step(struct verifier *v, u32 *next);

/* ---- mem.c, mem_*.c, stack*.c, atomic.c: loads and stores by what the pointer points to (mem.h) ---- */

enum mem_use { MEM_READ = 1, MEM_WRITE = 2 };

/** mem_step() - SHAPE_LDX, STX, ST, ATOMIC. */
must_check int mem_step(struct verifier *v);
/** mem_require() - a helper uses @size bytes at register @n, whose pointer is not NULL. @zero_ok: size 0
 *  needs no memory. MEM_WRITE alone: it writes all of them and reads none (Linux's UNINIT_MEM); with
 *  MEM_READ it may leave some as they are. What it writes to the stack is written at once: where a helper
 *  reads other memory as well, that is required first. Packet bytes: only for helpers that take them,
 *  which is the caller's to know (reg_is_packet()). */
must_check int mem_require(struct verifier *v, u32 n, s32 off, u32 size, enum mem_use use, bool zero_ok);
/** mem_require_sized() - the same of the size that is the number in register @size_reg. */
must_check int mem_require_sized(struct verifier *v, u32 n, u32 size_reg, enum mem_use use, bool zero_ok);
/** mem_unmodified() - the pointer in register @n is as it came: nothing was added to it. */
must_check int mem_unmodified(struct verifier *v, u32 n);
/** stack_written() - a helper has written @size bytes at @off (from R10, negative, inside the stack that
 *  is in use) of frame @frame. */
must_check int stack_written(struct verifier *v, u32 frame, s32 off, u32 size);
/** stack_offset() - the constant offset from R10 of stack pointer @n; *@off. -EINVAL for variable ones. */
must_check int stack_offset(struct verifier *v, u32 n, s32 *off);

/* ---- call.c, call_arg.c, call_ret.c: helpers ---- */

/** call_step() - CALL_HELPER, CALL_KFUNC, CALL_LOCAL: sets *@next. */
must_check int call_step(struct verifier *v, u32 *next);
/** call_helper() / call_kfunc() / call_local(): one form each. */
must_check int call_helper(struct verifier *v, u32 *next);
must_check int call_kfunc(struct verifier *v, u32 *next);
must_check int call_local(struct verifier *v, u32 *next);
/** call_back() - the current call is of helper @id (its arguments are checked already), which calls function
 *  @func back. When this path enters the function, *@entered is set and *@next is where it begins; else the
 *  call goes on and its result is to be applied. The other way waits: as choice 1, the same instruction
 *  comes again and its arguments are checked again. (callback.c) */
must_check int call_back(struct verifier *v, u32 id, u32 func, bool *entered, u32 *next);
/** call_marks() - what flow.c must know of a call: enum insn_mark; sets moves_packet, might_sleep, throws of
 *  its function. */
u8 call_marks(struct verifier *v, const struct bpf_insn *insn);
/** call_clobber() - R0..R5 are lost. */
void call_clobber(struct verifier *v);
/** packet_moved() - every packet pointer and slice of it is lost. */
void packet_moved(struct verifier *v);
/** map_field_require() - register @n (a map value) points to a special field of one of @kinds (enum
 *  btf_field_kind). @noun: what it is, "a spin lock". */
must_check int map_field_require(struct verifier *v, u32 n, u32 kinds, const char *noun);
/** maps_require() - programs of this type may have the maps that this one has. */
must_check int maps_require(struct verifier *v);

/* ---- callback.c ---- */

/** widen_numbers() - numbers that differ between the state that was kept last at @insn on this path and the
 *  current one may be any, unless they matter exactly. */
void widen_numbers(struct verifier *v, u32 insn);
/** widen_waiting() - the same for the state that was put away last (walk_fork()), against the one
 * that was kept at the current instruction before this time round. */
void widen_waiting(struct verifier *v);

/* ---- exit.c: the end of a function ---- */

/** exit_step() - EXIT: *@done when the path ends here, otherwise *@next is where the caller goes on. */
must_check int exit_step(struct verifier *v, u32 *next, bool *done);

/* ---- func.c: functions of the program ---- */

/** func_enter() - the registers that function @func starts with, when it is verified by itself. */
must_check int func_enter(struct verifier *v, u32 func);
/** func_call_global() - check the arguments of a call of global function @func, and go on behind it. */
must_check int func_call_global(struct verifier *v, u32 func);
/** frame_open() - @frame is that of @func, called by instruction @call: nothing but R10 is in its
 *  registers. */
void frame_open(struct frame *frame, u32 func, u32 call);
/** frame_require() - there may be one function more. */
must_check int frame_require(struct verifier *v);
/** frame_push() - the frame of @func that will be the current one, when depth is one more. */
struct frame *frame_push(struct verifier *v, u32 func);

/* ---- func_args.c: arguments of global functions by BTF ---- */

#define FUNC_NAME 80
/** func_name() - the function's name, or what to call it, in @buf. */
const char *func_name(const struct verifier *v, u32 func, char buf[FUNC_NAME]);
/** func_args_learn() - is @func global? Fills type_id, too. */
must_check int func_args_learn(struct verifier *v, u32 func);
/** func_args_require() - the registers are arguments that @func may be called with. */
must_check int func_args_require(struct verifier *v, u32 func);
/** plain_require() - argument @n of @name is passed as it was got: -EACCES where something was added to a
 *  pointer of a kind that must not be changed. */
must_check int plain_require(struct verifier *v, u32 n, const char *name);
/** func_args_enter() - the registers that @func begins with by its prototype. */
must_check int func_args_enter(struct verifier *v, u32 func);

/* ---- depth.c: stack over chains of calls ---- */

/** depth_note() - frame @frame uses its stack down to @off (below 0, from R10): to be called for every
 *  access. */
static inline void depth_note(struct verifier *v, u32 frame, s32 off)
{
	struct func *func = &v->funcs[v->cur->frame[frame].func];

	func->depth = max_u32(func->depth, (u32)round_up_u64((u64)-(s64)off, 8));
}

/** depth_check() - all chains of calls, once the walk has found out how deep each function goes. */
must_check int depth_check(struct verifier *v);

/* ---- ref.c: references, locks, sections ---- */

/** ref_take() - a new reference of @kind taken by the current instruction; *@id. */
must_check int ref_take(struct verifier *v, enum ref_kind kind, const void *ptr, u32 *id);
/** ref_find() - the row of reference @id, NULL: it is not held. */
const struct ref *ref_find(const struct verifier *v, u32 id);
/** ref_drop() - forget reference @id, because there turned out to be nothing: who has it keeps what it
 *  holds. -EINVAL without a sentence when there is no such reference. */
int ref_drop(struct verifier *v, u32 id);
/** ref_release() - give reference @id back: everything that came with it is lost. -EINVAL without a
 *  sentence when there is no such reference. */
int ref_release(struct verifier *v, u32 id);
/** ref_require_none() - nothing may be held here. @what: "at its end", "when it calls bpf_tail_call", ... */
must_check int ref_require_none(struct verifier *v, const char *what, bool locks_only);
/** ref_require_callable() - no lock is held under which nothing may be called. */
must_check int ref_require_callable(struct verifier *v);

/** ref_lock_require() / ref_lock() - the lock of @kind that register @n points to is taken; the two
 *  ref_unlock functions: it is given back. That there is one was required (map_field_require()). */
must_check int ref_lock_require(struct verifier *v, u32 n, enum ref_kind kind);
must_check int ref_lock(struct verifier *v, u32 n, enum ref_kind kind);
must_check int ref_unlock_require(struct verifier *v, u32 n, enum ref_kind kind);
void ref_unlock(struct verifier *v, u32 n, enum ref_kind kind);

/** ref_rcu_begin() ... ref_preempt_on() - sections are opened and closed; one that is not open cannot be. */
void ref_rcu_begin(struct verifier *v);
must_check int ref_rcu_end(struct verifier *v);
void ref_preempt_off(struct verifier *v);
must_check int ref_preempt_on(struct verifier *v);

/* ---- dynptr.c: dynptrs, on the stack or in a register (REG_DYNPTR) ---- */

enum dynptr_use {
	DYNPTR_READ,       /* it stays as it is, though not what it points to */
	DYNPTR_CHANGE,     /* it gets other bounds */
	DYNPTR_NEW,        /* the call makes one there */
	DYNPTR_GIVE_BACK,  /* the call ends it */
};

/** dynptr_require() - register @n points to what a call may @use as a dynptr of @kind (0: any). */
must_check int dynptr_require(struct verifier *v, u32 n, enum dynptr_use use, enum dynptr_kind kind);
/** dynptr_at() - the dynptr that register @n points to, after dynptr_require(): kind, dynptr_id, ref. */
const struct reg *dynptr_at(const struct verifier *v, u32 n);
/** dynptr_make() - the call has made a dynptr of @kind where register @n points to. @ref: the reference that
 *  it shares with another one, 0: a new one if @kind has any. */
must_check int dynptr_make(struct verifier *v, u32 n, enum dynptr_kind kind, u32 ref);
/** dynptr_drop() - the call has ended the dynptr where register @n points to, all that were made from it, and
 *  what points into it. */
void dynptr_drop(struct verifier *v, u32 n);

/* ---- iter.c: iterators on the stack ---- */

/** iter_require() - register @n points to an iterator of @kind, or (@new) to where the call makes one. */
must_check int iter_require(struct verifier *v, u32 n, enum iter_kind kind, bool new);
/** iter_make() / iter_drop() - the call has made it, ended it. */
must_check int iter_make(struct verifier *v, u32 n, enum iter_kind kind);
void iter_drop(struct verifier *v, u32 n);
/** iter_at() - the iterator that register @n points to, after iter_require(): its state, depth and
 *  reference. */
struct reg *iter_at(const struct verifier *v, u32 n);

/* ---- irq.c: saved interrupt flags on the stack ---- */

/** irq_flags_require() - register @n points to saved flags that may be restored, or (@new) to room for
 *  some. */
must_check int irq_flags_require(struct verifier *v, u32 n, bool new);
must_check int irq_flags_make(struct verifier *v, u32 n);
void irq_flags_drop(struct verifier *v, u32 n);

/* ---- kfunc.c ---- */

/** kfunc_learn() - which kernel function each call names: facts[].kfunc. */
must_check int kfunc_learn(struct verifier *v);
/** kfunc_marks() - what flow.c must know of the call at @i: enum insn_mark. */
u8 kfunc_marks(struct verifier *v, u32 i);

/* ---- slots.c: objects on the stack ---- */

/* Something that fills whole slots. */
struct object_place {
	struct frame *frame;
	u32 number;           /* of the frame */
	u32 first;            /* the slot at its lowest address; the others are below it in number */
};
/** object_place_require() - register @n points to @slots slots of the stack, as @what ("a dynptr") needs
 *  them; -EINVAL. *@out says which; they may be deeper than the stack was used so far. */
must_check int object_place_require(struct verifier *v, u32 n, u32 slots, const char *what,
				    enum reason reason, struct object_place *out);
/** object_place() - the same, after object_place_require() and object_room_require(). */
static inline struct object_place object_place(const struct verifier *v, u32 n)
{
	const struct reg *reg = v_reg(v, n);

	return (struct object_place){ .frame = &v->cur->frame[reg->frame], .number = reg->frame,
				      .first = (u32)(-(reg->off + (s64)reg->n.bits.value) - 1) / 8 };
}
/** object_room_require() - an object may be made there: -EACCES below the stack, -EINVAL where a dynptr
 *  is that must be given back. */
must_check int object_room_require(struct verifier *v, u32 n, u32 slots, const struct object_place *at);
/** object_make() - @slots slots have an object of @kind now, which is to be filled in. */
must_check int object_make(struct verifier *v, const struct object_place *at, u32 slots, enum slot_kind kind);
/** object_clear() - they have nothing. */
void object_clear(const struct object_place *at, u32 slots);
/** object_is() - do all bytes of @slots slots belong to objects of @kind? */
bool object_is(const struct object_place *at, u32 slots, enum slot_kind kind);
/** dynptr_end() - the dynptr of which @slot of @frame is a part is no more, nor what bpf_dynptr_data()
 *  gave. */
void dynptr_end(struct verifier *v, struct frame *frame, u32 slot);
/** slot_overwrite() - the current instruction overwrites slot @slot of @frame, which may be part of a dynptr,
 *  iterator or saved interrupt flags. */
must_check int slot_overwrite(struct verifier *v, struct frame *frame, u32 slot);

/* ---- rewrite.c ---- */

/** rewrite_prog() - leave the accepted program as it will run in v->prog->final, with its notes. */
must_check int rewrite_prog(struct verifier *v);

/* ---- report.c, statelog.c: text ---- */

/** call_name() - what instruction @insn calls: "bpf_redirect()", into @buf. */
const char *call_name(const struct verifier *v, u32 insn, char *buf, size_t room);

/** report_verdict() - the refusal and its explanation, or, where statistics are asked for, that it
 * is accepted. */
void report_verdict(struct verifier *v, int err);

/** statelog_insn() - the current instruction, before it is done; statelog_path() - a path begins here;
 *  statelog_end() - it ended where the current state is. */
void statelog_insn(struct verifier *v);
void statelog_path(struct verifier *v);
void statelog_end(struct verifier *v);
/** statelog_way() - of a refusal: forget the paths that ended well, and tell how the last one came here. */
struct trace;
void statelog_way(struct verifier *v, const struct trace *trace);
/** statelog_code() - instruction @insn as text. */
const char *statelog_code(const struct verifier *v, u32 insn, char *buf, size_t room);

#endif
