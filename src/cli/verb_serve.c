// SPDX-License-Identifier: BSD-2-Clause
/* verb_serve.c - `clsbpf serve`: an engine that stays, for whoever may open its socket.
 *
 *   run directory -> engine (pins below it) -> devices -> socket -> "listening on ..." -> SIGTERM
 *
 * and back in the reverse order, so that nobody uses what has gone: after a SIGTERM there are no
 * pins, no socket and no half-written capture left.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/verb.h"
#include "cli/which_kernel.h"
#include "object/engine.h"
#include "serve/feeds.h"
#include "serve/serve.h"

struct serve_settings {
	const char *socket, *mode, *group;
	struct option_list devices;
	u32 ready;
	u32 unprivileged_bpf;
	bool has_ready, has_switch;
};

#define AT(member) offsetof(struct serve_settings, member)

static const struct option_row serve_options[] = {
	{ "--socket", OPTION_STRING, AT(socket), "PATH",
	  "where to listen (default: in the run directory)", 0 },
	{ "--mode", OPTION_STRING, AT(mode), "MODE", "permissions of the socket (default: 0600)", 0 },
	{ "--group", OPTION_STRING, AT(group), "GROUP", "group of the socket", 0 },
	{ "--dev", OPTION_LIST, AT(devices), "NAME=SPEC",
	  "a device: pair:PEER, pcap:IN[,OUT][,loop], gen:PPS,SIZE,FLOWS", 0 },
	{ "--unprivileged-bpf", OPTION_U32, AT(unprivileged_bpf), "0|1|2",
	  "kernel.unprivileged_bpf_disabled of the engine (default: 2)", AT(has_switch) },
	{ "--ready-fd", OPTION_U32, AT(ready), "N", "say there that it listens, and close it",
	  AT(has_ready) },
	{ NULL, 0, 0, NULL, NULL, 0 },
};

/* Everything that the daemon holds; serve_end() lets go of it once. */
struct serve {
	struct serve_settings set;
	struct log *log;
	char rundir[PATH_MAX], socket[PATH_MAX];
	mode_t mode;
	gid_t group;
	int stop;                 /* a signalfd */
	struct backend *engine;
	struct feeds *feeds;
	struct server *server;
};

static int parse_mode(struct serve *serve)
{
	const char *text = serve->set.mode;
	char *end;
	unsigned long mode = text ? strtoul(text, &end, 8) : 0600;

	if (text && (*end || *text < '0' || *text > '7' || mode > 0777))
		return log_error(serve->log, -EINVAL, "--mode %s: three octal digits are expected", text);
	serve->mode = (mode_t)mode;
	return 0;
}

static int parse_group(struct serve *serve)
{
	const char *text = serve->set.group;
	const struct group *group;
	char *end;
	unsigned long number;

	serve->group = (gid_t)-1;
	if (!text)
		return 0;
	group = getgrnam(text);
	number = strtoul(text, &end, 10);
	if (!group && (!*text || *end || *text < '0' || *text > '9' || number >= UINT32_MAX))
		return log_error(serve->log, -EINVAL, "--group %s: there is no such group", text);
	serve->group = group ? group->gr_gid : (gid_t)number;
	return 0;
}

static int parse(struct serve *serve, int argc, char **argv)
{
	int left = options_parse(serve_options, &serve->set, argc, argv, serve->log), err;

	if (left < 0)
		return left;
	if (left)
		return log_error(serve->log, -EINVAL, "serve: \"%s\" is not understood", argv[0]);
	if (serve->set.unprivileged_bpf > 2)
		return log_error(serve->log, -EINVAL, "--unprivileged-bpf: 0, 1 or 2");
	err = parse_mode(serve);
	if (!err)
		err = parse_group(serve);
	if (!err)
		err = which_rundir(serve->rundir, sizeof(serve->rundir), serve->log);
	if (err)
		return err;
	if (!serve->set.socket)
		return which_socket(serve->socket, sizeof(serve->socket), serve->log);
	if (strlen(serve->set.socket) >= sizeof(serve->socket))
		return log_error(serve->log, -ENAMETOOLONG, "--socket: a long name");
	strcpy(serve->socket, serve->set.socket);
	return 0;
}

/* Every client, memfd and pin costs a descriptor. What Linux does not grant is done without. */
static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

/* Before any thread begins, so that none of them gets the signals. */
static int catch_signals(struct serve *serve)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -errno;
	serve->stop = signalfd(-1, &signals, SFD_CLOEXEC);
	return serve->stop < 0 ? -errno : 0;
}

/* From the datapath's thread. */
static void say(void *ctx, const char *sentence)
{
	fprintf(stderr, "%s\n", sentence);
}

static int open_engine(struct serve *serve)
{
	struct engine_config config = {
		.rundir = serve->rundir, .log = serve->log,
		.has_unprivileged_bpf = serve->set.has_switch,
		.unprivileged_bpf = serve->set.unprivileged_bpf,
	};
	u32 stale;
	int err;

	if (mkdir(serve->rundir, 0755) && errno != EEXIST)
		return log_error(serve->log, -errno, "run directory %s: %s", serve->rundir, strerror(errno));
	err = backend_engine_create(&config, &serve->engine);
	if (err)
		return err;
	stale = backend_engine(serve->engine)->stale_pins;
	if (stale)
		printf("removed %u stale node%s of pins\n", stale, stale == 1 ? "" : "s");
	return 0;
}

static int open_devices(struct serve *serve)
{
	int err = feeds_create(serve->engine, &serve->feeds);

	for (u32 i = 0; !err && i < serve->set.devices.count; i++)
		err = feeds_add(serve->feeds, serve->set.devices.item[i], serve->log);
	return err;
}

static int announce(struct serve *serve)
{
	printf("listening on %s\n", serve->socket);
	if (fflush(stdout))
		return log_error(serve->log, -errno, "standard output: %s", strerror(errno));
	if (!serve->set.has_ready)
		return 0;
	if (dprintf((int)serve->set.ready, "listening on %s\n", serve->socket) < 0 ||
	    close((int)serve->set.ready))
		return log_error(serve->log, -errno, "--ready-fd %u: %s", serve->set.ready,
				 strerror(errno));
	return 0;
}

static int serve_run(struct serve *serve)
{
	int err = catch_signals(serve);

	if (err)
		return log_error(serve->log, err, "signals: %s", strerror(-err));
	raise_limits();
	err = open_engine(serve);
	if (!err)
		err = open_devices(serve);
	if (!err)
		err = server_create(serve->engine, &serve->server);
	if (!err)
		err = server_listen(serve->server, serve->socket, serve->mode, serve->group, serve->log);
	if (!err)
		err = feeds_start(serve->feeds, say, NULL);
	if (!err)
		err = announce(serve);
	return err ? err : server_run(serve->server, serve->stop);
}

static int serve_end(struct serve *serve)
{
	int err = serve->feeds ? feeds_stop(serve->feeds, serve->log) : 0;

	server_destroy(serve->server);
	backend_destroy(serve->engine);
	feeds_free(serve->feeds);
	if (serve->stop >= 0)
		close(serve->stop);
	return err;
}

int verb_serve(int argc, char **argv, struct log *log)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	int err, ended = 0;

	if (!serve)
		return log_error(log, EXIT_WRONG, "out of memory");
	serve->log = log;
	serve->stop = -1;
	err = parse(serve, argc, argv);
	if (!err) {
		err = serve_run(serve);
		ended = serve_end(serve);
	}
	if (err && !log->len)
		log_line(log, "serve: %s", strerror(-err));
	free(serve);
	return err || ended ? EXIT_WRONG : EXIT_DONE;
}

void help_serve(FILE *file)
{
	fprintf(file, "usage: clsbpf serve [--socket PATH] [--dev NAME=SPEC]...\n");
	options_help(serve_options, file);
}
