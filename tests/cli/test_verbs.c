// SPDX-License-Identifier: BSD-2-Clause
/* test_verbs.c - prog, map, btf and link on one engine: lines of words, what they print, their status
 * and the sentence. What needs Linux is in tests/system/verbs.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "backend/backend.h"
#include "cli/objects.h"
#include "cli/verb.h"

#define FS "/sys/fs/bpf/"
#define WORDS_MAX 64

static const char *objects_dir;

/* One after the other on one engine. '%' in words: the folder of the examples. */
static const struct step {
	const char *words;
	int status;
	const char *text;       /* what is printed, or its beginning; NULL: whatever */
	const char *sentence;   /* how the log begins; NULL: there is none */
} steps[] = {
	{ "map", 0, "", NULL },
	{ "map -j", 0, "[]\n", NULL },
	{ "prog -jp list", 0, "[]\n", NULL },
	{ "link show", 0, "", NULL },
	{ "btf", 0, "1: name [vmlinux]  size ", NULL },
	{ "btf dump id 1 format c", 0, "#ifndef __VMLINUX_H__\n", NULL },
	{ "map create " FS "h type hash key 4 value 8 entries 4 name h flags 0x1", 0, "", NULL },
	{ "map create " FS "h type hash key 4 value 8 entries 4 name h", 2, "", FS "h cannot be pinned" },
	{ "map create " FS "a -j type array key 4 value 4 entries 2 name a", 0, "null\n", NULL },
	{ "map create " FS "x type hash key 4 value 4 entries 4 name abcdefghijklmnop", 1, "", "a name of" },
	{ "map create " FS "x type hash key 4 value 4 entries 4294967296 name x", 1, "", "max entries: " },
	{ "map create " FS "x type hash key 4 value 4 entries 4 name x -q", 1, "", "unknown option \"-q\"" },
	{ "map create " FS "x type hash key -4 value 4 entries 4 name x", 1, "", "unknown option \"-4\"" },
	{ "map create " FS "x type hash key 4 value 4 entries 0 name x", 2, "", "map create failed: Invalid" },
	{ "map dump pinned " FS "h", 0, "Found 0 elements\n", NULL },
	{ "map update pinned " FS "h key 1 0 0 0 value 1 2 3 4 5 6 7 8", 0, "", NULL },
	{ "map upd pin " FS "h val hex ff 0 0xa0 0 0 0 0 7 key 0x1 0 0 0 exist", 0, "", NULL },
	{ "map update pinned " FS "h key 1 0 0 0 value 1 2 3 4 5 6 7 8 noexist", 2, "", "update failed: File exists" },
	{ "map dump pinned " FS "h", 0, "key: 01 00 00 00  value: ff 00 a0 00 00 00 00 07\nFound 1 element\n", NULL },
	{ "map lookup pinned " FS "h key 1 0 0 0 -j", 0,
	  "{\"key\":[\"0x01\",\"0x00\",\"0x00\",\"0x00\"],\"value\":[\"0xff\",\"0x00\",\"0xa0\",\"0x00\",\"0x00\","
	  "\"0x00\",\"0x00\",\"0x07\"]}\n", NULL },
	{ "map lookup pinned " FS "h key 2 0 0 0", 2, "key:\n02 00 00 00\n\nNot found\n", NULL },
	{ "-j map lookup pinned " FS "h key 2 0 0 0", 2, "null\n", NULL },
	{ "map getnext pinned " FS "h", 0, "key: None\nnext key:\n01 00 00 00\n", NULL },
	{ "map getnext pinned " FS "h key 1 0 0 0", 2, "", "can't get next key: No such file" },
	{ "map delete pinned " FS "h key 9 0 0 0", 2, "", "delete failed: No such file" },
	{ "map delete pinned " FS "h key 1 0 0 0", 0, "", NULL },
	{ "map delete pinned " FS "h key 1 0 0", 1, "", "key expected 4 bytes got 3" },
	{ "map delete pinned " FS "h key 1 0 0 256", 1, "", "\"256\" is not a byte" },
	{ "map delete pinned " FS "h key hex 1 0 0 fff", 1, "", "\"fff\" is not a byte in hexa" },
	{ "map delete pinned " FS "h key hex 1 0 0 0xg", 1, "", "\"0xg\" is not a byte in hexa" },
	{ "map delete pinned " FS "h key 1 0 0 99999999999999999999", 1, "", "\"99999999999999999999\" is no" },
	{ "map delete pinned " FS "h", 1, "", "did not find key" },
	{ "map show pinned " FS "a", 0, "3: array  name a  flags 0x0\n\tkey 4B  value 4B  max_entries 2\n", NULL },
	{ "map show pinned " FS "a -j", 0, "{\"id\":3,\"type\":\"array\",\"name\":\"a\",\"flags\":0,\"bytes_key\":4,"
	  "\"bytes_value\":4,\"max_entries\":2}\n", NULL },
	{ "map show name h", 0, "1: hash  name h  flags 0x1\n", NULL },
	{ "map show id 1 2", 1, "", "what is \"2\"?" },
	{ "map show id 77", 2, "", "map 77: No such file" },
	{ "map show name nobody", 2, "", "there is no map of the name \"nobody\"" },
	{ "map show pinned " FS "nobody", 2, "", FS "nobody: No such file" },
	{ "map pin id 1 " FS "deep/er/h", 0, "", NULL },
	{ "map show pinned " FS "deep/er/h", 0, "1: hash", NULL },
	{ "prog show pinned " FS "h", 1, "", FS "h is not a program, it is a map" },
	{ "map freeze id 1", 0, "", NULL },
	{ "map update id 1 key 1 0 0 0 value 1 2 3 4 5 6 7 8", 2, "", "update failed: Operation not" },
	{ "map create " FS "p type prog_array key 4 value 4 entries 2 name p", 0, "", NULL },
	{ "prog load %/firewall.o " FS "fw pinmaps " FS "m", 0, "", NULL },
	{ "prog load %/firewall.o " FS "fw", 2, "", FS "fw cannot be pinned" },
	{ "prog load %/none.o " FS "fw2", 1, "", NULL },
	{ "prog load %/firewall.o " FS "fw2 type nothing", 1, "", "\"nothing\" is no type" },
	{ "prog load %/firewall.o " FS "fw2 map name nothing id 1", 1, "", "" },
	{ "prog load %/firewall.o " FS "fw2 dev lo", 1, "", "dev is not there" },
	{ "prog loadall %/dispatcher.o " FS "all", 0, "", NULL },
	{ "prog show pinned " FS "fw", 0, "1: sched_cls  name firewall  tag ", NULL },
	{ "prog show name firewall -j", 0, "[{\"id\":1,\"type\":\"sched_cls\",\"name\":\"firewall\",\"tag\":\"", NULL },
	{ "prog dump xlated pinned " FS "fw", 0, "int firewall(struct __sk_buff * ", NULL },
	{ "prog dump xlated pinned " FS "fw opcodes -j", 0, "[{\"proto\":\"int firewall(", NULL },
	{ "prog dump xlated pinned " FS "fw linum", 0, "int firewall(struct __sk_buff * ", NULL },
	{ "prog dump xlated pinned " FS "fw visual", 1, "", "dump xlated visual is not there" },
	{ "prog dump jited pinned " FS "fw", 2, "", "no instructions returned" },
	{ "prog run pinned " FS "fw data_in %/firewall.o", 2, "", "the program cannot be run" },
	{ "prog run pinned " FS "fw data_in /dev/null", 2, "", "the program cannot be run" },
	{ "prog run pinned " FS "fw data_in %/../build.ninja data_size_out 4000000000", 1, "", "data_size_out: " },
	{ "map update pinned " FS "p key 1 0 0 0 value pinned " FS "fw", 0, "", NULL },
	{ "map update pinned " FS "p key 1 0 0 0 value pinned " FS "h", 1, "", FS "h is not a program" },
	{ "map update pinned " FS "p key 1 0 0 0 value 1 0 0 0", 1, "", "id, tag, name or pinned is expected" },
	{ "map dump pinned " FS "p", 0, "key: 01 00 00 00  value: 01 00 00 00\nFound 1 element\n", NULL },
	{ "map dump pinned " FS "m/blocked4", 0, "[]\n", NULL },
	{ "btf dump prog pinned " FS "fw", 0, "[1] ", NULL },
	{ "btf dump prog pinned " FS "fw -j", 0, "{\"types\":[{\"id\":1,", NULL },
	{ "btf dump prog pinned " FS "fw format c", 0, "#ifndef __VMLINUX_H__\n", NULL },
	{ "btf dump prog pinned " FS "fw format c -j", 1, "{\"error\":\"C is no JSON", NULL },
	{ "btf dump map pinned " FS "p", 1, "", "map 4 has no BTF" },
	{ "btf show id 2", 0, "2: name <anon>  size ", NULL },
	{ "btf show id 99", 2, "", "BTF object 99: No such file" },
	{ "link show id 1", 2, "", "link 1: No such file" },
	{ "link detach id 1", 2, "", "link 1: No such file" },
	{ "map bla", 1, "", "what is \"bla\"? See: clsbpf help map" },
	{ "map -j bla", 1, "{\"error\":\"what is \\\"bla\\\"? See: clsbpf help map\"}\n", NULL },
	{ "prog show tag 0011223344556677", 2, "", "there is no program of the tag" },
	{ "prog show tag 00112233445566zz", 1, "", "\"00112233445566zz\" is not a tag" },
};

static const struct objects_command *rows_of(const char *verb)
{
	return !strcmp(verb, "prog") ? prog_commands : !strcmp(verb, "map") ? map_commands
	       : !strcmp(verb, "btf") ? btf_commands : link_commands;
}

/* @words, with '%' at the beginning of one replaced, as argv. Returns how many. */
static int split(const char *words, char *copy, size_t room, char **argv)
{
	size_t used = 0;
	int argc = 0;

	for (const char *at = words; *at && argc < WORDS_MAX;) {
		size_t len = strcspn(at, " ");
		bool folder = *at == '%';

		argv[argc++] = copy + used;
		used += (size_t)snprintf(copy + used, room - used, "%s%.*s", folder ? objects_dir : "",
					 (int)(len - folder), at + folder) + 1;
		at += len + (at[len] == ' ');
	}
	return argc;
}

/* Run a line on @backend. What it printed is the caller's. */
static char *run_line(struct backend *backend, const char *words, int *status, struct log *log)
{
	char copy[4096], *argv[WORDS_MAX], *text = NULL;
	int argc = split(words, copy, sizeof(copy), argv);
	int verb = argv[0][0] == '-' ? objects_is_line(argc, argv) : 0;
	const char *name = argv[verb];
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_true(verb >= 0);
	memmove(argv + verb, argv + verb + 1, (size_t)(argc - verb - 1) * sizeof(*argv));
	*status = objects_run(name, rows_of(name), argc - 1, argv, file, backend, log);
	fclose(file);
	return text;
}

static bool is_json(const char *words)
{
	return strstr(words, "-j");
}

static void test_lines(void **state)
{
	struct backend *backend;

	assert_int_equal(backend_engine_create(NULL, &backend), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct step *step = &steps[i];
		LOG_ON_STACK(log);
		int status;
		char *text = run_line(backend, step->words, &status, &log);
		size_t len = step->text ? strlen(step->text) : 0;

		if (status != step->status || (step->text && strncmp(text, step->text, len)) ||
		    (step->text && !len && *text) ||
		    (step->sentence ? strncmp(log.text, step->sentence, strlen(step->sentence)) != 0
				    : step->status && !*text && !log.len))
			fail_msg("%s\nstatus %d, expected %d\nprinted: %.300s\nlog: %s", step->words, status,
				 step->status, text, log.text);
		if (is_json(step->words)) {
			json_t *root = json_loads(text, JSON_DECODE_ANY, NULL);

			if (!root)
				fail_msg("%s\nis no JSON: %.300s", step->words, text);
			json_decref(root);
		}
		free(text);
	}
	backend_destroy(backend);
}

/* Lines cut at every word and with every word replaced by something hostile: no crash, a status that
 * is one, and valid JSON. */
static void test_hostile_lines(void **state)
{
	static const char *const hostile[] = { "", "-", "4294967296", "-1", "0x", "99999999999999999999999", "hex",
					       "\x1b[2J\xff", "key", "pinned", "name" };
	struct backend *backend;

	assert_int_equal(backend_engine_create(NULL, &backend), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char copy[4096], *argv[WORDS_MAX];
		int argc = split(steps[i].words, copy, sizeof(copy), argv);

		for (int at = 1; argv[0][0] != '-' && at < argc; at++)
			for (size_t h = 0; h <= ARRAY_SIZE(hostile); h++) {
				char *again[WORDS_MAX + 1] = { (char[]){ "-j" } }, *text = NULL;
				size_t size;
				FILE *file = open_memstream(&text, &size);
				json_t *root;
				int count = h < ARRAY_SIZE(hostile) ? argc : at, status;
				LOG_ON_STACK(log);

				for (int k = 1; k < count; k++)
					again[k] = k == at ? (char *)(uintptr_t)hostile[h] : argv[k];
				status = objects_run(argv[0], rows_of(argv[0]), count, again, file, backend, &log);
				fclose(file);
				assert_in_range(status, EXIT_DONE, EXIT_REFUSED);
				root = json_loads(text, JSON_DECODE_ANY, NULL);
				if (!root && !strstr(text, "usage: ") && !strstr(text, "__VMLINUX"))
					fail_msg("%s at %d: no JSON: %.300s", steps[i].words, at, text);
				json_decref(root);
				free(text);
			}
	}
	backend_destroy(backend);
}

/* Options in front of a verb. */
static void test_options_first(void **state)
{
	static const struct {
		const char *words;
		int at;
	} lines[] = {
		{ "-j prog show", 1 }, { "-jp map", 1 }, { "-n link", 1 }, { "--json --backend engine btf", 3 },
		{ "--backend=engine -f prog", 2 }, { "-s filter show", -1 }, { "-n prog2 prog", -1 },
		{ "-b prog", -1 }, { "-j qdisc show", -1 }, { "--backend", -1 }, { "-j", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char copy[256], *argv[WORDS_MAX];
		int argc = split(lines[i].words, copy, sizeof(copy), argv);

		assert_int_equal(objects_is_line(argc, argv), lines[i].at);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_hostile_lines),
		cmocka_unit_test(test_options_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	objects_dir = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
