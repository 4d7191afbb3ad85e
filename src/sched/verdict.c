// SPDX-License-Identifier: BSD-2-Clause
/* verdict.c - carrying out what the filters of a hook decided.
 *
 *              ok, unspec          shot, stolen, trap        redirect
 *   ingress    device's deliver    the packet is gone        hook of the other device:
 *   egress     device's transmit   the packet is gone        into it (ingress), out of it (egress)
 *
 * A redirect goes one level deeper, with an execution context of its own, because a clone is sent
 * while a program still runs. Linux queues what comes in on a device and so lets packets circle
 * for ever; here every level counts, and a circle ends with a drop.
 *
 * Source: semantics.md B.7; metadata that changes on the way: observed on Linux 6.18.
 */
#include "sched/verdict.h"

#include <errno.h>

#include "sched/device.h"

/* The execution context of the next level exists: returns 0, -ENETDOWN (too deep) or -ENOMEM. */
static int level_down(struct worker *worker)
{
	struct exec **exec;
	int err;

	if (worker->depth > SCHED_DEPTH)
		return -ENETDOWN;
	exec = &worker->nested[worker->depth];
	if (!*exec) {
		err = run_exec_create(worker->engine, worker->cpu, exec);
		if (err)
			return err;
		run_exec_join(*exec, worker->slot);
		(*exec)->host = worker->exec->host;
		(*exec)->host_ctx = worker;
	}
	worker->depth++;
	return 0;
}

/* A device without MAC headers: only the network packet goes there. */
static int strip_mac(struct packet *packet)
{
	u32 start = (u32)(packet->data - packet->head), mac_len;

	if (!packet->l2)
		return 0;
	if (packet->net_off == PACKET_NO_OFFSET || packet->net_off < start)
		return -ERANGE;
	mac_len = packet->net_off - start;
	if (packet->ctx.len <= mac_len)
		return -ERANGE;
	packet_pull(packet, mac_len);
	packet->l2 = false;
	packet->mac_off = packet->net_off;
	packet->mac_len = 0;
	return 0;
}

static int redirect_check(struct worker *worker, const struct device *target,
			  struct packet *packet)
{
	if (!target)
		return -EINVAL;
	if (!device_has_mac(target))
		return strip_mac(packet);
	return packet->l2 && packet->ctx.len ? 0 : -ERANGE;
}

static void enter(struct worker *worker, struct device *device, struct packet *packet)
{
	struct verdict verdict;

	if (device_receive(device, packet)) {
		device_count(worker, device, RX_DROPPED, 1);
		worker_packet_put(worker, packet);
		return;
	}
	sched_ingress(worker, device, packet, &verdict);
}

/* Takes the packet over. Returns 0; 1: the other device dropped it; -errno: it did not get there. */
static int redirect(struct worker *worker, struct packet *packet, u32 ifindex, bool to_ingress)
{
	struct device *target = device_find(worker->engine, ifindex);
	struct verdict verdict;
	int err;

	err = redirect_check(worker, target, packet);
	if (!err)
		err = level_down(worker);
	if (err) {
		worker_packet_put(worker, packet);
		return err;
	}
	if (to_ingress) {
		packet->ctx.priority = 0;
		enter(worker, target, packet);
	} else {
		packet->ctx.tstamp = 0;
		packet->ctx.tstamp_type = 0;
		sched_egress(worker, target, packet, &verdict);
	}
	worker->depth--;
	/* What comes in is queued on Linux: its sender does not learn what became of it. */
	return !to_ingress && verdict.action == TC_ACT_SHOT;
}

void verdict_enter(struct worker *worker, struct device *device, struct packet *packet)
{
	if (level_down(worker)) {
		device_count(worker, device, RX_DROPPED, 1);
		worker_packet_put(worker, packet);
		return;
	}
	enter(worker, device, packet);
	worker->depth--;
}

int verdict_send_clone(struct worker *worker, const struct packet *packet, u32 ifindex,
		       bool ingress)
{
	struct packet *clone;

	if (!device_find(worker->engine, ifindex))
		return -EINVAL;
	if (packet_clone(packet, &clone))
		return -ENOMEM;
	return redirect(worker, clone, ifindex, ingress);
}

int verdict_clone_redirect(struct exec *exec, u32 ifindex, bool ingress)
{
	return verdict_send_clone(exec->host_ctx, exec->packet, ifindex, ingress);
}

/* Whether the packet stays with the device; otherwise it is gone. */
static bool verdict_keeps(struct worker *worker, struct packet *packet,
			  const struct verdict *verdict)
{
	switch (verdict->action) {
	case TC_ACT_SHOT:
	case TC_ACT_STOLEN:
	case TC_ACT_QUEUED:
	case TC_ACT_TRAP:
		worker_packet_put(worker, packet);
		return false;
	case TC_ACT_REDIRECT:
		(void)!redirect(worker, packet, verdict->ifindex, verdict->to_ingress);
		return false;
	}
	return true;
}

void sched_ingress(struct worker *worker, struct device *device, struct packet *packet,
		   struct verdict *verdict)
{
	reclaim_enter(worker->engine->reclaim, worker->slot);
	device_count(worker, device, RX_PACKETS, 1);
	device_count(worker, device, RX_BYTES, packet->ctx.len);
	sched_classify(worker, device, true, packet, verdict);
	if (verdict_keeps(worker, packet, verdict)) {
		if (device->ops && device->ops->deliver)
			device->ops->deliver(worker, device, packet);
		else
			worker_packet_put(worker, packet);
	}
	reclaim_exit(worker->engine->reclaim, worker->slot);
}

void sched_egress(struct worker *worker, struct device *device, struct packet *packet,
		  struct verdict *verdict)
{
	reclaim_enter(worker->engine->reclaim, worker->slot);
	sched_classify(worker, device, false, packet, verdict);
	if (verdict_keeps(worker, packet, verdict)) {
		device_count(worker, device, TX_PACKETS, 1);
		device_count(worker, device, TX_BYTES, packet->ctx.len);
		if (device->ops && device->ops->transmit)
			device->ops->transmit(worker, device, packet);
		else
			worker_packet_put(worker, packet);
	}
	reclaim_exit(worker->engine->reclaim, worker->slot);
}

const char *verdict_name(s32 action)
{
	static const char *const name[] = {
		[TC_ACT_OK] = "ok",         [TC_ACT_RECLASSIFY] = "reclassify",
		[TC_ACT_SHOT] = "shot",     [TC_ACT_PIPE] = "pipe",
		[TC_ACT_STOLEN] = "stolen", [TC_ACT_QUEUED] = "queued",
		[TC_ACT_REPEAT] = "repeat", [TC_ACT_REDIRECT] = "redirect",
		[TC_ACT_TRAP] = "trap",
	};

	if (action == TC_ACT_UNSPEC)
		return "unspec";
	if (action < 0 || action >= (s32)ARRAY_SIZE(name))
		return "unknown";
	return name[action];
}
