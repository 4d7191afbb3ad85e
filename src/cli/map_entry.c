// SPDX-License-Identifier: BSD-2-Clause
/* map_entry.c - one entry of a map: from words, through bpf(2), to text or JSON.
 *
 * Sizes come from the kernel's answer about the map. What it writes into a value is bounded by the CPUs
 * that it may have, so there is room for as many as the system calls count in either way.
 */
#include "cli/map_entry.h"

#include <bpf/btf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/btf_object.h"
#include "cli/btf_value.h"

#define SIZE_MAX_OF_MAPS (1u << 30)
#define LINE_BYTES 24           /* key and value on one line up to this */
#define WIDE_BYTES 16           /* longer than this begins a line of its own */

bool map_entry_is_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

bool map_holds_progs(u32 type)
{
	return type == BPF_MAP_TYPE_PROG_ARRAY;
}

bool map_holds_maps(u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static int make_room(struct map_entry *e)
{
	long configured = sysconf(_SC_NPROCESSORS_CONF);
	u32 most = 1;

	if (e->info.key_size > SIZE_MAX_OF_MAPS || e->info.value_size > SIZE_MAX_OF_MAPS)
		return -EFBIG;
	e->cpus = 1;
	e->stride = e->info.value_size;
	if (map_entry_is_percpu(e->info.type)) {
		e->cpus = objects_cpus();
		e->stride = (u32)round_up_u64(e->info.value_size, 8);
		most = configured > e->cpus ? (u32)configured : e->cpus;
	}
	/* A byte more, so that nothing is no room at all. */
	e->key = calloc(1, (size_t)e->info.key_size + 1);
	e->value = calloc(most, (size_t)e->stride + 1);
	return e->key && e->value ? 0 : -ENOMEM;
}

int map_entry_open(struct map_entry *e, struct objects *o, int handle, bool typed)
{
	int err;

	*e = (struct map_entry){ .o = o, .handle = handle, .held = -1 };
	err = objects_info(o, handle, &e->info, sizeof(e->info), NULL);
	if (err)
		return objects_refused(o, err, "nothing can be learnt about the map");
	err = make_room(e);
	if (!err && typed && e->info.btf_id && e->info.btf_value_type_id)
		err = btf_by_id(o, e->info.btf_id, &e->btf);
	return err;
}

void map_entry_close(struct map_entry *e)
{
	if (e->held >= 0)
		(void)backend_close(e->o->backend, e->held);
	(void)backend_close(e->o->backend, e->handle);
	btf__free(e->btf);
	free(e->key);
	free(e->value);
}

static bool is_flag_word(const struct words *words)
{
	return words_are(words, "any") || words_are(words, "noexist") || words_are(words, "exist");
}

/* [hex] BYTES, exactly @size of them. */
static int take_bytes(struct words *words, const char *what, u8 *to, u32 size)
{
	int base = words_take(words, "hex") ? 16 : 0, err;

	for (u32 i = 0; i < size; i++) {
		if (!words->count || words_are(words, "key") || words_are(words, "value"))
			return log_error(words->log, -EINVAL, "%s expected %u bytes got %u", what, size,
					 i);
		err = words_byte(words, *words->at, base, &to[i]);
		if (err)
			return err;
		(void)words_next(words);
	}
	return 0;
}

/* Every CPU gets the value that was given. */
static void spread(struct map_entry *e)
{
	for (u32 cpu = 1; cpu < e->cpus; cpu++)
		memcpy(e->value + (size_t)cpu * e->stride, e->value, e->info.value_size);
}

static int take_value(struct map_entry *e, struct words *words)
{
	bool progs = map_holds_progs(e->info.type);
	int err;

	if (!progs && !map_holds_maps(e->info.type)) {
		err = take_bytes(words, "value", e->value, e->info.value_size);
		spread(e);
		return err;
	}
	if (e->info.value_size != sizeof(u32))
		return log_error(words->log, -EINVAL, "a value of %u bytes holds no handle",
				 e->info.value_size);
	e->held = objects_open_one(e->o, progs ? KIND_PROG : KIND_MAP, words);
	if (e->held < 0)
		return e->held;
	put_u32(e->value, (u32)e->held);
	return 0;
}

static void take_flags(struct map_entry *e, struct words *words)
{
	const char *word = words_next(words);

	e->flags = word_is(word, "any") ? BPF_ANY : word_is(word, "exist") ? BPF_EXIST : BPF_NOEXIST;
}

int map_entry_words(struct map_entry *e, struct words *words, int takes, int needs)
{
	int given = 0, err = 0;

	while (!err && words->count) {
		int now;

		if (takes & ENTRY_KEY && words_take(words, "key"))
			now = ENTRY_KEY;
		else if (takes & ENTRY_VALUE && words_take(words, "value"))
			now = ENTRY_VALUE;
		else if (takes & ENTRY_FLAGS && is_flag_word(words))
			now = ENTRY_FLAGS;
		else
			return log_error(words->log, -EINVAL, "expected key or value, got: %s", *words->at);
		if (given & now)
			return log_error(words->log, -EINVAL, "the %s is given twice",
					 now == ENTRY_KEY ? "key" : now == ENTRY_VALUE ? "value" : "flag");
		given |= now;
		if (now == ENTRY_KEY)
			err = take_bytes(words, "key", e->key, e->info.key_size);
		else if (now == ENTRY_VALUE)
			err = take_value(e, words);
		else
			take_flags(e, words);
	}
	/* A queue has no keys to give. */
	if (!e->info.key_size)
		needs &= ~ENTRY_KEY;
	if (!err && needs & ~given)
		err = log_error(words->log, -EINVAL, "did not find %s",
				needs & ~given & ENTRY_KEY ? "key" : "value");
	return err ? err : given;
}

int map_entry_call(struct map_entry *e, int cmd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)e->handle;
	/* A key of no bytes is no key. */
	attr.key = e->info.key_size ? ptr_u64(e->key) : 0;
	if (cmd != BPF_MAP_DELETE_ELEM) {
		attr.value = ptr_u64(e->value);
		attr.flags = e->flags;
	}
	return objects_bpf(e->o, cmd, &attr);
}

int map_entry_next(struct map_entry *e, bool first, u8 *next)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)e->handle;
	attr.key = first ? 0 : ptr_u64(e->key);
	attr.next_key = ptr_u64(next);
	return objects_bpf(e->o, BPF_MAP_GET_NEXT_KEY, &attr);
}

/* "cpu" and "value" of every CPU, by what @show does with a value. */
static void show_cpus(struct map_entry *e, struct out *out,
		      void (*show)(struct map_entry *, const struct btf_value *, const u8 *),
		      const struct btf_value *typed)
{
	out_array(out, "values");
	for (u32 cpu = 0; cpu < e->cpus; cpu++) {
		out_object(out, NULL);
		out_u64(out, "cpu", NULL, cpu);
		show(e, typed, e->value + (size_t)cpu * e->stride);
		out_object_end(out);
	}
	out_array_end(out);
}

static void value_typed(struct map_entry *e, const struct btf_value *typed, const u8 *value)
{
	btf_value(typed, "value", e->info.btf_value_type_id, value, e->info.value_size);
}

static void value_hex(struct map_entry *e, const struct btf_value *typed, const u8 *value)
{
	objects_out_hex(&e->o->out, "value", value, e->info.value_size);
}

/* Members of an object that is open: the key, if it has a type, and the value. */
static void show_typed(struct map_entry *e, const struct btf_value *typed)
{
	if (e->info.btf_key_type_id)
		btf_value(typed, "key", e->info.btf_key_type_id, e->key, e->info.key_size);
	if (map_entry_is_percpu(e->info.type))
		show_cpus(e, typed->out, value_typed, typed);
	else
		value_typed(e, typed, e->value);
}

static void show_json(struct map_entry *e)
{
	struct out *out = &e->o->out;
	const struct btf_value typed = { .out = out, .btf = e->btf };

	out_object(out, NULL);
	objects_out_hex(out, "key", e->key, e->info.key_size);
	if (map_entry_is_percpu(e->info.type))
		show_cpus(e, out, value_hex, NULL);
	else
		value_hex(e, NULL, e->value);
	if (e->btf) {
		out_object(out, "formatted");
		show_typed(e, &typed);
		out_object_end(out);
	}
	out_object_end(out);
}

static void show_text(struct map_entry *e)
{
	bool wide = e->info.key_size > WIDE_BYTES || e->info.value_size > WIDE_BYTES;
	bool one_line = !wide && e->info.key_size + e->info.value_size <= LINE_BYTES;
	struct out *out = &e->o->out;

	if (e->info.key_size) {
		out_text(out, "key:%c", wide ? '\n' : ' ');
		objects_text_hex(out, e->key, e->info.key_size);
		out_text(out, one_line ? "  " : "\n");
	}
	if (e->info.value_size) {
		out_text(out, "value:%c", wide ? '\n' : ' ');
		objects_text_hex(out, e->value, e->info.value_size);
	}
	out_text(out, "\n");
}

static void show_text_cpus(struct map_entry *e)
{
	struct out *out = &e->o->out;

	if (e->info.key_size) {
		out_text(out, "key:\n");
		objects_text_hex(out, e->key, e->info.key_size);
		out_text(out, "\n");
	}
	for (u32 cpu = 0; e->info.value_size && cpu < e->cpus; cpu++) {
		out_text(out, "value (CPU %02u):%c", cpu, e->info.value_size > WIDE_BYTES ? '\n' : ' ');
		objects_text_hex(out, e->value + (size_t)cpu * e->stride, e->info.value_size);
		out_text(out, "\n");
	}
}

void map_entry_show(struct map_entry *e, struct out *typed)
{
	const struct btf_value plain = { .out = typed, .btf = e->btf, .plain = true };

	if (e->o->json) {
		show_json(e);
	} else if (e->btf) {
		out_object(typed, NULL);
		show_typed(e, &plain);
		out_object_end(typed);
	} else if (map_entry_is_percpu(e->info.type)) {
		show_text_cpus(e);
	} else {
		show_text(e);
	}
}
