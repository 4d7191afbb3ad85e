// SPDX-License-Identifier: BSD-2-Clause
/* gen_world.h - what generated bpf(2) calls are about: the same objects on Linux and in the engine.
 *
 * An attribute is one sequence of bytes for both: the engine is called on behalf of a caller
 * (base/caller.h) whose descriptors are Linux's and whose memory is read from outside. Only ids differ.
 *
 *   arena:  | AREA bytes, filled anew before each call | a page that is only read | nothing there |
 */
#ifndef CLSBPF_TESTS_GEN_WORLD_H
#define CLSBPF_TESTS_GEN_WORLD_H

#include <linux/bpf.h>

#include "backend/backend.h"

#define AREA 0x10000u
#define PAGE 0x1000u
#define THINGS 64
#define GEN_TCX_INGRESS 46

/* Places in the area. */
enum gen_place {
	G_KEYS = 0x0100,      /* 1, 2, 9, ... */
	G_VALUES = 0x0200,
	G_OUT = 0x1000,
	G_OUT2 = 0x1800,
	G_TOKEN = 0x2000,
	G_CTX = 0x2100,
	G_INFO = 0x2400,
	G_PATHS = 0x3000,     /* 64 bytes each */
	G_LICENSE = 0x3400,
	G_FDS = 0x3500,
	G_FUNC = 0x3600,
	G_LINE = 0x3700,
	G_RELO = 0x3800,
	G_BTF = 0x3900,
	G_DATA = 0x4000,
	G_INSNS = 0x6000,     /* 256 bytes each */
	G_LOG = 0x8000,
};

enum gen_path { PATH_MAP, PATH_PROG, PATH_FRESH, PATH_NONE, PATH_ROOT, PATH_DOT, PATH_EMPTY, PATH_BELOW,
		PATH_COUNT };
enum gen_prog { PROG_CLS, PROG_ACT, PROG_SOCKET, PROG_MAP, PROG_NOTES, PROG_COUNT };

enum thing_kind { THING_MAP, THING_PROG, THING_BTF, THING_LINK, THING_OTHER, THING_CLOSED };

/* A descriptor. */
struct thing {
	enum thing_kind kind;
	int theirs, ours;          /* Linux's, which is what attributes say, and the engine's */
	u32 their_id, our_id;
	u32 type;                  /* of a map or a program */
	u32 key_size, value_room;
	bool buckets;              /* a hash: the order of its elements is not Linux's */
};

struct gen_world {
	struct caller caller;      /* first */
	struct backend *linux_side, *engine;
	u8 *arena;
	u8 area[AREA];             /* how the arena is to be filled */
	struct thing thing[THINGS];
	u32 things;
	bool pins;
};

/* Which maps there are: type, key, value, entries, flags. */
extern const u32 gen_maps[][5];
extern const u32 gen_map_count;
extern const u32 gen_prog_insns[PROG_COUNT];

/** world_open() - Returns 0, or 1 when Linux cannot be asked and *why says so. */
int world_open(struct gen_world *world, const char **why);
void world_close(struct gen_world *world);

/** world_reset() - all objects anew. Returns 0 or -errno. */
int world_reset(struct gen_world *world);

/** world_unpin() - the pins that a call may have made are gone. */
void world_unpin(struct gen_world *world);

/** world_bpf() - the call on one side. @privileged: with or without CAP_BPF and what it stands for. */
int world_linux(struct gen_world *world, int cmd, void *attr, u32 size, bool privileged);
int world_engine(struct gen_world *world, int cmd, void *attr, u32 size, bool privileged);

static inline u64 world_at(const struct gen_world *world, u32 place)
{
	return ptr_u64(world->arena + place);
}

#endif
