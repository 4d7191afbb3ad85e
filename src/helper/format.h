// SPDX-License-Identifier: BSD-2-Clause
/* format.h - text from a format and numbers, as programs write it. */
#ifndef CLSBPF_HELPER_FORMAT_H
#define CLSBPF_HELPER_FORMAT_H

#include "base/types.h"

struct exec;

#define FORMAT_ARGS 12        /* MAX_BPRINTF_VARARGS */

struct format {
	const struct exec *exec;  /* NULL: nothing behind addresses is read */
	const char *fmt;
	u32 at, len;
	const u64 *args;
	u32 arg_count, used;
	char *text;
	u32 room;                 /* bytes at @text, its end included; 0: nothing is written */
	u32 out;                  /* characters that the text would have */
};

/** format_run() - fill in text and out. Returns 0 or -EINVAL. */
must_check int format_run(struct format *format);

/** format_check() - would format_run() take @fmt with so many arguments? */
must_check int format_check(const char *fmt, u32 len, u32 arg_count);

#endif
