// SPDX-License-Identifier: BSD-2-Clause
/* window.h - a stretch of a file or stream in memory, moved along with read(2).
 *
 *   file:    ......[ taken | start ... end | room ]......
 *                                            ^ read() appends here
 *
 * Why not mmap: a mapping of a file that somebody shortens kills the process at the next load
 * (SIGBUS), and a library cannot own a signal handler. And it is slower here: 1 GB of 64-500 byte
 * packets in the page cache, walking the record headers only: read 34 M packets/s, mmap 4 M (every
 * header is a page walk and a miss that nothing hides); touching all bytes: read 19-37 M, mmap 28 M.
 * Windows of 256-512 KiB are the fastest, as they stay in the cache.
 *
 * Invariant: bytes[start..end) are the bytes of the file from window_offset() on.
 */
#ifndef CLSBPF_IO_WINDOW_H
#define CLSBPF_IO_WINDOW_H

#include "base/types.h"

#define WINDOW_SIZE (512u * 1024)

struct window {
	int fd;
	bool regular;        /* a file: has a size */
	bool ended;          /* read(2) said so */
	u8 *bytes;           /* WINDOW_SIZE of them */
	u32 start, end;
	u64 end_offset;      /* in the file, of bytes[end] */
	u64 size;            /* of a regular file, when it was opened */
};

/** window_open() - start a window at the current position of @fd, which the window owns from now on.
 *  Returns 0 or -errno; then the fd stays the caller's. */
must_check int window_open(struct window *window, int fd);
void window_close(struct window *window);

/** window_fill() - the slow path of window_need(). */
must_check int window_fill(struct window *window, u32 need);

/** window_need() - get @need (at most WINDOW_SIZE) bytes into the window.
 *  Returns 1; 0: the file ends before; -errno of read(2); -EINTR: a signal came, call again. Moves
 *  bytes: pointers into the window end here. */
static inline int window_need(struct window *window, u32 need)
{
	return likely(window->end - window->start >= need) ? 1 : window_fill(window, need);
}

static inline u64 window_offset(const struct window *window)
{
	return window->end_offset - (window->end - window->start);
}

/** window_shrunk() - has the end been met, and was the file longer when it was opened. */
static inline bool window_shrunk(const struct window *window)
{
	return window->ended && window->regular && window->end_offset < window->size;
}

#endif
