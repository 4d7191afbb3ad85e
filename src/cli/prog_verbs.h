// SPDX-License-Identifier: BSD-2-Clause
/* prog_verbs.h - the commands of `clsbpf prog` that have a file of their own. Private to verb_prog.c and
 * those files. */
#ifndef CLSBPF_CLI_PROG_VERBS_H
#define CLSBPF_CLI_PROG_VERBS_H

#include "cli/objects.h"

/** prog_load() / prog_loadall() - OBJ PATH ...: the object's first program, or all, loaded and pinned. */
int prog_load(struct objects *o, struct words *words);
int prog_loadall(struct objects *o, struct words *words);

/** prog_run() - PROG data_in FILE ...: BPF_PROG_TEST_RUN. */
int prog_run(struct objects *o, struct words *words);

/** write_file() - @size bytes into the file @path. Returns 0 or -errno after a sentence. */
must_check int write_file(const char *path, const void *bytes, size_t size, struct log *log);

#endif
