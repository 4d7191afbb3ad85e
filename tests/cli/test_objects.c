// SPDX-License-Identifier: BSD-2-Clause
/* test_objects.c - damaged objects through whole verbs: an exit status, a sentence, JSON that parses.
 *
 * Each example is changed at a few random places, again and again, and given to disasm, inspect and
 * run. usage: test_objects FOLDER; the folder has the compiled examples.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/verb.h"

#define OBJECT_MAX (64u << 10)

struct objects {
	const char *folder;
	char path[32];          /* of the damaged object */
	u8 bytes[OBJECT_MAX];
	size_t size;
	u64 random;
};

static u64 next_random(struct objects *o)
{
	o->random = o->random * 6364136223846793005ull + 1442695040888963407ull;
	return o->random >> 33;
}

static void read_example(struct objects *o, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.o", o->folder, name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	o->size = fread(o->bytes, 1, sizeof(o->bytes), file);
	fclose(file);
	assert_in_range(o->size, 1, sizeof(o->bytes) - 1);
}

/* The example with 1 to 8 bytes changed; one time in 16 also cut. */
static void write_damaged(struct objects *o)
{
	static const u8 likely_bytes[] = { 0, 1, 0x7f, 0x80, 0xff };
	u8 copy[OBJECT_MAX];
	size_t size = o->size;
	FILE *file = fopen(o->path, "we");

	assert_non_null(file);
	memcpy(copy, o->bytes, size);
	for (u64 n = next_random(o) % 8 + 1; n; n--) {
		u64 value = next_random(o);

		copy[next_random(o) % size] =
			value & 256 ? likely_bytes[value % sizeof(likely_bytes)] : (u8)value;
	}
	if (!(next_random(o) % 16))
		size = next_random(o) % size;
	assert_int_equal(fwrite(copy, 1, size, file), size);
	fclose(file);
}

/* One verb over the damaged object. What it prints, which the caller frees, goes to *@printed. */
static int run_verb(struct objects *o, verb_fn verb, const char *const *options, struct log *log,
		    char **printed)
{
	FILE *before = stdout, *quiet = stderr;
	char *argv[8] = { o->path };
	size_t len;
	int argc = 1, status;

	while (*options)
		argv[argc++] = (char *)(uintptr_t)*options++;
	stdout = open_memstream(printed, &len);
	stderr = fopen("/dev/null", "we");
	assert_non_null(stdout);
	assert_non_null(stderr);
	status = verb(argc, argv, log);
	fclose(stdout);
	fclose(stderr);
	stdout = before;
	stderr = quiet;
	return status;
}

static void try_damaged(struct objects *o, verb_fn verb, const char *const *options, u32 *done)
{
	char *printed = NULL;
	int status;
	LOG_ON_STACK(log);

	write_damaged(o);
	status = run_verb(o, verb, options, &log, &printed);
	assert_in_range(status, EXIT_DONE, EXIT_REFUSED);
	if (status != EXIT_DONE)
		assert_true(log.cut || (log.len > 1 && log.text[log.len - 1] == '\n'));
	if (*printed) {
		json_error_t error;
		/* Numbers of sections may be above the reader's. */
		json_t *root = json_loads(printed, JSON_DECODE_INT_AS_REAL, &error);

		if (!root)
			fail_msg("%s in: %.200s", error.text, printed);
		json_decref(root);
	}
	done[status]++;
	free(printed);
}

static void damage_all(struct objects *o, verb_fn verb, u32 rounds, const char *const *options)
{
	static const char *const examples[] = { "firewall", "dispatcher", "graft", "sharing" };
	u32 done[EXIT_REFUSED + 1] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		read_example(o, examples[i]);
		for (u32 round = 0; round < rounds; round++)
			try_damaged(o, verb, options, done);
	}
	/* Damage to names and debugging information does no harm, other damage is found. */
	assert_true(done[EXIT_DONE] > 100 && done[EXIT_WRONG] > 100);
}

static void test_disasm(void **state)
{
	damage_all(*state, verb_disasm, 150, (const char *const[]){ "--json", NULL });
}

static void test_inspect(void **state)
{
	damage_all(*state, verb_inspect, 150, (const char *const[]){ "--json", NULL });
}

/* One packet, Ethernet, of 60 bytes. */
static void write_capture(const char *path)
{
	u8 bytes[24 + 16 + 60] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [18] = 4, [20] = 1,
				   [32] = 60, [36] = 60, [52] = 8 };
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	fclose(file);
}

static void test_run(void **state)
{
	char capture[] = "/tmp/clsbpf-capture-XXXXXX";
	int fd = mkstemp(capture);

	assert_true(fd >= 0);
	close(fd);
	write_capture(capture);
	damage_all(*state, verb_run, 600, (const char *const[]){ "-r", capture, "--json", NULL });
	unlink(capture);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disasm),
		cmocka_unit_test(test_inspect),
		cmocka_unit_test(test_run),
	};
	static struct objects objects = { .path = "/tmp/clsbpf-object-XXXXXX", .random = 1 };
	struct CMUnitTest with_state[ARRAY_SIZE(tests)];
	int fd, failed;

	if (argc != 2)
		return 2;
	objects.folder = argv[1];
	fd = mkstemp(objects.path);
	if (fd < 0)
		return 2;
	close(fd);
	memcpy(with_state, tests, sizeof(tests));
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		with_state[i].initial_state = &objects;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests(with_state, NULL, NULL);
	unlink(objects.path);
	return failed;
}
