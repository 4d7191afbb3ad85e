// SPDX-License-Identifier: BSD-2-Clause
/* into.h - one call of load_into(), and what it has to take back when it fails. Private to load/.
 *
 *   into.c       the transaction: BTF, maps, programs, slots, pins; or nothing of it
 *   into_map.c   a map: reused from its pin, or created and filled
 *   into_prog.c  a program: handles into instructions, PROG_LOAD, the kernel's log
 *   pins.c       names in the pin tree, and the directories they need
 *
 * What others can see comes last: pins, then slots of program arrays that were there before.
 */
#ifndef CLSBPF_LOAD_INTO_H
#define CLSBPF_LOAD_INTO_H

#include "load/file.h"
#include "load/pins.h"

/* A program that belongs into a slot. */
struct fill {
	u32 map, key, prog;
	bool done;
	int before;                     /* handle of the program that was there; -1: none */
};

struct into {
	struct load_object *object;
	struct backend *backend;
	const struct load_options *options;
	struct log *log;
	struct load_prog *chosen;
	bool first;                     /* this call makes BTF and maps */
	int btf_err;                    /* why there is no BTF */
	bool reused[LOAD_MAPS_MAX];     /* maps that came from a pin */
	bool *loaded;                   /* programs of this call */
	struct fill *fills;
	u32 fill_count;
	struct pins pins;
};

/** into_meaning() - what an errno says to a person, in a few words. */
const char *into_meaning(int err);

/** into_name() - @from as a kernel takes it: 15 letters, digits, '_' and '.'. */
void into_name(char to[BPF_OBJ_NAME_LEN], const char *from);

/** into_message() - what the backend says about its last refusal, if it has words for it. */
void into_message(struct into *in);

bool load_map_of_maps(const struct load_map *map);

/** into_map() - map @index of the object gets its handle. Returns 0 or -errno after a sentence. */
must_check int into_map(struct into *in, u32 index);

/** into_prog() - @prog gets its handle; inside the wrapper of the options if it is the chosen one.
 *  Returns 0 or -errno after a sentence and the kernel's log. */
must_check int into_prog(struct into *in, struct load_prog *prog);

/** pins_path() - where @map is pinned, or "" for one that is not. Returns 0 or -errno after a
 *  sentence. */
must_check int pins_path(struct into *in, const struct load_map *map, char path[PINS_PATH]);

#endif
