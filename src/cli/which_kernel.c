// SPDX-License-Identifier: BSD-2-Clause
/* which_kernel.c - kernel, engine, or engine:SOCKET. */
#include "cli/which_kernel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int which_rundir(char *path, size_t room, struct log *log)
{
	const char *own = getenv("CLSBPF_RUNDIR"), *user = getenv("XDG_RUNTIME_DIR");
	int len;

	if (own && *own)
		len = snprintf(path, room, "%s", own);
	else if (user && *user)
		len = snprintf(path, room, "%s/clsbpf", user);
	else if (!geteuid())
		len = snprintf(path, room, "/run/clsbpf");
	else
		return log_error(log, -ENOENT, "there is no run directory: neither CLSBPF_RUNDIR nor "
				 "XDG_RUNTIME_DIR is set");
	return (size_t)len < room ? 0 : log_error(log, -ENAMETOOLONG, "the run directory has a long name");
}

int which_socket(char *path, size_t room, struct log *log)
{
	int err = which_rundir(path, room, log);
	size_t len = err ? 0 : strlen(path);

	if (err)
		return err;
	if (len + sizeof("/socket") > room)
		return log_error(log, -ENAMETOOLONG, "the run directory has a long name");
	strcpy(path + len, "/socket");
	return 0;
}

/* The daemon at the default socket. Returns 1 when there is none. */
static int default_daemon(struct backend **out, struct log *log)
{
	char path[PATH_MAX], text[256];
	struct log unheard;
	int err;

	log_init(&unheard, text, sizeof(text));
	if (which_socket(path, sizeof(path), &unheard))
		return 1;
	err = backend_remote_create(path, &unheard, out);
	if (err == -ENOENT || err == -ECONNREFUSED)
		return 1;
	log_add(log, "%s", text);
	return err;
}

static int own_engine(struct backend **out, struct log *log)
{
	int err = backend_engine_create(NULL, out);

	return err ? log_error(log, err, "no engine: %s", strerror(-err)) : 0;
}

int which_kernel_open(const struct which_kernel *which, struct backend **out, struct log *log)
{
	int err;

	switch (which->kind) {
	case WHICH_LINUX:
		err = backend_kernel_create(out);
		return err ? log_error(log, err, "no way to the Linux kernel: %s", strerror(-err)) : 0;
	case WHICH_ENGINE:
		err = default_daemon(out, log);
		return err == 1 ? own_engine(out, log) : err;
	case WHICH_OWN:
		return own_engine(out, log);
	case WHICH_SOCKET:
		return backend_remote_create(which->socket, log, out);
	}
	return -EINVAL;
}

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
	if (strncmp(word, socket, strlen(socket)) || !word[strlen(socket)])
		return log_error(log, -EINVAL, "--backend %s: kernel or engine[:SOCKET] is expected", word);
	out->kind = WHICH_SOCKET;
	out->socket = word + strlen(socket);
	return 0;
}
