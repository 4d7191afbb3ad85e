// SPDX-License-Identifier: BSD-2-Clause
/* window.c - moving a window along its file; see window.h. */
#include "io/window.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int window_open(struct window *window, int fd)
{
	struct stat st;
	off_t at;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	at = lseek(fd, 0, SEEK_CUR);
	*window = (struct window){
		.fd = fd,
		.regular = S_ISREG(st.st_mode),
		.size = (u64)st.st_size,
		.end_offset = at > 0 ? (u64)at : 0,
		.bytes = malloc(WINDOW_SIZE),
	};
	return window->bytes ? 0 : -ENOMEM;
}

void window_close(struct window *window)
{
	free(window->bytes);
	window->bytes = NULL;
	if (window->fd != STDIN_FILENO)
		close(window->fd);
}

int window_fill(struct window *window, u32 need)
{
	u32 have = window->end - window->start;

	memmove(window->bytes, window->bytes + window->start, have);
	window->start = 0;
	window->end = have;
	while (window->end < need) {
		ssize_t n = read(window->fd, window->bytes + window->end, WINDOW_SIZE - window->end);

		window->ended = !n;
		if (n <= 0)
			return n ? -errno : 0;
		window->end += (u32)n;
		window->end_offset += (u64)n;
	}
	return 1;
}
