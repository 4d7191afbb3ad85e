// SPDX-License-Identifier: BSD-2-Clause
/* log.h - what a call has to say to whoever made it.
 *
 * A library never prints. A function that can fail for a reason a person should read takes a
 * `struct log *`, which may be NULL. The first line of a log is the sentence; the lines after it
 * are the details. A log never fails: text that does not fit is cut, and `cut` says so.
 */
#ifndef CLSBPF_BASE_LOG_H
#define CLSBPF_BASE_LOG_H

#include "base/types.h"

#define LOG_ROOM 4096

struct log {
	char *text;    /* always NUL-terminated; "" when nothing was said */
	size_t room;   /* bytes of text that may be used, NUL included */
	size_t len;    /* strlen(text) */
	bool cut;      /* something did not fit */
	size_t max;    /* `text` is malloc()ed and grows to that much room; 0: it stays as large as it is */
	bool keep_end; /* what does not fit is cut at the beginning: at least the last half of `max` stays */
	u64 total;     /* bytes of all that was said, what was cut included */
};

/** LOG_ON_STACK() - declare @name as a log with room for LOG_ROOM bytes in this function's frame. */
#define LOG_ON_STACK(name)                                                                         \
	char name##_text[LOG_ROOM] = "";                                                           \
	struct log name = { .text = name##_text, .room = sizeof(name##_text) }

/** log_init() - use @room (at least 1) bytes at @text, which stay the caller's, as an empty log. */
void log_init(struct log *log, char *text, size_t room);

/** log_grow() - an empty log that grows up to @max bytes. @keep_end: see above. Returns 0 or
 * -ENOMEM; free(text). */
must_check int log_grow(struct log *log, size_t max, bool keep_end);

/** log_clear() - as if nothing had been said. @log may be NULL. */
void log_clear(struct log *log);

/** log_add() - append formatted text as it is: no newline is added. @log may be NULL. */
void log_add(struct log *log, const char *fmt, ...) printf_like(2, 3);

/** log_line() - append formatted text and a newline. @log may be NULL. */
void log_line(struct log *log, const char *fmt, ...) printf_like(2, 3);

/** log_error() - log_line(), then @err, so that a refusal is one statement: `return log_error(...)`.
 *  @err: a negative errno. */
int log_error(struct log *log, int err, const char *fmt, ...) printf_like(3, 4);

#endif
