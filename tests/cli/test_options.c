// SPDX-License-Identifier: BSD-2-Clause
/* test_options.c - command lines in, settings or a sentence out. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/options.h"

struct settings {
	bool flag, on, seen;
	u32 mark;
	u64 seed;
	const char *read;
	struct option_list maps;
};

#define AT(member) offsetof(struct settings, member)

static const struct option_row rows[] = {
	{ "-r", OPTION_STRING, AT(read), "FILE", "", 0 },
	{ "--flag", OPTION_FLAG, AT(flag), NULL, "", 0 },
	{ "--off", OPTION_CLEAR, AT(on), NULL, "", 0 },
	{ "--mark", OPTION_U32, AT(mark), "N", "", 0 },
	{ "--seed", OPTION_U64, AT(seed), "N", "", AT(seen) },
	{ "--map", OPTION_LIST, AT(maps), "NAME=FILE", "", 0 },
	{ "--jit", OPTION_LATER, 0, NULL, "machine code is not there yet", 0 },
	{ NULL, 0, 0, NULL, NULL, 0 },
};

/* @line is split at blanks. Returns what options_parse() returns; the words left are in @argv. */
static int parse(const char *line, struct settings *set, char *copy, char **argv, struct log *log)
{
	int argc = 0;

	strcpy(copy, line);
	for (char *at = strtok(copy, " "); at; at = strtok(NULL, " "))
		argv[argc++] = at;
	*set = (struct settings){ .on = true, .mark = 77 };
	return options_parse(rows, set, argc, argv, log);
}

static void test_accepted(void **state)
{
	struct settings set;
	char copy[256], *argv[64];
	LOG_ON_STACK(log);

	assert_int_equal(parse("a.o -r x.pcap sec s --flag --mark 0x10 --map a=b --map=c=d --off -- --flag",
			       &set, copy, argv, &log), 4);
	assert_string_equal(argv[0], "a.o");
	assert_string_equal(argv[1], "sec");
	assert_string_equal(argv[2], "s");
	assert_string_equal(argv[3], "--flag");
	assert_string_equal(set.read, "x.pcap");
	assert_true(set.flag && !set.on && !set.seen);
	assert_int_equal(set.mark, 16);
	assert_int_equal(set.maps.count, 2);
	assert_string_equal(set.maps.item[1], "c=d");

	assert_int_equal(parse("-rfile --mark=4294967295 --seed 18446744073709551615 -", &set, copy, argv,
			       &log), 1);
	assert_string_equal(argv[0], "-");
	assert_string_equal(set.read, "file");
	assert_int_equal(set.mark, UINT32_MAX);
	assert_true(set.seed == UINT64_MAX && set.seen);
	assert_string_equal(log.text, "");
}

static const struct {
	const char *line;
	int err;
	const char *sentence;
} refused[] = {
	{ "--nope", -EINVAL, "unknown option \"--nope\"\n" },
	{ "--flags", -EINVAL, "unknown option \"--flags\"\n" },
	{ "--flag=1", -EINVAL, "unknown option \"--flag=1\"\n" },
	{ "a.o -r", -EINVAL, "-r needs a value: FILE\n" },
	{ "--mark 4294967296", -EINVAL, "--mark: \"4294967296\" is not a number from 0 to 4294967295\n" },
	{ "--mark -1", -EINVAL, "--mark: \"-1\" is not a number from 0 to 4294967295\n" },
	{ "--mark +1", -EINVAL, "--mark: \"+1\" is not a number from 0 to 4294967295\n" },
	{ "--mark 1x", -EINVAL, "--mark: \"1x\" is not a number from 0 to 4294967295\n" },
	{ "--mark=", -EINVAL, "--mark: \"\" is not a number from 0 to 4294967295\n" },
	{ "--seed 18446744073709551616", -EINVAL,
	  "--seed: \"18446744073709551616\" is not a number from 0 to 18446744073709551615\n" },
	{ "--jit", -EOPNOTSUPP, "--jit: machine code is not there yet\n" },
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct settings set;
		char copy[256], *argv[64];
		LOG_ON_STACK(log);

		assert_int_equal(parse(refused[i].line, &set, copy, argv, &log), refused[i].err);
		assert_string_equal(log.text, refused[i].sentence);
	}
}

static void test_list_full(void **state)
{
	char option[] = "--map", value[] = "a=b", *argv[2 * (OPTION_LIST_MAX + 1)];
	struct settings set = { 0 };
	LOG_ON_STACK(log);

	for (int i = 0; i <= OPTION_LIST_MAX; i++) {
		argv[2 * i] = option;
		argv[2 * i + 1] = value;
	}
	assert_int_equal(options_parse(rows, &set, 2 * OPTION_LIST_MAX, argv, &log), 0);
	set = (struct settings){ 0 };
	assert_int_equal(options_parse(rows, &set, ARRAY_SIZE(argv), argv, &log), -EINVAL);
	assert_string_equal(log.text, "--map: given more than 32 times\n");
}

static const struct {
	const char *words[6];
	int err;
	const char *object, *section, *program, *sentence;
} objects[] = {
	{ { "a.o" }, 0, "a.o", NULL, NULL, "" },
	{ { "a.o", "sec", "p1" }, 0, "a.o", "p1", NULL, "" },
	{ { "a.o", "section", "p1", "prog", "f" }, 0, "a.o", "p1", "f", "" },
	{ { "sec" }, 0, "sec", NULL, NULL, "" },
	{ { NULL }, -EINVAL, NULL, NULL, NULL, "an object file is needed. See: clsbpf help x\n" },
	{ { "a.o", "sec" }, -EINVAL, NULL, NULL, NULL, "sec needs a name\n" },
	{ { "a.o", "b.o" }, -EINVAL, NULL, NULL, NULL, "what is \"b.o\"? See: clsbpf help x\n" },
};

static void same(const char *got, const char *expected)
{
	assert_true(!got == !expected);
	if (expected)
		assert_string_equal(got, expected);
}

static void test_objects(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		struct object_words words;
		char *argv[6];
		int argc = 0;
		LOG_ON_STACK(log);

		for (; objects[i].words[argc]; argc++)
			argv[argc] = (char *)(uintptr_t)objects[i].words[argc];
		assert_int_equal(object_words_parse(&words, argc, argv, "x", &log), objects[i].err);
		assert_string_equal(log.text, objects[i].sentence);
		if (objects[i].err)
			continue;
		same(words.object, objects[i].object);
		same(words.section, objects[i].section);
		same(words.program, objects[i].program);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_list_full),
		cmocka_unit_test(test_objects),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
