// SPDX-License-Identifier: BSD-2-Clause
/* on_files.c - what clients do around bpf(2): looking at descriptors, at pin directories, waiting.
 *
 * Everything that has to do with no descriptor and no directory of ours is let through, and Linux
 * answers as if nobody had looked.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "wrap/parts.h"

#define STATFS_VALID 0x20
#define STATFS_RELATIME 0x1000

/* ---- readlink ---- */

static const char *place_text(const struct place *place)
{
	switch (place->kind) {
	case BACKEND_OBJ_MAP:
		return "anon_inode:bpf-map";
	case BACKEND_OBJ_PROG:
		return "anon_inode:bpf-prog";
	case BACKEND_OBJ_BTF:
		return "anon_inode:btf";
	case BACKEND_OBJ_LINK:
		return "anon_inode:bpf_link";
	}
	return "";
}

/* Links of descriptors are numbers. */
static bool is_number_below(const char *text, const char **number)
{
	const char *slash = strrchr(text, '/');

	*number = slash ? slash + 1 : text;
	return **number && strspn(*number, "0123456789") == strlen(*number);
}

/* The path of the directory that @text, whose last name is @number, is relative to. */
static int link_dir(const struct notice *notice, int dirfd, const char *text, const char *number,
		    char *out)
{
	char proc[CLIENT_PROC_ROOM];
	ssize_t len = 0;

	if (*text != '/') {
		client_proc(notice, dirfd == AT_FDCWD ? "cwd" : "fd", dirfd == AT_FDCWD ? -1 : dirfd,
			    proc);
		len = readlink(proc, out, PATH_MAX);
		if (len < 0 || len + (number - text) + 2 > PATH_MAX)
			return -ENOENT;
		out[len++] = '/';
	}
	memcpy(out + len, text, (size_t)(number - text));
	out[len + (number - text)] = '\0';
	return 0;
}

/* What the link @text names in a client, NULL: none of ours. */
static struct place *link_place(const struct notice *notice, int dirfd, const char *text)
{
	static const char *const own[] = { "/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/" };
	char dir[PATH_MAX], path[PATH_MAX + CLIENT_PROC_ROOM];
	const char *number;
	long fd;
	struct place *place;
	struct stat st;

	if (!is_number_below(text, &number) || link_dir(notice, dirfd, text, number, dir))
		return NULL;
	fd = strtol(number, NULL, 10);
	for (u32 i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(dir, own[i]))
			return fd > INT_MAX || client_place(notice, (int)fd, &place) ? NULL : place;
	if (strncmp(dir, "/proc/", strlen("/proc/")) || dir[6] < '0' || dir[6] > '9' ||
	    strncmp(dir + strlen(dir) - 4, "/fd/", 4))
		return NULL;
	/* Of another process: numbered as the client's own /proc has them. */
	client_proc(notice, "root", -1, path);
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "%s%s", dir, number);
	return stat(path, &st) ? NULL : places_find(&notice->wrap->places, &st);
}

static s64 read_link(struct notice *notice, int dirfd, u64 from, u64 to, int room)
{
	char text[PATH_MAX];
	const struct place *place;
	u32 len;
	int err;

	if (!notice->wrap->places.count || room <= 0 || client_string(notice, text, from, PATH_MAX) < 0)
		return LET_THROUGH;
	place = link_place(notice, dirfd, text);
	if (!place || !client_waits(notice))
		return LET_THROUGH;
	len = min_u32((u32)strlen(place_text(place)), (u32)room);
	err = client_write(notice, to, place_text(place), len);
	return err ? err : len;
}

s64 on_readlink(struct notice *notice)
{
	return read_link(notice, AT_FDCWD, notice->args[0], notice->args[1], (int)notice->args[2]);
}

s64 on_readlinkat(struct notice *notice)
{
	return read_link(notice, (int)notice->args[0], notice->args[1], notice->args[2],
			 (int)notice->args[3]);
}

/* ---- statfs ---- */

static s64 answer_statfs(const struct notice *notice, u64 to)
{
	const struct space *space = &notice->wrap->space;
	const struct statfs st = {
		.f_type = BPF_FS_MAGIC, .f_bsize = 4096, .f_frsize = 4096, .f_namelen = NAME_MAX,
		.f_fsid = { { (int)space->dev, (int)(space->dev >> 32) } },
		.f_flags = STATFS_VALID | STATFS_RELATIME,
	};

	return client_write(notice, to, &st, sizeof(st));
}

s64 on_statfs(struct notice *notice)
{
	char text[PATH_MAX];

	if (client_string(notice, text, notice->args[0], PATH_MAX) <= 0 ||
	    !paths_is_pins(notice, text))
		return LET_THROUGH;
	return answer_statfs(notice, notice->args[1]);
}

s64 on_fstatfs(struct notice *notice)
{
	if (!paths_is_pins_fd(notice, (int)notice->args[0]))
		return LET_THROUGH;
	return answer_statfs(notice, notice->args[1]);
}

/* ---- mount ---- */

/* What stood there before flags did: Linux takes it away. */
#define MAGIC 0xc0ed0000u
#define MAGIC_MASK 0xffff0000u
#define NOT_NEW (MS_REMOUNT | MS_BIND | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

static bool is_bpf(struct notice *notice, u64 type)
{
	char text[8];

	return type && client_string(notice, text, type, sizeof(text)) > 0 && !strcmp(text, "bpf");
}

/* Another mount of bpffs is one more name of the pin root. */
s64 on_mount(struct notice *notice)
{
	u64 flags = notice->args[3];
	char target[PATH_MAX];
	int err;

	if ((flags & MAGIC_MASK) == MAGIC)
		flags &= ~(u64)MAGIC_MASK;
	if (flags & NOT_NEW || !is_bpf(notice, notice->args[2]))
		return LET_THROUGH;
	client_rights(notice, true);
	if (!(notice->caller.rights & RIGHT_SYS_ADMIN))
		return -EPERM;
	err = client_string(notice, target, notice->args[1], PATH_MAX);
	return err < 0 ? err : space_mount(&notice->wrap->space, notice->tid, target);
}

/* The newer way to mount is told to be a kernel's that has the older one only. */
s64 on_fsopen(struct notice *notice)
{
	return is_bpf(notice, notice->args[0]) ? -ENOSYS : LET_THROUGH;
}

/* ---- epoll ---- */

s64 on_epoll_ctl(struct notice *notice)
{
	int op = (int)notice->args[1], fd = (int)notice->args[2], epoll, err;
	struct epoll_event event = { 0 };
	struct place *place;

	if (!notice->wrap->places.count || client_place(notice, fd, &place) || !place)
		return LET_THROUGH;
	if (place->wait < 0)
		return -EPERM;   /* a map of this kind cannot be waited for */
	if (op != EPOLL_CTL_ADD && op != EPOLL_CTL_MOD && op != EPOLL_CTL_DEL)
		return -EINVAL;
	err = op == EPOLL_CTL_DEL ? 0 : client_read(notice, &event, notice->args[3], sizeof(event));
	if (err)
		return err;
	epoll = client_take(notice, (int)notice->args[0]);
	return epoll < 0 ? epoll : place_epoll_ctl(place, epoll, op, &event);
}
