// SPDX-License-Identifier: BSD-2-Clause
/* feeds.c - devices whose packets come by themselves: captures and generators.
 *
 *   one thread:  the feed that is due next -> packet -> ingress hook -> verdict
 *   any thread:  a packet leaves a capture's device -> its output, under the feed's lock
 *
 * A capture keeps the pace at which it was made, a generator its rate. Whoever comes late by more than
 * LATE_NS is not made up for: a daemon that stood still does not send a burst.
 */
#include <errno.h>
#include <linux/if_arp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "io/device_spec.h"
#include "io/gen_frame.h"
#include "io/io.h"
#include "sched/device.h"
#include "sched/sched.h"
#include "serve/feeds.h"

#define BURST 64              /* packets of one feed before the others have a turn */
#define SECOND 1000000000ull
#define LATE_NS (SECOND / 10)
#define ROUND_NS (SECOND / 100)   /* a capture does not begin again any sooner */
#define NEVER UINT64_MAX

struct feed {
	struct feeds *feeds;
	struct feed *next;
	struct device_spec spec;
	struct device *device;
	u64 due_ns;                /* of the next packet: CLOCK_MONOTONIC, or NEVER */
	bool faulted;              /* a program was stopped: it has been said */

	struct source *source;     /* pcap; NULL: it has ended */
	bool l2;
	struct record record;      /* the next packet, once there is a source */
	u64 round_ns, first_ns;    /* when this round began, and the time of its first packet */

	u8 *frame;                 /* gen */
	u32 flow, part;            /* of the next one; what is left of an interval, in 1/pps ns */

	pthread_mutex_t lock;
	struct sink *sink;         /* under the lock; NULL: none */
	u32 interface;
	int sink_error;
	char sink_text[256];
};

struct feeds {
	struct engine *engine;
	struct feed *first;
	struct worker *worker;
	void (*say)(void *ctx, const char *sentence);
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool running, stop;        /* stop: under the lock */
	pthread_t thread;
};

static u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * SECOND + (u64)now.tv_nsec;
}

static void feed_say(struct feed *feed, const char *text)
{
	char sentence[LOG_ROOM];

	snprintf(sentence, sizeof(sentence), "device %s: %.*s", feed->spec.name,
		 (int)strcspn(text, "\n"), text);
	feed->feeds->say(feed->feeds->ctx, sentence);
}

/* ---- what leaves ---- */

static void feed_write(struct feed *feed, struct packet *packet)
{
	struct sink_packet out = { .time_ns = clock_ns(CLOCK_REALTIME), .l2 = feed->l2,
				   .interface = feed->interface };
	struct log log;

	pthread_mutex_lock(&feed->lock);
	if (feed->sink && !feed->sink_error && !packet_retag(packet)) {
		out.bytes = packet->data;
		out.len = out.wire_len = packet->ctx.len;
		log_init(&log, feed->sink_text, sizeof(feed->sink_text));
		feed->sink_error = sink_write(feed->sink, &out, &log);
		if (feed->sink_error)
			feed_say(feed, feed->sink_text);
	}
	pthread_mutex_unlock(&feed->lock);
}

static void feed_transmit(struct worker *worker, struct device *device, struct packet *packet)
{
	feed_write(device->ctx, packet);
	worker_packet_put(worker, packet);
}

static void feed_deliver(struct worker *worker, struct device *device, struct packet *packet)
{
	worker_packet_put(worker, packet);
}

static const struct device_ops feed_ops = { .transmit = feed_transmit, .deliver = feed_deliver };

/* ---- what comes ---- */

static void feed_end(struct feed *feed)
{
	source_close(feed->source);
	feed->source = NULL;
	feed->due_ns = NEVER;
}

/* The next record of the capture, in this round or the next one. */
static int capture_next(struct feed *feed, u64 now, struct log *log)
{
	int more = feed->source ? source_next(feed->source, &feed->record, log) : 0;

	if (!more && feed->spec.loop && feed->round_ns) {
		source_close(feed->source);
		feed->source = NULL;
		more = source_open(feed->spec.in, log, &feed->source);
		if (!more)
			more = source_next(feed->source, &feed->record, log);
		feed->round_ns = max_u64(feed->round_ns + ROUND_NS, now);
		feed->first_ns = feed->record.time_ns;
	}
	return more;
}

/* When the record is due: as long after the round's begin as it came after the first one. */
static void capture_due(struct feed *feed, u64 now)
{
	u64 since = feed->record.time_ns > feed->first_ns ? feed->record.time_ns - feed->first_ns : 0;

	if (!feed->round_ns) {
		feed->round_ns = now;
		feed->first_ns = feed->record.time_ns;
		since = 0;
	}
	feed->due_ns = feed->round_ns + since;
	if (now > feed->due_ns + LATE_NS) {
		feed->round_ns += now - feed->due_ns;
		feed->due_ns = now;
	}
}

static void capture_advance(struct feed *feed, u64 now)
{
	LOG_ON_STACK(log);
	int more = capture_next(feed, now, &log);

	if (more < 0)
		feed_say(feed, log.text);
	if (more == 1)
		capture_due(feed, now);
	else
		feed_end(feed);
}

static void gen_advance(struct feed *feed, u64 now)
{
	u32 pps = feed->spec.pps;

	feed->flow = feed->flow + 1 < feed->spec.flows ? feed->flow + 1 : 0;
	feed->part += SECOND % pps;
	feed->due_ns += SECOND / pps + feed->part / pps;
	feed->part %= pps;
	if (now > feed->due_ns + LATE_NS)
		feed->due_ns = now;
}

static int feed_fill(struct feed *feed, struct packet *packet)
{
	const struct record *record = &feed->record;
	int err;

	if (feed->spec.kind == DEVICE_GEN) {
		gen_frame_flow(feed->frame, feed->flow);
		return packet_fill(packet, feed->frame, feed->spec.size, true, feed->device->mac);
	}
	err = packet_fill(packet, record->bytes, record->len, feed->l2, feed->device->mac);
	if (err)
		return err;
	if (!feed->l2 && record->protocol) {
		packet->ctx.protocol = be16(record->protocol);
		packet->ctx.pkt_type = record->pkt_type;
	}
	return packet_is_tagged(packet) ? packet_untag(packet) : 0;
}

static void feed_note(struct feed *feed, const struct verdict *verdict)
{
	char text[256];

	if (!verdict->fault || feed->faulted)
		return;
	feed->faulted = true;
	snprintf(text, sizeof(text), "a program was stopped at instruction %u: %s; its packets are dropped",
		 verdict->fault->insn, verdict->fault->text);
	feed_say(feed, text);
}

static void feed_packet(struct feed *feed, struct worker *worker)
{
	struct verdict verdict;
	struct packet *packet;

	if (worker_packet_get(worker, &packet))
		return;
	if (feed_fill(feed, packet)) {
		device_count(worker, feed->device, RX_DROPPED, 1);
		worker_packet_put(worker, packet);
		return;
	}
	/* The fault stands in the worker: nobody may use it between this and the note. */
	sched_ingress(worker, feed->device, packet, &verdict);
	feed_note(feed, &verdict);
}

static void feed_burst(struct feed *feed, struct worker *worker, u64 now)
{
	for (u32 i = 0; i < BURST && feed->due_ns <= now; i++) {
		feed_packet(feed, worker);
		if (feed->spec.kind == DEVICE_GEN)
			gen_advance(feed, now);
		else
			capture_advance(feed, now);
	}
}

/* ---- the thread ---- */

/* Sleep until @due or the end. Returns whether to go on. */
static bool feeds_wait(struct feeds *feeds, u64 due)
{
	struct timespec at = { .tv_sec = (time_t)min_u64(due / SECOND, INT32_MAX),
			       .tv_nsec = (long)(due % SECOND) };
	int err = 0;
	bool stop;

	pthread_mutex_lock(&feeds->lock);
	while (!feeds->stop && !err)
		err = pthread_cond_timedwait(&feeds->wake, &feeds->lock, &at);
	stop = feeds->stop;
	pthread_mutex_unlock(&feeds->lock);
	return !stop;
}

static void *feeds_thread(void *arg)
{
	struct feeds *feeds = arg;
	u64 due;

	do {
		u64 now = clock_ns(CLOCK_MONOTONIC);

		due = NEVER;
		for (struct feed *feed = feeds->first; feed; feed = feed->next) {
			feed_burst(feed, feeds->worker, now);
			due = min_u64(due, feed->due_ns);
		}
		reclaim_poll(feeds->engine->reclaim);
	} while (feeds_wait(feeds, due));
	return NULL;
}

/* ---- setting up ---- */

static int feed_open_capture(struct feed *feed, struct log *log)
{
	int err = source_open(feed->spec.in, log, &feed->source), more;

	if (err)
		return err;
	feed->l2 = source_link(feed->source) == IO_ETHERNET;
	more = source_next(feed->source, &feed->record, log);
	if (more < 0)
		return more;
	if (!more)
		feed_end(feed);
	if (!feed->spec.out)
		return 0;
	err = sink_open(feed->spec.out, log, &feed->sink);
	if (err)
		return err;
	err = sink_interface(feed->sink, feed->spec.name, feed->l2);
	feed->interface = (u32)err;
	return err < 0 ? err : 0;
}

static int feed_device(struct feed *feed, struct log *log)
{
	struct device_config config = {
		.name = feed->spec.name,
		.arphrd = feed->l2 ? ARPHRD_ETHER : ARPHRD_NONE,
		.mtu = max_u32(feed->spec.size, ETH_FRAME_LEN) - ETH_HLEN,
		.ops = &feed_ops,
		.ctx = feed,
	};
	int err = device_create(feed->feeds->engine, &config, &feed->device);

	return err ? log_error(log, err, "--dev %s: %s", feed->spec.name, strerror(-err)) : 0;
}

static int feed_open(struct feed *feed, struct log *log)
{
	int err = 0;

	if (feed->spec.kind == DEVICE_PCAP) {
		err = feed_open_capture(feed, log);
	} else {
		feed->l2 = true;
		feed->frame = malloc(feed->spec.size);
		err = feed->frame ? 0 : -ENOMEM;
	}
	if (!err)
		err = feed_device(feed, log);
	if (!err && feed->frame)
		gen_frame_make(feed->frame, feed->spec.size, feed->device->mac);
	return err;
}

static void feed_free(struct feed *feed)
{
	LOG_ON_STACK(log);

	if (feed->sink && sink_close(feed->sink, &log))
		feed->sink = NULL;
	source_close(feed->source);
	device_spec_free(&feed->spec);
	pthread_mutex_destroy(&feed->lock);
	free(feed->frame);
	free(feed);
}

static int feed_create(struct feeds *feeds, struct device_spec *spec, struct log *log)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	int err;

	if (!feed) {
		device_spec_free(spec);
		return log_error(log, -ENOMEM, "out of memory");
	}
	feed->feeds = feeds;
	feed->spec = *spec;
	pthread_mutex_init(&feed->lock, NULL);
	err = feed_open(feed, log);
	if (err) {
		feed_free(feed);
		return err;
	}
	feed->next = feeds->first;
	feeds->first = feed;
	return 0;
}

int feeds_add(struct feeds *feeds, const char *text, struct log *log)
{
	struct device_spec spec;
	int err = device_spec_parse(text, &spec, log);

	if (err)
		return err;
	if (spec.kind != DEVICE_PAIR)
		return feed_create(feeds, &spec, log);
	err = device_create_pair(feeds->engine, spec.name, spec.peer);
	device_spec_free(&spec);
	return err ? log_error(log, err, "--dev %s: %s", text, strerror(-err)) : 0;
}

int feeds_create(struct backend *engine, struct feeds **out)
{
	struct feeds *feeds = calloc(1, sizeof(*feeds));
	pthread_condattr_t attributes;

	if (!feeds)
		return -ENOMEM;
	feeds->engine = backend_engine(engine);
	pthread_mutex_init(&feeds->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&feeds->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	*out = feeds;
	return 0;
}

/* Test runs are on the first CPU: the datapath is on the last one, with values of its own in maps. */
int feeds_start(struct feeds *feeds, void (*say)(void *ctx, const char *sentence), void *ctx)
{
	u64 now = clock_ns(CLOCK_MONOTONIC);
	int err;

	if (!feeds->first)
		return 0;
	feeds->say = say;
	feeds->ctx = ctx;
	for (struct feed *feed = feeds->first; feed; feed = feed->next) {
		if (feed->spec.kind == DEVICE_GEN)
			feed->due_ns = now;
		else if (feed->source)
			capture_due(feed, now);
	}
	err = worker_create(feeds->engine, max_u32(feeds->engine->cpus, 1) - 1, &feeds->worker);
	if (!err)
		err = -pthread_create(&feeds->thread, NULL, feeds_thread, feeds);
	feeds->running = !err;
	return err;
}

int feeds_stop(struct feeds *feeds, struct log *log)
{
	int err = 0, closed;

	pthread_mutex_lock(&feeds->lock);
	feeds->stop = true;
	pthread_cond_signal(&feeds->wake);
	pthread_mutex_unlock(&feeds->lock);
	if (feeds->running)
		pthread_join(feeds->thread, NULL);
	feeds->running = false;
	worker_destroy(feeds->worker);
	feeds->worker = NULL;
	for (struct feed *feed = feeds->first; feed; feed = feed->next) {
		struct sink *sink;

		pthread_mutex_lock(&feed->lock);
		sink = feed->sink;
		feed->sink = NULL;
		pthread_mutex_unlock(&feed->lock);
		closed = sink ? sink_close(sink, log) : 0;
		err = err ? err : closed;
	}
	return err;
}

void feeds_free(struct feeds *feeds)
{
	struct feed *next;

	if (!feeds)
		return;
	for (struct feed *feed = feeds->first; feed; feed = next) {
		next = feed->next;
		feed_free(feed);
	}
	pthread_cond_destroy(&feeds->wake);
	pthread_mutex_destroy(&feeds->lock);
	free(feeds);
}
