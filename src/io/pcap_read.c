// SPDX-License-Identifier: BSD-2-Clause
/* pcap_read.c - plain pcap files and streams, the fast path.
 *
 *   header 24 bytes | record 16 bytes, packet | record 16 bytes, packet | ...
 *
 * Both byte orders, microseconds and nanoseconds. Not here: the older variants of the format, which
 * libpcap reads, and link types (source.c). The lengths in a record are whatever somebody wrote: a
 * packet longer than PCAP_MAX_LEN is damage; one longer than the file's snapshot length is not, as
 * there are programs that write them and the bytes are there.
 * Source: draft-ietf-opsawg-pcap.
 */
#include "io/pcap_read.h"

#include <errno.h>

#define MAGIC_US 0xa1b2c3d4u
#define MAGIC_NS 0xa1b23c4du

static inline u32 field(const struct pcap_format *format, const u8 *at)
{
	u32 v = get_u32(at);

	return format->swapped ? __builtin_bswap32(v) : v;
}

bool pcap_format_read(const u8 header[PCAP_HEADER], struct pcap_format *format)
{
	u32 magic = get_u32(header), major_minor;

	*format = (struct pcap_format){
		.swapped = magic != MAGIC_US && magic != MAGIC_NS,
	};
	magic = field(format, header);
	if (magic != MAGIC_US && magic != MAGIC_NS)
		return false;
	format->tick_ns = magic == MAGIC_NS ? 1 : 1000;
	/* The upper bits say whether frames end with their checksum. */
	format->link = field(format, header + 20) & 0x03ffffff;
	major_minor = format->swapped ?
		      (u32)__builtin_bswap16(get_u16(header + 4)) << 16 |
			      __builtin_bswap16(get_u16(header + 6)) :
		      (u32)get_u16(header + 4) << 16 | get_u16(header + 6);
	return major_minor == (2u << 16 | 4);
}

/* Why there is no whole record at the window's start. @need: bytes of it; 0: not known yet. */
static int record_missing(const struct window *window, int err, u32 need, const char *name,
			  struct log *log)
{
	unsigned long long at = window_offset(window), have = window->end - window->start;

	if (err == -EINTR)
		return log_error(log, err, "%s: a signal interrupted the reading at byte %llu", name,
				 at);
	if (err)
		return log_error(log, err, "%s: cannot be read at byte %llu: %s", name, at + have,
				 strerror(-err));
	if (window_shrunk(window))
		return log_error(log, -EINVAL, "%s: became shorter while it was read, %llu bytes, now "
				 "%llu; the record at byte %llu is the first that is lost", name,
				 (unsigned long long)window->size, at + have, at);
	if (!have)
		return 0;
	if (!need)
		return log_error(log, -EINVAL, "%s: ends inside the header of the record at byte %llu",
				 name, at);
	return log_error(log, -EINVAL, "%s: ends inside the record at byte %llu, which has %u bytes: "
			 "%llu are there", name, at, need, have);
}

int pcap_record_next(struct window *window, const struct pcap_format *format, const char *name,
		     struct record *record, struct log *log)
{
	int have = window_need(window, PCAP_RECORD);
	u8 *at;
	u32 len;

	if (unlikely(have != 1))
		return record_missing(window, have, 0, name, log);
	len = field(format, window->bytes + window->start + 8);
	if (unlikely(len > PCAP_MAX_LEN))
		return log_error(log, -EINVAL, "%s: the record at byte %llu says that its packet has "
				 "%u bytes, more than the %u that one may have", name,
				 (unsigned long long)window_offset(window), len, PCAP_MAX_LEN);
	have = window_need(window, PCAP_RECORD + len);
	if (unlikely(have != 1))
		return record_missing(window, have, PCAP_RECORD + len, name, log);
	at = window->bytes + window->start;
	/* What lies in front is read already. */
	record->bytes = record->lent = at + PCAP_RECORD;
	record->headroom = window->start + PCAP_RECORD;
	record->len = len;
	record->wire_len = max_u32(len, field(format, at + 12));
	record->time_ns = field(format, at) * 1000000000ull +
			  (u64)field(format, at + 4) * format->tick_ns;
	record->offset = window_offset(window);
	window->start += PCAP_RECORD + len;
	/* While this packet is at work, the next one comes nearer: its length and its headers. */
	__builtin_prefetch(at + PCAP_RECORD + len);
	__builtin_prefetch(at + PCAP_RECORD + len + CACHE_LINE);
	return 1;
}
