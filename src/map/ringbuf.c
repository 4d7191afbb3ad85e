// SPDX-License-Identifier: BSD-2-Clause
/* ringbuf.c - the ring buffer: records of any size from many programs to one consumer, in order.
 *
 *   memfd:  | consumer | producer | data, max_entries bytes | data again |
 *             page 0     page 1     what position & mask means   what reaches beyond the end
 *
 *   record: | length, BUSY, DISCARD: 4 bytes | page of this header: 4 | bytes, padded to 8 |
 *
 * Positions only grow; the consumer moves its own and maps page 0 to write, the rest to read. The
 * layout is Linux's, bit by bit, because consumers (libbpf's ring_buffer and others) know it.
 *
 * On Linux the second data area is the first one, mapped again, so that every record lies in one piece.
 * A client maps a memfd by itself, in which no page can appear twice. So here there are two: a record
 * begins in the first and may end in the second. What it has there is copied from the front of the first
 * when it is reserved (its bytes are what they were) and back when it is committed, so the first area
 * holds what it holds on Linux, also for consumers that wrap by themselves. One that began to read in
 * the second would see something else; all that are known take position & mask.
 *
 * All of the file is hostile, since its consumer can write to it: consumer_pos is read once for each
 * decision and only says how much may be overwritten. Positions, lengths and who is busy are kept in
 * this process; those in the file are written and never read.
 */
#include "map/ringbuf.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "map/family.h"
#include "map/shared.h"

#define HEADER 8u
#define RECORD_MAX (UINT32_MAX / 4)
/* Pages that Linux has in front of the data; a header says how far behind their start it is. */
#define LINUX_PAGES 3u

struct ringbuf {
	struct map map;
	u64 mask;
	u8 *data;
	u64 *consumer, *producer;      /* in the file */
	pthread_mutex_t lock;          /* of who reserves */
	_Atomic u64 position;          /* the next record's; written under the lock */
	u64 pending;                   /* no record before this position is busy; under the lock */
	_Atomic u32 *length;           /* of the record that begins at 8 * i, and BUSY */
	u64 length_room;
	_Atomic int wait_fd;           /* -1: nobody has asked for it */
};

static inline struct ringbuf *ringbuf_of(struct map *map)
{
	return container_of(map, struct ringbuf, map);
}

static int ringbuf_check(const union bpf_attr *attr, struct log *log)
{
	u32 size = attr->max_entries;

	if (attr->key_size || attr->value_size)
		return log_error(log, -EINVAL, "map: a ring buffer has neither keys nor values");
	if (!size || size & (size - 1) || size % shared_page())
		return log_error(log, -EINVAL, "map: the %u bytes of a ring buffer are not a power of 2 "
				 "times the size of a page", size);
	return 0;
}

static void ringbuf_destroy(struct map *map)
{
	struct ringbuf *ring = ringbuf_of(map);

	if (ring->map.shared.at)
		shared_free(&ring->map.shared);
	if (ring->wait_fd >= 0)
		close(ring->wait_fd);
	area_free(ring->length, ring->length_room);
	pthread_mutex_destroy(&ring->lock);
	free(ring);
}

static int ringbuf_create(struct engine *engine, const union bpf_attr *attr, struct map **out)
{
	struct ringbuf *ring = calloc(1, sizeof(*ring));
	u64 size = attr->max_entries, page = shared_page();
	int err;

	if (!ring)
		return -ENOMEM;
	ring->mask = size - 1;
	ring->wait_fd = -1;
	pthread_mutex_init(&ring->lock, NULL);
	ring->length_room = size / HEADER * sizeof(*ring->length);
	ring->length = area_alloc(ring->length_room);
	err = ring->length ? shared_create(2 * page + 2 * size, false, &ring->map.shared) : -ENOMEM;
	if (err) {
		ringbuf_destroy(&ring->map);
		return err;
	}
	ring->map.shared.writable = page;
	ring->consumer = (u64 *)(void *)ring->map.shared.at;
	ring->producer = (u64 *)(void *)(ring->map.shared.at + page);
	ring->data = ring->map.shared.at + 2 * page;
	*out = &ring->map;
	return 0;
}

static u64 consumer_position(const struct ringbuf *ring)
{
	return __atomic_load_n(ring->consumer, __ATOMIC_SEQ_CST);
}

static _Atomic u32 *length_at(const struct ringbuf *ring, u64 position)
{
	return &ring->length[(position & ring->mask) / HEADER];
}

static u64 record_room(u64 size)
{
	return round_up_u64(size + HEADER, HEADER);
}

/* Pass what was committed since the last look; the first busy record ends it. */
static void pending_advance(struct ringbuf *ring, u64 position)
{
	while (ring->pending < position) {
		u32 length = atomic_load_explicit(length_at(ring, ring->pending), memory_order_acquire);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return;
		ring->pending += record_room(length);
	}
}

/* Neither what the consumer has not read nor a busy record is overwritten; one byte stays free. */
static void *reserve_locked(struct ringbuf *ring, u64 size, u64 consumer)
{
	u64 position = atomic_load_explicit(&ring->position, memory_order_relaxed);
	u64 next = position + record_room(size);
	u32 busy = (u32)size | BPF_RINGBUF_BUSY_BIT;
	u8 *header = ring->data + (position & ring->mask);

	pending_advance(ring, position);
	if (next - consumer > ring->mask || next - ring->pending > ring->mask)
		return NULL;
	atomic_store_explicit(length_at(ring, position), busy, memory_order_relaxed);
	__atomic_store_n((u32 *)(void *)header, busy, __ATOMIC_RELAXED);
	put_u32(header + 4, (u32)((position & ring->mask) / shared_page()) + LINUX_PAGES);
	atomic_store_explicit(&ring->position, next, memory_order_seq_cst);
	__atomic_store_n(ring->producer, next, __ATOMIC_RELEASE);
	return header + HEADER;
}

/* How many bytes of a record lie in the second area. */
static u64 bytes_beyond(const struct ringbuf *ring, const u8 *record, u64 size)
{
	u64 end = (u64)(record - ring->data) + size;

	return end > ring->mask + 1 ? end - ring->mask - 1 : 0;
}

void *ringbuf_reserve(struct map *map, u64 size)
{
	struct ringbuf *ring = ringbuf_of(map);
	void *record;
	u64 consumer;

	if (size > RECORD_MAX || record_room(size) > ring->mask + 1)
		return NULL;
	consumer = consumer_position(ring);
	pthread_mutex_lock(&ring->lock);
	record = reserve_locked(ring, size, consumer);
	pthread_mutex_unlock(&ring->lock);
	if (record)
		memcpy(ring->data + ring->mask + 1, ring->data, bytes_beyond(ring, record, size));
	return record;
}

/* An eventfd that its holders only watch. One who writes to it can fill it: it is emptied then, so
 * that the others see the next change. */
static void wake(struct ringbuf *ring)
{
	int fd = atomic_load(&ring->wait_fd);
	eventfd_t seen;

	if (fd >= 0 && eventfd_write(fd, 1) && errno == EAGAIN && !eventfd_read(fd, &seen))
		(void)eventfd_write(fd, 1);
}

void ringbuf_commit(struct map *map, void *record, u64 flags, bool discard)
{
	struct ringbuf *ring = ringbuf_of(map);
	u8 *header = (u8 *)record - HEADER;
	u64 at = (u64)(header - ring->data);
	_Atomic u32 *mine = length_at(ring, at);
	u32 length = atomic_load_explicit(mine, memory_order_relaxed) & ~BPF_RINGBUF_BUSY_BIT;

	memcpy(ring->data, ring->data + ring->mask + 1, bytes_beyond(ring, record, length));
	__atomic_exchange_n((u32 *)(void *)header,
			    length | (discard ? BPF_RINGBUF_DISCARD_BIT : 0), __ATOMIC_SEQ_CST);
	atomic_store_explicit(mine, length, memory_order_release);
	/* A consumer that is further behind will come here without being woken. */
	if (flags & BPF_RB_FORCE_WAKEUP ||
	    (!(flags & BPF_RB_NO_WAKEUP) && (consumer_position(ring) & ring->mask) == at))
		wake(ring);
}

u64 ringbuf_query(struct map *map, u64 what)
{
	struct ringbuf *ring = ringbuf_of(map);

	switch (what) {
	case BPF_RB_AVAIL_DATA: {
		u64 consumer = consumer_position(ring);

		return atomic_load(&ring->position) - consumer;
	}
	case BPF_RB_RING_SIZE:
		return ring->mask + 1;
	case BPF_RB_CONS_POS:
		return consumer_position(ring);
	case BPF_RB_PROD_POS:
		return atomic_load(&ring->position);
	default:
		return 0;
	}
}

static bool ringbuf_ready(struct map *map)
{
	return ringbuf_query(map, BPF_RB_AVAIL_DATA);
}

static int ringbuf_wait_fd(struct map *map)
{
	struct ringbuf *ring = ringbuf_of(map);
	int fd = atomic_load(&ring->wait_fd), found = -1;

	if (fd >= 0)
		return fd;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (atomic_compare_exchange_strong(&ring->wait_fd, &found, fd))
		return fd;
	close(fd);
	return found;
}

/* There are no elements: every command on them is -MAP_ENOTSUPP. */
const struct map_ops ringbuf_ops = {
	.check = ringbuf_check,
	.create = ringbuf_create,
	.destroy = ringbuf_destroy,
	.ready = ringbuf_ready,
	.wait_fd = ringbuf_wait_fd,
};
