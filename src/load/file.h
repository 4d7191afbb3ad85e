// SPDX-License-Identifier: BSD-2-Clause
/* file.h - an object file taken apart. Private to load/, and to the verbs that show it.
 *
 *   bytes --elf.c--> sections, symbols, relocations --btf_index.c--> types
 *         --maps_*.c, data.c--> object->maps       --progs.c--> object->progs
 *
 * Everything points into `bytes`, which is a private copy of the file; every offset was checked
 * when it was indexed.
 */
#ifndef CLSBPF_LOAD_FILE_H
#define CLSBPF_LOAD_FILE_H

#include <linux/bpf.h>

#include "isa/btf_read.h"
#include "load/externs.h"
#include "load/load.h"

struct section {
	const char *name;
	u32 type;               /* SHT_* */
	u64 flags;              /* SHF_* */
	u8 *data;               /* NULL for SHT_NOBITS */
	u64 size;
	u32 link, info;
	s32 map;                /* data section: index of its map; -1 */
};

struct symbol {
	const char *name;
	u32 section;            /* index; 0: undefined or absolute */
	u64 value, size;
	u8 type, bind;          /* STT_*, STB_* */
	bool common;            /* a variable that only a linker gives a place */
};

struct relocation {
	u32 section;            /* that it changes */
	u64 offset;
	u32 symbol;
	u32 type;               /* R_BPF_* */
};

/* A slot of a program array that the object fills by itself. */
struct slot {
	u32 map, index;
	u32 section;            /* where the program's function begins */
	u64 offset;
};

/* One function inside a program that was linked. */
struct linked {
	u32 section;
	u64 offset;
	u32 start, count;       /* instructions in the program */
};

/* Where a program comes from; the first of its functions is the program's own. */
struct prog_place {
	u32 section;
	u64 offset;
	struct linked *functions;
	u32 function_count;
	bool relocated;         /* CO-RE was applied */
};

/* The three parts of .BTF.ext. */
enum notes_kind { NOTES_FUNC, NOTES_LINE, NOTES_CORE, NOTES_PARTS };
struct notes_part {
	const u8 *at;
	u32 len;
};

/* What goes along with one program. */
struct notes {
	struct bpf_func_info *funcs;
	struct bpf_line_info *lines;
	u32 func_count, line_count;
};

/* What CO-RE wants of one instruction. */
struct core_reloc {
	u32 insn;                 /* in the program */
	u32 type_id;
	const char *access;       /* "0:3:1" */
	u32 kind;                 /* enum bpf_core_relo_kind */
};

struct Elf;

struct load_file {
	struct Elf *elf;        /* of libelf; strings point into it */
	u8 *bytes;
	size_t size;
	struct section *sections;
	u32 section_count;
	struct symbol *symbols;
	u32 symbol_count;
	const struct symbol **functions;  /* those of type FUNC, by section, then value */
	u32 function_count;
	struct relocation *relocations;   /* by section, then offset */
	u32 relocation_count;

	struct btf_view btf;    /* of a copy of .BTF, changed by data.c; data is NULL without one */

	/* Of each map: where its symbol is, for relocations. */
	u32 map_section[LOAD_MAPS_MAX];
	u64 map_offset[LOAD_MAPS_MAX];
	struct slot *slots;
	u32 slot_count;
	struct notes_part notes[NOTES_PARTS];
	struct prog_place *places;   /* of each program */
	struct externs externs;
	bool filled;            /* tail programs are in their slots */
	struct kernel_types *kernel;  /* core_kernel.c: of the backend; NULL until wanted */
	u32 core_steps;         /* that comparing types with the kernel's may still take */
};

/* load.c */
/** load_read() - all of @size bytes of a file. Returns 0, -EIO when there are fewer, or -errno. */
must_check int load_read(int fd, u8 *bytes, size_t size);

/* elf.c */
must_check int elf_index(struct load_object *object, struct log *log);
struct section *elf_section(struct load_file *file, const char *name, u32 *index);
/** elf_section_index() - of the first section of this name, or 0. */
u32 elf_section_index(const struct load_file *file, const char *name);
const struct relocation *elf_relocation(const struct load_file *file, u32 section, u64 offset);
/** elf_function() - the function symbol that begins at @offset of @section, or NULL. */
const struct symbol *elf_function(const struct load_file *file, u32 section, u64 offset);

/* btf_index.c */
must_check int btf_index_types(struct load_object *object, struct log *log);

/* maps_legacy.c, maps_btf.c, data.c, progs.c: fill in object->maps and object->progs. */
must_check int maps_legacy(struct load_object *object, struct log *log);
must_check int maps_btf(struct load_object *object, struct log *log);
must_check int data_maps(struct load_object *object, struct log *log);
/** data_name() - "foo.bss" of foo.o, as libbpf names the map of a section; sections with names of
 *  their own keep them. */
void data_name(const struct load_object *object, const char *section, char name[BPF_OBJ_NAME_LEN]);
/** data_fix_btf() - sizes and offsets that the compiler leaves to the linker. Returns 0 or -ENOMEM. */
must_check int data_fix_btf(struct load_file *file);
must_check int progs_link(struct load_object *object, struct log *log);

/* notes.c */
must_check int notes_index(struct load_object *object, struct log *log);
/** notes_core() - the CO-RE relocations of program number @prog, sorted. Returns 0 or -ENOMEM;
 *  free(*out). */
must_check int notes_core(const struct load_object *object, u32 prog, struct core_reloc **out,
			  u32 *count);
/** notes_collect() - types of functions and source lines of program number @prog, when a caller of
 *  @head instructions stands in front of it. Counts are 0 where the object has none that a kernel
 *  takes. Returns 0 or -ENOMEM; notes_free(). */
must_check int notes_collect(const struct load_object *object, u32 prog, u32 head,
			     struct notes *notes);
void notes_free(struct notes *notes);

/** map_new() - the next free row of object->maps, or NULL after a sentence. */
struct load_map *map_new(struct load_object *object, const char *name, u32 section, u64 offset,
			 struct log *log);

/** kernel_call_absent() - a call of a function that the kernel has not: the object asks before it calls it,
 *  and no verifier lets this call run. The number is libbpf's. */
static inline struct bpf_insn kernel_call_absent(void)
{
	return (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = 2002000000 };
}

/** wrap_prog() - @prog inside the caller that @wrapper describes. The result has its own
 *  instructions and references; free both. */
must_check int wrap_prog(const struct load_prog *prog, const struct load_wrapper *wrapper,
			 struct load_prog *out);

#endif
