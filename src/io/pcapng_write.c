// SPDX-License-Identifier: BSD-2-Clause
/* pcapng_write.c - packets with verdicts to a pcapng file.
 *
 *   section header | interface ... | enhanced packet | enhanced packet | interface | ...
 *
 * Little endian on every machine, times in nanoseconds, no clock, host or program name: the same
 * packets give the same bytes. Everything goes through one buffer, which is written when it is full
 * and on closing. After a failed write the file ends somewhere inside a block.
 * Source: draft-ietf-opsawg-pcapng, sections 4.1 (SHB), 4.2 (IDB), 4.3 (EPB and epb_verdict).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/io.h"

#define SINK_ROOM (256u * 1024)
#define SINK_SNAPLEN 262144u     /* the same for every interface: libpcap wants that */

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum { OPT_END = 0, OPT_COMMENT = 1, OPT_IF_NAME = 2, OPT_VERDICT = 7, OPT_IF_TSRESOL = 9 };
enum { LINK_ETHERNET = 1, LINK_RAW = 101 };
#define VERDICT_TC 1             /* "Linux_eBPF_TC", 64 bits follow */
#define OPTION_MAX 65535u

struct sink {
	int fd;
	bool may_break;          /* a pipe or socket: writing may raise SIGPIPE */
	char *name;
	u8 *bytes;               /* SINK_ROOM */
	u32 len;
	u8 *l2;                  /* of each interface */
	u32 interfaces;
};

/* A reader that went away is an error of this call, not the death of the process. */
static ssize_t write_quietly(int fd, const u8 *bytes, size_t len)
{
	static const struct timespec now = { 0 };
	sigset_t pipe, pending, before;
	ssize_t n;
	int err;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	n = write(fd, bytes, len);
	err = errno;
	if (n < 0 && err == EPIPE && !sigismember(&pending, SIGPIPE))
		while (sigtimedwait(&pipe, NULL, &now) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return n;
}

static int sink_flush(struct sink *sink)
{
	u32 done = 0;

	while (done < sink->len) {
		ssize_t n = sink->may_break ?
			    write_quietly(sink->fd, sink->bytes + done, sink->len - done) :
			    write(sink->fd, sink->bytes + done, sink->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int err = n ? -errno : -EIO;

			/* What was written must not be written again by the next call. */
			memmove(sink->bytes, sink->bytes + done, sink->len - done);
			sink->len -= done;
			return err;
		}
		done += (u32)n;
	}
	sink->len = 0;
	return 0;
}

static int sink_put(struct sink *sink, const void *bytes, u32 len)
{
	const u8 *from = bytes;

	while (len) {
		u32 n = min_u32(len, SINK_ROOM - sink->len);

		memcpy(sink->bytes + sink->len, from, n);
		sink->len += n;
		from += n;
		len -= n;
		if (sink->len == SINK_ROOM) {
			int err = sink_flush(sink);

			if (err)
				return err;
		}
	}
	return 0;
}

static int sink_put_u32(struct sink *sink, u32 v)
{
	v = le32(v);
	return sink_put(sink, &v, sizeof(v));
}

static u32 padded(u32 len)
{
	return (len + 3) & ~3u;
}

static int sink_put_padded(struct sink *sink, const void *bytes, u32 len)
{
	static const u8 zeros[4];
	int err = sink_put(sink, bytes, len);

	return err ? err : sink_put(sink, zeros, padded(len) - len);
}

static int sink_put_option(struct sink *sink, u16 code, const void *bytes, u32 len)
{
	int err = sink_put_u32(sink, code | len << 16);

	return err ? err : sink_put_padded(sink, bytes, len);
}

/* The first block of an empty buffer. */
static void sink_put_section(struct sink *sink)
{
	static const u32 words[] = { BLOCK_SECTION, 28, 0x1a2b3c4d, 1 /* version 1.0 */,
				     0xffffffff, 0xffffffff /* length: not known */, 28 };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		put_u32(sink->bytes + i * 4, le32(words[i]));
	sink->len = sizeof(words);
}

int sink_open(const char *path, struct log *log, struct sink **out)
{
	bool standard = !strcmp(path, "-");
	const char *name = standard ? "standard output" : path;
	struct sink *sink;
	struct stat st;
	int fd = standard ? STDOUT_FILENO :
		 open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return log_error(log, -errno, "%s: cannot be created: %s", name, strerror(errno));
	sink = calloc(1, sizeof(*sink));
	if (sink) {
		sink->fd = fd;
		sink->name = strdup(name);
		sink->bytes = malloc(SINK_ROOM);
		sink->may_break = fstat(fd, &st) || !S_ISREG(st.st_mode);
	}
	if (!sink || !sink->name || !sink->bytes) {
		if (sink) {
			free(sink->name);
			free(sink->bytes);
		}
		free(sink);
		if (!standard)
			close(fd);
		return log_error(log, -ENOMEM, "%s: no memory to write it", name);
	}
	sink_put_section(sink);
	*out = sink;
	return 0;
}

int sink_interface(struct sink *sink, const char *name, bool l2)
{
	static const u8 nanoseconds = 9;
	u32 name_len = (u32)strnlen(name, 255), number = sink->interfaces;
	u32 len = 20 + 4 + padded(name_len) + 8 + 4;
	u8 *more = realloc(sink->l2, number + 1);
	int err;

	if (!more)
		return -ENOMEM;
	sink->l2 = more;
	more[number] = l2;
	err = sink_put_u32(sink, BLOCK_INTERFACE);
	if (!err)
		err = sink_put_u32(sink, len);
	if (!err)
		err = sink_put_u32(sink, l2 ? LINK_ETHERNET : LINK_RAW);
	if (!err)
		err = sink_put_u32(sink, SINK_SNAPLEN);
	if (!err)
		err = sink_put_option(sink, OPT_IF_NAME, name, name_len);
	if (!err)
		err = sink_put_option(sink, OPT_IF_TSRESOL, &nanoseconds, 1);
	if (!err)
		err = sink_put_u32(sink, OPT_END);
	if (!err)
		err = sink_put_u32(sink, len);
	if (err)
		return err;
	sink->interfaces++;
	return (int)number;
}

static int sink_put_packet_options(struct sink *sink, const struct sink_packet *packet,
				   u32 comment_len)
{
	u8 verdict[9] = { VERDICT_TC };
	u64 value = le64((u64)packet->verdict);
	int err = 0;

	if (comment_len)
		err = sink_put_option(sink, OPT_COMMENT, packet->comment, comment_len);
	memcpy(verdict + 1, &value, sizeof(value));
	if (!err && packet->has_verdict)
		err = sink_put_option(sink, OPT_VERDICT, verdict, sizeof(verdict));
	if (!err && (comment_len || packet->has_verdict))
		err = sink_put_u32(sink, OPT_END);
	return err;
}

static int sink_put_packet(struct sink *sink, const struct sink_packet *packet)
{
	u32 comment = packet->comment ? (u32)strnlen(packet->comment, OPTION_MAX) : 0;
	u32 options = (comment ? 4 + padded(comment) : 0) + (packet->has_verdict ? 4 + 12 : 0);
	u32 len = 32 + padded(packet->len) + options + (options ? 4 : 0);
	const u32 words[] = { BLOCK_PACKET, len, packet->interface, (u32)(packet->time_ns >> 32),
			      (u32)packet->time_ns, packet->len,
			      max_u32(packet->len, packet->wire_len) };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words) && !err; i++)
		err = sink_put_u32(sink, words[i]);
	if (!err)
		err = sink_put_padded(sink, packet->bytes, packet->len);
	if (!err)
		err = sink_put_packet_options(sink, packet, comment);
	return err ? err : sink_put_u32(sink, len);
}

int sink_write(struct sink *sink, const struct sink_packet *packet, struct log *log)
{
	int err;

	if (packet->interface >= sink->interfaces)
		return log_error(log, -EINVAL, "%s: a packet for interface %u, but it has %u",
				 sink->name, packet->interface, sink->interfaces);
	if (sink->l2[packet->interface] != packet->l2)
		return log_error(log, -EINVAL, "%s: interface %u carries %s, the packet is not",
				 sink->name, packet->interface, packet->l2 ? "raw IP" : "Ethernet");
	if (packet->len > SINK_SNAPLEN)
		return log_error(log, -EMSGSIZE, "%s: a packet of %u bytes, more than the %u that "
				 "readers take", sink->name, packet->len, SINK_SNAPLEN);
	err = sink_put_packet(sink, packet);
	return err ? log_error(log, err, "%s: cannot be written: %s", sink->name, strerror(-err)) : 0;
}

int sink_close(struct sink *sink, struct log *log)
{
	int err = sink_flush(sink);

	if (sink->fd != STDOUT_FILENO && close(sink->fd) && !err)
		err = -errno;
	if (err)
		log_line(log, "%s: cannot be written: %s", sink->name, strerror(-err));
	free(sink->name);
	free(sink->bytes);
	free(sink->l2);
	free(sink);
	return err;
}
