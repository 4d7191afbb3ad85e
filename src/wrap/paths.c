// SPDX-License-Identifier: BSD-2-Clause
/* paths.c - from a client's path to a name below the pin root.
 *
 *   "map", cwd /tmp/pins (a bind mount of a directory of pins)  ->  /sys/fs/bpf/dir/map
 *
 * A path is followed as the client would follow it, then the directory is asked where it is: going up
 * from it, is the pin root met? So it does not matter where and how often the root is mounted, and
 * which links lead there. Without files (space.c) a path is a text, and begins with /sys/fs/bpf.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wrap/parts.h"

#define DEPTH_MAX 256
#define LINKS_MAX 40
#define DIRECTORY (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* The place of a name. */
struct found {
	int root;                 /* the client's */
	int dir;
	char leaf[NAME_MAX + 1];  /* "": the path means dir */
	bool slash;               /* one stood behind the name */
};

static void found_close(struct found *f)
{
	if (f->root >= 0)
		close(f->root);
	if (f->dir >= 0)
		close(f->dir);
}

static int client_open(const struct notice *notice, const char *what, int number)
{
	char path[CLIENT_PROC_ROOM];
	int fd;

	client_proc(notice, what, number, path);
	fd = open(path, DIRECTORY);
	return fd < 0 ? -errno : fd;
}

static int base_open(const struct notice *notice, int dirfd)
{
	int fd, taken;

	if (dirfd == AT_FDCWD)
		return client_open(notice, "cwd", -1);
	fd = dirfd < 0 ? -EBADF : client_open(notice, "fd", dirfd);
	if (fd != -EACCES)
		return fd == -ENOENT ? -EBADF : fd;
	/* Of a client that is not to be looked into. */
	taken = client_take(notice, dirfd);
	if (taken < 0)
		return taken;
	fd = openat(taken, ".", DIRECTORY);
	fd = fd < 0 ? -errno : fd;
	close(taken);
	return fd;
}

/* Directories that show who looks himself: here that is the client. f->dir becomes what *text begins
 * with, and *text the rest. */
static int find_own(const struct notice *notice, struct found *f, const char **text)
{
	static const struct { const char *name, *what; } own[] = {
		{ "/proc/self/", "" }, { "/proc/thread-self/", "" }, { "/dev/fd/", "fd" },
	};
	int dir;

	for (u32 i = 0; i < ARRAY_SIZE(own); i++) {
		if (strncmp(*text, own[i].name, strlen(own[i].name)))
			continue;
		dir = client_open(notice, own[i].what, -1);
		if (dir < 0)
			return client_waits(notice) ? dir : -EINTR;
		close(f->dir);
		f->dir = dir;
		*text += strlen(own[i].name);
		return client_waits(notice) ? 0 : -EINTR;
	}
	return 0;
}

/* A directory: absolute as below @root, relative to @base. Absolute links that a relative path meets
 * lead from our root, which is not the client's after chroot(2). */
static int dir_open(int root, int base, const char *text)
{
	struct open_how how = { .flags = DIRECTORY, .resolve = RESOLVE_IN_ROOT };
	int fd = -1;

	if (*text != '/') {
		fd = openat(base, *text ? text : ".", DIRECTORY);
		return fd < 0 ? -errno : fd;
	}
	for (u32 i = 0; fd < 0 && i < LINKS_MAX; i++) {
		fd = (int)syscall(__NR_openat2, root, text, &how, sizeof(how));
		if (fd < 0 && errno == EXDEV)   /* a link of /proc leads out of any root */
			fd = openat(root, text + strspn(text, "/"), DIRECTORY);
		if (fd < 0 && errno != EAGAIN)  /* somebody renamed meanwhile */
			return -errno;
	}
	return fd < 0 ? -EAGAIN : fd;
}

/* Cut @text into directory and last name. f->dir is the base, and becomes the directory. */
static int find_step(const struct notice *notice, struct found *f, const char *text)
{
	size_t end, start;
	char parent[PATH_MAX];
	int err = find_own(notice, f, &text), dir;

	if (err)
		return err;
	end = strlen(text);
	while (end && text[end - 1] == '/')
		end--;
	for (start = end; start && text[start - 1] != '/'; start--)
		;
	if (end - start > NAME_MAX)
		return -ENAMETOOLONG;
	f->slash |= text[end];
	memcpy(f->leaf, text + start, end - start);
	f->leaf[end - start] = '\0';
	if (!strcmp(f->leaf, ".") || !strcmp(f->leaf, "..") || !*f->leaf) {
		start = end = strlen(text);
		*f->leaf = '\0';
	}
	memcpy(parent, text, start);
	parent[start] = '\0';
	dir = dir_open(f->root, f->dir, parent);
	if (dir < 0)
		return dir;
	close(f->dir);
	f->dir = dir;
	return 0;
}

/* Find the place of a client's path. @follow: also where a link of the last name leads.
 * Give it back with found_close(), also after an error. */
static int find(const struct notice *notice, int dirfd, const char *text, bool follow,
		struct found *f)
{
	char link[PATH_MAX];
	ssize_t len;
	int err;

	f->slash = false;
	f->root = client_open(notice, "root", -1);
	f->dir = *text == '/' ? open("/", DIRECTORY) : base_open(notice, dirfd);
	if (f->root < 0 || f->dir < 0)
		return !client_waits(notice) ? -EINTR : f->dir < 0 ? f->dir : -EACCES;
	if (!client_waits(notice))
		return -EINTR;
	err = find_step(notice, f, text);
	for (u32 i = 0; !err && follow && *f->leaf; i++) {
		len = readlinkat(f->dir, f->leaf, link, sizeof(link) - 1);
		if (len < 0)
			break;
		link[len] = '\0';
		err = i < LINKS_MAX ? find_step(notice, f, link) : -ELOOP;
	}
	return err;
}

static bool is_root(const struct space *space, const struct stat *st)
{
	return st->st_dev == space->dev && st->st_ino == space->ino;
}

/* How many names below the pin root a directory is; -1: it is elsewhere. */
static int depth_of(const struct space *space, int dir)
{
	int depth = 0, at = dir, up;
	struct stat st;

	while (!fstat(at, &st) && !is_root(space, &st)) {
		up = st.st_dev == space->dev && depth < DEPTH_MAX ? openat(at, "..", DIRECTORY) : -1;
		if (at != dir)
			close(at);
		if (up < 0)
			return -1;
		at = up;
		depth++;
	}
	if (at != dir)
		close(at);
	return depth;
}

/* The names of a directory that is @depth of them below the pin root: the last ones of its path,
 * wherever that begins. */
static int dir_names(int dir, int depth, char *out)
{
	char link[CLIENT_PROC_ROOM], path[PATH_MAX];
	const char *names;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	len = readlink(link, path, sizeof(path));
	if (len < 0 || len == sizeof(path))
		return -ENAMETOOLONG;
	path[len] = '\0';
	for (names = path + len; depth && names > path; )
		depth -= *--names == '/';
	return depth || snprintf(out, PATH_MAX, WRAP_PIN_ROOT "%s", names) >= PATH_MAX
	       ? -ENAMETOOLONG : 0;
}

static int names_add(char *out, const char *leaf, bool slash)
{
	size_t len = strlen(out);

	return (size_t)snprintf(out + len, PATH_MAX - len, "%s%s%s", *leaf ? "/" : "", leaf,
				slash ? "/" : "") < PATH_MAX - len ? 0 : -ENAMETOOLONG;
}

/* Remove ".", ".." and empty names from an absolute path. */
static void text_normalise(char *path)
{
	char *to = path;
	const char *from = path;

	while (*from) {
		size_t len;

		from += strspn(from, "/");
		len = strcspn(from, "/");
		if (len == 2 && !memcmp(from, "..", 2)) {
			while (to > path && *--to != '/')
				;
		} else if (len && !(len == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
}

/* Where pins are no files: does the client's path, as a text, lead to /sys/fs/bpf? Then it is in @out. */
static bool text_is_pins(const struct notice *notice, int dirfd, const char *text, char *out)
{
	size_t root = strlen(WRAP_PIN_ROOT);
	char link[CLIENT_PROC_ROOM];
	ssize_t len = 0;

	if (*text != '/') {
		client_proc(notice, dirfd == AT_FDCWD ? "cwd" : "fd", dirfd == AT_FDCWD ? -1 : dirfd,
			    link);
		len = readlink(link, out, PATH_MAX);
		if (len < 0)
			return false;
	}
	if ((size_t)len + 1 + strlen(text) >= PATH_MAX)
		return false;
	out[len] = '/';
	strcpy(out + len + 1, text);
	text_normalise(out);
	return !strncmp(out, WRAP_PIN_ROOT, root) && (!out[root] || out[root] == '/');
}

/* Paths are followed with the client's rights, as far as ids tell them, or what we may see tells it what
 * it may not. NULL: our own. */
static void look_as(const struct caller *caller)
{
	(void)setfsgid(caller ? caller->gid : getegid());
	(void)setfsuid(caller ? caller->uid : geteuid());
}

/* What Linux says to a path that is not in bpffs. */
static int path_elsewhere(const struct caller *caller, const struct found *f, bool create)
{
	struct stat st;
	int err;

	look_as(caller);
	err = *f->leaf && fstatat(f->dir, f->leaf, &st, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
	look_as(NULL);
	if (create)
		return err == -ENOENT && !f->slash ? -EPERM : err ? err : -EEXIST;
	return err ? err : f->slash && *f->leaf && !S_ISDIR(st.st_mode) ? -ENOTDIR : -EACCES;
}

int paths_pin(struct notice *notice, int dirfd, const char *text, bool create, char *out)
{
	const struct space *space = &notice->wrap->space;
	struct found f;
	int err, depth;

	if (space->root < 0 && text_is_pins(notice, dirfd, text, out))
		return client_waits(notice) ? 0 : -EINTR;
	look_as(&notice->caller);
	err = find(notice, dirfd, text, !create, &f);
	look_as(NULL);
	if (!err) {
		depth = space->root < 0 ? -1 : depth_of(space, f.dir);
		if (depth < 0)
			err = path_elsewhere(&notice->caller, &f, create);
		else
			err = dir_names(f.dir, depth, out);
		if (!err)
			err = names_add(out, f.leaf, f.slash);
	}
	found_close(&f);
	return err;
}

bool paths_is_pins(struct notice *notice, const char *text)
{
	const struct space *space = &notice->wrap->space;
	char path[PATH_MAX];
	struct found f;
	struct stat st;
	bool is;
	int dir;

	if (space->root < 0)
		return text_is_pins(notice, AT_FDCWD, text, path) &&
		       !strcmp(path, WRAP_PIN_ROOT);
	is = !find(notice, AT_FDCWD, text, true, &f);
	if (is && *f.leaf && (fstatat(f.dir, f.leaf, &st, AT_SYMLINK_NOFOLLOW) ||
			      (f.slash && !S_ISDIR(st.st_mode))))
		is = false;
	if (is && *f.leaf && S_ISDIR(st.st_mode)) {
		dir = openat(f.dir, f.leaf, DIRECTORY | O_NOFOLLOW);
		is = dir >= 0 && depth_of(space, dir) >= 0;
		if (dir >= 0)
			close(dir);
	} else if (is) {
		is = depth_of(space, f.dir) >= 0;
	}
	found_close(&f);
	return is;
}

bool paths_is_pins_fd(struct notice *notice, int fd)
{
	const struct space *space = &notice->wrap->space;
	char path[PATH_MAX], proc[CLIENT_PROC_ROOM];
	ssize_t len;
	int dir;
	bool is;

	if (space->root < 0)
		return text_is_pins(notice, fd, "", path) && !strcmp(path, WRAP_PIN_ROOT);
	dir = base_open(notice, fd);
	if (dir == -ENOTDIR) {
		client_proc(notice, "fd", fd, proc);
		len = readlink(proc, path, sizeof(path) - 1);
		path[len > 0 ? len : 0] = '\0';
		return len > 0 && *path == '/' && paths_is_pins(notice, path);
	}
	is = dir >= 0 && depth_of(space, dir) >= 0;
	if (dir >= 0)
		close(dir);
	return is;
}
