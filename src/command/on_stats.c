// SPDX-License-Identifier: BSD-2-Clause
/* on_stats.c - BPF_ENABLE_STATS: while a handle that it gave is open, runs of programs are counted and
 * timed (run_prog()); the figures are part of a program's info. */
#include <errno.h>
#include <stdlib.h>

#include "command/call.h"

static void stats_release(struct object *object)
{
	atomic_fetch_sub(&object->engine->stats, 1);
}

static void stats_destroy(struct object *object)
{
	free(object);
}

static const struct object_ops stats_ops = {
	.kind = OBJECT_STATS,
	.name = "statistics handle",
	.release = stats_release,
	.destroy = stats_destroy,
};

int on_enable_stats(struct call *call)
{
	struct object *stats;
	int fd;

	if (call->attr->bpf.enable_stats.type != BPF_STATS_RUN_TIME)
		return log_error(&call->log, -EINVAL, "statistics: there is no type %u",
				 call->attr->bpf.enable_stats.type);
	stats = calloc(1, sizeof(*stats));
	if (!stats)
		return -ENOMEM;
	object_init(stats, call->engine, &stats_ops);
	atomic_fetch_add(&call->engine->stats, 1);
	fd = fd_install(call->client, stats, 0);
	if (fd < 0)
		object_put_user(stats);
	return fd;
}
