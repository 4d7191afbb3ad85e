// SPDX-License-Identifier: BSD-2-Clause
/* prog.h - a loaded program.
 *
 * Invariant: `insns` are the instructions as the client gave them, except that every LD_IMM64 that
 * named a map by handle names it by its place in `maps` (src BPF_PSEUDO_MAP_IDX or
 * BPF_PSEUDO_MAP_IDX_VALUE). They are never rewritten after that: checked mode runs exactly these.
 */
#ifndef CLSBPF_OBJECT_PROG_H
#define CLSBPF_OBJECT_PROG_H

#include <linux/bpf.h>
#include <pthread.h>
#include <stdatomic.h>

#include "object/object.h"

#define PROG_TAG_LEN 8
#define PROG_MAPS_MAX 64

struct code;
struct insn_note;

/* What is written while programs run, away from what is read then. Counted while engine->stats says so. */
struct prog_runs {
	_Atomic u64 count, ns;
};

struct prog {
	struct object object;

	u32 type;                   /* enum bpf_prog_type */
	u32 attach_type;            /* expected_attach_type */
	u32 flags;
	char name[BPF_OBJ_NAME_LEN];
	bool gpl;                   /* the licence lets it call GPL-only helpers */
	bool verified;              /* false: runs in checked mode only */
	u32 verified_insns;         /* that the verifier walked */
	u8 tag[PROG_TAG_LEN];
	u64 load_ns;                /* CLOCK_BOOTTIME, as bpf_prog_info.load_time */
	u32 uid;

	struct bpf_insn *insns;
	u32 insn_count;

	struct object **maps;       /* one reference each */
	u32 map_count;
	pthread_mutex_t bind_lock;
	struct object **bound;      /* by BPF_PROG_BIND_MAP: held, and not used; one reference each */
	u32 bound_count;

	struct object *btf;         /* or NULL */
	void *func_info, *line_info;
	u32 func_info_count, func_info_size;
	u32 line_info_count, line_info_size;

	/* What verification made of it (verify/rewrite.c); NULL without. */
	struct bpf_insn *final;     /* maps named as in `insns` */
	u32 final_count;
	u32 *origin;                /* the place in `insns` of each final instruction */
	struct insn_note *notes;    /* what is known of each (note.h) */
	struct code *code;          /* what run/ made of it: run/code.h */
	void (*code_free)(struct code *code);

	struct prog_runs *runs;
};

/** prog_create() - an unpublished program with room for @insn_count instructions.
 *  Returns 0 or -ENOMEM. */
must_check int prog_create(struct engine *engine, u32 insn_count, struct prog **out);

/** prog_function_starts() - one byte for each of @len instructions, 1 where a function starts; *@count of
 *  them. The caller frees it. NULL: out of memory. */
u8 *prog_function_starts(const struct bpf_insn *insns, u32 len, u32 *count);

/** prog_tag() - the tag of @count instructions as Linux 6.18 computes it: SHA-256 of them with map
 *  handles and the offsets beside them zeroed, the first 8 bytes. Returns 0 or -ENOMEM. */
must_check int prog_tag(const struct bpf_insn *insns, u32 count, u8 tag[PROG_TAG_LEN]);

static inline struct prog *prog_of(struct object *object)
{
	return container_of(object, struct prog, object);
}

#endif
