// SPDX-License-Identifier: BSD-2-Clause
/* source.c - opening a capture of any kind, and taking cooked headers off.
 *
 *   file or stream -- window --+-- plain pcap: pcap_read.c
 *                              +-- all else:   libpcap, which reads through a FILE whose bytes come
 *                                              from the same window, so that offsets are known
 *
 * Invariant: what source_next() gives lies in the window or in libpcap's buffer and is one whole
 * record; nothing is kept of a record that is cut.
 *
 * Sources: draft-ietf-opsawg-pcap; www.tcpdump.org/linktypes.html for numbers and cooked headers.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/io.h"
#include "io/pcap_read.h"
#include "io/window.h"

#define LINK_USER0 147
#define LINK_USER15 162
#define SLL_HEADER 16
#define SLL2_HEADER 20

struct source {
	struct window window;
	struct pcap_format format;
	pcap_t *pcap;            /* NULL: plain pcap */
	FILE *file;              /* of pcap, which owns it */
	int read_error;          /* what the window answered under libpcap, or 0 */
	int failed;              /* source_next() has reported this: nothing comes after it */
	enum io_link link;
	char *name;
};

/* ---- link types ---- */

/* @type: LINKTYPE_* of a file, or DLT_* of libpcap; where they differ both are here. */
static int link_find(u32 type, enum io_link *link)
{
	static const struct { u32 type; enum io_link link; } types[] = {
		{ 1, IO_ETHERNET },
		{ 12, IO_RAW_IP },       /* DLT_RAW of Linux */
		{ 14, IO_RAW_IP },       /* DLT_RAW of OpenBSD */
		{ 101, IO_RAW_IP },      /* LINKTYPE_RAW */
		{ 228, IO_RAW_IP },      /* LINKTYPE_IPV4 */
		{ 229, IO_RAW_IP },      /* LINKTYPE_IPV6 */
		{ 113, IO_LINUX_SLL },
		{ 276, IO_LINUX_SLL2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].type == type) {
			*link = types[i].link;
			return 0;
		}
	}
	return -EOPNOTSUPP;
}

static int link_set(struct source *source, u32 type, struct log *log)
{
	const char *name = type < 0x10000 ? pcap_datalink_val_to_name((int)type) : NULL;
	char text[64] = "";

	if (!link_find(type, &source->link))
		return 0;
	/* libpcap has no names for the numbers that everybody may use as they like. */
	if (type >= LINK_USER0 && type <= LINK_USER15)
		snprintf(text, sizeof(text), " (USER%u, for private use)", type - LINK_USER0);
	else if (name)
		snprintf(text, sizeof(text), " (%s)", name);
	return log_error(log, -EOPNOTSUPP, "%s: link type %u%s is not supported; Ethernet, raw IP and "
			 "Linux cooked captures are", source->name, type, text);
}

/* Take the cooked header off. A record that is shorter than the header has no packet. */
static void record_uncook(struct record *record, bool second)
{
	u32 header = second ? SLL2_HEADER : SLL_HEADER;
	const u8 *at = record->bytes;

	if (record->len >= header) {
		record->pkt_type = second ? at[10] : (u8)get_be16(at);
		record->protocol = get_be16(second ? at : at + 14);
	}
	header = min_u32(header, record->len);
	record->bytes += header;
	if (record->lent)
		record->lent += header;
	record->headroom += header;
	record->len -= header;
	record->wire_len -= header;
	record->link = IO_RAW_IP;
}

/* ---- libpcap over the window ---- */

/* fopencookie()'s read function: the window's bytes. */
static ssize_t cookie_read(void *cookie, char *buf, size_t room)
{
	struct source *source = cookie;
	struct window *window = &source->window;
	int have;
	u32 n;

	if (!room)
		return 0;
	have = window_need(window, 1);
	if (have < 0) {
		source->read_error = have;
		errno = -have;
	}
	if (have != 1)
		return have < 0 ? -1 : 0;
	n = window->end - window->start;
	if (n > room)
		n = (u32)room;
	memcpy(buf, window->bytes + window->start, n);
	window->start += n;
	return n;
}

/* Only for ftello(): where the reading is. */
static int cookie_seek(void *cookie, off64_t *offset, int whence)
{
	struct source *source = cookie;

	if (whence != SEEK_CUR || *offset)
		return -1;
	*offset = (off64_t)window_offset(&source->window);
	return 0;
}

static u64 libpcap_offset(struct source *source)
{
	off_t offset = ftello(source->file);

	return offset < 0 ? window_offset(&source->window) : (u64)offset;
}

static int libpcap_open(struct source *source, struct log *log)
{
	cookie_io_functions_t functions = { .read = cookie_read, .seek = cookie_seek };
	char text[PCAP_ERRBUF_SIZE] = "";
	FILE *file = fopencookie(source, "rb", functions);

	if (!file)
		return log_error(log, -ENOMEM, "%s: no memory to read it", source->name);
	source->file = file;
	source->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO,
								 text);
	if (!source->pcap) {
		u64 offset = libpcap_offset(source);

		fclose(file);
		if (source->read_error)
			return log_error(log, source->read_error, "%s: cannot be read: %s",
					 source->name, strerror(-source->read_error));
		return log_error(log, -EINVAL, "%s: is not a capture: %s (byte %llu)", source->name,
				 text, (unsigned long long)offset);
	}
	return link_set(source, (u32)pcap_datalink(source->pcap), log);
}

static int libpcap_failed(struct source *source, int result, u64 offset, struct log *log)
{
	if (source->read_error == -EINTR)
		return log_error(log, -EINTR, "%s: a signal interrupted the reading at byte %llu",
				 source->name, (unsigned long long)window_offset(&source->window));
	if (source->read_error)
		return log_error(log, source->read_error, "%s: cannot be read at byte %llu: %s",
				 source->name, (unsigned long long)window_offset(&source->window),
				 strerror(-source->read_error));
	if (window_shrunk(&source->window))
		return log_error(log, -EINVAL, "%s: became shorter while it was read, %llu bytes, now "
				 "%llu; the block at byte %llu is the first that is lost", source->name,
				 (unsigned long long)source->window.size,
				 (unsigned long long)source->window.end_offset,
				 (unsigned long long)offset);
	if (result == PCAP_ERROR_BREAK)
		return 0;
	return log_error(log, -EINVAL, "%s: the block at byte %llu is damaged: %s", source->name,
			 (unsigned long long)offset, pcap_geterr(source->pcap));
}

static int libpcap_next(struct source *source, struct record *record, struct log *log)
{
	u64 offset = libpcap_offset(source);
	struct pcap_pkthdr *header;
	int result = pcap_next_ex(source->pcap, &header, &record->bytes);

	if (result != 1)
		return libpcap_failed(source, result, offset, log);
	record->lent = NULL;
	record->headroom = 0;
	record->len = header->caplen;
	record->wire_len = max_u32(header->caplen, header->len);
	/* Nanoseconds, because the file was opened so. */
	record->time_ns = (u64)header->ts.tv_sec * 1000000000ull + (u64)header->ts.tv_usec;
	record->offset = offset;
	return 1;
}

/* ---- the source ---- */

static int source_start(struct source *source, struct log *log)
{
	struct window *window = &source->window;
	int have = window_need(window, PCAP_HEADER);

	if (have < 0)
		return log_error(log, have, "%s: cannot be read: %s", source->name, strerror(-have));
	if (window->end == window->start)
		return log_error(log, -EINVAL, "%s: is empty, not a capture", source->name);
	if (have && pcap_format_read(window->bytes + window->start, &source->format)) {
		window->start += PCAP_HEADER;
		return link_set(source, source->format.link, log);
	}
	return libpcap_open(source, log);
}

int source_open(const char *path, struct log *log, struct source **out)
{
	bool standard = !path || !strcmp(path, "-");
	const char *name = standard ? "standard input" : path;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), err;
	struct source *source;

	if (fd < 0)
		return log_error(log, -errno, "%s: cannot be opened: %s", name, strerror(errno));
	source = calloc(1, sizeof(*source));
	err = source ? window_open(&source->window, fd) : -ENOMEM;
	if (!err && !(source->name = strdup(name))) {
		free(source->window.bytes);
		err = -ENOMEM;
	}
	if (err) {
		free(source);
		if (!standard)
			close(fd);
		return log_error(log, err, "%s: cannot be read: %s", name, strerror(-err));
	}
	err = source_start(source, log);
	if (err) {
		source_close(source);
		return err;
	}
	*out = source;
	return 0;
}

int source_next(struct source *source, struct record *record, struct log *log)
{
	int more;

	record->link = source->link;
	record->pkt_type = 0;
	record->protocol = 0;
	if (unlikely(source->failed))
		return log_error(log, source->failed, "%s: cannot be read any further", source->name);
	more = likely(!source->pcap) ?
	       pcap_record_next(&source->window, &source->format, source->name, record, log) :
	       libpcap_next(source, record, log);
	if (more == 1 && unlikely(source->link >= IO_LINUX_SLL))
		record_uncook(record, source->link == IO_LINUX_SLL2);
	/* An interrupted stream can go on, if libpcap did not lose the half that it had. */
	if (unlikely(more < 0) && (more != -EINTR || source->pcap))
		source->failed = more;
	return more;
}

void source_progress(const struct source *source, u64 *done, u64 *total)
{
	*done = window_offset(&source->window);
	*total = source->window.regular ? source->window.size : 0;
}

enum io_link source_link(const struct source *source)
{
	return source->link;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	if (source->pcap)
		pcap_close(source->pcap);
	window_close(&source->window);
	free(source->name);
	free(source);
}
