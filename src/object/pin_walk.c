// SPDX-License-Identifier: BSD-2-Clause
/* pin_walk.c - from a path to a node below a directory that others write to.
 *
 * The kernel checks the rights of this process; here those of the caller count, so the walk goes name
 * by name and looks at mode bits itself. What others do meanwhile cannot lead it outside: a name is
 * opened without following it, a symbolic link is read and its text walked from inside, and ".." is
 * the directory before in the path walked so far, opened anew with RESOLVE_BENEATH.
 *
 * Not looked at: access control lists and supplementary groups, which a caller's uid and gid do not
 * tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "object/pin_tree.h"

#define WALK_LINKS_MAX 40   /* as Linux: MAXSYMLINKS */

struct walk {
	const struct pin_root *root;
	int at;                /* the directory reached, whose path below the root is done */
	struct stat st;        /* of it */
	char done[PATH_MAX];
	char todo[PATH_MAX];
	u32 links;
};

bool pin_may(const struct pin_caller *caller, const struct stat *st, u32 want)
{
	u32 shift = caller->uid == st->st_uid ? 6 : caller->gid == st->st_gid ? 3 : 0;

	return caller->override || (st->st_mode >> shift & want) == want;
}

/* Be in the directory @fd, or fail with what opening it said. */
static int walk_enter(struct walk *w, int fd)
{
	if (fd < 0)
		return -errno;
	if (w->at >= 0)
		close(w->at);
	w->at = fd;
	return fstat(fd, &w->st) ? -errno : 0;
}

static int walk_root(struct walk *w)
{
	w->done[0] = '\0';
	return walk_enter(w, openat(w->root->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* The root is its own parent. */
static int walk_up(struct walk *w)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	char *slash = strrchr(w->done, '/');

	if (!slash || slash == w->done)
		return walk_root(w);
	*slash = '\0';
	return walk_enter(w, (int)syscall(SYS_openat2, w->root->fd, w->done + 1, &how, sizeof(how)));
}

static int walk_down(struct walk *w, const struct pin_step *step, int fd)
{
	size_t len = strlen(w->done);

	if (len + 1 + step->len >= sizeof(w->done)) {
		close(fd);
		return -ENAMETOOLONG;
	}
	snprintf(w->done + len, sizeof(w->done) - len, "/%.*s", (int)step->len, step->name);
	return walk_enter(w, fd);
}

/* Go on with the text of the link @fd, then with what is left of the path. */
static int walk_link(struct walk *w, int fd, const char **path)
{
	char text[PATH_MAX], todo[PATH_MAX];
	ssize_t len = readlinkat(fd, "", text, sizeof(text) - 1);
	const char *to = text, *below = NULL;
	int err = len < 0 ? -errno : ++w->links > WALK_LINKS_MAX ? -ELOOP : 0;

	close(fd);
	if (err)
		return err;
	text[len] = '\0';
	if (*text == '/') {
		for (size_t i = 0; i < ARRAY_SIZE(w->root->names) && w->root->names[i] && !below; i++)
			below = pin_below(text, w->root->names[i]);
		if (!below)
			return -EACCES;   /* what is outside is no pin */
		to = below;
		err = walk_root(w);
	}
	if (snprintf(todo, sizeof(todo), "%s%s", to, *path) >= (int)sizeof(todo))
		return -ENAMETOOLONG;
	memcpy(w->todo, todo, sizeof(todo));
	*path = w->todo;
	return err;
}

/* One name, from w->at. *end: the walk is over. */
static int walk_step(struct walk *w, const struct pin_caller *caller, const char **path,
		     struct pin_place *place, bool follow, bool *end)
{
	struct pin_step step = pin_step(path);
	struct stat st;
	int fd, err;

	*end = step.kind == PIN_END;
	if (*end)
		return 0;
	if (!pin_may(caller, &w->st, 1))
		return -EACCES;
	if (step.kind != PIN_NAME)
		return step.kind == PIN_UP ? walk_up(w) : 0;
	err = pin_step_check(&step);
	if (err)
		return err;
	memcpy(place->name, step.name, step.len);
	place->name[step.len] = '\0';
	place->slash = step.slash;
	if (step.last && !follow) {
		*end = true;
		return 0;
	}
	fd = openat(w->at, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	place->name[0] = '\0';
	if (fstat(fd, &st)) {
		err = -errno;
		close(fd);
		return err;
	}
	if (S_ISLNK(st.st_mode))
		return walk_link(w, fd, path);
	if (S_ISDIR(st.st_mode))
		return walk_down(w, &step, fd);
	place->node = fd;
	place->node_stat = st;
	*end = true;
	return step.last && !step.slash ? 0 : -ENOTDIR;
}

int pin_walk(const struct pin_root *root, const struct pin_caller *caller, const char *path,
	     bool follow, struct pin_place *place)
{
	struct walk w = { .root = root, .at = -1 };
	bool end = false;
	int err = walk_root(&w);

	*place = (struct pin_place){ .dir = -1, .node = -1 };
	while (!err && !end)
		err = walk_step(&w, caller, &path, place, follow, &end);
	place->dir = w.at;
	place->dir_stat = w.st;
	if (err)
		pin_place_close(place);
	return err;
}

void pin_place_close(struct pin_place *place)
{
	if (place->dir >= 0)
		close(place->dir);
	if (place->node >= 0)
		close(place->node);
	place->dir = place->node = -1;
}
