// SPDX-License-Identifier: BSD-2-Clause
/* map_entry.h - a map and one of its entries: memory of the right size, words of a command that say what
 * is in it, and how it is shown, as bytes or through BTF. */
#ifndef CLSBPF_CLI_MAP_ENTRY_H
#define CLSBPF_CLI_MAP_ENTRY_H

#include "cli/objects.h"

struct btf;

struct map_entry {
	struct objects *o;
	int handle;
	struct bpf_map_info info;
	u8 *key, *value;                /* value: of every CPU for per-CPU maps */
	u32 stride, cpus;               /* bytes from one CPU's value to the next; slots */
	struct btf *btf;                /* NULL: there are no types */
	u64 flags;                      /* BPF_ANY, ... */
	int held;                       /* object that the value words named; -1 */
};

/** map_entry_open() - for the map behind @handle, which becomes the entry's. @typed: with BTF, where the
 *  map has it. Returns 0 or -errno after a sentence; map_entry_close() in either case. */
must_check int map_entry_open(struct map_entry *e, struct objects *o, int handle, bool typed);
void map_entry_close(struct map_entry *e);

/* Which words a command takes. */
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2, ENTRY_FLAGS = 4 };

/** map_entry_words() - `key DATA`, `value VALUE`, `any|exist|noexist`, in any order, as far as @takes
 *  says; all of @needs must be there. Returns what was given, or -errno after a sentence. */
must_check int map_entry_words(struct map_entry *e, struct words *words, int takes, int needs);

/** map_entry_call() - an element command of bpf(2) with key, value and flags. Returns its result,
 *  without a sentence. */
int map_entry_call(struct map_entry *e, int cmd);

/** map_entry_next() - the key after the entry's into @next; @first: the first there is.
 *  Returns its result, without a sentence. */
int map_entry_next(struct map_entry *e, bool first, u8 *next);

/** map_entry_show() - key and value; in JSON an object. @typed: NULL, or where values for people go in
 *  JSON's form. */
void map_entry_show(struct map_entry *e, struct out *typed);

/** map_entry_is_percpu(), map_holds_progs(), map_holds_maps() - what values of a type are. */
bool map_entry_is_percpu(u32 type);
bool map_holds_progs(u32 type);
bool map_holds_maps(u32 type);

#endif
