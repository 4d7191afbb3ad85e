// SPDX-License-Identifier: BSD-2-Clause
/* test_feeds.c - devices that live by themselves: what comes, how fast, and what is written. */
#include <errno.h>
#include <linux/if_arp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/device_spec.h"
#include "io/gen_frame.h"
#include "packet/checksum.h"
#include "sched/sched.h"
#include "serve/feeds.h"
#include "tc/tc.h"
#include "../io/capture.h"

#define FRAME 60
#define PACKETS 50
#define STEP_US 1000
#define PATIENCE_MS 20000
#define LINK_ETHERNET 1
#define LINK_RAW 101

struct rig {
	struct backend *backend;
	struct feeds *feeds;
	int map;                /* element 0: how many packets the program saw */
	char said[512];
	_Atomic u32 said_count;
};

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

static void hear(void *ctx, const char *sentence)
{
	struct rig *rig = ctx;

	snprintf(rig->said, sizeof(rig->said), "%s", sentence);
	rig->said_count++;
}

static void rig_open(struct rig *rig)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1 };

	/* One of the programs faults. */
	const struct engine_config config = { .unverified = true };

	*rig = (struct rig){ .map = -1 };
	assert_int_equal(backend_engine_create(&config, &rig->backend), 0);
	assert_int_equal(feeds_create(rig->backend, &rig->feeds), 0);
	rig->map = backend_bpf(rig->backend, BPF_MAP_CREATE, &attr, sizeof(attr));
	assert_true(rig->map > 0);
}

/* Returns what feeds_stop() says. */
static int rig_close(struct rig *rig)
{
	int err = feeds_stop(rig->feeds, NULL);

	backend_destroy(rig->backend);
	feeds_free(rig->feeds);
	return err;
}

static u64 seen(struct rig *rig)
{
	u32 key = 0;
	u64 count = 0;
	union bpf_attr attr = { .map_fd = (u32)rig->map, .key = ptr_u64(&key),
				.value = ptr_u64(&count) };

	assert_int_equal(backend_bpf(rig->backend, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)), 0);
	return count;
}

static u64 device_count_of(struct rig *rig, const char *name, enum device_count which)
{
	struct engine *engine = backend_engine(rig->backend);
	u64 total;

	sched_lock(engine);
	total = device_total(device_find_name(engine, name), which);
	sched_unlock(engine);
	return total;
}

static void tc(struct rig *rig, const char *line)
{
	static const struct tc_output output = { 0 };
	LOG_ON_STACK(log);
	char words[256], *word[32], *rest = words;
	int count = 0;

	snprintf(words, sizeof(words), "%s", line);
	while ((word[count] = strsep(&rest, " ")) != NULL)
		count++;
	if (tc_run(rig->backend, count, word, &output, &log))
		fail_msg("%s: %s", line, log.text);
}

/* A program that counts and then sends the packet out of where it came in, or, @bad, reads too far. */
static void attach(struct rig *rig, const char *device, bool bad)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = rig->map },
		{ 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 0, .src_reg = 1, .imm = BPF_ADD,
		  .off = bad ? 8 : 0 },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 1, .src_reg = 6,
		  .off = offsetof(struct __sk_buff, ifindex) },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = ptr_u64(insns),
				.insn_cnt = ARRAY_SIZE(insns), .license = ptr_u64("GPL") };
	union bpf_attr pin = { .pathname = ptr_u64("/sys/fs/bpf/count") };
	char line[128];

	pin.bpf_fd = (u32)backend_bpf(rig->backend, BPF_PROG_LOAD, &load, sizeof(load));
	assert_int_equal(backend_bpf(rig->backend, BPF_OBJ_PIN, &pin, sizeof(pin)), 0);
	snprintf(line, sizeof(line), "qdisc add dev %s clsact", device);
	tc(rig, line);
	snprintf(line, sizeof(line), "filter add dev %s ingress bpf da object-pinned /sys/fs/bpf/count",
		 device);
	tc(rig, line);
}

static void wait_for(struct rig *rig, u64 count)
{
	for (u64 end = now_ms() + PATIENCE_MS; seen(rig) < count;) {
		assert_true(now_ms() < end);
		usleep(1000);
	}
}

/* PACKETS frames, a step apart; packet i has i in its 20th byte. */
static void capture_make(struct bytes *bytes, u32 link)
{
	u8 frame[FRAME] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0 };

	if (link == LINK_RAW)
		frame[0] = 0x45;
	pcap_begin(bytes, false, false, link, 65535);
	for (u32 i = 0; i < PACKETS; i++) {
		frame[20] = (u8)i;
		pcap_add(bytes, false, 1000, i * STEP_US, FRAME, FRAME, frame, FRAME);
	}
}

/* ---- the cases ---- */

static void test_gen(void **state)
{
	struct rig rig;
	u64 start, took, packets;

	rig_open(&rig);
	assert_int_equal(feeds_add(rig.feeds, "g0=gen:5000,100,16", NULL), 0);
	attach(&rig, "g0", false);
	start = now_ms();
	assert_int_equal(feeds_start(rig.feeds, hear, &rig), 0);
	wait_for(&rig, 500);
	assert_int_equal(feeds_stop(rig.feeds, NULL), 0);
	took = now_ms() - start;
	packets = seen(&rig);
	/* Never faster than its rate; a machine that is busy may make it slower. */
	assert_true(packets <= took * 5 + 6);
	assert_true(took >= 99);
	assert_int_equal(device_count_of(&rig, "g0", RX_PACKETS), packets);
	assert_int_equal(device_count_of(&rig, "g0", RX_BYTES), packets * 100);
	assert_int_equal(device_count_of(&rig, "g0", TX_PACKETS), packets);
	assert_int_equal(rig.said_count, 0);
	assert_int_equal(rig_close(&rig), 0);
}

static void test_gen_frames(void **state)
{
	static const u8 mac[6] = { 2, 0, 0, 0, 0, 2 };
	static const u32 sizes[] = { GEN_SIZE_MIN, 64, 1514, GEN_SIZE_MAX };
	u8 *frame = malloc(GEN_SIZE_MAX);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		gen_frame_make(frame, sizes[i], mac);
		for (u32 flow = 0; flow < GEN_FLOWS_MAX; flow += 65537) {
			gen_frame_flow(frame, flow);
			assert_memory_equal(frame, mac, 6);
			assert_int_equal(csum_fold(csum_bytes(frame + 14, 20, 0)), 0);
			assert_int_equal(get_be16(frame + 16), sizes[i] - 14);
			assert_int_equal(get_be16(frame + 38), sizes[i] - 34);
			assert_int_equal(get_be32(frame + 26), 10u << 24 | flow);
		}
	}
	free(frame);
}

/* Each packet of a capture comes once, at the capture's pace, and goes out as it came. */
static void capture_passes(u32 link)
{
	struct bytes bytes = { 0 };
	char in[64], out[] = "/tmp/clsbpf-out-XXXXXX", spec[256];
	struct source *source;
	struct record record;
	struct rig rig;
	u64 start = now_ms();
	int fd;

	capture_make(&bytes, link);
	close(file_hold(&bytes, in));
	fd = mkstemp(out);
	assert_true(fd >= 0);
	close(fd);
	rig_open(&rig);
	snprintf(spec, sizeof(spec), "p0=pcap:%s,%s", in, out);
	assert_int_equal(feeds_add(rig.feeds, spec, NULL), 0);
	attach(&rig, "p0", false);
	assert_int_equal(feeds_start(rig.feeds, hear, &rig), 0);
	wait_for(&rig, PACKETS);
	assert_true(now_ms() - start >= (PACKETS - 1) * STEP_US / 1000);
	usleep(20000);
	assert_int_equal(seen(&rig), PACKETS);
	assert_int_equal(rig.said_count, 0);
	assert_int_equal(rig_close(&rig), 0);

	assert_int_equal(source_open(out, NULL, &source), 0);
	for (u32 i = 0; i < PACKETS; i++) {
		assert_int_equal(source_next(source, &record, NULL), 1);
		assert_int_equal(record.len, FRAME);
		assert_int_equal(record.bytes[20], i);
	}
	assert_int_equal(source_next(source, &record, NULL), 0);
	source_close(source);
	unlink(in);
	unlink(out);
	free(bytes.at);
}

static void test_capture(void **state)
{
	capture_passes(LINK_ETHERNET);
}

/* Packets without a MAC header: the device has none either. */
static void test_capture_raw(void **state)
{
	capture_passes(LINK_RAW);
}

static void test_capture_loop(void **state)
{
	struct bytes bytes = { 0 };
	char in[64], spec[128];
	struct rig rig;

	capture_make(&bytes, LINK_ETHERNET);
	close(file_hold(&bytes, in));
	rig_open(&rig);
	snprintf(spec, sizeof(spec), "p0=pcap:%s,loop", in);
	assert_int_equal(feeds_add(rig.feeds, spec, NULL), 0);
	attach(&rig, "p0", false);
	assert_int_equal(feeds_start(rig.feeds, hear, &rig), 0);
	wait_for(&rig, 3 * PACKETS + 1);
	unlink(in);   /* the round after this one cannot begin */
	for (u64 end = now_ms() + PATIENCE_MS; !rig.said_count && now_ms() < end;)
		usleep(1000);
	assert_int_equal(feeds_stop(rig.feeds, NULL), 0);
	assert_non_null(strstr(rig.said, "device p0: "));
	assert_int_equal(seen(&rig) % PACKETS, 0);
	assert_int_equal(rig_close(&rig), 0);
	free(bytes.at);
}

/* A capture that is cut ends the device's packets and says where. */
static void test_capture_cut(void **state)
{
	struct bytes bytes = { 0 };
	char in[64], spec[128];
	struct rig rig;

	capture_make(&bytes, LINK_ETHERNET);
	bytes.len -= FRAME / 2;
	close(file_hold(&bytes, in));
	rig_open(&rig);
	snprintf(spec, sizeof(spec), "p0=pcap:%s", in);
	assert_int_equal(feeds_add(rig.feeds, spec, NULL), 0);
	attach(&rig, "p0", false);
	assert_int_equal(feeds_start(rig.feeds, hear, &rig), 0);
	wait_for(&rig, PACKETS - 1);
	for (u64 end = now_ms() + PATIENCE_MS; !rig.said_count && now_ms() < end;)
		usleep(1000);
	assert_int_equal(feeds_stop(rig.feeds, NULL), 0);
	assert_non_null(strstr(rig.said, in));
	assert_int_equal(seen(&rig), PACKETS - 1);
	assert_int_equal(rig_close(&rig), 0);
	unlink(in);
	free(bytes.at);
}

/* A program that is stopped is spoken of once. */
static void test_fault(void **state)
{
	struct rig rig;

	rig_open(&rig);
	assert_int_equal(feeds_add(rig.feeds, "g0=gen:10000,60,1", NULL), 0);
	attach(&rig, "g0", true);
	assert_int_equal(feeds_start(rig.feeds, hear, &rig), 0);
	for (u64 end = now_ms() + PATIENCE_MS;
	     device_count_of(&rig, "g0", RX_PACKETS) < 100 && now_ms() < end;)
		usleep(1000);
	assert_int_equal(feeds_stop(rig.feeds, NULL), 0);
	assert_int_equal(rig.said_count, 1);
	assert_non_null(strstr(rig.said, "device g0: a program was stopped at instruction 9"));
	assert_int_equal(seen(&rig), 0);
	assert_int_equal(rig_close(&rig), 0);
}

static const char *const bad_specs[] = {
	"", "=", "d0", "d0=", "=gen:1,64,1", "d0=veth:x", "0123456789abcdef=pair:b", "d0=pair:", "d0=gen:",
	"d0=gen:1", "d0=gen:1,64", "d0=gen:1,64,1,1", "d0=gen:0,64,1", "d0=gen:1,41,1",
	"d0=gen:1,65536,1", "d0=gen:1,64,0", "d0=gen:100000001,64,1", "d0=gen:1,64,16777217",
	"d0=gen:-1,64,1", "d0=gen: 1,64,1", "d0=gen:1x,64,1", "d0=gen:18446744073709551617,64,1",
	"d0=pcap:", "d0=pcap:,x", "d0=pcap:a,b,c", "d0=pcap:a,,loop", "d0=pcap:a,b,loop,loop",
	"d0=pcap:-,loop", "d0=pcap:/nowhere/at/all", "d0=pcap:/dev/null", "d0=pair:d0", "lo=pair:x",
	"lo=gen:1,64,1", "d/0=gen:1,64,1",
};

static void test_bad_specs(void **state)
{
	struct rig rig;

	rig_open(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(bad_specs); i++) {
		LOG_ON_STACK(log);

		if (feeds_add(rig.feeds, bad_specs[i], &log) >= 0 || !log.len)
			fail_msg("--dev %s", bad_specs[i]);
	}
	assert_int_equal(rig_close(&rig), 0);
}

static void test_specs(void **state)
{
	struct device_spec spec;

	assert_int_equal(device_spec_parse("d0=pcap:a,loop", &spec, NULL), 0);
	assert_true(spec.loop && !spec.out && !strcmp(spec.in, "a"));
	device_spec_free(&spec);
	assert_int_equal(device_spec_parse("d0=pcap:loop", &spec, NULL), 0);
	assert_true(!spec.loop && !spec.out && !strcmp(spec.in, "loop"));
	device_spec_free(&spec);
	assert_int_equal(device_spec_parse("d0=pcap:a,b,loop", &spec, NULL), 0);
	assert_true(spec.loop && !strcmp(spec.out, "b"));
	device_spec_free(&spec);
	assert_int_equal(device_spec_parse("012345678901234=gen:1,42,1", &spec, NULL), 0);
	assert_true(spec.kind == DEVICE_GEN && spec.pps == 1 && spec.size == 42 && spec.flows == 1);
	device_spec_free(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_specs),
		cmocka_unit_test(test_bad_specs),
		cmocka_unit_test(test_gen_frames),
		cmocka_unit_test(test_gen),
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_capture_raw),
		cmocka_unit_test(test_capture_loop),
		cmocka_unit_test(test_capture_cut),
		cmocka_unit_test(test_fault),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("feeds", tests, NULL, NULL);
}
