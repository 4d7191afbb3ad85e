// SPDX-License-Identifier: BSD-2-Clause
/* io.h - where packets come from and where they go: captures.
 *
 *   source: our reader for plain pcap, files and streams (the fast path); libpcap for all else
 *   sink:   our pcapng writer (libpcap has none), with verdicts in the packets' options
 *
 * Source: pcap and pcapng: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
#ifndef CLSBPF_IO_IO_H
#define CLSBPF_IO_IO_H

#include <stdio.h>

#include "base/log.h"
#include "base/types.h"

struct source;

enum io_link { IO_ETHERNET, IO_RAW_IP, IO_LINUX_SLL, IO_LINUX_SLL2 };

/* One packet as read; `bytes` stay valid until the next source_next(). */
struct record {
	const u8 *bytes;
	u32 len;            /* bytes that were captured */
	u32 wire_len;       /* bytes that the packet had */
	u64 time_ns;        /* since 1970 */
	u64 offset;         /* of the record in its file, where known; for messages */
	u8 link;            /* enum io_link: of the bytes as given here */
	u8 pkt_type;        /* PACKET_*; from a cooked header, else 0 */
	u16 protocol;       /* cooked captures: ethertype, host order; else 0 */
	u8 *lent;           /* `bytes` when the reader may change them, else NULL; */
	u32 headroom;       /* then also so many in front of them */
};

/** source_open() - a capture: @path, or standard input for "-" and NULL.
 *  Returns 0; -errno with a sentence: -ENOENT etc., -EINVAL (not a capture, damaged header), -EOPNOTSUPP
 *  (a link type that is not supported; it is named). */
must_check int source_open(const char *path, struct log *log, struct source **out);

/** source_next() - the next packet. Returns 1; 0 at the end; -errno with a sentence that names the
 *  offset when the rest cannot be read (cut, corrupt, truncated under our eyes); -EINTR: a signal came
 *  while it waited for more. */
must_check int source_next(struct source *source, struct record *record, struct log *log);

/** source_progress() - bytes read and bytes there are (0: unknown), for showing progress. */
void source_progress(const struct source *source, u64 *done, u64 *total);

/** source_link() - the link type of the capture, before cooked headers were taken off. */
enum io_link source_link(const struct source *source);

void source_close(struct source *source);

struct sink;

/* What the datapath made of a packet. */
struct sink_packet {
	const u8 *bytes;
	u32 len, wire_len;
	u64 time_ns;
	bool l2;            /* Ethernet, or raw IP */
	s64 verdict;        /* the program's return value, for epb_verdict type 1 (eBPF TC) */
	bool has_verdict;
	const char *comment;    /* NULL: none */
	u32 interface;      /* of sink_interface() */
};

/** sink_open() - a new pcapng file ("-": standard output). Returns 0 or -errno with a sentence. */
must_check int sink_open(const char *path, struct log *log, struct sink **out);
/** sink_interface() - one more interface block; returns its number or -errno. */
must_check int sink_interface(struct sink *sink, const char *name, bool l2);
must_check int sink_write(struct sink *sink, const struct sink_packet *packet, struct log *log);
/** sink_close() - write what is buffered and close. Returns 0 or -errno (disk full) with a sentence. */
must_check int sink_close(struct sink *sink, struct log *log);

#endif
