// SPDX-License-Identifier: BSD-2-Clause
/* places.c - descriptors in clients that stand for handles.
 *
 * What a client holds is found again by the inode of its file, so dup(2), fork(2), execve(2) and
 * SCM_RIGHTS need no bookkeeping: they make more descriptors of one file. What has to be noticed is
 * the end of the file:
 *
 *   socket pair   our end hangs up
 *   memfd         a file of its own is opened for the client, and one byte of the inode locked
 *                 through it. Closing, which inotify reports, ends the lock with the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wrap/parts.h"

#define BUCKETS_FIRST 64
#define EPOLLS_MAX 64   /* of a place */

static struct list *bucket_of(const struct places *places, u64 dev, u64 ino)
{
	u64 mixed = (ino ^ dev << 32) * 0x9e3779b97f4a7c15u;

	return &places->bucket[mixed >> 32 & (places->buckets - 1)];
}

static int places_resize(struct places *places, u32 buckets)
{
	struct places old = *places;
	struct list *bucket = calloc(buckets, sizeof(*bucket));
	struct place *place, *next;

	if (!bucket)
		return -ENOMEM;
	for (u32 i = 0; i < buckets; i++)
		list_init(&bucket[i]);
	places->bucket = bucket;
	places->buckets = buckets;
	for (u32 i = 0; i < old.buckets; i++)
		list_for_each_safe(place, next, &old.bucket[i], link) {
			list_remove(&place->link);
			list_add(bucket_of(places, place->dev, place->ino), &place->link);
		}
	free(old.bucket);
	return 0;
}

int places_init(struct places *places, struct backend *backend)
{
	*places = (struct places){ .backend = backend, .inotify = -1 };
	places->closes = epoll_create1(EPOLL_CLOEXEC);
	return places->closes < 0 ? -errno : places_resize(places, BUCKETS_FIRST);
}

static void place_epoll_free(struct place *place, struct place_epoll *epoll)
{
	list_remove(&epoll->link);
	place->epoll_count--;
	close(epoll->fd);
	free(epoll);
}

/* What a place has of its own: everything but the handle. */
static void place_free(struct place *place)
{
	const int fds[] = { place->end, place->memory, place->wait };
	struct place_epoll *epoll, *next;

	list_for_each_safe(epoll, next, &place->epolls, link) {
		(void)epoll_ctl(epoll->fd, EPOLL_CTL_DEL, place->wait, NULL);
		place_epoll_free(place, epoll);
	}
	for (u32 i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(place);
}

/* Another place of the same file: one map with several handles, of which any will do. */
static struct place *place_twin(const struct places *places, const struct place *place)
{
	struct place *other;

	list_for_each(other, bucket_of(places, place->dev, place->ino), link)
		if (other != place && other->ino == place->ino && other->dev == place->dev)
			return other;
	return NULL;
}

static void place_close(struct places *places, struct place *place)
{
	if (place->watch >= 0 && !place_twin(places, place))
		(void)inotify_rm_watch(places->inotify, place->watch);
	list_remove(&place->link);
	places->count--;
	(void)backend_close(places->backend, place->handle);
	place_free(place);
}

void places_fini(struct places *places)
{
	struct place *place, *next;

	for (u32 i = 0; i < places->buckets; i++)
		list_for_each_safe(place, next, &places->bucket[i], link)
			place_close(places, place);
	free(places->bucket);
	if (places->inotify >= 0)
		close(places->inotify);
	if (places->closes >= 0)
		close(places->closes);
}

struct place *places_find(const struct places *places, const struct stat *st)
{
	struct place *place;

	list_for_each(place, bucket_of(places, st->st_dev, st->st_ino), link)
		if (place->ino == st->st_ino && place->dev == st->st_dev)
			return place;
	return NULL;
}

/* The byte of a memfd that stands for the client's file of this place. */
static struct flock place_lock(const struct place *place, short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = place->handle,
			       .l_len = 1 };
}

static bool memory_is_held(const struct place *place)
{
	struct flock lock = place_lock(place, F_WRLCK);

	return fcntl(place->memory, F_OFD_GETLK, &lock) || lock.l_type != F_UNLCK;
}

static void sweep_memory(struct places *places)
{
	char events[4096] __attribute__((aligned(8)));
	struct place *place, *next;

	while (read(places->inotify, events, sizeof(events)) > 0)
		;
	for (u32 i = 0; i < places->buckets; i++)
		list_for_each_safe(place, next, &places->bucket[i], link)
			if (place->memory >= 0 && !memory_is_held(place))
				place_close(places, place);
}

void places_sweep(struct places *places)
{
	struct epoll_event events[64];
	int n;

	do {
		n = epoll_wait(places->closes, events, ARRAY_SIZE(events), 0);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				place_close(places, events[i].data.ptr);
			else
				sweep_memory(places);
		}
	} while (n == (int)ARRAY_SIZE(events));
}

static int closes_watch(struct places *places, int fd, void *ptr)
{
	struct epoll_event event = { .events = ptr ? 0 : EPOLLIN, .data.ptr = ptr };

	return epoll_ctl(places->closes, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* A pair: our end into @place, the client's to *out. */
static int place_pair(struct places *places, struct place *place, int *out)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	place->end = ends[0];
	*out = ends[1];
	return closes_watch(places, place->end, place);
}

static int inotify_open(struct places *places)
{
	if (places->inotify >= 0)
		return 0;
	places->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return places->inotify < 0 ? -errno : closes_watch(places, places->inotify, NULL);
}

/* A file of the memfd for the client alone. It can do what place->memory can. */
static int place_memory(struct places *places, struct place *place, int *out)
{
	int access = fcntl(place->memory, F_GETFL) & O_ACCMODE, err = inotify_open(places);
	struct flock lock = place_lock(place, access == O_RDONLY ? F_RDLCK : F_WRLCK);
	char path[64];

	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place->memory);
	*out = open(path, access | O_CLOEXEC);
	if (*out < 0 || fcntl(*out, F_OFD_SETLK, &lock))
		return -errno;
	place->watch = inotify_add_watch(places->inotify, path, IN_CLOSE);
	return place->watch < 0 ? -errno : 0;
}

static int place_make(struct places *places, int handle, struct place **out, int *fd)
{
	struct backend_share share = { .memory = -1, .wait = -1 };
	struct place *place;
	struct stat st;
	int err = backend_share(places->backend, handle, &share);

	if (!err && places->count >= 2 * places->buckets)
		err = places_resize(places, 2 * places->buckets);
	if (err)
		return err;
	place = malloc(sizeof(*place));
	if (!place) {
		if (share.memory >= 0)
			close(share.memory);
		if (share.wait >= 0)
			close(share.wait);
		return -ENOMEM;
	}
	*place = (struct place){ .handle = handle, .kind = share.kind, .end = -1, .watch = -1,
				 .memory = share.memory, .wait = share.wait };
	list_init(&place->epolls);
	*fd = -1;
	err = share.memory < 0 ? place_pair(places, place, fd) : place_memory(places, place, fd);
	if (!err && fstat(*fd, &st))
		err = -errno;
	if (err) {
		if (*fd >= 0)
			close(*fd);
		place_free(place);
		return err;
	}
	place->dev = st.st_dev;
	place->ino = st.st_ino;
	*out = place;
	return 0;
}

static int give(int listener, u64 id, int fd)
{
	struct seccomp_notif_addfd add = { .id = id, .srcfd = (u32)fd, .newfd_flags = O_CLOEXEC,
					   .flags = SECCOMP_ADDFD_FLAG_SEND };

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 ? -errno : 0;
}

int places_give(struct places *places, int listener, u64 id, int handle)
{
	struct place *place;
	int fd, err = place_make(places, handle, &place, &fd);

	if (err) {
		(void)backend_close(places->backend, handle);
		return err;
	}
	list_add(bucket_of(places, place->dev, place->ino), &place->link);
	places->count++;
	err = give(listener, id, fd);
	close(fd);
	if (err)
		place_close(places, place);
	return err == -ENOENT ? 0 : err;
}

/* Forget the instances that wait for the place no more. */
static void place_epolls_prune(struct place *place)
{
	struct epoll_event event = { 0 };
	struct place_epoll *epoll, *next;

	list_for_each_safe(epoll, next, &place->epolls, link)
		if (!epoll_ctl(epoll->fd, EPOLL_CTL_ADD, place->wait, &event)) {
			(void)epoll_ctl(epoll->fd, EPOLL_CTL_DEL, place->wait, NULL);
			place_epoll_free(place, epoll);
		}
}

/* Whether clients have closed an instance that we have a descriptor of cannot be seen. So the oldest one
 * of many is forgotten: if it is in use after all, events come until the map is gone instead of the last
 * close. */
static void place_epoll_keep(struct place *place, struct place_epoll *kept)
{
	if (place->epoll_count == EPOLLS_MAX)
		place_epoll_free(place, container_of(place->epolls.next, struct place_epoll, link));
	list_add_tail(&place->epolls, &kept->link);
	place->epoll_count++;
}

/* The eventfd counts up and is never read: only its edges say something, and it can always be
 * written to, which a map never can. */
int place_epoll_ctl(struct place *place, int epoll, int op, struct epoll_event *event)
{
	struct place_epoll *kept = op == EPOLL_CTL_ADD ? malloc(sizeof(*kept)) : NULL;
	int err = op == EPOLL_CTL_ADD && !kept ? -ENOMEM : 0;

	if (op != EPOLL_CTL_DEL) {
		event->events &= ~(u32)(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND | EPOLLEXCLUSIVE);
		event->events |= EPOLLET;
	}
	if (!err && epoll_ctl(epoll, op, place->wait, event))
		err = -errno;
	if (!err && kept) {
		kept->fd = epoll;
		place_epoll_keep(place, kept);
		return 0;
	}
	if (!err && op == EPOLL_CTL_DEL)
		place_epolls_prune(place);
	free(kept);
	close(epoll);
	return err;
}
