// SPDX-License-Identifier: BSD-2-Clause
/* test_batch.c - command files in, words and line numbers out. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/batch.h"

/* Commands as "LINE:word|word", one behind the other; then the end: "=", or the sentence. */
static const struct {
	const char *text, *commands;
} files[] = {
	{ "", "=" },
	{ "\n \t\n# only this\n  # and this\n", "=" },
	{ "qdisc show dev a\n", "1:qdisc|show|dev|a =" },
	{ "a b", "1:a|b =" },
	{ "  a\tb\r\n\nc # d\n", "1:a|b 3:c =" },
	{ "a \\\nb \\\n  c\nd\n", "3:a|b|c 4:d =" },
	{ "a\\\nb\n", "2:ab =" },
	{ "a # b \\\nc\n", "1:a 2:c =" },
	{ "'a b' \"c 'd\" e'f\n", "1:a b|c 'd|e'f =" },
	{ "\"\" a\n", "1:|a =" },
	{ "a 'b\n", "Unterminated quoted string\n" },
	{ "a\nb \\\n", "1:a Missing continuation line\n" },
	{ "\\\n", "Missing continuation line\n" },
};

static void test_files(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[] = "/tmp/clsbpf-batch-XXXXXX", got[256] = "";
		int fd = mkstemp(path), more;
		struct batch batch;
		struct log text;
		LOG_ON_STACK(log);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, files[i].text, strlen(files[i].text)), strlen(files[i].text));
		close(fd);
		log_init(&text, got, sizeof(got));
		assert_int_equal(batch_open(&batch, path, &log), 0);
		while ((more = batch_next(&batch, &log)) == 1) {
			assert_null(batch.word[batch.count]);
			log_add(&text, "%u:", batch.line);
			for (int w = 0; w < batch.count; w++)
				log_add(&text, "%s%s", w ? "|" : "", batch.word[w]);
			log_add(&text, " ");
		}
		log_add(&text, "%s", more ? log.text : "=");
		assert_string_equal(got, files[i].commands);
		batch_close(&batch);
		unlink(path);
	}
}

static void test_too_many(void **state)
{
	char path[] = "/tmp/clsbpf-batch-XXXXXX";
	int fd = mkstemp(path);
	struct batch batch;
	LOG_ON_STACK(log);

	assert_true(fd >= 0);
	for (int i = 0; i < BATCH_WORDS; i++)
		assert_int_equal(write(fd, "w ", 2), 2);
	close(fd);
	assert_int_equal(batch_open(&batch, path, &log), 0);
	assert_int_equal(batch_next(&batch, &log), -EINVAL);
	assert_string_equal(log.text, "Too many arguments to command\n");
	batch_close(&batch);
	unlink(path);
}

static void test_no_file(void **state)
{
	struct batch batch;
	LOG_ON_STACK(log);

	assert_int_equal(batch_open(&batch, "/nonexistent/x", &log), -ENOENT);
	assert_string_equal(log.text, "Cannot open file \"/nonexistent/x\" for reading: "
				      "No such file or directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_no_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
