// SPDX-License-Identifier: BSD-2-Clause
/* classify.c - clsbpf inside another program: give frames to a classifier, look at its verdicts.
 *
 * build: cc classify.c $(pkg-config --cflags --libs clsbpf) -lpcap -o classify
 * run:   ./classify CLASSIFIER.o CAPTURE.pcap [SECTION]
 */
#include <clsbpf.h>
#include <linux/pkt_cls.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of trace_printk() in the classifier. */
static void trace(void *ctx, const char *line, size_t len)
{
	fwrite(line, 1, len, stderr);
}

int main(int argc, char **argv)
{
	struct clsbpf_options options = {
		.size = sizeof(options),
		.cpus = 1,
		.flags = CLSBPF_REPLAY_CLOCK,
	};
	struct clsbpf_engine *engine;
	unsigned long passed = 0, dropped = 0, redirected = 0;
	char message[4096] = "", error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	uint32_t ifindex;
	pcap_t *capture;
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: %s CLASSIFIER.o CAPTURE.pcap [SECTION]\n", argv[0]);
		return 1;
	}
	capture = pcap_open_offline(argv[2], error);
	if (!capture) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	err = clsbpf_engine_create(&options, &engine);
	if (err) {
		fprintf(stderr, "no engine: %s\n", strerror(-err));
		return 1;
	}
	clsbpf_set_trace(engine, trace, NULL);
	err = clsbpf_device_add(engine, "eth0", NULL, &ifindex);
	if (!err)
		err = clsbpf_attach(engine, "eth0", CLSBPF_INGRESS, argv[1],
				    argc > 3 ? argv[3] : NULL, message, sizeof(message));
	if (err) {
		fprintf(stderr, "%s: %s\n%s", argv[1], strerror(-err), message);
		return 2;
	}
	while (pcap_next_ex(capture, &header, &bytes) == 1) {
		struct clsbpf_packet packet = { .data = (uint8_t *)bytes, .len = header->caplen };
		struct clsbpf_verdict verdict;

		clsbpf_set_time(engine, header->ts.tv_sec * 1000000000ull +
						header->ts.tv_usec * 1000ull);
		if (clsbpf_classify(engine, ifindex, CLSBPF_INGRESS, &packet, &verdict))
			continue;
		if (verdict.fault)
			fprintf(stderr, "stopped: %s\n", verdict.fault);
		if (verdict.action == TC_ACT_SHOT)
			dropped++;
		else if (verdict.action == TC_ACT_REDIRECT)
			redirected++;
		else
			passed++;
	}
	printf("%lu passed, %lu dropped, %lu redirected\n", passed, dropped, redirected);
	pcap_close(capture);
	clsbpf_engine_destroy(engine);
	return 0;
}
