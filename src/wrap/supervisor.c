// SPDX-License-Identifier: BSD-2-Clause
/* supervisor.c - three threads around one lock:
 *
 *   answer_calls  a client stopped at a call -> on_*() -> its answer
 *   wait_closes   a last close, perhaps      -> places_sweep()
 *   supervise     SIGCHLD: reap; other signals: to the command; no client left: the end
 *
 * The first blocks in the kernel's call for the next notification and nowhere else: a poll(2) in front
 * of it would cost every call a tenth. A client may die at any moment. Then its notification is gone
 * (-ENOENT), which is no error of ours.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wrap/parts.h"

#define WAKE SIGURG              /* nobody sends it by accident, and nobody waits for it here */
#define WAKE_AGAIN_NS 10000000

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1
#endif

/* The kernel's structures, which may be longer than those of our headers. */
struct buffers {
	struct seccomp_notif_sizes size;
	struct seccomp_notif *call;
	struct seccomp_notif_resp *answer;
};

struct supervision {
	struct wrap *wrap;
	_Atomic bool over;          /* the threads shall end; WAKE gets them out of a wait */
	struct buffers buffers;
};

static int buffers_get(struct buffers *b)
{
	if (syscall(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &b->size))
		return -errno;
	b->call = calloc(1, max_u32(b->size.seccomp_notif, sizeof(*b->call)));
	b->answer = calloc(1, max_u32(b->size.seccomp_notif_resp, sizeof(*b->answer)));
	return b->call && b->answer ? 0 : -ENOMEM;
}

static s64 dispatch(struct notice *notice, int call)
{
	switch (call) {
	case __NR_bpf:
		return on_bpf(notice);
#ifdef __NR_readlink
	case __NR_readlink:
		return on_readlink(notice);
#endif
	case __NR_readlinkat:
		return on_readlinkat(notice);
	case __NR_statfs:
		return on_statfs(notice);
	case __NR_fstatfs:
		return on_fstatfs(notice);
	case __NR_mount:
		return on_mount(notice);
	case __NR_fsopen:
		return on_fsopen(notice);
	case __NR_epoll_ctl:
		return on_epoll_ctl(notice);
	}
	return LET_THROUGH;
}

static void answer(struct wrap *wrap, struct buffers *b, s64 value)
{
	struct seccomp_notif_resp *answer = b->answer;

	if (value == ANSWERED)
		return;
	*answer = (struct seccomp_notif_resp){ .id = b->call->id };
	if (value == LET_THROUGH)
		answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (value < 0)
		answer->error = (s32)value;
	else
		answer->val = value;
	/* Fails when the client is gone, and that is its own affair. */
	(void)ioctl(wrap->listener, SECCOMP_IOCTL_NOTIF_SEND, answer);
}

static void serve(struct wrap *wrap, struct buffers *b)
{
	struct notice notice;   /* its bytes are set when they are read */

	notice.caller = (struct caller){ .ops = &client_ops,
					 .rights = wrap->config->unprivileged ? 0 : RIGHTS_ALL };
	notice.wrap = wrap;
	notice.args = (const u64 *)b->call->data.args;
	notice.id = b->call->id;
	notice.tid = (pid_t)b->call->pid;
	notice.ahead[0].len = notice.ahead[1].len = 0;
	notice.guesses = notice.only_looks = false;
	pthread_mutex_lock(&wrap->lock);
	answer(wrap, b, dispatch(&notice, b->call->data.nr));
	pthread_mutex_unlock(&wrap->lock);
}

/* Nobody is left who could make a call. Linux says no more about it than about a client that died. */
static bool is_alone(const struct wrap *wrap)
{
	struct pollfd listener = { .fd = wrap->listener };

	return poll(&listener, 1, 0) == 1 && listener.revents & (POLLHUP | POLLERR);
}

static void *answer_calls(void *ctx)
{
	struct supervision *s = ctx;

	while (!atomic_load(&s->over)) {
		memset(s->buffers.call, 0, s->buffers.size.seccomp_notif);
		if (!ioctl(s->wrap->listener, SECCOMP_IOCTL_NOTIF_RECV, s->buffers.call))
			serve(s->wrap, &s->buffers);
		else if (is_alone(s->wrap))
			break;
	}
	return NULL;
}

static void *wait_closes(void *ctx)
{
	struct supervision *s = ctx;
	struct pollfd closes = { .fd = s->wrap->places.closes, .events = POLLIN };

	while (!atomic_load(&s->over)) {
		(void)poll(&closes, 1, -1);
		pthread_mutex_lock(&s->wrap->lock);
		places_sweep(&s->wrap->places);
		pthread_mutex_unlock(&s->wrap->lock);
	}
	return NULL;
}

static void wake(int signal)
{
}

/* Where a thread is going to wait just now, the signal comes too early: it is sent until it has worked. */
static void thread_end(pthread_t thread)
{
	struct timespec until;

	do {
		pthread_kill(thread, WAKE);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WAKE_AGAIN_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
	} while (pthread_timedjoin_np(thread, NULL, &until));
}

static void reap(struct wrap *wrap)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == wrap->child) {
			wrap->status = status;
			wrap->ended = true;
		}
}

/* What a terminal sends, it sends to the command as well. When the command has ended, nobody is left to
 * ask but us, whoever sends it: returns false. */
static bool on_signals(struct wrap *wrap)
{
	struct signalfd_siginfo info;

	while (read(wrap->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(wrap);
		else if (wrap->ended)
			return false;
		else if (info.ssi_code != SI_KERNEL)
			kill(wrap->child, (int)info.ssi_signo);
	}
	return true;
}

static int wait_end(struct wrap *wrap)
{
	struct pollfd fds[2] = { { .fd = wrap->signals, .events = POLLIN },
				 { .fd = wrap->listener } };

	while (!wrap->ended || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents && !on_signals(wrap))
			break;
		if (fds[1].revents & (POLLHUP | POLLERR))
			fds[1].fd = -1;   /* no process is left that could call */
	}
	return 0;
}

int supervise(struct wrap *wrap)
{
	struct supervision s = { .wrap = wrap };
	void *(*const work[])(void *) = { answer_calls, wait_closes };
	const struct sigaction waking = { .sa_handler = wake };
	sigset_t only;
	pthread_t thread[ARRAY_SIZE(work)];
	int err = buffers_get(&s.buffers);
	u32 started;

	/* Where it exists: client and supervisor take turns on one CPU. */
	(void)ioctl(wrap->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	sigaction(WAKE, &waking, NULL);
	sigemptyset(&only);
	sigaddset(&only, WAKE);
	pthread_sigmask(SIG_UNBLOCK, &only, NULL);
	for (started = 0; !err && started < ARRAY_SIZE(work); started++)
		err = -pthread_create(&thread[started], NULL, work[started], &s);
	started -= err && started;
	reap(wrap);
	if (!err)
		err = wait_end(wrap);
	atomic_store(&s.over, true);
	while (started--)
		thread_end(thread[started]);
	free(s.buffers.call);
	free(s.buffers.answer);
	return err;
}
