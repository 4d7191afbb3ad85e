// SPDX-License-Identifier: BSD-2-Clause
/* embed_edges.c - clsbpf.h at its edges: a map shared by its pin, lengths, what is not there, two
 * engines, faults of one burst. TAP.
 *
 * usage: embed_edges SHARING.o FAULTS.o    FAULTS reads at an address that is the packet's length
 */
#include <clsbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT (256u * 1024)

static int cases, failed;
static char traced[256];

static void ok(int good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++cases, name);
	failed |= !good;
}

static void trace(void *ctx, const char *line, size_t len)
{
	snprintf(traced, sizeof(traced), "%.*s", (int)len, line);
}

static struct clsbpf_engine *engine_with(const char *object, uint32_t flags, const char *egress,
					 const char *ingress, uint32_t *ifindex)
{
	struct clsbpf_options options = { .size = sizeof(options), .cpus = 1, .flags = flags };
	struct clsbpf_engine *engine = NULL;
	char log[1024] = "";
	int err = clsbpf_engine_create(&options, &engine);

	if (!err)
		err = clsbpf_device_add(engine, "d", NULL, ifindex);
	if (!err && egress)
		err = clsbpf_attach(engine, "d", CLSBPF_EGRESS, object, egress, log, sizeof(log));
	if (!err)
		err = clsbpf_attach(engine, "d", CLSBPF_INGRESS, object, ingress, log, sizeof(log));
	if (err)
		printf("# %s: %s %s", object, strerror(-err), log);
	if (err)
		exit(1);
	clsbpf_set_trace(engine, trace, NULL);
	return engine;
}

/* Two loads of one file: what egress counts is what ingress prints. */
static void test_sharing(const char *object)
{
	uint32_t ifindex, other;
	struct clsbpf_engine *engine = engine_with(object, 0, "egress", "ingress", &ifindex);
	struct clsbpf_engine *second = engine_with(object, 0, "egress", "ingress", &other);
	uint8_t frame[60] = { 0 };
	struct clsbpf_verdict verdict;

	for (int i = 0; i < 3; i++) {
		struct clsbpf_packet packet = { .data = frame, .len = sizeof(frame) };

		ok(!clsbpf_classify(engine, ifindex, CLSBPF_EGRESS, &packet, &verdict), "egress");
	}
	struct clsbpf_packet packet = { .data = frame, .len = sizeof(frame) };

	ok(!clsbpf_classify(engine, ifindex, CLSBPF_INGRESS, &packet, &verdict), "ingress");
	ok(!!strstr(traced, "map val: 3"), "ingress prints what egress counted");
	ok(!clsbpf_classify(second, other, CLSBPF_INGRESS, &packet, &verdict) &&
	   strstr(traced, "map val: 0"), "another engine has a map of its own");
	clsbpf_engine_destroy(second);
	clsbpf_engine_destroy(engine);
}

static void test_lengths(const char *object)
{
	uint32_t ifindex;
	struct clsbpf_engine *engine = engine_with(object, 0, NULL, "ingress", &ifindex);
	uint8_t *frame = calloc(1, LIMIT + 1);
	struct clsbpf_packet packet = { .data = frame };
	struct clsbpf_verdict verdict;

	ok(clsbpf_classify(engine, ifindex, CLSBPF_INGRESS, &packet, &verdict) == -EMSGSIZE,
	   "a packet without bytes");
	packet.len = LIMIT + 1;
	ok(clsbpf_classify(engine, ifindex, CLSBPF_INGRESS, &packet, &verdict) == -EMSGSIZE,
	   "a packet above 256 KiB");
	packet.len = LIMIT;
	ok(!clsbpf_classify(engine, ifindex, CLSBPF_INGRESS, &packet, &verdict), "256 KiB");
	packet.data = NULL;
	ok(clsbpf_classify(engine, ifindex, CLSBPF_INGRESS, &packet, &verdict) == -EINVAL,
	   "a length and no bytes");
	packet.data = frame;
	ok(clsbpf_classify(engine, ifindex + 1, CLSBPF_INGRESS, &packet, &verdict) == -ENODEV,
	   "no such device");
	ok(clsbpf_classify(engine, ifindex, 2, &packet, &verdict) == -EINVAL, "no such hook");
	ok(clsbpf_bpf(engine, 0, NULL, 16) == -EFAULT, "no attribute");
	ok(clsbpf_bpf(engine, 0, NULL, ~0u) == -E2BIG, "an attribute of 4 GB");
	ok(clsbpf_rtnl(engine, frame, 3, NULL, NULL) == -EINVAL, "a message of 3 bytes");
	ok(clsbpf_close(engine, -1) == -EBADF, "no handle");
	free(frame);
	clsbpf_engine_destroy(engine);
	clsbpf_engine_destroy(NULL);
}

/* A burst of two faults has two texts. */
static void test_faults(const char *object)
{
	uint32_t ifindex;
	struct clsbpf_engine *engine = engine_with(object, CLSBPF_UNVERIFIED, NULL, NULL, &ifindex);
	uint8_t frame[100] = { 0 };
	struct clsbpf_packet packets[] = { { .data = frame, .len = 60 },
					   { .data = frame, .len = 100 } };
	struct clsbpf_verdict verdicts[2];

	ok(!clsbpf_classify_burst(engine, ifindex, CLSBPF_INGRESS, packets, verdicts, 2), "a burst");
	ok(verdicts[0].fault && verdicts[1].fault && strcmp(verdicts[0].fault, verdicts[1].fault),
	   "each fault says its own");
	clsbpf_engine_destroy(engine);
}

/* A caller without capabilities, and the switch that lets it make maps until it is locked. */
static void test_unprivileged(void)
{
	struct clsbpf_options options = { .size = sizeof(options), .flags = CLSBPF_UNPRIVILEGED };
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4, .max_entries = 1 };
	struct clsbpf_engine *engine;
	uint32_t ifindex;

	if (clsbpf_engine_create(&options, &engine))
		exit(1);
	ok(clsbpf_bpf(engine, BPF_MAP_CREATE, &attr, sizeof(attr)) == -EPERM, "no map without CAP_BPF");
	ok(clsbpf_set_unprivileged_bpf_disabled(engine, 3) == -EINVAL, "no such switch");
	ok(!clsbpf_set_unprivileged_bpf_disabled(engine, 0), "switch to 0");
	ok(clsbpf_bpf(engine, BPF_MAP_CREATE, &attr, sizeof(attr)) > 0, "a map without CAP_BPF");
	attr.map_type = BPF_MAP_TYPE_LRU_HASH;
	ok(clsbpf_bpf(engine, BPF_MAP_CREATE, &attr, sizeof(attr)) == -EPERM, "not of every type");
	ok(!clsbpf_set_unprivileged_bpf_disabled(engine, 1), "switch to 1");
	ok(clsbpf_set_unprivileged_bpf_disabled(engine, 0) == -EPERM, "that is for ever");
	attr.map_type = BPF_MAP_TYPE_HASH;
	ok(clsbpf_bpf(engine, BPF_MAP_CREATE, &attr, sizeof(attr)) == -EPERM, "no map any more");
	ok(!clsbpf_device_add(engine, "d", NULL, &ifindex), "who embeds it adds devices");
	clsbpf_engine_destroy(engine);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 1;
	test_sharing(argv[1]);
	test_lengths(argv[1]);
	test_faults(argv[2]);
	test_unprivileged();
	printf("1..%d\n", cases);
	return failed;
}
