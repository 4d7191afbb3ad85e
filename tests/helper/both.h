// SPDX-License-Identifier: BSD-2-Clause
/* both.h - helper calls as data, made on the engine and on Linux.
 *
 *   row: frames x { helper, arguments } ...      every number of an argument's list with every other
 *
 * One combination is one program: it makes the calls, stores what each returned, then fields of its
 * context, into a map. What is compared: the answer of BPF_PROG_TEST_RUN, retval, packet, context
 * and the map. Without root the engine is compared with what Linux 6.18 gave once (recorded.def):
 * the first return value of every combination, and a digest of everything else.
 *
 *   build/tests/helper/test_helper_<name> record   prints the rows of recorded.def, as root
 */
#ifndef CLSBPF_TESTS_BOTH_H
#define CLSBPF_TESTS_BOTH_H

#include <linux/bpf.h>

#include "backend/backend.h"
#include "base/types.h"

#define BOTH_CALLS 6        /* in one program */
#define BOTH_BUFFER 8192    /* bytes of map memory that arguments may point to; the last 8 are 0 */
#define BOTH_PACKET 3712

/* Packets, as bits. */
enum frame {
	UDP4 = 1 << 0,      /* 98 bytes */
	TCP6 = 1 << 1,      /* 1514 bytes */
	TAGGED = 1 << 2,    /* UDP4 behind an 802.1Q tag in its bytes */
	QINQ = 1 << 3,      /* ... behind 802.1ad and 802.1Q */
	BARE = 1 << 4,      /* a MAC header and nothing else */
	CUT_TAG = 1 << 5,   /* says 802.1Q and ends after 2 bytes of tag */
	LLC = 1 << 6,       /* a length in place of a type */
	TRIPLE = 1 << 7,    /* three 802.1Q tags */
	TAG_ONLY = 1 << 8,  /* a tag, and nothing behind it */
	BIG = 1 << 9,       /* 3712 bytes, the most that TEST_RUN takes */
};

enum arg_kind { A_NUM, A_CTX, A_BUF, A_PKT, A_MAP, A_NULL };

struct arg {
	enum arg_kind kind;
	u32 count;              /* of values, all tried: numbers; A_BUF, A_PKT: offsets */
	const u64 *values;
};

#define EACH(...)                                                                                  \
	{ A_NUM, sizeof((const u64[]){ __VA_ARGS__ }) / 8, (const u64[]){ __VA_ARGS__ } }
#define BUF(...)                                                                                   \
	{ A_BUF, sizeof((const u64[]){ __VA_ARGS__ }) / 8, (const u64[]){ __VA_ARGS__ } }
/* 64 bytes of packet from an offset on. */
#define PKT(...)                                                                                   \
	{ A_PKT, sizeof((const u64[]){ __VA_ARGS__ }) / 8, (const u64[]){ __VA_ARGS__ } }
#define CTX { A_CTX, 1, (const u64[]){ 0 } }
#define MAP { A_MAP, 1, (const u64[]){ 0 } }
#define NIL { A_NULL, 1, (const u64[]){ 0 } }

/* Instead of a helper's id: *(u32 *)(ctx + args[0]) = args[1]. */
#define CALL_STORE 0x10000

struct call_row {
	u32 id;
	struct arg args[5];
};

struct row {
	const char *name;
	u32 frames;
	u32 flags;
	struct call_row calls[BOTH_CALLS];
	/* The map behind MAP: an array of one u64 unless these say otherwise. */
	u32 map_type, map_entries, map_flags, map_key;
};

enum row_flags {
	ROW_SOCKET = 1,     /* as a socket filter too */
	ROW_COMPLETE = 2,   /* with a checksum of the whole packet (CHECKSUM_COMPLETE) too */
	ROW_HASH = 4,       /* the hash is the same on both sides */
	ROW_TRUTH = 8,      /* only whether a call returned 0: times, chance */
	ROW_GSO = 16,       /* the packet says that it is to be cut into segments */
};

struct recorded {
	const char *name;
	const char *results;    /* first result of each combination: "0*12 -14" */
	u64 digest;             /* of everything */
};

/** both_main() - run @rows as a cmocka group; main()'s arguments. */
int both_main(const char *group, const struct row *rows, u32 count, int argc, char **argv);

/** frame_make() - the bytes of @frame (one bit) to @out, BOTH_PACKET of room. Returns the length. */
u32 frame_make(enum frame frame, u8 *out);

/** linux_backend() - Linux, in a network namespace of our own where lo is up; NULL and *why when it
 *  cannot be asked. */
struct backend *linux_backend(const char **why);

/** side_map() / side_prog() - a map or a GPL program; a handle or -errno. */
int side_map(struct backend *side, u32 type, u32 key_size, u32 value_size, u32 entries, u32 flags);
int side_prog(struct backend *side, u32 type, const struct bpf_insn *insns, u32 count);

#endif
