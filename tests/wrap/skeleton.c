// SPDX-License-Identifier: BSD-2-Clause
/* skeleton.c - a program as libbpf's users write them: a skeleton, globals, a test run, a ring buffer that
 * is polled. It prints what it sees. */
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "ring.skel.h"

static int on_record(void *ctx, void *data, size_t size)
{
	unsigned int *records = ctx;

	++*records;
	printf("record of %zu bytes: %u\n", size, *(unsigned int *)data);
	return 0;
}

static int run(struct ring *skel, unsigned int size)
{
	static unsigned char packet[256];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = size, .repeat = 1);
	int err = bpf_prog_test_run_opts(bpf_program__fd(skel->progs.count), &opts);

	return err ? err : (int)opts.retval;
}

int main(void)
{
	struct ring *skel = ring__open();
	struct ring_buffer *ring;
	unsigned int records = 0, key = 64;
	unsigned long long value = 0;

	if (!skel)
		return 1;
	skel->rodata->step = 10;
	if (ring__load(skel))
		return 1;
	ring = ring_buffer__new(bpf_map__fd(skel->maps.ring), on_record, &records, NULL);
	if (!ring)
		return 1;
	printf("nothing yet: %d\n", ring_buffer__poll(ring, 10));
	printf("runs: %d %d\n", run(skel, 64), run(skel, 64));
	printf("polled: %d\n", ring_buffer__poll(ring, 2000));
	printf("run: %d\n", run(skel, 100));
	printf("polled: %d\n", ring_buffer__poll(ring, 2000));
	printf("nothing more: %d\n", ring_buffer__poll(ring, 10));
	printf("packets: %llu\n", (unsigned long long)skel->bss->packets);
	printf("lookup: %d", bpf_map__lookup_elem(skel->maps.seen, &key, sizeof(key), &value, sizeof(value), 0));
	printf(", %llu\n", value);
	ring_buffer__free(ring);
	ring__destroy(skel);
	printf("records: %u\n", records);
	return 0;
}
