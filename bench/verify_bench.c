// SPDX-License-Identifier: BSD-2-Clause
/* verify_bench.c - what verifying a program costs, beside the running kernel, in turn in one run.
 *
 * The generated program is a row of blocks as they come out of a compiler: a packet byte, a mask, a key on
 * the stack, a lookup with its NULL check, a counter, a comparison that two paths leave. Linux says itself how
 * long its verifier took (log_level 4); ours is the same line of our log.
 *
 * usage: verify_bench [ROUNDS [OBJECT...]]        needs CAP_BPF for the kernel's side; without: ours alone, and a word
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "backend/backend.h"
#include "load/load.h"
#include "object/engine.h"

#define INSN(c, d, s, o, i) ((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define LOG_ROOM_BENCH (1u << 16)

struct shape {
	const char *name;
	u32 insns;
	double aim;           /* at most this many times Linux's time */
};

static const struct shape shapes[] = {
	{ "generated, 4,000 instructions", 4000, 0.5 },
	{ "generated, 50,000 instructions", 50000, 0.25 },
};

static u32 prologue(struct bpf_insn *p)
{
	struct bpf_insn *at = p;

	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	*at++ = INSN(BPF_LDX | BPF_MEM | BPF_W, 7, 6, offsetof(struct __sk_buff, data), 0);
	*at++ = INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 6, offsetof(struct __sk_buff, data_end), 0);
	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_X, 3, 7, 0, 0);
	*at++ = INSN(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, 64);
	*at++ = INSN(BPF_JMP | BPF_JLE | BPF_X, 3, 2, 2, 0);
	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	*at++ = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 8, 0, 0, 0);
	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 9, 0, 0, 0);
	return (u32)(at - p);
}

static u32 block(struct bpf_insn *p, u32 n, int map)
{
	struct bpf_insn *at = p;

	*at++ = INSN(BPF_LDX | BPF_MEM | BPF_B, 3, 7, (s16)(n % 60), 0);
	*at++ = INSN(BPF_ALU64 | BPF_AND | BPF_K, 3, 0, 0, 15);
	*at++ = INSN(BPF_STX | BPF_MEM | BPF_W, 10, 3, -4, 0);
	*at++ = INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 8, -16, 0);
	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	*at++ = INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4);
	*at++ = INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map);
	*at++ = INSN(0, 0, 0, 0, 0);
	*at++ = INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	*at++ = INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4, 0);
	*at++ = INSN(BPF_LDX | BPF_MEM | BPF_DW, 4, 0, 8, 0);
	*at++ = INSN(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 1);
	*at++ = INSN(BPF_STX | BPF_MEM | BPF_DW, 0, 4, 8, 0);
	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_X, 9, 4, 0, 0);
	*at++ = INSN(BPF_LDX | BPF_MEM | BPF_DW, 8, 10, -16, 0);
	*at++ = INSN(BPF_ALU64 | BPF_AND | BPF_K, 9, 0, 0, 7);
	*at++ = INSN(BPF_JMP | BPF_JGT | BPF_K, 9, 0, 2, (s32)(n % 7));
	*at++ = INSN(BPF_ALU64 | BPF_ADD | BPF_X, 8, 9, 0, 0);
	*at++ = INSN(BPF_ALU64 | BPF_AND | BPF_K, 8, 0, 0, 63);
	*at++ = INSN(BPF_ALU64 | BPF_XOR | BPF_K, 8, 0, 0, (s32)n);
	return (u32)(at - p);
}

static u32 generate(struct bpf_insn *insns, u32 room, int map)
{
	u32 count = prologue(insns);

	for (u32 n = 0; count + 22 <= room; n++)
		count += block(insns + count, n, map);
	insns[count++] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	insns[count++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	return count;
}

static int make_map(struct backend *backend)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_HASH;
	attr.key_size = 4;
	attr.value_size = 16;
	attr.max_entries = 64;
	return backend_bpf(backend, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* How long it took by the log of either side; -ENODATA. */
static long long microseconds(const char *log)
{
	const char *linux_says = strstr(log, "verification time "), *ours = strstr(log, "KiB for states, ");

	if (linux_says)
		return atoll(linux_says + strlen("verification time "));
	return ours ? atoll(ours + strlen("KiB for states, ")) : -ENODATA;
}

/* Microseconds of verification, or -errno. */
static long long verify_once(struct backend *backend, const struct bpf_insn *insns, u32 count, char *log)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = ptr_u64(insns);
	attr.insn_cnt = count;
	attr.license = ptr_u64("GPL");
	attr.log_buf = ptr_u64(log);
	attr.log_size = LOG_ROOM_BENCH;
	attr.log_level = 4;
	fd = backend_bpf(backend, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return fd;
	backend_close(backend, fd);
	return microseconds(log);
}

/* ---- examples ---- */

#define PROGS_MAX 64

struct taken {
	struct { char name[96]; long long us[2][64]; u32 rounds[2]; } prog[PROGS_MAX];
	u32 count, side;
	const char *object;
};

static void take_log(void *ctx, const struct load_prog *prog, int err, const char *text)
{
	struct taken *t = ctx;
	long long us = err ? -1 : microseconds(text);
	char name[96];
	u32 i;

	snprintf(name, sizeof(name), "%.40s %.50s", t->object, prog->name);
	for (i = 0; i < t->count && strcmp(t->prog[i].name, name); i++)
		;
	if (i == PROGS_MAX || us < 0 || t->prog[i].rounds[t->side] == 64)
		return;
	if (i == t->count) {
		memset(&t->prog[i], 0, sizeof(t->prog[i]));
		memcpy(t->prog[i].name, name, sizeof(name));
		t->count++;
	}
	t->prog[i].us[t->side][t->prog[i].rounds[t->side]++] = us;
}

static int load_all(struct backend *backend, const char *path, struct taken *t)
{
	struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .log_level = 4, .verbose = true,
					.kernel_log = take_log, .kernel_log_ctx = t };
	struct load_object *object;
	LOG_ON_STACK(log);
	int err = load_open(path, &log, &object);

	for (u32 i = 0; !err && i < object->prog_count; i++) {
		struct load_prog *prog;

		options.program = object->progs[i].name;
		for (u32 m = 0; m < object->map_count; m++) {
			object->maps[m].pinning = LOAD_PIN_NONE;
			object->maps[m].pin_by_name = false;
		}
		if (load_into(object, backend, &options, &log, &prog))
			fprintf(stderr, "verify_bench: %s", log.text);
	}
	if (err)
		fprintf(stderr, "verify_bench: %s", log.text);
	else
		load_close(object);
	return err;
}

static int compare(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int measure(struct backend *const side[2], const struct shape *shape, u32 rounds)
{
	struct bpf_insn *insns = calloc(shape->insns, sizeof(*insns));
	long long *taken[2] = { calloc(rounds, sizeof(long long)), calloc(rounds, sizeof(long long)) };
	char *log = calloc(1, LOG_ROOM_BENCH);
	int map[2] = { -1, -1 }, err = 0;

	for (u32 i = 0; i < 2; i++)
		map[i] = side[i] ? make_map(side[i]) : -1;
	for (u32 round = 0; !err && round < rounds; round++) {
		for (u32 i = 0; !err && i < 2; i++) {
			u32 count = side[i] ? generate(insns, shape->insns, map[i]) : 0;

			taken[i][round] = side[i] ? verify_once(side[i], insns, count, log) : 0;
			if (taken[i][round] < 0) {
				fprintf(stderr, "verify_bench: %s: side %u: %s\n%s\n", shape->name, i,
					strerror((int)-taken[i][round]), log);
				err = -1;
			}
		}
	}
	for (u32 i = 0; i < 2; i++)
		qsort(taken[i], rounds, sizeof(long long), compare);
	if (!err)
		printf("%-36s ours %8lld us   Linux %8lld us   ratio %5.2f (aim: at most %.2f)\n", shape->name,
		       taken[0][rounds / 2], taken[1][rounds / 2],
		       taken[1][rounds / 2] ? (double)taken[0][rounds / 2] / (double)taken[1][rounds / 2] : 0.0,
		       shape->aim);
	for (u32 i = 0; i < 2; i++) {
		if (map[i] >= 0)
			backend_close(side[i], map[i]);
		free(taken[i]);
	}
	free(insns);
	free(log);
	return err;
}

/* Every program of the objects, at most as slow as Linux. */
static void measure_examples(struct backend *const side[2], char **paths, u32 count, u32 rounds)
{
	struct taken *t = calloc(1, sizeof(*t));

	for (u32 n = 0; n < count; n++) {
		t->object = strrchr(paths[n], '/') ? strrchr(paths[n], '/') + 1 : paths[n];
		for (u32 round = 0; round < rounds; round++)
			for (t->side = 0; t->side < 2; t->side++)
				if (side[t->side])
					(void)load_all(side[t->side], paths[n], t);
	}
	for (u32 i = 0; i < t->count; i++) {
		long long median[2];

		for (u32 k = 0; k < 2; k++) {
			qsort(t->prog[i].us[k], t->prog[i].rounds[k], sizeof(long long), compare);
			median[k] = t->prog[i].us[k][t->prog[i].rounds[k] / 2];
		}
		printf("%-36s ours %8lld us   Linux %8lld us   ratio %5.2f (aim: at most 1.00)\n", t->prog[i].name,
		       median[0], median[1], median[1] ? (double)median[0] / (double)median[1] : 0.0);
	}
	free(t);
}

/* Paths that double at every step, and never meet again: how long until it is refused, with how much memory. */
static void measure_adversary(struct backend *engine)
{
	const u32 steps = 4000;
	struct bpf_insn *insns = calloc(3 * steps + 8, sizeof(*insns)), *at = insns;
	char *log = calloc(1, LOG_ROOM_BENCH);
	struct timespec from, to;
	struct rusage usage;
	long long err;

	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	*at++ = INSN(BPF_ALU64 | BPF_MOV | BPF_K, 7, 0, 0, 0);
	for (u32 i = 0; i < steps; i++) {
		*at++ = INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 6, 0, 0);
		*at++ = INSN(BPF_JMP | BPF_JSET | BPF_K, 2, 0, 1, 1 << (i % 30));
		*at++ = INSN(BPF_ALU64 | BPF_ADD | BPF_K, 7, 0, 0, 1 << (i % 24));
	}
	/* The sum matters: no two paths are alike. */
	*at++ = INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0);
	*at++ = INSN(BPF_ALU64 | BPF_AND | BPF_K, 7, 0, 0, 7);
	*at++ = INSN(BPF_ALU64 | BPF_ADD | BPF_X, 7, 10, 0, 0);
	*at++ = INSN(BPF_LDX | BPF_MEM | BPF_B, 0, 7, -8, 0);
	*at++ = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	err = verify_once(engine, insns, (u32)(at - insns), log);
	clock_gettime(CLOCK_MONOTONIC, &to);
	getrusage(RUSAGE_SELF, &usage);
	printf("%-36s %s after %.2f s, %ld MB at most (aim: 5 s, 512 MB)\n", "exponential paths",
	       err < 0 ? strerror((int)-err) : "accepted",
	       (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9, usage.ru_maxrss / 1024);
	free(insns);
	free(log);
}

int main(int argc, char **argv)
{
	u32 rounds = argc > 1 ? (u32)atoi(argv[1]) : 15;
	struct rusage usage;
	struct engine_config config = { 0 };
	struct backend *side[2] = { NULL, NULL };
	int err = 0;

	if (backend_engine_create(&config, &side[0]))
		return 1;
	if (backend_kernel_create(&side[1]))
		side[1] = NULL;
	if (side[1]) {
		int map = make_map(side[1]);

		if (map < 0) {
			printf("the kernel does not let us (%s): ours alone\n", strerror(-map));
			backend_destroy(side[1]);
			side[1] = NULL;
		} else {
			backend_close(side[1], map);
		}
	}
	for (u32 i = 0; i < ARRAY_SIZE(shapes); i++)
		err |= measure(side, &shapes[i], rounds);
	getrusage(RUSAGE_SELF, &usage);
	printf("%-36s %ld MB (aim: 64)\n", "memory of the process so far", usage.ru_maxrss / 1024);
	if (argc > 2)
		measure_examples(side, argv + 2, (u32)argc - 2, rounds);
	measure_adversary(side[0]);
	for (u32 i = 0; i < 2; i++)
		if (side[i])
			backend_destroy(side[i]);
	return err ? 1 : 0;
}
