// SPDX-License-Identifier: BSD-2-Clause
/* sides.h - the same call on Linux and on the engine.
 *
 * A side is a backend with one object of each kind and an arena for what attributes point to. Both
 * sides have the same things at the same places of their arenas, so that a call is one description
 * (an attribute whose words say what is meant) and two executions.
 */
#ifndef CLSBPF_TESTS_SIDES_H
#define CLSBPF_TESTS_SIDES_H

#include <linux/bpf.h>

#include "backend/backend.h"
#include "base/types.h"
#include "../backend/daemon.h"

#define ARENA (40u << 20)
#define ATTR_ROOM 8192

/* Places in an arena, a page each or more. */
enum place {
	AT_KEY = 0x1000,
	AT_VALUE = 0x2000,
	AT_OUT = 0x3000,
	AT_CTX = 0x4000,
	AT_CTX_OUT = 0x6000,
	AT_INFO = 0x8000,
	AT_PATH = 0xa000,
	AT_NO_PATH = 0xb000,
	AT_LICENSE = 0xc000,
	AT_FDS = 0xd000,
	AT_LOG = 0x10000,
	AT_DATA = 0x100000,
	AT_DATA_OUT = 0x110000,
	AT_FUNC_INFO = 0x120000,
	AT_LINE_INFO = 0x121000,
	AT_BTF = 0x200000,
	AT_INSNS = 0x1400000,   /* 20 MiB before the end: a million instructions fit */
};

#define INSN_COUNT_DEFAULT 6

struct CMUnitTest;

struct side {
	const char *name;
	struct backend *backend;
	u8 *arena;
	int map, prog, btf;
	u32 map_id, prog_id, btf_id;
};

struct sides {
	struct side linux_side, engine;
	bool pins;              /* Linux has a bpffs of our own to pin in */
	bool remote;            /* the engine is behind a socket: */
	struct daemon daemon;
};

/** sides_open() - both sides, with their objects. Returns 0, or 1 when Linux cannot be asked and
 *  *why says so. */
int sides_open(struct sides *sides, const char **why);
void sides_close(struct sides *sides);

/** sides_skip() - every one of @tests becomes a skip that says why. cmocka's own skip() prints
 *  "not ok", which meson takes for a failure. */
void sides_skip(struct CMUnitTest *tests, size_t count, const char *why);

/** side_refresh_map() - a new map like the first, pinned where it was. */
void side_refresh_map(struct side *side);

/** side_refresh_pins() - nothing is pinned at AT_NO_PATH any more. */
void side_refresh_pins(struct side *side);

/** side_bpf() - the call as it is. */
int side_bpf(struct side *side, int cmd, void *attr, u32 size);

/** side_load() - a program, privileged and GPL. Returns a handle or -errno. */
int side_load(struct side *side, u32 type, const struct bpf_insn *insns, u32 count);

/** side_map() - a map. Returns a handle or -errno. */
int side_map(struct side *side, u32 type, u32 key_size, u32 value_size, u32 max_entries);

#endif
