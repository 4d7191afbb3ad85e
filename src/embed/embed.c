// SPDX-License-Identifier: BSD-2-Clause
/* embed.c - include/clsbpf.h on top of the seam and the datapath.
 *
 * A layer of its own, because the public calls need both and no layer of the engine may. An engine
 * has one worker: the caller's thread.
 */
#include "clsbpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_arp.h>
#include <stdlib.h>

#include "backend/backend.h"
#include "base/log.h"
#include "object/engine.h"
#include "sched/sched.h"
#include "tc/tc.h"

struct clsbpf_engine {
	struct backend *backend;
	struct engine *engine;
	struct worker *worker;
	struct packet *packet;
	void (*trace)(void *ctx, const char *line, size_t len);
	void *trace_ctx;
	struct run_fault *faults;    /* of the last burst that had one, by the packet's place in it */
	uint32_t fault_room;
};

/* Packets that clsbpf_classify() let through were never taken over; others are dropped here. */
static void embed_discard(struct worker *worker, struct device *device, struct packet *packet)
{
	worker_packet_put(worker, packet);
}

static const struct device_ops embed_ops = {
	.transmit = embed_discard,
	.deliver = embed_discard,
};

static int embed_trace(void *ctx, const void *bytes, size_t len)
{
	struct clsbpf_engine *e = ctx;

	if (e->trace)
		e->trace(e->trace_ctx, bytes, len);
	return 0;
}

int clsbpf_engine_create(const struct clsbpf_options *options, struct clsbpf_engine **engine)
{
	struct engine_config config = { 0 };
	struct clsbpf_engine *e;
	int err;

	if (options) {
		if (options->size != sizeof(*options) ||
		    options->flags & ~(CLSBPF_SEEDED | CLSBPF_REPLAY_CLOCK | CLSBPF_UNVERIFIED |
				     CLSBPF_UNPRIVILEGED))
			return -EINVAL;
		config.cpus = options->cpus;
		config.fixed_seed = options->flags & CLSBPF_SEEDED;
		config.seed = options->seed;
		config.replay_clock = options->flags & CLSBPF_REPLAY_CLOCK;
		config.unverified = options->flags & CLSBPF_UNVERIFIED;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	err = backend_engine_create(&config, &e->backend);
	if (!err) {
		e->engine = backend_engine(e->backend);
		if (options && options->flags & CLSBPF_UNPRIVILEGED)
			backend_engine_rights(e->backend, 0);
		err = worker_create(e->engine, 0, &e->worker);
	}
	if (!err)
		err = worker_packet_get(e->worker, &e->packet);
	if (!err)
		err = backend_subscribe(e->backend, BACKEND_TRACE, embed_trace, e);
	if (err) {
		clsbpf_engine_destroy(e);
		return err;
	}
	*engine = e;
	return 0;
}

void clsbpf_engine_destroy(struct clsbpf_engine *engine)
{
	if (!engine)
		return;
	if (engine->packet)
		worker_packet_put(engine->worker, engine->packet);
	if (engine->worker)
		worker_destroy(engine->worker);
	backend_destroy(engine->backend);
	free(engine->faults);
	free(engine);
}

int clsbpf_bpf(struct clsbpf_engine *engine, int cmd, union bpf_attr *attr, uint32_t size)
{
	return backend_bpf(engine->backend, cmd, attr, size);
}

int clsbpf_close(struct clsbpf_engine *engine, int handle)
{
	return backend_close(engine->backend, handle);
}

int clsbpf_rtnl(struct clsbpf_engine *engine, const void *request, size_t len,
		int (*reply)(void *ctx, const void *message, size_t len), void *ctx)
{
	const struct nlmsghdr *header = request;

	if (len < sizeof(*header) || header->nlmsg_len < sizeof(*header) || header->nlmsg_len > len)
		return -EINVAL;
	return backend_rtnl(engine->backend, header, reply, ctx, NULL);
}

int clsbpf_device_add(struct clsbpf_engine *engine, const char *name, const uint8_t *mac,
		      uint32_t *ifindex)
{
	struct device_config config = { .name = name, .arphrd = ARPHRD_ETHER, .ops = &embed_ops };
	struct device *device;
	int err;

	if (mac)
		memcpy(config.mac, mac, sizeof(config.mac));
	err = device_create(engine->engine, &config, &device);
	if (!err)
		*ifindex = device->ifindex;
	return err;
}

static void packet_import(struct packet *to, const struct clsbpf_packet *from)
{
	to->ctx.mark = from->mark;
	to->ctx.priority = from->priority;
	to->ctx.queue_mapping = from->queue_mapping;
	to->ctx.tc_index = (u16)from->tc_index;
	to->ctx.tstamp = from->tstamp;
	to->cgroup_classid = from->cgroup_classid;
	to->realm = from->realm;
	memcpy(to->ctx.cb, from->cb, sizeof(to->ctx.cb));
	if (from->vlan_proto) {
		to->ctx.vlan_present = 1;
		to->ctx.vlan_tci = (u16)from->vlan_tci;
		to->ctx.vlan_proto = be16((u16)from->vlan_proto);
	}
}

/* What the programs changed; -EMSGSIZE when the bytes do not fit into the caller's. */
static int packet_export(struct clsbpf_packet *to, const struct packet *from)
{
	to->mark = from->ctx.mark;
	to->priority = from->ctx.priority;
	to->queue_mapping = from->ctx.queue_mapping;
	to->tc_index = from->ctx.tc_index;
	to->tstamp = from->ctx.tstamp;
	memcpy(to->cb, from->ctx.cb, sizeof(to->cb));
	to->vlan_tci = from->ctx.vlan_tci;
	to->vlan_proto = be16((u16)from->ctx.vlan_proto);
	to->len = from->ctx.len;
	if (!to->room)
		return 0;
	if (to->len > to->room)
		return -EMSGSIZE;
	memcpy(to->data, from->data, to->len);
	return 0;
}

static int classify_one(struct clsbpf_engine *engine, struct device *device, bool ingress,
			struct clsbpf_packet *packet, struct clsbpf_verdict *verdict,
			struct run_fault *fault)
{
	struct verdict v;
	int err;

	if (!packet->data && packet->len)
		return -EINVAL;
	err = packet_fill(engine->packet, packet->data, packet->len, true, device->mac);
	if (err)
		return err == -EINVAL ? -EMSGSIZE : err;
	packet_import(engine->packet, packet);
	sched_classify(engine->worker, device, ingress, engine->packet, &v);
	*verdict = (struct clsbpf_verdict){
		.action = v.action,
		.classid = v.classid,
		.ifindex = v.ifindex,
		.direction = v.to_ingress ? CLSBPF_INGRESS : CLSBPF_EGRESS,
	};
	if (v.fault) {
		*fault = *v.fault;
		verdict->fault = fault->text;
	}
	return packet_export(packet, engine->packet);
}

/* Room for a fault of each packet. */
static int faults_make(struct clsbpf_engine *engine, uint32_t count)
{
	struct run_fault *faults;

	if (count <= engine->fault_room)
		return 0;
	faults = reallocarray(engine->faults, count, sizeof(*faults));
	if (!faults)
		return -ENOMEM;
	engine->faults = faults;
	engine->fault_room = count;
	return 0;
}

int clsbpf_classify_burst(struct clsbpf_engine *engine, uint32_t ifindex,
			  enum clsbpf_direction direction, struct clsbpf_packet *packets,
			  struct clsbpf_verdict *verdicts, uint32_t count)
{
	struct device *device;
	int err;

	if (direction != CLSBPF_INGRESS && direction != CLSBPF_EGRESS)
		return -EINVAL;
	err = faults_make(engine, count);
	if (err)
		return err;
	reclaim_enter(engine->engine->reclaim, engine->worker->slot);
	device = device_find(engine->engine, ifindex);
	if (!device)
		err = -ENODEV;
	for (uint32_t i = 0; !err && i < count; i++)
		err = classify_one(engine, device, direction == CLSBPF_INGRESS, &packets[i],
				   &verdicts[i], &engine->faults[i]);
	reclaim_exit(engine->engine->reclaim, engine->worker->slot);
	return err;
}

int clsbpf_classify(struct clsbpf_engine *engine, uint32_t ifindex, enum clsbpf_direction direction,
		    struct clsbpf_packet *packet, struct clsbpf_verdict *verdict)
{
	return clsbpf_classify_burst(engine, ifindex, direction, packet, verdict, 1);
}

int clsbpf_attach(struct clsbpf_engine *engine, const char *device, enum clsbpf_direction direction,
		  const char *object, const char *section, char *log, size_t log_room)
{
	struct tc_qdisc_spec qdisc = { .verb = TC_ADD, .kind = "clsact",
				       .handle = TC_H_MAKE(TC_H_CLSACT, 0), .parent = TC_H_CLSACT };
	struct tc_filter_spec filter = {
		.verb = TC_ADD,
		.parent = TC_H_MAKE(TC_H_CLSACT, direction == CLSBPF_INGRESS ? TC_H_MIN_INGRESS
									     : TC_H_MIN_EGRESS),
		.kind = "bpf",
		.bpf = { .object = object, .section = section, .direct_action = true, .handle = -1 },
	};
	struct log messages;
	int err;

	log_init(&messages, log, log_room);
	if (strlen(device) >= sizeof(qdisc.dev))
		return log_error(&messages, -EINVAL, "device %s: the name is too long", device);
	strcpy(qdisc.dev, device);
	strcpy(filter.dev, device);
	err = tc_apply_qdisc(engine->backend, &qdisc, NULL);
	if (err && err != -EEXIST)
		return log_error(&messages, err, "device %s takes no clsact: %s", device,
				 strerror(-err));
	return tc_apply_filter(engine->backend, &filter, &messages);
}

void clsbpf_set_time(struct clsbpf_engine *engine, uint64_t ns)
{
	engine_set_time(engine->engine, ns);
}

int clsbpf_set_unprivileged_bpf_disabled(struct clsbpf_engine *engine, uint32_t value)
{
	return engine_set_unprivileged_bpf(engine->engine, value);
}

void clsbpf_set_trace(struct clsbpf_engine *engine,
		      void (*trace)(void *ctx, const char *line, size_t len), void *ctx)
{
	engine->trace = trace;
	engine->trace_ctx = ctx;
}

const char *clsbpf_version(void)
{
	return CLSBPF_VERSION;
}
