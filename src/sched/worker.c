// SPDX-License-Identifier: BSD-2-Clause
/* worker.c - one thread's way through the datapath: execution contexts, read sections, packets.
 *
 * Invariant: a worker belongs to one thread at a time; its pool is a plain list. Packets may come
 * from anywhere and go into the pool of the worker that saw their end.
 */
#include <errno.h>
#include <stdlib.h>

#include "sched/verdict.h"

#define POOL_MAX 64   /* every clone ends in a pool, whoever needs one again */

static const struct exec_host worker_host = { .clone_redirect = verdict_clone_redirect };

static int test_clone_redirect(struct exec *exec, u32 ifindex, bool ingress)
{
	struct worker *worker;
	int err = worker_create(exec->engine, exec->cpu, &worker);

	if (err)
		return err;
	err = verdict_send_clone(worker, exec->packet, ifindex, ingress);
	worker_destroy(worker);
	return err;
}

const struct exec_host sched_test_host = { .clone_redirect = test_clone_redirect };

int worker_create(struct engine *engine, u32 cpu, struct worker **out)
{
	struct worker *worker;
	int err;

	if (cpu >= max_u32(engine->cpus, 1))
		return -EINVAL;
	worker = calloc(1, sizeof(*worker));
	if (!worker)
		return -ENOMEM;
	worker->engine = engine;
	worker->cpu = cpu;
	err = reclaim_slot_get(engine->reclaim, &worker->slot);
	if (err)
		goto fail;
	err = run_exec_create(engine, cpu, &worker->exec);
	if (err)
		goto fail_slot;
	run_exec_join(worker->exec, worker->slot);
	worker->exec->host = &worker_host;
	worker->exec->host_ctx = worker;
	*out = worker;
	return 0;
fail_slot:
	reclaim_slot_put(engine->reclaim, worker->slot);
fail:
	free(worker);
	return err;
}

void worker_destroy(struct worker *worker)
{
	if (!worker)
		return;
	while (worker->pool) {
		struct packet *packet = worker->pool;

		worker->pool = packet->next;
		packet_destroy(packet);
	}
	for (u32 i = 0; i < ARRAY_SIZE(worker->nested); i++)
		if (worker->nested[i])
			run_exec_destroy(worker->nested[i]);
	run_exec_destroy(worker->exec);
	reclaim_slot_put(worker->engine->reclaim, worker->slot);
	free(worker);
}

int worker_packet_get(struct worker *worker, struct packet **out)
{
	struct packet *packet = worker->pool;

	if (!packet)
		return packet_create(0, out);
	worker->pool = packet->next;
	worker->pooled--;
	packet->next = NULL;
	*out = packet;
	return 0;
}

void worker_packet_put(struct worker *worker, struct packet *packet)
{
	if (worker->pooled == POOL_MAX) {
		packet_destroy(packet);
		return;
	}
	packet->next = worker->pool;
	worker->pool = packet;
	worker->pooled++;
}
