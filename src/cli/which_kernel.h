// SPDX-License-Identifier: BSD-2-Clause
/* which_kernel.h - --backend and CLSBPF_BACKEND: who answers a command, and where a daemon is found.
 *
 * The words are read here for every verb that has them, and the backend is made here. Whoever calls
 * may look at the kind where an option makes sense for one of them only (network namespaces, devices
 * of an engine); what is done with the backend afterwards does not depend on it.
 */
#ifndef CLSBPF_CLI_WHICH_KERNEL_H
#define CLSBPF_CLI_WHICH_KERNEL_H

#include "backend/backend.h"
#include "base/log.h"

struct which_kernel {
	enum {
		WHICH_LINUX,
		WHICH_ENGINE,   /* of the daemon at the default socket, or, if none listens, WHICH_OWN */
		WHICH_OWN,      /* an engine in this process; no word says so */
		WHICH_SOCKET,
	} kind;
	const char *socket;     /* WHICH_SOCKET: its path, part of the word */
};

/** which_kernel() - what @word of --backend means; NULL: CLSBPF_BACKEND, and without that Linux.
 *  Returns 0, or -EINVAL with a sentence. */
must_check int which_kernel(const char *word, struct which_kernel *out, struct log *log);

/** which_kernel_open() - the backend itself; backend_destroy() it. Returns 0 or -errno with a
 *  sentence. */
must_check int which_kernel_open(const struct which_kernel *which, struct backend **out,
				 struct log *log);

/** which_rundir() - the run directory: CLSBPF_RUNDIR, else clsbpf below XDG_RUNTIME_DIR, else for root
 *  /run/clsbpf. It need not exist. Returns 0, or -ENOENT or -ENAMETOOLONG with a sentence. */
must_check int which_rundir(char *path, size_t room, struct log *log);

/** which_socket() - where a daemon listens by default: `socket` in the run directory. */
must_check int which_socket(char *path, size_t room, struct log *log);

#endif
