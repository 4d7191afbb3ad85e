// SPDX-License-Identifier: BSD-2-Clause
/* verb_wrap.c - `clsbpf wrap`: words in front of a command, and its end as ours. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cli/options.h"
#include "cli/verb.h"
#include "cli/which_kernel.h"
#include "wrap/wrap.h"

struct wrap_settings {
	const char *socket;
	bool unprivileged, verbose, has_switch;
	u32 unprivileged_bpf;
};

#define AT(member) offsetof(struct wrap_settings, member)

static const struct option_row wrap_options[] = {
	{ "--backend", OPTION_STRING, AT(socket), "SOCKET", "an engine in a daemon, instead of one for"
	  " this command alone", 0 },
	{ "--unprivileged", OPTION_FLAG, AT(unprivileged), NULL, "the command has no CAP_BPF, whoever"
	  " starts it", 0 },
	{ "--unprivileged-bpf", OPTION_U32, AT(unprivileged_bpf), "0|1|2", "kernel.unprivileged_bpf_disabled"
	  " of the engine (default: 2)", AT(has_switch) },
	{ "--verbose", OPTION_FLAG, AT(verbose), NULL, "say why bpf(2) calls are refused", 0 },
	{ "-v", OPTION_FLAG, AT(verbose), NULL, "the same", 0 },
	{ NULL, 0, 0, NULL, NULL, 0 },
};

void help_wrap(FILE *file)
{
	fprintf(file, "usage: clsbpf wrap [OPTIONS] [--] CMD [ARG...]\n\n"
		      "Runs CMD with its bpf(2) calls answered by the engine.\n\n");
	options_help(wrap_options, file);
}

static void say(const char *line)
{
	fprintf(stderr, "clsbpf wrap: %s\n", line);
}

/* Where the command begins: options behind that are its own. */
static int own_words(int argc, char **argv)
{
	int i = 0;

	while (i < argc && argv[i][0] == '-' && strcmp(argv[i], "--"))
		i += strcmp(argv[i], "--backend") && strcmp(argv[i], "--unprivileged-bpf") ? 1 : 2;
	return i < argc ? i : argc;
}

/* End as the command did. Its core, not ours, is what somebody may want to look at. */
static int end_as(int status)
{
	const struct rlimit none = { 0, 0 };
	sigset_t set;
	int sig;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	sig = WTERMSIG(status);
	fflush(stdout);
	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
	return 128 + sig;
}

int verb_wrap(int argc, char **argv, struct log *log)
{
	struct wrap_settings settings = { 0 };
	struct wrap_config config = { .say = say };
	struct which_kernel which;
	int words = own_words(argc, argv), left, status, err;

	left = options_parse(wrap_options, &settings, words, argv, log);
	if (left < 0)
		return EXIT_WRONG;
	if (words < argc && !strcmp(argv[words], "--"))
		words++;
	if (words == argc) {
		log_error(log, -EINVAL, "wrap: which command? (clsbpf help wrap)");
		return EXIT_WRONG;
	}
	if (!settings.socket && which_kernel(NULL, &which, log))
		return EXIT_WRONG;
	config.socket = settings.socket ? settings.socket : which.kind == WHICH_SOCKET ? which.socket : NULL;
	if (settings.has_switch && (config.socket || settings.unprivileged_bpf > 2)) {
		log_error(log, -EINVAL, config.socket
			  ? "--unprivileged-bpf: it is the daemon's to say (clsbpf serve --unprivileged-bpf)"
			  : "--unprivileged-bpf: 0, 1 or 2");
		return EXIT_WRONG;
	}
	config.argv = argv + words;
	config.has_unprivileged_bpf = settings.has_switch;
	config.unprivileged_bpf = settings.unprivileged_bpf;
	config.unprivileged = settings.unprivileged;
	config.verbose = settings.verbose;
	err = wrap_run(&config, log, &status);
	return err ? EXIT_REFUSED : end_as(status);
}
