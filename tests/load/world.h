// SPDX-License-Identifier: BSD-2-Clause
/* world.h - kernels to load into, and what can be seen in them afterwards. */
#ifndef CLSBPF_TESTS_LOAD_WORLD_H
#define CLSBPF_TESTS_LOAD_WORLD_H

#include <linux/bpf.h>

#include "load/load.h"

#define GLOBALS "/sys/fs/bpf/tc/globals/"

/** object_names() - the compiled objects that begin with @prefix, sorted; NULL at the end.
 *  object_names_free() them. Fails the test when there is none. */
char **object_names(const char *prefix);
void object_names_free(char **names);
const char *object_path(const char *name);

/** linux_open() - Linux, in namespaces of our own with an empty bpffs. Returns NULL and *why when it
 *  cannot be asked. */
struct backend *linux_open(const char **why);
struct backend *engine_open(void);

/** must_open() / must_load() - or the test fails with what the log says. */
struct load_object *must_open(const char *name);
struct load_prog *must_load(struct load_object *object, struct backend *backend,
			    const char *section, const char *program);

/** run() - the verdict of @prog on a packet of 64 bytes with this mark. */
u32 run(struct backend *backend, int prog, u32 mark);

/** info() - BPF_OBJ_GET_INFO_BY_FD into @info, which is all zero before. */
void info(struct backend *backend, int handle, void *out, u32 size);

/** id_in_slot() - of the program in a slot of a program array; 0: none. */
u32 id_in_slot(struct backend *backend, int map, u32 key);

/** pinned() - is there something of this name? */
bool pinned(struct backend *backend, const char *path);

/** ids() - how many maps, programs and BTF objects the kernel has. */
struct ids {
	u32 maps, progs, btfs;
};
struct ids ids(struct backend *backend);

/** proxy_create() - passes everything to @real, but call number *@left (counted down) of bpf() or
 *  unpin() fails with -ENOMEM. Negative: none does. free() it. */
struct backend *proxy_create(struct backend *real, int *left);

#endif
