// SPDX-License-Identifier: BSD-2-Clause
/* batch.h - command lines from a file, as tc -batch reads them. */
#ifndef CLSBPF_CLI_BATCH_H
#define CLSBPF_CLI_BATCH_H

#include <stdio.h>

#include "base/log.h"

#define BATCH_WORDS 512     /* of a line */

struct batch {
	FILE *file;
	u32 line;               /* number of the last line that was read */
	char *text;             /* of the command, words cut out of it */
	size_t room;
	char *word[BATCH_WORDS];
	int count;
};

/** batch_open() - @path, or standard input for "-". Returns 0 or -errno with a sentence. */
must_check int batch_open(struct batch *batch, const char *path, struct log *log);

/** batch_next() - the next command that is not empty: `#` begins a comment, a backslash at the end of
 *  a line joins the next one, quotation marks around a word keep blanks in it.
 *  Returns 1; 0 at the end; -EINVAL, -ENOMEM or -EIO with a sentence. */
must_check int batch_next(struct batch *batch, struct log *log);

void batch_close(struct batch *batch);

#endif
