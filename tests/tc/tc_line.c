// SPDX-License-Identifier: BSD-2-Clause
/* tc_line.c - tc_run() on Linux as a program, for oracle.sh: `tc_line [-s -d -j -p] WORDS`.
 *
 * Output to stdout, the log to stderr; exit status 0, or 1 after an error. It is not the command line
 * of clsbpf: no batches, no back ends, no colours. */
#include <stdio.h>

#include "tc/tc.h"

static void write_out(void *ctx, const char *text, size_t len)
{
	fwrite(text, 1, len, ctx);
}

int main(int argc, char **argv)
{
	struct tc_output out = { .write = write_out, .ctx = stdout };
	struct backend *backend;
	LOG_ON_STACK(log);
	int err;

	for (; argc > 1 && argv[1][0] == '-' && argv[1][1] && !argv[1][2]; argc--, argv++) {
		out.stats |= argv[1][1] == 's';
		out.details |= argv[1][1] == 'd';
		out.json |= argv[1][1] == 'j';
		out.pretty |= argv[1][1] == 'p';
	}
	err = backend_kernel_create(&backend);
	if (err) {
		fprintf(stderr, "no netlink socket: %s\n", strerror(-err));
		return 1;
	}
	err = tc_run(backend, argc - 1, argv + 1, &out, &log);
	fputs(log.text, stderr);
	backend_destroy(backend);
	return err ? 1 : 0;
}
