// SPDX-License-Identifier: BSD-2-Clause
/* pcap_read.h - reading plain pcap from a window. */
#ifndef CLSBPF_IO_PCAP_READ_H
#define CLSBPF_IO_PCAP_READ_H

#include "io/io.h"
#include "io/window.h"

#define PCAP_HEADER 24
#define PCAP_RECORD 16
#define PCAP_MAX_LEN 262144u     /* of one packet, as libpcap */

struct pcap_format {
	bool swapped;            /* the other byte order */
	u32 tick_ns;             /* 1000 or 1 */
	u32 link;                /* LINKTYPE_* */
};

/** pcap_format_read() - is this the header of a plain pcap file of version 2.4. */
bool pcap_format_read(const u8 header[PCAP_HEADER], struct pcap_format *format);

/** pcap_record_next() - the next record. As source_next(); @name is the file's, for messages. */
must_check int pcap_record_next(struct window *window, const struct pcap_format *format,
				const char *name, struct record *record, struct log *log);

#endif
