// SPDX-License-Identifier: BSD-2-Clause
/* wrap.h - run a program whose bpf(2) calls are answered by the engine.
 *
 * The program may be anything: static or dynamic, C or Go, with threads and children. It needs no
 * privilege and no change; a seccomp filter stops it at the calls in question, and this process
 * answers them (supervisor.c).
 */
#ifndef CLSBPF_WRAP_WRAP_H
#define CLSBPF_WRAP_WRAP_H

#include "base/log.h"

struct wrap_config {
	char *const *argv;             /* the command, NULL behind its last word */
	const char *socket;            /* of an engine in a daemon; NULL: an engine of its own */
	bool unprivileged;             /* the command has no privilege, whatever this process has */
	bool has_unprivileged_bpf;     /* of an engine of its own: kernel.unprivileged_bpf_disabled, */
	u32 unprivileged_bpf;          /* otherwise 2 */
	bool verbose;                  /* say why calls were refused */
	void (*say)(const char *line); /* one line for the person in front of it, without newline */
};

/** wrap_run() - run the command until it and all of its descendants have ended. Signals that ask this
 *  process to end go to the command. A command that cannot be started ends with 127 (not there) or
 *  126, and said why on standard error.
 *  *status: of the command, as waitpid(2) gives it. Returns 0, or -errno with a sentence in @log when
 *  nothing was started. */
must_check int wrap_run(const struct wrap_config *config, struct log *log, int *status);

#endif
