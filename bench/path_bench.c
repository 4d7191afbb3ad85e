// SPDX-License-Identifier: BSD-2-Clause
/* path_bench.c - what a packet costs on its way through `clsbpf run`, part by part: path_bench FILE.
 *
 *   read      source_next() alone
 *   no hook   the pump with a device that has no filter: and a packet made of each record
 *   one       and a program that returns at once, checked
 *
 * Seconds of this thread's CPU are counted. The parts take turns over the same capture; each line has the median of its rounds.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "io/pump.h"
#include "sched/cls_bpf.h"
#include "sched/clsact.h"

#define ROUNDS 9

enum part { READ, NO_HOOK, ONE, PARTS };

struct path {
	struct engine engine;
	struct device *device[PARTS];
	struct worker *worker;
	const char *file;
	u64 packets;
	double seconds[PARTS][ROUNDS];
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int read_all(struct path *path, struct log *log)
{
	struct source *source;
	struct record record;
	int more = source_open(path->file, log, &source);

	if (more)
		return more;
	path->packets = 0;
	while ((more = source_next(source, &record, log)) == 1)
		path->packets++;
	source_close(source);
	return more;
}

static int pump_all(struct path *path, struct device *device, struct log *log)
{
	struct pump pump = { .worker = path->worker, .device = device, .ingress = true };
	int err = source_open(path->file, log, &pump.source);

	if (err)
		return err;
	err = pump_run(&pump, log);
	if (!err && pump.stats.packets != path->packets)
		err = log_error(log, -EINVAL, "not all packets were classified");
	source_close(pump.source);
	pump_stats_free(&pump.stats);
	return err;
}

static int attach(struct path *path, struct device *device, struct log *log)
{
	const struct bpf_insn insns[2] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					   { .code = BPF_JMP | BPF_EXIT } };
	struct cls_bpf_spec spec = { .flags = TCA_BPF_FLAG_ACT_DIRECT };
	struct cls_bpf *filter;
	struct chain *chain;
	struct tp *tp;
	int err = prog_create(&path->engine, 2, &spec.prog);

	if (err)
		return err;
	memcpy(spec.prog->insns, insns, sizeof(insns));
	spec.prog->type = BPF_PROG_TYPE_SCHED_CLS;
	err = run_prepare(spec.prog, log);
	sched_lock(&path->engine);
	if (!err)
		err = clsact_create(device);
	if (!err) {
		chain = clsact_chain(clsact_of(device), TC_H_MIN_INGRESS);
		err = chain_add_tp(chain, 1, be16(ETH_P_ALL), &tp);
	}
	if (!err)
		err = cls_bpf_add(chain, tp, &spec, &filter);
	sched_unlock(&path->engine);
	return err;
}

static int setup(struct path *path, struct log *log)
{
	struct engine_config config = { .cpus = 1, .fixed_seed = true, .unverified = true, .replay_clock = true };
	struct device_config none = { .name = "none" }, one = { .name = "one" };
	int err = engine_core_init(&path->engine, &config);

	if (!err)
		err = sched_create(&path->engine);
	if (!err)
		err = device_create(&path->engine, &none, &path->device[NO_HOOK]);
	if (!err)
		err = device_create(&path->engine, &one, &path->device[ONE]);
	if (!err)
		err = worker_create(&path->engine, 0, &path->worker);
	return err ? err : attach(path, path->device[ONE], log);
}

int main(int argc, char **argv)
{
	static const char *const names[PARTS] = { "read", "no hook", "one" };
	static struct path path;
	LOG_ON_STACK(log);
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: path_bench FILE\n");
		return 1;
	}
	path.file = argv[1];
	err = setup(&path, &log);
	for (int round = 0; !err && round < ROUNDS; round++) {
		for (int part = READ; !err && part < PARTS; part++) {
			double start = now_s();

			err = part == READ ? read_all(&path, &log) :
			      pump_all(&path, path.device[part], &log);
			path.seconds[part][round] = now_s() - start;
		}
	}
	for (int part = READ; !err && part < PARTS; part++) {
		double *s = path.seconds[part];

		qsort(s, ROUNDS, sizeof(*s), compare_doubles);
		printf("%-8s %6.1f M packets/s %6.1f ns a packet, best %.1f\n", names[part],
		       1e-6 * (double)path.packets / s[ROUNDS / 2],
		       1e9 * s[ROUNDS / 2] / (double)path.packets, 1e9 * s[0] / (double)path.packets);
	}
	if (err)
		fprintf(stderr, "path_bench: %s%s\n", log.text, strerror(-err));
	if (path.worker)
		worker_destroy(path.worker);
	if (path.engine.sched)
		sched_destroy(&path.engine);
	engine_core_fini(&path.engine);
	return err ? 1 : 0;
}
