// SPDX-License-Identifier: BSD-2-Clause
/* start.c - the command and what it needs around it, from the first to the last.
 *
 *   rights of this process -> namespace -> engine -> child: filter -> execve
 *                                              \-> we: listener -> supervise() -> status
 *
 * What this process may do is asked before it enters a user namespace, where it may do anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "object/engine.h"
#include "wrap/parts.h"

#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/* What the command shall find as it was. */
struct inherited {
	sigset_t mask;
	struct sigaction child;   /* of SIGCHLD */
};

/* Signals that ask a process to end, or to do something: the command is asked instead. */
static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

static bool has_bpf(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(__NR_capget, &header, data))
		return false;
	return data[CAP_BPF / 32].effective >> CAP_BPF % 32 & 1 ||
	       data[CAP_SYS_ADMIN / 32].effective >> CAP_SYS_ADMIN % 32 & 1;
}

static void say(const struct wrap *wrap, const char *text)
{
	if (wrap->config->say)
		wrap->config->say(text);
}

/* Where the pins of the backend are, when they are files. */
static int show_pins(struct wrap *wrap)
{
	char path[4096];
	int err = backend_path(wrap->backend, BACKEND_PIN_ROOT, path, sizeof(path));

	if (!err && !strcmp(path, WRAP_PIN_ROOT))
		err = -ENOENT;
	return err ? err : space_show(&wrap->space, path);
}

/* Where it cannot be done the command reads the host's, and that is all. */
static void show_switch(struct wrap *wrap)
{
	char value[16], line[256];
	int err = backend_path(wrap->backend, BACKEND_UNPRIVILEGED_BPF, value, sizeof(value));

	if (!err)
		err = space_show_switch(&wrap->space, value);
	if (!err)
		return;
	snprintf(line, sizeof(line), SPACE_SWITCH " shows the host's value: %s", strerror(-err));
	say(wrap, line);
}

static int open_engine(struct wrap *wrap, struct log *log)
{
	struct engine_config config = {
		.has_unprivileged_bpf = wrap->config->has_unprivileged_bpf,
		.unprivileged_bpf = wrap->config->unprivileged_bpf,
	};
	LOG_ON_STACK(why);
	int err;

	/* Connected first: from inside of a user namespace the daemon would be nobody's. */
	if (wrap->config->socket) {
		err = backend_remote_create(wrap->config->socket, log, &wrap->backend);
		if (err)
			return err;
	}
	if (!space_enter(&wrap->space, &why))
		config.rundir = SPACE_RUNDIR;
	err = wrap->backend ? 0 : backend_engine_create(&config, &wrap->backend);
	if (err)
		return log_error(log, err, "engine: %s", strerror(-err));
	show_switch(wrap);
	err = wrap->space.entered ? show_pins(wrap) : -EPERM;
	if (err && !why.len)
		log_line(&why, "%s", strerror(-err));
	if (err) {
		why.text[strcspn(why.text, "\n")] = '\0';
		log_add(log, "pins do not show as files: %s", why.text);
		say(wrap, log->text);
		log->text[log->len = 0] = '\0';
	}
	return 0;
}

/* ---- the child ---- */

static int send_fd(int to, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
					   .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(to, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* What came instead of a descriptor is the reason, a negative errno. */
static int receive_fd(int from, int *fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	int reason = 0;
	struct iovec iov = { &reason, sizeof(reason) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (message.msg_controllen < CMSG_LEN(sizeof(int)))
		return n == (ssize_t)sizeof(reason) && reason < 0 ? reason : -ECHILD;
	memcpy(fd, CMSG_DATA(&control.header), sizeof(*fd));
	return 0;
}

/* A descriptor for each handle of all clients. */
static void raise_limit(struct rlimit *before)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, before))
		return;
	limit = (struct rlimit){ before->rlim_max, before->rlim_max };
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void inherited_restore(const struct inherited *before)
{
	sigaction(SIGCHLD, &before->child, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* Becomes the command. Nothing here allocates or takes a lock. */
static void child_run(const struct wrap *wrap, int socket, const struct inherited *before)
{
	int listener = space_part(&wrap->space), err;
	char *const *argv = wrap->config->argv;

	if (!listener)
		listener = filter_install();
	if (listener < 0) {
		(void)!write(socket, &listener, sizeof(listener));
		_exit(127);
	}
	if (send_fd(socket, listener))
		_exit(127);
	close(listener);
	(void)setrlimit(RLIMIT_NOFILE, &wrap->files);
	inherited_restore(before);
	execvp(argv[0], argv);
	err = errno;
	dprintf(STDERR_FILENO, "clsbpf wrap: %s: %s\n", argv[0], strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}

static int start_child(struct wrap *wrap, const struct inherited *before)
{
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	wrap->child = fork();
	if (!wrap->child)
		child_run(wrap, ends[1], before);
	err = wrap->child < 0 ? -errno : 0;
	close(ends[1]);
	if (!err) {
		err = receive_fd(ends[0], &wrap->listener);
		if (err)
			waitpid(wrap->child, NULL, 0);
	}
	close(ends[0]);
	return err;
}

/* ---- around it ---- */

/* Who ignores SIGCHLD is not told how children end. */
static int catch_signals(struct wrap *wrap, struct inherited *before)
{
	const struct sigaction told = { .sa_handler = SIG_DFL };
	sigset_t set;

	sigaction(SIGCHLD, &told, &before->child);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (u32 i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	sigprocmask(SIG_BLOCK, &set, &before->mask);
	wrap->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return wrap->signals < 0 ? -errno : 0;
}

static int start(struct wrap *wrap, const struct inherited *before, struct log *log)
{
	struct stat st;
	int err = open_engine(wrap, log);

	if (err)
		return err;
	if (!stat("/proc/self/ns/user", &st))
		wrap->user_ns = st.st_ino;
	/* Orphans become our children: they remain ours to look into, and to wait for. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	err = places_init(&wrap->places, wrap->backend);
	if (err)
		return log_error(log, err, "%s", strerror(-err));
	err = start_child(wrap, before);
	return err ? log_error(log, err, "seccomp: %s", err == -EBUSY ? "somebody answers the calls of this "
			       "process already, as wrap under wrap would" : strerror(-err)) : 0;
}

static int run(struct wrap *wrap, struct log *log)
{
	struct inherited before;
	int err;

	wrap->capable = has_bpf();
	raise_limit(&wrap->files);
	err = catch_signals(wrap, &before);
	if (err)
		(void)log_error(log, err, "signals: %s", strerror(-err));
	if (!err)
		err = start(wrap, &before, log);
	if (!err) {
		err = supervise(wrap);
		if (err)
			(void)log_error(log, err, "%s", strerror(-err));
	}
	inherited_restore(&before);
	return err;
}

int wrap_run(const struct wrap_config *config, struct log *log, int *status)
{
	struct wrap wrap = { .config = config, .listener = -1, .signals = -1,
			     .space = { .root = -1 }, .places = { .closes = -1, .inotify = -1 } };
	int err;

	pthread_mutex_init(&wrap.lock, NULL);
	err = run(&wrap, log);
	places_fini(&wrap.places);
	backend_destroy(wrap.backend);
	space_leave(&wrap.space);
	if (wrap.listener >= 0)
		close(wrap.listener);
	if (wrap.signals >= 0)
		close(wrap.signals);
	pthread_mutex_destroy(&wrap.lock);
	*status = wrap.status;
	return err;
}
