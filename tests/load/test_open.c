// SPDX-License-Identifier: BSD-2-Clause
/* test_open.c - an object as data: its maps, programs and references, the same from every compiler,
 * instruction set, and with or without types. And what cannot be loaded, with the sentence. */
#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "object/engine.h"
#include "world.h"

struct map_row {
	const char *name;
	u32 type, key_size, value_size, max_entries, flags, id, pinning;
	bool pin_by_name;
};

struct prog_row {
	const char *name, *section;
	u32 type;
	bool tail;
	u32 tail_id, tail_idx;
	const char *maps[4];      /* that its instructions name, at least */
};

static const struct map_row legacy_maps[] = {
	{ "jumps", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 3, 0, 0x0b, 0, false },
	{ "shared", BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 0, LOAD_PIN_GLOBAL, false },
	{ "own", BPF_MAP_TYPE_HASH, 4, 4, 8, BPF_F_NO_PREALLOC, 0, LOAD_PIN_OBJECT, false },
	{ NULL },
};

static const struct prog_row legacy_progs[] = {
	{ "cls_main", "classifier", BPF_PROG_TYPE_SCHED_CLS, false, 0, 0, { "jumps", "shared", "own" } },
	{ "jump_first", "0x0b/0", BPF_PROG_TYPE_UNSPEC, true, 0x0b, 0, { NULL } },
	{ "jump_third", "0x0b/2", BPF_PROG_TYPE_UNSPEC, true, 0x0b, 2, { "own" } },
	{ NULL },
};

static const struct map_row modern_maps[] = {
	{ "pairs", BPF_MAP_TYPE_HASH, 4, 8, 16, 0, 0, 0, true },
	{ "jumps", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 0, 0, false },
	{ "more_jumps", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 0, 0, false },
	{ "modern_1.bss", BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0, 0, 0, false },
	{ "modern_1.data", BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0, 0, 0, false },
	{ "modern_1.rodata", BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_RDONLY_PROG, 0, 0, false },
	{ ".data.special", BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0, 0, 0, false },
	{ NULL },
};

static const struct prog_row modern_progs[] = {
	{ "first", "tc", BPF_PROG_TYPE_SCHED_CLS, false, 0, 0, { "pairs", "more_jumps" } },
	{ "second", "tc", BPF_PROG_TYPE_SCHED_CLS, false, 0, 0, { "modern_1.data" } },
	{ "third", "tc/tail", BPF_PROG_TYPE_SCHED_CLS, false, 0, 0, { "modern_1.bss" } },
	{ NULL },
};

static const struct map_row old_maps[] = {
	{ "table", BPF_MAP_TYPE_ARRAY, 4, 4, 16, 0, 0, 0, false },
	{ "cache", BPF_MAP_TYPE_HASH, 8, 16, 32, 0, 0, 0, false },
	{ NULL },
};

static const struct prog_row old_progs[] = {
	{ "cls_main", "classifier", BPF_PROG_TYPE_SCHED_CLS, false, 0, 0, { "table", "cache" } },
	{ NULL },
};

static void check_map(const char *name, struct load_object *object, const struct map_row *row)
{
	const struct load_map *map = load_map_by_name(object, row->name);

	if (!map)
		fail_msg("%s: no map %s", name, row->name);
	assert_int_equal(map->type, row->type);
	assert_int_equal(map->key_size, row->key_size);
	assert_int_equal(map->value_size, row->value_size);
	assert_int_equal(map->max_entries, row->max_entries);
	assert_int_equal(map->flags, row->flags);
	assert_int_equal(map->id, row->id);
	assert_int_equal(map->pinning, row->pinning);
	assert_int_equal(map->pin_by_name, row->pin_by_name);
	assert_int_equal(map->handle, -1);
}

static bool refers(const struct load_object *object, const struct load_prog *prog, const char *map)
{
	for (u32 i = 0; i < prog->ref_count; i++)
		if (!strcmp(object->maps[prog->refs[i].map].name, map))
			return true;
	return false;
}

static void check_prog(const char *name, struct load_object *object, const struct prog_row *row)
{
	struct load_options options = { .section = row->section, .program = row->name };
	struct load_prog *prog;

	if (load_choose(object, &options, NULL, &prog))
		fail_msg("%s: no program %s in section %s", name, row->name, row->section);
	assert_int_equal(prog->type, row->type);
	assert_int_equal(prog->tail, row->tail);
	if (prog->tail) {
		assert_int_equal(prog->tail_id, row->tail_id);
		assert_int_equal(prog->tail_idx, row->tail_idx);
	}
	for (u32 i = 0; i < ARRAY_SIZE(row->maps) && row->maps[i]; i++)
		if (!refers(object, prog, row->maps[i]))
			fail_msg("%s: program %s does not name map %s", name, row->name, row->maps[i]);
	for (u32 i = 0; i < prog->ref_count; i++) {
		const struct bpf_insn *insn = &prog->insns[prog->refs[i].insn];

		assert_true(prog->refs[i].insn + 1 < prog->insn_count);
		assert_int_equal(insn->code, BPF_LD | BPF_IMM | BPF_DW);
		assert_int_equal(prog->refs[i].value,
				 object->maps[prog->refs[i].map].name[0] == '.' ||
				 strchr(object->maps[prog->refs[i].map].name, '.') != NULL);
	}
	/* Calls stay inside the program. */
	for (u32 i = 0; i < prog->insn_count; i++)
		if (prog->insns[i].code == (BPF_JMP | BPF_CALL) &&
		    prog->insns[i].src_reg == BPF_PSEUDO_CALL)
			assert_in_range((s64)i + 1 + prog->insns[i].imm, 1, prog->insn_count - 1);
}

static void check_objects(const char *prefix, const struct map_row *maps, const struct prog_row *progs,
			  const char *license)
{
	char **names = object_names(prefix);

	for (char **name = names; *name; name++) {
		struct load_object *object = must_open(*name);
		u32 count = 0;

		for (const struct map_row *row = maps; row->name; row++)
			check_map(*name, object, row);
		for (const struct prog_row *row = progs; row->name; row++, count++)
			check_prog(*name, object, row);
		assert_int_equal(object->prog_count, count);
		assert_string_equal(object->license, license);
		assert_int_equal(!!object->btf, !fnmatch("*-g.o", *name, 0));
		load_close(object);
	}
	object_names_free(names);
}

static void test_legacy(void **state) { check_objects("legacy", legacy_maps, legacy_progs, "GPL"); }
static void test_modern(void **state)
{
	check_objects("modern", modern_maps, modern_progs, "Dual BSD/GPL");
}
static void test_old(void **state) { check_objects("old", old_maps, old_progs, "GPL"); }

static void test_types(void **state)
{
	char **names = object_names("legacy");
	u32 typed = 0;

	for (char **name = names; *name; name++) {
		struct load_object *object = must_open(*name);

		if (object->btf && load_map_by_name(object, "own")->btf_value_id) {
			assert_true(load_map_by_name(object, "own")->btf_key_id);
			typed++;
		}
		load_close(object);
	}
	assert_true(typed > 0);
	object_names_free(names);
}

static void test_sha1(void **state)
{
	char **names = object_names("old");
	struct load_object *object = must_open(names[0]);
	u8 bytes[1 << 16], sha1[SHA1_LEN];
	FILE *file = fopen(object_path(names[0]), "rb");
	size_t size;

	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	hash_sha1(bytes, size, sha1);
	assert_memory_equal(sha1, object->sha1, sizeof(sha1));
	load_close(object);
	object_names_free(names);
}

static void test_refused(void **state)
{
	static const struct {
		const char *pattern;
		int err;
		const char *says;
	} rows[] = {
		{ "refused-*-1.o", -EINVAL, "\"elsewhere\" is not defined" },
		{ "refused-*-2.o", -EINVAL, "\"outside\" is not defined" },
		{ "refused-*-3.o", -EINVAL, "\"everywhere\" is a common symbol" },
		{ "refused-*-4.o", 0, "" },      /* only one of its programs is */
		{ "refused-*-5.o", -EOPNOTSUPP, "maps inside of maps" },
		{ "refused-*-7.o", -EINVAL, "member colour" },
	};
	char **names = object_names("refused");

	for (char **name = names; *name; name++)
		for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
			struct load_object *object;
			LOG_ON_STACK(log);

			if (fnmatch(rows[i].pattern, *name, 0))
				continue;
			assert_int_equal(load_open(object_path(*name), &log, &object), rows[i].err);
			if (!rows[i].err)
				load_close(object);
			if (!strstr(log.text, rows[i].says))
				fail_msg("%s: \"%s\" does not say \"%s\"", *name, log.text, rows[i].says);
		}
	object_names_free(names);
}

/* Maps without a program can be looked at, not run. */
static void test_no_program(void **state)
{
	const struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS };
	char **names = object_names("refused");
	u32 seen = 0;

	for (char **name = names; *name; name++) {
		struct load_object *object;
		struct load_prog *prog;
		LOG_ON_STACK(log);

		if (fnmatch("refused-*-6.o", *name, 0))
			continue;
		object = must_open(*name);
		assert_int_equal(object->prog_count, 0);
		assert_int_equal(load_choose(object, &options, &log, &prog), -ENOENT);
		assert_non_null(strstr(log.text, "there is no program"));
		load_close(object);
		seen++;
	}
	assert_true(seen > 0);
	object_names_free(names);
}

/* Nothing in the kernel is called so: a call that nobody can make stands for what needs it. */
static void test_core_missing(void **state)
{
	char **names = object_names("refused");
	const struct engine_config config = { .unverified = true };
	struct backend *engine = engine_open(), *lenient;
	u32 seen = 0;

	assert_int_equal(backend_engine_create(&config, &lenient), 0);
	for (char **name = names; *name; name++) {
		struct load_object *object;
		struct load_prog *prog;

		if (fnmatch("refused-*-4.o", *name, 0))
			continue;
		object = must_open(*name);
		/* Nothing stands before the call in this one. */
		prog = must_load(object, lenient, "other", NULL);
		assert_int_equal(prog->insns[0].code, BPF_JMP | BPF_CALL);
		assert_true(prog->insns[0].imm > 100000);
		load_close(object);
		object = must_open(*name);
		assert_int_equal(run(engine, must_load(object, engine, NULL, NULL)->handle, 0), 7);
		load_close(object);
		seen++;
	}
	assert_true(seen > 0);
	object_names_free(names);
	backend_destroy(lenient);
	backend_destroy(engine);
}

static void test_files(void **state)
{
	char fifo[] = "/tmp/test_load.XXXXXX";
	struct load_object *object;
	LOG_ON_STACK(log);

	assert_int_equal(load_open("/nowhere/object.o", &log, &object), -ENOENT);
	assert_non_null(strstr(log.text, "/nowhere/object.o: No such file"));
	assert_int_equal(load_open("/tmp", &log, &object), -EINVAL);
	assert_int_equal(load_open("/dev/null", &log, &object), -EINVAL);
	close(mkstemp(fifo));
	assert_int_equal(load_open(fifo, &log, &object), -ENOEXEC);
	unlink(fifo);
	if (!mkfifo(fifo, 0600))
		assert_int_equal(load_open(fifo, &log, &object), -EINVAL);
	unlink(fifo);
}

static void test_choose(void **state)
{
	static const struct {
		u32 type;
		const char *section, *program, *found;
	} rows[] = {
		{ BPF_PROG_TYPE_SCHED_CLS, NULL, NULL, "cls_main" },
		{ BPF_PROG_TYPE_SCHED_ACT, NULL, NULL, "cls_main" },   /* the only one no slot waits for */
		{ 0, "0x0b/2", NULL, "jump_third" },
		{ 0, NULL, "jump_first", "jump_first" },
		{ 0, "classifier", "jump_first", NULL },
		{ 0, "class", NULL, NULL },
	};
	char **names = object_names("legacy");
	struct load_object *object = must_open(names[0]);

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		struct load_options options = { .prog_type = rows[i].type, .section = rows[i].section,
						.program = rows[i].program };
		struct load_prog *prog;
		LOG_ON_STACK(log);
		int err = load_choose(object, &options, &log, &prog);

		assert_int_equal(err, rows[i].found ? 0 : -ENOENT);
		if (rows[i].found)
			assert_string_equal(prog->name, rows[i].found);
		else
			assert_non_null(strstr(log.text, "cls_main (section classifier)"));
	}
	load_close(object);
	object_names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_modern),
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_sha1),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_program), cmocka_unit_test(test_core_missing),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_choose),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
