// SPDX-License-Identifier: BSD-2-Clause
/* pin_sides.h - one description of what happens to a tree of pins, and three trees to do it in.
 *
 * Paths are as bpf(2) gets them, below /sys/fs/bpf. Plain file operations happen where the tree is: on
 * Linux there, for a run directory below it, in memory not at all.
 */
#ifndef CLSBPF_TESTS_PIN_SIDES_H
#define CLSBPF_TESTS_PIN_SIDES_H

#include "object/pin.h"
#include "object/prog.h"

struct CMUnitTest;

/* Which trees a row is for. */
enum { MEMORY = 1, DIRECTORY = 2, LINUX = 4, FILES = DIRECTORY | LINUX, ALL = MEMORY | FILES };

enum op { PIN, GET, DROP, MKDIR, RENAME, LINK, SYMLINK, CHMOD, CHOWN };

/* Who makes the call; all but ROOT with no right but CAP_BPF. */
enum who { ROOT, NOBODY, MATE };   /* MATE: another user of nobody's group */

#define ID_NOBODY 65534
#define ID_MATE 65533

struct row {
	enum op op;
	const char *path;
	int err;
	const char *to;    /* RENAME, LINK: the new name; SYMLINK: the text */
	u32 arg;           /* PIN, GET: which object; CHMOD: mode; CHOWN: user and group */
	u32 access;        /* GET: BPF_F_RDONLY, BPF_F_WRONLY */
	enum who who;
	u32 sides;         /* 0: the whole table's */
};

struct side {
	u32 kind;
	struct engine engine;
	char rundir[64];
	struct object *objects[2];
	int fds[2];        /* LINUX */
};

/** side_open() - an empty tree and two objects. @tmp: where a run directory is made.
 *  Returns 0 or 1: not on this machine (*why). */
int side_open(struct side *side, u32 kind, const char *tmp, const char **why);

/** side_close() - returns whether everything that the tree kept is gone. */
bool side_close(struct side *side);

/** side_rows() - do the rows that are for this side, and fail at the first other result. */
void side_rows(struct side *side, const char *table, const struct row *rows, size_t count, u32 sides);

/** side_path() - where the node of @path is. */
void side_path(const struct side *side, const char *path, char out[512]);

#endif
