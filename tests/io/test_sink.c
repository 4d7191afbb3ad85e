// SPDX-License-Identifier: BSD-2-Clause
/* test_sink.c - pcapng files as written: their bytes, what libpcap reads, what a full disk does. */
#include <errno.h>
#include <pcap/pcap.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"

static u8 pattern[262145 + 256];

static void slurp(int fd, struct bytes *out)
{
	u8 buf[4096];
	ssize_t n;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		bytes_add(out, buf, (size_t)n);
}

static int sink_temp(char *path, struct sink **sink)
{
	struct bytes nothing = { (u8 *)path, 0 };
	int fd = file_hold(&nothing, path);

	assert_int_equal(sink_open(path, NULL, sink), 0);
	return fd;
}

/* Every byte of a small file. */
static void test_golden(void **state)
{
	static const u8 expected[] = {
		/* section */
		0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0,
		/* interface: Ethernet, 262144 bytes, if_name, if_tsresol 9 */
		1, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0,
		2, 0, 3, 0, 'v', 'e', 't', 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 40, 0, 0, 0,
		/* packet: 5 of 9 bytes, comment, verdict of an eBPF TC program: -1 */
		6, 0, 0, 0, 68, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0,
		5, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0,
		1, 0, 2, 0, 'o', 'k', 0, 0,
		7, 0, 9, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0,
		0, 0, 0, 0, 68, 0, 0, 0,
		/* interface: raw IP, without a name */
		1, 0, 0, 0, 36, 0, 0, 0, 101, 0, 0, 0, 0, 0, 4, 0,
		2, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 36, 0, 0, 0,
		/* packet without options or bytes */
		6, 0, 0, 0, 32, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0,
	};
	static const u8 five[] = { 1, 2, 3, 4, 5 };
	const struct sink_packet first = { .bytes = five, .len = 5, .wire_len = 9,
					   .time_ns = 0x200000001, .l2 = true, .verdict = -1,
					   .has_verdict = true, .comment = "ok" },
				 second = { .bytes = five, .time_ns = 7, .interface = 1 };
	struct bytes got = { 0 };
	struct sink *sink;
	char path[64];
	int fd = sink_temp(path, &sink);

	assert_int_equal(sink_interface(sink, "vet", true), 0);
	assert_int_equal(sink_write(sink, &first, NULL), 0);
	assert_int_equal(sink_interface(sink, "", false), 1);
	assert_int_equal(sink_write(sink, &second, NULL), 0);
	assert_int_equal(sink_close(sink, NULL), 0);
	slurp(fd, &got);
	assert_int_equal(got.len, sizeof(expected));
	assert_memory_equal(got.at, expected, sizeof(expected));
	free(got.at);
	close(fd);
	unlink(path);
}

/* The packet number @i of the round trip. */
static struct sink_packet packet_of(u32 i, char *comment, size_t room)
{
	struct sink_packet packet = {
		.bytes = pattern + i % 200, .len = i * 37 % 1700, .wire_len = i * 37 % 1700 + i % 3,
		.time_ns = 1700000000123456789ull + i, .l2 = true, .verdict = (s64)i - 2,
		.has_verdict = i % 2,
	};

	if (i == 500)
		packet.len = packet.wire_len = 262144;
	if (i % 5 == 0) {
		snprintf(comment, room, "packet %u%s", i, i % 10 ? "" : " is even");
		packet.comment = comment;
	}
	return packet;
}

static void write_many(const char *path, u32 count)
{
	struct sink *sink;

	assert_int_equal(sink_open(path, NULL, &sink), 0);
	assert_int_equal(sink_interface(sink, "eth0", true), 0);
	for (u32 i = 0; i < count; i++) {
		char comment[64];
		struct sink_packet packet = packet_of(i, comment, sizeof(comment));

		assert_int_equal(sink_write(sink, &packet, NULL), 0);
	}
	assert_int_equal(sink_close(sink, NULL), 0);
}

static void test_round_trip(void **state)
{
	struct bytes nothing = { pattern, 0 };
	char path[64], text[PCAP_ERRBUF_SIZE], comment[64];
	int fd = file_hold(&nothing, path);
	struct pcap_pkthdr *header;
	struct source *source;
	struct record record;
	const u8 *bytes;
	pcap_t *pcap;

	write_many(path, 1000);
	pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	assert_int_equal(source_open(path, NULL, &source), 0);
	for (u32 i = 0; i < 1000; i++) {
		struct sink_packet packet = packet_of(i, comment, sizeof(comment));

		assert_int_equal(pcap_next_ex(pcap, &header, &bytes), 1);
		assert_int_equal(header->caplen, packet.len);
		assert_int_equal(header->len, packet.wire_len);
		assert_int_equal(header->ts.tv_sec, 1700000000);
		assert_int_equal(header->ts.tv_usec, 123456789 + i);
		assert_memory_equal(bytes, packet.bytes, packet.len);
		assert_int_equal(source_next(source, &record, NULL), 1);
		assert_int_equal(record.len, packet.len);
		assert_int_equal(record.wire_len, packet.wire_len);
		assert_true(record.time_ns == packet.time_ns);
		assert_memory_equal(record.bytes, packet.bytes, packet.len);
	}
	assert_int_equal(pcap_next_ex(pcap, &header, &bytes), PCAP_ERROR_BREAK);
	assert_int_equal(source_next(source, &record, NULL), 0);
	pcap_close(pcap);
	source_close(source);
	close(fd);
	unlink(path);
}

static void test_same_bytes(void **state)
{
	struct bytes nothing = { pattern, 0 }, a = { 0 }, b = { 0 };
	char path[64];
	int fd = file_hold(&nothing, path);

	write_many(path, 300);
	slurp(fd, &a);
	write_many(path, 300);
	slurp(fd, &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.at, b.at, a.len);
	free(a.at);
	free(b.at);
	close(fd);
	unlink(path);
}

static void test_refusals(void **state)
{
	struct sink_packet packet = { .bytes = pattern, .len = 60, .l2 = true };
	struct sink *sink;
	char path[64];
	int fd = sink_temp(path, &sink);
	LOG_ON_STACK(log);

	assert_int_equal(sink_write(sink, &packet, &log), -EINVAL);
	assert_non_null(strstr(log.text, "interface 0, but it has 0"));
	assert_int_equal(sink_interface(sink, "raw", false), 0);
	assert_int_equal(sink_write(sink, &packet, &log), -EINVAL);
	assert_non_null(strstr(log.text, "carries raw IP"));
	packet.l2 = false;
	packet.len = 262145;
	assert_int_equal(sink_write(sink, &packet, &log), -EMSGSIZE);
	packet.len = 20;
	assert_int_equal(sink_write(sink, &packet, &log), 0);
	assert_int_equal(sink_close(sink, &log), 0);
	close(fd);
	unlink(path);
	assert_int_equal(sink_open("/nowhere/at/all", &log, &sink), -ENOENT);
	assert_non_null(strstr(log.text, "/nowhere/at/all: cannot be created"));
}

/* A long comment is cut at what an option can hold. */
static void test_long_comment(void **state)
{
	struct sink_packet packet = { .bytes = pattern, .len = 60, .wire_len = 60, .l2 = true };
	char *comment = malloc(100001), path[64];
	struct sink *sink;
	int fd = sink_temp(path, &sink);
	u32 count;

	assert_non_null(comment);
	memset(comment, 'x', 100000);
	comment[100000] = '\0';
	packet.comment = comment;
	assert_int_equal(sink_interface(sink, "a", true), 0);
	assert_int_equal(sink_write(sink, &packet, NULL), 0);
	assert_int_equal(sink_write(sink, &packet, NULL), 0);
	assert_int_equal(sink_close(sink, NULL), 0);
	assert_int_equal(source_drain(path, &count, NULL), 0);
	assert_int_equal(count, 2);
	free(comment);
	close(fd);
	unlink(path);
}

static void test_full_disk(void **state)
{
	struct sink_packet packet = { .bytes = pattern, .len = 1000, .l2 = true };
	struct sink *sink;
	int err = 0;
	LOG_ON_STACK(log);

	assert_int_equal(sink_open("/dev/full", &log, &sink), 0);
	assert_int_equal(sink_interface(sink, "a", true), 0);
	for (u32 i = 0; i < 1000 && !err; i++)
		err = sink_write(sink, &packet, &log);
	assert_int_equal(err, -ENOSPC);
	assert_non_null(strstr(log.text, "/dev/full: cannot be written: No space left"));
	assert_int_equal(sink_close(sink, NULL), -ENOSPC);
	/* A small file fails when it is closed. */
	assert_int_equal(sink_open("/dev/full", NULL, &sink), 0);
	assert_int_equal(sink_close(sink, &log), -ENOSPC);
}

static u32 signals;

static void count_signal(int number)
{
	signals++;
}

/* A reader that goes away: an error, and no signal for the program. */
static void test_broken_pipe(void **state)
{
	struct sink_packet packet = { .bytes = pattern, .len = 1000, .l2 = true };
	int ends[2], saved = dup(STDOUT_FILENO), err = 0;
	struct sink *sink;
	LOG_ON_STACK(log);

	signal(SIGPIPE, count_signal);
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
	close(ends[0]);
	close(ends[1]);
	err = sink_open("-", &log, &sink);
	if (!err)
		err = sink_interface(sink, "a", true);
	for (u32 i = 0; i < 1000 && !err; i++)
		err = sink_write(sink, &packet, &log);
	err = sink_close(sink, NULL) == err ? err : 0;
	dup2(saved, STDOUT_FILENO);
	close(saved);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(err, -EPIPE);
	assert_non_null(strstr(log.text, "standard output: cannot be written"));
	assert_int_equal(signals, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_long_comment),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_broken_pipe),
	};

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (u8)(i * 7 + i / 251);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
