// SPDX-License-Identifier: BSD-2-Clause
/* both.h - maps on the engine, and the same maps on Linux where it can be asked.
 *
 * side[0] is the engine and always there; side[1] is Linux, or NULL: then `why` is the reason, and
 * what the engine does is held against the test's own model alone.
 */
#ifndef CLSBPF_TESTS_BOTH_H
#define CLSBPF_TESTS_BOTH_H

#include <linux/bpf.h>

#include "backend/backend.h"
#include "base/types.h"

#define ENOTSUPP 524      /* Linux's own */
#define VALUE_ROOM 65536  /* bytes of the values of all CPUs, in tests */

enum { ENGINE, LINUX, SIDES };

struct both {
	struct backend *side[SIDES];
	const char *why;
	u32 cpus;             /* that per-CPU maps have */
	bool pins;            /* Linux has a bpffs that goes with this process */
};

struct CMUnitTest;

/** both_run() - run @count cmocka tests, 31 at most, with a struct both as their state: a fresh engine, and
 *  Linux for root. One more test says whether Linux was asked: cmocka's skip() prints "not ok", which
 *  meson takes for a failure; a test that does nothing under a name with "# SKIP" is a skip.
 *  Returns the exit status. */
int both_run(const char *name, const struct CMUnitTest *tests, u32 count);

/** map_new() - BPF_MAP_CREATE. Returns a handle or -errno. */
int map_new(struct backend *side, u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags);

/** map_do() - an element command. @value: also the next key. Returns 0 or -errno. */
int map_do(struct backend *side, int cmd, int fd, const void *key, void *value, u64 flags);

/** prog_new() - a GPL program of @type. prog_run(): once, with mark and priority, over 64 bytes that
 *  begin with zeroes; its result in *retval. Return a handle or 0, or -errno. */
int prog_new(struct backend *side, u32 type, const struct bpf_insn *insns, u32 count);
int prog_run(struct backend *side, int fd, u32 mark, u32 priority, u32 *retval);

/** map_touch_prog() - a program that does helper @helper (lookup, update, delete) to map @fd: the key
 *  is skb->mark, the first 8 bytes of the value skb->priority; R0 is what the helper returned, for a
 *  lookup 1 or 0. @value_size: 64 at most. */
int map_touch_prog(struct backend *side, int fd, u32 helper, u32 value_size);

/** random_next() - the next of a fixed sequence. */
u32 random_next(u64 *state);

#endif
