// SPDX-License-Identifier: BSD-2-Clause
/* test_source.c - captures of every kind, whole and damaged: what is readable, then a sentence. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"

static const u8 frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 46 };

static void expect_says(const struct log *log, const char *text)
{
	if (!strstr(log->text, text) || !strchr(log->text, '\n'))
		fail_msg("expected \"%s\" in: %s", text, log->text);
}

/* Read @bytes as a file and as a pipe: the same count and verdict, and @says in the sentence. */
static void drain_both(const struct bytes *bytes, u32 count, int err, const char *says)
{
	for (int pass = 0; pass < 2; pass++) {
		char path[64];
		int fd = pass ? pipe_hold(bytes, 1 << 16, path) : file_hold(bytes, path), got;
		u32 seen;
		LOG_ON_STACK(log);

		got = source_drain(path, &seen, &log);
		close(fd);
		if (!pass)
			unlink(path);
		if (got != err || seen != count)
			fail_msg("pass %d: %u records, %d (expected %u, %d): %s", pass, seen, got,
				 count, err, log.text);
		if (err)
			expect_says(&log, says);
		else
			assert_int_equal(log.len, 0);
	}
}

static void test_formats(void **state)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		for (int ns = 0; ns < 2; ns++) {
			struct bytes file = { 0 };
			struct source *source;
			struct record r;
			u64 done, total;
			char path[64];
			int fd;

			pcap_begin(&file, swapped, ns, 1, 65535);
			pcap_add(&file, swapped, 1700000000, 123456, 60, 1500, frame, 60);
			pcap_add(&file, swapped, 0xffffffff, 999999, 0, 0, frame, 0);
			pcap_add(&file, swapped, 5, 7, 14, 3, frame, 14);
			fd = file_hold(&file, path);
			assert_int_equal(source_open(path, NULL, &source), 0);
			assert_int_equal(source_link(source), IO_ETHERNET);
			assert_int_equal(source_next(source, &r, NULL), 1);
			assert_int_equal(r.len, 60);
			assert_int_equal(r.wire_len, 1500);
			assert_true(r.time_ns == 1700000000000000000ull + (ns ? 123456 : 123456000));
			assert_true(r.offset == 24);
			assert_int_equal(r.link, IO_ETHERNET);
			assert_int_equal(r.protocol, 0);
			assert_memory_equal(r.bytes, frame, 60);
			assert_int_equal(source_next(source, &r, NULL), 1);
			assert_int_equal(r.len, 0);
			assert_true(r.time_ns / 1000000000 == 0xffffffff);
			assert_int_equal(source_next(source, &r, NULL), 1);
			assert_int_equal(r.wire_len, 14);
			assert_true(r.offset == 24 + 76 + 16);
			source_progress(source, &done, &total);
			assert_true(done == total && done == file.len);
			assert_int_equal(source_next(source, &r, NULL), 0);
			assert_int_equal(source_next(source, &r, NULL), 0);
			source_close(source);
			close(fd);
			unlink(path);
			free(file.at);
		}
	}
}

static void test_links(void **state)
{
	static const u8 sll[24] = { 0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0, 0x45, 1, 2, 3, 4,
				    5, 6, 7 };
	static const u8 sll2[24] = { 0x86, 0xdd, 0, 0, 0, 0, 0, 2, 0, 1, 2, 6, 2, 0, 0, 0, 0, 1, 0, 0,
				     0x60, 1, 2, 3 };
	static const struct {
		u32 type;
		enum io_link link, out;
		const u8 *bytes;
		u32 skip, protocol, pkt_type;
	} rows[] = {
		{ 1, IO_ETHERNET, IO_ETHERNET, frame, 0, 0, 0 },
		{ 0xf0000001, IO_ETHERNET, IO_ETHERNET, frame, 0, 0, 0 },
		{ 101, IO_RAW_IP, IO_RAW_IP, frame, 0, 0, 0 },
		{ 12, IO_RAW_IP, IO_RAW_IP, frame, 0, 0, 0 },
		{ 228, IO_RAW_IP, IO_RAW_IP, frame, 0, 0, 0 },
		{ 229, IO_RAW_IP, IO_RAW_IP, frame, 0, 0, 0 },
		{ 113, IO_LINUX_SLL, IO_RAW_IP, sll, 16, 0x0800, 4 },
		{ 276, IO_LINUX_SLL2, IO_RAW_IP, sll2, 20, 0x86dd, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes file = { 0 };
		struct source *source;
		struct record r;
		char path[64];
		int fd;

		pcap_begin(&file, false, false, rows[i].type, 0);
		pcap_add(&file, false, 1, 1, 24, 100, rows[i].bytes, 24);
		pcap_add(&file, false, 1, 1, 3, 100, rows[i].bytes, 3);
		fd = file_hold(&file, path);
		assert_int_equal(source_open(path, NULL, &source), 0);
		assert_int_equal(source_link(source), rows[i].link);
		assert_int_equal(source_next(source, &r, NULL), 1);
		assert_int_equal(r.link, rows[i].out);
		assert_int_equal(r.protocol, rows[i].protocol);
		assert_int_equal(r.pkt_type, rows[i].pkt_type);
		assert_int_equal(r.len, 24 - rows[i].skip);
		assert_int_equal(r.wire_len, 100 - rows[i].skip);
		assert_memory_equal(r.bytes, rows[i].bytes + rows[i].skip, r.len);
		/* Shorter than a cooked header: a packet without bytes. */
		assert_int_equal(source_next(source, &r, NULL), 1);
		assert_int_equal(r.len, rows[i].skip ? 0 : 3);
		assert_int_equal(r.protocol, 0);
		assert_int_equal(source_next(source, &r, NULL), 0);
		source_close(source);
		close(fd);
		unlink(path);
		free(file.at);
	}
}

static void test_refused_links(void **state)
{
	static const struct { u32 type; const char *says; } rows[] = {
		{ 147, "link type 147 (USER0, for private use) is not supported" },
		{ 105, "link type 105 (IEEE802_11) is not supported" },
		{ 0x123456, "link type 1193046 is not supported" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes file = { 0 };

		pcap_begin(&file, false, false, rows[i].type, 65535);
		pcap_add(&file, false, 1, 1, 60, 60, frame, 60);
		drain_both(&file, 0, -EOPNOTSUPP, rows[i].says);
		free(file.at);
	}
}

static void test_lengths(void **state)
{
	static const struct { u32 caplen, wire_len, there, count; const char *says; } rows[] = {
		{ 60, 60, 60, 3, NULL },
		{ 0xffffffff, 60, 60, 1, "the record at byte 100 says that its packet has 4294967295 "
					 "bytes" },
		{ 0x80000000, 60, 60, 1, "the record at byte 100" },
		{ 262145, 262145, 262145, 1, "the record at byte 100" },
		{ 262144, 262144, 262144, 3, NULL },
		{ 61, 60, 60, 2, "byte 177" },   /* one byte of the next record is taken for data */
		{ 1000, 1000, 1000, 3, NULL },   /* more than the snapshot length */
		{ 60, 0xffffffff, 60, 3, NULL },
		{ 60, 1, 60, 3, NULL },
	};
	static const u8 large[262145];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes file = { 0 };

		pcap_begin(&file, false, false, 1, 96);
		pcap_add(&file, false, 1, 1, 60, 60, frame, 60);
		pcap_add(&file, false, 1, 1, rows[i].caplen, rows[i].wire_len, large, rows[i].there);
		pcap_add(&file, false, 1, 1, 60, 60, frame, 60);
		drain_both(&file, rows[i].count, rows[i].says ? -EINVAL : 0, rows[i].says);
		free(file.at);
	}
}

/* A plain file cut at every byte: the whole records, then the offset of the one that is not. */
static void test_cut_pcap(void **state)
{
	struct bytes file = { 0 };

	pcap_begin(&file, true, true, 1, 65535);
	for (int i = 0; i < 3; i++)
		pcap_add(&file, true, 1, 1, 20, 20, frame, 20);
	for (size_t len = 0; len <= file.len; len++) {
		struct bytes cut = { file.at, len };
		u32 whole = len < 24 ? 0 : (u32)(len - 24) / 36;
		char at[32];

		snprintf(at, sizeof(at), len < 24 ? "not a capture" : "byte %u", 24 + whole * 36);
		drain_both(&cut, whole, len >= 24 && (len - 24) % 36 == 0 ? 0 : -EINVAL, at);
	}
	free(file.at);
}

static void make_pcapng(struct bytes *out, u32 packets)
{
	char path[64] = "/tmp/clsbpf-test-XXXXXX";
	struct sink_packet packet = { .bytes = frame, .len = 60, .wire_len = 60, .l2 = true,
				      .comment = "hello", .has_verdict = true };
	struct sink *sink;
	u8 buf[4096];
	ssize_t n;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(sink_open(path, NULL, &sink), 0);
	assert_int_equal(sink_interface(sink, "a", true), 0);
	while (packets--)
		assert_int_equal(sink_write(sink, &packet, NULL), 0);
	assert_int_equal(sink_close(sink, NULL), 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		bytes_add(out, buf, (size_t)n);
	close(fd);
	unlink(path);
}

static void test_cut_pcapng(void **state)
{
	struct bytes file = { 0 };
	u32 header, block;

	make_pcapng(&file, 0);
	header = (u32)file.len;
	free(file.at);
	file = (struct bytes){ 0 };
	make_pcapng(&file, 3);
	block = (u32)(file.len - header) / 3;
	for (size_t len = 0; len <= file.len; len++) {
		struct bytes cut = { file.at, len };
		u32 whole = len < header ? 0 : (u32)(len - header) / block;
		char at[32];

		snprintf(at, sizeof(at), len < header ? "capture" : "byte %u", header + whole * block);
		drain_both(&cut, whole,
			   len >= header && (len - header) % block == 0 ? 0 : -EINVAL, at);
	}
	free(file.at);
}

/* Shortened by somebody else after some packets were read: no signal, and an offset. */
static void shrink(const struct bytes *file, off_t to, bool plain)
{
	struct source *source;
	struct record r;
	char path[64];
	int fd = file_hold(file, path), more;
	u32 count = 0;
	LOG_ON_STACK(log);

	assert_int_equal(source_open(path, &log, &source), 0);
	for (; count < 10; count++)
		assert_int_equal(source_next(source, &r, &log), 1);
	assert_int_equal(ftruncate(fd, to), 0);
	while ((more = source_next(source, &r, &log)) == 1)
		count++;
	assert_int_equal(more, -EINVAL);
	expect_says(&log, "became shorter while it was read");
	expect_says(&log, "byte ");
	assert_true(count >= 10);
	if (plain)
		assert_true(r.offset < 4u << 20);
	source_close(source);
	close(fd);
	unlink(path);
}

static void test_shrink(void **state)
{
	static const off_t sizes[] = { 0, 100, 1 << 20, (1 << 20) + 1, 24 + 76 * 20000 };
	struct bytes file = { 0 };

	pcap_begin(&file, false, false, 1, 65535);
	for (int i = 0; i < 40000; i++)
		pcap_add(&file, false, 1, 1, 60, 60, frame, 60);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		shrink(&file, sizes[i], true);
	free(file.at);
	file = (struct bytes){ 0 };
	make_pcapng(&file, 20000);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		shrink(&file, sizes[i], false);
	free(file.at);
}

/* Streams that come in pieces smaller than a record header. */
static void test_stream(void **state)
{
	for (int ng = 0; ng < 2; ng++) {
		struct bytes file = { 0 };
		int saved = dup(STDIN_FILENO), fd;
		char path[64];
		u32 count;
		LOG_ON_STACK(log);

		if (ng) {
			make_pcapng(&file, 100);
		} else {
			pcap_begin(&file, false, false, 1, 65535);
			for (int i = 0; i < 100; i++)
				pcap_add(&file, false, 1, 1, 60, 60, frame, 60);
		}
		fd = pipe_hold(&file, 7, path);
		assert_true(dup2(fd, STDIN_FILENO) >= 0);
		assert_int_equal(source_drain("-", &count, &log), 0);
		assert_int_equal(count, 100);
		/* Standard input stays open: it is not ours. */
		assert_true(lseek(STDIN_FILENO, 0, SEEK_CUR) < 0 && errno == ESPIPE);
		close(fd);
		if (saved >= 0) {
			dup2(saved, STDIN_FILENO);
			close(saved);
		}
		free(file.at);
	}
}

static void test_no_capture(void **state)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "", "is empty" },
		{ "hello", "is not a capture" },
		{ "a text of more than twenty-four bytes, which is none", "is not a capture" },
		{ "\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "is not a capture" },
	};
	u32 count;
	LOG_ON_STACK(log);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes file = { 0 };

		bytes_add(&file, rows[i].text, i == 3 ? 28 : strlen(rows[i].text));
		drain_both(&file, 0, -EINVAL, rows[i].says);
		free(file.at);
	}
	assert_int_equal(source_drain("/nowhere/at/all", &count, &log), -ENOENT);
	expect_says(&log, "/nowhere/at/all: cannot be opened");
	assert_int_equal(source_drain("/tmp", &count, &log), -EISDIR);
	expect_says(&log, "/tmp: cannot be read");
}

/* Any change of a few bytes: an end or a sentence, no more. */
static void test_noise(void **state)
{
	struct bytes plain = { 0 }, ng = { 0 };
	u64 random = 11;

	pcap_begin(&plain, false, false, 113, 65535);
	for (int i = 0; i < 5; i++)
		pcap_add(&plain, false, 1, 1, 60, 60, frame, 60);
	make_pcapng(&ng, 5);
	for (int round = 0; round < 3000; round++) {
		const struct bytes *from = round & 1 ? &ng : &plain;
		struct bytes file = { 0 };
		char path[64];
		u32 count;
		int fd, err;
		LOG_ON_STACK(log);

		bytes_add(&file, from->at, from->len);
		for (int i = 0; i < 1 + round % 4; i++) {
			random = random * 6364136223846793005ull + 1442695040888963407ull;
			file.at[(random >> 33) % file.len] = (u8)(random >> 25);
		}
		fd = file_hold(&file, path);
		err = source_drain(path, &count, &log);
		assert_true(err <= 0);
		assert_true(!err == !log.len);
		close(fd);
		unlink(path);
		free(file.at);
	}
	free(plain.at);
	free(ng.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_refused_links),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_cut_pcap),
		cmocka_unit_test(test_cut_pcapng),
		cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_no_capture),
		cmocka_unit_test(test_noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
