// SPDX-License-Identifier: BSD-2-Clause
/* test_hostile.c - damaged objects: cut at every byte, damaged by hand, and mutated at random from a
 * fixed seed.
 *
 * Each goes through load_open_memory() from an allocation of its exact size and, when that takes it,
 * through load_into() with every program in turn. It loads, or there is an error with a sentence;
 * nothing stays in the engine. Built with sanitizers, this is where they look.
 * usage: test_load_hostile [MUTATIONS [SEED]]
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

#define OBJECT_ROOM (1u << 16)
#define MAPS_ROOM (256u << 20)
#define PER_ENGINE 64      /* objects, until pins of the engine go with it */

static u32 mutations = 10000;
static u64 seed = 20160210;

struct bytes {
	u8 data[OBJECT_ROOM];
	size_t size;
};

static u64 next(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void read_object(const char *name, struct bytes *to)
{
	FILE *file = fopen(object_path(name), "rb");

	assert_non_null(file);
	to->size = fread(to->data, 1, sizeof(to->data), file);
	assert_true(to->size > 0 && to->size < sizeof(to->data));
	fclose(file);
}

static void check_sentence(int err, const struct log *log)
{
	if (err >= 0)
		return;
	if (!log->len || (!log->cut && log->text[log->len - 1] != '\n') || log->text[0] == '\n')
		fail_msg("error %d without a sentence: \"%s\"", err, log->text);
}

/* A map gets the memory that it asks for, as on Linux; the machine of the test may not have it. */
static bool affordable(const struct load_object *object)
{
	u64 bytes = 0;

	for (u32 i = 0; i < object->map_count; i++) {
		const struct load_map *map = &object->maps[i];
		u64 element = 16 * (64 + (u64)map->key_size + map->value_size);

		bytes += map->max_entries > MAPS_ROOM / element ? MAPS_ROOM : element * map->max_entries;
	}
	return bytes < MAPS_ROOM;
}

/* Returns 1 when a program was loaded, 0 when the object was opened only, or -errno. */
static int try(struct backend *engine, const u8 *data, size_t size)
{
	struct load_object *object;
	u8 *copy = malloc(size ? size : 1);
	bool loaded = false;
	LOG_ON_STACK(log);
	int err;

	assert_non_null(copy);
	memcpy(copy, data, size);
	err = load_open_memory("hostile.o", copy, size, &log, &object);
	free(copy);
	check_sentence(err, &log);
	if (err)
		return err;
	for (u32 i = 0; i < object->prog_count && affordable(object); i++) {
		struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS,
						.section = object->progs[i].section,
						.program = object->progs[i].name };
		struct load_prog *prog;

		log_init(&log, log.text, log.room);
		err = load_into(object, engine, &options, &log, &prog);
		check_sentence(err, &log);
		loaded |= !err;
	}
	load_close(object);
	return loaded;
}

static void test_cut(void **state)
{
	char **names = object_names("");
	struct bytes *bytes = malloc(sizeof(*bytes));
	struct backend *engine = engine_open();

	assert_non_null(bytes);
	/* One of each source: every byte. */
	for (char **name = names; *name; name++) {
		if (strcmp(*name, "legacy-14-v2-g.o") && strcmp(*name, "modern-14-v3-g.o") &&
		    strcmp(*name, "old-14-9.o"))
			continue;
		read_object(*name, bytes);
		for (size_t size = 0; size < bytes->size; size++)
			if (try(engine, bytes->data, size) >= 0 && size + 64 < bytes->size)
				fail_msg("%s: the first %zu of %zu bytes are taken", *name, size, bytes->size);
		assert_int_equal(try(engine, bytes->data, bytes->size), 1);
	}
	backend_destroy(engine);
	free(bytes);
	object_names_free(names);
}

/* The bytes of section @name, in an object that is sound. */
static u8 *section_at(struct bytes *bytes, const char *name, u64 *size)
{
	const Elf64_Ehdr *header = (const void *)bytes->data;
	const Elf64_Shdr *sections = (const void *)(bytes->data + header->e_shoff);
	const char *names = (const char *)bytes->data + sections[header->e_shstrndx].sh_offset;

	for (u32 i = 1; i < header->e_shnum; i++) {
		*size = sections[i].sh_size;
		if (!strcmp(names + sections[i].sh_name, name))
			return bytes->data + sections[i].sh_offset;
	}
	fail_msg("no section %s", name);
	return NULL;
}

/* A constant whose second half looks like the first of another one, at the end of a program: a
 * relocation of it must not write behind the end. */
static void second_half_is_refused(struct bytes *bytes, struct backend *engine)
{
	const struct load_options options = { .section = "tc" };
	struct load_object *object;
	struct load_prog *prog;
	LOG_ON_STACK(log);
	u64 size = 0;
	u8 *at = section_at(bytes, ".text", &size);

	assert_int_equal(size, 16);
	memset(at, 0, size);
	at[0] = at[8] = BPF_LD | BPF_IMM | BPF_DW;
	at = section_at(bytes, ".BTF.ext", &size);
	at += get_u32(at + 4) + get_u32(at + 24);
	/* Size of a record, section, count, the one record's place. */
	assert_int_equal(get_u32(at + 12), 0);
	put_u32(at + 12, 8);
	assert_int_equal(load_open_memory("wide.o", bytes->data, bytes->size, &log, &object), 0);
	assert_int_equal(load_into(object, engine, &options, &log, &prog), -EINVAL);
	assert_non_null(strstr(log.text, "instruction 3: CO-RE relocation 0 of no_such"));
	load_close(object);
}

/* A constant that stands for a symbol which is not there is a number, whatever the file says: handle 0
 * would be the loader's. */
static void absent_symbol_is_zero(struct bytes *bytes)
{
	struct load_object *object;
	struct load_prog *prog;
	LOG_ON_STACK(log);
	u32 seen = 0;
	u64 size = 0;
	u8 *at = section_at(bytes, "classifier", &size);

	for (u64 i = 0; i < size; i += 8)
		if (at[i] == (BPF_LD | BPF_IMM | BPF_DW))
			at[i + 1] |= BPF_PSEUDO_MAP_FD << 4;
	if (load_open_memory("wide.o", bytes->data, bytes->size, &log, &object))
		fail_msg("%s", log.text);
	assert_int_equal(load_choose(object, &(struct load_options){ 0 }, &log, &prog), 0);
	for (u32 i = 0; i < prog->insn_count; i++) {
		if (prog->insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		assert_int_equal(prog->insns[i].src_reg, 0);
		seen++;
	}
	assert_int_equal(seen, 1);
	load_close(object);
}

static void test_by_hand(void **state)
{
	char **names = object_names("wide");
	struct bytes *bytes = malloc(sizeof(*bytes));
	struct backend *engine = engine_open();

	assert_non_null(bytes);
	for (char **name = names; *name; name++) {
		read_object(*name, bytes);
		second_half_is_refused(bytes, engine);
		read_object(*name, bytes);
		absent_symbol_is_zero(bytes);
	}
	backend_destroy(engine);
	free(bytes);
	object_names_free(names);
}

static const u64 extremes[] = {
	0, 1, 2, 3, 4, 7, 8, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff8,
	0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff8, ~0ull,
};

/* The bytes of a section, in an object that is sound. */
static u32 section_of(const struct bytes *bytes, u64 pick, u32 type, u64 *off, u64 *size)
{
	const Elf64_Ehdr *header = (const void *)bytes->data;
	const Elf64_Shdr *sections = (const void *)(bytes->data + header->e_shoff);
	u32 found = 0;

	for (u32 round = 0; round < 2 && !found; round++)
		for (u32 i = 1; i < header->e_shnum; i++) {
			u32 at = 1 + (u32)((pick + i) % (header->e_shnum - 1u));

			if ((type && sections[at].sh_type != type) || !sections[at].sh_size ||
			    sections[at].sh_type == SHT_NOBITS)
				continue;
			found = at;
			*off = sections[at].sh_offset;
			*size = sections[at].sh_size;
			break;
		}
	return found;
}

/* An aligned word of @width bytes in [off, off + size) becomes an extreme, or a little different. */
static void set_word(struct bytes *to, u64 *state, u64 off, u64 size, u32 width)
{
	u64 at, value;

	if (size < width)
		return;
	at = off + next(state) % (size / width) * width;
	value = next(state) % 4 ? extremes[next(state) % ARRAY_SIZE(extremes)] : next(state) % to->size;
	memcpy(to->data + at, &value, width);
}

/* @pristine is where offsets are looked up: @to may be damaged already. */
static void mutate(const struct bytes *pristine, struct bytes *to, u64 *state)
{
	const Elf64_Ehdr *header = (const void *)pristine->data;
	u64 off = 0, size = 0;
	u32 width = 1u << next(state) % 4;

	switch (next(state) % 9) {
	case 0:      /* a bit */
		to->data[next(state) % to->size] ^= (u8)(1u << next(state) % 8);
		break;
	case 1:      /* bytes */
		for (u32 i = 0; i < 1 + next(state) % 8; i++)
			to->data[next(state) % to->size] = (u8)next(state);
		break;
	case 2:      /* a piece over another place */
		size = 1 + next(state) % 64;
		off = next(state) % (to->size - size);
		memmove(to->data + off, to->data + next(state) % (to->size - size), size);
		break;
	case 3:      /* the header */
		set_word(to, state, 16, sizeof(*header) - 16, width);
		break;
	case 4:      /* section headers */
		set_word(to, state, header->e_shoff, header->e_shnum * sizeof(Elf64_Shdr),
			 next(state) % 2 ? 4 : 8);
		break;
	case 5:      /* symbols */
		if (section_of(pristine, next(state), SHT_SYMTAB, &off, &size))
			set_word(to, state, off, size, width);
		break;
	case 6:      /* relocations */
		if (section_of(pristine, next(state), SHT_REL, &off, &size))
			set_word(to, state, off, size, width);
		break;
	case 7:      /* programs, maps, BTF */
	case 8:
		if (section_of(pristine, next(state), SHT_PROGBITS, &off, &size))
			set_word(to, state, off, size, width);
		break;
	}
}

static void test_mutated(void **state)
{
	char **names = object_names("");
	struct bytes *pristine = malloc(sizeof(*pristine)), *bytes = malloc(sizeof(*bytes));
	struct backend *engine = NULL;
	u32 count = 0, taken = 0, opened = 0;
	u64 random = seed;
	struct ids left;

	assert_true(pristine && bytes);
	while (names[count])
		count++;
	for (u32 i = 0; i < mutations; i++) {
		int got;

		if (i % PER_ENGINE == 0) {
			backend_destroy(engine);
			engine = engine_open();
			read_object(names[next(&random) % count], pristine);
		}
		memcpy(bytes, pristine, sizeof(*bytes));
		for (u32 n = 1 + next(&random) % 4; n--;)
			mutate(pristine, bytes, &random);
		got = try(engine, bytes->data, bytes->size);
		taken += got > 0;
		opened += got >= 0;
	}
	left = ids(engine);
	assert_int_equal(left.progs, 0);
	assert_int_equal(left.btfs, 0);
	print_message("# %u objects: %u opened, %u loaded\n", mutations, opened, taken);
	/* A generator that breaks everything at once, or nothing, tests nothing. */
	assert_in_range(opened, mutations / 20, mutations - mutations / 20);
	assert_in_range(taken, mutations / 40, opened);
	backend_destroy(engine);
	free(pristine);
	free(bytes);
	object_names_free(names);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_mutated),
	};

	if (argc > 1)
		mutations = (u32)strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
