// SPDX-License-Identifier: BSD-2-Clause
/* pump.c - the loop of `clsbpf run`. Per packet it allocates nothing, and copies nothing from a plain
 * pcap file: programs work in the reader's window, which forgets each packet at the next. */
#include "io/expression.h"
#include "io/pump.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <time.h>

#define PUMP_BURST 64   /* packets between two looks at the clock, the terminal and the readers */

/* What lives as long as one pump_run(). */
struct pump_state {
	struct pump *pump;
	struct log *log;
	struct packet *packet;
	struct expression *expression;
	bool l2;
	int interface;
};

static u64 monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

/* The row of @key, made when it is not there; NULL when there are too many or memory is out. */
static struct pump_count *table_row(struct pump_table *table, u64 key)
{
	u32 at;

	if (2 * table->count >= table->room && table->room < 2 * PUMP_ROWS) {
		struct pump_table grown = { .room = table->room ? 2 * table->room : 32 };

		grown.row = calloc(grown.room, sizeof(*grown.row));
		if (!grown.row)
			return NULL;
		for (u32 i = 0; i < table->room; i++)
			if (table->row[i].used)
				*table_row(&grown, table->row[i].key) = table->row[i];
		free(table->row);
		table->row = grown.row;
		table->room = grown.room;
	}
	at = (u32)(key * 0x9e3779b97f4a7c15u >> 32) & (table->room - 1);
	while (table->row[at].used && table->row[at].key != key)
		at = (at + 1) & (table->room - 1);
	if (!table->row[at].used) {
		if (table->count == PUMP_ROWS)
			return NULL;
		table->row[at] = (struct pump_count){ .key = key, .used = true };
		table->count++;
	}
	return &table->row[at];
}

static void table_count(struct pump_table *table, u64 key, u32 bytes)
{
	struct pump_count *row = table_row(table, key);

	if (!row) {
		table->others++;
		return;
	}
	row->packets++;
	row->bytes += bytes;
}

static int row_order(const void *a, const void *b)
{
	const struct pump_count *left = a, *right = b;

	if (left->used != right->used)
		return left->used ? -1 : 1;
	return left->key < right->key ? -1 : left->key > right->key;
}

u32 pump_table_sort(struct pump_table *table)
{
	if (table->row)
		qsort(table->row, table->room, sizeof(*table->row), row_order);
	return table->count;
}

void pump_stats_free(struct pump_stats *stats)
{
	free(stats->classids.row);
	free(stats->targets.row);
	stats->classids = stats->targets = (struct pump_table){ 0 };
}

static void packet_dress(struct packet *packet, const struct pump *pump, const struct record *record)
{
	const struct pump_metadata *m = &pump->metadata;

	packet->ctx.mark = m->mark;
	packet->ctx.priority = m->priority;
	packet->ctx.queue_mapping = m->queue_mapping;
	packet->ctx.tc_index = m->tc_index;
	packet->cgroup_classid = m->cgroup_classid;
	packet->realm = m->realm;
	packet->number = pump->stats.packets + pump->stats.skipped + pump->stats.refused + 1;
	packet->time_ns = record->time_ns;
	if (record->link != IO_ETHERNET && record->protocol) {
		packet->ctx.protocol = be16(record->protocol);
		packet->ctx.pkt_type = record->pkt_type;
	}
}

static bool passes(s32 action)
{
	return action == TC_ACT_OK || action == TC_ACT_UNSPEC || action == TC_ACT_REDIRECT;
}

static void pump_note(struct pump *pump, const struct packet *packet, const struct verdict *v)
{
	struct pump_stats *stats = &pump->stats;

	stats->packets++;
	stats->bytes += packet->ctx.len;
	stats->action[v->action >= -1 && v->action <= TC_ACT_TRAP ? v->action + 1 : 0]++;
	if (v->classid)
		table_count(&stats->classids, v->classid, packet->ctx.len);
	if (v->action == TC_ACT_REDIRECT)
		table_count(&stats->targets, v->ifindex | (u64)v->to_ingress << 32, packet->ctx.len);
	if (v->fault) {
		stats->faulted = true;
		stats->fault_packet = packet->number;
		stats->fault = *v->fault;
	}
}

static int pump_write(struct pump_state *state, const struct record *record, const struct verdict *v)
{
	struct pump *pump = state->pump;
	struct sink_packet out = {
		.time_ns = record->time_ns,
		.l2 = state->l2,
		.verdict = v->action,
		.has_verdict = true,
		.interface = (u32)state->interface,
	};
	u32 cut = record->wire_len > record->len ? record->wire_len - record->len : 0;
	int err = packet_retag(state->packet);

	if (err)
		return err;
	out.bytes = state->packet->data;
	out.len = state->packet->ctx.len;
	out.wire_len = out.len + cut;
	err = sink_write(pump->sink, &out, state->log);
	if (!err)
		pump->stats.written++;
	return err;
}

static int pump_packet(struct pump_state *state, const struct record *record, bool sample)
{
	struct pump *pump = state->pump;
	struct packet *packet = state->packet;
	struct verdict verdict;
	u64 start;
	int err;

	if (state->expression && !expression_matches(state->expression, record->bytes,
						     record->wire_len, record->len)) {
		pump->stats.skipped++;
		return 0;
	}
	err = record->lent ? packet_borrow(packet, record->lent, record->headroom, record->len,
					   state->l2, pump->device->mac) :
			     packet_fill(packet, record->bytes, record->len, state->l2,
					 pump->device->mac);
	if (err) {
		pump->stats.refused++;
		return 0;
	}
	packet_dress(packet, pump, record);
	engine_set_time(pump->device->engine, record->time_ns);
	if (pump->ingress && packet_is_tagged(packet) && packet_untag(packet)) {
		pump->stats.refused++;
		return 0;
	}
	start = sample ? monotonic_ns() : 0;
	sched_classify(pump->worker, pump->device, pump->ingress, packet, &verdict);
	if (sample) {
		pump->stats.sampled_ns += monotonic_ns() - start;
		pump->stats.sampled++;
	}
	pump_note(pump, packet, &verdict);
	if (pump->each)
		pump->each(pump->ctx, packet, &verdict);
	return pump->sink && passes(verdict.action) ? pump_write(state, record, &verdict) : 0;
}

/* One burst inside one read section. Returns 1 to go on, 0 at the end, or -errno. */
static int pump_burst(struct pump_state *state)
{
	struct pump *pump = state->pump;
	struct record record;
	int more = 1, err = 0;

	reclaim_enter(pump->device->engine->reclaim, pump->worker->slot);
	for (int i = 0; i < PUMP_BURST && more == 1 && !err; i++) {
		if (pump->limit && pump->stats.packets >= pump->limit) {
			more = 0;
			break;
		}
		more = source_next(pump->source, &record, state->log);
		if (more == 1)
			err = pump_packet(state, &record, !i);
		if (pump->stats.faulted)
			more = 0;
	}
	reclaim_exit(pump->device->engine->reclaim, pump->worker->slot);
	return err ? err : more;
}

int pump_run(struct pump *pump, struct log *log)
{
	struct pump_state state = { .pump = pump, .log = log,
				    .l2 = source_link(pump->source) == IO_ETHERNET };
	u64 start = monotonic_ns(), done, total;
	int more = 1, err;

	err = worker_packet_get(pump->worker, &state.packet);
	if (!err && pump->expression)
		err = expression_compile(pump->expression, state.l2, log, &state.expression);
	if (!err && pump->sink) {
		state.interface = sink_interface(pump->sink, pump->device->name, state.l2);
		err = state.interface < 0 ? state.interface : 0;
	}
	while (!err && more) {
		more = pump_burst(&state);
		/* A signal came while the source waited: progress() knows whether to go on. */
		if (more < 0 && more != -EINTR)
			err = more;
		if (pump->progress) {
			source_progress(pump->source, &done, &total);
			if (pump->progress(pump->ctx, &pump->stats, done, total))
				break;
		}
	}
	pump->stats.elapsed_ns = monotonic_ns() - start;
	expression_free(state.expression);
	if (state.packet)
		worker_packet_put(pump->worker, state.packet);
	return err;
}
