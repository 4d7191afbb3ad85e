// SPDX-License-Identifier: BSD-2-Clause
/* btf_object.h - BTF for people: read from a kernel or a file, names and types out of it as text.
 *
 * The reader is libbpf's, which trusts what it reads: BTF that no kernel has checked goes through
 * btf_is_sound() first.
 */
#ifndef CLSBPF_CLI_BTF_OBJECT_H
#define CLSBPF_CLI_BTF_OBJECT_H

#include "cli/objects.h"

struct btf;     /* libbpf's */

/** btf_by_id() - the BTF object @id of the backend; btf__free() it. Returns 0 or -errno after a
 *  sentence. */
must_check int btf_by_id(struct objects *o, u32 id, struct btf **out);

/** btf_by_path() - the BTF in a file: an object file, or BTF alone. btf__free() it.
 *  Returns 0 or -errno after a sentence. */
must_check int btf_by_path(const char *path, struct log *log, struct btf **out);

/** btf_is_sound() - does every name and every type that @btf refers to exist, and does no chain of
 *  types go deeper than any program's. */
bool btf_is_sound(const struct btf *btf);

/** btf_name_of() - the name at @offset, or @otherwise where there is none. Never NULL. */
const char *btf_name_of(const struct btf *btf, u32 offset, const char *otherwise);

/** btf_prototype() - function @type as one line: "int one(struct __sk_buff * skb)". Returns false for
 *  what is no function. */
bool btf_prototype(const struct btf *btf, u32 type, char *buf, size_t room);

/** prog_full_name() - the name of a program: what the kernel keeps may be cut after 15 characters,
 *  then the name of its function, if that is known, is meant. */
void prog_full_name(struct objects *o, int handle, const struct bpf_prog_info *info,
		    char name[OBJECTS_NAME]);

#endif
