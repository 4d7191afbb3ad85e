// SPDX-License-Identifier: BSD-2-Clause
/* pins.h - names in the pin tree of a backend, and the directories that they need. */
#ifndef CLSBPF_LOAD_PINS_H
#define CLSBPF_LOAD_PINS_H

#include "backend/backend.h"

#define PINS_PATH 512
#define PINS_MADE_MAX 256

/* Names that somebody made in the pin tree and may have to take back. Begins as zeros. */
struct pins {
	char *name[PINS_MADE_MAX];      /* pins and directories, in the order of making */
	u32 count;
	bool no_mount;                  /* nothing is mounted where no bpf file system is */
	char mounted[PINS_PATH];        /* where a file system was mounted for them; "" */
};

/** pins_open() - what is pinned at @path. Returns a handle or -errno, without a sentence. */
must_check int pins_open(struct backend *backend, const char *path);

/** pins_add() - give @handle the name @path; directories below the pin root that are missing are made.
 *  Returns 0 or -errno, without a sentence. */
must_check int pins_add(struct pins *pins, struct backend *backend, const char *path, int handle);

/** pins_undo() - take back every name that was made. */
void pins_undo(struct pins *pins, struct backend *backend);

/** pins_forget() - the names stay; only the memory about them goes. */
void pins_forget(struct pins *pins);

#endif
