// SPDX-License-Identifier: BSD-2-Clause
/* test_mapfile.c - JSON into maps of an engine and back, and JSON that is not what it should be. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/mapfile.h"
#include "object/engine.h"

struct world {
	struct backend *backend;
	struct load_map map;
};

/* A hash map, or another type, with keys of 4 bytes. */
static void world_open(struct world *w, u32 type, u32 value_size, u32 cpus)
{
	struct engine_config config = { .cpus = cpus };
	union bpf_attr attr;

	memset(w, 0, sizeof(*w));
	assert_int_equal(backend_engine_create(&config, &w->backend), 0);
	w->map = (struct load_map){ .name = "m", .type = type, .key_size = 4, .value_size = value_size,
				    .max_entries = 4 };
	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = 4;
	attr.value_size = value_size;
	attr.max_entries = 4;
	w->map.handle = backend_bpf(w->backend, BPF_MAP_CREATE, &attr, sizeof(attr));
	assert_true(w->map.handle >= 0);
}

static void world_close(struct world *w)
{
	backend_destroy(w->backend);
}

static int load_text(struct world *w, u32 cpus, const char *json, struct log *log)
{
	char path[] = "/tmp/clsbpf-map-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, json, strlen(json)), strlen(json));
	close(fd);
	err = mapfile_load(w->backend, &w->map, cpus, path, log);
	unlink(path);
	return err;
}

/* What the map holds, as JSON. The caller frees it. */
static char *dump(struct world *w, u32 cpus)
{
	struct out out;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(file);
	out_init(&out, file, true, false);
	out_object(&out, NULL);
	assert_int_equal(mapfile_dump(w->backend, &w->map, cpus, &out), 0);
	out_end(&out);
	fclose(file);
	return text;
}

static const struct {
	const char *json, *dump;
} good[] = {
	{ "[]", "{\"m\":[]}\n" },
	{ "[{\"key\": 1, \"value\": 513}]",
	  "{\"m\":[{\"key\":[\"0x01\",\"0x00\",\"0x00\",\"0x00\"],\"value\":[\"0x01\",\"0x02\"]}]}\n" },
	{ "[{\"key\": \"0x0a0b0C0d\", \"value\": \"ff00\"}]",
	  "{\"m\":[{\"key\":[\"0x0a\",\"0x0b\",\"0x0c\",\"0x0d\"],\"value\":[\"0xff\",\"0x00\"]}]}\n" },
	{ "[{\"key\": [\"0xff\", 255, \"12\", 0], \"value\": [1, \"0x2\"]}]",
	  "{\"m\":[{\"key\":[\"0xff\",\"0xff\",\"0x0c\",\"0x00\"],\"value\":[\"0x01\",\"0x02\"]}]}\n" },
	{ "[{\"key\": -2, \"value\": -32768}]",
	  "{\"m\":[{\"key\":[\"0xfe\",\"0xff\",\"0xff\",\"0xff\"],\"value\":[\"0x00\",\"0x80\"]}]}\n" },
	{ "[{\"key\": 4294967295, \"value\": 65535, \"formatted\": {}}]",
	  "{\"m\":[{\"key\":[\"0xff\",\"0xff\",\"0xff\",\"0xff\"],\"value\":[\"0xff\",\"0xff\"]}]}\n" },
	/* The order is that of the keys' bytes. */
	{ "[{\"key\": 2, \"value\": 1}, {\"key\": 1, \"value\": 2}, {\"key\": 2, \"value\": 3}]",
	  "{\"m\":[{\"key\":[\"0x01\",\"0x00\",\"0x00\",\"0x00\"],\"value\":[\"0x02\",\"0x00\"]},"
	  "{\"key\":[\"0x02\",\"0x00\",\"0x00\",\"0x00\"],\"value\":[\"0x03\",\"0x00\"]}]}\n" },
};

static void test_good(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct world w;
		char *text;
		LOG_ON_STACK(log);

		world_open(&w, BPF_MAP_TYPE_HASH, 2, 1);
		assert_int_equal(load_text(&w, 1, good[i].json, &log), 0);
		assert_string_equal(log.text, "");
		text = dump(&w, 1);
		assert_string_equal(text, good[i].dump);
		free(text);
		world_close(&w);
	}
}

static const char *const bad[] = {
	"", "{", "[", "nonsense", "\xff\xfe", "{}", "1", "null", "\"\"", "[1]", "[[]]", "[null]", "[{}]",
	"[{\"key\": 1}]", "[{\"value\": 1}]", "[{\"key\": null, \"value\": 1}]",
	"[{\"key\": 1, \"value\": {}}]", "[{\"key\": 1.5, \"value\": 1}]", "[{\"key\": true, \"value\": 1}]",
	"[{\"key\": 4294967296, \"value\": 1}]", "[{\"key\": -2147483649, \"value\": 1}]",
	"[{\"key\": 1, \"value\": 65536}]", "[{\"key\": 1, \"value\": -32769}]",
	"[{\"key\": 99999999999999999999, \"value\": 1}]",
	"[{\"key\": \"\", \"value\": 1}]", "[{\"key\": \"0x\", \"value\": 1}]",
	"[{\"key\": \"0x0102030\", \"value\": 1}]", "[{\"key\": \"0x010203g4\", \"value\": 1}]",
	"[{\"key\": \"0x0102030405\", \"value\": 1}]",
	"[{\"key\": [1, 2, 3], \"value\": 1}]", "[{\"key\": [1, 2, 3, 4, 5], \"value\": 1}]",
	"[{\"key\": [1, 2, 3, 256], \"value\": 1}]", "[{\"key\": [1, 2, 3, -1], \"value\": 1}]",
	"[{\"key\": [1, 2, 3, \"\"], \"value\": 1}]", "[{\"key\": [1, 2, 3, \" 1\"], \"value\": 1}]",
	"[{\"key\": [1, 2, 3, \"0x\"], \"value\": 1}]", "[{\"key\": [1, 2, 3, \"1z\"], \"value\": 1}]",
	"[{\"key\": [1, 2, 3, \"99999999999999999999\"], \"value\": 1}]",
	"[{\"key\": [1, 2, 3, null], \"value\": 1}]", "[{\"key\": [[], 2, 3, 4], \"value\": 1}]",
	"[{\"key\": 1, \"key\": 2, \"value\": 1}]", "[{\"key\": \"\\u0000\", \"value\": 1}]",
	"[{\"key\": 1, \"values\": [{\"cpu\": 0, \"value\": 1}]}]",
};

static void test_bad(void **state)
{
	struct world w;
	char *text;

	world_open(&w, BPF_MAP_TYPE_HASH, 2, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		LOG_ON_STACK(log);

		if (load_text(&w, 1, bad[i], &log) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_true(log.len > 1 && strchr(log.text, '\n') == log.text + log.len - 1);
	}
	text = dump(&w, 1);
	assert_string_equal(text, "{\"m\":[]}\n");
	free(text);
	world_close(&w);
}

/* 100,000 brackets: the reader must not run out of stack. */
static void test_deep(void **state)
{
	struct world w;
	char *text = malloc(100001);
	LOG_ON_STACK(log);

	assert_non_null(text);
	memset(text, '[', 100000);
	text[100000] = '\0';
	world_open(&w, BPF_MAP_TYPE_HASH, 2, 1);
	assert_int_equal(load_text(&w, 1, text, &log), -EINVAL);
	free(text);
	world_close(&w);
}

static void test_refused_by_map(void **state)
{
	struct world w;
	LOG_ON_STACK(log);

	world_open(&w, BPF_MAP_TYPE_ARRAY, 2, 1);
	assert_int_equal(load_text(&w, 1, "[{\"key\": 3, \"value\": 1}, {\"key\": 4, \"value\": 1}]", &log),
			 -E2BIG);
	assert_non_null(strstr(log.text, ": entry 1: map m refuses it: "));
	world_close(&w);
}

static void test_no_file(void **state)
{
	struct world w;
	LOG_ON_STACK(log);

	world_open(&w, BPF_MAP_TYPE_HASH, 2, 1);
	assert_int_equal(mapfile_load(w.backend, &w.map, 1, "/nonexistent/x.json", &log), -EINVAL);
	assert_string_equal(log.text, "unable to open /nonexistent/x.json: No such file or directory\n");
	world_close(&w);
}

static void test_percpu(void **state)
{
	static const char *const wrong[] = {
		"[{\"key\": 0, \"values\": 1}]", "[{\"key\": 0, \"values\": [1]}]",
		"[{\"key\": 0, \"values\": [{\"cpu\": 2, \"value\": 1}]}]",
		"[{\"key\": 0, \"values\": [{\"cpu\": -1, \"value\": 1}]}]",
		"[{\"key\": 0, \"values\": [{\"cpu\": 4294967296, \"value\": 1}]}]",
		"[{\"key\": 0, \"values\": [{\"cpu\": \"0\", \"value\": 1}]}]",
		"[{\"key\": 0, \"values\": [{\"cpu\": 0}]}]",
	};
	struct world w;
	json_t *root;
	char *text;
	LOG_ON_STACK(log);

	/* Values of 2 bytes are 8 apart. */
	world_open(&w, BPF_MAP_TYPE_PERCPU_HASH, 2, 2);
	assert_int_equal(load_text(&w, 2, "[{\"key\": 1, \"value\": 5},"
					  " {\"key\": 2, \"values\": [{\"cpu\": 1, \"value\": 6}]}]", &log), 0);
	text = dump(&w, 2);
	assert_string_equal(text,
			    "{\"m\":[{\"key\":[\"0x01\",\"0x00\",\"0x00\",\"0x00\"],\"values\":["
			    "{\"cpu\":0,\"value\":[\"0x05\",\"0x00\"]},{\"cpu\":1,\"value\":[\"0x05\",\"0x00\"]}]},"
			    "{\"key\":[\"0x02\",\"0x00\",\"0x00\",\"0x00\"],\"values\":["
			    "{\"cpu\":0,\"value\":[\"0x00\",\"0x00\"]},{\"cpu\":1,\"value\":[\"0x06\",\"0x00\"]}]}]}\n");
	/* What was shown can be read again. */
	root = json_loads(text, 0, NULL);
	free(text);
	text = json_dumps(json_object_get(root, "m"), 0);
	assert_int_equal(load_text(&w, 2, text, &log), 0);
	free(text);
	json_decref(root);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (load_text(&w, 2, wrong[i], &log) != -EINVAL)
			fail_msg("taken: %s", wrong[i]);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),
		cmocka_unit_test(test_deep),   cmocka_unit_test(test_refused_by_map),
		cmocka_unit_test(test_no_file), cmocka_unit_test(test_percpu),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
