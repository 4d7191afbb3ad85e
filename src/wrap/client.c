// SPDX-License-Identifier: BSD-2-Clause
/* client.c - the process that made a call, as the engine's struct caller.
 *
 * A notification names a thread by its number, which is another process' once the thread is gone. So
 * whatever was read by that number counts only when the call still waits for its answer afterwards,
 * and nothing is written without asking before. A call that waits now has waited all the time: where
 * nothing happens between reading and writing, asking once is enough (notice->only_looks).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wrap/parts.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif
#define PAGE 4096u

bool client_waits(const struct notice *notice)
{
	return !ioctl(notice->wrap->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notice->id);
}

/* May what was read be relied on? */
static bool counts(const struct notice *notice)
{
	return notice->only_looks || client_waits(notice);
}

/* What process_vm_readv(2) and its like moved, as a result. */
static int moved(ssize_t n, u64 len)
{
	return n == (ssize_t)len ? 0 : n < 0 && errno == ENOMEM ? -ENOMEM : -EFAULT;
}

static bool was_read(const struct notice *notice, void *to, u64 from, u64 len)
{
	for (u32 i = 0; i < ARRAY_SIZE(notice->ahead); i++) {
		u64 off = from - notice->ahead[i].from;

		if (off < notice->ahead[i].len && len <= notice->ahead[i].len - off) {
			memcpy(to, notice->ahead[i].bytes + off, len);
			return true;
		}
	}
	return false;
}

int client_read(struct notice *notice, void *to, u64 from, u64 len)
{
	const struct iovec here = { to, len }, there = { u64_ptr(from), len };
	int err = 0;

	if (!was_read(notice, to, from, len)) {
		err = moved(process_vm_readv(notice->tid, &here, 1, &there, 1, 0), len);
		if (notice->guesses && !err && len <= AHEAD_ROOM)
			notice->wrap->guess[notice->tid % GUESSES] =
				(struct guess){ notice->tid, from, (u32)len };
		notice->guesses = false;
	}
	return counts(notice) ? err : -EINTR;
}

/* System calls are what a call costs here: one for both pieces, if the guess is right. */
void client_read_ahead(struct notice *notice, u64 attr, u32 size)
{
	const struct guess *guess = &notice->wrap->guess[notice->tid % GUESSES];
	u32 len = guess->tid == notice->tid ? guess->len : 0;
	const struct iovec here[2] = { { notice->ahead[0].bytes, size }, { notice->ahead[1].bytes, len } };
	const struct iovec there[2] = { { u64_ptr(attr), size }, { u64_ptr(guess->key), len } };
	ssize_t n;

	if (!size || size > AHEAD_ROOM)
		return;
	n = process_vm_readv(notice->tid, here, len ? 2 : 1, there, len ? 2 : 1, 0);
	notice->guesses = n >= (ssize_t)size;
	if (n >= (ssize_t)size) {
		notice->ahead[0].from = attr;
		notice->ahead[0].len = size;
	}
	if (n == (ssize_t)(size + len)) {
		notice->ahead[1].from = guess->key;
		notice->ahead[1].len = len;
	}
}

int client_write(const struct notice *notice, u64 to, const void *from, u64 len)
{
	const struct iovec here = { u64_ptr(ptr_u64(from)), len }, there = { u64_ptr(to), len };

	if (!client_waits(notice))
		return -EINTR;
	return moved(process_vm_writev(notice->tid, &here, 1, &there, 1, 0), len);
}

int client_string(struct notice *notice, char *to, u64 from, u32 room)
{
	u32 len = 0;

	/* Never over the end of a page that the text need not reach. */
	while (len < room) {
		u32 piece = (u32)min_u64(room - len, PAGE - (from + len) % PAGE);
		int err = client_read(notice, to + len, from + len, piece);
		const char *end = err ? NULL : memchr(to + len, '\0', piece);

		if (err)
			return err;
		if (end)
			return (int)(end - to);
		len += piece;
	}
	return -ENAMETOOLONG;
}

void client_proc(const struct notice *notice, const char *what, int number,
		 char path[CLIENT_PROC_ROOM])
{
	int len = snprintf(path, CLIENT_PROC_ROOM, "/proc/%d/%s", notice->tid, what);

	if (number >= 0)
		snprintf(path + len, CLIENT_PROC_ROOM - (size_t)len, "/%d", number);
}

int client_take(const struct notice *notice, int fd)
{
	int process = (int)syscall(__NR_pidfd_open, notice->tid, PIDFD_THREAD), got;

	if (process < 0)
		return -errno;
	got = (int)syscall(__NR_pidfd_getfd, process, fd, 0);
	if (got < 0)
		got = -errno;
	close(process);
	if (got >= 0 && !client_waits(notice)) {
		close(got);
		got = -EINTR;
	}
	return got;
}

/* The file of a descriptor. Where a client is not to be looked into (PR_SET_DUMPABLE), /proc shows
 * nothing, but Linux still hands descriptors out. */
static int client_stat(const struct notice *notice, int fd, struct stat *st)
{
	char path[CLIENT_PROC_ROOM];
	int taken, err;

	client_proc(notice, "fd", fd, path);
	err = stat(path, st) ? -errno : 0;
	if (err != -EACCES)
		return !counts(notice) ? -EINTR : err ? -EBADF : 0;
	taken = client_take(notice, fd);
	if (taken < 0)
		return taken;
	err = fstat(taken, st) ? -errno : 0;
	close(taken);
	return err;
}

int client_place(const struct notice *notice, int fd, struct place **out)
{
	struct stat st;
	int err = fd < 0 ? -EBADF : client_stat(notice, fd, &st);

	if (!err)
		*out = places_find(&notice->wrap->places, &st);
	return err;
}

static struct notice *notice_of(struct caller *caller)
{
	return container_of(caller, struct notice, caller);
}

static int caller_read(struct caller *caller, void *to, u64 from, u64 len)
{
	return client_read(notice_of(caller), to, from, len);
}

static int caller_write(struct caller *caller, u64 to, const void *from, u64 len)
{
	return client_write(notice_of(caller), to, from, len);
}

static int caller_handle(struct caller *caller, int fd)
{
	struct place *place;
	int err = client_place(notice_of(caller), fd, &place);

	if (err)
		return err;
	return place ? place->handle : -EINVAL;
}

static int caller_path(struct caller *caller, int dirfd, const char *text, bool create, char *out)
{
	return paths_pin(notice_of(caller), dirfd, text, create, out);
}

static bool caller_gone(struct caller *caller)
{
	return !client_waits(notice_of(caller));
}

const struct caller_ops client_ops = {
	.read = caller_read,
	.write = caller_write,
	.handle = caller_handle,
	.path = caller_path,
	.gone = caller_gone,
};

/* "Uid:  real  effective  saved  fs" */
static u32 status_id(const char *text, const char *name, bool fs)
{
	u32 real = 65534, effective, saved, files = 65534;
	const char *line = strstr(text, name);

	if (line)
		sscanf(line + strlen(name), "%u %u %u %u", &real, &effective, &saved, &files);
	return fs ? files : real;
}

/* Capabilities in a user namespace that the client made for itself are none to bpf(2). */
static u32 status_rights(const struct notice *notice, const char *text)
{
	const char *line = strstr(text, "\nCapEff:");
	char path[CLIENT_PROC_ROOM];
	struct stat st;

	client_proc(notice, "ns/user", -1, path);
	if (!line || stat(path, &st) || st.st_ino != notice->wrap->user_ns)
		return 0;
	return rights_of(strtoull(line + strlen("\nCapEff:"), NULL, 16));
}

void client_rights(struct notice *notice, bool fs)
{
	struct caller *caller = &notice->caller;
	char path[CLIENT_PROC_ROOM], text[4096];
	ssize_t len;
	int fd;

	client_proc(notice, "status", -1, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	caller->uid = status_id(text, "\nUid:", fs);
	caller->gid = status_id(text, "\nGid:", fs);
	if (!notice->wrap->config->unprivileged)
		caller->rights = notice->wrap->capable ? status_rights(notice, text) : RIGHTS_ALL;
}
