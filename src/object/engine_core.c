// SPDX-License-Identifier: BSD-2-Clause
/* engine_core.c - ids, clock and chance of an engine; what lies above is plugged in elsewhere. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "object/btf.h"
#include "object/engine.h"
#include "object/pin.h"

#define ENGINE_CPUS_MAX 1024

int engine_core_init(struct engine *engine, const struct engine_config *config)
{
	static const struct engine_config defaults;
	long cpus;
	int err;

	if (!config)
		config = &defaults;
	memset(engine, 0, sizeof(*engine));
	cpus = config->cpus ? (long)config->cpus : sysconf(_SC_NPROCESSORS_CONF);
	engine->cpus = cpus < 1 ? 1 : min_u32((u32)cpus, ENGINE_CPUS_MAX);
	engine->seed = config->fixed_seed ? config->seed : hash_random();
	engine->unverified = config->unverified;
	engine->verify_json = config->verify_json;
	engine->replay_clock = config->replay_clock;
	atomic_init(&engine->unprivileged_bpf, 2);
	if (config->has_unprivileged_bpf && engine_set_unprivileged_bpf(engine, config->unprivileged_bpf))
		return -EINVAL;
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		pthread_mutex_init(&engine->ids[kind].lock, NULL);
	err = reclaim_create(&engine->reclaim);
	if (!err)
		err = pin_tree_create(config->rundir, config->log, &engine->stale_pins, &engine->pins);
	if (!err)
		err = kernel_btf_create(engine);
	if (err)
		engine_core_fini(engine);
	return err;
}

void engine_core_fini(struct engine *engine)
{
	pin_tree_destroy(engine->pins);
	if (engine->kernel_btf)
		object_put_user(engine->kernel_btf);
	reclaim_destroy(engine->reclaim);
	for (int kind = 0; kind < OBJECT_KINDS; kind++) {
		pthread_mutex_destroy(&engine->ids[kind].lock);
		free(engine->ids[kind].slot);
	}
}

int engine_set_unprivileged_bpf(struct engine *engine, u32 disabled)
{
	u32 now = engine_unprivileged_bpf(engine);

	if (disabled > 2)
		return -EINVAL;
	do {
		if (now == 1 && disabled != 1)
			return -EPERM;
	} while (!atomic_compare_exchange_weak(&engine->unprivileged_bpf, &now, disabled));
	return 0;
}

u64 engine_now(struct engine *engine)
{
	struct timespec now;

	if (engine->replay_clock)
		return atomic_load_explicit(&engine->replay_ns, memory_order_relaxed);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}
