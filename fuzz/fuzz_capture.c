// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_capture.c - any bytes as a capture: every record that comes out lies in memory of its own, an
 * end without a sentence is the end of the file, and packets made of the records keep their bounds.
 * scripts/fuzz begins with a pcap and a pcapng file. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/io.h"
#include "packet/packet.h"

#define RECORDS_MAX 4096

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What the pump does with a record. */
static void use(struct packet *packet, const struct record *record, bool l2)
{
	volatile u8 last;

	for (u32 i = 0; i < record->len; i++)
		last = record->bytes[i];
	(void)last;
	if (packet_fill(packet, record->bytes, record->len, l2, NULL) || packet_untag(packet))
		return;
	(void)packet_hash(packet, 1);
	if (packet->ctx.len != (u32)(packet->tail - packet->data))
		abort();
	(void)!packet_retag(packet);
}

static void read_all(struct source *source, struct packet *packet, struct log *log)
{
	struct record record;
	int more = 1;

	for (u32 n = 0; n < RECORDS_MAX && more == 1; n++) {
		more = source_next(source, &record, log);
		if (more == 1)
			use(packet, &record, source_link(source) == IO_ETHERNET);
	}
	if (more < 0 && !log->len)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct source *source;
	struct packet *packet;
	char path[32];
	LOG_ON_STACK(log);

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size && !packet_create(0, &packet)) {
		if (!source_open(path, &log, &source)) {
			read_all(source, packet, &log);
			source_close(source);
		} else if (!log.len) {
			abort();
		}
		packet_destroy(packet);
	}
	close(fd);
	return 0;
}
