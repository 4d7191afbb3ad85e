// SPDX-License-Identifier: BSD-2-Clause
/* batch.c - from lines of a file to words. */
#include "cli/batch.h"

#include <errno.h>
#include <stdlib.h>

#define BLANKS " \t\r\n"

int batch_open(struct batch *batch, const char *path, struct log *log)
{
	int err;

	*batch = (struct batch){ 0 };
	batch->file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (batch->file)
		return 0;
	err = -errno;
	return log_error(log, err, "Cannot open file \"%s\" for reading: %s", path, strerror(-err));
}

void batch_close(struct batch *batch)
{
	if (batch->file && batch->file != stdin)
		fclose(batch->file);
	free(batch->text);
	*batch = (struct batch){ 0 };
}

/* One line of the file behind the @used bytes of batch->text, without its comment and newline.
 * Returns 1, 0 at the end, -errno. *@joined: the next line belongs to it. */
static int read_line(struct batch *batch, size_t *used, bool *joined, struct log *log)
{
	char *line = NULL, *grown, *comment;
	size_t room = 0;
	ssize_t len = getline(&line, &room, batch->file);

	*joined = false;
	if (len < 0) {
		free(line);
		return ferror(batch->file) ? log_error(log, -EIO, "the command file cannot be read") : 0;
	}
	batch->line++;
	comment = strchr(line, '#');
	if (comment)
		*comment = '\0';
	len = (ssize_t)strlen(line);
	if (len && line[len - 1] == '\n')
		line[--len] = '\0';
	if (!comment && len && line[len - 1] == '\\') {
		*joined = true;
		line[--len] = '\0';
	}
	grown = realloc(batch->text, *used + (size_t)len + 1);
	if (grown) {
		batch->text = grown;
		memcpy(grown + *used, line, (size_t)len + 1);
		*used += (size_t)len;
	}
	free(line);
	return grown ? 1 : log_error(log, -ENOMEM, "out of memory");
}

static int split(struct batch *batch, struct log *log)
{
	char *at = batch->text + strspn(batch->text, BLANKS);

	batch->count = 0;
	while (*at) {
		if (batch->count == BATCH_WORDS - 1)
			return log_error(log, -EINVAL, "Too many arguments to command");
		if (*at == '\'' || *at == '"') {
			char quote = *at++;

			batch->word[batch->count++] = at;
			at = strchr(at, quote);
			if (!at)
				return log_error(log, -EINVAL, "Unterminated quoted string");
		} else {
			batch->word[batch->count++] = at;
			at += strcspn(at, BLANKS);
		}
		if (*at)
			*at++ = '\0';
		at += strspn(at, BLANKS);
	}
	batch->word[batch->count] = NULL;
	return 0;
}

int batch_next(struct batch *batch, struct log *log)
{
	batch->count = 0;
	while (!batch->count) {
		bool joined = false;
		size_t used = 0;
		int more = read_line(batch, &used, &joined, log);

		while (more == 1 && joined) {
			more = read_line(batch, &used, &joined, log);
			if (!more)
				return log_error(log, -EINVAL, "Missing continuation line");
		}
		if (more == 1)
			more = split(batch, log) ? -EINVAL : 1;
		if (more != 1)
			return more;
	}
	return 1;
}
