// SPDX-License-Identifier: BSD-2-Clause
/* call_bench.c - what a bpf(2) call costs: BPF_MAP_LOOKUP_ELEM through the embedded API and through
 * Linux's system call, the same maps filled alike, the same keys in the same order.
 *
 * The two sides take turns inside each round; medians. Each side's sum of values is compared, so that
 * neither can leave the work undone. Needs CAP_BPF for Linux's side, and says so.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/types.h"
#include "clsbpf.h"

#define ROUNDS 15
#define CALLS 100000
#define ENTRIES 65536

enum side { ENGINE, LINUX, SIDES };

struct map_row {
	const char *name;
	u32 type, key_size, value_size;
};

static const struct map_row rows[] = {
	{ "array, value of 8 bytes", BPF_MAP_TYPE_ARRAY, 4, 8 },
	{ "hash, key of 4, value of 8 bytes", BPF_MAP_TYPE_HASH, 4, 8 },
	{ "hash, key of 16, value of 64 bytes", BPF_MAP_TYPE_HASH, 16, 64 },
	{ "LRU hash, key of 16, value of 64 bytes", BPF_MAP_TYPE_LRU_HASH, 16, 64 },
};

struct bench {
	struct clsbpf_engine *engine;
	int map[SIDES];
	u64 sum[SIDES];
	double ns[SIDES][ROUNDS];
};

static int call(struct bench *b, enum side side, int cmd, union bpf_attr *attr, u32 size)
{
	long ret;

	if (side == ENGINE)
		return clsbpf_bpf(b->engine, cmd, attr, size);
	ret = syscall(SYS_bpf, cmd, attr, size);
	return ret < 0 ? -errno : (int)ret;
}

static void close_map(struct bench *b, enum side side)
{
	if (side == ENGINE)
		clsbpf_close(b->engine, b->map[side]);
	else
		close(b->map[side]);
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The number in every key: its first 4 bytes; the rest stays 0. */
static void key_make(u8 key[16], u32 n)
{
	put_u32(key, n);
}

static int map_fill(struct bench *b, enum side side, const struct map_row *row)
{
	union bpf_attr create = { .map_type = row->type, .key_size = row->key_size,
				  .value_size = row->value_size, .max_entries = ENTRIES };
	u8 key[16] = { 0 }, value[64] = { 0 };
	int err = 0;

	b->map[side] = call(b, side, BPF_MAP_CREATE, &create, sizeof(create));
	if (b->map[side] < 0)
		return b->map[side];
	/* A quarter of the room: an LRU map evicts nothing. */
	for (u32 i = 0; !err && i < ENTRIES / 4; i++) {
		union bpf_attr update = { .map_fd = (u32)b->map[side], .key = ptr_u64(key),
					  .value = ptr_u64(value) };

		key_make(key, i);
		put_u32(value, i);
		err = call(b, side, BPF_MAP_UPDATE_ELEM, &update, sizeof(update));
	}
	return err;
}

static int lookups(struct bench *b, enum side side, double *ns)
{
	u8 key[16] = { 0 }, value[64];
	u32 n = 1;
	int err = 0;
	double start = now_ns();

	for (u32 i = 0; !err && i < CALLS; i++) {
		union bpf_attr attr = { .map_fd = (u32)b->map[side], .key = ptr_u64(key),
					.value = ptr_u64(value) };

		n = n * 1664525u + 1013904223u;
		key_make(key, (n >> 8) % (ENTRIES / 4));
		err = call(b, side, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
		b->sum[side] += get_u32(value);
	}
	*ns = (now_ns() - start) / CALLS;
	return err;
}

static int bench_row(struct bench *b, const struct map_row *row)
{
	int err = 0;

	b->sum[ENGINE] = b->sum[LINUX] = 0;
	for (enum side side = ENGINE; !err && side < SIDES; side++)
		err = map_fill(b, side, row);
	for (u32 round = 0; !err && round < ROUNDS; round++)
		for (enum side side = ENGINE; !err && side < SIDES; side++)
			err = lookups(b, side, &b->ns[side][round]);
	if (err)
		return err;
	if (b->sum[ENGINE] != b->sum[LINUX])
		return -EPROTO;
	for (enum side side = ENGINE; side < SIDES; side++) {
		qsort(b->ns[side], ROUNDS, sizeof(double), compare_doubles);
		close_map(b, side);
	}
	printf("%-40s %8.1f %8.1f %8.2f\n", row->name, b->ns[ENGINE][ROUNDS / 2],
	       b->ns[LINUX][ROUNDS / 2], b->ns[ENGINE][ROUNDS / 2] / b->ns[LINUX][ROUNDS / 2]);
	return 0;
}

int main(void)
{
	static struct bench b;
	int err = clsbpf_engine_create(NULL, &b.engine);

	printf("BPF_MAP_LOOKUP_ELEM, ns a call, median of %d rounds of %d in turn:\n\n%-40s %8s %8s %8s\n",
	       ROUNDS, CALLS, "", "engine", "Linux", "ratio");
	for (size_t i = 0; !err && i < ARRAY_SIZE(rows); i++)
		err = bench_row(&b, &rows[i]);
	clsbpf_engine_destroy(b.engine);
	if (err == -EPERM)
		printf("Linux's side needs CAP_BPF: not measured\n");
	else if (err)
		fprintf(stderr, "call_bench: %s\n", strerror(-err));
	return err && err != -EPERM;
}
