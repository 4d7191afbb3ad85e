// SPDX-License-Identifier: BSD-2-Clause
/* load.h - an ELF object file made by clang -target bpf, and how it gets into a kernel.
 *
 *   load_open()    the file, parsed: sections, maps, programs, relocations. Pure; hostile input.
 *   load_into()    through the seam: BTF, maps (new or pinned), data sections, the chosen program,
 *                  every "id/idx" tail section, before anything is attached.
 *   load_close()   handles and memory
 *
 * Maps are described in either way: 2016's `struct bpf_elf_map` in section "maps" (and the
 * bpf_map_def of that time), or BTF in section ".maps".
 */
#ifndef CLSBPF_LOAD_LOAD_H
#define CLSBPF_LOAD_LOAD_H

#include <linux/bpf.h>

#include "backend/backend.h"
#include "base/log.h"

#define LOAD_NAME 64
#define LOAD_MAPS_MAX 64
#define LOAD_INSNS_MAX 1000000

enum load_pin { LOAD_PIN_NONE = 0, LOAD_PIN_OBJECT = 1, LOAD_PIN_GLOBAL = 2 };

struct load_map {
	char name[LOAD_NAME];
	u32 type, key_size, value_size, max_entries, flags;
	u64 extra;
	u32 pinning;               /* enum load_pin, or an id of bpf_pinning */
	bool pin_by_name;          /* BTF: LIBBPF_PIN_BY_NAME */
	u32 id, inner_id, inner_idx;   /* struct bpf_elf_map */
	u32 btf_key_id, btf_value_id;
	bool legacy;               /* from section "maps" */
	const u8 *initial;         /* .data, .rodata, .bss: value_size bytes, or NULL */
	bool read_only;            /* .rodata: frozen after filling */
	int handle;                /* after load_into(); -1 before */
};

/* One relocated instruction that names a map: before loading, insns[insn] waits for a handle. */
struct load_ref {
	u32 insn;
	u32 map;                   /* index in load_object.maps */
	bool value;                /* BPF_PSEUDO_MAP_VALUE, with the offset in the second slot */
};

/* One instruction that calls a function of the kernel, or asks whether it is there: which one that is,
 * the kernel says by its types. */
struct load_call {
	u32 insn;
	u32 extern_func;           /* place among the object's */
	bool address;              /* LD_IMM64: not 0 when it is there */
};

struct load_prog {
	char name[LOAD_NAME];      /* of the function */
	char section[LOAD_NAME];
	u32 type;                  /* by section name; BPF_PROG_TYPE_UNSPEC: the caller's choice */
	struct bpf_insn *insns;    /* with every function it calls appended; pc-relative calls done */
	u32 insn_count;
	struct load_ref *refs;
	u32 ref_count;
	struct load_call *calls;
	u32 call_count;
	bool tail;                 /* section "id/idx": */
	u32 tail_id, tail_idx;
	int handle;                /* -1 while not loaded */
};

struct load_object {
	char *path;
	char license[128];         /* "" when there is none */
	u8 sha1[20];               /* of the file */
	struct load_map *maps;
	u32 map_count;
	struct load_prog *progs;
	u32 prog_count;
	const void *btf;           /* section .BTF, sizes of data sections filled in; or NULL */
	u32 btf_size;
	int btf_handle;
	struct backend *backend;   /* NULL before load_into() */
	struct load_file *file;    /* private: memory behind the pointers above */
};

/** load_open() - read and check @path. Returns 0; -errno with a sentence that names file and place:
 *  -ENOENT etc. for the file itself, -ENOEXEC when it is not a BPF object, -EINVAL when it is damaged,
 *  -EOPNOTSUPP for a kind of relocation or map that is not supported. */
must_check int load_open(const char *path, struct log *log, struct load_object **out);

/** load_open_memory() - the same from @size bytes (copied); @name stands for the path in messages. */
must_check int load_open_memory(const char *name, const void *bytes, size_t size, struct log *log,
				struct load_object **out);

void load_close(struct load_object *object);

struct load_options {
	u32 prog_type;             /* BPF_PROG_TYPE_SCHED_CLS, ... */
	const char *section;       /* choose by section, */
	const char *program;       /* or by function name; both NULL: the default of the type
				      ("classifier", "action", else the only program there is) */
	bool no_tails;             /* do not load "id/idx" sections */
	bool verbose;              /* the kernel's log, even on success */
	u32 log_level;             /* of that log, as bpf(2) has it; 0: 1 */
	/* Gets the log of each program, whole ("" when there is none), instead of @log getting its end.
	 * @err: 0, or why it was refused. */
	void (*kernel_log)(void *ctx, const struct load_prog *prog, int err, const char *text);
	void *kernel_log_ctx;
	const char *pin_dir;       /* of maps that are pinned by name; NULL: where tc has them */
	/* diff: run the program as a sub-program of this wrapper (load_wrap()). */
	const struct load_wrapper *wrapper;
};

/** load_choose() - the program that @options mean. Returns 0 or -ENOENT with a sentence that lists
 *  what there is. */
must_check int load_choose(struct load_object *object, const struct load_options *options,
			   struct log *log, struct load_prog **out);

/** load_reuse() - map @index of @object is the one behind @handle: it is not made, filled or pinned.
 *  Right before load_into(), which takes the handle even when it fails. */
void load_reuse(struct load_object *object, u32 index, int handle);

/** load_into() - everything that the chosen program needs, and the program, into @backend.
 *  Maps and tail programs are loaded once for an object; calling it again for another program of
 *  the object adds that program. On an error nothing that this call made is left, pins included.
 *  Returns 0 or -errno: the kernel's or the engine's, after a sentence and then its log. */
must_check int load_into(struct load_object *object, struct backend *backend,
			 const struct load_options *options, struct log *log,
			 struct load_prog **out);

/** load_map_by_name() - or NULL. */
struct load_map *load_map_by_name(struct load_object *object, const char *name);

/* A generated caller around a classifier, for `diff`: after the program returns, ctx fields that
 * ctx_out of BPF_PROG_TEST_RUN cannot carry are stored in an array map. */
struct load_wrapper {
	int map_handle;            /* array, key 4, value at least 8 * field_count, 1 entry */
	const u16 *field_off;      /* offsets in struct __sk_buff, 4 bytes each; stored as u64 in a row */
	u32 field_count;
};

#endif
