// SPDX-License-Identifier: BSD-2-Clause
/* fuzz_object.c - any bytes as an object file: load_open_memory(), then each of its programs into a
 * fresh engine. Every refusal must have a sentence, and nothing may stay in the engine.
 * scripts/fuzz begins with the examples. */
#include <stdlib.h>

#include "load/load.h"

#define MAP_ROOM (4u << 20)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(int err, const struct log *log)
{
	if (err < 0 && !log->len)
		abort();
}

/* A map gets the memory that it asks for, as on Linux; a fuzzer wants to see other things. */
static bool affordable(const struct load_object *object)
{
	for (u32 i = 0; i < object->map_count; i++) {
		const struct load_map *map = &object->maps[i];
		u64 element = 64 + (u64)map->key_size + map->value_size;

		if (map->max_entries > MAP_ROOM / element)
			return false;
	}
	return true;
}

static void load_each(struct load_object *object, struct backend *engine)
{
	LOG_ON_STACK(log);

	for (u32 i = 0; i < object->prog_count && affordable(object); i++) {
		struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS,
						.section = object->progs[i].section,
						.program = object->progs[i].name };
		struct load_prog *prog;

		log_init(&log, log_text, sizeof(log_text));
		check(load_into(object, engine, &options, &log, &prog), &log);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct load_object *object;
	struct backend *engine;
	union bpf_attr attr = { 0 };
	LOG_ON_STACK(log);
	int err = load_open_memory("fuzz.o", data, size, &log, &object);

	check(err, &log);
	if (err || backend_engine_create(NULL, &engine)) {
		if (!err)
			load_close(object);
		return 0;
	}
	load_each(object, engine);
	load_close(object);
	/* Pins keep maps, and program arrays keep programs; otherwise everything is gone. */
	if (!backend_bpf(engine, BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr))) {
		backend_destroy(engine);
		return 0;
	}
	memset(&attr, 0, sizeof(attr));
	if (!backend_bpf(engine, BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr)))
		abort();
	backend_destroy(engine);
	return 0;
}
