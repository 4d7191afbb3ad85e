// SPDX-License-Identifier: BSD-2-Clause
/* test_into.c - objects in the engine and, as root, in Linux: the same verdicts, the same facts about
 * programs and maps; pins that are shared; what is refused; and nothing left after any failure.
 *
 * Failures are made by a backend that lets call number 0, 1, 2, ... of a load fail, until none does.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "object/engine.h"
#include "world.h"

static struct backend *linux_side;    /* NULL: cannot be asked, because */
static const char *why;

/* A test on Linux, or skipped. */
static struct backend *linux_or_skip(void)
{
	if (!linux_side) {
		print_message("# skip: %s\n", why);
		skip();
	}
	return linux_side;
}

/* Pins of one test must not meet another. */
static void unpin_all(struct backend *backend, const struct load_object *object)
{
	char path[256], sha1[41];

	for (u32 i = 0; i < sizeof(object->sha1); i++)
		snprintf(sha1 + 2 * i, 3, "%02x", object->sha1[i]);
	for (u32 i = 0; i < object->map_count; i++) {
		snprintf(path, sizeof(path), GLOBALS "%s", object->maps[i].name);
		(void)backend_unpin(backend, path);
		snprintf(path, sizeof(path), "/sys/fs/bpf/tc/%s/%s", sha1, object->maps[i].name);
		(void)backend_unpin(backend, path);
	}
	snprintf(path, sizeof(path), "/sys/fs/bpf/tc/%s", sha1);
	(void)backend_unpin(backend, path);
	(void)backend_unpin(backend, "/sys/fs/bpf/tc/globals");
	(void)backend_unpin(backend, "/sys/fs/bpf/tc");
}

static void check_run(struct backend *backend, const char *name, const struct load_prog *prog,
		      u32 mark, u32 verdict)
{
	u32 got = run(backend, prog->handle, mark);

	if (got != verdict)
		fail_msg("%s: mark %u: verdict %u instead of %u", name, mark, got, verdict);
}

static void check_verdicts(struct backend *backend)
{
	char **names = object_names("legacy");
	struct load_object *object;
	struct load_prog *prog;

	for (char **name = names; *name; name++) {
		object = must_open(*name);
		prog = must_load(object, backend, NULL, NULL);
		check_run(backend, *name, prog, 1, 101);  /* no program in slot 1 */
		check_run(backend, *name, prog, 0, 40);
		check_run(backend, *name, prog, 2, 41);
		check_run(backend, *name, prog, 7, 104);
		unpin_all(backend, object);
		load_close(object);
	}
	object_names_free(names);
	names = object_names("modern");
	for (char **name = names; *name; name++) {
		object = must_open(*name);
		prog = must_load(object, backend, "tc", NULL);
		check_run(backend, *name, prog, 0, 9 + 33 + 1000 + 5);
		check_run(backend, *name, prog, 1, 2 + 33 + 26);        /* slot 1: third() */
		check_run(backend, *name, prog, 3, 9 + 21 + 1000 + 5);  /* slot 3: itself, 33 times */
		check_run(backend, *name, must_load(object, backend, NULL, "second"), 0, 26);
		unpin_all(backend, object);
		load_close(object);
	}
	object_names_free(names);
	names = object_names("old");
	for (char **name = names; *name; name++) {
		object = must_open(*name);
		check_run(backend, *name, must_load(object, backend, NULL, NULL), 19, 3);
		load_close(object);
	}
	object_names_free(names);
}

static void test_verdicts_engine(void **state)
{
	struct backend *engine = engine_open();
	struct ids left;

	check_verdicts(engine);
	left = ids(engine);
	assert_int_equal(left.maps + left.progs + left.btfs, 0);
	backend_destroy(engine);
}

static void test_verdicts_linux(void **state)
{
	check_verdicts(linux_or_skip());
}

static void same_prog(const char *name, struct backend *engine, int a, int b)
{
	struct bpf_prog_info ours = { 0 }, theirs = { 0 };

	info(engine, a, &ours, sizeof(ours));
	info(linux_side, b, &theirs, sizeof(theirs));
	if (memcmp(ours.tag, theirs.tag, sizeof(ours.tag)))
		fail_msg("%s: program %s has another tag on Linux", name, ours.name);
	assert_int_equal(ours.type, theirs.type);
	assert_int_equal(ours.gpl_compatible, theirs.gpl_compatible);
	assert_string_equal(ours.name, theirs.name);
	assert_int_equal(ours.nr_map_ids, theirs.nr_map_ids);
	assert_int_equal(!ours.btf_id, !theirs.btf_id);
	assert_int_equal(ours.nr_func_info, theirs.nr_func_info);
	if (ours.nr_line_info != theirs.nr_line_info)
		fail_msg("%s: program %s: %u lines, %u on Linux", name, ours.name, ours.nr_line_info,
			 theirs.nr_line_info);
}

static void same_map(const char *name, struct backend *engine, int a, int b)
{
	struct bpf_map_info ours = { 0 }, theirs = { 0 };

	info(engine, a, &ours, sizeof(ours));
	info(linux_side, b, &theirs, sizeof(theirs));
	assert_string_equal(ours.name, theirs.name);
	assert_int_equal(ours.type, theirs.type);
	assert_int_equal(ours.key_size, theirs.key_size);
	assert_int_equal(ours.value_size, theirs.value_size);
	assert_int_equal(ours.max_entries, theirs.max_entries);
	assert_int_equal(ours.map_flags, theirs.map_flags);
	if (!ours.btf_id != !theirs.btf_id)
		fail_msg("%s: map %s has types on one side only", name, ours.name);
	assert_int_equal(ours.btf_key_type_id, theirs.btf_key_type_id);
	assert_int_equal(ours.btf_value_type_id, theirs.btf_value_type_id);
}

/* Everything that can be asked about, on both sides. */
static void test_same(void **state)
{
	static const struct {
		const char *prefix, *section;
	} rows[] = { { "legacy", "classifier" }, { "modern", "tc" }, { "old", "classifier" } };
	struct backend *engine;

	linux_or_skip();
	engine = engine_open();
	for (u32 r = 0; r < ARRAY_SIZE(rows); r++) {
		char **names = object_names(rows[r].prefix);

		for (char **name = names; *name; name++) {
			struct load_object *ours = must_open(*name), *theirs = must_open(*name);

			must_load(ours, engine, rows[r].section, NULL);
			must_load(theirs, linux_side, rows[r].section, NULL);
			assert_int_equal(ours->btf_handle < 0, theirs->btf_handle < 0);
			assert_int_equal(ours->btf_handle < 0, !ours->btf);
			for (u32 i = 0; i < ours->map_count; i++)
				same_map(*name, engine, ours->maps[i].handle, theirs->maps[i].handle);
			for (u32 i = 0; i < ours->prog_count; i++) {
				assert_int_equal(ours->progs[i].handle < 0, theirs->progs[i].handle < 0);
				if (ours->progs[i].handle >= 0)
					same_prog(*name, engine, ours->progs[i].handle,
						  theirs->progs[i].handle);
			}
			unpin_all(engine, ours);
			unpin_all(linux_side, theirs);
			load_close(ours);
			load_close(theirs);
		}
		object_names_free(names);
	}
	backend_destroy(engine);
}

/* Types and lines arrive: one function record for each function, lines from each. */
static void test_notes(void **state)
{
	struct backend *engine = engine_open();
	char **names = object_names("modern");

	for (char **name = names; *name; name++) {
		struct load_object *object = must_open(*name);
		struct bpf_prog_info about = { 0 };

		info(engine, must_load(object, engine, "tc", NULL)->handle, &about, sizeof(about));
		assert_int_equal(about.nr_func_info, 3);      /* first, sum, step */
		assert_true(about.nr_line_info > 10);
		unpin_all(engine, object);
		load_close(object);
	}
	object_names_free(names);
	backend_destroy(engine);
}

/* Two loads of one file share both maps, loads of two files only the global one. */
static void check_sharing(struct backend *backend)
{
	char **names = object_names("legacy");
	struct load_object *one = must_open(names[0]), *two = must_open(names[0]);
	struct load_object *other = must_open(names[1]);
	struct load_prog *first = must_load(one, backend, NULL, NULL);
	struct load_prog *second = must_load(two, backend, NULL, NULL);
	struct load_prog *third = must_load(other, backend, NULL, NULL);
	struct bpf_map_info a, b, c;
	const char *const maps[] = { "shared", "own", "jumps" };

	for (u32 i = 0; i < ARRAY_SIZE(maps); i++) {
		memset(&a, 0, sizeof(a)), memset(&b, 0, sizeof(b)), memset(&c, 0, sizeof(c));
		info(backend, load_map_by_name(one, maps[i])->handle, &a, sizeof(a));
		info(backend, load_map_by_name(two, maps[i])->handle, &b, sizeof(b));
		info(backend, load_map_by_name(other, maps[i])->handle, &c, sizeof(c));
		assert_int_equal(a.id == b.id, i < 2);
		assert_int_equal(a.id == c.id, i < 1);
	}
	check_run(backend, "first", first, 1, 101);
	check_run(backend, "second", second, 1, 102);
	check_run(backend, "third", third, 1, 103);
	load_close(one);
	load_close(two);
	one = must_open(names[0]);
	check_run(backend, "again", must_load(one, backend, NULL, NULL), 1, 104);
	assert_true(pinned(backend, GLOBALS "shared"));
	unpin_all(backend, one);
	unpin_all(backend, other);
	assert_false(pinned(backend, GLOBALS "shared"));
	load_close(one);
	load_close(other);
	object_names_free(names);
}

static void test_sharing_engine(void **state)
{
	struct backend *engine = engine_open();

	check_sharing(engine);
	backend_destroy(engine);
}

static void test_sharing_linux(void **state)
{
	check_sharing(linux_or_skip());
}

/* A pin of another form: told field by field, and left as it is. */
static void check_differs(struct backend *backend)
{
	struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS };
	char **names = object_names("legacy");
	struct load_object *object = must_open(names[0]), *again = must_open(names[0]);
	struct load_map *map = load_map_by_name(again, "shared");
	struct load_prog *prog;
	LOG_ON_STACK(log);

	must_load(object, backend, NULL, NULL);
	map->max_entries = 3;
	map->type = BPF_MAP_TYPE_HASH;
	map->flags = BPF_F_NO_PREALLOC;
	assert_int_equal(load_into(again, backend, &options, &log, &prog), -EINVAL);
	assert_non_null(strstr(log.text, "map shared is another one than " GLOBALS "shared"));
	assert_non_null(strstr(log.text, "type: 1 in the object, 2 pinned"));
	assert_non_null(strstr(log.text, "max_entries: 3 in the object, 2 pinned"));
	assert_non_null(strstr(log.text, "flags: 1 in the object, 0 pinned"));
	assert_null(strstr(log.text, "key size"));
	map->type = BPF_MAP_TYPE_ARRAY;
	map->flags = 0;
	map->max_entries = 2;
	map->key_size = 8;
	map->value_size = 4;
	log_init(&log, log.text, log.room);
	assert_int_equal(load_into(again, backend, &options, &log, &prog), -EINVAL);
	assert_non_null(strstr(log.text, "key size: 8 in the object, 4 pinned"));
	assert_non_null(strstr(log.text, "value size: 4 in the object, 8 pinned"));
	map->key_size = 4;
	map->value_size = 8;
	must_load(again, backend, NULL, NULL);
	unpin_all(backend, again);
	load_close(object);
	load_close(again);
	object_names_free(names);
}

static void test_differs_engine(void **state)
{
	struct backend *engine = engine_open();

	check_differs(engine);
	backend_destroy(engine);
}

static void test_differs_linux(void **state)
{
	check_differs(linux_or_skip());
}

/* What is refused, with the sentence that names object and program or map. */
static void check_refused(struct backend *backend)
{
	struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS };
	char **names = object_names("legacy"), *newline;
	struct load_object *object;
	struct load_prog *prog;
	LOG_ON_STACK(log);

	object = must_open(names[0]);
	assert_int_equal(load_choose(object, &options, NULL, &prog), 0);
	prog->insns[0].code = 0xff;
	assert_int_equal(load_into(object, backend, &options, &log, &prog), -EINVAL);
	assert_non_null(strstr(log.text, "opcode"));     /* the kernel's own words */
	newline = strchr(log.text, '\n');
	assert_non_null(newline);
	*newline = '\0';
	assert_non_null(strstr(log.text, names[0]));
	assert_non_null(strstr(log.text, "program cls_main (section classifier) is refused: "));
	assert_false(pinned(backend, GLOBALS "shared"));
	load_close(object);

	object = must_open(names[0]);
	load_map_by_name(object, "own")->value_size = 0;
	log_init(&log, log.text, log.room);
	assert_int_equal(load_into(object, backend, &options, &log, &prog), -EINVAL);
	assert_non_null(strstr(log.text, "map own (type 1, key 4, value 0,"));
	load_close(object);

	object = must_open(names[0]);
	object->progs[0].tail = true;
	object->progs[0].tail_id = 0x0b;
	object->progs[0].tail_idx = 3;
	log_init(&log, log.text, log.room);
	assert_int_equal(load_into(object, backend, &options, &log, &prog), -E2BIG);
	assert_non_null(strstr(log.text, "slot 3 of map jumps, which has 3"));
	load_close(object);

	object = must_open(names[0]);
	load_map_by_name(object, "own")->pinning = 4;
	log_init(&log, log.text, log.room);
	assert_int_equal(load_into(object, backend, &options, &log, &prog), -EOPNOTSUPP);
	assert_non_null(strstr(log.text, "bpf_pinning"));
	load_close(object);
	object_names_free(names);
}

static void test_refused_engine(void **state)
{
	struct backend *engine = engine_open();
	struct ids left;

	check_refused(engine);
	left = ids(engine);
	assert_int_equal(left.maps + left.progs + left.btfs, 0);
	backend_destroy(engine);
}

static void test_refused_linux(void **state)
{
	check_refused(linux_or_skip());
}

static int next_handle(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void read_slots(struct backend *backend, const struct load_map *map, u32 slots[4])
{
	for (u32 i = 0; i < 4; i++)
		slots[i] = id_in_slot(backend, map->handle, i);
}

/* One load with each call failing in turn. With @before, the maps and a program are there already,
 * pinned by another load, and stay what they were. */
static void check_failures(struct backend *backend, const char *name, const char *section, bool before)
{
	struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .section = section };
	struct load_object *first = must_open(name);
	struct ids at_first, now;
	u32 slots[4] = { 0 }, failed = 0;
	int left = -1, handle;
	struct load_map *jumps = NULL;
	bool done = false;

	if (before) {
		jumps = load_map_by_name(first, "jumps");
		jumps->pinning = LOAD_PIN_GLOBAL;
		must_load(first, backend, section, NULL);
		read_slots(backend, jumps, slots);
		assert_true(slots[0] && !slots[1] && slots[2]);
	}
	at_first = ids(backend);
	handle = next_handle();
	for (int call = 0; !done; call++) {
		struct backend *proxy = proxy_create(backend, &left);
		struct load_object *object = must_open(name);
		struct load_prog *prog;
		LOG_ON_STACK(log);
		int err;

		if (before)
			load_map_by_name(object, "jumps")->pinning = LOAD_PIN_GLOBAL;
		left = call;
		err = load_into(object, proxy, &options, &log, &prog);
		if (err) {
			u32 slots_now[4] = { 0 };

			assert_true(log.len > 0 && log.text[log.len - 1] == '\n');
			for (u32 i = 0; i < object->prog_count; i++)
				assert_int_equal(object->progs[i].handle, -1);
			for (u32 i = 0; i < object->map_count; i++)
				assert_int_equal(object->maps[i].handle, -1);
			assert_int_equal(object->btf_handle, -1);
			assert_null(object->backend);
			failed++;
			if (backend != linux_side) {
				now = ids(backend);
				assert_memory_equal(&now, &at_first, sizeof(now));
			}
			assert_int_equal(pinned(backend, GLOBALS "shared"), before);
			assert_int_equal(pinned(backend, GLOBALS "pairs"), false);
			if (before)
				read_slots(backend, jumps, slots_now);
			assert_memory_equal(slots_now, slots, sizeof(slots));
			assert_int_equal(next_handle(), handle);
		} else if (!before) {
			unpin_all(backend, object);
		}
		done = !err && left >= 0;
		load_close(object);
		free(proxy);
		/* A call that a load can do without (BTF) failed unnoticed: there is something new. */
		if (!err && before) {
			read_slots(backend, jumps, slots);
			at_first = ids(backend);
		}
	}
	assert_true(failed > 5);
	unpin_all(backend, first);
	load_close(first);
}

static void check_all_failures(struct backend *backend)
{
	char **legacy = object_names("legacy"), **modern = object_names("modern");

	check_failures(backend, legacy[0], "classifier", false);
	check_failures(backend, legacy[1], "classifier", true);
	check_failures(backend, modern[0], "tc", false);
	object_names_free(legacy);
	object_names_free(modern);
}

static void test_failures_engine(void **state)
{
	struct backend *engine = engine_open();

	check_all_failures(engine);
	backend_destroy(engine);
}

static void test_failures_linux(void **state)
{
	check_all_failures(linux_or_skip());
}

/* Where no bpffs is mounted, a pin mounts one, and a failure takes it away again. */
static void test_mount(void **state)
{
	struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS };
	struct load_object *object;
	struct load_prog *prog;
	LOG_ON_STACK(log);
	char **names;

	linux_or_skip();
	names = object_names("legacy");
	object = must_open(names[0]);
	assert_int_equal(umount("/sys/fs/bpf"), 0);
	load_map_by_name(object, "own")->pinning = LOAD_PIN_GLOBAL;
	strcpy(load_map_by_name(object, "own")->name, "shared");  /* the second pin of this name */
	assert_int_equal(load_into(object, linux_side, &options, &log, &prog), -EEXIST);
	assert_non_null(strstr(log.text, "cannot be pinned as " GLOBALS "shared"));
	assert_int_equal(umount("/sys/fs/bpf"), -1);
	load_close(object);
	object = must_open(names[0]);
	must_load(object, linux_side, NULL, NULL);
	assert_true(pinned(linux_side, GLOBALS "shared"));
	unpin_all(linux_side, object);
	load_close(object);
	object_names_free(names);
}

/* Where the engine's pins are files, the loader makes their directories, mounts nothing, and takes
 * back what it made; the second load finds the first's map. */
static void test_run_directory(void **state)
{
	char rundir[] = "/tmp/test_into.XXXXXX", path[256];
	struct engine_config config = { .rundir = mkdtemp(rundir) };
	char **names = object_names("legacy");
	struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS };
	struct load_object *one, *two;
	struct backend *engine;
	struct load_prog *prog;

	assert_int_equal(backend_engine_create(&config, &engine), 0);
	one = must_open(names[0]);
	load_map_by_name(one, "own")->pinning = LOAD_PIN_GLOBAL;
	strcpy(load_map_by_name(one, "own")->name, "shared");  /* the second pin of this name */
	assert_int_equal(load_into(one, engine, &options, NULL, &prog), -EEXIST);
	load_close(one);
	snprintf(path, sizeof(path), "%s/bpf/tc", rundir);
	assert_int_not_equal(access(path, F_OK), 0);

	one = must_open(names[0]);
	two = must_open(names[0]);
	must_load(one, engine, NULL, NULL);
	check_run(engine, "first", must_load(two, engine, NULL, NULL), 1, 101);
	snprintf(path, sizeof(path), "%s/bpf/tc/globals/shared", rundir);
	assert_int_equal(access(path, F_OK), 0);
	assert_true(pinned(engine, GLOBALS "shared"));
	assert_int_equal(unlink(path), 0);
	assert_false(pinned(engine, GLOBALS "shared"));
	load_close(one);
	load_close(two);
	object_names_free(names);
	backend_destroy(engine);
	snprintf(path, sizeof(path), "%s/lock", rundir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/bpf", rundir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(rundir), 0);
}

/* The classifier inside its caller: the same verdict, and its context in a map. */
static void check_wrapper(struct backend *backend, const char *name)
{
	static const u16 fields[] = { offsetof(struct __sk_buff, mark), offsetof(struct __sk_buff, len) };
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16,
				.max_entries = 1 };
	struct load_wrapper wrapper = { .field_off = fields, .field_count = ARRAY_SIZE(fields) };
	struct load_options options = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .wrapper = &wrapper };
	struct load_object *object = must_open(name);
	struct load_prog *prog;
	u64 stored[2] = { 0 };
	u32 key = 0;
	LOG_ON_STACK(log);

	wrapper.map_handle = backend_bpf(backend, BPF_MAP_CREATE, &attr, sizeof(attr));
	assert_true(wrapper.map_handle >= 0);
	if (load_into(object, backend, &options, &log, &prog))
		fail_msg("%s", log.text);
	check_run(backend, name, prog, 1, 101);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)wrapper.map_handle;
	attr.key = ptr_u64(&key);
	attr.value = ptr_u64(stored);
	assert_int_equal(backend_bpf(backend, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)), 0);
	assert_int_equal(stored[0], 1);
	assert_int_equal(stored[1], 64);
	unpin_all(backend, object);
	load_close(object);
	(void)backend_close(backend, wrapper.map_handle);
}

static void check_wrappers(struct backend *backend)
{
	char **names = object_names("legacy");

	/* Linux takes tail calls in a sub-program only with types: those are the objects with -g. */
	for (char **name = names; *name; name++)
		if (strstr(*name, "-g.o"))
			check_wrapper(backend, *name);
	object_names_free(names);
}

/* The structures that both kernels have lie alike in both, and the release is told apart. */
static void test_core(void **state)
{
	static const char *const programs[] = { "context", "questions", "numbers", "externs" };
	struct backend *real = linux_or_skip(), *engine = engine_open();
	char **names = object_names("core");
	u32 seen = 0;

	for (char **name = names; *name; name++) {
		struct load_object *here = must_open(*name), *there = must_open(*name);

		for (u32 i = 0; i < ARRAY_SIZE(programs); i++) {
			struct load_prog *a = must_load(here, engine, NULL, programs[i]);
			struct load_prog *b = must_load(there, real, NULL, programs[i]);

			assert_int_equal(run(engine, a->handle, 3), run(real, b->handle, 3));
			seen++;
		}
		load_close(here);
		load_close(there);
	}
	assert_true(seen > 0);
	object_names_free(names);
	backend_destroy(engine);
}

static void test_wrapper_engine(void **state)
{
	struct backend *engine = engine_open();

	check_wrappers(engine);
	backend_destroy(engine);
}

static void test_wrapper_linux(void **state)
{
	check_wrappers(linux_or_skip());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts_engine),
		cmocka_unit_test(test_verdicts_linux),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_sharing_engine),
		cmocka_unit_test(test_sharing_linux),
		cmocka_unit_test(test_differs_engine),
		cmocka_unit_test(test_differs_linux),
		cmocka_unit_test(test_refused_engine),
		cmocka_unit_test(test_refused_linux),
		cmocka_unit_test(test_failures_engine),
		cmocka_unit_test(test_failures_linux),
		cmocka_unit_test(test_wrapper_engine),
		cmocka_unit_test(test_wrapper_linux),
		cmocka_unit_test(test_core),
		cmocka_unit_test(test_mount),
		cmocka_unit_test(test_run_directory),
	};
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	linux_side = linux_open(&why);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	backend_destroy(linux_side);
	return failed;
}
