// SPDX-License-Identifier: BSD-2-Clause
/* main.c - the program: finds the verb and runs it.
 *
 *   clsbpf VERB ...             a row of `verbs`
 *   clsbpf [-OPTION...] VERB    of prog, map, btf and link, which have bpftool's options
 *   clsbpf [-OPTION...] OBJECT  tc's command line (tc_main.c); under the name tc nothing else
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/objects.h"
#include "cli/out.h"
#include "cli/verb.h"

#define MAIN_LOG_ROOM 65536   /* a kernel's log may be long */

struct verb {
	const char *name;
	verb_fn run;                   /* NULL: not there yet */
	void (*help)(FILE *file);
	const char *summary;
};

static const struct verb verbs[] = {
	{ "run", verb_run, help_run, "a classifier over a capture" },
	{ "check", verb_check, help_check, "may the programs of an object run, and if not, why" },
	{ "diff", verb_diff, help_diff, "the same packets through the engine and through Linux" },
	{ "disasm", verb_disasm, help_disasm, "the instructions of an object as text" },
	{ "wrap", verb_wrap, help_wrap, "a command whose bpf(2) calls the engine answers" },
	{ "inspect", verb_inspect, help_inspect, "sections, maps and programs of an object" },
	{ "prog", verb_prog, help_prog, "bpftool prog: load, show, dump, pin, run programs" },
	{ "map", verb_map, help_map, "bpftool map: maps and what is in them" },
	{ "btf", verb_btf, help_btf, "bpftool btf: types" },
	{ "link", verb_link, help_link, "bpftool link: what programs are attached to" },
	{ "serve", verb_serve, help_serve, "the engine as a daemon, behind a socket" },
	{ "qdisc", NULL, NULL, "tc qdisc: clsact" },
	{ "filter", NULL, NULL, "tc filter: bpf" },
	{ "bench", NULL, NULL, NULL },
	{ "asm", NULL, NULL, NULL },
	{ "debug", NULL, NULL, NULL },
	{ "compile", NULL, NULL, NULL },
	{ "attach", NULL, NULL, NULL },
	{ "detach", NULL, NULL, NULL },
};

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static void usage(FILE *file)
{
	fprintf(file, "usage: clsbpf VERB ...\n"
		      "       clsbpf [OPTIONS] { qdisc | filter } ...     as tc\n"
		      "       clsbpf [OPTIONS] { prog | map | btf | link } ...     as bpftool\n"
		      "       clsbpf help [VERB]\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].summary)
			fprintf(file, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
}

static int not_there(const char *name)
{
	fprintf(stderr, "clsbpf %s is not there yet\n", name);
	return EXIT_WRONG;
}

static int help(int argc, char **argv)
{
	const struct verb *verb;

	if (!argc) {
		usage(stdout);
		return EXIT_DONE;
	}
	verb = verb_find(argv[0]);
	if (verb && !verb->summary)
		return not_there(verb->name);
	if (!verb) {
		fprintf(stderr, "there is no verb \"%s\"; clsbpf help lists them\n", argv[0]);
		return EXIT_WRONG;
	}
	if (verb->help) {
		verb->help(stdout);
		return EXIT_DONE;
	}
	return tc_main("clsbpf", 2, (char *[]){ argv[0], (char[]){ "help" }, NULL });
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	char text[MAIN_LOG_ROOM];
	struct log log;
	int status;

	log_init(&log, text, sizeof(text));
	status = verb->run(argc, argv, &log);
	if (log.len)
		fflush(stdout);
	out_log(stderr, &log);
	return status;
}

/* Options of bpftool, and then a verb that has them: they go behind the verb. Returns the verb, or NULL. */
static const struct verb *objects_line(int argc, char **argv)
{
	int at = objects_is_line(argc, argv);
	char *name;

	if (at < 1)
		return NULL;
	name = argv[at];
	memmove(argv + 1, argv, (size_t)at * sizeof(*argv));
	argv[0] = name;
	return verb_find(name);
}

/* @argc is 1 at least. */
static int dispatch(int argc, char **argv)
{
	const char *word = argv[0];
	const struct verb *verb;

	if (!strcmp(word, "help") || !strcmp(word, "-h") || !strcmp(word, "--help"))
		return help(argc - 1, argv + 1);
	if (!strcmp(word, "--version") || !strcmp(word, "-V") || !strcmp(word, "-Version")) {
		puts("clsbpf " CLSBPF_VERSION);
		return EXIT_DONE;
	}
	verb = *word == '-' ? objects_line(argc, argv) : verb_find(word);
	if (verb && verb->run)
		return run_verb(verb, argc - 1, argv + 1);
	if (verb && !verb->summary)
		return not_there(word);
	if (*word == '-' || tc_is_object(word))
		return tc_main("clsbpf", argc, argv);
	fprintf(stderr, "there is no verb \"%s\"; clsbpf help lists them\n", word);
	return EXIT_WRONG;
}

/* A reader that went away needs no message. */
static bool reader_is_gone(void)
{
	struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&output, 1, 0) == 1 && output.revents & POLLERR;
}

/* What was printed must have arrived, or the exit status is not that of success. */
static int close_output(int status)
{
	int failed = fflush(stdout) ? errno : 0;

	if ((!failed && !ferror(stdout)) || failed == EPIPE || reader_is_gone() || status)
		return status;
	fprintf(stderr, "standard output: %s\n", failed ? strerror(failed) : "it cannot be written");
	return EXIT_WRONG;
}

/* A file that is opened in the place of a closed standard stream would get what is printed. What is
 * there instead can be read and written as little as before. */
static void hold_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc ? argv[0] : "clsbpf";

	hold_standard();
	/* A pipe that nobody reads is an error of write(2): files being written are still closed. What
	 * `wrap` starts gets the signal as we got it. */
	if (argc < 2 || strcmp(argv[1], "wrap"))
		signal(SIGPIPE, SIG_IGN);
	if (!strcmp(name, "tc"))
		return close_output(tc_main("tc", argc - 1, argv + 1));
	if (argc < 2) {
		usage(stderr);
		return EXIT_WRONG;
	}
	return close_output(dispatch(argc - 1, argv + 1));
}
