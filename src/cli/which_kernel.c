// SPDX-License-Identifier: BSD-2-Clause
/* which_kernel.c - kernel, engine, or engine:SOCKET. */
#include "cli/which_kernel.h"

#include <errno.h>
#include <stdlib.h>

int which_kernel(const char *word, struct which_kernel *out, struct log *log)
{
	static const char socket[] = "engine:";

	if (!word)
		word = getenv("CLSBPF_BACKEND");
	*out = (struct which_kernel){ .kind = WHICH_LINUX };
	if (!word || !*word || !strcmp(word, "kernel"))
		return 0;
	if (!strcmp(word, "engine")) {
		out->kind = WHICH_ENGINE;
		return 0;
	}
	if (strncmp(word, socket, strlen(socket)))
		return log_error(log, -EINVAL, "--backend %s: kernel or engine is expected", word);
	out->kind = WHICH_SOCKET;
	out->socket = word + strlen(socket);
	return 0;
}

int which_kernel_open(const struct which_kernel *which, struct backend **out, struct log *log)
{
	int err;

	switch (which->kind) {
	case WHICH_LINUX:
		err = backend_kernel_create(out);
		return err ? log_error(log, err, "no way to the Linux kernel: %s", strerror(-err)) : 0;
	case WHICH_ENGINE:
		err = backend_engine_create(NULL, out);
		return err ? log_error(log, err, "no engine: %s", strerror(-err)) : 0;
	case WHICH_SOCKET:
		break;
	}
	return log_error(log, -EOPNOTSUPP,
			 "--backend engine:%s: an engine behind a socket is not there yet", which->socket);
}
