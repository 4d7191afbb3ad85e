// SPDX-License-Identifier: BSD-2-Clause
/* capture.h - captures built byte by byte, and files and pipes that hold them. */
#ifndef CLSBPF_TESTS_IO_CAPTURE_H
#define CLSBPF_TESTS_IO_CAPTURE_H

#include "io/io.h"

struct bytes {
	u8 *at;
	size_t len;
};

/** bytes_add() - append; the test program ends when there is no memory. */
void bytes_add(struct bytes *bytes, const void *from, size_t len);

/** pcap_begin() / pcap_add() - a plain pcap file, in the other byte order if @swapped. */
void pcap_begin(struct bytes *out, bool swapped, bool ns, u32 link, u32 snaplen);
void pcap_add(struct bytes *out, bool swapped, u32 sec, u32 frac, u32 caplen, u32 wire_len,
	      const void *packet, size_t len);

/** file_hold() - a file with @bytes; @path (at least 64 bytes) gets its name. Returns an fd. */
int file_hold(const struct bytes *bytes, char *path);

/** pipe_hold() - a pipe out of which @bytes come, @step at a time; @path gets a name for it.
 *  Returns the reading end; a child does the writing of more than fits into a pipe. */
int pipe_hold(const struct bytes *bytes, size_t step, char *path);

/** source_drain() - open @path and read to the end or the first error. Returns 0 or -errno;
 *  @count gets the number of records. */
int source_drain(const char *path, u32 *count, struct log *log);

#endif
