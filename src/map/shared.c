// SPDX-License-Identifier: BSD-2-Clause
/* shared.c - memory of maps that clients map too: what mmap(2) and poll(2) of a map's handle do.
 *
 *   memfd:  | what the family lays out, rounded up to pages |
 *            ^ mapped here for good          ^ and by clients, where they like, as often as they like
 *
 * The file can neither shrink nor grow, so nobody takes a page away from under the engine. What a
 * client writes into it is hostile: a family reads no length, no offset and no pointer out of it that
 * it does not check.
 *
 * Who may write is the file's business, because a client that holds it maps it without asking us. The
 * file of a map with BPF_F_RDONLY_PROG is given out read-only and takes no new writable mapping: what
 * programs take for constant is constant. Freezing seals a file the same way. So F_SEAL_SEAL has to
 * wait until then; a client that seals first has done what freezing does, and nothing else.
 *
 * Linux refuses to freeze a map that somebody has mapped to write. Here that holds for mappings in
 * this process. Those of other processes cannot be seen through a memfd: the map is frozen, no new
 * one can be made, and theirs stay writable. Nothing relies on their not being there: a map whose
 * bytes count as constant never had one.
 */
#include "map/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define WRITE_SEALS (F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)
#define ADDRESS_SPACE (1ull << 47)

u64 shared_page(void) { return (u64)sysconf(_SC_PAGESIZE); }

static int shared_fill(struct shared_memory *shared, u64 size, bool constant)
{
	void *at;

	if (ftruncate(shared->fd, (off_t)size) || fcntl(shared->fd, F_ADD_SEALS, SIZE_SEALS))
		return -errno;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, shared->fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	shared->at = at;
	shared->size = shared->writable = size;
	return constant && fcntl(shared->fd, F_ADD_SEALS, WRITE_SEALS) ? -errno : 0;
}

int shared_create(u64 size, bool constant, struct shared_memory *out)
{
	struct shared_memory shared = { .constant = constant };
	u64 room = round_up_u64(size, shared_page());
	int err;

	/* As area_alloc(): more than the machine has is refused at once. */
	if (room / shared_page() > (u64)sysconf(_SC_PHYS_PAGES))
		return -ENOMEM;
	shared.fd = memfd_create("bpf-map", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (shared.fd < 0)
		return -errno;
	err = shared_fill(&shared, room, constant);
	if (err)
		shared_free(&shared);
	else
		*out = shared;
	return err;
}

void shared_free(struct shared_memory *shared)
{
	if (shared->at)
		munmap(shared->at, shared->size);
	close(shared->fd);
}

/* What do_mmap() and bpf_map_mmap() check of handle and map, in their order. */
static int mmap_check(const struct map *map, u32 access, int prot)
{
	if (prot & PROT_WRITE && access & BPF_F_RDONLY)
		return -EACCES;
	if (access & BPF_F_WRONLY)
		return -EACCES;
	if (prot & PROT_EXEC)
		return -EPERM;
	/* Special fields are not for clients. */
	if (!(map->type->row_flags & MAP_SHARES) || map->fields)
		return -MAP_ENOTSUPP;
	/* A shared mapping of a file that is not open for writing counts as a private one. */
	if (access & BPF_F_RDONLY)
		return -EINVAL;
	if (prot & PROT_WRITE && atomic_load(&map->frozen))
		return -EPERM;
	if (prot & PROT_WRITE && map->flags & BPF_F_RDONLY_PROG)
		return -EACCES;
	return 0;
}

static int mmap_range(const struct shared_memory *shared, u64 offset, u64 length, int prot)
{
	if (!shared->at)
		return -EINVAL;
	if (prot & PROT_WRITE && shared->writable < shared->size &&
	    (offset || length != shared->writable))
		return -EPERM;
	return length > shared->size || offset > shared->size - length ? -EINVAL : 0;
}

int map_mmap(struct map *map, u32 access, u64 offset, u64 length, int prot, void **out)
{
	u64 pages = round_up_u64(length, shared_page());
	u32 write = !!(prot & PROT_WRITE);
	void *at;
	int err;

	if (offset % shared_page() || !length)
		return -EINVAL;
	if (length > ADDRESS_SPACE)
		return -ENOMEM;
	/* As a writer of on_map.c: who freezes the map sees this or the mapping. */
	atomic_fetch_add(&map->writers, write);
	err = mmap_check(map, access, prot);
	if (!err)
		err = mmap_range(&map->shared, offset, pages, prot);
	if (!err) {
		at = mmap(NULL, pages, prot, MAP_SHARED, map->shared.fd, (off_t)offset);
		if (at == MAP_FAILED)
			err = -errno;
		else
			*out = at;
	}
	atomic_fetch_sub(&map->writers, write);
	return err;
}

int map_share(const struct map *map, u32 access, int *fd)
{
	char path[32];

	*fd = -1;
	if (!map->shared.at || map->fields || access)
		return 0;
	/* Opened anew, because access belongs to the open file. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", map->shared.fd);
	*fd = open(path, (map->shared.constant ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	return *fd < 0 ? -errno : 0;
}

/* Is this line of /proc/self/maps a writable mapping of @file, other than the engine's own? */
static bool maps_line_writes(const char *line, const struct shared_memory *shared, const struct stat *file)
{
	unsigned long long start, end, inode;
	unsigned int major_id, minor_id;
	char access[5];

	if (sscanf(line, "%llx-%llx %4s %*x %x:%x %llu", &start, &end, access, &major_id, &minor_id,
		   &inode) != 6)
		return false;
	return access[1] == 'w' && access[3] == 's' && inode == file->st_ino &&
	       makedev(major_id, minor_id) == file->st_dev &&
	       (start < ptr_u64(shared->at) || end > ptr_u64(shared->at) + shared->size);
}

bool map_mapped(const struct map *map)
{
	const struct shared_memory *shared = &map->shared;
	char line[512];
	struct stat file;
	bool found = false;
	FILE *maps;

	if (!shared->at || shared->constant || fstat(shared->fd, &file))
		return false;
	maps = fopen("/proc/self/maps", "re");
	while (maps && !found && fgets(line, sizeof(line), maps))
		found = maps_line_writes(line, shared, &file);
	if (maps)
		fclose(maps);
	return found;
}

int map_seal(const struct map *map)
{
	/* A client may have sealed it: -EPERM, and what was to be done is done. */
	if (!map->shared.at || map->shared.constant ||
	    !fcntl(map->shared.fd, F_ADD_SEALS, WRITE_SEALS) || errno == EPERM)
		return 0;
	return -errno;
}

static s64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (s64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Each watches for itself: an eventfd that is only looked at, never read, tells all of them. */
static int watch(struct map *map, int epoll, int timeout_ms)
{
	s64 end = now_ms() + timeout_ms;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd = map->ops->wait_fd(map), ret;

	if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		return fd < 0 ? fd : -errno;
	for (;;) {
		s64 left = timeout_ms < 0 ? -1 : end - now_ms();

		if (map->ops->ready(map))
			return 1;
		if (timeout_ms >= 0 && left <= 0)
			return 0;
		ret = epoll_wait(epoll, &event, 1, (int)left);
		if (ret < 0)
			return -errno;
	}
}

int map_wait(struct map *map, int timeout_ms)
{
	int epoll, ret;

	if (!map->ops->ready)
		return -EOPNOTSUPP;
	if (map->ops->ready(map))
		return 1;
	if (!timeout_ms)
		return 0;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return -errno;
	ret = watch(map, epoll, timeout_ms);
	close(epoll);
	return ret;
}
