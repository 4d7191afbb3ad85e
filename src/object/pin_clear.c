// SPDX-License-Identifier: BSD-2-Clause
/* pin_clear.c - remove everything below a directory, whatever somebody has put there.
 *
 * Nothing is followed and nothing recurses: what lies in a subdirectory is removed or, where it is a
 * directory itself, moved up to the root under a new name, until the root is empty. So the depth of
 * the tree costs neither stack nor descriptors, and no path is walked that others could turn aside.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "object/pin_tree.h"

#define CLEAR_TRIES 1000

struct clear {
	int root;
	u32 serial;
	u32 *removed;
};

/* Move the directory @name of @dir up. Somebody may have a node of the new name: take another. */
static int clear_lift(struct clear *c, int dir, const char *name)
{
	char to[32];

	for (u32 tries = 0; tries < CLEAR_TRIES; tries++) {
		snprintf(to, sizeof(to), ".stale-%u", c->serial++);
		if (!renameat2(dir, name, c->root, to, RENAME_NOREPLACE))
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

typedef int (*clear_visit)(struct clear *c, int dir, const char *name);

/* Remove the entries of @dir, which is closed; those that are directories go to @visit. */
static int clear_entries(struct clear *c, int dir, clear_visit visit)
{
	DIR *entries = fdopendir(dir);
	struct dirent *entry;
	int err = 0;

	if (!entries) {
		err = -errno;
		close(dir);
		return err;
	}
	while (!err && (entry = readdir(entries))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(dir, entry->d_name, 0))
			++*c->removed;
		else if (errno == EISDIR)
			err = visit(c, dir, entry->d_name);
		else if (errno != ENOENT)
			err = -errno;
	}
	closedir(entries);
	return err;
}

static int clear_folder(struct clear *c, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 ? -errno : clear_entries(c, fd, clear_lift);

	if (!err && unlinkat(dir, name, AT_REMOVEDIR))
		err = errno == ENOTEMPTY ? 0 : -errno;   /* it grew: the next pass */
	else if (!err)
		++*c->removed;
	return err == -ENOENT ? 0 : err;
}

int pin_clear(int root, u32 *removed)
{
	struct clear c = { .root = root, .removed = removed };
	u32 before;
	int err;

	do {
		int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		before = *removed;
		err = fd < 0 ? -errno : clear_entries(&c, fd, clear_folder);
	} while (!err && *removed != before && *removed < 4 * PIN_NODES_MAX);
	return err;
}
