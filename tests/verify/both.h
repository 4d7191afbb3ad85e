// SPDX-License-Identifier: BSD-2-Clause
/* both.h - may this program be loaded? The running kernel and an engine that verifies are asked the same.
 *
 *   struct both_prog: instructions, maps, functions with their types   ->   struct both_verdict of each side
 *
 * Maps are named by their place in the list (map[fd:0], map[fd:1][0]+8) and kept from one program to the
 * next; what they are is text ("array:4:8:16:lock hash:4:8:4"). Types of functions are short texts as well.
 *
 *   map        TYPE:KEY:VALUE:ENTRIES[:WORD]...    WORD: rdonly, wronly, frozen (its elements hold
 *              both_byte()), noprealloc, mmap, 0xN (other flags), in=N (inner maps are like
 *              map N); values: lock, timer, both (enum both_type TYPE_VAL_*), btf (plain struct s)
 *   kernel functions are called by name in rows (call kfunc#bpf_rcu_read_lock): ../run/kfunc_ids.h
 *   function   LINKAGE RETURN ARGUMENTS, a letter each: "Si", "Giccp"
 *              linkage S static, G global
 *              types   v void, i int, u unsigned int, l unsigned long long, h unsigned short, b char,
 *                      s struct { unsigned long long a, b; }
 *              pointers (arguments) c struct __sk_buff *, x struct xdp_md *, X void * tagged "arg:ctx",
 *                      p int *, n int * tagged "arg:nonnull", P struct s *, N struct s * nonnull,
 *                      V void *, d struct bpf_dynptr *, U int * tagged "arg:untrusted"
 */
#ifndef CLSBPF_TESTS_VERIFY_BOTH_H
#define CLSBPF_TESTS_VERIFY_BOTH_H

#include "backend/backend.h"
#include "base/types.h"

#define BOTH_MAPS 16        /* of one program */
#define BOTH_FUNCS 16
#define BOTH_FUNC_TEXT 12
#define BOTH_INSNS 65536    /* from text */
#define BOTH_LOG (1u << 20) /* bytes, of one side */

enum both_side { BOTH_ENGINE, BOTH_LINUX, BOTH_SIDES };

struct both_map {
	u32 type, key_size, value_size, max_entries, flags;
	u32 value_type;       /* enum both_type, 0: no BTF */
	u32 inner;            /* maps of maps: place of the inner map's model + 1 */
	bool frozen;
};

struct both_prog {
	u32 type, attach_type, flags;
	bool proprietary;     /* no GPL */
	u32 lacks;            /* enum rights that who loads it has not */
	const struct bpf_insn *insns;
	u32 count;
	struct both_map map[BOTH_MAPS];
	u32 map_count;
	char func[BOTH_FUNCS][BOTH_FUNC_TEXT];  /* in the order of their starts */
	u32 func_count;       /* 0: no BTF */
};

struct both_verdict {
	int err;              /* 0 or -errno */
	bool cannot_run;      /* of the engine, err is 0: verified, but it has not everything that is called */
	const char *log;      /* text; "" when not asked for or nothing was said */
};

/* Instead of an errno: where kernel.unprivileged_bpf_disabled is not 0, Linux says to those without CAP_BPF
 * nothing about their programs. */
#define BOTH_NOT_ASKED 1

struct both_kept;

struct both {
	struct backend *side[BOTH_SIDES];
	const char *why;      /* Linux cannot be asked (side[BOTH_LINUX] is NULL): the reason */
	u32 not_asked;        /* programs: BOTH_NOT_ASKED */
	struct both_kept *kept;
	u32 kept_count, kept_room;
	int btf[BOTH_SIDES];  /* of maps, -1: not made yet */
	char *log[BOTH_SIDES];
	struct both_verdict verdict[BOTH_SIDES];
};

/** both_open() - an engine with verification, and Linux in namespaces of this process where it can be asked.
 *  Returns 0 or -errno (no engine). */
must_check int both_open(struct both *both);
/** both_open_engine() - an engine alone, which does not verify by itself. */
must_check int both_open_engine(struct both *both);
void both_close(struct both *both);

/** both_ask() - load @prog on both sides and unload it again: both->verdict. @log_level 0: the errno only; the
 *  logs are of a second load otherwise, so that their size changes nothing. Where Linux is not there its
 *  verdict is the engine's, or BOTH_NOT_ASKED. A map or BTF that cannot be made is a verdict too, with a log that says so. */
void both_ask(struct both *both, const struct both_prog *prog, u32 log_level);

/** both_load() - the same on one side, which keeps it: returns a handle or -errno. */
int both_load(struct both *both, enum both_side side, const struct both_prog *prog, u32 log_level);

/** both_map_fd() - the handle of map @n of @prog on @side, made if there is none. */
int both_map_fd(struct both *both, enum both_side side, const struct both_prog *prog, u32 n);

/** both_map_same() - are maps like @a and like @b the same? */
bool both_map_same(const struct both_map *a, const struct both_map *b);

/** both_drop_maps() - close all maps. */
void both_drop_maps(struct both *both);

/** both_byte() - what byte @at of element @element of a frozen map holds. */
static inline u8 both_byte(u32 element, u32 at) { return (u8)(element * 16 + at + 1); }

/** both_parse_maps() - the maps in @text, blanks between them. Returns 0 or -EINVAL with a sentence. */
must_check int both_parse_maps(const char *text, struct both_prog *prog, struct log *log);

/** both_parse_funcs() - the same for functions. */
must_check int both_parse_funcs(const char *text, struct both_prog *prog, struct log *log);

/** both_parse_type() - "cls", "act", "socket", "xdp" or a number. Returns 0 or -EINVAL. */
must_check int both_parse_type(const char *text, u32 *type);

/* ---- both_rows.c: rows of tests ---- */

/* The answer that both sides must give. */
struct both_row {
	const char *name;
	int err;               /* 0 or -errno */
	const char *text;      /* assembler */
	const char *maps;      /* or NULL */
	const char *funcs;     /* signatures with blanks between them, or NULL */
	u32 type;              /* 0: BPF_PROG_TYPE_SCHED_CLS */
	u32 flags;
	bool proprietary;
	const char *says;      /* a part of our sentence, or NULL */
	u32 lacks;             /* enum rights that the caller has not */
};

/** both_row_prog() - the program of @row; *@insns is to be freed. A row that is none fails the test. */
void both_row_prog(const struct both_row *row, struct both_prog *prog, struct bpf_insn **insns);

/** both_rows() - ask every row; fails the test after the last when one was answered otherwise by the engine,
 *  or by Linux where it can be asked. */
void both_rows(struct both *both, const struct both_row *rows, size_t count);

struct CMUnitTest;

/** both_run() - run @count (31 at most) cmocka tests with a struct both as their state. One more test says
 *  whether Linux was asked. Returns the exit status. */
int both_run(const char *name, const struct CMUnitTest *tests, size_t count);

/* ---- both_types.c ---- */

/* Types that maps name, by id in the BTF that every program and map here has. */
enum both_type {
	TYPE_INT = 1, TYPE_U32, TYPE_U64, TYPE_U16, TYPE_CHAR, TYPE_U64_2, TYPE_S, TYPE_SKB, TYPE_XDP, TYPE_DYNPTR,
	TYPE_LOCK, TYPE_TIMER,
	TYPE_VAL_LOCK,    /* { u32 a; bpf_spin_lock lock; u64 b; }: 16 bytes */
	TYPE_VAL_TIMER,   /* { bpf_timer timer; u64 a; }: 24 bytes */
	TYPE_PTR_INT, TYPE_PTR_S, TYPE_PTR_SKB, TYPE_PTR_XDP, TYPE_PTR_VOID, TYPE_PTR_DYNPTR,
	TYPE_VAL_BOTH,    /* { bpf_timer timer; bpf_spin_lock lock; u32 a; u64 b; }: 32 bytes */
	TYPES_FIXED,
};

#define BOTH_BTF_ROOM 8192

/** both_btf() - BTF with the fixed types, then the functions of @prog (or NULL); their ids to @ids. Returns
 *  the length, or -EINVAL for a signature that is none. */
int both_btf(const struct both_prog *prog, u8 *blob, u32 ids[BOTH_FUNCS]);

#endif
