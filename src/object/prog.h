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
#include <stdatomic.h>

#include "object/object.h"

#define PROG_TAG_LEN 8
#define PROG_MAPS_MAX 64

struct code;

struct prog {
	struct object object;

	u32 type;                   /* enum bpf_prog_type */
	u32 attach_type;            /* expected_attach_type */
	u32 flags;
	char name[BPF_OBJ_NAME_LEN];
	bool gpl;                   /* the licence lets it call GPL-only helpers */
	bool verified;              /* false: runs in checked mode only */
	u8 tag[PROG_TAG_LEN];
	u64 load_ns;                /* CLOCK_BOOTTIME, as bpf_prog_info.load_time */
	u32 uid;

	struct bpf_insn *insns;
	u32 insn_count;

	struct object **maps;       /* one reference each */
	u32 map_count;

	struct object *btf;         /* or NULL */
	void *func_info, *line_info;
	u32 func_info_count, func_info_size;
	u32 line_info_count, line_info_size;

	struct code *code;          /* what run/ made of it: run/code.h */
	void (*code_free)(struct code *code);

	_Atomic u64 run_count, run_ns;
};

/** prog_create() - an unpublished program with room for @insn_count instructions.
 *  Returns 0 or -ENOMEM. */
must_check int prog_create(struct engine *engine, u32 insn_count, struct prog **out);

/** prog_seal_tag() - compute the tag as Linux 6.18 does (SHA-256 of the instructions with map
 *  handles and the offsets beside them zeroed, first 8 bytes). @insns: the program before maps were
 *  resolved. Returns 0 or -ENOMEM. */
must_check int prog_seal_tag(struct prog *prog, const struct bpf_insn *insns);

static inline struct prog *prog_of(struct object *object)
{
	return container_of(object, struct prog, object);
}

#endif
