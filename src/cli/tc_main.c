// SPDX-License-Identifier: BSD-2-Clause
/* tc_main.c - tc's command line around tc/: options, the kernel behind it, batches.
 *
 *   options -> a backend (once) -> each line of the batch, or the one command: tc_run()
 *
 * What qdisc, filter and the others mean is not known here.
 *
 * Messages and exit status are tc's: 1 the words are wrong, 2 a kernel refused, 1 for a batch in
 * which a command failed. Where tc ends with 255 it is 1 here, as everywhere in this program.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/batch.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/verb.h"
#include "cli/which_kernel.h"
#include "io/device_spec.h"
#include "sched/sched.h"
#include "tc/grammar.h"
#include "tc/tc.h"

#define TC_LOG_ROOM 65536     /* a verifier's log may be long */

struct tc_line {
	const char *program;
	struct tc_output output;
	bool force, help, version;
	bool refused;               /* the last command, by a kernel */
	const char *batch, *netns, *kernel;
	struct option_list devices;
	struct backend *backend;
	struct log log;
	char text[TC_LOG_ROOM];
};

#define AT(member) offsetof(struct tc_line, member)

/* In tc's order: the first that a word abbreviates is meant. Ours need the whole name. */
static const struct option_row tc_options[] = {
	{ "-stats", OPTION_FLAG, AT(output.stats), NULL, "statistics", 0 },
	{ "-statistics", OPTION_FLAG, AT(output.stats), NULL, "statistics", 0 },
	{ "-details", OPTION_FLAG, AT(output.details), NULL, "details", 0 },
	{ "-raw", OPTION_LATER, 0, NULL, NULL, 0 },
	{ "-pretty", OPTION_FLAG, AT(output.pretty), NULL, "pretty", 0 },
	{ "-graph", OPTION_LATER, 0, NULL, NULL, 0 },
	{ "-Version", OPTION_FLAG, AT(version), NULL, "version", 0 },
	{ "-iec", OPTION_LATER, 0, NULL, NULL, 0 },
	{ "-help", OPTION_FLAG, AT(help), NULL, "help", 0 },
	{ "-force", OPTION_FLAG, AT(force), NULL, "go on after a failed line", 0 },
	{ "-batch", OPTION_STRING, AT(batch), "FILE", "commands from a file", 0 },
	{ "-netns", OPTION_STRING, AT(netns), "NETNS", "in a network namespace", 0 },
	{ "-Numeric", OPTION_LATER, 0, NULL, NULL, 0 },
	{ "-json", OPTION_FLAG, AT(output.json), NULL, "JSON", 0 },
	{ "-color", OPTION_LATER, 0, NULL, NULL, 0 },
	{ "-oneline", OPTION_LATER, 0, NULL, NULL, 0 },
	{ "-brief", OPTION_LATER, 0, NULL, NULL, 0 },
	{ "-echo", OPTION_LATER, 0, NULL, NULL, 0 },
	{ "--backend", OPTION_STRING, AT(kernel), "KERNEL", "kernel|engine[:SOCKET]", 0 },
	{ "--dev", OPTION_LIST, AT(devices), "NAME=pair:PEER", "a device of the engine", 0 },
	{ NULL, 0, 0, NULL, NULL, 0 },
};

bool tc_is_object(const char *word)
{
	return grammar_find(SCOPE_OBJECT, word);
}

static void write_stdout(void *ctx, const char *text, size_t len)
{
	fwrite(text, 1, len, stdout);
}

/* What was said so far; results that were printed before come first. */
static void say(struct tc_line *c)
{
	fflush(stdout);
	out_log(stderr, &c->log);
	log_init(&c->log, c->text, sizeof(c->text));
}

static const struct option_row *option_row_of(const char *word, const char **value)
{
	*value = NULL;
	for (const struct option_row *row = tc_options; row->name; row++) {
		size_t len = strlen(row->name);

		if (row->name[1] != '-') {
			if (word[1] && !strncmp(word, row->name, strlen(word)))
				return row;
			continue;
		}
		if (strncmp(word, row->name, len) || (word[len] && word[len] != '='))
			continue;
		*value = word[len] ? word + len + 1 : NULL;
		return row;
	}
	return NULL;
}

static int option_take(struct tc_line *c, const struct option_row *row, const char *value)
{
	char *member = (char *)c + row->offset;
	struct option_list *list = (void *)member;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_STRING:
		*(const char **)member = value;
		return 0;
	case OPTION_LIST:
		if (list->count == OPTION_LIST_MAX)
			return log_error(&c->log, -EINVAL, "%s: given more than %d times", row->name,
					 OPTION_LIST_MAX);
		list->item[list->count++] = value;
		return 0;
	case OPTION_LATER:
		return log_error(&c->log, -EOPNOTSUPP, "Option \"%s\" is not there yet.", row->name);
	case OPTION_CLEAR:
	case OPTION_U32:
	case OPTION_U64:
		break;
	}
	return -EINVAL;
}

/* Options up to the object. Returns how many words they are, or -errno. */
static int take_options(struct tc_line *c, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc && argv[i][0] == '-'; i++) {
		const char *word = argv[i], *value;
		const struct option_row *row = option_row_of(word, &value);
		int err;

		if (!row)
			return log_error(&c->log, -EINVAL, "Option \"%s\" is unknown, try \"%s -help\".",
					 word, c->program);
		if (row->metavar && !value) {
			if (i + 1 == argc)
				return log_error(&c->log, -EINVAL, "%s needs a value: %s", word,
						 row->metavar);
			value = argv[++i];
		}
		err = option_take(c, row, value);
		if (err)
			return err;
	}
	return i;
}

/* Into the network namespace NAME of ip-netns(8). The mounts stay ours, so that pins are where they
 * were. */
static int enter_netns(struct tc_line *c)
{
	char path[256];
	int fd, err = 0;

	if (strchr(c->netns, '/') || !strcmp(c->netns, ".") || !strcmp(c->netns, "..") ||
	    strlen(c->netns) > 200)
		return log_error(&c->log, -EINVAL, "Invalid network namespace name \"%s\"", c->netns);
	snprintf(path, sizeof(path), "/run/netns/%s", c->netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		return log_error(&c->log, err, "Cannot open network namespace \"%s\": %s", c->netns,
				 strerror(-err));
	}
	if (setns(fd, CLONE_NEWNET)) {
		err = -errno;
		log_line(&c->log, "setting the network namespace \"%s\" failed: %s", c->netns,
			 strerror(-err));
	}
	close(fd);
	return err;
}

/* Devices of an engine that ends with this process: who has packets of its own needs one that stays. */
static int make_device(struct tc_line *c, const char *text)
{
	struct device_spec spec;
	int err = device_spec_parse(text, &spec, &c->log);

	if (err)
		return err;
	if (spec.kind == DEVICE_PAIR) {
		err = device_create_pair(backend_engine(c->backend), spec.name, spec.peer);
		if (err)
			log_line(&c->log, "--dev %s: %s", text, strerror(-err));
	} else {
		err = log_error(&c->log, -EOPNOTSUPP, "--dev %s: only a link (pair:) can be made here; "
				"clsbpf serve has the others", text);
	}
	device_spec_free(&spec);
	return err;
}

static int open_backend(struct tc_line *c)
{
	struct which_kernel which;
	int err = which_kernel(c->kernel, &which, &c->log);

	if (err)
		return err;
	if (which.kind != WHICH_ENGINE && c->devices.count)
		return log_error(&c->log, -EINVAL,
				 "--dev makes devices of an engine in this process: --backend engine");
	if (c->devices.count)
		which.kind = WHICH_OWN;
	if (which.kind != WHICH_LINUX && c->netns)
		return log_error(&c->log, -EINVAL, "-netns: the engine has one network namespace");
	if (c->netns)
		err = enter_netns(c);
	if (!err)
		err = which_kernel_open(&which, &c->backend, &c->log);
	for (u32 i = 0; !err && i < c->devices.count; i++)
		err = make_device(c, c->devices.item[i]);
	return err;
}

/* One command. Returns the exit status; what there is to say is said. */
static int run_line(struct tc_line *c, int argc, char **argv)
{
	int err;

	c->refused = false;
	err = tc_run(c->backend, argc, argv, &c->output, &c->log);
	say(c);
	return !err ? EXIT_DONE : c->refused ? EXIT_REFUSED : EXIT_WRONG;
}

static int run_batch(struct tc_line *c)
{
	struct batch batch;
	int more, status = EXIT_DONE;

	if (batch_open(&batch, c->batch, &c->log)) {
		say(c);
		return EXIT_WRONG;
	}
	while ((more = batch_next(&batch, &c->log)) == 1) {
		if (run_line(c, batch.count, batch.word) == EXIT_DONE)
			continue;
		fprintf(stderr, "Command failed %s:%u\n", c->batch, batch.line);
		status = EXIT_WRONG;
		if (!c->force)
			break;
	}
	if (more < 0) {
		say(c);
		status = EXIT_WRONG;
	}
	batch_close(&batch);
	return status;
}

static int tc_try(struct tc_line *c, int argc, char **argv)
{
	int taken = take_options(c, argc, argv);

	if (taken < 0)
		return EXIT_WRONG;
	argc -= taken;
	argv += taken;
	if (c->version) {
		puts("clsbpf " CLSBPF_VERSION);
		return EXIT_DONE;
	}
	if (c->help || (!c->batch && !argc)) {
		help_tc(stdout);
		return EXIT_DONE;
	}
	if (open_backend(c))
		return EXIT_WRONG;
	return c->batch ? run_batch(c) : run_line(c, argc, argv);
}

int tc_main(const char *program, int argc, char **argv)
{
	struct tc_line *c = calloc(1, sizeof(*c));
	int status;

	if (!c) {
		fputs("out of memory\n", stderr);
		return EXIT_WRONG;
	}
	c->program = program;
	c->output.write = write_stdout;
	c->output.refused = &c->refused;
	log_init(&c->log, c->text, sizeof(c->text));
	status = tc_try(c, argc, argv);
	say(c);
	backend_destroy(c->backend);
	free(c);
	return status;
}

void help_tc(FILE *file)
{
	fprintf(file, "usage: clsbpf [OPTIONS] { qdisc | filter } { COMMAND | help }\n"
		      "       clsbpf [-force] -batch FILE\n"
		      "  -s, -d, -j, -p               statistics, details, JSON, pretty JSON, as in tc\n"
		      "  -n, -netns NETNS             in a network namespace of ip-netns(8)\n"
		      "  -b, -batch FILE              commands from FILE, or - for standard input\n"
		      "  -force                       go on after a command that failed\n"
		      "  --backend kernel|engine[:SOCKET]\n"
		      "                               who answers (default: CLSBPF_BACKEND, else kernel)\n"
		      "  --dev NAME=pair:PEER         a two-ended link inside the engine\n");
}
