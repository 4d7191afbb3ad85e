// SPDX-License-Identifier: BSD-2-Clause
/* capture.c - see capture.h. */
#include "capture.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE_ROOM 65536     /* bytes that a pipe takes without a reader */

static void *must(void *memory)
{
	if (!memory)
		exit(99);
	return memory;
}

void bytes_add(struct bytes *bytes, const void *from, size_t len)
{
	size_t room = 4096;

	/* Doubled when it is full: a copy for each field takes minutes under ASan. */
	while (room <= bytes->len)
		room *= 2;
	if (!bytes->at || room <= bytes->len + len) {
		while (room <= bytes->len + len)
			room *= 2;
		bytes->at = must(realloc(bytes->at, room));
	}
	memcpy(bytes->at + bytes->len, from, len);
	bytes->len += len;
}

static void add_u32(struct bytes *out, bool swapped, u32 v)
{
	v = swapped ? __builtin_bswap32(v) : v;
	bytes_add(out, &v, sizeof(v));
}

static void add_u16(struct bytes *out, bool swapped, u16 v)
{
	v = swapped ? __builtin_bswap16(v) : v;
	bytes_add(out, &v, sizeof(v));
}

void pcap_begin(struct bytes *out, bool swapped, bool ns, u32 link, u32 snaplen)
{
	add_u32(out, swapped, ns ? 0xa1b23c4d : 0xa1b2c3d4);
	add_u16(out, swapped, 2);
	add_u16(out, swapped, 4);
	add_u32(out, swapped, 0);
	add_u32(out, swapped, 0);
	add_u32(out, swapped, snaplen);
	add_u32(out, swapped, link);
}

void pcap_add(struct bytes *out, bool swapped, u32 sec, u32 frac, u32 caplen, u32 wire_len,
	      const void *packet, size_t len)
{
	add_u32(out, swapped, sec);
	add_u32(out, swapped, frac);
	add_u32(out, swapped, caplen);
	add_u32(out, swapped, wire_len);
	bytes_add(out, packet, len);
}

static void write_all(int fd, const u8 *at, size_t len, size_t step)
{
	while (len) {
		ssize_t n = write(fd, at, len < step ? len : step);

		if (n <= 0)
			exit(98);
		at += n;
		len -= (size_t)n;
	}
}

int file_hold(const struct bytes *bytes, char *path)
{
	int fd;

	strcpy(path, "/tmp/clsbpf-test-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		exit(97);
	write_all(fd, bytes->at, bytes->len, 1 << 20);
	return fd;
}

int pipe_hold(const struct bytes *bytes, size_t step, char *path)
{
	int ends[2];
	pid_t child;

	if (pipe(ends))
		exit(96);
	snprintf(path, 64, "/dev/fd/%d", ends[0]);
	if (bytes->len <= PIPE_ROOM && step >= bytes->len) {
		write_all(ends[1], bytes->at, bytes->len, step);
		close(ends[1]);
		return ends[0];
	}
	child = fork();
	if (child < 0)
		exit(96);
	if (!child) {
		close(ends[0]);
		/* Twice removed: nobody has to wait for the writer. */
		if (fork())
			_exit(0);
		write_all(ends[1], bytes->at, bytes->len, step);
		_exit(0);
	}
	close(ends[1]);
	waitpid(child, NULL, 0);
	return ends[0];
}

int source_drain(const char *path, u32 *count, struct log *log)
{
	struct source *source;
	struct record record;
	int err = source_open(path, log, &source);
	u32 sum = 0;

	*count = 0;
	if (err)
		return err;
	while ((err = source_next(source, &record, log)) == 1) {
		++*count;
		for (u32 i = 0; i < record.len; i++)
			sum += record.bytes[i];
	}
	/* The bytes were read; and an error stays. */
	if (err && source_next(source, &record, NULL) > 0)
		err = 1 + (int)(sum & 1);
	source_close(source);
	return err;
}
