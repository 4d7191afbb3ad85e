// SPDX-License-Identifier: BSD-2-Clause
/* objects.h - what the verbs prog, map, btf and link share: bpftool's options, the table of a verb's
 * commands, and objects found by the words `id N`, `tag T`, `name NAME`, `pinned PATH`.
 *
 *   words -> objects_run() -> a row of the verb's commands -> objects_open() -> handles -> bpf(2)
 *
 * Everything below is the seam (backend.h). What only Linux tells (fdinfo.h, symbols.h) is looked for
 * and may be missing. Output goes through out.h; with -j a refusal is {"error": sentence} there, as
 * bpftool has it, wherever the document is.
 */
#ifndef CLSBPF_CLI_OBJECTS_H
#define CLSBPF_CLI_OBJECTS_H

#include <linux/bpf.h>

#include "backend/backend.h"
#include "cli/out.h"
#include "cli/words.h"

#define OBJECTS_NAME 128        /* of a program, the end included: its function's name */

enum object_kind { KIND_PROG, KIND_MAP, KIND_LINK, KIND_BTF };

/* A pin that -f found. */
struct pin_seen {
	enum object_kind kind;
	u32 id;
	char *path;
};

struct objects {
	struct backend *backend;
	FILE *file;                     /* where out writes */
	struct out out;
	struct log *log;
	bool json, pretty, show_pins, no_mount, verbose;
	const char *kernel;             /* of --backend */
	bool refused;                   /* the error is a kernel's answer, not a wrong word */
	bool said;                      /* the command has printed something */
	bool quiet;                     /* what it printed says already why it failed */
	struct pin_seen *pins;
	u32 pin_count;
};

struct objects_command {
	const char *name;
	int (*run)(struct objects *o, struct words *words);
};

/* The commands of the verbs; the last row has no name, the first is meant when there is no word. */
extern const struct objects_command prog_commands[], map_commands[], btf_commands[], link_commands[];

/** objects_run() - a command line of a verb, without the verb: @rows are its commands.
 *  @file: where results go. @backend: who answers; NULL: who the words and the environment say.
 *  Returns the exit status. */
int objects_run(const char *verb, const struct objects_command *rows, int argc, char **argv, FILE *file,
		struct backend *backend, struct log *log);

/** help_objects() - the options. */
void help_objects(FILE *file);

/** objects_is_line() - do @argv, which begin with an option, belong to a verb of objects: bpftool's
 *  options, and then one of the verbs. Returns where the verb is, or -1. */
int objects_is_line(int argc, char **argv);

/** objects_refused() - say the sentence and what @err means, and what the kernel says about it.
 *  Returns @err. */
int objects_refused(struct objects *o, int err, const char *fmt, ...) printf_like(3, 4);

/** objects_bpf() - backend_bpf() with an attribute of full size. */
int objects_bpf(struct objects *o, int cmd, union bpf_attr *attr);

/** objects_info() - OBJ_GET_INFO_BY_FD into the @size bytes at @info, which are what the caller asks
 *  for. @got: how much the kernel wrote; may be NULL. Returns 0 or -errno, without a sentence. */
must_check int objects_info(struct objects *o, int handle, void *info, u32 size, u32 *got);

/** objects_by_id() - a handle, or -errno without a sentence. */
must_check int objects_by_id(struct objects *o, enum object_kind kind, u32 id);

/** objects_next_id() - the id after @id. Returns 0, -ENOENT at the end, or another -errno. */
must_check int objects_next_id(struct objects *o, enum object_kind kind, u32 id, u32 *next);

struct handles {
	int *at;
	u32 count;
	bool by_name;                   /* name or tag: there might have been several */
};

/** objects_open() - every object that the next two words mean, at least one; objects_release() them.
 *  Returns 0 or -errno after a sentence. */
must_check int objects_open(struct objects *o, enum object_kind kind, struct words *words,
			    struct handles *out);
void objects_release(struct objects *o, struct handles *handles);

/** objects_open_one() - the one object that the words mean. Returns its handle, or -errno after a
 *  sentence; several are an error. */
must_check int objects_open_one(struct objects *o, enum object_kind kind, struct words *words);

/** objects_each() - call @show with a handle of every object of the kind there is; one that goes
 *  meanwhile is left out. Returns 0 or -errno after a sentence. */
must_check int objects_each(struct objects *o, enum object_kind kind,
			    int (*show)(struct objects *o, int handle));

/** objects_show() - `show [OBJECT]`: an object, or an array of all that a name means or that there
 *  are. */
must_check int objects_show(struct objects *o, enum object_kind kind, struct words *words,
			    int (*show)(struct objects *o, int handle));

/** objects_pin() - give @handle the name @path in the pin tree; directories that are missing are made.
 *  Returns 0 or -errno after a sentence. */
must_check int objects_pin(struct objects *o, int handle, const char *path);

/** objects_pin_words() - `pin OBJECT PATH`. */
must_check int objects_pin_words(struct objects *o, enum object_kind kind, struct words *words);

/** objects_out_pins() - where the object is pinned, if -f asked for it. */
void objects_out_pins(struct objects *o, enum object_kind kind, u32 id);

/** objects_out_hex() - an array of bytes, each a string "0x..". */
void objects_out_hex(struct out *out, const char *key, const void *bytes, size_t len);

/** objects_text_hex() - bytes in rows of 16 for text; rows are apart by a newline. */
void objects_text_hex(struct out *out, const void *bytes, size_t len);

/** objects_cpus() - slots of a per-CPU value: the CPUs that there can be. */
u32 objects_cpus(void);

#endif
